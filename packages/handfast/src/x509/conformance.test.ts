import { describe, expect, test } from 'vitest'
import { issue, type IssueOptions, issueCa, makeCa, writeGeneralName } from '../../test/pki.ts'
import { writeContext, writeSequence } from '../asn1/der-writer.ts'
import { nodeProvider } from '../crypto/node.ts'
import { CONFORMANCE_RULES } from './conformance.ts'
import { createTrustStore } from './trust-store.ts'
import { CERTIFICATE_RULES } from './validate-path.ts'
import type { VerifyRequest } from './verdict.ts'
import { verifyChain } from './verify.ts'

const root = makeCa()

function requestFor(leaf: IssueOptions, ca: IssueOptions = {}): VerifyRequest {
  const { chain } = issue(issueCa(root, ca), leaf)
  const trust = createTrustStore([root.certificate])
  return { chain, trust, time: Date.UTC(2026, 0, 1), purpose: 'any', provider: nodeProvider }
}

const notCritical = writeSequence(writeContext(0, writeSequence(writeGeneralName('DNS:example.com'))))

describe('conformance of issuers', () => {
  test.each<[string, IssueOptions, IssueOptions, RegExp, number]>([
    [
      'a serial number of zero',
      { subject: 'x', serialNumber: 0 },
      {},
      /^serialNumber: needs a positive number, is 0/,
      0,
    ],
    ['a negative one', { subject: 'x', serialNumber: -1 }, {}, /is negative$/, 0],
    ['a long one', { subject: 'x', serialNumber: 2n ** 160n }, {}, /has 21$/, 0],
    [
      'no key identifier of the issuer',
      { subject: 'x', authorityKeyIdentifier: null },
      {},
      /^authorityKeyIdentifier/,
      0,
    ],
    ['an underscore', { dnsNames: ['my_host.example'] }, {}, /has 'my_host.example'$/, 0],
    [
      'name constraints that are not critical',
      { dnsNames: ['example.com'] },
      { extensions: [{ oid: '2.5.29.30', value: notCritical }] },
      /needs to be critical/,
      1,
    ],
  ])('%s: a warning, and refused by the rules themselves', (_, leaf, ca, message, index) => {
    const request = requestFor(leaf, ca)
    const verdict = verifyChain(request)
    expect(verdict.trusted).toBe(true)
    expect(verdict.warnings).toHaveLength(1)
    expect(verdict.warnings[0]).toMatchObject({
      reason: 'malformed',
      certificate: index,
      message: expect.stringMatching(message),
    })
    const strict = verifyChain(request, [...CERTIFICATE_RULES, ...CONFORMANCE_RULES])
    expect(strict.trusted).toBe(false)
    expect(strict.reasons[0]?.message).toMatch(message)
  })

  test('nothing to warn of', () => {
    expect(verifyChain(requestFor({ dnsNames: ['*.example.com'] })).warnings).toEqual([])
  })
})
