/**
 * The OpenSSL inside this Node, by node:tls over streams in memory. It does its work in the turns of the
 * event loop, so it is quiet once some turns have brought nothing: no clock is asked.
 */

import { Duplex } from 'node:stream'
import { setImmediate as turn } from 'node:timers/promises'
import { connect, createSecureContext, createServer, type Server, type TLSSocket, type TlsOptions } from 'node:tls'
import type { Counterpart, Ending, Implementation } from './counterpart.ts'
import { ALPN, AUTHORITY, CIPHER_SUITE, OWN, type Role, type Scenario, SCENARIOS, SERVER_NAME } from './scenario.ts'

/** Turns without a byte after which nothing more comes; it takes three at most. */
const QUIET_TURNS = 8

const COMMON = { minVersion: 'TLSv1.3', maxVersion: 'TLSv1.3', ciphers: CIPHER_SUITE, ca: AUTHORITY.pem } as const

export function nodeTls(): Implementation {
  const servers = new Map(SCENARIOS.map((scenario) => [scenario, createServer(serverOptions(scenario))]))
  return {
    name: 'node',
    version: `OpenSSL ${process.versions.openssl}`,
    start: (role, scenario) => {
      const wire = new Wire()
      const spoken = role === 'server' ? attend(wire, servers.get(scenario) as Server) : call(wire, scenario)
      return Promise.resolve(new InMemory(wire, spoken))
    },
    stop: () => Promise.resolve(),
  }
}

function credentials(role: Role): { cert: string; key: string } {
  return { cert: OWN[role].chainPem, key: OWN[role].key.pem }
}

function serverOptions({ isMutual, isRetried, hasAlpn }: Scenario): TlsOptions {
  return {
    ...COMMON,
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
const contexts = new Map<boolean, ReturnType<typeof createSecureContext>>()

function call(wire: Wire, { isMutual, hasAlpn }: Scenario): Spoken {
  let secureContext = contexts.get(isMutual)
  if (secureContext === undefined) {
    secureContext = createSecureContext({
      ...COMMON,
      ...(isMutual && credentials('client')),
      ecdhCurve: 'X25519:P-256',
    })
    contexts.set(isMutual, secureContext)
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
 * A server's events do not say to which stream they belong: conversations come one after the other, and
 * none ends before its event.
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

  constructor(wire: Wire, spoken: Spoken) {
    this.#wire = wire
    this.#spoken = spoken
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
    for (let turns = 0; turns < QUIET_TURNS && !this.#spoken.isComplete && this.#spoken.error === undefined; turns++) {
      await turn()
    }
    const { isComplete, data, error } = this.#spoken
    const code = error?.code
    const isEnded = code !== undefined && /_ALERT_/.test(code)
    const isOwn = code !== undefined && /^ERR_SSL_|^ERR_TLS_|^[A-Z]+(_[A-Z]+)+$/.test(code) && !isEnded
    const complaint = isOwn ? code : isHungUp && !isEnded && !isComplete ? 'hangs up' : undefined
    return { isComplete, data, complaint, isEnded, alert: undefined, isHung: false }
  }

  async #settle(hear: (bytes: Uint8Array) => boolean): Promise<void> {
    for (let quiet = 0; quiet < QUIET_TURNS; quiet++) {
      await turn()
      for (let bytes = this.#wire.takeOutput(); bytes !== undefined; bytes = this.#wire.takeOutput()) {
        quiet = 0
        if (hear(bytes)) return
      }
    }
  }
}
