/**
 * `verifyChain`: the judge behind the seam of `verdict.ts`. Reads what was given, judges the leaf, finds
 * a path, and says why not if there is none.
 *
 * Synchronous, and a function of its request alone. Anything but a complete path that every rule
 * accepts is refused.
 */

import { type Budgets, Meter, readBudgets } from './budget.ts'
import { buildPath, type FailedPath, type PathResult, type SignatureMemory } from './build-path.ts'
import type { Certificate } from './certificate.ts'
import { type Evidence, NO_EVIDENCE, readEvidence } from './evidence.ts'
import { GivenCertificates } from './given-certificates.ts'
import { IssuerCandidates } from './issuer-candidates.ts'
import { keyToRemember } from './known-keys.ts'
import { PathEvidence } from './path-evidence.ts'
import { validPolicies } from './policies.ts'
import { quotedName } from './printable-text.ts'
import type { PathContext, Problem } from './rules/rule.ts'
import {
  createPathJudge,
  findLeafProblems,
  findPathProblem,
  findSignatureProblem,
  findWarnings,
} from './validate-path.ts'
import { POLICIES, type ValidationPolicy } from './validation-policy.ts'
import type { Explanation, TriedPath, Verdict, VerdictReason, VerifyRequest, Wanted } from './verdict.ts'
import { wantedIssuers, wantedOf } from './wanted.ts'

/**
 * Judges a chain.
 * @throws {TypeError} for a time or a budget that is none; nothing in certificates and lists makes it throw.
 */
export function verifyChain(request: VerifyRequest): Verdict {
  // A Date holds 8.64e15 milliseconds to either side; what is beyond has no text.
  if (!(Math.abs(request.time) <= 8.64e15))
    throw new TypeError(`time: needs milliseconds since the epoch, has ${request.time}`)
  return new Judgement(request, readBudgets(request.budgets)).judge()
}

/** What a judgement comes to, before it is told. */
interface Outcome {
  readonly path: readonly Certificate[]
  /** Why not: what stopped the search, then what speaks against the leaf. */
  readonly problems: readonly Problem[]
  readonly warnings: readonly Problem[]
  /** What could not be read, where it may be what was missing. */
  readonly unread: readonly VerdictReason[]
  readonly search: PathResult | null
  readonly wanted: () => readonly Wanted[]
}

const NOTHING: Outcome = { path: [], problems: [], warnings: [], unread: [], search: null, wanted: () => [] }

class Judgement {
  readonly #request: VerifyRequest
  readonly #policy: ValidationPolicy
  readonly #meter: Meter
  readonly #given: GivenCertificates
  readonly #context: PathContext
  #evidence: Evidence = NO_EVIDENCE
  #pathEvidence: PathEvidence | null = null

