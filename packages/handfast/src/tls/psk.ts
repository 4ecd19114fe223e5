/**
 * Pre-shared keys from outside (RFC 9846 section 2.2, RFC 9257), as they are or by way of an importer (RFC 9258), which
 * binds a key to the hash and the context it is used in.
 *
 * One key for two roles lets an attacker send a party its own messages back: what each calls the other should
 * be in the importer's context, or in the identity (RFC 9257 section 4.1).
 */

import { Writer } from '../bytes/index.ts'
import { hkdfExtract } from '../crypto/hkdf.ts'
import type { CryptoProvider, HashName } from '../crypto/provider.ts'
import { TLS13 } from './registry.ts'
import { expandLabel, type PskOrigin } from './schedule/key-schedule.ts'

/** A key that both parties have from elsewhere. */
export interface ExternalPsk {
  /** Its name: text, or 1 to 65,535 bytes. Travels in clear. */
  readonly identity: string | Uint8Array
  /** At least 16 bytes, of which none can be guessed: this is no place for a password (RFC 9257 section 6). */
  readonly key: Uint8Array
  /** The hash it is for. Default `sha256` (RFC 9846 section 4.3.11). */
  readonly hash?: HashName
  /**
   * Imports it (RFC 9258): then it serves cipher suites of every hash, and only with a peer that has the same context.
   */
  readonly importer?: { readonly context: string | Uint8Array }
}

/** A pre-shared key as it is offered. */
export interface Psk {
  readonly identity: Uint8Array
  readonly key: Uint8Array
  readonly hash: HashName
  readonly origin: PskOrigin
}

/** KDF identifiers (RFC 9258 section 10) of the hashes that cipher suites have. */
const TARGET_KDFS: readonly (readonly [HashName, number])[] = [
  ['sha256', 1],
  ['sha384', 2],
]

/**
 * What a key is offered as: one, or with an importer one for each hash.
 * @param index among the option `psks`, for errors.
 * @throws {TypeError}
 */
export function readExternalPsk(provider: CryptoProvider, given: ExternalPsk, index: number): readonly Psk[] {
  const identity = bytesOf(given.identity)
  const { key, hash = 'sha256', importer } = given
  if (identity.length < 1 || identity.length > 0xffff) {
    throw new TypeError(`psks[${index}].identity: needs 1 to 65535 bytes, has ${identity.length}`)
  }
  if (!(key instanceof Uint8Array) || key.length < 16) {
    throw new TypeError(`psks[${index}].key: needs at least 16 bytes, has ${key?.length ?? 'none'}`)
  }
  if (provider.hashes[hash] === undefined) {
    throw new TypeError(`psks[${index}].hash: needs one of ${Object.keys(provider.hashes).join(', ')}; has '${hash}'`)
  }
  if (importer === undefined) return [{ identity, key, hash, origin: 'external' }]
  const context = bytesOf(importer.context)
  return TARGET_KDFS.map(([target, code]) => importPsk(provider, identity, key, hash, context, target, code))
}

/** RFC 9258 sections 5.1, 5.2. */
function importPsk(
  provider: CryptoProvider,
  identity: Uint8Array,
  key: Uint8Array,
  hashName: HashName,
  context: Uint8Array,
  target: HashName,
  targetKdf: number,
): Psk {
  const hash = provider.hashes[hashName]
  const imported = new Writer().vector(2, identity).vector(2, context).u16(TLS13).u16(targetKdf).finish()
  const extracted = hkdfExtract(hash, new Uint8Array(hash.length), key)
  const length = provider.hashes[target].length
  const derived = expandLabel(hash, extracted, 'derived psk', hash.digest(imported), length)
  extracted.fill(0)
  return { identity: imported, key: derived, hash: target, origin: 'imported' }
}

function bytesOf(value: string | Uint8Array): Uint8Array {
  return typeof value === 'string' ? new TextEncoder().encode(value) : value
}
