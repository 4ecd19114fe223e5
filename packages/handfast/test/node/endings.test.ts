/** How connections end: in order, cut off, too late, refused, aborted; and what each side is told. */

import { getEventListeners, once } from 'node:events'
import * as net from 'node:net'
import { type Duplex, duplexPair, Readable, Writable } from 'node:stream'
import { finished, pipeline } from 'node:stream/promises'
import * as tls from 'node:tls'
import { describe, expect, test } from 'vitest'
import { connect, createServer, type TlsSocket } from '../../src/node/index.ts'
import {
  CA,
  CLIENT,
  credentials,
  ending,
  Listening,
  readAll,
  SERVER,
  startPair,
  startServer,
  TRUST,
  until,
} from './loopback.ts'

const abortError = { name: 'AbortError', code: 'ERR_HANDFAST_ABORTED' }

/** A TCP server that does something to every connection. */
async function rawServer(onConnection: (socket: net.Socket) => void): Promise<Listening<net.Server>> {
  return await Listening.start(
    net.createServer((socket) => {
      socket.on('error', () => {})
      onConnection(socket)
    }),
  )
}

describe('in order', () => {
  test('end() sends close_notify, and the other side ends too', async () => {
    await using pair = await startPair()
    pair.client.end('last words')
    pair.client.resume()
    expect(String(await readAll(pair.server))).toBe('last words')
    expect(await ending(pair.client)).toBeNull()
    await until(() => pair.server.destroyed && pair.listening.connections === 0)
  })

  test('finish comes once all is with the transport', async () => {
    await using pair = await startPair()
    const all = readAll(pair.server)
    pair.client.end(Buffer.alloc(1_000_000))
    await once(pair.client, 'finish')
    expect(await all).toHaveLength(1_000_000)
  })

  test.each(['client', 'server'] as const)('half-close: the %s goes on after the other has ended', async (who) => {
    await using pair = await startPair({ allowHalfOpen: true }, { allowHalfOpen: true })
    const [open, ended] = who === 'client' ? [pair.client, pair.server] : [pair.server, pair.client]
    ended.end('I am done')
    expect(String(await readAll(open))).toBe('I am done')
    expect(open.writable).toBe(true)
    expect(open.readyState).toBe('writeOnly')
    expect(ended.readyState).toBe('readOnly')
    const rest = readAll(ended)
    open.write('I ')
    await new Promise((resolve) => setImmediate(resolve))
    open.end('am not')
    expect(String(await rest)).toBe('I am not')
    await until(() => pair.listening.connections === 0)
  })

  test('destroySoon sends what was written first', async () => {
    await using pair = await startPair()
    const all = readAll(pair.server)
    pair.client.write(Buffer.alloc(500_000))
    pair.client.destroySoon()
    expect(await all).toHaveLength(500_000)
  })

  test('data that waits for a slow reader survives the end of the transport', async () => {
    await using pair = await startPair()
    pair.client.end(Buffer.alloc(20_000, 1))
    pair.server.end()
    await until(() => pair.server.readableLength === 20_000 && pair.listening.connections === 0)
    expect(pair.server.destroyed).toBe(false)
    expect(await readAll(pair.server)).toHaveLength(20_000)
  })

  test('close says whether there was an error, as in net', async () => {
    await using pair = await startPair()
    const closed = new Promise((resolve) => pair.server.once('close', resolve))
    pair.client.end()
    pair.server.resume()
    expect(await closed).toBe(false)
    await using other = await startPair()
    const failed = new Promise((resolve) => other.server.once('close', resolve))
    other.client.destroy()
    expect(await failed).toBe(true)
  })

  test.each([
    ['node:tls client', tls.connect, createServer],
    ['node:tls server', connect, tls.createServer],
  ] as const)('with a %s', async (_, open, serve) => {
    const make = serve as (options: object, listener: (socket: net.Socket) => void) => net.Server
    await using listening = await Listening.start(
      make(credentials(SERVER), (socket) => {
        socket.on('error', () => {})
        socket.on('data', (data: Buffer) => socket.write(data))
        socket.on('end', () => socket.end('bye'))
      }),
    )
    const client = (open as (options: object) => net.Socket)({ ...TRUST, port: listening.port, allowHalfOpen: true })
    client.end('hello ')
    expect(String(await readAll(client))).toBe('hello bye')
    await until(() => listening.connections === 0)
  })
})

