/**
 * The record layer of one connection (RFC 9846 section 5, RFC 5246 section 6): bytes in, content out; content in,
 * bytes out. It knows keys and records, and which record types may come when; what messages mean is the
 * handshake's business.
 */

import { concatBytes } from '../../bytes/index.ts'
import type { Aead, Hash } from '../../crypto/provider.ts'
import { peerError } from '../alert.ts'
import type { HandshakeMessage } from '../message/handshake.ts'
import { CONTENT_TYPES } from '../registry.ts'
import { MAX_PLAINTEXT_LENGTH, RECORD_HEADER_LENGTH, RecordFraming, type TlsRecord } from './framing.ts'
import { type OpenedRecord, type Opener, RecordOpener, RecordSealer, type Sealer } from './protection.ts'
import { HandshakeReassembly, type MessageLimits } from './reassembly.ts'

/** What a record brought. */
export type Incoming =
  | { readonly kind: 'handshake'; readonly message: HandshakeMessage; readonly isProtected: boolean }
  | { readonly kind: 'alert'; readonly level: number; readonly description: number; readonly isProtected: boolean }
  | { readonly kind: 'data'; readonly content: Uint8Array }
  /** `isReal`: of TLS 1.2, where keys change with it. In TLS 1.3 it means nothing. */
  | { readonly kind: 'change_cipher_spec'; readonly isReal: boolean }

export interface RecordLayerOptions {
  readonly role: 'client' | 'server'
  readonly limits: MessageLimits & { readonly total: number }
  /** Longest content of a sent record. */
  readonly maxRecordLength: number
  /** Content is padded to a multiple of this. */
  readonly padTo: number
}

/** Records without content, change_cipher_spec records, or post-handshake messages that a peer may send in a row. */
const MAX_IDLE_RECORDS = 32

/**
 * Bytes of refused early data that are dropped beyond what this server allows: more than any other is known to let
 * clients send, and room for what protection adds.
 */
const MAX_SKIPPED_EARLY_DATA = 0x10000

const EMPTY = new Uint8Array(0)
const CHANGE_CIPHER_SPEC = Uint8Array.of(CONTENT_TYPES.change_cipher_spec, 3, 3, 0, 1, 1)

export class RecordLayer {
  readonly #options: RecordLayerOptions
  readonly #framing = new RecordFraming()
  readonly #reassembly: HandshakeReassembly
  #opener: Opener | undefined
  #sealer: Sealer | undefined
  /** Whether any protected record was opened, under whatever key. */
  #hasOpened = false
  #isTls12 = false
  /** Longest plaintext of protected records, if negotiated: what we take, and what the peer takes. */
  #ownLimit: number | undefined
  #peerLimit: number | undefined
  #mayReceiveChangeCipherSpec = false
  #mayReceiveData = false
  /** Bytes of early data that may still come; undefined where none is taken. */
  #earlyDataLeft: number | undefined
  #handshakeBytes = 0
  #idleRecords = 0
  #ccsRecords = 0
  /** Bytes of refused early data that may still come. */
  #skippable = 0

  #out: Uint8Array = EMPTY
  #outLength = 0
  /** Handshake messages waiting to leave in one record. */
  #flight: Uint8Array[] = []
  #hasSentHello = false

  constructor(options: RecordLayerOptions) {
    this.#options = options
    this.#reassembly = new HandshakeReassembly(options.limits)
    // A server's first record must be a ClientHello; a client has sent its own by the time anything arrives.
    this.#mayReceiveChangeCipherSpec = options.role === 'client'
  }

  // --- receiving ---

  /** Appends bytes of the stream; they are referenced until `retain`. */
  push(bytes: Uint8Array): void {
    this.#framing.push(bytes)
  }

  /** Copies what is left of pushed bytes. */
  retain(): void {
    this.#framing.retain()
  }

  /** Bytes held that nothing has consumed. */
  get held(): number {
    return this.#framing.held + this.#reassembly.held
  }

