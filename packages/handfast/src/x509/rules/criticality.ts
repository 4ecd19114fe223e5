/**
 * Rules on extensions that must be critical (RFC 5280 sections 4.2.1.3, 4.2.1.9 to 4.2.1.11 and 4.2.1.14).
 *
 * Who reads them applies them either way, so a breach misleads no one here. That two of them have a
 * rule of their own for anchors has this reason: an intermediate is what its issuer made it, an anchor
 * is what the relying party chose, and nothing forces it to choose one that breaks RFC 5280.
 */

import { extensionPath } from '../extensions.ts'
import { type CertificateRule, isHeld, type Place, problem, type Problem, type RuleName } from './rule.ts'

const BASIC = '2.5.29.19'
const NAMES = '2.5.29.30'

/** Section 4.2.1.9, for CAs below the anchor. */
export const BASIC_CONSTRAINTS_CRITICAL: CertificateRule = critical(
  'basic-constraints-critical',
  BASIC,
  ({ certificate, isAnchor }) => certificate.isCa && !isAnchor,
)

/** Section 4.2.1.9, for anchors. */
export const ANCHOR_BASIC_CONSTRAINTS_CRITICAL: CertificateRule = critical(
  'anchor-basic-constraints-critical',
  BASIC,
  ({ certificate, isAnchor }) => certificate.isCa && isAnchor,
)

/** Section 4.2.1.10, below the anchor. The Baseline Requirements allow the contrary. */
export const NAME_CONSTRAINTS_CRITICAL: CertificateRule = critical(
  'name-constraints-critical',
  NAMES,
  ({ isAnchor }) => !isAnchor,
)

/** Section 4.2.1.10, for anchors. */
export const ANCHOR_NAME_CONSTRAINTS_CRITICAL: CertificateRule = critical(
  'anchor-name-constraints-critical',
  NAMES,
  ({ isAnchor }) => isAnchor,
)

/** Section 4.2.1.11. RFC 3280 left it open, and many have it so. */
export const POLICY_CONSTRAINTS_CRITICAL: CertificateRule = critical('policy-constraints-critical', '2.5.29.36')

/** Section 4.2.1.14. */
export const INHIBIT_ANY_POLICY_CRITICAL: CertificateRule = critical('inhibit-any-policy-critical', '2.5.29.54')

/** Section 4.2.1.3 advises it; the Baseline Requirements (sections 7.1.2.10.7 and 7.1.2.7.11) demand it. */
export const KEY_USAGE_CRITICAL: CertificateRule = critical('key-usage-critical', '2.5.29.15')

function critical(name: RuleName, oid: string, concerns: (place: Place) => boolean = () => true): CertificateRule {
  return {
    name,
    check(place): Problem | null {
      const extension = place.certificate.extensions.get(oid)
      if (extension === undefined || extension.critical || !isHeld(place) || !concerns(place)) return null
      return problem('nonconforming', place.certificate, `${extensionPath(extension)}: needs to be critical, is not`)
    },
  }
}
