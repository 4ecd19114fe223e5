/** Name constraints in their place (RFC 5280 sections 4.2.1.10 and 6.1.3 (b), (c)). */

import type { Certificate } from '../certificate.ts'
import { EXTENSION_OIDS, extensionPath } from '../extensions.ts'
import { findConstraintProblem, findMalformedConstraint } from '../name-constraints.ts'
import { quotedName } from '../printable-text.ts'
import type { Place } from './place.ts'
import { type CertificateRule, type PathContext, problem, type Problem } from './rule.ts'

/** They hold for all below but self-issued intermediates. */
export const NAME_CONSTRAINTS: CertificateRule = {
  name: 'name-constraints',
  on: 'held-issuer',
  check: checkNameConstraints,
}

/** Section 4.2.1.10: only in the certificate of a CA. */
export const NAME_CONSTRAINTS_PLACE: CertificateRule = { name: 'name-constraints-place', on: 'held', check: checkPlace }

/** Section 4.2.1.10: each is well-formed, whether or not a name is compared with it. */
export const NAME_CONSTRAINTS_SYNTAX: CertificateRule = {
  name: 'name-constraints-syntax',
  on: 'held',
  check: checkSyntax,
}

function checkNameConstraints({ certificate, path }: Place, context: PathContext): Problem | null {
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
  const extension = certificate.extensions.get(EXTENSION_OIDS.nameConstraints)
  if (extension === undefined || certificate.isCa) return null
  const message = `${extensionPath(extension)}: needs cA TRUE in basicConstraints, is in the certificate of no CA`
  return problem('unsupported-constraint', certificate, message)
}

function checkSyntax({ certificate }: Place): Problem | null {
  const extension = certificate.extensions.get(EXTENSION_OIDS.nameConstraints)
  const constraints = certificate.extensions.nameConstraints
  if (extension === undefined || constraints === undefined) return null
  const found = findMalformedConstraint(constraints)
  if (found === null) return null
  return problem('nonconforming', certificate, `${extensionPath(extension)}.${found}`)
}
