/** What a verdict tells besides itself: inputs, paths tried, work done, and what it lacks. */

import { describe, expect, test } from 'vitest'
import { issue, issueCa, makeCa, makeKey, type TestCertificate, type TestExtension } from '../../test/pki.ts'
import { freshCrl } from '../../test/revocation-data.ts'
import { writeIa5String, writeOid, writeSequence } from '../asn1/der-writer.ts'
import { nodeProvider } from '../crypto/node.ts'
import { DEFAULT_BUDGETS } from './budget.ts'
import { createTrustStore } from './trust-store.ts'
import type { Explanation, Verdict, VerifyRequest } from './verdict.ts'
import { verifyChain } from './verify.ts'

const time = Date.UTC(2026, 0, 1)
const day = 86_400_000
const root = makeCa({ subject: 'Root' })

interface Given extends Partial<Omit<VerifyRequest, 'chain' | 'trust' | 'intermediates'>> {
  readonly trusted?: readonly TestCertificate[]
  readonly intermediates?: readonly TestCertificate[]
}

function judge(chain: readonly TestCertificate[], given: Given = {}): Verdict {
  const { trusted = [root], intermediates, ...rest } = given
  return verifyChain({
    chain: chain.map(({ certificate }) => certificate),
    trust: createTrustStore(trusted.map(({ certificate }) => certificate)),
    time,
    purpose: 'server',
    provider: nodeProvider,
    ...(intermediates === undefined ? {} : { intermediates: intermediates.map(({ certificate }) => certificate) }),
    ...rest,
  })
}

function explanationOf(verdict: Verdict): Explanation {
  if (verdict.explanation === undefined) throw new Error('there is no explanation')
  return verdict.explanation
}

/** Each path tried: its subjects, leaf first, an exclamation mark if it came to an anchor, and the reason. */
const tried = (verdict: Verdict): string[] =>
  explanationOf(verdict).tried.map(
    ({ path, complete, reason }) =>
      `${path.map(({ subjectText }) => subjectText.slice(3)).join(' ')}${complete ? '!' : ''} ${reason.reason}@${reason.certificate}`,
  )

/** authorityInfoAccess with these addresses of the issuer. */
const issuerAt = (...urls: readonly string[]): TestExtension => ({
  oid: '1.3.6.1.5.5.7.1.1',
  value: writeSequence(...urls.map((url) => writeSequence(writeOid('1.3.6.1.5.5.7.48.2'), writeIa5String(url, 0x86)))),
})

describe('inputs', () => {
  test('say what was judged by', () => {
    const sub = issueCa(root, { subject: 'Sub' })
    const leaf = issue(sub, { dnsNames: ['example.com'] })
    const identity = { kind: 'dns', name: 'example.com' } as const
    const crl = freshCrl(root, [], { thisUpdate: time - day })
    const verdict = judge([leaf, sub], { identity, intermediates: [sub], crls: [crl], stapled: [] })
    expect(explanationOf(verdict).inputs).toEqual({
      time,
      purpose: 'server',
      identity,
      policy: 'tls',
      presented: 2,
      intermediates: 1,
      anchors: 1,
      crls: 1,
      ocspResponses: 0,
      stapled: 0,
    })
  })

  test('are there for every verdict, and so is the rest', () => {
    for (const verdict of [judge([]), judge([{ ...root, certificate: Uint8Array.of(0x30, 0) }])]) {
      expect(explanationOf(verdict)).toMatchObject({
        inputs: { policy: 'tls', identity: null },
        tried: [],
        triedBeyond: 0,
        revocation: [],
        timestamps: [],
        policies: [],
        remember: null,
        used: { pathSteps: 0, signatureChecks: 0 },
      })
    }
  })
})

describe('paths tried', () => {
  test('are none where the first was right', () => {
    const sub = issueCa(root, { subject: 'Sub' })
    expect(tried(judge([issue(sub, { subject: 'leaf' }), sub]))).toEqual([])
  })

  test('are told with where they ended and why, and the chosen one is not among them', () => {
    const key = makeKey('ecdsa-p256')
    const other = makeCa({ subject: 'Other' })
    const expired = issueCa(root, { subject: 'Sub', key, notAfter: time - day })
    const stray = issueCa(other, { subject: 'Sub', key })
    const good = issueCa(issueCa(root, { subject: 'Top', key: makeKey('ecdsa-p384') }), { subject: 'Sub', key })
    const leaf = issue(good, { subject: 'leaf' })
    const bad = judge([leaf, expired, stray])
    expect(bad.trusted).toBe(false)
    expect(tried(bad)).toEqual(['leaf Sub unknown-issuer@2', 'leaf Sub expired@1'])
    expect(bad.reasons.map(({ reason }) => reason)).toEqual(['expired'])
    const narrow = makeCa({ subject: 'Root', key: root.key, excluded: ['DNS:example.com'] })
    const blocked = issue(root, { subject: 'leaf', dnsNames: ['example.com'] })
    const verdict = judge([blocked], { trusted: [narrow, root] })
    expect(verdict.trusted).toBe(true)
    expect(tried(verdict)).toEqual(['leaf Root! name-constraint@0'])
  })

  test('are kept as the budget allows, and the rest are counted', () => {
    const many = Array.from({ length: 8 }, () => issueCa(root, { subject: 'Sub', notAfter: time - day }))
    const leaf = issue(many[0] as TestCertificate, { subject: 'leaf', authorityKeyIdentifier: null })
    const all = judge([leaf, ...many])
    expect([tried(all).length, explanationOf(all).triedBeyond]).toEqual([8, 0])
    const few = judge([leaf, ...many], { budgets: { triedPaths: 2 } })
    expect([tried(few).length, explanationOf(few).triedBeyond, explanationOf(few).used.triedPaths]).toEqual([2, 6, 2])
    expect(tried(judge([leaf, ...many], { budgets: { triedPaths: 0 } }))).toEqual([])
  })

  test('count through what was presented and then what was at hand', () => {
    const expired = issueCa(root, { subject: 'Sub', notAfter: time - day })
    const leaf = issue(expired, { subject: 'leaf' })
    expect(tried(judge([leaf, root], { intermediates: [issueCa(root), expired] }))).toEqual(['leaf Sub expired@3'])
  })
})

