/**
 * Rules on whose certificate it is: the name that the peer must prove (RFC 9525), and where names stand
 * (RFC 5280 sections 4.1.2.6 and 4.2.1.6; Baseline Requirements of the CA/Browser Forum, sections
 * 7.1.2.7.12 and 7.1.4.3).
 */

import type { Certificate } from '../certificate.ts'
import { EXTENSION_OIDS, extensionPath } from '../extensions.ts'
import { generalNameText } from '../general-name.ts'
import { identityText, matchesIdentity, presentedText } from '../identity.ts'
import { addressText, readAddress } from '../ip-address.ts'
import { quotedText } from '../printable-text.ts'
import type { Place } from './place.ts'
import { type CertificateRule, type PathContext, problem, type Problem } from './rule.ts'

/** RFC 9525: the leaf is for the name that the peer must prove. */
export const IDENTITY: CertificateRule = { name: 'identity', on: 'leaf', check: checkIdentity }

/** RFC 5280 section 4.1.2.6: without a subject there is a critical subjectAltName. */
export const SUBJECT: CertificateRule = { name: 'subject', on: 'leaf', check: checkSubject }

/** Baseline Requirements: a leaf has a subjectAltName. */
export const SUBJECT_ALT_NAME: CertificateRule = { name: 'subject-alt-name', on: 'leaf', check: checkPresence }

/** Baseline Requirements: DNS names and IP addresses, no other names. */
export const SUBJECT_ALT_NAME_KINDS: CertificateRule = { name: 'subject-alt-name-kinds', on: 'leaf', check: checkKinds }

/** Baseline Requirements: with a subject the subjectAltName is not critical. */
export const SUBJECT_ALT_NAME_NONCRITICAL: CertificateRule = {
  name: 'subject-alt-name-noncritical',
  on: 'leaf',
  check: checkNoncritical,
}

/**
 * Baseline Requirements section 7.1.4.3: a common name says nothing that subjectAltName says otherwise.
 * An address is one of its addresses, as RFC 5952 and RFC 3986 write it; a name, if it has DNS names, is
 * one of them or the domain of a wildcard.
 */
export const COMMON_NAME: CertificateRule = { name: 'common-name', on: 'leaf', check: checkCommonName }

/** Baseline Requirements section 7.1.4.3 to the letter: one common name, the copy of a name in subjectAltName. */
export const COMMON_NAME_EXACT: CertificateRule = {
  name: 'common-name-exact',
  on: 'leaf',
  check: checkCommonNameExact,
}

const COMMON_NAME_OID = '2.5.4.3'

function checkIdentity({ certificate }: Place, { identity }: PathContext): Problem | null {
  if (identity === undefined || matchesIdentity(certificate, identity)) return null
  const has = presentedText(certificate, identity)
  return problem('name-mismatch', certificate, `subjectAltName: needs ${identityText(identity)}, has ${has}`)
}

function checkSubject({ certificate }: Place): Problem | null {
  if (!certificate.subject.isEmpty) return null
  const extension = certificate.extensions.get(EXTENSION_OIDS.subjectAltName)
  if (extension?.critical === true) return null
  const message =
    extension === undefined
      ? 'subjectAltName: needs to be there, as the subject is empty, is missing'
      : `${extensionPath(extension)}: needs to be critical, as the subject is empty, is not`
  return problem('nonconforming', certificate, message)
}

function checkPresence({ certificate }: Place): Problem | null {
  if (certificate.extensions.subjectAltName !== undefined) return null
  return problem('nonconforming', certificate, 'subjectAltName: needs to be there, is missing')
}

function checkKinds({ certificate }: Place): Problem | null {
  const other = certificate.extensions.subjectAltName?.find(({ kind }) => kind !== 'dns' && kind !== 'ip')
  if (other === undefined) return null
  const has = quotedText(generalNameText(other))
  return problem('nonconforming', certificate, `subjectAltName: needs DNS names and IP addresses only, has ${has}`)
}

function checkNoncritical({ certificate }: Place): Problem | null {
  if (certificate.subject.isEmpty) return null
  const extension = certificate.extensions.get(EXTENSION_OIDS.subjectAltName)
  if (extension === undefined || !extension.critical) return null
  const message = `${extensionPath(extension)}: needs not to be critical, as there is a subject, is critical`
  return problem('nonconforming', certificate, message)
}

function checkCommonName({ certificate }: Place): Problem | null {
  const wrong = certificate.subject.attributeTexts(COMMON_NAME_OID).find((name) => isContradicted(name, certificate))
  if (wrong === undefined) return null
  const message = `subject.commonName: needs to be one of the names in subjectAltName, is ${quotedText(wrong)}`
  return problem('nonconforming', certificate, message)
}

function isContradicted(commonName: string, certificate: Certificate): boolean {
  const { dnsNames, addresses } = presentedNames(certificate)
  if (isAddressLike(commonName)) return !addresses.includes(commonName)
  if (dnsNames.length === 0) return false
  return !dnsNames.includes(commonName) && !dnsNames.includes(`*.${commonName}`)
}

/** An address in some notation: what URL parsers and old resolvers take for one. */
function isAddressLike(text: string): boolean {
  return readAddress(text) !== null || text.includes(':') || /(^|\.)(0x[0-9a-f]*|[0-9]+)\.?$/i.test(text)
}

function checkCommonNameExact(place: Place): Problem | null {
  const { certificate } = place
  // Told by the other rule.
  if (checkCommonName(place) !== null) return null
  const names = certificate.subject.attributeTexts(COMMON_NAME_OID)
  const { dnsNames, addresses } = presentedNames(certificate)
  if (names.length > 1) {
    return problem('nonconforming', certificate, `subject.commonName: needs to be there once, is ${names.length} times`)
  }
  const wrong = names.find((name) => !dnsNames.includes(name) && !addresses.includes(name))
  if (wrong === undefined) return null
  const message = `subject.commonName: needs to be a copy of a name in subjectAltName, is ${quotedText(wrong)}`
  return problem('nonconforming', certificate, message)
}

function presentedNames(certificate: Certificate): { readonly dnsNames: string[]; readonly addresses: string[] } {
  const dnsNames: string[] = []
  const addresses: string[] = []
  for (const name of certificate.extensions.subjectAltName ?? []) {
    if (name.kind === 'dns') dnsNames.push(name.name)
    else if (name.kind === 'ip') addresses.push(addressText(name.address))
  }
  return { dnsNames, addresses }
}
