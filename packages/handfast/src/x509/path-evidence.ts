/**
 * What evidence says of a complete path: Certificate Transparency, then revocation, the dearest check of
 * all. Whoever signed a CRL needs a path of their own (RFC 5280 section 6.3.3 (f)), to the same anchor and within
 * the same budgets.
 */

import { equalBytes } from '../bytes/compare.ts'
import type { Meter } from './budget.ts'
import { buildPath, type SignatureMemory } from './build-path.ts'
import type { Certificate } from './certificate.ts'
import type { Evidence } from './evidence.ts'
import { IssuerCandidates } from './issuer-candidates.ts'
import type { RevocationFinding } from './revocation/finding.ts'
import { checkRevocation, type RevocationResult } from './revocation/revocation.ts'
import type { PathContext, Problem, RuleName } from './rules/rule.ts'
import {
  checkSignedData,
  lacksParameters,
  type SignedData,
  type SignerKey,
  signerWithParameters,
} from './signed-data.ts'
import type { TimestampFinding } from './transparency/finding.ts'
import { checkTransparency, type TransparencyResult } from './transparency/transparency.ts'
import { restrictTrust } from './trust-store.ts'
import { createPathJudge, findLeafProblems } from './validate-path.ts'
import type { ValidationPolicy } from './validation-policy.ts'
import type { VerifyRequest } from './verdict.ts'
import type { WantedFor } from './wanted.ts'

export interface PathEvidenceOptions {
  readonly context: PathContext
  readonly request: VerifyRequest
  readonly evidence: Evidence
  readonly meter: Meter
  readonly signatures: SignatureMemory
  /** All certificates at hand but the leaf. */
  readonly others: readonly Certificate[]
}

export class PathEvidence {
  /** What rules that warn have against the path that was judged last. */
  warnings: readonly Problem[] = []
  /** For all paths that evidence refused. */
  readonly refusedWanted: WantedFor[] = []

  readonly #options: PathEvidenceOptions
  #signerContext: PathContext | undefined
  /** The path that was judged last, and what was found about it, if that was asked for. */
  #path: readonly Certificate[] | null = null
  #transparency: TransparencyResult | undefined
  #revocation: RevocationResult | undefined
  readonly #verified: Map<Uint8Array, { readonly key: Uint8Array; readonly isValid: boolean }[]> = new Map()
  readonly #signerPaths: Map<Certificate, Map<Certificate, readonly Certificate[] | null>> = new Map()

  constructor(options: PathEvidenceOptions) {
    this.#options = options
  }

  /** What speaks against a path, leaf first, anchor last, that every rule accepts; null if nothing. */
  findProblem(path: readonly Certificate[]): Problem | null {
    this.warnings = []
    this.#path = path
    this.#transparency = undefined
    this.#revocation = undefined
    // What can refuse nothing is looked at when someone wants to know.
    const refusal =
      (this.#demandsTimestamps() ? this.#findTransparencyProblem(path) : null) ??
      (this.#demandsStatus(path) ? this.#findRevocationProblem(path) : null)
    if (refusal !== null && this.#revocation !== undefined) this.refusedWanted.push(...this.wanted)
    return refusal
  }

  /** On the revocation of the path that was judged last. */
  get findings(): readonly RevocationFinding[] {
    return this.#path === null ? [] : this.#revocationOfLast(this.#path).findings
  }

  /** For the path that was judged last. */
  get wanted(): readonly WantedFor[] {
    return this.#path === null ? [] : this.#revocationOfLast(this.#path).wanted
  }

  /** Of the leaf, under the path that was judged last. */
  get timestamps(): readonly TimestampFinding[] {
    return this.#path === null ? [] : this.#transparencyOfLast(this.#path).timestamps
  }

  #demandsTimestamps(): boolean {
    const { rules, transparency } = this.#options.context.policy
    return rules.transparency !== 'ignore' && (transparency.required.length > 0 || transparency.operators > 0)
  }

  #demandsStatus(path: readonly Certificate[]): boolean {
    const { context, evidence } = this.#options
    const { rules, revocation } = context.policy
    if (rules.revocation !== 'ignore') {
      if (revocation.mode === 'hard') return true
      const hasEvidence = evidence.crls.length > 0 || evidence.ocspResponses.length > 0 || evidence.stapled !== null
      if (revocation.mode === 'soft' && hasEvidence) return true
    }
    return rules['must-staple'] !== 'ignore' && evidence.stapled !== null && path.some(demandsStapling)
  }

  #findTransparencyProblem(path: readonly Certificate[]): Problem | null {
    const { problem } = this.#transparencyOfLast(path)
    return problem === null ? null : this.#weighed({ ...problem, rule: 'transparency' })
  }

  #findRevocationProblem(path: readonly Certificate[]): Problem | null {
    let refusal: Problem | null = null
    for (const problem of this.#revocationOfLast(path).problems) refusal ??= this.#weighed(ruled(problem))
    return refusal
  }

