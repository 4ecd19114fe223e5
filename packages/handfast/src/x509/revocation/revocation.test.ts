import { describe, expect, test } from 'vitest'
import { writeInteger, writeNull, writeOid, writeSequence } from '../../asn1/index.ts'
import { nodeProvider } from '../../crypto/node.ts'
import {
  issue,
  issueCa,
  makeCa,
  type TestCertificate,
  type TestExtension,
  writeGeneralName,
  writeName,
} from '../../../test/pki.ts'
import {
  CRL_ISSUED,
  CRL_NEXT,
  type CrlOptions,
  issueCrl,
  pointsExtension,
  writePoints,
} from '../../../test/crl-maker.ts'
import { makeOcspError, makeOcspResponse, type OcspOptions, type SingleOptions } from '../../../test/ocsp-maker.ts'
import { readCertificate } from '../certificate.ts'
import { checkSignedData } from '../signed-data.ts'
import { createPolicy, type RevocationPolicy } from '../validation-policy.ts'
import { readCertificateList } from './certificate-list.ts'
import type { RevocationContext } from './context.ts'
import { MAX_WANTED_URLS } from './missing.ts'
import { readOcspResponse } from './ocsp-response.ts'
import { checkRevocation, type RevocationResult } from './revocation.ts'

const DAY = 86_400_000
const NOW = CRL_ISSUED + DAY
const CRL_URL = 'http://crl.example/ca.crl'
const OCSP_URL = 'http://ocsp.example/'

const root = makeCa({ subject: 'Root' })
const ca = issueCa(root, { subject: 'CA' })
const leaf = issue(ca, { dnsNames: ['example.com'], extensions: [points(CRL_URL), responders(OCSP_URL)] })
const rootCrl = issueCrl(root)

function points(...uris: readonly string[]): TestExtension {
  return pointsExtension(...uris.map((uri) => ({ uris: [uri] })))
}

function responders(...uris: readonly string[]): TestExtension {
  const descriptions = uris.map((uri) => writeSequence(writeOid('1.3.6.1.5.5.7.48.1'), writeGeneralName(`URI:${uri}`)))
  return { oid: '1.3.6.1.5.5.7.1.1', value: writeSequence(...descriptions) }
}

function features(...numbers: readonly number[]): TestExtension {
  return { oid: '1.3.6.1.5.5.7.1.24', value: writeSequence(...numbers.map(writeInteger)) }
}

interface Options {
  readonly path?: readonly TestCertificate[]
  readonly crls?: readonly Uint8Array[]
  readonly responses?: readonly Uint8Array[]
  readonly stapled?: readonly Uint8Array[] | null
  readonly revocation?: Partial<RevocationPolicy>
  readonly others?: readonly TestCertificate[]
  readonly verify?: RevocationContext['verify']
  /** Whether a signer has a path, by the issuers of the leaf. */
  readonly hasPath?: boolean
}

function check(options: Options = {}): RevocationResult {
  const policy = createPolicy('rfc5280', { revocation: { mode: 'soft', clockSkew: 0, ...options.revocation } })
  const path = (options.path ?? [leaf, ca, root]).map(({ certificate }) => readCertificate(certificate))
  return checkRevocation(
    path,
    {
      crls: (options.crls ?? []).map(readCertificateList),
      ocspResponses: (options.responses ?? []).map(readOcspResponse),
      stapled: options.stapled?.map(readOcspResponse) ?? null,
    },
    {
      time: NOW,
      provider: nodeProvider,
      policy,
      certificates: (options.others ?? []).map(({ certificate }) => readCertificate(certificate)),
      verify: options.verify ?? ((signed, signer) => checkSignedData(signed, signer, nodeProvider).status === 'valid'),
      pathTo: (signer) => (options.hasPath === true ? [signer, ...path.slice(1)] : null),
    },
  )
}

const statuses = (options: Options): string[] => check(options).findings.map(({ status }) => status)
const reasons = (options: Options): string[] => check(options).problems.map(({ reason }) => reason)

