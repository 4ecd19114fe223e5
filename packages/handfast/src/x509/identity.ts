/**
 * Whose certificate it is: RFC 9525 for DNS names, IP addresses, URIs and SRV names, RFC 5280 section
 * 4.2.1.6 and RFC 9598 for mailboxes. subjectAltName alone counts: never the common name (RFC 9525
 * section 2, "CN-ID"), never an emailAddress in the subject.
 *
 * DNS names: a wildcard is the whole left-most label, stands for one label exactly, and has at least
 * two labels behind it. Addresses: octet for octet, so `::ffff:192.0.2.1` is not `192.0.2.1`. URIs and
 * SRV names: `service-identity.ts`. Mailboxes: the local part exactly as it is written; a local part
 * in ASCII is matched by rfc822Name alone, any other by SmtpUTF8Mailbox alone (RFC 9598 section 5).
 */

import { equalBytes } from '../bytes/compare.ts'
import type { Certificate } from './certificate.ts'
import { coversDnsName, endsInNumber, isDnsName, toAsciiName } from './dns-name.ts'
import { type GeneralName, mailboxOf, shortNameText, srvNameOf } from './general-name.ts'
import { addressText, readAddress } from './ip-address.ts'
import { isInternational, readMailbox, splitMailbox } from './mailbox.ts'
import { quotedText } from './printable-text.ts'
import {
  isSameUriIdentity,
  readSrvIdentity,
  readUriIdentity,
  type SrvIdentity,
  type UriIdentity,
} from './service-identity.ts'
import type { ReferenceIdentity } from './verdict.ts'

/**
 * The identity meant by what a person or a configuration gives as host: a DNS name (one trailing dot
 * is dropped, U-labels become A-labels) or an IP address, IPv6 with or without brackets.
 * @throws {TypeError} if it is neither.
 */
export function referenceIdentity(text: string): ReferenceIdentity {
  const bracketed = /^\[(.*)\]$/.exec(text)?.[1]
  const address = bracketed ?? text
  if (readAddress(address) !== null && (bracketed === undefined || address.includes(':')))
    return { kind: 'ip', address }
  if (bracketed !== undefined || text.includes(':')) throw nonsense('host', 'an IPv6 address', text)
  const name = toAsciiName(text.endsWith('.') ? text.slice(0, -1) : text)
  if (name === null) throw nonsense('host', 'a DNS name or an IP address', text)
  if (endsInNumber(name)) throw nonsense('host', 'an IPv4 address of four decimal numbers', text)
  return { kind: 'dns', name }
}

/**
 * The identity that `text` names with its kind: `dns:example.com`, `ip:192.0.2.1`,
 * `uri:sip:example.com`, `srv:_imaps.example.com`, `email:user@example.com`; without a kind a host.
 * @throws {TypeError} if it names none.
 */
export function readIdentity(text: string): ReferenceIdentity {
  const [, kind, value] = /^(dns|ip|uri|srv|email):([^]*)$/i.exec(text) ?? []
  if (kind === undefined || value === undefined) return referenceIdentity(text)
  switch (kind.toLowerCase()) {
    case 'uri':
      if (readUriIdentity(value) === null) throw nonsense('uri', 'a scheme and a host', value)
      return { kind: 'uri', uri: value }
    case 'srv':
      if (readSrvIdentity(value) === null) throw nonsense('srv', 'a service and a name, as _imaps.example.com', value)
      return { kind: 'srv', name: value }
    case 'email':
      if (referenceMailbox(value) === null) throw nonsense('email', 'a mailbox, as user@example.com', value)
      return { kind: 'email', address: value }
    default: {
      const identity = referenceIdentity(value)
      if (identity.kind !== kind.toLowerCase()) {
        throw nonsense(kind.toLowerCase(), kind.toLowerCase() === 'ip' ? 'an IP address' : 'a DNS name', value)
      }
      return identity
    }
  }
}

/**
 * True if the certificate is for `identity`. An identity that is not well-formed is nobody's.
 * @throws {CertificateError} malformed subjectAltName.
 */
export function matchesIdentity(certificate: Certificate, identity: ReferenceIdentity): boolean {
  switch (identity.kind) {
    case 'dns':
      return matchesDnsName(certificate, identity.name)
    case 'ip':
      return matchesAddress(certificate, identity.address)
    case 'uri':
      return matchesUri(certificate, identity.uri)
    case 'srv':
      return matchesSrvName(certificate, identity.name)
    case 'email':
      return matchesMailbox(certificate, identity.address)
  }
}

/**
 * True if one of the certificate's DNS names is, or as a wildcard covers, `name` (A-labels; one
 * trailing dot is dropped). An address is no DNS name.
 * @throws {CertificateError} malformed subjectAltName.
 */
export function matchesDnsName(certificate: Certificate, name: string): boolean {
  const reference = (name.endsWith('.') ? name.slice(0, -1) : name).toLowerCase()
  if (!isDnsName(reference) || endsInNumber(reference)) return false
  return someName(certificate, (presented) => presented.kind === 'dns' && coversDnsName(presented.name, reference))
}

/**
 * True if one of the certificate's IP addresses is `address` (text).
 * @throws {CertificateError} malformed subjectAltName.
 */
export function matchesAddress(certificate: Certificate, address: string): boolean {
  const reference = readAddress(address)
  if (reference === null) return false
  return someName(certificate, (presented) => presented.kind === 'ip' && equalBytes(presented.address, reference))
}

/**
 * True if one of the certificate's URIs has the scheme and the host of `uri`.
 * @throws {CertificateError} malformed subjectAltName.
 */
