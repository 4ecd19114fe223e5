import { describe, expect, test } from 'vitest'
import { issue, issueCa, makeCa, makeKey, type TestCertificate, type TestKey } from '../../test/pki.ts'
import { writeContext, writeContextPrimitive, writeElement, writeSequence } from '../asn1/der-writer.ts'
import { type Budgets, DEFAULT_BUDGETS, Meter, readBudgets } from './budget.ts'
import { buildPath, type PathJudge, type PathResult } from './build-path.ts'
import { readCertificate } from './certificate.ts'
import { IssuerCandidates } from './issuer-candidates.ts'
import type { Problem } from './rules/rule.ts'
import { createTrustStore } from './trust-store.ts'

const time = Date.UTC(2026, 0, 1)

interface Counted extends PathJudge {
  steps: number
  signatures: number
}

function counting(judge: Partial<PathJudge> = {}): Counted {
  const counted: Counted = {
    steps: 0,
    signatures: 0,
    step: (path, isAnchor) => {
      counted.steps++
      return judge.step?.(path, isAnchor) ?? null
    },
    signerOf: judge.signerOf ?? ((certificate) => certificate),
    signature: (certificate, issuer, signer) => {
      counted.signatures++
      return judge.signature?.(certificate, issuer, signer) ?? null
    },
    path: (path) => judge.path?.(path) ?? null,
  }
  return counted
}

interface Options {
  readonly judge?: PathJudge
  readonly budgets?: Partial<Budgets>
  readonly maxIntermediates?: number
  /** How many of the intermediates were presented. */
  readonly presented?: number
}

function build(
  leaf: TestCertificate,
  intermediates: readonly TestCertificate[],
  trusted: readonly TestCertificate[],
  { judge = counting(), budgets, maxIntermediates, presented = intermediates.length }: Options = {},
): PathResult {
  const certificates = intermediates.map(({ certificate }) => readCertificate(certificate))
  const trust = createTrustStore(trusted.map(({ certificate }) => certificate))
  return buildPath({
    leaf: readCertificate(leaf.certificate),
    candidates: new IssuerCandidates(trust, certificates, presented, time),
    judge,
    meter: new Meter(readBudgets(budgets)),
    signatures: new Map(),
    maxIntermediates: maxIntermediates ?? null,
  })
}

const no = (message: string): Problem => ({ reason: 'host-refused', certificate: null, message })
const subjects = (result: PathResult): string[] | undefined => result.path?.map(({ subjectText }) => subjectText)

const root = makeCa({ subject: 'root' })

/** The order in which `issuers` are tried. */
function order(leaf: TestCertificate, issuers: readonly TestCertificate[], options: Options = {}): number[] {
  const tried: number[] = []
  const judge = counting({
    step: (path) => {
      const last = path.at(-1)
      tried.push(issuers.findIndex(({ certificate }) => Buffer.compare(certificate, last?.der ?? certificate) === 0))
      return no('none')
    },
  })
  build(leaf, issuers, [root], { ...options, judge })
  return tried
}

