/**
 * A peer of TLS 1.2 that follows the protocol only as far as it is told to, with its own transcript and keys, facing
 * an engine of ours. What both roles have in common.
 */

import { concatBytes } from '../../src/bytes/index.ts'
import { nodeProvider } from '../../src/crypto/node.ts'
import type { Aead, Hash, SignatureAlgorithm } from '../../src/crypto/provider.ts'
import { chooseIdentity, type Connection, type ConnectionEvent, TlsError } from '../../src/tls/index.ts'
import { RecordFraming, type TlsRecord } from '../../src/tls/record/framing.ts'
import { RecordOpener12, RecordSealer12 } from '../../src/tls/record/protection12.ts'
import {
  deriveExtendedMasterSecret,
  deriveKeyBlock,
  deriveMasterSecret,
  deriveVerifyData12,
  type WriteKeys,
} from '../../src/tls/schedule/prf12.ts'
import { identityOf } from '../pair/pair.ts'
import type { TestCertificate } from '../pki.ts'
import { handshake, vector, writeCertificateVerify, writeRecord } from '../rogue/messages.ts'
import { type Seen, TYPE } from '../rogue/peer.ts'

const aead = nodeProvider.aeads.find(({ name }) => name === 'aes-128-gcm') as Aead
const hash: Hash = nodeProvider.hashes.sha256

export interface SignedParts {
  scheme: number
  signature: Uint8Array
}

export abstract class RoguePeer12 {
  abstract readonly role: 'client' | 'server'
  readonly connection: Connection
  readonly seen: Seen[] = []
  readonly events: ConnectionEvent[] = []
  /** Bytes that go into the record of the next message, behind it. */
  tail: Uint8Array = new Uint8Array(0)
  /** Of every record it sends. */
  recordVersion = 0x0303
  protected clientRandom: Uint8Array = new Uint8Array(32)
  protected serverRandom: Uint8Array = new Uint8Array(32)
  /** Whether it computes the extended master secret. */
  isExtended = true
  /** What it shows, and what its engine has. */
  readonly #own: TestCertificate
  readonly #engines: TestCertificate
  #transcript: Uint8Array[] = []
  #masterSecret: Uint8Array = new Uint8Array(48)
  #keys: Readonly<Record<'client' | 'server', WriteKeys>> | undefined
  #sealer: RecordSealer12 | undefined
  #opener: RecordOpener12 | undefined
  readonly #framing = new RecordFraming()

  constructor(connection: Connection, own: TestCertificate, engines: TestCertificate) {
    this.connection = connection
    this.#own = own
    this.#engines = engines
    this.#framing.useTls12()
  }

  // --- bytes and records ---

  raw(bytes: Uint8Array): this {
    this.connection.receive(bytes)
    this.settle()
    return this
  }

  /** A record under the keys there are; without any, in the clear. */
  record(type: number, content: Uint8Array): this {
    return this.raw(this.sealed(type, content))
  }

  plain(type: number, content: Uint8Array): this {
    return this.raw(this.#plainRecord(type, content))
  }

  #plainRecord(type: number, content: Uint8Array): Uint8Array {
    const record = writeRecord(type, content)
    record[1] = this.recordVersion >>> 8
    record[2] = this.recordVersion
    return record
  }

