import { describe, expect, test } from 'vitest'
import {
  makeOcspError,
  makeOcspResponse,
  OCSP_TIME,
  type OcspOptions,
  type SingleOptions,
  writeGeneralizedTime,
} from '../../../test/ocsp-maker.ts'
import { issue, type IssueOptions, makeCa, makeKey, type TestCertificate } from '../../../test/pki.ts'
import { writeNull, writeOctetString } from '../../asn1/der-writer.ts'
import { nodeProvider } from '../../crypto/node.ts'
import { type Certificate, readCertificate } from '../certificate.ts'
import { checkSignedData } from '../signed-data.ts'
import { POLICIES, type ValidationPolicy } from '../validation-policy.ts'
import { MAX_RESPONDER_CERTIFICATES, type OcspContext } from './ocsp-responder.ts'
import { readOcspResponse } from './ocsp-response.ts'
import { judgeByOcsp, MAX_AGE_WITHOUT_NEXT_UPDATE, type OcspDetail, type OcspJudgement } from './ocsp-status.ts'

const HOUR = 3_600_000
const DAY = 24 * HOUR
const OCSP_SIGNING = '1.3.6.1.5.5.7.3.9'
const NONCE = '1.3.6.1.5.5.7.48.1.2'

const ca = makeCa({ subject: 'OCSP CA' })
const leaf = issue(ca, { dnsNames: ['example.com'] })
const delegate = makeDelegate()

function makeDelegate(options: IssueOptions = {}, issuer: TestCertificate = ca): TestCertificate {
  return issue(issuer, { subject: 'OCSP responder', extKeyUsage: [OCSP_SIGNING], ...options })
}

const policy: ValidationPolicy = {
  ...POLICIES.tls,
  revocation: { ...POLICIES.tls.revocation, maxAge: null, clockSkew: 5 * 60_000 },
}

interface Judged extends OcspJudgement {
  readonly checks: number
}

function judge(
  responses: readonly Uint8Array[],
  context: Partial<OcspContext> = {},
  question: { readonly certificate?: TestCertificate; readonly issuer?: TestCertificate } = {},
): Judged {
  let checks = 0
  const verify: OcspContext['verify'] = (signed, signer) => {
    checks++
    return checkSignedData(signed, signer, nodeProvider).status === 'valid'
  }
  const judgement = judgeByOcsp({
    certificate: readCertificate((question.certificate ?? leaf).certificate),
    issuer: readCertificate((question.issuer ?? ca).certificate),
    responses,
    context: { time: OCSP_TIME + HOUR, provider: nodeProvider, policy, verify, ...context },
  })
  return { ...judgement, checks }
}

function made(single: Partial<SingleOptions> = {}, options: Partial<OcspOptions> = {}): Uint8Array {
  return makeOcspResponse({
    signer: ca,
    responses: [{ certificate: leaf.certificate, issuer: ca, ...single }],
    ...options,
  })
}

/** Several things said of the leaf in one response. */
function several(...singles: Partial<SingleOptions>[]): Uint8Array {
  const responses = singles.map((single) => ({ certificate: leaf.certificate, issuer: ca, ...single }))
  return makeOcspResponse({ signer: ca, responses })
}

function expectRefused(judged: Judged, detail: OcspDetail, message: string | RegExp): void {
  expect(judged).toMatchObject({ status: 'unknown', detail, response: null, responder: null, thisUpdate: null })
  expect(judged.message).toMatch(message)
}