describe('order', () => {
  test('anchors come before intermediates', () => {
    const other = makeCa({ subject: 'other' })
    const key = makeKey('ecdsa-p256')
    const anchor = makeCa({ subject: 'mid', key })
    const cross = issueCa(other, { subject: 'mid', key })
    const leaf = issue(anchor, { subject: 'leaf' })
    expect(subjects(build(leaf, [cross, other], [anchor, other]))).toEqual(['CN=leaf', 'CN=mid'])
  })

  test('an anchor that has another key by its own account comes behind', () => {
    const anchor = makeCa({ subject: 'mid' })
    const mid = issueCa(root, { subject: 'mid' })
    const leaf = issue(mid, { subject: 'leaf' })
    const judge = counting()
    expect(subjects(build(leaf, [mid], [anchor, root], { judge }))).toEqual(['CN=leaf', 'CN=mid', 'CN=root'])
    expect(judge.steps).toBe(2)
  })

  test('the key identifier decides, then dates, then age', () => {
    const right = issueCa(root, { subject: 'mid' })
    const wrong = issueCa(root, { subject: 'mid' })
    const silent = issueCa(root, { subject: 'mid', extensions: [{ oid: '2.5.29.14', value: null }] })
    const leaf = issue(right, { subject: 'leaf' })
    expect(order(leaf, [wrong, silent, right])).toEqual([2, 1, 0])
    const blind = issue(right, { subject: 'leaf', authorityKeyIdentifier: null })
    const expired = issueCa(root, { subject: 'mid', notAfter: time - 1000, notBefore: time - 2000 })
    const older = issueCa(root, { subject: 'mid', notBefore: Date.UTC(2019, 0, 1) })
    expect(order(blind, [expired, older, right])).toEqual([2, 1, 0])
  })

  test('authorityCertIssuer and serial number decide among certificates of one key', () => {
    const key = makeKey('ecdsa-p256')
    const other = makeCa({ subject: 'other' })
    const [one, two] = [issueCa(other, { subject: 'mid', key }), issueCa(root, { subject: 'mid', key })]
    const naming = (issuer: TestCertificate, name: Uint8Array): Uint8Array =>
      writeSequence(
        writeContextPrimitive(0, issuer.keyIdentifier),
        writeContext(1, writeContext(4, name)),
        writeElement(0x82, readCertificate(issuer.certificate).serialNumber),
      )
    const leafNaming = (issuer: TestCertificate, name: Uint8Array): TestCertificate =>
      issue(issuer, { subject: 'leaf', extensions: [{ oid: '2.5.29.35', value: naming(issuer, name) }] })
    expect(order(leafNaming(one, other.name), [one, two])).toEqual([0, 1])
    expect(order(leafNaming(two, root.name), [one, two])).toEqual([1, 0])
    // Named after none of them: the one that leads to an anchor.
    expect(order(leafNaming(one, root.name), [one, two])).toEqual([1, 0])
  })

  test('those presented come before those at hand', () => {
    const [one, two] = [issueCa(root, { subject: 'mid' }), issueCa(root, { subject: 'mid' })]
    const leaf = issue(one, { subject: 'leaf', authorityKeyIdentifier: null })
    expect(order(leaf, [one, two], { presented: 1 })).toEqual([0, 1])
    expect(order(leaf, [two, one], { presented: 1 })).toEqual([0, 1])
  })

  test('those that are nearer to an anchor come first, however the others go round', () => {
    const count = 10
    const nodes = Array.from({ length: count }, (_, index) => makeCa({ subject: `node ${index}` }))
    const certify = (of: number, by: TestCertificate, year: number): TestCertificate =>
      issueCa(by, { subject: `node ${of}`, key: nodes[of]?.key as TestKey, notBefore: Date.UTC(year, 0, 1) })
    const onward = nodes.map((_, index) => certify(index, nodes[index + 1] ?? root, 2021))
    // Each is certified by all further down as well, and these certificates are newer.
    const back = nodes.flatMap((_, of) => nodes.slice(0, of).map((by) => certify(of, by, 2025)))
    const judge = counting()
    const result = build(issue(nodes[0] as TestCertificate, { subject: 'leaf' }), [...back, ...onward], [root], {
      judge,
    })
    expect(result.path).toHaveLength(count + 2)
    expect(judge.steps).toBe(count + 1)
    // What is expired is no way to an anchor.
    const short = issueCa(root, { subject: 'node 0', key: nodes[0]?.key as TestKey, notAfter: time - 1000 })
    const all = [...back, ...onward, short]
    expect(build(issue(nodes[0] as TestCertificate, { subject: 'leaf' }), all, [root]).path).toHaveLength(count + 2)
  })

  test('those that lead to an anchor come before those that lead elsewhere', () => {
    const elsewhere = issueCa(makeCa({ subject: 'elsewhere' }), { subject: 'mid', notBefore: Date.UTC(2025, 0, 1) })
    const right = issueCa(root, { subject: 'mid' })
    const leaf = issue(right, { subject: 'leaf', authorityKeyIdentifier: null })
    expect(order(leaf, [elsewhere, right])).toEqual([1, 0])
  })
})

