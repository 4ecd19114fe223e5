/**
 * Certificate policies: RFC 5280 sections 6.1.1 (c) and (e) to (g), 6.1.2 (a) and (d) to (f), 6.1.3 (d) to
 * (f), 6.1.4 (a), (b) and (h) to (j), 6.1.5 (a), (b) and (g), with the graph of RFC 9618 section 5 in place
 * of the tree: each policy is one node on its level, whatever number of nodes lead to it, so the
 * exponential growth that RFC 9618 section 3 describes cannot happen.
 *
 * What a trust anchor says of policies holds as it does for an intermediate, if its store holds it to
 * its constraints.
 *
 * Left out: qualifiers; they are information for people.
 */

import type { Certificate } from './certificate.ts'
import { CertificateError } from './certificate-error.ts'
import type { PathContext, Problem } from './rules/rule.ts'
import { DEFAULT_ANCHOR_RULES } from './trust-store.ts'
import type { CertificatePolicyInputs } from './validation-policy.ts'

/** anyPolicy, dotted. */
export const ANY_POLICY = '2.5.29.32.0'

/**
 * What speaks against `path`, leaf first, anchor last; null if nothing.
 * @throws {CertificateError} a malformed extension.
 */
export function findPolicyProblem(path: readonly Certificate[], context: PathContext): Problem | null {
  const inputs = context.policy.certificatePolicies
  // Unless a policy is required none can be missing, and nearly no path has one that is.
  if (path.length === 1 || !(inputs.requireExplicitPolicy || path.some(requiresPolicy))) return null
  return processPolicies(path, inputs, isConstrained(path, context)).problem
}

/**
 * The user-constrained-policy-set (RFC 5280 section 6.1.6, RFC 9618 section 5) of a path, leaf first, anchor
 * last: the policies, in the anchor's terms, that hold for the whole path and that the caller asked
 * for, as dotted OIDs; anyPolicy for all there are. None of what cannot be read.
 */
export function validPolicies(
  path: readonly Certificate[],
  context: Pick<PathContext, 'policy' | 'trust'>,
): readonly string[] {
  const inputs = context.policy.certificatePolicies
  if (path.length === 1) return inputs.initialPolicySet
  try {
    return processPolicies(path, inputs, isConstrained(path, context)).policies
  } catch (error) {
    if (error instanceof CertificateError) return []
    throw error
  }
}

function requiresPolicy(certificate: Certificate): boolean {
  return certificate.extensions.policyConstraints?.requireExplicitPolicy !== undefined
}

function isConstrained(path: readonly Certificate[], { trust }: Pick<PathContext, 'trust'>): boolean {
  return (trust?.rulesOf(path.at(-1) as Certificate) ?? DEFAULT_ANCHOR_RULES).constraints
}

interface PolicyOutcome {
  readonly problem: Problem | null
  readonly policies: readonly string[]
}

function processPolicies(
  path: readonly Certificate[],
  inputs: CertificatePolicyInputs,
  isAnchorConstrained: boolean,
): PolicyOutcome {
  const state = new PolicyState(path.length, inputs)
  if (isAnchorConstrained) state.enterAnchor(path.at(-1) as Certificate)
  for (let i = path.length - 2; i >= 0; i--) {
    const certificate = path[i] as Certificate
    state.enter(certificate, i > 0 && certificate.isSelfIssued)
    if (state.isViolated()) return { problem: noPolicy(certificate, inputs), policies: [] }
    if (i > 0) state.descend(certificate)
    else state.finish(certificate)
  }
  const policies = state.userConstrainedPolicies(inputs.initialPolicySet)
  // Section 6.1.5 (g).
  const isMissing = state.isPolicyRequired && policies.length === 0
  return { problem: isMissing ? noPolicy(path[0] as Certificate, inputs) : null, policies }
}

function noPolicy(
  certificate: Certificate,
  { initialPolicySet, requireExplicitPolicy }: CertificatePolicyInputs,
): Problem {
  const who = requireExplicitPolicy ? 'one is asked for' : 'one above requires it'
  const which = initialPolicySet.includes(ANY_POLICY) ? 'a policy' : `one of the policies ${shown(initialPolicySet)}`
  const has = certificate.extensions.certificatePolicies?.map(({ policy }) => policy)
  const message = `certificatePolicies: needs ${which} that is valid for the whole path, as ${who}, has ${
    has === undefined ? 'none' : `${shown(has)}, not valid for it`
  }`
  return { reason: 'policy', certificate, message }
}

function shown(oids: readonly string[]): string {
  if (oids.length === 0) return '(none)'
  const first = oids.slice(0, 8).join(', ')
  return oids.length > 8 ? `${first} and ${oids.length - 8} more` : first
}

/** A policy on one level of the graph; the level of a certificate holds those valid down to it. */
interface PolicyNode {
  readonly policy: string
  /** Empty for the children of anyPolicy: these are policies in the anchor's own terms. */
  readonly parents: readonly PolicyNode[]
  /** expected_policy_set, if mapped to others than `policy` itself. */
  mappedTo: ReadonlySet<string> | null
}

type Level = Map<string, PolicyNode>

class PolicyState {
  /** Section 6.1.2 (d) to (f): how many more certificates may come before each takes hold. */
  #explicitPolicy: number
  #inhibitAnyPolicy: number
  #policyMapping: number
  /** The deepest level of the graph, but for anyPolicy, whose only parent is anyPolicy. */
  #level: Level = new Map()
  #hasAny = true

