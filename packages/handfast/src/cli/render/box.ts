/** Headings, rules and boxes. */

import { glyphsOf } from './glyphs.ts'
import { paint, type Ink } from './colour.ts'
import { displayWidth, padEnd } from './width.ts'
import type { Terminal } from './terminal.ts'

/** What all that is printed is indented by. */
export const MARGIN = ' '

/** Columns between the margins. */
export function innerWidth(terminal: Terminal): number {
  return terminal.width - 2 * MARGIN.length
}

/** A section's heading: its title, a rule, and a word at the right. */
export function renderHeading(title: string, terminal: Terminal, right = ''): string {
  const { horizontal } = glyphsOf(terminal)
  const taken = displayWidth(title) + (right === '' ? 0 : displayWidth(right) + 1)
  const rule = horizontal.repeat(Math.max(2, innerWidth(terminal) - taken - 1))
  const end = right === '' ? '' : ` ${paint(terminal, 'faint', right)}`
  return `${paint(terminal, 'strong', title)} ${paint(terminal, 'faint', rule)}${end}`
}

/** Painted lines in a box as wide as the page. */
export function renderBox(lines: readonly string[], terminal: Terminal, ink: Ink = 'faint'): string[] {
  const { corners, horizontal, vertical } = glyphsOf(terminal)
  const inner = innerWidth(terminal) - 4
  const side = paint(terminal, ink, vertical)
  const rule = horizontal.repeat(inner + 2)
  return [
    paint(terminal, ink, corners[0] + rule + corners[1]),
    ...lines.map((line) => `${side} ${padEnd(line, inner)} ${side}`),
    paint(terminal, ink, corners[2] + rule + corners[3]),
  ]
}

/** Lines as a text: each behind the margin, without spaces at its end, with a line feed at its own. */
export function joinLines(lines: readonly string[]): string {
  return lines.map((line) => (line === '' ? '\n' : `${MARGIN}${line.trimEnd()}\n`)).join('')
}
