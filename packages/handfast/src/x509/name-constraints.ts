/**
 * Name constraints (RFC 5280 section 4.2.1.10): for DNS names, IP addresses, e-mail addresses, URIs
 * and directory names.
 *
 * Where a name or a constraint cannot be compared with certainty the answer is no: a constraint that
 * is not well-formed, a name that is not, or a form of name handfast cannot compare, under a
 * constraint of that form. A wildcard name is excluded if any name it stands for is (section 4.2.1.10
 * and RFC 9525 leave that open), and permitted if all are. An IPv4 address that is mapped into IPv6 is excluded with
 * the address that it stands for, and permitted only as it is.
 *
 * Left out: constraints on SRVName (RFC 4985 section 4) and other otherNames, so that names of that form are refused
 * under one. Constraints on DNS names do not hold for SRVNames or URIs: each form has its own.
 */

import type { Certificate } from './certificate.ts'
import type { NameConstraints } from './extension-values.ts'
import { type GeneralName, shortNameText } from './general-name.ts'
import { DerReader, TAG } from '../asn1/der.ts'
import { concatBytes } from '../bytes/compare.ts'
import { isDnsName, toAsciiName } from './dns-name.ts'
import { readAddress } from './ip-address.ts'
import { splitMailbox } from './mailbox.ts'
import type { CertificateReason } from './verdict.ts'

/** What a name or a set of constraints does wrong. */
export interface NameConstraintProblem {
  readonly reason: Extract<CertificateReason, 'name-constraint' | 'unsupported-constraint' | 'budget-exceeded'>
  /** To follow "its name constraints ". */
  readonly message: string
}

/** Comparisons that are left; shared by all paths of a verdict. */
export interface ComparisonBudget {
  comparisons: number
}

/**
 * What `constraints` have against the names of `certificate`; null if nothing.
 * @throws {CertificateError} a malformed subjectAltName.
 */
export function findConstraintProblem(
  constraints: NameConstraints,
  certificate: Certificate,
  budget: ComparisonBudget,
): NameConstraintProblem | null {
  const byKind = preparedBases(constraints)
  for (const name of constrainedNames(certificate)) {
    const bases = byKind.get(constraintKind(name))
    if (bases === undefined) continue
    const problem = judgeName(prepareName(name), bases.permitted, bases.excluded, budget)
    if (problem !== null) return problem
  }
  return null
}

/**
 * The first of `constraints` that is not written as section 4.2.1.10 has it, as the rest of a sentence
 * that begins with the path of the extension; null if all are. A form of name that section does not
 * speak of is not judged.
 */
export function findMalformedConstraint(constraints: NameConstraints): string | null {
  let found = malformed.get(constraints)
  if (found === undefined) malformed.set(constraints, (found = findMalformed(constraints)))
  return found
}

/** A search may ask a thousand times. */
const malformed = new WeakMap<NameConstraints, string | null>()

function findMalformed(constraints: NameConstraints): string | null {
  for (const list of ['permitted', 'excluded'] as const) {
    for (const [index, base] of constraints[list].entries()) {
      const needs = neededForm(base)
      if (needs === null) continue
      return `${list}Subtrees[${index}]: needs ${needs}, has '${shortNameText(base)}'`
    }
  }
  return null
}

function neededForm(base: GeneralName): string | null {
  switch (base.kind) {
    case 'dns':
      return base.name === '' || isDnsName(base.name) ? null : 'a DNS name without wildcard or leading period'
    case 'email':
      return isHostConstraint(base.address) || prepareBase(base).local !== null
        ? null
        : 'a mailbox, a host, or a domain with a leading period'
    case 'uri':
      return isHostConstraint(base.uri) && readAddress(base.uri) === null
        ? null
        : 'a host, or a domain with a leading period'
    default:
      return null
  }
}

function isHostConstraint(text: string): boolean {
  return isDnsName(text.startsWith('.') ? text.slice(1) : text)
}

interface PreparedBases {
  readonly permitted: PreparedBase[]
  readonly excluded: PreparedBase[]
}

/** A search may come to the same constraints a thousand times: they are made ready once, each kind by itself. */
const prepared = new WeakMap<NameConstraints, ReadonlyMap<GeneralName['kind'], PreparedBases>>()

function preparedBases(constraints: NameConstraints): ReadonlyMap<GeneralName['kind'], PreparedBases> {
  const before = prepared.get(constraints)
  if (before !== undefined) return before
  const byKind = new Map<GeneralName['kind'], PreparedBases>()
  for (const list of ['permitted', 'excluded'] as const) {
    for (const base of constraints[list]) {
      const kind = constraintKind(base)
      let bases = byKind.get(kind)
      if (bases === undefined) byKind.set(kind, (bases = { permitted: [], excluded: [] }))
      bases[list].push(prepareBase(base))
    }
  }
  prepared.set(constraints, byKind)
  return byKind
}

const EMAIL_ADDRESS = '1.2.840.113549.1.9.1'
const SMTP_UTF8_MAILBOX = '1.3.6.1.5.5.7.8.9'

