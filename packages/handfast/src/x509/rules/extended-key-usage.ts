/**
 * Rules on what a certificate may be used for: extKeyUsage (RFC 5280 section 4.2.1.12; Baseline
 * Requirements of the CA/Browser Forum, sections 7.1.2.1.2, 7.1.2.7.10 and 7.1.2.10.6).
 */

import { oidName } from '../../asn1/oid.ts'
import { extensionPath } from '../extensions.ts'
import type { Purpose } from '../verdict.ts'
import { type CertificateRule, isHeld, type PathContext, type Place, problem, type Problem } from './rule.ts'

/** What a CA is restricted to restricts what it issues: not in RFC 5280, and done by all who validate. */
export const EXTENDED_KEY_USAGE: CertificateRule = { name: 'extended-key-usage', check: checkPurpose }

/** A leaf says what it is for. */
export const LEAF_EXTENDED_KEY_USAGE: CertificateRule = { name: 'leaf-extended-key-usage', check: checkLeaf }

/** A leaf is for certain purposes, not for any. */
export const ANY_EXTENDED_KEY_USAGE: CertificateRule = { name: 'any-extended-key-usage', check: checkAny }

/** An intermediate says what it issues for. */
export const ISSUER_EXTENDED_KEY_USAGE: CertificateRule = { name: 'issuer-extended-key-usage', check: checkIssuer }

/** A root does not say what it issues for. */
export const ANCHOR_EXTENDED_KEY_USAGE: CertificateRule = { name: 'anchor-extended-key-usage', check: checkAnchor }

/** The extension of a leaf is not critical. */
export const EXTENDED_KEY_USAGE_CRITICAL: CertificateRule = {
  name: 'extended-key-usage-critical',
  check: checkCritical,
}

const EXTENDED_KEY_USAGE_OID = '2.5.29.37'
const ANY_PURPOSE = '2.5.29.37.0'
const PURPOSE_OIDS: Readonly<Record<string, string>> = {
  server: '1.3.6.1.5.5.7.3.1',
  client: '1.3.6.1.5.5.7.3.2',
  'code-signing': '1.3.6.1.5.5.7.3.3',
  email: '1.3.6.1.5.5.7.3.4',
  'time-stamping': '1.3.6.1.5.5.7.3.8',
  'ocsp-signing': '1.3.6.1.5.5.7.3.9',
}

function checkPurpose(place: Place, { purpose }: PathContext): Problem | null {
  if (purpose === 'any' || !isHeld(place)) return null
  const wanted = PURPOSE_OIDS[purpose] ?? purpose
  const usages = place.certificate.extensions.extKeyUsage
  if (usages === undefined || usages.includes(wanted) || usages.includes(ANY_PURPOSE)) return null
  const has = usages.slice(0, 8).map((oid) => oidName(oid) ?? oid)
  const message = `extKeyUsage: needs ${purposeText(purpose)}, has ${has.join(', ')}`
  return problem('extended-key-usage', place.certificate, message)
}

function checkLeaf({ certificate, isLeaf }: Place, { purpose }: PathContext): Problem | null {
  if (!isLeaf || certificate.extensions.extKeyUsage !== undefined) return null
  const needs = purpose === 'any' ? 'what the certificate is for' : purposeText(purpose)
  return problem('extended-key-usage', certificate, `extKeyUsage: needs ${needs}, is missing`)
}

function checkAny({ certificate, isLeaf }: Place): Problem | null {
  if (!isLeaf || certificate.extensions.extKeyUsage?.includes(ANY_PURPOSE) !== true) return null
  const message = 'extKeyUsage: needs certain purposes and no other, has anyExtendedKeyUsage'
  return problem('extended-key-usage', certificate, message)
}

function checkIssuer({ certificate, isLeaf, isAnchor }: Place): Problem | null {
  if (isLeaf || isAnchor || certificate.extensions.extKeyUsage !== undefined) return null
  return problem('nonconforming', certificate, 'extKeyUsage: needs what the CA issues for, is missing')
}

function checkAnchor(place: Place): Problem | null {
  const { certificate, isLeaf, isAnchor } = place
  if (!isAnchor || isLeaf || !isHeld(place)) return null
  const extension = certificate.extensions.get(EXTENDED_KEY_USAGE_OID)
  // A trusted intermediate is no root, and has it rightly.
  if (extension === undefined || !certificate.isSelfIssued) return null
  return problem('nonconforming', certificate, `${extensionPath(extension)}: needs to be left out in a root, is there`)
}

function checkCritical({ certificate, isLeaf }: Place): Problem | null {
  const extension = isLeaf ? certificate.extensions.get(EXTENDED_KEY_USAGE_OID) : undefined
  if (extension === undefined || !extension.critical) return null
  return problem('nonconforming', certificate, `${extensionPath(extension)}: needs not to be critical, is critical`)
}

function purposeText(purpose: Purpose): string {
  const oid = PURPOSE_OIDS[purpose] ?? purpose
  return oidName(oid) ?? oid
}
