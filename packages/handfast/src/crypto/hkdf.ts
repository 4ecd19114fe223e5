/** HKDF (RFC 5869), on a provider's HMAC. */

import { concatBytes } from '../bytes/index.ts'
import type { Hash } from './provider.ts'

/** HKDF-Extract (RFC 5869 section 2.2). */
export function hkdfExtract(hash: Hash, salt: Uint8Array, inputKeyingMaterial: Uint8Array): Uint8Array {
  return hash.hmac(salt, inputKeyingMaterial)
}

/** HKDF-Expand (RFC 5869 section 2.3). @throws {TypeError} more than 255 blocks asked for. */
export function hkdfExpand(hash: Hash, secret: Uint8Array, info: Uint8Array, length: number): Uint8Array {
  if (length > 255 * hash.length) throw new TypeError(`HKDF: length needs at most ${255 * hash.length}, has ${length}`)
  const output = new Uint8Array(length)
  let block: Uint8Array = new Uint8Array(0)
  for (let offset = 0, counter = 1; offset < length; offset += hash.length, counter++) {
    block = hash.hmac(secret, concatBytes(block, info, Uint8Array.of(counter)))
    output.set(block.subarray(0, length - offset), offset)
  }
  return output
}
