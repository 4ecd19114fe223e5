import { describe, expect, test } from 'vitest'
import { writeContext, writeContextPrimitive, writeInteger, writeNull, writeSequence } from '../../asn1/index.ts'
import { nodeProvider } from '../../crypto/node.ts'
import {
  issue,
  issueCa,
  makeCa,
  makeKey,
  type TestCertificate,
  writeGeneralName,
  writeName,
} from '../../../test/pki.ts'
import {
  CRL_ISSUED,
  CRL_NEXT,
  type CrlOptions,
  issueCrl,
  type PointOptions,
  pointsExtension,
  type ScopeOptions,
  writeRdnContents,
} from '../../../test/crl-maker.ts'
import { writeGeneralizedTime } from '../../../test/ocsp-maker.ts'
import { type Certificate, readCertificate } from '../certificate.ts'
import { checkSignedData } from '../signed-data.ts'
import { createPolicy, type RevocationPolicy } from '../validation-policy.ts'
import { type CertificateList, readCertificateList } from './certificate-list.ts'
import type { RevocationContext } from './context.ts'
import { MAX_CRL_SIGNERS } from './crl-signer.ts'
import type { RevocationFinding } from './finding.ts'
import { checkRevocation } from './revocation.ts'

const DAY = 86_400_000
const NOW = CRL_ISSUED + DAY
const root = makeCa({ subject: 'Root' })
const ca = issueCa(root, { subject: 'CA' })
const leaf = issue(ca, { subject: 'leaf', dnsNames: ['example.com'] })
const revoked = [{ certificate: leaf.certificate, reason: 1 }]
/** Of the root: without it the CA itself is unknown. */
const rootCrl = issueCrl(root)

interface Options {
  readonly revocation?: Partial<RevocationPolicy>
  readonly time?: number
  /** Others at hand. */
  readonly others?: readonly TestCertificate[]
  readonly path?: readonly TestCertificate[]
  readonly context?: Partial<RevocationContext>
}

/** What is found of each certificate. Signatures are counted in `checks`. */
function check(
  crls: readonly (Uint8Array | CertificateList)[],
  options: Options = {},
): ReturnType<typeof checkRevocation> & { checks: number } {
  const path = (options.path ?? [leaf, ca, root]).map(({ certificate }) => readCertificate(certificate))
  const others = (options.others ?? []).map(({ certificate }) => readCertificate(certificate))
  const policy = createPolicy('rfc5280', {
    revocation: { mode: 'hard', scope: 'path', sources: ['crl'], maxAge: null, clockSkew: 0, ...options.revocation },
  })
  let checks = 0
  const result = checkRevocation(
    path,
    {
      crls: crls.map((one) => (one instanceof Uint8Array ? readCertificateList(one) : one)),
      ocspResponses: [],
      stapled: null,
    },
    {
      time: options.time ?? NOW,
      provider: nodeProvider,
      policy,
      certificates: others,
      verify: (signed, signer) => {
        checks++
        return checkSignedData(signed, signer, nodeProvider).status === 'valid'
      },
      pathTo: (signer) => pathOf(signer, [...path, ...others], path.at(-1) as Certificate),
      ...options.context,
    },
  )
  return { ...result, checks }
}

function pathOf(certificate: Certificate, issuers: readonly Certificate[], anchor: Certificate): Certificate[] | null {
  if (certificate === anchor) return [certificate]
  const rest = issuers.filter((one) => one !== certificate)
  for (const issuer of rest) {
    if (!issuer.subject.matches(certificate.issuer)) continue
    const { signatureAlgorithm, tbsCertificate, signature } = certificate
    const signed = { signatureAlgorithm, data: tbsCertificate, signature }
    if (checkSignedData(signed, issuer, nodeProvider).status !== 'valid') continue
    const above = pathOf(issuer, rest, anchor)
    if (above !== null) return [certificate, ...above]
  }
  return null
}

/** Of the leaf. */
function find(crls: readonly (Uint8Array | CertificateList)[], options: Options = {}): RevocationFinding {
  const [finding] = check(crls, { ...options, revocation: { scope: 'leaf', ...options.revocation } }).findings
  if (finding === undefined) throw new Error('needs a finding, has none')
  return finding
}

const judge = (options: CrlOptions, others: Options = {}): RevocationFinding => find([issueCrl(ca, options)], others)

/** A leaf with these distribution points, and its path. */
function pointed(...points: readonly PointOptions[]): { leaf: TestCertificate; path: TestCertificate[] } {
  const made = issue(ca, { subject: 'pointed', extensions: [pointsExtension(...points)] })
  return { leaf: made, path: [made, ca, root] }
}

