/**
 * RSA signature verification: EMSA-PKCS1-v1_5 and EMSA-PSS over BigInt (RFC 8017 sections 8.1.2,
 * 8.2.2, 9.1.2, 9.2). A public operation on public numbers: nothing here is secret, so nothing needs
 * constant time. Signing, which does, is left out.
 *
 * For providers whose library has no RSA, and for the one PSS case node:crypto cannot express (MGF1
 * with another hash than the message's).
 */

import { equalBytes, fromHex } from '../bytes/index.ts'
import type { RsaNumbers } from './public-key-format.ts'
import type { Hash, HashName } from './provider.ts'

/** DigestInfo up to the digest, NULL parameters included (RFC 8017 section 9.2 note 1; RFC 9688 section 2 for SHA-3). */
const DIGEST_INFO: Readonly<Record<HashName, Uint8Array>> = {
  sha1: fromHex('3021300906052b0e03021a05000414'),
  sha224: fromHex('302d300d06096086480165030402040500041c'),
  sha256: fromHex('3031300d060960864801650304020105000420'),
  sha384: fromHex('3041300d060960864801650304020205000430'),
  sha512: fromHex('3051300d060960864801650304020305000440'),
  'sha512-224': fromHex('302d300d06096086480165030402050500041c'),
  'sha512-256': fromHex('3031300d060960864801650304020605000420'),
  'sha3-224': fromHex('302d300d06096086480165030402070500041c'),
  'sha3-256': fromHex('3031300d060960864801650304020805000420'),
  'sha3-384': fromHex('3041300d060960864801650304020905000430'),
  'sha3-512': fromHex('3051300d060960864801650304020a05000440'),
}

/** RSASSA-PKCS1-v1_5 verification: the expected encoding is built and compared, nothing is parsed. */
export function verifyRsaPkcs1(key: RsaNumbers, hash: Hash, data: Uint8Array, signature: Uint8Array): boolean {
  const encoded = recoverEncoding(key, signature)
  if (encoded === null) return false
  const prefix = DIGEST_INFO[hash.name]
  const digestAt = encoded.length - hash.length
  const prefixAt = digestAt - prefix.length
  // RFC 8017 section 9.2 step 3: at least eight bytes of padding.
  if (prefixAt < 11) return false
  const expected = new Uint8Array(encoded.length).fill(0xff)
  expected[0] = 0
  expected[1] = 1
  expected[prefixAt - 1] = 0
  expected.set(prefix, prefixAt)
  expected.set(hash.digest(data), digestAt)
  return equalBytes(encoded, expected)
}

/** RSASSA-PSS verification with MGF1 over `mgfHash` and a salt of exactly `saltLength` bytes. */
export function verifyRsaPss(
  key: RsaNumbers,
  hash: Hash,
  mgfHash: Hash,
  saltLength: number,
  data: Uint8Array,
  signature: Uint8Array,
): boolean {
  const full = recoverEncoding(key, signature)
  if (full === null) return false
  // The encoding is one bit shorter than the modulus, hence a byte shorter if the modulus has 8n+1 bits.
  const emBits = 8 * full.length - Math.clz32(key.modulus[0] as number) + 24 - 1
  const emLength = Math.ceil(emBits / 8)
  if (emLength < full.length && full[0] !== 0) return false
  const encoded = full.subarray(full.length - emLength)

  // RFC 8017 section 9.1.2, its steps by their numbers.
  const digest = hash.digest(data) // 2
  if (emLength < hash.length + saltLength + 2) return false // 3
  if (encoded[emLength - 1] !== 0xbc) return false // 4
  const dbLength = emLength - hash.length - 1
  const maskedDb = encoded.subarray(0, dbLength) // 5
  const h = encoded.subarray(dbLength, dbLength + hash.length)
  const topMask = 0xff >> (8 * emLength - emBits)
  if (((maskedDb[0] as number) & ~topMask) !== 0) return false // 6
  const db = maskGeneration(mgfHash, h, dbLength) // 7
  for (let i = 0; i < dbLength; i++) db[i] = (db[i] as number) ^ (maskedDb[i] as number) // 8
  db[0] = (db[0] as number) & topMask // 9
  const saltAt = dbLength - saltLength
  for (let i = 0; i < saltAt - 1; i++) if (db[i] !== 0) return false // 10
  if (db[saltAt - 1] !== 1) return false
  const message = new Uint8Array(8 + hash.length + saltLength) // 11, 12
  message.set(digest, 8)
  message.set(db.subarray(saltAt), 8 + hash.length)
  return equalBytes(h, hash.digest(message)) // 13, 14
}

/** MGF1 (RFC 8017 appendix B.2.1). */
function maskGeneration(hash: Hash, seed: Uint8Array, length: number): Uint8Array {
  const input = new Uint8Array(seed.length + 4)
  input.set(seed)
  const counter = new DataView(input.buffer, seed.length)
  const blocks = Math.ceil(length / hash.length)
  const mask = new Uint8Array(blocks * hash.length)
  for (let i = 0; i < blocks; i++) {
    counter.setUint32(0, i)
    mask.set(hash.digest(input), i * hash.length)
  }
  return mask.subarray(0, length)
}

/** RSAVP1 (RFC 8017 section 5.2.2): as many bytes as the modulus has. Null if the signature is none. */
function recoverEncoding({ modulus, exponent }: RsaNumbers, signature: Uint8Array): Uint8Array | null {
  if (signature.length !== modulus.length) return null
  const n = toNumber(modulus)
  const s = toNumber(signature)
  if (s >= n) return null
  return toBytes(power(s, toNumber(exponent), n), modulus.length)
}

/** `base` to the `exponent` modulo `modulus`, by squaring from the top bit. Not in constant time. */
function power(base: bigint, exponent: bigint, modulus: bigint): bigint {
  let result = 1n
  for (const bit of exponent.toString(2)) {
    result = (result * result) % modulus
    if (bit === '1') result = (result * base) % modulus
  }
  return result
}

function toNumber(bytes: Uint8Array): bigint {
  let digits = '0x'
  for (const byte of bytes) digits += byte.toString(16).padStart(2, '0')
  return BigInt(digits)
}

function toBytes(value: bigint, length: number): Uint8Array {
  return fromHex(value.toString(16).padStart(2 * length, '0'))
}
