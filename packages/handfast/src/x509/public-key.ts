/**
 * SubjectPublicKeyInfo (RFC 5280 section 4.1.2.7): what kind of key it is, and whether it is one to
 * rely on, told without a crypto provider. RSA (RFC 3279, 4055), elliptic curves (RFC 5480), Ed25519
 * and Ed448 (RFC 8410), ML-DSA (RFC 9881).
 *
 * Whether a point is on its curve is the provider's business when it imports the key.
 */

import { type DerReader, readDer, TAG } from '../asn1/der.ts'
import { oidName } from '../asn1/oid.ts'
import { CURVES, RAW_KEYS } from '../crypto/key-algorithm.ts'
import type { CurveName, KeyType } from '../crypto/provider.ts'
import { hashOfOid, readPssParameters } from './signature-algorithm.ts'

export interface PublicKeyInfo {
  /** Dotted OID of the algorithm. */
  readonly oid: string
  /** For people: `ECDSA P-256`, `RSA 2048`, `Ed25519`, `ML-DSA-65`; a name or OID for others. */
  readonly text: string
  /** Null if handfast does not know such keys. */
  readonly keyType: KeyType | null
  /** The key itself, as its algorithm encodes it: the contents of the BIT STRING. */
  readonly key: Uint8Array
  /** Why it must not be relied on, in words to follow "the key"; null if nothing speaks against it. */
  readonly weakness: string | null
}

/** Smallest RSA modulus that is relied on, in bits (RFC 9325 section 4.5). */
export const MIN_RSA_BITS = 2048

/** Largest RSA modulus that is relied on, in bits: a bound on the work a peer can demand. */
export const MAX_RSA_BITS = 16384

/** Largest RSA public exponent that is relied on, in bits: a bound on work too; 65537 is what keys have. */
export const MAX_RSA_EXPONENT_BITS = 64

/**
 * Reads a SubjectPublicKeyInfo in DER.
 * @param path of the field, for errors.
 * @throws {DecodeError}
 */
export function readPublicKeyInfo(der: Uint8Array, path = 'subjectPublicKeyInfo'): PublicKeyInfo {
  const reader = readDer(der, path, path)
  const algorithm = reader.sequence('algorithm')
  const oid = algorithm.oid('algorithm')
  const key = reader.bitStringBytes('subjectPublicKey')
  reader.end()
  switch (oid) {
    case '1.2.840.10045.2.1':
      return readEcKey(algorithm, oid, key)
    case '1.2.840.113549.1.1.1':
      // RFC 3279 section 2.3.1: the parameters must be NULL.
      algorithm.null('parameters')
      algorithm.end()
      return readRsaKey(oid, key, `${path}.subjectPublicKey`, (bits) => ({ type: 'rsa', bits }), 'RSA')
    case '1.2.840.113549.1.1.10':
      return readPssKey(algorithm, oid, key, path)
  }
  const raw = RAW_KEYS.get(oid)
  if (raw === undefined) return { oid, text: oidName(oid) ?? oid, keyType: null, key, weakness: null }
  // RFC 8410 section 3, RFC 9881 section 2: parameters must be absent.
  if (algorithm.remaining > 0) throw algorithm.error('parameters', 'none', `${algorithm.remaining} bytes`)
  if (key.length !== raw.length) throw reader.error('subjectPublicKey', `${raw.length} bytes`, `${key.length}`)
  return { oid, text: keyTypeText(raw.keyType), keyType: raw.keyType, key, weakness: null }
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
}

const EC_TYPES: Readonly<Record<CurveName, KeyType>> = {
  secp256r1: { type: 'ec', curve: 'secp256r1' },
  secp384r1: { type: 'ec', curve: 'secp384r1' },
  secp521r1: { type: 'ec', curve: 'secp521r1' },
}

function readEcKey(algorithm: DerReader, oid: string, key: Uint8Array): PublicKeyInfo {
  // RFC 5480 section 2.1.1: a named curve and nothing else.
  if (algorithm.peek() !== TAG.oid) {
    return { oid, text: 'ECDSA on an unnamed curve', keyType: null, key, weakness: null }
  }
  const curveOid = algorithm.oid('parameters')
  algorithm.end()
  const curve = CURVES.get(curveOid)
  if (curve === undefined) {
    return { oid, text: `ECDSA ${oidName(curveOid) ?? curveOid}`, keyType: null, key, weakness: null }
  }
  const keyType = EC_TYPES[curve]
  return { oid, text: keyTypeText(keyType), keyType, key, weakness: null }
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
  const reader = readDer(key, path, path)
  const modulus = reader.integer('modulus')
  const exponent = reader.integer('publicExponent')
  reader.end()
  if ((modulus[0] as number) >= 0x80) throw reader.error('modulus', 'a positive INTEGER', 'a negative one')
  if ((exponent[0] as number) >= 0x80) throw reader.error('publicExponent', 'a positive INTEGER', 'a negative one')
  const bits = bitLength(modulus)
  return { oid, text: `${name} ${bits}`, keyType: makeType(bits), key, weakness: rsaWeakness(modulus, bits, exponent) }
}

function rsaWeakness(modulus: Uint8Array, bits: number, exponent: Uint8Array): string | null {
  if (bits < MIN_RSA_BITS) return `has ${bits} bits and must have at least ${MIN_RSA_BITS}`
  if (bits > MAX_RSA_BITS) return `has ${bits} bits and may have at most ${MAX_RSA_BITS}`
  if (((modulus.at(-1) as number) & 1) === 0) return 'has an even modulus'
  const exponentBits = bitLength(exponent)
  // An exponent of 1 would make every value its own signature.
  if (((exponent.at(-1) as number) & 1) === 0 || exponentBits < 2)
    return 'has a public exponent that is even or below 3'
  if (exponentBits > MAX_RSA_EXPONENT_BITS) return `has a public exponent of more than ${MAX_RSA_EXPONENT_BITS} bits`
  return null
}

/** Of a non-negative INTEGER in its shortest form. */
function bitLength(contents: Uint8Array): number {
  const first = contents[0] as number
  const leading = first === 0 && contents.length > 1 ? (contents[1] as number) : first
  const bytes = first === 0 && contents.length > 1 ? contents.length - 1 : contents.length
  return leading === 0 ? 0 : 8 * (bytes - 1) + (32 - Math.clz32(leading))
}
