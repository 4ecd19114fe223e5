/** NewSessionTicket (RFC 9846 section 4.7.1). */

import { peerError } from '../alert.ts'
import { readExtensions, writeExtensions } from './extension.ts'
import { type HandshakeMessage, readBody, writeHandshake } from './handshake.ts'

/** Seven days, in seconds: no ticket lives longer. */
export const MAX_TICKET_LIFETIME = 604_800

export interface NewSessionTicket {
  /** Seconds; at most seven days. */
  readonly ticketLifetime: number
  readonly ticketAgeAdd: number
  readonly ticketNonce: Uint8Array
  readonly ticket: Uint8Array
  /** Bytes of early data that may be sent with it; 0 for none. */
  readonly maxEarlyData: number
}

/** @throws {TlsError} | {DecodeError} */
export function readNewSessionTicket(message: HandshakeMessage): NewSessionTicket {
  const r = readBody(message)
  const ticketLifetime = r.u32('ticket_lifetime')
  const ticketAgeAdd = r.u32('ticket_age_add')
  const ticketNonce = r.vector(1, 'ticket_nonce')
  const ticket = r.vector(2, 'ticket', 1)
  const { values } = readExtensions(r, 'new_session_ticket')
  r.end()
  if (ticketLifetime > MAX_TICKET_LIFETIME) {
    throw peerError(
      'illegal_parameter',
      'new_session_ticket.ticket_lifetime',
      `at most ${MAX_TICKET_LIFETIME}`,
      `${ticketLifetime}`,
    )
  }
  return { ticketLifetime, ticketAgeAdd, ticketNonce, ticket, maxEarlyData: values.early_data ?? 0 }
}

export function writeNewSessionTicket(message: NewSessionTicket): Uint8Array {
  const { ticketLifetime, ticketAgeAdd, ticketNonce, ticket, maxEarlyData } = message
  return writeHandshake(
    'new_session_ticket',
    (w) => {
      w.u32(ticketLifetime).u32(ticketAgeAdd).vector(1, ticketNonce).vector(2, ticket)
      writeExtensions(w, 'new_session_ticket', maxEarlyData > 0 ? { early_data: maxEarlyData } : {})
    },
    ticket.length + 64,
  )
}
