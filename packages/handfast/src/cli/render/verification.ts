/**
 * A VerificationReport as a page of text: the verdict in a sentence, why and what to change, the path
 * from the leaf to its anchor, what was checked, what was tried in vain, and what was judged by.
 */

import type {
  AdvisedReasonReport,
  CheckReport,
  TriedChainReport,
  VerificationReport,
} from '../../report/verification-report.ts'
import type { RuleName } from '../../x509/index.ts'
import { innerWidth, joinLines, renderHeading } from './box.ts'
import { type Ink, paint } from './colour.ts'
import { escapeText } from './escape.ts'
import { type Glyphs, glyphsOf } from './glyphs.ts'
import { renderPath } from './path.ts'
import { count, formatDistance, formatMoment } from './quantity.ts'
import type { Terminal } from './terminal.ts'
import { renderInputs } from './verification-inputs.ts'
import { padEnd, wrapText } from './width.ts'

/** Of each kind that are shown; the rest is counted. */
const MOST_REASONS = 12
const MOST_TRIED = 10
const MOST_WANTED = 8

/** The whole page. */
export function renderVerification(report: VerificationReport, terminal: Terminal): string {
  const section = (title: string, lines: readonly string[], right = ''): string[] =>
    lines.length === 0 ? [] : ['', renderHeading(title, terminal, right), ...lines]
  const hasPath = report.path.length > 0
  const path = hasPath ? report.path : report.closest
  const policy = escapeText(report.inputs.policy, terminal, 40)
  return joinLines([
    ...renderSummary(report, terminal),
    ...renderNotes(report, terminal),
    ...section('Why it was refused, and what to change', renderReasons(report.reasons, 'bad', terminal)),
    ...section(hasPath ? 'Path' : 'The path that came closest', renderPath(path, report, terminal)),
    ...section('Checks', renderChecks(report.checks, terminal), `policy ${policy}`),
    ...section('Revocation', renderRevocation(report, terminal)),
    ...section('Certificate timestamps', renderTimestamps(report, terminal)),
    ...section('Warnings', renderReasons(report.warnings, 'doubt', terminal)),
    ...section('Paths tried in vain', renderTried(report, terminal)),
    ...section('Missing', renderWanted(report, terminal)),
    ...section('Judged by', renderInputs(report, terminal)),
  ])
}

function renderSummary(report: VerificationReport, terminal: Terminal): string[] {
  const glyphs = glyphsOf(terminal)
  const ink = report.trusted ? 'good' : 'bad'
  const mark = report.trusted ? glyphs.good : glyphs.bad
  const lines = wrapText(escapeText(report.summary, terminal, 600), innerWidth(terminal) - 2)
  return lines.map((line, i) => (i === 0 ? `${paint(terminal, ink, mark)} ` : '  ') + paint(terminal, 'strong', line))
}

const MOST_NOTES = 10

/** What goes with the verdict, a mark before each. */
function renderNotes({ notes }: VerificationReport, terminal: Terminal): string[] {
  const mark = paint(terminal, 'doubt', glyphsOf(terminal).doubt)
  const shown = notes
    .slice(0, MOST_NOTES)
    .flatMap((note) =>
      wrapText(escapeText(note, terminal, 2500), innerWidth(terminal) - 2).map(
        (line, i) => `${i === 0 ? mark : ' '} ${line}`,
      ),
    )
  return [...shown, ...renderMore(notes.length - MOST_NOTES, 'more', terminal)]
}