  sealed(type: number, content: Uint8Array): Uint8Array {
    if (this.#sealer === undefined) return this.#plainRecord(type, content)
    const out = new Uint8Array(content.length + this.#sealer.overhead)
    this.#sealer.seal(type, content, 0, out, 0)
    return out
  }

  /** Handshake messages in one record. */
  message(...messages: readonly Uint8Array[]): this {
    const shaped = messages.map((message) => this.shape(message))
    for (const message of shaped) this.note(message)
    const content = concatBytes(...shaped, this.tail)
    this.tail = new Uint8Array(0)
    return this.record(TYPE.handshake, content)
  }

  /** What is said, and noted, instead of a message: the message itself, unless a heir knows better. */
  protected shape(message: Uint8Array): Uint8Array {
    return message
  }

  alert(description: number, level: number): this {
    return this.record(TYPE.alert, Uint8Array.of(level, description))
  }

  data(content: string): this {
    return this.record(TYPE.application_data, new TextEncoder().encode(content))
  }

  /** A change_cipher_spec, and keys of our own from here on if there are any. */
  changeCipherSpec(content: readonly number[] = [1]): this {
    this.record(TYPE.change_cipher_spec, Uint8Array.from(content))
    if (this.#keys !== undefined) this.protect(this.#keys[this.role])
    return this
  }

  // --- messages both roles have ---

  certificate(chain: readonly Uint8Array[] = this.#own.chain): this {
    return this.message(handshake(11, vector(3, ...chain.map((der) => vector(3, der)))))
  }

  /** A signature by the key of the certificate it shows. */
  protected sign(content: Uint8Array, algorithm: SignatureAlgorithm = { kind: 'ecdsa', hash: 'sha256' }): Uint8Array {
    return nodeProvider.sign(algorithm, this.#own.privateKey, content)
  }

  /** A signature as the peer makes them. */
  protected prove(content: Uint8Array): SignedParts {
    return { scheme: 0x0403, signature: this.sign(content) }
  }

  /** Signed over all messages so far. */
  certificateVerify(change: (own: SignedParts) => SignedParts = (own) => own): this {
    const { scheme, signature } = change(this.prove(concatBytes(...this.#transcript)))
    return this.message(writeCertificateVerify(scheme, signature))
  }

  finished(change: (verifyData: Uint8Array) => Uint8Array = (own) => own): this {
    const digest = hash.digest(concatBytes(...this.#transcript))
    return this.message(handshake(20, change(deriveVerifyData12(hash, this.#masterSecret, this.role, digest))))
  }

  // --- transcript and keys ---

  note(message: Uint8Array): void {
    this.#transcript.push(message)
  }

  /** ClientKeyExchange is in the transcript. */
  protected agreeOn(preMasterSecret: Uint8Array): void {
    const randoms = { client: this.clientRandom, server: this.serverRandom }
    this.#masterSecret = this.isExtended
      ? deriveExtendedMasterSecret(hash, preMasterSecret, hash.digest(concatBytes(...this.#transcript)))
      : deriveMasterSecret(hash, preMasterSecret, randoms)
    this.#keys = deriveKeyBlock(hash, this.#masterSecret, randoms, 16, 4)
  }

  protected protect(keys: WriteKeys): void {
    this.#sealer = new RecordSealer12(aead, keys)
  }

  // --- what the engine does ---

  /** Answers its tasks with yes, and reads what it sends. */
  protected settle(): void {
    for (let { task } = this.connection; task !== undefined; task = this.connection.task) {
      if (task.kind === 'sign' && task.identity.key !== undefined) {
        this.connection.resume<'sign'>(task.id, nodeProvider.sign(task.algorithm, task.identity.key, task.input))
      } else if (task.kind === 'verify-peer') this.connection.resume<'verify-peer'>(task.id, { accepted: true })
      else if (task.kind === 'choose-identity') {
        const own = identityOf(this.#engines)
        this.connection.resume<'choose-identity'>(task.id, chooseIdentity(nodeProvider, [own], task))
      } else this.connection.resume<'choose-config'>(task.id, undefined)
    }
    const output = this.connection.takeOutput()
    for (let event = this.connection.nextEvent(); event !== undefined; event = this.connection.nextEvent()) {
      this.events.push(event)
    }
    if (output !== undefined) this.hear(output)
  }

  /** Reads what the other end sent. */
  protected hear(output: Uint8Array): void {
    // The initial ClientHello's record says 0x0301.
    if (output[2] === 1) output[2] = 3
    this.#framing.push(output)
    for (let record = this.#framing.next(true); record !== undefined; record = this.#framing.next(true)) {
      const { type, content } = this.#open(record)
      this.seen.push({ type, content, isProtected: this.#opener !== undefined })
      if (type === TYPE.handshake) this.#readMessages(content)
      if (type === TYPE.change_cipher_spec) this.#expose()
    }
  }

  /** Without content if it was sealed with keys that only an honest peer would have. */
  #open(record: TlsRecord): { readonly type: number; readonly content: Uint8Array } {
    if (this.#opener === undefined) return { type: record.type, content: record.fragment.slice() }
    try {
      return this.#opener.open(record)
    } catch (error) {
      if (!(error instanceof TlsError)) throw error
      return { type: record.type, content: new Uint8Array(0) }
    }
  }

  #expose(): void {
    if (this.#keys === undefined) throw new Error('the engine went on: it changed to keys that the rogue lacks')
    this.#opener = new RecordOpener12(aead, this.#keys[this.role === 'client' ? 'server' : 'client'])
  }

  #readMessages(content: Uint8Array): void {
    for (let at = 0; at < content.length;) {
      const length =
        ((content[at + 1] as number) << 16) | ((content[at + 2] as number) << 8) | (content[at + 3] as number)
      const message = content.slice(at, at + 4 + length)
      at += 4 + length
      this.note(message)
      this.receiveMessage(message)
    }
  }

  /** Looks at a message of the engine's, which is in the transcript already. */
  protected abstract receiveMessage(message: Uint8Array): void
}