function respond(single: Partial<SingleOptions> = {}, options: Partial<OcspOptions> = {}): Uint8Array {
  return makeOcspResponse({
    signer: ca,
    responses: [{ certificate: leaf.certificate, issuer: ca, ...single }],
    ...options,
  })
}

function list(options: CrlOptions = {}): Uint8Array {
  return issueCrl(ca, options)
}

const revoked = { revoked: [{ certificate: leaf.certificate, reason: 1 }] }

describe('modes', () => {
  test('off looks at nothing', () => {
    expect(check({ revocation: { mode: 'off' }, crls: [list(revoked)] })).toEqual({
      findings: [],
      problems: [],
      wanted: [],
      responses: [],
    })
  })

  test('soft refuses what is revoked and lets pass what is not known', () => {
    expect(reasons({ crls: [list(revoked)] })).toEqual(['revoked'])
    expect(check({ crls: [list({ breakSignature: true })] })).toMatchObject({
      findings: [{ status: 'unknown' }, { status: 'unchecked' }],
      problems: [],
    })
    expect(statuses({})).toEqual(['unchecked', 'unchecked'])
    // Of others' certificates is not of this one.
    const elsewhere = issue(ca, { subject: 'x' })
    expect(statuses({ responses: [respond({ certificate: elsewhere.certificate })] })).toEqual([
      'unchecked',
      'unchecked',
    ])
  })

  test('hard refuses what is not known, and says what to do', () => {
    const { problems, findings } = check({ revocation: { mode: 'hard' } })
    expect(findings.map(({ status }) => status)).toEqual(['unknown', 'unknown'])
    expect(problems).toMatchObject([
      {
        reason: 'revocation-unknown',
        rule: 'revocation',
        message:
          "Its revocation status is not known. There is no OCSP response. There is no CRL of 'CN=CA'. It needs a current OCSP response (from http://ocsp.example/) or a current CRL (from http://crl.example/ca.crl).",
      },
      {
        reason: 'revocation-unknown',
        message:
          "Its revocation status is not known. There is no OCSP response. There is no CRL of 'CN=Root'. It needs a current OCSP response or a current CRL, of which the certificate does not say where to get it.",
      },
    ])
    expect(problems[1]?.certificate?.subjectText).toBe('CN=CA')
    expect(reasons({ revocation: { mode: 'hard' }, crls: [list(), rootCrl] })).toEqual([])
  })

  test('by scope the leaf alone is checked', () => {
    const revocation = { mode: 'hard', scope: 'leaf' } as const
    const result = check({ revocation, crls: [list()] })
    expect(result.findings.map(({ status }) => status)).toEqual(['good', 'unchecked'])
    expect(result.findings[1]?.message).toBe('The policy wants the leaf alone checked.')
    expect(result.problems).toEqual([])
    const revoking = issueCrl(root, { revoked: [{ certificate: ca.certificate }] })
    expect(reasons({ revocation, crls: [list(), revoking] })).toEqual([])
    expect(reasons({ crls: [list(), revoking] })).toEqual(['revoked'])
  })

  test('an anchor that is the leaf has no one to revoke it', () => {
    const anchor = makeCa({ extensions: [features(5)] })
    expect(check({ path: [anchor], revocation: { mode: 'hard' }, stapled: [] })).toEqual({
      findings: [],
      problems: [],
      wanted: [],
      responses: [],
    })
  })

  test('each certificate of the path is told of, in its order', () => {
    const result = check({ crls: [list(), issueCrl(root, { revoked: [{ certificate: ca.certificate, reason: 2 }] })] })
    expect(result.findings.map(({ certificate, status }) => [certificate.subjectText, status])).toEqual([
      ['CN=example.com', 'good'],
      ['CN=CA', 'revoked'],
    ])
    expect(result.problems).toMatchObject([{ reason: 'revoked', rule: 'revocation' }])
    expect(result.problems[0]?.message).toBe(result.findings[1]?.message)
  })
})

