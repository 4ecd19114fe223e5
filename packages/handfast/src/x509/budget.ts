/**
 * Budgets: the most work that is done for one verdict, however hostile the certificates. What would
 * go beyond ends the search with `budget-exceeded`, never with trust.
 */

import type { ComparisonBudget } from './name-constraints.ts'
import type { PolicyBudget } from './policies.ts'
import { quotedText } from './printable-text.ts'

/**
 * The most work of each kind that one verdict may cost: whole numbers from 0 on, `pathLength` from 1. Also what was
 * done, by the same names (`Explanation.used`).
 */
export interface Budgets {
  /** Certificates in a path, leaf and anchor included. A longer path is given up, the search goes on. */
  readonly pathLength: number
  /** Steps from a certificate to a possible issuer that are tried. */
  readonly pathSteps: number
  /** Signatures of certificates that are checked. */
  readonly signatureChecks: number
  /**
   * Signatures of evidence that are checked: CRLs, OCSP responses, timestamps, and the certificates of those who signed
   * them. What is beyond is not judged: nothing is good then, as what was not judged might say otherwise. A third is
   * kept for the keys of the path itself, and a third for what the host supplies.
   */
  readonly evidenceChecks: number
  /** Comparisons of a name with a name constraint. */
  readonly nameComparisons: number
  /** Certificate policies and mappings that are followed, on every path anew. */
  readonly policyNodes: number
  /** Failed paths that are kept for the explanation. */
  readonly triedPaths: number
}

/** More than any chain of the Web PKI needs, by an order of magnitude. */
export const DEFAULT_BUDGETS: Budgets = Object.freeze({
  pathLength: 16,
  pathSteps: 1000,
  signatureChecks: 100,
  evidenceChecks: 120,
  nameComparisons: 250_000,
  policyNodes: 100_000,
  triedPaths: 50,
})

/**
 * The budgets of a request, complete.
 * @throws {TypeError} what is no whole number from 0 on (a path has 1 certificate at least), or no budget.
 */
export function readBudgets(given: Partial<Budgets> | undefined): Budgets {
  if (given === undefined) return DEFAULT_BUDGETS
  if (typeof given !== 'object' || given === null) {
    throw new TypeError(`budgets: needs an object, has ${String(given)}`)
  }
  const unknown = Object.keys(given).find((name) => !Object.hasOwn(DEFAULT_BUDGETS, name))
  if (unknown !== undefined) {
    throw new TypeError(`budgets: needs ${Object.keys(DEFAULT_BUDGETS).join(', ')}, has ${quotedText(unknown)}`)
  }
  return {
    pathLength: readBudget(given, 'pathLength', 1),
    pathSteps: readBudget(given, 'pathSteps'),
    signatureChecks: readBudget(given, 'signatureChecks'),
    evidenceChecks: readBudget(given, 'evidenceChecks'),
    nameComparisons: readBudget(given, 'nameComparisons'),
    policyNodes: readBudget(given, 'policyNodes'),
    triedPaths: readBudget(given, 'triedPaths'),
  }
}

/** Read once: what is used is what was checked, whether it is a field or found out by a getter. */
function readBudget(given: Partial<Budgets>, name: keyof Budgets, least = 0): number {
  const value: unknown = given[name]
  if (value === undefined) return DEFAULT_BUDGETS[name]
  if (Number.isSafeInteger(value) && (value as number) >= least) return value as number
  throw new TypeError(`budgets.${name}: needs a whole number from ${least} on, has ${String(value)}`)
}

/**
 * Who is behind a check of evidence: both it and the key are of the host or of certificates in the path that is judged;
 * the host alone; the peer has supplied one of them.
 */
export type Standing = 'path' | 'given' | 'presented'

/** What a search for a path counts against. */
export type SearchMeter = Pick<
  Meter,
  'budgets' | 'exceeded' | 'message' | 'allowsLength' | 'takeStep' | 'takeSignatureCheck'
>

/** Counts the work of one verdict against its budgets. */
export class Meter {
  readonly budgets: Budgets
  /** Counted down by whoever compares names. */
  readonly nameComparisons: ComparisonBudget
  /** Counted down by whoever follows policies. */
  readonly policyNodes: PolicyBudget
  #pathLength = 1
  #pathSteps = 0
  #signatureChecks = 0
  #evidenceChecks = 0
  /** Of these, with keys that are not the path's; and those the peer has a part in. */
  #strangeChecks = 0
  #presentedChecks = 0
  #hasUnjudged = false
  #exceeded: keyof Budgets | null = null

  constructor(budgets: Budgets) {
    this.budgets = budgets
    this.nameComparisons = { comparisons: budgets.nameComparisons }
    this.policyNodes = { nodes: budgets.policyNodes }
  }

