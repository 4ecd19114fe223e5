/** Verdicts as reports show them: the parts that a handshake's report and a verification's have alike. */

import { type Explanation, timeText, type Verdict, type VerdictReason } from '../x509/index.ts'
import type { ReasonReport, RevocationReport, TriedPathReport, VerdictReport } from './handshake-report.ts'

/** Paths tried in vain that a handshake's report tells; the rest is counted. */
const MOST_TRIED = 5

/** A reason, as reports have it. */
export function reasonReport({ reason, certificate, message, rule }: VerdictReason): ReasonReport {
  return { reason, certificate, message, ...(rule === undefined ? {} : { rule }) }
}

/** What a verdict's explanation adds to a handshake's report; nothing if it has none. */
export function explanationReport({ explanation }: Verdict): Partial<VerdictReport> {
  if (explanation === undefined) return {}
  const { inputs, revocation, timestamps, tried, triedBeyond } = explanation
  return {
    policy: inputs.policy,
    revocation: revocation.map(revocationReport),
    timestamps: timestamps.filter(({ status }) => status === 'valid').length,
    tried: tried.slice(0, MOST_TRIED).map(triedPathReport),
    triedBeyond: Math.max(0, tried.length - MOST_TRIED) + triedBeyond,
  }
}

/** What is known of a revocation, as reports have it. */
export function revocationReport(finding: Explanation['revocation'][number]): RevocationReport {
  return {
    certificate: finding.certificate.subjectText,
    status: finding.status,
    source: finding.source,
    thisUpdate: momentReport(finding.thisUpdate),
    nextUpdate: momentReport(finding.nextUpdate),
    revokedAt: momentReport(finding.revokedAt),
    reason: finding.reason,
    message: finding.message,
  }
}

/** RFC 3339, UTC; null stays null, and so does what no calendar has. */
export function momentReport(milliseconds: number | null): string | null {
  return milliseconds === null || !(Math.abs(milliseconds) <= 8.64e15) ? null : timeText(milliseconds)
}

function triedPathReport({ path, complete, reason }: Explanation['tried'][number]): TriedPathReport {
  return { subjects: path.map(({ subjectText }) => subjectText), complete, reason: reasonReport(reason) }
}
