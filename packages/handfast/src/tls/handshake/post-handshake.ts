/**
 * After the handshake (RFC 9846 section 4.7): each message begins a short story of its own.
 *
 * Not here: resumption (a client without it silently ignores tickets, section 4.7.1).
 */

import { peerError } from '../alert.ts'
import type { HandshakeMessage } from '../message/handshake.ts'
import { readKeyUpdate } from '../message/key-update.ts'
import type { KeyUpdates } from '../key-updates.ts'
import type { AuthenticatedPeer } from './authenticate.ts'
import type { Flow } from './flow.ts'
import { answerRequest, type PostHandshakeAuth, receiveAnswer } from './post-handshake-auth.ts'

/** What such a story can do with its connection. */
export interface PostHandshakeContext {
  readonly role: 'client' | 'server'
  readonly keyUpdates: KeyUpdates
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
  } else if (message.type === 'certificate' && auth?.role === 'server') {
    hs.authenticated(yield* receiveAnswer(auth, message, keyUpdates.readSecret))
  } else if (message.type !== 'new_session_ticket' || hs.role !== 'client') {
    throw peerError('unexpected_message', 'handshake', 'a message that may follow the handshake', message.type)
  }
}
