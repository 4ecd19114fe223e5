/** Over other streams than a new TCP connection. */

import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import * as net from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Duplex, duplexPair } from 'node:stream'
import * as tls from 'node:tls'
import { describe, expect, test } from 'vitest'
import { connect, createServer, type TlsSocket } from '../../src/node/index.ts'
import { credentials, ending, Listening, OTHER, readAll, SERVER, startServer, TRUST, until } from './loopback.ts'

describe('any Duplex', () => {
  /** Both ends over a pair of streams. */
  function over(near: Duplex, far: Duplex, options: object = {}): { client: TlsSocket; accepted: Promise<TlsSocket> } {
    const server = createServer({ ...credentials(SERVER), allowHalfOpen: true })
    const accepted = once(server, 'secureConnection').then(([socket]) => socket as TlsSocket)
    server.emit('connection', far)
    return { client: connect({ ...TRUST, socket: near, ...options }), accepted }
  }

  test('a pair in memory', async () => {
    const [near, far] = duplexPair()
    const { client, accepted } = over(near, far)
    const server = await accepted
    server.end('hello')
    expect(String(await readAll(client))).toBe('hello')
    client.end()
    server.resume()
    await until(() => near.destroyed && far.destroyed && client.destroyed && server.destroyed)
    expect(client.report.transport).toEqual({
      kind: 'stream',
      local: { address: null, port: null },
      remote: { address: null, port: null },
      connectedAt: null,
    })
    expect(client.address()).toEqual({})
    expect(client.setNoDelay().setKeepAlive().ref().unref()).toBe(client)
  })

  test('TLS in TLS', async () => {
    await using proxy = await startServer(credentials(OTHER), (outer) => {
      // The proxy hands the stream within to a server behind it.
      createServer(credentials(SERVER), (inner) => inner.pipe(inner)).emit('connection', outer)
    })
    const outer = connect({ ...TRUST, servername: 'other.example', port: proxy.port })
    const inner = connect({ ...TRUST, socket: outer })
    await once(inner, 'secureConnect')
    expect(inner.channelBinding()).not.toEqual(outer.channelBinding())
    inner.end(Buffer.alloc(300_000, 1))
    expect(await readAll(inner)).toHaveLength(300_000)
    expect(inner.peerCertificates[0]).toEqual(SERVER.certificate)
    expect(outer.peerCertificates[0]).toEqual(OTHER.certificate)
    expect(inner.report.transport).toMatchObject({ kind: 'stream', remote: { port: proxy.port } })
  })

  test('TLS of Node within ours, and ours within Node’s', async () => {
    await using listening = await Listening.start(
      tls.createServer(credentials(OTHER), (outer) => {
        createServer(credentials(SERVER), (inner) => inner.pipe(inner)).emit('connection', outer)
      }),
    )
    const outer = tls.connect({ ...TRUST, servername: 'other.example', port: listening.port })
    const inner = connect({ ...TRUST, socket: outer })
    inner.end('through both')
    expect(String(await readAll(inner))).toBe('through both')
  })

  test('a socket that is connecting still', async () => {
    await using listening = await startServer({}, (socket) => socket.end('hello'))
    const transport = net.connect(listening.port, '127.0.0.1')
    const client = connect({ ...TRUST, socket: transport })
    expect(client.connecting).toBe(true)
    await once(client, 'connect')
    expect(String(await readAll(client))).toBe('hello')
  })

  test('a socket that has bytes waiting already', async () => {
    await using listening = await Listening.start(
      net.createServer((socket) => {
        socket.write('220 go ahead\r\n')
        // STARTTLS: what follows the greeting is TLS.
        createServer(credentials(SERVER), (secure) => secure.end('secure')).emit('connection', socket)
      }),
    )
    const transport = net.connect(listening.port, '127.0.0.1')
    expect(String((await once(transport, 'data'))[0])).toBe('220 go ahead\r\n')
    transport.removeAllListeners('data')
    const client = connect({ ...TRUST, socket: transport })
    expect(String(await readAll(client))).toBe('secure')
  })

  test('a stream that is gone', async () => {
    const [near] = duplexPair()
    near.destroy()
    const client = connect({ ...TRUST, socket: near })
    expect(await ending(client)).toMatchObject({ code: expect.stringMatching(/TRANSPORT|CLOSED/) as string })
  })

  test('a stream of one byte at a time', async () => {
    const [near, far] = duplexPair()
    const [slow, end] = duplexPair()
    const cut = (from: Duplex, to: Duplex): void => {
      from.on('data', (chunk: Buffer) => {
        for (const byte of chunk) to.write(Uint8Array.of(byte))
      })
      from.on('end', () => to.end())
    }
    cut(far, slow)
    cut(slow, far)
    const { client, accepted } = over(near, end)
    const server = await accepted
    server.end('byte by byte')
    expect(String(await readAll(client))).toBe('byte by byte')
    client.destroy()
    server.destroy()
  })

  test.each([
    ['nothing of the kind', { socket: {} as Duplex }, /socket: needs a Duplex stream, has object/],
    ['strings', { socket: duplexPair()[0].setEncoding('utf8') }, /needs a stream of bytes, has one with an encoding/],
    ['objects', { socket: duplexPair({ objectMode: true })[0] }, /or in object mode/],
  ])('%s is refused', (_, options, message) => {
    expect(() => connect({ ...TRUST, ...options })).toThrow(message)
  })
})

test('a Unix domain socket', async ({ skip }) => {
  skip(process.platform === 'win32', 'Windows has pipes in their place')
  const folder = mkdtempSync(join(tmpdir(), 'handfast-'))
  try {
    const path = join(folder, 'socket')
    const server = createServer(credentials(SERVER), (socket) => socket.end('hello'))
    server.listen(path)
    await once(server, 'listening')
    const client = connect({ path, servername: 'localhost', ca: TRUST.ca })
    expect(String(await readAll(client))).toBe('hello')
    await once(server.close(), 'close')
  } finally {
    rmSync(folder, { recursive: true })
  }
})
