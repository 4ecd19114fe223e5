/**
 * What evidence says of a complete path: Certificate Transparency, then revocation, the dearest check of
 * all. Whoever signed a CRL needs a path of their own (RFC 5280 section 6.3.3 (f)), to the same anchor and within
 * the same budgets.
 */

import { equalBytes } from '../bytes/compare.ts'
import type { Meter, Standing } from './budget.ts'
import { buildPath, type SignatureMemory } from './build-path.ts'
import type { Certificate } from './certificate.ts'
import type { Evidence } from './evidence.ts'
import { IssuerCandidates } from './issuer-candidates.ts'
import { CertificateList } from './revocation/certificate-list.ts'
import { demandsStatus, findUnknownStatus } from './revocation/critical-pointers.ts'
import type { RevocationFinding } from './revocation/finding.ts'
import type { OcspResponse } from './revocation/ocsp-response.ts'
import { checkRevocation, type RevocationResult } from './revocation/revocation.ts'
import { type PathContext, type Problem, RULE_GROUPS, type RuleName } from './rules/rule.ts'
import {
  checkSignedData,
  lacksParameters,
  type SignedData,
  type SignerKey,
  signerWithParameters,
} from './signed-data.ts'
import type { TimestampFinding } from './transparency/finding.ts'
import { checkTransparency, type TransparencyResult } from './transparency/transparency.ts'
import { restrictTrust, type TrustStore } from './trust-store.ts'
import { createPathJudge, findLeafProblems } from './validate-path.ts'
import type { ValidationPolicy } from './validation-policy.ts'
import type { VerifyRequest } from './verdict.ts'
import type { WantedFor } from './wanted.ts'

/** What the evidence on a path is judged with. */
export interface PathEvidenceOptions {
  readonly context: PathContext
  readonly request: VerifyRequest
  readonly evidence: Evidence
  readonly meter: Meter
  readonly signatures: SignatureMemory
  /** All certificates at hand but the leaf, those that were presented first. */
  readonly others: readonly Certificate[]
  /** How many of them were presented. */
  readonly presented: number
}

/** Judges the paths of one verdict, one after the other, by the evidence of its request. */
export class PathEvidence {
  /** What rules that warn have against the path that was judged last. */
  warnings: readonly Problem[] = []
  /** For all paths that evidence refused. */
  readonly refusedWanted: WantedFor[] = []

  readonly #options: PathEvidenceOptions
  readonly #presented: ReadonlySet<Certificate>
  #signerContext: PathContext | undefined
  /** What was found about the path that is told of: the one judged last, unless another is recalled. */
  #last: Judged | null = null
  readonly #refused: Map<Problem, Judged> = new Map()
  readonly #verified: Map<Uint8Array, { readonly key: Uint8Array; readonly isValid: boolean }[]> = new Map()
  readonly #timestamps: VerifiedTimestamp[] = []
  readonly #signerPaths: Map<Certificate | null, Map<Certificate, readonly Certificate[] | null>> = new Map()
  #subjects: ReadonlySet<string> | undefined

  constructor(options: PathEvidenceOptions) {
    this.#options = options
    this.#presented = new Set(options.others.slice(0, options.presented))
  }

  /** What speaks against a path, leaf first, anchor last, that every rule accepts; null if nothing. */
  findProblem(path: readonly Certificate[]): Problem | null {
    this.warnings = []
    const judged: Judged = { path }
    this.#last = judged
    // What can refuse nothing is looked at when someone wants to know.
    const refusal =
      (this.#demandsTimestamps() ? this.#findTransparencyProblem(judged) : null) ??
      (this.#demandsStatus(path) ? this.#findRevocationProblem(judged) : null)
    if (refusal === null) return null
    if (judged.revocation !== undefined) this.refusedWanted.push(...this.wanted)
    this.#refused.set(refusal, judged)
    return refusal
  }

  /** From now on it is told what was found about the path that `problem` speaks against; nothing if evidence did not find it. */
  recall(problem: Problem | null): void {
    this.#last = problem === null ? null : (this.#refused.get(problem) ?? null)
  }

  /** On the revocation of the path that is told of. */
  get findings(): readonly RevocationFinding[] {
    return this.#last === null ? [] : this.#revocationOf(this.#last).findings
  }

  /** For the path that is told of. */
  get wanted(): readonly WantedFor[] {
    return this.#last === null ? [] : this.#revocationOf(this.#last).wanted
  }

  /** Of the leaf, under the path that is told of. */
  get timestamps(): readonly TimestampFinding[] {
    return this.#last === null ? [] : this.#transparencyOf(this.#last).timestamps
  }

  #demandsTimestamps(): boolean {
    const { rules, transparency } = this.#options.context.policy
    return rules.transparency !== 'ignore' && (transparency.required.length > 0 || transparency.operators > 0)
  }

  #demandsStatus(path: readonly Certificate[]): boolean {
    const { context, evidence } = this.#options
    const { rules, revocation } = context.policy
    if (rules.revocation !== 'ignore') {
      if (revocation.mode === 'hard' || path.slice(0, -1).some(demandsStatus)) return true
      const { crls, ocspResponses, stapled } = evidence
      // Nothing stapled is no evidence: it matters below, to who demands a staple.
      const hasEvidence = [crls, ocspResponses, stapled ?? []].some((list) => list.length > 0)
      if (revocation.mode === 'soft' && hasEvidence) return true
    }
    return rules['must-staple'] !== 'ignore' && evidence.stapled !== null && path.some(demandsStapling)
  }

