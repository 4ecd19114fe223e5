/**
 * The judge of paths: applies the rules of `rules/index.ts` by the severity that a policy gives them, and
 * checks signatures (RFC 5280 section 6.1.3 (a) (1)).
 *
 * A rule that refuses is applied as a path grows; one that warns only to the path that was chosen and
 * to the leaf; one that is ignored never.
 */

import type { CryptoProvider } from '../crypto/provider.ts'
import type { PathJudge } from './build-path.ts'
import type { Certificate } from './certificate.ts'
import { CertificateError } from './certificate-error.ts'
import { quotedName } from './printable-text.ts'
import { CERTIFICATE_RULES, PATH_RULES } from './rules/index.ts'
import { type Place, placeKind, type PlaceKind, PLACES } from './rules/place.ts'
import {
  type CertificateRule,
  type PathContext,
  type PathRule,
  problem,
  type Problem,
  type RuleName,
} from './rules/rule.ts'
import {
  checkSignedData,
  lacksParameters,
  type SignedData,
  type SignerKey,
  signerWithParameters,
} from './signed-data.ts'
import type { SignatureAlgorithmInfo } from './signature-algorithm.ts'
import { type AnchorRules, DEFAULT_ANCHOR_RULES } from './trust-store.ts'
import type { Severity, ValidationPolicy } from './validation-policy.ts'

/** The rules of a policy that have a severity. */
interface AppliedRules {
  /** By the places they are asked about. */
  readonly certificate: Readonly<Record<PlaceKind, readonly CertificateRule[]>>
  readonly path: readonly PathRule[]
}

/** A policy is used for many verdicts: its rules are sorted out once, if they cannot change. */
const applied = new WeakMap<ValidationPolicy['rules'], Readonly<Record<'refuse' | 'warn', AppliedRules>>>()

function rulesOf({ rules }: ValidationPolicy): Readonly<Record<'refuse' | 'warn', AppliedRules>> {
  let sorted = applied.get(rules)
  if (sorted === undefined) {
    // What a policy does not speak of refuses.
    const withSeverity = (severity: Severity): AppliedRules => ({
      certificate: byPlace(CERTIFICATE_RULES.filter(({ name }) => (rules[name] ?? 'refuse') === severity)),
      path: PATH_RULES.filter(({ name }) => (rules[name] ?? 'refuse') === severity),
    })
    sorted = { refuse: withSeverity('refuse'), warn: withSeverity('warn') }
    if (Object.isFrozen(rules)) applied.set(rules, sorted)
  }
  return sorted
}

function byPlace(rules: readonly CertificateRule[]): AppliedRules['certificate'] {
  const at = (kind: PlaceKind): CertificateRule[] => rules.filter(({ on }) => PLACES[on].includes(kind))
  return {
    leaf: at('leaf'),
    intermediate: at('intermediate'),
    anchor: at('anchor'),
    'bare-anchor': at('bare-anchor'),
    'trusted-leaf': at('trusted-leaf'),
  }
}

/** Judges by the rules of `context.policy` that refuse. @param finish what is left to judge of a path that all of them accept. */
export function createPathJudge(
  context: PathContext,
  finish: (path: readonly Certificate[]) => Problem | null = () => null,
): PathJudge {
  const rules = rulesOf(context.policy).refuse
  return {
    step: (path, isAnchor) => firstProblem(rules, placeOf(path, isAnchor, context), context),
    signerOf,
    signature: (certificate, issuer, signer) => findSignatureProblem(certificate, issuer, context.provider, signer),
    path: (path) => findPathProblem(path, context) ?? finish(path),
  }
}

/** What a rule that refuses has against `path` as a whole; null if nothing. */
export function findPathProblem(path: readonly Certificate[], context: PathContext): Problem | null {
  for (const rule of rulesOf(context.policy).refuse.path) {
    const problem = applyPathRule(rule, path, context)
    if (problem !== null) return problem
  }
  return null
}

/** Everything that rules that refuse have against the leaf, in the order of the rules; nothing after what is malformed. */
export function findLeafProblems(leaf: Certificate, isAnchor: boolean, context: PathContext): Problem[] {
  const place = placeOf([leaf], isAnchor, context)
  const problems: Problem[] = []
  for (const rule of rulesOf(context.policy).refuse.certificate[placeKind(place)]) {
    const problem = applyRule(rule, place, context)
    if (problem === null) continue
    problems.push(problem)
    if (problem.reason === 'malformed') break
  }
  return problems
}

/**
 * What rules that warn have against each certificate of `path`, and against the path as a whole.
 * @param isComplete whether the last is an anchor.
 */
