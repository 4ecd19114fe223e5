/**
 * What RFC 5280 demands of those who issue certificates and leaves to those who rely on them: rules
 * whose breach misleads no one and is common enough outside the Web PKI. By default they warn.
 */

import { extensionPath } from './extensions.ts'
import { isDnsName } from './identity.ts'
import { quotedText } from './printable-text.ts'
import type { CertificateRule, Place } from './validate-path.ts'
import type { Problem } from './build-path.ts'

/** In the order in which problems are told. */
export const CONFORMANCE_RULES: readonly CertificateRule[] = [
  checkSerialNumber,
  checkAuthorityKeyIdentifier,
  checkNameConstraintsCritical,
  checkDnsNames,
]

/** Section 4.1.2.2. */
function checkSerialNumber({ certificate, isAnchor }: Place): Problem | null {
  if (isAnchor) return null
  const { serialNumber } = certificate
  if (serialNumber.length > 20)
    return malformed(certificate, `serialNumber: needs at most 20 bytes, has ${serialNumber.length}`)
  if ((serialNumber[0] as number) >= 0x80)
    return malformed(certificate, 'serialNumber: needs a positive number, is negative')
  return serialNumber.some((octet) => octet !== 0)
    ? null
    : malformed(certificate, 'serialNumber: needs a positive number, is 0')
}

/** Section 4.2.1.1: in all but self-signed certificates. */
function checkAuthorityKeyIdentifier({ certificate, isAnchor }: Place): Problem | null {
  if (isAnchor || certificate.extensions.authorityKeyIdentifier?.keyIdentifier !== undefined) return null
  return malformed(certificate, 'authorityKeyIdentifier.keyIdentifier: needs to be there, is missing')
}

/** Section 4.2.1.10. */
function checkNameConstraintsCritical({ certificate }: Place): Problem | null {
  const extension = certificate.extensions.get('2.5.29.30')
  if (extension === undefined || extension.critical) return null
  return malformed(certificate, `${extensionPath(extension)}: needs to be critical, is not`)
}

/** Section 4.2.1.6: the preferred name syntax of RFC 1034 section 3.5; RFC 9525 adds the wildcard. */
function checkDnsNames({ certificate }: Place): Problem | null {
  for (const name of certificate.extensions.subjectAltName ?? []) {
    if (name.kind !== 'dns') continue
    const host = name.name.startsWith('*.') ? name.name.slice(2) : name.name
    if (isDnsName(host) && !host.includes('_')) continue
    return malformed(
      certificate,
      `subjectAltName: needs DNS names of letters, digits and hyphens, has ${quotedText(name.name)}`,
    )
  }
  return null
}

function malformed(certificate: Place['certificate'], message: string): Problem {
  return { reason: 'malformed', certificate, message }
}
