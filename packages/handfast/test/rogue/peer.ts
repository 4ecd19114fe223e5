/**
 * A peer that follows the protocol only as far as it is told to: a small TLS 1.3 implementation for
 * tests, with its own transcript and keys, facing an engine of ours. What both roles have in common.
 */

import { concatBytes } from '../../src/bytes/index.ts'
import { nodeProvider } from '../../src/crypto/node.ts'
import type { Aead, Hash, SignatureAlgorithm } from '../../src/crypto/provider.ts'
import {
  chooseIdentity,
  type Connection,
  type ConnectionEvent,
  type SignatureSchemeName,
  TlsError,
} from '../../src/tls/index.ts'
import { signedContent } from '../../src/tls/message/certificate-verify.ts'
import { RecordFraming, type TlsRecord } from '../../src/tls/record/framing.ts'
import { type OpenedRecord, RecordOpener, RecordSealer } from '../../src/tls/record/protection.ts'
import { SIGNATURE_SCHEMES } from '../../src/tls/registry.ts'
import {
  deriveApplicationTraffic,
  deriveHandshakeSecret,
  deriveHandshakeTraffic,
  deriveMainSecret,
  deriveNextTrafficSecret,
  deriveVerifyData,
  type TrafficSecrets,
} from '../../src/tls/schedule/key-schedule.ts'
import type { TestCertificate } from '../pki.ts'
import { CLIENT, identityOf, SERVER } from '../pair/pair.ts'
import { handshake, writeCertificateVerify, writeRecord } from './messages.ts'

export const TYPE = { change_cipher_spec: 20, alert: 21, handshake: 22, application_data: 23 } as const

/** What the engine sent. */
export interface Seen {
  readonly type: number
  readonly content: Uint8Array
  readonly isProtected: boolean
}

export interface VerifyParts {
  scheme: SignatureSchemeName | number
  signature: Uint8Array
}

const aead = nodeProvider.aeads.find(({ name }) => name === 'aes-128-gcm') as Aead
const hash: Hash = nodeProvider.hashes.sha256

export abstract class RoguePeer {
  abstract readonly role: 'client' | 'server'
  readonly connection: Connection
  readonly seen: Seen[] = []
  readonly events: ConnectionEvent[] = []
  /** What it shows; the engine's host accepts whatever proves its key. */
  shownCertificate: TestCertificate | undefined
  /** Sent to the engine in all. */
  sentBytes = 0
  /** Bytes that go into the record of the next message, behind it. */
  tail: Uint8Array = new Uint8Array(0)
  /** Of records in the clear. */
  recordVersion = 0x0303
  /** Longest content of the handshake's records. */
  recordSize = 0x4000
  protected traffic: TrafficSecrets | undefined
  protected handshakeSecret: Uint8Array | undefined
  protected sealer: RecordSealer | undefined
  protected opener: RecordOpener | undefined
  /** For early data, and alerts of a client that sent some. */
  protected earlyOpener: RecordOpener | undefined
  #writeSecret: Uint8Array = new Uint8Array(0)
  #readSecret: Uint8Array = new Uint8Array(0)
  #transcript: Uint8Array[] = []
  readonly #framing = new RecordFraming()

  constructor(connection: Connection) {
    this.connection = connection
  }

  // --- bytes and records ---

  /** Gives the engine bytes and takes in what it answers. */
  raw(bytes: Uint8Array): this {
    this.sentBytes += bytes.length
    this.connection.receive(bytes)
    this.settle()
    return this
  }

  /** A record under the keys there are; without any, in the clear. */
  record(type: number, content: Uint8Array, padding = 0): this {
    return this.raw(this.sealed(type, content, padding))
  }

  /** A record in the clear, whatever keys there are. */
  plain(type: number, content: Uint8Array): this {
    return this.raw(this.#plainRecord(type, content))
  }

  #plainRecord(type: number, content: Uint8Array): Uint8Array {
    const record = writeRecord(type, content)
    record[1] = this.recordVersion >>> 8
    record[2] = this.recordVersion
    return record
  }

