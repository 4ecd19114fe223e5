import { describe, expect, test } from 'vitest'
import { bothAlgorithms, chainOf, CLIENT, contextOf, onlyRule, requestOf } from '../../../test/breached-chain.ts'
import { type IssueOptions, writeAlgorithm, writeGeneralName } from '../../../test/pki.ts'
import { writeNull, writeOid, writeSequence } from '../../asn1/index.ts'
import type { Certificate } from '../certificate.ts'
import { CertificateError } from '../certificate-error.ts'
import { BARE_ANCHOR_RULES, createTrustStore, DEFAULT_ANCHOR_RULES } from '../trust-store.ts'
import { findWarnings } from '../validate-path.ts'
import { createPolicy, POLICIES, type ValidationPolicy } from '../validation-policy.ts'
import { verifyChain } from '../verify.ts'
import { CERTIFICATE_RULES } from './index.ts'
import type { PathContext, Problem, RuleName } from './rule.ts'

/** A certificate that cannot be looked at: a rule that is asked about it has something to say. */
const ODD = new Proxy({} as Certificate, {
  get: (_, field) => {
    throw new CertificateError('malformed', String(field))
  },
})
const ODD_CONTEXT: PathContext = {
  ...contextOf({}, chainOf({}).path),
  policy: createPolicy('webpki', {
    rules: Object.fromEntries(CERTIFICATE_RULES.map(({ name }) => [name, 'warn' as const])),
  }),
}

/** The names of the rules that are asked. @param constraints whether the extensions of an anchor count. */
function askedOf(below: readonly Certificate[], isAnchor: boolean, constraints = true): readonly string[] {
  const trust = { rulesOf: () => ({ ...DEFAULT_ANCHOR_RULES, constraints }) }
  const found = findWarnings([...below, ODD], isAnchor, { ...ODD_CONTEXT, trust })
  const known: ReadonlySet<string> = new Set(CERTIFICATE_RULES.map(({ name }) => name))
  return found.flatMap(({ rule, certificate }) => (certificate === ODD && known.has(rule ?? '') ? [rule ?? ''] : []))
}

describe('where a rule is asked', () => {
  const below = chainOf({}).path.slice(0, 1)
  const asked = {
    L: askedOf([], false),
    I: askedOf(below, false),
    A: askedOf(below, true),
    B: askedOf(below, true, false),
    T: askedOf([], true),
  }

  // Leaf, intermediate, anchor, bare anchor (its extensions do not count), trusted leaf (an anchor itself).
  const TABLE = `
    LIABT dates issuer-name key-type public-key rsa-exponent rsa-modulus-size weak-key
    LIA.T a-labels authority-key-identifier authority-key-identifier-form ca-extensions critical-extensions dns-names
    LIA.T email-addresses encoding extended-key-usage inhibit-any-policy-critical key-cert-sign-alone
    LIA.T key-identifier-match key-usage-contradiction key-usage-critical name-constraints-place name-constraints-syntax
    LIA.T noncritical-extensions path-length-place policy-constraints-critical policy-mappings policy-qualifiers
    LIA.T subject-key-identifier unique-identifiers uris
    LIA.T application-policies application-policies-syntax string-characters
    LI..T serial-number
    LI... basic-constraints-critical ca-key-usage name-constraints-critical serial-number-length signature-algorithm
    LI... signature-encoding signature-type version weak-signature-algorithm
    .IAB. basic-constraints signature-hash
    .IA.. key-usage name-constraints path-length
    .I... issuer-extended-key-usage issuer-extended-key-usage-kinds policy-constraints
    ..A.T anchor-basic-constraints-critical anchor-name-constraints-critical
    ..A.. anchor-extended-key-usage
    L...T any-extended-key-usage authority-info-access certificate-policies common-name common-name-exact
    L...T extended-key-usage-critical identity internal-names leaf-ca leaf-extended-key-usage subject subject-alt-name
    L...T subject-alt-name-kinds subject-alt-name-noncritical validity-period wildcards leaf-key-usage leaf-key-usage-kinds
    L...T leaf-extended-key-usage-kinds reserved-addresses`
  const EXPECTED = TABLE.trim()
    .split(/\n\s*/)
    .flatMap((line) => {
      const [places = '', ...names] = line.split(' ')
      return names.map((name) => [name, places] as const)
    })

  test('every rule has a row', () => {
    expect(EXPECTED.map(([name]) => name).toSorted()).toEqual(CERTIFICATE_RULES.map(({ name }) => name).toSorted())
  })

  test.each(EXPECTED)('%s: %s', (name, places) => {
    const found = Object.entries(asked).map(([letter, names]) => (names.includes(name) ? letter : '.'))
    expect(found.join('')).toBe(places)
  })

  test('of a bare anchor what its dates and basicConstraints say counts if its store has it so', () => {
    const rulesOf = (trust: Partial<typeof BARE_ANCHOR_RULES>): readonly string[] => {
      const context = { ...ODD_CONTEXT, trust: { rulesOf: () => ({ ...BARE_ANCHOR_RULES, ...trust }) } }
      return findWarnings([...below, ODD], true, context).flatMap(({ rule }) =>
        rule === 'dates' || rule === 'basic-constraints' ? [rule] : [],
      )
    }
    expect(rulesOf({})).toEqual([])
    expect(rulesOf({ dates: true })).toEqual(['dates'])
    expect(rulesOf({ basicConstraints: true })).toEqual(['basic-constraints'])
  })
})

