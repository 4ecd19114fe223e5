/**
 * The OpenSSL inside this Node, by node:tls over streams in memory. It does its work in the turns of the
 * event loop, so it is quiet once some turns have brought nothing: no clock is asked.
 */

import { constants } from 'node:crypto'
import { Duplex } from 'node:stream'
import { setImmediate as turn } from 'node:timers/promises'
import {
  connect,
  createSecureContext,
  createServer,
  type SecureContextOptions,
  type Server,
  type TLSSocket,
  type TlsOptions,
} from 'node:tls'
import type { TlsVersion } from '../../packages/handfast/src/tls/index.ts'
import type { Counterpart, Ending, Implementation } from './counterpart.ts'
import {
  ALPN,
  AUTHORITY,
  CIPHER_SUITES,
  OPENSSL_CIPHER_12,
  OWN,
  type Role,
  type Scenario,
  SCENARIOS,
  SERVER_NAME,
} from './scenario.ts'

/** Turns without a byte after which nothing more comes, by attempt: it takes three, but for a busy machine. */
const QUIET_TURNS = [8, 50, 300]

/** What handfast does not do in TLS 1.2 is not done here either. */
const LEFT_OUT = constants.SSL_OP_NO_RENEGOTIATION | constants.SSL_OP_NO_TICKET | constants.SSL_OP_NO_ENCRYPT_THEN_MAC

/** For each scenario, in turn. */
const SERVERS = 32

function common(version: TlsVersion): SecureContextOptions {
  const name = version === 'TLS 1.2' ? 'TLSv1.2' : 'TLSv1.3'
  const ciphers = version === 'TLS 1.2' ? OPENSSL_CIPHER_12 : CIPHER_SUITES[version]
  const limits = { minVersion: name, maxVersion: name, ciphers, ca: AUTHORITY.pem } as const
  return version === 'TLS 1.2' ? { ...limits, secureOptions: LEFT_OUT } : limits
}

export function nodeTls(): Implementation {
  const servers = new Map(
    SCENARIOS.map((scenario) => [
      scenario,
      Array.from({ length: SERVERS }, () => createServer(serverOptions(scenario))),
    ]),
  )
  let conversations = 0
  return {
    name: 'node',
    version: `OpenSSL ${process.versions.openssl}`,
    start: (role, scenario, attempt) => {
      const wire = new Wire()
      const spoken =
        role === 'server'
          ? attend(wire, servers.get(scenario)?.[conversations++ % SERVERS] as Server)
          : call(wire, scenario)
      return Promise.resolve(
        new InMemory(wire, spoken, QUIET_TURNS[Math.min(attempt, QUIET_TURNS.length) - 1] as number),
      )
    },
    stop: () => Promise.resolve(),
  }
}

function credentials(role: Role): { cert: string; key: string } {
  return { cert: OWN[role].chainPem, key: OWN[role].key.pem }
}

function serverOptions({ version, isMutual, isRetried, hasAlpn }: Scenario): TlsOptions {
  return {
    ...common(version),
    ...credentials('server'),
    ecdhCurve: isRetried ? 'P-256' : 'X25519:P-256',
    ...(isMutual && { requestCert: true, rejectUnauthorized: true }),
    ...(hasAlpn && { ALPNProtocols: [ALPN] }),
  }
}

/** What a socket tells of its handshake. */
interface Spoken {
  socket: TLSSocket | undefined
  isComplete: boolean
  data: string
  error: NodeJS.ErrnoException | undefined
}

/** One memory for all clients: to read certificates for each is what takes long. */
const contexts = new Map<Scenario, ReturnType<typeof createSecureContext>>()

function call(wire: Wire, scenario: Scenario): Spoken {
  const { version, isMutual, hasAlpn } = scenario
  let secureContext = contexts.get(scenario)
  if (secureContext === undefined) {
    secureContext = createSecureContext({
      ...common(version),
      ...(isMutual && credentials('client')),
      ecdhCurve: 'X25519:P-256',
    })
    contexts.set(scenario, secureContext)
  }
  const socket = connect({
    socket: wire,
    secureContext,
    servername: SERVER_NAME,
    ...(hasAlpn && { ALPNProtocols: [ALPN] }),
  })
  const spoken: Spoken = { socket, isComplete: false, data: '', error: undefined }
  socket.once('secureConnect', () => (spoken.isComplete = true))
  watch(socket, spoken)
  return spoken
}

/**
 * A server's events do not say to which stream they belong: so a server has rest after a conversation, and an event
 * that comes late is none of the next one.
 */
function attend(wire: Wire, server: Server): Spoken {
  const spoken: Spoken = { socket: undefined, isComplete: false, data: '', error: undefined }
  server.removeAllListeners('secureConnection').removeAllListeners('tlsClientError')
  server.once('secureConnection', (socket: TLSSocket) => {
    spoken.socket = socket
    spoken.isComplete = true
    watch(socket, spoken)
  })
  server.once('tlsClientError', (error: Error) => (spoken.error = error))
  server.emit('connection', wire)
  return spoken
}

function watch(socket: TLSSocket, spoken: Spoken): void {
  socket.on('data', (data: Buffer) => (spoken.data += data.toString('latin1')))
  socket.on('error', (error: Error) => (spoken.error ??= error))
}

/** The end of the stream that node:tls holds. */
class Wire extends Duplex {
  #output: Uint8Array[] = []

  override _read(): void {}

  override _write(chunk: Uint8Array, _encoding: string, done: () => void): void {
    this.#output.push(chunk.slice())
    done()
  }

  takeOutput(): Uint8Array | undefined {
    return this.#output.shift()
  }
}

class InMemory implements Counterpart {
  readonly #wire: Wire
  readonly #spoken: Spoken
  readonly #patience: number

  constructor(wire: Wire, spoken: Spoken, patience: number) {
    this.#wire = wire
    this.#spoken = spoken
    this.#patience = patience
    wire.on('error', () => {})
  }

  async exchange(pieces: readonly Uint8Array[], hear: (bytes: Uint8Array) => boolean): Promise<void> {
    for (const piece of pieces) if (!this.#wire.destroyed) this.#wire.push(piece)
    await this.#settle(hear)
  }

  async end(): Promise<Ending> {
    // Of a certificate that it does not trust it says nothing: it hangs up.
    const isHungUp = this.#wire.destroyed
    if (!isHungUp) this.#wire.push(null)
    await this.#settle(() => false)
    this.#spoken.socket?.destroy()
    this.#wire.destroy()
    for (
      let turns = 0;
      turns < this.#patience && !this.#spoken.isComplete && this.#spoken.error === undefined;
      turns++
    ) {
      await turn()
    }
    const { isComplete, data, error } = this.#spoken
    const code = error?.code
    const isEnded = code !== undefined && /_ALERT_|_TLSV1_/.test(code)
    const isOwn = code !== undefined && /^ERR_SSL_|^ERR_TLS_|^[A-Z]+(_[A-Z]+)+$/.test(code) && !isEnded
    const complaint = isOwn ? code : isHungUp && !isEnded && !isComplete ? 'hangs up' : undefined
    return { isComplete, data, complaint, isEnded, alert: undefined, isHung: false }
  }

  async #settle(hear: (bytes: Uint8Array) => boolean): Promise<void> {
    for (let quiet = 0; quiet < this.#patience; quiet++) {
      await turn()
      for (let bytes = this.#wire.takeOutput(); bytes !== undefined; bytes = this.#wire.takeOutput()) {
        quiet = 0
        if (hear(bytes)) return
      }
    }
  }
}
