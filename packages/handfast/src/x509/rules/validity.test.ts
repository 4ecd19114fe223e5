import { describe, expect, test } from 'vitest'
import { chainOf, contextOf } from '../../../test/breached-chain.ts'
import type { Certificate } from '../certificate.ts'
import { POLICIES } from '../validation-policy.ts'
import { VALIDITY_PERIOD } from './validity.ts'

const DAY = 86_400_000

/** Against a leaf that is valid from `notBefore` for `seconds`, the last one included. */
function judge(notBefore: number, seconds: number): string | null {
  const { path } = chainOf({ leaf: { notBefore, notAfter: notBefore + (seconds - 1) * 1000 } })
  const [certificate] = path as [Certificate]
  const place = { certificate, path: [certificate], isLeaf: true, isAnchor: false, anchor: null }
  return VALIDITY_PERIOD.check(place, contextOf({}, path))?.message ?? null
}

describe('how long a leaf of the Web PKI may be valid, by when it was issued', () => {
  test.each([
    ['2012-07-01', Number.POSITIVE_INFINITY, 1827],
    ['2015-04-01', 1827, 1188],
    ['2018-03-01', 1188, 825],
    ['2020-09-01', 825, 398],
    ['2026-03-15', 398, 200],
    ['2027-03-15', 200, 100],
    ['2029-03-15', 100, 47],
  ])('from %s on: no longer %d days but %d', (from, before, days) => {
    const start = Date.parse(from)
    const most = days * 86_400
    expect(judge(start, most)).toBeNull()
    expect(judge(start, most + 1)).toBe(
      `validity: needs at most ${days} days in certificates issued from ${from} on, has ${days + 1}`,
    )
    expect(judge(start - 1000, most + 1)).toBeNull()
    if (before === Number.POSITIVE_INFINITY) expect(judge(start - 1000, 100_000 * 86_400)).toBeNull()
    else expect(judge(start - 1000, before * 86_400 + 1)).toMatch(`at most ${before} days`)
  })

  test('is told in whole days, a day that is begun included', () => {
    expect(judge(Date.UTC(2026, 3, 1), (200 * DAY + 3_600_000) / 1000)).toMatch(/has 201$/)
    expect(judge(Date.UTC(2026, 3, 1), (201 * DAY) / 1000)).toMatch(/has 201$/)
  })

  test('is limited in no other profile', () => {
    expect([POLICIES.rfc5280.limits.validity, POLICIES.tls.limits.validity]).toEqual([[], []])
  })
})
