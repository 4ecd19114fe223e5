/** Trusted roots as lists: one line for each. */

import type { ExaminedCertificateReport } from '../../report/verification-report.ts'
import type { RootsReport } from '../roots.ts'
import { innerWidth, joinLines, renderHeading } from './box.ts'
import { paint } from './colour.ts'
import { escapeText } from './escape.ts'
import { glyphsOf } from './glyphs.ts'
import { count, formatDistance, formatMoment } from './quantity.ts'
import type { Terminal } from './terminal.ts'
import { padEnd, truncate, wrapText } from './width.ts'

/** Columns for the end of validity as a day (`expired 2025-06-01`), and with how far that is (`, 540 days ago`). */
const DAY_WIDTH = 18
const END_WIDTH = 33
const KEY_WIDTH = 14
/** Columns of a page below which names need the room. */
const WIDE = 96

/** Each source with its date and number, its roots with key and end of validity at `now` (RFC 3339), and what was left out. */
export function renderRoots(reports: readonly RootsReport[], now: string, terminal: Terminal): string {
  return joinLines(
    reports.flatMap(({ source, date, roots, skipped }, i) => [
      ...(i === 0 ? [] : ['']),
      renderHeading(truncate(escapeText(source, terminal), 50, terminal), terminal, count(roots.length, 'root')),
      paint(terminal, 'faint', date === null ? 'of a date that is not known' : `of ${formatMoment(date)} UTC`),
      ...roots.map((root) => renderRoot(root, now, terminal)),
      ...skipped.flatMap((one) => renderSkipped(one, terminal)),
    ]),
  )
}

function renderSkipped({ place, message }: RootsReport['skipped'][number], terminal: Terminal): string[] {
  const text = escapeText(`left out: ${place}: ${message}`, terminal, 400)
  const mark = paint(terminal, 'doubt', glyphsOf(terminal).doubt)
  return wrapText(text, innerWidth(terminal) - 2).map((line, i) => `${i === 0 ? mark : ' '} ${line}`)
}

function renderRoot(root: ExaminedCertificateReport, now: string, terminal: Terminal): string {
  const { good, bad } = glyphsOf(terminal)
  const isOver = Date.parse(root.notAfter) + 999 < Date.parse(now)
  const isEarly = Date.parse(root.notBefore) > Date.parse(now)
  const isValid = !isOver && !isEarly
  const mark = paint(terminal, isValid ? 'good' : 'bad', isValid ? good : bad)
  const isWide = terminal.width >= WIDE
  const nameWidth = innerWidth(terminal) - 2 - KEY_WIDTH - (isWide ? END_WIDTH : DAY_WIDTH)
  const name = truncate(escapeText(nameOf(root.subject), terminal), nameWidth - 2, terminal)
  const key = truncate(escapeText(root.publicKey ?? 'unreadable', terminal, 40), KEY_WIDTH - 2, terminal)
  const moment = isEarly ? root.notBefore : root.notAfter
  const word = isOver ? 'expired' : isEarly ? 'from' : 'until'
  const end = `${word} ${formatMoment(moment).slice(0, 10)}${isWide ? `, ${formatDistance(moment, now)}` : ''}`
  return `${mark} ${padEnd(name, nameWidth)}${paint(terminal, 'faint', padEnd(key, KEY_WIDTH))}${end}`
}

/** The subject with its common name first: the rest is what may be cut off. */
function nameOf(subject: string): string {
  if (subject === '') return '(no subject)'
  // RFC 4514: a comma within a value is escaped.
  const parts = subject.split(/(?<!\\),/)
  const isName = (part: string): boolean => part.startsWith('CN=')
  return [...parts.filter(isName), ...parts.filter((part) => !isName(part))].join(',')
}
