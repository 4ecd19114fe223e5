/** Revocation and transparency in a verdict: evidence read, paths left for it, signers' own paths, budgets. */

import { describe, expect, test } from 'vitest'
import { issueWithTimestamps, makeLog, writeLogList } from '../../test/log-maker.ts'
import { makeOcspResponse, OCSP_TIME } from '../../test/ocsp-maker.ts'
import { issue, issueCa, type IssueOptions, makeCa, makeKey, type TestCertificate } from '../../test/pki.ts'
import { freshCrl } from '../../test/revocation-data.ts'
import { writeContext, writeIa5String, writeInteger, writeOid, writeSequence } from '../asn1/der-writer.ts'
import { writePem } from '../asn1/pem.ts'
import { nodeProvider } from '../crypto/node.ts'
import { readLogList } from './transparency/log-list.ts'
import { createTrustStore } from './trust-store.ts'
import { createPolicy, type RevocationPolicy, type Severity, type ValidationPolicy } from './validation-policy.ts'
import type { Verdict, VerifyRequest } from './verdict.ts'
import { verifyChain } from './verify.ts'

const time = OCSP_TIME + 3_600_000
const thisUpdate = OCSP_TIME
const root = makeCa({ subject: 'Root' })
const sub = issueCa(root, { subject: 'Sub' })
const leaf = issue(sub, { subject: 'leaf', dnsNames: ['example.com'] })

interface Given extends Partial<Omit<VerifyRequest, 'chain' | 'policy'>> {
  readonly revocation?: Partial<RevocationPolicy>
  readonly severity?: Severity
}

function judge(
  chain: readonly TestCertificate[],
  { revocation = {}, severity = 'refuse', ...rest }: Given = {},
): Verdict {
  return verifyChain({
    chain: chain.map(({ certificate }) => certificate),
    trust: createTrustStore([root.certificate]),
    time,
    purpose: 'server',
    provider: nodeProvider,
    policy: createPolicy('tls', { revocation, rules: { revocation: severity } }),
    ...rest,
  })
}

const told = ({ reasons }: Verdict): string[] =>
  reasons.map(({ reason, certificate, rule }) => `${reason}@${certificate} ${rule}`)
const statuses = ({ explanation }: Verdict): string[] | undefined =>
  explanation?.revocation.map(({ status, source }) => `${status} ${source}`)
const crlOf = (issuer: TestCertificate, ...revoked: TestCertificate[]): Uint8Array =>
  freshCrl(issuer, revoked, { thisUpdate })