describe('cut off', () => {
  /** A pair whose client's transport can be cut. */
  async function cuttable(): Promise<
    { client: TlsSocket; server: TlsSocket; transport: net.Socket } & AsyncDisposable
  > {
    const listening = await startServer()
    const accepted = once(listening.server, 'secureConnection')
    const transport = net.connect(listening.port, '127.0.0.1')
    const client = connect({ ...TRUST, socket: transport })
    client.on('error', () => {})
    await once(client, 'secureConnect')
    const [server] = (await accepted) as [TlsSocket]
    const dispose = async (): Promise<void> => {
      client.destroy()
      await listening[Symbol.asyncDispose]()
    }
    return { client, server, transport, [Symbol.asyncDispose]: dispose }
  }

  test('FIN without close_notify is a truncation', async () => {
    await using pair = await cuttable()
    pair.client.write('the beginning of')
    pair.server.resume()
    await until(() => pair.server.bytesRead === 16)
    pair.transport.end()
    expect(await ending(pair.server)).toMatchObject({ code: 'ERR_HANDFAST_TRUNCATED' })
  })

  test('what came before is read first, however slowly', async () => {
    await using pair = await cuttable()
    pair.client.write(Buffer.alloc(50_000, 1))
    await until(() => pair.server.readableLength === 50_000)
    pair.transport.end()
    for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve))
    expect(pair.server.destroyed).toBe(false)
    let received = 0
    const reading = (async () => {
      for await (const chunk of pair.server) {
        received += (chunk as Buffer).length
        await new Promise((resolve) => setImmediate(resolve))
      }
    })()
    await expect(reading).rejects.toMatchObject({ code: 'ERR_HANDFAST_TRUNCATED' })
    expect(received).toBe(50_000)
  })

  test('RST is what the system calls it', async () => {
    await using pair = await cuttable()
    pair.transport.resetAndDestroy()
    expect(await ending(pair.server)).toMatchObject({ code: 'ECONNRESET', syscall: 'read' })
  })

  test('resetAndDestroy of ours is one', async () => {
    await using pair = await cuttable()
    pair.client.resetAndDestroy()
    expect(await ending(pair.server)).toMatchObject({ code: 'ECONNRESET' })
  })

  test('destroy() is no orderly end: the peer is told of a truncation', async () => {
    await using pair = await cuttable()
    // What it has not read would make the kernel send RST.
    await once(pair.client, 'session')
    pair.client.destroy()
    pair.server.resume()
    expect(await ending(pair.server)).toMatchObject({ code: 'ERR_HANDFAST_TRUNCATED' })
  })

  test('a write after the transport is gone fails, and its callback is told', async () => {
    await using pair = await cuttable()
    const ended = ending(pair.client)
    pair.transport.destroy()
    const error = await new Promise((resolve) => pair.client.write('x', resolve))
    expect(error).toBeInstanceOf(Error)
    await ended
    const late = await new Promise((resolve) => pair.client.write('x', resolve))
    expect(late).toMatchObject({ code: 'ERR_STREAM_DESTROYED' })
  })

  test('a stream that is destroyed under us', async () => {
    const [near, far] = duplexPair()
    createServer(credentials(SERVER)).emit('connection', far)
    const client = connect({ ...TRUST, socket: near })
    await once(client, 'secureConnect')
    near.destroy()
    expect(await ending(client)).toMatchObject({ code: 'ERR_HANDFAST_TRUNCATED' })
  })
})

