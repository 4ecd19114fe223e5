/**
 * Chains made to cost time: as long as a Certificate message may be, layers of certificates that each
 * have the same name and key, so that every path through them is tried, and one certificate on top
 * that is dear to look at. None may cost more than a search of a thousand steps does, and none has its
 * size repeated in what is told about it.
 */

import { describe, expect, test } from 'vitest'
import { issue, issueCa, type IssueOptions, makeCa, makeKey, type TestCertificate } from '../../test/pki.ts'
import { DerReader, writeContext, writeElement, writeOid, writeSequence } from '../asn1/index.ts'
import { nodeProvider } from '../crypto/node.ts'
import {
  type Certificate,
  createTrustStore,
  DEFAULT_BUDGETS,
  POLICIES,
  type ProfileName,
  readCertificate,
  type Verdict,
  verifyChain,
} from './index.ts'

const TRUST = createTrustStore([makeCa({ subject: 'Trusted' }).certificate])
/** Bytes of certificates that a Certificate message holds. */
const ROOM = 130_000
/** Certificates in each of the two wide layers: their paths come to a thousand steps, all that a search has. */
const WIDTH = 22
/** Far above what a search takes, far below the 13 seconds and more that each of these once took. */
const LIMIT = { timeout: 5000 }
const SUBJECT_ALT_NAME = '2.5.29.17'
const NAME_CONSTRAINTS = '2.5.29.30'
const EXT_KEY_USAGE = '2.5.29.37'

/** Without hints to the search, and without purposes that would end it. */
const BARE: IssueOptions = { authorityKeyIdentifier: null, subjectKeyIdentifier: null, extKeyUsage: null }

/** The same where a policy demands key identifiers and a leaf's purpose. */
const IDENTIFIED: IssueOptions = { extKeyUsage: null }

interface Shape {
  readonly policy?: ProfileName
  /** Certificates in single file between the leaf and the wide layers. */
  readonly line?: number
  readonly leaf?: IssueOptions
  /** The certificate on top, given the bytes that are left for it. */
  readonly top?: (room: number) => { readonly issuer?: string; readonly options?: IssueOptions }
}

/**
 * Leaf, line, two wide layers, and one certificate on top of them that no anchor issued, but, if not told
 * otherwise, the first of the line: round a cycle no certificate is a dead end by itself.
 */
function hostileChain({ policy = 'tls', line = 10, leaf = { dnsNames: ['localhost'] }, top }: Shape): Uint8Array[] {
  const base = policy === 'tls' ? BARE : IDENTIFIED
  const keys = Array.from({ length: line + 4 }, () => makeKey('ecdsa-p256'))
  const authority = (layer: number): TestCertificate =>
    makeCa({ subject: `L${layer}`, key: keys[layer] as never, ...base })
  const inLayer = (layer: number): Uint8Array =>
    issueCa(authority(layer + 1), { subject: `L${layer}`, key: keys[layer] as never, ...base }).certificate
  const chain = [issue(authority(1), { ...(policy === 'tls' ? BARE : {}), ...leaf }).certificate]
  for (let layer = 1; layer <= line; layer++) chain.push(inLayer(layer))
  for (const layer of [line + 1, line + 2]) for (let i = 0; i < WIDTH; i++) chain.push(inLayer(layer))
  const room = ROOM - 1000 - chain.reduce((sum, { length }) => sum + length + 5, 0)
  const { issuer = 'L1', options = {} } = top?.(room) ?? {}
  const own = { subject: `L${line + 3}`, key: keys[line + 3] as never }
  chain.push(issueCa(makeCa({ subject: issuer, ...base }), { ...own, ...base, ...options }).certificate)
  return chain
}

function constraints(value: Uint8Array): IssueOptions {
  return { extensions: [{ oid: NAME_CONSTRAINTS, critical: true, value }] }
}

/** As many subtrees `dNSName ""` as there is room for; with `last` in place of the last one's tag. */
function manyConstraints(room: number, last = 0x82): Uint8Array {
  const all = repeated([0x30, 2, 0x82, 0], room >> 2)
  all[all.length - 2] = last
  return writeSequence(writeContext(0, all))
}

function repeated(bytes: readonly number[], times: number): Uint8Array {
  const all = new Uint8Array(bytes.length * times)
  for (let i = 0; i < times; i++) all.set(bytes, i * bytes.length)
  return all
}

function altNames(...names: readonly Uint8Array[]): IssueOptions {
  return { extensions: [{ oid: SUBJECT_ALT_NAME, value: writeSequence(...names) }] }
}

const LOCALHOST = writeElement(0x82, new TextEncoder().encode('localhost'))