describe('backtracking', () => {
  test('a path the judge refuses as a whole is left for the next', () => {
    const one = makeCa({ subject: 'mid' })
    const two = makeCa({ subject: 'mid' })
    const leaf = issue(one, { subject: 'leaf', authorityKeyIdentifier: null })
    let paths = 0
    const judge = counting({ path: () => (++paths === 1 ? no('first') : null) })
    const result = build(leaf, [], [one, two], { judge })
    expect(paths).toBe(2)
    expect(result.path).toHaveLength(2)
    expect(result.tried.map(({ path, complete, problem }) => [path.length, complete, problem.message])).toEqual([
      [2, true, 'first'],
    ])
  })

  test('the problem that came furthest is told', () => {
    const mid = issueCa(root, { subject: 'mid' })
    const dead = issueCa(makeCa({ subject: 'nowhere' }), { subject: 'mid' })
    const leaf = issue(mid, { subject: 'leaf', authorityKeyIdentifier: null })
    const judge = counting({ step: (path) => (path.length === 3 ? no('deep') : null) })
    expect(build(leaf, [dead, mid], [root], { judge }).failure?.message).toBe('deep')
  })

  test('of a complete path more than of a long one', () => {
    const mid = issueCa(root, { subject: 'mid' })
    const deep = issueCa(issueCa(root, { subject: 'top' }), { subject: 'mid' })
    const leaf = issue(mid, { subject: 'leaf', authorityKeyIdentifier: null })
    const judge = counting({ path: ({ length }) => (length === 3 ? no('complete') : null) })
    expect(build(leaf, [deep, mid], [root], { judge }).failure?.message).toBe('complete')
  })

  test('what its issuer revoked is not tried again under the same key, and is told before the budget', () => {
    const key = makeKey('ecdsa-p256')
    const top = issueCa(root, { subject: 'top' })
    const tops = Array.from({ length: 10 }, () => issueCa(root, { subject: 'top', key: top.key }))
    const mids = Array.from({ length: 10 }, () => issueCa(top, { subject: 'mid', key }))
    const leaf = issue(mids[0] as TestCertificate, { subject: 'leaf' })
    const revoking = (): Counted =>
      counting({ path: ([certificate = null]) => ({ reason: 'revoked', certificate, message: 'revoked' }) })
    const judge = revoking()
    const result = build(leaf, [...mids, ...tops], [root], { judge })
    // Three up to the root, and each other certificate of the same key once.
    expect([judge.steps, result.failure?.message, result.exceeded]).toEqual([12, 'revoked', null])
    const few = build(leaf, [...mids, ...tops], [root], { judge: revoking(), budgets: { pathSteps: 5 } })
    expect([few.failure?.reason, few.exceeded?.reason]).toEqual(['revoked', 'budget-exceeded'])
  })

  test('what one issuer revoked may be vouched for by another of its name', () => {
    const [one, two] = [makeCa({ subject: 'mid' }), makeCa({ subject: 'mid' })]
    const leaf = issue(one, { subject: 'leaf', authorityKeyIdentifier: null })
    let paths = 0
    const judge = counting({
      path: ([certificate = null]) => (++paths === 1 ? { reason: 'revoked', certificate, message: 'revoked' } : null),
    })
    expect(build(leaf, [], [one, two], { judge }).path).toHaveLength(2)
  })

  test('from where nothing leads on is searched once, whatever leads there', () => {
    const dead = issueCa(makeCa({ subject: 'nowhere' }), { subject: 'dead' })
    const many = Array.from({ length: 10 }, () => issueCa(dead, { subject: 'mid' }))
    const leaf = issue(many[0] as TestCertificate, { subject: 'leaf', authorityKeyIdentifier: null })
    const judge = counting()
    const result = build(leaf, [...many, dead], [root], { judge })
    // Each of the ten, and the dead end once.
    expect(judge.steps).toBe(11)
    expect(result.tried).toHaveLength(10)
    for (const { path, problem } of result.tried) {
      expect(path.map(({ subjectText }) => subjectText)).toEqual(['CN=leaf', 'CN=mid', 'CN=dead'])
      expect(problem.message).toContain("no certificate of 'CN=nowhere' was found")
    }
    expect([...result.orphans].map(({ subjectText }) => subjectText)).toEqual(['CN=dead'])
  })
})