/** Each with its name, its certificate, its rule, its sentence, and the advice behind an arrow. */
function renderReasons(all: readonly AdvisedReasonReport[], ink: Ink, terminal: Terminal): string[] {
  const glyphs = glyphsOf(terminal)
  const mark = paint(terminal, ink, ink === 'bad' ? glyphs.bad : glyphs.doubt)
  const width = innerWidth(terminal) - 2
  const reasons = gather(all)
  const shown = reasons.slice(0, MOST_REASONS).flatMap((reason) => {
    const lines = wrapText(reasonText(reason, terminal), width)
    const advice = reason.advice === '' ? [] : wrapText(escapeText(reason.advice, terminal, 600), width - 3)
    return [
      ...lines.map((line, i) => (i === 0 ? `${mark} ${paintStart(line, reason.reason, ink, terminal)}` : `  ${line}`)),
      ...advice.map((line, i) => `  ${i === 0 ? padEnd(glyphs.arrowRight, 3) : '   '}${line}`),
    ]
  })
  return [...shown, ...renderMore(reasons.length - MOST_REASONS, 'more', terminal)]
}

/** A reason, and all the certificates that it is about. */
interface GatheredReason extends Omit<AdvisedReasonReport, 'certificate'> {
  readonly certificates: readonly number[]
}

/** What is said of several certificates in the same words is said once. */
function gather(reasons: readonly AdvisedReasonReport[]): GatheredReason[] {
  const byText = new Map<string, GatheredReason>()
  for (const { certificate, ...reason } of reasons) {
    const key = `${reason.reason} ${reason.rule} ${reason.message}`
    const before = byText.get(key)
    const certificates = [...(before?.certificates ?? []), ...(certificate === null ? [] : [certificate])]
    byText.set(key, { ...(before ?? reason), certificates: certificates.toSorted((a, b) => a - b) })
  }
  return [...byText.values()]
}

const MOST_SUBJECT = 60

/** `expired (certificate 0 CN=server.example, rule dates): ...` */
function reasonText({ reason, certificates, subject, rule, message }: GatheredReason, terminal: Terminal): string {
  const name = subject === null || subject === '' ? '' : ` ${escapeText(subject, terminal, MOST_SUBJECT)}`
  const places = [
    ...(certificates.length === 0
      ? []
      : [
          certificates.length > 1 ? `certificates ${certificates.join(', ')}` : `certificate ${certificates[0]}${name}`,
        ]),
    ...(rule === undefined ? [] : [`rule ${rule}`]),
  ]
  const where = places.length === 0 ? '' : ` (${places.join(', ')})`
  return escapeText(`${reason}${where}: ${message}`, terminal, 800)
}

function paintStart(line: string, start: string, ink: Ink, terminal: Terminal): string {
  return line.startsWith(start) ? paint(terminal, ink, start) + line.slice(start.length) : line
}

type Outcome = CheckReport['outcome']

const OUTCOMES: readonly (readonly [outcome: Outcome, text: string, ink: Ink, mark: keyof Glyphs])[] = [
  ['refused', 'refused', 'bad', 'bad'],
  ['warned', 'doubtful', 'doubt', 'doubt'],
  ['passed', 'passed', 'good', 'good'],
  ['unknown', 'not known', 'doubt', 'doubt'],
  ['open', 'not reached', 'faint', 'nothing'],
  ['not-asked', 'not asked', 'faint', 'nothing'],
  ['ignored', 'ignored', 'faint', 'nothing'],
]
const OUTCOME_WIDTH = 14

/** The rules that people ask for by their names; of the others, those that hold are counted. */
const KNOWN_RULES: readonly RuleName[] = [
  'dates',
  'identity',
  'public-key',
  'signature-algorithm',
  'weak-key',
  'weak-signature-algorithm',
  'basic-constraints',
  'key-usage',
  'extended-key-usage',
  'path-length',
  'name-constraints',
  'policies',
  'critical-extensions',
  'revocation',
  'must-staple',
  'transparency',
  'blocklist',
  'pins',
  'known-keys',
  'interception',
]
/** Of these every rule is named. */
const TELLING: ReadonlySet<Outcome> = new Set<Outcome>(['refused', 'warned', 'unknown', 'not-asked'])

