/** What trust anchors are held to, by the rules of their store; leaves as anchors; anchors in more than one edition. */

import { describe, expect, test } from 'vitest'
import { issue, issueCa, type IssueOptions, makeCa, makeKey, selfSign, type TestCertificate } from '../../test/pki.ts'
import { writeNull, writeOid, writeSequence } from '../asn1/der-writer.ts'
import { nodeProvider } from '../crypto/node.ts'
import type { CryptoProvider } from '../crypto/provider.ts'
import type { Budgets } from './budget.ts'
import { readCertificate } from './certificate.ts'
import { createKeySet } from './key-set.ts'
import { type AnchorRules, BARE_ANCHOR_RULES, createTrustStore, DEFAULT_ANCHOR_RULES } from './trust-store.ts'
import { createPolicy } from './validation-policy.ts'
import type { Verdict } from './verdict.ts'
import { verifyChain } from './verify.ts'

const time = Date.UTC(2026, 0, 1)
const day = 86_400_000

function judge(
  chain: readonly TestCertificate[],
  trusted: readonly TestCertificate[],
  anchors: Partial<AnchorRules> = {},
): Verdict {
  return verifyChain({
    chain: chain.map(({ certificate }) => certificate),
    trust: createTrustStore(
      trusted.map(({ certificate }) => certificate),
      { anchors },
    ),
    time,
    purpose: 'server',
    provider: nodeProvider,
  })
}

const told = ({ reasons }: Verdict): string[] => reasons.map(({ reason, certificate }) => `${reason}@${certificate}`)

const BREACHES: readonly (readonly [what: string, reason: string, options: IssueOptions, rule: keyof AnchorRules])[] = [
  ['expired', 'expired@null', { notAfter: time - day }, 'dates'],
  ['not yet valid', 'not-yet-valid@null', { notBefore: time + day }, 'dates'],
  ['for another purpose', 'extended-key-usage@null', { usage: 'client' }, 'constraints'],
  ['without keyCertSign', 'key-usage@null', { keyUsage: ['cRLSign'] }, 'constraints'],
  ['for shorter paths', 'path-too-long@null', { pathLength: 0 }, 'constraints'],
  ['for other names', 'name-constraint@0', { permitted: ['DNS:example.org'] }, 'constraints'],
  [
    'with a critical extension that is not known',
    'unknown-critical-extension@null',
    { extensions: [{ oid: '1.2.3.4', critical: true, value: writeNull() }] },
    'constraints',
  ],
  ['without basicConstraints', 'not-a-ca@null', { isCa: null, keyUsage: ['keyCertSign'] }, 'basicConstraints'],
]

describe.each(BREACHES)('an anchor that is %s', (_, reason, options, rule) => {
  const root = makeCa({ subject: 'Root', ...options })
  const sub = issueCa(root, { subject: 'Sub' })
  const chain = [issue(sub, { dnsNames: ['example.com'], subject: 'leaf' }), sub]

  test('is held to it', () => {
    expect(told(judge(chain, [root]))).toEqual([reason])
    expect(told(judge(chain, [root], { ...BARE_ANCHOR_RULES, constraints: true, [rule]: true }))).toEqual([reason])
  })

  test('is not if the store says so', () => {
    expect(judge(chain, [root], { [rule]: false }).trusted).toBe(true)
    expect(judge(chain, [root], BARE_ANCHOR_RULES).trusted).toBe(true)
  })
})

test('an anchor that says it is no CA is held to that as to its other constraints', () => {
  const root = makeCa({ subject: 'Root', isCa: false })
  const chain = [issue(root, { subject: 'leaf' })]
  expect(told(judge(chain, [root]))).toEqual(['not-a-ca@null'])
  expect(told(judge(chain, [root], { basicConstraints: false }))).toEqual(['not-a-ca@null'])
  expect(judge(chain, [root], BARE_ANCHOR_RULES).trusted).toBe(true)
})

