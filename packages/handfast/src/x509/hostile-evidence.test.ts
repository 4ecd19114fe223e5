/** Evidence and certificates made by strangers: none crowds out what speaks against a certificate, or costs much. */

import { describe, expect, test } from 'vitest'
import { issueCrl, pointsExtension } from '../../test/crl-maker.ts'
import { makeLog, signTimestamp, writeLogList, writeTimestamps } from '../../test/log-maker.ts'
import { makeOcspResponse, OCSP_TIME } from '../../test/ocsp-maker.ts'
import { issue, issueCa, type IssueOptions, makeCa, makeKey, type TestCertificate } from '../../test/pki.ts'
import { writeElement, writeOctetString } from '../asn1/index.ts'
import { nodeProvider } from '../crypto/node.ts'
import { DEFAULT_BUDGETS } from './budget.ts'
import { readLogList } from './transparency/log-list.ts'
import { MAX_TIMESTAMPS } from './transparency/transparency.ts'
import { createTrustStore } from './trust-store.ts'
import { createPolicy, type RevocationPolicy } from './validation-policy.ts'
import type { Verdict, VerifyRequest } from './verdict.ts'
import { verifyChain } from './verify.ts'

const time = OCSP_TIME + 3_600_000
const root = makeCa({ subject: 'Root' })
const sub = issueCa(root, { subject: 'Sub' })
const leaf = issue(sub, { dnsNames: ['a.example'] })
const CROWD = 30

interface Given extends Partial<Omit<VerifyRequest, 'chain' | 'policy' | 'trust' | 'intermediates'>> {
  readonly trust?: readonly TestCertificate[]
  readonly intermediates?: readonly TestCertificate[]
  readonly revocation?: Partial<RevocationPolicy>
}

function judge(chain: readonly TestCertificate[], given: Given = {}): Verdict {
  const { revocation = {}, trust = [root], intermediates = [], ...rest } = given
  return verifyChain({
    chain: chain.map(({ certificate }) => certificate),
    intermediates: intermediates.map(({ certificate }) => certificate),
    trust: createTrustStore(trust.map(({ certificate }) => certificate)),
    time,
    purpose: 'server',
    provider: nodeProvider,
    policy: createPolicy('tls', { revocation }),
    ...rest,
  })
}

const told = ({ reasons }: Verdict): string[] => reasons.map(({ reason }) => reason)
const statuses = ({ explanation }: Verdict): string[] | undefined => explanation?.revocation.map(({ status }) => status)
const crowd = (options: IssueOptions): TestCertificate[] => Array.from({ length: CROWD }, () => makeCa(options))
const revokedLeaf = [{ certificate: leaf.certificate, reason: 1 }]