/** Rules by their outcome, a mark before each group. */
function renderChecks(checks: readonly CheckReport[], terminal: Terminal): string[] {
  const glyphs = glyphsOf(terminal)
  return OUTCOMES.flatMap(([outcome, text, ink, mark]) => {
    const rules = checks.filter((check) => check.outcome === outcome).map(({ rule }) => rule)
    if (rules.length === 0) return []
    const left = `${glyphs[mark] as string} ${text}`
    const names = escapeText(namesOf(rules, outcome), terminal, 2000)
    return wrapText(names, innerWidth(terminal) - OUTCOME_WIDTH).map((line, i) =>
      i === 0 ? padEnd(paint(terminal, ink, left), OUTCOME_WIDTH) + line : ' '.repeat(OUTCOME_WIDTH) + line,
    )
  })
}

function namesOf(rules: readonly string[], outcome: Outcome): string {
  if (TELLING.has(outcome)) return rules.join(', ')
  const known = outcome === 'passed' ? KNOWN_RULES.filter((rule) => rules.includes(rule)) : []
  const others = rules.length - known.length
  if (others === 0) return known.join(', ')
  return known.length === 0 ? count(others, 'rule') : `${known.join(', ')}, and ${count(others, 'other')}`
}

const SOURCES = { crl: 'CRL', ocsp: 'OCSP', 'stapled-ocsp': 'stapled OCSP' } as const

/** Per certificate: its status, what said so, how fresh that is. */
function renderRevocation(report: VerificationReport, terminal: Terminal): string[] {
  const glyphs = glyphsOf(terminal)
  const { time } = report.inputs
  if (report.revocation.every(({ status }) => status === 'unchecked')) {
    const number = count(report.revocation.length, 'certificate')
    const text = `not checked: nothing at hand tells of ${number}`
    return report.revocation.length === 0 ? [] : [paint(terminal, 'faint', `${glyphs.nothing} ${text}`)]
  }
  return report.revocation.flatMap((finding) => {
    const { status, source, thisUpdate, nextUpdate, revokedAt, reason } = finding
    const ink = status === 'good' ? 'good' : status === 'revoked' ? 'bad' : 'faint'
    const mark = status === 'good' ? glyphs.good : status === 'revoked' ? glyphs.bad : glyphs.nothing
    const facts = [
      status,
      ...(source === null ? [] : [`says ${SOURCES[source]}`]),
      ...(thisUpdate === null ? [] : [`as of ${formatMoment(thisUpdate)} UTC (${formatDistance(thisUpdate, time)})`]),
      ...(nextUpdate === null ? [] : [`next ${formatDistance(nextUpdate, time)}`]),
      ...(revokedAt === null ? [] : [`since ${formatMoment(revokedAt)} UTC`]),
      ...(reason === null ? [] : [`for ${reason}`]),
    ]
    const width = innerWidth(terminal) - 2
    // Of what nothing at hand speaks there is nothing to explain.
    const message = status === 'unchecked' ? '' : finding.message
    const lines = [
      ...wrapText(escapeText(`${finding.certificate}: ${facts.join(', ')}`, terminal, 500), width),
      ...(message === ''
        ? []
        : wrapText(escapeText(message, terminal, 600), width).map((line) => paint(terminal, 'faint', line))),
    ]
    return lines.map((line, i) => (i === 0 ? `${paint(terminal, ink, mark)} ${line}` : `  ${line}`))
  })
}

const MOST_TIMESTAMPS = 10

