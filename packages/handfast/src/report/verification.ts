/** `createVerificationReport`: a verdict and what it was asked for, as a record to print or to keep. */

import { toHex } from '../bytes/index.ts'
import type { Hash } from '../crypto/provider.ts'
import { Certificate, identityText, type LogList, readCertificate } from '../x509/index.ts'
import type { RuleName } from '../x509/rules/rule.ts'
import { POLICIES, type ValidationPolicy } from '../x509/validation-policy.ts'
import type { Explanation, ReferenceIdentity, Verdict, VerdictReason, VerifyRequest } from '../x509/verdict.ts'
import { adviceFor } from './advice.ts'
import { examinedCertificateReport } from './certificate.ts'
import { momentReport, reasonReport, revocationReport } from './verdict.ts'
import {
  type AdvisedReasonReport,
  type CheckReport,
  type ExaminedCertificateReport,
  type FetchedReport,
  type GivenCertificateReport,
  type InputsReport,
  type ListReport,
  VERIFICATION_REPORT_VERSION,
  type VerificationReport,
} from './verification-report.ts'

/** What the request does not say. */
export interface VerificationFacts {
  /** Where each certificate given came from, by its index. */
  readonly sources?: readonly string[]
  /** What was fetched for it. */
  readonly fetched?: readonly FetchedReport[]
}

/** The record of `verdict`, which `verifyChain` gave for `request`. */
export function createVerificationReport(
  request: VerifyRequest,
  verdict: Verdict,
  facts: VerificationFacts = {},
): VerificationReport {
  const hash = request.provider.hashes.sha256
  const given = new GivenCertificates(request, hash)
  const { explanation } = verdict
  const closest = verdict.path.length > 0 ? [] : closestPath(verdict, explanation)
  const path = examined(verdict.path, verdict.path.length > 0, given, hash)
  return {
    version: VERIFICATION_REPORT_VERSION,
    trusted: verdict.trusted,
    summary: summarise(request, verdict),
    reasons: verdict.reasons.map(advisedReport),
    warnings: verdict.warnings.map(advisedReport),
    path,
    closest: examined(closest, isComplete(closest, explanation), given, hash),
    checks: checksOf(request, verdict),
    revocation: (explanation?.revocation ?? []).map(revocationReport),
    timestamps: (explanation?.timestamps ?? []).map((found) => ({
      ...found,
      timestamp: momentReport(found.timestamp),
    })),
    certificatePolicies: [...(explanation?.policies ?? [])],
    tried: (explanation?.tried ?? []).map((tried) => ({
      path: tried.path.map((certificate) => given.named(certificate)),
      complete: tried.complete,
      reason: advisedReport(tried.reason),
    })),
    triedBeyond: explanation?.triedBeyond ?? 0,
    wanted: verdict.wanted.map(({ kind, url, for: index }) => ({ kind, url, for: index })),
    given: given.reports(verdict.path.length > 0 ? verdict.path : closest, facts.sources ?? []),
    inputs: inputsOf(request, facts),
    used: { ...explanation?.used },
    remember: explanation?.remember ?? null,
  }
}

/** Certificates by what verdicts call them: their index. */
class GivenCertificates {
  readonly #all: readonly { readonly der: Uint8Array; readonly certificate: Certificate | null }[]
  readonly #chainLength: number
  readonly #hash: Hash
  readonly #fingerprints: readonly string[]
  readonly #indices = new Map<string, number>()

  constructor({ chain, intermediates = [] }: VerifyRequest, hash: Hash) {
    this.#chainLength = chain.length
    this.#hash = hash
    this.#all = [...chain, ...intermediates].map((one) =>
      one instanceof Certificate ? { der: one.der, certificate: one } : { der: one, certificate: readOrNull(one) },
    )
    this.#fingerprints = this.#all.map(({ der }) => toHex(hash.digest(der)))
    for (const [index, fingerprint] of this.#fingerprints.entries()) {
      if (!this.#indices.has(fingerprint)) this.#indices.set(fingerprint, index)
    }
  }

  indexOf(certificate: Certificate): number | null {
    return this.#indices.get(certificate.fingerprint(this.#hash)) ?? null
  }