  /** @param count certificates of the path, with its anchor: n + 1 in the RFC. */
  constructor(count: number, inputs: CertificatePolicyInputs) {
    this.#explicitPolicy = inputs.requireExplicitPolicy ? 0 : count
    this.#inhibitAnyPolicy = inputs.inhibitAnyPolicy ? 0 : count
    this.#policyMapping = inputs.inhibitPolicyMapping ? 0 : count
  }

  /** What the anchor says holds for all below; unlike others it need not name policies. */
  enterAnchor(anchor: Certificate): void {
    if (anchor.extensions.certificatePolicies !== undefined) this.enter(anchor, false)
    this.#map(anchor)
    this.#constrain(anchor)
  }

  get isPolicyRequired(): boolean {
    return this.#explicitPolicy === 0
  }

  /** Section 6.1.3 (f). */
  isViolated(): boolean {
    return this.#explicitPolicy === 0 && this.#level.size === 0 && !this.#hasAny
  }

  /** Section 6.1.3 (d) and (e): the level of the next certificate. */
  enter(certificate: Certificate, isSelfIssuedIntermediate: boolean): void {
    const stated = certificate.extensions.certificatePolicies
    const expecting = this.#expecting()
    const level: Level = new Map()
    let statesAny = false
    for (const { policy } of stated ?? []) {
      if (policy === ANY_POLICY) statesAny = true
      else addNode(level, policy, expecting.get(policy), this.#hasAny)
    }
    const takesAny = statesAny && (this.#inhibitAnyPolicy > 0 || isSelfIssuedIntermediate)
    if (takesAny) for (const [policy, parents] of expecting) addNode(level, policy, parents, false)
    this.#hasAny &&= takesAny
    this.#level = level
  }

  /** Section 6.1.4 (b), (h) to (j): from an issuer to what it issued. */
  descend(certificate: Certificate): void {
    this.#map(certificate)
    if (!certificate.isSelfIssued) {
      this.#explicitPolicy = Math.max(0, this.#explicitPolicy - 1)
      this.#policyMapping = Math.max(0, this.#policyMapping - 1)
      this.#inhibitAnyPolicy = Math.max(0, this.#inhibitAnyPolicy - 1)
    }
    this.#constrain(certificate)
  }

  /** Section 6.1.5 (a) and (b). */
  finish(leaf: Certificate): void {
    this.#explicitPolicy = Math.max(0, this.#explicitPolicy - 1)
    if (leaf.extensions.policyConstraints?.requireExplicitPolicy === 0) this.#explicitPolicy = 0
  }

  /** Section 6.1.5 (g): of what leads down to the leaf, the policies that are children of anyPolicy. */
  userConstrainedPolicies(initialPolicySet: readonly string[]): readonly string[] {
    const isAnyAsked = initialPolicySet.includes(ANY_POLICY)
    // What is asked for and not named holds as any.
    if (this.#hasAny && !isAnyAsked) return initialPolicySet.toSorted()
    const found = new Set<string>(this.#hasAny ? [ANY_POLICY] : [])
    const seen = new Set<PolicyNode>()
    const waiting = [...this.#level.values()]
    for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
      if (seen.has(node)) continue
      seen.add(node)
      if (node.parents.length === 0 && (isAnyAsked || initialPolicySet.includes(node.policy))) found.add(node.policy)
      for (const parent of node.parents) waiting.push(parent)
    }
    return [...found].toSorted()
  }

  /** By each policy expected of the next certificate, the nodes that expect it. */
  #expecting(): Map<string, PolicyNode[]> {
    const expecting = new Map<string, PolicyNode[]>()
    for (const node of this.#level.values()) {
      for (const policy of node.mappedTo ?? [node.policy]) {
        const nodes = expecting.get(policy)
        if (nodes === undefined) expecting.set(policy, [node])
        else nodes.push(node)
      }
    }
    return expecting
  }

  /** Section 6.1.4 (i) and (j). */
  #constrain(certificate: Certificate): void {
    const { policyConstraints, inhibitAnyPolicy = Infinity } = certificate.extensions
    const { requireExplicitPolicy = Infinity, inhibitPolicyMapping = Infinity } = policyConstraints ?? {}
    this.#explicitPolicy = Math.min(this.#explicitPolicy, requireExplicitPolicy)
    this.#policyMapping = Math.min(this.#policyMapping, inhibitPolicyMapping)
    this.#inhibitAnyPolicy = Math.min(this.#inhibitAnyPolicy, inhibitAnyPolicy)
  }

  /** Section 6.1.4 (b). */
  #map(certificate: Certificate): void {
    const mappings = certificate.extensions.policyMappings ?? []
    if (mappings.length === 0) return
    const bySource = Map.groupBy(mappings, ({ issuerDomainPolicy }) => issuerDomainPolicy)
    for (const [source, targets] of bySource) {
      if (this.#policyMapping === 0) {
        this.#level.delete(source)
        continue
      }
      if (!this.#level.has(source) && this.#hasAny) addNode(this.#level, source, undefined, true)
      const node = this.#level.get(source)
      if (node !== undefined) node.mappedTo = new Set(targets.map(({ subjectDomainPolicy }) => subjectDomainPolicy))
    }
  }
}

/** RFC 5280 section 6.1.3 (d) (1): below those that expect the policy, else below anyPolicy if there is that. */
function addNode(level: Level, policy: string, parents: readonly PolicyNode[] | undefined, isUnderAny: boolean): void {
  if (level.has(policy)) return
  if (parents !== undefined) level.set(policy, { policy, parents, mappedTo: null })
  else if (isUnderAny) level.set(policy, { policy, parents: [], mappedTo: null })
}
