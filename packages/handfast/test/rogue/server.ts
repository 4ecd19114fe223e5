/** A rogue server, facing a client of ours. */

import { nodeProvider } from '../../src/crypto/node.ts'
import type { Aead, KeyExchangeGroup } from '../../src/crypto/provider.ts'
import { type ClientConfig, clientConnection, GROUP_CODES, type Session } from '../../src/tls/index.ts'
import { type ClientHello, readClientHello } from '../../src/tls/message/client-hello.ts'
import { HELLO_RETRY_REQUEST_RANDOM } from '../../src/tls/message/server-hello.ts'
import { RecordOpener } from '../../src/tls/record/protection.ts'
import { deriveEarlySecret, deriveEarlyTraffic } from '../../src/tls/schedule/key-schedule.ts'
import { SimulatedClock } from '../pair/wire.ts'
import { SERVER } from '../pair/pair.ts'
import { concatBytes } from '../../src/bytes/index.ts'
import {
  type CertificateParts,
  type ChangeExtensions,
  EXTENSION,
  extension,
  handshake,
  type RawExtension,
  type ServerHelloParts,
  u16,
  vector,
  writeCertificate,
  writeCertificateRequest,
  writeCompressed,
  writeExtensions,
  writeServerHello,
} from './messages.ts'
import { RoguePeer, type State } from './peer.ts'

/** The server's flight, in its order. */
export type Step = 'server_hello' | 'encrypted_extensions' | 'certificate' | 'certificate_verify' | 'finished'
const STEPS: readonly Step[] = ['server_hello', 'encrypted_extensions', 'certificate', 'certificate_verify', 'finished']

export class RogueServer extends RoguePeer {
  readonly role = 'server'
  /** The latest ClientHello. */
  hello: ClientHello | undefined
  #next = 0
  readonly #session: Session | undefined

  constructor(config: Partial<ClientConfig> = {}) {
    super(
      clientConnection({
        provider: nodeProvider,
        clock: new SimulatedClock(),
        serverName: 'server.example',
        groups: ['x25519', 'secp256r1'],
        keyShares: ['x25519'],
        cipherSuites: ['TLS_AES_128_GCM_SHA256'],
        ...config,
      }),
    )
    this.shownCertificate = SERVER
    this.#session = config.session
    this.settle()
  }

  // --- messages, right unless changed ---

  serverHello(change: (own: ServerHelloParts) => ServerHelloParts = (own) => own): this {
    this.#next = 1
    const group = this.#group()
    const share = this.hello?.extensions.key_share?.find((one) => one.group === GROUP_CODES[group.name])
    const { secret, share: own } =
      share === undefined ? { secret: new Uint8Array(32), share: new Uint8Array(32) } : group.respond(share.keyExchange)
    const parts = change({
      ...this.#honestHello(),
      random: nodeProvider.random(32),
      extensions: [
        extension(EXTENSION.supported_versions, [3, 4]),
        extension(EXTENSION.key_share, concatBytes(u16(GROUP_CODES[group.name]), vector(2, own))),
      ],
    })
    const message = writeServerHello(parts)
    this.note(message)
    this.agreeOn(secret)
    this.raw(this.sealedMessage(message))
    this.#useHandshakeKeys()
    return this
  }

  /** ServerHello with other extensions. */
  answering(change: ChangeExtensions): this {
    return this.serverHello((own) => ({ ...own, extensions: change(own.extensions) }))
  }

  /** ServerHello with these bytes as the share. */
  sharing(group: number, share: Uint8Array): this {
    return this.answering((own) =>
      own.map((one) =>
        one.code === EXTENSION.key_share ? extension(one.code, concatBytes(u16(group), vector(2, share))) : one,
      ),
    )
  }

  /** Asks for a group, by default one that is offered and has no share yet. */
  retry(change: ChangeExtensions = (own) => own, parts: Partial<ServerHelloParts> = {}): this {
    this.foldHello()
    return this.message(this.writeRetry(change, parts))
  }

  protected writeRetry(change: ChangeExtensions, parts: Partial<ServerHelloParts> = {}): Uint8Array {
    return writeServerHello({
      ...this.#honestHello(),
      random: HELLO_RETRY_REQUEST_RANDOM,
      extensions: change([
        extension(EXTENSION.supported_versions, [3, 4]),
        extension(EXTENSION.key_share, u16(GROUP_CODES.secp256r1)),
      ]),
      ...parts,
    })
  }