  #findTransparencyProblem(judged: Judged): Problem | null {
    const { problem } = this.#transparencyOf(judged)
    return problem === null ? null : this.#weighed({ ...problem, rule: 'transparency' })
  }

  #findRevocationProblem(judged: Judged): Problem | null {
    let refusal: Problem | null = null
    const { findings, problems } = this.#revocationOf(judged)
    const demanded = findUnknownStatus(judged.path, findings).filter(
      ({ certificate }) => !problems.some((problem) => problem.certificate === certificate),
    )
    for (const problem of [...problems, ...demanded]) refusal ??= this.#weighed(ruled(problem))
    return refusal
  }

  #transparencyOf(judged: Judged): TransparencyResult {
    const { context, request, evidence } = this.#options
    if (context.policy.rules.transparency === 'ignore') return { timestamps: [], problem: null }
    judged.transparency ??= checkTransparency(
      judged.path,
      { timestampList: request.timestampList, ocspResponses: this.#timestampCarriers(judged, evidence) },
      request.logs,
      { ...context, verify: (signed, signer) => this.#verifyTimestamp(signed, signer) },
    )
    return judged.transparency
  }

  /** RFC 6962 section 3.3: stapled responses carry timestamps. Of others, which anyone may have sent, those that count. */
  #timestampCarriers(judged: Judged, { ocspResponses, stapled }: Evidence): readonly OcspResponse[] {
    const counted = ocspResponses.length === 0 ? [] : this.#revocationOf(judged).responses
    return [...new Set([...(stapled ?? []), ...counted])]
  }

  #revocationOf(judged: Judged): RevocationResult {
    const { rules } = this.#options.context.policy
    if (rules.revocation === 'ignore' && rules['must-staple'] === 'ignore') return NOT_LOOKED_AT
    const { context, evidence, others, meter } = this.#options
    const { path } = judged
    const anchor = path.at(-1) as Certificate
    judged.revocation ??= checkRevocation(path, evidence, {
      time: context.time,
      provider: context.provider,
      policy: context.policy,
      certificates: others,
      isPresented: (certificate) => this.#presented.has(certificate),
      hasIssuer: (certificate) => this.#hasIssuer(certificate),
      verify: (signed, signer, known, standing) => {
        const key = this.#keyOf(known[0] === signer ? known : [signer], anchor, path)
        return key !== null && this.#verify(signed, key, standing)
      },
      pathTo: (signer) => this.#pathTo(signer, anchor, path),
      pathToAny: (signer) => this.#pathTo(signer, null, path),
      hasUnjudged: () => meter.hasUnjudged,
      leaveUnjudged: () => meter.leaveUnjudged(),
    })
    return judged.revocation
  }

  /** The problem, if its rule refuses; if it warns, it is kept as a warning. */
  #weighed(problem: Problem): Problem | null {
    const severity = problem.rule === undefined ? 'refuse' : this.#options.context.policy.rules[problem.rule]
    if (severity === 'warn') this.warnings = [...this.warnings, problem]
    return severity === 'warn' || severity === 'ignore' ? null : problem
  }

  /** Each signature is checked once for each key. False once the budget is spent, which the meter remembers. */
  #verify(signed: SignedData, signer: SignerKey, standing: Standing): boolean {
    const { meter, context } = this.#options
    let known = this.#verified.get(signed.data)
    if (known === undefined) this.#verified.set(signed.data, (known = []))
    const key = signer.subjectPublicKeyInfo
    const before = known.find((one) => equalBytes(one.key, key))
    if (before !== undefined) return before.isValid
    if (!meter.takeEvidenceCheck(standing)) {
      meter.leaveUnjudged()
      return false
    }
    const isValid =
      signed instanceof CertificateList
        ? signed.isSignedBy(signer, context.provider)
        : checkSignedData(signed, signer, context.provider).status === 'valid'
    known.push({ key, isValid })
    return isValid
  }

  /** What is signed is written anew for every path: it is known by its bytes. The peer sent all of it. */
  #verifyTimestamp(signed: SignedData, signer: SignerKey): boolean {
    const { data, signature } = signed
    const key = signer.subjectPublicKeyInfo
    const before = this.#timestamps.find(
      (one) => equalBytes(one.signature, signature) && equalBytes(one.key, key) && equalBytes(one.data, data),
    )
    if (before !== undefined) return before.isValid
    if (!this.#options.meter.takeEvidenceCheck('presented')) return false
    const isValid = checkSignedData(signed, signer, this.#options.context.provider).status === 'valid'
    this.#timestamps.push({ data, signature, key, isValid })
    return isValid
  }

  /** The key of the first of `known`, with the parameters that it may have from those above. */
  #keyOf(known: readonly Certificate[], anchor: Certificate, judged: readonly Certificate[]): SignerKey | null {
    const signer = known[0] as Certificate
    if (!lacksParameters(signer)) return signer
    const path = known.length > 1 ? known : this.#pathTo(signer, anchor, judged)
    let key: SignerKey | null = null
    for (const certificate of path?.toReversed() ?? []) {
      key = key === null ? certificate : signerWithParameters(certificate, key)
      if (key === null) return null
    }
    return key
  }

  /** False if there is no certificate with the name of its issuer. */
  #hasIssuer({ issuer }: Certificate): boolean {
    const { trust } = this.#options.request
    if (trust.withSubject(issuer).length > 0) return true
    this.#subjects ??= new Set(this.#options.others.map(({ subject }) => subject.key))
    return this.#subjects.has(issuer.key) || trust.withEquivalentSubject(issuer).length > 0
  }

  /** A path for whoever signed a list, to the anchor of the path that the list is about; null as anchor: to any. */
  #pathTo(
    signer: Certificate,
    anchor: Certificate | null,
    judged: readonly Certificate[],
  ): readonly Certificate[] | null {
    let paths = this.#signerPaths.get(anchor)
    if (paths === undefined) this.#signerPaths.set(anchor, (paths = new Map()))
    let path = paths.get(signer)
    if (path === undefined) paths.set(signer, (path = this.#searchSigner(signer, anchor, judged)))
    return path
  }

  /** First through the certificates of the host and of the path: the peer could send any number that lead nowhere. */
  #searchSigner(
    signer: Certificate,
    anchor: Certificate | null,
    judged: readonly Certificate[],
  ): readonly Certificate[] | null {
    const { request, others } = this.#options
    const trust = anchor === null ? request.trust : restrictTrust(request.trust, anchor)
    this.#signerContext ??= contextForSigners(this.#options.context)
    const context = { ...this.#signerContext, trust }
    if (findLeafProblems(signer, trust.has(signer), context).length > 0) return null
    if (trust.has(signer)) return [signer]
    const near = others.filter((certificate) => !this.#presented.has(certificate) || judged.includes(certificate))
    const standing = this.#presented.has(signer) ? 'presented' : 'given'
    const path = this.#searchAmong(near, signer, trust, context, standing)
    if (path !== null || near.length === others.length) return path
    return this.#searchAmong(others, signer, trust, context, 'presented')
  }

  #searchAmong(
    issuers: readonly Certificate[],
    leaf: Certificate,
    trust: TrustStore,
    context: PathContext,
    standing: Standing,
  ): readonly Certificate[] | null {
    const { meter, signatures } = this.#options
    return buildPath({
      leaf,
      candidates: new IssuerCandidates(trust, issuers, issuers.length, context.time),
      judge: createPathJudge(context),
      meter: meter.forEvidence(standing),
      signatures,
      maxIntermediates: context.policy.maxIntermediates,
    }).path
  }
}

/** What was found about one path, as far as it was asked for. */
interface Judged {
  readonly path: readonly Certificate[]
  transparency?: TransparencyResult
  revocation?: RevocationResult
}

interface VerifiedTimestamp {
  readonly data: Uint8Array
  readonly signature: Uint8Array
  readonly key: Uint8Array
  readonly isValid: boolean
}

const NOT_LOOKED_AT: RevocationResult = { findings: [], problems: [], wanted: [], responses: [] }

/** By the TLS feature extension (RFC 7633). What is malformed may. */
function demandsStapling(certificate: Certificate): boolean {
  return certificate.extensions.get(TLS_FEATURE) !== undefined
}

const TLS_FEATURE = '1.3.6.1.5.5.7.1.24'

/** What revocation has against a path breaks one of two rules. */
function ruled(problem: Problem): Problem {
  return { ...problem, rule: problem.reason === 'must-staple' ? 'must-staple' : 'revocation' }
}

/** The rules that every path is held to: what a profile demands of leaves is not for those who sign lists. */
const SIGNER_RULES: ReadonlySet<RuleName> = new Set([...RULE_GROUPS.path, 'revocation', 'blocklist'])

function contextForSigners(context: PathContext): PathContext {
  return { ...context, policy: policyForSigners(context.policy), purpose: 'any', identity: undefined }
}

function policyForSigners(policy: ValidationPolicy): ValidationPolicy {
  const rules = { ...policy.rules }
  for (const name of Object.keys(rules) as RuleName[]) if (!SIGNER_RULES.has(name)) rules[name] = 'ignore'
  return {
    ...policy,
    rules: Object.freeze(rules),
    certificatePolicies: {
      initialPolicySet: ['2.5.29.32.0'],
      requireExplicitPolicy: false,
      inhibitPolicyMapping: false,
      inhibitAnyPolicy: false,
    },
  }
}