describe('certificates at hand', () => {
  test('complete a chain', () => {
    const sub = issueCa(root, { subject: 'Sub' })
    const leaf = issue(sub, { subject: 'leaf' })
    expect(judge([leaf]).trusted).toBe(false)
    expect(judge([leaf], { intermediates: [issueCa(root), sub] }).trusted).toBe(true)
  })

  test('that cannot be read are told, and do no harm', () => {
    const sub = issueCa(root, { subject: 'Sub' })
    const verdict = judge([issue(sub, { subject: 'leaf' })], {
      intermediates: [{ ...sub, certificate: Uint8Array.of(1) }, sub],
    })
    expect(verdict.trusted).toBe(true)
    expect(verdict.warnings).toContainEqual(expect.objectContaining({ reason: 'malformed', certificate: 1 }))
  })
})

describe('budgets', () => {
  const chain = Array.from({ length: 4 }).reduce<TestCertificate[]>(
    (above) => [...above, issueCa(above.at(-1) ?? root, { subject: `Sub ${above.length}` })],
    [],
  )
  const leaf = issue(chain.at(-1) as TestCertificate, { dnsNames: ['example.com'] })
  const all = [leaf, ...chain.toReversed()]

  test('that suffice are told as used', () => {
    expect(explanationOf(judge(all)).used).toEqual({
      pathLength: 6,
      pathSteps: 5,
      signatureChecks: 5,
      evidenceChecks: 0,
      nameComparisons: 0,
      policyNodes: 0,
      triedPaths: 0,
    })
  })

  test.each([
    ['pathLength', { pathLength: 5 }, 'path-too-long'],
    ['pathSteps', { pathSteps: 4 }, 'budget-exceeded'],
    ['signatureChecks', { signatureChecks: 4 }, 'budget-exceeded'],
  ])('%s: one less refuses, with its name', (name, budgets, reason) => {
    const verdict = judge(all, { budgets })
    expect(verdict.trusted).toBe(false)
    expect(verdict.reasons[0]?.reason).toBe(reason)
    expect(verdict.reasons[0]?.message).toContain(name)
  })

  test('nameComparisons, which are counted', () => {
    const narrow = makeCa({ subject: 'Narrow', excluded: ['DNS:a.example', 'DNS:b.example'] })
    const named = issue(narrow, { dnsNames: ['c.example', 'd.example'] })
    const verdict = judge([named], { trusted: [narrow] })
    const { nameComparisons } = explanationOf(verdict).used
    expect([verdict.trusted, nameComparisons]).toEqual([true, 4])
    expect(judge([named], { trusted: [narrow], budgets: { nameComparisons } }).trusted).toBe(true)
    const less = judge([named], { trusted: [narrow], budgets: { nameComparisons: nameComparisons - 1 } })
    expect(less.reasons.map((one) => one.reason)).toEqual(['budget-exceeded'])
    expect(less.reasons[0]?.message).toContain('nameComparisons')
  })

  test('nonsense is a mistake of the caller', () => {
    expect(() => judge(all, { budgets: { pathSteps: -1 } })).toThrow(TypeError)
  })

  test('a wider budget lets longer paths through', () => {
    const long = Array.from({ length: DEFAULT_BUDGETS.pathLength }).reduce<TestCertificate[]>(
      (above) => [...above, issueCa(above.at(-1) ?? root, { subject: `Sub ${above.length}` })],
      [],
    )
    const deep = [issue(long.at(-1) as TestCertificate, { subject: 'leaf' }), ...long]
    expect(judge(deep).reasons.map(({ reason }) => reason)).toEqual(['path-too-long'])
    expect(judge(deep, { budgets: { pathLength: 20 } }).trusted).toBe(true)
  })
})

