/**
 * After the handshake (RFC 9846 section 4.7): what each message does. Nothing here
 * waits, so these are plain calls; a message that had to wait would be a story of its own.
 *
 * Not here: resumption (a client without it silently ignores tickets, section 4.7.1) and post-handshake
 * authentication (never offered, so its CertificateRequest is unexpected).
 */

import { peerError } from '../alert.ts'
import type { HandshakeMessage } from '../message/handshake.ts'
import { readKeyUpdate } from '../message/key-update.ts'

/** What such a story can do with its connection. */
export interface PostHandshakeContext {
  readonly role: 'client' | 'server'
  /** Moves to the peer's next keys. */
  updateReadKeys(): void
  /** The peer wants us to move to our next keys before our next data. */
  requestWriteKeys(): void
}

/** @throws {TlsError} | {DecodeError} */
export function receivePostHandshake(hs: PostHandshakeContext, message: HandshakeMessage): void {
  if (message.type === 'key_update') {
    const updateRequested = readKeyUpdate(message)
    hs.updateReadKeys()
    if (updateRequested) hs.requestWriteKeys()
  } else if (message.type !== 'new_session_ticket' || hs.role !== 'client') {
    throw peerError('unexpected_message', 'handshake', 'a message that may follow the handshake', message.type)
  }
}
