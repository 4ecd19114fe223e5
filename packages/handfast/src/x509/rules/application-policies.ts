/**
 * Rules on applicationPolicies (1.3.6.1.4.1.311.21.10): what extKeyUsage says, in the form of certificatePolicies.
 * Certificates of Windows authorities have it. Only one that is critical counts: beside extKeyUsage its definition
 * lets all but its makers pass it over.
 */

import { oidName } from '../../asn1/oid.ts'
import { DerReader } from '../../asn1/der.ts'
import { certificateError, readable } from '../certificate-error.ts'
import { type Extension, extensionPath } from '../extensions.ts'
import { readCertificatePolicies } from '../extension-values.ts'
import { ANY_PURPOSE, purposeOid } from './extended-key-usage.ts'
import type { Place } from './place.ts'
import { type CertificateRule, type PathContext, problem, type Problem } from './rule.ts'

/** RFC 5280 section 4.2: a critical one counts, and so restricts as extKeyUsage does. */
export const APPLICATION_POLICIES: CertificateRule = {
  name: 'application-policies',
  on: 'held',
  check: checkPurposes,
}

/** RFC 5280 section 4.2: who cannot process what a critical one says must refuse the certificate. */
export const APPLICATION_POLICIES_SYNTAX: CertificateRule = {
  name: 'application-policies-syntax',
  on: 'held',
  check: checkSyntax,
}

/** The extension's OID. */
export const APPLICATION_POLICIES_OID = '1.3.6.1.4.1.311.21.10'

/** Any application policy. */
const ANY_APPLICATION = '1.3.6.1.4.1.311.10.12.1'

function checkPurposes({ certificate }: Place, { purpose }: PathContext): Problem | null {
  const extension = criticalOne(certificate.extensions)
  if (extension === undefined || purpose === 'any') return null
  const purposes = readable(() => readApplicationPolicies(extension))
  const wanted = purposeOid(purpose)
  // What cannot be read is told by the other rule.
  if (purposes === undefined || [wanted, ANY_PURPOSE, ANY_APPLICATION].some((oid) => purposes.includes(oid)))
    return null
  const has = purposes.slice(0, 8).map((oid) => oidName(oid) ?? oid)
  const needs = `needs ${oidName(wanted) ?? wanted}, as it is critical, has ${has.join(', ')}`
  return problem('unknown-critical-extension', certificate, `${extensionPath(extension)}: ${needs}`)
}

function checkSyntax({ certificate }: Place): Problem | null {
  const extension = criticalOne(certificate.extensions)
  // Without extKeyUsage it is told by `critical-extensions`.
  if (extension === undefined || certificate.extensions.extKeyUsage === undefined || isReadable(extension)) return null
  const message = `${extensionPath(extension)}: needs a list of purposes without qualifiers, as it is critical, has another value`
  return problem('unknown-critical-extension', certificate, message)
}

function criticalOne(extensions: Place['certificate']['extensions']): Extension | undefined {
  const extension = extensions.get(APPLICATION_POLICIES_OID)
  return extension?.critical === true ? extension : undefined
}

/** Whether an applicationPolicies extension says something that can be applied. */
export function isReadable(extension: Extension): boolean {
  return readable(() => readApplicationPolicies(extension)) !== undefined
}

/** Dotted OIDs of purposes. */
function readApplicationPolicies(extension: Extension): string[] {
  try {
    const reader = new DerReader(extension.value, extensionPath(extension))
    const policies = readCertificatePolicies(reader)
    reader.end()
    for (const { qualifiers } of policies) {
      if (qualifiers.length > 0) throw reader.error('policyQualifiers', 'none', `${qualifiers.length}`)
    }
    return policies.map(({ policy }) => policy)
  } catch (error) {
    throw certificateError(error)
  }
}
