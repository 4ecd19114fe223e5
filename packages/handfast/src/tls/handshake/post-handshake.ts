/** After the handshake (RFC 9846 section 4.7): each message begins a short story of its own. */

import { peerError } from '../alert.ts'
import type { HandshakeMessage } from '../message/handshake.ts'
import { readKeyUpdate } from '../message/key-update.ts'
import { readNewSessionTicket } from '../message/new-session-ticket.ts'
import type { Session } from '../session.ts'
import type { KeyUpdates } from '../key-updates.ts'
import type { AuthenticatedPeer } from './authenticate.ts'
import { certificateMessages } from './certificate-exchange.ts'
import type { Flow } from './flow.ts'
import type { Resumption } from './resumption.ts'
import { answerRequest, type PostHandshakeAuth, receiveAnswer } from './post-handshake-auth.ts'

/** What such a story can do with its connection. */
export interface PostHandshakeContext {
  readonly role: 'client' | 'server'
  readonly keyUpdates: KeyUpdates
  /** Undefined: no sessions are kept. */
  readonly resumption: Resumption | undefined
  /** A session for the host to keep. */
  keep(session: Session): void
  /** Sends a message of the handshake protocol. */
  send(message: Uint8Array): void
  /** Undefined unless the client offered it. */
  readonly auth: PostHandshakeAuth | undefined
  /** The client has answered; undefined: it declined. */
  authenticated(client: AuthenticatedPeer | undefined): void
  /** Whether anything may be sent still. */
  maySend(): boolean
  /** Sends an alert that ends nothing; TLS 1.2 only. */
  warn(description: 'no_renegotiation'): void
}

/** @throws {TlsError} | {DecodeError} */
export function* receivePostHandshake(hs: PostHandshakeContext, message: HandshakeMessage): Flow {
  const { auth, keyUpdates } = hs
  if (message.type === 'key_update') {
    keyUpdates.receive(readKeyUpdate(message))
  } else if (message.type === 'certificate_request' && auth?.role === 'client') {
    yield* answerRequest(auth, message, hs.maySend, () => keyUpdates.writeSecret)
  } else if (auth?.role === 'server' && certificateMessages(auth.settings).includes(message.type)) {
    hs.authenticated(yield* receiveAnswer(auth, message, keyUpdates.readSecret))
  } else if (message.type === 'new_session_ticket' && hs.role === 'client') {
    // A client without resumption ignores it silently (section 4.7.1).
    const session = hs.resumption?.session(readNewSessionTicket(message))
    if (session !== undefined) hs.keep(session)
  } else {
    throw peerError('unexpected_message', 'handshake', 'a message that may follow the handshake', message.type)
  }
}
