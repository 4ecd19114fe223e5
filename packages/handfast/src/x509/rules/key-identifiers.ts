/**
 * Rules on key identifiers (RFC 5280 sections 4.2.1.1 and 4.2.1.2; Baseline Requirements of the
 * CA/Browser Forum, sections 7.1.2.1.3, 7.1.2.11.1 and 7.1.2.11.4).
 */

import { equalBytes } from '../../bytes/compare.ts'
import type { Certificate } from '../certificate.ts'
import type { Place } from './place.ts'
import { type CertificateRule, type PathContext, problem, type Problem } from './rule.ts'

/** RFC 5280 section 4.2.1.1: in all but self-signed certificates; issuer and serial number both or neither. */
export const AUTHORITY_KEY_IDENTIFIER: CertificateRule = {
  name: 'authority-key-identifier',
  on: 'held',
  check: checkAuthority,
}

/** RFC 5280 section 4.2.1.2: in all certificates of CAs. */
export const SUBJECT_KEY_IDENTIFIER: CertificateRule = {
  name: 'subject-key-identifier',
  on: 'held',
  check: checkSubject,
}

/** Baseline Requirements: keyIdentifier, and nothing beside it. */
export const AUTHORITY_KEY_IDENTIFIER_FORM: CertificateRule = {
  name: 'authority-key-identifier-form',
  on: 'held',
  check: checkForm,
}

/** RFC 5280 section 4.2.1.2, Baseline Requirements: the identifier of the issuer's key is the one its own certificate has. */
export const KEY_IDENTIFIER_MATCH: CertificateRule = { name: 'key-identifier-match', on: 'held', check: checkMatch }

function checkAuthority(place: Place, context: PathContext): Problem | null {
  const { certificate } = place
  const identifier = certificate.extensions.authorityKeyIdentifier
  if (identifier?.keyIdentifier === undefined) {
    // What ends a path by its own name signed itself, or it is refused as `unknown-issuer`.
    if (certificate.isSelfIssued && (place.isAnchor || place.isLeaf)) return null
    // By its key, whatever names it has.
    if (place.isAnchor && context.isSelfSigned(certificate)) return null
    return problem('nonconforming', certificate, 'authorityKeyIdentifier.keyIdentifier: needs to be there, is missing')
  }
  const { authorityCertIssuer, authorityCertSerialNumber } = identifier
  if ((authorityCertIssuer === undefined) === (authorityCertSerialNumber === undefined)) return null
  const lacks = authorityCertIssuer === undefined ? 'authorityCertIssuer' : 'authorityCertSerialNumber'
  const message = `authorityKeyIdentifier.${lacks}: needs to be there, as its counterpart is, is missing`
  return problem('nonconforming', certificate, message)
}

function checkSubject({ certificate }: Place): Problem | null {
  if (!certificate.isCa || certificate.extensions.subjectKeyIdentifier !== undefined) return null
  const message = 'subjectKeyIdentifier: needs to be there in the certificate of a CA, is missing'
  return problem('nonconforming', certificate, message)
}

function checkForm({ certificate }: Place): Problem | null {
  const identifier = certificate.extensions.authorityKeyIdentifier
  if (identifier === undefined) return null
  const { keyIdentifier, authorityCertIssuer, authorityCertSerialNumber } = identifier
  const has =
    authorityCertIssuer !== undefined
      ? 'has authorityCertIssuer'
      : authorityCertSerialNumber !== undefined
        ? 'has authorityCertSerialNumber'
        : keyIdentifier === undefined
          ? 'is empty'
          : null
  if (has === null) return null
  return problem('nonconforming', certificate, `authorityKeyIdentifier: needs keyIdentifier and nothing else, ${has}`)
}

/** Told of the certificate below by its issuer's, and of an anchor that issued itself. */
function checkMatch({ certificate, path, isAnchor }: Place): Problem | null {
  const own = certificate.extensions.subjectKeyIdentifier
  if (own === undefined) return null
  const below = path.at(-2)
  if (below !== undefined && differs(below, own)) return mismatch(below)
  return isAnchor && certificate.isSelfIssued && differs(certificate, own) ? mismatch(certificate) : null
}

function differs(certificate: Certificate, issuerKeyIdentifier: Uint8Array): boolean {
  const wanted = certificate.extensions.authorityKeyIdentifier?.keyIdentifier
  return wanted !== undefined && !equalBytes(wanted, issuerKeyIdentifier)
}

function mismatch(certificate: Certificate): Problem {
  const message = "authorityKeyIdentifier.keyIdentifier: needs its issuer's subjectKeyIdentifier, is another"
  return problem('nonconforming', certificate, message)
}
