/** The stream below a connection: what may be one, and what a report says of it. */

import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { TransportReport } from '../report/handshake-report.ts'

/**
 * Demands a stream of bytes in both directions.
 * @throws {TypeError} naming `option`.
 */
export function checkTransport(option: string, transport: Duplex): void {
  const { readable, writable } = transport as Partial<Duplex>
  if (readable === undefined || writable === undefined || typeof transport.pipe !== 'function') {
    throw new TypeError(`${option}: needs a Duplex stream, has ${transport === null ? 'null' : typeof transport}`)
  }
  if (transport.readableEncoding !== null || transport.readableObjectMode || transport.writableObjectMode) {
    throw new TypeError(`${option}: needs a stream of bytes, has one with an encoding or in object mode`)
  }
}

/** @param connectedAt microseconds since the connection began, null if it stood before. */
export function transportFacts(transport: Duplex, connectedAt: number | null): TransportReport {
  const socket = transport as Partial<Socket> & { readonly encrypted?: boolean }
  const isTcp = typeof socket.remotePort === 'number' && socket.encrypted !== true
  return {
    kind: isTcp ? 'tcp' : 'stream',
    local: { address: socket.localAddress ?? null, port: socket.localPort ?? null },
    remote: { address: socket.remoteAddress ?? null, port: socket.remotePort ?? null },
    connectedAt: connectedAt === null ? null : Math.round(connectedAt),
  }
}
