/**
 * Rules on a certificate's own fields (RFC 5280 sections 4.1.2.1, 4.1.2.2 and 4.1.2.8; Baseline
 * Requirements of the CA/Browser Forum, section 7.1).
 */

import type { Place } from './place.ts'
import { type CertificateRule, type PathContext, problem, type Problem } from './rule.ts'

/** Version 3: earlier ones have no extensions, and so cannot say whom and what they are for. */
export const VERSION: CertificateRule = { name: 'version', on: 'issued', check: checkVersion }

/** RFC 5280 section 4.1.2.2: a positive number of at most 20 bytes. Old anchors have others, and nobody looks them up. */
export const SERIAL_NUMBER: CertificateRule = {
  name: 'serial-number',
  on: 'issued-or-leaf',
  check: checkSerialNumber,
}

/** Baseline Requirements section 7.1: at least 64 random bits. A shorter number cannot have them, or has them by chance. */
export const SERIAL_NUMBER_LENGTH: CertificateRule = { name: 'serial-number-length', on: 'issued', check: checkLength }

/** RFC 5280 section 4.1.2.8: names are not used again, so nothing needs to tell their bearers apart. */
export const UNIQUE_IDENTIFIERS: CertificateRule = {
  name: 'unique-identifiers',
  on: 'held',
  check: checkUniqueIdentifiers,
}

/** Baseline Requirements section 7.1.2.7.6: where the issuer's certificate and the certificate's status are found. */
export const AUTHORITY_INFO_ACCESS: CertificateRule = {
  name: 'authority-info-access',
  on: 'leaf',
  check: checkInfoAccess,
}

function checkVersion({ certificate }: Place): Problem | null {
  const { version } = certificate
  if (version === 3) return null
  return problem('nonconforming', certificate, `version: needs 3, is ${version}`)
}

function checkSerialNumber({ certificate }: Place, { policy }: PathContext): Problem | null {
  const { serialNumber } = certificate
  const { most } = policy.limits.serialNumberBytes
  const has =
    serialNumber.length > most
      ? `has ${serialNumber.length}`
      : (serialNumber[0] as number) >= 0x80
        ? 'is negative'
        : serialNumber.every((octet) => octet === 0)
          ? 'is 0'
          : null
  if (has === null) return null
  return problem('nonconforming', certificate, `serialNumber: needs a positive number of at most ${most} bytes, ${has}`)
}

function checkLength({ certificate }: Place, { policy }: PathContext): Problem | null {
  const { length } = certificate.serialNumber
  const { least } = policy.limits.serialNumberBytes
  if (length >= least) return null
  return problem('nonconforming', certificate, `serialNumber: needs at least ${least} bytes, has ${length}`)
}

function checkUniqueIdentifiers({ certificate }: Place): Problem | null {
  if (!certificate.hasUniqueIdentifiers) return null
  const message = 'issuerUniqueID, subjectUniqueID: need to be left out, are there'
  return problem('nonconforming', certificate, message)
}

function checkInfoAccess({ certificate }: Place): Problem | null {
  if (certificate.extensions.authorityInfoAccess !== undefined) return null
  return problem('nonconforming', certificate, 'authorityInfoAccess: needs to be there, is missing')
}
