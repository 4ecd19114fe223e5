/**
 * Building certification paths (RFC 4158): from a certificate up to a trust anchor, through whatever
 * other certificates are at hand.
 *
 * A depth-first search with backtracking, over candidates in the order of `issuer-candidates.ts`. What
 * is wrong with a path is not decided here: each step is put before a `PathJudge`, and a step it
 * refuses is not followed. Every path that is given up is recorded with the reason.
 *
 * Hostile graphs end within budgets: no certificate twice in a path, no name and key twice, a longest
 * path, a number of steps, a number of signature checks. A signature is checked once, however many
 * paths it lies on, and a certificate from which nothing leads on, whatever lies below it, is not
 * searched from again.
 */

import { equalBytes } from '../bytes/compare.ts'
import type { SearchMeter } from './budget.ts'
import type { Certificate } from './certificate.ts'
import { type Candidate, CANDIDATE_STAGES, compareKeyIdentifiers, type IssuerCandidates } from './issuer-candidates.ts'
import { quotedName } from './printable-text.ts'
import type { Problem } from './rules/rule.ts'
import type { SignerKey } from './signed-data.ts'

/** Decides on paths as they grow: leaf first. */
export interface PathJudge {
  /** What speaks against the last certificate of `path`, given those before it; null if nothing. No signature is checked. */
  step(path: readonly Certificate[], isAnchor: boolean): Problem | null
  /**
   * The key that `certificate` stands for: where its own lacks parameters, completed by its issuer's (RFC
   * 5280 section 6.1.4 (d) to (f)); null if that cannot be had.
   */
  signerOf(certificate: Certificate, issuer: SignerKey | null): SignerKey | null
  /** What speaks against `certificate` having been signed by `issuer`, whose key is `signer`; null if it was. */
  signature(certificate: Certificate, issuer: Certificate, signer: SignerKey): Problem | null
  /** What speaks against `path` as a whole, which ends at an anchor; null if nothing. */
  path(path: readonly Certificate[]): Problem | null
}

/** What a search begins with. */
export interface PathRequest {
  readonly leaf: Certificate
  readonly candidates: IssuerCandidates
  readonly judge: PathJudge
  readonly meter: SearchMeter
  /** Signatures checked before: shared by the searches of one verdict. */
  readonly signatures: SignatureMemory
  /** Most intermediates, self-issued ones not counted; null for any number. */
  readonly maxIntermediates: number | null
}

/** A path that was given up. */
export interface FailedPath {
  /** Leaf first. */
  readonly path: readonly Certificate[]
  /** Whether its last certificate is an anchor. */
  readonly complete: boolean
  readonly problem: Problem
}

/** How a search ended, and by which ways it came there. */
export interface PathResult {
  /** Leaf first, anchor last; null if there is none. */
  readonly path: readonly Certificate[] | null
  /** If there is none: the most telling problem met. */
  readonly failure: Problem | null
  /** That a budget ended the search, if one did. */
  readonly exceeded: Problem | null
  /** In the order tried, as many as the budget allows. */
  readonly tried: readonly FailedPath[]
  /** How many more there were. */
  readonly triedBeyond: number
  /** The certificates at which paths ended for want of an issuer. */
  readonly orphans: ReadonlySet<Certificate>
}

/** What was found about signatures, by certificate and key. */
export type SignatureMemory = Map<Certificate, { readonly key: Uint8Array; readonly problem: Problem | null }[]>

/** The first path that the judge has nothing against. The leaf itself must have been judged before. */
export function buildPath(request: PathRequest): PathResult {
  return new PathSearch(request).run()
}

/** How a search from a certificate ended: `dead` if it would whatever lay below. */
type Outcome = 'found' | 'open' | 'dead'

/** How telling a failure is: the issuer is another of its name; there is none; a step, a whole path was refused. */
const MISNAMED = 1
const WANTING = 2
const REFUSED = 3
const COMPLETE = 4

class PathSearch {
  readonly #request: PathRequest
  readonly #path: Certificate[]
  readonly #tried: FailedPath[] = []
  #triedBeyond = 0
  readonly #orphans: Set<Certificate> = new Set()
  /** Certificates from which nothing leads on, and why. */
  readonly #dead: Map<Certificate, Problem> = new Map()
  /** Certificates that the holder of a key revoked. */
  readonly #revoked: Map<Certificate, { readonly key: Uint8Array; readonly problem: Problem }[]> = new Map()
  /** The certificate, if one, for which another issuer has to be found. */
  #backTo: Certificate | null = null
  #failure: Problem | null = null
  #failureRank = -1

  constructor(request: PathRequest) {
    this.#request = request
    this.#path = [request.leaf]
  }

