/**
 * Record protection of TLS 1.2 with AEAD suites (RFC 5246 section 6.2.3.3): AES-GCM, whose nonce is half on
 * the wire (RFC 5288 section 3), and ChaCha20-Poly1305, whose nonce is not (RFC 7905 section 2). One object per
 * direction; there is one key for each.
 *
 * Not here: suites without authenticated encryption.
 */

import { AEAD_NONCE_LENGTH, AEAD_TAG_LENGTH, type Aead, type AeadKey } from '../../crypto/provider.ts'
import { peerError } from '../alert.ts'
import type { WriteKeys } from '../schedule/prf12.ts'
import { MAX_PLAINTEXT_LENGTH, RECORD_HEADER_LENGTH, type TlsRecord } from './framing.ts'
import type { OpenedRecord, Opener, Sealer } from './protection.ts'

const SEQUENCE_LENGTH = 8

/** Length of the nonce's part that comes with each record. */
function explicitLength(aead: Aead): number {
  return aead.name === 'chacha20-poly1305' ? 0 : SEQUENCE_LENGTH
}

/** Length of the nonce's part that both parties derive. */
export function fixedIvLength(aead: Aead): number {
  return AEAD_NONCE_LENGTH - explicitLength(aead)
}

/** The key of one direction, with its sequence number. */
class DirectionKey {
  readonly key: AeadKey
  /** Of the nonce's part in a record: 8, or 0. */
  readonly explicitLength: number
  readonly #iv: Uint8Array
  readonly #nonce: Uint8Array = new Uint8Array(AEAD_NONCE_LENGTH)
  /** seq_num, type, version, length. */
  readonly #additionalData: Uint8Array = new Uint8Array(SEQUENCE_LENGTH + RECORD_HEADER_LENGTH)
  #sequence = 0

  constructor(aead: Aead, keys: WriteKeys) {
    this.key = aead.key(keys.key)
    this.explicitLength = explicitLength(aead)
    this.#iv = new Uint8Array(keys.iv)
    this.#additionalData.set([3, 3], SEQUENCE_LENGTH + 1)
  }

  get sequence(): number {
    return this.#sequence
  }

  /** The additional data of the next record, valid until the one after it: takes its sequence number. */
  nextAdditionalData(type: number, length: number): Uint8Array {
    const data = this.#additionalData
    const sequence = this.#sequence++
    // 2^53 records of one key: out of reach, and a wrap must never happen (RFC 5246 section 6.1).
    if (sequence === Number.MAX_SAFE_INTEGER) throw new RangeError('record sequence number exhausted')
    writeU32(data, 0, Math.floor(sequence / 0x100000000))
    writeU32(data, 4, sequence >>> 0)
    data[SEQUENCE_LENGTH] = type
    data[SEQUENCE_LENGTH + 3] = length >>> 8
    data[SEQUENCE_LENGTH + 4] = length
    return data
  }

  /** The nonce of the record whose additional data was just taken; `explicit` as it is on the wire, if any. */
  nonce(explicit: Uint8Array): Uint8Array {
    const nonce = this.#nonce
    nonce.set(this.#iv)
    if (explicit.length > 0) {
      nonce.set(explicit, this.#iv.length)
      return nonce
    }
    for (let i = 0; i < SEQUENCE_LENGTH; i++) {
      const at = AEAD_NONCE_LENGTH - SEQUENCE_LENGTH + i
      nonce[at] = (nonce[at] as number) ^ (this.#additionalData[i] as number)
    }
    return nonce
  }

  [Symbol.dispose](): void {
    this.key[Symbol.dispose]()
    this.#iv.fill(0)
    this.#nonce.fill(0)
  }
}

function writeU32(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >>> 24
  bytes[at + 1] = value >>> 16
  bytes[at + 2] = value >>> 8
  bytes[at + 3] = value
}

/** Seals records of TLS 1.2. */
export class RecordSealer12 implements Sealer {
  readonly #direction: DirectionKey

  /** Copies the keys: the caller may zero its own. */
  constructor(aead: Aead, keys: WriteKeys) {
    this.#direction = new DirectionKey(aead, keys)
  }

  get sequence(): number {
    return this.#direction.sequence
  }

  get overhead(): number {
    return RECORD_HEADER_LENGTH + this.#direction.explicitLength + AEAD_TAG_LENGTH
  }

  /** There is no padding in TLS 1.2: `padding` must be 0. */
  seal(type: number, content: Uint8Array, padding: number, out: Uint8Array, offset: number): void {
    if (padding !== 0) throw new TypeError(`seal: needs no padding in TLS 1.2, has ${padding} bytes`)
    const direction = this.#direction
    const length = direction.explicitLength + content.length + AEAD_TAG_LENGTH
    out[offset] = type
    out[offset + 1] = 3
    out[offset + 2] = 3
    out[offset + 3] = length >>> 8
    out[offset + 4] = length
    const body = offset + RECORD_HEADER_LENGTH
    const additionalData = direction.nextAdditionalData(type, content.length)
    // The sequence number never comes twice, which is all that RFC 5288 section 3 demands of this part.
    out.set(additionalData.subarray(0, direction.explicitLength), body)
    const nonce = direction.nonce(out.subarray(body, body + direction.explicitLength))
    direction.key.seal(nonce, additionalData, content, out, body + direction.explicitLength)
  }

  [Symbol.dispose](): void {
    this.#direction[Symbol.dispose]()
  }
}

/** Opens records of TLS 1.2. */
export class RecordOpener12 implements Opener {
  readonly #direction: DirectionKey

  /** Copies the keys: the caller may zero its own. */
  constructor(aead: Aead, keys: WriteKeys) {
    this.#direction = new DirectionKey(aead, keys)
  }

  get sequence(): number {
    return this.#direction.sequence
  }

  /** @throws {TlsError} `bad_record_mac`, `record_overflow`. */
  open({ type, fragment }: TlsRecord): OpenedRecord {
    const direction = this.#direction
    const length = fragment.length - direction.explicitLength - AEAD_TAG_LENGTH
    const content = length < 0 ? null : this.#decrypt(type, fragment, length)
    if (content === null) {
      throw peerError('bad_record_mac', 'record.fragment', 'to authenticate under the agreed key', 'one that does not')
    }
    if (content.length > MAX_PLAINTEXT_LENGTH) {
      throw peerError('record_overflow', 'record.content', `at most ${MAX_PLAINTEXT_LENGTH} bytes`, `${content.length}`)
    }
    return { type, content, length: content.length }
  }

  #decrypt(type: number, fragment: Uint8Array, length: number): Uint8Array | null {
    const direction = this.#direction
    const additionalData = direction.nextAdditionalData(type, length)
    const nonce = direction.nonce(fragment.subarray(0, direction.explicitLength))
    return direction.key.open(nonce, additionalData, fragment.subarray(direction.explicitLength))
  }

  [Symbol.dispose](): void {
    this.#direction[Symbol.dispose]()
  }
}
