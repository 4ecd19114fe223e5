/** A path of certificates as a tree: the leaf first, below each the one that issued it, the anchor last. */

import type { ExaminedCertificateReport, VerificationReport } from '../../report/verification-report.ts'
import { innerWidth } from './box.ts'
import { type Ink, paint } from './colour.ts'
import { escapeText } from './escape.ts'
import { glyphsOf } from './glyphs.ts'
import { count, formatDistance, formatMoment } from './quantity.ts'
import { renderField } from './table.ts'
import type { Terminal } from './terminal.ts'
import { BRANCH_WIDTH, renderTree, type TreeNode } from './tree.ts'
import { displayWidth, halves, truncate, wrapText } from './width.ts'

const LABEL_WIDTH = 9
/** subjectAltNames that are shown of a leaf; the rest is counted. */
const MOST_NAMES = 12
/** Certificates that stand below each other, each a branch further to the right; of a longer path all stand at the left. */
const DEEPEST = 6
/** Columns below which a name does not share its line. */
const NARROWEST_NAME = 24

/** The tree, with a mark before each certificate: whether anything speaks against it. */
export function renderPath(path: readonly ExaminedCertificateReport[], report: Judged, terminal: Terminal): string[] {
  if (path.length > DEEPEST) {
    return renderTree(
      path.map((certificate, place) => ({ lines: linesOf(certificate, place === 0, 1, report, terminal) })),
      terminal,
    )
  }
  let node: TreeNode | undefined
  for (const [place, certificate] of [...path.entries()].toReversed()) {
    const lines = linesOf(certificate, place === 0, place + 1, report, terminal)
    node = { lines, children: node === undefined ? [] : [node] }
  }
  return node === undefined ? [] : renderTree([node], terminal)
}

type Judged = Pick<VerificationReport, 'reasons' | 'warnings' | 'inputs' | 'given'>

function linesOf(
  certificate: ExaminedCertificateReport,
  isLeaf: boolean,
  depth: number,
  report: Judged,
  terminal: Terminal,
): readonly string[] {
  const { dash } = glyphsOf(terminal)
  const width = innerWidth(terminal) - depth * BRANCH_WIDTH
  const field = (label: string, text: string): string[] =>
    renderField(label, escapeText(text, terminal, 2000), LABEL_WIDTH, width, terminal)
  const { notBefore, notAfter } = certificate
  const { time } = report.inputs
  const validity = `${formatMoment(notBefore)} ${dash} ${formatMoment(notAfter)} UTC, ${currencyOf(certificate, time)}`
  const uses = [...(certificate.keyUsage ?? []), ...(certificate.extendedKeyUsage ?? [])]
  return [
    ...headingOf(certificate, report, width, terminal),
    ...originOf(certificate, report).flatMap((origin) => field('from', origin)),
    ...(isLeaf ? field('names', namesOf(certificate)) : []),
    ...field('valid', validity),
    ...(uses.length === 0 ? [] : field('for', uses.join(', '))),
    ...(isLeaf ? field('signed', certificate.signatureAlgorithm ?? 'in a way that cannot be read') : []),
    ...(isLeaf ? field('serial', certificate.serialNumber.slice(0, 128)) : []),
    ...(isLeaf ? renderPin(certificate.keyFingerprint, width, terminal) : []),
  ]
}

/** To be copied: whole, on a line of its own if it does not fit beside its label. */
function renderPin(pin: string, width: number, terminal: Terminal): string[] {
  if (pin.length > width) return renderField('pin', halves(pin, width - LABEL_WIDTH), LABEL_WIDTH, width, terminal)
  if (pin.length > width - LABEL_WIDTH) return [paint(terminal, 'faint', 'pin'), pin]
  return renderField('pin', pin, LABEL_WIDTH, width, terminal)
}

/** Where a certificate came from that was not presented. */
function originOf({ index }: ExaminedCertificateReport, { given }: Judged): string[] {
  const one = index === null ? undefined : given[index]
  if (one?.given !== 'intermediates') return []
  const { source } = one
  if (source?.startsWith('fetched') === true) return [`${source}; not presented`]
  return [`given beside the chain${source === null ? '' : `: ${source}`}; not presented`]
}

function headingOf(
  certificate: ExaminedCertificateReport,
  report: Judged,
  width: number,
  terminal: Terminal,
): string[] {
  const [ink, mark] = markOf(certificate, report, terminal)
  const facts = [
    escapeText(certificate.publicKey ?? 'unreadable key', terminal, 40),
    ...(certificate.isCa === true ? ['CA'] : []),
    certificate.index === null ? 'from the roots' : `certificate ${certificate.index}`,
    ...(certificate.role === 'anchor' ? ['trusted here'] : []),
  ].join(', ')
  const subject = certificate.subject === '' ? '(no subject)' : escapeText(certificate.subject, terminal)
  const room = width - displayWidth(facts) - 4
  const start = `${paint(terminal, ink, mark)} `
  if (room >= Math.min(NARROWEST_NAME, displayWidth(subject))) {
    const name = truncate(subject, room, terminal)
    return [`${start}${paint(terminal, 'strong', name)}  ${paint(terminal, 'faint', facts)}`]
  }
  return [
    start + paint(terminal, 'strong', truncate(subject, width - 2, terminal)),
    ...wrapText(facts, width).map((line) => paint(terminal, 'faint', line)),
  ]
}

function markOf(
  { index, role }: ExaminedCertificateReport,
  { reasons, warnings }: Judged,
  terminal: Terminal,
): readonly [Ink, string] {
  const { good, bad, doubt } = glyphsOf(terminal)
  // What is about none of the certificates given is about the anchor, and says so, or about the path as a whole.
  const isAbout = ({ certificate, message }: Judged['reasons'][number]): boolean =>
    index === null
      ? certificate === null && role === 'anchor' && message.startsWith('Trust anchor ')
      : certificate === index
  if (reasons.some(isAbout)) return ['bad', bad]
  return warnings.some(isAbout) ? ['doubt', doubt] : ['good', good]
}

/** `expires in 89 days`, and what is the matter otherwise. */
function currencyOf({ notBefore, notAfter }: ExaminedCertificateReport, time: string): string {
  // The last second is part of it (RFC 5280 section 4.1.2.5).
  if (Date.parse(notAfter) + 999 < Date.parse(time)) return `expired ${formatDistance(notAfter, time)}`
  if (Date.parse(notBefore) > Date.parse(time)) return `not valid until ${formatDistance(notBefore, time)}`
  return `expires ${formatDistance(notAfter, time)}`
}

function namesOf({ subjectAltNames }: ExaminedCertificateReport): string {
  if (subjectAltNames === null) return 'cannot be read'
  if (subjectAltNames.length === 0) return 'none'
  const more = subjectAltNames.length - MOST_NAMES
  return [...subjectAltNames.slice(0, MOST_NAMES), ...(more > 0 ? [`and ${count(more, 'more name')}`] : [])].join(', ')
}