describe('revocation', () => {
  const fine = [crlOf(root), crlOf(sub)]

  test('by CRLs: what was found is told for each certificate but the anchor', () => {
    const verdict = judge([leaf, sub], { crls: fine })
    expect([verdict.trusted, statuses(verdict)]).toEqual([true, ['good crl', 'good crl']])
    expect(told(judge([leaf, sub], { crls: [crlOf(root), crlOf(sub, leaf)] }))).toEqual(['revoked@0 revocation'])
    expect(told(judge([leaf, sub], { crls: [crlOf(root, sub), crlOf(sub)] }))).toEqual(['revoked@1 revocation'])
  })

  test('CRLs and OCSP responses of files in PEM, several in one', () => {
    const pem = (label: string, ...ders: readonly Uint8Array[]): Uint8Array =>
      new TextEncoder().encode(ders.map((der) => writePem(label, der)).join('and a remark\n'))
    const lists = pem('X509 CRL', crlOf(root), crlOf(sub, leaf))
    const read = judge([leaf, sub], { crls: [lists] })
    expect([told(read), read.warnings]).toEqual([['revoked@0 revocation'], []])
    const response = makeOcspResponse({ signer: sub, responses: [{ certificate: leaf.certificate, issuer: sub }] })
    expect(statuses(judge([leaf, sub], { ocspResponses: [pem('OCSP RESPONSE', response)] }))?.[0]).toBe('good ocsp')
    // What was stapled is from the wire, where there is no PEM; and a file of something else is none.
    expect(judge([leaf, sub], { stapled: [pem('OCSP RESPONSE', response)] }).warnings).toHaveLength(1)
    const other = judge([leaf, sub], { crls: [pem('CERTIFICATE', leaf.certificate), lists] })
    expect([told(other), other.warnings.length]).toEqual([['revoked@0 revocation'], 1])
    expect(other.warnings[0]?.message).toMatch(/^crls\[0\]: /)
  })

  test('by OCSP responses, given or stapled', () => {
    const good = makeOcspResponse({ signer: sub, responses: [{ certificate: leaf.certificate, issuer: sub }] })
    const responses = [{ certificate: leaf.certificate, issuer: sub, status: 'revoked' as const }]
    const revoked = makeOcspResponse({ signer: sub, responses })
    expect(statuses(judge([leaf, sub], { ocspResponses: [good] }))?.[0]).toBe('good ocsp')
    expect(statuses(judge([leaf, sub], { stapled: [good] }))?.[0]).toBe('good stapled-ocsp')
    expect(told(judge([leaf, sub], { ocspResponses: [revoked] }))).toEqual(['revoked@0 revocation'])
    expect(told(judge([leaf, sub], { stapled: [revoked] }))).toEqual(['revoked@0 revocation'])
  })

  test('can warn, and can be off', () => {
    const crls = [crlOf(root), crlOf(sub, leaf)]
    const warned = judge([leaf, sub], { crls, severity: 'warn' })
    expect(warned.trusted).toBe(true)
    expect(warned.warnings).toContainEqual(expect.objectContaining({ reason: 'revoked', rule: 'revocation' }))
    expect(judge([leaf, sub], { crls, revocation: { mode: 'off' } }).trusted).toBe(true)
    const policy = createPolicy('tls', { rules: { revocation: 'ignore', 'must-staple': 'ignore' } })
    const ignored = verifyChain({
      chain: leaf.chain,
      trust: createTrustStore([root.certificate]),
      time,
      purpose: 'server',
      provider: nodeProvider,
      policy,
      crls: [...crls, Uint8Array.of(1)],
    })
    expect([ignored.trusted, statuses(ignored), ignored.wanted]).toEqual([true, [], []])
    expect(ignored.warnings.filter(({ reason }) => reason === 'malformed')).toEqual([])
  })

  test('must be known where the policy is hard', () => {
    expect(told(judge([leaf, sub], { revocation: { mode: 'hard' } }))).toEqual(['revocation-unknown@0 revocation'])
    expect(judge([leaf, sub], { crls: fine, revocation: { mode: 'hard' } }).trusted).toBe(true)
  })

  test('what is missing is wanted, trusted or not', () => {
    const extensions = [
      {
        oid: '1.3.6.1.5.5.7.1.1',
        value: writeSequence(
          writeSequence(writeOid('1.3.6.1.5.5.7.48.1'), writeIa5String('http://ocsp.example/', 0x86)),
          writeSequence(writeOid('1.3.6.1.5.5.7.48.2'), writeIa5String('http://ca.example/sub.cer', 0x86)),
        ),
      },
      {
        oid: '2.5.29.31',
        value: writeSequence(
          writeSequence(writeContext(0, writeContext(0, writeIa5String('http://crl.example/sub.crl', 0x86)))),
        ),
      },
    ]
    const pointing = issue(sub, { subject: 'leaf', extensions })
    const wantedOf = ({ wanted }: Verdict): string[] =>
      wanted.map((one) => `${one.kind} ${one.url} ${one.for}`).toSorted()
    const both = ['crl http://crl.example/sub.crl 0', 'ocsp http://ocsp.example/ 0']
    const soft = judge([pointing, sub])
    expect([soft.trusted, wantedOf(soft), statuses(soft)?.length]).toEqual([true, both, 2])
    const ocsp = soft.wanted.find(({ kind }) => kind === 'ocsp')
    expect(ocsp?.request).toBeInstanceOf(Uint8Array)
    const hard = judge([pointing, sub], { revocation: { mode: 'hard' } })
    expect([hard.trusted, wantedOf(hard)]).toEqual([false, both])
    expect(wantedOf(judge([pointing, sub], { crls: fine }))).toEqual([])
  })

  test('must-staple holds if the peer was asked to staple', () => {
    const extensions = [{ oid: '1.3.6.1.5.5.7.1.24', value: writeSequence(writeInteger(5)) }]
    const stapling = issue(sub, { subject: 'leaf', extensions })
    expect(judge([stapling, sub]).trusted).toBe(true)
    expect(told(judge([stapling, sub], { stapled: [] }))).toEqual(['must-staple@0 must-staple'])
    expect(told(judge([stapling, sub], { stapled: [], revocation: { mode: 'off' } }))).toEqual([
      'must-staple@0 must-staple',
    ])
    const good = makeOcspResponse({ signer: sub, responses: [{ certificate: stapling.certificate, issuer: sub }] })
    expect(judge([stapling, sub], { stapled: [good] }).trusted).toBe(true)
  })
})

