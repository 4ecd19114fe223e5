/** Rogue peers that face no engine of their own: they say a speech, and hear what anybody answers. */

import { nodeProvider } from '../../packages/handfast/src/crypto/node.ts'
import type { Aead } from '../../packages/handfast/src/crypto/provider.ts'
import { RecordSealer } from '../../packages/handfast/src/tls/record/protection.ts'
import { Dice } from '../../packages/handfast/test/fuzz/mutation.ts'
import { RogueClient } from '../../packages/handfast/test/rogue/client.ts'
import {
  EXTENSION,
  extension,
  handshake,
  replacing,
  text,
  u16,
  vector,
  writeCertificateVerify,
} from '../../packages/handfast/test/rogue/messages.ts'
import { TYPE } from '../../packages/handfast/test/rogue/peer.ts'
import { RogueServer } from '../../packages/handfast/test/rogue/server.ts'
import type { Plan } from './plan.ts'
import { ALPN, MUTANTS } from './scenario.ts'
import { Speech } from './speech.ts'

const aead = nodeProvider.aeads.find(({ name }) => name === 'aes-128-gcm') as Aead
const hash = nodeProvider.hashes.sha256
const EMPTY = new Uint8Array(0)
const ALPN_LIST = vector(2, vector(1, text(ALPN)))

/** A client for a server under test. */
export class MutantClient extends RogueClient {
  readonly speech: Speech
  /** Types of the messages it heard. */
  readonly heard: number[] = []

  constructor(plan: Plan) {
    super()
    this.speech = new Speech(plan)
    this.shownCertificate = MUTANTS.client
  }

  /** ClientHello, the same again after a HelloRetryRequest. */
  sayHello(plan: Plan): void {
    const random = new Dice(plan.seed).bytes(64)
    this.clientHello((own) => ({
      ...own,
      random: random.slice(0, 32),
      sessionId: random.slice(32),
      extensions: plan.scenario.hasAlpn ? replacing(EXTENSION.alpn, ALPN_LIST)(own.extensions) : own.extensions,
    }))
  }

  /** Everything to and with Finished. */
  sayRest({ scenario }: Plan): void {
    this.changeCipherSpec()
    if (scenario.isMutual) {
      this.certificate()
      this.message(proofOf(this))
    }
    this.finished()
  }

  listen(bytes: Uint8Array): void {
    this.hear(bytes)
  }

  override raw(): this {
    return this
  }

  override sealed(type: number, content: Uint8Array, padding?: number): Uint8Array {
    this.speech.add(type, content, padding)
    return EMPTY
  }

  override plain(type: number, content: Uint8Array): this {
    this.speech.add(type, content, 0, 0)
    return this
  }

  protected override shape(message: Uint8Array): Uint8Array {
    return this.speech.shape(message)
  }

  protected override protect(secret: Uint8Array): void {
    super.protect(secret)
    this.speech.protect(new RecordSealer(aead, hash, secret))
  }

  protected override settle(): void {}

  protected override receiveMessage(message: Uint8Array): void {
    this.heard.push(message[0] as number)
    super.receiveMessage(message)
  }
}

/** A server for a client under test. */
export class MutantServer extends RogueServer {
  readonly speech: Speech
  readonly heard: number[] = []

  constructor(plan: Plan) {
    super()
    this.speech = new Speech(plan)
    this.shownCertificate = MUTANTS.server
  }

  /** HelloRetryRequest. */
  sayRetry(): void {
    this.retry((own) => [...own, extension(EXTENSION.cookie, vector(2, text('a cookie')))])
    this.changeCipherSpec()
  }

  /** Everything from ServerHello to Finished. */
  sayAll({ seed, scenario }: Plan): void {
    this.serverHello((own) => ({ ...own, random: new Dice(seed).bytes(32) }))
    if (!scenario.isRetried) this.changeCipherSpec()
    this.encryptedExtensions(...(scenario.hasAlpn ? [extension(EXTENSION.alpn, ALPN_LIST)] : []))
    if (scenario.isMutual) this.certificateRequest()
    this.certificate()
    this.message(proofOf(this))
    this.finished()
  }

  listen(bytes: Uint8Array): void {
    if (this.opener === undefined && this.traffic !== undefined) this.expose(this.traffic.client)
    this.hear(bytes)
  }

  override raw(): this {
    return this
  }

  override sealed(type: number, content: Uint8Array, padding?: number): Uint8Array {
    this.speech.add(type, content, padding)
    return EMPTY
  }

  override plain(type: number, content: Uint8Array): this {
    this.speech.add(type, content, 0, 0)
    return this
  }

  protected override shape(message: Uint8Array): Uint8Array {
    return this.speech.shape(message)
  }

  protected override protect(secret: Uint8Array): void {
    super.protect(secret)
    this.speech.protect(new RecordSealer(aead, hash, secret))
  }

  protected override settle(): void {}

  protected override receiveMessage(message: Uint8Array): void {
    this.heard.push(message[0] as number)
    super.receiveMessage(message)
  }
}

export type Mutant = MutantClient | MutantServer

/** CertificateVerify by ed25519. */
function proofOf(mutant: Mutant): Uint8Array {
  return writeCertificateVerify(0x0807, mutant.signature(mutant.role, mutant.digest(), { kind: 'ed25519' }))
}

/** Messages that do not belong behind a handshake, or not from everybody. */
const STRAYS: readonly Uint8Array[] = [
  handshake(0, EMPTY),
  handshake(1, new Uint8Array(40)),
  handshake(4, EMPTY),
  handshake(5, EMPTY),
  handshake(8, Uint8Array.of(0, 0)),
  handshake(11, Uint8Array.of(0, 0, 0, 0)),
  handshake(13, Uint8Array.of(1, 7, 0, 8, 0, 13, 0, 4, 0, 2, 4, 3)),
  handshake(20, new Uint8Array(32)),
  handshake(24, Uint8Array.of(2)),
  handshake(24, Uint8Array.of(0, 0)),
  handshake(24, EMPTY),
  handshake(99, EMPTY),
]

/** A ticket as a server may send it (section 4.7.1). */
const TICKET = handshake(4, Uint8Array.from([0, 0, 0, 60, 1, 2, 3, 4, 1, 0, 0, 4, 9, 9, 9, 9, 0, 0]))

/** What follows the handshake. */
export function sayAfterwords(mutant: Mutant, { afterwords, afterwordSeed }: Plan): void {
  const dice = new Dice(afterwordSeed)
  for (const word of afterwords) {
    if (word === 'data') mutant.data('hello\n')
    else if (word === 'close') mutant.record(TYPE.alert, u16(0x0100))
    else if (word === 'ticket') mutant.message(TICKET)
    else if (word === 'stray') mutant.message(dice.pick(STRAYS))
    else mutant.keyUpdate(word === 'update-requested' ? 1 : 0)
  }
}
