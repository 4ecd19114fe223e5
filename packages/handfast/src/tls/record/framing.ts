/**
 * Cutting a byte stream into records (RFC 9846 sections 5.1, 5.2; RFC 5246 section 6.2), however it arrives. Holds at most
 * one incomplete record beside what `retain` was asked to keep. Per record, so plain code.
 */

import { peerError } from '../alert.ts'
import { CONTENT_TYPES } from '../registry.ts'

export const RECORD_HEADER_LENGTH = 5
/** Longest TLSPlaintext.fragment. */
export const MAX_PLAINTEXT_LENGTH = 0x4000
/** Longest TLSCiphertext.encrypted_record; TLS 1.2 allows more, but none of our suites adds so much. */
export const MAX_CIPHERTEXT_LENGTH: number = MAX_PLAINTEXT_LENGTH + 256

/** A record as it came. Views into memory that is valid until the next call. */
export interface TlsRecord {
  /** ContentType on the wire. */
  readonly type: number
  /** The five header bytes: additional data of protected records. */
  readonly header: Uint8Array
  readonly fragment: Uint8Array
}

const EMPTY = new Uint8Array(0)

export class RecordFraming {
  /** The bytes being cut; those before `#offset` are done with. */
  #chunk: Uint8Array = EMPTY
  #offset = 0
  /** Where its bytes end: memory of ours may have room behind them. */
  #end = 0
  #isOwn = false
  /** The beginning of a record that the last chunk did not complete: a copy of ours. */
  #partial: Uint8Array = EMPTY
  #partialLength = 0
  #isTls12 = false

  /** From here on records are those of TLS 1.2: they say so, and any of them may be protected. */
  useTls12(): void {
    this.#isTls12 = true
  }

  /** Bytes held that have not become a record. */
  get held(): number {
    return this.#end - this.#offset + this.#partialLength
  }