  named(certificate: Certificate): { index: number | null; subject: string; fingerprint: string } {
    const fingerprint = certificate.fingerprint(this.#hash)
    return { index: this.#indices.get(fingerprint) ?? null, subject: certificate.subjectText, fingerprint }
  }

  reports(path: readonly Certificate[], sources: readonly string[]): GivenCertificateReport[] {
    const used = new Set(path.map((certificate) => certificate.fingerprint(this.#hash)))
    return this.#all.map(({ certificate }, index) => {
      const fingerprint = this.#fingerprints[index] as string
      return {
        index,
        given: index < this.#chainLength ? 'chain' : 'intermediates',
        source: sources[index] ?? null,
        subject: certificate?.subjectText ?? null,
        fingerprint,
        used: used.has(fingerprint),
      }
    })
  }
}

function readOrNull(der: Uint8Array): Certificate | null {
  try {
    return readCertificate(der)
  } catch {
    return null
  }
}

function examined(
  path: readonly Certificate[],
  isComplete: boolean,
  given: GivenCertificates,
  hash: Hash,
): ExaminedCertificateReport[] {
  return path.map((certificate, place) => {
    const isAnchor = isComplete && place === path.length - 1
    const role = isAnchor ? 'anchor' : place === 0 ? 'leaf' : 'intermediate'
    return examinedCertificateReport(certificate, given.indexOf(certificate), role, hash)
  })
}

/** The path tried whose failure is the first reason; else the longest. */
function closestPath({ reasons }: Verdict, explanation: Explanation | undefined): readonly Certificate[] {
  const tried = explanation?.tried ?? []
  const [first] = reasons
  const telling = tried.find(({ reason }) => reason.reason === first?.reason && reason.message === first.message)
  if (telling !== undefined) return telling.path
  let longest: readonly Certificate[] = []
  for (const { path } of tried) if (path.length > longest.length) longest = path
  return longest
}

function isComplete(path: readonly Certificate[], explanation: Explanation | undefined): boolean {
  return explanation?.tried.some((tried) => tried.path === path && tried.complete) ?? false
}

function advisedReport(reason: VerdictReason): AdvisedReasonReport {
  return { ...reasonReport(reason), advice: adviceFor(reason) }
}

function summarise(request: VerifyRequest, verdict: Verdict): string {
  const [leaf] = verdict.path
  if (!verdict.trusted || leaf === undefined) {
    const [first] = verdict.reasons
    return first === undefined ? 'Refused.' : `Refused (${first.reason}): ${sentence(first.message)}`
  }
  const anchor = verdict.path.at(-1) as Certificate
  const end = Math.min(...verdict.path.map(({ notAfter }) => notAfter))
  const { identity, purpose } = request
  const who = identity === undefined ? 'no name was asked for' : `it is for ${identityText(identity)}`
  const by = anchor === leaf ? 'it is itself a root' : `its root is ${anchor.subjectText}`
  const use = purpose === 'any' ? 'any purpose' : `purpose ${purpose}`
  const isKnown = ['passed', 'ignored'].includes(revocationOutcome(policyOf(request), verdict))
  const doubt = isKnown ? '' : ' Whether it was revoked is not known.'
  return `Trusted: ${who}, for ${use}, until ${rfcDate(end)}; ${by}.${doubt}`
}

function sentence(message: string): string {
  return /[.!?]$/.test(message) ? message : `${message}.`
}

function rfcDate(milliseconds: number): string {
  return momentReport(milliseconds)?.slice(0, 10) ?? 'an unknown day'
}

/** Rules that judge by something the caller gives, and nothing without it. */
const ASKED_BY: Readonly<Partial<Record<RuleName, keyof VerifyRequest>>> = {
  identity: 'identity',
  blocklist: 'blocklist',
  pins: 'pins',
  'known-keys': 'knownKeys',
  interception: 'interceptionRoots',
  transparency: 'logs',
  'must-staple': 'stapled',
}

function checksOf(request: VerifyRequest, verdict: Verdict): CheckReport[] {
  const policy = policyOf(request)
  const refused = new Set(verdict.reasons.map(({ rule }) => rule))
  const warned = new Set(verdict.warnings.map(({ rule }) => rule))
  return (Object.entries(policy.rules) as [RuleName, CheckReport['severity']][]).map(([rule, severity]) => {
    const outcome = refused.has(rule) ? 'refused' : warned.has(rule) ? 'warned' : unbroken(rule)
    return { rule, severity, outcome }
  })

  function unbroken(rule: RuleName): CheckReport['outcome'] {
    if (policy.rules[rule] === 'ignore') return 'ignored'
    if (rule === 'revocation') return revocationOutcome(policy, verdict)
    const asked = ASKED_BY[rule]
    if (asked !== undefined && request[asked] === undefined) return 'not-asked'
    return verdict.path.length > 0 ? 'passed' : 'open'
  }
}

function revocationOutcome(policy: ValidationPolicy, { path, explanation }: Verdict): CheckReport['outcome'] {
  if (policy.revocation.mode === 'off') return 'ignored'
  if (path.length === 0 || explanation === undefined) return 'open'
  const { revocation } = explanation
  if (revocation.length === 0) return path.length === 1 ? 'passed' : 'unknown'
  const judged = policy.revocation.scope === 'leaf' ? revocation.slice(0, 1) : revocation
  return judged.every(({ status }) => status === 'good') ? 'passed' : 'unknown'
}

function policyOf({ policy }: VerifyRequest): ValidationPolicy {
  return policy ?? POLICIES.tls
}

function inputsOf(request: VerifyRequest, { fetched = [] }: VerificationFacts): InputsReport {
  const { identity, logs } = request
  const policy = policyOf(request)
  const { mode, scope } = policy.revocation
  return {
    time: momentReport(request.time) ?? '',
    purpose: request.purpose,
    identity: identity === undefined ? null : identityReport(identity),
    policy: policy.name,
    revocation: { mode, scope },
    maxIntermediates: policy.maxIntermediates,
    roots: { name: request.trust.name, count: request.trust.certificates.length },
    chain: request.chain.length,
    intermediates: request.intermediates?.length ?? 0,
    crls: request.crls?.length ?? 0,
    ocspResponses: request.ocspResponses?.length ?? 0,
    stapled: request.stapled?.length ?? null,
    timestampList: request.timestampList !== undefined,
    logs: listReport(
      logs === undefined ? undefined : { name: logsName(logs), date: logs.date, size: logs.logs.length },
    ),
    pins: listReport(request.pins),
    blocklist: listReport(request.blocklist),
    weakKeys: listReport(request.weakKeys),
    interceptionRoots: listReport(request.interceptionRoots),
    knownKeys: request.knownKeys !== undefined,
    fetched: fetched.map((one) => ({ ...one })),
  }
}

function logsName({ version }: LogList): string {
  return version === null ? 'log list' : `log list ${version}`
}

function identityReport(identity: ReferenceIdentity): NonNullable<InputsReport['identity']> {
  return { kind: identity.kind, name: identityText(identity) }
}

function listReport(
  list: { readonly name: string; readonly date: number | null; readonly size?: number } | undefined,
): ListReport | null {
  return list === undefined ? null : { name: list.name, date: momentReport(list.date), size: list.size ?? null }
}
