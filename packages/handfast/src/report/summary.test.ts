import { describe, expect, test } from 'vitest'
import { issue, issueCa, makeCa, type TestCertificate } from '../../test/pki.ts'
import { freshCrl } from '../../test/revocation-data.ts'
import { nodeProvider } from '../crypto/node.ts'
import {
  createBlocklist,
  createKeySet,
  createPolicy,
  createTrustStore,
  verifyChain,
  type VerifyRequest,
} from '../x509/index.ts'
import { createVerificationReport, type VerificationReport } from './index.ts'
import type { VerificationFacts } from './verification.ts'

const time = Date.UTC(2026, 10, 23, 12) + 250
const root = makeCa({ subject: 'Root' })
const sub = issueCa(root, { subject: 'Sub' })
const leaf = issue(sub, { subject: 'leaf', dnsNames: ['a.example'] })
const expired = issue(sub, { subject: 'old', dnsNames: ['a.example'], notAfter: Date.UTC(2025, 5, 1) })
const future = issue(sub, { subject: 'new', dnsNames: ['a.example'], notBefore: Date.UTC(2026, 10, 23, 17) })
const evil = { kind: 'dns', name: 'evil.example' } as const

function reportOf(
  chain: readonly TestCertificate[],
  request: Partial<Omit<VerifyRequest, 'chain'>> = {},
  facts: VerificationFacts = {},
): VerificationReport {
  const whole: VerifyRequest = {
    chain: chain.map(({ certificate }) => certificate),
    trust: createTrustStore([root.certificate]),
    time,
    purpose: 'server',
    provider: nodeProvider,
    ...request,
  }
  return createVerificationReport(whole, verifyChain(whole), facts)
}

const crl = (issuer: TestCertificate, ...revoked: TestCertificate[]): Uint8Array =>
  freshCrl(issuer, revoked, { thisUpdate: Date.UTC(2026, 10, 23, 9) })

describe('the summary of what is trusted', () => {
  test('claims what was checked', () => {
    const { summary, notes, inputs } = reportOf([leaf, sub], {
      identity: { kind: 'dns', name: 'a.example' },
      crls: [crl(root), crl(sub)],
    })
    expect(summary).toBe('Trusted: it is for a.example, for purpose server, until 2040-01-01; its root is CN=Root.')
    expect([notes, inputs.loosened]).toEqual([[], []])
  })

  test('claims no name, time or purpose by a rule that is ignored, and names the rules', () => {
    const rules = { dates: 'ignore', identity: 'ignore', 'extended-key-usage': 'ignore' } as const
    const policy = createPolicy('tls', { rules })
    const { trusted, summary, notes, inputs } = reportOf([expired, sub], { identity: evil, policy })
    expect(trusted).toBe(true)
    expect(summary).toMatch(
      /^Trusted: whether it is for evil\.example was not checked, for a purpose that was not checked, whether it is valid at this time was not checked;/,
    )
    expect(notes).toEqual(['Loosened from the profile: dates=ignore, identity=ignore, extended-key-usage=ignore.'])
    expect(inputs.loosened[0]).toEqual({ rule: 'dates', severity: 'ignore', usual: 'refuse' })
  })

  test('says of what is only warned of that it is not so', () => {
    const rules = { dates: 'warn', identity: 'warn', 'extended-key-usage': 'warn' } as const
    const policy = createPolicy('tls', { rules })
    const { summary } = reportOf([expired, sub], { identity: evil, policy, purpose: 'client' })
    expect(summary).toMatch(/^Trusted: it is NOT for evil\.example, NOT for purpose client, NOT valid at this time;/)
  })

  test('knows the profile by the name of the policy, by what the caller says, or none', () => {
    const strict = createPolicy('webpki', { name: 'ours', rules: { 'leaf-ca': 'ignore', dates: 'warn' } })
    const loosened = (policy: VerifyRequest['policy'], facts: VerificationFacts = {}): string[] =>
      reportOf([leaf, sub], policy === undefined ? {} : { policy }, facts).inputs.loosened.map(({ rule }) => rule)
    expect(loosened(undefined)).toEqual([])
    expect(loosened(createPolicy('webpki', { rules: { 'leaf-ca': 'ignore' } }))).toEqual(['leaf-ca'])
    expect(loosened(strict, { profile: 'webpki' })).toEqual(['dates', 'leaf-ca'])
    // What every profile demands.
    expect(loosened(strict)).toEqual(['dates'])
    expect(loosened(createPolicy('rfc5280'))).toEqual([])
  })

  test('says whose revocation is not known', () => {
    const said = (request: Partial<VerifyRequest>): string =>
      reportOf([leaf, sub], request).summary.split('CN=Root. ')[1] ?? ''
    expect(said({})).toBe('Whether it was revoked is not known.')
    expect(said({ crls: [crl(root)] })).toBe('Whether it was revoked is not known.')
    expect(said({ crls: [crl(sub)] })).toBe('It is not revoked; whether its issuer CN=Sub was is not known.')
    expect(said({ crls: [crl(sub)], policy: createPolicy('tls', { revocation: { scope: 'leaf' } }) })).toBe('')
    expect(said({ policy: createPolicy('tls', { revocation: { mode: 'off' } }) })).toBe(
      'Whether it was revoked was not checked.',
    )
    expect(
      said({ crls: [crl(root), crl(sub, leaf)], policy: createPolicy('tls', { rules: { revocation: 'warn' } }) }),
    ).toBe('REVOKED: CN=leaf.')
  })
})