describe('a complete CRL of the issuer', () => {
  test('that does not list it says good', () => {
    expect(judge({ revoked: [{ serialNumber: Uint8Array.of(1) }] })).toMatchObject({
      status: 'good',
      source: 'crl',
      thisUpdate: CRL_ISSUED,
      nextUpdate: CRL_NEXT,
      revokedAt: null,
      reason: null,
      message: 'It is not listed by the CRL of 2026-01-01T00:00:00Z, valid until 2026-01-08T00:00:00Z.',
    })
  })

  test('that lists it says revoked, when and why', () => {
    expect(judge({ revoked })).toMatchObject({
      status: 'revoked',
      source: 'crl',
      revokedAt: Date.UTC(2025, 11, 1),
      reason: 'keyCompromise',
      message:
        'It was revoked at 2025-12-01T00:00:00Z (keyCompromise), says the CRL of 2026-01-01T00:00:00Z, valid until 2026-01-08T00:00:00Z.',
    })
    expect(judge({ revoked: [{ certificate: leaf.certificate }] })).toMatchObject({ status: 'revoked', reason: null })
  })

  test('a hold counts as revoked', () => {
    const hold = [{ certificate: leaf.certificate, reason: 6 }]
    expect(judge({ revoked: hold })).toMatchObject({ status: 'revoked', reason: 'certificateHold' })
  })

  test('of version 1 counts', () => {
    expect(judge({ version: 1, revoked: [{ certificate: leaf.certificate }] }).status).toBe('revoked')
    expect(judge({ version: 1 }).status).toBe('good')
  })

  test('the newest counts, whatever the order', () => {
    const older = { thisUpdate: CRL_ISSUED - DAY }
    const hold = [{ certificate: leaf.certificate, reason: 6 }]
    const unlisted = [issueCrl(ca, { ...older, revoked: hold }), issueCrl(ca)]
    const listed = [issueCrl(ca, older), issueCrl(ca, { revoked: hold })]
    for (const lists of [unlisted, unlisted.toReversed()]) expect(find(lists).status).toBe('good')
    for (const lists of [listed, listed.toReversed()]) expect(find(lists).status).toBe('revoked')
  })

  test('is judged by the form of its name, not by its encoding', () => {
    expect(judge({ issuerName: writeName('  ca ') }).status).toBe('good')
  })
})

describe('a CRL that does not count', () => {
  const notCounting: readonly (readonly [string, CrlOptions, string])[] = [
    ['of another issuer', { issuerName: writeName('Someone') }, "There is no CRL of 'CN=CA'."],
    ['with a broken signature', { breakSignature: true }, 'its signature'],
    ['of the future', { thisUpdate: NOW + 1000, nextUpdate: CRL_NEXT }, 'its thisUpdate 2026-01-02T00:00:01Z is after'],
    [
      'that has ended',
      { thisUpdate: CRL_ISSUED - DAY, nextUpdate: NOW },
      'its nextUpdate 2026-01-02T00:00:00Z has passed',
    ],
    ['that ends before it begins', { nextUpdate: CRL_ISSUED - 1000 }, 'is before its thisUpdate'],
    [
      'with an unknown critical extension',
      { extensions: [{ oid: '1.2.3.4', critical: true, value: writeNull() }] },
      'its critical extension 1.2.3.4',
    ],
    [
      'with an unknown critical extension in some entry',
      {
        revoked: [
          ...revoked,
          { serialNumber: Uint8Array.of(1), extensions: [{ oid: '1.2.3.4', critical: true, value: writeNull() }] },
        ],
      },
      'of its entry 1 is not understood',
    ],
    ['about CAs', { scope: { onlyContains: 'ca-certificates' } }, 'it is about CAs only'],
    [
      'about attribute certificates',
      { scope: { onlyContains: 'attribute-certificates' } },
      'it is about attribute certificates only',
    ],
    [
      'of another distribution point',
      { scope: { uris: ['http://example.com/'] } },
      'it is of another distribution point',
    ],
  ]
  test.each(notCounting)('%s', (_, options, message) => {
    for (const list of [undefined, revoked]) {
      const finding = judge({ ...(list && { revoked: list }), ...options })
      expect(finding).toMatchObject({ status: 'unknown', source: null, thisUpdate: null })
      expect(finding.message).toContain(message)
    }
  })

  test('never stands in the way of one that does, in any order', () => {
    const good = issueCrl(ca)
    const bad = notCounting.map(([, options]) => issueCrl(ca, { revoked, ...options }))
    expect(find([good, ...bad]).status).toBe('good')
    expect(find([...bad, good]).status).toBe('good')
    expect(find([...bad, issueCrl(ca, { revoked })]).status).toBe('revoked')
  })

  test('several are told, a few at most', () => {
    const { message } = find(notCounting.map(([, options]) => issueCrl(ca, options)))
    // The newest first.
    expect(message).toContain('None of 9 CRLs counts: 1: its thisUpdate 2026-01-02T00:00:01Z is after')
    expect(message).toContain('; and 5 more.')
  })
})

describe('freshness', () => {
  test('by clockSkew', () => {
    const revocation = { clockSkew: 5000 }
    expect(judge({ thisUpdate: NOW + 5000 }, { revocation }).status).toBe('good')
    expect(judge({ thisUpdate: NOW + 6000 }, { revocation }).status).toBe('unknown')
    expect(judge({ nextUpdate: NOW - 4000 }, { revocation }).status).toBe('good')
    expect(judge({ nextUpdate: NOW - 5000 }, { revocation }).status).toBe('unknown')
  })

  test('by maxAge, and a list without nextUpdate by maxAge alone', () => {
    const revocation = { maxAge: DAY }
    expect(judge({}, { revocation }).status).toBe('good')
    expect(judge({ thisUpdate: NOW - DAY - 1000 }, { revocation }).message).toContain(
      'is more than 86400 seconds before',
    )
    expect(judge({ nextUpdate: null }, { revocation })).toMatchObject({ status: 'good', nextUpdate: null })
    expect(judge({ nextUpdate: null, thisUpdate: NOW - DAY - 1000 }, { revocation }).status).toBe('unknown')
    expect(judge({ nextUpdate: null, thisUpdate: 0 }).status).toBe('good')
  })

  test('a list made after the certificate expired may have forgotten it', () => {
    const old = issue(ca, { subject: 'old', notAfter: CRL_ISSUED - DAY })
    const path = [old, ca, root]
    expect(judge({}, { path }).message).toContain('the certificate had expired by its thisUpdate')
    expect(judge({ revoked: [{ certificate: old.certificate }] }, { path }).status).toBe('revoked')
    const kept = (since: number): CrlOptions => ({
      extensions: [{ oid: '2.5.29.60', value: writeGeneralizedTime(since) }],
    })
    expect(judge(kept(CRL_ISSUED - DAY), { path }).status).toBe('good')
    expect(judge(kept(CRL_ISSUED), { path }).status).toBe('unknown')
  })
})

