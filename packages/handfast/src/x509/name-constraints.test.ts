import { describe, expect, test } from 'vitest'
import { issue, type IssueOptions, issueCa, makeCa, writeGeneralName, writeName } from '../../test/pki.ts'
import {
  writeContext,
  writeElement,
  writeIa5String,
  writeOid,
  writeSequence,
  writeSetOf,
  writeUtf8String,
} from '../asn1/der-writer.ts'
import { readCertificate } from './certificate.ts'
import type { NameConstraints } from './extension-values.ts'
import { findConstraintProblem, findMalformedConstraint } from './name-constraints.ts'

const root = makeCa()

function constraintsOf(options: Pick<IssueOptions, 'permitted' | 'excluded'>): NameConstraints {
  return readCertificate(issueCa(root, options).certificate).extensions.nameConstraints as NameConstraints
}

function judge(constraints: Pick<IssueOptions, 'permitted' | 'excluded'>, names: IssueOptions): string {
  const certificate = readCertificate(issue(root, { subject: [], ...names }).certificate)
  return findConstraintProblem(constraintsOf(constraints), certificate, { comparisons: 1000 })?.reason ?? 'fine'
}

const permits = (base: string, ...names: string[]): string =>
  judge({ permitted: [base] }, { otherNames: names.map(writeGeneralName) })
const excludes = (base: string, ...names: string[]): string =>
  judge({ excluded: [base] }, { otherNames: names.map(writeGeneralName) })

