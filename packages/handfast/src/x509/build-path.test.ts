import { describe, expect, test } from 'vitest'
import { issueCa, issue, makeCa, makeKey, type TestCertificate } from '../../test/pki.ts'
import { nodeProvider } from '../crypto/node.ts'
import {
  buildPath,
  MAX_PATH_LENGTH,
  MAX_PATH_STEPS,
  MAX_SIGNATURE_CHECKS,
  type PathJudge,
  type PathResult,
  type Problem,
} from './build-path.ts'
import { readCertificate } from './certificate.ts'
import { createTrustStore } from './trust-store.ts'
import { verifyChain } from './verify.ts'

const time = Date.UTC(2026, 0, 1)
const fine: PathJudge = { step: () => null, signature: () => null, path: () => null }

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
    signature: (certificate, issuer) => {
      counted.signatures++
      return judge.signature?.(certificate, issuer) ?? null
    },
    path: (path) => judge.path?.(path) ?? null,
  }
  return counted
}

function build(
  leaf: TestCertificate,
  intermediates: readonly TestCertificate[],
  trusted: readonly TestCertificate[],
  judge: PathJudge = fine,
): PathResult {
  return buildPath({
    leaf: readCertificate(leaf.certificate),
    intermediates: intermediates.map(({ certificate }) => readCertificate(certificate)),
    trust: createTrustStore(trusted.map(({ certificate }) => certificate)),
    time,
    judge,
  })
}

const no = (message: string): Problem => ({ reason: 'host-refused', certificate: null, message })
const subjects = (result: PathResult): string[] | undefined => result.path?.map(({ subjectText }) => subjectText)

const root = makeCa({ subject: 'root' })

describe('order', () => {
  test('anchors come before intermediates', () => {
    const other = makeCa({ subject: 'other' })
    const key = makeKey('ecdsa-p256')
    const anchor = makeCa({ subject: 'mid', key })
    const cross = issueCa(other, { subject: 'mid', key })
    const leaf = issue(anchor, { subject: 'leaf' })
    expect(subjects(build(leaf, [cross, other], [anchor, other]))).toEqual(['CN=leaf', 'CN=mid'])
  })

  test('the key identifier decides, then dates, then age', () => {
    const order = (leaf: TestCertificate, ...issuers: TestCertificate[]): number[] => {
      const tried: number[] = []
      const judge = counting({
        step: (path) => {
          const last = path.at(-1)
          tried.push(
            issuers.findIndex(({ certificate }) => Buffer.compare(certificate, last?.der ?? certificate) === 0),
          )
          return no('none')
        },
      })
      build(leaf, issuers, [], judge)
      return tried
    }
    const right = issueCa(root, { subject: 'mid' })
    const wrong = issueCa(root, { subject: 'mid' })
    const silent = issueCa(root, { subject: 'mid', extensions: [{ oid: '2.5.29.14', value: null }] })
    const leaf = issue(right, { subject: 'leaf' })
    expect(order(leaf, wrong, silent, right)).toEqual([2, 1, 0])
    const blind = issue(right, { subject: 'leaf', authorityKeyIdentifier: null })
    const expired = issueCa(root, { subject: 'mid', notAfter: time - 1000, notBefore: time - 2000 })
    const older = issueCa(root, { subject: 'mid', notBefore: Date.UTC(2019, 0, 1) })
    expect(order(blind, expired, older, right)).toEqual([2, 1, 0])
  })
})