  /** The next thing received, or undefined if more bytes are needed. @throws {TlsError} */
  next(): Incoming | undefined {
    for (;;) {
      const message = this.#reassembly.next()
      if (message !== undefined) {
        return { kind: 'handshake', message, isProtected: this.#opener !== undefined }
      }
      const record = this.#framing.next(this.#opener !== undefined || this.#skippable > 0)
      if (record === undefined) return undefined
      const incoming = this.#receive(record)
      if (incoming !== undefined) return incoming
    }
  }

  /** From now on application data is handed on, and no change_cipher_spec is due any more. */
  finishHandshake(): void {
    this.#mayReceiveData = true
    this.#mayReceiveChangeCipherSpec = false
  }

  /**
   * TLS 1.2 is chosen: what follows is protected by other rules, and a change_cipher_spec means something.
   * @throws {TlsError} `unexpected_message` if there was one already.
   */
  useTls12(): void {
    if (this.#ccsRecords > 0) {
      throw peerError('unexpected_message', 'change_cipher_spec', 'none before the ServerHello', 'one')
    }
    this.#isTls12 = true
    this.#framing.useTls12()
  }

  /** record_size_limit is negotiated: from now on it holds in both directions (RFC 8449 section 4). */
  limitRecords(own: number, peer: number): void {
    this.#ownLimit = own
    this.#peerLimit = peer
  }

  get isTls12(): boolean {
    return this.#isTls12
  }

  /** Opens what follows with keys of this secret. @throws {TlsError} as `setOpener`. */
  setReadSecret(aead: Aead, hash: Hash, trafficSecret: Uint8Array): void {
    this.setOpener(new RecordOpener(aead, hash, trafficSecret))
  }

  /**
   * Opens what follows with this.
   * @throws {TlsError} `unexpected_message` if part of a message came before the change of keys.
   */
  setOpener(opener: Opener): void {
    if (!this.#reassembly.isEmpty) {
      throw peerError(
        'unexpected_message',
        'handshake',
        'messages to end with a record where keys change',
        'more in the record',
      )
    }
    this.#opener?.[Symbol.dispose]()
    this.#opener = opener
  }

  #receive(record: TlsRecord): Incoming | undefined {
    if (this.#isTls12) return this.#receiveTls12(record)
    if (record.type === CONTENT_TYPES.change_cipher_spec) return this.#receiveChangeCipherSpec(record)
    if (this.#opener === undefined) {
      if (record.type === CONTENT_TYPES.application_data) return this.#skip(record)
      return this.#receiveContent(record.type, record.fragment, false)
    }
    if (record.type === CONTENT_TYPES.application_data) {
      const opened = this.#opener.open(record, this.#skippable > 0)
      if (opened === undefined) return this.#skip(record)
      this.#checkLength(opened)
      this.#hasOpened = true
      this.#skippable = 0
      return this.#receiveContent(opened.type, opened.content, true)
    }
    // A client that could make nothing of our ServerHello has no keys to protect its alert with.
    if (record.type === CONTENT_TYPES.alert && this.#options.role === 'server' && !this.#hasOpened) {
      return this.#receiveContent(record.type, record.fragment, false)
    }
    throw peerError(
      'unexpected_message',
      'record.type',
      'protected records once keys are agreed',
      `type ${record.type}`,
    )
  }

  /** Until the keys change nothing is protected, afterwards everything is (RFC 5246 sections 6.2.3, 7.1). */
  #receiveTls12(record: TlsRecord): Incoming | undefined {
    const isProtected = this.#opener !== undefined
    if (record.type === CONTENT_TYPES.change_cipher_spec && !isProtected) return this.#receiveChangeCipherSpec(record)
    const opened = this.#opener?.open(record)
    if (opened === undefined) return this.#receiveContent(record.type, record.fragment, isProtected)
    this.#checkLength(opened)
    return this.#receiveContent(opened.type, opened.content, isProtected)
  }

  /** RFC 8449 section 4. @throws {TlsError} `record_overflow` */
  #checkLength({ length }: OpenedRecord): void {
    const limit = this.#ownLimit
    // A client sends early data before it has heard of our limit.
    if (limit === undefined || length <= limit || this.#earlyDataLeft !== undefined) return
    throw peerError(
      'record_overflow',
      'record.content',
      `at most ${limit} bytes, as record_size_limit says`,
      `${length}`,
    )
  }

  /**
   * The client sent early data that is refused: its records are dropped until one of the handshake
   * comes (section 4.3.10).
   */
  skipEarlyData(allowed: number): void {
    this.#skippable = MAX_SKIPPED_EARLY_DATA + allowed
  }

  /** Early data is taken, up to so many bytes, until `endEarlyData`. */
  takeEarlyData(limit: number): void {
    this.#skippable = 0
    this.#earlyDataLeft = limit
  }

  /** EndOfEarlyData came. */
  endEarlyData(): void {
    this.#earlyDataLeft = undefined
  }

  #skip(record: TlsRecord): undefined {
    this.#skippable -= record.fragment.length
    if (this.#skippable > 0) return undefined
    throw peerError('unexpected_message', 'record.type', 'a record of the handshake', 'application_data')
  }

