/** A certificate described field by field (`describeCertificate` of handfast/x509), as a tree. */

import type { TreeNode as Description } from '../../x509/tree.ts'
import { escapeText } from './escape.ts'
import { innerWidth } from './box.ts'
import { paint } from './colour.ts'
import { BRANCH_WIDTH, renderTree, type TreeNode } from './tree.ts'
import { padEnd, wrapText } from './width.ts'
import type { Terminal } from './terminal.ts'

/** Labels longer than this push their own value to the right, not their neighbours'. */
const WIDEST_LABEL = 28
/** Characters of one value that are shown. */
const LONGEST_VALUE = 2000

/** The lines of a description: its value in strong letters behind its label, `note` after it, and its fields below. */
export function renderDescription(description: Description, terminal: Terminal, note = ''): string[] {
  const value = escapeText(description.value ?? '', terminal)
  const [first = '', ...more] = wrapText(value, innerWidth(terminal) - description.label.length - 1)
  const lines = [
    `${paint(terminal, 'faint', description.label)} ${paint(terminal, 'strong', first)}${note === '' ? '' : `  ${note}`}`,
    ...more.map((line) => paint(terminal, 'strong', line)),
  ]
  return renderTree([{ lines, children: nodesOf(description.children, 1, terminal) }], terminal)
}

function nodesOf(descriptions: readonly Description[], depth: number, terminal: Terminal): TreeNode[] {
  const labels = descriptions.filter(({ value }) => value !== undefined).map(({ label }) => label.length)
  const labelWidth = Math.min(WIDEST_LABEL, Math.max(0, ...labels)) + 2
  const width = innerWidth(terminal) - depth * BRANCH_WIDTH
  return descriptions.map((description) => ({
    lines: linesOf(description, labelWidth, width, terminal),
    children: nodesOf(description.children, depth + 1, terminal),
  }))
}

function linesOf({ label, value }: Description, labelWidth: number, width: number, terminal: Terminal): string[] {
  const name = escapeText(label, terminal)
  // A label alone is either a heading or an item of a list; both are the text themselves.
  if (value === undefined) return wrapText(name, width)
  const left = padEnd(paint(terminal, 'faint', name), Math.max(labelWidth, name.length + 2))
  const indent = Math.max(labelWidth, name.length + 2)
  const room = Math.max(16, width - indent - BRANCH_WIDTH)
  const lines = wrapText(escapeText(value, terminal, LONGEST_VALUE), evenly(value, room))
  return lines.map((line, index) => (index === 0 ? left : ' '.repeat(indent - BRANCH_WIDTH)) + line)
}

/** Long hex breaks into lines of 32 digits, so that they can be compared by eye. */
function evenly(value: string, room: number): number {
  return /^[0-9a-f]+$/.test(value) && value.length > room && room >= 32 ? 32 : room
}