  run(): PathResult {
    const isFound = this.#extend() === 'found'
    const { meter } = this.#request
    const exceeded: Problem | null =
      meter.exceeded === null ? null : { reason: 'budget-exceeded', certificate: null, message: meter.message }
    // What speaks against a whole path tells more than that there was no time for others.
    const isTelling = exceeded === null || this.#failureRank >= this.#rankOf(COMPLETE, 0)
    return {
      path: isFound ? this.#path : null,
      failure: isFound ? null : isTelling ? this.#failure : exceeded,
      exceeded,
      tried: this.#tried,
      triedBeyond: this.#triedBeyond,
      orphans: this.#orphans,
    }
  }

  /** Tries every issuer of the last certificate. */
  #extend(): Outcome {
    const last = this.#path.at(-1) as Certificate
    let candidates = 0
    let isDead = true
    let isWanting = true
    let because: Problem | undefined
    for (let stage = 0; stage < CANDIDATE_STAGES; stage++) {
      for (const candidate of this.#request.candidates.stage(last, stage)) {
        if (this.#isLoop(candidate)) {
          isDead = false
          continue
        }
        candidates++
        const outcome = this.#follow(last, candidate)
        if (outcome === 'found') return 'found'
        if (this.#isRevokedBelow(last)) return 'open'
        if (outcome !== 'unsigned' || compareKeyIdentifiers(last, candidate.certificate) === 'same') isWanting = false
        if (outcome === 'open') isDead = false
        if (outcome === 'dead') because ??= this.#dead.get(candidate.certificate)
        if (this.#request.meter.exceeded !== null) return 'open'
      }
    }
    if (isWanting) this.#orphans.add(last)
    if (candidates === 0) {
      because = unknownIssuer(last, this.#path.length)
      this.#fail(because, WANTING)
    }
    if (!isDead) return 'open'
    this.#dead.set(last, because ?? otherKey(last))
    return 'dead'
  }

  /** `unsigned`: the candidate did not sign it, which holds wherever they meet. */
  #follow(last: Certificate, { certificate, isAnchor }: Candidate): Outcome | 'unsigned' {
    const { meter, judge } = this.#request
    if (!meter.takeStep()) return 'open'
    const path = this.#path
    path.push(certificate)
    const outcome = this.#judge(last, certificate, isAnchor, judge)
    if (outcome !== 'found') path.pop()
    return outcome
  }

  #judge(last: Certificate, certificate: Certificate, isAnchor: boolean, judge: PathJudge): Outcome | 'unsigned' {
    const long = this.#findLengthProblem(isAnchor)
    if (long !== null) return this.#fail(long, REFUSED)
    const dead = this.#dead.get(certificate)
    if (dead !== undefined) {
      this.#fail(dead, WANTING)
      return 'dead'
    }
    const unfit = judge.step(this.#path, isAnchor)
    if (unfit !== null) return this.#fail(unfit, REFUSED, isAnchor)
    const revoked = this.#revoked.get(last)?.find(({ key }) => equalBytes(key, certificate.subjectPublicKeyInfo))
    if (revoked !== undefined) return this.#fail(revoked.problem, REFUSED, isAnchor)
    const unsigned = this.#checkSignatures(isAnchor)
    if (unsigned !== null) {
      const isOther = unsigned.reason === 'bad-signature' && compareKeyIdentifiers(last, certificate) === 'other'
      this.#fail(isOther ? otherKey(last) : unsigned, isOther ? MISNAMED : REFUSED, isAnchor)
      return unsigned.reason === 'bad-signature' && unsigned.certificate === last ? 'unsigned' : 'open'
    }
    if (!isAnchor) return this.#extend()
    const problem = judge.path(this.#path)
    if (problem === null) return 'found'
    if (problem.reason === 'revoked') this.#rememberRevoked(problem)
    // That the work was too much says nothing of the path.
    return this.#fail(problem, problem.reason === 'budget-exceeded' ? REFUSED : COMPLETE, true)
  }

  /** What its issuer revoked stays so, whatever lies above the issuer. */
  #rememberRevoked(problem: Problem): void {
    const index = problem.certificate === null ? -1 : this.#path.indexOf(problem.certificate)
    const issuer = this.#path[index + 1]
    if (index < 0 || issuer === undefined) return
    const certificate = this.#path[index] as Certificate
    const known = this.#revoked.get(certificate) ?? []
    known.push({ key: issuer.subjectPublicKeyInfo, problem })
    this.#revoked.set(certificate, known)
    this.#backTo = certificate
  }

  /** True if the search has to go back to another issuer of a certificate below `last`. */
  #isRevokedBelow(last: Certificate): boolean {
    if (this.#backTo === last) this.#backTo = null
    return this.#backTo !== null
  }

  /** The length of a path is bounded twice: by the budget, and by the policy. */
  #findLengthProblem(isAnchor: boolean): Problem | null {
    const { meter, maxIntermediates } = this.#request
    const { length } = this.#path
    if (!meter.allowsLength(length)) {
      const most = meter.budgets.pathLength
      const message = `A path may have at most ${most} certificates (budget pathLength), and this one needs more.`
      return { reason: 'path-too-long', certificate: null, message }
    }
    if (isAnchor || maxIntermediates === null || length - 1 <= maxIntermediates) return null
    let count = 0
    for (let i = 1; i < length; i++) if (!(this.#path[i] as Certificate).isSelfIssued) count++
    if (count <= maxIntermediates) return null
    const message = `A path may have at most ${maxIntermediates} intermediates that are not self-issued (maxIntermediates), and this one needs more.`
    return { reason: 'path-too-long', certificate: this.#path.at(-1) as Certificate, message }
  }

  /**
   * The signature of the last certificate but one, and of those below that waited for the parameters
   * of its issuer's key.
   */
  #checkSignatures(isAnchor: boolean): Problem | null {
    const path = this.#path
    const { judge } = this.#request
    const top = path.at(-1) as Certificate
    let signer = judge.signerOf(top, null)
    // Checked when those above supply them.
    if (signer === null) return isAnchor ? missingParameters(top) : null
    for (let i = path.length - 2; i >= 0; i--) {
      const certificate = path[i] as Certificate
      const problem = this.#checkSignature(certificate, path[i + 1] as Certificate, signer)
      if (problem !== null || i === 0 || judge.signerOf(certificate, null) !== null) return problem
      signer = judge.signerOf(certificate, signer)
      if (signer === null) return missingParameters(certificate)
    }
    return null
  }

  /** One check for each certificate and key, however many certificates carry the key. */
  #checkSignature(certificate: Certificate, issuer: Certificate, signer: SignerKey): Problem | null {
    const { signatures, meter, judge } = this.#request
    let known = signatures.get(certificate)
    if (known === undefined) signatures.set(certificate, (known = []))
    const key = signer.subjectPublicKeyInfo
    const before = known.find((one) => equalBytes(one.key, key))
    if (before !== undefined) return before.problem
    if (!meter.takeSignatureCheck()) return { reason: 'budget-exceeded', certificate: null, message: meter.message }
    const problem = judge.signature(certificate, issuer, signer)
    known.push({ key, problem })
    return problem
  }

  /** RFC 4158 section 2.4.2: the same name with the same key adds nothing to a path. An anchor ends it anyway. */
  #isLoop({ certificate: candidate, isAnchor }: Candidate): boolean {
    for (const certificate of this.#path) {
      if (isAnchor ? equalBytes(certificate.der, candidate.der) : isSameHolder(certificate, candidate)) return true
    }
    return false
  }

