/**
 * A man in the middle who ends the client's TLS himself: he shows a certificate chain, signs with
 * whatever key he has, and would carry what he then reads on to the true server as a client of his
 * own. Built on the bare engine, because handfast's sockets refuse a certificate with another's key.
 */

import { createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { once } from 'node:events'
import { connect, nodeClock, nodeProvider, type TlsSocket } from '../../node/index.ts'
import { answerTasks, serverConnection, type Connection } from '../../tls/index.ts'
import { SERVER_NAME } from './parties.ts'

export interface Impersonator extends AsyncDisposable {
  readonly port: number
}

/** Starts him before the server on `upstreamPort`; disposing of him ends all his connections. */
export async function startImpersonator(
  chain: readonly Uint8Array[],
  privateKey: Uint8Array,
  upstreamPort: number,
): Promise<Impersonator> {
  const identities = [{ chain, key: nodeProvider.importPrivateKey(privateKey) }]
  const sockets = new Set<Socket>()
  const server = createServer((victim) => {
    sockets.add(victim)
    victim.on('close', () => sockets.delete(victim))
    const connection = serverConnection({ provider: nodeProvider, clock: nodeClock, identities })
    let upstream: TlsSocket | undefined
    const pump = (): void => {
      answerTasks(connection, { provider: nodeProvider, identities, time: Date.now })
      for (let event = connection.nextEvent(); event !== undefined; event = connection.nextEvent()) {
        if (event.type === 'handshake-complete') upstream = carryOn(connection, upstreamPort, pump)
        if (event.type === 'data') upstream?.write(event.data)
      }
      const output = connection.takeOutput()
      if (output !== undefined && victim.writable) victim.write(output)
    }
    victim.on('data', (bytes: Buffer) => {
      connection.receive(bytes)
      pump()
    })
    victim.on('error', () => {})
    victim.on('close', () => {
      upstream?.destroy()
      connection[Symbol.dispose]()
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    [Symbol.asyncDispose]: () => stop(server, sockets),
  }
}

/** The true server's side, once the client has been deceived. */
function carryOn(connection: Connection, port: number, pump: () => void): TlsSocket {
  const upstream = connect({ host: '127.0.0.1', port, servername: SERVER_NAME, rejectUnauthorized: false })
  upstream.on('data', (bytes: Buffer) => {
    connection.write(bytes)
    pump()
  })
  upstream.on('error', () => {})
  return upstream
}

async function stop(server: Server, sockets: ReadonlySet<Socket>): Promise<void> {
  const closed = once(server, 'close')
  server.close()
  for (const socket of sockets) socket.destroy()
  await closed
}