describe('scope', () => {
  const URI = 'http://example.com/1.crl'

  test('a list of users or of CAs', () => {
    const list = issueCrl(root, { scope: { onlyContains: 'ca-certificates' } })
    expect(find([list], { path: [ca, root] }).status).toBe('good')
    const users = issueCrl(root, { scope: { onlyContains: 'user-certificates' } })
    expect(find([users], { path: [ca, root] }).message).toContain('it is about end entities only')
    expect(judge({ scope: { onlyContains: 'user-certificates' } }).status).toBe('good')
    const noConstraints = issue(ca, { subject: 'x', isCa: null })
    expect(judge({ scope: { onlyContains: 'user-certificates' } }, { path: [noConstraints, ca, root] }).status).toBe(
      'good',
    )
    const versionOne = issue(ca, { subject: 'x', version: 1 })
    const old = judge({ scope: { onlyContains: 'user-certificates' } }, { path: [versionOne, ca, root] })
    expect(old.message).toContain('leaves out certificates of version 1 and 2')
    expect(judge({}, { path: [versionOne, ca, root] }).status).toBe('good')
  })

  test('one name in common is enough, and needed', () => {
    const { path } = pointed({ uris: ['http://example.com/2.crl', URI] })
    expect(judge({ scope: { uris: ['ldap://example.com', URI] } }, { path }).status).toBe('good')
    expect(judge({ scope: { uris: ['HTTP://example.com/1.crl'] } }, { path }).status).toBe('unknown')
    expect(judge({ scope: { names: ['DNS:example.com'] } }, { path }).status).toBe('unknown')
    expect(judge({}, { path }).status).toBe('good')
  })

  test('directory names match by meaning, whole or relative, on either side', () => {
    const whole = writeSequence(...['CA', 'crl 1'].flatMap((name) => [writeName(name).subarray(2)]))
    const name = writeContext(4, whole)
    const relative = writeRdnContents('CRL  1')
    for (const point of [{ names: [name] }, { relative }]) {
      const { path } = pointed(point)
      for (const scope of [{ names: [name] }, { relative }]) expect(judge({ scope }, { path }).status).toBe('good')
      expect(judge({ scope: { relative: writeRdnContents('other') } }, { path }).status).toBe('unknown')
    }
  })

  test('the point that is assumed has the names of the issuer', () => {
    const named = issue(ca, {
      subject: 'x',
      extensions: [
        pointsExtension({ uris: [URI] }),
        { oid: '2.5.29.18', value: writeSequence(writeGeneralName('DNS:ca.example')) },
      ],
    })
    const path = [named, ca, root]
    expect(judge({ scope: { names: ['DirName:ca'] } }, { path }).status).toBe('good')
    expect(judge({ scope: { names: ['DNS:ca.example'] } }, { path }).status).toBe('good')
    expect(judge({ scope: { names: ['DNS:other.example'] } }, { path }).status).toBe('unknown')
    expect(judge({ scope: { names: ['DirName:ca'] } }).status).toBe('good')
  })

  test('a malformed extension of the certificate leaves it unknown', () => {
    const broken = issue(ca, { subject: 'x', extensions: [{ oid: '2.5.29.31', value: writeNull() }] })
    const finding = judge({}, { path: [broken, ca, root] })
    expect(finding.status).toBe('unknown')
    expect(finding.message).toContain('cRLDistributionPoints')
  })
})

describe('reasons', () => {
  const FIRST = [1, 2, 3, 4]
  const REST = [5, 6, 7, 8]
  const some = (reasons: readonly number[], list: CrlOptions = {}): Uint8Array =>
    issueCrl(ca, { scope: { reasons }, ...list })

  test('are gathered over lists until all are covered', () => {
    const finding = find([some(FIRST)])
    expect(finding.status).toBe('unknown')
    expect(finding.message).toContain(
      'revocation for cessationOfOperation, certificateHold, privilegeWithdrawn, aACompromise is not covered',
    )
    const earlier = { thisUpdate: CRL_ISSUED - DAY, nextUpdate: CRL_NEXT + DAY }
    expect(find([some(FIRST, earlier), some(REST)])).toMatchObject({
      status: 'good',
      thisUpdate: CRL_ISSUED - DAY,
      nextUpdate: CRL_NEXT,
    })
    expect(find([some(FIRST), some([4, 5])]).status).toBe('unknown')
    expect(find([some(FIRST), some(REST, { scope: { reasons: REST }, revoked })]).status).toBe('revoked')
    expect(find([some(FIRST), some(REST, { breakSignature: true })]).message).toMatch(
      /not covered\. The CRL does not count: its signature/,
    )
  })

  test('a list that counts for one point is not told to count for no other', () => {
    const { path } = pointed({ uris: ['http://a/'] }, { uris: ['http://b/'] })
    const finding = find([some(FIRST, { scope: { uris: ['http://b/'], reasons: FIRST } })], { path })
    expect(finding.message).toMatch(/^It is not listed by the CRL of .* is not covered\.$/)
  })

  test('a list that covers nothing new is passed over, and costs no signature', () => {
    const lists = [some([1, 2]), some([1]), some([2])]
    expect(check(lists, { revocation: { scope: 'leaf' } }).checks).toBe(1)
  })

  test('of the distribution point and of the list: what both have', () => {
    const { path } = pointed({ uris: ['http://a/'], reasons: FIRST }, { uris: ['http://b/'], reasons: REST })
    const at = (uri: string, reasons?: readonly number[]): Uint8Array =>
      issueCrl(ca, { scope: { uris: [uri], ...(reasons && { reasons }) } })
    expect(find([at('http://a/'), at('http://b/')], { path }).status).toBe('good')
    expect(find([at('http://a/')], { path }).status).toBe('unknown')
    expect(find([at('http://a/'), at('http://b/', FIRST)], { path }).status).toBe('unknown')
    // One list for both points, which leaves neither.
    expect(find([issueCrl(ca)], { path }).status).toBe('good')
    expect(find([issueCrl(ca, { scope: { uris: ['http://a/', 'http://b/'] } })], { path }).status).toBe('good')
  })
})

