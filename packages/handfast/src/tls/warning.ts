/**
 * Alerts that end nothing: the warnings of TLS 1.2 (RFC 5246 section 7.2.2). TLS 1.3 has none but its closure alerts,
 * and does not go by the level (RFC 9846 section 6).
 */

import { ALERT_CODES } from './alert.ts'

/** AlertLevel. */
export const LEVEL_WARNING = 1

/**
 * Whether an alert of the peer's only warns.
 * @param mayBeTls12 a server that may choose TLS 1.2 has not chosen yet. It may say before that it knows not the name
 * that was asked for, and go on (RFC 6066 section 3).
 */
export function isWarning(level: number, code: number, isTls12: boolean, mayBeTls12: boolean): boolean {
  if (level !== LEVEL_WARNING) return false
  return isTls12 ? code !== ALERT_CODES.close_notify : mayBeTls12 && code === ALERT_CODES.unrecognized_name
}
