/** `connect`: a TLS client over TCP, a Unix domain socket, or any Duplex. */

import { isIP, type LookupFunction, connect as netConnect, Socket, type TcpNetConnectOpts } from 'node:net'
import type { Duplex } from 'node:stream'
import type { GroupName } from '../crypto/provider.ts'
import {
  type CertificateType,
  clientConnection,
  type HelloShape,
  readSession as decodeSession,
  type Session,
  type SessionCache,
} from '../tls/index.ts'
import { DecodeError } from '../bytes/index.ts'
import { nodeClock } from './clock.ts'
import { type EchConfigInput, readEchConfigs } from './ech.ts'
import {
  checkForeignOptions,
  checkTime,
  contextOf,
  defined,
  engineOptions,
  peerTypes,
  type SharedOptions,
  sharedSettings,
} from './options.ts'
import { TlsSocket } from './socket.ts'
import { checkTransport, transportFacts } from './transport.ts'

export interface ConnectOptions extends SharedOptions {
  /** Default `localhost`. */
  readonly host?: string
  readonly port?: number | string
  /** Path of a Unix domain socket, in place of host and port. */
  readonly path?: string | null
  /** A stream in place of a new connection, for us alone from now on; it may be connecting still. */
  readonly socket?: Duplex
  /**
   * The name to be proved, and to be sent if it is a DNS name. Default: `host`. Empty means the same
   * where `host` is an address: that is how http.Agent says that no name is sent.
   */
  readonly servername?: string
  /** Names (DER) of the authorities that we trust, for the server to choose its certificate by. Default: not sent. */
  readonly certificateAuthorities?: readonly Uint8Array[]
  /** Groups to send a key share for at once. */
  readonly keyShares?: readonly GroupName[]
  /** Adds values that mean nothing (RFC 8701), and without `ech` an offer of it that means nothing. Default false. */
  readonly grease?: boolean
  /** How the ClientHello looks, byte by byte where wanted; in place of `cipherSuites`, `groups` and the like. */
  readonly helloShape?: HelloShape
  /**
   * Hides the name: the ECHConfigList of the server (RFC 9849), such as the `ech` of its HTTPS record. Where the
   * server cannot read it, the error has an `echRejection` with what to do next.
   */
  readonly ech?: EchConfigInput
  /** RFC 9846 E.4. Default true. */
  readonly middleboxCompatibility?: boolean
  /** A session to resume: the bytes of a `session` event. Use each once, so that nobody can tell your connections apart. */
  readonly session?: Uint8Array
  /** Takes a session from here, and puts there those that the server offers. */
  readonly sessionCache?: SessionCache
  /**
   * Sent at once if the session allows as much. Anyone can send it to the server once more (RFC 9846 section 8):
   * nothing that must happen only once. `negotiated.earlyData` tells whether the server took it; if it is not
   * `accepted`, send it again or not, as you like.
   */
  readonly earlyData?: Uint8Array | string
  /** What to take of the server, in order of preference (RFC 7250). Default: X509, with `trustedKeys` RawPublicKey before it. */
  readonly serverCertificateTypes?: readonly CertificateType[]
  /**
   * Lets the server ask who we are after the handshake too (RFC 9846 section 4.7.2): it is shown what fits, or nothing.
   * Default false.
   */
  readonly postHandshakeAuth?: boolean
  /** Ends the connection, in whatever phase, with an `AbortError`. */
  readonly signal?: AbortSignal
  /** As `setTimeout`: milliseconds of silence after which `timeout` is emitted. */
  readonly timeout?: number
  /** As in net.connect, but on by default: a flight is one write, and waits for none. */
  readonly noDelay?: boolean
  readonly keepAlive?: boolean
  readonly keepAliveInitialDelay?: number
  readonly localAddress?: string
  readonly localPort?: number
  readonly family?: number
  readonly hints?: number
  readonly lookup?: LookupFunction
  readonly autoSelectFamily?: boolean
  readonly autoSelectFamilyAttemptTimeout?: number
}

/**
 * Connects and begins the handshake. The socket emits `secureConnect` once the server is verified and
 * `error` if it is not, or if the transport fails; data written before waits until then. Its `report`
 * tells the handshake.
 * @throws {TypeError} for options that make no sense, before anything is on the wire.
 */
export function connect(options: ConnectOptions, listener?: () => void): TlsSocket
export function connect(port: number, options?: ConnectOptions, listener?: () => void): TlsSocket
export function connect(port: number, host: string, options?: ConnectOptions, listener?: () => void): TlsSocket
export function connect(...given: readonly (ConnectOptions | number | string | (() => void) | undefined)[]): TlsSocket {
  const port = given.find((one) => typeof one === 'number')
  const host = given.find((one) => typeof one === 'string')
  const options = given.find((one) => typeof one === 'object')
  const listener = given.find((one) => typeof one === 'function')
  return begin({ ...options, ...defined({ port, host }) }, listener)
}

