/** What a bench measured, as JSON and as a table. */

/** The median of one subject in one case. */
export interface Row {
  readonly case: string
  readonly subject: string
  readonly median: number
  readonly unit: string
}

/** `subject`'s median divided by `versus`'s in one case. */
export interface Ratio {
  readonly case: string
  readonly subject: string
  readonly versus: string
  readonly ratio: number
}

export interface Result {
  readonly rows: readonly Row[]
  readonly ratios: readonly Ratio[]
}

/** A bench: its heading for people, its targets in words, and how it is run. */
export interface Bench {
  readonly title: string
  readonly targets: string
  /** Rounds unless asked for otherwise. */
  readonly rounds: number
  run(rounds: number): Promise<Result>
}

/**
 * Rows and ratios of samples by case and subject.
 * @param versus for each subject, whom it is compared with.
 */
export function resultOf(
  samples: ReadonlyMap<string, ReadonlyMap<string, readonly number[]>>,
  unit: string,
  versus: readonly (readonly [subject: string, versus: string])[],
): Result {
  const rows: Row[] = []
  const ratios: Ratio[] = []
  for (const [name, subjects] of samples) {
    const medians = new Map([...subjects].map(([subject, values]) => [subject, medianOf(values)]))
    for (const [subject, median] of medians) rows.push({ case: name, subject, median: rounded(median), unit })
    for (const [subject, other] of versus) {
      const [own, theirs] = [medians.get(subject), medians.get(other)]
      if (own === undefined || theirs === undefined) continue
      ratios.push({ case: name, subject, versus: other, ratio: Number((own / theirs).toFixed(3)) })
    }
  }
  return { rows, ratios }
}

export function medianOf(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1
    ? (sorted[middle] as number)
    : ((sorted[middle - 1] as number) + (sorted[middle] as number)) / 2
}

function rounded(value: number): number {
  return Number(value.toFixed(value < 1000 ? 1 : 0))
}

/**
 * Tables: a line for each case, a column for each subject and each ratio. Cases stand in one table as long
 * as their subjects are among one another's.
 */
export function renderResult({ rows, ratios }: Result): string {
  const tables: { readonly subjects: readonly string[]; readonly cases: string[] }[] = []
  for (const name of new Set(rows.map((row) => row.case))) {
    const subjects = rows.filter((row) => row.case === name).map((row) => row.subject)
    const table = tables.find((one) => includesAll(one.subjects, subjects) || includesAll(subjects, one.subjects))
    if (table === undefined) tables.push({ subjects, cases: [name] })
    else table.cases.push(name)
  }
  return tables
    .map(({ cases }) => {
      const isOfTable = (one: { readonly case: string }): boolean => cases.includes(one.case)
      return renderTable({ rows: rows.filter(isOfTable), ratios: ratios.filter(isOfTable) })
    })
    .join('\n\n')
}

function includesAll(list: readonly string[], items: readonly string[]): boolean {
  return items.every((item) => list.includes(item))
}

function renderTable({ rows, ratios }: Result): string {
  const subjects = [...new Set(rows.map((row) => row.subject))]
  const pairs = [...new Set(ratios.map((ratio) => `${ratio.subject} / ${ratio.versus}`))]
  const lines = [...new Set(rows.map((row) => row.case))].map((name) => [
    name,
    ...subjects.map((subject) => {
      const row = rows.find((one) => one.case === name && one.subject === subject)
      return row === undefined ? '' : `${row.median.toLocaleString('en')} ${row.unit}`
    }),
    ...pairs.map((pair) => {
      const ratio = ratios.find((one) => one.case === name && `${one.subject} / ${one.versus}` === pair)
      return ratio === undefined ? '' : ratio.ratio.toFixed(2)
    }),
  ])
  const table = [['case', ...subjects, ...pairs], ...lines]
  const widths = table[0]?.map((_, i) => Math.max(...table.map((line) => line[i]?.length ?? 0))) ?? []
  return table
    .map((line) => line.map((cell, i) => (i === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[i] ?? 0))))
    .map((line) => line.join('  ').trimEnd())
    .join('\n')
}