describe('delta CRLs', () => {
  const complete = (options: CrlOptions = {}): Uint8Array => issueCrl(ca, { number: 5, ...options })
  const delta = (options: CrlOptions = {}): Uint8Array =>
    issueCrl(ca, { number: 7, base: 5, thisUpdate: CRL_ISSUED + 1000, nextUpdate: CRL_NEXT + 1000, ...options })

  test('add revocations, and take back holds', () => {
    expect(find([complete(), delta()])).toMatchObject({
      status: 'good',
      thisUpdate: CRL_ISSUED + 1000,
      nextUpdate: CRL_NEXT + 1000,
    })
    expect(find([delta({ revoked }), complete()])).toMatchObject({ status: 'revoked', reason: 'keyCompromise' })
    const hold = complete({ revoked: [{ certificate: leaf.certificate, reason: 6 }] })
    expect(find([hold, delta()]).status).toBe('revoked')
    expect(find([hold, delta({ revoked: [{ certificate: leaf.certificate, reason: 8 }] })])).toMatchObject({
      status: 'good',
      message:
        'It is not listed by the CRL of 2026-01-01T00:00:00Z with the delta CRL of 2026-01-01T00:00:01Z, valid until 2026-01-08T00:00:01Z.',
    })
  })

  test('make an old list current', () => {
    const old = complete({ thisUpdate: CRL_ISSUED - 9 * DAY, nextUpdate: CRL_ISSUED - 2 * DAY, revoked: [] })
    expect(find([complete({ thisUpdate: CRL_ISSUED - 9 * DAY, nextUpdate: CRL_ISSUED - 2 * DAY })]).status).toBe(
      'unknown',
    )
    const stale = complete({ thisUpdate: CRL_ISSUED - 9 * DAY, nextUpdate: CRL_ISSUED - 2 * DAY })
    expect(old).not.toEqual(stale)
    expect(find([stale, delta()]).status).toBe('good')
    expect(find([stale, delta()], { revocation: { maxAge: 2 * DAY } }).status).toBe('good')
    expect(find([stale, delta({ breakSignature: true })]).message).toContain(
      'its nextUpdate 2025-12-30T00:00:00Z has passed',
    )
    const future = complete({ thisUpdate: NOW + DAY })
    expect(find([future, delta({ base: 5 })]).message).toContain('is after')
  })

  // Each is a reason for which the delta is not applied: the complete list then stands alone.
  const apart: readonly { readonly why: string; readonly changes: CrlOptions; readonly list?: CrlOptions }[] = [
    { why: 'of a later base', changes: { base: 6 } },
    { why: 'that is no newer', changes: { number: 5 } },
    { why: 'of another scope', changes: { scope: { onlyContains: 'user-certificates' } } },
    { why: 'without the scope', changes: {}, list: { scope: { onlyContains: 'user-certificates' } } },
    { why: 'of another key', changes: { keyIdentifier: Uint8Array.of(1) } },
    { why: 'without a key identifier', changes: { keyIdentifier: null } },
    { why: 'with a broken signature', changes: { breakSignature: true } },
    { why: 'that has ended', changes: { nextUpdate: NOW } },
    { why: 'of the future', changes: { thisUpdate: NOW + 1000 } },
    {
      why: 'with an unknown critical extension',
      changes: { extensions: [{ oid: '1.2.3', critical: true, value: writeNull() }] },
    },
    { why: 'without a number', changes: { number: null } },
  ]
  test.each(apart)('are not applied: $why', ({ changes, list = {} }) => {
    const hold = { certificate: leaf.certificate, reason: 6 }
    const release = { revoked: [{ ...hold, reason: 8 }] }
    expect(find([complete({ revoked: [hold], ...list }), delta({ ...release, ...changes })]).status).toBe('revoked')
    expect(find([complete(list), delta({ revoked, ...changes })]).status).toBe('good')
  })

  test('are not applied if they are of another issuer', () => {
    const entry = { certificate: leaf.certificate, issuer: ca.name }
    expect(find([complete(), delta({ revoked: [entry] })]).status).toBe('revoked')
    expect(find([complete(), delta({ revoked: [entry], issuerName: writeName('Someone') })]).status).toBe('good')
  })

  test('are not applied to a list without a number', () => {
    const options = { revocation: { requireCrlNumber: false } }
    expect(find([complete({ number: null }), delta({ revoked })], options).status).toBe('good')
    expect(find([complete(), delta({ revoked, number: null })], options).status).toBe('good')
  })

  test('of several the newest counts', () => {
    const later = { number: 8, thisUpdate: CRL_ISSUED + 2000 }
    const release = { revoked: [{ certificate: leaf.certificate, reason: 8 }] }
    for (const lists of [
      [complete(), delta(release), delta({ ...later, revoked })],
      [complete(), delta({ ...later, revoked }), delta(release)],
    ]) {
      expect(find(lists).status).toBe('revoked')
    }
  })

  test('alone prove nothing good, and are believed if they say revoked', () => {
    expect(find([delta()])).toMatchObject({ status: 'unknown' })
    expect(find([delta()]).message).toContain('the complete CRL that it updates is missing')
    expect(find([delta({ revoked })]).status).toBe('revoked')
    expect(find([delta({ revoked, breakSignature: true })]).status).toBe('unknown')
    expect(find([delta({ revoked, scope: { onlyContains: 'ca-certificates' } })]).status).toBe('unknown')
    expect(find([delta({ revoked, nextUpdate: NOW })]).status).toBe('unknown')
  })

  test('are wanted when a list says where they are', () => {
    const { wanted } = check([complete({ freshest: ['http://example.com/delta', 'ldap://example.com/'] }), rootCrl])
    expect(wanted.map(({ kind, url }) => [kind, url])).toEqual([['crl', 'http://example.com/delta']])
    expect(check([complete({ freshest: ['http://example.com/delta'] }), delta(), rootCrl]).wanted).toEqual([])
  })
})

