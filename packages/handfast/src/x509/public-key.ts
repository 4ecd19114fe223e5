/**
 * SubjectPublicKeyInfo (RFC 5280 section 4.1.2.7): what kind of key it is, told without a crypto provider. RSA
 * (RFC 3279, 4055), elliptic curves (RFC 5480, 5639), Ed25519 and Ed448 (RFC 8410), ML-DSA (RFC 9881), DSA (RFC 3279)
 * with the inheritance of its parameters.
 *
 * Of points the form and the length are checked. Whether a point is on its curve is the provider's business when it
 * imports the key.
 */

import { DerReader, readDer, TAG } from '../asn1/der.ts'
import { writeBitString, writeSequence } from '../asn1/der-writer.ts'
import { oidName } from '../asn1/oid.ts'
import { DecodeError } from '../bytes/decode-error.ts'
import { CURVES, type DsaParameters, RAW_KEYS, readDsaParameters, readPositive } from '../crypto/key-algorithm.ts'
import type { CurveName, KeyType } from '../crypto/provider.ts'
import { bitLength, FIELD_LENGTHS, type RsaNumbers } from '../crypto/public-key-format.ts'
import { hashOfOid, readPssParameters } from './signature-algorithm.ts'

/** What a SubjectPublicKeyInfo says of its key. */
export interface PublicKeyInfo {
  /** Dotted OID of the algorithm. */
  readonly oid: string
  /** For people: `ECDSA P-256`, `RSA 2048`, `Ed25519`, `ML-DSA-65`; a name or OID for others. */
  readonly text: string
  /** Null if handfast does not know such keys. */
  readonly keyType: KeyType | null
  /** The numbers of an RSA key, big-endian without leading zeros; null for other kinds. */
  readonly rsa: RsaNumbers | null
  /** The key itself, as its algorithm encodes it: the contents of the BIT STRING. */
  readonly key: Uint8Array
}

/**
 * Reads a SubjectPublicKeyInfo in DER.
 * @param path of the field, for errors.
 * @throws {DecodeError}
 */
export function readPublicKeyInfo(der: Uint8Array, path = 'subjectPublicKeyInfo'): PublicKeyInfo {
  const reader = readDer(der, '', path)
  const algorithm = reader.sequence('algorithm')
  const oid = algorithm.oid('algorithm')
  const key = reader.bitStringBytes('subjectPublicKey')
  reader.end()
  switch (oid) {
    case '1.2.840.10045.2.1':
      return readEcKey(algorithm, oid, key, `${path}.subjectPublicKey`)
    case '1.2.840.113549.1.1.1':
      // RFC 3279 section 2.3.1: the parameters must be NULL.
      algorithm.null('parameters')
      algorithm.end()
      return readRsaKey(oid, key, `${path}.subjectPublicKey`, (bits) => ({ type: 'rsa', bits }), 'RSA')
    case '1.2.840.113549.1.1.10':
      return readPssKey(algorithm, oid, key, path)
    case DSA:
      return readDsaKey(algorithm, oid, key, `${path}.subjectPublicKey`)
  }
  const raw = RAW_KEYS.get(oid)
  if (raw === undefined) return { oid, text: oidName(oid) ?? oid, keyType: null, rsa: null, key }
  // RFC 8410 section 3, RFC 9881 section 2: parameters must be absent.
  if (algorithm.remaining > 0) throw algorithm.error('parameters', 'none', `${algorithm.remaining} bytes`)
  if (key.length !== raw.length) throw reader.error('subjectPublicKey', `${raw.length} bytes`, `${key.length}`)
  return { oid, text: keyTypeText(raw.keyType), keyType: raw.keyType, rsa: null, key }
}

