/**
 * Certificate policies (RFC 5280 sections 6.1.2 to 6.1.5) for a caller who asks for no policy in
 * particular: user-initial-policy-set is anyPolicy, and nothing is required or inhibited at first.
 *
 * Then only one thing can go wrong: some certificate requires an explicit policy, and none is valid
 * for the whole path. Whether one is shows in the deepest level of the valid_policy_tree alone, as
 * its pruned branches never come back; so one level is kept, each policy once, and the exponential
 * growth that RFC 9618 warns of cannot happen.
 *
 * Left out: policies asked for by the caller, and telling which are valid.
 */

import type { Problem } from './build-path.ts'
import type { Certificate } from './certificate.ts'

const ANY_POLICY = '2.5.29.32.0'

/**
 * What speaks against `path`, leaf first, anchor last; null if nothing. What the anchor says of
 * policies holds as well.
 * @throws {CertificateError} a malformed extension.
 */
export function findPolicyProblem(path: readonly Certificate[]): Problem | null {
  if (path.length === 1 || !path.some(requiresPolicy)) return null
  const state = new PolicyState(path)
  for (let i = path.length - 2; i >= 0; i--) {
    const certificate = path[i] as Certificate
    state.narrow(certificate, i > 0 && certificate.isSelfIssued)
    if (state.isViolated()) return noPolicy(certificate)
    if (i > 0) state.descend(certificate)
    else state.finish(certificate)
  }
  return state.isViolated() ? noPolicy(path[0] as Certificate) : null
}

/** Without this, no policy can refuse a path; and nearly no certificate has it. */
function requiresPolicy(certificate: Certificate): boolean {
  return certificate.extensions.policyConstraints?.requireExplicitPolicy !== undefined
}

function noPolicy(certificate: Certificate): Problem {
  const message =
    'certificatePolicies: needs a policy that is valid for the whole path, as one above requires it, has none'
  return { reason: 'policy', certificate, message }
}

class PolicyState {
  /** Section 6.1.2 (d) to (f): how many more certificates may come before each takes hold. */
  #explicitPolicy: number
  #inhibitAnyPolicy: number
  #policyMapping: number
  /** valid_policy to expected_policy_set of the deepest nodes; empty when the tree is NULL. */
  #level: ReadonlyMap<string, ReadonlySet<string>> = new Map([[ANY_POLICY, new Set([ANY_POLICY])]])

  /** Before the first certificate below the anchor: n + 1 is the length of the path with its anchor. */
  constructor(path: readonly Certificate[]) {
    this.#explicitPolicy = path.length
    this.#inhibitAnyPolicy = path.length
    this.#policyMapping = path.length
    const anchor = path.at(-1) as Certificate
    if (anchor.extensions.certificatePolicies !== undefined) this.narrow(anchor, false)
    this.#map(anchor)
    this.#constrain(anchor)
  }

  /** Section 6.1.3 (f). */
  isViolated(): boolean {
    return this.#explicitPolicy === 0 && this.#level.size === 0
  }

  /** Section 6.1.3 (d) and (e): the policies of the next certificate. */
  narrow(certificate: Certificate, isSelfIssuedIntermediate: boolean): void {
    const policies = new Set(certificate.extensions.certificatePolicies?.map(({ policy }) => policy))
    const expected = new Set([...this.#level.values()].flatMap((set) => [...set]))
    const next = new Map<string, ReadonlySet<string>>()
    for (const policy of policies) {
      if (policy === ANY_POLICY) continue
      if (expected.has(policy) || this.#level.has(ANY_POLICY)) next.set(policy, new Set([policy]))
    }
    if (policies.has(ANY_POLICY) && (this.#inhibitAnyPolicy > 0 || isSelfIssuedIntermediate)) {
      for (const policy of expected) if (!next.has(policy)) next.set(policy, new Set([policy]))
    }
    this.#level = next
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

  /** Section 6.1.4 (i) and (j). */
  #constrain(certificate: Certificate): void {
    const { policyConstraints, inhibitAnyPolicy = Infinity } = certificate.extensions
    const { requireExplicitPolicy = Infinity, inhibitPolicyMapping = Infinity } = policyConstraints ?? {}
    this.#explicitPolicy = Math.min(this.#explicitPolicy, requireExplicitPolicy)
    this.#policyMapping = Math.min(this.#policyMapping, inhibitPolicyMapping)
    this.#inhibitAnyPolicy = Math.min(this.#inhibitAnyPolicy, inhibitAnyPolicy)
  }

  /** Section 6.1.5 (a) and (b). */
  finish(leaf: Certificate): void {
    this.#explicitPolicy = Math.max(0, this.#explicitPolicy - 1)
    if (leaf.extensions.policyConstraints?.requireExplicitPolicy === 0) this.#explicitPolicy = 0
  }

  /** Section 6.1.4 (b). */
  #map(certificate: Certificate): void {
    const mappings = certificate.extensions.policyMappings ?? []
    if (mappings.length === 0) return
    const next = new Map(this.#level)
    const bySource = Map.groupBy(mappings, ({ issuerDomainPolicy }) => issuerDomainPolicy)
    for (const [source, targets] of bySource) {
      if (this.#policyMapping === 0) next.delete(source)
      else if (this.#level.has(source) || this.#level.has(ANY_POLICY)) {
        next.set(source, new Set(targets.map(({ subjectDomainPolicy }) => subjectDomainPolicy)))
      }
    }
    this.#level = next
  }
}
