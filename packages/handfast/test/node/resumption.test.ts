/** Sessions, keys from elsewhere and early data over sockets, and between processes. */

import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { connect as connectTcp } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, test } from 'vitest'
import {
  connect,
  type ConnectOptions,
  createReplayFolder,
  createServer,
  createSessionCache,
  createTicketKeyFile,
  type ServerOptions,
  type TlsSocket,
} from '../../src/node/index.ts'
import { CLIENT, credentials, type Listening, OTHER, readAll, SERVER, startServer, TRUST } from './loopback.ts'

const FOLDER = mkdtempSync(join(tmpdir(), 'handfast-session-'))
afterAll(() => rmSync(FOLDER, { recursive: true, force: true }))

/** A connection to a server that says something and closes. */
async function visit(port: number, options: ConnectOptions = {}): Promise<TlsSocket> {
  const socket = connect({ ...TRUST, port, ...options })
  const [text] = await Promise.all([readAll(socket), once(socket, 'secureConnect')])
  expect(text.toString()).toBe('served')
  socket.destroy()
  return socket
}

async function start(options: ServerOptions = {}): Promise<Listening> {
  return await startServer(options, (socket) => {
    socket.on('error', () => {})
    socket.end('served')
  })
}

async function sessionOf(port: number, options: ConnectOptions = {}): Promise<Buffer> {
  const session = (await visit(port, options)).getSession()
  if (session === undefined) throw new Error('no session came')
  return session
}

describe('a session over sockets', () => {
  test('is resumed from its bytes, and the peer counts as it did', async () => {
    await using listening = await start()
    const session = await sessionOf(listening.port)
    const again = await visit(listening.port, { session })
    expect([again.isSessionReused(), again.authorized]).toEqual([true, true])
    expect(again.getPeerCertificate().subject).toEqual((await visit(listening.port)).getPeerCertificate().subject)
    expect(again.report.negotiated.resumed).toBe(true)
  })

  test('is taken from a cache, each once', async () => {
    await using listening = await start()
    const sessionCache = createSessionCache({ time: Date.now })
    const reused: boolean[] = []
    for (let i = 0; i < 3; i++) reused.push((await visit(listening.port, { sessionCache })).isSessionReused())
    expect(reused).toEqual([false, true, true])
  })

  test.each<[what: string, then: ConnectOptions]>([
    ['trust of another store', { ca: [TRUST.ca, OTHER.pem] }],
    ['another policy', { policy: 'webpki', rejectUnauthorized: false }],
    ['no verification', { rejectUnauthorized: false }],
    ['a decision of its own', { verifyPeer: () => true }],
    ['an identity of its own', credentials(CLIENT)],
    ['a context that was named', { resumptionContext: 'mine' }],
  ])('is not resumed with %s', async (_, then) => {
    await using listening = await start()
    const session = await sessionOf(listening.port)
    expect((await visit(listening.port, { session })).isSessionReused()).toBe(true)
    expect((await visit(listening.port, { session: await sessionOf(listening.port), ...then })).isSessionReused()).toBe(
      false,
    )
  })

  test('is not resumed by a server that asks for another certificate, or shows one', async () => {
    const ticketKeys = randomBytes(48)
    await using first = await start({ ticketKeys })
    await using same = await start({ ticketKeys })
    await using asking = await start({ ticketKeys, requestCert: true, ca: TRUST.ca, clientAuthentication: 'optional' })
    await using other = await start({
      ticketKeys,
      ...credentials(SERVER),
      identities: undefined as never,
      key: SERVER.key.pem,
      cert: SERVER.pem + OTHER.pem,
    })
    const reused = async (port: number): Promise<boolean> =>
      (await visit(port, { session: await sessionOf(first.port) })).isSessionReused()
    expect([await reused(same.port), await reused(asking.port)]).toEqual([true, false])
    expect(await reused(other.port)).toBe(true)
  })

  test('wrong options are told', () => {
    expect(() => connect({ ...TRUST, port: 1, session: Uint8Array.of(9) })).toThrow(
      /^session: needs the bytes of a session/,
    )
    expect(() => connect({ ...TRUST, port: 1, earlyData: 5 as never })).toThrow(/^earlyData: needs text or bytes/)
    expect(() => createServer({ ...credentials(SERVER), maxEarlyData: 5 })).toThrow(/^onEarlyData: needs a function/)
    expect(() => createServer({ ...credentials(SERVER), ticketKeys: new Uint8Array(47) })).toThrow(
      /^ticketKeys: needs keys of 48/,
    )
    expect(() => createServer({ ...credentials(SERVER), ticketKeys: {} as never })).toThrow(
      /^ticketKeys: needs a TicketKeyStore/,
    )
    expect(() => createServer({ ...credentials(SERVER), ticketKeys: [] })).toThrow(
      /^ticketKeys: needs at least one key/,
    )
    expect(() => createTicketKeyFile(join(FOLDER, 'nowhere'))).toThrow(/nowhere: needs to be readable/)
  })

  test('a store that takes its time, and one that fails', async () => {
    const keys = [{ name: randomBytes(16), secret: randomBytes(32) }]
    await using slow = await startServer(
      { ticketKeys: { keys: async () => await Promise.resolve(keys) } },
      (socket) => {
        // Whoever ends before the store has answered sends no tickets.
        setTimeout(() => socket.end('served'), 20)
      },
    )
    expect((await visit(slow.port, { session: await sessionOf(slow.port) })).isSessionReused()).toBe(true)
    await using failing = await start({ ticketKeys: { keys: async () => await Promise.reject(new Error('no disk')) } })
    expect((await visit(failing.port)).getSession()).toBeUndefined()
  })
})

