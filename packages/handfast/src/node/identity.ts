/** Identities from the certificates and keys that Node users have: PEM or DER, in strings or Buffers. */

import { createPrivateKey } from 'node:crypto'
import { equalBytes } from '../bytes/index.ts'
import { type CryptoProvider, KeyImportError, type PrivateKey } from '../crypto/provider.ts'
import type { Identity } from '../tls/index.ts'
import {
  CertificateError,
  checkKeyMatches,
  readCertificate,
  readCertificates as readCertificateFile,
  readOcspResponse,
  readPrivateKeyFile,
} from '../x509/index.ts'

/** PEM text (one or more blocks), or DER. */
export type CertificateInput = string | Uint8Array
/** PEM text, or DER: PKCS#8, SEC 1 or PKCS#1. */
export type KeyInput = string | Uint8Array

/**
 * Certificates as DER, in the order they were given.
 * @throws {TypeError} naming `option` if there is none or one cannot be read.
 */
export function readCertificates(option: string, input: CertificateInput | readonly CertificateInput[]): Uint8Array[] {
  const inputs: readonly unknown[] = Array.isArray(input) ? input : [input]
  const certificates = inputs.flatMap((one) =>
    asTypeError(option, () => readCertificateFile(checkBytes(option, one)).map(({ der }) => der)),
  )
  if (certificates.length === 0) throw new TypeError(`${option}: needs a certificate in PEM or DER, has none`)
  return certificates
}

/**
 * A private key in any of the usual wrappings: PKCS#8, SEC 1 and PKCS#1 in PEM or DER, encrypted with
 * a passphrase or not.
 * @throws {TypeError} naming `option`; its message holds nothing of the key.
 */
export function readPrivateKey(
  option: string,
  provider: CryptoProvider,
  input: KeyInput,
  passphrase?: string,
): PrivateKey {
  return asTypeError(option, () => provider.importPrivateKey(pkcs8(option, checkBytes(option, input), passphrase)))
}

/**
 * Certificates and their key as an identity. Without a key, the host's `sign` has to sign.
 * @throws {TypeError} if one cannot be read, or the key is not that of the first certificate.
 */
export function createIdentity(
  provider: CryptoProvider,
  cert: CertificateInput | readonly CertificateInput[],
  key: KeyInput | PrivateKey | undefined,
  passphrase?: string,
): Identity {
  const chain = readCertificates('cert', cert)
  if (key === undefined) return { chain }
  const privateKey = isPrivateKey(key) ? key : readPrivateKey('key', provider, key, passphrase)
  checkKeyMatches(readCertificate(chain[0] as Uint8Array), privateKey)
  return { chain, key: privateKey }
}

/**
 * The public half of a key as an identity: a raw public key (RFC 7250).
 * @throws {TypeError} if the key cannot be read.
 */
export function createRawIdentity(provider: CryptoProvider, key: KeyInput | PrivateKey, passphrase?: string): Identity {
  const privateKey = isPrivateKey(key) ? key : readPrivateKey('key', provider, key, passphrase)
  return { chain: [], rawPublicKey: privateKey.subjectPublicKeyInfo, key: privateKey }
}

/** What is sent along with a certificate. */
export interface CertificateEvidence {
  /** OCSP response in DER. */
  readonly ocspResponse?: Uint8Array
  /** Signed certificate timestamps, each serialised. */
  readonly scts?: readonly Uint8Array[]
}

/** The identity with what is to be sent along. @throws {TypeError} for what belongs to another certificate, or is none. */
export function withEvidence(identity: Identity, { ocspResponse, scts }: CertificateEvidence): Identity {
  if (ocspResponse === undefined && scts === undefined) return identity
  const complete = {
    ...identity,
    ...(ocspResponse === undefined ? {} : { ocspResponse: Uint8Array.from(ocspResponse) }),
    ...(scts === undefined ? {} : { scts }),
  }
  checkEvidence('', complete)
  return complete
}