test('a cRLNumber is needed if the policy wants it, of version 2 only, and is not critical', () => {
  const critical = { number: null, extensions: [{ oid: '2.5.29.20', critical: true, value: writeInteger(5) }] }
  expect(judge({ number: null }).message).toContain('it has no cRLNumber')
  expect(judge(critical).message).toContain('its cRLNumber is critical')
  expect(judge({ version: 1 }).status).toBe('good')
  for (const options of [{ number: null }, critical]) {
    expect(judge(options, { revocation: { requireCrlNumber: false } }).status).toBe('good')
  }
})

describe('who signs', () => {
  const URI = 'http://example.com/1.crl'

  test('a keyUsage needs cRLSign, and none needs nothing', () => {
    const noSign = issueCa(root, { subject: 'CA', key: ca.key, keyUsage: ['keyCertSign'] })
    expect(judge({}, { path: [leaf, noSign, root] }).message).toContain(
      "the keyUsage of its issuer 'CN=CA' lacks cRLSign",
    )
    const noUsage = issueCa(root, { subject: 'CA', key: ca.key, keyUsage: null })
    expect(judge({}, { path: [leaf, noUsage, root] }).status).toBe('good')
  })

  test("the issuer's other key, whose certificate has the same issuer", () => {
    const signer = issue(root, { subject: 'CA', keyUsage: ['cRLSign'] })
    const list = issueCrl(signer, { revoked })
    expect(find([list]).message).toContain('does not verify')
    expect(find([list], { others: [signer] }).status).toBe('revoked')
    expect(find([issueCrl(signer)], { others: [signer] }).status).toBe('good')
  })

  test('of lists by several keys of the issuer, any that says revoked counts', () => {
    const renewed = issueCa(root, { subject: 'CA' })
    const older = { thisUpdate: CRL_ISSUED - DAY }
    const ask = (...lists: readonly Uint8Array[]): string => find(lists, { others: [renewed] }).status
    expect(ask(issueCrl(ca), issueCrl(renewed))).toBe('good')
    expect(ask(issueCrl(ca, older), issueCrl(renewed, { revoked }))).toBe('revoked')
    expect(ask(issueCrl(ca, { ...older, revoked }), issueCrl(renewed))).toBe('revoked')
    // But not by one that does not count.
    expect(ask(issueCrl(ca, { ...older, revoked, breakSignature: true }), issueCrl(renewed))).toBe('good')
    expect(ask(issueCrl(ca, { ...older, revoked, nextUpdate: NOW }), issueCrl(renewed))).toBe('good')
    const elsewhere = { scope: { uris: ['http://elsewhere/'] } }
    expect(ask(issueCrl(ca, { ...older, ...elsewhere, revoked }), issueCrl(renewed))).toBe('good')
    const released = { certificate: leaf.certificate, reason: 8 }
    expect(ask(issueCrl(ca, { ...older, revoked: [released] }), issueCrl(renewed))).toBe('good')
  })

  test("the issuer's other key, certified by itself, which needs another list for itself", () => {
    const signer = issue(ca, { subject: 'CA', keyUsage: ['cRLSign'], extensions: [pointsExtension({ uris: [URI] })] })
    const list = issueCrl(signer, { scope: { names: ['DirName:CA'] } })
    const about = issueCrl(ca, { scope: { uris: [URI] } })
    const options = { others: [signer], revocation: { scope: 'path' } } as const
    expect(check([list, about, rootCrl], options).findings.map(({ status }) => status)).toEqual(['good', 'good'])
    const [finding] = check([list, rootCrl], options).findings
    expect(finding?.status).toBe('unknown')
    expect(finding?.message).toContain("it is not known whether 'CN=CA', on the path of its signer, is revoked")
    const revoking = issueCrl(ca, { scope: { uris: [URI] }, revoked: [{ certificate: signer.certificate }] })
    for (const mode of ['hard', 'soft'] as const) {
      const result = check([list, revoking, rootCrl], { ...options, revocation: { mode, scope: 'path' } })
      expect(result.findings[0]?.status).toBe('unknown')
      expect(result.findings[0]?.message).toContain("'CN=CA', on the path of its signer, is revoked")
    }
    // Where revocation need not be known, neither need the signer's be.
    expect(check([list], { ...options, revocation: { mode: 'soft' } }).findings[0]?.status).toBe('good')
  })

  test('a stranger without a path, or of another anchor, is no signer', () => {
    const elsewhere = makeCa({ subject: 'Elsewhere' })
    const signer = issue(elsewhere, { subject: 'CA', keyUsage: ['cRLSign'] })
    const list = issueCrl(signer)
    const message = "its signer 'CN=CA' has no valid path to the same trust anchor"
    expect(find([list], { others: [signer] }).message).toContain(message)
    expect(find([list], { others: [signer, elsewhere] }).message).toContain(message)
    const misled = { pathTo: (one: Certificate) => [one, readCertificate(elsewhere.certificate)] }
    expect(find([list], { others: [signer], context: misled }).message).toContain(message)
  })

  test('another CA below the same anchor cannot take the name', () => {
    const rival = issueCa(root, { subject: 'Rival' })
    const signer = issue(rival, { subject: 'CA', keyUsage: ['cRLSign'] })
    const lists = [issueCrl(signer), issueCrl(rival), rootCrl]
    const finding = find(lists, { others: [rival, signer] })
    expect(finding.status).toBe('unknown')
    expect(finding.message).toContain("its signer is another 'CN=CA' than the certificate's issuer")
  })

  test('no certificate speaks for itself', () => {
    // A new key, certified by the old one of the same name.
    const renewed = issueCa(ca, { subject: 'CA' })
    const end = issue(renewed, { subject: 'end' })
    const own = issueCrl(renewed)
    const { findings } = check([own, rootCrl], { path: [end, renewed, ca, root] })
    expect(findings.map(({ status }) => status)).toEqual(['good', 'unknown', 'good'])
    expect(check([own, issueCrl(ca), rootCrl], { path: [end, renewed, ca, root] }).problems).toEqual([])
  })

  test('nor by whom it certified', () => {
    const sub = issueCa(ca, {
      subject: 'Sub',
      extensions: [pointsExtension({ uris: [URI], crlIssuer: [writeName('Lists')] })],
    })
    const lists = issue(sub, { subject: 'Lists', keyUsage: ['cRLSign'] })
    const list = issueCrl(lists, { scope: { isIndirect: true } })
    const finding = find([list], { path: [sub, ca, root], others: [lists] })
    expect(finding.status).toBe('unknown')
    expect(finding.message).toContain('its signer was certified by the certificate itself')
  })

  test('the key of the path is tried first, then the right one, and no more than a few', () => {
    const strangers = Array.from({ length: MAX_CRL_SIGNERS + 2 }, () =>
      issue(root, { subject: 'CA', keyUsage: ['cRLSign'] }),
    )
    const last = strangers.at(-1) as TestCertificate
    const list = issueCrl(last)
    expect(check([list], { others: strangers, revocation: { scope: 'leaf' } })).toMatchObject({
      checks: 2,
      findings: [{ status: 'good' }, {}],
    })
    const unnamed = issueCrl(last, { keyIdentifier: null })
    const tried = check([unnamed], { others: strangers, revocation: { scope: 'leaf' } })
    expect(tried).toMatchObject({ checks: MAX_CRL_SIGNERS + 1, findings: [{ status: 'unknown' }, {}] })
  })

  test('entries are looked for in lists that count only', () => {
    let searches = 0
    const lists = [issueCrl(ca), issueCrl(makeCa({ subject: 'CA' }), { revoked })].map((der) => {
      const list = readCertificateList(der)
      const search = list.find.bind(list)
      list.find = (...asked) => {
        searches++
        return search(...asked)
      }
      return list
    })
    expect(find(lists, { revocation: { scope: 'leaf' } }).status).toBe('good')
    expect(searches).toBe(1)
  })

  test('a signature is checked once for each key, however many certificates it is about', () => {
    const renewed = issueCa(ca, { subject: 'CA' })
    const end = issue(renewed, { subject: 'end' })
    expect(check([issueCrl(ca), rootCrl], { path: [end, renewed, ca, root] })).toMatchObject({
      checks: 2,
      problems: [],
    })
    const first = issue(root, { subject: 'a' })
    const list = issueCrl(root)
    expect(check([list, issueCrl(ca)], { path: [leaf, ca, root] }).checks).toBe(2)
    expect(check([list], { path: [first, root] }).checks).toBe(1)
  })
})