describe('keys that lack parameters', () => {
  /** As if the certificates of these names had keys that need their issuer's. */
  const lacking = (names: readonly string[], judge: Partial<PathJudge> = {}): Counted =>
    counting({
      signerOf: (certificate, issuer) => (names.includes(certificate.subjectText) ? issuer : certificate),
      ...judge,
    })
  const top = issueCa(root, { subject: 'top' })
  const mid = issueCa(top, { subject: 'mid' })
  const leaf = issue(mid, { subject: 'leaf' })

  test('are used once those above supply them, and none is skipped', () => {
    const checked: string[] = []
    const judge = lacking(['CN=mid', 'CN=top'], {
      signature: (certificate, issuer, signer) => {
        checked.push([certificate.subjectText, issuer.subjectText, signer === issuer ? 'own' : 'completed'].join(' '))
        return null
      },
    })
    expect(build(leaf, [mid, top], [root], { judge }).path).toHaveLength(4)
    expect(checked).toEqual(['CN=top CN=root own', 'CN=mid CN=top completed', 'CN=leaf CN=mid completed'])
  })

  test('a bad signature among those that waited is found', () => {
    const judge = lacking(['CN=mid', 'CN=top'], {
      signature: (certificate) =>
        certificate.subjectText === 'CN=leaf' ? { reason: 'bad-signature', certificate, message: 'bad' } : null,
    })
    expect(build(leaf, [mid, top], [root], { judge }).failure?.message).toBe('bad')
  })

  test('are refused if no one supplies them', () => {
    const judge = lacking(['CN=mid', 'CN=top', 'CN=root'])
    const { path, failure } = build(leaf, [mid, top], [root], { judge })
    expect([path, failure?.reason]).toEqual([null, 'unsupported-public-key'])
  })
})