describe('a crowd that the peer presents hides no one who signed a CRL', () => {
  test.each(['soft', 'hard'] as const)('the issuer on the path, without a key identifier of its own: %s', (mode) => {
    const ca = issueCa(root, { subject: 'Sub', subjectKeyIdentifier: null })
    const end = issue(ca, { dnsNames: ['a.example'] })
    const strangers = crowd({ subject: 'Sub', keyUsage: ['cRLSign'], subjectKeyIdentifier: ca.keyIdentifier })
    const crl = issueCrl(ca, { revoked: [{ certificate: end.certificate }] })
    expect(told(judge([end, ca, ...strangers], { crls: [crl], revocation: { mode, scope: 'leaf' } }))).toEqual([
      'revoked',
    ])
  })

  test('a separate signer, which the host has, whoever is said to have issued the crowd', () => {
    const signer = issue(root, { subject: 'Sub', keyUsage: ['cRLSign'] })
    const subjectKeyIdentifier = signer.keyIdentifier
    const crls = [issueCrl(signer, { revoked: revokedLeaf })]
    const strangers = crowd({ subject: 'Sub', keyUsage: ['cRLSign'], subjectKeyIdentifier })
    const issued = Array.from({ length: CROWD }, () =>
      issue(makeCa({ subject: 'Root' }), { subject: 'Sub', keyUsage: ['cRLSign'], subjectKeyIdentifier }),
    )
    for (const presented of [strangers, issued]) {
      expect(told(judge([leaf, sub, ...presented], { crls, intermediates: [signer] }))).toEqual(['revoked'])
    }
  })

  test('nor those who lead from the signer to the anchor', () => {
    const middle = issueCa(root, { subject: 'Middle' })
    const issuer = issue(middle, { subject: 'Lists', keyUsage: ['cRLSign'] })
    const extensions = [pointsExtension({ uris: ['http://lists.example/'], crlIssuer: [issuer.name] })]
    const end = issue(sub, { dnsNames: ['a.example'], extensions })
    const crl = issueCrl(issuer, {
      scope: { isIndirect: true, uris: ['http://lists.example/'] },
      revoked: [{ certificate: end.certificate, issuer: sub.name }],
    })
    // Enough to spend every signature check that evidence has.
    const stranger = makeCa({ subject: 'Root' })
    const strangers = Array.from({ length: DEFAULT_BUDGETS.evidenceChecks }, () =>
      issueCa(stranger, {
        subject: 'Middle',
        subjectKeyIdentifier: middle.keyIdentifier,
        notBefore: Date.UTC(2025, 11, 1),
      }),
    )
    const verdict = judge([end, sub, ...strangers], { crls: [crl], intermediates: [issuer, middle] })
    expect(told(verdict)).toEqual(['revoked'])
  })

  test('the issuer of an indirect CRL', () => {
    const issuer = issue(root, { subject: 'Lists', keyUsage: ['cRLSign'] })
    const extensions = [pointsExtension({ uris: ['http://lists.example/'], crlIssuer: [issuer.name] })]
    const end = issue(sub, { dnsNames: ['a.example'], extensions })
    const crl = issueCrl(issuer, {
      scope: { isIndirect: true, uris: ['http://lists.example/'] },
      revoked: [{ certificate: end.certificate, issuer: sub.name }],
    })
    const strangers = crowd({ subject: 'Lists', keyUsage: ['cRLSign'], subjectKeyIdentifier: issuer.keyIdentifier })
    const verdict = judge([end, sub, ...strangers], { crls: [crl], intermediates: [issuer] })
    expect(told(verdict)).toEqual(['revoked'])
  })

  test('the old key of the issuer, while the new one says that all is well', () => {
    const old = issueCa(root, { subject: 'Sub' })
    const strangers = crowd({ subject: 'Sub', keyUsage: ['cRLSign'], subjectKeyIdentifier: old.keyIdentifier })
    const crls = [
      issueCrl(sub, { number: 9, thisUpdate: OCSP_TIME + 60_000 }),
      issueCrl(old, { number: 10, revoked: revokedLeaf }),
      issueCrl(root),
    ]
    const revocation = { mode: 'hard' } as const
    expect(told(judge([leaf, sub, ...strangers], { crls, revocation, intermediates: [old] }))).toEqual(['revoked'])
    // Whoever signed the other list is not at hand: among so many, it is not known whether one of them did.
    const verdict = judge([leaf, sub, ...strangers.map((one) => reissued(one, old))], { crls, revocation })
    expect(told(verdict)[0]).toBe('revocation-unknown')
    expect(verdict.reasons[0]?.message).toContain('evidenceChecks')
  })

  /** The same certificate, as if the root had issued it. */
  function reissued(stranger: TestCertificate, named: TestCertificate): TestCertificate {
    return issue(makeCa({ subject: 'Root' }), {
      subject: 'Sub',
      key: stranger.key,
      keyUsage: ['cRLSign'],
      subjectKeyIdentifier: named.keyIdentifier,
    })
  }
})

describe('a crowd hides no OCSP responder', () => {
  const responder = issue(sub, { subject: 'Responder', extKeyUsage: ['1.3.6.1.5.5.7.3.9'], usage: 'any' })

  test.each(['name', 'key-hash'] as const)('that the host has: %s', (responderId) => {
    const response = makeOcspResponse({
      signer: responder,
      responderId,
      responses: [{ certificate: leaf.certificate, issuer: sub, status: 'revoked' }],
    })
    const usual = { subject: 'Responder', key: responder.key }
    const strangers = Array.from({ length: CROWD }, () => makeCa({ ...usual, isCa: false }))
    const delegates = Array.from({ length: CROWD }, () =>
      issue(makeCa({ subject: 'Sub' }), { ...usual, extKeyUsage: ['1.3.6.1.5.5.7.3.9'], usage: 'any' }),
    )
    for (const presented of [strangers, delegates]) {
      const given = { ocspResponses: [response], intermediates: [responder] }
      expect(told(judge([leaf, sub, ...presented], given))).toEqual(['revoked'])
    }
  })

  test('too many who might be it leave the response unjudged, and nothing good', () => {
    const delegates = Array.from({ length: CROWD }, () =>
      issue(makeCa({ subject: 'Sub' }), { subject: 'Responder', extKeyUsage: ['1.3.6.1.5.5.7.3.9'], usage: 'any' }),
    )
    const ocspResponses = [
      makeOcspResponse({
        signer: responder,
        responses: [{ certificate: leaf.certificate, issuer: sub, status: 'revoked' }],
      }),
    ]
    const given = { ocspResponses, crls: [issueCrl(sub)] }
    expect(statuses(judge([leaf, sub], given))?.[0]).toBe('good')
    expect(statuses(judge([leaf, sub, ...delegates], given))?.[0]).toBe('unknown')
    const hard = judge([leaf, sub, ...delegates], { ...given, revocation: { mode: 'hard', scope: 'leaf' } })
    expect(told(hard)).toEqual(['revocation-unknown'])
  })
})

