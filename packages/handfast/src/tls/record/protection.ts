/**
 * Record protection (RFC 9846 sections 5.2 to 5.5): one object per direction and key.
 */

import { AEAD_NONCE_LENGTH, AEAD_TAG_LENGTH, type Aead, type AeadKey, type Hash } from '../../crypto/provider.ts'
import { peerError } from '../alert.ts'
import { CONTENT_TYPES } from '../registry.ts'
import { deriveTrafficKeys } from '../schedule/key-schedule.ts'
import { MAX_PLAINTEXT_LENGTH, RECORD_HEADER_LENGTH, type TlsRecord } from './framing.ts'

const EMPTY = new Uint8Array(0)

/**
 * The key of one direction, with its sequence number. It is derived when the first record needs it: a
 * direction in which nothing is sent, and a KeyUpdate with nothing behind it, cost next to nothing.
 */
class DirectionKey {
  readonly #aead: Aead
  readonly #hash: Hash
  /** A copy: zeroed once the key is derived. */
  readonly #secret: Uint8Array
  #key: AeadKey | undefined
  #iv: Uint8Array = EMPTY
  #nonce: Uint8Array = EMPTY
  #sequence = 0

  constructor(aead: Aead, hash: Hash, trafficSecret: Uint8Array) {
    this.#aead = aead
    this.#hash = hash
    this.#secret = new Uint8Array(trafficSecret)
  }

  /** Records protected or opened under this key. */
  get sequence(): number {
    return this.#sequence
  }