/** A key type for people: `ECDSA P-256`, `RSA 2048`, `RSA-PSS 3072`, `Ed25519`, `ML-DSA-65`. */
export function keyTypeText(keyType: KeyType): string {
  switch (keyType.type) {
    case 'ec':
      return `ECDSA ${CURVE_TEXT[keyType.curve]}`
    case 'rsa':
      return `RSA ${keyType.bits}`
    case 'rsa-pss':
      return `RSA-PSS ${keyType.bits}`
    case 'dsa':
      return keyType.bits === null ? 'DSA with the parameters of its issuer' : `DSA ${keyType.bits}`
    case 'ed25519':
      return 'Ed25519'
    case 'ed448':
      return 'Ed448'
    default:
      return keyType.type.toUpperCase()
  }
}

const CURVE_TEXT: Readonly<Record<CurveName, string>> = {
  secp256r1: 'P-256',
  secp384r1: 'P-384',
  secp521r1: 'P-521',
  brainpoolP256r1: 'brainpoolP256r1',
  brainpoolP384r1: 'brainpoolP384r1',
  brainpoolP512r1: 'brainpoolP512r1',
}

const EC_TYPES: Readonly<Record<CurveName, KeyType>> = {
  secp256r1: { type: 'ec', curve: 'secp256r1' },
  secp384r1: { type: 'ec', curve: 'secp384r1' },
  secp521r1: { type: 'ec', curve: 'secp521r1' },
  brainpoolP256r1: { type: 'ec', curve: 'brainpoolP256r1' },
  brainpoolP384r1: { type: 'ec', curve: 'brainpoolP384r1' },
  brainpoolP512r1: { type: 'ec', curve: 'brainpoolP512r1' },
}

function readEcKey(algorithm: DerReader, oid: string, key: Uint8Array, path: string): PublicKeyInfo {
  // RFC 5480 section 2.1.1: a named curve and nothing else.
  if (algorithm.peek() !== TAG.oid) {
    return { oid, text: 'ECDSA on an unnamed curve', keyType: null, rsa: null, key }
  }
  const curveOid = algorithm.oid('parameters')
  algorithm.end()
  const curve = CURVES.get(curveOid)
  if (curve === undefined) {
    return { oid, text: `ECDSA ${oidName(curveOid) ?? curveOid}`, keyType: null, rsa: null, key }
  }
  checkPointForm(curve, key, path)
  const keyType = EC_TYPES[curve]
  return { oid, text: keyTypeText(keyType), keyType, rsa: null, key }
}

/** RFC 5480 section 2.2: uncompressed or compressed; not the hybrid form, and not the point at infinity. */
function checkPointForm(curve: CurveName, point: Uint8Array, path: string): void {
  const form = point[0]
  const coordinates = form === 4 ? 2 : form === 2 || form === 3 ? 1 : 0
  if (coordinates === 0) {
    const has = form === undefined ? 'no bytes' : `form ${form}`
    throw new DecodeError(path, 'a point that is uncompressed (4) or compressed (2, 3)', has)
  }
  const length = 1 + coordinates * FIELD_LENGTHS[curve]
  if (point.length !== length) throw new DecodeError(path, `${length} bytes of a point`, `${point.length}`)
}

const DSA = '1.2.840.10040.4.1'

/** RFC 3279 section 2.3.2: Dss-Parms and DSAPublicKey. Which sizes can be used is for the provider to say. */
function readDsaKey(algorithm: DerReader, oid: string, key: Uint8Array, path: string): PublicKeyInfo {
  let parameters: DsaParameters | null = null
  // RFC 5280 section 6.1.4 (e) treats NULL as it treats none.
  if (algorithm.peek() === TAG.null) algorithm.null('parameters')
  else if (algorithm.remaining > 0) parameters = readDsaParameters(algorithm)
  algorithm.end()
  readDsaValue(key, path)
  const bits = parameters === null ? null : bitLength(parameters.p)
  const subgroupBits = parameters === null ? null : bitLength(parameters.q)
  const keyType: KeyType = { type: 'dsa', bits, subgroupBits }
  return { oid, text: keyTypeText(keyType), keyType, rsa: null, key }
}

function readDsaValue(key: Uint8Array, path: string): Uint8Array {
  const reader = new DerReader(key, path)
  const y = readPositive(reader, 'y')
  reader.end()
  return y
}