  /** Whether it has keys to protect records with. */
  get isKeyed(): boolean {
    return this.sealer !== undefined
  }

  /** The bytes of a record under the keys there are. */
  sealed(type: number, content: Uint8Array, padding = 0): Uint8Array {
    if (this.sealer === undefined) return this.#plainRecord(type, content)
    const out = new Uint8Array(content.length + padding + 22)
    this.sealer.seal(type, content, padding, out, 0)
    return out
  }

  /** Handshake messages in one record. */
  message(...messages: readonly Uint8Array[]): this {
    for (const message of messages) this.note(message)
    return this.raw(this.sealedMessage(...messages))
  }

  /** The records of handshake messages. */
  protected sealedMessage(...messages: readonly Uint8Array[]): Uint8Array {
    const content = concatBytes(...messages, this.tail)
    this.tail = new Uint8Array(0)
    const records: Uint8Array[] = []
    for (let at = 0; at < content.length; at += this.recordSize) {
      records.push(this.sealed(TYPE.handshake, content.subarray(at, at + this.recordSize)))
    }
    return concatBytes(...records)
  }

  alert(description: number, level = 2): this {
    return this.record(TYPE.alert, Uint8Array.of(level, description))
  }

  data(content: string): this {
    return this.record(TYPE.application_data, new TextEncoder().encode(content))
  }

  changeCipherSpec(content: readonly number[] = [1]): this {
    return this.plain(TYPE.change_cipher_spec, Uint8Array.from(content))
  }

  // --- messages both roles have ---

  /** Signed by the key of the certificate it showed, over the transcript as it is. */
  certificateVerify(change: (own: VerifyParts) => VerifyParts = (own) => own): this {
    return this.message(this.writeVerify(change))
  }

  writeVerify(change: (own: VerifyParts) => VerifyParts = (own) => own): Uint8Array {
    const { scheme, signature } = change({ scheme: 'ecdsa_secp256r1_sha256', signature: this.signature() })
    const code = typeof scheme === 'number' ? scheme : SIGNATURE_SCHEMES.find(({ name }) => name === scheme)?.code
    return writeCertificateVerify(code as number, signature)
  }

  signature(
    signer: 'client' | 'server' = this.role,
    transcript: Uint8Array = this.digest(),
    algorithm: SignatureAlgorithm = { kind: 'ecdsa', hash: 'sha256' },
  ): Uint8Array {
    const { privateKey } = this.shownCertificate as TestCertificate
    return nodeProvider.sign(algorithm, privateKey, signedContent(signer, transcript))
  }

  /** The right verify_data, changed. */
  writeFinished(
    change: (verifyData: Uint8Array) => Uint8Array = (own) => own,
    secret: Uint8Array = this.traffic?.[this.role] ?? new Uint8Array(32),
  ): Uint8Array {
    return handshake(20, change(deriveVerifyData(hash, secret, this.digest())))
  }

