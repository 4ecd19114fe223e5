import { describe, expect, test } from 'vitest'
import { ALERT_OF_REASON } from '../../src/tls/alert.ts'
import { RULE_NAMES } from '../../src/x509/index.ts'
import type { CertificateReason } from '../../src/x509/verdict.ts'
import { adviceFor } from '../../src/report/advice.ts'

const REASONS = Object.keys(ALERT_OF_REASON) as CertificateReason[]

describe('advice', () => {
  test.each(REASONS)('on %s: whole sentences, for the leaf, an issuer and an anchor', (reason) => {
    for (const certificate of [0, 2, null]) {
      const advice = adviceFor({ reason, certificate })
      expect(advice).toMatch(/^[A-Z].*\.$/s)
      expect(advice).not.toMatch(/undefined|\.\.$/)
    }
  })

  test.each(RULE_NAMES)('on what is nonconforming by the rule %s', (rule) => {
    for (const certificate of [0, 2, null]) {
      expect(adviceFor({ reason: 'nonconforming', certificate, rule })).toMatch(/^[A-Z].*\.$/s)
    }
  })

  test('tells the owner of the certificate another thing than of its issuer’s and of the root', () => {
    expect(adviceFor({ reason: 'expired', certificate: 0 })).toMatch(/^Renew it\./)
    expect(adviceFor({ reason: 'expired', certificate: 1 })).toContain("the authority's current certificate")
    expect(adviceFor({ reason: 'expired', certificate: null })).toContain('successor of this root')
  })

  test('tells more of a rule where the reason says little', () => {
    const rule = 'validity-period'
    expect(adviceFor({ reason: 'nonconforming', certificate: 0, rule })).toMatch(/^Renew it for a shorter time/)
    expect(adviceFor({ reason: 'nonconforming', certificate: 1, rule })).toMatch(/^The authority must replace/)
  })
})
