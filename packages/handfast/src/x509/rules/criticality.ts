/**
 * Rules on extensions that must be critical (RFC 5280 sections 4.2.1.3, 4.2.1.9 to 4.2.1.11 and 4.2.1.14).
 *
 * Who reads them applies them either way, so a breach misleads no one here. That two of them have a
 * rule of their own for anchors has this reason: an intermediate is what its issuer made it, an anchor
 * is what the relying party chose, and nothing forces it to choose one that breaks RFC 5280.
 */

import type { Certificate } from '../certificate.ts'
import { EXTENSION_OIDS, extensionPath } from '../extensions.ts'
import type { Place } from './place.ts'
import { type CertificateCheck, type CertificateRule, problem, type Problem } from './rule.ts'

/** Section 4.2.1.9, for CAs below the anchor. */
export const BASIC_CONSTRAINTS_CRITICAL: CertificateRule = {
  name: 'basic-constraints-critical',
  on: 'issued',
  check: checkBasicConstraints,
}

/** Section 4.2.1.9, for anchors. */
export const ANCHOR_BASIC_CONSTRAINTS_CRITICAL: CertificateRule = {
  name: 'anchor-basic-constraints-critical',
  on: 'held-anchor',
  check: checkBasicConstraints,
}

/** Section 4.2.1.10, below the anchor. The Baseline Requirements allow the contrary. */
export const NAME_CONSTRAINTS_CRITICAL: CertificateRule = {
  name: 'name-constraints-critical',
  on: 'issued',
  check: criticality('nameConstraints'),
}

/** Section 4.2.1.10, for anchors. */
export const ANCHOR_NAME_CONSTRAINTS_CRITICAL: CertificateRule = {
  name: 'anchor-name-constraints-critical',
  on: 'held-anchor',
  check: criticality('nameConstraints'),
}

/** Section 4.2.1.11. RFC 3280 left it open, and many have it so. */
export const POLICY_CONSTRAINTS_CRITICAL: CertificateRule = {
  name: 'policy-constraints-critical',
  on: 'held',
  check: criticality('policyConstraints'),
}

/** Section 4.2.1.14. */
export const INHIBIT_ANY_POLICY_CRITICAL: CertificateRule = {
  name: 'inhibit-any-policy-critical',
  on: 'held',
  check: criticality('inhibitAnyPolicy'),
}

/** Section 4.2.1.3 advises it; the Baseline Requirements (sections 7.1.2.10.7 and 7.1.2.7.11) demand it. */
export const KEY_USAGE_CRITICAL: CertificateRule = {
  name: 'key-usage-critical',
  on: 'held',
  check: criticality('keyUsage'),
}

/** In certificates of CAs. */
function checkBasicConstraints({ certificate }: Place): Problem | null {
  return certificate.isCa ? findUncritical(certificate, 'basicConstraints') : null
}

function criticality(name: keyof typeof EXTENSION_OIDS): CertificateCheck {
  return ({ certificate }) => findUncritical(certificate, name)
}

function findUncritical(certificate: Certificate, name: keyof typeof EXTENSION_OIDS): Problem | null {
  const extension = certificate.extensions.get(EXTENSION_OIDS[name])
  if (extension === undefined || extension.critical) return null
  return problem('nonconforming', certificate, `${extensionPath(extension)}: needs to be critical, is not`)
}