describe('wanted', () => {
  const elsewhere = makeCa({ subject: 'Elsewhere' })
  const aia = (verdict: Verdict): string[] =>
    verdict.wanted.filter(({ kind }) => kind === 'aia').map((wanted) => `${wanted.url} for ${wanted.for}`)

  test('the issuer of the certificate at which a path ended', () => {
    const sub = issueCa(elsewhere, { subject: 'Sub', extensions: [issuerAt('http://ca.example/elsewhere.cer')] })
    const leaf = issue(sub, { subject: 'leaf', extensions: [issuerAt('http://ca.example/sub.cer')] })
    expect(aia(judge([leaf]))).toEqual(['http://ca.example/sub.cer for 0'])
    // The leaf's as well: what was presented for its issuer may be no good.
    expect(aia(judge([leaf, root, sub]))).toEqual([
      'http://ca.example/sub.cer for 0',
      'http://ca.example/elsewhere.cer for 2',
    ])
  })

  test('if there is one of its name that did not sign it as well', () => {
    const twin = issueCa(root, { subject: 'Sub' })
    const sub = issueCa(root, { subject: 'Sub' })
    const leaf = issue(sub, { subject: 'leaf', extensions: [issuerAt('http://ca.example/sub.cer')] })
    expect(aia(judge([leaf, twin]))).toEqual(['http://ca.example/sub.cer for 0'])
  })

  test('but not of one whose signature is broken: its issuer is there', () => {
    const extensions = [issuerAt('http://ca.example/root.cer')]
    expect(aia(judge([issue(root, { subject: 'leaf', extensions, breakSignature: true })]))).toEqual([])
  })

  test('the issuer of a leaf whose presented one is no good', () => {
    const extensions = [issuerAt('http://ca.example/sub.cer')]
    const expired = issueCa(root, { subject: 'Sub', notAfter: time - day })
    const leaf = issue(expired, { subject: 'leaf', extensions })
    expect(aia(judge([leaf, expired]))).toEqual(['http://ca.example/sub.cer for 0'])
    const { subjectPublicKeyInfo } = expired.key
    const junk = issueCa(makeCa({ subject: 'Nowhere' }), {
      subject: 'Sub',
      subjectPublicKeyInfo,
      extensions: [issuerAt('http://evil.example/')],
    })
    expect(aia(judge([leaf, junk]))).toEqual(['http://ca.example/sub.cer for 0', 'http://evil.example/ for 1'])
  })

  test('nothing if a path was found, or the leaf is refused itself', () => {
    const extensions = [issuerAt('http://ca.example/root.cer')]
    expect(aia(judge([issue(root, { subject: 'leaf', extensions })]))).toEqual([])
    expect(aia(judge([issue(elsewhere, { subject: 'leaf', extensions, notAfter: time - day })]))).toEqual([])
  })

  test('each address once, http and https only, and not many', () => {
    const odd = ['ldap://ca.example/x', 'file:///etc/passwd', 'http://', 'javascript:alert(1)', 'http://a b/']
    const urls = [...odd, 'https://ca.example/a', 'http://ca.example/b', 'https://ca.example/a']
    const leaf = issue(elsewhere, { subject: 'leaf', extensions: [issuerAt(...urls)] })
    expect(aia(judge([leaf]))).toEqual(['https://ca.example/a for 0', 'http://ca.example/b for 0'])
    const many = Array.from({ length: 100 }, (_, index) => `http://ca.example/${index}`)
    const greedy = issue(elsewhere, { subject: 'leaf', extensions: [issuerAt(...many)] })
    expect(aia(judge([greedy])).length).toBe(2)
  })

  test('nothing of an extension that cannot be read', () => {
    const extensions = [{ oid: '1.3.6.1.5.5.7.1.1', value: writeSequence() }]
    const sub = issueCa(elsewhere, { subject: 'Sub', extensions })
    expect(aia(judge([issue(sub, { subject: 'leaf' }), sub]))).toEqual([])
  })
})

describe('what is handed out', () => {
  const named = [{ oid: '2.5.29.32', value: writeSequence(writeSequence(writeOid('1.2.3.4'))) }]
  const sub = issueCa(root, { subject: 'Sub', extensions: named })
  const twin = issueCa(root, { subject: 'Sub' })
  const leaf = issue(sub, { dnsNames: ['example.com'], extensions: named })

  test('cannot be changed, and so says the same whenever it is asked', () => {
    const verdict = judge([leaf, twin, sub])
    const { explanation, path, reasons, warnings, wanted } = verdict
    const first = explanation?.tried[0]?.path
    for (const list of [path, reasons, warnings, wanted, first, explanation?.tried, explanation?.revocation]) {
      expect(Object.isFrozen(list)).toBe(true)
    }
    expect(() => (path as unknown[]).push(1)).toThrow(TypeError)
    expect(() => ((path as unknown[]).length = 0)).toThrow(TypeError)
    expect(explanation?.policies).toEqual(['1.2.3.4'])
    expect(explanation?.revocation).toHaveLength(2)
  })
})