function judge(chain: readonly (Uint8Array | Certificate)[], policy: ProfileName = 'tls'): Verdict {
  const identity = { kind: 'dns', name: 'localhost' } as const
  return verifyChain({
    chain,
    trust: TRUST,
    time: Date.UTC(2026, 6),
    purpose: 'server',
    provider: nodeProvider,
    identity,
    policy: POLICIES[policy],
  })
}

/** Refused for these reasons, beside what a strict policy has against the form of the leaf; nothing told is long. */
function expectRefusal({ trusted, path, reasons, warnings }: Verdict, ...expected: string[]): void {
  expect([trusted, path]).toEqual([false, []])
  expect(reasons.filter(({ reason }) => reason !== 'nonconforming').map(({ reason }) => reason)).toEqual(expected)
  for (const { message } of [...reasons, ...warnings]) expect(message.length).toBeLessThan(1000)
}

describe.each(['tls', 'rfc5280', 'webpki'] as const)('a chain as long as a message may be, %s', (policy) => {
  test('each signature is checked once, however many paths it lies on', () => {
    const chain = hostileChain({ policy })
    let checks = 0
    const verify: typeof nodeProvider.verify = (...all) => {
      checks++
      return nodeProvider.verify(...all)
    }
    const provider = { ...nodeProvider, verify }
    const verdict = verifyChain({
      chain,
      trust: TRUST,
      time: Date.UTC(2026, 6),
      purpose: 'server',
      provider,
      policy: POLICIES[policy],
    })
    expectRefusal(verdict, 'unknown-issuer')
    expect(checks).toBe(chain.length - 1)
    expect(checks).toBeLessThan(DEFAULT_BUDGETS.signatureChecks)
  })

  test('28,000 name constraints are made ready once', LIMIT, () => {
    const chain = hostileChain({ policy, top: (room) => ({ options: constraints(manyConstraints(room)) }) })
    const big = readCertificate(chain.at(-1) as Uint8Array)
    const bases = big.extensions.nameConstraints?.permitted ?? []
    let looks = 0
    for (const base of bases) {
      const { kind } = base
      Object.defineProperty(base, 'kind', { get: () => (looks++, kind) })
    }
    expect(bases.length).toBeGreaterThan(25_000)
    expectRefusal(judge([...chain.slice(0, -1), big], policy), 'unknown-issuer')
    expect(looks).toBeGreaterThan(0)
    expect(looks).toBeLessThan(10 * bases.length)
  })

  test('the same of their bytes', LIMIT, () => {
    expectRefusal(
      judge(hostileChain({ policy, top: (room) => ({ options: constraints(manyConstraints(room)) }) }), policy),
      'unknown-issuer',
    )
  })

  test('a malformed extension is read once', () => {
    const chain = hostileChain({ policy, top: (room) => ({ options: constraints(manyConstraints(room, 0x99)) }) })
    const [once, often] = [[...chain.slice(0, 12), chain[34], chain.at(-1)], chain].map((presented) =>
      sequencesRead(() => expectRefusal(judge(presented as Uint8Array[], policy), 'malformed')),
    ) as [number, number]
    expect(once).toBeGreaterThan(25_000)
    expect(often).toBeLessThan(2 * once)
  })

  test('constraints of one kind cost nothing to names of another', LIMIT, () => {
    const names = altNames(LOCALHOST, repeated([0x87, 4, 1, 2, 3, 4], 9000))
    const mixed = writeSequence(
      writeContext(0, writeSequence(writeElement(0x87, new Uint8Array(8)))),
      writeContext(1, repeated([0x30, 2, 0x86, 0], 13_000)),
    )
    const chain = hostileChain({ policy, line: 2, leaf: names, top: () => ({ options: constraints(mixed) }) })
    expectRefusal(judge(chain, policy), 'budget-exceeded')
  })

  test('an e-mail address of control characters, against a constraint', LIMIT, () => {
    const names = altNames(LOCALHOST, writeElement(0x81, new Uint8Array(105_000).fill(1)))
    const excluded = writeSequence(writeContext(1, writeSequence(writeElement(0x81, Uint8Array.of(0x61)))))
    const chain = hostileChain({ policy, line: 2, leaf: names, top: () => ({ options: constraints(excluded) }) })
    expectRefusal(judge(chain, policy), 'unsupported-constraint')
  })

  test('an issuer of characters that nobody sees', LIMIT, () => {
    const chain = hostileChain({ policy, top: (room) => ({ issuer: `${'\u00ad'.repeat(room >> 1)}N` }) })
    expectRefusal(judge(chain, policy), 'unknown-issuer')
  })

  test('names of a leaf, against a constraint of another kind', LIMIT, () => {
    const leaf = altNames(LOCALHOST, repeated([0x82, 0], 30_000))
    const permitted = ['IP:192.0.2.0/255.255.255.0']
    expectRefusal(
      judge(hostileChain({ policy, leaf, top: () => ({ options: { permitted } }) }), policy),
      'unknown-issuer',
    )
  })

  test('purposes', LIMIT, () => {
    const value = (room: number): Uint8Array => writeSequence(repeated([6, 1, 0x2a], Math.floor(room / 3)))
    const chain = hostileChain({
      policy,
      top: (room) => ({ options: { extensions: [{ oid: EXT_KEY_USAGE, value: value(room) }] } }),
    })
    expectRefusal(judge(chain, policy), 'extended-key-usage')
  })

  test('purposes, each another', LIMIT, () => {
    const other = (index: number): Uint8Array =>
      Uint8Array.of(6, 4, 0x2a, 0x80 | ((index >> 14) + 1), 0x80 | ((index >> 7) & 0x7f), index & 0x7f)
    const chain = hostileChain({
      policy,
      top: (room) => {
        const others = Array.from({ length: Math.floor(room / 6) - 10 }, (_, index) => other(index))
        const value = writeSequence(writeOid('1.3.6.1.5.5.7.3.1'), ...others)
        return { options: { extensions: [{ oid: EXT_KEY_USAGE, value }] } }
      },
    })
    expectRefusal(judge(chain, policy), 'unknown-issuer')
  })

  test.each([
    ['mailboxes', 0x81, 'a@b'],
    ['hosts', 0x86, 'a'],
  ])('name constraints that are looked at for their syntax: %s', LIMIT, (_, tag, text) => {
    const one = writeSequence(writeElement(tag, new TextEncoder().encode(text)))
    const value = (room: number): Uint8Array =>
      writeSequence(writeContext(0, repeated([...one], Math.floor(room / one.length))))
    const [once, often] = looksAt(policy, 'kind', (room) => constraints(value(room)))
    expect(often).toBe(once)
  })

  test.each(['xn--bcher-kva', 'a'])('names of a CA that are looked at for their syntax: %s', LIMIT, (text) => {
    const one = writeElement(0x82, new TextEncoder().encode(text))
    const value = (room: number): Uint8Array => repeated([...one], Math.floor(room / one.length))
    const [once, often] = looksAt(policy, 'name', (room) => altNames(value(room)))
    expect(often).toBe(once)
  })

  /** How often the names in the certificate on top are looked at, when one path leads there and when hundreds do. */
  function looksAt(name: ProfileName, key: string, options: (room: number) => IssueOptions): [number, number] {
    const chain = hostileChain({ policy: name, top: (room) => ({ options: options(room) }) })
    return [[...chain.slice(0, 12), chain[34], chain.at(-1)], chain].map((presented) => {
      const top = readCertificate(presented.at(-1) as Uint8Array)
      const { nameConstraints, subjectAltName } = top.extensions
      let looks = 0
      for (const given of nameConstraints?.permitted ?? subjectAltName ?? []) {
        const value: unknown = given[key as keyof typeof given]
        Object.defineProperty(given, key, { get: () => (looks++, value), enumerable: true })
      }
      const verdict = judge([...presented.slice(0, -1), top] as Uint8Array[], name)
      expectRefusal(verdict, 'unknown-issuer')
      return looks
    }) as [number, number]
  }
})

