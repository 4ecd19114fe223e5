/** What a policy makes of rules, by name: refuse, warn, ignore. */

import { describe, expect, test } from 'vitest'
import { issue, issueCa, type IssueOptions, makeCa, type TestCertificate } from '../../test/pki.ts'
import { freshCrl } from '../../test/revocation-data.ts'
import { writeNull, writeSequence } from '../asn1/der-writer.ts'
import { nodeProvider } from '../crypto/node.ts'
import { readCertificate } from './certificate.ts'
import { CERTIFICATE_RULES, PATH_RULES } from './rules/index.ts'
import { RULE_NAMES, type RuleName } from './rules/rule.ts'
import { createTrustStore } from './trust-store.ts'
import { createPolicy, POLICIES, type Severity, type ValidationPolicy } from './validation-policy.ts'
import type { Verdict, VerdictReason, VerifyRequest } from './verdict.ts'
import { verifyChain } from './verify.ts'

const time = Date.UTC(2026, 0, 1)
const day = 86_400_000
const root = makeCa({ subject: 'Root' })
const identity = { kind: 'dns', name: 'example.com' } as const

function judge(leaf: TestCertificate, policy: ValidationPolicy, given: Partial<VerifyRequest> = {}): Verdict {
  return verifyChain({
    chain: leaf.chain,
    trust: createTrustStore([root.certificate]),
    time,
    purpose: 'server',
    provider: nodeProvider,
    policy,
    ...given,
  })
}

/** `reason@index rule` of each. */
const told = (reasons: readonly VerdictReason[]): string[] =>
  reasons.map(({ reason, certificate, rule }) => `${reason}@${certificate} ${rule}`)

const setting = (severity: Severity, ...names: RuleName[]): ValidationPolicy =>
  createPolicy('tls', { rules: Object.fromEntries(names.map((name) => [name, severity])) })

/** A breach of each of these rules by the leaf alone, and by an intermediate. */
const BREACHES: readonly (readonly [rule: RuleName, reason: string, options: IssueOptions])[] = [
  ['dates', 'expired', { notAfter: time - day }],
  ['extended-key-usage', 'extended-key-usage', { extKeyUsage: ['1.3.6.1.5.5.7.3.4'] }],
  [
    'critical-extensions',
    'unknown-critical-extension',
    { extensions: [{ oid: '1.2.3.4', critical: true, value: writeNull() }] },
  ],
  ['weak-key', 'weak-key', { keyType: 'rsa-1024' }],
  ['encoding', 'malformed', { extensions: [{ oid: '2.5.29.31', value: writeSequence() }] }],
]

describe.each(BREACHES)('%s', (rule, reason, options) => {
  const leaf = issue(root, { dnsNames: ['example.com'], ...options })
  const middle = issueCa(root, { subject: 'Middle', ...options })
  const below = issue(middle, { dnsNames: ['example.com'], keyType: 'ecdsa-p256' })

  test('refused, warned of, or ignored, of the leaf', () => {
    expect(told(judge(leaf, setting('refuse', rule)).reasons)).toEqual([`${reason}@0 ${rule}`])
    const warned = judge(leaf, setting('warn', rule))
    expect([warned.trusted, told(warned.warnings)]).toEqual([true, expect.arrayContaining([`${reason}@0 ${rule}`])])
    const ignored = judge(leaf, setting('ignore', rule))
    expect([ignored.trusted, told(ignored.warnings).filter((text) => text.endsWith(` ${rule}`))]).toEqual([true, []])
  })

  test('refused, warned of, or ignored, of an intermediate', () => {
    const refused = judge(below, setting('refuse', rule))
    expect(told(refused.reasons)).toEqual([`${reason}@1 ${rule}`])
    expect(refused.explanation?.tried.map((failed) => told([failed.reason]))).toEqual([[`${reason}@1 ${rule}`]])
    const warned = judge(below, setting('warn', rule))
    expect([warned.trusted, told(warned.warnings)]).toEqual([true, expect.arrayContaining([`${reason}@1 ${rule}`])])
    const ignored = judge(below, setting('ignore', rule))
    expect([ignored.trusted, told(ignored.warnings).filter((text) => text.endsWith(` ${rule}`))]).toEqual([true, []])
  })
})

