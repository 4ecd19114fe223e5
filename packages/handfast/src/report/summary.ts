/** A verdict in a sentence that claims no more than was checked, and what whoever relies on it has to know besides. */

import { type Certificate, identityText } from '../x509/index.ts'
import type { CertificateReason, Verdict, VerdictReason, VerifyRequest } from '../x509/verdict.ts'
import { policyOf } from './checks.ts'
import { momentReport } from './verdict.ts'
import type { CheckReport, GivenCertificateReport, InputsReport } from './verification-report.ts'

/** Of a subject, which a stranger chose, in a sentence. */
const MOST_SUBJECT = 100

/** One or a few sentences. @param about the certificate that a reason is about. */
export function summarise(
  request: VerifyRequest,
  verdict: Verdict,
  checks: readonly CheckReport[],
  about: (reason: VerdictReason) => Certificate | null,
): string {
  const [leaf] = verdict.path
  if (verdict.trusted && leaf !== undefined) return trustedText(request, verdict, leaf, checks)
  const [first] = verdict.reasons
  return first === undefined
    ? 'Refused.'
    : `Refused (${first.reason}): ${refusedText(first, about(first), request.time)}`
}

function trustedText(
  request: VerifyRequest,
  verdict: Verdict,
  leaf: Certificate,
  checks: readonly CheckReport[],
): string {
  const outcome = (rule: string): CheckReport['outcome'] | undefined =>
    checks.find((check) => check.rule === rule)?.outcome
  const anchor = verdict.path.at(-1) as Certificate
  const by = anchor === leaf ? 'it is itself a root' : `its root is ${subjectOf(anchor)}`
  const claims = [
    nameClaim(request, outcome('identity')),
    useClaim(request, outcome),
    timeClaim(verdict, outcome('dates')),
  ]
  return `Trusted: ${claims.join(', ')}; ${by}.${revocationDoubt(request, verdict, leaf)}`
}

type Outcome = CheckReport['outcome'] | undefined

function nameClaim({ identity }: VerifyRequest, outcome: Outcome): string {
  if (identity === undefined) return 'no name was asked for'
  const name = identityText(identity)
  if (outcome === 'passed') return `it is for ${name}`
  return outcome === 'warned' ? `it is NOT for ${name}` : `whether it is for ${name} was not checked`
}

function useClaim({ purpose }: VerifyRequest, outcome: (rule: string) => Outcome): string {
  if (purpose === 'any') return 'for any purpose'
  const outcomes = [outcome('extended-key-usage'), outcome('key-usage')]
  if (outcomes.includes('warned')) return `NOT for purpose ${purpose}`
  return outcomes.every((one) => one === 'passed') ? `for purpose ${purpose}` : 'for a purpose that was not checked'
}

function timeClaim({ path }: Verdict, outcome: Outcome): string {
  if (outcome === 'passed') return `until ${dayText(Math.min(...path.map(({ notAfter }) => notAfter)))}`
  return outcome === 'warned' ? 'NOT valid at this time' : 'whether it is valid at this time was not checked'
}

function revocationDoubt(request: VerifyRequest, { path, explanation }: Verdict, leaf: Certificate): string {
  const { revocation: policy, rules } = policyOf(request)
  if (path.length === 1) return ''
  if (policy.mode === 'off' || rules.revocation === 'ignore') return ' Whether it was revoked was not checked.'
  const findings = explanation?.revocation ?? []
  const judged = policy.scope === 'leaf' ? findings.slice(0, 1) : findings
  if (findings.length === 0) return ' Whether it was revoked is not known.'
  // What is revoked is trusted only by a policy that warns of it.
  const revoked = judged.filter(({ status }) => status === 'revoked').map(({ certificate }) => subjectOf(certificate))
  if (revoked.length > 0) return ` REVOKED: ${revoked.slice(0, 3).join(', ')}.`
  const open = judged.filter(({ status }) => status !== 'good').map(({ certificate }) => certificate)
  const [first] = open
  if (first === undefined) return ''
  if (open.includes(leaf)) return ' Whether it was revoked is not known.'
  const others = open.length === 1 ? '' : ` (and ${open.length - 1} more of the path)`
  return ` It is not revoked; whether its issuer ${subjectOf(first)}${others} was is not known.`
}

/** What is wrong, with the subject of what it is about; the reason's own message has field and figures. */
function refusedText(reason: VerdictReason, certificate: Certificate | null, time: number): string {
  const phrase = PHRASES[reason.reason]
  if (certificate === null) {
    const what = reason.certificate === null ? 'it' : `certificate ${reason.certificate}`
    return `${phrase.replace(/^(is|has) /, `${what} $1 `)}.`
  }
  const subject = subjectOf(certificate)
  if (reason.reason === 'expired') {
    return `${subject} expired ${dayText(certificate.notAfter)}, ${spanText(time - certificate.notAfter)} ago.`
  }
  if (reason.reason === 'not-yet-valid') {
    return `${subject} is not valid until ${dayText(certificate.notBefore)}, in ${spanText(certificate.notBefore - time)}.`
  }
  if (reason.reason === 'nonconforming' && reason.rule !== undefined) {
    return `${subject} is not as the rule ${reason.rule} demands.`
  }
  return `${subject} ${phrase}.`
}

