/** A handshake in one line, as a server's log has it. */

import type { HandshakeReport } from '../../report/handshake-report.ts'
import { escapeText } from './escape.ts'
import { glyphsOf } from './glyphs.ts'
import { paint } from './colour.ts'
import { formatDuration } from './quantity.ts'
import { STAGE_NAMES, stageNumber } from './stage.ts'
import { padEnd, padStart } from './width.ts'
import type { Terminal } from './terminal.ts'

/** Mark, time of day (UTC), peer, duration, and what was agreed or why not; with its line feed. */
export function renderHandshakeLine(report: HandshakeReport, terminal: Terminal): string {
  const { good, bad } = glyphsOf(terminal)
  const isGood = report.outcome === 'complete'
  const { remote } = report.transport ?? { remote: { address: null, port: null } }
  const address = escapeText((remote.address ?? '?').replace(/^::ffff:/, ''), terminal, 60)
  const peer = `${address.includes(':') ? `[${address}]` : address}:${remote.port ?? '?'}`
  const duration = report.duration === null ? '' : formatDuration(report.duration, terminal)
  const parts = [
    paint(terminal, isGood ? 'good' : 'bad', isGood ? good : bad),
    paint(terminal, 'faint', report.startedAt.slice(11, 19)),
    padEnd(peer, 21),
    paint(terminal, 'faint', padStart(duration, 7)),
    ...(isGood ? agreed(report, terminal) : failed(report, terminal)),
  ]
  return `${parts.join('  ')}\n`
}

function agreed(report: HandshakeReport, terminal: Terminal): string[] {
  const { negotiated, offered, client } = report
  const shown = (text: string | null): string => escapeText(text ?? '', terminal, 80)
  const [leaf] = client.chain
  const key = client.rawPublicKey
  const isHidden = report.encryptedClientHello?.status === 'accepted'
  const trust = client.verdict?.trusted === true ? '' : ' (not trusted)'
  return [
    `${shown(negotiated.version)}  ${shown(negotiated.group)}  ${shown(negotiated.cipherSuite)}`,
    ...(negotiated.helloRetryRequest ? ['after a retry'] : []),
    ...(offered?.serverName == null ? [] : [`name ${shown(offered.serverName)}${isHidden ? ' (hidden)' : ''}`]),
    ...(negotiated.alpnProtocol === null ? [] : [`alpn ${shown(negotiated.alpnProtocol)}`]),
    ...(leaf === undefined ? [] : [`client ${shown(leaf.subject)}${trust}`]),
    ...(key === undefined ? [] : [`client key ${shown(key.fingerprint)}${trust}`]),
  ]
}

function failed({ failure, outcome }: HandshakeReport, terminal: Terminal): string[] {
  if (failure === null) return [outcome]
  const alert = failure.alert === null ? 'no alert' : `${failure.direction} ${escapeText(failure.alert, terminal, 40)}`
  const place = `${stageNumber(failure.stage)} ${STAGE_NAMES[failure.stage]}`
  return [paint(terminal, 'bad', place), paint(terminal, 'strong', alert), escapeText(failure.message, terminal, 200)]
}