describe('evidence that anyone may have made', () => {
  const name = { subject: 'Sub', extKeyUsage: ['1.3.6.1.5.5.7.3.9'], usage: 'any' } as const
  const key = makeKey('ecdsa-p256')
  const junk: readonly Uint8Array[] = Array.from({ length: 16 }, () =>
    makeOcspResponse({
      signer: makeCa({ subject: 'Sub' }),
      certificates: Array.from({ length: 8 }, () => issue(makeCa({ subject: 'Sub', key }), name).certificate),
      responses: [{ certificate: leaf.certificate, issuer: sub }],
    }),
  )

  test('refuses no good certificate where its status need not be known, and spends no more than its budget', () => {
    const verdict = judge([leaf, sub], { ocspResponses: junk })
    expect([verdict.trusted, statuses(verdict)?.[0]]).toEqual([true, 'unknown'])
    expect(verdict.explanation?.used.signatureChecks).toBe(2)
    const soft = judge([leaf, sub], { ocspResponses: junk, crls: [issueCrl(sub)], revocation: { mode: 'soft' } })
    expect([soft.trusted, statuses(soft)?.[0]]).toEqual([true, 'unknown'])
    const hard = judge([leaf, sub], {
      ocspResponses: junk,
      crls: [issueCrl(sub)],
      revocation: { mode: 'hard', scope: 'leaf' },
    })
    expect(told(hard)).toEqual(['revocation-unknown'])
    expect(hard.explanation?.used.evidenceChecks).toBeLessThanOrEqual(DEFAULT_BUDGETS.evidenceChecks)
  })

  test('hides no list of the issuer that says revoked', () => {
    const crls = [issueCrl(sub, { revoked: revokedLeaf })]
    expect(told(judge([leaf, sub], { ocspResponses: junk, crls }))).toEqual(['revoked'])
    expect(told(judge([leaf, sub], { stapled: junk, crls }))).toEqual(['revoked'])
  })

  test('is told in few words when it cannot be read', () => {
    const long = writeElement(0x30, new Uint8Array(300_000))
    const alterTbs = (tbs: Uint8Array): Uint8Array => tbs
    const crl = issueCrl(sub, { innerAlgorithm: long, alterTbs })
    const verdict = judge([leaf, sub], { crls: [crl, writeElement(0x30, long)], ocspResponses: [long] })
    expect(verdict.warnings.filter(({ reason }) => reason === 'malformed')).toHaveLength(3)
    for (const { message } of verdict.warnings) expect(message.length).toBeLessThan(1200)
  })
})

