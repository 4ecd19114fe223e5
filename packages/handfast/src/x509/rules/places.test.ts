import { describe, expect, test } from 'vitest'
import {
  bothAlgorithms,
  type Breach,
  chainOf,
  CLIENT,
  contextOf,
  onlyRule,
  requestOf,
} from '../../../test/breached-chain.ts'
import { type IssueOptions, writeAlgorithm, writeGeneralName } from '../../../test/pki.ts'
import { writeNull } from '../../asn1/index.ts'
import type { Certificate } from '../certificate.ts'
import { createTrustStore, DEFAULT_ANCHOR_RULES } from '../trust-store.ts'
import { POLICIES, type ValidationPolicy } from '../validation-policy.ts'
import { verifyChain } from '../verify.ts'
import { CERTIFICATE_RULES } from './index.ts'
import type { PathContext, Problem, RuleName } from './rule.ts'

describe('an anchor of which name and key count alone', () => {
  const bare = { ...DEFAULT_ANCHOR_RULES, dates: false, constraints: false, basicConstraints: false }
  /** Rules on the key of an anchor, and on what it has issued. */
  const ALWAYS: ReadonlySet<RuleName> = new Set(['weak-key', 'key-type'])

  test.each<[RuleName, IssueOptions]>([
    ['dates', { notAfter: Date.UTC(2021, 0, 1) }],
    ['encoding', { extensions: [{ oid: '2.5.29.18', value: writeNull() }] }],
    ['critical-extensions', { extensions: [{ oid: '1.2.3.4', critical: true, value: writeNull() }] }],
    ['basic-constraints', { isCa: false, keyUsage: null }],
    ['key-usage', { keyUsage: ['cRLSign'] }],
    ['extended-key-usage', { extKeyUsage: [CLIENT] }],
    ['path-length', { pathLength: 0 }],
    ['name-constraints', { excluded: ['DNS:example.com'] }],
    ['subject-key-identifier', { subjectKeyIdentifier: null }],
    ['weak-key', { keyType: 'rsa-1024' }],
    ['key-type', { keyType: 'ed25519' }],
  ])('%s', (name, root) => {
    const breach: Breach = { root, says: /./ }
    const chain = chainOf(breach)
    const policy = onlyRule(name, 'refuse', breach)
    const request = requestOf(breach, chain, policy)
    expect(verifyChain(request).trusted).toBe(false)
    const trust = createTrustStore([chain.root.certificate], { anchors: bare })
    expect(verifyChain({ ...request, trust }).trusted).toBe(!ALWAYS.has(name))
  })
})

describe('the time of judgement', () => {
  const notAfter = Date.UTC(2026, 6, 1)
  test.each([
    ['the first second', Date.UTC(2026, 3, 1), true],
    ['a moment before it', Date.UTC(2026, 3, 1) - 1, false],
    ['the last second', notAfter, true],
    ['the end of the last second', notAfter + 999, true],
    ['a moment after it', notAfter + 1000, false],
  ])('%s', (_, time, expected) => {
    const breach: Breach = { time, says: /./ }
    const chain = chainOf(breach)
    expect(verifyChain(requestOf(breach, chain, onlyRule('dates', 'refuse', breach))).trusted).toBe(expected)
  })
})

describe('SHA-1', () => {
  function problemOf(options: IssueOptions, policy: ValidationPolicy, purpose: PathContext['purpose']): Problem | null {
    const leaf = { ...options, ...bothAlgorithms(writeAlgorithm({ kind: 'rsa-pkcs1', hash: 'sha1' })) }
    const { path } = chainOf({ leaf, says: /./ })
    const context = { ...contextOf({ says: /./ }, path), policy, purpose }
    const place = {
      certificate: path[0] as Certificate,
      path: path.slice(0, 1),
      isLeaf: true,
      isAnchor: false,
      anchor: null,
    }
    const rule = CERTIFICATE_RULES.find(({ name }) => name === 'weak-signature-algorithm')
    return rule?.check(place, context) ?? null
  }
  const old = { notBefore: Date.UTC(2013, 11, 31) }
  const late = { notBefore: Date.UTC(2014, 0, 1) }

  test('rfc5280: counts in what was issued while it was allowed, and where no purpose is asked about', () => {
    expect(problemOf(old, POLICIES.rfc5280, 'server')).toBeNull()
    expect(problemOf(late, POLICIES.rfc5280, 'server')?.message).toMatch(
      /SHA-1 in a certificate issued since 2014-01-01/,
    )
    expect(problemOf(late, POLICIES.rfc5280, 'any')).toBeNull()
  })

  test.each([POLICIES.tls, POLICIES.webpki])('$name: never counts', (policy) => {
    for (const purpose of ['server', 'any'] as const) {
      expect(problemOf(old, policy, purpose)?.reason).toBe('weak-signature-algorithm')
    }
  })
})

describe('DNS names in the preferred syntax', () => {
  const label63 = 'a'.repeat(63)
  function isRefused(name: string): boolean {
    const leaf = { otherNames: [writeGeneralName(`DNS:${name}`)] }
    const { path } = chainOf({ leaf, says: /./ })
    const place = {
      certificate: path[0] as Certificate,
      path: path.slice(0, 1),
      isLeaf: true,
      isAnchor: false,
      anchor: null,
    }
    const rule = CERTIFICATE_RULES.find((one) => one.name === 'dns-names')
    return rule?.check(place, contextOf({ says: /./ }, path)) !== null
  }

  test.each(['example', 'EXAMPLE.com', '3com.com', '1.2.3.a', 'a-b.c--d', '*.example.com', `${label63}.a`, '0x7f.a'])(
    '%s',
    (name) => expect(isRefused(name)).toBe(false),
  )

  test.each([
    '',
    '.',
    '*',
    '*.',
    '.example.com',
    'example.com.',
    'a..b',
    '-a.com',
    'a-.com',
    'a.com-',
    'a_b.com',
    'a b.com',
    'a.*.com',
    'a*.com',
    '*.*.com',
    'xn--*-1b.com',
    '8.8.8.8',
    'a.123',
    `${label63}a.com`,
    `com.${label63}a`,
    `${`${label63}.`.repeat(3)}${'a'.repeat(62)}`,
  ])("not '%s'", (name) => expect(isRefused(name)).toBe(true))
})