describe('name constraints (RFC 5280 section 4.2.1.10)', () => {
  test.each([
    ['DNS:example.com', 'DNS:example.com', true],
    ['DNS:example.com', 'DNS:EXAMPLE.com', true],
    ['DNS:example.com', 'DNS:a.b.example.com', true],
    ['DNS:example.com', 'DNS:notexample.com', false],
    ['DNS:example.com', 'DNS:example.com.evil', false],
    ['DNS:example.com', 'DNS:*.example.com', true],
    ['DNS:a.example.com', 'DNS:*.example.com', false],
    ['DNS:', 'DNS:any.example', true],
    ['DNS:.example.com', 'DNS:a.example.com', true],
    ['DNS:.example.com', 'DNS:example.com', false],
    ['IP:192.0.2.0/255.255.255.0', 'IP:192.0.2.77', true],
    ['IP:192.0.2.0/255.255.255.0', 'IP:192.0.3.77', false],
    ['IP:192.0.2.0/255.255.255.0', 'IP:2001:db8::1', false],
    ['IP:2001:db8::/ffff:ffff::', 'IP:2001:db8:1::1', true],
    ['IP:2001:db8::/ffff:ffff::', 'IP:2001:db9::1', false],
    ['IP:0.0.0.0/0.0.0.0', 'IP:8.8.8.8', true],
    ['email:a@example.com', 'email:a@EXAMPLE.com', true],
    ['email:example.com', 'email:any@example.com', true],
    ['email:example.com', 'email:any@sub.example.com', false],
    ['email:.example.com', 'email:any@sub.example.com', true],
    ['email:.example.com', 'email:any@example.com', false],
    ['URI:example.com', 'URI:https://example.com:8443/x', true],
    ['URI:example.com', 'URI:https://user@example.com/', true],
    ['URI:example.com', 'URI:https://evil.test/@example.com', false],
    ['URI:example.com', 'URI:https://sub.example.com/', false],
    ['URI:.example.com', 'URI:https://sub.example.com/', true],
    ['DirName:Good', 'DirName:good', true],
    ['DirName:Good', 'DirName:Bad', false],
  ])('%s holds %s: %s', (base, name, holds) => {
    expect(permits(base, name)).toBe(holds ? 'fine' : 'name-constraint')
    expect(excludes(base, name)).toBe(holds || base === 'DNS:a.example.com' ? 'name-constraint' : 'fine')
  })

  test.each([
    ['DNS:example.com', 'DNS:exa mple.com'],
    ['DNS:example.com', 'DNS:example.com.'],
    ['DNS:exa mple.com', 'DNS:example.com'],
    ['email:example.com', 'email:a@b@example.com'],
    ['email:example.com', 'email:example.com'],
    ['email:a@b@example.com', 'email:a@example.com'],
    ['URI:example.com', 'URI:urn:uuid:x'],
    ['URI:example.com', 'URI:https://192.0.2.1/'],
    ['URI:example.com', 'URI:https://[::1]/'],
  ])('%s and %s cannot be compared', (base, name) => {
    expect(permits(base, name)).toBe('unsupported-constraint')
    expect(excludes(base, name)).toBe('unsupported-constraint')
  })

  test.each([
    ['IP:10.0.0.0/255.0.0.0', 'IP:::ffff:10.0.0.1', true],
    ['IP:10.0.0.0/255.0.0.0', 'IP:::ffff:11.0.0.1', false],
    ['IP:10.0.0.0/255.0.0.0', 'IP:::10.0.0.1', false],
    ['IP:0.0.0.0/0.0.0.0', 'IP:::ffff:10.0.0.1', true],
    ['IP:0.0.0.0/0.0.0.0', 'IP:2001:db8::1', false],
    ['IP:::ffff:10.0.0.0/ffff:ffff:ffff:ffff:ffff:ffff:ff00::', 'IP:10.0.0.1', true],
    ['IP:::ffff:10.0.0.0/ffff:ffff:ffff:ffff:ffff:ffff:ff00::', 'IP:11.0.0.1', false],
    ['IP:::/::', 'IP:10.0.0.1', false],
    ['IP:::/::', 'IP:::ffff:10.0.0.1', true],
  ])('%s excludes %s, mapped or not: %s; permitted is what it says', (base, name, isExcluded) => {
    expect(excludes(base, name)).toBe(isExcluded ? 'name-constraint' : 'fine')
    if (base !== 'IP:::/::') expect(permits(base, name)).toBe('name-constraint')
  })

  test('SRV names (RFC 4985): refused under a constraint on them, free under one on DNS names', () => {
    expect(excludes('SRV:_imaps.example.com', 'SRV:_imaps.other.example')).toBe('unsupported-constraint')
    expect(permits('SRV:example.com', 'SRV:_imaps.example.com')).toBe('unsupported-constraint')
    expect(permits('DNS:example.com', 'SRV:_imaps.other.example')).toBe('fine')
  })

  test('forms that cannot be compared are refused when constrained, and free otherwise', () => {
    const other = writeContext(0, writeOid('1.2.3'), writeContext(0, writeUtf8String('x')))
    const oid = writeElement(0x88, Uint8Array.of(0x2a, 3))
    expect(judge({ permitted: [oid] }, { otherNames: [oid] })).toBe('unsupported-constraint')
    expect(judge({ excluded: [other] }, { otherNames: [other] })).toBe('unsupported-constraint')
    expect(judge({ excluded: ['DNS:a.example'] }, { otherNames: [other, oid] })).toBe('fine')
  })

  const smtpMailbox = (value: Uint8Array): Uint8Array =>
    writeContext(0, writeOid('1.3.6.1.5.5.7.8.9'), writeContext(0, value))

  test('SmtpUTF8Mailbox is an e-mail address under a constraint on them (RFC 9598 section 6)', () => {
    const otherNames = [smtpMailbox(writeUtf8String('é@example.com'))]
    expect(judge({ excluded: ['email:example.com'] }, { otherNames })).toBe('name-constraint')
    expect(judge({ excluded: ['email:other.example'] }, { otherNames })).toBe('fine')
    expect(judge({ permitted: ['email:example.com'] }, { otherNames })).toBe('fine')
    expect(judge({ permitted: ['email:e@example.com'] }, { otherNames })).toBe('name-constraint')
    expect(judge({ permitted: ['email:.example.com'] }, { otherNames })).toBe('name-constraint')
    expect(judge({ excluded: ['DNS:example.com'] }, { otherNames })).toBe('fine')
  })

  test('a U-label in it is the same host as its A-label', () => {
    const otherNames = [smtpMailbox(writeUtf8String('é@bücher.example'))]
    expect(judge({ excluded: ['email:xn--bcher-kva.example'] }, { otherNames })).toBe('name-constraint')
    expect(judge({ permitted: ['email:xn--bcher-kva.example'] }, { otherNames })).toBe('fine')
  })

  test.each([
    ['no UTF8String', writeIa5String('e@example.com')],
    ['bad UTF-8', writeElement(0x0c, Uint8Array.of(0xff, 0x40, 0x61))],
    ['no mailbox', writeUtf8String('é')],
  ])('a SmtpUTF8Mailbox with %s cannot be compared', (_, value) => {
    expect(
      judge(
        { excluded: ['email:other.example'] },
        { otherNames: [writeContext(0, writeOid('1.3.6.1.5.5.7.8.9'), writeElement(0xa0, value))] },
      ),
    ).not.toBe('fine')
  })

  test('a constraint of the form SmtpUTF8Mailbox, which RFC 9598 does not have, makes addresses incomparable', () => {
    const excluded = [smtpMailbox(writeUtf8String('é@example.com'))]
    expect(judge({ excluded }, { emails: ['a@example.com'] })).toBe('unsupported-constraint')
    expect(judge({ excluded }, { dnsNames: ['example.com'] })).toBe('fine')
  })

  test('a mailbox is excluded however it is written, and permitted only as it is', () => {
    for (const name of [
      'root@example.com',
      'ROOT@Example.com',
      '"root"@example.com',
      String.raw`"r\oot"@example.com`,
    ]) {
      expect(excludes('email:root@example.com', `email:${name}`)).toBe('name-constraint')
    }
    expect(permits('email:root@example.com', 'email:root@EXAMPLE.com')).toBe('fine')
    expect(permits('email:root@example.com', 'email:Root@example.com')).toBe('name-constraint')
    expect(permits('email:root@example.com', 'email:"root"@example.com')).toBe('name-constraint')
    expect(excludes('email:root@example.com', 'email:toor@example.com')).toBe('fine')
  })

  test('every name must be permitted, none excluded, and exclusion wins', () => {
    expect(permits('DNS:example.com', 'DNS:a.example.com', 'DNS:other.example')).toBe('name-constraint')
    expect(excludes('DNS:other.example', 'DNS:a.example.com', 'DNS:other.example')).toBe('name-constraint')
    const both = { permitted: ['DNS:example.com'], excluded: ['DNS:secret.example.com'] }
    expect(judge(both, { dnsNames: ['example.com'] })).toBe('fine')
    expect(judge(both, { dnsNames: ['x.secret.example.com'] })).toBe('name-constraint')
  })

  test('a wildcard is excluded with any name it stands for', () => {
    expect(excludes('DNS:bar.example.com', 'DNS:*.example.com')).toBe('name-constraint')
    expect(excludes('DNS:a.b.example.com', 'DNS:*.example.com')).toBe('fine')
  })

  test('forms without constraints are free', () => {
    expect(permits('DNS:example.com', 'IP:192.0.2.1', 'email:a@other.example')).toBe('fine')
  })

  test('the subject counts as directory name, its e-mail addresses if there are no others', () => {
    const subject = writeName([
      ['2.5.4.3', 'Bad'],
      ['1.2.840.113549.1.9.1', 'a@evil.example'],
    ])
    expect(judge({ permitted: ['DirName:Good'] }, { subject: 'Bad' })).toBe('name-constraint')
    expect(judge({ permitted: ['DirName:Good'] }, { subject: [] })).toBe('fine')
    expect(judge({ permitted: ['email:example.com'] }, { subject })).toBe('name-constraint')
    expect(judge({ permitted: ['email:example.com'] }, { subject, emails: ['a@example.com'] })).toBe('fine')
  })

  test('a subtree is a prefix of the name', () => {
    const base = writeContext(
      4,
      writeName([
        ['2.5.4.6', 'DE'],
        ['2.5.4.10', 'Example'],
      ]),
    )
    const inside = writeName([
      ['2.5.4.6', 'de'],
      ['2.5.4.10', 'EXAMPLE'],
      ['2.5.4.3', 'x'],
    ])
    const outside = writeName([
      ['2.5.4.10', 'Example'],
      ['2.5.4.6', 'DE'],
      ['2.5.4.3', 'x'],
    ])
    expect(judge({ permitted: [base] }, { subject: inside })).toBe('fine')
    expect(judge({ permitted: [base] }, { subject: outside })).toBe('name-constraint')
    expect(judge({ permitted: [base] }, { subject: writeName([['2.5.4.6', 'DE']]) })).toBe('name-constraint')
  })

  test('a directory name that cannot be read is within no permitted subtree, and perhaps in an excluded one', () => {
    const organization = (value: Uint8Array): Uint8Array =>
      writeSequence(writeSetOf(writeSequence(writeOid('2.5.4.10'), value)))
    const base = writeContext(4, organization(writeUtf8String('Evil')))
    const values = [0x1b, 0x19, 0x15, 4].map((tag) => writeElement(tag, new TextEncoder().encode('Evil')))
    for (const value of [...values, writeElement(0x0c, Uint8Array.of(0x45, 0xff))]) {
      const subject = organization(value)
      expect(judge({ excluded: [base] }, { subject })).toBe('unsupported-constraint')
      expect(judge({ permitted: [base] }, { subject })).toBe('name-constraint')
      expect(judge({ permitted: [base, 'DirName:Good', writeContext(4, subject)] }, { subject })).toBe('fine')
      expect(judge({ excluded: [writeContext(4, subject)] }, { subject: organization(writeUtf8String('Evil')) })).toBe(
        'unsupported-constraint',
      )
    }
    expect(judge({ excluded: [base] }, { subject: organization(writeUtf8String('Ev\u0131l')) })).toBe('fine')
    expect(judge({ permitted: [base] }, { subject: organization(writeUtf8String('Ev\u0131l')) })).toBe(
      'name-constraint',
    )
  })

  test('comparisons are counted across certificates', () => {
    const certificate = readCertificate(issue(root, { dnsNames: ['a.example', 'b.example'] }).certificate)
    const constraints = constraintsOf({ excluded: ['DNS:x.example', 'DNS:y.example'] })
    const budget = { comparisons: 5 }
    expect(findConstraintProblem(constraints, certificate, budget)).toBeNull()
    expect(budget.comparisons).toBe(1)
    expect(findConstraintProblem(constraints, certificate, budget)?.reason).toBe('budget-exceeded')
  })
})

