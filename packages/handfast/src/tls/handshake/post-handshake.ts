/**
 * After the handshake (RFC 9846 section 4.7): each message begins a short story of its own.
 *
 * Not here: resumption (a client without it silently ignores tickets, section 4.7.1) and post-handshake
 * authentication (never offered, so its CertificateRequest is unexpected).
 */

import { peerError } from '../alert.ts'
import type { HandshakeMessage } from '../message/handshake.ts'
import { readKeyUpdate } from '../message/key-update.ts'
import type { KeyUpdates } from '../key-updates.ts'
import type { Flow } from './flow.ts'

/** What such a story can do with its connection. */
export interface PostHandshakeContext {
  readonly role: 'client' | 'server'
  readonly keyUpdates: KeyUpdates
  /** Sends an alert that ends nothing; TLS 1.2 only. */
  warn(description: 'no_renegotiation'): void
}

/** @throws {TlsError} | {DecodeError} */
// oxlint-disable-next-line require-yield -- nothing here waits yet
export function* receivePostHandshake(hs: PostHandshakeContext, message: HandshakeMessage): Flow {
  if (message.type === 'key_update') {
    hs.keyUpdates.receive(readKeyUpdate(message))
  } else if (message.type !== 'new_session_ticket' || hs.role !== 'client') {
    throw peerError('unexpected_message', 'handshake', 'a message that may follow the handshake', message.type)
  }
}