  keyUpdate(request = 0): this {
    this.message(handshake(24, Uint8Array.of(request)))
    this.protect(deriveNextTrafficSecret(hash, this.#writeSecret))
    return this
  }

  /** The records of so many KeyUpdates, each with a request. */
  sealedUpdates(count: number): Uint8Array {
    return concatBytes(
      ...Array.from({ length: count }, () => {
        const record = this.sealed(TYPE.handshake, handshake(24, Uint8Array.of(1)))
        this.protect(deriveNextTrafficSecret(hash, this.#writeSecret))
        return record
      }),
    )
  }

  /** Back to the keys of the handshake. */
  reviveHandshakeKeys(): this {
    this.protect(this.traffic?.[this.role] as Uint8Array)
    return this
  }

  /** Takes in what the engine has to send now. */
  readAnswer(): void {
    this.settle()
  }

  // --- transcript and keys ---

  note(message: Uint8Array): void {
    this.#transcript.push(message)
  }

  digest(): Uint8Array {
    return hash.digest(concatBytes(...this.#transcript))
  }

  /** A HelloRetryRequest is about to be noted: section 4.1. */
  protected foldHello(): void {
    this.#transcript = [handshake(254, hash.digest(concatBytes(...this.#transcript)))]
  }

  protected agreeOn(sharedSecret: Uint8Array): void {
    this.handshakeSecret = deriveHandshakeSecret(hash, sharedSecret)
    this.traffic = deriveHandshakeTraffic(hash, this.handshakeSecret, this.digest())
  }

  protected applicationTraffic(): TrafficSecrets {
    return deriveApplicationTraffic(hash, deriveMainSecret(hash, this.handshakeSecret as Uint8Array), this.digest())
  }

  protected protect(secret: Uint8Array): void {
    this.#writeSecret = secret
    this.sealer = new RecordSealer(aead, hash, secret)
  }

  /** The traffic secret that it sends under. */
  get currentSecret(): Uint8Array {
    return this.#writeSecret
  }

  protected expose(secret: Uint8Array): void {
    this.#readSecret = secret
    this.opener = new RecordOpener(aead, hash, secret)
  }

  // --- what the engine does ---

  /** Answers its tasks with yes, and reads what it sends. */
  protected settle(): void {
    for (let { task } = this.connection; task !== undefined; task = this.connection.task) {
      if (task.kind === 'sign' && task.identity.key !== undefined) {
        this.connection.resume<'sign'>(task.id, nodeProvider.sign(task.algorithm, task.identity.key, task.input))
      } else if (task.kind === 'verify-peer') this.connection.resume<'verify-peer'>(task.id, { accepted: true })
      else if (task.kind === 'choose-identity') {
        const own = identityOf(this.role === 'server' ? CLIENT : SERVER)
        this.connection.resume<'choose-identity'>(task.id, chooseIdentity(nodeProvider, [own], task))
      } else this.connection.resume(task.id, undefined)
    }
    const output = this.connection.takeOutput()
    for (let event = this.connection.nextEvent(); event !== undefined; event = this.connection.nextEvent()) {
      this.events.push(event)
    }
    if (output === undefined) return
    this.#framing.push(output)
    for (let record = this.#framing.next(true); record !== undefined; record = this.#framing.next(true)) {
      const isProtected = record.type === TYPE.application_data
      const opened = isProtected ? this.#open(record) : { type: record.type, content: record.fragment.slice() }
      this.seen.push({ ...opened, isProtected })
      if (opened.type === TYPE.handshake) this.#readMessages(opened.content)
    }
  }

  /** What a rule should have ended goes on under keys that only an honest peer would have. */
  #open(record: TlsRecord): OpenedRecord {
    for (const opener of [this.opener, this.earlyOpener]) {
      try {
        const opened = opener?.open(record)
        if (opened !== undefined) return opened
      } catch (error) {
        if (!(error instanceof TlsError)) throw error
      }
    }
    throw new Error(`the engine went on: it is ${this.connection.state}, and sent a record under keys the rogue lacks`)
  }

  #readMessages(content: Uint8Array): void {
    for (let at = 0; at < content.length;) {
      const length =
        ((content[at + 1] as number) << 16) | ((content[at + 2] as number) << 8) | (content[at + 3] as number)
      const message = content.slice(at, at + 4 + length)
      at += 4 + length
      if (message[0] === 24) this.expose(deriveNextTrafficSecret(hash, this.#readSecret))
      else this.receiveMessage(message)
    }
  }

  /** Looks at a message of the engine's, and puts it into the transcript. */
  protected abstract receiveMessage(message: Uint8Array): void

  /** Brings the connection to a state where everything was right. */
  abstract to(state: State): this
}

/** Nothing has been sent to the engine; it has keys of the handshake; it is open. */
export type State = 'begun' | 'keyed' | 'open'