function renderTimestamps({ timestamps, inputs }: VerificationReport, terminal: Terminal): string[] {
  const glyphs = glyphsOf(terminal)
  const width = innerWidth(terminal) - 2
  const shown = timestamps.slice(0, MOST_TIMESTAMPS).flatMap((one) => {
    const ink = one.status === 'valid' ? 'good' : one.status === 'invalid' ? 'bad' : 'faint'
    const mark = one.status === 'valid' ? glyphs.good : one.status === 'invalid' ? glyphs.bad : glyphs.nothing
    const from = { certificate: 'in the certificate', tls: 'of the handshake', ocsp: 'in the OCSP response' }[
      one.source
    ]
    const facts = [
      one.log ?? (one.logId === null ? 'unreadable' : `log ${one.logId}`),
      ...(one.operator === null ? [] : [`by ${one.operator}`]),
      from,
      ...(one.timestamp === null
        ? []
        : [`of ${formatMoment(one.timestamp)} UTC (${formatDistance(one.timestamp, inputs.time)})`]),
    ]
    const text = `${one.status}: ${facts.join(', ')}`
    const lines = [
      ...wrapText(escapeText(text, terminal, 400), width),
      ...(one.status === 'valid' || one.message === ''
        ? []
        : wrapText(escapeText(one.message, terminal, 400), width).map((line) => paint(terminal, 'faint', line))),
    ]
    return lines.map((line, i) => (i === 0 ? `${paint(terminal, ink, mark)} ${line}` : `  ${line}`))
  })
  return [...shown, ...renderMore(timestamps.length - MOST_TIMESTAMPS, 'more', terminal)]
}

/** Each path leaf first, and below it where and why it ended; not the one that is shown as the closest. */
function renderTried(report: VerificationReport, terminal: Terminal): string[] {
  const { triedBeyond } = report
  const tried = report.tried.filter((one) => !isShown(one, report))
  const glyphs = glyphsOf(terminal)
  const width = innerWidth(terminal) - 2
  const mark = paint(terminal, 'bad', glyphs.bad)
  const shown = tried.slice(0, MOST_TRIED).flatMap(({ path, complete, reason }) => {
    const names = path.map(({ index, subject }) => {
      const name = subject === '' ? '(no subject)' : escapeText(subject, terminal, 80)
      return index === null ? name : `[${index}] ${name}`
    })
    const end = complete ? '' : ` ${glyphs.arrowLeft} ?`
    const lines = [
      ...wrapText(names.join(` ${glyphs.arrowLeft} `) + end, width),
      ...wrapText(reasonText(gather([reason])[0] as GatheredReason, terminal), width - 2).map((line) =>
        paint(terminal, 'faint', `  ${line}`),
      ),
    ]
    return lines.map((line, i) => (i === 0 ? `${mark} ${line}` : `  ${line}`))
  })
  return [...shown, ...renderMore(tried.length - Math.min(tried.length, MOST_TRIED) + triedBeyond, 'more', terminal)]
}

function isShown({ path, reason }: TriedChainReport, { closest, reasons }: VerificationReport): boolean {
  const isClosest =
    path.length === closest.length && path.every(({ fingerprint }, i) => fingerprint === closest[i]?.fingerprint)
  return isClosest && reasons.some(({ message }) => message === reason.message)
}

const WANTED = { aia: 'its issuer', crl: 'a CRL', ocsp: 'an OCSP response' } as const

function renderWanted({ wanted, inputs }: VerificationReport, terminal: Terminal): string[] {
  const glyphs = glyphsOf(terminal)
  const width = innerWidth(terminal) - 2
  const shown = wanted
    .slice(0, MOST_WANTED)
    .flatMap(({ kind, url, for: index }) =>
      wrapText(`${WANTED[kind]} for certificate ${index}: ${escapeText(url, terminal, 200)}`, width).map((line, i) =>
        i === 0 ? `${paint(terminal, 'faint', glyphs.nothing)} ${line}` : `  ${line}`,
      ),
    )
  const more = renderMore(wanted.length - MOST_WANTED, 'more', terminal)
  const hint = inputs.fetched.length > 0 ? [] : [paint(terminal, 'faint', '--fetch lets handfast get these.')]
  return wanted.length === 0 ? [] : [...shown, ...more, ...hint]
}

function renderMore(more: number, what: string, terminal: Terminal): string[] {
  return more > 0 ? [paint(terminal, 'faint', `  and ${more} ${what}`)] : []
}
