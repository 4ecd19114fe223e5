import { describe, expect, test } from 'vitest'
import { issue, issueCa, makeCa } from '../../packages/handfast/test/pki.ts'
import { recordOf, renderSuites } from './report.ts'
import { type Outcome, type ProfileChoice, runSuite } from './runner.ts'

const root = makeCa({ subject: 'Root' })
const sub = issueCa(root, { subject: 'Sub' })
const server = issue(sub, { dnsNames: ['example.com', 'www.example.com'] })

function base64(der: Uint8Array): string {
  return Buffer.from(der).toString('base64')
}

/** A chain case that passes, changed. */
function line(changes: Record<string, unknown> = {}): string {
  return JSON.stringify({
    id: 'own::case',
    trusted: [base64(root.certificate)],
    inter: [base64(sub.certificate)],
    leaf: base64(server.certificate),
    crls: [],
    time: '2026-01-01T00:00:00.000Z',
    name: { kind: 'DNS', value: 'example.com' },
    names: [],
    kind: 'SERVER',
    ku: [],
    eku: [],
    maxDepth: null,
    sigalgs: [],
    features: [],
    expected: 'SUCCESS',
    somethingElse: { nobody: 'knows' },
    ...changes,
  })
}

function outcomeOf(changes: Record<string, unknown>, profile: ProfileChoice = 'auto'): Outcome | undefined {
  return runSuite('own.ndjson', line(changes), profile).cases[0]?.outcome
}

describe('a chain', () => {
  test('that is to be trusted and is', () => {
    expect(outcomeOf({})).toBe('passed')
  })

  test('that is to be refused and is trusted', () => {
    expect(outcomeOf({ expected: 'FAILURE' })).toBe('wronglyAccepted')
  })

  test.each([
    ['another name', { name: { kind: 'DNS', value: 'example.org' } }],
    ['one of several names that is not there', { names: [{ kind: 'DNS', value: 'example.org' }] }],
    ['an address that is not there', { name: { kind: 'IP', value: '192.0.2.1' } }],
    ['a mailbox that is not there', { name: null, names: [{ kind: 'RFC822', value: 'a@example.com' }] }],
    ['another use', { kind: 'CLIENT' }],
    ['a second purpose', { eku: ['clientAuth'] }],
    ['a key usage it does not have', { ku: ['keyEncipherment'] }],
    ['another signature algorithm', { sigalgs: ['RSA_WITH_SHA256'] }],
    ['a time before it was valid', { time: '2019-12-31T23:59:59.999Z' }],
    ['fewer intermediates', { maxDepth: 0 }],
    ['no anchor', { trusted: [] }],
    ['no intermediate', { inter: [] }],
    ['a policy that nobody has', { policy: policy({ explicit: true }) }],
    ['an anchor that is distrusted', { trust: 'DISTRUSTED' }],
  ])('asked for %s is refused', (_what, changes) => {
    expect(outcomeOf({ ...changes, expected: 'FAILURE' })).toBe('passed')
    expect(outcomeOf({ ...changes, expected: 'SUCCESS' })).toBe('wronglyRefused')
  })

  test.each([
    ['every name it has', { names: [{ kind: 'DNS', value: 'www.example.com' }] }],
    ['no name', { name: null }],
    ['any use', { kind: 'ANY' }],
    ['the same use in other words', { kind: 'SERVER_AUTH' }],
    ['a use by its OID', { kind: '1.3.6.1.5.5.7.3.1' }],
    ['a key usage it has', { ku: ['digitalSignature'] }],
    ['its own signature algorithms', { sigalgs: ['ECDSA_WITH_SHA256'] }],
    ['as many intermediates', { maxDepth: 1 }],
    ['the last millisecond of its validity', { time: '2040-01-01T00:00:00.000Z' }],
    ['any policy', { policy: policy({}) }],
    ['the present time', { time: null }],
  ])('asked for %s is trusted', (_what, changes) => {
    expect(outcomeOf(changes)).toBe('passed')
  })

  test('is judged by the profile of its id, or by the one that is named', () => {
    // The Web PKI wants extendedKeyUsage, RFC 5280 does not.
    const leaf = base64(issue(sub, { dnsNames: ['example.com'], extKeyUsage: null }).certificate)
    expect(outcomeOf({ leaf })).toBe('passed')
    expect(outcomeOf({ leaf, id: 'webpki::case' })).toBe('wronglyRefused')
    expect(outcomeOf({ leaf }, 'webpki')).toBe('wronglyRefused')
    expect(outcomeOf({ leaf, id: 'webpki::case' }, 'rfc5280')).toBe('passed')
  })
})

function policy(changes: object): object {
  return { set: ['2.5.29.32.0'], explicit: false, inhibitMap: false, inhibitAny: false, ...changes }
}

