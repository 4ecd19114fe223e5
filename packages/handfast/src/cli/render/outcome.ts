/** How a handshake ended, in a line; and if it failed, where, why and who said so. */

import type { FailureReport, HandshakeReport } from '../../report/handshake-report.ts'
import { escapeText } from './escape.ts'
import { glyphsOf } from './glyphs.ts'
import { innerWidth, renderBox } from './box.ts'
import { paint } from './colour.ts'
import { formatDuration } from './quantity.ts'
import { wrapText } from './width.ts'
import { STAGE_NAMES, stageNumber } from './stage.ts'
import type { Terminal } from './terminal.ts'

/** `✔ TLS 1.3 handshake complete in 2.41 ms`. */
export function renderOutcome(report: HandshakeReport, terminal: Terminal): string {
  const glyphs = glyphsOf(terminal)
  const version = escapeText(report.negotiated.version ?? 'TLS', terminal, 20)
  const time = report.duration === null ? '' : formatDuration(report.duration, terminal)
  if (report.outcome === 'complete') {
    const text = `${paint(terminal, 'strong', `${version} handshake complete`)} in ${time}`
    return `${paint(terminal, 'good', glyphs.good)} ${text}`
  }
  if (report.outcome === 'in-progress') return `${paint(terminal, 'faint', glyphs.nothing)} handshake under way`
  const stage = report.failure === null ? '' : ` in stage ${placeOf(report.failure)}`
  const after = time === '' ? '' : ` after ${time}`
  return `${paint(terminal, 'bad', glyphs.bad)} ${paint(terminal, 'strong', 'handshake failed')}${after}${stage}`
}

/** `from 127.0.0.1:40000 to 127.0.0.1:443 over tcp, connected in 180 µs`; empty without a transport. */
export function renderTransport(report: HandshakeReport, terminal: Terminal): string {
  const { transport } = report
  if (transport === null) return ''
  const { arrowRight, arrowLeft } = glyphsOf(terminal)
  const arrow = report.role === 'client' ? arrowRight : arrowLeft
  const kind = escapeText(transport.kind, terminal, 20)
  const stood =
    transport.connectedAt === null ? '' : `, connected in ${formatDuration(transport.connectedAt, terminal)}`
  return `${kind} ${endpoint(transport.local, terminal)} ${arrow} ${endpoint(transport.remote, terminal)}${stood}`
}

/** A box with the stage, the alert and the reason of a failed handshake; no line if it did not fail. */
export function renderFailure(report: HandshakeReport, terminal: Terminal): string[] {
  const { failure } = report
  if (failure === null) return []
  const width = innerWidth(terminal) - 4
  const title = `stopped in stage ${placeOf(failure)}`
  const alert = failure.alert === null ? '' : escapeText(failure.alert, terminal, 60)
  const lines = [
    paint(terminal, 'bad', title),
    ...wrapText(faultOf(failure, alert), width),
    ...wrapText(escapeText(failure.message, terminal, 600), width),
  ]
  return renderBox(lines, terminal, 'bad')
}

function placeOf(failure: FailureReport): string {
  return `${stageNumber(failure.stage)} ${STAGE_NAMES[failure.stage]}`
}

function faultOf(failure: FailureReport, alert: string): string {
  const sent =
    alert === ''
      ? ''
      : failure.direction === 'received'
        ? `; it sent the alert ${alert}`
        : `; we sent the alert ${alert}`
  const who: Readonly<Record<FailureReport['fault'], string>> = {
    peer: 'The peer broke a rule',
    'peer-alert': 'The peer gave up',
    host: 'This side refused',
    transport: 'The connection ended',
  }
  return `${who[failure.fault]}${sent}.`
}

function endpoint({ address, port }: { address: string | null; port: number | null }, terminal: Terminal): string {
  if (address === null) return '?'
  const host = escapeText(address, terminal, 60)
  return port === null ? host : `${host.includes(':') ? `[${host}]` : host}:${port}`
}
