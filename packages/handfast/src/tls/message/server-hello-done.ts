/** ServerHelloDone (RFC 5246 section 7.4.5): the server's first flight is complete. */

import { type HandshakeMessage, readBody, writeHandshake } from './handshake.ts'

/** @throws {DecodeError} if there is anything in it. */
export function readServerHelloDone(message: HandshakeMessage): void {
  readBody(message).end()
}

export function writeServerHelloDone(): Uint8Array {
  return writeHandshake('server_hello_done', () => {})
}
