/** `createServer`: a TLS server over TCP, or over any stream given to its `connection` event. */

import { Server as NetServer } from 'node:net'
import type { Duplex } from 'node:stream'
import {
  chooseIdentity,
  type ClientConfig,
  type Connection,
  type EchKey,
  type Identity,
  serverConnection,
  type ServerConfig,
  TlsError,
} from '../tls/index.ts'
import { createTrustStore } from '../x509/index.ts'
import { nodeClock } from './clock.ts'
import type { Decisions } from './decisions.ts'
import { type EchKeyInput, readEchKeys } from './ech.ts'
import {
  type CertificateEvidence,
  type CertificateInput,
  checkIdentities,
  createIdentity,
  type KeyInput,
  withEvidence,
} from './identity.ts'
import {
  checkForeignOptions,
  defined,
  engineOptions,
  peerTypes,
  readAuthorities,
  type SharedOptions,
  type SharedSettings,
  sharedSettings,
} from './options.ts'
import { TlsSocket } from './socket.ts'
import { checkTransport, transportFacts } from './transport.ts'
import { readValidation, type ValidationOptions } from './validation.ts'

/** Certificate and key as in `createServer`. */
export interface CertificateAndKey extends CertificateEvidence {
  readonly cert: CertificateInput | readonly CertificateInput[]
  readonly key: KeyInput
  readonly passphrase?: string
}

/** What an SNICallback hands over. */
export type SecureContext = Identity | CertificateAndKey

export interface ServerOptions extends SharedOptions {
  /** Asks the client for a certificate. Default false. */
  readonly requestCert?: boolean
  /** With `requestCert`: `optional` lets a client without certificate in, as `rejectUnauthorized: false` does for all. Default `required`. */
  readonly clientAuthentication?: 'optional' | 'required'
  /**
   * Chooses the identity for a server_name (empty if none was sent), now or later; as in node:tls. An
   * error ends the handshake with `unrecognized_name`, a `TlsError` with its own alert; no context means
   * the server's identities.
   */
  readonly SNICallback?: (servername: string, callback: (error: Error | null, context?: SecureContext) => void) => void
  /** Whether a HelloRetryRequest carries a cookie, or one is sent for the cookie's sake. Default `never`. */
  readonly cookie?: ServerConfig['cookie']
  /** Emits `halfRtt` with a socket that may be written to before the client has proved itself. Default false. */
  readonly halfRttData?: boolean
  /** Refuses a client whose server_name no identity covers, with `unrecognized_name`. Default false. */
  readonly rejectUnknownServerName?: boolean
  /**
   * Keys for clients that hide the name they want (RFC 9849): PEM files, as `createEchKeyFile` makes them. The server
   * needs a certificate for each public name as well.
   */
  readonly ech?: EchKeyInput | readonly EchKeyInput[]
  /** Names (DER) of the authorities to accept client certificates from. Default: the subjects of `ca`, if given. */
  readonly certificateAuthorities?: ClientConfig['certificateAuthorities']
  /** As in net.Server, but on by default. */
  readonly noDelay?: boolean
  readonly keepAlive?: boolean
  /** Ends all connections and stops listening when aborted. */
  readonly signal?: AbortSignal
}

/**
 * A TLS server. Emits `secureConnection` with a `TlsSocket` whose peer is verified as the options
 * demand, `tlsClientError` with the error and the socket where a handshake failed, and with `keyLog`
 * `keylog` with a line and the socket. As in node:tls, an error of a socket that nobody listens to is
 * not thrown: one client must not end all others.
 */
export class TlsServer extends NetServer {
  #options: ServerOptions
  #settings: SharedSettings
  #ech: readonly EchKey[]
  readonly #sockets = new Set<TlsSocket>()

