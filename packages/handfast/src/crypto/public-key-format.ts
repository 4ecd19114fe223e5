/**
 * Public keys as certificates have them: SubjectPublicKeyInfo, read strictly (DER, one form only), so
 * that all providers refuse the same things.
 *
 * Covers RFC 5280 section 4.1.2.7, RFC 8017 appendix A.1.1 (RSA), RFC 3279 section 2.3.2 (DSA), RFC 5480 (elliptic curves), RFC 8410
 * (Ed25519, Ed448), RFC 9881 (ML-DSA). Leaves out, as `unsupported`: compressed points, RSA moduli below
 * 512 or above 16384 bits, RSA exponents above 64 bits, DSA with p below 512 or above 4096 bits or with q of
 * other lengths than FIPS 186-4 has.
 *
 * Only form is judged here. That a point is on its curve is for the provider to find out; that a key is too
 * small to rely on, for a policy.
 */

import { DerReader, readDer } from '../asn1/der.ts'
import { writeBitString, writeSequence } from '../asn1/der-writer.ts'
import { DecodeError } from '../bytes/index.ts'
import {
  readKeyAlgorithm,
  readPositive,
  type DsaParameters,
  type EcKeyType,
  type EdwardsKeyType,
  type KeyAlgorithm,
  type MlDsaKeyType,
  type RsaKeyType,
  type WithoutBits,
} from './key-algorithm.ts'
import { importKey, malformed, unsupported } from './key-import.ts'
import type { CurveName, KeyType } from './provider.ts'

/** A public key as read from a SubjectPublicKeyInfo. */
export type PublicKeyInfo =
  | { readonly kind: 'ec'; readonly keyType: EcKeyType; /** 0x04 || X || Y. */ readonly point: Uint8Array }
  | RsaKeyInfo
  | { readonly kind: 'dsa'; readonly keyType: Extract<KeyType, { type: 'dsa' }> }
  | {
      readonly kind: 'edwards'
      readonly keyType: EdwardsKeyType
      /** As RFC 8032 encodes it. */ readonly raw: Uint8Array
    }
  | { readonly kind: 'ml-dsa'; readonly keyType: MlDsaKeyType; /** As FIPS 204 encodes it. */ readonly raw: Uint8Array }

/** What is read of an RSA key, be it public or private. */
export interface RsaKeyInfo {
  readonly kind: 'rsa'
  readonly keyType: RsaKeyType
  readonly numbers: RsaNumbers
}

/** The public numbers of an RSA key, big-endian without leading zeros. */
export interface RsaNumbers {
  readonly modulus: Uint8Array
  readonly exponent: Uint8Array
}

/** Bytes of a coordinate and of a scalar. */
export const FIELD_LENGTHS: Readonly<Record<CurveName, number>> = {
  secp256r1: 32,
  secp384r1: 48,
  secp521r1: 66,
  brainpoolP256r1: 32,
  brainpoolP384r1: 48,
  brainpoolP512r1: 64,
}

/**
 * OpenSSL verifies with up to 16384 bits, and beyond 3072 bits only with exponents of up to 64. Signing with
 * less than 1024 bits is nobody's wish.
 */
const RSA_BITS = { minPublic: 512, minPrivate: 1024, max: 16384, maxExponent: 64 }

/** FIPS 186-4 section 4.2 ends at 3072; lengths of q are those it has, and OpenSSL knows no others. */
const DSA_BITS = { min: 512, max: 4096, subgroup: [160, 224, 256] }

/**
 * Reads a SubjectPublicKeyInfo. Its byte strings are views of `der`.
 * @throws {KeyImportError}
 */
export function readPublicKeyInfo(der: Uint8Array): PublicKeyInfo {
  return importKey('public', () => {
    const spki = readDer(der, '', 'subject_public_key_info')
    const algorithm = readKeyAlgorithm(spki)
    const key = spki.bitStringBytes('subject_public_key')
    spki.end()
    return readPublicKey(algorithm, key)
  })
}

/** The SubjectPublicKeyInfo of `publicKey` (the content of its BIT STRING) under `algorithm` (DER). */
export function writePublicKeyInfo(algorithm: Uint8Array, publicKey: Uint8Array): Uint8Array {
  return writeSequence(algorithm, writeBitString(publicKey))
}

/**
 * The public numbers, which are next in an RSAPublicKey or RSAPrivateKey. Not yet judged: see `checkRsaKey`.
 * @throws {DecodeError}
 */
export function readRsaNumbers(reader: DerReader): RsaNumbers {
  return { modulus: readPositive(reader, 'modulus'), exponent: readPositive(reader, 'public_exponent') }
}

/**
 * A key of these numbers, if handfast has such.
 * @throws {KeyImportError}
 */
export function checkRsaKey(
  half: 'public' | 'private',
  keyType: WithoutBits<RsaKeyType>,
  numbers: RsaNumbers,
): RsaKeyInfo {
  const least = half === 'public' ? RSA_BITS.minPublic : RSA_BITS.minPrivate
  return { kind: 'rsa', keyType: { ...keyType, bits: checkRsaNumbers(numbers, least) }, numbers }
}