describe('a path that is revoked', () => {
  const key = makeKey('ecdsa-p256')
  const other = makeCa({ subject: 'Other' })
  const newest: IssueOptions = { subject: 'Cross', key, notBefore: Date.UTC(2025, 0, 1) }
  const bad = issueCa(root, newest)
  const good = issueCa(other, { subject: 'Cross', key })
  const below = issue(good, { subject: 'below' })
  const trust = createTrustStore([root.certificate, other.certificate])

  test('is left for another', () => {
    const verdict = judge([below, bad, good], { trust, crls: [crlOf(root, bad)] })
    expect([verdict.trusted, verdict.path.map(({ subjectText }) => subjectText)]).toEqual([
      true,
      ['CN=below', 'CN=Cross', 'CN=Other'],
    ])
    const [tried] = verdict.explanation?.tried ?? []
    expect([tried?.complete, tried?.path.length, tried?.reason.reason, tried?.reason.certificate]).toEqual([
      true,
      3,
      'revoked',
      1,
    ])
  })

  test('is the reason if the other is no better', () => {
    const crls = [crlOf(root, bad), crlOf(other, good)]
    const verdict = judge([below, bad, good], { trust, crls })
    expect([told(verdict), verdict.explanation?.tried.length]).toEqual([['revoked@1 revocation'], 2])
  })
})

describe('who signs a list', () => {
  const signer = issueCa(root, { subject: 'Sub', keyUsage: ['cRLSign'], isCa: false })
  const crls = [crlOf(signer), crlOf(root)]

  test('needs a path of its own to the same anchor', () => {
    expect(statuses(judge([leaf, sub, signer], { crls }))?.[0]).toBe('good crl')
    const stray = issueCa(makeCa({ subject: 'Root' }), { subject: 'Sub', keyUsage: ['cRLSign'], isCa: false })
    expect(statuses(judge([leaf, sub, stray], { crls: [crlOf(stray)] }))?.[0]).toBe('unknown null')
  })

  test('may be expired or revoked itself, and then signs nothing', () => {
    const old = issueCa(root, { subject: 'Sub', keyUsage: ['cRLSign'], isCa: false, notAfter: OCSP_TIME - 1000 })
    expect(statuses(judge([leaf, sub, old], { crls: [crlOf(old)] }))?.[0]).toBe('unknown null')
    const revoked = [crlOf(signer), crlOf(root, signer)]
    expect(statuses(judge([leaf, sub, signer], { crls: revoked }))?.[0]).toBe('unknown null')
  })

  test('is looked for within the budgets of the verdict', () => {
    const { used } = judge([leaf, sub, signer], { crls }).explanation ?? {}
    // Two certificates of the path.
    expect(used?.signatureChecks).toBe(2)
    // The signer's, two lists, and one that the issuer did not sign.
    expect(used?.evidenceChecks).toBe(4)
    const hard = judge([leaf, sub, signer], {
      crls,
      budgets: { evidenceChecks: 3 },
      revocation: { mode: 'hard', scope: 'leaf' },
    })
    expect(told(hard)).toEqual(['revocation-unknown@0 revocation'])
    const soft = judge([leaf, sub, signer], { crls, budgets: { evidenceChecks: 3 } })
    expect([soft.trusted, statuses(soft)?.[0]]).toEqual([true, 'unknown null'])
  })

  test('may be many who vouch for one another: that ends', () => {
    const signers = Array.from({ length: 12 }, () =>
      issueCa(root, { subject: 'Root', keyUsage: ['cRLSign'], isCa: false }),
    )
    const verdict = judge([leaf, sub, ...signers], {
      crls: signers.map((one) => crlOf(one)),
      revocation: { mode: 'hard' },
    })
    expect(verdict.trusted).toBe(false)
    expect(verdict.explanation?.used.evidenceChecks).toBeLessThanOrEqual(120)
  })
})