  encryptedExtensions(...extensions: readonly RawExtension[]): this {
    this.#next = 2
    return this.message(handshake(8, writeExtensions(extensions)))
  }

  certificateRequest(change: ChangeExtensions = (own) => own, context: Uint8Array = new Uint8Array(0)): this {
    return this.message(
      writeCertificateRequest(
        context,
        change([extension(EXTENSION.signature_algorithms, vector(2, u16(0x0403, 0x0804)))]),
      ),
    )
  }

  certificate(change: (own: CertificateParts) => CertificateParts = (own) => own): this {
    this.#next = 3
    const entries = (this.shownCertificate ?? SERVER).chain.map((data) => ({ data }))
    return this.message(writeCertificate(change({ context: new Uint8Array(0), entries })))
  }

  /** The same by zlib (RFC 8879). */
  compressedCertificate(change: (own: CertificateParts) => CertificateParts): this {
    this.#next = 3
    const entries = (this.shownCertificate ?? SERVER).chain.map((data) => ({ data }))
    const body = writeCertificate(change({ context: new Uint8Array(0), entries })).subarray(4)
    return this.message(writeCompressed(body))
  }

  finished(change?: (verifyData: Uint8Array) => Uint8Array): this {
    this.#next = 5
    const message = this.writeFinished(change)
    const sealed = this.sealedMessage(message)
    this.note(message)
    const secrets = this.applicationTraffic()
    this.#application = secrets.client
    this.raw(sealed)
    this.protect(secrets.server)
    return this
  }

  /** Everything up to but without this step, as it should be. */
  upTo(step: Step): this {
    while (this.#next < STEPS.indexOf(step)) this.#play(STEPS[this.#next] as Step)
    return this
  }

  /** Everything up to and with this step. */
  through(step: Step): this {
    while (this.#next <= STEPS.indexOf(step)) this.#play(STEPS[this.#next] as Step)
    return this
  }

  to(state: State): this {
    if (state === 'keyed') return this.through('server_hello')
    return state === 'open' ? this.through('finished') : this
  }

  #application: Uint8Array | undefined

  #play(step: Step): void {
    if (step === 'server_hello') this.serverHello()
    else if (step === 'encrypted_extensions') this.encryptedExtensions()
    else if (step === 'certificate') this.certificate()
    else if (step === 'certificate_verify') {
      this.#next = 4
      this.certificateVerify()
    } else this.finished()
  }

  #honestHello(): Omit<ServerHelloParts, 'random' | 'extensions'> {
    return {
      legacyVersion: 0x0303,
      sessionId: this.hello?.legacySessionId ?? new Uint8Array(0),
      cipherSuite: 0x1301,
      compression: 0,
    }
  }

  /** The group of the latest ClientHello's last share. */
  #group(): KeyExchangeGroup {
    const codes = this.hello?.extensions.key_share?.map(({ group }) => group) ?? []
    const known = nodeProvider.groups.find(({ name }) => GROUP_CODES[name] === codes.at(-1))
    return known ?? (nodeProvider.groups.find(({ name }) => name === 'x25519') as KeyExchangeGroup)
  }

  #useHandshakeKeys(): void {
    const { traffic } = this
    if (traffic !== undefined) this.protect(traffic.server)
  }

  protected override settle(): void {
    // The client may answer under keys of the handshake as soon as it has the ServerHello.
    if (this.opener === undefined && this.traffic !== undefined) this.expose(this.traffic.client)
    super.settle()
  }

  protected receiveMessage(message: Uint8Array): void {
    this.note(message)
    if (message[0] === 1) {
      this.hello = readClientHello({ type: 'client_hello', raw: message })
      if (this.#session !== undefined) this.earlyOpener = earlyOpener(this.#session, message)
    }
    if (message[0] === 20 && this.#application !== undefined) {
      this.expose(this.#application)
      // A Finished after the handshake changes no keys.
      this.#application = undefined
    }
  }
}

/** Whoever has the session can read its early data. */
function earlyOpener({ secret }: Session, clientHello: Uint8Array): RecordOpener {
  const hash = nodeProvider.hashes.sha256
  const aead = nodeProvider.aeads.find(({ name }) => name === 'aes-128-gcm') as Aead
  const traffic = deriveEarlyTraffic(hash, deriveEarlySecret(hash, secret), hash.digest(clientHello))
  return new RecordOpener(aead, hash, traffic)
}