  /** @internal Use `createServer`. */
  constructor(options: ServerOptions) {
    super({ allowHalfOpen: true, noDelay: options.noDelay ?? true, ...defined({ keepAlive: options.keepAlive }) })
    checkForeignOptions(options)
    this.#options = options
    this.#settings = sharedSettings(serverDefaults(options))
    this.#ech = readEchKeys(this.#settings.provider, options.ech ?? [])
    checkHasIdentity(options, this.#settings)
    // A wrong option must show now, not at the first client.
    this.#engine()[Symbol.dispose]()
    this.on('connection', (transport: Duplex) => this.#serve(transport))
    if (options.signal !== undefined) this.#endWith(options.signal)
  }

  /**
   * Replaces the identities for connections to come; those that stand, or shake hands, are not touched.
   * @throws {TypeError} if one cannot be used; then nothing is replaced.
   */
  setIdentities(identities: readonly SecureContext[]): void {
    const replaced = identities.map((one) => asIdentity(this.#settings, one))
    if (replaced.length === 0) throw new TypeError('identities: needs at least one, has none')
    checkIdentities(this.#settings.provider, replaced, this.#settings.decisions.sign !== undefined)
    this.#settings = { ...this.#settings, identities: replaced }
  }

  /** As in node:tls: certificate and key in the place of all identities. */
  setSecureContext(context: CertificateAndKey): void {
    this.setIdentities([context])
  }

  /**
   * Replaces whom to trust, for connections to come: those that shake hands are not touched. Clients are
   * told of the new authorities, unless `certificateAuthorities` was given.
   * @throws {TypeError} if it cannot be read, or the server asks no client for a certificate; then nothing is replaced.
   */
  setTrust(ca: NonNullable<ServerOptions['ca']>): void {
    this.#checkAsksClients()
    this.#settings = { ...this.#settings, trust: readAuthorities(ca) }
    this.#options = { ...this.#options, ca }
  }

  /**
   * Replaces the ECH keys for connections to come.
   * @throws {TypeError} if one cannot be used; then nothing is replaced.
   */
  setEch(keys: EchKeyInput | readonly EchKeyInput[]): void {
    const before = this.#ech
    this.#ech = readEchKeys(this.#settings.provider, keys)
    try {
      this.#engine()[Symbol.dispose]()
    } catch (error) {
      this.#ech = before
      throw error
    }
  }

  /**
   * Replaces policy, lists and whatever else chains are judged by, for connections to come: those of the
   * options that are left out here apply no more.
   * @throws {TypeError} if one cannot be read, or the server asks no client for a certificate; then nothing is replaced.
   */
  setValidation(options: ValidationOptions): void {
    this.#checkAsksClients()
    this.#settings = { ...this.#settings, validation: readValidation(options) }
  }

  /** Whoever sets by what clients are judged means that they are. */
  #checkAsksClients(): void {
    if (this.#options.requestCert === true) return
    throw new TypeError('requestCert: needs true before a server can trust clients, has it not')
  }

  #serve(transport: Duplex): void {
    checkTransport('connection', transport)
    const connection = this.#engine()
    connection.setTransport(transportFacts(transport, 0))
    const settings = this.#settings
    const socket = new TlsSocket(transport, connection, { ...settings, decisions: this.#decisions(settings) })
    this.#sockets.add(socket)
    socket.once('close', () => this.#sockets.delete(socket))
    socket.on('error', (error: Error) => {
      if (socket.negotiated === undefined) this.emit('tlsClientError', error, socket)
    })
    if (this.#options.keyLog === true) socket.on('keylog', (line: Buffer) => this.emit('keylog', line, socket))
    socket.once('secure', () => this.emit('secureConnection', socket))
    if (this.#options.halfRttData === true) this.emit('halfRtt', socket)
    socket.start()
  }

  #engine(): Connection {
    const options = this.#options
    const { cookie, halfRttData, rejectUnknownServerName } = options
    return serverConnection({
      provider: this.#settings.provider,
      clock: nodeClock,
      identities: this.#settings.identities,
      ech: this.#ech,
      chooseConfig: options.chooseConfig !== undefined,
      clientAuthentication: clientAuthentication(options),
      certificateAuthorities:
        options.certificateAuthorities ??
        (options.ca === undefined ? [] : this.#settings.trust.certificates.map((root) => root.subjectDer)),
      clientCertificateTypes: options.clientCertificateTypes ?? peerTypes(options),
      ...engineOptions(options, this.#settings.validation),
      ...defined({ cookie, halfRttData, rejectUnknownServerName }),
    })
  }

  #decisions(settings: SharedSettings): Decisions {
    const { SNICallback } = this.#options
    const { decisions, provider, identities } = settings
    if (SNICallback === undefined || decisions.chooseIdentity !== undefined) return decisions
    return {
      ...decisions,
      chooseIdentity: (task) =>
        new Promise((resolve, reject) => {
          const returned: unknown = SNICallback(task.serverName ?? '', (error, context) => {
            // What the host hands over is its own doing, and the error its own to see: it must not throw into its callback.
            try {
              if (error !== null && error !== undefined) reject(unrecognizedName(error))
              else if (context === undefined || context === null) resolve(chooseIdentity(provider, identities, task))
              else resolve(asIdentity(settings, context))
            } catch (cause) {
              reject(cause as Error)
            }
          })
          // An async function says what went wrong by its promise.
          if (returned instanceof Promise) returned.catch((error: Error) => reject(unrecognizedName(error)))
        }),
    }
  }

  #endWith(signal: AbortSignal): void {
    const stop = (): void => {
      if (this.listening) this.close()
      for (const socket of this.#sockets) socket.destroy()
    }
    if (signal.aborted) {
      this.on('listening', stop)
      return
    }
    signal.addEventListener('abort', stop, { once: true })
    this.once('close', () => signal.removeEventListener('abort', stop))
  }
}

/**
 * A TLS server over TCP, in the manner of node:tls.
 * @throws {TypeError} for options that make no sense.
 */
export function createServer(options: ServerOptions, listener?: (socket: TlsSocket) => void): TlsServer {
  const server = new TlsServer(options)
  if (listener !== undefined) server.on('secureConnection', listener)
  return server
}

/** A server trusts nobody's client certificates unless it is told whom. */
function serverDefaults(options: ServerOptions): ServerOptions {
  if (options.ca !== undefined || options.roots !== undefined) return options
  return { ...options, ca: createTrustStore([]) }
}

/** A server has to show a certificate, from wherever it comes. */
function checkHasIdentity(options: ServerOptions, { identities }: SharedSettings): void {
  const { SNICallback, chooseIdentity: choose, chooseConfig } = options
  if (identities.length > 0 || [SNICallback, choose, chooseConfig].some((decision) => decision !== undefined)) return
  throw new TypeError('cert: needs a certificate to show, or SNICallback or chooseIdentity to choose one; has none')
}

function clientAuthentication(options: ServerOptions): 'none' | 'optional' | 'required' {
  if (options.requestCert !== true) {
    // To let clients in unasked is not what whoever set one of these meant.
    if (
      options.clientAuthentication !== undefined ||
      (options.requestCert !== undefined && options.requestCert !== false)
    ) {
      throw new TypeError(
        `requestCert: needs true to ask clients for a certificate, has ${String(options.requestCert)}`,
      )
    }
    return 'none'
  }
  return options.rejectUnauthorized === false ? 'optional' : (options.clientAuthentication ?? 'required')
}

function unrecognizedName(error: Error): TlsError {
  if (error instanceof TlsError) return error
  return new TlsError('unrecognized_name', error instanceof Error ? error.message : String(error), {
    fault: 'host',
    cause: error,
  })
}

/** A context may come anew for every connection; its certificates are read once. */
const identities = new WeakMap<object, Identity>()

function asIdentity({ provider }: SharedSettings, context: SecureContext): Identity {
  if ('chain' in context) return context
  let identity = identities.get(context)
  if (identity === undefined) {
    identity = withEvidence(createIdentity(provider, context.cert, context.key, context.passphrase), context)
    identities.set(context, identity)
  }
  return identity
}