describe('a rule that warns', () => {
  test('does so of the chosen path, and not of those that were left', () => {
    const policy = setting('warn', 'dates')
    const key = issueCa(root, { subject: 'Middle' }).key
    const expired = issueCa(makeCa({ subject: 'Elsewhere' }), { subject: 'Middle', key, notAfter: time - day })
    const good = issueCa(root, { subject: 'Middle', key })
    const leaf = issue(good, { dnsNames: ['example.com'] })
    const chain = [leaf, expired, good].map(({ certificate }) => certificate)
    const verdict = judge(leaf, policy, { chain })
    expect([verdict.trusted, verdict.warnings.filter(({ rule }) => rule === 'dates')]).toEqual([true, []])
  })

  test('does so of the leaf, even without a path', () => {
    const leaf = issue(makeCa({ subject: 'Elsewhere' }), { dnsNames: ['example.com'], notAfter: time - day })
    const verdict = judge(leaf, setting('warn', 'dates'))
    expect(told(verdict.reasons)).toEqual(['unknown-issuer@0 undefined'])
    expect(told(verdict.warnings)).toContain('expired@0 dates')
  })

  test('on a whole path', () => {
    const leaf = issue(root, { dnsNames: ['example.com'] })
    const asking = { certificatePolicies: { requireExplicitPolicy: true } }
    const refused = judge(leaf, createPolicy('tls', asking))
    expect(told(refused.reasons)).toEqual(['policy@0 policies'])
    const warned = judge(leaf, createPolicy('tls', { ...asking, rules: { policies: 'warn' } }))
    expect([warned.trusted, told(warned.warnings)]).toEqual([true, expect.arrayContaining(['policy@0 policies'])])
    const ignored = judge(leaf, createPolicy('tls', { ...asking, rules: { policies: 'ignore' } }))
    expect([ignored.trusted, told(ignored.warnings)]).toEqual([true, expect.not.arrayContaining(['policy@0 policies'])])
  })

  test('and cannot be finished within the budget refuses all the same', () => {
    const names = Array.from({ length: 30 }, (_, index) => `n${index}.example.com`)
    const narrow = issueCa(root, { subject: 'Narrow', excluded: ['DNS:a.example', 'DNS:b.example'] })
    const leaf = issue(narrow, { dnsNames: names })
    const policy = setting('warn', 'name-constraints')
    expect(judge(leaf, policy).trusted).toBe(true)
    const verdict = judge(leaf, policy, { budgets: { nameComparisons: 50 } })
    expect(told(verdict.reasons)).toEqual(['budget-exceeded@null undefined'])
    expect(verdict.reasons[0]?.message).toContain('nameComparisons')
  })
})

test('what no policy can loosen: the signatures, and that there is a path', () => {
  const ignoring = createPolicy('tls', { rules: Object.fromEntries(RULE_NAMES.map((name) => [name, 'ignore'])) })
  const leaf = issue(root, { dnsNames: ['other.example'], notAfter: time - day, usage: 'client' })
  expect(judge(leaf, ignoring, { identity }).trusted).toBe(true)
  const broken = issue(root, { dnsNames: ['example.com'], breakSignature: true })
  expect(told(judge(broken, ignoring, { identity }).reasons)).toEqual(['bad-signature@0 undefined'])
  const stray = issue(makeCa({ subject: 'Elsewhere' }), { dnsNames: ['example.com'] })
  expect(told(judge(stray, ignoring, { identity }).reasons)).toEqual(['unknown-issuer@0 undefined'])
})

test.each([
  '2.5.29.9',
  '2.5.29.14',
  '2.5.29.15',
  '2.5.29.17',
  '2.5.29.19',
  '2.5.29.30',
  '2.5.29.31',
  '2.5.29.32',
  '2.5.29.33',
  '2.5.29.35',
  '2.5.29.36',
  '2.5.29.37',
  '2.5.29.46',
  '2.5.29.54',
  '1.3.6.1.5.5.7.1.1',
  '1.3.6.1.5.5.7.1.24',
  '1.3.6.1.4.1.11129.2.4.2',
])('a malformed extension %s that no rule looks at makes nothing throw', (oid) => {
  const ignoring = createPolicy('tls', { rules: Object.fromEntries(RULE_NAMES.map((name) => [name, 'ignore'])) })
  const listening = createPolicy(ignoring, {
    rules: { revocation: 'warn', 'must-staple': 'warn', transparency: 'warn' },
  })
  const odd: IssueOptions = { extensions: [{ oid, value: Uint8Array.of(0x02, 0) }] }
  const middle = issueCa(root, { subject: 'Middle', ...odd })
  const twin = issueCa(root, { subject: 'Middle', ...odd })
  const leaf = issue(middle, { dnsNames: ['example.com'], ...odd })
  const chain = [leaf, twin, middle].map(({ certificate }) => certificate)
  const crls = [freshCrl(root, [], { thisUpdate: time }), freshCrl(middle, [], { thisUpdate: time })]
  for (const policy of [ignoring, listening, createPolicy(listening, { revocation: { mode: 'hard' } })]) {
    const verdict = judge(leaf, policy, { chain, crls, stapled: [] })
    expect([verdict.trusted, verdict.path.length]).toEqual([true, 3])
    expect(JSON.stringify({ ...verdict, ...verdict.explanation, path: [] }).length).toBeGreaterThan(0)
    const lost = judge(leaf, policy, { chain: chain.slice(0, 1) })
    expect([lost.trusted, lost.wanted]).toEqual([false, []])
  }
})