describe('constraints as they are to be written', () => {
  test.each([
    'DNS:example.com',
    'DNS:',
    'email:a@example.com',
    'email:example.com',
    'email:.example.com',
    'email:*@example.com',
    'URI:example.com',
    'URI:.example.com',
    'IP:192.0.2.0/255.255.255.0',
    'DirName:name',
  ])('%s', (base) => expect(findMalformedConstraint(constraintsOf({ permitted: [base] }))).toBeNull())

  test.each([
    ['DNS:.example.com', /^permittedSubtrees\[0\]: needs a DNS name without wildcard or leading period, has 'DNS:.ex/],
    ['DNS:*.example.com', /needs a DNS name/],
    ['DNS:a..example', /needs a DNS name/],
    ['email:a@b@example.com', /needs a mailbox/],
    ['email:@example.com', /needs a mailbox/],
    ['email:', /needs a mailbox/],
    ['URI:http://example.com', /needs a host, or a domain with a leading period/],
    ['URI:192.0.2.1', /needs a host/],
    ['URI:', /needs a host/],
    [`URI:${'a'.repeat(60_000)}:`, /needs a host, .{1,250}\.\.\.'$/],
  ])('not %s', (base, message) => {
    expect(findMalformedConstraint(constraintsOf({ permitted: [base] }))).toMatch(message)
    expect(findMalformedConstraint(constraintsOf({ excluded: ['DNS:example.com', base] }))).toMatch(
      /^excludedSubtrees\[1\]: /,
    )
  })
})