  constructor(request: VerifyRequest, budgets: Budgets) {
    this.#request = request
    this.#policy = request.policy ?? POLICIES.tls
    this.#meter = new Meter(budgets)
    this.#given = new GivenCertificates(request)
    this.#context = {
      time: request.time,
      purpose: request.purpose,
      identity: request.identity,
      provider: request.provider,
      policy: this.#policy,
      trust: request.trust,
      nameComparisons: this.#meter.nameComparisons,
      request,
    }
  }

  judge(): Verdict {
    if (this.#request.chain.length === 0) return this.#verdict({ ...NOTHING, problems: [NO_CERTIFICATE] })
    const { leaf } = this.#given
    if (leaf === null) {
      const unread = this.#given.problems.filter(({ certificate }) => certificate === 0)
      return this.#verdict({ ...NOTHING, unread })
    }
    const isAnchor = this.#isTrustedLeaf(leaf)
    const leafProblems = findLeafProblems(leaf, isAnchor, this.#context)
    // What cannot be read further is not worth a search.
    const isMalformed = leafProblems.some(({ reason }) => reason === 'malformed')
    if (isAnchor) {
      const problem = isMalformed ? null : findPathProblem([leaf], this.#context)
      const problems = problem === null ? leafProblems : [problem, ...leafProblems]
      const concluded = this.#concluded([leaf], problems, isMalformed)
      if (problem === null || isMalformed) return this.#verdict(concluded)
      const outcome = this.#searched(leaf, leafProblems)
      return this.#verdict(outcome.path.length > 0 ? outcome : concluded)
    }
    if (isMalformed) return this.#verdict({ ...NOTHING, problems: leafProblems })
    return this.#verdict(this.#searched(leaf, leafProblems))
  }

  #isTrustedLeaf(leaf: Certificate): boolean {
    const { trust, provider } = this.#request
    if (!trust.has(leaf)) return false
    const rules = trust.rulesOf(leaf)
    return rules.leaf && (!rules.selfSigned || this.#isSelfSigned(leaf, provider))
  }

  #isSelfSigned(leaf: Certificate, provider: VerifyRequest['provider']): boolean {
    return leaf.isSelfIssued && this.#meter.takeSignatureCheck() && findSignatureProblem(leaf, leaf, provider) === null
  }

  /** With the leaf as anchor: there is no path above it. */
  #concluded(path: readonly Certificate[], problems: readonly Problem[], isMalformed: boolean): Outcome {
    const warnings = isMalformed ? [] : findWarnings(path, true, this.#context)
    return { ...NOTHING, path, problems, warnings }
  }

  #searched(leaf: Certificate, leafProblems: readonly Problem[]): Outcome {
    const { trust, time } = this.#request
    const signatures: SignatureMemory = new Map()
    const { certificates, presented } = this.#given.others()
    this.#evidence = readEvidence(this.#request, this.#policy)
    const evidence = new PathEvidence({
      context: this.#context,
      request: this.#request,
      evidence: this.#evidence,
      meter: this.#meter,
      signatures,
      others: certificates,
    })
    this.#pathEvidence = evidence
    const search = buildPath({
      leaf,
      candidates: new IssuerCandidates(trust, certificates, presented, time),
      judge: createPathJudge(this.#context, (path) => evidence.findProblem(path)),
      meter: this.#meter,
      signatures,
      maxIntermediates: this.#policy.maxIntermediates,
    })
    return search.path === null
      ? this.#pathless(search, leaf, leafProblems, evidence)
      : this.#found(search, search.path, leafProblems, evidence)
  }

  #found(
    search: PathResult,
    path: readonly Certificate[],
    leafProblems: readonly Problem[],
    evidence: PathEvidence,
  ): Outcome {
    const problems = [...leafProblems]
    const warnings = [...findWarnings(path, true, this.#context), ...evidence.warnings]
    // Of a rule that warns as well: what was not compared may be worse than a warning.
    if (this.#meter.exceeded !== null) problems.push(exceeded(this.#meter))
    return { path, problems, warnings, unread: [], search, wanted: () => wantedOf(evidence.wanted, this.#given) }
  }

  #pathless(search: PathResult, leaf: Certificate, leafProblems: readonly Problem[], evidence: PathEvidence): Outcome {
    const problem = this.#refined(search.failure ?? NO_PATH, leaf)
    const others = search.exceeded === null ? leafProblems : [search.exceeded, ...leafProblems]
    // What could not be read may have been what was missing.
    const unread = problem.reason === 'unknown-issuer' ? this.#given.problems : []
    // A leaf that is refused itself is not worth fetching for.
    const wanted = (): readonly Wanted[] =>
      leafProblems.length > 0
        ? []
        : [...wantedIssuers(search.orphans, this.#given), ...wantedOf(evidence.refusedWanted, this.#given)]
    const warnings = findWarnings([leaf], false, this.#context)
    return { path: [], problems: [problem, ...others], warnings, unread, search, wanted }
  }

  /** That no issuer was found, or none whose key fits, means for a leaf that signed itself just that. */
  #refined(problem: Problem, leaf: Certificate): Problem {
    const isOpen = problem.reason === 'unknown-issuer' || problem.reason === 'bad-signature'
    if (!isOpen || problem.certificate !== leaf || !this.#isSelfSigned(leaf, this.#request.provider)) return problem
    return {
      reason: 'self-signed',
      certificate: leaf,
      message: `The certificate must be a trust anchor or be issued by one; ${quotedName(leaf.subjectText)} signed itself.`,
    }
  }

  #verdict(outcome: Outcome): Verdict {
    const { path, unread, search } = outcome
    const problems = distinct(outcome.problems)
    const reasons = [...unread, ...problems.map((problem) => this.#reason(problem))]
    const trusted = reasons.length === 0 && path.length > 0
    const warnings = [
      ...this.#given.problems.filter((problem) => !unread.includes(problem)),
      ...this.#evidence.problems,
      ...distinct(outcome.warnings).map((problem) => this.#reason(problem)),
    ]
    let wanted: readonly Wanted[] | undefined
    return {
      trusted,
      reasons,
      warnings,
      path,
      get wanted() {
        return (wanted ??= outcome.wanted())
      },
      explanation: this.#explain(trusted, path, search),
    }
  }

  /** What is dear to tell, and asked for by few, is told when asked for. */
  #explain(trusted: boolean, path: readonly Certificate[], search: PathResult | null): Explanation {
    const request = this.#request
    const context = this.#context
    const evidence = this.#pathEvidence
    const meter = this.#meter
    const tell = (failed: FailedPath): TriedPath => ({ ...failed, reason: this.#reason(failed.problem) })
    let tried: readonly TriedPath[] | undefined
    let policies: readonly string[] | undefined
    return {
      inputs: {
        time: request.time,
        purpose: request.purpose,
        identity: request.identity ?? null,
        policy: this.#policy.name,
        presented: request.chain.length,
        intermediates: request.intermediates?.length ?? 0,
        anchors: request.trust.certificates.length,
        crls: request.crls?.length ?? 0,
        ocspResponses: request.ocspResponses?.length ?? 0,
        stapled: request.stapled?.length ?? 0,
      },
      get tried() {
        return (tried ??= search?.tried.map(tell) ?? [])
      },
      triedBeyond: search?.triedBeyond ?? 0,
      get revocation() {
        return path.length > 1 && evidence !== null ? evidence.findings : []
      },
      get timestamps() {
        return path.length > 1 && evidence !== null ? evidence.timestamps : []
      },
      get policies() {
        return (policies ??= trusted ? validPolicies(path, context) : [])
      },
      // At once: what is remembered already may have changed by the time that it is asked for.
      remember: trusted && request.knownKeys !== undefined ? keyToRemember(path, context) : null,
      get used() {
        return meter.used(search?.tried.length ?? 0)
      },
    }
  }

  #reason(problem: Problem): VerdictReason {
    const { reason, certificate, rule } = problem
    const index = certificate === null ? -1 : this.#given.indexOf(certificate)
    const isAnchor = index < 0 && certificate !== null
    const message = isAnchor
      ? `Trust anchor ${quotedName(certificate.subjectText)}: ${problem.message}`
      : problem.message
    return { reason, certificate: index < 0 ? null : index, message, ...(rule === undefined ? {} : { rule }) }
  }
}

/** What stopped the search may be one of the leaf's own problems: told once. */
function distinct(problems: readonly Problem[]): readonly Problem[] {
  if (problems.length < 2) return problems
  return problems.filter((problem, index) => !problems.slice(0, index).some((other) => isSame(problem, other)))
}

function isSame(a: Problem, b: Problem): boolean {
  return a.reason === b.reason && a.certificate === b.certificate && a.message === b.message
}

function exceeded(meter: Meter): Problem {
  return { reason: 'budget-exceeded', certificate: null, message: meter.message }
}

const NO_CERTIFICATE: Problem = {
  reason: 'no-certificate',
  certificate: null,
  message: 'A certificate is needed, and none was presented.',
}

const NO_PATH: Problem = {
  reason: 'unknown-issuer',
  certificate: null,
  message: 'No path to a trust anchor was found.',
}
