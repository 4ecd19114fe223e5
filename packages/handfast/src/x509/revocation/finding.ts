/** What is known of one certificate's revocation, and from where: part of every verdict. */

import type { Certificate } from '../certificate.ts'

/** CRLReason by its number (RFC 5280 section 5.3.1); 7 is not used. */
export const REVOCATION_REASONS = [
  'unspecified',
  'keyCompromise',
  'cACompromise',
  'affiliationChanged',
  'superseded',
  'cessationOfOperation',
  'certificateHold',
  null,
  'removeFromCRL',
  'privilegeWithdrawn',
  'aACompromise',
] as const

/** The name of a CRLReason. */
export type RevocationReason = NonNullable<(typeof REVOCATION_REASONS)[number]>

/** What is known of the revocation of one certificate. */
export interface RevocationFinding {
  /** The certificate it is about. */
  readonly certificate: Certificate
  /** `unchecked`: nothing was asked for, or nothing could be. `unknown`: it was checked, and nothing at hand says. */
  readonly status: 'good' | 'revoked' | 'unknown' | 'unchecked'
  /** What said so; null if nothing did. */
  readonly source: 'crl' | 'ocsp' | 'stapled-ocsp' | null
  /** Freshness of what said so, milliseconds since the epoch; null if it does not say. */
  readonly thisUpdate: number | null
  readonly nextUpdate: number | null
  /** Milliseconds since the epoch; null unless revoked. */
  readonly revokedAt: number | null
  readonly reason: RevocationReason | null
  /** One sentence for people: what was found, or why each thing at hand did not count. */
  readonly message: string
}
