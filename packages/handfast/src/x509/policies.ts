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
import { readable } from './certificate-error.ts'
import type { PolicyMapping } from './extension-values.ts'
import { oidList } from './printable-text.ts'
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
  if (!inputs.requireExplicitPolicy && !path.some(requiresPolicy)) return null
  return processPolicies(path, inputs, isConstrained(path, context), context.policyNodes).problem
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
  return readable(() => processPolicies(path, inputs, isConstrained(path, context), UNBOUNDED).policies) ?? []
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

/** How many more policies and mappings may be followed; below 0 it was one too many. */
export interface PolicyBudget {
  nodes: number
}

/** Of one path, which is bounded by the size of its certificates. */
const UNBOUNDED: PolicyBudget = { nodes: Infinity }

const EXHAUSTED: PolicyOutcome = {
  problem: {
    reason: 'budget-exceeded',
    certificate: null,
    message: 'certificatePolicies: needs to be followed within the budget policyNodes, which is spent',
  },
  policies: [],
}

function processPolicies(
  path: readonly Certificate[],
  inputs: CertificatePolicyInputs,
  isAnchorConstrained: boolean,
  budget: PolicyBudget,
): PolicyOutcome {
  const state = new PolicyState(path.length, inputs, budget)
  // An anchor that is the leaf itself is held to what it states as any leaf is.
  if (isAnchorConstrained && path.length > 1) state.enterAnchor(path.at(-1) as Certificate)
  for (let i = Math.max(0, path.length - 2); i >= 0; i--) {
    const certificate = path[i] as Certificate
    state.enter(certificate, i > 0 && certificate.isSelfIssued)
    if (budget.nodes < 0) return EXHAUSTED
    if (state.isViolated()) return { problem: noPolicy(certificate, inputs), policies: [] }
    if (i > 0) state.descend(certificate)
    else state.finish(certificate)
  }
  const policies = state.userConstrainedPolicies(inputs.initialPolicySet)
  if (budget.nodes < 0) return EXHAUSTED
  // Section 6.1.5 (g).
  const isMissing = state.isPolicyRequired && policies.length === 0
  return { problem: isMissing ? noPolicy(path[0] as Certificate, inputs) : null, policies }
}

function noPolicy(
  certificate: Certificate,
  { initialPolicySet, requireExplicitPolicy }: CertificatePolicyInputs,
): Problem {
  const who = requireExplicitPolicy ? 'one is asked for' : 'one above requires it'
  const which = initialPolicySet.includes(ANY_POLICY) ? 'a policy' : `one of the policies ${oidList(initialPolicySet)}`
  const { stated } = statementOf(certificate)
  const message = `certificatePolicies: needs ${which} that is valid for the whole path, as ${who}, has ${
    stated === undefined ? 'none' : `${oidList(stated)}, not valid for it`
  }`
  return { reason: 'policy', certificate, message }
}

/** What a certificate says of policies: found out once, as it may lie on a thousand paths. */
interface PolicyStatement {
  /** Undefined if there is no certificatePolicies extension. */
  readonly stated: readonly string[] | undefined
  readonly statesAny: boolean
  /** subjectDomainPolicy by issuerDomainPolicy. */
  readonly mappings: ReadonlyMap<string, ReadonlySet<string>>
}

const NO_MAPPINGS: ReadonlyMap<string, ReadonlySet<string>> = new Map()
const statements = new WeakMap<Certificate, PolicyStatement>()

/** @throws {CertificateError} a malformed extension. */
function statementOf(certificate: Certificate): PolicyStatement {
  let statement = statements.get(certificate)
  if (statement === undefined) statements.set(certificate, (statement = readStatement(certificate)))
  return statement
}

function readStatement({ extensions }: Certificate): PolicyStatement {
  const { certificatePolicies, policyMappings } = extensions
  const stated = certificatePolicies?.map(({ policy }) => policy)
  return {
    stated,
    statesAny: stated?.includes(ANY_POLICY) === true,
    mappings: policyMappings === undefined ? NO_MAPPINGS : groupMappings(policyMappings),
  }
}

function groupMappings(mappings: readonly PolicyMapping[]): Map<string, Set<string>> {
  const grouped = new Map<string, Set<string>>()
  for (const { issuerDomainPolicy: source, subjectDomainPolicy: target } of mappings) {
    const targets = grouped.get(source)
    if (targets === undefined) grouped.set(source, new Set([target]))
    else targets.add(target)
  }
  return grouped
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
  readonly #budget: PolicyBudget

  /** @param count certificates of the path, with its anchor: n + 1 in the RFC. */
  constructor(count: number, inputs: CertificatePolicyInputs, budget: PolicyBudget) {
    this.#budget = budget
    this.#explicitPolicy = inputs.requireExplicitPolicy ? 0 : count
    this.#inhibitAnyPolicy = inputs.inhibitAnyPolicy ? 0 : count
    this.#policyMapping = inputs.inhibitPolicyMapping ? 0 : count
  }

  /** What the anchor says holds for all below; unlike others it need not name policies. */
  enterAnchor(anchor: Certificate): void {
    if (statementOf(anchor).stated !== undefined) this.enter(anchor, false)
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
    const { stated = [], statesAny } = statementOf(certificate)
    const expecting = this.#expecting()
    const level: Level = new Map()
    this.#budget.nodes -= stated.length
    for (const policy of stated) {
      if (policy !== ANY_POLICY) addNode(level, policy, expecting.get(policy), this.#hasAny)
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
    const asked = new Set(initialPolicySet)
    const found = new Set<string>(this.#hasAny ? [ANY_POLICY] : [])
    const seen = new Set<PolicyNode>()
    const waiting = [...this.#level.values()]
    for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
      if (seen.has(node)) continue
      seen.add(node)
      this.#budget.nodes -= 1 + node.parents.length
      if (this.#budget.nodes < 0) return []
      if (node.parents.length === 0 && (isAnyAsked || asked.has(node.policy))) found.add(node.policy)
      for (const parent of node.parents) waiting.push(parent)
    }
    return [...found].toSorted()
  }

  /** By each policy expected of the next certificate, the nodes that expect it. */
  #expecting(): Map<string, PolicyNode[]> {
    const expecting = new Map<string, PolicyNode[]>()
    for (const node of this.#level.values()) {
      this.#budget.nodes -= node.mappedTo?.size ?? 1
      if (this.#budget.nodes < 0) break
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
    const { mappings } = statementOf(certificate)
    this.#budget.nodes -= mappings.size
    for (const [source, targets] of mappings) {
      if (this.#policyMapping === 0) {
        this.#level.delete(source)
        continue
      }
      if (!this.#level.has(source) && this.#hasAny) addNode(this.#level, source, undefined, true)
      const node = this.#level.get(source)
      if (node !== undefined) node.mappedTo = targets
    }
  }
}

/** RFC 5280 section 6.1.3 (d) (1): below those that expect the policy, else below anyPolicy if there is that. */
function addNode(level: Level, policy: string, parents: readonly PolicyNode[] | undefined, isUnderAny: boolean): void {
  if (level.has(policy)) return
  if (parents !== undefined) level.set(policy, { policy, parents, mappedTo: null })
  else if (isUnderAny) level.set(policy, { policy, parents: [], mappedTo: null })
}
