/** What suites came to, as JSON and for people. */

import { DISPUTED } from './disputed.ts'
import type { CaseResult, Outcome, SuiteResult } from './runner.ts'

/** The machine's form. */
export interface SuiteRecord {
  readonly file: string
  readonly total: number
  readonly passed: number
  readonly wronglyAccepted: readonly string[]
  readonly wronglyRefused: readonly string[]
  readonly errors: readonly string[]
  readonly slowestMs: number
}

export function recordOf({ file, cases }: SuiteResult): SuiteRecord {
  const idsOf = (outcome: Outcome): string[] => cases.filter((one) => one.outcome === outcome).map(({ id }) => id)
  return {
    file,
    total: cases.length,
    passed: idsOf('passed').length,
    wronglyAccepted: idsOf('wronglyAccepted'),
    wronglyRefused: idsOf('wronglyRefused'),
    errors: idsOf('errors'),
    slowestMs: Number((slowestOf(cases)?.milliseconds ?? 0).toFixed(1)),
  }
}

function slowestOf(cases: readonly CaseResult[]): CaseResult | undefined {
  return cases.reduce<CaseResult | undefined>(
    (slowest, one) => (slowest === undefined || one.milliseconds > slowest.milliseconds ? one : slowest),
    undefined,
  )
}

/** A line a suite; then each case that failed. */
export function renderSuites(suites: readonly SuiteResult[], verbose: boolean): string {
  const rows = suites.map((suite) => {
    const record = recordOf(suite)
    const slowest = slowestOf(suite.cases)
    const counts = [record.total, record.passed].concat(
      [record.wronglyAccepted, record.wronglyRefused, record.errors].map((ids) => ids.length),
    )
    return [suite.file, ...counts.map(String), `${record.slowestMs} ms`, slowest?.id ?? '']
  })
  const head = ['suite', 'cases', 'passed', 'wrongly accepted', 'wrongly refused', 'errors', 'slowest', '']
  const failures = suites.flatMap(({ cases }) =>
    cases.filter(({ outcome }) => outcome !== 'passed').map((one) => failureText(one, verbose)),
  )
  return [tableText([head, ...rows]), ...(failures.length > 0 ? [failures.join('\n')] : [])].join('\n\n')
}

const OUTCOME_TEXT: Readonly<Record<Outcome, string>> = {
  passed: 'passed',
  wronglyAccepted: 'wrongly accepted',
  wronglyRefused: 'wrongly refused',
  errors: 'error',
}

function failureText({ id, outcome, expected, answer, reason, about }: CaseResult, verbose: boolean): string {
  const dispute = DISPUTED.get(id)
  const lines = [`${OUTCOME_TEXT[outcome]}: ${id}${dispute === undefined ? '' : ` (held to be wrong: ${dispute})`}`]
  if (!verbose) return lines.join()
  lines.push(`  expected ${expected === '' ? 'a case' : expected}, answered ${answer}: ${reason}`)
  if (about !== '') lines.push(`  about: ${about.trim().replaceAll(/\s+/g, ' ')}`)
  return lines.join('\n')
}

/** The first and the last column to the left, the others to the right. */
function tableText(rows: readonly (readonly string[])[]): string {
  const last = (rows[0]?.length ?? 0) - 1
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? []
  return rows
    .map((row) =>
      row
        .map((cell, column) =>
          column === 0 || column === last ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0),
        )
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}
