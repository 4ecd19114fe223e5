/** A rogue server of TLS 1.2, facing a client of ours. */

import { concatBytes } from '../../src/bytes/index.ts'
import { nodeProvider } from '../../src/crypto/node.ts'
import type { EphemeralKey, GroupName, KeyExchangeGroup } from '../../src/crypto/provider.ts'
import { type ClientConfig, clientConnection, GROUP_CODES } from '../../src/tls/index.ts'
import { type ClientHello, readClientHello } from '../../src/tls/message/client-hello.ts'
import { CLIENT, SERVER } from '../pair/pair.ts'
import { SimulatedClock } from '../pair/wire.ts'
import type { TestCertificate } from '../pki.ts'
import {
  type ChangeExtensions,
  extension,
  handshake,
  type ServerHelloParts,
  u16,
  vector,
  writeServerHello,
} from '../rogue/messages.ts'
import { RoguePeer12, type SignedParts } from './peer.ts'

export type Step = 'server_hello' | 'certificate' | 'server_key_exchange' | 'server_hello_done' | 'change_cipher_spec'
const STEPS: readonly Step[] = [
  'server_hello',
  'certificate',
  'server_key_exchange',
  'server_hello_done',
  'change_cipher_spec',
]

export interface ExchangeParts extends SignedParts {
  /** Curve type, group, point. */
  parameters: Uint8Array
}

export interface RequestParts {
  types: readonly number[]
  schemes: readonly number[]
  authorities: readonly Uint8Array[]
}

export class RogueServer12 extends RoguePeer12 {
  readonly role = 'server'
  hello: ClientHello | undefined
  readonly #ephemeral: EphemeralKey
  readonly #group: KeyExchangeGroup
  #next = 0

  constructor(config: Partial<ClientConfig> = {}, shown: TestCertificate = SERVER, group: GroupName = 'x25519') {
    const connection = clientConnection({
      provider: nodeProvider,
      clock: new SimulatedClock(),
      serverName: 'server.example',
      groups: ['x25519', 'secp256r1'],
      cipherSuites: ['TLS_AES_128_GCM_SHA256', 'TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256'],
      ...config,
    })
    super(connection, shown, CLIENT)
    this.#group = nodeProvider.groups.find(({ name }) => name === group) as KeyExchangeGroup
    this.#ephemeral = this.#group.generate()
    this.serverRandom = nodeProvider.random(32)
    this.settle()
  }

  // --- messages, right unless changed ---

  serverHello(change: (own: ServerHelloParts) => ServerHelloParts = (own) => own): this {
    this.#next = 1
    const parts = change({
      legacyVersion: 0x0303,
      random: this.serverRandom,
      sessionId: new Uint8Array(0),
      cipherSuite: 0xc02b,
      compression: 0,
      extensions: [extension(0xff01, [0]), extension(11, [1, 0]), extension(23)],
    })
    this.serverRandom = parts.random
    return this.message(writeServerHello(parts))
  }

  answering(change: ChangeExtensions): this {
    return this.serverHello((own) => ({ ...own, extensions: change(own.extensions) }))
  }

  override certificate(chain?: readonly Uint8Array[]): this {
    this.#next = 2
    return super.certificate(chain)
  }

  serverKeyExchange(change: (own: ExchangeParts) => ExchangeParts = (own) => own): this {
    this.#next = 3
    const parameters = concatBytes(
      Uint8Array.of(3),
      u16(GROUP_CODES[this.#group.name]),
      vector(1, this.#ephemeral.share),
    )
    const { parameters: sent, scheme, signature } = change({ ...this.signed(parameters), parameters })
    return this.message(handshake(12, concatBytes(sent, u16(scheme), vector(2, signature))))
  }

  /** The right signature of these parameters. */
  signed(parameters: Uint8Array): SignedParts {
    return this.prove(concatBytes(this.clientRandom, this.serverRandom, parameters))
  }

  /** ServerKeyExchange with these parameters, rightly signed. */
  sharing(parameters: Uint8Array): this {
    return this.serverKeyExchange(() => ({ ...this.signed(parameters), parameters }))
  }

  certificateRequest(change: (own: RequestParts) => RequestParts = (own) => own): this {
    const { types, schemes, authorities } = change({ types: [64, 1], schemes: [0x0403, 0x0804], authorities: [] })
    const names = authorities.map((name) => vector(2, name))
    return this.message(
      handshake(13, concatBytes(vector(1, Uint8Array.from(types)), vector(2, u16(...schemes)), vector(2, ...names))),
    )
  }

  serverHelloDone(): this {
    this.#next = 4
    return this.message(handshake(14, new Uint8Array(0)))
  }

  override changeCipherSpec(content?: readonly number[]): this {
    this.#next = 5
    return super.changeCipherSpec(content)
  }

  /** All steps to this one, as far as they have not been gone. */
  through(step: Step): this {
    const acts = [
      () => this.serverHello(),
      () => this.certificate(),
      () => this.serverKeyExchange(),
      () => this.serverHelloDone(),
      () => this.changeCipherSpec(),
    ]
    for (const act of acts.slice(this.#next, STEPS.indexOf(step) + 1)) act()
    return this
  }

  open(): this {
    return this.through('change_cipher_spec').finished()
  }

  // --- what the client sends ---

  protected receiveMessage(message: Uint8Array): void {
    if (message[0] === 1) {
      this.hello = readClientHello({ type: 'client_hello', raw: message })
      this.clientRandom = this.hello.random
    }
    if (message[0] === 16) this.agreeOn(this.#ephemeral.agree(message.subarray(5)))
  }
}
