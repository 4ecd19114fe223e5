/** A whole HandshakeReport as a page of text. */

import type { HandshakeReport } from '../../report/handshake-report.ts'
import { innerWidth, joinLines, renderHeading } from './box.ts'
import { paint } from './colour.ts'
import { renderChain } from './certificates.ts'
import { renderMessages } from './messages.ts'
import { renderFailure, renderOutcome, renderTransport } from './outcome.ts'
import { renderParameters } from './parameters.ts'
import { renderTimeline } from './timeline.ts'
import { wrapText } from './width.ts'
import { renderVerdicts } from './verdict.ts'
import type { Terminal } from './terminal.ts'

/** Outcome, stages, messages, parameters, certificates and verdict of `report`, in this order. */
export function renderReport(report: HandshakeReport, terminal: Terminal): string {
  const transport = renderTransport(report, terminal)
  const section = (title: string, lines: readonly string[], right = ''): string[] =>
    lines.length === 0 ? [] : ['', renderHeading(title, terminal, right), ...lines]
  const shown = (['server', 'client'] as const).filter(
    (party) => report[party].chain.length > 0 || report[party].rawPublicKey !== undefined,
  )
  const failure = renderFailure(report, terminal)
  return joinLines([
    renderOutcome(report, terminal),
    ...(transport === ''
      ? []
      : wrapText(transport, innerWidth(terminal)).map((line) => paint(terminal, 'faint', line))),
    ...section('Stages', renderTimeline(report, terminal)),
    ...section('Messages', renderMessages(report, terminal)),
    ...section('Parameters', renderParameters(report, terminal)),
    ...shown.flatMap((party) => {
      const what = report[party].rawPublicKey === undefined ? 'Certificates' : 'Raw public key'
      return section(`${what} of the ${party}`, renderChain(report[party], report.startedAt, terminal))
    }),
    ...section('Verdict', renderVerdicts(report, terminal)),
    ...(failure.length === 0 ? [] : ['', ...failure]),
  ])
}