describe('timestamps in OCSP responses', () => {
  const log = makeLog({ name: 'A' })
  const logs = readLogList(JSON.parse(writeLogList([log])), nodeProvider)
  const respond = (list: Uint8Array, signer: TestCertificate, copies = 1): Uint8Array =>
    makeOcspResponse({
      signer,
      responses: Array.from({ length: copies }, () => ({
        certificate: leaf.certificate,
        issuer: sub,
        extensions: [{ oid: '1.3.6.1.4.1.11129.2.4.5', value: writeOctetString(list) }],
      })),
    })

  test('are looked at if they were stapled, or the response counts', () => {
    const list = writeTimestamps([signTimestamp({ log }, { certificate: leaf.certificate })])
    const timestamps = (given: Given): string[] | undefined =>
      judge([leaf, sub], { logs, ...given }).explanation?.timestamps.map(({ status }) => status)
    expect(timestamps({ ocspResponses: [respond(list, sub)] })).toEqual(['valid'])
    expect(timestamps({ stapled: [respond(list, makeCa({ subject: 'Sub' }))] })).toEqual(['valid'])
    expect(timestamps({ ocspResponses: [respond(list, makeCa({ subject: 'Sub' }))] })).toEqual([])
  })

  test('are told by the dozen, not by the million', () => {
    const many = writeTimestamps(Array.from({ length: 20_000 }, () => Uint8Array.of(5)))
    const verdict = judge([leaf, sub], { logs, stapled: [respond(many, sub, 32)] })
    const { timestamps = [] } = verdict.explanation ?? {}
    expect(timestamps.length).toBeLessThan(MAX_TIMESTAMPS + 8)
    expect(timestamps[MAX_TIMESTAMPS]?.message).toContain('And 19968 more')
  })
})

describe('a signer under another anchor', () => {
  const key = makeKey('ecdsa-p256')
  const other = makeCa({ subject: 'Other' })
  const trust = [root, other]
  const here = issueCa(root, { subject: 'Cross', key })
  const there = issueCa(other, { subject: 'Cross', key })
  const end = issue(here, { dnsNames: ['a.example'] })
  const signer = issue(root, { subject: 'Cross', keyUsage: ['cRLSign'] })
  const listed = issueCrl(signer, { revoked: [{ certificate: end.certificate }] })

  test('is believed if it says revoked, whatever path the peer chose', () => {
    const intermediates = [signer, here]
    expect(told(judge([end, here], { trust, crls: [listed], intermediates: [signer] }))).toEqual(['revoked'])
    expect(told(judge([end, there], { trust, crls: [listed], intermediates }))).toEqual(['revoked'])
  })

  test('and not if it says nothing of it', () => {
    const intermediates = [signer, here]
    const verdict = judge([end, there], { trust, crls: [issueCrl(signer)], intermediates })
    const chosen = verdict.path.at(-1)?.subjectText
    expect([verdict.trusted, statuses(verdict)?.[0]]).toEqual([true, chosen === 'CN=Root' ? 'good' : 'unknown'])
    const alone = judge([end, there], { trust: [other], crls: [issueCrl(signer)], intermediates })
    expect([alone.trusted, statuses(alone)?.[0]]).toEqual([true, 'unknown'])
  })

  test('nor if it only has the name of the issuer', () => {
    const namesake = issue(other, { subject: 'Sub', keyUsage: ['cRLSign'] })
    const crls = [issueCrl(namesake, { revoked: revokedLeaf })]
    expect(judge([leaf, sub], { trust, crls, intermediates: [namesake] }).trusted).toBe(true)
  })
})

test('what was found of a complete path is told though it was refused', () => {
  const verdict = judge([leaf, sub], { crls: [issueCrl(sub, { revoked: revokedLeaf }), issueCrl(root)] })
  expect([verdict.trusted, verdict.path, statuses(verdict)]).toEqual([false, [], ['revoked', 'good']])
  expect(statuses(judge([leaf]))).toEqual([])
})

test('a timestamp is checked once, however many paths are complete', () => {
  const log = makeLog({ name: 'A' })
  const logs = readLogList(JSON.parse(writeLogList([log])), nodeProvider)
  const other = makeCa({ subject: 'Other' })
  const key = makeKey('ecdsa-p256')
  const ways = [issueCa(root, { subject: 'Cross', key }), issueCa(other, { subject: 'Cross', key })]
  const end = issue(ways[0] as TestCertificate, { dnsNames: ['a.example'] })
  const verdict = verifyChain({
    chain: [end, ...ways].map(({ certificate }) => certificate),
    trust: createTrustStore([root.certificate, other.certificate]),
    time,
    purpose: 'server',
    provider: nodeProvider,
    logs,
    timestampList: writeTimestamps([signTimestamp({ log }, { certificate: end.certificate })]),
    policy: createPolicy('tls', {
      rules: { transparency: 'refuse' },
      transparency: { required: [{ days: 100_000, timestamps: 2 }], operators: 1 },
    }),
  })
  expect([told(verdict), verdict.explanation?.tried.length]).toEqual([['transparency'], 2])
  expect(verdict.explanation?.used.evidenceChecks).toBe(1)
})