describe('sources', () => {
  test('the first of the policy that says good is told', () => {
    const both = { responses: [respond()], crls: [list()] }
    expect(check(both).findings[0]).toMatchObject({ status: 'good', source: 'ocsp' })
    expect(check({ ...both, revocation: { sources: ['crl', 'ocsp'] } }).findings[0]).toMatchObject({ source: 'crl' })
    expect(check({ ...both, responses: [respond({ status: 'unknown' })] }).findings[0]).toMatchObject({
      status: 'good',
      source: 'crl',
    })
    expect(check({ ...both, stapled: [respond()] }).findings[0]).toMatchObject({ source: 'stapled-ocsp' })
    expect(check({ ...both, stapled: [makeOcspError(3)] }).findings[0]).toMatchObject({ source: 'ocsp' })
  })

  test('revoked by any is revoked', () => {
    const bad = respond({ status: 'revoked', reason: 4 })
    for (const sources of [
      ['ocsp', 'crl'],
      ['crl', 'ocsp'],
    ] as const) {
      const revocation = { sources }
      expect(reasons({ revocation, responses: [respond()], crls: [list(revoked)] })).toEqual(['revoked'])
      expect(reasons({ revocation, responses: [bad], crls: [list()] })).toEqual(['revoked'])
      expect(reasons({ revocation, stapled: [respond()], responses: [bad] })).toEqual(['revoked'])
      expect(reasons({ revocation, stapled: [bad], responses: [respond()], crls: [list()] })).toEqual(['revoked'])
    }
  })

  test('what the policy does not name is not asked', () => {
    expect(check({ revocation: { sources: ['ocsp'] }, crls: [list(revoked)] }).problems).toEqual([])
    expect(check({ revocation: { sources: ['crl'] }, stapled: [respond({ status: 'revoked' })] }).problems).toEqual([])
    const none = check({ revocation: { mode: 'hard', sources: [], scope: 'leaf' } })
    expect(none.problems[0]?.message).toBe(
      'Its revocation status is not known. The policy names no source to ask. The policy must name a source.',
    )
  })

  test('without an answer all sources say why', () => {
    const { message } = check({ stapled: [makeOcspError(3)], crls: [list({ breakSignature: true })] }).findings[0] ?? {}
    expect(message).toContain('it is the error tryLater')
    expect(message).toContain("The CRL does not count: its signature by 'CN=CA' does not verify.")
  })

  test('a budget that is spent says nothing good', () => {
    expect(statuses({ crls: [list()], responses: [respond()], verify: () => false })).toEqual(['unknown', 'unchecked'])
  })

  test("a responder's certificate may be revoked by a CRL", () => {
    const responder = issue(ca, { subject: 'responder', extKeyUsage: ['1.3.6.1.5.5.7.3.9'] })
    const response = respond({}, { signer: responder, certificates: [responder.certificate] })
    expect(check({ responses: [response] }).findings[0]).toMatchObject({ status: 'good', source: 'ocsp' })
    const revoking = list({ revoked: [{ certificate: responder.certificate }] })
    const without = { revocation: { sources: ['ocsp', 'crl'] } } as const
    const finding = check({ responses: [response], crls: [revoking], ...without }).findings[0]
    expect(finding).toMatchObject({ status: 'good', source: 'crl' })
  })
})

