import { describe, expect, test } from 'vitest'
import { type Breach, chainOf, findProblems, onlyRule, requestOf } from '../../../test/breached-chain.ts'
import { BREACHES, ELSEWHERE, NO_BREACHES } from '../../../test/breaches.ts'
import { POLICIES } from '../validation-policy.ts'
import { verifyChain } from '../verify.ts'
import { CERTIFICATE_RULES, PATH_RULES } from './index.ts'
import { RULE_GROUPS, RULE_NAMES, type RuleName } from './rule.ts'

type Row = readonly [name: RuleName, nth: number, breach: Breach]

const ROWS: readonly Row[] = Object.entries(BREACHES).flatMap(([name, [, ...breaches]]) =>
  breaches.map((breach, index): Row => [name as RuleName, index, breach]),
)

describe('the rules', () => {
  test('each has a certificate that breaks it, but for those tested elsewhere', () => {
    expect([...Object.keys(BREACHES), ...ELSEWHERE].toSorted()).toEqual([...RULE_NAMES].toSorted())
  })

  test('each is applied once, and those on certificates in the order in which problems are told', () => {
    const elsewhere: ReadonlySet<RuleName> = new Set([...ELSEWHERE, ...PATH_RULES.map(({ name }) => name)])
    expect(CERTIFICATE_RULES.map(({ name }) => name)).toEqual(RULE_NAMES.filter((name) => !elsewhere.has(name)))
    expect(PATH_RULES.map(({ name }) => name)).toEqual([...RULE_GROUPS.lists, 'policies'])
  })

  test('none has anything against a certificate as it should be', () => {
    expect(findProblems({}, chainOf({}).path)).toEqual([])
  })

  test.each(ROWS)('%s: broken by a certificate that breaks no other (%d)', (name, _, breach) => {
    const problems = findProblems(breach, chainOf(breach).path)
    expect([...new Set(problems.map(({ rule }) => rule))].toSorted()).toEqual([name, ...(breach.also ?? [])].toSorted())
    const messages = problems.filter(({ rule }) => rule === name).map(({ message }) => message)
    expect(messages.join('\n')).toMatch(breach.says)
  })

  test.each(NO_BREACHES)('%s: not broken by %s', (name, _, change) => {
    const { path } = chainOf(change)
    expect(findProblems(change, path).filter(({ rule }) => rule === name)).toEqual([])
  })

  test.each(Object.entries(BREACHES) as [RuleName, readonly [string]][])(
    '%s: its severity in the profiles',
    (name, [severities]) => {
      const letters = [POLICIES.rfc5280, POLICIES.webpki, POLICIES.tls].map(({ rules }) => rules[name].charAt(0))
      expect(letters.join('')).toBe(severities)
    },
  )
})

describe('a policy decides what a breach means', () => {
  test.each(ROWS.filter(([, , { isUnsigned }]) => isUnsigned !== true))('%s (%d)', (name, _, breach) => {
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
