/**
 * How many columns a text takes, and fitting it into some. Knows our own colour sequences (which
 * take none), combining marks (none) and East Asian wide characters (two, UAX 11).
 */

import type { Terminal } from './terminal.ts'
import { glyphsOf } from './glyphs.ts'

// oxlint-disable-next-line no-control-regex -- our own colour sequences, see colour.ts
const COLOUR = /\u001b\[\d+m/g
const MARK = /^\p{M}$/u
const PICTURE = /^\p{Emoji_Presentation}$/u

/** First and last code points of the blocks whose characters are wide. */
const WIDE: readonly (readonly [number, number])[] = [
  [0x1100, 0x115f],
  [0x2e80, 0x303e],
  [0x3041, 0x33ff],
  [0x3400, 0x4dbf],
  [0x4e00, 0x9fff],
  [0xa000, 0xa4cf],
  [0xa960, 0xa97f],
  [0xac00, 0xd7a3],
  [0xf900, 0xfaff],
  [0xfe30, 0xfe6f],
  [0xff00, 0xff60],
  [0xffe0, 0xffe6],
  [0x16fe0, 0x18cff],
  [0x1b000, 0x1b2ff],
  [0x20000, 0x3fffd],
]

/** Columns that `text`, painted or not, takes in a terminal. */
export function displayWidth(text: string): number {
  let width = 0
  for (const character of text.replace(COLOUR, '')) width += widthOf(character)
  return width
}

/** `text` followed by spaces up to `width` columns. */
export function padEnd(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - displayWidth(text)))
}

/** `text` preceded by spaces up to `width` columns. */
export function padStart(text: string, width: number): string {
  return ' '.repeat(Math.max(0, width - displayWidth(text))) + text
}

/** Unpainted `text` in at most `width` columns; an ellipsis stands for what was cut off. */
export function truncate(text: string, width: number, terminal: Terminal): string {
  if (displayWidth(text) <= width) return text
  const { ellipsis } = glyphsOf(terminal)
  return takeColumns(text, Math.max(0, width - ellipsis.length)) + ellipsis.slice(0, width)
}

/** A SHA-256 in hex, with a space in its middle to be broken at if `width` is too short for it. */
export function halves(fingerprint: string, width: number): string {
  return fingerprint.length <= width ? fingerprint : `${fingerprint.slice(0, 32)} ${fingerprint.slice(32)}`
}

/** Unpainted `text` as lines of at most `width` columns, broken at spaces, and inside words only where one is too long. */
export function wrapText(text: string, width: number): string[] {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ')) {
    const joined = line === '' ? word : `${line} ${word}`
    if (displayWidth(joined) <= width) {
      line = joined
      continue
    }
    if (line !== '') lines.push(line)
    line = word
    while (displayWidth(line) > width) {
      const head = takeColumns(line, width)
      if (head === '') break
      lines.push(head)
      line = line.slice(head.length)
    }
  }
  lines.push(line)
  return lines
}

function takeColumns(text: string, width: number): string {
  let taken = ''
  let columns = 0
  for (const character of text) {
    columns += widthOf(character)
    if (columns > width) break
    taken += character
  }
  return taken
}

function widthOf(character: string): number {
  const code = character.codePointAt(0) as number
  if (code < 0x300) return 1
  if (MARK.test(character)) return 0
  if (PICTURE.test(character)) return 2
  return WIDE.some(([first, last]) => code >= first && code <= last) ? 2 : 1
}