describe('must-staple', () => {
  const demanding = issue(ca, { dnsNames: ['example.com'], extensions: [features(5)] })
  const path = [demanding, ca, root]
  const about = { certificate: demanding.certificate }

  test('needs a stapled response that says good', () => {
    expect(check({ path, stapled: [] }).problems).toMatchObject([
      {
        reason: 'must-staple',
        rule: 'must-staple',
        message: 'Its tlsFeature demands a stapled OCSP response that says good: none was stapled.',
      },
    ])
    expect(reasons({ path, stapled: [respond(about)] })).toEqual([])
    expect(reasons({ path, stapled: [respond()] })).toEqual(['must-staple'])
    expect(reasons({ path, stapled: [respond(about, { breakSignature: true })] })).toEqual(['must-staple'])
    expect(reasons({ path, stapled: [respond({ ...about, nextUpdate: NOW })] })).toEqual(['must-staple'])
    expect(reasons({ path, stapled: [], responses: [respond(about)] })).toEqual(['must-staple'])
    expect(reasons({ path, stapled: [respond({ ...about, status: 'revoked' })] })).toEqual(['revoked', 'must-staple'])
  })

  test('whatever the mode, but only if the peer was asked to staple', () => {
    expect(reasons({ path, stapled: null })).toEqual([])
    for (const revocation of [{ mode: 'off' }, { sources: ['crl'] }] as const) {
      expect(reasons({ path, stapled: [], revocation })).toEqual(['must-staple'])
      expect(reasons({ path, stapled: [respond(about)], revocation })).toEqual([])
    }
  })

  test('is demanded by status_request alone, and by a CA for those below it', () => {
    const others = issue(ca, { subject: 'x', extensions: [features(17, 23)] })
    expect(reasons({ path: [others, ca, root], stapled: [] })).toEqual([])
    expect(reasons({ stapled: [] })).toEqual([])
    const strict = issueCa(root, { subject: 'Strict', extensions: [features(5)] })
    const below = issue(strict, { subject: 'x' })
    const { problems } = check({ path: [below, strict, root], stapled: [] })
    expect(problems).toMatchObject([{ reason: 'must-staple' }])
    expect(problems[0]?.message).toContain("The tlsFeature of its CA 'CN=Strict' demands")
    expect(problems[0]?.certificate?.subjectText).toBe('CN=x')
    const broken = issue(ca, { subject: 'x', extensions: [{ oid: '1.3.6.1.5.5.7.1.24', value: writeNull() }] })
    expect(reasons({ path: [broken, ca, root], stapled: [] })).toEqual([])
  })
})

