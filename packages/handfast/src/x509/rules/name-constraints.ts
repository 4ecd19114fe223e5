/** Name constraints in their place (RFC 5280 sections 4.2.1.10 and 6.1.3 (b), (c)). */

import type { Certificate } from '../certificate.ts'
import { extensionPath } from '../extensions.ts'
import { findConstraintProblem, findMalformedConstraint } from '../name-constraints.ts'
import { quotedName } from '../printable-text.ts'
import { type CertificateRule, isHeld, type PathContext, type Place, problem, type Problem } from './rule.ts'

/** They hold for all below but self-issued intermediates. */
export const NAME_CONSTRAINTS: CertificateRule = { name: 'name-constraints', check: checkNameConstraints }

/** Section 4.2.1.10: only in the certificate of a CA. */
export const NAME_CONSTRAINTS_PLACE: CertificateRule = { name: 'name-constraints-place', check: checkPlace }

/** Section 4.2.1.10: each is well-formed, whether or not a name is compared with it. */
export const NAME_CONSTRAINTS_SYNTAX: CertificateRule = { name: 'name-constraints-syntax', check: checkSyntax }

const NAME_CONSTRAINTS_OID = '2.5.29.30'

function checkNameConstraints(place: Place, context: PathContext): Problem | null {
  const { certificate, path, isLeaf } = place
  if (isLeaf || !isHeld(place)) return null
  const constraints = certificate.extensions.nameConstraints
  if (constraints === undefined) return null
  for (let i = 0; i < path.length - 1; i++) {
    const below = path[i] as Certificate
    if (i > 0 && below.isSelfIssued) continue
    const found = findConstraintProblem(constraints, below, context.nameComparisons)
    if (found === null) continue
    const message = `Its issuer ${quotedName(certificate.subjectText)} has name constraints that ${found.message}.`
    return problem(found.reason, below, message)
  }
  return null
}

/** A leaf that is a CA is bound by no one but its issuers. */
function checkPlace({ certificate }: Place): Problem | null {
  const extension = certificate.extensions.get(NAME_CONSTRAINTS_OID)
  if (extension === undefined || certificate.isCa) return null
  const message = `${extensionPath(extension)}: needs cA TRUE in basicConstraints, is in the certificate of no CA`
  return problem('unsupported-constraint', certificate, message)
}

function checkSyntax(place: Place): Problem | null {
  const extension = place.certificate.extensions.get(NAME_CONSTRAINTS_OID)
  const constraints = place.certificate.extensions.nameConstraints
  if (extension === undefined || constraints === undefined || !isHeld(place)) return null
  const found = findMalformedConstraint(constraints)
  if (found === null) return null
  return problem('nonconforming', place.certificate, `${extensionPath(extension)}.${found}`)
}