describe('backtracking', () => {
  test('a path the judge refuses as a whole is left for the next', () => {
    const one = makeCa({ subject: 'mid' })
    const two = makeCa({ subject: 'mid' })
    const leaf = issue(one, { subject: 'leaf', authorityKeyIdentifier: null })
    let paths = 0
    const result = build(leaf, [], [one, two], counting({ path: () => (++paths === 1 ? no('first') : null) }))
    expect(paths).toBe(2)
    expect(result.path).toHaveLength(2)
  })

  test('the problem that came furthest is told', () => {
    const mid = issueCa(root, { subject: 'mid' })
    const dead = issueCa(makeCa({ subject: 'nowhere' }), { subject: 'mid' })
    const leaf = issue(mid, { subject: 'leaf', authorityKeyIdentifier: null })
    const judge = counting({ step: (path) => (path.length === 3 ? no('deep') : null) })
    expect(build(leaf, [dead, mid], [root], judge).failure?.problem.message).toBe('deep')
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
    const result = build(leaf, [a, b, aByB, bByA], [root], judge)
    expect(result.path).toBeNull()
    expect(result.failure?.problem.reason).toBe('unknown-issuer')
    expect(judge.steps).toBeLessThan(20)
  })

  test('a signature is checked once, whatever carries the key', () => {
    const key = makeKey('ecdsa-p256')
    const many = Array.from({ length: 10 }, () => issueCa(root, { subject: 'mid', key }))
    const leaf = issue(many[0] as TestCertificate, { subject: 'leaf' })
    const judge = counting({ signature: () => no('bad') })
    build(leaf, many, [root], judge)
    expect(judge.steps).toBe(10)
    expect(judge.signatures).toBe(1)
  })

  test('signature checks are counted', () => {
    const many = Array.from({ length: MAX_SIGNATURE_CHECKS + 20 }, () => issueCa(root, { subject: 'mid' }))
    const leaf = issue(many[0] as TestCertificate, { subject: 'leaf', authorityKeyIdentifier: null })
    const judge = counting({ signature: () => no('bad') })
    const { failure } = build(leaf, many, [root], judge)
    expect(failure?.problem.reason).toBe('budget-exceeded')
    expect(judge.signatures).toBe(MAX_SIGNATURE_CHECKS)
  })

  test('steps are counted: layers of certificates that all sign one another', () => {
    const width = 4
    const keys = Array.from({ length: 12 }, () => makeKey('ed25519'))
    const layers = keys.map((key, layer) =>
      Array.from({ length: width }, (_, index) =>
        issueCa(root, {
          subject: `layer ${layer}`,
          key: index === 0 ? key : makeKey('ed25519'),
          issuerName: nameOf(layer + 1),
        }),
      ),
    )
    const leaf = issue(root, { subject: 'leaf', issuerName: nameOf(0) })
    const judge = counting()
    const { failure } = build(leaf, layers.flat(), [], judge)
    expect(failure?.problem.reason).toBe('budget-exceeded')
    expect(judge.steps).toBeLessThanOrEqual(MAX_PATH_STEPS)
  })

  test('the length of a path is bounded', () => {
    const chain: TestCertificate[] = [root]
    for (let i = 0; i < MAX_PATH_LENGTH; i++)
      chain.push(issueCa(chain.at(-1) as TestCertificate, { subject: `mid ${i}` }))
    const good = issue(chain[MAX_PATH_LENGTH - 2] as TestCertificate, { subject: 'leaf' })
    expect(build(good, chain, [root]).path).toHaveLength(MAX_PATH_LENGTH)
    const long = issue(chain[MAX_PATH_LENGTH - 1] as TestCertificate, { subject: 'leaf' })
    expect(build(long, chain, [root]).failure?.problem.reason).toBe('path-too-long')
  })

  test('the judge of verifyChain ends hostile graphs as well', () => {
    const twins = Array.from({ length: 30 }, () =>
      makeCa({ subject: 'twin', authorityKeyIdentifier: null, subjectKeyIdentifier: Uint8Array.of(1) }),
    )
    const crossed = twins.flatMap((issuer) =>
      twins.slice(0, 5).map(({ key }) => issueCa(issuer, { subject: 'twin', key, authorityKeyIdentifier: null })),
    )
    const leaf = issue(twins[0] as TestCertificate, { subject: 'leaf', authorityKeyIdentifier: null })
    const trust = createTrustStore([root.certificate])
    const chain = [leaf, ...twins, ...crossed].map(({ certificate }) => certificate)
    const verdict = verifyChain({ chain, trust, time, purpose: 'any', provider: nodeProvider })
    expect(verdict.trusted).toBe(false)
    expect(verdict.reasons[0]?.reason).toBe('budget-exceeded')
  })
})

function nameOf(layer: number): Uint8Array {
  return makeCa({ subject: `layer ${layer}` }).name
}
