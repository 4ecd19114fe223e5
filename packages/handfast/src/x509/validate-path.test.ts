import { describe, expect, test } from 'vitest'
import { chainOf, type ChainChange, contextOf, LEAF } from '../../test/breached-chain.ts'
import { writeNull } from '../asn1/index.ts'
import type { Certificate } from './certificate.ts'
import { RULE_NAMES, type RuleName } from './rules/rule.ts'
import { createPathJudge, findLeafProblems, findPathProblem, findWarnings } from './validate-path.ts'
import { createPolicy, type Severity } from './validation-policy.ts'

/** Every rule ignored but those told. */
function judgedBy(change: ChainChange, rules: Partial<Record<RuleName, Severity>>): Judged {
  const { path } = chainOf(change)
  const ignored = Object.fromEntries(RULE_NAMES.map((name) => [name, 'ignore' as const]))
  const context = contextOf(change, path)
  return { path, context: { ...context, policy: createPolicy(context.policy, { rules: { ...ignored, ...rules } }) } }
}

interface Judged {
  readonly path: readonly Certificate[]
  readonly context: ReturnType<typeof contextOf>
}

const told = (problems: readonly { readonly rule?: RuleName }[]): unknown[] => problems.map(({ rule }) => rule)

describe('what speaks against a leaf', () => {
  const expired = { notAfter: Date.UTC(2026, 3, 2) }
  const malformed = [...(LEAF.extensions ?? []), { oid: '2.5.29.18', value: writeNull() }]
  const rules = { encoding: 'refuse', dates: 'refuse', identity: 'refuse' } as const

  test('is told whole, in the order of the rules', () => {
    const change = { leaf: expired, identity: { kind: 'dns', name: 'other.example' } } as const
    const { path, context } = judgedBy(change, rules)
    expect(told(findLeafProblems(path[0] as Certificate, false, context))).toEqual(['dates', 'identity'])
  })

  test('is not looked for after what is malformed', () => {
    const { path, context } = judgedBy({ leaf: { ...expired, extensions: malformed } }, rules)
    expect(told(findLeafProblems(path[0] as Certificate, false, context))).toEqual(['encoding'])
  })

  test('is left out where the rule warns', () => {
    const { path, context } = judgedBy({ leaf: expired }, { dates: 'warn' })
    expect(findLeafProblems(path[0] as Certificate, false, context)).toEqual([])
  })
})

describe('rules that warn', () => {
  const policy = { certificatePolicies: { requireExplicitPolicy: true, initialPolicySet: ['1.2.3'] } }

  test('are asked of the whole path only if it is complete', () => {
    const { path, context } = judgedBy({ policy }, { policies: 'warn' })
    expect(told(findWarnings(path, true, context))).toEqual(['policies'])
    expect(findWarnings(path, false, context)).toEqual([])
    expect(findWarnings(path.slice(0, 1), false, context)).toEqual([])
    expect(findPathProblem(path, context)).toBeNull()
  })

  test('are asked of each certificate, the last an anchor only if the path is complete', () => {
    const { path, context } = judgedBy(
      { root: { serialNumber: 0 }, ca: { serialNumber: 0 } },
      { 'serial-number': 'warn' },
    )
    expect(findWarnings(path, true, context).map(({ certificate }) => certificate)).toEqual([path[1]])
    expect(findWarnings(path, false, context).map(({ certificate }) => certificate)).toEqual([path[1], path[2]])
  })
})

test('a step is judged by what refuses, a path by all that does', () => {
  const { path, context } = judgedBy({ ca: { serialNumber: 0 } }, { 'serial-number': 'refuse', pins: 'warn' })
  const finished = { reason: 'revoked', certificate: null, message: 'in the end' } as const
  const judge = createPathJudge(context, () => finished)
  expect(judge.step(path.slice(0, 2), false)?.rule).toBe('serial-number')
  expect(judge.step(path.slice(0, 2), true)).toBeNull()
  expect(judge.step(path, true)).toBeNull()
  expect(judge.path(path)).toBe(finished)
})

describe('the rules of a policy', () => {
  const { path, context } = judgedBy({ leaf: { notAfter: Date.UTC(2026, 3, 2) } }, {})
  const judge = (rules: Partial<Record<RuleName, Severity>>): unknown[] => {
    const policy = { ...context.policy, rules: rules as Record<RuleName, Severity> }
    return told(findLeafProblems(path[0] as Certificate, false, { ...context, policy }))
  }

  test('refuse where it does not speak of them', () => {
    const { dates: _, ...others } = context.policy.rules
    expect([judge(context.policy.rules), judge(others)]).toEqual([[], ['dates']])
  })

  test('are read again if they can change', () => {
    const rules = { ...context.policy.rules }
    expect(judge(rules)).toEqual([])
    rules.dates = 'refuse'
    expect(judge(rules)).toEqual(['dates'])
  })
})

test('an error that is none of a certificate is no verdict', () => {
  const { path, context } = judgedBy({}, { identity: 'refuse', policies: 'refuse' })
  const broken = new Proxy({} as Certificate, {
    get: () => {
      throw new RangeError('a defect')
    },
  })
  expect(() => findLeafProblems(broken, false, context)).toThrow('a defect')
  expect(() => findPathProblem([broken, ...path.slice(1)], context)).toThrow('a defect')
})