test('keys from elsewhere', async () => {
  const psks = [{ identity: 'us', key: randomBytes(32), importer: { context: 'client, server' } }]
  await using listening = await start({ psks })
  const socket = await visit(listening.port, { psks })
  expect(socket.negotiated?.externalPsk).toBeDefined()
  expect(socket.authorized).toBe(false)
  expect(socket.report.negotiated.externalPsk).toBe(true)
})

test('early data, and half-RTT data in answer to it', async () => {
  const got: string[] = []
  await using listening = await startServer(
    {
      maxEarlyData: 100,
      halfRttData: true,
      onEarlyData: (data, socket) => {
        got.push(data.toString())
        socket.on('error', () => {}).end('served')
      },
    },
    (socket) => {
      if (!socket.writableEnded) socket.on('error', () => {}).end('served')
    },
  )
  const session = await sessionOf(listening.port)
  const socket = await visit(listening.port, { session, earlyData: 'at once' })
  expect([socket.negotiated?.earlyData, got]).toEqual(['accepted', ['at once']])
})

test('ticket keys in a file are read anew when it changes', async () => {
  const path = join(FOLDER, 'keys')
  writeFileSync(path, randomBytes(48))
  await using listening = await start({ ticketKeys: createTicketKeyFile(path) })
  const session = await sessionOf(listening.port)
  expect((await visit(listening.port, { session })).isSessionReused()).toBe(true)
  const stolen = await sessionOf(listening.port)
  await new Promise((resolve) => setTimeout(resolve, 20))
  writeFileSync(path, randomBytes(96))
  expect((await visit(listening.port, { session: stolen })).isSessionReused()).toBe(false)
})

test('a folder of early data forgets what is old', async () => {
  const path = join(FOLDER, 'old')
  const store = createReplayFolder(path)
  const wait = async (): Promise<void> => await new Promise((resolve) => setTimeout(resolve, 30))
  expect([store.claim(Uint8Array.of(1), 5), store.claim(Uint8Array.of(1), 5)]).toEqual([true, false])
  await wait()
  expect(store.claim(Uint8Array.of(2), 5)).toBe(true)
  expect(readdirSync(path)).toHaveLength(1)
})

describe('two processes that share keys', () => {
  interface Served {
    readonly port: number
    readonly lines: string[]
    end(): Promise<void>
  }

  async function serve(files: readonly string[]): Promise<Served> {
    const script = fileURLToPath(new URL('session-server.ts', import.meta.url))
    const child = spawn(process.execPath, [script, ...files], { stdio: ['pipe', 'pipe', 'inherit'] })
    const lines: string[] = []
    const ended = once(child, 'exit')
    const reader = createInterface(child.stdout)
    const [first] = (await once(reader, 'line')) as [string]
    reader.on('line', (line: string) => lines.push(line))
    return {
      port: Number(first.replace('port ', '')),
      lines,
      end: async () => {
        child.stdin.end()
        await ended
      },
    }
  }

  test('a ticket of one is taken by the other, and early data by one of them only', async () => {
    const files = ['cert', 'key', 'ticket-keys'].map((name) => join(FOLDER, name)) as [string, string, string]
    writeFileSync(files[0], SERVER.chainPem)
    writeFileSync(files[1], SERVER.key.pem)
    writeFileSync(files[2], randomBytes(48))
    const args = [...files, join(FOLDER, 'replays')]
    const [one, two] = await Promise.all([serve(args), serve(args)])
    try {
      const session = await sessionOf(one.port)
      expect((await visit(two.port, { session })).isSessionReused()).toBe(true)

      // The client's first flight, kept on its way to the first server, goes to the second as well.
      const early = await sessionOf(one.port)
      const flight: Buffer[] = []
      const transport = connectTcp({ port: one.port, host: '127.0.0.1' })
      const write = transport.write.bind(transport)
      transport.write = ((bytes: Uint8Array, ...rest: never[]) => {
        flight.push(Buffer.from(bytes))
        return write(bytes, ...rest)
      }) as typeof transport.write
      const socket = connect({
        servername: TRUST.servername,
        ca: TRUST.ca,
        socket: transport,
        session: early,
        earlyData: 'pay',
      })
      await Promise.all([readAll(socket), once(socket, 'secureConnect')])
      expect(socket.negotiated?.earlyData).toBe('accepted')
      const replayed = connectTcp({ port: two.port, host: '127.0.0.1' })
      replayed.write(flight[0] as Buffer)
      // The second server answers, without having taken the data.
      await once(replayed, 'data')
      replayed.destroy()
      socket.destroy()
      await Promise.all([one.end(), two.end()])
      expect([one.lines, two.lines]).toEqual([['early pay'], []])
    } finally {
      await Promise.all([one.end(), two.end()])
    }
  })
})