describe('before the handshake is complete', () => {
  async function unusedPort(): Promise<number> {
    const listening = await rawServer(() => {})
    await listening[Symbol.asyncDispose]()
    return listening.port
  }

  test('nobody listens: ECONNREFUSED passes through', async () => {
    const port = await unusedPort()
    const client = connect({ ...TRUST, port })
    expect(await ending(client)).toMatchObject({ code: 'ECONNREFUSED', syscall: 'connect', port })
    expect(client.report.failure).toMatchObject({ stage: 'establish', fault: 'transport', alert: null })
  })

  test('no such name: what the resolver says passes through', async () => {
    const lookup: net.LookupFunction = (hostname, _options, callback) => {
      callback(Object.assign(new Error(`getaddrinfo ENOTFOUND ${hostname}`), { code: 'ENOTFOUND' }), '', 4)
    }
    const client = connect({ host: 'nowhere.invalid', port: 443, ca: CA.pem, lookup })
    expect(await ending(client)).toMatchObject({ code: 'ENOTFOUND' })
  })

  test('a server that hangs up', async () => {
    await using raw = await rawServer((socket) => socket.end())
    const client = connect({ ...TRUST, port: raw.port })
    expect(await ending(client)).toMatchObject({
      code: 'ERR_HANDFAST_TRANSPORT',
      fault: 'transport',
      stage: 'establish',
      message: 'the transport ended before the handshake was complete',
    })
  })

  test('a server that speaks something else', async () => {
    await using raw = await rawServer((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'))
    const client = connect({ ...TRUST, port: raw.port })
    expect(await ending(client)).toMatchObject({ code: 'ERR_HANDFAST_TLS', fault: 'peer', alert: 'unexpected_message' })
  })

  test('a server that never answers: the deadline', async () => {
    await using raw = await rawServer((socket) => socket.resume().on('end', () => socket.end()))
    const client = connect({ ...TRUST, port: raw.port, handshakeTimeout: 50 })
    expect(await ending(client)).toMatchObject({
      code: 'ERR_HANDFAST_HANDSHAKE_TIMEOUT',
      stage: 'establish',
      message: 'the handshake was not complete after 50 ms: waiting for the peer',
    })
    await until(() => raw.connections === 0)
  })

  test('a transport that never stands: the deadline too', async () => {
    const client = connect({ host: 'x.example', port: 1, ca: CA.pem, handshakeTimeout: 20, lookup: () => {} })
    expect(await ending(client)).toMatchObject({
      code: 'ERR_HANDFAST_HANDSHAKE_TIMEOUT',
      message: 'the handshake was not complete after 20 ms: waiting for the transport to connect',
    })
  })

  test('a client that sends one byte and stalls', async () => {
    await using listening = await startServer({ handshakeTimeout: 50 })
    const raw = net.connect(listening.port, '127.0.0.1')
    raw.write(Uint8Array.of(22))
    const received = readAll(raw)
    const [error, socket] = (await once(listening.server, 'tlsClientError')) as [Error, TlsSocket]
    expect(error).toMatchObject({ code: 'ERR_HANDFAST_HANDSHAKE_TIMEOUT', stage: 'establish' })
    expect(socket.report.failure?.fault).toBe('host')
    // user_canceled and close_notify, in clear (RFC 9846 section 6.1).
    expect((await received).toString('hex')).toBe('1503030002015a15030300020100')
  })

  test('a host that never decides: the deadline says so', async () => {
    await using listening = await startServer()
    const verifyPeer = (): Promise<boolean> => new Promise(() => {})
    const client = connect({ ...TRUST, port: listening.port, handshakeTimeout: 50, verifyPeer })
    expect(await ending(client)).toMatchObject({
      code: 'ERR_HANDFAST_HANDSHAKE_TIMEOUT',
      stage: 'verify',
      message: "the handshake was not complete after 50 ms: waiting for the answer to 'verify-peer'",
    })
  })

  test.each([
    ['before the transport stands', (client: TlsSocket) => client.destroy()],
    ['once it stands', (client: TlsSocket) => client.once('connect', () => client.destroy())],
    ['during the handshake', (client: TlsSocket) => client.once('connect', () => setImmediate(() => client.destroy()))],
    ['as it completes', (client: TlsSocket) => client.once('secureConnect', () => client.destroy())],
    ['with an error', (client: TlsSocket) => client.destroy(new Error('mine'))],
  ])('destroy() %s', async (name, act) => {
    await using listening = await startServer()
    const client = connect({ ...TRUST, port: listening.port })
    client.write('never sent')
    act(client)
    const error = await ending(client)
    expect(error?.message).toBe(name === 'with an error' ? 'mine' : undefined)
    expect(client.destroyed).toBe(true)
    await until(() => listening.connections === 0)
  })

  test('a peer that gives up tells so', async () => {
    await using listening = await startServer()
    const failed = once(listening.server, 'tlsClientError')
    const client = connect({
      ...TRUST,
      port: listening.port,
      verifyPeer: () => {
        setImmediate(() => client.destroy())
        return new Promise<boolean>(() => {})
      },
    })
    const [error] = (await failed) as [Error]
    expect(error).toMatchObject({ code: 'ERR_HANDFAST_TLS', fault: 'peer-alert', alert: 'close_notify' })
  })
})

describe('idle', () => {
  test('the deadline ends a connection on which nothing moves; the peer sees an orderly end', async () => {
    await using pair = await startPair({ idleTimeout: 50 })
    const all = readAll(pair.server)
    const error = await ending(pair.client)
    expect(error).toMatchObject({
      code: 'ERR_HANDFAST_IDLE_TIMEOUT',
      message: 'nothing was sent or received for 50 ms',
    })
    expect(await all).toHaveLength(0)
  })

  test('traffic in either direction puts it off', async () => {
    await using pair = await startPair({ idleTimeout: 400 })
    pair.client.resume()
    const began = performance.now()
    while (performance.now() - began < 600) {
      pair.server.write('x')
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
    expect(pair.client.destroyed).toBe(false)
    expect(await ending(pair.client)).toMatchObject({ code: 'ERR_HANDFAST_IDLE_TIMEOUT' })
  })

  test('setTimeout only tells', async () => {
    await using pair = await startPair()
    let calls = 0
    pair.client.setTimeout(20, () => calls++)
    expect(pair.client.timeout).toBe(20)
    await once(pair.client, 'timeout')
    expect(calls).toBe(1)
    expect(pair.client.destroyed).toBe(false)
    pair.client.setTimeout(0)
    expect(() => pair.client.setTimeout(-1)).toThrow(/setTimeout: needs milliseconds, 0 or more, has -1/)
  })

  test('the option timeout is the same', async () => {
    await using pair = await startPair({ timeout: 20 })
    await once(pair.client, 'timeout')
    expect(pair.client.destroyed).toBe(false)
  })
})

describe('AbortSignal', () => {
  test('triggered before: nothing is sent', async () => {
    await using listening = await startServer()
    let connections = 0
    listening.server.on('connection', () => connections++)
    const reason = new Error('changed my mind')
    const client = connect({ ...TRUST, port: listening.port, signal: AbortSignal.abort(reason) })
    expect(await ending(client)).toMatchObject({ ...abortError, cause: reason })
    expect(connections).toBe(0)
  })

  test.each(['connect', 'secureConnect'])('triggered at %s', async (event) => {
    await using listening = await startServer()
    const controller = new AbortController()
    const client = connect({ ...TRUST, port: listening.port, signal: controller.signal })
    client.once(event, () => controller.abort())
    expect(await ending(client)).toMatchObject(abortError)
    await until(() => listening.connections === 0)
  })

  test('triggered after the end: nothing happens, and nobody listens any more', async () => {
    const controller = new AbortController()
    await using pair = await startPair({ signal: controller.signal })
    pair.client.end()
    pair.client.resume()
    pair.server.resume()
    expect(getEventListeners(controller.signal, 'abort')).toHaveLength(1)
    expect(await ending(pair.client)).toBeNull()
    expect(getEventListeners(controller.signal, 'abort')).toHaveLength(0)
    pair.client.on('error', expect.unreachable)
    controller.abort()
    await new Promise((resolve) => setImmediate(resolve))
  })

  test('of a server: it stops, and ends all its connections', async () => {
    const controller = new AbortController()
    await using pair = await startPair({}, { signal: controller.signal })
    pair.client.resume()
    const closed = once(pair.listening.server, 'close')
    const ended = ending(pair.client)
    controller.abort()
    expect(await ended).toMatchObject({ code: 'ERR_HANDFAST_TRUNCATED' })
    await closed
  })
})

describe('refusals reach the peer before the connection is gone', () => {
  const refusal = { alert: 'unknown_ca', direction: 'sent' }

  test('node:tls server hears why our client leaves', async () => {
    await using listening = await Listening.start(tls.createServer(credentials(SERVER)))
    const failed = once(listening.server, 'tlsClientError')
    const client = connect({ ...TRUST, ca: CLIENT.pem, port: listening.port })
    expect(await ending(client)).toMatchObject({ code: 'ERR_HANDFAST_CERTIFICATE', reason: 'unknown-issuer' })
    expect(client.report.failure).toMatchObject(refusal)
    expect((await failed)[0]).toMatchObject({ code: 'ERR_SSL_TLSV1_ALERT_UNKNOWN_CA' })
  })

  test('node:tls client hears why our server leaves, though it has sent a lot', async () => {
    await using listening = await startServer({ requestCert: true, ca: SERVER.pem })
    const failed = once(listening.server, 'tlsClientError')
    const client = tls.connect({ ...TRUST, ...credentials(CLIENT), port: listening.port })
    const error = ending(client)
    // Unread input is what makes a kernel answer a close with RST.
    client.write(Buffer.alloc(200_000))
    expect((await failed)[0]).toMatchObject({ code: 'ERR_HANDFAST_CERTIFICATE', alert: 'unknown_ca' })
    expect(await error).toMatchObject({ code: 'ERR_SSL_TLSV1_ALERT_UNKNOWN_CA' })
  })

  test('and a client of ours', async () => {
    await using listening = await startServer({ requestCert: true, ca: CA.pem })
    const client = connect({ ...TRUST, port: listening.port })
    client.write(Buffer.alloc(200_000))
    expect(await ending(client)).toMatchObject({
      code: 'ERR_HANDFAST_TLS',
      fault: 'peer-alert',
      alert: 'certificate_required',
    })
  })
})

describe('the transport, once all is said', () => {
  /** Both ends over a pair of streams, each half of which ends on its own. */
  async function inMemory(): Promise<{ client: TlsSocket; server: TlsSocket; near: Duplex; far: Duplex }> {
    const [near, far] = duplexPair()
    const listener = createServer({ ...credentials(SERVER), allowHalfOpen: true })
    const accepted = once(listener, 'secureConnection')
    listener.emit('connection', far)
    const client = connect({ ...TRUST, socket: near, allowHalfOpen: true })
    await once(client, 'secureConnect')
    const [server] = (await accepted) as [TlsSocket]
    return { client, server, near, far }
  }

  test('lingers: a peer that goes on sending reads our alert, and no RST', async () => {
    await using listening = await startServer()
    const failed = once(listening.server, 'tlsClientError')
    const raw = net.connect(listening.port, '127.0.0.1')
    raw.write(Buffer.alloc(500_000))
    expect((await failed)[0]).toMatchObject({ alert: 'unexpected_message' })
    raw.write(Buffer.alloc(500_000))
    // Not ended by us until the peer ends too.
    expect((await readAll(raw)).toString('hex')).toBe('1503030002020a')
    expect(await ending(raw.end())).toBeNull()
  })

  test('may fail: what waits for a slow reader is still read', async () => {
    const { client, server, near, far } = await inMemory()
    // The peer has said all, and its half of the transport still stands.
    far.end = () => far
    server.end(Buffer.alloc(10_000))
    client.end()
    server.resume()
    await until(() => client.readableLength === 10_000 && client.writableFinished)
    expect(near.destroyed).toBe(false)
    near.destroy(new Error('reset'))
    await once(near, 'error')
    expect(await readAll(client)).toHaveLength(10_000)
  })

  test('may go before it has taken our end: that is an end too', async () => {
    const { client, server, near } = await inMemory()
    near.end = () => near
    server.end()
    client.resume().end()
    await once(client, 'end')
    expect(client.writableFinished).toBe(false)
    near.destroy()
    expect(await ending(client)).toBeNull()
  })

  test('may not go while something is to be written: the write is told', async () => {
    const { client, server, near } = await inMemory()
    const written = new Promise((resolve) => client.write(Buffer.alloc(2_000_000), resolve))
    client.on('error', () => {})
    server.end()
    client.resume()
    await once(client, 'end')
    near.destroy()
    expect(await written).toMatchObject({ code: 'ERR_HANDFAST_CLOSED' })
  })

  test('of a server that ends both halves together does so no more: we answer after the client has ended', async () => {
    const serve = createServer({ ...credentials(SERVER), allowHalfOpen: true }, (socket) => {
      socket.resume().once('end', () => setImmediate(() => setImmediate(() => socket.end('the answer'))))
    })
    // net.createServer's default is allowHalfOpen: false.
    await using raw = await rawServer((socket) => serve.emit('connection', socket))
    const client = connect({ ...TRUST, port: raw.port, allowHalfOpen: true })
    client.end('the question')
    expect(String(await readAll(client))).toBe('the answer')
  })
})

describe('streams around it', () => {
  test('pipeline ends with the sockets', async () => {
    await using listening = await startServer({}, (socket) => void pipeline(socket, socket))
    const client = connect({ ...TRUST, port: listening.port })
    const chunks: Buffer[] = []
    const sink = new Writable({
      write(chunk: Buffer, _encoding, done) {
        chunks.push(chunk)
        done()
      },
    })
    await pipeline(Readable.from(['one ', 'two ', 'three']), client, sink)
    expect(String(Buffer.concat(chunks))).toBe('one two three')
  })

  test('pipeline fails with what ended the socket', async () => {
    await using listening = await startServer({}, (socket) => socket.destroy())
    const client = connect({ ...TRUST, port: listening.port })
    const endless = new Readable({
      read() {
        this.push(Buffer.alloc(1000))
      },
    })
    await expect(pipeline(endless, client)).rejects.toThrow(/close_notify|ECONNRESET|EPIPE/)
    expect(endless.destroyed).toBe(true)
  })

  test('finished() and await using see the end', async () => {
    await using listening = await startServer({}, (socket) => socket.end('x'))
    await using client = connect({ ...TRUST, port: listening.port })
    client.resume()
    await finished(client)
    expect(client.closed).toBe(true)
  })
})
