/** Errors as Node users expect them: with a `code`. */

import type { Stage } from '../report/handshake-report.ts'
import type { EchRejection, Fault, TlsError } from '../tls/index.ts'
import type { CertificateReason } from '../x509/verdict.ts'

/**
 * What each code means, after `ERR_HANDFAST_`. Two kinds of error have another: a mistake in options
 * or arguments is a `TypeError` thrown at once, and what the system says of the transport
 * (`ECONNREFUSED`, `ENOTFOUND`, `ECONNRESET`, ...) is passed on as it came.
 */
export const ERROR_MEANINGS = {
  /** `alert`, `fault`, and during the handshake `stage`, say what happened and whose doing it was. */
  TLS: 'the handshake or the connection failed: a rule was broken, or the peer gave up with an alert',
  /** `reason` is the judge's; the peer was sent `alert`. As `authorizationError`: accepted all the same. */
  CERTIFICATE: "the peer's certificate was refused",
  TRANSPORT: 'the transport ended before the handshake was complete',
  /** What was received is authentic, but may not be all: someone may have cut the connection. */
  TRUNCATED: 'the transport ended without close_notify',
  CLOSED: 'the connection was closed, and something was still to be sent or received',
  /** Its `name` is `AbortError`, its `cause` the signal's reason. */
  ABORTED: 'the AbortSignal was triggered',
  /** `stage` says where the handshake was. */
  HANDSHAKE_TIMEOUT: 'the handshake was not complete in time',
  IDLE_TIMEOUT: 'nothing was sent or received for too long',
  UNSUPPORTED: 'node:tls has it, and handfast has not',
} as const

/** Codes, after `ERR_HANDFAST_`. */
export type HandfastErrorCode = keyof typeof ERROR_MEANINGS

export interface HandfastErrorDetails {
  readonly cause?: unknown
  /** Wire name of the alert sent or received. */
  readonly alert?: string | null | undefined
  /** Whose doing it was. */
  readonly fault?: Fault | undefined
  /** For a refused certificate. */
  readonly reason?: CertificateReason | undefined
  /** Where the handshake was. */
  readonly stage?: Stage | undefined
  /** The server could not read what was encrypted for it: what to do next (RFC 9849 section 6.1.6). */
  readonly echRejection?: EchRejection | undefined
}

/** An error with `code` (`ERR_HANDFAST_TLS`, ...) and what is known of the connection's end. */
export interface HandfastError extends Error, Omit<HandfastErrorDetails, 'cause'> {
  readonly code: `ERR_HANDFAST_${HandfastErrorCode}`
}

export function handfastError(
  code: HandfastErrorCode,
  message: string,
  { cause, ...details }: HandfastErrorDetails = {},
): HandfastError {
  const error = new Error(message, cause === undefined ? undefined : { cause })
  if (code === 'ABORTED') error.name = 'AbortError'
  return Object.assign(error, { code: `ERR_HANDFAST_${code}` as const, ...details })
}

/** The engine's error as Node users meet it. */
export function connectionError(error: TlsError): HandfastError {
  return handfastError(codeOf(error), error.message, {
    cause: error,
    alert: error.alert,
    fault: error.fault,
    reason: error.reason,
    stage: error.stage,
    ...(error.echRejection === undefined ? {} : { echRejection: error.echRejection }),
  })
}

function codeOf({ fault, reason }: TlsError): HandfastErrorCode {
  if (fault === 'transport') return 'TRANSPORT'
  return reason === undefined ? 'TLS' : 'CERTIFICATE'
}
