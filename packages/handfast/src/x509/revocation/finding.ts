/** What is known of one certificate's revocation, and from where: part of every verdict. */

import type { Certificate } from '../certificate.ts'

/** CRLReason (RFC 5280 section 5.3.1). */
export type RevocationReason =
  | 'unspecified'
  | 'keyCompromise'
  | 'cACompromise'
  | 'affiliationChanged'
  | 'superseded'
  | 'cessationOfOperation'
  | 'certificateHold'
  | 'removeFromCRL'
  | 'privilegeWithdrawn'
  | 'aACompromise'

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
