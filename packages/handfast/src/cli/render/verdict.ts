/** Who proved what, and why that was believed or not. */

import type {
  HandshakeReport,
  PeerReport,
  ReasonReport,
  RevocationReport,
  Role,
  TriedPathReport,
  VerdictReport,
} from '../../report/handshake-report.ts'
import { escapeText } from './escape.ts'
import { glyphsOf } from './glyphs.ts'
import { innerWidth } from './box.ts'
import { paint, type Ink } from './colour.ts'
import { count, formatDistance } from './quantity.ts'
import { padEnd, wrapText } from './width.ts'
import type { Terminal } from './terminal.ts'

const LABEL_WIDTH = 10
/** Reasons and paths that are shown; the rest is counted. */
const MOST_REASONS = 10
const MOST_TRIED = 3

/** A block for the server and one for the client; nothing if the handshake ended before anyone could prove anything. */
export function renderVerdicts(report: HandshakeReport, terminal: Terminal): string[] {
  if (report.outcome !== 'complete' && !showsAnything(report.server) && !showsAnything(report.client)) return []
  return [...renderParty(report, 'server', terminal), ...renderParty(report, 'client', terminal)]
}

function showsAnything({ chain, rawPublicKey }: PeerReport): boolean {
  return chain.length > 0 || rawPublicKey !== undefined
}

function renderParty(report: HandshakeReport, party: Role, terminal: Terminal): string[] {
  const peer = report[party]
  const glyphs = glyphsOf(terminal)
  const [ink, mark, text] = judge(report, party, terminal)
  const proof =
    peer.signatureScheme === null ? '' : `, proved its key with ${escapeText(peer.signatureScheme, terminal)}`
  const width = innerWidth(terminal) - LABEL_WIDTH
  const lines = wrapText(text + proof, width).map((line, i) => (i === 0 ? paintFirst(line, text, ink, terminal) : line))
  const path = peer.verdict?.path ?? []
  const pathText = path.map((name) => escapeText(name, terminal)).join(` ${glyphs.arrowLeft} `)
  const more = [
    ...lines,
    ...(path.length > 1 ? wrapText(pathText, width).map((line) => paint(terminal, 'faint', line)) : []),
    ...renderReasons(peer.verdict?.reasons ?? [], 'bad', width, terminal),
    ...renderReasons(peer.verdict?.warnings ?? [], 'doubt', width, terminal),
    ...(peer.verdict === null ? [] : renderGrounds(peer.verdict, report.startedAt, width, terminal)),
  ]
  return more.map((line, i) =>
    i === 0 ? `${paint(terminal, ink, mark)} ${padEnd(party, LABEL_WIDTH - 2)}${line}` : ' '.repeat(LABEL_WIDTH) + line,
  )
}

function judge(report: HandshakeReport, party: Role, terminal: Terminal): readonly [Ink, string, string] {
  const glyphs = glyphsOf(terminal)
  const peer: PeerReport = report[party]
  const { verdict } = peer
  if (verdict?.state === 'accepted' && verdict.trusted) return ['good', glyphs.good, 'trusted']
  if (verdict?.state === 'accepted') return ['doubt', glyphs.doubt, 'accepted without trust']
  if (verdict?.state === 'refused') return ['bad', glyphs.bad, 'refused']
  if (verdict?.state === 'not-asked') {
    const text = verdict.reasons.length > 0 ? 'not trusted; accepted all the same, as asked' : 'not judged, as asked'
    return ['doubt', glyphs.doubt, text]
  }
  if (!showsAnything(peer)) {
    const asked = party === 'server' || report.negotiated.clientCertificateRequested
    return ['faint', glyphs.nothing, asked ? 'showed no certificate' : 'was not asked for a certificate']
  }
  if (report.role === party) return ['faint', glyphs.nothing, 'this side']
  return ['faint', glyphs.nothing, 'not judged: the handshake ended before']
}

function paintFirst(line: string, text: string, ink: Ink, terminal: Terminal): string {
  return line.startsWith(text) ? paint(terminal, ink, text) + line.slice(text.length) : paint(terminal, ink, line)
}

function renderReasons(reasons: readonly ReasonReport[], ink: Ink, width: number, terminal: Terminal): string[] {
  const shown = reasons.slice(0, MOST_REASONS).flatMap((reason) => {
    const places = [
      ...(reason.certificate === null ? [] : [`certificate ${reason.certificate}`]),
      ...(reason.rule === undefined ? [] : [`rule ${escapeText(reason.rule, terminal, 60)}`]),
    ]
    const where = places.length === 0 ? '' : ` (${places.join(', ')})`
    const name = escapeText(reason.reason, terminal, 60)
    const lines = wrapText(`${name}${where}: ${escapeText(reason.message, terminal, 600)}`, width)
    return lines.map((line, i) => (i === 0 ? paint(terminal, ink, name) + line.slice(name.length) : line))
  })
  const more = reasons.length - MOST_REASONS
  return more > 0 ? [...shown, paint(terminal, 'faint', `and ${more} more`)] : shown
}

/** What else the verdict rests on: revocation, timestamps, a policy that is not the usual one, paths tried in vain. */
function renderGrounds(verdict: VerdictReport, now: string, width: number, terminal: Terminal): string[] {
  const { policy = 'tls', revocation = [], timestamps = 0, tried = [], triedBeyond = 0 } = verdict
  const more = Math.max(0, tried.length - MOST_TRIED) + triedBeyond
  const texts = [
    ...(policy === 'tls' ? [] : [`judged by the policy ${policy}`]),
    ...revocation.filter(({ status }) => status !== 'unchecked').map((finding) => revocationText(finding, now)),
    ...(timestamps === 0 ? [] : [`${count(timestamps, 'certificate timestamp')} of known logs`]),
    // With a single path its failure is the reason that stands above.
    ...(tried.length < 2 && verdict.path.length === 0 ? [] : tried.slice(0, MOST_TRIED).map(triedText)),
    ...(more === 0 ? [] : [`${count(more, 'more path')} tried in vain`]),
  ]
  return texts
    .flatMap((text) => wrapText(escapeText(text, terminal, 400), width))
    .map((line) => paint(terminal, 'faint', line))
}

const SOURCES = { crl: 'CRL', ocsp: 'OCSP', 'stapled-ocsp': 'stapled OCSP' } as const

function revocationText({ certificate, status, source, thisUpdate }: RevocationReport, now: string): string {
  const by = source === null ? '' : ` by ${SOURCES[source]}`
  const age = thisUpdate === null ? '' : `, ${formatDistance(thisUpdate, now)}`
  return `revocation of ${certificate}: ${status}${by}${age}`
}

function triedText({ subjects, reason }: TriedPathReport): string {
  return `tried in vain: ${subjects.join(' <- ')}: ${reason.reason}`
}
