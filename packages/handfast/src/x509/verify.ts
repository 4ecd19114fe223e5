/**
 * `verifyChain`: the judge behind the seam of `verdict.ts`. Reads what was presented, judges the
 * leaf, finds a path, and says why not if there is none.
 *
 * Synchronous, and a function of its request alone. Anything but a complete path that every rule
 * accepts is refused.
 */

import { equalBytes } from '../bytes/compare.ts'
import { buildPath, type Problem } from './build-path.ts'
import { type Certificate, readCertificate } from './certificate.ts'
import { CONFORMANCE_RULES } from './conformance.ts'
import { CertificateError } from './certificate-error.ts'
import {
  CERTIFICATE_RULES,
  type CertificateRule,
  createPathJudge,
  findProblems,
  findSignatureProblem,
  MAX_NAME_COMPARISONS,
  type PathContext,
} from './validate-path.ts'
import type { Verdict, VerdictReason, VerifyRequest } from './verdict.ts'
import { quotedName } from './printable-text.ts'

/**
 * Judges a chain.
 * @param rules on certificates, in place of the usual ones.
 * @throws {TypeError} for a time that is none; nothing in the chain makes it throw.
 */
export function verifyChain(request: VerifyRequest, rules: readonly CertificateRule[] = CERTIFICATE_RULES): Verdict {
  // A Date holds 8.64e15 milliseconds to either side; what is beyond has no text.
  if (!(Math.abs(request.time) <= 8.64e15))
    throw new TypeError(`time: needs milliseconds since the epoch, has ${request.time}`)
  if (request.chain.length === 0) {
    return refused([
      { reason: 'no-certificate', certificate: null, message: 'A certificate is needed, and none was presented.' },
    ])
  }
  const presented = readChain(request.chain)
  const leaf = presented.certificates[0] as Certificate | null
  if (leaf === null) return refused(presented.problems)
  return new Judgement(request, leaf, presented, rules).judge()
}

/** What was presented, in its order; null for what cannot be read. */
interface Presented {
  readonly certificates: readonly (Certificate | null)[]
  readonly problems: readonly VerdictReason[]
}

function readChain(chain: readonly (Uint8Array | Certificate)[]): Presented {
  const certificates: (Certificate | null)[] = []
  const problems: VerdictReason[] = []
  for (const [index, given] of chain.entries()) {
    try {
      certificates.push(given instanceof Uint8Array ? readCertificate(given) : given)
    } catch (error) {
      if (!(error instanceof CertificateError)) throw error
      certificates.push(null)
      problems.push({ reason: error.reason, certificate: index, message: error.message })
    }
  }
  return { certificates, problems }
}

class Judgement {
  readonly #request: VerifyRequest
  readonly #leaf: Certificate
  readonly #presented: Presented
  readonly #rules: readonly CertificateRule[]
  readonly #context: PathContext

  constructor(request: VerifyRequest, leaf: Certificate, presented: Presented, rules: readonly CertificateRule[]) {
    this.#request = request
    this.#leaf = leaf
    this.#presented = presented
    this.#rules = rules
    this.#context = {
      time: request.time,
      purpose: request.purpose,
      identity: request.identity,
      provider: request.provider,
      nameComparisons: { comparisons: MAX_NAME_COMPARISONS },
    }
  }

  judge(): Verdict {
    const leaf = this.#leaf
    const isAnchor = this.#request.trust.has(leaf)
    const leafProblems = findProblems([leaf], isAnchor, this.#context, this.#rules)
    const warnings = this.#presented.problems
    if (isAnchor) return this.#verdict([], leafProblems, [leaf], warnings)
    // What cannot be read further is not worth a search.
    if (leafProblems.some(({ reason }) => reason === 'malformed')) return this.#verdict([], leafProblems, [], warnings)

    const { path, failure } = buildPath({
      leaf,
      intermediates: this.#intermediates(),
      trust: this.#request.trust,
      time: this.#request.time,
      judge: createPathJudge(this.#context, this.#rules),
    })
    if (path !== null) return this.#verdict([], leafProblems, path, [...warnings, ...this.#breaches(path)])
    const problem = failure === null ? NO_PATH : this.#refined(failure.problem)
    // What could not be read may have been what was missing.
    const unread = problem.reason === 'unknown-issuer' ? this.#presented.problems : []
    return this.#verdict([problem], leafProblems, [], warnings, unread)
  }

  /** What is not as RFC 5280 wants it and still no reason to refuse. */
  #breaches(path: readonly Certificate[]): VerdictReason[] {
    const problems = path.flatMap((_, index) =>
      findProblems(path.slice(0, index + 1), index === path.length - 1, this.#context, CONFORMANCE_RULES),
    )
    return problems.map((problem) => this.#reason(problem))
  }

  /** Everything presented behind the leaf that can be read, each once. */
  #intermediates(): Certificate[] {
    const intermediates: Certificate[] = []
    const seen = new Map<number, Certificate[]>()
    for (const certificate of this.#presented.certificates.slice(1)) {
      if (certificate === null) continue
      const same = seen.get(certificate.subject.hash)
      if (same === undefined) seen.set(certificate.subject.hash, [certificate])
      else if (same.some(({ der }) => equalBytes(der, certificate.der))) continue
      else same.push(certificate)
      intermediates.push(certificate)
    }
    return intermediates
  }

  /** That no issuer was found, or none whose key fits, means for a leaf that signed itself just that. */
  #refined(problem: Problem): Problem {
    const leaf = this.#leaf
    const isOpen = problem.reason === 'unknown-issuer' || problem.reason === 'bad-signature'
    if (!isOpen || problem.certificate !== leaf || !leaf.isSelfIssued) return problem
    if (findSignatureProblem(leaf, leaf, this.#request.provider) !== null) return problem
    return {
      reason: 'self-signed',
      certificate: leaf,
      message: `The certificate must be a trust anchor or be issued by one; ${quotedName(leaf.subjectText)} signed itself.`,
    }
  }

  #verdict(
    pathProblems: readonly Problem[],
    leafProblems: readonly Problem[],
    path: readonly Certificate[],
    warnings: readonly VerdictReason[],
    unread: readonly VerdictReason[] = [],
  ): Verdict {
    const reasons = [...unread, ...distinct([...pathProblems, ...leafProblems]).map((problem) => this.#reason(problem))]
    const isTrusted = reasons.length === 0 && path.length > 0
    return { trusted: isTrusted, reasons, warnings: unread.length > 0 ? [] : warnings, path, wanted: [] }
  }

  #reason(problem: Problem): VerdictReason {
    const index = this.#presented.certificates.findIndex(
      (certificate) =>
        problem.certificate !== null && certificate !== null && equalBytes(certificate.der, problem.certificate.der),
    )
    const isAnchor = index < 0 && problem.certificate !== null
    const message = isAnchor
      ? `Trust anchor ${quotedName(problem.certificate.subjectText)}: ${problem.message}`
      : problem.message
    return { reason: problem.reason, certificate: index < 0 ? null : index, message }
  }
}

/** What stopped the search may be one of the leaf's own problems: told once. */
function distinct(problems: readonly Problem[]): Problem[] {
  return problems.filter(
    (problem, index) =>
      !problems
        .slice(0, index)
        .some(({ reason, certificate }) => reason === problem.reason && certificate === problem.certificate),
  )
}

const NO_PATH: Problem = {
  reason: 'unknown-issuer',
  certificate: null,
  message: 'No path to a trust anchor was found.',
}

function refused(reasons: readonly VerdictReason[]): Verdict {
  return { trusted: false, reasons, warnings: [], path: [], wanted: [] }
}
