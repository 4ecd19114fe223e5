/**
 * Mailboxes: `Mailbox` of RFC 5321 section 4.1.2, extended by RFC 6531 section 3.3 to characters beyond
 * ASCII in the local part. What rfc822Name (RFC 5280 section 4.2.1.6) and SmtpUTF8Mailbox (RFC 9598
 * section 3) hold.
 *
 * A local part is never changed: not its case, not its quotes, not its normalisation form; only its
 * own host knows which of them mean the same.
 *
 * Left out: address literals (`user@[192.0.2.1]`), which no certificate is issued for.
 */

import { isDnsName } from './dns-name.ts'

/** The parts of `local@host`. */
export interface Mailbox {
  /** As written, quotes included. */
  readonly local: string
  /** As written. */
  readonly host: string
}

const ATOM = /^(?:[\w!#$%&'*+/=?^`{|}~-]|[^\0-\x9f])+(?:\.(?:[\w!#$%&'*+/=?^`{|}~-]|[^\0-\x9f])+)*$/u
const QUOTED = /^"(?:[ !#-[\]-~]|\\[ -~]|[^\0-\x9f])*"$/u

/** The parts of a mailbox whose host is in A-labels; null if `text` is none. */
export function readMailbox(text: string): Mailbox | null {
  const parts = splitMailbox(text)
  return parts !== null && isDnsName(parts.host) ? parts : null
}

/** The parts of a mailbox, whatever its host; null if there is no well-formed local part. */
export function splitMailbox(text: string): Mailbox | null {
  // RFC 5321 section 4.5.3.1: 64 octets, the sign, 255 octets; a host has no `@`.
  if (text.length > 320 || !text.isWellFormed()) return null
  const at = text.lastIndexOf('@')
  if (at < 0) return null
  const local = text.slice(0, at)
  const isLocalPart = ATOM.test(local) || QUOTED.test(local)
  return isLocalPart ? { local, host: text.slice(at + 1) } : null
}

/** True if a local part is one of SmtpUTF8Mailbox, which rfc822Name cannot hold (RFC 9598 section 3). */
export function isInternational(local: string): boolean {
  return /[^\0-\x7f]/.test(local)
}
