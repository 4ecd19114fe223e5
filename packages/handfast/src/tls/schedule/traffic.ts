/**
 * The traffic secrets of a connection after the handshake, from generation to generation
 * (RFC 9846 sections 4.7.3, 7.2).
 */

import type { Aead, Hash } from '../../crypto/provider.ts'
import { deriveNextTrafficSecret } from './key-schedule.ts'

/** No sender may go beyond this many generations of keys (section 4.7.3). */
const MAX_GENERATION = 2 ** 48 - 1

/** Where new keys are put to use. */
export interface KeyedLayer {
  setReadSecret(aead: Aead, hash: Hash, secret: Uint8Array): void
  setWriteSecret(aead: Aead, hash: Hash, secret: Uint8Array): void
}

export class TrafficSecrets {
  readonly #aead: Aead
  readonly #hash: Hash
  #write: Uint8Array
  #read: Uint8Array | undefined
  #writeGeneration = 0

  /** Takes the secrets over: they are zeroed here. `read` is still unknown to a server at half-RTT. */
  constructor(aead: Aead, hash: Hash, write: Uint8Array, read?: Uint8Array) {
    this.#aead = aead
    this.#hash = hash
    this.#write = write
    this.#read = read
  }

  /** The handshake is complete: the peer's secret is known. */
  setRead(read: Uint8Array): void {
    this.#read = read
  }

  /** application_traffic_secret_N as it is, of what we send. */
  get write(): Uint8Array {
    return this.#write
  }

  /** Of what we receive. */
  get read(): Uint8Array {
    if (this.#read === undefined) throw new TypeError("the peer's traffic secret is not known yet")
    return this.#read
  }

  /** Whether there is a next generation for what we send. */
  get canUpdateWrite(): boolean {
    return this.#writeGeneration < MAX_GENERATION
  }

  updateWrite(layer: KeyedLayer): void {
    const next = deriveNextTrafficSecret(this.#hash, this.#write)
    this.#write.fill(0)
    this.#write = next
    this.#writeGeneration++
    layer.setWriteSecret(this.#aead, this.#hash, next)
  }

  updateRead(layer: KeyedLayer): void {
    if (this.#read === undefined) throw new TypeError("the peer's traffic secret is not known yet")
    const next = deriveNextTrafficSecret(this.#hash, this.#read)
    this.#read.fill(0)
    this.#read = next
    layer.setReadSecret(this.#aead, this.#hash, next)
  }

  [Symbol.dispose](): void {
    this.#write.fill(0)
    this.#read?.fill(0)
  }
}