  /**
   * RFC 9846 section 5: dropped where compatibility mode allows it, an error everywhere else. In TLS 1.2 the
   * handshake decides whether it is due; within a message it never is.
   */
  #receiveChangeCipherSpec(record: TlsRecord): Incoming {
    if (!this.#mayReceiveChangeCipherSpec || !this.#reassembly.isEmpty) {
      throw peerError('unexpected_message', 'record.type', 'no change_cipher_spec here', 'one')
    }
    if (record.fragment.length !== 1 || record.fragment[0] !== 1) {
      throw peerError(
        'unexpected_message',
        'change_cipher_spec',
        'the single byte 1',
        `${record.fragment.length} bytes`,
      )
    }
    if (++this.#ccsRecords > MAX_IDLE_RECORDS) {
      throw peerError('unexpected_message', 'change_cipher_spec', `at most ${MAX_IDLE_RECORDS} of them`, 'more')
    }
    return { kind: 'change_cipher_spec', isReal: this.#isTls12 }
  }

  #receiveContent(type: number, content: Uint8Array, isProtected: boolean): Incoming | undefined {
    if (type === CONTENT_TYPES.handshake) {
      // A second ClientHello: early data came before it or not at all.
      if (!isProtected) this.#skippable = 0
      this.#receiveHandshake(content)
      return undefined
    }
    if (!this.#reassembly.isEmpty) {
      throw peerError('unexpected_message', 'record.type', 'the rest of a handshake message', `type ${type}`)
    }
    if (type === CONTENT_TYPES.alert) return readAlert(content, isProtected)
    if (type === CONTENT_TYPES.application_data && isProtected && this.#isDataDue) {
      if (this.#earlyDataLeft !== undefined) this.#countEarlyData(content.length)
      if (content.length > 0) {
        this.#idleRecords = 0
        return { kind: 'data', content }
      }
      this.countIdleRecord('record.content', 'records without content')
      return undefined
    }
    throw peerError('unexpected_message', 'record.content_type', 'a record of the handshake', `type ${type}`)
  }

