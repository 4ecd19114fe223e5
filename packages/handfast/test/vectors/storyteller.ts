/**
 * Runs a handshake's story as `Connection` does, but puts a trace's message in the place of one of
 * ours where the two say the same in other bytes (the order of extensions) or where the trace's
 * implementation says more. Keys, transcript, records and the story itself are the real ones.
 */

import { equalBytes, toHex } from '../../src/bytes/index.ts'
import { nodeProvider } from '../../src/crypto/node.ts'
import type { Hash } from '../../src/crypto/provider.ts'
import { DEFAULT_LIMITS } from '../../src/tls/index.ts'
import type { Established } from '../../src/tls/handshake/established.ts'
import type { Flow, HandshakeContext, Question, Wait } from '../../src/tls/handshake/flow.ts'
import type { HandshakeMessage } from '../../src/tls/message/handshake.ts'
import { RecordOpener12, RecordSealer12 } from '../../src/tls/record/protection12.ts'
import { RecordLayer } from '../../src/tls/record/layer.ts'
import { Transcript } from '../../src/tls/schedule/transcript.ts'

/** A transcript that is given one message and takes another. */
class ReplacingTranscript extends Transcript {
  readonly #replaced: readonly (readonly [given: Uint8Array, taken: Uint8Array])[]

  constructor(replaced: readonly (readonly [Uint8Array, Uint8Array])[]) {
    super()
    this.#replaced = replaced
  }

  override add(message: Uint8Array): void {
    super.add(this.#replaced.find(([given]) => equalBytes(given, message))?.[1] ?? message)
  }
}

export interface Told {
  readonly name: string
  /** As our code wrote it. */
  readonly own: Uint8Array
}

export interface StoryOptions {
  readonly role: 'client' | 'server'
  readonly tell: (hs: HandshakeContext) => Flow<Established>
  /** What goes out instead of our own messages, by name, in turn. */
  readonly instead?: Readonly<Record<string, readonly Uint8Array[]>>
  /** What the story reads instead of a message received; the transcript keeps the one received. */
  readonly readInstead?: readonly (readonly [received: Uint8Array, read: Uint8Array])[]
  readonly answer: (question: Question) => unknown
}

export class Storyteller {
  readonly layer: RecordLayer
  readonly transcript: Transcript
  readonly told: Told[] = []
  /** By their labels in the key log. */
  readonly secrets: Map<string, string> = new Map()
  established: Established | undefined
  readonly #options: StoryOptions
  readonly #flow: Flow<Established>

  constructor(options: StoryOptions) {
    this.#options = options
    const { role } = options
    this.layer = new RecordLayer({ role, limits: DEFAULT_LIMITS, maxRecordLength: 0x4000, padTo: 1 })
    this.transcript = new ReplacingTranscript((options.readInstead ?? []).map(([received, read]) => [read, received]))
    const instead = new Map(Object.entries(options.instead ?? {}).map(([name, all]) => [name, [...all]]))
    const { layer, transcript } = this
    const nothing = (): void => {}
    this.#flow = options.tell({
      role,
      transcript,
      enter: nothing,
      complete: nothing,
      send: (type, own, name = type) => {
        const message = instead.get(name)?.shift() ?? own
        this.told.push({ name, own })
        transcript.add(message)
        layer.sendHandshake(message)
        if (type === 'client_hello') layer.helloSent()
      },
      sendOuter: () => {
        throw new Error('no trace has ECH')
      },
      sendChangeCipherSpec: () => layer.sendChangeCipherSpec(),
      useTls12: () => layer.useTls12(),
      setReadKeys: (aead, keys) => layer.setOpener(new RecordOpener12(aead, keys)),
      setWriteKeys: (aead, keys) => layer.setSealer(new RecordSealer12(aead, keys)),
      setReadSecret: (aead, hash, secret) => layer.setReadSecret(aead, hash, secret),
      setWriteSecret: (aead, hash, secret) => layer.setWriteSecret(aead, hash, secret),
      limitRecords: (own, peer) => layer.limitRecords(own, peer),
      sendEarlyData: (data) => layer.sendData(data),
      clearWriteKeys: () => layer.clearWriteKeys(),
      takeEarlyData: (limit) => layer.takeEarlyData(limit),
      endEarlyData: () => layer.endEarlyData(),
      skipEarlyData: nothing,
      flightSent: nothing,
      afterHandshake: () => {
        throw new Error('nothing is told after the handshake')
      },
      note: {
        certificates: nothing,
        signatureScheme: nothing,
        judgement: nothing,
        negotiated: nothing,
        clientHello: nothing,
        encryptedClientHello: nothing,
      },
      logSecret: (label, _, secret) => void this.secrets.set(label, toHex(secret)),
    })
    this.#step(undefined)
  }

  /** Gives it a record of the peer's. */
  receive(record: Uint8Array): void {
    this.layer.push(record)
    for (let incoming = this.layer.next(); incoming !== undefined; incoming = this.layer.next()) {
      if (incoming.kind === 'handshake') this.#step(this.#reading(incoming.message))
      else if (incoming.kind !== 'change_cipher_spec') throw new Error(`nobody expected ${incoming.kind}`)
    }
  }

  /** What is to be sent now. */
  output(): Uint8Array {
    return this.layer.takeOutput() ?? new Uint8Array(0)
  }

  #reading(message: HandshakeMessage): HandshakeMessage {
    const found = this.#options.readInstead?.find(([received]) => equalBytes(received, message.raw))
    return found === undefined ? message : { ...message, raw: found[1] }
  }

  #step(answer: unknown): void {
    let result: IteratorResult<Wait, Established> = this.#flow.next(answer)
    while (result.done !== true && result.value.kind === 'question') {
      result = this.#flow.next(this.#options.answer(result.value.question))
    }
    if (result.done === true) {
      this.established = result.value
      this.layer.finishHandshake()
    }
  }
}

export const sha256: Hash = nodeProvider.hashes.sha256