export function matchesUri(certificate: Certificate, uri: string): boolean {
  const reference = readUriIdentity(uri)
  return reference !== null && someName(certificate, (presented) => presentsUri(presented, reference))
}

/**
 * True if one of the certificate's SRV names is `name` (`_imaps.example.com`).
 * @throws {CertificateError} malformed subjectAltName.
 */
export function matchesSrvName(certificate: Certificate, name: string): boolean {
  const reference = readSrvIdentity(name)
  return reference !== null && someName(certificate, (presented) => presentsSrvName(presented, reference))
}

/**
 * True if one of the certificate's mailboxes is `address`. Nothing in it is a wildcard.
 * @throws {CertificateError} malformed subjectAltName.
 */
export function matchesMailbox(certificate: Certificate, address: string): boolean {
  const reference = referenceMailbox(address)
  if (reference === null) return false
  const text = `${reference.local}@${reference.host}`
  if (isInternational(reference.local)) {
    // RFC 9598 section 5: octet for octet, the reference's host in lower case.
    return someName(certificate, (presented) => presented.kind === 'other' && mailboxOf(presented) === text)
  }
  return someName(certificate, (presented) => {
    if (presented.kind !== 'email') return false
    const mailbox = readMailbox(presented.address)
    return mailbox !== null && mailbox.local === reference.local && mailbox.host.toLowerCase() === reference.host
  })
}

function someName(certificate: Certificate, isMatch: (presented: GeneralName) => boolean): boolean {
  return certificate.extensions.subjectAltName?.some(isMatch) === true
}

function presentsUri(presented: GeneralName, reference: UriIdentity): boolean {
  if (presented.kind !== 'uri') return false
  const uri = readUriIdentity(presented.uri)
  return uri !== null && isSameUriIdentity(uri, reference)
}

function presentsSrvName(presented: GeneralName, reference: SrvIdentity): boolean {
  const text = presented.kind === 'other' ? srvNameOf(presented) : null
  const srv = text === null ? null : readSrvIdentity(text)
  return srv !== null && srv.service === reference.service && srv.host === reference.host
}

/** The local part as it is, the host in A-labels and lower case (RFC 9598 section 5, setup). */
function referenceMailbox(address: string): { readonly local: string; readonly host: string } | null {
  const mailbox = splitMailbox(address)
  const host = mailbox === null ? null : toAsciiName(mailbox.host)
  return mailbox === null || host === null ? null : { local: mailbox.local, host }
}

/** A reference identity for people: `example.com`, `192.0.2.1`, `sip:example.com`. */
export function identityText(identity: ReferenceIdentity): string {
  switch (identity.kind) {
    case 'dns':
    case 'srv':
      return identity.name
    case 'uri':
      return identity.uri
    default:
      return identity.address
  }
}

/**
 * One text for all ways to write the same identity: what it is remembered by. Hosts as they are
 * (`example.com`, `2001:db8::1`), others behind their kind (`srv:_imaps.example.com`). Null if it is
 * not well-formed.
 */
export function identityKey(identity: ReferenceIdentity): string | null {
  switch (identity.kind) {
    case 'dns': {
      const name = toAsciiName(identity.name.endsWith('.') ? identity.name.slice(0, -1) : identity.name)
      return name === null || endsInNumber(name) ? null : name
    }
    case 'ip': {
      const address = readAddress(identity.address)
      return address === null ? null : addressText(address)
    }
    case 'uri': {
      const uri = readUriIdentity(identity.uri)
      return uri === null ? null : `uri:${uri.scheme}://${uri.address === null ? uri.host : addressText(uri.address)}`
    }
    case 'srv': {
      const srv = readSrvIdentity(identity.name)
      return srv === null ? null : `srv:_${srv.service}.${srv.host}`
    }
    case 'email': {
      const mailbox = referenceMailbox(identity.address)
      return mailbox === null ? null : `email:${mailbox.local}@${mailbox.host}`
    }
  }
}

/**
 * What the certificate is for, for a message: its names of the kinds that `identity` is compared with
 * (DNS names and addresses if there is none), or words for none. Safe to print; long names are cut.
 */
export function presentedText(certificate: Certificate, identity?: ReferenceIdentity): string {
  const { kinds, none } = COMPARED[identity?.kind ?? 'dns']
  const names = (certificate.extensions.subjectAltName ?? []).filter((name) => kinds.includes(comparedKind(name)))
  if (names.length === 0) return none
  const shown = names.slice(0, MAX_SHOWN).map(shortNameText).join(', ')
  return names.length > MAX_SHOWN ? `${shown} and ${names.length - MAX_SHOWN} more` : shown
}

const MAX_SHOWN = 5

interface Compared {
  readonly kinds: readonly (GeneralName['kind'] | 'srv')[]
  readonly none: string
}

const HOSTS: Compared = { kinds: ['dns', 'ip'], none: 'no DNS name or IP address' }
const COMPARED: Readonly<Record<ReferenceIdentity['kind'], Compared>> = {
  dns: HOSTS,
  ip: HOSTS,
  uri: { kinds: ['uri'], none: 'no URI' },
  srv: { kinds: ['srv'], none: 'no SRV name' },
  email: { kinds: ['email'], none: 'no e-mail address' },
}

function comparedKind(name: GeneralName): GeneralName['kind'] | 'srv' {
  if (name.kind !== 'other') return name.kind
  if (srvNameOf(name) !== null) return 'srv'
  return mailboxOf(name) === null ? 'other' : 'email'
}

function nonsense(what: string, needs: string, text: string): TypeError {
  return new TypeError(`${what}: needs ${needs}, has ${quotedText(text)}`)
}
