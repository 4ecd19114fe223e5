/** What was agreed, beside what the client had offered. */

import type { HandshakeReport } from '../../report/handshake-report.ts'
import { escapeText } from './escape.ts'
import { glyphsOf } from './glyphs.ts'
import { innerWidth } from './box.ts'
import { paint } from './colour.ts'
import { displayWidth, padEnd, wrapText } from './width.ts'
import type { Terminal } from './terminal.ts'

interface Row {
  readonly label: string
  /** Null: nothing was agreed; the reason stands in `otherwise`. */
  readonly chosen: string | null
  readonly otherwise?: string
  readonly offered: readonly string[]
  readonly note?: string
}

/** Entries of an offer that are shown; the rest is counted. */
const MOST_OFFERED = 8
/** Columns below which an offer gets lines of its own. */
const NARROWEST_OFFER = 24
/** Plaintext of a record of TLS 1.2, in bytes; in TLS 1.3 it is one more. */
const LONGEST_RECORD = 16_384
/** A space no line is broken at. */
const STUCK = '\u00a0'

/** One block per parameter: label, what was chosen, and what it was chosen over; nothing if nothing was said. */
export function renderParameters(report: HandshakeReport, terminal: Terminal): string[] {
  if (report.offered === null && report.negotiated.version === null) return []
  const rows = rowsOf(report)
  const labelWidth = Math.max(...rows.map((row) => row.label.length)) + 2
  const chosenWidth = Math.max(...rows.map((row) => displayWidth(chosenText(row, terminal)))) + 2
  const beside = innerWidth(terminal) - labelWidth - chosenWidth
  // Where there is no room beside the choice, the offer stands below it.
  const isBeside = beside >= NARROWEST_OFFER
  const indent = isBeside ? labelWidth + chosenWidth : labelWidth
  return rows.flatMap((row) => {
    const chosen = chosenText(row, terminal)
    const label = paint(terminal, 'faint', padEnd(row.label, labelWidth))
    const value = padEnd(row.chosen === null ? paint(terminal, 'faint', chosen) : chosen, isBeside ? chosenWidth : 0)
    const offer = offerLines(row, innerWidth(terminal) - indent, terminal)
    const more = (isBeside ? offer.slice(1) : offer).map((line) => ' '.repeat(indent) + line)
    return [`${label}${value}${isBeside ? (offer[0] ?? '') : ''}`].concat(more)
  })
}

function rowsOf(report: HandshakeReport): Row[] {
  const { negotiated, offered, client, server } = report
  const clientProof = negotiated.clientCertificateRequested ? 'none' : 'not asked for'
  return [
    { label: 'version', chosen: negotiated.version, offered: offered?.versions ?? [] },
    { label: 'cipher suite', chosen: negotiated.cipherSuite, offered: offered?.cipherSuites ?? [] },
    {
      label: 'key exchange',
      chosen: negotiated.group,
      offered: offered?.groups ?? [],
      ...(negotiated.helloRetryRequest ? { note: 'after a HelloRetryRequest' } : {}),
    },
    { label: 'server signs', chosen: server.signatureScheme, offered: offered?.signatureSchemes ?? [] },
    { label: 'client signs', chosen: client.signatureScheme, otherwise: clientProof, offered: [] },
    { label: 'server name', chosen: offered?.serverName ?? null, offered: [], ...echNote(report) },
    { label: 'ALPN', chosen: negotiated.alpnProtocol, offered: offered?.alpnProtocols ?? [] },
    { label: 'compression', chosen: negotiated.compression, offered: [] },
    ...certificateCompression(report),
    ...recordSizes(report),
  ]
}

/** Nothing where none was compressed. */
function certificateCompression({ client, server }: HandshakeReport): Row[] {
  const sides = [
    ...(server.certificateCompression === undefined ? [] : [`server's by ${server.certificateCompression}`]),
    ...(client.certificateCompression === undefined ? [] : [`client's by ${client.certificateCompression}`]),
  ]
  return sides.length === 0 ? [] : [{ label: 'certificates', chosen: sides.join(', '), offered: [] }]
}

/** Where records are to be shorter than the protocol allows. */
function recordSizes({ negotiated: { recordSizeLimit: limit } }: HandshakeReport): Row[] {
  if (limit === undefined || Math.min(limit.client, limit.server) >= LONGEST_RECORD) return []
  return [{ label: 'record size', chosen: `${limit.server} to the server, ${limit.client} back`, offered: [] }]
}

/** What became of the name that was to be hidden. */
function echNote({ encryptedClientHello: ech }: HandshakeReport): Pick<Row, 'note'> {
  const outer = ech?.outerServerName ?? 'none'
  if (ech?.status === 'accepted') return { note: `hidden (ECH): ${outer} was seen` }
  if (ech?.status === 'rejected' && ech.innerServerName !== null) {
    return { note: `in place of ${ech.innerServerName}: the server could not read it (ECH)` }
  }
  return {}
}

function chosenText(row: Row, terminal: Terminal): string {
  return row.chosen === null ? (row.otherwise ?? 'none') : escapeText(row.chosen, terminal, 40)
}

/** The other offers, the chosen one left out: it stands beside them already. */
function offerLines(row: Row, width: number, terminal: Terminal): string[] {
  const { separator } = glyphsOf(terminal)
  const others = row.offered.filter((name) => name !== row.chosen)
  const shown = others.slice(0, MOST_OFFERED).map((name) => escapeText(name, terminal, 40))
  if (others.length > shown.length) shown.push(`${others.length - shown.length} more`)
  const note = row.note === undefined ? [] : wrapText(escapeText(row.note, terminal, 120), width)
  if (shown.length === 0) return note.map((line) => paint(terminal, 'doubt', line))
  // A separator stays on the line of the name it follows.
  const joined = shown.join(terminal.boxes ? `${STUCK}${separator} ` : ', ')
  const lines = wrapText(`${row.chosen === null ? 'offered' : 'over'} ${joined}`, width).map((line) =>
    line.replaceAll(STUCK, ' '),
  )
  return [...note.map((line) => paint(terminal, 'doubt', line)), ...lines.map((line) => paint(terminal, 'faint', line))]
}
