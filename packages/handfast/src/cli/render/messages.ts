/**
 * The messages as they went over the wire, one line each: when, who to whom, how long, and which
 * stages it served. A single line travels in the clear, a double one encrypted.
 */

import { STAGES, type AlertReport, type HandshakeReport, type MessageReport } from '../../report/handshake-report.ts'
import { escapeText } from './escape.ts'
import { glyphsOf } from './glyphs.ts'
import { paint } from './colour.ts'
import { scaleFor } from './quantity.ts'
import { innerWidth } from './box.ts'
import { displayWidth, padEnd, padStart, truncate } from './width.ts'
import { stageNumber } from './stage.ts'
import type { Terminal } from './terminal.ts'

/** Lines of the sequence, client at the left, server at the right. */
export function renderMessages(report: HandshakeReport, terminal: Terminal): string[] {
  const glyphs = glyphsOf(terminal)
  const entries = withAlerts(report)
  if (entries.length === 0) return [paint(terminal, 'faint', 'No message was exchanged.')]
  const scale = scaleFor(Math.max(...entries.map((entry) => entry.at)))
  const timeWidth = Math.max(...entries.map((entry) => scale.number(entry.at).length), 4)
  const sizeWidth = Math.max(...entries.map((entry) => String(entry.size).length), 5)
  const lane = innerWidth(terminal) - timeWidth - sizeWidth - 2 * STAGES.length - 7
  const rows = entries.map((entry) => {
    const time = paint(terminal, 'faint', padStart(scale.number(entry.at), timeWidth))
    const lock = entry.protected ? glyphs.lock : ' '
    const size = padStart(entry.isAlert && entry.size === 0 ? '' : String(entry.size), sizeWidth)
    return `${time}  ${renderArrow(entry, lane, terminal)} ${paint(terminal, 'faint', lock)} ${size}  ${renderStages(entry, terminal)}`
  })
  return [header(terminal, scale.unit, timeWidth, lane, sizeWidth), ...rows, legend(entries, timeWidth, terminal)]
}

interface Entry extends MessageReport {
  readonly label: string
  readonly isAlert: boolean
  readonly toServer: boolean
}

/** The messages with what their alerts said; an alert that came after the handshake gets a line of its own. */
function withAlerts(report: HandshakeReport): Entry[] {
  const alerts = [...report.alerts]
  const takeAlert = (message: MessageReport): AlertReport | undefined => {
    const index = alerts.findIndex((alert) => alert.direction === message.direction)
    return index === -1 ? undefined : alerts.splice(index, 1)[0]
  }
  const entry = (message: MessageReport, alert: AlertReport | undefined): Entry => ({
    ...message,
    label: alert === undefined ? message.name : `alert ${alert.description}`,
    isAlert: alert !== undefined,
    toServer: (message.direction === 'sent') === (report.role === 'client'),
  })
  const entries = report.messages.map((message) =>
    entry(message, message.name === 'alert' ? takeAlert(message) : undefined),
  )
  const alone = alerts.map((alert) =>
    entry(
      {
        name: 'alert',
        direction: alert.direction,
        at: alert.at,
        size: 0,
        protected: true,
        stages: [],
      },
      alert,
    ),
  )
  return [...entries, ...alone].toSorted((a, b) => a.at - b.at)
}

function renderArrow(entry: Entry, lane: number, terminal: Terminal): string {
  const glyphs = glyphsOf(terminal)
  const label = truncate(escapeText(entry.label, terminal), lane - 6, terminal)
  const fatal = entry.isAlert && entry.label !== 'alert close_notify'
  const name = fatal ? paint(terminal, 'bad', label) : label
  const shaft = (entry.protected ? glyphs.double : glyphs.horizontal).repeat(lane - displayWidth(label) - 2)
  return entry.toServer
    ? `${name} ${paint(terminal, 'faint', shaft)}${glyphs.headRight}`
    : `${glyphs.headLeft}${paint(terminal, 'faint', shaft)} ${name}`
}

/** A dot in the column of each stage the message served. */
function renderStages(entry: MessageReport, terminal: Terminal): string {
  const { dot, nothing } = glyphsOf(terminal)
  return STAGES.map((stage) =>
    entry.stages.includes(stage) ? paint(terminal, stage, dot) : paint(terminal, 'faint', nothing),
  ).join(' ')
}

function header(terminal: Terminal, unit: string, timeWidth: number, lane: number, sizeWidth: number): string {
  const ends = `${padEnd('client', lane - 'server'.length)}server`
  const numbers = STAGES.map((stage) => paint(terminal, stage, String(stageNumber(stage)))).join(' ')
  const left = paint(terminal, 'faint', `${padStart(unit, timeWidth)}  ${ends}   ${padStart('bytes', sizeWidth)}  `)
  return left + numbers
}

function legend(entries: readonly Entry[], timeWidth: number, terminal: Terminal): string {
  const { horizontal, double, lock, separator } = glyphsOf(terminal)
  const left = ' '.repeat(timeWidth + 2)
  const clear = `${horizontal.repeat(2)} in the clear`
  const sealed = `${double.repeat(2)} ${lock} encrypted`
  const hasSealed = entries.some((entry) => entry.protected)
  return paint(terminal, 'faint', left + (hasSealed ? `${clear} ${separator} ${sealed}` : clear))
}
