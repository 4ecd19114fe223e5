/**
 * After a TLS 1.2 handshake: nothing is renegotiated. A server's wish is declined with a warning (RFC 5246 section
 * 7.4.1.1), a client's attempt ends the connection.
 */

import { peerError } from '../alert.ts'
import type { HandshakeMessage } from '../message/handshake.ts'
import { readHelloRequest } from '../message/hello-request.ts'
import type { Flow } from './flow.ts'
import type { PostHandshakeContext } from './post-handshake.ts'

/** @throws {TlsError} | {DecodeError} */
// oxlint-disable-next-line require-yield -- nothing here waits
export function* receivePostHandshake12(hs: PostHandshakeContext, message: HandshakeMessage): Flow {
  if (message.type === 'hello_request' && hs.role === 'client') {
    readHelloRequest(message)
    hs.warn('no_renegotiation')
  } else if (message.type === 'client_hello' && hs.role === 'server') {
    throw peerError('no_renegotiation', 'client_hello', 'no renegotiation', 'a second ClientHello')
  } else {
    throw peerError('unexpected_message', 'handshake', 'no message after the handshake', message.type)
  }
}
