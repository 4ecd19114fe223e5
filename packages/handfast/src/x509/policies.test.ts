import { describe, expect, test } from 'vitest'
import { issue, issueCa, type IssueOptions, makeCa, type TestCertificate, type TestExtension } from '../../test/pki.ts'
import { writeContextPrimitive, writeInteger, writeOid, writeSequence } from '../asn1/der-writer.ts'
import { nodeProvider } from '../crypto/node.ts'
import { type AnchorRules, createTrustStore } from './trust-store.ts'
import { type CertificatePolicyInputs, createPolicy } from './validation-policy.ts'
import { verifyChain } from './verify.ts'

const ANY = '2.5.29.32.0'
const A = '1.2.3.1'
const B = '1.2.3.2'
const C = '1.2.3.3'

const policies = (...oids: string[]): TestExtension => ({
  oid: '2.5.29.32',
  value: writeSequence(...oids.map((oid) => writeSequence(writeOid(oid)))),
})
const mappings = (...pairs: [string, string][]): TestExtension => ({
  oid: '2.5.29.33',
  critical: true,
  value: writeSequence(...pairs.map((pair) => writeSequence(...pair.map(writeOid)))),
})
const constraints = (explicit?: number, inhibitMapping?: number): TestExtension => ({
  oid: '2.5.29.36',
  critical: true,
  value: writeSequence(
    ...(explicit === undefined ? [] : [writeContextPrimitive(0, Uint8Array.of(explicit))]),
    ...(inhibitMapping === undefined ? [] : [writeContextPrimitive(1, Uint8Array.of(inhibitMapping))]),
  ),
})
const inhibitAny = (skip: number): TestExtension => ({ oid: '2.5.29.54', critical: true, value: writeInteger(skip) })

interface Level {
  readonly extensions: readonly TestExtension[]
  /** Issued by a CA of the same name. */
  readonly isSelfIssued?: boolean
}

interface Given {
  readonly root?: readonly TestExtension[]
  readonly inputs?: Partial<CertificatePolicyInputs>
  readonly anchors?: Partial<AnchorRules>
}

/** A verdict on a chain with these extensions, from below the root down to the leaf. */
function verdictOn(
  levels: readonly (readonly TestExtension[] | Level)[],
  { root: rootExtensions = [], inputs = {}, anchors = {} }: Given,
): ReturnType<typeof verifyChain> {
  const root = makeCa({ subject: 'Root', extensions: rootExtensions })
  let issuer: TestCertificate = root
  let subject = 'Root'
  for (const [index, given] of levels.entries()) {
    const level: Level = 'extensions' in given ? given : { extensions: given }
    if (level.isSelfIssued !== true) subject = `Level ${index}`
    const options: IssueOptions = { subject, extensions: level.extensions }
    issuer = index === levels.length - 1 ? issue(issuer, options) : issueCa(issuer, options)
  }
  const none = {
    initialPolicySet: [ANY],
    requireExplicitPolicy: false,
    inhibitPolicyMapping: false,
    inhibitAnyPolicy: false,
  }
  return verifyChain({
    chain: issuer.chain,
    trust: createTrustStore([root.certificate], { anchors }),
    time: Date.UTC(2026, 0, 1),
    purpose: 'any',
    provider: nodeProvider,
    // An issuer's duty, which the tests neglect: RFC 5280 section 4.2.1.11.
    policy: createPolicy('rfc5280', {
      rules: { 'policy-constraints': 'ignore' },
      certificatePolicies: { ...none, ...inputs },
    }),
  })
}

/** `fine`, or the reasons. */
function judge(levels: Parameters<typeof verdictOn>[0], given: Given = {}): string {
  const { reasons } = verdictOn(levels, given)
  for (const { rule } of reasons) expect(['policies', 'policy-mappings']).toContain(rule)
  return reasons.map(({ reason, certificate }) => `${reason}@${certificate}`).join() || 'fine'
}

/** The user-constrained-policy-set. */
function validOf(levels: Parameters<typeof verdictOn>[0], given: Given = {}): readonly string[] | undefined {
  return verdictOn(levels, given).explanation?.policies
}

