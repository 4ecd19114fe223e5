/**
 * What certificates themselves say of how they are to be checked: by a stapled OCSP response (tlsFeature, RFC 7633),
 * or not at all (noRevAvail, RFC 9608).
 */

import type { Certificate } from '../certificate.ts'
import { CertificateError } from '../certificate-error.ts'
import { quotedName } from '../printable-text.ts'

const NO_REVOCATION_AVAILABLE = '2.5.29.56'
/** What noRevAvail must not stand beside. */
const POINTERS: readonly string[] = ['2.5.29.31', '2.5.29.46']
const OCSP = '1.3.6.1.5.5.7.48.1'

/** True for an end entity's certificate whose issuer keeps no revocation data for it, and that names none. */
export function hasNoRevocation(certificate: Certificate): boolean {
  const { extensions } = certificate
  if (extensions.get(NO_REVOCATION_AVAILABLE) === undefined) return false
  return (
    readable(() => !certificate.isCa) === true &&
    POINTERS.every((oid) => extensions.get(oid) === undefined) &&
    readable(() => extensions.authorityInfoAccess?.every(({ method }) => method !== OCSP) ?? true) === true
  )
}

/** The TLS extension status_request, as tlsFeature names it. */
const STATUS_REQUEST = 5

/**
 * Who demands that the leaf comes with a stapled response, in words to begin a sentence; null if no one does. A CA's
 * tlsFeature binds the certificates below it: they must have the same features, or more.
 */
export function stapleDemand(path: readonly Certificate[]): string | null {
  for (const [index, certificate] of path.entries()) {
    const features = readable(() => certificate.extensions.tlsFeature)
    if (features?.includes(STATUS_REQUEST) !== true) continue
    return index === 0 ? 'Its tlsFeature' : `The tlsFeature of its CA ${quotedName(certificate.subjectText)}`
  }
  return null
}

/** Undefined for what is malformed: other rules refuse that. */
function readable<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch (error) {
    if (error instanceof CertificateError) return undefined
    throw error
  }
}