describe('the leaf as anchor', () => {
  const root = makeCa({ subject: 'Root' })
  const leaf = issue(root, { subject: 'leaf' })
  const own = selfSign({ subject: 'own' })

  test('needs no issuer', () => {
    for (const one of [leaf, own]) {
      const verdict = judge([one], [one])
      expect([verdict.trusted, verdict.path.length]).toEqual([true, 1])
      expect(verdict.explanation).toMatchObject({
        revocation: [],
        timestamps: [],
        tried: [],
        policies: [],
      })
    }
  })

  test('is none where the store says so, and may still have an issuer', () => {
    expect(told(judge([leaf], [leaf], { leaf: false }))).toEqual(['unknown-issuer@0'])
    expect(told(judge([own], [own], { leaf: false }))).toEqual(['self-signed@0'])
    expect(judge([leaf], [leaf, root], { leaf: false }).path).toHaveLength(2)
  })

  test('is held to all that a leaf is, whatever its store says of anchors', () => {
    const expired = selfSign({ subject: 'own', notAfter: time - day })
    expect(told(judge([expired], [expired], { ...BARE_ANCHOR_RULES, leaf: true }))).toEqual(['expired@0'])
    const client = selfSign({ subject: 'own', usage: 'client' })
    expect(told(judge([client], [client], { ...BARE_ANCHOR_RULES, leaf: true }))).toEqual(['extended-key-usage@0'])
  })

  test('may have to be self-signed', () => {
    expect(judge([own], [own], { selfSigned: true }).trusted).toBe(true)
    expect(told(judge([leaf], [leaf], { selfSigned: true }))).toEqual(['unknown-issuer@0'])
    const broken = selfSign({ subject: 'own', breakSignature: true })
    expect(judge([broken], [broken]).trusted).toBe(true)
    expect(judge([broken], [broken], { selfSigned: true }).trusted).toBe(false)
  })

  test('may be all that a store trusts', () => {
    const leaves = { issuer: false }
    expect(judge([leaf], [leaf, root], leaves).path).toHaveLength(1)
    expect(told(judge([issue(root, { subject: 'x' }), root], [root], leaves))).toEqual(['unknown-issuer@1'])
  })

  test('whose path a rule refuses is looked for an issuer', () => {
    const hash = (one: TestCertificate): string =>
      Buffer.from(nodeProvider.hashes.sha256.digest(one.key.subjectPublicKeyInfo)).toString('hex')
    const pins = { name: 'pins', date: null, size: 1, has: (text: string) => text === hash(root) }
    const request = { time, purpose: 'server', provider: nodeProvider, pins, chain: [leaf.certificate] } as const
    const alone = verifyChain({ ...request, trust: createTrustStore([leaf.certificate]) })
    expect(told(alone)[0]).toMatch(/^pin-mismatch@/)
    const both = verifyChain({ ...request, trust: createTrustStore([leaf.certificate, root.certificate]) })
    expect([both.trusted, both.path.length]).toEqual([true, 2])
  })

  test('is a leaf like others under another anchor: held to what anchors are not', () => {
    const rsa = makeCa({ subject: 'Root', keyType: 'rsa-2048' })
    const weak = issue(rsa, { subject: 'leaf', signatureAlgorithm: { kind: 'rsa-pkcs1', hash: 'sha1' } })
    const hash = readCertificate(rsa.certificate).publicKeyHash(nodeProvider.hashes.sha256)
    const pins = createKeySet({ name: 'pins', hashes: [hash] })
    const verdict = verifyChain({
      chain: [weak.certificate],
      trust: createTrustStore([weak.certificate, rsa.certificate]),
      time,
      purpose: 'server',
      provider: nodeProvider,
      pins,
    })
    expect([verdict.trusted, told(verdict)]).toEqual([false, ['weak-signature-algorithm@0']])
  })

  test('has the policies that it states, and one of those required', () => {
    const stating = (...oids: string[]): TestCertificate =>
      selfSign({
        subject: 'own',
        extensions: [{ oid: '2.5.29.32', value: writeSequence(...oids.map((oid) => writeSequence(writeOid(oid)))) }],
      })
    const ask = (one: TestCertificate, requireExplicitPolicy: boolean): [boolean, readonly string[] | undefined] => {
      const { trusted, explanation } = verifyChain({
        chain: [one.certificate],
        trust: createTrustStore([one.certificate]),
        time,
        purpose: 'server',
        provider: nodeProvider,
        policy: createPolicy('tls', { certificatePolicies: { requireExplicitPolicy, initialPolicySet: ['1.2.3.4'] } }),
      })
      return [trusted, explanation?.policies]
    }
    expect(ask(own, false)).toEqual([true, []])
    expect(ask(own, true)).toEqual([false, []])
    expect(ask(stating('1.2.3.5'), true)).toEqual([false, []])
    expect(ask(stating('1.2.3.5', '1.2.3.4'), true)).toEqual([true, ['1.2.3.4']])
    expect(ask(stating('2.5.29.32.0'), true)).toEqual([true, ['1.2.3.4']])
  })
})