/** The numbers of a DSA key, big-endian without leading zeros. */
export interface DsaNumbers extends DsaParameters {
  readonly y: Uint8Array
}

/**
 * The numbers of a DSA key that has its parameters with it; null for other keys.
 * @param spki SubjectPublicKeyInfo in DER.
 * @throws {DecodeError}
 */
export function readDsaNumbers(spki: Uint8Array): DsaNumbers | null {
  const { keyType, key } = readPublicKeyInfo(spki)
  if (keyType?.type !== 'dsa' || keyType.bits === null) return null
  const algorithm = readDer(spki, 'subjectPublicKeyInfo').sequence('algorithm')
  algorithm.skip('algorithm')
  return { ...readDsaParameters(algorithm), y: readDsaValue(key, 'subjectPublicKey') }
}

/**
 * A DSA key with the parameters of its issuer's key (RFC 3279 section 2.3.2, RFC 5280 section 6.1.4 (d) to (f)).
 * Where the issuer's key inherits as well, what it inherited is given as `issuerSpki`.
 * @param spki SubjectPublicKeyInfo in DER, as is `issuerSpki`.
 * @returns SubjectPublicKeyInfo in DER; null if there is nothing to inherit: no DSA key, or one with parameters of
 * its own, or an issuer's key without any.
 * @throws {DecodeError}
 */
export function inheritDsaParameters(spki: Uint8Array, issuerSpki: Uint8Array): Uint8Array | null {
  const own = readPublicKeyInfo(spki)
  if (own.keyType?.type !== 'dsa' || own.keyType.bits !== null) return null
  const { keyType } = readPublicKeyInfo(issuerSpki)
  if (keyType?.type !== 'dsa' || keyType.bits === null) return null
  const algorithm = readDer(issuerSpki, 'issuerSubjectPublicKeyInfo').element('algorithm')
  return writeSequence(algorithm, writeBitString(own.key))
}

/** RFC 4055 section 3.1: without parameters the key may be used with any. */
function readPssKey(algorithm: DerReader, oid: string, key: Uint8Array, path: string): PublicKeyInfo {
  const parameters = algorithm.remaining > 0 ? readPssParameters(algorithm) : null
  algorithm.end()
  const keyPath = `${path}.subjectPublicKey`
  if (parameters === null) return readRsaKey(oid, key, keyPath, (bits) => ({ type: 'rsa-pss', bits }), 'RSA-PSS')
  const hash = hashOfOid(parameters.hash)
  const mgfHash = hashOfOid(parameters.mgfHash)
  const { saltLength } = parameters
  const makeType = (bits: number): KeyType | null =>
    hash === null || mgfHash === null ? null : { type: 'rsa-pss', bits, restriction: { hash, mgfHash, saltLength } }
  return readRsaKey(oid, key, keyPath, makeType, 'RSA-PSS')
}

/** RSAPublicKey (RFC 8017 appendix A.1.1). */
function readRsaKey(
  oid: string,
  key: Uint8Array,
  path: string,
  makeType: (bits: number) => KeyType | null,
  name: string,
): PublicKeyInfo {
  const reader = readDer(key, '', path)
  const modulus = reader.integer('modulus')
  const exponent = reader.integer('publicExponent')
  reader.end()
  if ((modulus[0] as number) >= 0x80) throw reader.error('modulus', 'a positive INTEGER', 'a negative one')
  if ((exponent[0] as number) >= 0x80) throw reader.error('publicExponent', 'a positive INTEGER', 'a negative one')
  const rsa = { modulus: withoutZero(modulus), exponent: withoutZero(exponent) }
  const bits = bitLength(rsa.modulus)
  return { oid, text: `${name} ${bits}`, keyType: makeType(bits), rsa, key }
}

/** Contents of a non-negative INTEGER without the zero that keeps it from being negative. */
function withoutZero(contents: Uint8Array): Uint8Array {
  return contents[0] === 0 ? contents.subarray(1) : contents
}