/** The subject, its e-mail addresses if subjectAltName has none (section 4.2.1.10), and subjectAltName. */
function constrainedNames(certificate: Certificate): GeneralName[] {
  const names: GeneralName[] = [...(certificate.extensions.subjectAltName ?? [])]
  if (!certificate.subject.isEmpty) {
    if (!names.some(({ kind }) => kind === 'email')) {
      for (const address of certificate.subject.attributeTexts(EMAIL_ADDRESS)) names.push({ kind: 'email', address })
    }
    names.push({ kind: 'directory', name: certificate.subject })
  }
  return names
}

/**
 * RFC 9598 section 6: constraints on rfc822Name hold for SmtpUTF8Mailbox as well. A constraint of that
 * form, which the section does not allow, makes all e-mail addresses incomparable.
 */
function constraintKind(name: GeneralName): GeneralName['kind'] {
  return name.kind === 'other' && name.type === SMTP_UTF8_MAILBOX ? 'email' : name.kind
}

function judgeName(
  name: PreparedName,
  permitted: readonly PreparedBase[],
  excluded: readonly PreparedBase[],
  budget: ComparisonBudget,
): NameConstraintProblem | null {
  for (const base of excluded) {
    if (base.kind !== name.kind) continue
    if (--budget.comparisons < 0) return EXHAUSTED
    const match = compare(name, base, true)
    if (match === 'unknown') return unsupported(name, base)
    if (match) return violated(`exclude ${sourceText(base)}, and so the name ${sourceText(name)}`)
  }
  let only: PreparedBase | undefined
  let others = 0
  for (const base of permitted) {
    if (base.kind !== name.kind) continue
    if (--budget.comparisons < 0) return EXHAUSTED
    const match = compare(name, base, false)
    if (match === 'unknown') return unsupported(name, base)
    if (match) return null
    if (only === undefined) only = base
    else others++
  }
  if (only === undefined) return null
  const more = others > 0 ? ` and ${others} more` : ''
  return violated(`permit only ${sourceText(only)}${more}, not the name ${sourceText(name)}`)
}

function violated(message: string): NameConstraintProblem {
  return { reason: 'name-constraint', message }
}

const EXHAUSTED: NameConstraintProblem = {
  reason: 'budget-exceeded',
  message: 'need more comparisons of names than are allowed',
}

function unsupported(name: PreparedName, base: PreparedBase): NameConstraintProblem {
  return {
    reason: 'unsupported-constraint',
    message: `cannot be applied: ${sourceText(base)} to the name ${sourceText(name)}`,
  }
}

function sourceText({ source }: PreparedName | PreparedBase): string {
  return shortNameText(source)
}

/** A name made ready for many comparisons. */
interface PreparedName {
  readonly source: GeneralName
  readonly kind: GeneralName['kind']
  /** The DNS name less its `*.`, the host of an e-mail address or URI, in lower case; null if not well-formed. */
  readonly host: string | null
  readonly isWildcard: boolean
  /** The local part of an e-mail address. */
  readonly local: string | null
}

/** A constraint made ready for many comparisons. */
interface PreparedBase {
  readonly source: GeneralName
  readonly kind: GeneralName['kind']
  /** The host, less a leading period, in lower case; null if not well-formed. */
  readonly host: string | null
  /** The host with a period before it. */
  readonly suffix: string
  /** A leading period: hosts within, not the host itself. */
  readonly isWithin: boolean
  /** The empty DNS constraint, which all names satisfy. */
  readonly isAll: boolean
  /** The local part of a mailbox. */
  readonly local: string | null
}

function prepareName(name: GeneralName): PreparedName {
  const kind = constraintKind(name)
  if (name.kind === 'dns') {
    const text = name.name.toLowerCase()
    const isWildcard = text.startsWith('*.')
    const host = isWildcard ? text.slice(2) : text
    return { source: name, kind, host: isDnsName(host) ? host : null, isWildcard, local: null }
  }
  if (kind === 'email') {
    const mailbox = readMailbox(mailboxText(name))
    return { source: name, kind, host: mailbox?.host ?? null, isWildcard: false, local: mailbox?.local ?? null }
  }
  const host = name.kind === 'uri' ? readUriHost(name.uri) : null
  return { source: name, kind, host, isWildcard: false, local: null }
}

function prepareBase(base: GeneralName): PreparedBase {
  const kind = constraintKind(base)
  if (base.kind === 'email' && base.address.includes('@')) {
    const mailbox = readMailbox(base.address)
    const host = mailbox?.host ?? null
    const local = mailbox?.local ?? null
    return { source: base, kind, host, suffix: `.${host}`, isWithin: false, isAll: false, local }
  }
  const text = (
    base.kind === 'dns' ? base.name : base.kind === 'email' ? base.address : base.kind === 'uri' ? base.uri : ''
  ).toLowerCase()
  // Section 4.2.1.10 has the leading period for e-mail addresses and URIs; it is found in DNS constraints as well.
  const isWithin = text.startsWith('.')
  const host = isWithin ? text.slice(1) : text
  const isAll = base.kind === 'dns' && text === ''
  return { source: base, kind, host: isDnsName(host) ? host : null, suffix: `.${host}`, isWithin, isAll, local: null }
}

