/** What all AEADs of all providers have in common (RFC 5116, RFC 5288, RFC 8439). */

import { AEAD_NONCE_LENGTH, AEAD_TAG_LENGTH, type AeadName } from './provider.ts'

/** Key lengths in bytes. */
export const AEAD_KEY_LENGTHS: Readonly<Record<AeadName, number>> = {
  'aes-128-gcm': 16,
  'aes-256-gcm': 32,
  'chacha20-poly1305': 32,
}

/** @throws {TypeError} not as long as keys of `name` are. */
export function checkAeadKey(name: AeadName, bytes: Uint8Array): void {
  const length = AEAD_KEY_LENGTHS[name]
  if (bytes.length !== length) throw new TypeError(`${name} key: needs ${length} bytes, has ${bytes.length}`)
}

/** @throws {TypeError} not 12 bytes: GCM itself would take any length. */
export function checkNonce(nonce: Uint8Array): void {
  if (nonce.length !== AEAD_NONCE_LENGTH) {
    throw new TypeError(`AEAD nonce: needs ${AEAD_NONCE_LENGTH} bytes, has ${nonce.length}`)
  }
}

/** @throws {TypeError} no room in `out` from `offset` for the sealed form of `plaintext`. */
export function checkRoom(plaintext: Uint8Array, out: Uint8Array, offset: number): void {
  const needed = plaintext.length + AEAD_TAG_LENGTH
  if (offset < 0 || out.length - offset < needed) {
    throw new TypeError(`AEAD output: needs room for ${needed} bytes at ${offset}, has ${out.length - offset}`)
  }
}
