/** A fresh server and client on loopback TCP, both demanding the other's certificate, and how their handshake ended. */

import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { connect, createServer, type HandshakeReport, type TlsServer, type TlsSocket } from '../../node/index.ts'
import { SERVER_NAME, type Parties } from './parties.ts'

/** Nothing on loopback takes longer; what does is a failure of the demonstration. */
const PATIENCE = 10_000

export interface RunningServer extends AsyncDisposable {
  readonly port: number
  /** The next connection whose handshake completes or fails, as the server saw it. */
  nextEnd(): Promise<HandshakeReport>
  /** The sockets of completed handshakes, in order. */
  readonly accepted: readonly TlsSocket[]
}

/** Starts the server. It answers every line with a greeting. */
export async function startServer(parties: Parties, onSocket?: (socket: TlsSocket) => void): Promise<RunningServer> {
  const accepted: TlsSocket[] = []
  const ends: HandshakeReport[] = []
  const waiting: ((report: HandshakeReport) => void)[] = []
  const end = (socket: TlsSocket): void => {
    const next = waiting.shift()
    if (next === undefined) ends.push(socket.report)
    else next(socket.report)
  }
  const server = createServer({
    cert: [...parties.server.chain],
    key: parties.server.privateKey,
    ca: parties.root.certificate,
    requestCert: true,
    handshakeTimeout: PATIENCE,
  })
  server.on('secureConnection', (socket: TlsSocket) => {
    accepted.push(socket)
    socket.on('error', () => {})
    onSocket?.(socket)
    end(socket)
  })
  server.on('tlsClientError', (_error: Error, socket: TlsSocket) => end(socket))
  return {
    port: await listen(server),
    accepted,
    nextEnd: () => {
      const ready = ends.shift()
      return ready === undefined ? new Promise((resolve) => waiting.push(resolve)) : Promise.resolve(ready)
    },
    [Symbol.asyncDispose]: async () => {
      for (const socket of accepted) socket.destroy()
      await close(server)
    },
  }
}

/** A client of that server, or of whoever listens on `port` in its place. */
export function startClient(parties: Parties, port: number): TlsSocket {
  return connect({
    host: '127.0.0.1',
    port,
    servername: SERVER_NAME,
    ca: parties.root.certificate,
    cert: [...parties.client.chain],
    key: parties.client.privateKey,
    handshakeTimeout: PATIENCE,
  })
}

/** Resolves with the socket's report once its handshake is complete or has failed. */
export function ended(socket: TlsSocket): Promise<HandshakeReport> {
  return new Promise((resolve) => {
    const end = (): void => resolve(socket.report)
    socket.once('secureConnect', end)
    socket.on('error', end)
    socket.once('close', end)
  })
}

/** Listens on a port of loopback that the system chooses. */
async function listen(server: TlsServer): Promise<number> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}

/** Stops listening; waits until every connection is gone. */
async function close(server: TlsServer): Promise<void> {
  if (!server.listening) return
  const closed = once(server, 'close')
  server.close()
  await closed
}
