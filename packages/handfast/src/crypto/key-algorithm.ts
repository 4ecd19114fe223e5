/**
 * The AlgorithmIdentifier of a key: its kind, and what its parameters say.
 *
 * Covers RFC 3279 (RSA, DSA), RFC 4055 section 3.1 (id-RSASSA-PSS keys), RFC 5480 (elliptic curves), RFC 8410
 * (Ed25519, Ed448), RFC 9881 (ML-DSA). Leaves out, as `unsupported`: explicit curve parameters, DSA keys
 * whose parameters are their issuer's, and everything else.
 */

import { contextConstructed, TAG, type DerReader } from '../asn1/der.ts'
import { readOidText } from '../asn1/oid.ts'
import { UnknownOidError, unsupported } from './key-import.ts'
import type { CurveName, HashName, KeyType, MlDsaName } from './provider.ts'

/** An elliptic curve key. */
export type EcKeyType = Extract<KeyType, { type: 'ec' }>
/** An RSA key, for any RSA signature or for RSA-PSS alone. */
export type RsaKeyType = Extract<KeyType, { type: 'rsa' | 'rsa-pss' }>
/** An EdDSA key. */
export type EdwardsKeyType = Extract<KeyType, { type: 'ed25519' | 'ed448' }>
/** An ML-DSA key. */
export type MlDsaKeyType = Extract<KeyType, { type: MlDsaName }>

/** What an AlgorithmIdentifier says about a key. The length of an RSA key is known only from the key. */
export type KeyAlgorithm =
  | { readonly kind: 'ec'; readonly keyType: EcKeyType }
  | { readonly kind: 'rsa'; readonly keyType: WithoutBits<RsaKeyType> }
  | { readonly kind: 'dsa'; readonly parameters: DsaParameters }
  | EdwardsAlgorithm
  | MlDsaAlgorithm

/** The domain parameters of a DSA key (RFC 3279 section 2.3.2), big-endian without leading zeros. Not yet judged. */
export interface DsaParameters {
  readonly p: Uint8Array
  readonly q: Uint8Array
  readonly g: Uint8Array
}

/** EdDSA (RFC 8410): keys are so many bytes, without a structure. */
export interface EdwardsAlgorithm {
  readonly kind: 'edwards'
  readonly keyType: EdwardsKeyType
  /** Bytes of public and private keys alike. */
  readonly length: number
}

/** ML-DSA (RFC 9881), likewise. */
export interface MlDsaAlgorithm {
  readonly kind: 'ml-dsa'
  readonly keyType: MlDsaKeyType
  /** Bytes of the public key. */
  readonly length: number
  /** Bytes of the expanded private key. */
  readonly expandedLength: number
}

/** A key type before the key itself is read, which tells the length. */
export type WithoutBits<T> = T extends unknown ? Omit<T, 'bits'> : never
type PssRestriction = Pick<Extract<KeyType, { type: 'rsa-pss' }>, 'restriction'>

const DSA = '1.2.840.10040.4.1'
const EC_PUBLIC_KEY = '1.2.840.10045.2.1'
const RSA_ENCRYPTION = '1.2.840.113549.1.1.1'
const RSASSA_PSS = '1.2.840.113549.1.1.10'
const MGF1 = '1.2.840.113549.1.1.8'

/** Curves by dotted OID (RFC 5480 section 2.1.1.1, RFC 5639 section 4.1). */
export const CURVES: ReadonlyMap<string, CurveName> = new Map([
  ['1.2.840.10045.3.1.7', 'secp256r1'],
  ['1.3.132.0.34', 'secp384r1'],
  ['1.3.132.0.35', 'secp521r1'],
  ['1.3.36.3.3.2.8.1.1.7', 'brainpoolP256r1'],
  ['1.3.36.3.3.2.8.1.1.11', 'brainpoolP384r1'],
  ['1.3.36.3.3.2.8.1.1.13', 'brainpoolP512r1'],
])

/** Hashes by dotted OID (RFC 4055 section 2.1, RFC 8017 appendix B.1, RFC 9688 section 2). */
export const HASHES: ReadonlyMap<string, HashName> = new Map([
  ['1.3.14.3.2.26', 'sha1'],
  ['2.16.840.1.101.3.4.2.1', 'sha256'],
  ['2.16.840.1.101.3.4.2.2', 'sha384'],
  ['2.16.840.1.101.3.4.2.3', 'sha512'],
  ['2.16.840.1.101.3.4.2.4', 'sha224'],
  ['2.16.840.1.101.3.4.2.5', 'sha512-224'],
  ['2.16.840.1.101.3.4.2.6', 'sha512-256'],
  ['2.16.840.1.101.3.4.2.7', 'sha3-224'],
  ['2.16.840.1.101.3.4.2.8', 'sha3-256'],
  ['2.16.840.1.101.3.4.2.9', 'sha3-384'],
  ['2.16.840.1.101.3.4.2.10', 'sha3-512'],
])

/**
 * Algorithms without parameters, whose public keys are byte strings of one length, by dotted OID: RFC 8410
 * section 3, RFC 9881 section 2, FIPS 204 table 2.
 */
export const RAW_KEYS: ReadonlyMap<string, EdwardsAlgorithm | MlDsaAlgorithm> = new Map<
  string,
  EdwardsAlgorithm | MlDsaAlgorithm
