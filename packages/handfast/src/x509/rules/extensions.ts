/** Rules on extensions as such (RFC 5280 section 4.2): well-formed, understood if critical, in their place. */

import { oidName } from '../../asn1/oid.ts'
import type { Certificate } from '../certificate.ts'
import { type Extension, EXTENSION_OIDS, extensionPath } from '../extensions.ts'
import { type GeneralName, mailboxOf, srvNameOf } from '../general-name.ts'
import { APPLICATION_POLICIES_OID, isReadable } from './application-policies.ts'
import type { Place } from './place.ts'
import { type CertificateRule, problem, type Problem } from './rule.ts'

/** Every extension that is understood must be well-formed, whether or not a rule looks at it. */
export const ENCODING: CertificateRule = { name: 'encoding', on: 'held', check: checkEncoding }

/** Sections 4.2, 6.1.4 (o) and 6.1.5 (f): who does not process a critical extension must refuse the certificate. */
export const CRITICAL_EXTENSIONS: CertificateRule = {
  name: 'critical-extensions',
  on: 'held',
  check: checkCriticalExtensions,
}

/** Sections 4.2.1.1, 4.2.1.2, 4.2.2.1 and 4.2.2.2: extensions that must not be critical. */
export const NONCRITICAL_EXTENSIONS: CertificateRule = {
  name: 'noncritical-extensions',
  on: 'held',
  check: checkNoncritical,
}

/** Sections 4.2.1.5, 4.2.1.11 and 4.2.1.14: extensions that only a CA's certificate has. */
export const CA_EXTENSIONS: CertificateRule = { name: 'ca-extensions', on: 'held', check: checkCaExtensions }

function checkEncoding({ certificate }: Place): Problem | null {
  certificate.extensions.check()
  return null
}

/** Extensions whose meaning is applied in full, whether critical or not. */
const APPLIED: ReadonlySet<string> = new Set([
  EXTENSION_OIDS.keyUsage,
  EXTENSION_OIDS.basicConstraints,
  EXTENSION_OIDS.nameConstraints,
  EXTENSION_OIDS.cRLDistributionPoints,
  EXTENSION_OIDS.certificatePolicies,
  EXTENSION_OIDS.policyMappings,
  EXTENSION_OIDS.policyConstraints,
  EXTENSION_OIDS.extKeyUsage,
  EXTENSION_OIDS.freshestCRL,
  EXTENSION_OIDS.inhibitAnyPolicy,
])

/** They help to find things and restrict nothing, so that there is nothing to apply. */
const NEVER_CRITICAL: ReadonlySet<string> = new Set([
  EXTENSION_OIDS.subjectKeyIdentifier,
  EXTENSION_OIDS.authorityKeyIdentifier,
  EXTENSION_OIDS.authorityInfoAccess,
  EXTENSION_OIDS.subjectInfoAccess,
])

/** The one TLS feature that is applied (RFC 7633): status_request, by the rule `must-staple`. */
const STATUS_REQUEST = 5

function checkCriticalExtensions({ certificate }: Place): Problem | null {
  for (const extension of certificate.extensions.all) {
    const needs = extension.critical ? findUnapplied(extension, certificate) : null
    if (needs === null) continue
    const message = `${extensionPath(extension)}: needs ${needs[0]}, as it is critical, ${needs[1]}`
    return problem('unknown-critical-extension', certificate, message)
  }
  return null
}

/** What a critical extension would need to be applied in full, and is or has; null if it is. */
function findUnapplied(extension: Extension, { extensions }: Certificate): readonly [string, string] | null {
  const { oid } = extension
  if (oid === EXTENSION_OIDS.tlsFeature) {
    const other = extensions.tlsFeature?.find((feature) => feature !== STATUS_REQUEST)
    return other === undefined ? null : [`features that are applied (${STATUS_REQUEST})`, `has ${other}`]
  }
  if (oid === EXTENSION_OIDS.subjectAltName) {
    return extensions.subjectAltName?.some(isKnownForm) === true ? null : ['a name of a form that is known', 'has none']
  }
  // Beside extKeyUsage it is left to the rules on it.
  const isLeftToRules =
    oid === APPLICATION_POLICIES_OID && (extensions.extKeyUsage !== undefined || isReadable(extension))
  if (isLeftToRules || APPLIED.has(oid) || NEVER_CRITICAL.has(oid)) return null
  return ['to be one that is applied', `is ${oidName(oid) ?? 'unknown'} (${oid})`]
}

/** That an identity can be compared with, or a name constraint. */
function isKnownForm(name: GeneralName): boolean {
  if (name.kind === 'other') return srvNameOf(name) !== null || mailboxOf(name) !== null
  return name.kind !== 'x400' && name.kind !== 'edi-party' && name.kind !== 'registered-id'
}

function checkNoncritical({ certificate }: Place): Problem | null {
  for (const extension of certificate.extensions.all) {
    if (!extension.critical || !NEVER_CRITICAL.has(extension.oid)) continue
    return problem('nonconforming', certificate, `${extensionPath(extension)}: needs not to be critical, is critical`)
  }
  return null
}

const OF_CAS: readonly string[] = [
  EXTENSION_OIDS.policyMappings,
  EXTENSION_OIDS.policyConstraints,
  EXTENSION_OIDS.inhibitAnyPolicy,
]

function checkCaExtensions({ certificate }: Place): Problem | null {
  if (certificate.isCa) return null
  for (const oid of OF_CAS) {
    const extension = certificate.extensions.get(oid)
    if (extension === undefined) continue
    const message = `${extensionPath(extension)}: needs to be in the certificate of a CA, is in one of none`
    return problem('nonconforming', certificate, message)
  }
  return null
}