  get #isDataDue(): boolean {
    return this.#mayReceiveData || this.#earlyDataLeft !== undefined
  }

  /** RFC 9846 section 4.7.1. */
  #countEarlyData(length: number): void {
    const left = (this.#earlyDataLeft as number) - length
    if (left < 0) throw peerError('unexpected_message', 'early_data', 'no more than the ticket allowed', 'more')
    this.#earlyDataLeft = left
  }

  #receiveHandshake(content: Uint8Array): void {
    if (content.length === 0) {
      throw peerError('unexpected_message', 'handshake', 'at least one byte in a record', 'none')
    }
    if (!this.#mayReceiveData) {
      this.#handshakeBytes += content.length
      if (this.#handshakeBytes > this.#options.limits.total) {
        throw peerError('decode_error', 'handshake', `at most ${this.#options.limits.total} bytes in all`, 'more')
      }
      // The very first message opens the window in which a change_cipher_spec may come.
      if (!this.#mayReceiveChangeCipherSpec && this.#opener === undefined) this.#mayReceiveChangeCipherSpec = true
    }
    this.#reassembly.push(content)
  }

  /**
   * Counts something that is legal but brings no data; floods of it end the connection.
   * @throws {TlsError} `unexpected_message`
   */
  countIdleRecord(path: string, what: string): void {
    if (++this.#idleRecords > MAX_IDLE_RECORDS) {
      throw peerError('unexpected_message', path, `at most ${MAX_IDLE_RECORDS} ${what} in a row`, 'more')
    }
  }

  // --- sending ---

  /** Longest content of a record that is sent now. */
  get maxRecordLength(): number {
    return Math.min(this.#options.maxRecordLength, this.#mostPlaintext)
  }

  /** Longest content of a record with its padding. What is not protected has no limit but the protocol's. */
  get #mostPlaintext(): number {
    if (this.#peerLimit === undefined || this.#sealer === undefined) return MAX_PLAINTEXT_LENGTH
    // In TLS 1.3 the content type is part of what is limited.
    return Math.min(this.#isTls12 ? this.#peerLimit : this.#peerLimit - 1, MAX_PLAINTEXT_LENGTH)
  }

  /** Records sent under the present key. */
  get sentUnderKey(): number {
    return this.#sealer?.sequence ?? 0
  }

  /** Protects what follows with keys of this secret. */
  setWriteSecret(aead: Aead, hash: Hash, trafficSecret: Uint8Array): void {
    this.setSealer(new RecordSealer(aead, hash, trafficSecret))
  }

  /** Protects what follows with this. */
  setSealer(sealer: Sealer): void {
    this.#flushFlight()
    this.#sealer?.[Symbol.dispose]()
    this.#sealer = sealer
  }

  /** What follows goes out in clear again: a second ClientHello after early data. */
  clearWriteKeys(): void {
    this.#flushFlight()
    this.#sealer?.[Symbol.dispose]()
    this.#sealer = undefined
  }

  get isWriteProtected(): boolean {
    return this.#sealer !== undefined
  }

  /** Adds a handshake message to the flight. */
  sendHandshake(message: Uint8Array): void {
    this.#flight.push(message)
  }

  sendChangeCipherSpec(): void {
    this.#flushFlight()
    const at = this.#reserve(CHANGE_CIPHER_SPEC.length)
    this.#out.set(CHANGE_CIPHER_SPEC, at)
  }

  sendAlert(level: number, description: number): void {
    this.#flushFlight()
    this.#send(CONTENT_TYPES.alert, Uint8Array.of(level, description))
  }

  /** Sends application data in as many records as it needs. */
  sendData(data: Uint8Array): void {
    // What a receiver sends meanwhile (KeyUpdate) is few to the data it receives.
    this.#idleRecords = 0
    this.#flushFlight()
    this.#send(CONTENT_TYPES.application_data, data)
  }

  /** What is sent next goes into `memory`, as long as it fits; ignored while output waits. */
  lend(memory: Uint8Array): void {
    if (this.#outLength === 0) this.#out = memory
  }

  /** All bytes to be sent now, in one array that the caller owns; undefined if there are none. */
  takeOutput(): Uint8Array | undefined {
    this.#flushFlight()
    if (this.#outLength === 0) return undefined
    const output = this.#out.subarray(0, this.#outLength)
    this.#out = EMPTY
    this.#outLength = 0
    return output
  }

  #flushFlight(): void {
    const flight = this.#flight
    if (flight.length === 0) return
    this.#flight = []
    this.#send(CONTENT_TYPES.handshake, flight.length === 1 ? (flight[0] as Uint8Array) : concatBytes(...flight))
  }

  #send(type: number, content: Uint8Array): void {
    const most = this.maxRecordLength
    const records = Math.max(1, Math.ceil(content.length / most))
    const overhead = this.#sealer?.overhead ?? RECORD_HEADER_LENGTH
    this.#ensure(content.length + records * (overhead + this.#options.padTo))
    for (let offset = 0, i = 0; i < records; i++, offset += most) {
      this.#sendRecord(type, records === 1 ? content : content.subarray(offset, offset + most))
    }
  }

  #sendRecord(type: number, content: Uint8Array): void {
    if (this.#sealer !== undefined) {
      const padding = this.#paddingFor(content.length)
      const at = this.#reserve(content.length + padding + this.#sealer.overhead)
      this.#sealer.seal(type, content, padding, this.#out, at)
      return
    }
    const at = this.#reserve(RECORD_HEADER_LENGTH + content.length)
    this.#out[at] = type
    this.#out[at + 1] = 3
    // Section 5.1: the initial ClientHello goes out as 0x0301 for the sake of old middleboxes.
    this.#out[at + 2] = this.#options.role === 'client' && !this.#hasSentHello ? 1 : 3
    this.#out[at + 3] = content.length >>> 8
    this.#out[at + 4] = content.length
    this.#out.set(content, at + RECORD_HEADER_LENGTH)
  }

  /** The initial ClientHello is out: later plaintext records carry 0x0303. */
  helloSent(): void {
    this.#flushFlight()
    this.#hasSentHello = true
  }

  #paddingFor(length: number): number {
    const { padTo } = this.#options
    // TLS 1.2 has no room for padding in its records.
    if (padTo <= 1 || this.#isTls12) return 0
    const padded = Math.ceil((length + 1) / padTo) * padTo - 1
    return Math.min(padded, this.#mostPlaintext) - length
  }

  /** Room for `length` bytes; returns where they go. */
  #reserve(length: number): number {
    this.#ensure(length)
    const at = this.#outLength
    this.#outLength += length
    return at
  }

  #ensure(length: number): void {
    const needed = this.#outLength + length
    if (needed <= this.#out.length) return
    const larger = new Uint8Array(Math.max(needed, Math.min(2 * this.#out.length, 0x100000), 256))
    larger.set(this.#out.subarray(0, this.#outLength))
    this.#out = larger
  }

  [Symbol.dispose](): void {
    this.#opener?.[Symbol.dispose]()
    this.#sealer?.[Symbol.dispose]()
    this.#opener = undefined
    this.#sealer = undefined
    // Without its key nothing of a flight may leave any more.
    this.#flight = []
  }
}

/** Section 5.1: exactly one alert in a record. */
function readAlert(content: Uint8Array, isProtected: boolean): Incoming {
  if (content.length === 0) throw peerError('unexpected_message', 'alert', 'two bytes', 'none')
  if (content.length !== 2) throw peerError('decode_error', 'alert', 'two bytes', `${content.length}`)
  return { kind: 'alert', level: content[0] as number, description: content[1] as number, isProtected }
}
