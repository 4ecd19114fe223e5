/**
 * `verifyChain`: the judge that answers a `VerifyRequest` with a `Verdict` (`verdict.ts`). Reads what was
 * given, judges the leaf, finds a path, and says why not if there is none.
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
import { checkRequest } from './request-fields.ts'
import type { PathContext, Problem } from './rules/rule.ts'
import { deferFields } from './deferred-fields.ts'
import {
  createPathJudge,
  findLeafProblems,
  findPathProblem,
  findSignatureProblem,
  findWarnings,
} from './validate-path.ts'
import { POLICIES, readPolicy, type ValidationPolicy } from './validation-policy.ts'
import type { Explanation, TriedPath, Verdict, VerdictReason, VerifyRequest, Wanted } from './verdict.ts'
import { wantedIssuers, wantedOf } from './wanted.ts'

/**
 * Judges a chain.
 * @throws {TypeError} naming the field, for a request that is none: time, purpose, identity, policy, budgets, or what is
 * neither bytes nor read before. Nothing in certificates and lists makes it throw.
 */
export function verifyChain(request: VerifyRequest): Verdict {
  checkRequest(request)
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

/** Of an explanation: what is dear to tell. */
type Deferred = 'tried' | 'revocation' | 'timestamps' | 'policies'

const NOTHING: Outcome = { path: [], problems: [], warnings: [], unread: [], search: null, wanted: () => [] }

class Judgement {
  readonly #request: VerifyRequest
  readonly #policy: ValidationPolicy
  readonly #meter: Meter
  readonly #given: GivenCertificates
  readonly #context: PathContext
  readonly #selfSigned: Map<Certificate, boolean> = new Map()
  #evidence: Evidence = NO_EVIDENCE
  #pathEvidence: PathEvidence | null = null

  constructor(request: VerifyRequest, budgets: Budgets) {
    this.#request = request
    this.#policy = request.policy === undefined ? POLICIES.tls : readPolicy(request.policy)
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
      policyNodes: this.#meter.policyNodes,
      isSelfSigned: (certificate) => this.#isSelfSigned(certificate),
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
      // Under another anchor it is a leaf like others: rules that pass over anchors have not judged it yet.
      const outcome = this.#searched(leaf, findLeafProblems(leaf, false, this.#context))
      return this.#verdict(outcome.path.length > 0 ? outcome : concluded)
    }
    if (isMalformed) return this.#verdict({ ...NOTHING, problems: leafProblems })
    return this.#verdict(this.#searched(leaf, leafProblems))
  }

  #isTrustedLeaf(leaf: Certificate): boolean {
    const { trust } = this.#request
    if (!trust.has(leaf)) return false
    const rules = trust.rulesOf(leaf)
    return rules.leaf && (!rules.selfSigned || (leaf.isSelfIssued && this.#isSelfSigned(leaf)))
  }

  /** By its key, whatever names it has. */
  #isSelfSigned(certificate: Certificate): boolean {
    let is = this.#selfSigned.get(certificate)
    if (is === undefined) {
      const { provider } = this.#request
      is = this.#meter.takeSignatureCheck() && findSignatureProblem(certificate, certificate, provider) === null
      this.#selfSigned.set(certificate, is)
    }
    return is
  }

  /** With the leaf as anchor: there is no path above it. */
  #concluded(path: readonly Certificate[], problems: readonly Problem[], isMalformed: boolean): Outcome {
    const warnings = isMalformed ? [] : findWarnings(path, true, this.#context)
    return { ...NOTHING, path, problems: this.#bounded(problems), warnings }
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
      presented,
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
    const warnings = [...findWarnings(path, true, this.#context), ...evidence.warnings]
    const problems = this.#bounded(leafProblems)
    return { path, problems, warnings, unread: [], search, wanted: () => wantedOf(evidence.wanted, this.#given) }
  }

  /** With a budget that was spent, by a rule that warns as well: what was not looked at may be worse than a warning. */
  #bounded(problems: readonly Problem[]): readonly Problem[] {
    return this.#meter.exceeded === null ? problems : [...problems, exceeded(this.#meter)]
  }

  #pathless(search: PathResult, leaf: Certificate, leafProblems: readonly Problem[], evidence: PathEvidence): Outcome {
    const problem = this.#refined(search.failure ?? NO_PATH, leaf)
    evidence.recall(search.failure)
    const others = search.exceeded === null ? leafProblems : [search.exceeded, ...leafProblems]
    // What could not be read may have been what was missing.
    const unread = problem.reason === 'unknown-issuer' ? this.#given.problems : []
    // A leaf that is refused itself is not worth fetching for.
    const wanted = (): readonly Wanted[] =>
      leafProblems.length > 0
        ? []
        : [...wantedIssuers(wanting(leaf, search), this.#given), ...wantedOf(evidence.refusedWanted, this.#given)]
    const warnings = findWarnings([leaf], false, this.#context)
    return { path: [], problems: [problem, ...others], warnings, unread, search, wanted }
  }

  /** That no issuer was found, or none whose key fits, means for a leaf that signed itself just that. */
  #refined(problem: Problem, leaf: Certificate): Problem {
    const isOpen = problem.reason === 'unknown-issuer' || problem.reason === 'bad-signature'
    if (!isOpen || problem.certificate !== leaf || !leaf.isSelfIssued || !this.#isSelfSigned(leaf)) return problem
    return {
      reason: 'self-signed',
      certificate: leaf,
      message: `The certificate must be a trust anchor or be issued by one; ${quotedName(leaf.subjectText)} signed itself.`,
    }
  }

  #verdict(outcome: Outcome): Verdict {
    const { unread, search } = outcome
    // What is handed out is not what is asked later on: nobody may turn it round meanwhile.
    const path = frozenList(outcome.path)
    const problems = distinct(outcome.problems)
    const reasons = frozenList([...unread, ...problems.map((problem) => this.#reason(problem))])
    const trusted = reasons.length === 0 && path.length > 0
    // There may be as many as a peer's message has room for.
    const told = new Set(unread)
    const warnings = frozenList([
      ...this.#given.problems.filter((problem) => !told.has(problem)),
      ...this.#evidence.problems,
      ...distinct(outcome.warnings).map((problem) => this.#reason(problem)),
    ])
    let wanted: readonly Wanted[] | undefined
    return deferFields<Pick<Verdict, 'wanted'>, Omit<Verdict, 'wanted'>>(
      { trusted, reasons, warnings, path, explanation: this.#explain(trusted, path, search) },
      { wanted: () => (wanted ??= frozenList(outcome.wanted())) },
    )
  }

  /** What is dear to tell, and asked for by few, is told when asked for. */
  #explain(trusted: boolean, path: readonly Certificate[], search: PathResult | null): Explanation {
    const request = this.#request
    const context = this.#context
    const evidence = this.#pathEvidence
    const tell = ({ path: failed, complete, problem }: FailedPath): TriedPath => ({
      path: frozenList(failed),
      complete,
      reason: this.#reason(problem),
    })
    let tried: readonly TriedPath[] | undefined
    let revocation: Explanation['revocation'] | undefined
    let timestamps: Explanation['timestamps'] | undefined
    let policies: readonly string[] | undefined
    const known: Omit<Explanation, Deferred> = {
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
      triedBeyond: search?.triedBeyond ?? 0,
      // Of the verdict alone: what is told later on may cost more.
      used: this.#meter.used(search?.tried.length ?? 0),
      // At once: what is remembered already may have changed by the time that it is asked for.
      remember: trusted && request.knownKeys !== undefined ? keyToRemember(path, context) : null,
    }
    const hasEvidence = path.length !== 1 && evidence !== null
    return deferFields<Pick<Explanation, Deferred>, typeof known>(known, {
      tried: () => (tried ??= frozenList(search?.tried.map(tell) ?? [])),
      revocation: () => (revocation ??= frozenList(hasEvidence ? evidence.findings : [])),
      timestamps: () => (timestamps ??= frozenList(hasEvidence ? evidence.timestamps : [])),
      policies: () => (policies ??= frozenList(trusted ? validPolicies(path, context) : [])),
    })
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

function frozenList<T>(list: readonly T[]): readonly T[] {
  return Object.freeze([...list])
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

/**
 * Whose issuers may be what is missing. The leaf's before all others, also where one was found that leads nowhere:
 * whoever presents such a one must not have the last word.
 */
function wanting(leaf: Certificate, { orphans, tried }: PathResult): Iterable<Certificate> {
  const isLeafWanting = !leaf.isSelfIssued && (orphans.size > 0 || !tried.some(({ complete }) => complete))
  return isLeafWanting ? [leaf, ...orphans] : orphans
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
