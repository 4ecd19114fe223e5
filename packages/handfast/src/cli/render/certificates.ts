/** Certificate chains as trees: the anchor at the root, each certificate below the one that signed it, the leaf last. */

import type { CertificateReport, PeerReport, PublicKeyReport } from '../../report/handshake-report.ts'
import { escapeText } from './escape.ts'
import { glyphsOf } from './glyphs.ts'
import { innerWidth } from './box.ts'
import { paint } from './colour.ts'
import { count, formatDistance, formatMoment, formatSpan } from './quantity.ts'
import { renderField } from './table.ts'
import { BRANCH_WIDTH, renderTree, type TreeNode } from './tree.ts'
import { halves, truncate } from './width.ts'
import type { Terminal } from './terminal.ts'

const LABEL_WIDTH = 9
/** subjectAltNames that are shown of a leaf; the rest is counted. */
const MOST_NAMES = 12

/**
 * A peer's chain, or its raw public key. `now` (RFC 3339) is the moment validity is told relative to: a report's own
 * `startedAt`, so that the same report always looks the same.
 */
export function renderChain(peer: PeerReport, now: string, terminal: Terminal): string[] {
  if (peer.rawPublicKey !== undefined) return renderKey(peer.rawPublicKey, terminal)
  if (peer.chain.length === 0) return [paint(terminal, 'faint', 'no certificate')]
  const isChain = peer.chain.every((certificate, i) => i === 0 || peer.chain[i - 1]?.issuer === certificate.subject)
  const anchor = anchorOf(peer)
  const note = isChain ? [] : [paint(terminal, 'doubt', 'as presented; not in the order of a chain')]
  if (!isChain) {
    const nodes = peer.chain.map((certificate, i) => nodeOf(certificate, i, 0, now, terminal))
    return [...note, ...renderTree(nodes, terminal)]
  }
  const top = peer.chain.length - 1 + (anchor === null ? 0 : 1)
  let node: TreeNode | undefined
  for (const [i, certificate] of peer.chain.entries()) {
    const own = nodeOf(certificate, i, top - i, now, terminal)
    node = node === undefined ? own : { lines: own.lines, children: [node] }
  }
  if (node === undefined) return []
  if (anchor === null) return renderTree([node], terminal)
  const name = truncate(escapeText(anchor, terminal), innerWidth(terminal) - 16, terminal)
  const root: TreeNode = { lines: [`${name}  ${paint(terminal, 'good', 'trusted here')}`], children: [node] }
  return renderTree([root], terminal)
}

/** A key without a certificate. */
function renderKey({ publicKey, fingerprint }: PublicKeyReport, terminal: Terminal): string[] {
  const width = innerWidth(terminal) - LABEL_WIDTH
  const lines = halves(escapeText(fingerprint, terminal, 64), width)
  return [
    paint(terminal, 'strong', escapeText(publicKey ?? 'a key that cannot be read', terminal, 60)),
    ...renderField('SHA-256', lines, LABEL_WIDTH, innerWidth(terminal), terminal),
  ]
}

/** The anchor's subject, if a path to one was found and the anchor was not itself presented. */
function anchorOf(peer: PeerReport): string | null {
  const path = peer.verdict?.path ?? []
  const last = path.at(-1)
  const top = peer.chain.at(-1)
  if (last === undefined || top === undefined) return null
  return top.subject === last && top.issuer === last ? null : last
}

function nodeOf(
  certificate: CertificateReport,
  index: number,
  depth: number,
  now: string,
  terminal: Terminal,
): TreeNode {
  const { dash } = glyphsOf(terminal)
  const width = innerWidth(terminal) - depth * BRANCH_WIDTH - BRANCH_WIDTH
  const subject = certificate.subject === '' ? '(no subject)' : escapeText(certificate.subject, terminal)
  const kind = certificate.isCa ? `${certificate.publicKey}, CA` : certificate.publicKey
  const facts = escapeText(kind, terminal, 60)
  const name = truncate(subject, Math.max(12, width - facts.length - 4), terminal)
  const heading = `${paint(terminal, 'strong', name)}  ${paint(terminal, 'faint', facts)}`
  const field = (label: string, text: string): string[] => renderField(label, text, LABEL_WIDTH, width, terminal)
  const from = escapeText(formatMoment(certificate.notBefore), terminal, 40)
  const until = escapeText(formatMoment(certificate.notAfter), terminal, 40)
  const validity = field('valid', `${from} ${dash} ${until} UTC${validityNote(certificate, now)}`)
  if (index > 0) return { lines: [heading, ...validity] }
  return {
    lines: [
      heading,
      ...(certificate.subjectAltNames.length === 0 ? [] : field('names', namesOf(certificate, terminal))),
      ...validity,
      ...field('signed', escapeText(`${certificate.signatureAlgorithm} by ${certificate.issuer}`, terminal)),
      ...field('serial', escapeText(certificate.serialNumber, terminal, 60)),
      ...field('SHA-256', halves(escapeText(certificate.fingerprint, terminal, 64), width - LABEL_WIDTH)),
    ],
  }
}

function namesOf(certificate: CertificateReport, terminal: Terminal): string {
  const names = certificate.subjectAltNames.slice(0, MOST_NAMES).map((name) => escapeText(name, terminal))
  const more = certificate.subjectAltNames.length - names.length
  return [...names, ...(more > 0 ? [`and ${count(more, 'more name')}`] : [])].join(', ')
}

/** `, 90 days` while it is valid, and what is the matter otherwise. */
function validityNote(certificate: CertificateReport, now: string): string {
  if (Date.parse(certificate.notAfter) < Date.parse(now)) {
    return `, expired ${formatDistance(certificate.notAfter, now)}`
  }
  if (Date.parse(certificate.notBefore) > Date.parse(now)) {
    return `, not valid before ${formatDistance(certificate.notBefore, now).replace(/^in /, '')} from now`
  }
  const span = formatSpan(certificate.notBefore, certificate.notAfter)
  return span === '' ? '' : ` (${span})`
}
