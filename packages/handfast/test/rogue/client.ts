/** A rogue client, facing a server of ours. */

import { concatBytes } from '../../src/bytes/index.ts'
import { nodeProvider } from '../../src/crypto/node.ts'
import type { EphemeralKey, KeyExchangeGroup } from '../../src/crypto/provider.ts'
import { GROUP_CODES, type ServerConfig, serverConnection } from '../../src/tls/index.ts'
import { readServerHello } from '../../src/tls/message/server-hello.ts'
import { SimulatedClock } from '../pair/wire.ts'
import { CLIENT, identityOf, SERVER } from '../pair/pair.ts'
import {
  type CertificateParts,
  type ChangeExtensions,
  type ClientHelloParts,
  EXTENSION,
  extension,
  type RawExtension,
  text,
  u16,
  vector,
  writeCertificate,
  writeClientHello,
} from './messages.ts'
import { RoguePeer, type State } from './peer.ts'

export class RogueClient extends RoguePeer {
  readonly role = 'client'
  /** Of the latest CertificateRequest. */
  requestContext: Uint8Array = new Uint8Array(0)
  /** Of the latest HelloRetryRequest. */
  cookie: Uint8Array | undefined
  #wantedGroup = 'x25519'
  #key: EphemeralKey | undefined
  #random: Uint8Array = nodeProvider.random(32)
  #sessionId: Uint8Array = nodeProvider.random(32)
  #serverTraffic: Uint8Array | undefined
  #clientTraffic: Uint8Array | undefined
  readonly #isAsked: boolean

  constructor(config: Partial<ServerConfig> = {}) {
    super(
      serverConnection({
        provider: nodeProvider,
        clock: new SimulatedClock(),
        identities: [identityOf(SERVER)],
        cipherSuites: ['TLS_AES_128_GCM_SHA256'],
        groups: ['x25519', 'secp256r1'],
        ...config,
      }),
    )
    this.shownCertificate = CLIENT
    this.#isAsked = (config.clientAuthentication ?? 'none') !== 'none'
  }

  // --- messages, right unless changed ---

  clientHello(change: (own: ClientHelloParts) => ClientHelloParts = (own) => own): this {
    return this.message(this.writeHello(change))
  }

  /** ClientHello with other extensions. */
  offering(change: ChangeExtensions): this {
    return this.clientHello((own) => ({ ...own, extensions: change(own.extensions) }))
  }

  /** ClientHello with these bytes as the share of this group. */
  sharing(group: number, share: Uint8Array): this {
    return this.offering((own) =>
      own.map((one) =>
        one.code === EXTENSION.key_share
          ? extension(one.code, vector(2, concatBytes(u16(group), vector(2, share))))
          : one,
      ),
    )
  }

  writeHello(change: (own: ClientHelloParts) => ClientHelloParts = (own) => own): Uint8Array {
    const group = nodeProvider.groups.find(({ name }) => name === this.#wantedGroup) as KeyExchangeGroup
    this.#key = group.generate()
    const share = concatBytes(u16(GROUP_CODES[group.name]), vector(2, this.#key.share))
    const extensions: RawExtension[] = [
      extension(EXTENSION.server_name, vector(2, Uint8Array.of(0), vector(2, text('server.example')))),
      extension(EXTENSION.supported_groups, vector(2, u16(0x001d, 0x0017))),
      extension(EXTENSION.signature_algorithms, vector(2, u16(0x0403, 0x0804))),
      extension(EXTENSION.supported_versions, vector(1, u16(0x0304))),
      ...(this.cookie === undefined ? [] : [extension(EXTENSION.cookie, vector(2, this.cookie))]),
      extension(EXTENSION.key_share, vector(2, share)),
    ]
    return writeClientHello(
      change({
        legacyVersion: 0x0303,
        random: this.#random,
        sessionId: this.#sessionId,
        cipherSuites: u16(0x1301),
        compression: Uint8Array.of(0),
        extensions,
      }),
    )
  }

  /** A ClientHello, in the transcript already. */
  honestHello(): Uint8Array {
    const hello = this.writeHello()
    this.note(hello)
    return hello
  }

  certificate(change: (own: CertificateParts) => CertificateParts = (own) => own): this {
    const entries = (this.shownCertificate ?? CLIENT).chain.map((data) => ({ data }))
    return this.message(writeCertificate(change({ context: new Uint8Array(0), entries })))
  }

  /** Our own Finished of an answer after the handshake is keyed by the secret in use. */
  lateFinished(change?: (verifyData: Uint8Array) => Uint8Array): this {
    return this.message(this.writeFinished(change, this.currentSecret))
  }

  /** Offers post-handshake authentication, and is asked once the connection is open. */
  askedLate(): this {
    this.offering((own) => [...own, extension(EXTENSION.post_handshake_auth)]).finished()
    this.connection.requestClientCertificate()
    this.readAnswer()
    return this
  }

  /** Certificate for the latest request. */
  lateCertificate(change: (own: CertificateParts) => CertificateParts = (own) => own): this {
    return this.certificate((own) => change({ ...own, context: this.requestContext }))
  }

  finished(change?: (verifyData: Uint8Array) => Uint8Array): this {
    this.message(this.writeFinished(change))
    if (this.#clientTraffic !== undefined) this.protect(this.#clientTraffic)
    return this
  }

  to(state: State): this {
    if (state === 'begun') return this
    this.clientHello()
    if (state === 'keyed') return this
    if (this.#isAsked) this.certificate().certificateVerify()
    return this.finished()
  }

  // --- what the server sends ---

  protected receiveMessage(message: Uint8Array): void {
    if (message[0] === 2) this.#receiveHello(message)
    else this.note(message)
    if (message[0] === 13) this.requestContext = message.slice(5, 5 + (message[4] as number))
    if (message[0] === 20) {
      const secrets = this.applicationTraffic()
      this.#serverTraffic = secrets.server
      this.#clientTraffic = secrets.client
      this.expose(this.#serverTraffic)
    }
  }

  #receiveHello(message: Uint8Array): void {
    const hello = readServerHello({ type: 'server_hello', raw: message }, undefined)
    if (hello.kind === 'hello_retry_request') {
      this.foldHello()
      this.note(message)
      this.cookie = hello.extensions.cookie
      const wanted = nodeProvider.groups.find(({ name }) => GROUP_CODES[name] === hello.extensions.key_share)
      this.#wantedGroup = wanted?.name ?? this.#wantedGroup
      return
    }
    this.note(message)
    const share = hello.extensions.key_share
    if (share === undefined || this.#key === undefined) throw new Error('the engine answered without a share')
    this.agreeOn(this.#key.agree(share.keyExchange))
    if (this.traffic === undefined) return
    this.protect(this.traffic.client)
    this.expose(this.traffic.server)
  }
}