describe('policies (RFC 5280 section 6.1)', () => {
  test('mean nothing until one is required', () => {
    expect(judge([[policies(A)], [policies(B)]])).toBe('fine')
    expect(judge([[policies(A), inhibitAny(0)], []])).toBe('fine')
    expect(judge([[policies(A), mappings([A, B]), constraints(undefined, 0)], [policies(A)]])).toBe('fine')
  })

  test('required: one must hold all along', () => {
    expect(judge([[policies(A), constraints(0)], [policies(A)]])).toBe('fine')
    expect(judge([[policies(A, B), constraints(0)], [policies(B)]])).toBe('fine')
    expect(judge([[policies(A), constraints(0)], [policies(B)]])).toBe('policy@0')
    expect(judge([[policies(A), constraints(0)], []])).toBe('policy@0')
    expect(judge([[constraints(0)], [policies(A)]])).toBe('policy@0')
    expect(judge([[policies(A), constraints(0)], [policies(B)], [policies(A)]])).toBe('policy@1')
  })

  test('required after some certificates', () => {
    expect(judge([[constraints(1)], []])).toBe('policy@0')
    expect(judge([[constraints(2)], []])).toBe('fine')
    expect(judge([[constraints(3)], [], []])).toBe('fine')
    expect(judge([[constraints(2)], [], []])).toBe('policy@0')
  })

  test('self-issued certificates do not count', () => {
    const rolled = { extensions: [], isSelfIssued: true }
    expect(judge([[constraints(2)], rolled, []])).toBe('fine')
    expect(judge([[constraints(2)], [], []])).toBe('policy@0')
  })

  test('required by the leaf itself', () => {
    expect(judge([[policies(A)], [policies(A), constraints(0)]])).toBe('fine')
    expect(judge([[policies(A)], [policies(B), constraints(0)]])).toBe('policy@0')
    expect(judge([[policies(A)], [policies(B), constraints(1)]])).toBe('fine')
  })

  test('anyPolicy holds for all, unless inhibited', () => {
    expect(judge([[policies(ANY), constraints(0)], [policies(A)]])).toBe('fine')
    expect(judge([[policies(A), constraints(0)], [policies(ANY)]])).toBe('fine')
    expect(judge([[policies(A), constraints(0), inhibitAny(0)], [policies(ANY)]])).toBe('policy@0')
    expect(judge([[policies(A), constraints(0), inhibitAny(1)], [policies(ANY)], [policies(A)]])).toBe('fine')
    expect(
      judge([
        [policies(A), constraints(0), inhibitAny(0)],
        { extensions: [policies(ANY)], isSelfIssued: true },
        [policies(A)],
      ]),
    ).toBe('fine')
  })

  test('mapped ones hold under their new name only', () => {
    expect(judge([[policies(A), mappings([A, B]), constraints(0)], [policies(B)]])).toBe('fine')
    expect(judge([[policies(A), mappings([A, B]), constraints(0)], [policies(A)]])).toBe('policy@0')
    expect(judge([[policies(ANY), mappings([A, B]), constraints(0)], [policies(B)]])).toBe('fine')
    const inhibited = [policies(A), constraints(0, 0)]
    expect(judge([inhibited, [policies(A), mappings([A, B])], [policies(B)]])).toBe('policy@0')
  })

  test('anyPolicy cannot be mapped', () => {
    expect(judge([[policies(A), mappings([ANY, B])], [policies(B)]])).toBe('malformed@1')
    expect(judge([[policies(A), mappings([A, ANY])], [policies(B)]])).toBe('malformed@1')
  })
})

describe('what the anchor says', () => {
  test('holds', () => {
    const root = [policies(A), constraints(0)]
    expect(judge([[policies(A)], [policies(A)]], { root })).toBe('fine')
    expect(judge([[policies(B)], [policies(B)]], { root })).toBe('policy@1')
    expect(judge([[], []], { root: [constraints(0)] })).toBe('policy@1')
  })

  test('holds not where the store says so', () => {
    const anchors = { constraints: false }
    expect(judge([[], []], { root: [constraints(0)], anchors })).toBe('fine')
    const root = [policies(A)]
    const inputs = { requireExplicitPolicy: true }
    expect(judge([[policies(B)], [policies(B)]], { root, inputs })).toBe('policy@1')
    expect(judge([[policies(B)], [policies(B)]], { root, inputs, anchors })).toBe('fine')
  })

  test('its mappings and inhibitions hold as well', () => {
    const root = [policies(A), mappings([A, B]), constraints(0)]
    expect(judge([[policies(B)], [policies(B)]], { root })).toBe('fine')
    expect(judge([[policies(A)], [policies(A)]], { root })).toBe('policy@1')
    expect(judge([[policies(ANY)], [policies(B)]], { root: [policies(A), constraints(0), inhibitAny(0)] })).toBe(
      'policy@1',
    )
  })
})