describe('many at once cost what each of them does', () => {
  const masks = [undefined, [1], [2], [1, 2, 3]]
  const points = Array.from({ length: 80 }, (_, i): PointOptions => {
    const reasons = masks[i % masks.length]
    return { uris: [`http://crl.example/${i}`], ...(reasons === undefined ? {} : { reasons }) }
  })

  test('distribution points, lists, and strangers who may have signed them', () => {
    const strangers = Array.from({ length: 10 }, () => makeCa({ subject: 'CA', keyUsage: ['cRLSign'] }))
    const lists = Array.from({ length: 5 }, (_, i) =>
      issueCrl(makeCa({ subject: 'CA' }), { thisUpdate: CRL_ISSUED - i * 1000 }),
    )
    let asked = 0
    const hasIssuer = (): boolean => {
      asked++
      return false
    }
    const { path } = pointed(...points)
    expect(find(lists, { path, others: strangers, context: { hasIssuer } }).status).toBe('unknown')
    expect(asked).toBe(strangers.length * lists.length)
  })

  test('a list belongs to any of the points that have the same reasons, and covers no others', () => {
    const { leaf: made, path } = pointed(...points)
    const list = (...uris: string[]): Uint8Array => issueCrl(ca, { scope: { uris } })
    expect(find([list('http://crl.example/76')], { path }).status).toBe('good')
    expect(find([list('http://crl.example/79')], { path }).message).toContain('is not covered')
    expect(find([list('http://crl.example/80')], { path }).message).toContain('of another distribution point')
    const revoking = issueCrl(ca, {
      scope: { uris: ['http://crl.example/78'] },
      revoked: [{ certificate: made.certificate }],
    })
    expect(find([revoking], { path }).status).toBe('revoked')
  })

  test('names of distribution points: the fewer are looked up among the more', () => {
    const uris = Array.from({ length: 100 }, (_, i) => `http://other.example/${i}`)
    const list = readCertificateList(issueCrl(ca, { scope: { uris } }))
    const names = list.pointNames as Set<string>
    names[Symbol.iterator] = () => expect.unreachable()
    const { path } = pointed({ uris: ['http://crl.example/'] })
    expect(find([list], { path }).message).toContain('of another distribution point')
  })

  test('lists that are old, and deltas that would update them', () => {
    const forger = makeCa({ subject: 'CA' })
    let looked = 0
    const lists = Array.from({ length: 20 }, () => [
      issueCrl(forger, { number: 5, thisUpdate: CRL_ISSUED - 9 * DAY, nextUpdate: CRL_ISSUED - 8 * DAY }),
      issueCrl(forger, { number: 7, base: 5 }),
    ])
    const read = lists.flat().map((der) => {
      const list = readCertificateList(der)
      const { signatureAlgorithm } = list
      return Object.defineProperty(list, 'signatureAlgorithm', {
        get() {
          looked++
          return signatureAlgorithm
        },
      })
    })
    const { path } = pointed(...points)
    expect(find(read, { path }).status).toBe('unknown')
    // Each once for its date, once or a few times for itself, and for its signature.
    expect(looked).toBeLessThan(20 * read.length)
  })
})