  /** The budget that ended the work; null if none did. */
  get exceeded(): keyof Budgets | null {
    if (this.nameComparisons.comparisons < 0) return 'nameComparisons'
    return this.policyNodes.nodes < 0 ? 'policyNodes' : this.#exceeded
  }

  /** Which budget ended the work, in a sentence. */
  get message(): string {
    return messageOf(this.exceeded, this.budgets)
  }

  /** True if a path may have `length` certificates. */
  allowsLength(length: number): boolean {
    if (length > this.budgets.pathLength) return false
    if (length > this.#pathLength) this.#pathLength = length
    return true
  }

  /** One more step from certificate to issuer; false if it is one too many. */
  takeStep(): boolean {
    if (this.#pathSteps < this.budgets.pathSteps) {
      this.#pathSteps++
      return true
    }
    this.#exceeded ??= 'pathSteps'
    return false
  }

  /** One more signature; false if it is one too many. */
  takeSignatureCheck(): boolean {
    if (this.#signatureChecks < this.budgets.signatureChecks) {
      this.#signatureChecks++
      return true
    }
    this.#exceeded ??= 'signatureChecks'
    return false
  }

  /**
   * One more signature of evidence; false if it is one too many for those of this standing. Whoever stands lower can use
   * up nothing that is kept for those above.
   */
  takeEvidenceCheck(standing: Standing): boolean {
    const { evidenceChecks } = this.budgets
    const isOver =
      this.#evidenceChecks >= evidenceChecks ||
      (standing !== 'path' && this.#strangeChecks >= Math.ceil((2 * evidenceChecks) / 3)) ||
      (standing === 'presented' && this.#presentedChecks >= Math.ceil(evidenceChecks / 3))
    if (isOver) return false
    this.#evidenceChecks++
    if (standing !== 'path') this.#strangeChecks++
    if (standing === 'presented') this.#presentedChecks++
    return true
  }

  /** True once evidence of revocation was left unjudged, for want of the budget or by another limit. */
  get hasUnjudged(): boolean {
    return this.#hasUnjudged
  }

  /** Evidence of revocation is left unjudged. */
  leaveUnjudged(): void {
    this.#hasUnjudged = true
  }

  /** For the search for the path of someone who signed evidence: its signatures count as evidence does. */
  forEvidence(standing: Standing): SearchMeter {
    return new EvidenceMeter(this, standing)
  }

  /** The work done so far. @param triedPaths how many failed paths were kept. */
  used(triedPaths: number): Budgets {
    return {
      pathLength: this.#pathLength,
      pathSteps: this.#pathSteps,
      signatureChecks: this.#signatureChecks,
      evidenceChecks: this.#evidenceChecks,
      nameComparisons: this.budgets.nameComparisons - Math.max(0, this.nameComparisons.comparisons),
      policyNodes: this.budgets.policyNodes - Math.max(0, this.policyNodes.nodes),
      triedPaths,
    }
  }
}

class EvidenceMeter implements SearchMeter {
  readonly #meter: Meter
  readonly #standing: Standing
  #isOver = false

  constructor(meter: Meter, standing: Standing) {
    this.#meter = meter
    this.#standing = standing
  }

  get budgets(): Budgets {
    return this.#meter.budgets
  }

  get exceeded(): keyof Budgets | null {
    return this.#meter.exceeded ?? (this.#isOver ? 'evidenceChecks' : null)
  }

  get message(): string {
    return messageOf(this.exceeded, this.budgets)
  }

  allowsLength(length: number): boolean {
    return this.#meter.allowsLength(length)
  }

  takeStep(): boolean {
    return this.#meter.takeStep()
  }

  takeSignatureCheck(): boolean {
    if (this.#meter.takeEvidenceCheck(this.#standing)) return true
    this.#isOver = true
    this.#meter.leaveUnjudged()
    return false
  }
}

function messageOf(exceeded: keyof Budgets | null, budgets: Budgets): string {
  const name = exceeded ?? 'pathLength'
  return `No path was found within the budget ${name}: ${BUDGET_TEXT[name](budgets[name])}.`
}

const BUDGET_TEXT: Readonly<Record<keyof Budgets, (limit: number) => string>> = {
  pathLength: (limit) => `${limit} certificates in a path`,
  pathSteps: (limit) => `${limit} steps from certificate to issuer`,
  signatureChecks: (limit) => `${limit} signature checks`,
  evidenceChecks: (limit) => `${limit} signature checks of evidence`,
  nameComparisons: (limit) => `${limit} comparisons of names with name constraints`,
  policyNodes: (limit) => `${limit} certificate policies and mappings followed`,
  triedPaths: (limit) => `${limit} failed paths kept`,
}
