/**
 * Handshake messages out of handshake records: joined where they were split, split where they were
 * joined (RFC 9846 section 5.1), with a limit for each kind of message.
 */

import { peerError } from '../alert.ts'
import { HANDSHAKE_HEADER_LENGTH, type HandshakeMessage } from '../message/handshake.ts'
import { handshakeTypeName, type HandshakeTypeName } from '../registry.ts'

/** Longest accepted messages in bytes, without their headers. Ours to choose: the RFC's are 2^24-1. */
export interface MessageLimits {
  readonly clientHello: number
  readonly certificate: number
  /** Every other message. */
  readonly message: number
}

/** Messages that hold certificates, or what is as long. */
const CERTIFICATES: ReadonlySet<HandshakeTypeName> = new Set([
  'certificate',
  'compressed_certificate',
  'certificate_status',
])

const EMPTY = new Uint8Array(0)

export class HandshakeReassembly {
  readonly #limits: MessageLimits
  #buffer: Uint8Array = EMPTY
  #start = 0
  #end = 0
  /** Length of the message whose beginning is held, as far as it is known. */
  #awaited = HANDSHAKE_HEADER_LENGTH

  constructor(limits: MessageLimits) {
    this.#limits = limits
  }

  /** True at a message boundary. */
  get isEmpty(): boolean {
    return this.#start === this.#end
  }

  /** Bytes held. */
  get held(): number {
    return this.#end - this.#start
  }

  /** Adds the content of a handshake record; copies it. */
  push(fragment: Uint8Array): void {
    const held = this.#end - this.#start
    if (this.#end + fragment.length > this.#buffer.length) {
      // Doubling, but never beyond the message that is awaited: its announced length is not yet paid for.
      const larger = new Uint8Array(Math.max(held + fragment.length, Math.min(2 * held, this.#awaited)))
      larger.set(this.#buffer.subarray(this.#start, this.#end), 0)
      this.#buffer = larger
      this.#start = 0
      this.#end = held
    }
    this.#buffer.set(fragment, this.#end)
    this.#end += fragment.length
  }

  /**
   * The next whole message, or undefined.
   * @throws {TlsError} `unexpected_message` for a type that does not exist, `decode_error` for
   * a message longer than its limit. Both are known from the header.
   */
  next(): HandshakeMessage | undefined {
    const held = this.#end - this.#start
    if (held === 0) return undefined
    const code = this.#buffer[this.#start] as number
    const type = handshakeTypeName(code)
    if (type === undefined || type === 'message_hash') {
      throw peerError('unexpected_message', 'handshake.msg_type', 'a handshake type of TLS', `${code}`)
    }
    if (held < HANDSHAKE_HEADER_LENGTH) return undefined
    const at = this.#start
    const length =
      ((this.#buffer[at + 1] as number) << 16) |
      ((this.#buffer[at + 2] as number) << 8) |
      (this.#buffer[at + 3] as number)
    const limit =
      type === 'client_hello'
        ? this.#limits.clientHello
        : CERTIFICATES.has(type)
          ? this.#limits.certificate
          : this.#limits.message
    if (length > limit) throw peerError('decode_error', `${type}.length`, `at most ${limit} bytes`, `${length}`)
    this.#awaited = HANDSHAKE_HEADER_LENGTH + length
    if (held < this.#awaited) return undefined
    this.#start = at + HANDSHAKE_HEADER_LENGTH + length
    const raw = this.#buffer.subarray(at, this.#start)
    if (this.#start === this.#end) {
      // Handed out whole: the message owns the buffer now.
      this.#buffer = EMPTY
      this.#start = 0
      this.#end = 0
    }
    return { type, raw }
  }
}
