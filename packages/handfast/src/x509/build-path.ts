/**
 * Building certification paths (RFC 4158): from a certificate up to a trust anchor, through whatever
 * other certificates are at hand.
 *
 * A depth-first search with backtracking. Issuers of a certificate are those whose subject is its
 * issuer name; they are tried in order of promise: anchors before intermediates, names encoded alike
 * before names that only match, then by key identifier, dates and age. What is wrong with a path is
 * not decided here: each step is put before a `PathJudge`, and a step it refuses is not followed.
 *
 * Hostile graphs end within budgets: no certificate twice in a path, no name and key twice, a longest
 * path, a number of steps, a number of signature checks. A signature is checked once, however many
 * paths it lies on.
 */

import { equalBytes } from '../bytes/compare.ts'
import type { Certificate } from './certificate.ts'
import type { TrustStore } from './trust-store.ts'
import type { CertificateReason } from './verdict.ts'
import { quotedName } from './printable-text.ts'

/** Most certificates in a path, leaf and anchor included. */
export const MAX_PATH_LENGTH = 16

/** Most signatures that are checked for one verdict. */
export const MAX_SIGNATURE_CHECKS = 100

/** Most steps from a certificate to a possible issuer that are tried for one verdict. */
export const MAX_PATH_STEPS = 1000

/** What is wrong with a step or a path. */
export interface Problem {
  readonly reason: CertificateReason
  /** The certificate at fault; null for the path as a whole. */
  readonly certificate: Certificate | null
  /** One sentence. */
  readonly message: string
}

/** Decides on paths as they grow: leaf first. */
export interface PathJudge {
  /** What speaks against the last certificate of `path`, given those before it; null if nothing. No signature is checked. */
  step(path: readonly Certificate[], isAnchor: boolean): Problem | null
  /** What speaks against `certificate` having been signed by `issuer`; null if it was. */
  signature(certificate: Certificate, issuer: Certificate): Problem | null
  /** What speaks against `path` as a whole, which ends at an anchor; null if nothing. */
  path(path: readonly Certificate[]): Problem | null
}

export interface PathRequest {
  readonly leaf: Certificate
  readonly intermediates: readonly Certificate[]
  readonly trust: TrustStore
  /** Milliseconds since the epoch: certificates valid then are tried first. */
  readonly time: number
  readonly judge: PathJudge
}

export interface PathResult {
  /** Leaf first, anchor last; null if there is none. */
  readonly path: readonly Certificate[] | null
  /** If there is none: the most telling problem met, and the certificates from the leaf to where it was met. */
  readonly failure: { readonly problem: Problem; readonly path: readonly Certificate[] } | null
}

/** The first path that the judge has nothing against. The leaf itself must have been judged before. */
export function buildPath(request: PathRequest): PathResult {
  return new PathSearch(request).run()
}

/** How well an issuer's key identifier fits what a certificate says of its issuer's. */
const KEY_MATCHES = 0
const KEY_UNKNOWN = 1
const KEY_DIFFERS = 2

class PathSearch {
  readonly #request: PathRequest
  readonly #path: Certificate[]
  /** Made when the anchors alone do not answer. */
  #bySubject: Map<number, Certificate[]> | undefined
  #byNameKey: Map<string, Certificate[]> | undefined
  readonly #signatures: Map<Certificate, { readonly key: Uint8Array; readonly problem: Problem | null }[]> = new Map()
  #signatureChecks = 0
  #steps = 0
  #exceeded: string | null = null
  #failure: { readonly problem: Problem; readonly path: readonly Certificate[] } | null = null
  #failureRank = -1

  constructor(request: PathRequest) {
    this.#request = request
    this.#path = [request.leaf]
  }

