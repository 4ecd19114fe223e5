/**
 * The man in the middle: a TCP proxy on loopback that sees TLS records (RFC 9846 section 5.1) pass,
 * keeps what the client sent, and may change any record on its way. It has no keys and needs none.
 */

import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { once } from 'node:events'

/** What happens to a record, header included, on its way: it passes as it is, or as what is returned. */
export interface Tampering {
  /** `index` counts the records of this direction from 0. */
  fromClient?(record: Uint8Array, index: number): Uint8Array
  fromServer?(record: Uint8Array, index: number): Uint8Array
}

export interface Proxy extends AsyncDisposable {
  readonly port: number
  /** All the client sent on the first connection, before it was changed. */
  recording(): Uint8Array
}

const HEADER_LENGTH = 5

/** Starts a proxy to `port` on loopback; disposing of it ends all its connections. */
export async function startProxy(port: number, tampering: Tampering = {}): Promise<Proxy> {
  const recorded: Buffer[] = []
  const sockets = new Set<Socket>()
  let connections = 0
  const server = createServer((client) => {
    const isFirst = connections++ === 0
    const upstream = connect(port, '127.0.0.1')
    if (isFirst) client.on('data', (chunk: Buffer) => recorded.push(chunk))
    relay(client, upstream, tampering.fromClient)
    relay(upstream, client, tampering.fromServer)
    for (const socket of [client, upstream]) {
      socket.setNoDelay(true)
      sockets.add(socket)
      socket.on('close', () => sockets.delete(socket))
    }
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    recording: () => Buffer.concat(recorded),
    [Symbol.asyncDispose]: () => stop(server, sockets),
  }
}

function relay(
  from: Socket,
  to: Socket,
  change: ((record: Uint8Array, index: number) => Uint8Array) | undefined,
): void {
  let pending: Buffer = Buffer.alloc(0)
  let index = 0
  from.on('data', (chunk: Buffer) => {
    pending = Buffer.concat([pending, chunk])
    const records: Uint8Array[] = []
    while (pending.length >= HEADER_LENGTH) {
      const length = HEADER_LENGTH + pending.readUInt16BE(3)
      if (pending.length < length) break
      const record = pending.subarray(0, length)
      records.push(change?.(record, index++) ?? record)
      pending = pending.subarray(length)
    }
    if (records.length > 0 && to.writable) to.write(Buffer.concat(records))
  })
  from.on('end', () => to.end())
  // One side's reset ends the other; that is what the attacks are about, and no error of ours.
  from.on('error', () => to.destroy())
}

async function stop(server: Server, sockets: ReadonlySet<Socket>): Promise<void> {
  const closed = once(server, 'close')
  server.close()
  for (const socket of sockets) socket.destroy()
  await closed
}
