/** The characters we draw with, and their ASCII stand-ins. Every one is a single column wide but `lock` (see there). */

import type { Terminal } from './terminal.ts'

export interface Glyphs {
  readonly good: string
  readonly bad: string
  readonly doubt: string
  /** Nothing to say, nothing happened. */
  readonly nothing: string
  readonly dot: string
  /** Stands before what travelled encrypted. */
  readonly lock: string
  readonly ellipsis: string
  readonly separator: string
  readonly dash: string
  readonly arrowRight: string
  readonly arrowLeft: string
  readonly both: string
  /** Horizontal and vertical rule. */
  readonly horizontal: string
  readonly vertical: string
  /** The line of a protected message. */
  readonly double: string
  readonly headRight: string
  readonly headLeft: string
  /** Corners of a box: top left, top right, bottom left, bottom right. */
  readonly corners: readonly [string, string, string, string]
  /** Branches of a tree: one more follows, the last one, a line passing by, nothing. */
  readonly branch: string
  readonly lastBranch: string
  readonly passing: string
  readonly blank: string
  /** A bar: whole cell, left half, right half, and the track it lies on. */
  readonly bar: string
  readonly barLeft: string
  readonly barRight: string
  readonly track: string
  /** Ticks of a scale. */
  readonly tick: string
}

const BOXES: Glyphs = {
  good: '✔',
  bad: '✘',
  doubt: '!',
  nothing: '·',
  dot: '●',
  lock: '▣',
  ellipsis: '…',
  separator: '·',
  dash: '–',
  arrowRight: '→',
  arrowLeft: '←',
  both: '⇄',
  horizontal: '─',
  vertical: '│',
  double: '═',
  headRight: '▶',
  headLeft: '◀',
  corners: ['╭', '╮', '╰', '╯'],
  branch: '├─ ',
  lastBranch: '└─ ',
  passing: '│  ',
  blank: '   ',
  bar: '━',
  barLeft: '╸',
  barRight: '╺',
  track: '╌',
  tick: '╷',
}

const ASCII: Glyphs = {
  good: '+',
  bad: 'x',
  doubt: '!',
  nothing: '.',
  dot: '*',
  lock: '#',
  ellipsis: '...',
  separator: ',',
  dash: '-',
  arrowRight: '->',
  arrowLeft: '<-',
  both: '<->',
  horizontal: '-',
  vertical: '|',
  double: '=',
  headRight: '>',
  headLeft: '<',
  corners: ['+', '+', '+', '+'],
  branch: '|- ',
  lastBranch: '`- ',
  passing: '|  ',
  blank: '   ',
  bar: '=',
  barLeft: '=',
  barRight: '=',
  track: '.',
  tick: "'",
}

/** The set this terminal can show. */
export function glyphsOf(terminal: Terminal): Glyphs {
  return terminal.boxes ? BOXES : ASCII
}