function begin(options: ConnectOptions, listener: (() => void) | undefined): TlsSocket {
  const beganAt = nodeClock.now()
  checkForeignOptions(options)
  const settings = sharedSettings(options)
  const serverName = serverNameOf(options)
  if (serverName === undefined && settings.rejectUnauthorized && options.verifyPeer === undefined) {
    throw new TypeError('servername: needs the name that the server must prove, has none')
  }
  const {
    keyShares,
    grease,
    helloShape,
    middleboxCompatibility,
    clientCertificateTypes,
    postHandshakeAuth,
    certificateAuthorities,
  } = options
  const ech = options.ech === undefined ? undefined : readEchConfigs(options.ech)
  const cacheKey = `${serverName ?? ''}:${options.path ?? options.port ?? ''}`
  const session = options.session === undefined ? options.sessionCache?.take(cacheKey) : readSession(options.session)
  const connection = clientConnection({
    provider: settings.provider,
    keepSessions: true,
    resumptionContext: contextOf(options, settings, ['client']),
    ...defined({ session, earlyData: earlyBytes(options.earlyData) }),
    clock: nodeClock,
    beganAt,
    identities: settings.identities,
    ...engineOptions(options, settings.validation),
    serverCertificateTypes: options.serverCertificateTypes ?? peerTypes(options),
    ...defined({ serverName, keyShares, grease, helloShape, ech, middleboxCompatibility }),
    ...defined({ clientCertificateTypes, postHandshakeAuth, certificateAuthorities }),
  })
  const timeout = options.timeout === undefined ? undefined : checkTime('timeout', options.timeout)
  if (options.socket !== undefined) checkTransport('socket', options.socket)
  const transport = options.socket ?? openTransport(options)
  const socket = new TlsSocket(transport, connection, { ...settings, signal: options.signal })
  const { sessionCache } = options
  if (sessionCache !== undefined) {
    socket.on('session', (bytes: Buffer) => sessionCache.add(cacheKey, readSession(Uint8Array.from(bytes))))
  }
  if (timeout !== undefined) socket.setTimeout(timeout)
  if (listener !== undefined) socket.once('secureConnect', listener)

  const start = (): void => {
    connection.setTransport(transportFacts(transport, options.socket === undefined ? nodeClock.now() - beganAt : null))
    socket.start()
  }
  const isConnecting = options.socket === undefined || (transport as Partial<Socket>).connecting === true
  if (!isConnecting) {
    queueMicrotask(start)
    return socket
  }
  passOn(transport, socket)
  transport.once('connect', () => {
    start()
    socket.emit('connect')
    socket.emit('ready')
  })
  return socket
}

/** @throws {TypeError} */
function readSession(bytes: Uint8Array): Session {
  try {
    return decodeSession(bytes)
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error
    throw new TypeError(`session: needs the bytes of a session event; ${error.message}`, { cause: error })
  }
}

/** @throws {TypeError} */
function earlyBytes(data: Uint8Array | string | undefined): Uint8Array | undefined {
  if (data === undefined || data instanceof Uint8Array) return data
  if (typeof data === 'string') return new TextEncoder().encode(data)
  throw new TypeError(`earlyData: needs text or bytes, has ${typeof data}`)
}

/** The name that the server must prove. @throws {TypeError} */
function serverNameOf({ servername, host, path, socket }: ConnectOptions): string | undefined {
  const isElsewhere = socket !== undefined || (path !== undefined && path !== null)
  const fallback = host ?? (isElsewhere ? undefined : 'localhost')
  if (servername === undefined) return fallback
  if (servername !== '') return servername
  if (fallback === undefined || isIP(fallback) !== 0) return fallback
  throw new TypeError('servername: needs the name that the server must prove, has an empty one')
}

/** What net.Socket tells of its connecting. */
const CONNECTING_EVENTS = [
  'lookup',
  'connectionAttempt',
  'connectionAttemptFailed',
  'connectionAttemptTimeout',
] as const

function passOn(transport: Duplex, socket: TlsSocket): void {
  for (const name of CONNECTING_EVENTS) {
    transport.on(name, (...details: unknown[]) => socket.emit(name, ...details))
  }
}

function openTransport(options: ConnectOptions): Socket {
  const { path, host = 'localhost', noDelay = true } = options
  const isPath = path !== undefined && path !== null
  const port = isPath ? 0 : checkPort(options.port)
  // Not a packet for somebody who has already changed their mind: the deadline ends this one.
  if (options.signal?.aborted === true) return new Socket()
  if (isPath) return netConnect({ path, allowHalfOpen: true })
  const { keepAlive, keepAliveInitialDelay, localAddress, localPort, family, hints, lookup } = options
  const { autoSelectFamily, autoSelectFamilyAttemptTimeout } = options
  const target: TcpNetConnectOpts = {
    host,
    port,
    noDelay,
    allowHalfOpen: true,
    ...defined({ keepAlive, keepAliveInitialDelay, localAddress, localPort, family, hints, lookup }),
    ...defined({ autoSelectFamily, autoSelectFamilyAttemptTimeout }),
  }
  return netConnect(target)
}

function checkPort(port: number | string | undefined): number {
  const number = typeof port === 'string' && /^\d+$/.test(port) ? Number(port) : port
  if (typeof number === 'number' && Number.isInteger(number) && number > 0 && number <= 0xffff) return number
  throw new TypeError(`port: needs the port to connect to, 1 to 65535, has ${port === undefined ? 'none' : port}`)
}