  /** The AEAD key. */
  get key(): AeadKey {
    return (this.#key ??= this.#derive())
  }

  #derive(): AeadKey {
    const { key: bytes, iv } = deriveTrafficKeys(this.#hash, this.#secret, this.#aead.keyLength)
    const key = this.#aead.key(bytes)
    bytes.fill(0)
    this.#secret.fill(0)
    this.#iv = iv
    this.#nonce = new Uint8Array(AEAD_NONCE_LENGTH)
    return key
  }

  /** Section 5.3. The array is used again for the next record. */
  nextNonce(): Uint8Array {
    this.#key ??= this.#derive()
    const sequence = this.#sequence++
    // 2^53 records of one key: out of reach, and a wrap must never happen (section 5.3).
    if (sequence === Number.MAX_SAFE_INTEGER) throw new RangeError('record sequence number exhausted')
    const nonce = this.#nonce
    nonce.set(this.#iv)
    const high = Math.floor(sequence / 0x100000000)
    const low = sequence >>> 0
    if (high !== 0) {
      nonce[4] = (nonce[4] as number) ^ (high >>> 24)
      nonce[5] = (nonce[5] as number) ^ (high >>> 16)
      nonce[6] = (nonce[6] as number) ^ (high >>> 8)
      nonce[7] = (nonce[7] as number) ^ high
    }
    nonce[8] = (nonce[8] as number) ^ (low >>> 24)
    nonce[9] = (nonce[9] as number) ^ (low >>> 16)
    nonce[10] = (nonce[10] as number) ^ (low >>> 8)
    nonce[11] = (nonce[11] as number) ^ low
    return nonce
  }

  /** The nonce just taken opened nothing: the next record has it again. Only for reading. */
  takeBackNonce(): void {
    this.#sequence--
  }

  [Symbol.dispose](): void {
    this.#key?.[Symbol.dispose]()
    this.#secret.fill(0)
    this.#iv.fill(0)
    this.#nonce.fill(0)
  }
}

/** Seals the records of one direction. */
export interface Sealer {
  /** Records sealed so far. */
  readonly sequence: number
  /** What a record adds to its content. */
  readonly overhead: number
  /**
   * Writes one protected record into `out` at `offset`: `content.length + padding + overhead` bytes.
   * Content and padding together are at most 2^14.
   */
  seal(type: number, content: Uint8Array, padding: number, out: Uint8Array, offset: number): void
  [Symbol.dispose](): void
}

/** Opens the records of one direction. */
export interface Opener {
  /** Records opened so far. */
  readonly sequence: number
  /**
   * Undefined: it does not authenticate, and `mayFail` allows that; the record then counts as never sent.
   * @throws {TlsError} `bad_record_mac`, `record_overflow`, `unexpected_message`.
   */
  open(record: TlsRecord, mayFail?: boolean): OpenedRecord | undefined
  [Symbol.dispose](): void
}

/** What is added to a record's content: header, inner content type, tag. */
export const RECORD_OVERHEAD: number = RECORD_HEADER_LENGTH + 1 + AEAD_TAG_LENGTH

/** Seals records of TLS 1.3. */
export class RecordSealer implements Sealer {
  readonly overhead: number = RECORD_OVERHEAD
  readonly #direction: DirectionKey
  /** TLSInnerPlaintext is put together here. */
  #inner: Uint8Array = EMPTY

  constructor(aead: Aead, hash: Hash, trafficSecret: Uint8Array) {
    this.#direction = new DirectionKey(aead, hash, trafficSecret)
  }

  get sequence(): number {
    return this.#direction.sequence
  }

  seal(type: number, content: Uint8Array, padding: number, out: Uint8Array, offset: number): void {
    const innerLength = content.length + 1 + padding
    const sealedLength = innerLength + AEAD_TAG_LENGTH
    out[offset] = CONTENT_TYPES.application_data
    out[offset + 1] = 3
    out[offset + 2] = 3
    out[offset + 3] = sealedLength >>> 8
    out[offset + 4] = sealedLength
    const header = out.subarray(offset, offset + RECORD_HEADER_LENGTH)
    if (this.#inner.length < innerLength) {
      // Plaintext of earlier records must not linger in a buffer that is dropped.
      this.#inner.fill(0)
      this.#inner = new Uint8Array(innerLength)
    }
    const inner = this.#inner.length === innerLength ? this.#inner : this.#inner.subarray(0, innerLength)
    inner.set(content, 0)
    inner[content.length] = type
    if (padding > 0) inner.fill(0, content.length + 1)
    this.#direction.key.seal(this.#direction.nextNonce(), header, inner, out, offset + RECORD_HEADER_LENGTH)
  }

  [Symbol.dispose](): void {
    this.#direction[Symbol.dispose]()
    this.#inner.fill(0)
  }
}

/** What was in a protected record. */
export interface OpenedRecord {
  readonly type: number
  readonly content: Uint8Array
  /** Of the whole plaintext, in TLS 1.3 with content type and padding. */
  readonly length: number
}

/** Opens records of TLS 1.3. */
export class RecordOpener implements Opener {
  readonly #direction: DirectionKey

  constructor(aead: Aead, hash: Hash, trafficSecret: Uint8Array) {
    this.#direction = new DirectionKey(aead, hash, trafficSecret)
  }

  get sequence(): number {
    return this.#direction.sequence
  }

  open(record: TlsRecord, mayFail = false): OpenedRecord | undefined {
    const nonce = this.#direction.nextNonce()
    const plaintext =
      record.fragment.length < AEAD_TAG_LENGTH ? null : this.#direction.key.open(nonce, record.header, record.fragment)
    if (plaintext === null) {
      if (mayFail) {
        this.#direction.takeBackNonce()
        return undefined
      }
      throw peerError(
        'bad_record_mac',
        'record.encrypted_record',
        'to authenticate under the agreed key',
        'one that does not',
      )
    }
    if (plaintext.length > MAX_PLAINTEXT_LENGTH + 1) {
      throw peerError(
        'record_overflow',
        'record.content',
        `at most ${MAX_PLAINTEXT_LENGTH} bytes`,
        `${plaintext.length - 1}`,
      )
    }
    let end = plaintext.length - 1
    while (end >= 0 && plaintext[end] === 0) end--
    if (end < 0) throw peerError('unexpected_message', 'record.content_type', 'a content type', 'zeros only')
    return { type: plaintext[end] as number, content: plaintext.subarray(0, end), length: plaintext.length }
  }

  [Symbol.dispose](): void {
    this.#direction[Symbol.dispose]()
  }
}