describe('an anchor that signed itself under another name, and does not say by which key', () => {
  const key = makeKey('ecdsa-p256')
  const anchor = issueCa(makeCa({ subject: 'Other', key }), { subject: 'Anchor', key, authorityKeyIdentifier: null })
  const leaf = issue(anchor, { subject: 'leaf' })
  const trust = createTrustStore([anchor.certificate])
  const ask = (provider: CryptoProvider, budgets: Partial<Budgets> = {}): Verdict =>
    verifyChain({
      chain: [leaf.certificate],
      trust,
      time,
      purpose: 'server',
      provider,
      budgets,
      policy: createPolicy('tls', { rules: { 'authority-key-identifier': 'refuse' } }),
    })

  test('need not, whatever another provider made of its signature', () => {
    const blind = { ...nodeProvider, verify: () => false }
    expect(ask(blind).trusted).toBe(false)
    expect(told(ask(nodeProvider))).toEqual([])
  })

  test('is found out within the budget', () => {
    expect(ask(nodeProvider).explanation?.used.signatureChecks).toBe(2)
    expect(told(ask(nodeProvider, { signatureChecks: 1 }))).toContain('budget-exceeded@null')
  })
})

describe('anchors in more than one edition', () => {
  const key = makeKey('ecdsa-p256')
  const root = makeCa({ subject: 'Root', key })
  const sub = issueCa(root, { subject: 'Sub' })
  const leaf = issue(sub, { subject: 'leaf' })

  test('a root in the chain that was issued again is the anchor by name and key', () => {
    const again = makeCa({ subject: 'Root', key, notBefore: Date.UTC(2025, 0, 1) })
    const verdict = judge([leaf, sub, again], [root])
    expect([verdict.trusted, verdict.path.at(-1)?.der]).toEqual([true, root.certificate])
    const expired = makeCa({ subject: 'Root', key, notAfter: time - day })
    expect(judge([leaf, sub, expired], [root]).trusted).toBe(true)
  })

  test('a root that is in the chain as cross-certificate of another', () => {
    const other = makeCa({ subject: 'Other' })
    const cross = issueCa(other, { subject: 'Root', key })
    expect(judge([leaf, sub, cross], [root]).path).toHaveLength(3)
    expect(judge([leaf, sub, cross], [other]).path).toHaveLength(4)
    const expired = makeCa({ subject: 'Root', key, notAfter: time - day })
    expect(judge([leaf, sub, cross], [expired, other]).path.at(-1)?.der).toEqual(other.certificate)
  })

  test('of two anchors of one name and key the one that holds', () => {
    const expired = makeCa({ subject: 'Root', key, notAfter: time - day })
    expect(judge([leaf, sub], [expired, root]).path.at(-1)?.der).toEqual(root.certificate)
  })

  test('a self-signed leaf under an anchor of its name and key', () => {
    const own = makeCa({ subject: 'Root', key, isCa: false, usage: 'server' })
    const verdict = judge([own], [root])
    expect([verdict.trusted, verdict.path.length]).toEqual([true, 2])
  })
})

test('a store tells what its anchors are held to', () => {
  const root = makeCa({ subject: 'Root' })
  const anchor = readCertificate(root.certificate)
  expect(createTrustStore([anchor]).rulesOf(anchor)).toEqual(DEFAULT_ANCHOR_RULES)
  expect(createTrustStore([anchor], { anchors: { dates: false } }).rulesOf(anchor)).toEqual({
    ...DEFAULT_ANCHOR_RULES,
    dates: false,
  })
})
