/** Rules on certificate policies (RFC 5280 sections 4.2.1.4, 4.2.1.5, 4.2.1.11 and 6.1.3 to 6.1.5). */

import { EXTENSION_OIDS } from '../extensions.ts'
import { ANY_POLICY, findPolicyProblem } from '../policies.ts'
import type { Place } from './place.ts'
import { type CertificateRule, type PathRule, problem, type Problem } from './rule.ts'

/** Sections 6.1.3 (d) to (f), 6.1.4 (a) to (j), 6.1.5 (a), (b), (g): some policy is valid for the whole path if one must be. */
export const VALID_POLICIES: PathRule = { name: 'policies', check: findPolicyProblem }

/** Section 6.1.4 (a): anyPolicy is mapped to nothing, and nothing to it. */
export const POLICY_MAPPINGS: CertificateRule = { name: 'policy-mappings', on: 'held', check: checkMappings }

/** Section 4.2.1.4: who does not know a qualifier of a critical extension must refuse it. */
export const POLICY_QUALIFIERS: CertificateRule = { name: 'policy-qualifiers', on: 'held', check: checkQualifiers }

/**
 * Sections 4.2.1.11 and 6.1.3 (e): who requires a policy below it has one, or all it issues further
 * down is void. An anchor that states no policy passes on all.
 */
export const POLICY_CONSTRAINTS: CertificateRule = {
  name: 'policy-constraints',
  on: 'intermediate',
  check: checkConstraints,
}

/** Baseline Requirements section 7.1.2.7.6: a leaf says by which policy it was issued. */
export const CERTIFICATE_POLICIES: CertificateRule = { name: 'certificate-policies', on: 'leaf', check: checkPolicies }

/** The CPS pointer and the user notice: information for people. */
const QUALIFIERS: ReadonlySet<string> = new Set(['1.3.6.1.5.5.7.2.1', '1.3.6.1.5.5.7.2.2'])

function checkMappings({ certificate }: Place): Problem | null {
  const mapsAny = certificate.extensions.policyMappings?.some(
    (mapping) => mapping.issuerDomainPolicy === ANY_POLICY || mapping.subjectDomainPolicy === ANY_POLICY,
  )
  if (mapsAny !== true) return null
  return problem('malformed', certificate, 'policyMappings: needs other policies than anyPolicy, has it')
}

function checkQualifiers({ certificate }: Place): Problem | null {
  const { extensions } = certificate
  if (extensions.get(EXTENSION_OIDS.certificatePolicies)?.critical !== true) return null
  for (const { qualifiers } of extensions.certificatePolicies ?? []) {
    const unknown = qualifiers.find(({ oid }) => !QUALIFIERS.has(oid))
    if (unknown === undefined) continue
    const message = `certificatePolicies: needs qualifiers that are known, as it is critical, has ${unknown.oid}`
    return problem('unknown-critical-extension', certificate, message)
  }
  return null
}

function checkConstraints({ certificate }: Place): Problem | null {
  const { policyConstraints, certificatePolicies } = certificate.extensions
  if (policyConstraints?.requireExplicitPolicy === undefined || certificatePolicies !== undefined) return null
  const message = 'certificatePolicies: needs a policy, as policyConstraints require one of what is issued, is missing'
  return problem('nonconforming', certificate, message)
}

function checkPolicies({ certificate }: Place): Problem | null {
  if (certificate.extensions.certificatePolicies !== undefined) return null
  return problem('nonconforming', certificate, 'certificatePolicies: needs a policy, is missing')
}
