/** The keys that certificates are issued for: ECDSA, Ed25519, RSA, RSASSA-PSS (RFC 4055) and ML-DSA (RFC 9881). */

import { generateKeyPair, randomBytes } from 'node:crypto'
import { promisify } from 'node:util'
import { writeContextPrimitive, writeInteger, writeOctetString, writeOid, writeSequence } from '../asn1/index.ts'
import { nodeProvider } from '../crypto/node.ts'
import type { MlDsaName, PrivateKey } from '../crypto/provider.ts'

/** Kinds of keys that can be made. `rsa-pss-*` keys carry the OID id-RSASSA-PSS, and sign no other way. */
export const ISSUED_KEY_TYPES = [
  'ecdsa-p256',
  'ecdsa-p384',
  'ecdsa-p521',
  'ed25519',
  'rsa-2048',
  'rsa-3072',
  'rsa-4096',
  'rsa-pss-2048',
  'rsa-pss-3072',
  'rsa-pss-4096',
  'ml-dsa-44',
  'ml-dsa-65',
  'ml-dsa-87',
] as const

export type IssuedKeyType = (typeof ISSUED_KEY_TYPES)[number]

/** What was asked for makes no sense; the message says what is needed. */
export class IssueError extends TypeError {
  override readonly name = 'IssueError'
}

const generate = promisify(generateKeyPair)
const AS_DER = {
  publicKeyEncoding: { type: 'spki', format: 'der' },
  privateKeyEncoding: { type: 'pkcs8', format: 'der' },
} as const

/** A new key, as it is stored and as it is used. */
export interface NewKey {
  readonly pkcs8: Uint8Array
  readonly privateKey: PrivateKey
}

/**
 * Makes a private key: PKCS#8, DER.
 * @throws {IssueError} if there is no such type.
 */
export async function generatePrivateKey(keyType: IssuedKeyType): Promise<Uint8Array> {
  const bits = Number(/\d+$/.exec(keyType)?.[0])
  switch (keyType) {
    case 'ecdsa-p256':
    case 'ecdsa-p384':
    case 'ecdsa-p521':
      return (await generate('ec', { namedCurve: `P-${bits}`, ...AS_DER })).privateKey
    case 'ed25519':
      return (await generate('ed25519', AS_DER)).privateKey
    case 'rsa-2048':
    case 'rsa-3072':
    case 'rsa-4096':
      return (await generate('rsa', { modulusLength: bits, ...AS_DER })).privateKey
    case 'rsa-pss-2048':
    case 'rsa-pss-3072':
    case 'rsa-pss-4096':
      return (await generate('rsa-pss', { modulusLength: bits, ...AS_DER })).privateKey
    case 'ml-dsa-44':
    case 'ml-dsa-65':
    case 'ml-dsa-87':
      return createMlDsaKey(keyType)
    default:
      throw new IssueError(`needs one of ${ISSUED_KEY_TYPES.join(', ')} as key type, has ${JSON.stringify(keyType)}`)
  }
}

/** Makes a key and imports it. @throws {IssueError} if there is no such type. */
export async function createKey(keyType: IssuedKeyType = 'ecdsa-p256'): Promise<NewKey> {
  const pkcs8 = await generatePrivateKey(keyType)
  return { pkcs8, privateKey: nodeProvider.importPrivateKey(pkcs8) }
}

const ML_DSA_OIDS: Readonly<Record<MlDsaName, string>> = {
  'ml-dsa-44': '2.16.840.1.101.3.4.3.17',
  'ml-dsa-65': '2.16.840.1.101.3.4.3.18',
  'ml-dsa-87': '2.16.840.1.101.3.4.3.19',
}

/** The form with the seed alone (RFC 9881 section 6): 32 random bytes are all of it, on every Node. */
function createMlDsaKey(name: MlDsaName): Uint8Array {
  const seed = randomBytes(32)
  const algorithm = writeSequence(writeOid(ML_DSA_OIDS[name]))
  return writeSequence(writeInteger(0), algorithm, writeOctetString(writeContextPrimitive(0, seed)))
}
