/** HelloRequest (RFC 5246 section 7.4.1.1): a server of TLS 1.2 that wants to renegotiate. We never send one. */

import { type HandshakeMessage, readBody } from './handshake.ts'

/** @throws {DecodeError} if there is anything in it. */
export function readHelloRequest(message: HandshakeMessage): void {
  readBody(message).end()
}
