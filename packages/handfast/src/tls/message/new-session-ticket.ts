/** NewSessionTicket (RFC 9846 section 4.7.1). */

import { peerError } from '../alert.ts'
import { readExtensions } from './extension.ts'
import { type HandshakeMessage, readBody } from './handshake.ts'

export interface NewSessionTicket {
  /** Seconds; at most seven days. */
  readonly ticketLifetime: number
  readonly ticketAgeAdd: number
  readonly ticketNonce: Uint8Array
  readonly ticket: Uint8Array
}

/** @throws {TlsError} | {DecodeError} */
export function readNewSessionTicket(message: HandshakeMessage): NewSessionTicket {
  const r = readBody(message)
  const ticketLifetime = r.u32('ticket_lifetime')
  const ticketAgeAdd = r.u32('ticket_age_add')
  const ticketNonce = r.vector(1, 'ticket_nonce')
  const ticket = r.vector(2, 'ticket', 1)
  readExtensions(r, 'new_session_ticket')
  r.end()
  if (ticketLifetime > 604_800) {
    throw peerError('illegal_parameter', 'new_session_ticket.ticket_lifetime', 'at most 604800', `${ticketLifetime}`)
  }
  return { ticketLifetime, ticketAgeAdd, ticketNonce, ticket }
}
