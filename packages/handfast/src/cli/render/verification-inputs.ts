/** What a certificate was judged by, and how much work that was. */

import type { FetchedReport, ListReport, VerificationReport } from '../../report/verification-report.ts'
import { innerWidth } from './box.ts'
import { paint } from './colour.ts'
import { escapeText } from './escape.ts'
import { count, formatMoment, formatSize } from './quantity.ts'
import { renderField } from './table.ts'
import type { Terminal } from './terminal.ts'
import { wrapText } from './width.ts'

const LABEL_WIDTH = 14
const MOST_UNUSED = 5
const MOST_FETCHED = 10

/** One field per line; what was not given is left out, but for what always counts. */
export function renderInputs(report: VerificationReport, terminal: Terminal): string[] {
  const { inputs, certificatePolicies } = report
  const { identity, revocation, roots, maxIntermediates } = inputs
  const limit = maxIntermediates === null ? '' : `, at most ${count(maxIntermediates, 'intermediate')}`
  const policies = certificatePolicies.slice(0, 8).join(', ')
  const fields: readonly (readonly [string, string])[] = [
    ['time', `${formatMoment(inputs.time)} UTC`],
    ['name', identity === null ? 'none: anyone who has such a certificate' : `${identity.name} (${identity.kind})`],
    ['purpose', inputs.purpose],
    ['policy', inputs.policy + limit],
    ['roots', `${count(roots.count, 'root')}${roots.name === '' ? '' : `: ${roots.name}`}`],
    ['revocation', revocation.mode === 'off' ? 'off' : `${revocation.mode}, of the ${revocation.scope}`],
    ['certificates', givenText(report)],
    ['lists', listsText(report)],
    ...listFields(report),
    ['known keys', inputs.knownKeys ? (report.remember === null ? 'given' : 'given; met for the first time') : ''],
    ...(policies === '' || policies === '2.5.29.32.0' ? [] : [['policies', policies] as const]),
    ['work', workText(report)],
  ]
  const width = innerWidth(terminal)
  const lines = fields
    .filter(([, text]) => text !== '')
    .flatMap(([label, text]) => renderField(label, escapeText(text, terminal, 600), LABEL_WIDTH, width, terminal))
  return [...lines, ...renderFetched(inputs.fetched, terminal)]
}

function givenText({ given, inputs }: VerificationReport): string {
  const besides = inputs.intermediates === 0 ? '' : `, ${inputs.intermediates} beside them`
  const unused = given.filter(({ used }) => !used)
  const names = unused
    .slice(0, MOST_UNUSED)
    .map(({ index, subject }) => `[${index}] ${subject === '' ? '(no subject)' : (subject ?? 'unreadable')}`)
  const more = unused.length - names.length
  const rest = unused.length === 0 ? '' : `; not used: ${names.join(', ')}${more > 0 ? ` and ${more} more` : ''}`
  return `${inputs.chain} presented${besides}${rest}`
}

function listsText({ inputs }: VerificationReport): string {
  const { crls, ocspResponses, stapled, timestampList } = inputs
  return [
    ...(crls === 0 ? [] : [count(crls, 'CRL')]),
    ...(ocspResponses === 0 ? [] : [count(ocspResponses, 'OCSP response')]),
    ...(stapled === null ? [] : [`${stapled} stapled`]),
    ...(timestampList ? ['timestamps of a handshake'] : []),
  ].join(', ')
}

function listFields({ inputs }: VerificationReport): (readonly [string, string])[] {
  const { logs, pins, blocklist, weakKeys, interceptionRoots } = inputs
  const lists: readonly (readonly [string, ListReport | null])[] = [
    ['logs', logs],
    ['pins', pins],
    ['blocklist', blocklist],
    ['weak keys', weakKeys],
    ['interception', interceptionRoots],
  ]
  return lists.flatMap(([label, list]) => (list === null ? [] : [[label, listText(list)] as const]))
}

function listText({ name, date, size }: ListReport): string {
  const facts = [
    ...(name === '' ? [] : [name]),
    ...(size === null ? [] : [count(size, 'entry').replace(/entrys$/, 'entries')]),
    ...(date === null ? [] : [`of ${date.slice(0, 10)}`]),
  ]
  return facts.join(', ') || 'given'
}

function workText({ used }: VerificationReport): string {
  const { signatureChecks, evidenceChecks = 0, pathSteps } = used
  return [
    ...(signatureChecks === undefined ? [] : [count(signatureChecks + evidenceChecks, 'signature check')]),
    ...(pathSteps === undefined ? [] : [count(pathSteps, 'path step')]),
  ].join(', ')
}

function renderFetched(fetched: readonly FetchedReport[], terminal: Terminal): string[] {
  const lines = fetched.slice(0, MOST_FETCHED).flatMap(({ kind, url, size, error }, i) => {
    const outcome = error === null ? formatSize(size ?? 0) : `failed: ${error}`
    const text = escapeText(`${kind} ${url}: ${outcome}`, terminal, 400)
    return renderField(i === 0 ? 'fetched' : '', text, LABEL_WIDTH, innerWidth(terminal), terminal)
  })
  const more = fetched.length - MOST_FETCHED
  const isLimited = fetched.some(({ error }) => error !== null && /\b(port|ports|public)\b/.test(error))
  return [
    ...lines,
    ...(more > 0 ? [paint(terminal, 'faint', `and ${more} more`)] : []),
    ...(isLimited
      ? wrapText('--fetch-any lifts the limits to public addresses and to ports 80 and 443.', innerWidth(terminal)).map(
          (line) => paint(terminal, 'faint', line),
        )
      : []),
  ]
}
