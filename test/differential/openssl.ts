/**
 * Debian's OpenSSL, by its own programs over loopback: one `s_server` for each scenario, which takes one
 * connection after the other, and an `s_client` for each case. What is quiet is asked of a clock here, so
 * whoever counts on an outcome plays a case again, with more patience.
 */

import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Child, findCommand, run } from '../interop/child.ts'
import type { Counterpart, Ending, Implementation } from './counterpart.ts'
import {
  ALPN,
  AUTHORITY,
  CIPHER_SUITES,
  OPENSSL_CIPHER_12,
  OWN,
  type Role,
  type Scenario,
  SERVER_NAME,
} from './scenario.ts'

/** Milliseconds that a program may take to end once its stream has. */
const MOST_MILLISECONDS = 5000

/** Milliseconds of silence after which nothing more comes, by attempt. */
const PATIENCE = [15, 60, 400]

export function hasOpenssl(): boolean {
  return findCommand('openssl') !== undefined
}

export async function opensslPrograms(): Promise<Implementation> {
  const version = /^OpenSSL (\S+)/.exec(await run('openssl', ['version'], { deadline: 10_000 }))?.[1] ?? 'unknown'
  const folder = mkdtempSync(join(tmpdir(), 'handfast-differential-'))
  writeFileSync(join(folder, 'ca.pem'), AUTHORITY.pem)
  for (const role of ['client', 'server'] as const) {
    writeFileSync(join(folder, `${role}.pem`), OWN[role].chainPem)
    writeFileSync(join(folder, `${role}.key`), OWN[role].key.pem, { mode: 0o600 })
  }
  const servers = new Map<Scenario, Promise<{ readonly child: Child; readonly port: number }>>()
  const listener = createServer().listen(0, '127.0.0.1')
  await once(listener, 'listening')
  return {
    name: 'openssl',
    version: `OpenSSL ${version}`,
    async start(role, scenario, attempt) {
      const patience = PATIENCE[Math.min(attempt, PATIENCE.length) - 1] as number
      if (role === 'client') return await call(folder, scenario, listener, patience)
      let server = servers.get(scenario)
      if (server === undefined) servers.set(scenario, (server = serve(folder, scenario)))
      const { child, port } = await server
      const socket = connect(port, '127.0.0.1')
      await once(socket, 'connect')
      return new Connected(socket, child, patience)
    },
    async stop() {
      for (const server of servers.values()) await (await server).child.stop()
      listener.close()
      rmSync(folder, { recursive: true })
    },
  }
}

function common(folder: string, role: Role, { version, isMutual, hasAlpn }: Scenario): string[] {
  const own = join(folder, role)
  const args =
    version === 'TLS 1.2'
      ? ['-tls1_2', '-cipher', OPENSSL_CIPHER_12, '-no_renegotiation', '-no_ticket']
      : ['-tls1_3', '-ciphersuites', CIPHER_SUITES[version]]
  args.push('-CAfile', join(folder, 'ca.pem'), '-no-CApath', '-no-CAstore')
  if (role === 'server' || isMutual) args.push('-cert', `${own}.pem`, '-key', `${own}.key`)
  if (hasAlpn) args.push('-alpn', ALPN)
  if (role === 'client' && version === 'TLS 1.2') args.push('-no_etm')
  return args
}

async function serve(folder: string, scenario: Scenario): Promise<{ child: Child; port: number }> {
  const args = ['s_server', '-accept', '127.0.0.1:0', '-rev', ...common(folder, 'server', scenario)]
  args.push('-groups', scenario.isRetried ? 'P-256' : 'X25519:P-256')
  if (scenario.isMutual) args.push('-Verify', '5', '-verify_return_error')
  // It serves as long as the run takes.
  const child = new Child('openssl', args, { deadline: 0x7fff_ffff })
  const port = await child.until('it listened', () => /^ACCEPT .*:(\d+)$/m.exec(child.output)?.[1])
  return { child, port: Number(port) }
}

async function call(folder: string, scenario: Scenario, listener: Server, patience: number): Promise<Counterpart> {
  const address = listener.address()
  if (address === null || typeof address === 'string') throw new TypeError('the listener has no port')
  const accepted = once(listener, 'connection')
  const args = ['s_client', '-connect', `127.0.0.1:${address.port}`, '-brief', '-nocommands', '-no_ign_eof']
  args.push('-servername', SERVER_NAME, '-verify_hostname', SERVER_NAME, '-verify_return_error')
  args.push('-groups', 'X25519:P-256', ...common(folder, 'client', scenario))
  const child = new Child('openssl', args, { deadline: MOST_MILLISECONDS })
  const [socket] = (await accepted) as [Socket]
  return new Connected(socket, child, patience, true)
}

class Connected implements Counterpart {
  readonly #socket: Socket
  readonly #child: Child
  readonly #patience: number
  readonly #isClient: boolean
  /** What the program had printed before. */
  readonly #before: number
  #output: Uint8Array[] = []
  #isClosed = false
  #wake: () => void = () => {}

  constructor(socket: Socket, child: Child, patience: number, isClient = false) {
    this.#socket = socket
    this.#child = child
    this.#patience = patience
    this.#isClient = isClient
    this.#before = child.output.length
    socket.setNoDelay(true)
    socket.on('error', () => {})
    socket.on('data', (data: Uint8Array) => {
      this.#output.push(data)
      this.#wake()
    })
    socket.on('close', () => {
      this.#isClosed = true
      this.#wake()
    })
  }

  async exchange(pieces: readonly Uint8Array[], hear: (bytes: Uint8Array) => boolean): Promise<void> {
    for (const piece of pieces) this.#socket.write(piece)
    await this.#listen(this.#patience, hear)
  }

  async end(): Promise<Ending> {
    this.#socket.end()
    await this.#listen(MOST_MILLISECONDS, () => false)
    const isHung = !this.#isClosed
    this.#socket.destroy()
    if (this.#isClient) {
      // It waits for its standard input as well.
      this.#child.endInput()
      await this.#child.exited
    }
    const said = this.#isClient ? this.#child.stderr : this.#child.output.slice(this.#before)
    const reason = /^[0-9A-F]+:error:[0-9A-F]+:SSL routines:[^:]*:([^:]*):/m.exec(said)?.[1]
    const code = reason === undefined ? undefined : `ERR_SSL_${reason.toUpperCase().replaceAll(/[ -]/g, '_')}`
    const isEnded = code !== undefined && /_ALERT_|_TLSV1_/.test(code)
    const isOwn = code !== undefined && !isEnded && code !== 'ERR_SSL_UNEXPECTED_EOF_WHILE_READING'
    return {
      isComplete: said.includes('CONNECTION ESTABLISHED'),
      data: undefined,
      complaint: isOwn ? code : undefined,
      isEnded,
      alert: undefined,
      isHung,
    }
  }

  /** Until `hear` has what it waits for, the stream is closed, or nothing has come for so long. */
  async #listen(patience: number, hear: (bytes: Uint8Array) => boolean): Promise<void> {
    for (;;) {
      for (let bytes = this.#output.shift(); bytes !== undefined; bytes = this.#output.shift()) {
        if (hear(bytes)) return
      }
      if (this.#isClosed) return
      const hasCome = await new Promise<boolean>((resolve) => {
        const timer = setTimeout(() => resolve(false), patience)
        this.#wake = () => {
          clearTimeout(timer)
          resolve(true)
        }
      })
      if (!hasCome) return
    }
  }
}