const PHRASES: Readonly<Record<CertificateReason, string>> = {
  malformed: 'is malformed',
  nonconforming: 'is not as a rule of the policy demands',
  'no-certificate': 'there is no certificate',
  'unknown-issuer': 'has no path to a trusted root',
  'self-signed': 'is signed by itself alone, and no trusted root',
  'unknown-key': 'has a key that is none of the trusted ones',
  'bad-signature': 'has a signature that does not verify',
  'unsupported-signature-algorithm': 'has a signature of a kind that is not supported',
  'unsupported-public-key': 'has a key of a kind that is not supported',
  'weak-key': 'has a weak key',
  'weak-signature-algorithm': 'has a signature of a weak kind',
  expired: 'has expired',
  'not-yet-valid': 'is not valid yet',
  'not-a-ca': 'is no certificate of an authority, and issued another',
  'path-too-long': 'has more certificates below it than is permitted',
  'key-usage': 'has a key that is not for this use',
  'extended-key-usage': 'is not for this purpose',
  'unknown-critical-extension': 'has a critical extension that is not understood',
  'unsupported-constraint': 'has a constraint that is not supported',
  'name-constraint': 'has a name that its issuers do not permit',
  'name-mismatch': 'is not for this name',
  policy: 'has no certificate policy that is valid for the whole path',
  revoked: 'is revoked',
  'revocation-unknown': 'has a revocation status that is not known',
  'must-staple': 'has no stapled OCSP response, and demands one',
  transparency: 'has too few certificate timestamps',
  blocked: 'is blocked',
  'pin-mismatch': 'has none of the pinned keys in its path',
  'key-changed': 'has another key than the one remembered',
  interception: 'is issued below a root that intercepts',
  'budget-exceeded': 'has need of more work than the budgets allow',
  'host-refused': 'is refused by a rule of this program',
}

function subjectOf(certificate: Certificate): string {
  const subject = shortSubject(certificate.subjectText)
  return subject === '' ? 'the certificate without a subject' : subject
}

function shortSubject(subject: string): string {
  return subject.length <= MOST_SUBJECT ? subject : `${subject.slice(0, MOST_SUBJECT)}...`
}

function dayText(milliseconds: number): string {
  return momentReport(milliseconds)?.slice(0, 10) ?? 'on an unknown day'
}

const HOUR = 3_600_000

/** `540 days`, `5 hours`, `less than an hour`. */
function spanText(milliseconds: number): string {
  const hours = Math.floor(milliseconds / HOUR)
  if (hours < 1) return 'less than an hour'
  if (hours < 48) return hours === 1 ? '1 hour' : `${hours} hours`
  return `${Math.floor(hours / 24)} days`
}

/**
 * What can go unseen in a verdict: rules that were loosened, certificates of the path that the peer did
 * not present, lists that list nothing.
 */
export function notesOf(verdict: Verdict, inputs: InputsReport, given: readonly GivenCertificateReport[]): string[] {
  const loosened = inputs.loosened.map(({ rule, severity }) => `${rule}=${severity}`)
  const presented = new Set(given.filter((one) => one.given === 'chain').map(({ fingerprint }) => fingerprint))
  const besides = given.filter((one) => one.used && !presented.has(one.fingerprint))
  const lists = [
    ['The blocklist', inputs.blocklist],
    ['The list of weak keys', inputs.weakKeys],
    ['The list of interception roots', inputs.interceptionRoots],
    ['The list of logs', inputs.logs],
  ] as const
  return [
    ...(loosened.length === 0 ? [] : [`Loosened from the profile: ${loosened.join(', ')}.`]),
    ...(verdict.path.length === 0 ? [] : besides.map(besideNote)),
    ...lists.flatMap(([what, list]) =>
      list?.size === 0
        ? [`${what}${list.name === '' ? '' : ` '${list.name}'`} has no entries: it changes nothing.`]
        : [],
    ),
  ]
}

function besideNote({ index, subject, source }: GivenCertificateReport): string {
  const name = shortSubject(subject ?? '') || 'without a subject'
  const how = source?.startsWith('fetched') === true ? `was ${source}` : 'was given beside it'
  return (
    `Certificate ${index} (${name}) was not presented with the chain, it ${how}. Whoever presents the chain must send ` +
    'it: others may not have it, and refuse.'
  )
}