describe('a stranger with the name of the issuer', () => {
  const extensions = [pointsExtension({ uris: ['http://crl.example/'], crlIssuer: [ca.name] })]
  const scope = { isIndirect: true, uris: ['http://crl.example/'] }
  const end = issue(ca, { subject: 'end', extensions })
  const path = [end, ca, root]
  const genuine = issueCrl(ca, { scope, revoked: [{ certificate: end.certificate }] })
  const customer = issueCa(root, { subject: 'Customer' })
  const newer = { scope, thisUpdate: CRL_ISSUED + 3_600_000, number: 99, keyIdentifier: ca.keyIdentifier }

  test('is not the issuer, though a distribution point names it as cRLIssuer', () => {
    for (const usual of [{ keyUsage: null }, { keyUsage: ['cRLSign'] }, { isCa: true }] as const) {
      const fake = issue(customer, { subject: 'CA', usage: 'any', subjectKeyIdentifier: ca.keyIdentifier, ...usual })
      const others = [fake, customer]
      const revocation = { scope: 'leaf' } as const
      expect(find([issueCrl(fake, newer)], { path, others, revocation }).status).toBe('unknown')
      expect(find([genuine, issueCrl(fake, newer)], { path, others, revocation }).status).toBe('revoked')
    }
  })

  test('is not believed as an end entity that does not say it signs CRLs', () => {
    const fake = issue(root, { subject: 'CA', usage: 'any', keyUsage: null, isCa: false })
    expect(find([issueCrl(fake)], { others: [fake] }).status).toBe('unknown')
    const named = issue(root, { subject: 'CA', keyUsage: ['cRLSign'], isCa: false })
    expect(find([issueCrl(named)], { others: [named] }).status).toBe('good')
  })

  test('with a copied key identifier does not make the list of another key the same', () => {
    const old = issueCa(root, { subject: 'CA' })
    const lists = [issueCrl(ca, { number: 9, thisUpdate: CRL_ISSUED + 3_600_000 }), issueCrl(old, { revoked })]
    const copied = [lists[0] as Uint8Array, issueCrl(old, { revoked, keyIdentifier: ca.keyIdentifier })]
    for (const crls of [lists, copied]) {
      expect(find(crls, { others: [old], revocation: { scope: 'leaf' } }).status).toBe('revoked')
    }
  })
})

describe('what only deltas and indirect lists may say', () => {
  const revocation = { scope: 'leaf' } as const

  test('a complete list that removes the certificate proves nothing', () => {
    const finding = find([issueCrl(ca, { revoked: [{ certificate: leaf.certificate, reason: 8 }] })], { revocation })
    expect([finding.status, finding.message]).toEqual(['unknown', expect.stringContaining('removeFromCRL')])
  })

  test('a list with entries of other issuers that is not indirect says nothing', () => {
    const entries = [{ serialNumber: Uint8Array.of(1), issuer: writeName('Other') }, ...revoked]
    const finding = find([issueCrl(ca, { revoked: entries })], { revocation })
    expect([finding.status, finding.message]).toEqual(['unknown', expect.stringContaining('no indirect CRL')])
    const own = [{ serialNumber: Uint8Array.of(1), issuer: ca.name }, ...revoked]
    expect(find([issueCrl(ca, { revoked: own })], { revocation }).status).toBe('revoked')
  })
})

