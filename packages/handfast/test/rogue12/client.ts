/** A rogue client of TLS 1.2, facing a server of ours. */

import { nodeProvider } from '../../src/crypto/node.ts'
import type { KeyExchangeGroup } from '../../src/crypto/provider.ts'
import { GROUP_CODES, type ServerConfig, serverConnection } from '../../src/tls/index.ts'
import { readServerKeyExchange } from '../../src/tls/message/server-key-exchange.ts'
import { CLIENT, identityOf, SERVER } from '../pair/pair.ts'
import { SimulatedClock } from '../pair/wire.ts'
import type { TestCertificate } from '../pki.ts'
import {
  type ChangeExtensions,
  type ClientHelloParts,
  EXTENSION,
  extension,
  handshake,
  text,
  u16,
  vector,
  writeClientHello,
} from '../rogue/messages.ts'
import { RoguePeer12 } from './peer.ts'

export class RogueClient12 extends RoguePeer12 {
  readonly role = 'client'
  #secret: Uint8Array = new Uint8Array(32)
  #point: Uint8Array = new Uint8Array(0)

  constructor(config: Partial<ServerConfig> = {}, shown: TestCertificate = CLIENT, engines: TestCertificate = SERVER) {
    const connection = serverConnection({
      provider: nodeProvider,
      clock: new SimulatedClock(),
      identities: [identityOf(engines)],
      groups: ['x25519', 'secp256r1'],
      ...config,
    })
    super(connection, shown, engines)
    this.clientRandom = nodeProvider.random(32)
  }

  // --- messages, right unless changed ---

  clientHello(change: (own: ClientHelloParts) => ClientHelloParts = (own) => own): this {
    return this.message(this.writeHello(change))
  }

  writeHello(change: (own: ClientHelloParts) => ClientHelloParts = (own) => own): Uint8Array {
    return writeClientHello(
      change({
        legacyVersion: 0x0303,
        random: this.clientRandom,
        sessionId: new Uint8Array(0),
        cipherSuites: u16(0xc02b),
        compression: Uint8Array.of(0),
        extensions: [
          extension(EXTENSION.server_name, vector(2, Uint8Array.of(0), vector(2, text('server.example')))),
          extension(EXTENSION.supported_groups, vector(2, u16(0x001d, 0x0017))),
          extension(EXTENSION.signature_algorithms, vector(2, u16(0x0403, 0x0804))),
          extension(11, [1, 0]),
          extension(23),
          extension(0xff01, [0]),
        ],
      }),
    )
  }

  offering(change: ChangeExtensions): this {
    return this.clientHello((own) => ({ ...own, extensions: change(own.extensions) }))
  }

  /** The point that answers the server's, or this one. */
  clientKeyExchange(point: Uint8Array = this.#point): this {
    const message = this.shape(handshake(16, vector(1, point)))
    this.note(message)
    this.agreeOn(this.#secret)
    return this.record(22, message)
  }

  open(): this {
    return this.clientHello().clientKeyExchange().changeCipherSpec().finished()
  }

  // --- what the server sends ---

  protected receiveMessage(message: Uint8Array): void {
    if (message[0] === 2) this.serverRandom = message.slice(6, 38)
    if (message[0] === 12) {
      const exchange = readServerKeyExchange({ type: 'server_key_exchange', raw: message })
      const group = nodeProvider.groups.find(({ name }) => GROUP_CODES[name] === exchange.group) as KeyExchangeGroup
      const { share, secret } = group.respond(exchange.point)
      this.#point = share
      this.#secret = secret
    }
  }
}