/**
 * Checks the form of a public key on a curve: uncompressed, of the right length.
 * @throws {DecodeError | KeyImportError}
 */
export function checkPoint(curve: CurveName, point: Uint8Array): void {
  const form = point[0]
  if (form === 2 || form === 3) throw unsupported(`${curve} public key as a compressed point`)
  checkLength(`${curve} public key`, 1 + 2 * FIELD_LENGTHS[curve], point)
  if (form !== 4) throw new DecodeError(`${curve} public key`, 'an uncompressed point (4)', `form ${form}`)
}

/**
 * `bytes`, if they are `length`.
 * @throws {KeyImportError}
 */
export function checkLength(what: string, length: number, bytes: Uint8Array): Uint8Array {
  if (bytes.length !== length) throw malformed(`${what}: needs ${length} bytes, has ${bytes.length}`)
  return bytes
}

function readPublicKey(algorithm: KeyAlgorithm, key: Uint8Array): PublicKeyInfo {
  switch (algorithm.kind) {
    case 'ec':
      checkPoint(algorithm.keyType.curve, key)
      return { ...algorithm, point: key }
    case 'rsa':
      return checkRsaKey('public', algorithm.keyType, readRsaPublicKey(key))
    case 'dsa':
      return checkDsaKey(algorithm.parameters, readDsaPublicKey(key))
    case 'edwards': {
      const { kind, keyType, length } = algorithm
      return { kind, keyType, raw: checkLength(`${keyType.type} public key`, length, key) }
    }
    case 'ml-dsa': {
      const { kind, keyType, length } = algorithm
      return { kind, keyType, raw: checkLength(`${keyType.type} public key`, length, key) }
    }
  }
}

/** RSAPublicKey (RFC 8017 appendix A.1.1). */
function readRsaPublicKey(key: Uint8Array): RsaNumbers {
  const reader = readDer(key, '', 'rsa_public_key')
  const numbers = readRsaNumbers(reader)
  reader.end()
  return numbers
}

/** The length of the modulus in bits. */
function checkRsaNumbers({ modulus, exponent }: RsaNumbers, least: number): number {
  const bits = bitLength(modulus)
  if (bits < least || bits > RSA_BITS.max) {
    throw unsupported(`RSA modulus of ${bits} bits (needs ${least} to ${RSA_BITS.max})`)
  }
  if (((modulus.at(-1) as number) & 1) === 0) throw malformed('RSA modulus: needs an odd number, has an even one')
  if (((exponent.at(-1) as number) & 1) === 0) throw malformed('RSA exponent: needs an odd number, has an even one')
  if (exponent.length === 1 && exponent[0] === 1) throw malformed('RSA exponent: needs 3 or more, has 1')
  // Beyond, one verification would cost as much as a signature: work a stranger could impose on us.
  if (bitLength(exponent) > RSA_BITS.maxExponent) {
    throw unsupported(`RSA exponent of ${bitLength(exponent)} bits (needs at most ${RSA_BITS.maxExponent})`)
  }
  return bits
}

/** DSAPublicKey (RFC 3279 section 2.3.2): y. */
function readDsaPublicKey(key: Uint8Array): Uint8Array {
  const reader = new DerReader(key, 'dsa_public_key')
  const y = readPositive(reader, 'y')
  reader.end()
  return y
}

/** FIPS 186-4 sections 4.1 and 4.2. That q divides p - 1, and g is of order q, is its maker's own concern. */
function checkDsaKey({ p, q, g }: DsaParameters, y: Uint8Array): PublicKeyInfo {
  const bits = bitLength(p)
  const subgroupBits = bitLength(q)
  if (bits < DSA_BITS.min || bits > DSA_BITS.max) {
    throw unsupported(`DSA key with p of ${bits} bits (needs ${DSA_BITS.min} to ${DSA_BITS.max})`)
  }
  if (!DSA_BITS.subgroup.includes(subgroupBits)) {
    throw unsupported(`DSA key with q of ${subgroupBits} bits (needs ${DSA_BITS.subgroup.join(', ')})`)
  }
  if (((p.at(-1) as number) & 1) === 0) throw malformed('DSA p: needs an odd number, has an even one')
  if (((q.at(-1) as number) & 1) === 0) throw malformed('DSA q: needs an odd number, has an even one')
  if (!isBetweenOneAnd(p, g)) throw malformed('DSA g: needs a number above 1 and below p')
  if (!isBetweenOneAnd(p, y)) throw malformed('DSA public key: needs a number above 1 and below p')
  return { kind: 'dsa', keyType: { type: 'dsa', bits, subgroupBits } }
}

/** Of numbers without leading zeros. */
function isBetweenOneAnd(limit: Uint8Array, number: Uint8Array): boolean {
  if (number.length === 1 && number[0] === 1) return false
  if (number.length !== limit.length) return number.length < limit.length
  const at = number.findIndex((byte, i) => byte !== limit[i])
  return at >= 0 && (number[at] as number) < (limit[at] as number)
}

/** Of a big-endian number without leading zeros, which is empty for 0. */
export function bitLength(number: Uint8Array): number {
  return number.length === 0 ? 0 : 8 * number.length - (Math.clz32(number[0] as number) - 24)
}
