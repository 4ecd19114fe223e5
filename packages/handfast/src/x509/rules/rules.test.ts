import { describe, expect, test } from 'vitest'
import { type Breach, chainOf, contextOf, onlyRule, requestOf } from '../../../test/breached-chain.ts'
import { BREACHES, ELSEWHERE } from '../../../test/breaches.ts'
import type { Certificate } from '../certificate.ts'
import { CertificateError } from '../certificate-error.ts'
import { DEFAULT_ANCHOR_RULES } from '../trust-store.ts'
import { POLICIES } from '../validation-policy.ts'
import { verifyChain } from '../verify.ts'
import { CERTIFICATE_RULES, PATH_RULES } from './index.ts'
import { type PathContext, type Problem, RULE_NAMES, type RuleName } from './rule.ts'

function findProblems(path: readonly Certificate[], context: PathContext): (Problem & { readonly name: RuleName })[] {
  const found: (Problem & { readonly name: RuleName })[] = []
  const note = (name: RuleName, check: () => Problem | null): void => {
    try {
      const problem = check()
      if (problem !== null) found.push({ ...problem, name })
    } catch (error) {
      if (!(error instanceof CertificateError)) throw error
      found.push({ reason: error.reason, certificate: null, message: error.message, name })
    }
  }
  for (const [index, certificate] of path.entries()) {
    const isAnchor = index === path.length - 1
    const place = {
      certificate,
      path: path.slice(0, index + 1),
      isLeaf: index === 0,
      isAnchor,
      anchor: isAnchor ? DEFAULT_ANCHOR_RULES : null,
    }
    for (const { name, check } of CERTIFICATE_RULES) note(name, () => check(place, context))
  }
  for (const { name, check } of PATH_RULES) note(name, () => check(path, context))
  return found
}

const ROWS = Object.entries(BREACHES) as [RuleName, readonly [string, Breach]][]

describe('the rules', () => {
  test('each has a certificate that breaks it, but for those tested elsewhere', () => {
    expect([...Object.keys(BREACHES), ...ELSEWHERE].toSorted()).toEqual([...RULE_NAMES].toSorted())
  })

  test('each is applied once', () => {
    const applied = [...CERTIFICATE_RULES, ...PATH_RULES].map(({ name }) => name)
    expect([...applied, ...ELSEWHERE].toSorted()).toEqual([...RULE_NAMES].toSorted())
  })

  test('none has anything against a certificate as it should be', () => {
    const { path } = chainOf({ says: /./ })
    expect(findProblems(path, contextOf({ says: /./ }, path))).toEqual([])
  })

  test.each(ROWS)('%s: broken by a certificate that breaks no other', (name, [, breach]) => {
    const { path } = chainOf(breach)
    const problems = findProblems(path, contextOf(breach, path))
    expect([...new Set(problems.map((problem) => problem.name))].toSorted()).toEqual(
      [name, ...(breach.also ?? [])].toSorted(),
    )
    expect(problems.find((problem) => problem.name === name)?.message).toMatch(breach.says)
  })

  test.each(ROWS)('%s: its severity in the profiles', (name, [severities]) => {
    const letters = [POLICIES.rfc5280, POLICIES.webpki, POLICIES.tls].map(({ rules }) => rules[name].charAt(0))
    expect(letters.join('')).toBe(severities)
  })
})

describe('a policy decides what a breach means', () => {
  test.each(ROWS.filter(([, [, { isUnsigned }]]) => isUnsigned !== true))('%s', (name, [, breach]) => {
    const chain = chainOf(breach)
    const refused = verifyChain(requestOf(breach, chain, onlyRule(name, 'refuse', breach)))
    expect(refused.trusted).toBe(false)
    expect(refused.reasons.map(({ rule }) => rule)).toContain(name)
    const warned = verifyChain(requestOf(breach, chain, onlyRule(name, 'warn', breach)))
    expect(warned.reasons).toEqual([])
    expect(warned.warnings.map(({ rule }) => rule)).toContain(name)
    const ignored = verifyChain(requestOf(breach, chain, onlyRule(name, 'ignore', breach)))
    expect(ignored).toMatchObject({ trusted: true, warnings: [] })
  })
})
