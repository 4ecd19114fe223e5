/** The result as a table: a row per peer and role of handfast, then every failure with what was seen. */
import { styleText } from 'node:util'

import type { Entry, Result } from './matrix.ts'

type Style = Parameters<typeof styleText>[0]

/** Writes text in a style, or plain. */
export type Painter = (style: Style, text: string) => string

/** Colours only where the stream is a terminal that wants them. */
export function painterFor(stream: NodeJS.WriteStream): Painter {
  return (style, text) => styleText(style, text, { stream })
}

/** The table, one line per peer and role. */
export function renderTable(entries: readonly Entry[], results: readonly Result[], paint: Painter): string {
  const rows = entries.flatMap((entry) => rowsOf(entry, results))
  const head = ['peer', 'version', 'handfast as', 'passed', 'failed', '']
  const widths = head.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => (row.cells[column] ?? '').length)),
  )
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, column) =>
        NUMBERS.has(column) ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0),
      )
      .join('  ')
      .trimEnd()
  return [paint('bold', line(head)), ...rows.map((row) => paint(row.style, line(row.cells)))].join('\n')
}

const NUMBERS = new Set([3, 4])

interface Row {
  cells: string[]
  style: Style
}

function rowsOf(entry: Entry, results: readonly Result[]): Row[] {
  const { peer, version, missing } = entry
  if (missing !== undefined)
    return [{ cells: [peer.title, '', '', '', '', `not available: ${missing}`], style: 'yellow' }]
  return (['client', 'server'] as const).flatMap((role): Row[] => {
    const wanted = entry.cases.filter((test) => test.role === role)
    if (wanted.length === 0) return []
    const own = results.filter((result) => result.peer === peer.name && result.role === role)
    const failed = own.filter((result) => !result.passed).length
    const passed = own.length - failed
    const note = own.length < wanted.length ? `${wanted.length - own.length} not run` : ''
    const cells = [
      peer.title,
      version ?? '',
      role,
      String(passed),
      String(failed),
      failed > 0 ? 'failed' : note || 'passed',
    ]
    return [{ cells, style: failed > 0 ? 'red' : 'green' }]
  })
}

/** The failed cases, those with the same peer, role and reason together; what was seen only on request. */
export function renderFailures(results: readonly Result[], details: boolean, paint: Painter): string {
  const failed = results.filter((result) => !result.passed)
  const groups = Map.groupBy(
    failed,
    ({ peer, role, reason = '' }) => `${peer}, handfast as ${role}: ${reason.split('\n', 1)[0]}`,
  )
  return [...groups]
    .map(([title, group]) => [paint('red', title), ...group.flatMap((result) => linesOf(result, details))].join('\n'))
    .join('\n')
}

function linesOf({ name, reason = '' }: Result, details: boolean): string[] {
  const seen = details ? reason.split('\n').slice(1) : []
  return [`  ${name}`, ...seen.map((line) => `      ${line}`)]
}