test('what cannot be read is told by its name, and is as if not given', () => {
  const bad = Uint8Array.of(0x30, 0)
  const verdict = judge([leaf, sub], {
    crls: [crlOf(sub), bad],
    ocspResponses: [bad],
    stapled: [bad],
    timestampList: bad,
  })
  expect(verdict.trusted).toBe(true)
  const named = verdict.warnings.filter(({ reason }) => reason === 'malformed')
  expect(named.map(({ message, certificate, rule }) => [message.split(':')[0], certificate, rule])).toEqual([
    [expect.stringMatching(/^timestampList/), null, 'transparency'],
    ['crls[1]', null, 'revocation'],
    ['ocspResponses[0]', null, 'revocation'],
    ['stapled[0]', null, 'revocation'],
  ])
})

describe('transparency', () => {
  const logs = [makeLog({ name: 'A' }), makeLog({ name: 'B' })]
  const list = readLogList(JSON.parse(writeLogList(logs)), nodeProvider)
  const logged = issueWithTimestamps(
    sub,
    logs.map((log) => ({ log })),
    { subject: 'leaf', dnsNames: ['example.com'] },
  )
  const demanding = (severity: Severity): ValidationPolicy =>
    createPolicy('tls', {
      rules: { transparency: severity },
      transparency: { required: [{ days: 100_000, timestamps: 2 }], operators: 2 },
    })
  const ask = (one: TestCertificate, given: Partial<VerifyRequest>): Verdict =>
    verifyChain({
      chain: one.chain,
      trust: createTrustStore([root.certificate]),
      time,
      purpose: 'server',
      provider: nodeProvider,
      ...given,
    })

  test('demanded, there or not', () => {
    const verdict = ask(logged, { policy: demanding('refuse'), logs: list })
    expect([verdict.trusted, verdict.explanation?.timestamps.map(({ status }) => status)]).toEqual([
      true,
      ['valid', 'valid'],
    ])
    expect(told(ask(leaf, { policy: demanding('refuse'), logs: list }))).toEqual(['transparency@0 transparency'])
    const warned = ask(leaf, { policy: demanding('warn'), logs: list })
    expect(warned.trusted).toBe(true)
    expect(warned.warnings).toContainEqual(expect.objectContaining({ rule: 'transparency' }))
  })

  test('told where it is not demanded, and within the budget for signatures', () => {
    const { explanation } = ask(logged, { logs: list })
    expect(explanation?.timestamps.map(({ status, log }) => `${status} ${log}`)).toEqual(['valid A', 'valid B'])
    // The timestamps were looked at when they were asked for, which the verdict did not need.
    expect(explanation?.used.evidenceChecks).toBe(0)
    const demanded = ask(logged, { policy: demanding('refuse'), logs: list })
    expect([demanded.trusted, demanded.explanation?.used.evidenceChecks]).toEqual([true, 2])
    const tight = ask(logged, { policy: demanding('refuse'), logs: list, budgets: { evidenceChecks: 1 } })
    expect(told(tight)).toEqual(['transparency@0 transparency'])
  })
})
