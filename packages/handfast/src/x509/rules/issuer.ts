/** Rules on who may issue: its name, basicConstraints, the length of the path (RFC 5280 sections 4.2.1.9 and 6.1.4). */

import type { Certificate } from '../certificate.ts'
import type { Place } from './place.ts'
import { type CertificateRule, problem, type Problem } from './rule.ts'

/** Sections 4.1.2.4 and 4.1.2.6: who issues has a name. An empty one would join unrelated certificates to a chain. */
export const ISSUER_NAME: CertificateRule = { name: 'issuer-name', on: 'all', check: checkIssuerName }

/** Section 6.1.4 (k): who issues is a CA. */
export const BASIC_CONSTRAINTS: CertificateRule = {
  name: 'basic-constraints',
  on: 'issuer',
  check: checkBasicConstraints,
}

/** Sections 4.2.1.9 and 6.1.4 (l): intermediates below, not counting self-issued ones and the leaf. */
export const PATH_LENGTH: CertificateRule = { name: 'path-length', on: 'held-issuer', check: checkPathLength }

/** Section 4.2.1.9: a length only for who is a CA and signs certificates. */
export const PATH_LENGTH_PLACE: CertificateRule = { name: 'path-length-place', on: 'held', check: checkPathLengthPlace }

/** Baseline Requirements section 7.1.2.7.8: a leaf is no CA. */
export const LEAF_CA: CertificateRule = { name: 'leaf-ca', on: 'leaf', check: checkLeafCa }

function checkIssuerName({ certificate, isLeaf, isAnchor }: Place): Problem | null {
  if (certificate.subject.isEmpty && (!isLeaf || certificate.isCa)) {
    const of = isLeaf ? 'the certificate of a CA' : 'a certificate that issued another'
    return problem('malformed', certificate, `subject: needs a name in ${of}, is empty`)
  }
  if (!isAnchor && certificate.issuer.isEmpty) {
    return problem('malformed', certificate, 'issuer: needs a name, is empty')
  }
  return null
}

function checkBasicConstraints({ certificate, anchor }: Place): Problem | null {
  if (anchor !== null && !anchor.constraints && !anchor.basicConstraints) return null
  const constraints = certificate.extensions.basicConstraints
  if (constraints?.isCa === true) return null
  // An anchor of version 1 or 2 has no extensions to say that it is a CA; being an anchor says it.
  const needsNone = anchor !== null && (!anchor.basicConstraints || certificate.version < 3)
  if (constraints === undefined && needsNone) return null
  const has = constraints === undefined ? 'there is none' : 'it is FALSE'
  const message = `basicConstraints.cA: needs TRUE in a certificate that issued another, ${has}`
  return problem('not-a-ca', certificate, message)
}

function checkPathLength({ certificate, path }: Place): Problem | null {
  const allowed = certificate.extensions.basicConstraints?.pathLength
  if (allowed === undefined) return null
  let below = 0
  for (let i = 1; i < path.length - 1; i++) if (!(path[i] as Certificate).isSelfIssued) below++
  if (below <= allowed) return null
  const message = `basicConstraints.pathLenConstraint: needs at least ${below}, is ${allowed}`
  return problem('path-too-long', certificate, message)
}

function checkPathLengthPlace({ certificate }: Place): Problem | null {
  const constraints = certificate.extensions.basicConstraints
  if (constraints?.pathLength === undefined) return null
  if (constraints.isCa && certificate.keyUsage?.keyCertSign !== false) return null
  const lacks = constraints.isCa ? 'keyCertSign is missing in keyUsage' : 'cA is FALSE'
  const message = `basicConstraints.pathLenConstraint: needs to be left out, as ${lacks}, is ${constraints.pathLength}`
  return problem('nonconforming', certificate, message)
}

function checkLeafCa({ certificate }: Place): Problem | null {
  if (!certificate.isCa) return null
  const message = 'basicConstraints.cA: needs FALSE in the certificate of a server or client, is TRUE'
  return problem('nonconforming', certificate, message)
}
