/** ClientKeyExchange of the ECDHE suites (RFC 8422 section 5.7): the client's point. */

import { type HandshakeMessage, readBody, writeHandshake } from './handshake.ts'

/** @throws {DecodeError} */
export function readClientKeyExchange(message: HandshakeMessage): Uint8Array {
  const r = readBody(message)
  const point = r.vector(1, 'point', 1)
  r.end()
  return point
}

export function writeClientKeyExchange(point: Uint8Array): Uint8Array {
  return writeHandshake('client_key_exchange', (w) => void w.vector(1, point))
}
