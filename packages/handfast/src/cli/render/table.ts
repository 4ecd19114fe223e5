/** Columns: lists of a label and what belongs to it, and tables. */

import { paint } from './colour.ts'
import { displayWidth, padEnd, padStart, wrapText } from './width.ts'
import type { Terminal } from './terminal.ts'

export interface Column {
  readonly title: string
  readonly align?: 'left' | 'right'
}

/** A table of painted cells: each column as wide as its widest cell, two spaces between, titles faint. */
export function renderTable(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  terminal: Terminal,
): string[] {
  const widths = columns.map((column, i) =>
    Math.max(displayWidth(column.title), ...rows.map((row) => displayWidth(row[i] ?? ''))),
  )
  const line = (cells: readonly string[]): string =>
    columns
      .map((column, i) => (column.align === 'right' ? padStart : padEnd)(cells[i] ?? '', widths[i] as number))
      .join('  ')
  const titles = columns.some((column) => column.title !== '')
  return [...(titles ? [line(columns.map((column) => paint(terminal, 'faint', column.title)))] : []), ...rows.map(line)]
}

/** A faint label of `labelWidth` columns and an unpainted text beside it, wrapped into `width` columns in all. */
export function renderField(
  label: string,
  text: string,
  labelWidth: number,
  width: number,
  terminal: Terminal,
): string[] {
  return wrapText(text, Math.max(8, width - labelWidth)).map(
    (line, i) => padEnd(paint(terminal, 'faint', i === 0 ? label : ''), labelWidth) + line,
  )
}