/** Peers would refuse what cannot be read, or is about another certificate. What it says is theirs to judge. */
function checkEvidence(prefix: string, { chain, ocspResponse, scts }: Identity): void {
  if (ocspResponse !== undefined) {
    const option = `${prefix}ocspResponse`
    const { status, basic } = asTypeError(option, () => readOcspResponse(ocspResponse))
    if (basic === null) throw new TypeError(`${option}: needs an answer, has an error: ${status}`)
    const { serialNumber } = readCertificate(chain[0] as Uint8Array)
    const isAbout = basic.responses.some((one) => equalBytes(one.certificateId.serialNumber, serialNumber))
    if (!isAbout) throw new TypeError(`${option}: needs to be about the certificate it is stapled to, has others`)
  }
  if (scts === undefined) return
  const isList = Array.isArray(scts) && scts.every((sct) => sct instanceof Uint8Array && sct.length > 0)
  if (!isList) throw new TypeError(`${prefix}scts: needs timestamps as bytes, has others`)
}

/**
 * Demands that each can be used.
 * @param provider imports raw public keys.
 * @param maySign whether the host signs for those without key.
 * @throws {TypeError} naming the one and what it lacks.
 */
export function checkIdentities(
  provider: CryptoProvider,
  identities: readonly Identity[],
  maySign: boolean,
): readonly Identity[] {
  for (const [i, identity] of identities.entries()) {
    const { chain, rawPublicKey, key } = identity
    if (rawPublicKey !== undefined) {
      asTypeError(`identities[${i}].rawPublicKey`, () => provider.importPublicKey(rawPublicKey))
    } else if (!Array.isArray(chain) || chain.length === 0) {
      throw new TypeError(`identities[${i}].chain: needs at least one certificate, has none`)
    }
    for (const [j, der] of chain.entries()) {
      asTypeError(`identities[${i}].chain[${j}]`, () => readCertificate(der as Uint8Array))
    }
    checkEvidence(`identities[${i}].`, identity)
    if (key === undefined && !maySign) {
      throw new TypeError(`identities[${i}].key: needs a private key, or a \`sign\` function; has neither`)
    }
  }
  return identities
}

function pkcs8(option: string, input: KeyInput, passphrase: string | undefined): Uint8Array {
  if (!isEncrypted(input)) return readPrivateKeyFile(input)
  if (passphrase === undefined) {
    throw new TypeError(`${option}: needs the passphrase of the encrypted key, has none`)
  }
  try {
    const key = Buffer.from(input as Uint8Array)
    const encoding =
      key[0] === DER_SEQUENCE ? ({ format: 'der', type: 'pkcs8' } as const) : ({ format: 'pem' } as const)
    return createPrivateKey({ key, ...encoding, passphrase }).export({ type: 'pkcs8', format: 'der' })
  } catch {
    // OpenSSL's own words say less than this, and could quote input.
    throw new TypeError(`${option}: needs the passphrase of the encrypted key, has another, or the key is damaged`)
  }
}

const DER_SEQUENCE = 0x30

function isEncrypted(input: KeyInput): boolean {
  if (typeof input !== 'string' && input[0] === DER_SEQUENCE) {
    // EncryptedPrivateKeyInfo begins with an AlgorithmIdentifier, every other form with a version.
    const lengthOfLength = (input[1] ?? 0) & 0x80 ? (input[1] as number) & 0x7f : 0
    return input[2 + lengthOfLength] === DER_SEQUENCE
  }
  const text = typeof input === 'string' ? input : Buffer.from(input).toString('latin1')
  return text.includes('-----BEGIN ENCRYPTED PRIVATE KEY-----') || text.includes('Proc-Type: 4,ENCRYPTED')
}

function checkBytes(option: string, input: unknown): string | Uint8Array {
  if (typeof input === 'string' || input instanceof Uint8Array) {
    // What comes from a file may be a view into a shared pool: DER is kept, so it is copied.
    return typeof input === 'string' ? input : Uint8Array.from(input)
  }
  throw new TypeError(`${option}: needs text or bytes, has ${input === null ? 'null' : typeof input}`)
}

/** Runs `read`; what it finds wrong is a mistake of whoever set the option. */
function asTypeError<T>(option: string, read: () => T): T {
  try {
    return read()
  } catch (error) {
    if (error instanceof CertificateError || error instanceof KeyImportError) {
      throw new TypeError(`${option}: ${error.message}`, { cause: error })
    }
    throw error
  }
}

function isPrivateKey(key: KeyInput | PrivateKey): key is PrivateKey {
  return typeof key === 'object' && key !== null && 'subjectPublicKeyInfo' in key
}
