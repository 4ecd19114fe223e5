import { describe, expect, test } from 'vitest'
import { createPolicy, POLICIES, type ValidationPolicy } from './validation-policy.ts'

/** As a caller without types, or a file, has it. */
const loose = createPolicy as (base: unknown, changes?: unknown) => ValidationPolicy

describe('a policy of one’s own', () => {
  test('is the base where nothing is changed', () => {
    expect(createPolicy('tls')).toEqual(POLICIES.tls)
    expect(createPolicy(POLICIES.webpki, {})).toEqual(POLICIES.webpki)
    expect(createPolicy('tls', { limits: undefined } as never)).toMatchObject({ limits: POLICIES.tls.limits })
  })

  test('changes what is given, at any depth, and no more', () => {
    const policy = createPolicy('webpki', {
      rules: { wildcards: 'warn' },
      limits: { rsaBits: 3072, sha1: { before: '2016-01-01' }, validity: [{ from: '2026-01-01', days: 10 }] },
      revocation: { mode: 'hard' },
    })
    expect(policy).toEqual({
      ...POLICIES.webpki,
      name: 'webpki, changed',
      rules: { ...POLICIES.webpki.rules, wildcards: 'warn' },
      limits: {
        ...POLICIES.webpki.limits,
        rsaBits: 3072,
        sha1: { before: '2016-01-01', withoutPurpose: false },
        validity: [{ from: '2026-01-01', days: 10 }],
      },
      revocation: { ...POLICIES.webpki.revocation, mode: 'hard' },
    })
    expect(POLICIES.webpki.rules.wildcards).toBe('refuse')
  })

  test('has the name it is given', () => {
    expect(createPolicy('tls', { maxIntermediates: 1 }).name).toBe('tls, changed')
    expect(createPolicy('tls', { maxIntermediates: 1 }, { name: 'ours' }).name).toBe('ours')
    expect(createPolicy('tls', { name: 'ours' }).name).toBe('ours')
    expect(createPolicy(createPolicy('tls', { name: 'ours' }), { maxIntermediates: 1 }).name).toBe('ours')
  })

  test('is frozen through and through, and so are the profiles', () => {
    const policy = createPolicy('rfc5280', { limits: { validity: [{ from: '2026-01-01', days: 10 }] } })
    for (const object of [policy, POLICIES.tls]) {
      expect(Object.isFrozen(object)).toBe(true)
      expect(Object.isFrozen(object.rules)).toBe(true)
      expect(Object.isFrozen(object.limits.sha1)).toBe(true)
      expect(Object.isFrozen(object.revocation.sources)).toBe(true)
    }
    expect(Object.isFrozen(policy.limits.validity[0])).toBe(true)
  })

  test.each(Object.values(POLICIES))('$name: comes back from JSON, on top of any base', (policy) => {
    const read: unknown = JSON.parse(JSON.stringify(policy))
    expect(loose('tls', read)).toEqual(policy)
    expect(loose('webpki', read)).toEqual(policy)
  })

  test.each<[string, unknown, string]>([
    ['a field', { rulez: {} }, "policy: has no field 'rulez'"],
    [
      'an encoding',
      { limits: { signatureEncodings: ['300A'] } },
      "policy.limits.signatureEncodings[0]: needs bytes in lower-case hex, has '300A'",
    ],
    ['a rule', { rules: { 'no-such-rule': 'warn' } }, "policy.rules: has no rule 'no-such-rule'"],
    ['a rule by inheritance', { rules: { toString: 'warn' } }, "policy.rules: has no rule 'toString'"],
    ['a severity', { rules: { dates: 'off' } }, "policy.rules.dates: needs one of refuse, warn, ignore, has 'off'"],
    ['a limit', { limits: { rsa: 1 } }, "policy.limits: has no field 'rsa'"],
    ['a number', { limits: { rsaBits: -1 } }, 'policy.limits.rsaBits: needs a whole number from 0 on, has -1'],
    ['a text for a number', { limits: { rsaBits: '2048' } }, "needs a whole number from 0 on, has '2048'"],
    ['a date', { limits: { sha1: { before: '2016' } } }, "limits.sha1.before: needs a date as 2026-03-15, has '2016'"],
    [
      'a date that is none',
      { limits: { validity: [{ from: '2026-13-01', days: 1 }] } },
      'validity[0].from: needs a date',
    ],
    [
      'a date that no month has',
      { limits: { sha1: { before: '2026-02-31' } } },
      "sha1.before: needs a date as 2026-03-15, has '2026-02-31'",
    ],
    [
      'rows that are out of order',
      {
        limits: {
          validity: [
            { from: '2030-01-01', days: 1 },
            { from: '2012-01-01', days: 999 },
          ],
        },
      },
      "policy.limits.validity[1].from: needs a date after 2030-01-01, has '2012-01-01'",
    ],
    [
      'a hole in a list',
      // oxlint-disable-next-line no-sparse-arrays
      { certificatePolicies: { initialPolicySet: [, '1.2.3'] } },
      'initialPolicySet[0]: needs a dotted OID, has undefined',
    ],
    [
      'an OID whose second number is too large',
      { certificatePolicies: { initialPolicySet: ['1.99'] } },
      "initialPolicySet[0]: needs a dotted OID, has '1.99'",
    ],
    ['null', null, 'policy: needs an object, has null'],
    ['a list', [], 'policy: needs an object, has a list'],
    ['part of a row', { limits: { validity: [{ days: 1 }] } }, 'policy.limits.validity[0].from: needs a value'],
    ['no list', { limits: { keyTypes: 'rsa' } }, "policy.limits.keyTypes: needs a list, has 'rsa'"],
    ['a flag', { certificatePolicies: { inhibitAnyPolicy: 1 } }, 'inhibitAnyPolicy: needs true or false, has 1'],
    [
      'an OID',
      { certificatePolicies: { initialPolicySet: ['any'] } },
      "initialPolicySet[0]: needs a dotted OID, has 'any'",
    ],
    ['a mode', { revocation: { mode: 'on' } }, "revocation.mode: needs one of off, soft, hard, has 'on'"],
    ['null for an object', { revocation: null }, 'policy.revocation: needs an object, has null'],
    ['a list for an object', { rules: [] }, 'policy.rules: needs an object, has a list'],
  ])('refuses %s that no policy has', (_, changes, message) => {
    expect(() => loose('tls', changes)).toThrow(TypeError)
    expect(() => loose('tls', changes)).toThrow(message)
  })

  test.each(['openssl', 'toString', undefined])('refuses the base %s', (base) => {
    expect(() => loose(base)).toThrow(`policy: needs one of rfc5280, webpki, tls, has '${base}'`)
  })
})
