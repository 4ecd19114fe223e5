/**
 * AlgorithmIdentifiers of signatures (RFC 5280 section 4.1.1.2) as the algorithms of `crypto`:
 * RSASSA-PKCS1-v1_5 and RSASSA-PSS (RFC 4055, RFC 8017 appendix A.2.4), ECDSA and DSA (RFC 3279, 5758), both RSA
 * and ECDSA with SHA-3 (the OIDs of RFC 9688 section 3), Ed25519 and Ed448 (RFC 8410), ML-DSA (RFC 9881). Others are
 * named if known, and have no `algorithm`.
 *
 * Parameters: RSASSA-PKCS1-v1_5 has NULL, and none is accepted too (RFC 4055 section 5 demands it);
 * ECDSA, DSA, EdDSA and ML-DSA have none, and anything there is refused.
 */

import { type DerReader, contextConstructed, readDer, TAG } from '../asn1/der.ts'
import { oidName } from '../asn1/oid.ts'
import { HASHES } from '../crypto/key-algorithm.ts'
import type { HashName, SignatureAlgorithm } from '../crypto/provider.ts'

/** What an AlgorithmIdentifier says about a signature. */
export interface SignatureAlgorithmInfo {
  /** Dotted OID. */
  readonly oid: string
  /** For people: `ECDSA with SHA-256`, `RSA-PSS with SHA-384`; the OID's name, or the OID, if not known better. */
  readonly text: string
  /** Null if handfast does not know it. */
  readonly algorithm: SignatureAlgorithm | null
  /** The broken hash it stands on, if one: a certificate signed so proves nothing. */
  readonly weakness: 'MD2' | 'MD5' | 'SHA-1' | null
}

/**
 * Reads an AlgorithmIdentifier in DER.
 * @param path of the field, for errors.
 * @throws {DecodeError} malformed, or parameters that its algorithm does not have.
 */
export function readSignatureAlgorithm(der: Uint8Array, path: string): SignatureAlgorithmInfo {
  const reader = readDer(der, '', path)
  const oid = reader.oid('algorithm')
  const info = FIXED[oid]
  if (info !== undefined) {
    if (info.algorithm?.kind === 'rsa-pkcs1' && reader.remaining > 0) reader.null('parameters')
    else if (info.algorithm !== null) checkNoParameters(reader)
    return info
  }
  if (oid === RSASSA_PSS) return readPss(reader)
  return { oid, text: oidName(oid) ?? oid, algorithm: null, weakness: null }
}

/**
 * RSASSA-PSS-params (RFC 4055 section 3.1): the parameters of a signature or of a key.
 * @throws {DecodeError}
 */
export function readPssParameters(reader: DerReader): {
  /** Dotted OIDs: hashes that `crypto` does not have are possible. */
  readonly hash: string
  readonly mgfHash: string
  readonly saltLength: number
} {
  const parameters = reader.sequence('parameters')
  let hash = SHA1
  let mgfHash = SHA1
  let saltLength = 20
  if (parameters.peek() === contextConstructed(0)) {
    const explicit = parameters.sequence('hashAlgorithm', contextConstructed(0))
    hash = readHash(explicit, 'hashAlgorithm')
    explicit.end()
  }
  if (parameters.peek() === contextConstructed(1)) {
    const explicit = parameters.sequence('maskGenAlgorithm', contextConstructed(1))
    const mgf = explicit.sequence('')
    const oid = mgf.oid('algorithm')
    if (oid !== MGF1) throw mgf.error('algorithm', `mgf1 (${MGF1})`, oid)
    mgfHash = readHash(mgf, 'parameters')
    mgf.end()
    explicit.end()
  }
  if (parameters.peek() === contextConstructed(2)) {
    const explicit = parameters.sequence('saltLength', contextConstructed(2))
    saltLength = explicit.unsigned('')
    explicit.end()
  }
  if (parameters.peek() === contextConstructed(3)) {
    const explicit = parameters.sequence('trailerField', contextConstructed(3))
    const trailer = explicit.unsigned('')
    // RFC 4055 section 3.1: 1, and as the default absent in DER; some encoders write it.
    if (trailer !== 1) throw explicit.error('', 'the trailer field 1', `${trailer}`)
    explicit.end()
  }
  parameters.end()
  return { hash, mgfHash, saltLength }
}

/** The hash with this OID, if `crypto` has it. */
export function hashOfOid(oid: string): HashName | null {
  return HASHES.get(oid) ?? null
}

/** `SHA-256`, `SHA3-512`. */
export function hashText(hash: HashName): string {
  return HASH_TEXT[hash]
}

const RSASSA_PSS = '1.2.840.113549.1.1.10'
const MGF1 = '1.2.840.113549.1.1.8'
const SHA1 = '1.3.14.3.2.26'

const HASH_TEXT: Readonly<Record<HashName, string>> = {
  sha1: 'SHA-1',
  sha224: 'SHA-224',
  sha256: 'SHA-256',
  sha384: 'SHA-384',
  sha512: 'SHA-512',
  'sha512-224': 'SHA-512/224',
  'sha512-256': 'SHA-512/256',
  'sha3-224': 'SHA3-224',
  'sha3-256': 'SHA3-256',
  'sha3-384': 'SHA3-384',
  'sha3-512': 'SHA3-512',
}

function fixed(oid: string, text: string, algorithm: SignatureAlgorithm | null): SignatureAlgorithmInfo {
  const weakness = /MD2|MD5|SHA-1/.exec(text)?.[0] as SignatureAlgorithmInfo['weakness'] | undefined
  return { oid, text, algorithm, weakness: weakness ?? null }
}

