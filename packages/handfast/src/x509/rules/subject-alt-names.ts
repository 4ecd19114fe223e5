/**
 * Rules on the form of the names in subjectAltName (RFC 5280 section 4.2.1.6; Baseline Requirements of
 * the CA/Browser Forum, sections 3.2.2.6, 4.2.2 and 7.1.4.2). Names of CAs are held to the syntax as well.
 */

import { isALabel } from '../a-label.ts'
import type { Certificate } from '../certificate.ts'
import type { GeneralName } from '../general-name.ts'
import { isInternalName, isReservedAddress } from '../internal-name.ts'
import { addressText } from '../ip-address.ts'
import { readMailbox } from '../mailbox.ts'
import { quotedText } from '../printable-text.ts'
import { isPublicSuffix } from '../public-suffix.ts'
import type { Place } from './place.ts'
import { type CertificateRule, problem, type Problem } from './rule.ts'

/**
 * RFC 5280: the preferred name syntax of RFC 1034 section 3.5 with RFC 1123 section 2.1, which has no
 * underscore and no number as last label. RFC 9525 section 6.3 adds the wildcard, alone and in front.
 */
export const DNS_NAMES: CertificateRule = { name: 'dns-names', on: 'held', check: forNames('dns', checkDnsName) }

/** RFC 5890 section 2.3.2.1: labels with hyphens third and fourth are A-labels, and decode. */
export const A_LABELS: CertificateRule = { name: 'a-labels', on: 'held', check: forNames('dns', checkALabels) }

/** RFC 5280: a Mailbox (RFC 5321 section 4.1.2), and the host in A-labels. */
export const EMAIL_ADDRESSES: CertificateRule = {
  name: 'email-addresses',
  on: 'held',
  check: forNames('email', checkMailbox),
}

/** RFC 5280: not relative, and with more than a scheme. */
export const URIS: CertificateRule = { name: 'uris', on: 'held', check: forNames('uri', checkUri) }

/** Baseline Requirements section 3.2.2.6: no wildcard stands for all that a registry registers. */
export const WILDCARDS: CertificateRule = { name: 'wildcards', on: 'leaf', check: forNames('dns', checkWildcard) }

/** Baseline Requirements section 4.2.2: names that many may have. */
export const INTERNAL_NAMES: CertificateRule = {
  name: 'internal-names',
  on: 'leaf',
  check: forNames('dns', checkInternalName),
}

/** Baseline Requirements section 4.2.2: addresses that many may have. */
export const RESERVED_ADDRESSES: CertificateRule = { name: 'reserved-addresses', on: 'leaf', check: checkAddresses }

/** What a name should be and is, in words to follow "needs "; null if nothing speaks against it. */
type NameCheck = (name: string) => string | null

function forNames(kind: 'dns' | 'email' | 'uri', check: NameCheck) {
  const found = new WeakMap<Certificate, Problem | null>()
  return ({ certificate, isLeaf }: Place): Problem | null => {
    // A leaf is judged once; a search may come to the names of a CA a thousand times.
    if (isLeaf || certificate.extensions.subjectAltName === undefined) return findWrongName(certificate, kind, check)
    let problem = found.get(certificate)
    if (problem === undefined) found.set(certificate, (problem = findWrongName(certificate, kind, check)))
    return problem
  }
}

function findWrongName(certificate: Certificate, kind: 'dns' | 'email' | 'uri', check: NameCheck): Problem | null {
  for (const name of certificate.extensions.subjectAltName ?? []) {
    if (name.kind !== kind) continue
    const text = textOf(name)
    const needs = check(text)
    if (needs !== null) return nameProblem(certificate, needs, text)
  }
  return null
}

function nameProblem(certificate: Certificate, needs: string, text: string): Problem {
  return problem('nonconforming', certificate, `subjectAltName: needs ${needs}, has ${quotedText(text)}`)
}

function textOf(name: GeneralName): string {
  return name.kind === 'dns' ? name.name : name.kind === 'email' ? name.address : name.kind === 'uri' ? name.uri : ''
}

function hostOf(name: string): string {
  return name.startsWith('*.') ? name.slice(2) : name
}

function checkDnsName(name: string): string | null {
  return isPreferredName(name, name.startsWith('*.') ? 2 : 0) ? null : 'DNS names of letters, digits and hyphens'
}

const HYPHEN = 0x2d
const PERIOD = 0x2e

/** From `start` on. One pass and no regular expression: some certificates have hundreds of names. */
function isPreferredName(name: string, start: number): boolean {
  if (name.length - start > 253) return false
  let labelStart = start
  let isNumber = true
  let previous = PERIOD
  for (let at = start; at < name.length; at++) {
    const code = name.charCodeAt(at)
    if (code === PERIOD) {
      if (previous === PERIOD || previous === HYPHEN || at - labelStart > 63) return false
      labelStart = at + 1
      isNumber = true
    } else if (code === HYPHEN) {
      if (previous === PERIOD) return false
      isNumber = false
    } else if ((code | 0x20) >= 0x61 && (code | 0x20) <= 0x7a) {
      isNumber = false
    } else if (code < 0x30 || code > 0x39) {
      return false
    }
    previous = code
  }
  return previous !== PERIOD && previous !== HYPHEN && name.length - labelStart <= 63 && !isNumber
}

function checkALabels(name: string): string | null {
  if (!name.includes('--')) return null
  const isWrong = hostOf(name)
    .split('.')
    .some((label) => label.startsWith('--', 2) && !isALabel(label))
  return isWrong ? 'labels with hyphens third and fourth to be A-labels that decode' : null
}

function checkMailbox(address: string): string | null {
  return readMailbox(address) === null ? 'e-mail addresses as local-part@host' : null
}

function checkUri(uri: string): string | null {
  return /^[a-z][a-z0-9+.-]*:./i.test(uri) ? null : 'URIs with a scheme and more'
}

function checkWildcard(name: string): string | null {
  if (name === '*') return 'wildcards within the domain of one owner'
  const isWide = name.startsWith('*.') && isPublicSuffix(name.slice(2))
  return isWide ? 'wildcards within the domain of one owner, not below a public suffix' : null
}

function checkInternalName(name: string): string | null {
  return isInternalName(hostOf(name)) ? 'names of the public DNS' : null
}

function checkAddresses({ certificate }: Place): Problem | null {
  for (const name of certificate.extensions.subjectAltName ?? []) {
    if (name.kind === 'ip' && isReservedAddress(name.address)) {
      return nameProblem(certificate, 'addresses of the public Internet', addressText(name.address))
    }
  }
  return null
}
