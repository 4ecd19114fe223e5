/**
 * The secrets of TLS 1.2, from one to the next: the PRF (RFC 5246 section 5), the extended and the plain
 * master secret (RFC 7627 section 4, RFC 5246 section 8.1), the key block (RFC 5246 section 6.3),
 * verify_data (RFC 5246 section 7.4.9), exporters (RFC 5705 section 4).
 *
 * The hash is always the one of the cipher suite: SHA-256 or SHA-384.
 */

import { concatBytes } from '../../bytes/index.ts'
import type { Hash } from '../../crypto/provider.ts'

/** Both parties' randoms, 32 bytes each. */
export interface Randoms {
  readonly client: Uint8Array
  readonly server: Uint8Array
}

const MASTER_SECRET_LENGTH = 48
/** Length of verify_data with every suite we have. */
export const VERIFY_DATA_LENGTH = 12

/** PRF(secret, label, seed), as many bytes of it as wanted. */
export function prf(hash: Hash, secret: Uint8Array, label: string, seed: Uint8Array, length: number): Uint8Array {
  const labelled = concatBytes(asciiBytes(label), seed)
  const output = new Uint8Array(length)
  let a = labelled
  for (let offset = 0; offset < length; offset += hash.length) {
    a = hash.hmac(secret, a)
    const block = hash.hmac(secret, concatBytes(a, labelled))
    output.set(block.subarray(0, length - offset), offset)
    block.fill(0)
  }
  return output
}

/** The master secret that only the randoms tie to its handshake. */
export function deriveMasterSecret(hash: Hash, preMasterSecret: Uint8Array, randoms: Randoms): Uint8Array {
  const seed = concatBytes(randoms.client, randoms.server)
  return prf(hash, preMasterSecret, 'master secret', seed, MASTER_SECRET_LENGTH)
}

/** The master secret that is bound to the whole handshake. `sessionHash`: of ClientHello to ClientKeyExchange. */
export function deriveExtendedMasterSecret(
  hash: Hash,
  preMasterSecret: Uint8Array,
  sessionHash: Uint8Array,
): Uint8Array {
  return prf(hash, preMasterSecret, 'extended master secret', sessionHash, MASTER_SECRET_LENGTH)
}

/** What one direction is protected with. */
export interface WriteKeys {
  readonly key: Uint8Array
  /** The part of the nonce that both parties keep to themselves. */
  readonly iv: Uint8Array
}

/** Write keys and IVs of both parties; AEAD suites have no MAC keys. */
export function deriveKeyBlock(
  hash: Hash,
  masterSecret: Uint8Array,
  randoms: Randoms,
  keyLength: number,
  ivLength: number,
): { readonly client: WriteKeys; readonly server: WriteKeys } {
  const seed = concatBytes(randoms.server, randoms.client)
  const block = prf(hash, masterSecret, 'key expansion', seed, 2 * (keyLength + ivLength))
  let offset = 0
  const take = (length: number): Uint8Array => block.slice(offset, (offset += length))
  const [clientKey, serverKey] = [take(keyLength), take(keyLength)]
  const [clientIv, serverIv] = [take(ivLength), take(ivLength)]
  block.fill(0)
  return { client: { key: clientKey, iv: clientIv }, server: { key: serverKey, iv: serverIv } }
}

/** verify_data of the Finished that `sender` sends; hash of all messages before it. */
export function deriveVerifyData12(
  hash: Hash,
  masterSecret: Uint8Array,
  sender: 'client' | 'server',
  transcriptHash: Uint8Array,
): Uint8Array {
  return prf(hash, masterSecret, `${sender} finished`, transcriptHash, VERIFY_DATA_LENGTH)
}

/** Keying material for an application. Without a context another value than with an empty one. */
export function deriveExport12(
  hash: Hash,
  masterSecret: Uint8Array,
  randoms: Randoms,
  label: string,
  context: Uint8Array | undefined,
  length: number,
): Uint8Array {
  const seed =
    context === undefined
      ? concatBytes(randoms.client, randoms.server)
      : concatBytes(randoms.client, randoms.server, Uint8Array.of(context.length >>> 8, context.length & 0xff), context)
  return prf(hash, masterSecret, label, seed, length)
}

function asciiBytes(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0))
}