/** Algorithms that their OID says whole. */
const FIXED: Readonly<Record<string, SignatureAlgorithmInfo>> = Object.fromEntries(
  [
    fixed('1.2.840.10045.4.3.2', 'ECDSA with SHA-256', { kind: 'ecdsa', hash: 'sha256' }),
    fixed('1.2.840.10045.4.3.3', 'ECDSA with SHA-384', { kind: 'ecdsa', hash: 'sha384' }),
    fixed('1.2.840.10045.4.3.4', 'ECDSA with SHA-512', { kind: 'ecdsa', hash: 'sha512' }),
    fixed('1.2.840.113549.1.1.11', 'RSA with SHA-256', { kind: 'rsa-pkcs1', hash: 'sha256' }),
    fixed('1.2.840.113549.1.1.12', 'RSA with SHA-384', { kind: 'rsa-pkcs1', hash: 'sha384' }),
    fixed('1.2.840.113549.1.1.13', 'RSA with SHA-512', { kind: 'rsa-pkcs1', hash: 'sha512' }),
    fixed('1.3.101.112', 'Ed25519', { kind: 'ed25519' }),
    fixed('1.3.101.113', 'Ed448', { kind: 'ed448' }),
    fixed('2.16.840.1.101.3.4.3.17', 'ML-DSA-44', { kind: 'ml-dsa-44' }),
    fixed('2.16.840.1.101.3.4.3.18', 'ML-DSA-65', { kind: 'ml-dsa-65' }),
    fixed('2.16.840.1.101.3.4.3.19', 'ML-DSA-87', { kind: 'ml-dsa-87' }),
    fixed('1.2.840.10045.4.1', 'ECDSA with SHA-1', { kind: 'ecdsa', hash: 'sha1' }),
    fixed('1.2.840.113549.1.1.5', 'RSA with SHA-1', { kind: 'rsa-pkcs1', hash: 'sha1' }),
    fixed('1.3.14.3.2.29', 'RSA with SHA-1', { kind: 'rsa-pkcs1', hash: 'sha1' }),
    fixed('1.2.840.113549.1.1.4', 'RSA with MD5', null),
    fixed('1.2.840.113549.1.1.2', 'RSA with MD2', null),
    fixed('1.2.840.113549.1.1.14', 'RSA with SHA-224', { kind: 'rsa-pkcs1', hash: 'sha224' }),
    fixed('1.2.840.113549.1.1.15', 'RSA with SHA-512/224', { kind: 'rsa-pkcs1', hash: 'sha512-224' }),
    fixed('1.2.840.113549.1.1.16', 'RSA with SHA-512/256', { kind: 'rsa-pkcs1', hash: 'sha512-256' }),
    fixed('2.16.840.1.101.3.4.3.13', 'RSA with SHA3-224', { kind: 'rsa-pkcs1', hash: 'sha3-224' }),
    fixed('2.16.840.1.101.3.4.3.14', 'RSA with SHA3-256', { kind: 'rsa-pkcs1', hash: 'sha3-256' }),
    fixed('2.16.840.1.101.3.4.3.15', 'RSA with SHA3-384', { kind: 'rsa-pkcs1', hash: 'sha3-384' }),
    fixed('2.16.840.1.101.3.4.3.16', 'RSA with SHA3-512', { kind: 'rsa-pkcs1', hash: 'sha3-512' }),
    fixed('1.2.840.10045.4.3.1', 'ECDSA with SHA-224', { kind: 'ecdsa', hash: 'sha224' }),
    fixed('2.16.840.1.101.3.4.3.9', 'ECDSA with SHA3-224', { kind: 'ecdsa', hash: 'sha3-224' }),
    fixed('2.16.840.1.101.3.4.3.10', 'ECDSA with SHA3-256', { kind: 'ecdsa', hash: 'sha3-256' }),
    fixed('2.16.840.1.101.3.4.3.11', 'ECDSA with SHA3-384', { kind: 'ecdsa', hash: 'sha3-384' }),
    fixed('2.16.840.1.101.3.4.3.12', 'ECDSA with SHA3-512', { kind: 'ecdsa', hash: 'sha3-512' }),
    fixed('1.2.840.10040.4.3', 'DSA with SHA-1', { kind: 'dsa', hash: 'sha1' }),
    fixed('2.16.840.1.101.3.4.3.1', 'DSA with SHA-224', { kind: 'dsa', hash: 'sha224' }),
    fixed('2.16.840.1.101.3.4.3.2', 'DSA with SHA-256', { kind: 'dsa', hash: 'sha256' }),
  ].map((info) => [info.oid, info]),
)

function checkNoParameters(reader: DerReader): void {
  if (reader.remaining > 0) throw reader.error('parameters', 'none', `${reader.remaining} bytes`)
}

function readPss(reader: DerReader): SignatureAlgorithmInfo {
  const parameters = readPssParameters(reader)
  reader.end()
  const hash = hashOfOid(parameters.hash)
  const mgfHash = hashOfOid(parameters.mgfHash)
  return {
    oid: RSASSA_PSS,
    text: `RSA-PSS with ${hash === null ? (oidName(parameters.hash) ?? parameters.hash) : HASH_TEXT[hash]}`,
    algorithm:
      hash === null || mgfHash === null ? null : { kind: 'rsa-pss', hash, mgfHash, saltLength: parameters.saltLength },
    weakness: hash === 'sha1' ? 'SHA-1' : null,
  }
}

/** RFC 4055 section 2.1: the parameters of a hash may be NULL or absent; both must be accepted. */
function readHash(reader: DerReader, field: string): string {
  const hash = reader.sequence(field)
  const oid = hash.oid('algorithm')
  if (hash.peek() === TAG.null) hash.null('parameters')
  hash.end()
  return oid
}
