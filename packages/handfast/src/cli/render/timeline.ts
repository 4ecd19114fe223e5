/**
 * The four stages as bars over the time they really took. In TLS 1.3 the bars overlap: the key
 * exchange rides in the first two messages, and certificates and proofs share one flight.
 */

import type { HandshakeReport, StageReport } from '../../report/handshake-report.ts'
import { glyphsOf } from './glyphs.ts'
import { paint } from './colour.ts'
import { scaleFor, type Scale } from './quantity.ts'
import { innerWidth } from './box.ts'
import { padEnd, padStart } from './width.ts'
import { STAGE_NAMES, stageNumber } from './stage.ts'
import type { Terminal } from './terminal.ts'

const NAME_WIDTH = 15

/** One line per stage, and a scale below. */
export function renderTimeline(report: HandshakeReport, terminal: Terminal): string[] {
  const glyphs = glyphsOf(terminal)
  const total = Math.max(1, endOf(report))
  const scale = scaleFor(total)
  const timeWidth = 2 * scale.number(total).length + scale.unit.length + 4
  const barWidth = innerWidth(terminal) - NAME_WIDTH - 2 - timeWidth - 2
  const rows = report.stages.map((stage) => {
    const name = padEnd(`${stageNumber(stage.stage)} ${STAGE_NAMES[stage.stage]}`, NAME_WIDTH)
    const time = padStart(timeOf(stage, scale, glyphs.dash), timeWidth)
    const bar = renderBar(stage, total, barWidth, terminal)
    return `${paint(terminal, stage.stage, name)}${markOf(stage, terminal)} ${time}  ${bar}`
  })
  const end = scale.text(total)
  const left = ' '.repeat(NAME_WIDTH + 2 + timeWidth + 2)
  return [...rows, paint(terminal, 'faint', `${left}0${padStart(end, barWidth - 1)}`)]
}

function endOf(report: HandshakeReport): number {
  return Math.max(
    report.duration ?? 0,
    ...report.stages.map((stage) => stage.endedAt ?? 0),
    ...(report.duration === null ? report.messages.map((message) => message.at) : []),
  )
}

function timeOf(stage: StageReport, scale: Scale, dash: string): string {
  if (stage.startedAt === null) return 'skipped'
  const end = stage.endedAt ?? stage.startedAt
  return `${scale.number(stage.startedAt)} ${dash} ${scale.text(end)}`
}

function markOf(stage: StageReport, terminal: Terminal): string {
  const glyphs = glyphsOf(terminal)
  if (stage.state === 'done') return paint(terminal, 'good', glyphs.good)
  if (stage.state === 'failed') return paint(terminal, 'bad', glyphs.bad)
  return paint(terminal, 'faint', glyphs.nothing)
}

/** A bar in half columns, at least one half long. */
function renderBar(stage: StageReport, total: number, width: number, terminal: Terminal): string {
  const glyphs = glyphsOf(terminal)
  if (stage.startedAt === null) return paint(terminal, 'faint', glyphs.track.repeat(width))
  const halves = 2 * width
  const at = (time: number): number => Math.round((Math.min(time, total) / total) * halves)
  const start = Math.min(at(stage.startedAt), halves - 1)
  const end = Math.max(start + 1, at(stage.endedAt ?? stage.startedAt))
  const before = Math.floor(start / 2)
  const opening = start % 2 === 1 ? glyphs.barRight : ''
  const wholeFrom = before + opening.length
  const whole = Math.max(0, Math.floor(end / 2) - wholeFrom)
  const closing = end % 2 === 1 && Math.floor(end / 2) >= wholeFrom ? glyphs.barLeft : ''
  const bar = opening + glyphs.bar.repeat(whole) + closing
  const after = width - before - bar.length
  const ink = stage.state === 'failed' ? 'bad' : stage.stage
  return (
    paint(terminal, 'faint', glyphs.track.repeat(before)) +
    paint(terminal, ink, bar) +
    paint(terminal, 'faint', glyphs.track.repeat(after))
  )
}
