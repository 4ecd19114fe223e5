/**
 * Alerts (RFC 9846 section 6) and the one error of this folder.
 *
 * Everything that ends a connection is a `TlsError`. What the peer did wrong becomes an alert at one
 * place (`connection.ts`); the rest of the code only throws.
 */

import { DecodeError } from '../bytes/index.ts'
import type { CertificateReason } from '../x509/verdict.ts'
import type { Stage } from '../report/handshake-report.ts'

/** AlertDescription codes (RFC 9846 section 6, B.2; no_renegotiation: RFC 5246 section 7.2.2). */
export const ALERT_CODES = {
  close_notify: 0,
  unexpected_message: 10,
  bad_record_mac: 20,
  record_overflow: 22,
  handshake_failure: 40,
  bad_certificate: 42,
  unsupported_certificate: 43,
  certificate_revoked: 44,
  certificate_expired: 45,
  certificate_unknown: 46,
  illegal_parameter: 47,
  unknown_ca: 48,
  access_denied: 49,
  decode_error: 50,
  decrypt_error: 51,
  protocol_version: 70,
  insufficient_security: 71,
  internal_error: 80,
  inappropriate_fallback: 86,
  user_canceled: 90,
  no_renegotiation: 100,
  missing_extension: 109,
  unsupported_extension: 110,
  unrecognized_name: 112,
  bad_certificate_status_response: 113,
  unknown_psk_identity: 115,
  certificate_required: 116,
  general_error: 117,
  no_application_protocol: 120,
  ech_required: 121,
} as const

export type AlertDescription = keyof typeof ALERT_CODES

const NAMES: ReadonlyMap<number, string> = new Map(Object.entries(ALERT_CODES).map(([name, code]) => [code, name]))

/** Wire name of an alert code; `unknown(200)` for one without a name. */
export function alertName(code: number): string {
  return NAMES.get(code) ?? `unknown(${code})`
}

/** Whose doing the end of a connection was. */
export type Fault = 'peer' | 'peer-alert' | 'host' | 'transport'

export interface TlsErrorDetails {
  /** Default `peer`. */
  readonly fault?: Fault
  /** Field the error is about: `server_hello.key_share`. */
  readonly path?: string
  /** For a refused certificate: the judge's first reason. */
  readonly reason?: CertificateReason
  readonly stage?: Stage
  readonly echRejection?: EchRejection
  readonly cause?: unknown
}

/** A server that could not read what was encrypted for it, and has proved its public name (RFC 9849 section 6.1.6). */
export interface EchRejection {
  readonly publicName: string
  /**
   * An ECHConfigList to be used for one new connection, in place of the one there was. Undefined: the server has
   * none, and a new connection may be made without.
   */
  readonly retryConfigs: Uint8Array | undefined
}

/**
 * The end of a TLS connection. `fault` says whose doing it was:
 * `peer`: the peer broke a rule and was sent `alert`; `peer-alert`: the peer sent `alert` and gave up;
 * `host`: our own side refused or gave up, and the peer was sent `alert`;
 * `transport`: the stream ended or failed, no alert was sent or received.
 */
export class TlsError extends Error {
  override readonly name = 'TlsError'
  /** Wire name of the alert sent or received, null if there was none. */
  readonly alert: string | null
  readonly fault: Fault
  readonly path: string | undefined
  readonly reason: CertificateReason | undefined
  /** With the alert `ech_required`: what to do next. Undefined if the server did not prove its public name. */
  readonly echRejection: EchRejection | undefined
  /** The stage that the handshake was in; undefined once it was complete. */
  stage: Stage | undefined

  constructor(alert: string | null, message: string, details: TlsErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause })
    this.alert = alert
    this.fault = details.fault ?? 'peer'
    this.path = details.path
    this.reason = details.reason
    this.echRejection = details.echRejection
    this.stage = details.stage
  }

  /** Who sent the alert: null if there was none. */
  get direction(): 'sent' | 'received' | null {
    if (this.alert === null) return null
    return this.fault === 'peer-alert' ? 'received' : 'sent'
  }
}

/**
 * The peer broke a rule: ends the connection with `alert`. `path` names the field, `needs` the
 * expectation, `has` what was found.
 */
export function peerError(alert: AlertDescription, path: string, needs: string, has: string): TlsError {
  return new TlsError(alert, `${path}: needs ${needs}, has ${has}`, { path })
}

/** Everything that can be thrown below, as what it means to the peer. */
export function asTlsError(cause: unknown): TlsError {
  if (cause instanceof TlsError) return cause
  if (cause instanceof DecodeError) {
    return new TlsError('decode_error', cause.message, { path: cause.path, cause })
  }
  const message = cause instanceof Error ? cause.message : String(cause)
  return new TlsError('internal_error', `internal error: ${message}`, { fault: 'host', cause })
}

/** Our own side's fault, which the peer is told no more about: ends the connection with `internal_error`. */
export function hostError(message: string): TlsError {
  return new TlsError('internal_error', message, { fault: 'host' })
}

/**
 * Which alert tells the peer why its chain was refused (RFC 9846 section 6.2). The only place where
 * the certificate judge's vocabulary meets the protocol's.
 */
export const ALERT_OF_REASON: Readonly<Record<CertificateReason, AlertDescription>> = {
  malformed: 'bad_certificate',
  nonconforming: 'bad_certificate',
  'no-certificate': 'certificate_required',
  'unknown-issuer': 'unknown_ca',
  'self-signed': 'unknown_ca',
  'unknown-key': 'certificate_unknown',
  'bad-signature': 'bad_certificate',
  'unsupported-signature-algorithm': 'unsupported_certificate',
  'unsupported-public-key': 'unsupported_certificate',
  'weak-key': 'bad_certificate',
  'weak-signature-algorithm': 'bad_certificate',
  expired: 'certificate_expired',
  'not-yet-valid': 'certificate_expired',
  'not-a-ca': 'unknown_ca',
  'path-too-long': 'bad_certificate',
  'key-usage': 'unsupported_certificate',
  'extended-key-usage': 'unsupported_certificate',
  'unknown-critical-extension': 'unsupported_certificate',
  'unsupported-constraint': 'unsupported_certificate',
  'name-constraint': 'bad_certificate',
  'name-mismatch': 'bad_certificate',
  policy: 'bad_certificate',
  revoked: 'certificate_revoked',
  'revocation-unknown': 'certificate_unknown',
  'must-staple': 'bad_certificate_status_response',
  transparency: 'certificate_unknown',
  blocked: 'bad_certificate',
  'pin-mismatch': 'bad_certificate',
  'key-changed': 'bad_certificate',
  interception: 'unknown_ca',
  'budget-exceeded': 'certificate_unknown',
  'host-refused': 'certificate_unknown',
}
