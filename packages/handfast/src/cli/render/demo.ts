/** What `handfast demo` prints beside its report: the proof of the shared secret, and the attacks. */

import type { HandshakeReport, Stage } from '../../report/handshake-report.ts'
import { joinLines, renderHeading, innerWidth } from './box.ts'
import { escapeText } from './escape.ts'
import { glyphsOf } from './glyphs.ts'
import { paint } from './colour.ts'
import { STAGE_NAMES, stageNumber } from './stage.ts'
import { wrapText } from './width.ts'
import type { Terminal } from './terminal.ts'

export interface ShownProof {
  readonly exporter: { readonly length: number; readonly client: string; readonly server: string }
  readonly data: { readonly atServer: string; readonly atClient: string }
}

export interface ShownAttack {
  readonly name: string
  readonly stage: Stage | null
  readonly alert: string | null
  readonly stopped: boolean
  readonly by: 'client' | 'server'
  readonly why: string
  readonly report: HandshakeReport
}

/** Equal exporter values, told by their hashes, and the first application data. */
export function renderProof({ exporter, data }: ShownProof, terminal: Terminal): string {
  const { arrowRight } = glyphsOf(terminal)
  const isSame = exporter.client !== '' && exporter.client === exporter.server
  const faint = (text: string): string => paint(terminal, 'faint', text)
  const quote = (text: string): string =>
    text === '' ? faint('nothing') : `"${escapeText(text.replace(/\n$/, ''), terminal, 60)}"`
  return joinLines([
    renderHeading('Proof', terminal),
    `${mark(isSame, terminal)} ${isSame ? 'Both ends hold the same secret.' : 'The ends hold different secrets.'}`,
    `  ${faint(`SHA-256 of ${exporter.length} bytes exported at each end:`)}`,
    `  ${faint('client')}  ${shorten(exporter.client)}`,
    `  ${faint('server')}  ${shorten(exporter.server)}`,
    `${mark(data.atServer !== '' && data.atClient !== '', terminal)} The first bytes of application data went through.`,
    `  ${faint(`client ${arrowRight} server`)}  ${quote(data.atServer)}`,
    `  ${faint(`server ${arrowRight} client`)}  ${quote(data.atClient)}`,
  ])
}

/** An attack: what it was, where and by whom it was stopped, and why it had to be. */
export function renderAttack(attack: ShownAttack, number: number, terminal: Terminal): string {
  const width = innerWidth(terminal) - 4
  const { stage, report } = attack
  const place = stage === null ? 'nowhere' : `stage ${stageNumber(stage)} ${STAGE_NAMES[stage]}`
  const alert = attack.alert === null ? 'no alert' : escapeText(attack.alert, terminal, 40)
  const result = attack.stopped
    ? `stopped by the ${attack.by} in ${place}: ${paint(terminal, 'strong', alert)}`
    : paint(terminal, 'bad', `NOT STOPPED as it must be: ${report.outcome}, ${place}, ${alert}`)
  return joinLines([
    `${mark(attack.stopped, terminal)} ${paint(terminal, 'faint', String(number))} ${attack.name}`,
    `    ${result}`,
    ...wrapText(attack.why, width).map((line) => `    ${paint(terminal, 'faint', line)}`),
  ])
}

/** The last line. */
export function renderConclusion(ok: boolean, stopped: number, attacks: number, terminal: Terminal): string {
  const text = ok
    ? `All behaved: the handshake is complete, ${stopped} of ${attacks} attacks were stopped.`
    : `Not all behaved: ${stopped} of ${attacks} attacks were stopped.`
  return joinLines([`${mark(ok, terminal)} ${paint(terminal, 'strong', text)}`])
}

function mark(isGood: boolean, terminal: Terminal): string {
  const { good, bad } = glyphsOf(terminal)
  return isGood ? paint(terminal, 'good', good) : paint(terminal, 'bad', bad)
}

/** A hash in groups of eight digits, the first 128 bits of it: enough to compare by eye. */
function shorten(hash: string): string {
  return (hash.slice(0, 32).match(/.{8}/g) ?? ['none']).join(' ')
}