describe('indirect CRLs', () => {
  const URI = 'http://example.com/1.crl'
  const lists = issue(root, { subject: 'Lists', keyUsage: ['cRLSign'] })
  const { leaf: end, path } = pointed({ uris: [URI], crlIssuer: [lists.name] })
  const options = { path, others: [lists] }
  const indirect = (list: CrlOptions = {}): Uint8Array =>
    issueCrl(lists, { scope: { uris: [URI], isIndirect: true }, ...list })

  test('of the cRLIssuer that the certificate names', () => {
    expect(find([indirect()], options).status).toBe('good')
    const entry = { certificate: end.certificate, issuer: ca.name, reason: 5 }
    expect(find([indirect({ revoked: [entry] })], options)).toMatchObject({
      status: 'revoked',
      reason: 'cessationOfOperation',
    })
    // Without certificateIssuer it is another's certificate.
    expect(find([indirect({ revoked: [{ certificate: end.certificate }] })], options).status).toBe('good')
  })

  test('must say that they are indirect, and be of the same point', () => {
    expect(find([issueCrl(lists)], options).message).toContain('it is no indirect CRL')
    expect(find([issueCrl(lists, { scope: { uris: [URI] } })], options).message).toContain('it is no indirect CRL')
    expect(find([indirect({ scope: { uris: ['http://b/'], isIndirect: true } })], options).message).toContain(
      'another distribution point',
    )
    expect(find([indirect({ scope: { isIndirect: true } })], options).status).toBe('good')
  })

  test('a point without a name has that of its cRLIssuer', () => {
    const bare = pointed({ crlIssuer: [lists.name] })
    const at = (scope: ScopeOptions): string =>
      find([indirect({ scope: { ...scope, isIndirect: true } })], { ...options, path: bare.path }).status
    expect(at({ names: ['DirName:lists'] })).toBe('good')
    expect(at({ uris: [URI] })).toBe('unknown')
  })

  test('a relative name is relative to the cRLIssuer', () => {
    const relative = pointed({ relative: writeRdnContents('1'), crlIssuer: [lists.name] })
    const scope = { relative: writeRdnContents('1'), isIndirect: true }
    expect(find([indirect({ scope })], { ...options, path: relative.path }).status).toBe('good')
  })

  test('a list of the issuer itself counts too, and one of it that is indirect', () => {
    expect(judge({}, options).status).toBe('good')
    expect(judge({ scope: { isIndirect: true }, revoked: [{ certificate: end.certificate }] }, options).status).toBe(
      'revoked',
    )
    expect(judge({ scope: { isIndirect: true } }).status).toBe('good')
  })

  test('count for nothing under a policy without them', () => {
    const without = { ...options, revocation: { indirectCrls: false } }
    const message = "Its revocations are left to 'CN=Lists', which the policy does not allow."
    expect(find([indirect()], without)).toMatchObject({ status: 'unknown', message })
    expect(judge({}, without)).toMatchObject({ status: 'unknown', message })
    expect(judge({ scope: { isIndirect: true } }, { revocation: { indirectCrls: false } }).message).toContain(
      'it is an indirect CRL, which the policy does not allow',
    )
    expect(judge({}, { revocation: { indirectCrls: false } }).status).toBe('good')
  })

  test("the signer's own certificate is judged by another list, or by its own if its issuer says so", () => {
    const hard = { ...options, revocation: { scope: 'path' } } as const
    expect(check([indirect(), rootCrl], hard).problems).toEqual([])
    expect(find([indirect()], hard).message).toContain("it is not known whether 'CN=Lists', on the path of its signer")
    const self = issue(ca, {
      subject: 'Self',
      keyUsage: ['cRLSign'],
      extensions: [pointsExtension({ uris: [URI], crlIssuer: [writeName('Self')] })],
    })
    const own = pointed({ uris: [URI], crlIssuer: [self.name] })
    const list = (revokedToo: readonly TestCertificate[]): Uint8Array =>
      issueCrl(self, {
        scope: { uris: [URI], isIndirect: true },
        revoked: [
          { serialNumber: Uint8Array.of(1) },
          ...revokedToo.map(({ certificate }) => ({ certificate, issuer: ca.name })),
        ],
      })
    const asked = { path: own.path, others: [self], revocation: { scope: 'path' } } as const
    expect(check([list([]), rootCrl], asked).problems).toEqual([])
    expect(check([list([self]), rootCrl], asked).findings[0]?.message).toContain(
      "'CN=Self', on the path of its signer, is revoked",
    )
  })

  test('signers that speak for each other speak for no one', () => {
    const one = issue(root, {
      subject: 'One',
      keyUsage: ['cRLSign'],
      extensions: [pointsExtension({ uris: [URI], crlIssuer: [writeName('Two')] })],
    })
    const two = issue(root, {
      subject: 'Two',
      keyUsage: ['cRLSign'],
      extensions: [pointsExtension({ uris: [URI], crlIssuer: [writeName('One')] })],
    })
    const round = pointed({ uris: [URI], crlIssuer: [one.name] })
    const made = [one, two].map((signer) => issueCrl(signer, { scope: { isIndirect: true } }))
    const result = check(made, { path: round.path, others: [one, two], revocation: { scope: 'path' } })
    expect(result.findings[0]?.status).toBe('unknown')
    expect(result.findings[0]?.message).toContain(
      "it is not known whether 'CN=One', on the path of its signer, is revoked",
    )
    expect(result.checks).toBeLessThan(10)
  })
})

test('a broken hash proves nothing where the policy refuses it', () => {
  const made = issueCrl(ca, { algorithm: { kind: 'ecdsa', hash: 'sha1' } })
  expect(find([made]).message).toContain('it is signed by ECDSA with SHA-1, which the policy refuses')
  const old = {
    thisUpdate: Date.UTC(2013, 0, 1),
    nextUpdate: null,
    algorithm: { kind: 'ecdsa', hash: 'sha1' },
  } as const
  expect(judge(old, { time: Date.UTC(2013, 0, 2) }).status).toBe('good')
})

test('keys of test signers differ', () => {
  // What the tests above of other keys rest on.
  expect(makeKey('ecdsa-p256').subjectPublicKeyInfo).not.toEqual(ca.key.subjectPublicKeyInfo)
  expect(writeContextPrimitive(0, ca.keyIdentifier)).not.toEqual(writeContextPrimitive(0, root.keyIdentifier))
})
