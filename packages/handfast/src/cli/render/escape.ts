/**
 * Text that came from a peer, made fit for a terminal. Names in certificates, server names and
 * protocol names are chosen by whoever is at the other end: a control character would steer the
 * terminal (ECMA-48), an override of direction would show a name backwards (UAX 9), an invisible
 * character would make two names look alike. Each such character is shown as `\u{...}`.
 */

import type { Terminal } from './terminal.ts'

/** Controls, formats (all direction controls among them), surrogates, private and unassigned code points, separators other than the space, and everything a terminal would not show. */
const NEVER = /^[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]$/u
const SPACE = /^\p{Zs}$/u
const MARK = /^\p{M}$/u
/** More marks than this on one letter climb out of their line. */
const MARKS_PER_LETTER = 2
/** Code points of one text that are shown. */
const LONGEST = 300

/** `text` as one harmless line; what is beyond `longest` code points is counted, not shown. */
export function escapeText(text: string, terminal: Terminal, longest: number = LONGEST): string {
  let shown = ''
  let count = 0
  let marks = MARKS_PER_LETTER
  for (const character of text) {
    count++
    if (count > longest) continue
    const isMark = MARK.test(character)
    marks = isMark ? marks + 1 : 0
    shown += isHarmless(character, isMark && marks > MARKS_PER_LETTER, terminal.utf8) ? character : spell(character)
    // A mark after something spelled out would sit on our own brace.
    if (!isMark && shown.endsWith('}')) marks = MARKS_PER_LETTER
  }
  if (count <= longest) return shown
  return `${shown}${terminal.boxes ? '…' : '...'} (${count - longest} more)`
}

function isHarmless(character: string, excessMark: boolean, utf8: boolean): boolean {
  const code = character.codePointAt(0) as number
  if (code < 0x80) return code >= 0x20 && code < 0x7f
  return utf8 && !excessMark && !NEVER.test(character) && !SPACE.test(character)
}

function spell(character: string): string {
  return `\\u{${(character.codePointAt(0) as number).toString(16)}}`
}
