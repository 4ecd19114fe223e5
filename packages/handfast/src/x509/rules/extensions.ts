/** Rules on extensions as such (RFC 5280 section 4.2): well-formed, understood if critical, in their place. */

import { oidName } from '../../asn1/oid.ts'
import type { Certificate } from '../certificate.ts'
import { type Extension, extensionPath } from '../extensions.ts'
import { type CertificateRule, isHeld, type Place, problem, type Problem } from './rule.ts'

/** Every extension that is understood must be well-formed, whether or not a rule looks at it. */
export const ENCODING: CertificateRule = { name: 'encoding', check: checkEncoding }

/** Sections 4.2, 6.1.4 (o) and 6.1.5 (f): who does not process a critical extension must refuse the certificate. */
export const CRITICAL_EXTENSIONS: CertificateRule = { name: 'critical-extensions', check: checkCriticalExtensions }

/** Sections 4.2.1.1, 4.2.1.2, 4.2.2.1 and 4.2.2.2: extensions that must not be critical. */
export const NONCRITICAL_EXTENSIONS: CertificateRule = { name: 'noncritical-extensions', check: checkNoncritical }

/** Sections 4.2.1.5, 4.2.1.11 and 4.2.1.14: extensions that only a CA's certificate has. */
export const CA_EXTENSIONS: CertificateRule = { name: 'ca-extensions', check: checkCaExtensions }

function checkEncoding(place: Place): Problem | null {
  if (isHeld(place)) place.certificate.extensions.check()
  return null
}

/** Extensions whose meaning is applied in full, whether critical or not. */
const APPLIED: ReadonlySet<string> = new Set([
  '2.5.29.15', // keyUsage
  '2.5.29.17', // subjectAltName
  '2.5.29.19', // basicConstraints
  '2.5.29.30', // nameConstraints
  '2.5.29.31', // cRLDistributionPoints
  '2.5.29.32', // certificatePolicies
  '2.5.29.33', // policyMappings
  '2.5.29.36', // policyConstraints
  '2.5.29.37', // extKeyUsage
  '2.5.29.46', // freshestCRL
  '2.5.29.54', // inhibitAnyPolicy
  '1.3.6.1.5.5.7.1.24', // tlsFeature
])

/** They help to find things and restrict nothing, so that there is nothing to apply. */
const NEVER_CRITICAL: ReadonlySet<string> = new Set([
  '2.5.29.14', // subjectKeyIdentifier
  '2.5.29.35', // authorityKeyIdentifier
  '1.3.6.1.5.5.7.1.1', // authorityInfoAccess
  '1.3.6.1.5.5.7.1.11', // subjectInfoAccess
])

/** Says the same as extKeyUsage, and by its maker's definition means nothing beside it. */
const APPLICATION_POLICIES = '1.3.6.1.4.1.311.21.10'

function checkCriticalExtensions(place: Place): Problem | null {
  if (!isHeld(place)) return null
  const { certificate } = place
  for (const extension of certificate.extensions.all) {
    if (!extension.critical || isApplied(extension, certificate)) continue
    const name = `${oidName(extension.oid) ?? 'unknown'} (${extension.oid})`
    const message = `${extensionPath(extension)}: needs to be one that is applied, as it is critical, is ${name}`
    return problem('unknown-critical-extension', certificate, message)
  }
  return null
}

function isApplied({ oid }: Extension, { extensions }: Certificate): boolean {
  if (oid === APPLICATION_POLICIES) return extensions.extKeyUsage !== undefined
  return APPLIED.has(oid) || NEVER_CRITICAL.has(oid)
}

function checkNoncritical(place: Place): Problem | null {
  if (!isHeld(place)) return null
  const { certificate } = place
  for (const extension of certificate.extensions.all) {
    if (!extension.critical || !NEVER_CRITICAL.has(extension.oid)) continue
    return problem('nonconforming', certificate, `${extensionPath(extension)}: needs not to be critical, is critical`)
  }
  return null
}

const OF_CAS: readonly string[] = ['2.5.29.33', '2.5.29.36', '2.5.29.54']

function checkCaExtensions(place: Place): Problem | null {
  const { certificate } = place
  if (certificate.isCa || !isHeld(place)) return null
  for (const oid of OF_CAS) {
    const extension = certificate.extensions.get(oid)
    if (extension === undefined) continue
    const message = `${extensionPath(extension)}: needs to be in the certificate of a CA, is in one of none`
    return problem('nonconforming', certificate, message)
  }
  return null
}