>([
  ['1.3.101.112', { kind: 'edwards', keyType: { type: 'ed25519' }, length: 32 }],
  ['1.3.101.113', { kind: 'edwards', keyType: { type: 'ed448' }, length: 57 }],
  ['2.16.840.1.101.3.4.3.17', mlDsa('ml-dsa-44', 1312, 2560)],
  ['2.16.840.1.101.3.4.3.18', mlDsa('ml-dsa-65', 1952, 4032)],
  ['2.16.840.1.101.3.4.3.19', mlDsa('ml-dsa-87', 2592, 4896)],
])

function mlDsa(type: MlDsaName, length: number, expandedLength: number): MlDsaAlgorithm {
  return { kind: 'ml-dsa', keyType: { type }, length, expandedLength }
}

/**
 * Reads the AlgorithmIdentifier that is next in `parent`.
 * @throws {DecodeError} malformed.
 * @throws {KeyImportError | UnknownOidError} not supported.
 */
export function readKeyAlgorithm(parent: DerReader): KeyAlgorithm {
  const reader = parent.sequence('algorithm')
  const algorithm = readAlgorithm(reader)
  reader.end()
  return algorithm
}

/**
 * Reads the OID of a named curve.
 * @throws {DecodeError} malformed.
 * @throws {KeyImportError | UnknownOidError} not supported.
 */
export function readCurve(parent: DerReader): CurveName {
  if (parent.peek() === TAG.sequence) throw unsupported('elliptic curve given by explicit parameters')
  const oid = parent.value('named_curve', TAG.oid)
  const curve = CURVES.get(readOidText(oid) ?? '')
  if (curve === undefined) throw new UnknownOidError('curve', oid)
  return curve
}

function readAlgorithm(reader: DerReader): KeyAlgorithm {
  const oid = reader.value('algorithm', TAG.oid)
  const text = readOidText(oid) ?? ''
  switch (text) {
    case EC_PUBLIC_KEY:
      return { kind: 'ec', keyType: { type: 'ec', curve: readCurve(reader) } }
    case RSA_ENCRYPTION:
      // RFC 3279 section 2.3.1: the parameters must be NULL.
      reader.null('parameters')
      return { kind: 'rsa', keyType: { type: 'rsa' } }
    case RSASSA_PSS:
      return { kind: 'rsa', keyType: { type: 'rsa-pss', ...readPssRestriction(reader) } }
    case DSA:
      if (reader.remaining === 0) throw unsupported("DSA key without parameters, which are its issuer's")
      return { kind: 'dsa', parameters: readDsaParameters(reader) }
  }
  const raw = RAW_KEYS.get(text)
  if (raw === undefined) throw new UnknownOidError('algorithm', oid)
  return raw
}

/**
 * Dss-Parms (RFC 3279 section 2.3.2).
 * @throws {DecodeError}
 */
export function readDsaParameters(algorithm: DerReader): DsaParameters {
  const parameters = algorithm.sequence('parameters')
  const read = {
    p: readPositive(parameters, 'p'),
    q: readPositive(parameters, 'q'),
    g: readPositive(parameters, 'g'),
  }
  parameters.end()
  return read
}

/**
 * A positive INTEGER: big-endian, without leading zeros.
 * @throws {DecodeError}
 */
export function readPositive(reader: DerReader, field: string): Uint8Array {
  const content = reader.integer(field)
  const first = content[0] as number
  if (first >= 0x80) throw reader.error(field, 'a positive number', 'a negative one')
  if (first !== 0) return content
  if (content.length === 1) throw reader.error(field, 'a positive number', 'zero')
  return content.subarray(1)
}

/**
 * RSASSA-PSS-params. Absent: the key may be used with any parameters. Fields with their default
 * value written out are no DER, yet must be recognised (RFC 4055 section 3.1).
 */
function readPssRestriction(algorithm: DerReader): PssRestriction {
  if (algorithm.remaining === 0) return {}
  const params = algorithm.sequence('parameters')
  const hash = readTagged(params, 0, 'hash_algorithm', readHash) ?? 'sha1'
  const mgfHash = readTagged(params, 1, 'mask_gen_algorithm', readMaskHash) ?? 'sha1'
  const saltLength = readTagged(params, 2, 'salt_length', (inner) => inner.unsigned('', 0xffff)) ?? 20
  const trailer = readTagged(params, 3, 'trailer_field', (inner) => inner.unsigned('', 0xffff)) ?? 1
  if (trailer !== 1) throw unsupported('RSASSA-PSS trailer field')
  params.end()
  return { restriction: { hash, mgfHash, saltLength } }
}

/** An OPTIONAL field with the tag `[n] EXPLICIT`. */
function readTagged<T>(parent: DerReader, n: number, field: string, read: (inner: DerReader) => T): T | undefined {
  if (parent.peek() !== contextConstructed(n)) return undefined
  const inner = parent.sequence(field, contextConstructed(n))
  const value = read(inner)
  inner.end()
  return value
}

function readMaskHash(parent: DerReader): HashName {
  const mask = parent.sequence('')
  if (readOidText(mask.value('algorithm', TAG.oid)) !== MGF1) throw unsupported('mask generation function')
  const hash = readHash(mask, 'parameters')
  mask.end()
  return hash
}

/** A hash's AlgorithmIdentifier: parameters NULL or absent, both in use (RFC 4055 section 2.1). */
function readHash(parent: DerReader, field = ''): HashName {
  const algorithm = parent.sequence(field)
  const oid = algorithm.value('algorithm', TAG.oid)
  if (algorithm.remaining > 0) algorithm.null('parameters')
  const hash = HASHES.get(readOidText(oid) ?? '')
  if (hash === undefined) throw new UnknownOidError('hash function', oid)
  algorithm.end()
  return hash
}
