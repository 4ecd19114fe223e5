import { describe, expect, test } from 'vitest'
import {
  issue,
  issueCa,
  makeCa,
  type TestCertificate,
  type TestExtension,
  writeGeneralName,
} from '../../../test/pki.ts'
import { freshCrl } from '../../../test/revocation-data.ts'
import { writeContext, writeSequence } from '../../asn1/index.ts'
import { nodeProvider } from '../../crypto/node.ts'
import { createTrustStore } from '../trust-store.ts'
import { createPolicy, type RevocationPolicy, type ValidationPolicy } from '../validation-policy.ts'
import type { Verdict } from '../verdict.ts'
import { verifyChain } from '../verify.ts'

const TIME = Date.UTC(2026, 6, 1)
const AT = writeSequence(
  writeSequence(writeContext(0, writeContext(0, writeGeneralName('URI:http://ca.example.com/crl')))),
)
const CRL_POINTER: TestExtension = { oid: '2.5.29.31', critical: true, value: AT }
const DELTA_POINTER: TestExtension = { oid: '2.5.29.46', critical: true, value: AT }

const root = makeCa()

function leafWith(...extensions: TestExtension[]): TestCertificate {
  return issue(root, { dnsNames: ['example.com'], extensions })
}

function policyOf(mode: RevocationPolicy['mode']): ValidationPolicy {
  return createPolicy('tls', { revocation: { mode, sources: ['crl'] } })
}

function judge(leaf: TestCertificate, policy: ValidationPolicy, crls: readonly Uint8Array[] = []): Verdict {
  return verifyChain({
    chain: leaf.chain,
    trust: createTrustStore([root.certificate]),
    time: TIME,
    purpose: 'server',
    provider: nodeProvider,
    policy,
    crls,
  })
}

describe('a critical pointer to CRLs', () => {
  test.each([
    ['cRLDistributionPoints', CRL_POINTER],
    ['freshestCRL', DELTA_POINTER],
  ])('%s: refused in every mode while the status is not known', (name, pointer) => {
    for (const mode of ['off', 'soft', 'hard'] as const) {
      const { reasons } = judge(leafWith(pointer), policyOf(mode))
      expect(reasons).toMatchObject([{ reason: 'revocation-unknown', rule: 'revocation', certificate: 0 }])
      if (mode !== 'hard') expect(reasons[0]?.message).toContain(`${name}: needs a current CRL`)
    }
  })

  test('trusted with a CRL that says good, refused with one that revokes it', () => {
    const leaf = leafWith(CRL_POINTER)
    const issued = { thisUpdate: TIME - 1000 }
    expect(judge(leaf, policyOf('soft'), [freshCrl(root, [], issued)])).toMatchObject({ trusted: true, reasons: [] })
    expect(judge(leaf, policyOf('soft'), [freshCrl(root, [leaf], issued)]).reasons).toMatchObject([
      { reason: 'revoked' },
    ])
  })

  test('of an intermediate counts as well, of an anchor not', () => {
    const middle = issueCa(root, { extensions: [CRL_POINTER] })
    expect(judge(issue(middle), policyOf('off')).reasons).toMatchObject([
      { reason: 'revocation-unknown', certificate: 1 },
    ])
    const pointing = makeCa({ extensions: [CRL_POINTER] })
    const verdict = verifyChain({
      chain: issue(pointing).chain,
      trust: createTrustStore([pointing.certificate]),
      time: TIME,
      purpose: 'server',
      provider: nodeProvider,
    })
    expect(verdict.reasons).toEqual([])
  })

  test('one that is not critical leaves the mode to decide', () => {
    const leaf = leafWith({ ...CRL_POINTER, critical: false })
    expect(judge(leaf, policyOf('off')).trusted).toBe(true)
    expect(judge(leaf, policyOf('soft')).trusted).toBe(true)
  })

  test('a policy may have it warn', () => {
    const policy = createPolicy(policyOf('off'), { rules: { revocation: 'warn' } })
    const { trusted, warnings } = judge(leafWith(CRL_POINTER), policy)
    expect(trusted).toBe(true)
    expect(warnings).toMatchObject([{ reason: 'revocation-unknown', rule: 'revocation' }])
  })
})