test.each(['alone', 'below another of its name', 'below itself'])(
  'a leaf that signed itself, of a long name, %s',
  (where) => {
    const subject = '\u00ad'.repeat(20_000)
    const own = makeCa({ subject, isCa: false }).certificate
    const above = { alone: [], 'below another of its name': [makeCa({ subject }).certificate], 'below itself': [own] }
    expectRefusal(judge([own, ...above[where as keyof typeof above]]), 'self-signed', 'name-mismatch')
  },
)

test.each([
  [320, null],
  [321, 'unsupported-constraint'],
])('an e-mail address of %d characters, and a constraint on addresses', (length, reason) => {
  const ca = makeCa({ excluded: ['email:example.org'] })
  const emails = [`${'a'.repeat(length - '@example.com'.length)}@example.com`]
  const { certificate } = issue(ca, { emails, usage: 'client' })
  const request = { trust: createTrustStore([ca.certificate]), time: Date.UTC(2026, 6), provider: nodeProvider }
  const { reasons } = verifyChain({ chain: [certificate], purpose: 'client', ...request })
  expect(reasons.map((one) => one.reason)).toEqual(reason === null ? [] : [reason])
})

describe('complete paths whose policies are many', () => {
  const ANY_POLICY = writeSequence(writeOid('2.5.29.32.0'))
  const stating = (...all: Uint8Array[]): IssueOptions => ({
    extensions: [{ oid: '2.5.29.32', value: writeSequence(...all) }],
  })
  const mapping = (from: (index: number) => string): IssueOptions => ({
    extensions: [
      { oid: '2.5.29.32', value: writeSequence(ANY_POLICY) },
      {
        oid: '2.5.29.33',
        critical: true,
        value: writeSequence(
          ...Array.from({ length: 6000 }, (_, i) => writeSequence(writeOid(from(i)), writeOid(`1.2.${i}`))),
        ),
      },
    ],
  })
  const requires: IssueOptions = {
    dnsNames: ['localhost'],
    extensions: [{ oid: '2.5.29.36', critical: true, value: writeSequence(writeElement(0x80, Uint8Array.of(0))) }],
  }
  const authority = (subject: string, options: IssueOptions = {}): TestCertificate =>
    makeCa({ subject, key: keys.get(subject) as never, ...BARE, ...options })
  const keys = new Map(['L1', 'L2', 'L3', 'L4', 'Top', 'Root'].map((name) => [name, makeKey('ecdsa-p256')]))
  const below = (issuer: string, subject: string, options: IssueOptions): Uint8Array =>
    issueCa(authority(issuer), { subject, key: keys.get(subject) as never, ...BARE, ...options }).certificate

  /** Two wide layers of equals below `top`, which the anchor issued: every path is complete, and refused as a whole. */
  function judged(top: IssueOptions, budgets?: { readonly policyNodes: number }): Verdict {
    const any = stating(ANY_POLICY)
    const wide = Array.from({ length: WIDTH }, () => [below('L3', 'L2', any), below('Top', 'L3', any)]).flat()
    const leaf = issue(authority('L1'), { ...BARE, ...requires }).certificate
    return verifyChain({
      chain: [leaf, below('L2', 'L1', any), ...wide, below('Root', 'Top', top)],
      trust: createTrustStore([authority('Root').certificate]),
      time: Date.UTC(2026, 6),
      purpose: 'server',
      provider: nodeProvider,
      ...(budgets !== undefined && { budgets }),
    })
  }

  test.each<[string, IssueOptions]>([
    ['stated', stating(...Array.from({ length: 9000 }, (_, i) => writeSequence(writeOid(`1.2.${i}`))))],
    ['mapped, all from one', mapping(() => '1.2.3')],
    ['mapped, each', mapping((i) => `1.2.${i}`)],
  ])('%s', LIMIT, (_, top) => {
    const { trusted, reasons, explanation } = judged(top)
    expect([trusted, reasons.map(({ reason }) => reason)]).toEqual([false, expect.arrayContaining(['budget-exceeded'])])
    expect(reasons.at(-1)?.message).toContain('within the budget policyNodes: 100000')
    expect(explanation?.used.policyNodes).toBe(DEFAULT_BUDGETS.policyNodes)
    for (const { message } of reasons) expect(message.length).toBeLessThan(300)
  })

  test('the budget is settable, and what suffices is told as used', () => {
    const few = stating(...Array.from({ length: 3 }, (_, i) => writeSequence(writeOid(`1.2.${i}`))))
    const whole = judged(few)
    expect(whole.reasons.map(({ reason }) => reason)).toEqual(['policy', 'budget-exceeded'])
    expect(whole.reasons[1]?.message).toContain('pathSteps')
    const { policyNodes = 0 } = whole.explanation?.used ?? {}
    expect(policyNodes).toBeGreaterThan(1000)
    expect(judged(few, { policyNodes }).reasons[1]?.message).toContain('pathSteps')
    expect(judged(few, { policyNodes: policyNodes - 1 }).reasons[1]?.message).toContain('policyNodes')
    expect(judged(few, { policyNodes: 0 }).reasons.map(({ reason }) => reason)).toEqual(['budget-exceeded'])
  })
})

