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

const END_WIDTH = 28
const KEY_WIDTH = 14

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
  const nameWidth = innerWidth(terminal) - 2 - KEY_WIDTH - END_WIDTH
  const name = truncate(escapeText(root.subject || '(no subject)', terminal), nameWidth - 2, terminal)
  const key = truncate(escapeText(root.publicKey ?? 'unreadable', terminal, 40), KEY_WIDTH - 2, terminal)
  const moment = isEarly ? root.notBefore : root.notAfter
  const word = isOver ? 'expired' : isEarly ? 'from' : 'until'
  const end = `${word} ${formatMoment(moment).slice(0, 10)}, ${formatDistance(moment, now)}`
  return `${mark} ${padEnd(name, nameWidth)}${paint(terminal, 'faint', padEnd(key, KEY_WIDTH))}${end}`
}