export function findWarnings(path: readonly Certificate[], isComplete: boolean, context: PathContext): Problem[] {
  const rules = rulesOf(context.policy).warn
  const problems: Problem[] = []
  for (let length = 1; length <= path.length; length++) {
    const below = length === path.length ? path : path.slice(0, length)
    const place = placeOf(below, isComplete && length === path.length, context)
    for (const rule of rules.certificate[placeKind(place)]) {
      const problem = applyRule(rule, place, context)
      if (problem !== null) problems.push(problem)
    }
  }
  if (!isComplete) return problems
  for (const rule of rules.path) {
    const problem = applyPathRule(rule, path, context)
    if (problem !== null) problems.push(problem)
  }
  return problems
}

/**
 * RFC 5280 section 6.1.3 (a) (1): the certificate's signature by the issuer's key.
 * @param signer the issuer's key, with inherited parameters if it has such.
 */
export function findSignatureProblem(
  certificate: Certificate,
  issuer: Certificate,
  provider: CryptoProvider,
  signer: SignerKey = issuer,
): Problem | null {
  const result = checkSignedData(new SignedCertificate(certificate), signer, provider)
  if (result.status === 'valid') return null
  const { status, at, message } = result
  if (at === 'key') {
    const reason = status === 'malformed' ? 'malformed' : 'unsupported-public-key'
    return problem(reason, issuer, fieldMessage('tbsCertificate.subjectPublicKeyInfo', message))
  }
  if (at === 'algorithm') {
    return problem(ALGORITHM_REASONS[status], certificate, fieldMessage('signatureAlgorithm', message))
  }
  return problem('bad-signature', certificate, `signatureValue by ${quotedName(certificate.issuerText)}: ${message}`)
}

/** A class, as getters in an object literal would keep the certificate until a full garbage collection. */
class SignedCertificate implements SignedData {
  readonly #certificate: Certificate
  readonly data: Uint8Array
  readonly signature: Uint8Array

  constructor(certificate: Certificate) {
    this.#certificate = certificate
    this.data = certificate.tbsCertificate
    this.signature = certificate.signature
  }

  get signatureAlgorithm(): SignatureAlgorithmInfo {
    return this.#certificate.signatureAlgorithm
  }
}

const ALGORITHM_REASONS = {
  invalid: 'bad-signature',
  unsupported: 'unsupported-signature-algorithm',
  malformed: 'malformed',
} as const

/** What was found malformed names its field already. */
function fieldMessage(field: string, message: string): string {
  return message.startsWith('needs ') ? `${field}: ${message}` : message
}

/** RFC 5280 section 6.1.4 (d) to (f), for the one kind of key that inherits (RFC 3279 section 2.3.2). */
function signerOf(certificate: Certificate, issuer: SignerKey | null): SignerKey | null {
  if (!lacksParameters(certificate)) return certificate
  return issuer === null ? null : signerWithParameters(certificate, issuer)
}

function placeOf(path: readonly Certificate[], isAnchor: boolean, context: PathContext): Place {
  const certificate = path.at(-1) as Certificate
  const isLeaf = path.length === 1
  return { certificate, path, isLeaf, isAnchor, anchor: isAnchor ? anchorRules(certificate, isLeaf, context) : null }
}

function anchorRules(anchor: Certificate, isLeaf: boolean, { trust }: PathContext): AnchorRules {
  const rules = trust?.rulesOf(anchor) ?? DEFAULT_ANCHOR_RULES
  // Nobody else vouches for it: it is held to what it says of itself, as it is to its extensions in this place.
  return isLeaf ? { ...rules, dates: true } : rules
}

function firstProblem({ certificate: rules }: AppliedRules, place: Place, context: PathContext): Problem | null {
  for (const rule of rules[placeKind(place)]) {
    const problem = applyRule(rule, place, context)
    if (problem !== null) return problem
  }
  return null
}

function applyRule({ name, check }: CertificateRule, place: Place, context: PathContext): Problem | null {
  try {
    return named(check(place, context), name)
  } catch (error) {
    return named(thrown(error, place.certificate), name)
  }
}

function applyPathRule({ name, check }: PathRule, path: readonly Certificate[], context: PathContext): Problem | null {
  try {
    return named(check(path, context), name)
  } catch (error) {
    return named(thrown(error, path[0] as Certificate), name)
  }
}

function named(problem: Problem | null, rule: RuleName): Problem | null {
  return problem === null ? null : { ...problem, rule }
}

function thrown(error: unknown, certificate: Certificate): Problem {
  if (error instanceof CertificateError) return problem(error.reason, certificate, error.message)
  throw error
}
