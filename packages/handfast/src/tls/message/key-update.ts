/** KeyUpdate (RFC 9846 section 4.7.3). */

import { peerError } from '../alert.ts'
import { type HandshakeMessage, readBody, writeHandshake } from './handshake.ts'

/** Returns true if the sender wants us to update our keys too. @throws {TlsError} | {DecodeError} */
export function readKeyUpdate(message: HandshakeMessage): boolean {
  const r = readBody(message)
  const request = r.u8('request_update')
  r.end()
  if (request > 1) throw peerError('illegal_parameter', 'key_update.request_update', '0 or 1', `${request}`)
  return request === 1
}

export function writeKeyUpdate(updateRequested: boolean): Uint8Array {
  return writeHandshake('key_update', (w) => void w.u8(updateRequested ? 1 : 0), 8)
}
