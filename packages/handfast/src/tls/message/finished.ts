/** Finished (RFC 9846 section 4.5.3). */

import { type HandshakeMessage, readBody, writeHandshake } from './handshake.ts'

/**
 * @param length of verify_data: that of the handshake's hash.
 * @throws {DecodeError}
 */
export function readFinished(message: HandshakeMessage, length: number): Uint8Array {
  const r = readBody(message)
  const verifyData = r.bytes(length, 'verify_data')
  r.end()
  return verifyData
}

export function writeFinished(verifyData: Uint8Array): Uint8Array {
  return writeHandshake('finished', (w) => void w.bytes(verifyData), 64)
}