  run(): PathResult {
    if (this.#extend()) return { path: this.#path, failure: null }
    if (this.#exceeded !== null) {
      const problem: Problem = { reason: 'budget-exceeded', certificate: null, message: this.#exceeded }
      return { path: null, failure: { problem, path: [this.#request.leaf] } }
    }
    return { path: null, failure: this.#failure }
  }

  /** Tries every issuer of the last certificate. */
  #extend(): boolean {
    const last = this.#path.at(-1) as Certificate
    let candidates = 0
    for (let stage = 0; stage < 4; stage++) {
      const isAnchor = stage === 0 || stage === 2
      for (const candidate of this.#issuers(last, stage)) {
        if (!isAnchor && (this.#isLoop(candidate) || this.#request.trust.has(candidate))) continue
        candidates++
        if (this.#follow(last, candidate, isAnchor)) return true
        if (this.#exceeded !== null) return false
      }
    }
    if (candidates === 0) this.#fail(unknownIssuer(last, this.#path.length), 2 * RANK)
    return false
  }

  #follow(last: Certificate, candidate: Certificate, isAnchor: boolean): boolean {
    if (++this.#steps > MAX_PATH_STEPS) {
      this.#exceeded = `No path was found within ${MAX_PATH_STEPS} steps from certificate to issuer.`
      return false
    }
    if (this.#path.length === MAX_PATH_LENGTH) {
      const message = `A path may have at most ${MAX_PATH_LENGTH} certificates, and this one needs more.`
      this.#fail({ reason: 'path-too-long', certificate: candidate, message }, 3 * RANK)
      return false
    }
    const judge = this.#request.judge
    this.#path.push(candidate)
    let problem = judge.step(this.#path, isAnchor) ?? this.#checkSignature(last, candidate)
    if (problem === null && isAnchor) problem = judge.path(this.#path)
    if (problem === null) {
      if (isAnchor || this.#extend()) return true
    } else if (problem.reason === 'bad-signature' && compareKeyIdentifiers(last, candidate) === KEY_DIFFERS) {
      this.#fail(otherKey(last), RANK)
    } else {
      this.#fail(problem, 3 * RANK)
    }
    this.#path.pop()
    return false
  }

  /** One check for each certificate and key, however many certificates carry the key. */
  #checkSignature(certificate: Certificate, issuer: Certificate): Problem | null {
    let known = this.#signatures.get(certificate)
    if (known === undefined) this.#signatures.set(certificate, (known = []))
    const before = known.find(({ key }) => equalBytes(key, issuer.subjectPublicKeyInfo))
    if (before !== undefined) return before.problem
    if (++this.#signatureChecks > MAX_SIGNATURE_CHECKS) {
      this.#exceeded = `No path was found within ${MAX_SIGNATURE_CHECKS} signature checks.`
      return { reason: 'budget-exceeded', certificate: null, message: this.#exceeded }
    }
    const problem = this.#request.judge.signature(certificate, issuer)
    known.push({ key: issuer.subjectPublicKeyInfo, problem })
    return problem
  }

  /** Possible issuers: 0 anchors and 1 intermediates by the same encoding of the name, 2 and 3 by a match only. */
  #issuers(certificate: Certificate, stage: number): readonly Certificate[] {
    const name = certificate.issuer
    const found =
      stage === 0
        ? this.#request.trust.withSubject(name)
        : stage === 2
          ? this.#request.trust.withEquivalentSubject(name)
          : stage === 1
            ? (this.#intermediatesByHash().get(name.hash) ?? []).filter(({ subject }) => subject.isSameEncoding(name))
            : (this.#intermediatesByKey().get(name.key) ?? []).filter(({ subject }) => !subject.isSameEncoding(name))
    return found.length < 2 ? found : this.#inOrder(found, certificate)
  }

  #inOrder(found: readonly Certificate[], certificate: Certificate): readonly Certificate[] {
    const { time } = this.#request
    return found
      .map((issuer) => ({
        issuer,
        key: compareKeyIdentifiers(certificate, issuer),
        isValid: time >= issuer.notBefore && time <= issuer.notAfter,
      }))
      .toSorted(
        (a, b) => a.key - b.key || Number(b.isValid) - Number(a.isValid) || b.issuer.notBefore - a.issuer.notBefore,
      )
      .map(({ issuer }) => issuer)
  }

  #intermediatesByHash(): Map<number, Certificate[]> {
    this.#bySubject ??= Map.groupBy(this.#request.intermediates, ({ subject }) => subject.hash)
    return this.#bySubject
  }

  #intermediatesByKey(): Map<string, Certificate[]> {
    this.#byNameKey ??= Map.groupBy(this.#request.intermediates, ({ subject }) => subject.key)
    return this.#byNameKey
  }

  /** RFC 4158 section 2.4.2: the same name with the same key adds nothing to a path. */
  #isLoop(candidate: Certificate): boolean {
    return this.#path.some(
      (certificate) =>
        certificate.subject.isSameEncoding(candidate.subject) &&
        equalBytes(certificate.subjectPublicKeyInfo, candidate.subjectPublicKeyInfo),
    )
  }

  /** Keeps the failure that came furthest; of equals the first, which the order makes the most promising. */
  #fail(problem: Problem, rank: number): void {
    const total = rank + this.#path.length
    if (total <= this.#failureRank) return
    this.#failureRank = total
    this.#failure = { problem, path: [...this.#path] }
  }
}

/** Above any path's length. */
const RANK = 2 * MAX_PATH_LENGTH

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

function compareKeyIdentifiers(certificate: Certificate, issuer: Certificate): number {
  try {
    const wanted = certificate.extensions.authorityKeyIdentifier?.keyIdentifier
    const has = issuer.extensions.subjectKeyIdentifier
    if (wanted === undefined || has === undefined) return KEY_UNKNOWN
    return equalBytes(wanted, has) ? KEY_MATCHES : KEY_DIFFERS
  } catch {
    // Malformed: the judge will say so, if it comes to that.
    return KEY_DIFFERS
  }
}
