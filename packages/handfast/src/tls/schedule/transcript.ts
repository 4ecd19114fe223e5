/**
 * The transcript hash (RFC 9846 section 4.1, RFC 5246 section 7.4.9): over every handshake message as it went
 * over the wire.
 */

import { concatBytes } from '../../bytes/index.ts'

import type { Hash, RunningHash } from '../../crypto/provider.ts'
import { HANDSHAKE_TYPES } from '../registry.ts'

export class Transcript {
  /** Messages that came before the hash was known. */
  #waiting: Uint8Array[] = []
  #running: RunningHash | undefined
  /** All messages, while they are kept beside the hash. */
  #kept: Uint8Array[] | undefined
  /** After a HelloRetryRequest: what stands for ClientHello1, and the HelloRetryRequest. */
  #retried: Uint8Array[] | undefined

  /** Adds a message with its header. */
  add(message: Uint8Array): void {
    if (this.#running === undefined) this.#waiting.push(message)
    else this.#running.update(message)
    this.#kept?.push(message)
    if (this.#retried !== undefined && this.#retried.length < 2) this.#retried.push(message)
  }

  /** The first message had another inside, and that one counts (RFC 9849 section 6.1.5). Before the hash is known. */
  replaceFirst(message: Uint8Array): void {
    if (this.#waiting[0] === undefined) throw new TypeError('the transcript has no message that can be replaced')
    this.#waiting[0] = message
  }

  /** The cipher suite is chosen, and with it the hash. */
  start(hash: Hash): void {
    this.#running = hash.start()
    for (const message of this.#waiting) this.#running.update(message)
    this.#waiting = []
  }

  /** As `start`, after a HelloRetryRequest: ClientHello1 is represented by a message that holds its hash. */
  startAfterRetry(hash: Hash): void {
    const [clientHello1, ...rest] = this.#waiting
    if (clientHello1 === undefined) throw new TypeError('the transcript has no ClientHello1')
    const digest = hash.digest(clientHello1)
    const synthetic = new Uint8Array(4 + digest.length)
    synthetic[0] = HANDSHAKE_TYPES.message_hash
    synthetic[3] = digest.length
    synthetic.set(digest, 4)
    this.#waiting = [synthetic, ...rest]
    this.#retried = [synthetic, ...rest]
    this.start(hash)
  }

  /**
   * As `start`; the messages themselves are kept until `drop`, since a client of TLS 1.2 signs them all, with a
   * hash of its own choice (RFC 5246 section 7.4.8).
   */
  startKeeping(hash: Hash): void {
    this.#kept = [...this.#waiting]
    this.start(hash)
  }

  /** All messages so far, if they are kept. */
  messages(): Uint8Array {
    if (this.#kept === undefined) throw new TypeError('the transcript keeps no messages')
    return concatBytes(...this.#kept)
  }

  /** Nobody needs the messages any more. */
  drop(): void {
    this.#kept = undefined
  }

  /**
   * What a binder is computed over (RFC 9846 section 4.3.11.2): the hash, which is that of the pre-shared key, of what
   * came before this ClientHello and of its beginning.
   */
  binderDigest(hash: Hash, truncatedHello: Uint8Array): Uint8Array {
    return hash.digest(this.#retried === undefined ? truncatedHello : concatBytes(...this.#retried, truncatedHello))
  }

  /** Another transcript that goes on from here (RFC 9846 section 4.7.2); this one is not changed by it. */
  fork(): Transcript {
    if (this.#running === undefined) throw new TypeError('the transcript has no hash yet')
    const fork = new Transcript()
    fork.#running = this.#running.copy()
    return fork
  }

  /** Transcript-Hash of all messages so far. */
  digest(): Uint8Array {
    if (this.#running === undefined) throw new TypeError('the transcript has no hash yet')
    return this.#running.digest()
  }
}
