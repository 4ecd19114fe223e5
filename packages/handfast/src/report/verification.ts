/** `createVerificationReport`: a verdict and what it was asked for, as a record to print or to keep. */

import { toHex } from '../bytes/index.ts'
import type { Hash } from '../crypto/provider.ts'
import { Certificate, identityText, type LogList, readCertificate } from '../x509/index.ts'
import { readable } from '../x509/certificate-error.ts'
import type { ProfileName } from '../x509/validation-policy.ts'
import type {
  Explanation,
  ReferenceIdentity,
  TriedPath,
  Verdict,
  VerdictReason,
  VerifyRequest,
} from '../x509/verdict.ts'
import { adviceFor, adviceOnLeaf } from './advice.ts'
import { examinedCertificateReport } from './certificate.ts'
import { checksOf, loosenedRules, policyOf } from './checks.ts'
import { notesOf, summarise } from './summary.ts'
import { momentReport, reasonReport, revocationReport } from './verdict.ts'
import {
  type AdvisedReasonReport,
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
  /** The profile that the policy was made of, where its name does not tell. */
  readonly profile?: ProfileName
}

/** The record of `verdict`, which `verifyChain` gave for `request`. */
export function createVerificationReport(
  request: VerifyRequest,
  verdict: Verdict,
  facts: VerificationFacts = {},
): VerificationReport {
  const hash = request.provider.hashes.sha256
  const given = new NumberedCertificates(request, hash)
  const { explanation } = verdict
  const tried = verdict.path.length > 0 ? undefined : closestOf(verdict, explanation)
  const closest = tried?.path ?? []
  const path = examined(verdict.path, verdict.path.length > 0, given, hash)
  const about = (reason: VerdictReason): Certificate | null => certificateOf(reason, given, verdict.path, closest)
  const advised = (reason: VerdictReason): AdvisedReasonReport => advisedReport(reason, about(reason), request)
  const checks = checksOf(request, verdict, tried)
  const inputs = inputsOf(request, facts)
  const givenReports = given.reports(verdict.path.length > 0 ? verdict.path : closest, facts.sources ?? [])
  return {
    version: VERIFICATION_REPORT_VERSION,
    trusted: verdict.trusted,
    summary: summarise(request, verdict, checks, about),
    notes: notesOf(verdict, inputs, givenReports),
    reasons: verdict.reasons.map(advised),
    warnings: verdict.warnings.map(advised),
    path,
    closest: examined(closest, tried?.complete ?? false, given, hash),
    checks,
    revocation: (explanation?.revocation ?? []).map(revocationReport),
    timestamps: (explanation?.timestamps ?? []).map((found) => ({
      ...found,
      timestamp: momentReport(found.timestamp),
    })),
    certificatePolicies: [...(explanation?.policies ?? [])],
    tried: (explanation?.tried ?? []).map((one) => ({
      path: one.path.map((certificate) => given.named(certificate)),
      complete: one.complete,
      reason: advisedReport(one.reason, certificateOf(one.reason, given, [], one.path), request),
    })),
    triedBeyond: explanation?.triedBeyond ?? 0,
    wanted: verdict.wanted.map(({ kind, url, for: index }) => ({ kind, url, for: index })),
    given: givenReports,
    inputs,
    used: { ...explanation?.used },
    remember: explanation?.remember ?? null,
  }
}

/** Certificates by what verdicts call them: their index. */
class NumberedCertificates {
  readonly #all: readonly { readonly der: Uint8Array; readonly certificate: Certificate | null }[]
  readonly #chainLength: number
  readonly #hash: Hash
  readonly #fingerprints: readonly string[]
  readonly #indices = new Map<string, number>()

  constructor({ chain, intermediates = [] }: VerifyRequest, hash: Hash) {
    this.#chainLength = chain.length
    this.#hash = hash
    this.#all = [...chain, ...intermediates].map((one) =>
      one instanceof Certificate
        ? { der: one.der, certificate: one }
        : { der: one, certificate: readable(() => readCertificate(one)) ?? null },
    )
    this.#fingerprints = this.#all.map(({ der }) => toHex(hash.digest(der)))
    for (const [index, fingerprint] of this.#fingerprints.entries()) {
      if (!this.#indices.has(fingerprint)) this.#indices.set(fingerprint, index)
    }
  }

  indexOf(certificate: Certificate): number | null {
    return this.#indices.get(certificate.fingerprint(this.#hash)) ?? null
  }

  at(index: number): Certificate | null {
    return this.#all[index]?.certificate ?? null
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

function examined(
  path: readonly Certificate[],
  isComplete: boolean,
  given: NumberedCertificates,
  hash: Hash,
): ExaminedCertificateReport[] {
  return path.map((certificate, place) => {
    const isAnchor = isComplete && place === path.length - 1
    const role = isAnchor ? 'anchor' : place === 0 ? 'leaf' : 'intermediate'
    return examinedCertificateReport(certificate, given.indexOf(certificate), role, hash)
  })
}

/** The path tried whose failure is the first reason; else the longest. */
function closestOf({ reasons }: Verdict, explanation: Explanation | undefined): TriedPath | undefined {
  const tried = explanation?.tried ?? []
  const [first] = reasons
  const telling = tried.find(({ reason }) => reason.reason === first?.reason && reason.message === first.message)
  return (
    telling ?? tried.reduce<TriedPath | undefined>((a, b) => (b.path.length > (a?.path.length ?? 0) ? b : a), undefined)
  )
}

/** What a reason is about: a certificate given, or the anchor of the path; null if it is about the path as a whole. */
function certificateOf(
  { certificate, message }: VerdictReason,
  given: NumberedCertificates,
  path: readonly Certificate[],
  closest: readonly Certificate[],
): Certificate | null {
  if (certificate !== null) return given.at(certificate)
  return message.startsWith('Trust anchor ') ? (path.at(-1) ?? closest.at(-1) ?? null) : null
}

function advisedReport(reason: VerdictReason, about: Certificate | null, request: VerifyRequest): AdvisedReasonReport {
  const byLeaf = reason.certificate === 0 && about !== null ? adviceOnLeaf(reason, about, request) : null
  const subject = about === null ? null : (readable(() => about.subjectText) ?? null)
  return { ...reasonReport(reason), advice: byLeaf ?? adviceFor(reason), subject }
}

function inputsOf(request: VerifyRequest, { fetched = [], profile }: VerificationFacts): InputsReport {
  const { identity, logs } = request
  const policy = policyOf(request)
  const { mode, scope } = policy.revocation
  return {
    time: momentReport(request.time) ?? '',
    purpose: request.purpose,
    identity: identity === undefined ? null : identityReport(identity),
    policy: policy.name,
    loosened: loosenedRules(policy, profile),
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