describe('the summary of what is refused', () => {
  test('is the reason and what it is about; the message stands with the reasons', () => {
    const old = reportOf([expired, sub])
    expect(old.summary).toBe('Refused (expired): CN=old expired 2025-06-01, 540 days ago.')
    expect(old.reasons[0]).toMatchObject({ certificate: 0, subject: 'CN=old' })
    expect(reportOf([future, sub]).summary).toBe(
      'Refused (not-yet-valid): CN=new is not valid until 2026-11-23, in 4 hours.',
    )
    expect(reportOf([leaf]).summary).toBe('Refused (unknown-issuer): CN=leaf has no path to a trusted root.')
    expect(reportOf([]).summary).toBe('Refused (no-certificate): there is no certificate.')
  })

  test('names by its number what cannot be read, and nothing where it is about the whole path', () => {
    const broken = { ...leaf, certificate: Uint8Array.of(0x30, 0x03, 0x02, 0x01, 0x00) }
    expect(reportOf([broken]).summary).toBe('Refused (malformed): certificate 0 is malformed.')
    expect(reportOf([broken]).reasons[0]).toMatchObject({ certificate: 0, subject: null })
    const pins = createKeySet({ name: 'pins', hashes: ['0'.repeat(64)] })
    expect(reportOf([leaf, sub], { pins }).summary).toBe(
      'Refused (pin-mismatch): it has none of the pinned keys in its path.',
    )
  })

  test('names an issuer and an anchor', () => {
    const over = issueCa(root, { subject: 'Over', notAfter: Date.UTC(2025, 0, 1) })
    const below = reportOf([issue(over, { dnsNames: ['a.example'] }), over])
    expect(below.summary).toMatch(/^Refused \(expired\): CN=Over expired 2025-01-01, /)
    expect(below.reasons[0]).toMatchObject({ certificate: 1, subject: 'CN=Over' })
    const gone = makeCa({ subject: 'Gone', notAfter: Date.UTC(2025, 0, 1) })
    const anchored = reportOf([issue(gone, { dnsNames: ['a.example'] })], {
      trust: createTrustStore([gone.certificate]),
    })
    expect(anchored.summary).toMatch(/^Refused \(expired\): CN=Gone expired 2025-01-01, /)
    expect(anchored.reasons[0]).toMatchObject({ certificate: null, subject: 'CN=Gone' })
  })
})

describe('notes', () => {
  test('tell what the peer did not present', () => {
    const given = reportOf([leaf], { intermediates: [sub.certificate] }).notes
    expect(given).toEqual([
      expect.stringMatching(/^Certificate 1 \(CN=Sub\) was not presented with the chain, it was given beside it\./),
    ])
    const sources = ['leaf.pem', 'fetched from http://a.example/sub.cer']
    const [fetched] = reportOf([leaf], { intermediates: [sub.certificate] }, { sources }).notes
    expect(fetched).toMatch(
      /it was fetched from http:\/\/a\.example\/sub\.cer\. Whoever presents the chain must send it/,
    )
    expect(reportOf([leaf, sub], { intermediates: [sub.certificate] }).notes).toEqual([])
  })

  test('tell of a list without entries', () => {
    const blocklist = createBlocklist({ name: 'ours', entries: [] })
    expect(reportOf([leaf, sub], { blocklist }).notes).toEqual([
      "The blocklist 'ours' has no entries: it changes nothing.",
    ])
  })
})

describe('checks of a path that was refused in the end', () => {
  const outcomes = (report: VerificationReport): Record<string, string> =>
    Object.fromEntries(report.checks.map(({ rule, outcome }) => [rule, outcome]))

  test('what held before revocation was looked at has passed', () => {
    const revoked = outcomes(reportOf([leaf, sub], { crls: [crl(root), crl(sub, leaf)] }))
    expect(revoked).toMatchObject({
      revocation: 'refused',
      dates: 'passed',
      'name-constraints': 'passed',
      policies: 'passed',
      identity: 'not-asked',
      version: 'open',
    })
    const blocklist = createBlocklist({
      name: 'ours',
      entries: [{ kind: 'key', hash: keyHash(sub) }],
    })
    expect(outcomes(reportOf([leaf, sub], { blocklist }))).toMatchObject({
      blocklist: 'refused',
      dates: 'passed',
      policies: 'open',
      revocation: 'open',
    })
  })

  test('without a complete path nothing has', () => {
    expect(outcomes(reportOf([leaf]))).toMatchObject({ dates: 'open', 'name-constraints': 'open' })
  })
})

function keyHash({ key }: TestCertificate): string {
  return Buffer.from(nodeProvider.hashes.sha256.digest(key.subjectPublicKeyInfo)).toString('hex')
}

describe('advice on the leaf', () => {
  const advice = (chain: readonly TestCertificate[], request: Partial<VerifyRequest>): string =>
    reportOf(chain, request).reasons[0]?.advice ?? ''

  test('without any subjectAltName', () => {
    expect(advice([issue(root, { subject: 'evil.example' })], { identity: evil })).toMatch(
      /^It has no subjectAltName at all, and the common name does not count/,
    )
    expect(advice([leaf, sub], { identity: evil })).toMatch(/^Have the certificate issued anew with this name/)
  })

  test('asked for by a URI that was pasted', () => {
    for (const uri of ['https://a.example/', 'https://user@a.example:8443/x?y']) {
      expect(advice([leaf, sub], { identity: { kind: 'uri', uri } })).toContain('give a.example as the name.')
    }
  })

  test('for another purpose than it was judged for', () => {
    const client = issue(root, { emails: ['alice@a.example'], extKeyUsage: ['1.3.6.1.5.5.7.3.2'] })
    expect(advice([client], {})).toMatch(
      /^It is for client, and was judged for the purpose server: .* judge it for client;/,
    )
  })
})