describe('a policy that was made by hand', () => {
  const leaf = issue(root, { dnsNames: ['example.com'] })
  const byHand = (): Record<string, Record<string, unknown>> => structuredClone(POLICIES.webpki) as never

  test('is what it says, frozen or not', () => {
    expect(judge(leaf, byHand() as never).explanation?.inputs.policy).toBe('webpki')
    const frozen = Object.freeze({ ...POLICIES.tls, name: 'ours' })
    for (let i = 0; i < 2; i++) expect(judge(leaf, frozen).explanation?.inputs.policy).toBe('ours')
  })

  test.each<[string, (policy: Record<string, Record<string, unknown>>) => unknown, string]>([
    ['lacks a rule', ({ rules }) => delete rules?.['dates'], 'policy.rules.dates: needs a value, is missing'],
    ['lacks a limit', ({ limits }) => delete limits?.['rsaBits'], 'policy.limits.rsaBits: needs a value, is missing'],
    ['lacks its limits', (policy) => delete policy['limits'], 'policy.limits: needs a value, is missing'],
    ['has no number', ({ limits }) => Object.assign(limits ?? {}, { rsaBits: Number.NaN }), 'limits.rsaBits: needs a'],
    [
      'has no date',
      ({ limits }) => Object.assign(limits ?? {}, { validity: [{ from: 'no date', days: 1 }] }),
      "policy.limits.validity[0].from: needs a date as 2026-03-15, has 'no date'",
    ],
  ])('and %s is none', (_, change, message) => {
    const policy = byHand()
    change(policy)
    for (const one of [policy, Object.freeze(policy)]) {
      expect(() => judge(leaf, one as never)).toThrow(TypeError)
      expect(() => judge(leaf, one as never)).toThrow(message)
    }
  })

  test.each([[null], ['webpki'], [{}], [[]]])('%j is none', (policy) => {
    expect(() => judge(leaf, policy as never)).toThrow(/^policy(: needs an object|\.name: needs a value)/)
  })

  test('limits that can change are read at each verdict as well', () => {
    const policy = byHand()
    const short = issue(root, { dnsNames: ['example.com'], notBefore: time - day, notAfter: time + 90 * day })
    expect(judge(short, policy as never).trusted).toBe(true)
    Object.assign(policy['limits'] ?? {}, { validity: [{ from: '2020-01-01', days: 10 }] })
    expect(told(judge(short, policy as never).reasons)).toEqual(['nonconforming@0 validity-period'])
    Object.assign(policy['limits'] ?? {}, { validity: [{ from: '2020-01-01', days: 100 }] })
    expect(judge(short, policy as never).trusted).toBe(true)
  })
})

test('a policy that can change is read at each verdict', () => {
  const rules = { ...POLICIES.tls.rules }
  const policy = { ...POLICIES.tls, rules }
  const leaf = issue(root, { dnsNames: ['example.com'], notAfter: time - day })
  expect(judge(leaf, policy).trusted).toBe(false)
  rules.dates = 'ignore'
  expect(judge(leaf, policy).trusted).toBe(true)
})

test('the policy of handfast’s own TLS holds if none is given', () => {
  const leaf = issue(root, { dnsNames: ['example.com'] })
  const { explanation } = verifyChain({
    chain: leaf.chain.map((der) => readCertificate(der)),
    trust: createTrustStore([root.certificate]),
    time,
    purpose: 'server',
    provider: nodeProvider,
  })
  expect(explanation?.inputs.policy).toBe('tls')
})

test('every name that a policy can set is that of one rule, or of evidence beyond the path', () => {
  const names: readonly string[] = [...CERTIFICATE_RULES, ...PATH_RULES].map(({ name }) => name)
  const evidence = ['revocation', 'must-staple', 'transparency']
  expect([...names, ...evidence].toSorted()).toEqual(RULE_NAMES.toSorted())
})