describe('what is wanted', () => {
  /** Kind and URL of each; of what is wanted for another certificate, which nothing should be, its name as well. */
  const wanted = (...extensions: readonly TestExtension[]): string[][] => {
    const made = issue(ca, { subject: 'x', extensions })
    const found = check({ path: [made, ca, root], revocation: { scope: 'leaf' } }).wanted
    return found.map(({ kind, url, certificate: { subjectText } }) =>
      subjectText === 'CN=x' ? [kind, url] : [kind, url, subjectText],
    )
  }

  test('of what is unknown: OCSP with its request, CRLs and delta CRLs, in the order of the policy', () => {
    const found = check({ crls: [rootCrl] }).wanted
    expect(found.map(({ kind, url }) => [kind, url])).toEqual([
      ['ocsp', OCSP_URL],
      ['crl', CRL_URL],
    ])
    expect(found[0]?.request?.[0]).toBe(0x30)
    expect(found[1]).not.toHaveProperty('request')
    const freshest = { oid: '2.5.29.46', value: writePoints({ uris: ['http://crl.example/delta'] }) }
    expect(wanted(points(CRL_URL), freshest)).toEqual([
      ['crl', CRL_URL],
      ['crl', 'http://crl.example/delta'],
    ])
    expect(check({ revocation: { sources: ['crl'] }, crls: [rootCrl] }).wanted).toHaveLength(1)
  })

  test('of what does not count, and of nothing that does', () => {
    expect(check({ crls: [list({ nextUpdate: NOW }), rootCrl] }).wanted).toHaveLength(2)
    expect(check({ crls: [list(), rootCrl] }).wanted).toEqual([])
    expect(check({ crls: [list(revoked), rootCrl] }).wanted).toEqual([])
    expect(check({ responses: [respond()] }).wanted).toEqual([])
    expect(check({ revocation: { mode: 'off' } }).wanted).toEqual([])
  })

  test('a newer delta CRL of what is good', () => {
    const freshest = { oid: '2.5.29.46', value: writePoints({ uris: ['http://crl.example/delta'] }) }
    const made = issue(ca, { subject: 'x', extensions: [freshest] })
    const path = [made, ca, root]
    expect(check({ path, crls: [list(), rootCrl] }).wanted.map(({ url }) => url)).toEqual(['http://crl.example/delta'])
    const delta = list({ number: 9, base: 5, nextUpdate: CRL_NEXT })
    expect(check({ path, crls: [list(), delta, rootCrl] }).wanted).toEqual([])
  })

  test('over http and https only, printable, each once, few', () => {
    const odd = [
      'ldap://a/',
      'file:///etc/passwd',
      'http://a/b c',
      'http://a/\r\nX: y',
      'HTTPS://A/',
      'http://a/',
      'http://a/',
      'http://',
    ]
    expect(wanted(points(...odd))).toEqual([
      ['crl', 'HTTPS://A/'],
      ['crl', 'http://a/'],
    ])
    expect(wanted(responders('ldap://a/', 'http://a/\u0001', OCSP_URL, OCSP_URL))).toEqual([['ocsp', OCSP_URL]])
    expect(wanted(points(`http://a/${'x'.repeat(3000)}`))).toEqual([])
    const many = Array.from({ length: 100 }, (_, index) => `http://a/${index}`)
    expect(wanted(points(...many), responders(...many))).toHaveLength(2 * MAX_WANTED_URLS)
  })

  test('of other CRL issuers only if the policy has them', () => {
    const indirect = pointsExtension({ uris: ['http://a/'], crlIssuer: [writeName('Lists')] }, { uris: ['http://b/'] })
    const made = issue(ca, { subject: 'x', extensions: [indirect] })
    const urls = (indirectCrls: boolean): string[] =>
      check({ path: [made, ca, root], crls: [rootCrl], revocation: { indirectCrls } }).wanted.map(({ url }) => url)
    expect(urls(true)).toEqual(['http://a/', 'http://b/'])
    expect(urls(false)).toEqual(['http://b/'])
  })
})

describe('noRevAvail', () => {
  const extension = { oid: '2.5.29.56', value: writeNull() }
  const revocation = { mode: 'hard' } as const

  test('of an end entity without pointers: nothing to check', () => {
    const made = issue(ca, { subject: 'short', extensions: [extension] })
    const result = check({ path: [made, ca, root], crls: [rootCrl], revocation })
    expect(result.findings.map(({ status }) => status)).toEqual(['unchecked', 'good'])
    expect(result).toMatchObject({ problems: [], wanted: [] })
    expect(reasons({ path: [made, ca, root], crls: [list({ revoked: [{ certificate: made.certificate }] })] })).toEqual(
      ['revoked'],
    )
  })

  test('of a CRL signer likewise', () => {
    const signer = issue(ca, { subject: 'CA', keyUsage: ['cRLSign'], extensions: [extension] })
    const crls = [issueCrl(signer), rootCrl]
    const asked = { crls, others: [signer], revocation, hasPath: true }
    expect(reasons(asked)).toEqual([])
    const revoking = list({ number: 6, base: 5, revoked: [{ certificate: signer.certificate }] })
    expect(reasons({ ...asked, crls: [...crls, revoking] })).toEqual(['revocation-unknown'])
  })

  test('of a CA, or beside a pointer, changes nothing', () => {
    const sub = issueCa(root, { subject: 'Sub', extensions: [extension] })
    expect(reasons({ path: [sub, root], revocation })).toEqual(['revocation-unknown'])
    for (const pointer of [
      points(CRL_URL),
      responders(OCSP_URL),
      { oid: '2.5.29.46', value: writePoints({ uris: [CRL_URL] }) },
    ]) {
      const made = issue(ca, { subject: 'short', extensions: [extension, pointer] })
      expect(reasons({ path: [made, ca, root], crls: [rootCrl], revocation })).toEqual(['revocation-unknown'])
    }
  })
})