describe('what an OCSP response says', () => {
  test('good', () => {
    const response = made()
    const judged = judge([response])
    expect(judged).toMatchObject({
      status: 'good',
      detail: 'provided',
      thisUpdate: OCSP_TIME,
      nextUpdate: OCSP_TIME + 7 * DAY,
      revokedAt: null,
      reason: null,
      message: 'It is good, says the OCSP response of 2026-01-01T00:00:00Z, valid until 2026-01-08T00:00:00Z.',
    })
    expect(judged.response).toBe(response)
    expect(judged.responder?.der).toEqual(ca.certificate)
  })

  test('revoked, with a reason and without', () => {
    const revokedAt = Date.UTC(2025, 11, 24)
    expect(judge([made({ status: 'revoked', revokedAt, reason: 1 })])).toMatchObject({
      status: 'revoked',
      detail: 'provided',
      revokedAt,
      reason: 'keyCompromise',
      message:
        'It was revoked at 2025-12-24T00:00:00Z (keyCompromise), says the OCSP response of 2026-01-01T00:00:00Z.',
    })
    expect(judge([made({ status: 'revoked', revokedAt })])).toMatchObject({
      status: 'revoked',
      revokedAt,
      reason: null,
    })
  })

  test('unknown to the responder', () => {
    expect(judge([made({ status: 'unknown' })])).toMatchObject({
      status: 'unknown',
      detail: 'provided',
      thisUpdate: OCSP_TIME,
      message: expect.stringContaining('does not know it'),
    })
  })

  test('never issued (extendedRevoke, RFC 6960 section 2.2)', () => {
    const extensions = [{ oid: '1.3.6.1.5.5.7.48.1.9', value: writeNull() }]
    const judged = judge([made({ status: 'revoked', revokedAt: 0, reason: 6 }, { extensions })])
    expect(judged).toMatchObject({ status: 'revoked', reason: 'certificateHold', revokedAt: 0 })
    expect(judged.message).toContain('never issued')
    expect(judge([made({ status: 'revoked', revokedAt: 0, reason: 6 })]).message).not.toContain('never issued')
  })

  test('a response may be read before, and be of any hash', () => {
    for (const hash of ['sha1', 'sha256', 'sha384', 'sha512'] as const) {
      const response = readOcspResponse(made({ hash }))
      const certificate = readCertificate(leaf.certificate)
      const issuer = readCertificate(ca.certificate)
      const verify: OcspContext['verify'] = (signed, signer) =>
        checkSignedData(signed, signer, nodeProvider).status === 'valid'
      const context = { time: OCSP_TIME + HOUR, provider: nodeProvider, policy, verify }
      const judged = judgeByOcsp({ certificate, issuer, responses: [response], context })
      expect(judged).toMatchObject({ status: 'good', response })
    }
  })

  test('without a response the status is unknown', () => {
    expectRefused(judge([]), 'missing', 'There is no OCSP response.')
  })
})

describe('several answers', () => {
  test.each([
    ['good and unknown', ['good', 'unknown'], 'unknown'],
    ['unknown and good', ['unknown', 'good'], 'unknown'],
    ['good and revoked', ['good', 'revoked'], 'revoked'],
    ['revoked and good', ['revoked', 'good'], 'revoked'],
    ['unknown, revoked and good', ['unknown', 'revoked', 'good'], 'revoked'],
  ] as const)('%s: the strictest holds, in one response and in several', (_, statuses, expected) => {
    const singles = statuses.map((status) => ({ status }))
    expect(judge([several(...singles)])).toMatchObject({ status: expected, detail: 'provided' })
    expect(judge(singles.map((single) => made(single)))).toMatchObject({ status: expected, detail: 'provided' })
  })

  test('what is stale does not overrule what is fresh', () => {
    const stale = { status: 'revoked', thisUpdate: OCSP_TIME - 3 * DAY, nextUpdate: OCSP_TIME - DAY } as const
    expect(judge([several(stale, {})])).toMatchObject({ status: 'good', detail: 'provided' })
    expect(judge([made(stale), made()])).toMatchObject({ status: 'good', detail: 'provided' })
  })

  test('a forged revocation does not count beside a true answer', () => {
    expect(judge([made({ status: 'revoked' }, { breakSignature: true }), made()]).status).toBe('good')
  })

  test('the detail is of the response that came furthest, and every refusal is told', () => {
    const judged = judge([makeOcspError(3), made({}, { breakSignature: true }), Uint8Array.of(1)])
    expectRefused(
      judged,
      'bad-signature',
      /^None of 3 OCSP responses counts: 1: it is the error tryLater; 2: its signature .*; 3: it is malformed: .*\.$/,
    )
  })

  test('a message does not grow with the number of responses', () => {
    const { message } = judge(Array.from({ length: 1000 }, () => makeOcspError(3)))
    expect(message.length).toBeLessThan(300)
    expect(message).toContain('and 996 more')
  })

  test('nothing is checked after a revocation, as nothing is stricter', () => {
    expect(judge([made({ status: 'revoked' }), made(), made()]).checks).toBe(1)
  })
})

