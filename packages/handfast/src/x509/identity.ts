/**
 * Whose certificate it is: RFC 9525 for DNS names and IP addresses. subjectAltName alone counts,
 * never the common name (section 2, "CN-ID"); a wildcard is the whole left-most label, stands for one
 * label exactly, and has at least two labels behind it; internationalised names are compared as
 * A-labels; case does not matter.
 *
 * Left out: SRV and URI identities. The list of public suffixes: `*.co.uk` is a wildcard like others.
 */

import { equalBytes } from '../bytes/compare.ts'
import type { Certificate } from './certificate.ts'
import { generalNameText } from './general-name.ts'
import { readAddress } from './ip-address.ts'
import { quotedText } from './printable-text.ts'
import type { ReferenceIdentity } from './verdict.ts'

/**
 * The identity meant by what a person or a configuration gives as host: a DNS name (one trailing dot
 * is dropped) or an IP address, IPv6 with or without brackets.
 * @throws {TypeError} if it is neither.
 */
export function referenceIdentity(text: string): ReferenceIdentity {
  const bracketed = /^\[(.*)\]$/.exec(text)?.[1]
  const address = bracketed ?? text
  if (readAddress(address) !== null && (bracketed === undefined || address.includes(':')))
    return { kind: 'ip', address }
  if (bracketed !== undefined || text.includes(':')) throw nonsense(text, 'an IPv6 address')
  if (/[^\0-\x7f]/.test(text)) throw nonsense(text, 'a name in ASCII (an internationalised one as A-labels, xn--...)')
  const name = (text.endsWith('.') ? text.slice(0, -1) : text).toLowerCase()
  if (!isDnsName(name)) throw nonsense(text, 'a DNS name or an IP address')
  // WHATWG URL and the resolvers take a name whose last label is a number for an IPv4 address.
  if (/(^|\.)(0x[0-9a-f]*|[0-9]+)$/.test(name)) throw nonsense(text, 'an IPv4 address of four decimal numbers')
  return { kind: 'dns', name }
}

/**
 * True if the certificate is for `identity`.
 * @throws {CertificateError} malformed subjectAltName.
 */
export function matchesIdentity(certificate: Certificate, identity: ReferenceIdentity): boolean {
  return identity.kind === 'dns'
    ? matchesDnsName(certificate, identity.name)
    : matchesAddress(certificate, identity.address)
}

/**
 * True if one of the certificate's DNS names is, or as a wildcard covers, `name` (A-labels; one
 * trailing dot is dropped).
 * @throws {CertificateError} malformed subjectAltName.
 */
export function matchesDnsName(certificate: Certificate, name: string): boolean {
  const names = certificate.extensions.subjectAltName
  if (names === undefined) return false
  const reference = (name.endsWith('.') ? name.slice(0, -1) : name).toLowerCase()
  if (!isDnsName(reference)) return false
  return names.some((presented) => presented.kind === 'dns' && coversDnsName(presented.name, reference))
}

/**
 * True if one of the certificate's IP addresses is `address` (text).
 * @throws {CertificateError} malformed subjectAltName.
 */
export function matchesAddress(certificate: Certificate, address: string): boolean {
  const reference = readAddress(address)
  if (reference === null) return false
  const names = certificate.extensions.subjectAltName ?? []
  return names.some((presented) => presented.kind === 'ip' && equalBytes(presented.address, reference))
}

/** A reference identity for people: `example.com`, `192.0.2.1`. */
export function identityText(identity: ReferenceIdentity): string {
  return identity.kind === 'dns' ? identity.name : identity.address
}

/** What the certificate is for, for a message: its DNS names and addresses, or words for none. Safe to print. */
export function presentedText(certificate: Certificate): string {
  const names = (certificate.extensions.subjectAltName ?? []).filter(({ kind }) => kind === 'dns' || kind === 'ip')
  if (names.length === 0) return 'no DNS name or IP address'
  const shown = names.slice(0, MAX_SHOWN).map(generalNameText).join(', ')
  return names.length > MAX_SHOWN ? `${shown} and ${names.length - MAX_SHOWN} more` : shown
}

const MAX_SHOWN = 5

/**
 * True if `presented`, a dNSName of a certificate, covers `reference`, a DNS name in lower case
 * without a trailing dot (RFC 9525 section 6.3).
 */
export function coversDnsName(presented: string, reference: string): boolean {
  const name = presented.toLowerCase()
  if (name === reference) return true
  if (!name.startsWith('*.')) return false
  const parent = name.slice(1)
  const dot = reference.indexOf('.')
  // Two labels at least behind the wildcard: `*.com` would make one certificate every site's.
  return dot > 0 && reference.slice(dot) === parent && parent.indexOf('.', 1) > 0
}

/** Letters, digits, hyphens and underscores in labels of 1 to 63, 253 in all (RFC 1035 section 2.3.4). */
export function isDnsName(name: string): boolean {
  return name.length <= 253 && /^(?!-)[a-z0-9_-]{1,63}(?<!-)(\.(?!-)[a-z0-9_-]{1,63}(?<!-))*$/i.test(name)
}

function nonsense(text: string, needs: string): TypeError {
  return new TypeError(`host: needs ${needs}, has ${quotedText(text)}`)
}