  /** Records the path; keeps the failure that came furthest, of equals the first, which the order makes the most promising. */
  #fail(problem: Problem, rank: number, isComplete = false): 'open' {
    const { budgets } = this.#request.meter
    if (this.#tried.length < budgets.triedPaths) {
      this.#tried.push({ path: [...this.#path], complete: isComplete, problem })
    } else {
      this.#triedBeyond++
    }
    const total = this.#rankOf(rank, this.#path.length)
    if (total > this.#failureRank) {
      this.#failureRank = total
      this.#failure = problem
    }
    return 'open'
  }

  /** Lengths are below the next rank: of two alike the one further up tells more. */
  #rankOf(rank: number, length: number): number {
    return rank * (this.#request.meter.budgets.pathLength + 2) + length
  }
}

function isSameHolder(a: Certificate, b: Certificate): boolean {
  return a.subject.isSameEncoding(b.subject) && equalBytes(a.subjectPublicKeyInfo, b.subjectPublicKeyInfo)
}

function missingParameters(certificate: Certificate): Problem {
  const message =
    'subjectPublicKeyInfo.algorithm.parameters: needs them here or in an issuer’s key of the same kind, has none'
  return { reason: 'unsupported-public-key', certificate, message }
}

/** A certificate of the right name that says it has another key is not the issuer. */
function otherKey(last: Certificate): Problem {
  const message = `The issuer must be a trust anchor or lead to one; what is called ${quotedName(last.issuerText)} here has another key.`
  return { reason: 'unknown-issuer', certificate: last, message }
}

function unknownIssuer(last: Certificate, length: number): Problem {
  const isEnd = last.isSelfIssued
  return {
    reason: isEnd && length === 1 ? 'self-signed' : 'unknown-issuer',
    certificate: last,
    message: isEnd
      ? `The chain ends at ${quotedName(last.subjectText)}, which names itself as issuer and is not a trust anchor.`
      : `The issuer must be a trust anchor or lead to one; no certificate of ${quotedName(last.issuerText)} was found.`,
  }
}
