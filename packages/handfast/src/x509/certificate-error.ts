/** The one error of x509's public surface; DecodeError becomes it here and nowhere else. */

import { DecodeError } from '../bytes/decode-error.ts'
import { boundedMessage } from './printable-text.ts'
import type { CertificateReason } from './verdict.ts'

/** A certificate, name or key is not what it should be. Holds no secret. */
export class CertificateError extends Error {
  override readonly name = 'CertificateError'
  readonly reason: CertificateReason
  /** The field at fault, if one is: `tbsCertificate.extensions[3].nameConstraints`. */
  readonly path: string | undefined

  constructor(reason: CertificateReason, message: string, path?: string) {
    super(message)
    this.reason = reason
    this.path = path
  }
}

/**
 * `error` as x509 throws it: a DecodeError as `malformed`, anything else as it is.
 */
export function certificateError(error: unknown): unknown {
  return error instanceof DecodeError
    ? new CertificateError('malformed', boundedMessage(error.message), boundedMessage(error.path))
    : error
}

/** What `read` gives; undefined if it throws CertificateError, for who goes on without what is malformed. */
export function readable<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch (error) {
    if (error instanceof CertificateError) return undefined
    throw error
  }
}
