/** Sending: when it waits, what goes on the wire for it, and how much waits in memory. */

import { once } from 'node:events'
import { type Duplex, duplexPair, Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { describe, expect, test } from 'vitest'
import { connect, createServer, type Decisions, nodeProvider, type TlsSocket } from '../../src/node/index.ts'
import {
  CA,
  CLIENT,
  credentials,
  ending,
  readAll,
  readBytes,
  SERVER,
  startPair,
  startServer,
  TRUST,
  until,
} from './loopback.ts'

/** Application records on the wire of one direction: their lengths. */
function recordLengths(writes: readonly Buffer[]): number[] {
  const wire = Buffer.concat(writes)
  const lengths: number[] = []
  for (let at = 0; at + 5 <= wire.length; at += 5 + wire.readUInt16BE(at + 3)) lengths.push(wire.readUInt16BE(at + 3))
  return lengths
}

/** Notes every write to a stream. */
function spyOn(stream: Duplex): Buffer[] {
  const writes: Buffer[] = []
  const write = stream.write.bind(stream) as (chunk: Buffer, ...rest: never[]) => boolean
  stream.write = ((chunk: Buffer, ...rest: never[]) => {
    writes.push(Buffer.from(chunk))
    return write(chunk, ...rest)
  }) as typeof stream.write
  return writes
}

interface MemoryPair {
  readonly client: TlsSocket
  readonly server: TlsSocket
  readonly clientWrites: Buffer[]
  readonly serverWrites: Buffer[]
}

/** Both ends over a pair of streams, their handshake complete, and what each wrote. */
async function memoryPair(clientOptions: object = {}, serverOptions: object = {}): Promise<MemoryPair> {
  const [near, far] = duplexPair()
  const [clientWrites, serverWrites] = [spyOn(near), spyOn(far)]
  const listener = createServer({ ...credentials(SERVER), tickets: 0, ...serverOptions })
  const accepted = once(listener, 'secureConnection')
  listener.emit('connection', far)
  const client = connect({ ...TRUST, socket: near, ...clientOptions })
  await once(client, 'secureConnect')
  const [server] = (await accepted) as [TlsSocket]
  return { client, server, clientWrites, serverWrites }
}

describe('one write per flight', () => {
  test.each([
    ['server authentication', {}, {}],
    ['mutual authentication', credentials(CLIENT), { ca: CA.pem, requestCert: true }],
  ])('%s: two of the client, one of the server', async (_, clientOptions, serverOptions) => {
    const { clientWrites, serverWrites } = await memoryPair(clientOptions, serverOptions)
    expect([clientWrites.length, serverWrites.length]).toEqual([2, 1])
  })

  test('a host that takes its time to decide makes no more of them', async () => {
    const sign: Decisions['sign'] = async (task) => {
      await new Promise((resolve) => setImmediate(resolve))
      return nodeProvider.sign(
        task.algorithm,
        task.identity.chain === SERVER.chain ? SERVER.privateKey : CLIENT.privateKey,
        task.input,
      )
    }
    const verifyPeer = async (): Promise<boolean> => await new Promise((resolve) => setImmediate(() => resolve(true)))
    const { clientWrites, serverWrites } = await memoryPair(
      { identities: [{ chain: CLIENT.chain }], sign, verifyPeer },
      {
        cert: undefined,
        key: undefined,
        identities: [{ chain: SERVER.chain }],
        ca: CA.pem,
        requestCert: true,
        sign,
        verifyPeer,
      },
    )
    expect([clientWrites.length, serverWrites.length]).toEqual([2, 1])
  })

  test('tickets leave in one write after it', async () => {
    const { serverWrites } = await memoryPair({}, { tickets: 3 })
    expect(serverWrites).toHaveLength(2)
  })

  test('a HelloRetryRequest costs each one more', async () => {
    const { clientWrites, serverWrites } = await memoryPair({ keyShares: [] })
    expect([clientWrites.length, serverWrites.length]).toEqual([3, 2])
  })

  test('what was written before joins the flight', async () => {
    const [near, far] = duplexPair()
    const writes = spyOn(near)
    const listener = createServer(credentials(SERVER))
    const accepted = once(listener, 'secureConnection')
    listener.emit('connection', far)
    const client = connect({ ...TRUST, socket: near })
    client.write('early')
    const [server] = (await accepted) as [TlsSocket]
    expect(String((await once(server, 'data'))[0])).toBe('early')
    expect(writes).toHaveLength(2)
    client.destroy()
    server.destroy()
  })
})

describe('before the handshake is complete', () => {
  test('write waits, its callback too', async () => {
    await using listening = await startServer({}, (socket) => socket.pipe(socket))
    const client = connect({ ...TRUST, port: listening.port })
    const order: string[] = []
    client.once('secureConnect', () => order.push('secureConnect'))
    client.write('first ', () => order.push('written'))
    client.end('second')
    expect(String(await readAll(client))).toBe('first second')
    expect(order).toEqual(['secureConnect', 'written'])
  })

  test('end alone waits, and closes in order', async () => {
    const ended: Promise<Buffer>[] = []
    await using listening = await startServer({}, (socket) => ended.push(readAll(socket)))
    const client = connect({ ...TRUST, port: listening.port })
    client.end()
    client.resume()
    expect(await ending(client)).toBeNull()
    expect(client.report.outcome).toBe('complete')
    expect(String(await ended[0])).toBe('')
  })

  test('a write is refused with the reason when the handshake fails', async () => {
    await using listening = await startServer()
    const client = connect({ ...TRUST, ca: CLIENT.pem, port: listening.port })
    const written = new Promise((resolve) => client.write('secret', resolve))
    expect(await ending(client)).toMatchObject({ code: 'ERR_HANDFAST_CERTIFICATE', alert: 'unknown_ca' })
    expect(await written).toBeInstanceOf(Error)
  })
})

describe('sizes', () => {
  test('nothing is sent for nothing', async () => {
    const { client, clientWrites } = await memoryPair()
    const before = clientWrites.length
    await new Promise((resolve) => client.write('', resolve))
    await new Promise((resolve) => client.write(Buffer.alloc(0), resolve))
    expect(clientWrites).toHaveLength(before)
  })

  test('many small writes become few records', async () => {
    const { client, server, clientWrites } = await memoryPair()
    const before = clientWrites.length
    client.cork()
    for (let i = 0; i < 10_000; i++) client.write('0123456789')
    client.uncork()
    expect(await readBytes(server, 100_000)).toEqual(Buffer.from('0123456789'.repeat(10_000)))
    // 100,000 bytes are six full records and a rest.
    expect(recordLengths(clientWrites.slice(before))).toHaveLength(7)
  })

  test('small writes of one turn become two: the first leaves at once, the others follow together', async () => {
    const { client, server, clientWrites } = await memoryPair()
    const before = clientWrites.length
    for (let i = 0; i < 100; i++) client.write('0123456789')
    await readBytes(server, 1000)
    expect(recordLengths(clientWrites.slice(before)).map((length) => length - 17)).toEqual([10, 990])
    expect(clientWrites).toHaveLength(before + 2)
  })

  test('writes behind one that waits are put together too', async () => {
    await using listening = await startServer()
    const accepted = once(listening.server, 'secureConnection')
    const client = connect({ ...TRUST, port: listening.port })
    for (let i = 0; i < 1000; i++) client.write('x')
    const [server] = (await accepted) as [TlsSocket]
    const sizes: number[] = []
    server.on('data', (chunk: Buffer) => sizes.push(chunk.length))
    await until(() => sizes.reduce((sum, size) => sum + size, 0) === 1000)
    // The first waited alone, all others behind it.
    expect(sizes).toEqual([1, 999])
    client.destroy()
  })

  test('50 MB in one write', async () => {
    await using pair = await startPair()
    const huge = Buffer.alloc(50_000_000)
    for (let i = 0; i < huge.length; i += 4096) huge.writeUInt32BE(i, i)
    pair.client.end(huge)
    expect((await readAll(pair.server)).equals(huge)).toBe(true)
  })

  test('records are as long as asked', async () => {
    const { client, server, clientWrites } = await memoryPair({ maxRecordLength: 1000 })
    const before = clientWrites.length
    client.write(Buffer.alloc(3500))
    await readBytes(server, 3500)
    expect(recordLengths(clientWrites.slice(before))).toEqual([1017, 1017, 1017, 517])
  })
})

describe('back-pressure', () => {
  test('a fast writer is held back by a slow reader', async () => {
    await using pair = await startPair()
    const { client, server } = pair
    const chunk = Buffer.alloc(65_536)
    let accepted = 0
    const write = (): boolean => {
      accepted += chunk.length
      return client.write(chunk)
    }
    // The server reads nothing: the kernel's buffers fill, then ours, then write() says so.
    while (write()) await new Promise((resolve) => setImmediate(resolve))
    expect(client.writableNeedDrain).toBe(true)
    expect(client.writableLength).toBeLessThanOrEqual(2 * 65_536)
    expect(server.readableLength).toBeLessThanOrEqual(4 * 65_536)
    let drained = false
    client.once('drain', () => (drained = true))
    let received = 0
    server.on('data', (data: Buffer) => (received += data.length))
    await until(() => drained && received === accepted)
    expect(write()).toBe(true)
  })

  test('40 MB through a slow reader stay out of memory', async () => {
    await using pair = await startPair()
    const total = 40_000_000
    let produced = 0
    const source = new Readable({
      read() {
        produced += 100_000
        this.push(produced > total ? null : Buffer.alloc(100_000))
      },
    })
    const sending = pipeline(source, pair.client)
    let received = 0
    let furthest = 0
    let most = 0
    for await (const chunk of pair.server) {
      received += (chunk as Buffer).length
      furthest = Math.max(furthest, produced - received)
      most = Math.max(most, pair.server.readableLength + pair.client.writableLength)
      // A reader that lets everything else go first.
      if (received % 5 === 0) await new Promise((resolve) => setImmediate(resolve))
    }
    await sending
    expect(received).toBe(total)
    expect(most).toBeLessThan(1_000_000)
    // What the kernel holds between two sockets of loopback comes on top.
    expect(furthest).toBeLessThan(20_000_000)
  })

  test('a reader that pauses stops the transport, and nothing is lost', async () => {
    const { client, server } = await memoryPair()
    const total = 5_000_000
    client.end(Buffer.alloc(total, 1))
    await until(() => server.readableLength > 0)
    for (let i = 0; i < 50; i++) await new Promise((resolve) => setImmediate(resolve))
    // One piece of the writer, and what the streams between hold.
    expect(server.readableLength).toBeLessThan(1_000_000)
    expect(client.writableFinished).toBe(false)
    expect(await readAll(server)).toHaveLength(total)
  })

  test('a pipe in both directions of the same socket does not stand still', async () => {
    await using listening = await startServer({}, (socket) => socket.pipe(socket))
    const client = connect({ ...TRUST, port: listening.port })
    const total = 20_000_000
    const sent = Buffer.alloc(total, 7)
    client.end(sent)
    expect((await readAll(client)).equals(sent)).toBe(true)
  })
})
