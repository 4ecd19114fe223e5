/** EndOfEarlyData (RFC 9846 section 4.6): an empty message, the last under the keys of early data. */

import { type HandshakeMessage, readBody, writeHandshake } from './handshake.ts'

/** @throws {DecodeError} */
export function readEndOfEarlyData(message: HandshakeMessage): void {
  readBody(message).end()
}

export function writeEndOfEarlyData(): Uint8Array {
  return writeHandshake('end_of_early_data', () => {})
}
