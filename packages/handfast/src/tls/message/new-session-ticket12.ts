/** NewSessionTicket as TLS 1.2 has it (RFC 5077 section 3.3). */

import { type HandshakeMessage, readBody, writeHandshake } from './handshake.ts'

export interface NewSessionTicket12 {
  /** Seconds; 0 if the server does not say. */
  readonly ticketLifetimeHint: number
  /** Empty: the server has no ticket after all. */
  readonly ticket: Uint8Array
}

/** @throws {DecodeError} */
export function readNewSessionTicket12(message: HandshakeMessage): NewSessionTicket12 {
  const r = readBody(message)
  const ticketLifetimeHint = r.u32('ticket_lifetime_hint')
  const ticket = r.vector(2, 'ticket')
  r.end()
  return { ticketLifetimeHint, ticket }
}

export function writeNewSessionTicket12({ ticketLifetimeHint, ticket }: NewSessionTicket12): Uint8Array {
  return writeHandshake('new_session_ticket', (w) => void w.u32(ticketLifetimeHint).vector(2, ticket))
}