/** Whether a name lies within a subtree; `unknown` if that cannot be said. */
type Match = boolean | 'unknown'

function compare(name: PreparedName, base: PreparedBase, isExclusion: boolean): Match {
  const { source } = name
  const { source: subtree } = base
  if (source.kind === 'ip' && subtree.kind === 'ip') {
    const { address } = source
    return compareAddress(address, subtree.address) || (isExclusion && compareMapped(address, subtree.address))
  }
  if (source.kind === 'directory' && subtree.kind === 'directory') {
    const isWithin = source.name.isWithin(subtree.name)
    // What may be another name is none that is permitted.
    return isWithin === 'unknown' && !isExclusion ? false : isWithin
  }
  if (name.host === null) return 'unknown'
  if (base.isAll) return true
  if (base.host === null) return 'unknown'
  if (source.kind === 'dns') return compareDns(name, base, isExclusion)
  if (base.local !== null) return name.host === base.host && isSameLocal(name.local, base.local, isExclusion)
  return base.isWithin ? name.host.endsWith(base.suffix) : name.host === base.host
}

/**
 * Only its host knows which local parts mean the same mailbox (RFC 5321 section 2.4). That most ignore
 * case and quotes must not let a name slip past an exclusion.
 */
function isSameLocal(name: string | null, base: string, isExclusion: boolean): boolean {
  if (name === null || !isExclusion) return name === base
  return foldedLocal(name) === foldedLocal(base)
}

function foldedLocal(local: string): string {
  const bare = local.startsWith('"') ? local.slice(1, -1).replace(/\\(.)/gs, '$1') : local
  return bare.toLowerCase()
}

/** "Any DNS name that can be constructed by simply adding zero or more labels to the left-hand side." */
function compareDns(name: PreparedName, base: PreparedBase, isExclusion: boolean): boolean {
  const host = name.host as string
  const parent = base.host as string
  if (host.endsWith(base.suffix)) return true
  if (host === parent) return name.isWildcard || !base.isWithin
  // Of the names a wildcard stands for, one is the excluded one.
  return isExclusion && name.isWildcard && !base.isWithin && parent.slice(parent.indexOf('.') + 1) === host
}

/** ::ffff:0:0/96, the place of IPv4 among IPv6 addresses (RFC 4291 section 2.5.5.2). */
const MAPPED = Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff)

/** Whether what is connected to is the same: an IPv4 address, mapped into IPv6 on one side alone. */
function compareMapped(address: Uint8Array, base: Uint8Array): boolean {
  if (address.length === 16 && base.length === 8) return isMapped(address) && compareAddress(address.subarray(12), base)
  if (address.length !== 4 || base.length !== 32) return false
  // Only a block of mapped addresses: that ::/0 is excluded says that IPv6 is, and nothing of IPv4.
  const isBlock = isMapped(base) && base.subarray(16, 28).every((octet) => octet === 0xff)
  return isBlock && compareAddress(address, concatBytes(base.subarray(12, 16), base.subarray(28)))
}

function isMapped(address: Uint8Array): boolean {
  return MAPPED.every((octet, index) => address[index] === octet)
}

function compareAddress(address: Uint8Array, base: Uint8Array): boolean {
  if (base.length !== 2 * address.length) return false
  for (let i = 0; i < address.length; i++) {
    const mask = base[address.length + i] as number
    if (((address[i] as number) & mask) !== ((base[i] as number) & mask)) return false
  }
  return true
}

/** The host in A-labels and lower case, as constraints have it. */
function readMailbox(text: string | null): { readonly local: string; readonly host: string } | null {
  const mailbox = text === null ? null : splitMailbox(text)
  const host = mailbox === null ? null : toAsciiName(mailbox.host)
  return mailbox === null || host === null ? null : { local: mailbox.local, host }
}

/** Null for a SmtpUTF8Mailbox that is no UTF8String (RFC 9598 section 3). */
function mailboxText(name: GeneralName): string | null {
  if (name.kind === 'email') return name.address
  if (name.kind !== 'other') return null
  try {
    const reader = new DerReader(name.value, '')
    const bytes = reader.value('', TAG.utf8String)
    reader.end()
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    return null
  }
}

/** The host of a URI with an authority, if it is a name and not an address: what constraints on URIs are about. */
function readUriHost(uri: string): string | null {
  const authority = /^[a-z][a-z0-9+.-]*:\/\/([^/?#]*)/i.exec(uri)?.[1]
  if (authority === undefined) return null
  const host = authority
    .slice(authority.lastIndexOf('@') + 1)
    .replace(/:[0-9]*$/, '')
    .toLowerCase()
  return isDnsName(host) && readAddress(host) === null ? host : null
}