describe('what the caller asks for (section 6.1.1)', () => {
  test('an explicit policy', () => {
    const inputs = { requireExplicitPolicy: true }
    expect(judge([[policies(A)], [policies(A)]], { inputs })).toBe('fine')
    expect(judge([[policies(A)], []], { inputs })).toBe('policy@0')
    expect(judge([[], []], { inputs })).toBe('policy@1')
  })

  test('a set of policies, which counts once one is required', () => {
    const wantsB = { initialPolicySet: [B] }
    expect(judge([[policies(A)], [policies(A)]], { inputs: wantsB })).toBe('fine')
    const requiresB = { ...wantsB, requireExplicitPolicy: true }
    expect(judge([[policies(A)], [policies(A)]], { inputs: requiresB })).toBe('policy@0')
    expect(judge([[policies(A, B)], [policies(A, B)]], { inputs: requiresB })).toBe('fine')
    expect(judge([[policies(A, B)], [policies(A)]], { inputs: requiresB })).toBe('policy@0')
    expect(judge([[policies(ANY)], [policies(ANY)]], { inputs: requiresB })).toBe('fine')
    expect(judge([[policies(A), constraints(0)], [policies(A)]], { inputs: wantsB })).toBe('policy@0')
    expect(
      judge([[policies(A)], [policies(A)]], { inputs: { initialPolicySet: [], requireExplicitPolicy: true } }),
    ).toBe('policy@0')
  })

  test('the set is in the terms of the anchor: before mapping', () => {
    const chain = [[policies(A), mappings([A, B])], [policies(B)]]
    const asking = (policy: string): Given => ({
      inputs: { initialPolicySet: [policy], requireExplicitPolicy: true },
    })
    expect(judge(chain, asking(A))).toBe('fine')
    expect(judge(chain, asking(B))).toBe('policy@0')
  })

  test('no mapping', () => {
    const chain = [[policies(A), mappings([A, B])], [policies(B)]]
    const inputs = { requireExplicitPolicy: true }
    expect(judge(chain, { inputs })).toBe('fine')
    expect(judge(chain, { inputs: { ...inputs, inhibitPolicyMapping: true } })).toBe('policy@0')
  })

  test('no anyPolicy', () => {
    const inputs = { requireExplicitPolicy: true, inhibitAnyPolicy: true }
    expect(judge([[policies(ANY)], [policies(A)]], { inputs })).toBe('policy@1')
    expect(judge([[policies(A)], [policies(A)]], { inputs })).toBe('fine')
  })

  test('the message says what was asked for and what was there', () => {
    const { reasons } = verdictOn([[policies(A)], [policies(A)]], {
      inputs: { initialPolicySet: [B, C], requireExplicitPolicy: true },
    })
    expect(reasons[0]?.message).toBe(
      `certificatePolicies: needs one of the policies ${B}, ${C} that is valid for the whole path, as one is asked for, has ${A}, not valid for it`,
    )
  })
})

describe('the policies that hold (RFC 5280 section 6.1.6)', () => {
  test('are those that all certificates have', () => {
    expect(validOf([[policies(A, B)], [policies(B, C)]])).toEqual([B])
    expect(validOf([[policies(A, B)], [policies(B, A)]])).toEqual([A, B])
    expect(validOf([[policies(A)], [policies(B)]])).toEqual([])
    expect(validOf([[], []])).toEqual([])
  })

  test('those asked for, of these', () => {
    expect(validOf([[policies(A, B)], [policies(A, B)]], { inputs: { initialPolicySet: [B, C] } })).toEqual([B])
  })

  test('anyPolicy stays what it is, or becomes what is asked for', () => {
    expect(validOf([[policies(ANY)], [policies(ANY)]])).toEqual([ANY])
    expect(validOf([[policies(ANY)], [policies(ANY, A)]])).toEqual([A, ANY])
    expect(validOf([[policies(ANY)], [policies(ANY)]], { inputs: { initialPolicySet: [C, B] } })).toEqual([B, C])
    expect(validOf([[policies(ANY)], [policies(A)]])).toEqual([A])
    expect(validOf([[policies(A)], [policies(ANY)]])).toEqual([A])
  })

  test('are told in the terms of the anchor', () => {
    expect(validOf([[policies(A), mappings([A, B])], [policies(B)]])).toEqual([A])
    expect(validOf([[policies(ANY), mappings([A, B])], [policies(B)]])).toEqual([A])
    expect(validOf([[policies(A, C), mappings([A, B], [C, B])], [policies(B)]])).toEqual([A, C])
  })

  test('of an untrusted path are none', () => {
    expect(validOf([[policies(A), constraints(0)], [policies(B)]])).toEqual([])
  })

  test('of a path whose policies map crosswise come without growing: RFC 9618', () => {
    const all = Array.from({ length: 20 }, (_, index) => `1.2.3.4.${index}`)
    const crosswise = all.flatMap((from) => all.map((to): [string, string] => [from, to]))
    const level = [policies(...all), mappings(...crosswise)]
    const levels = [...Array.from({ length: 12 }, () => level), [policies(...all)]]
    expect(validOf(levels, { inputs: { requireExplicitPolicy: true } })).toEqual(all.toSorted())
  })
})
