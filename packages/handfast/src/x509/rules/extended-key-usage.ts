/**
 * Rules on what a certificate may be used for: extKeyUsage (RFC 5280 section 4.2.1.12; Baseline
 * Requirements of the CA/Browser Forum, sections 7.1.2.1.2, 7.1.2.7.10 and 7.1.2.10.6).
 */

import { oidName } from '../../asn1/oid.ts'
import { EXTENSION_OIDS, extensionPath } from '../extensions.ts'
import { oidList } from '../printable-text.ts'
import type { Purpose } from '../verdict.ts'
import type { Place } from './place.ts'
import { type CertificateRule, type PathContext, problem, type Problem } from './rule.ts'

/** What a CA is restricted to restricts what it issues: not in RFC 5280, and done by all who validate. */
export const EXTENDED_KEY_USAGE: CertificateRule = { name: 'extended-key-usage', on: 'held', check: checkPurpose }

/** A leaf says what it is for. */
export const LEAF_EXTENDED_KEY_USAGE: CertificateRule = {
  name: 'leaf-extended-key-usage',
  on: 'leaf',
  check: checkLeaf,
}

/** A leaf is for certain purposes, not for any. */
export const ANY_EXTENDED_KEY_USAGE: CertificateRule = { name: 'any-extended-key-usage', on: 'leaf', check: checkAny }

/** An intermediate says what it issues for. */
export const ISSUER_EXTENDED_KEY_USAGE: CertificateRule = {
  name: 'issuer-extended-key-usage',
  on: 'intermediate',
  check: checkIssuer,
}

/** A root does not say what it issues for. */
export const ANCHOR_EXTENDED_KEY_USAGE: CertificateRule = {
  name: 'anchor-extended-key-usage',
  on: 'held-root',
  check: checkAnchor,
}

/** The extension of a leaf is not critical. */
export const EXTENDED_KEY_USAGE_CRITICAL: CertificateRule = {
  name: 'extended-key-usage-critical',
  on: 'leaf',
  check: checkCritical,
}

/** anyExtendedKeyUsage. */
export const ANY_PURPOSE = '2.5.29.37.0'
const PURPOSE_OIDS: Readonly<Record<string, string>> = {
  server: '1.3.6.1.5.5.7.3.1',
  client: '1.3.6.1.5.5.7.3.2',
  'code-signing': '1.3.6.1.5.5.7.3.3',
  email: '1.3.6.1.5.5.7.3.4',
  'time-stamping': '1.3.6.1.5.5.7.3.8',
  'ocsp-signing': '1.3.6.1.5.5.7.3.9',
}

/** Section 7.1.2.7.10: what a leaf for TLS must not be for as well, and each purpose once. */
export const LEAF_EXTENDED_KEY_USAGE_KINDS: CertificateRule = {
  name: 'leaf-extended-key-usage-kinds',
  on: 'leaf',
  check: checkKinds,
}

/** Section 7.1.2.10.6: what a CA for TLS must not issue for; section 7.1.2.2.4: for any purpose, and then for no other. */
export const ISSUER_EXTENDED_KEY_USAGE_KINDS: CertificateRule = {
  name: 'issuer-extended-key-usage-kinds',
  on: 'intermediate',
  check: checkIssuerKinds,
}

function checkPurpose({ certificate }: Place, { purpose }: PathContext): Problem | null {
  if (purpose === 'any') return null
  const wanted = purposeOid(purpose)
  const usages = certificate.extensions.extKeyUsage
  if (usages === undefined || usages.includes(wanted) || usages.includes(ANY_PURPOSE)) return null
  const has = oidList(usages, (oid) => oidName(oid) ?? oid)
  const message = `extKeyUsage: needs ${purposeText(purpose)}, has ${has}`
  return problem('extended-key-usage', certificate, message)
}

function checkLeaf({ certificate }: Place, { purpose }: PathContext): Problem | null {
  if (certificate.extensions.extKeyUsage !== undefined) return null
  const needs = purpose === 'any' ? 'what the certificate is for' : purposeText(purpose)
  return problem('extended-key-usage', certificate, `extKeyUsage: needs ${needs}, is missing`)
}

function checkAny({ certificate }: Place): Problem | null {
  if (certificate.extensions.extKeyUsage?.includes(ANY_PURPOSE) !== true) return null
  const message = 'extKeyUsage: needs certain purposes and no other, has anyExtendedKeyUsage'
  return problem('extended-key-usage', certificate, message)
}

function checkIssuer({ certificate }: Place): Problem | null {
  if (certificate.extensions.extKeyUsage !== undefined) return null
  return problem('nonconforming', certificate, 'extKeyUsage: needs what the CA issues for, is missing')
}

function checkAnchor({ certificate }: Place): Problem | null {
  const extension = certificate.extensions.get(EXTENSION_OIDS.extKeyUsage)
  // A trusted intermediate is no root, and has it rightly.
  if (extension === undefined || !certificate.isSelfIssued) return null
  return problem('nonconforming', certificate, `${extensionPath(extension)}: needs to be left out in a root, is there`)
}

/** codeSigning, emailProtection, timeStamping, OCSPSigning, and signing precertificates (RFC 6962 section 3.1). */
const NOT_BESIDE_TLS: ReadonlySet<string> = new Set([
  purposeOid('code-signing'),
  purposeOid('email'),
  purposeOid('time-stamping'),
  purposeOid('ocsp-signing'),
  '1.3.6.1.4.1.11129.2.4.4',
])

function checkKinds({ certificate }: Place): Problem | null {
  const usages = certificate.extensions.extKeyUsage
  const wrong = usages === undefined ? null : misplacedPurpose(usages)
  if (wrong === null) return null
  const has = `${oidName(wrong) ?? wrong}${NOT_BESIDE_TLS.has(wrong) ? '' : ' twice'}`
  const message = `extKeyUsage: needs serverAuth or clientAuth, each once, and no purpose that is kept apart from TLS, has ${has}`
  return problem('nonconforming', certificate, message)
}

/** A search may come to the same CA a thousand times, and its purposes may be thousands. */
const misplaced = new WeakMap<readonly string[], string | null>()

/** The first that is kept apart from TLS or is there before. */
function misplacedPurpose(usages: readonly string[]): string | null {
  let wrong = misplaced.get(usages)
  if (wrong === undefined) {
    const before = new Set<string>()
    wrong = usages.find((oid) => NOT_BESIDE_TLS.has(oid) || before.size === before.add(oid).size) ?? null
    misplaced.set(usages, wrong)
  }
  return wrong
}

function checkIssuerKinds(place: Place): Problem | null {
  const { certificate } = place
  const usages = certificate.extensions.extKeyUsage ?? []
  if (usages.length < 2 || !usages.includes(ANY_PURPOSE)) return checkKinds(place)
  const message = `extKeyUsage: needs anyExtendedKeyUsage alone or not at all, has it beside others`
  return problem('nonconforming', certificate, message)
}

function checkCritical({ certificate }: Place): Problem | null {
  const extension = certificate.extensions.get(EXTENSION_OIDS.extKeyUsage)
  if (extension === undefined || !extension.critical) return null
  return problem('nonconforming', certificate, `${extensionPath(extension)}: needs not to be critical, is critical`)
}

function purposeText(purpose: Purpose): string {
  const oid = purposeOid(purpose)
  return oidName(oid) ?? oid
}

/** The dotted OID by which certificates name a purpose. */
export function purposeOid(purpose: Purpose): string {
  return PURPOSE_OIDS[purpose] ?? purpose
}
