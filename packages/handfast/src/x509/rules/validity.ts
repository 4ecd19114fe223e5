/**
 * Rules on when a certificate is valid: RFC 5280 sections 4.1.2.5 and 6.1.3; the Baseline Requirements
 * of the CA/Browser Forum, section 6.3.2, for how long.
 */

import { timeText } from '../time-text.ts'
import type { ValidationLimits } from '../validation-policy.ts'
import type { Place } from './place.ts'
import { type CertificateRule, type PathContext, problem, type Problem } from './rule.ts'

/** RFC 5280 section 6.1.3 (a) (2). A certificate is valid from the first to the last second it names. */
export const DATES: CertificateRule = { name: 'dates', on: 'all', check: checkDates }

/** A leaf is valid no longer than was allowed when it was issued. */
export const VALIDITY_PERIOD: CertificateRule = { name: 'validity-period', on: 'leaf', check: checkPeriod }

function checkDates({ certificate, anchor }: Place, { time }: PathContext): Problem | null {
  if (anchor !== null && !anchor.dates) return null
  if (time < certificate.notBefore) {
    const message = `validity.notBefore: needs a time up to ${secondText(time)}, is ${timeText(certificate.notBefore)}`
    return problem('not-yet-valid', certificate, message)
  }
  // Inclusive, and times of judgement have fractions.
  if (time >= certificate.notAfter + 1000) {
    const message = `validity.notAfter: needs a time from ${secondText(time)} on, is ${timeText(certificate.notAfter)}`
    return problem('expired', certificate, message)
  }
  return null
}

/** Certificates know no fractions of it. */
function secondText(time: number): string {
  return timeText(Math.floor(time / 1000) * 1000)
}

const DAY = 86_400_000

function checkPeriod({ certificate }: Place, { policy }: PathContext): Problem | null {
  const row = datedRows(policy.limits).findLast(({ time }) => certificate.notBefore >= time)?.row
  // The last second counts (section 6.3.2: "inclusive of any additional second").
  const period = certificate.notAfter - certificate.notBefore + 1000
  if (row === undefined || period <= row.days * DAY) return null
  const days = Math.ceil(period / DAY)
  const message = `validity: needs at most ${row.days} days in certificates issued from ${row.from} on, has ${days}`
  return problem('nonconforming', certificate, message)
}

interface DatedRow {
  /** Milliseconds since the epoch. */
  readonly time: number
  readonly row: ValidationLimits['validity'][number]
}

/** A policy is used for many verdicts: its dates are read once, if they cannot change. */
const dated = new WeakMap<ValidationLimits['validity'], readonly DatedRow[]>()

function datedRows({ validity }: ValidationLimits): readonly DatedRow[] {
  let rows = dated.get(validity)
  if (rows === undefined) {
    rows = validity.map((row) => ({ time: Date.parse(row.from), row }))
    if (Object.isFrozen(validity) && validity.every(Object.isFrozen)) dated.set(validity, rows)
  }
  return rows
}