describe('graphs of hundreds of certificates', () => {
  const time = Date.UTC(2026, 6)
  const key = makeKey('ecdsa-p256')
  const named = (subject: string): TestCertificate => makeCa({ subject, ...BARE })

  /** Judged, with what it took: no more than the budgets, and no more signatures than were counted. */
  function judged(chain: readonly TestCertificate[], trusted: readonly TestCertificate[] = []): Verdict {
    let checks = 0
    const verify: typeof nodeProvider.verify = (...all) => {
      checks++
      return nodeProvider.verify(...all)
    }
    const verdict = verifyChain({
      chain: chain.map(({ certificate }) => certificate),
      trust: createTrustStore([...TRUST.certificates, ...trusted.map(({ certificate }) => certificate)]),
      time,
      purpose: 'any',
      provider: { ...nodeProvider, verify },
    })
    const { used, tried } = verdict.explanation ?? {}
    for (const [name, most] of Object.entries(DEFAULT_BUDGETS)) {
      expect(used?.[name as keyof typeof used], name).toBeLessThanOrEqual(most)
    }
    expect(checks).toBeLessThanOrEqual((used?.signatureChecks ?? 0) + 1)
    expect(tried?.length).toBe(used?.triedPaths)
    return verdict
  }

  test('a cycle longer than any path', LIMIT, () => {
    const count = 300
    const ring = Array.from({ length: count }, (_, index) => named(`R${index}`))
    const links = ring.map(({ key: own }, index) =>
      issueCa(ring[(index + 1) % count] as TestCertificate, { subject: `R${index}`, key: own, ...BARE }),
    )
    const verdict = judged([issue(ring[0] as TestCertificate, { subject: 'leaf', ...BARE }), ...links])
    expect(verdict.reasons.map(({ reason }) => reason)).toEqual(['path-too-long'])
  })

  test('a mesh: every one issued every other', LIMIT, () => {
    const nodes = Array.from({ length: 18 }, (_, index) => named(`M${index}`))
    const links = nodes.flatMap(({ key: own }, index) =>
      nodes.flatMap((issuer, other) =>
        other === index ? [] : [issueCa(issuer, { subject: `M${index}`, key: own, ...BARE })],
      ),
    )
    const leaf = issue(nodes[0] as TestCertificate, { subject: 'leaf', ...BARE })
    expect(judged([leaf, ...links]).reasons.map(({ reason }) => reason)).toEqual(['budget-exceeded'])
    // With a way out it is found, wherever it is: those that lead to an anchor come first.
    const root = makeCa({ subject: 'Way out' })
    const exit = issueCa(root, { subject: 'M0', key: (nodes[0] as TestCertificate).key, ...BARE })
    expect(judged([leaf, ...links, exit], [root]).trusted).toBe(true)
  })

  test('all of one name, each with a key of its own', LIMIT, () => {
    const many = Array.from({ length: 300 }, () => named('Same'))
    const leaf = issue(many[0] as TestCertificate, { subject: 'leaf', ...BARE })
    expect(judged([leaf, ...many]).reasons.map(({ reason }) => reason)).toEqual(['budget-exceeded'])
  })

  test('all of one name and one key', LIMIT, () => {
    const many = Array.from({ length: 400 }, () => makeCa({ subject: 'Same', key, ...BARE }))
    const leaf = issue(many[0] as TestCertificate, { subject: 'leaf', ...BARE })
    const verdict = judged([leaf, ...many])
    expect(verdict.reasons.map(({ reason }) => reason)).toEqual(['unknown-issuer'])
    expect(verdict.explanation?.used.signatureChecks).toBe(1)
  })

  test('one certificate, many times', LIMIT, () => {
    const mid = issueCa(makeCa({ subject: 'Nowhere' }), { subject: 'Mid', ...BARE })
    const leaf = issue(mid, { subject: 'leaf', ...BARE })
    const verdict = judged([leaf, ...Array.from({ length: 1000 }, () => mid)])
    expect(verdict.reasons.map(({ reason }) => reason)).toEqual(['unknown-issuer'])
    expect(verdict.explanation?.used).toMatchObject({ pathSteps: 1, signatureChecks: 1 })
  })
})

test('hundreds of thousands of certificates that cannot be read', { timeout: 20_000 }, () => {
  const { certificate } = issue(makeCa({ subject: 'Nowhere' }), { subject: 'leaf', ...BARE })
  const none = Uint8Array.of(0)
  const count = 300_000
  const { reasons, warnings } = judge([certificate, ...Array.from({ length: count }, () => none)])
  const unreadable = [reasons, warnings].map((told) => told.filter(({ reason }) => reason === 'malformed').length)
  expect(unreadable).toEqual([count, 0])
})

/** How often DER was entered while `act` ran. */
function sequencesRead(act: () => void): number {
  const { sequence } = DerReader.prototype
  let count = 0
  DerReader.prototype.sequence = function (this: DerReader, ...all) {
    count++
    return sequence.apply(this, all)
  }
  try {
    act()
  } finally {
    DerReader.prototype.sequence = sequence
  }
  return count
}