describe('bounds', () => {
  test('a certificate is in a path once, and so are a name and a key', () => {
    const keyA = makeKey('ecdsa-p256')
    const keyB = makeKey('ecdsa-p256')
    const a = makeCa({ subject: 'A', key: keyA })
    const b = makeCa({ subject: 'B', key: keyB })
    const aByB = issueCa(b, { subject: 'A', key: keyA })
    const bByA = issueCa(a, { subject: 'B', key: keyB })
    const leaf = issue(a, { subject: 'leaf' })
    const judge = counting()
    const result = build(leaf, [a, b, aByB, bByA], [root], { judge })
    expect(result.path).toBeNull()
    expect(result.failure?.reason).toBe('unknown-issuer')
    expect(judge.steps).toBeLessThan(20)
  })

  test('a signature is checked once, whatever carries the key', () => {
    const key = makeKey('ecdsa-p256')
    const many = Array.from({ length: 10 }, () => issueCa(root, { subject: 'mid', key }))
    const leaf = issue(many[0] as TestCertificate, { subject: 'leaf' })
    const judge = counting({ signature: () => no('bad') })
    build(leaf, many, [root], { judge })
    expect(judge.steps).toBe(10)
    expect(judge.signatures).toBe(1)
  })

  test.each([DEFAULT_BUDGETS.signatureChecks, 3])('signature checks are counted: %d', (signatureChecks) => {
    const many = Array.from({ length: signatureChecks + 20 }, () => issueCa(root, { subject: 'mid' }))
    const leaf = issue(many[0] as TestCertificate, { subject: 'leaf', authorityKeyIdentifier: null })
    const judge = counting({ signature: () => no('bad') })
    const { failure } = build(leaf, many, [root], { judge, budgets: { signatureChecks } })
    expect(failure?.reason).toBe('budget-exceeded')
    expect(failure?.message).toContain(`budget signatureChecks: ${signatureChecks} signature checks`)
    expect(judge.signatures).toBe(signatureChecks)
  })

  test.each([DEFAULT_BUDGETS.pathSteps, 10])('steps are counted: %d', (pathSteps) => {
    // Layers of certificates that all sign one another, and each layer the first.
    const layers = Array.from({ length: 8 }, (_, layer) =>
      Array.from({ length: 4 }, () =>
        issueCa(root, { subject: `layer ${layer}`, key: makeKey('ed25519'), issuerName: nameOf((layer + 1) % 8) }),
      ),
    )
    const leaf = issue(root, { subject: 'leaf', issuerName: nameOf(0) })
    const judge = counting()
    const { failure, tried, triedBeyond } = build(leaf, layers.flat(), [], { judge, budgets: { pathSteps } })
    expect(failure?.reason).toBe('budget-exceeded')
    expect(failure?.message).toContain(`budget pathSteps: ${pathSteps} steps`)
    expect(judge.steps).toBeLessThanOrEqual(pathSteps)
    expect(tried.length).toBeLessThanOrEqual(DEFAULT_BUDGETS.triedPaths)
    if (pathSteps > 100) expect(triedBeyond).toBeGreaterThan(0)
  })

  test('failed paths are kept within their budget, the first first', () => {
    const many = Array.from({ length: 10 }, (_, index) =>
      issueCa(root, { subject: 'mid', notBefore: Date.UTC(2020, 0, 1 + index) }),
    )
    const leaf = issue(many[0] as TestCertificate, { subject: 'leaf', authorityKeyIdentifier: null })
    const judge = counting({ step: (path) => no(new Date(path.at(-1)?.notBefore ?? 0).toISOString()) })
    const { tried, triedBeyond } = build(leaf, many, [root], { judge, budgets: { triedPaths: 3 } })
    expect(tried.map(({ problem }) => problem.message.slice(0, 10))).toEqual(['2020-01-10', '2020-01-09', '2020-01-08'])
    expect(triedBeyond).toBe(7)
  })

  test.each([DEFAULT_BUDGETS.pathLength, 4])('the length of a path is bounded: %d', (pathLength) => {
    const chain: TestCertificate[] = [root]
    for (let i = 0; i < pathLength; i++) chain.push(issueCa(chain.at(-1) as TestCertificate, { subject: `mid ${i}` }))
    const good = issue(chain[pathLength - 2] as TestCertificate, { subject: 'leaf' })
    expect(build(good, chain, [root], { budgets: { pathLength } }).path).toHaveLength(pathLength)
    const long = issue(chain[pathLength - 1] as TestCertificate, { subject: 'leaf' })
    const { failure } = build(long, chain, [root], { budgets: { pathLength } })
    expect(failure?.reason).toBe('path-too-long')
    expect(failure?.message).toContain(`${pathLength} certificates (budget pathLength)`)
  })

  test('a longer path is given up, a shorter one found', () => {
    const key = makeKey('ecdsa-p256')
    const long = issueCa(issueCa(root, { subject: 'top' }), { subject: 'mid', key, notBefore: Date.UTC(2025, 0, 1) })
    const top = issueCa(root, { subject: 'top' })
    const short = issueCa(root, { subject: 'mid', key })
    const leaf = issue(short, { subject: 'leaf' })
    expect(build(leaf, [long, top, short], [root], { budgets: { pathLength: 3 } }).path).toHaveLength(3)
  })

  test('intermediates are bounded by the policy, self-issued ones not counted', () => {
    const top = issueCa(root, { subject: 'top' })
    const rolled = issueCa(top, { subject: 'top' })
    const mid = issueCa(rolled, { subject: 'mid' })
    const below = issue(rolled, { subject: 'leaf' })
    expect(build(below, [top, rolled], [root], { maxIntermediates: 1 }).path).toHaveLength(4)
    expect(build(below, [top, rolled], [root], { maxIntermediates: 0 }).failure?.reason).toBe('path-too-long')
    const deep = issue(mid, { subject: 'leaf' })
    expect(build(deep, [top, rolled, mid], [root], { maxIntermediates: 1 }).failure?.reason).toBe('path-too-long')
    expect(build(deep, [top, rolled, mid], [root], { maxIntermediates: 2 }).path).toHaveLength(5)
    expect(build(issue(root, { subject: 'leaf' }), [], [root], { maxIntermediates: 0 }).path).toHaveLength(2)
  })
})

function nameOf(layer: number): Uint8Array {
  return makeCa({ subject: `layer ${layer}` }).name
}