function problemOfLeaf(name: RuleName, path: readonly Certificate[], context: PathContext): Problem | null {
  const rule = CERTIFICATE_RULES.find((one) => one.name === name)
  if (rule === undefined) throw new Error(name)
  const [certificate] = path as [Certificate]
  return rule.check({ certificate, path: [certificate], isLeaf: true, isAnchor: false, anchor: null }, context)
}

describe('an anchor of which name and key count alone', () => {
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
    ['name-constraints-place', { isCa: null, keyUsage: null, permitted: ['DNS:example.com'] }],
    ['subject-key-identifier', { subjectKeyIdentifier: null }],
    ['weak-key', { keyType: 'rsa-1024' }],
    ['key-type', { keyType: 'ed25519' }],
  ])('%s', (name, root) => {
    const chain = chainOf({ root })
    const request = requestOf({ root }, chain, onlyRule(name, 'refuse', { root }))
    expect(verifyChain(request).trusted).toBe(false)
    const trust = createTrustStore(chain.path.slice(-1), { anchors: BARE_ANCHOR_RULES })
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
    const request = requestOf({ time }, chainOf({}), onlyRule('dates', 'refuse', {}))
    expect(verifyChain(request).trusted).toBe(expected)
  })
})

describe('broken hashes', () => {
  const SHA1 = writeAlgorithm({ kind: 'rsa-pkcs1', hash: 'sha1' })
  const MD5 = writeSequence(writeOid('1.2.840.113549.1.1.4'), writeNull())
  function problemOf(
    options: IssueOptions,
    policy: ValidationPolicy,
    purpose: PathContext['purpose'],
    algorithm = SHA1,
  ): Problem | null {
    const { path } = chainOf({ leaf: { ...options, ...bothAlgorithms(algorithm) } })
    return problemOfLeaf('weak-signature-algorithm', path, { ...contextOf({}, path), policy, purpose })
  }
  const old = { notBefore: Date.UTC(2013, 11, 31) }
  const late = { notBefore: Date.UTC(2014, 0, 1) }

  test('rfc5280: SHA-1 counts in what was issued while it was allowed, and where no purpose is asked about', () => {
    expect(problemOf(old, POLICIES.rfc5280, 'server')).toBeNull()
    expect(problemOf(late, POLICIES.rfc5280, 'server')?.message).toMatch(
      /SHA-1 in a certificate issued since 2014-01-01/,
    )
    expect(problemOf(late, POLICIES.rfc5280, 'any')).toBeNull()
  })

  test.each([POLICIES.tls, POLICIES.webpki])('$name: SHA-1 never counts', (policy) => {
    for (const purpose of ['server', 'any'] as const) {
      expect(problemOf(old, policy, purpose)?.reason).toBe('weak-signature-algorithm')
    }
  })

  test.each(Object.values(POLICIES))(
    '$name: MD5 counts neither in what is old nor where no purpose is asked',
    (policy) => {
      for (const purpose of ['server', 'any'] as const) {
        const problem = problemOf(old, policy, purpose, MD5)
        expect(problem?.message).toMatch(/^signatureAlgorithm: needs a hash stronger than MD5, is /)
      }
    },
  )
})

describe('DNS names in the preferred syntax', () => {
  const label63 = 'a'.repeat(63)
  function isRefused(name: string): boolean {
    const leaf = { otherNames: [writeGeneralName(`DNS:${name}`)] }
    const { path } = chainOf({ leaf })
    return problemOfLeaf('dns-names', path, contextOf({}, path)) !== null
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