describe('an anchor', () => {
  const old = makeCa({ subject: 'Old', notBefore: Date.UTC(2020, 0), notAfter: Date.UTC(2021, 0), pathLength: 0 })
  const under = issueCa(old, { subject: 'Under' })
  const leaf = issue(under, { dnsNames: ['example.com'] })
  const chain = {
    trusted: [base64(old.certificate)],
    inter: [base64(under.certificate)],
    leaf: base64(leaf.certificate),
  }

  test.each([
    ['TRUSTED_ANCHOR', 'passed'],
    ['TRUSTED_ANCHOR_WITH_EXPIRATION', 'wronglyRefused'],
    ['TRUSTED_ANCHOR_WITH_CONSTRAINTS', 'wronglyRefused'],
    ['TRUSTED_LEAF', 'wronglyRefused'],
    ['UNSPECIFIED', 'wronglyRefused'],
  ])('treated as %s', (trust, outcome) => {
    expect(outcomeOf({ ...chain, trust })).toBe(outcome)
  })

  test.each([
    ['TRUSTED_ANCHOR', 'wronglyRefused'],
    ['TRUSTED_ANCHOR_OR_LEAF', 'passed'],
    ['TRUSTED_LEAF', 'passed'],
    ['TRUSTED_LEAF_REQUIRE_SELF_SIGNED', 'wronglyRefused'],
  ])('that is the leaf, treated as %s', (trust, outcome) => {
    expect(outcomeOf({ ...chain, trusted: [base64(leaf.certificate)], inter: [], trust })).toBe(outcome)
  })

  test('in words that nobody knows is an error', () => {
    expect(outcomeOf({ trust: 'SOMEHOW' })).toBe('errors')
  })
})

describe('a line that is no case', () => {
  test.each([
    ['no JSON', '{"id":', /needs JSON/],
    ['no object', '[]', /the line: needs an object, has \[\]/],
    ['neither chain nor blocks', '{"id":"x"}', /needs 'leaf' or 'blocks'/],
    ['no bytes', line({ leaf: '***' }), /leaf: needs base64/],
    ['no list', line({ trusted: 'x' }), /trusted: needs a list, has "x"/],
    ['a time that is none', line({ time: 'soon' }), /time: needs a time/],
    ['another expectation', line({ expected: 'MAYBE' }), /expected: needs SUCCESS or FAILURE, has "MAYBE"/],
    ['a kind of name that nobody knows', line({ name: { kind: 'DN', value: 'x' } }), /name\.kind: 'DN'/],
    ['a use that nobody knows', line({ kind: 'TEA' }), /kind: 'TEA'/],
    ['a key usage that nobody knows', line({ ku: ['tea'] }), /ku: 'tea'/],
    ['blocks of another kind', '{"id":"x","blocks":[{"type":"TEA","b64":""}]}', /blocks: needs .*, has TEA/],
    [
      'a block too few',
      '{"id":"x","expected":"GOOD","blocks":[{"type":"CRL","b64":""}]}',
      /blocks: needs CERTIFICATE, has CRL/,
    ],
  ])('is an error: %s', (_what, text, reason) => {
    const { cases } = runSuite('own.ndjson', `\n${text}\n`, 'auto')
    expect(cases.map(({ outcome }) => outcome)).toEqual(['errors'])
    expect(cases[0]?.reason).toMatch(reason)
  })

  test('goes by its number, and leaves the others alone', () => {
    const { cases } = runSuite('own.ndjson', `${line()}\n\nnonsense\n${line()}\n`, 'auto')
    expect(cases.map(({ id, outcome }) => [id, outcome])).toEqual([
      ['own::case', 'passed'],
      ['line 3', 'errors'],
      ['own::case', 'passed'],
    ])
  })
})

describe('the result', () => {
  const text = [line(), line({ id: 'a', expected: 'FAILURE' }), line({ id: 'b', kind: 'CLIENT' }), 'nonsense']
  const suite = runSuite('own.ndjson', text.join('\n'), 'auto')

  test('for machines has the ids of what failed', () => {
    const record = recordOf(suite)
    expect(record).toEqual({
      file: 'own.ndjson',
      total: 4,
      passed: 1,
      wronglyAccepted: ['a'],
      wronglyRefused: ['b'],
      errors: ['line 4'],
      slowestMs: record.slowestMs,
    })
    expect(record.slowestMs).toBeGreaterThan(0)
  })

  test('for people says on demand why', () => {
    const brief = renderSuites([suite], false)
    expect(brief).toMatch(/own\.ndjson +4 +1 +1 +1 +1 +[\d.]+ ms/)
    expect(brief).toContain('wrongly refused: b')
    expect(brief).not.toContain('extended-key-usage')
    expect(renderSuites([suite], true)).toContain('expected SUCCESS, answered FAILURE: extended-key-usage')
  })
})