  /** Appends bytes of the stream. They are referenced, not copied, until `retain` is called. */
  push(bytes: Uint8Array): void {
    const held = this.#end - this.#offset
    if (held === 0) {
      this.#chunk = bytes
      this.#offset = 0
      this.#end = bytes.length
      this.#isOwn = false
      return
    }
    if (!this.#isOwn || bytes.length > this.#chunk.length - this.#end) {
      // Doubling, so that a trickle of bytes that nobody takes costs linear time.
      const larger = new Uint8Array(Math.max(2 * held, held + bytes.length))
      larger.set(this.#chunk.subarray(this.#offset, this.#end), 0)
      this.#chunk = larger
      this.#offset = 0
      this.#end = held
      this.#isOwn = true
    }
    this.#chunk.set(bytes, this.#end)
    this.#end += bytes.length
  }

  /**
   * The next whole record, or undefined if more bytes are needed.
   * @param isProtected whether records are to be TLSCiphertext now, which may be a little longer.
   * @throws {TlsError} `record_overflow`, or `unexpected_message` for a type that does not exist. Both
   * are known from the header alone, so a liar is not waited for.
   */
  next(isProtected: boolean): TlsRecord | undefined {
    if (this.#partialLength > 0) return this.#completePartial(isProtected)
    const available = this.#end - this.#offset
    if (available >= RECORD_HEADER_LENGTH) {
      const length = checkHeader(this.#chunk, this.#offset, isProtected, this.#isTls12)
      if (available >= RECORD_HEADER_LENGTH + length) {
        const record = recordAt(this.#chunk, this.#offset, length)
        this.#offset += RECORD_HEADER_LENGTH + length
        return record
      }
    } else if (available > 0) {
      checkType(this.#chunk[this.#offset] as number, isProtected)
    }
    this.#keepPartial(available)
    return undefined
  }

  /** Copies what was pushed and not yet cut, so that the caller may reuse its buffer. */
  retain(): void {
    if (this.#isOwn && this.#offset < this.#end) return
    this.#chunk = this.#offset === this.#end ? EMPTY : this.#chunk.slice(this.#offset, this.#end)
    this.#offset = 0
    this.#end = this.#chunk.length
    this.#isOwn = true
  }

  #keepPartial(available: number): void {
    if (available === 0) return
    this.#grow(available)
    this.#partial.set(this.#chunk.subarray(this.#offset, this.#end), 0)
    this.#partialLength = available
    this.#chunk = EMPTY
    this.#offset = 0
    this.#end = 0
  }

  #completePartial(isProtected: boolean): TlsRecord | undefined {
    checkType(this.#partial[0] as number, isProtected)
    this.#fill(RECORD_HEADER_LENGTH)
    if (this.#partialLength < RECORD_HEADER_LENGTH) return undefined
    const length = checkHeader(this.#partial, 0, isProtected, this.#isTls12)
    this.#fill(RECORD_HEADER_LENGTH + length)
    if (this.#partialLength < RECORD_HEADER_LENGTH + length) return undefined
    const record = recordAt(this.#partial, 0, length)
    // The record's views keep this buffer; the next partial record gets one of its own.
    this.#partial = EMPTY
    this.#partialLength = 0
    return record
  }

  /** Takes from the chunk until the partial record has `length` bytes. */
  #fill(length: number): void {
    const missing = length - this.#partialLength
    const taken = Math.min(missing, this.#end - this.#offset)
    if (taken <= 0) return
    this.#grow(this.#partialLength + taken, length)
    this.#partial.set(this.#chunk.subarray(this.#offset, this.#offset + taken), this.#partialLength)
    this.#partialLength += taken
    this.#offset += taken
  }

  /** Room for `needed` bytes. Doubling: a peer that sends single bytes costs linear time, and no more memory than it sent. */
  #grow(needed: number, atMost: number = needed): void {
    if (needed <= this.#partial.length) return
    const larger = new Uint8Array(Math.max(needed, Math.min(2 * this.#partial.length, atMost), 64))
    larger.set(this.#partial.subarray(0, this.#partialLength))
    this.#partial = larger
  }
}

function recordAt(bytes: Uint8Array, at: number, length: number): TlsRecord {
  const body = at + RECORD_HEADER_LENGTH
  return {
    type: bytes[at] as number,
    header: bytes.subarray(at, body),
    fragment: bytes.subarray(body, body + length),
  }
}

/** Returns the length that the header announces. In TLS 1.3 legacy_record_version is ignored (RFC 9846 section 5.1). */
function checkHeader(bytes: Uint8Array, at: number, isProtected: boolean, isTls12: boolean): number {
  const type = bytes[at] as number
  checkType(type, isProtected)
  const version = ((bytes[at + 1] as number) << 8) | (bytes[at + 2] as number)
  if (isTls12 && version !== 0x0303) {
    throw peerError('protocol_version', 'record.version', '0x0303', `0x${version.toString(16).padStart(4, '0')}`)
  }
  const length = ((bytes[at + 3] as number) << 8) | (bytes[at + 4] as number)
  const mayBeLonger = isProtected && (isTls12 || type === CONTENT_TYPES.application_data)
  const limit = mayBeLonger ? MAX_CIPHERTEXT_LENGTH : MAX_PLAINTEXT_LENGTH
  if (length > limit) throw peerError('record_overflow', 'record.length', `at most ${limit} bytes`, `${length}`)
  return length
}

function checkType(type: number, isProtected: boolean): void {
  if (type >= CONTENT_TYPES.change_cipher_spec && type <= CONTENT_TYPES.application_data) {
    if (isProtected || type !== CONTENT_TYPES.application_data) return
    throw peerError(
      'unexpected_message',
      'record.type',
      'no application_data before keys are agreed',
      'application_data',
    )
  }
  throw peerError('unexpected_message', 'record.type', 'a content type of TLS', `${type}`)
}
