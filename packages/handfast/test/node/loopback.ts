/** Sockets on loopback, their certificates, and how to wait for what becomes of them. */

import { once } from 'node:events'
import type { AddressInfo, Server, Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { setImmediate } from 'node:timers/promises'
import { connect, type ConnectOptions, createServer, type ServerOptions, type TlsServer } from '../../src/node/index.ts'
import type { TlsSocket } from '../../src/node/index.ts'
import { issue, makeCa, type TestCertificate } from '../pki.ts'

export const CA: TestCertificate = makeCa({ subject: 'Loopback CA' })
export const SERVER: TestCertificate = issue(CA, { dnsNames: ['localhost'], ips: ['127.0.0.1'] })
export const OTHER: TestCertificate = issue(CA, { dnsNames: ['other.example'] })
export const CLIENT: TestCertificate = issue(CA, { subject: 'alice', usage: 'client' })

/** Certificate and key as options of both libraries. */
export function credentials({ chainPem, key }: TestCertificate): { cert: string; key: string } {
  return { cert: chainPem, key: key.pem }
}

/** What a client needs to trust the server. */
export const TRUST: { host: string; servername: string; ca: string } = {
  host: '127.0.0.1',
  servername: 'localhost',
  ca: CA.pem,
}

/** Listens on a port of loopback that the system chooses. */
export async function listen(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}

/** Stops listening; waits until every connection is gone. */
export async function close(server: Server): Promise<void> {
  const closed = once(server, 'close')
  server.close()
  await closed
}

/** Any server that listens, with what it takes to end it and all its connections. */
export class Listening<S extends Server = Server> implements AsyncDisposable {
  readonly server: S
  readonly port: number
  readonly #transports: ReadonlySet<Socket>

  private constructor(server: S, port: number, transports: ReadonlySet<Socket>) {
    this.server = server
    this.port = port
    this.#transports = transports
  }

  static async start<S extends Server>(server: S): Promise<Listening<S>> {
    const transports = new Set<Socket>()
    server.on('connection', (transport: Socket) => {
      transports.add(transport)
      transport.on('close', () => transports.delete(transport))
    })
    return new Listening(server, await listen(server), transports)
  }

  /** Connections that are not closed yet. */
  get connections(): number {
    return this.#transports.size
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = this.server.listening ? close(this.server) : Promise.resolve()
    for (const transport of this.#transports) transport.destroy()
    await closed
  }
}

/** A server of ours with the usual certificate. */
export async function startServer(
  options: ServerOptions = {},
  listener?: (socket: TlsSocket) => void,
): Promise<Listening<TlsServer>> {
  const own = options.identities === undefined && options.cert === undefined ? credentials(SERVER) : {}
  return await Listening.start(createServer({ ...own, ...options }, listener))
}

/** A client and a server of ours that have shaken hands. */
export interface Pair extends AsyncDisposable {
  readonly client: TlsSocket
  readonly server: TlsSocket
  readonly listening: Listening<TlsServer>
}

export async function startPair(client: ConnectOptions = {}, server: ServerOptions = {}): Promise<Pair> {
  const listening = await startServer(server)
  const accepted = once(listening.server, 'secureConnection') as Promise<[TlsSocket]>
  const socket = connect({ ...TRUST, port: listening.port, ...client })
  await once(socket, 'secureConnect')
  const [serverSocket] = await accepted
  return {
    client: socket,
    server: serverSocket,
    listening,
    [Symbol.asyncDispose]: async () => {
      socket.on('error', () => {}).destroy()
      serverSocket.destroy()
      await listening[Symbol.asyncDispose]()
    },
  }
}

/** The error a socket ends with, or null if it closes without one. */
export function ending(socket: Duplex): Promise<(Error & Record<string, unknown>) | null> {
  return new Promise((resolve) => {
    socket.once('error', (error) => resolve(error as Error & Record<string, unknown>))
    socket.once('close', () => resolve(null))
  })
}

/** Everything a stream brings until its end. Unlike `for await` this does not destroy it then. */
export async function readAll(stream: Duplex): Promise<Buffer> {
  const chunks: Buffer[] = []
  stream.on('data', (chunk: Buffer) => chunks.push(chunk))
  await once(stream, 'end')
  return Buffer.concat(chunks)
}

/** The first `length` bytes that come. */
export async function readBytes(stream: Duplex, length: number): Promise<Buffer> {
  const chunks: Buffer[] = []
  let total = 0
  return await new Promise((resolve, reject) => {
    const onData = (chunk: Buffer): void => {
      chunks.push(chunk)
      total += chunk.length
      if (total < length) return
      stream.off('data', onData)
      resolve(Buffer.concat(chunks))
    }
    stream.on('data', onData)
    stream.once('error', reject)
    stream.once('close', () => reject(new Error(`closed after ${total} of ${length} bytes`)))
  })
}

/** Waits until `isTrue`; the test's own time limit ends it otherwise. */
export async function until(isTrue: () => boolean): Promise<void> {
  while (!isTrue()) await setImmediate()
}
