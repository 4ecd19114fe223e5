/**
 * Colour by meaning. Only the sixteen colours a reader's own theme defines, and bold and faint, so
 * that what we print fits whatever background it meets.
 */

import type { Stage } from '../../report/handshake-report.ts'
import type { Terminal } from './terminal.ts'

/** What a piece of text means; a stage has its own colour wherever it appears. */
export type Ink = 'strong' | 'faint' | 'good' | 'bad' | 'doubt' | Stage

/** SGR parameters (ECMA-48 section 8.3.117) that switch an ink on and off. */
const SGR: Readonly<Record<Ink, readonly [on: number, off: number]>> = {
  strong: [1, 22],
  faint: [2, 22],
  good: [32, 39],
  bad: [31, 39],
  doubt: [33, 39],
  establish: [36, 39],
  certificates: [33, 39],
  'key-exchange': [35, 39],
  verify: [94, 39],
}

/** `text` in `ink`, or `text` alone where there is no colour. Inks nest, but for `strong` and `faint` in each other. */
export function paint(terminal: Terminal, ink: Ink, text: string): string {
  if (!terminal.colour || text === '') return text
  const [on, off] = SGR[ink]
  return `\u001b[${on}m${text}\u001b[${off}m`
}