describe('which certificate it names', () => {
  test('another one: another serial number, another issuer', () => {
    const sibling = issue(ca, { dnsNames: ['example.com'] })
    const impostor = makeCa({ subject: 'OCSP CA' })
    const message = 'it does not speak of this certificate'
    expectRefused(judge([made({ certificate: sibling.certificate })]), 'no-matching-response', message)
    expectRefused(judge([made({ issuer: impostor })]), 'no-matching-response', message)
    expectRefused(judge([made({}, { responses: [] })]), 'no-matching-response', message)
    expect(judge([made({ certificate: sibling.certificate })]).checks).toBe(0)
  })

  test('one among others', () => {
    const sibling = issue(ca, { dnsNames: ['example.com'] })
    expect(judge([several({ certificate: sibling.certificate, status: 'revoked' }, {})]).status).toBe('good')
  })
})

describe('dates', () => {
  test.each<[string, Partial<SingleOptions>, RegExp]>([
    ['thisUpdate in the future', { thisUpdate: OCSP_TIME + DAY }, /thisUpdate 2026-01-02T00:00:00Z is after/],
    [
      'nextUpdate in the past',
      { thisUpdate: OCSP_TIME - 2 * DAY, nextUpdate: OCSP_TIME - DAY },
      /nextUpdate 2025-12-31T00:00:00Z has passed/,
    ],
    [
      'nextUpdate before thisUpdate',
      { thisUpdate: OCSP_TIME, nextUpdate: OCSP_TIME - 1000 },
      /is before its thisUpdate/,
    ],
    [
      'no nextUpdate, and old',
      { thisUpdate: OCSP_TIME + HOUR - MAX_AGE_WITHOUT_NEXT_UPDATE - 1000, nextUpdate: null },
      /more than 604800 seconds before/,
    ],
  ])('%s', (_, single, message) => {
    expectRefused(judge([made(single)]), 'invalid-date', message)
  })

  test('no nextUpdate, and recent', () => {
    const thisUpdate = OCSP_TIME + HOUR - MAX_AGE_WITHOUT_NEXT_UPDATE
    expect(judge([made({ thisUpdate, nextUpdate: null })])).toMatchObject({ status: 'good', nextUpdate: null })
  })

  test('clocks may differ by what the policy says, and no more', () => {
    const skew = policy.revocation.clockSkew
    const at = (time: number): string => judge([made()], { time }).detail
    expect(at(OCSP_TIME - skew)).toBe('provided')
    expect(at(OCSP_TIME - skew - 1)).not.toBe('provided')
    expect(at(OCSP_TIME + 7 * DAY + skew - 1)).toBe('provided')
    expect(at(OCSP_TIME + 7 * DAY + skew)).toBe('invalid-date')
  })

  test('maxAge counts back from the time of judgement', () => {
    const strict = { ...policy, revocation: { ...policy.revocation, maxAge: DAY } }
    expect(judge([made()], { policy: strict, time: OCSP_TIME + DAY }).detail).toBe('provided')
    expectRefused(judge([made()], { policy: strict, time: OCSP_TIME + DAY + 1 }), 'invalid-date', /86400 seconds/)
    expect(judge([made()], { time: OCSP_TIME + DAY + 1 }).detail).toBe('provided')
  })

  test('producedAt lies within the validity of the certificate', () => {
    const notBefore = OCSP_TIME - 30 * DAY
    const certificate = issue(ca, { dnsNames: ['example.com'], notBefore, notAfter: OCSP_TIME + 30 * DAY })
    const at = (producedAt: number, time?: number): Judged =>
      judge(
        [made({ certificate: certificate.certificate, nextUpdate: null }, { producedAt })],
        time === undefined ? {} : { time },
        {
          certificate,
        },
      )
    expect(at(notBefore).detail).toBe('provided')
    expectRefused(at(notBefore - DAY), 'bad-produced-at', /before the certificate's notBefore/)
    expectRefused(at(OCSP_TIME + 31 * DAY), 'bad-produced-at', /after the certificate's notAfter/)
    expectRefused(
      at(OCSP_TIME + DAY),
      'bad-produced-at',
      /producedAt is 2026-01-02T00:00:00Z, after 2026-01-01T01:00:00Z/,
    )
  })

  test('a responder that remembers expired certificates says so (archiveCutoff)', () => {
    const notAfter = OCSP_TIME - 30 * DAY
    const certificate = issue(ca, { dnsNames: ['example.com'], notAfter })
    const remembering = (since: number): Judged => {
      const extensions = [{ oid: '1.3.6.1.5.5.7.48.1.6', critical: true, value: writeGeneralizedTime(since) }]
      return judge([made({ certificate: certificate.certificate, status: 'revoked', extensions })], {}, { certificate })
    }
    expect(remembering(notAfter).status).toBe('revoked')
    expectRefused(remembering(notAfter + 1000), 'bad-produced-at', /after the certificate's notAfter/)
  })
})

describe('extensions', () => {
  const unknown = { oid: '1.2.3.4', value: writeNull() }

  test('unknown ones are ignored, unless critical', () => {
    expect(judge([made({ extensions: [unknown] }, { extensions: [unknown] })]).status).toBe('good')
    const critical = [{ ...unknown, critical: true }]
    expectRefused(
      judge([made({ extensions: critical })]),
      'unhandled-critical-extension',
      /1\.2\.3\.4 is not understood/,
    )
    expectRefused(judge([made({}, { extensions: critical })]), 'unhandled-critical-extension', /1\.2\.3\.4/)
  })

  test('a critical one in what is said of another certificate does not matter', () => {
    const sibling = issue(ca, { dnsNames: ['example.com'] })
    const extensions = [{ ...unknown, critical: true }]
    expect(judge([several({ certificate: sibling.certificate, extensions }, {})]).status).toBe('good')
  })

  test('critical timestamps are understood', () => {
    const extensions = [{ oid: '1.3.6.1.4.1.11129.2.4.5', critical: true, value: new Uint8Array(4) }]
    expect(judge([made({ extensions })]).status).toBe('good')
  })

  test('a nonce that was sent must come back', () => {
    const nonce = Uint8Array.from({ length: 32 }, (_, index) => index)
    const withNonce = (value: Uint8Array): Uint8Array =>
      made({}, { extensions: [{ oid: NONCE, value: writeOctetString(value) }] })
    expect(judge([withNonce(nonce)], { nonce }).status).toBe('good')
    expect(judge([withNonce(nonce)]).status).toBe('good')
    expectRefused(judge([withNonce(nonce.subarray(1))], { nonce }), 'wrong-nonce', /not the one that was sent/)
    expectRefused(judge([made()], { nonce }), 'wrong-nonce', /lacks the nonce/)
    expectRefused(judge([withNonce(new Uint8Array(129))], { nonce }), 'parse-data-error', /1 to 128 bytes/)
  })
})

describe('who signed', () => {
  test('the issuer, by name or key', () => {
    expect(judge([made({}, { responderId: 'name' })]).status).toBe('good')
    expect(judge([made({}, { responderId: 'key-hash' })]).status).toBe('good')
  })

  test('not the issuer: a broken signature, a forger of the same name, another name for its key', () => {
    expectRefused(judge([made({}, { breakSignature: true })]), 'bad-signature', /not that of 'CN=OCSP CA'/)
    const forger = makeCa({ subject: 'OCSP CA' })
    expectRefused(judge([made({}, { signer: forger })]), 'bad-signature', /not that of 'CN=OCSP CA'/)
    const renamed = makeCa({ subject: 'Another name', key: ca.key })
    expectRefused(
      judge([made({}, { signer: renamed })]),
      'unauthorised-responder',
      /'CN=Another name' is not the issuer/,
    )
  })

  test('a delegate of the issuer, by name or key, whose certificate comes along or is at hand', () => {
    const certificates = [delegate.certificate]
    for (const responderId of ['name', 'key-hash'] as const) {
      const judged = judge([made({}, { signer: delegate, certificates, responderId })])
      expect(judged.status).toBe('good')
      expect(judged.responder?.der).toEqual(delegate.certificate)
      const bare = made({}, { signer: delegate, responderId })
      expectRefused(judge([bare]), 'unauthorised-responder', /no certificate of such a responder/)
      expect(judge([bare], { certificates: [readCertificate(delegate.certificate)] }).status).toBe('good')
    }
  })

  test('the delegate is found among other certificates, of its name too', () => {
    const certificates = [ca, leaf, makeDelegate(), delegate].map(({ certificate }) => certificate)
    expect(judge([made({}, { signer: delegate, certificates })]).status).toBe('good')
  })

  const other = makeCa({ subject: 'Another CA' })
  const impostor = makeCa({ subject: 'OCSP CA' })
  const intermediate = issue(ca, { subject: 'Between', isCa: true, usage: 'any' })

  test.each<[string, TestCertificate, RegExp]>([
    ['without OCSPSigning', makeDelegate({ extKeyUsage: null }), /extKeyUsage: needs OCSPSigning/],
    [
      'with anyExtendedKeyUsage alone',
      makeDelegate({ extKeyUsage: ['2.5.29.37.0'] }),
      /extKeyUsage: needs OCSPSigning/,
    ],
    ['expired', makeDelegate({ notAfter: OCSP_TIME - DAY }), /certificate expired/],
    ['not yet valid', makeDelegate({ notBefore: OCSP_TIME + DAY }), /valid from 2026-01-02T00:00:00Z only/],
    ['for other usages', makeDelegate({ keyUsage: ['keyEncipherment'] }), /keyUsage: needs digitalSignature/],
    [
      'with an unknown critical extension',
      makeDelegate({ extensions: [{ oid: '1.2.3.4', critical: true, value: writeNull() }] }),
      /extensions\[\d\]\.1\.2\.3\.4 is critical/,
    ],
    ['of another CA', makeDelegate({}, other), /issued by 'CN=Another CA', not by 'CN=OCSP CA'/],
    ['of a CA of the same name', makeDelegate({}, impostor), /certificate's signature is not that of 'CN=OCSP CA'/],
    ['of a CA below the issuer', makeDelegate({}, intermediate), /issued by 'CN=Between'/],
    ['whose certificate is forged', makeDelegate({ breakSignature: true }), /certificate's signature is not that of/],
    [
      'with a malformed extension',
      makeDelegate({ extensions: [{ oid: '2.5.29.37', value: writeNull() }] }),
      /certificate is malformed: tbsCertificate\.extensions/,
    ],
    ['with a weak key', makeDelegate({ keyType: 'rsa-1024' }), /its key /],
    [
      'whose certificate is signed with SHA-1',
      makeDelegate({ signatureAlgorithm: { kind: 'ecdsa', hash: 'sha1' } }),
      /certificate is signed with SHA-1, which the policy refuses/,
    ],
  ])('a delegate %s is none', (_, signer, message) => {
    const judged = judge([made({}, { signer, certificates: [signer.certificate] })])
    expectRefused(judged, 'unauthorised-responder', message)
    expect(judged.message).toMatch(/'CN=OCSP responder' is not authorised/)
  })

  test('what only a policy refuses, another policy accepts', () => {
    const signatureAlgorithm = { kind: 'ecdsa', hash: 'sha1' } as const
    const signer = makeDelegate({ signatureAlgorithm })
    const response = made({}, { signer, certificates: [signer.certificate], signatureAlgorithm })
    const loose: ValidationPolicy = { ...policy, rules: { ...policy.rules, 'weak-signature-algorithm': 'ignore' } }
    expect(judge([response], { policy: loose }).status).toBe('good')
    expectRefused(judge([response]), 'bad-signature', /it is signed with SHA-1, which the policy refuses/)
    const at = (before: string): Judged => {
      const limits = { ...policy.limits, sha1: { before, withoutPurpose: false } }
      return judge([response], { policy: { ...policy, limits } })
    }
    expect(at('2026-01-02').status).toBe('good')
    expect(at('2026-01-01').status).toBe('unknown')
  })

  test('the leaf cannot vouch for itself', () => {
    const own = issue(ca, { dnsNames: ['example.com'], extKeyUsage: ['1.3.6.1.5.5.7.3.1'] })
    const response = made({ certificate: own.certificate }, { signer: own, certificates: [own.certificate] })
    expectRefused(judge([response], {}, { certificate: own }), 'unauthorised-responder', /needs OCSPSigning/)
  })

  test('nor if it may sign responses: not by its own certificate, nor by another with its key', () => {
    const extKeyUsage = ['1.3.6.1.5.5.7.3.1', OCSP_SIGNING]
    const own = issue(ca, { dnsNames: ['example.com'], extKeyUsage })
    const twin = makeDelegate({ key: own.key })
    for (const signer of [own, twin]) {
      const response = made({ certificate: own.certificate }, { signer, certificates: [signer.certificate] })
      expectRefused(judge([response], {}, { certificate: own }), 'unauthorised-responder', /own key/)
    }
    const other = made({}, { signer: own, certificates: [own.certificate] })
    expect(judge([other]).status).toBe('good')
  })

  test('a delegate that is revoked is none, unless its issuer asks not to check (id-pkix-ocsp-nocheck)', () => {
    const isRevoked = (): boolean => true
    const response = made({}, { signer: delegate, certificates: [delegate.certificate] })
    expectRefused(judge([response], { isRevoked }), 'unauthorised-responder', /its certificate is revoked/)
    expect(judge([response], { isRevoked: () => false }).status).toBe('good')
    const unchecked = makeDelegate({
      extensions: [{ oid: '1.3.6.1.5.5.7.48.1.5', critical: true, value: writeNull() }],
    })
    const other = made({}, { signer: unchecked, certificates: [unchecked.certificate] })
    expect(judge([other], { isRevoked }).status).toBe('good')
    expect(judge([response], { isRevoked: (responder: Certificate) => responder.isCa }).status).toBe('good')
  })

  test('nothing counts once the budget for signatures is spent', () => {
    expectRefused(judge([made()], { verify: () => false }), 'bad-signature', /signature/)
  })

  test('a crowd of delegates costs no more than a few signatures', () => {
    const key = makeKey('ecdsa-p256')
    const crowd = Array.from({ length: 40 }, () => makeDelegate({ key }).certificate)
    const judged = judge([made({}, { signer: delegate, certificates: crowd, breakSignature: true })])
    expectRefused(judged, 'bad-signature', /signature/)
    expect(judged.checks).toBeLessThanOrEqual(2 * MAX_RESPONDER_CERTIFICATES)
  })
})

describe('hostile responses', () => {
  test('malformed ones are explained, by where they are', () => {
    expectRefused(judge([Uint8Array.of(0x30)]), 'parse-error', /it is malformed: /)
    const data = made({}, { alterData: () => writeOctetString(new Uint8Array(3)) })
    expectRefused(judge([data]), 'parse-data-error', /it is malformed: responseBytes\.response\.tbsResponseData: /)
    expectRefused(judge([makeOcspError(6)]), 'error-response', /the error unauthorized/)
  })

  test('no changed byte makes another answer of it', () => {
    const der = made({ status: 'revoked', reason: 1 }, { signer: delegate, certificates: [delegate.certificate] })
    const original = judge([der])
    expect(original.status).toBe('revoked')
    for (let at = 0; at < der.length; at++) {
      const changed = der.slice()
      changed[at] = (changed[at] as number) ^ (1 << (at % 8))
      const { status, detail, revokedAt } = judge([changed])
      if (detail === 'provided')
        expect({ status, revokedAt }).toEqual({ status: 'revoked', revokedAt: original.revokedAt })
      else expect(status).toBe('unknown')
    }
  })
})