  #transparencyOfLast(path: readonly Certificate[]): TransparencyResult {
    const { context, request, evidence } = this.#options
    if (context.policy.rules.transparency === 'ignore') return { timestamps: [], problem: null }
    this.#transparency ??= checkTransparency(
      path,
      {
        timestampList: request.timestampList,
        ocspResponses: [...(evidence.stapled ?? []), ...evidence.ocspResponses],
      },
      request.logs,
      { ...context, verify: (signed, signer) => this.#verify(signed, signer) },
    )
    return this.#transparency
  }

  #revocationOfLast(path: readonly Certificate[]): RevocationResult {
    const { rules } = this.#options.context.policy
    if (rules.revocation === 'ignore' && rules['must-staple'] === 'ignore') return NOT_LOOKED_AT
    const { context, evidence, others } = this.#options
    const anchor = path.at(-1) as Certificate
    this.#revocation ??= checkRevocation(path, evidence, {
      time: context.time,
      provider: context.provider,
      policy: context.policy,
      certificates: others,
      verify: (signed, signer, known) => {
        const key = this.#keyOf(known[0] === signer ? known : [signer], anchor)
        return key !== null && this.#verify(signed, key)
      },
      pathTo: (signer) => this.#pathTo(signer, anchor),
    })
    return this.#revocation
  }

  /** The problem, if its rule refuses; if it warns, it is kept as a warning. */
  #weighed(problem: Problem): Problem | null {
    const severity = problem.rule === undefined ? 'refuse' : this.#options.context.policy.rules[problem.rule]
    if (severity === 'warn') this.warnings = [...this.warnings, problem]
    return severity === 'warn' || severity === 'ignore' ? null : problem
  }

  /** Each signature is checked once for each key. False once the budget is spent, which ends the search as well. */
  #verify(signed: SignedData, signer: SignerKey): boolean {
    const { meter, context } = this.#options
    let known = this.#verified.get(signed.data)
    if (known === undefined) this.#verified.set(signed.data, (known = []))
    const key = signer.subjectPublicKeyInfo
    const before = known.find((one) => equalBytes(one.key, key))
    if (before !== undefined) return before.isValid
    if (!meter.takeSignatureCheck()) return false
    const isValid = checkSignedData(signed, signer, context.provider).status === 'valid'
    known.push({ key, isValid })
    return isValid
  }

  /** The key of the first of `path`, with the parameters that it may have from those above. */
  #keyOf(path: readonly Certificate[], anchor: Certificate): SignerKey | null {
    const signer = path[0] as Certificate
    if (!lacksParameters(signer)) return signer
    const known = path.length > 1 ? path : this.#pathTo(signer, anchor)
    let key: SignerKey | null = null
    for (const certificate of known?.toReversed() ?? []) {
      key = key === null ? certificate : signerWithParameters(certificate, key)
      if (key === null) return null
    }
    return key
  }

  /** A path for whoever signed a list, to the anchor of the path that the list is about. */
  #pathTo(signer: Certificate, anchor: Certificate): readonly Certificate[] | null {
    let paths = this.#signerPaths.get(anchor)
    if (paths === undefined) this.#signerPaths.set(anchor, (paths = new Map()))
    let path = paths.get(signer)
    if (path === undefined) paths.set(signer, (path = this.#searchSigner(signer, anchor)))
    return path
  }

  #searchSigner(signer: Certificate, anchor: Certificate): readonly Certificate[] | null {
    const { meter, signatures, others, request } = this.#options
    const trust = restrictTrust(request.trust, anchor)
    this.#signerContext ??= contextForSigners(this.#options.context)
    const context = { ...this.#signerContext, trust }
    if (findLeafProblems(signer, trust.has(signer), context).length > 0) return null
    if (trust.has(signer)) return [signer]
    const { path } = buildPath({
      leaf: signer,
      candidates: new IssuerCandidates(trust, others, others.length, context.time),
      judge: createPathJudge(context),
      meter,
      signatures,
      maxIntermediates: context.policy.maxIntermediates,
    })
    return path
  }
}

const NOT_LOOKED_AT: RevocationResult = { findings: [], problems: [], wanted: [] }

/** By the TLS feature extension (RFC 7633). What is malformed may. */
function demandsStapling(certificate: Certificate): boolean {
  return certificate.extensions.get(TLS_FEATURE) !== undefined
}

const TLS_FEATURE = '1.3.6.1.5.5.7.1.24'

/** What revocation has against a path breaks one of two rules. */
function ruled(problem: Problem): Problem {
  return { ...problem, rule: problem.reason === 'must-staple' ? 'must-staple' : 'revocation' }
}

/** The rules of RFC 5280 section 6.1 on a path: what a profile demands of leaves is not for those who sign lists. */
const SIGNER_RULES: ReadonlySet<RuleName> = new Set<RuleName>([
  'encoding',
  'dates',
  'critical-extensions',
  'public-key',
  'weak-key',
  'signature-algorithm',
  'weak-signature-algorithm',
  'issuer-name',
  'basic-constraints',
  'key-usage',
  'extended-key-usage',
  'path-length',
  'name-constraints',
  'policies',
  'policy-qualifiers',
  'revocation',
  'blocklist',
])

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
