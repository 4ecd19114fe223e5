/** Rogue peers of TLS 1.2 that face no engine of their own: they say a speech, and hear what anybody answers. */

import { nodeProvider } from '../../packages/handfast/src/crypto/node.ts'
import type { Aead } from '../../packages/handfast/src/crypto/provider.ts'
import { RecordSealer12 } from '../../packages/handfast/src/tls/record/protection12.ts'
import type { WriteKeys } from '../../packages/handfast/src/tls/schedule/prf12.ts'
import { Dice } from '../../packages/handfast/test/fuzz/mutation.ts'
import {
  EXTENSION,
  extension,
  handshake,
  replacing,
  text,
  u16,
  vector,
} from '../../packages/handfast/test/rogue/messages.ts'
import { TYPE } from '../../packages/handfast/test/rogue/peer.ts'
import { RogueClient12 } from '../../packages/handfast/test/rogue12/client.ts'
import type { RoguePeer12, SignedParts } from '../../packages/handfast/test/rogue12/peer.ts'
import { RogueServer12 } from '../../packages/handfast/test/rogue12/server.ts'
import type { Plan } from './plan.ts'
import { ALPN, MUTANTS } from './scenario.ts'
import { Speech } from './speech.ts'
import { fieldsOf, readTree } from './tree.ts'

const aead = nodeProvider.aeads.find(({ name }) => name === 'aes-128-gcm') as Aead
const EMPTY = new Uint8Array(0)
const ALPN_LIST = vector(2, vector(1, text(ALPN)))
const ED25519 = 0x0807

/** A client for a server under test. */
export class MutantClient12 extends RogueClient12 {
  readonly speech: Speech
  /** Types of the messages it heard. */
  readonly heard: number[] = []
  #mayExtend = true

  constructor(plan: Plan) {
    super({}, MUTANTS.client)
    this.speech = new Speech(plan)
  }

  sayHello({ seed, scenario }: Plan): void {
    this.clientRandom = new Dice(seed).bytes(32)
    this.clientHello((own) => ({
      ...own,
      extensions: [
        ...replacing(EXTENSION.signature_algorithms, vector(2, u16(0x0403, 0x0804, ED25519)))(own.extensions),
        ...(scenario.hasAlpn ? [extension(EXTENSION.alpn, ALPN_LIST)] : []),
      ],
    }))
  }

  /** Everything from ClientKeyExchange, or Certificate, to Finished. */
  sayRest({ scenario }: Plan): void {
    if (scenario.isMutual) this.certificate()
    this.clientKeyExchange()
    if (scenario.isMutual) this.certificateVerify()
    this.changeCipherSpec()
    this.finished()
  }

  listen(bytes: Uint8Array): void {
    this.hear(bytes)
  }

  override record(type: number, content: Uint8Array): this {
    this.speech.add(type, content)
    return this
  }

  protected override shape(message: Uint8Array): Uint8Array {
    const shaped = this.speech.shape(message)
    if (message[0] === 1) {
      // What it says it is.
      if (shaped.length >= 38) this.clientRandom = shaped.slice(6, 38)
      this.#mayExtend = wantsExtendedSecret(shaped)
    }
    return shaped
  }

  protected override prove(content: Uint8Array): SignedParts {
    return { scheme: ED25519, signature: this.sign(content, { kind: 'ed25519' }) }
  }

  protected override protect(keys: WriteKeys): void {
    this.speech.protect(new RecordSealer12(aead, keys))
  }

  protected override settle(): void {}

  protected override receiveMessage(message: Uint8Array): void {
    this.heard.push(message[0] as number)
    if (message[0] === 2) this.isExtended = this.#mayExtend && wantsExtendedSecret(message)
    super.receiveMessage(message)
  }
}

/** A server for a client under test. */
export class MutantServer12 extends RogueServer12 {
  readonly speech: Speech
  readonly heard: number[] = []

  constructor(plan: Plan) {
    super({}, MUTANTS.server)
    this.speech = new Speech(plan)
  }

  /** Everything from ServerHello to ServerHelloDone. */
  sayAll({ seed, scenario }: Plan): void {
    this.serverRandom = new Dice(seed).bytes(32)
    this.answering((own) => (scenario.hasAlpn ? [...own, extension(EXTENSION.alpn, ALPN_LIST)] : own))
    this.certificate()
    this.serverKeyExchange()
    if (scenario.isMutual) this.certificateRequest((own) => ({ ...own, schemes: [...own.schemes, ED25519] }))
    this.serverHelloDone()
  }

  /** ChangeCipherSpec and Finished. */
  sayRest(): void {
    this.changeCipherSpec()
    this.finished()
  }

  listen(bytes: Uint8Array): void {
    this.hear(bytes)
  }

  override record(type: number, content: Uint8Array): this {
    this.speech.add(type, content)
    return this
  }

  protected override shape(message: Uint8Array): Uint8Array {
    const shaped = this.speech.shape(message)
    if (message[0] === 2) {
      if (shaped.length >= 38) this.serverRandom = shaped.slice(6, 38)
      this.isExtended = wantsExtendedSecret(shaped)
    }
    return shaped
  }

  protected override prove(content: Uint8Array): SignedParts {
    return { scheme: ED25519, signature: this.sign(content, { kind: 'ed25519' }) }
  }

  protected override protect(keys: WriteKeys): void {
    this.speech.protect(new RecordSealer12(aead, keys))
  }

  protected override settle(): void {}

  protected override receiveMessage(message: Uint8Array): void {
    this.heard.push(message[0] as number)
    super.receiveMessage(message)
  }
}

/** Whether a hello has extended_master_secret (RFC 7627 section 5.1). After one that cannot be read nothing follows. */
function wantsExtendedSecret(hello: Uint8Array): boolean {
  try {
    return fieldsOf(readTree(hello, 'TLS 1.2')).some(({ name }) => name === 'extension 23')
  } catch (error) {
    if (error instanceof RangeError) return false
    throw error
  }
}

/** Messages that do not belong behind a handshake, or not from everybody. */
const STRAYS: readonly Uint8Array[] = [
  handshake(0, EMPTY),
  handshake(0, Uint8Array.of(0)),
  handshake(1, new Uint8Array(40)),
  handshake(2, new Uint8Array(38)),
  handshake(4, new Uint8Array(6)),
  handshake(11, Uint8Array.of(0, 0, 0)),
  handshake(14, EMPTY),
  handshake(16, EMPTY),
  handshake(20, new Uint8Array(12)),
  handshake(24, Uint8Array.of(0)),
  handshake(99, EMPTY),
]

/** What follows the handshake. */
export function sayAfterwords12(mutant: RoguePeer12, { afterwords, afterwordSeed }: Plan): void {
  const dice = new Dice(afterwordSeed)
  for (const word of afterwords) {
    if (word === 'data') mutant.data('hello\n')
    else if (word === 'close') mutant.record(TYPE.alert, u16(0x0100))
    else mutant.message(dice.pick(STRAYS))
  }
}
