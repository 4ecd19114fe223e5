/**
 * Budgets: the most work that is done for one verdict, however hostile the certificates. What would
 * go beyond ends the search with `budget-exceeded`, never with trust.
 */

import type { ComparisonBudget } from './name-constraints.ts'

export interface Budgets {
  /** Certificates in a path, leaf and anchor included. A longer path is given up, the search goes on. */
  readonly pathLength: number
  /** Steps from a certificate to a possible issuer that are tried. */
  readonly pathSteps: number
  /** Signatures that are checked: certificates, CRLs, OCSP responses and timestamps. */
  readonly signatureChecks: number
  /** Comparisons of a name with a name constraint. */
  readonly nameComparisons: number
  /** Failed paths that are kept for the explanation. */
  readonly triedPaths: number
}

/** More than any chain of the Web PKI needs, by an order of magnitude. */
export const DEFAULT_BUDGETS: Budgets = {
  pathLength: 16,
  pathSteps: 1000,
  signatureChecks: 100,
  nameComparisons: 250_000,
  triedPaths: 50,
}

/**
 * The budgets of a request, complete.
 * @throws {TypeError} what is no whole number from 0 on (a path has 1 certificate at least), or no budget.
 */
export function readBudgets(given: Partial<Budgets> | undefined): Budgets {
  if (given === undefined) return DEFAULT_BUDGETS
  for (const [name, value] of Object.entries(given)) {
    if (!Object.hasOwn(DEFAULT_BUDGETS, name)) {
      throw new TypeError(`budgets: needs ${Object.keys(DEFAULT_BUDGETS).join(', ')}, has ${name}`)
    }
    const least = name === 'pathLength' ? 1 : 0
    if (value !== undefined && (!Number.isSafeInteger(value) || value < least)) {
      throw new TypeError(`budgets.${name}: needs a whole number from ${least} on, has ${String(value)}`)
    }
  }
  return {
    pathLength: given.pathLength ?? DEFAULT_BUDGETS.pathLength,
    pathSteps: given.pathSteps ?? DEFAULT_BUDGETS.pathSteps,
    signatureChecks: given.signatureChecks ?? DEFAULT_BUDGETS.signatureChecks,
    nameComparisons: given.nameComparisons ?? DEFAULT_BUDGETS.nameComparisons,
    triedPaths: given.triedPaths ?? DEFAULT_BUDGETS.triedPaths,
  }
}

/** Counts the work of one verdict against its budgets. */
export class Meter {
  readonly budgets: Budgets
  /** Counted down by whoever compares names. */
  readonly nameComparisons: ComparisonBudget
  #pathLength = 1
  #pathSteps = 0
  #signatureChecks = 0
  #exceeded: keyof Budgets | null = null

  constructor(budgets: Budgets) {
    this.budgets = budgets
    this.nameComparisons = { comparisons: budgets.nameComparisons }
  }

  /** The budget that ended the work; null if none did. */
  get exceeded(): keyof Budgets | null {
    return this.nameComparisons.comparisons < 0 ? 'nameComparisons' : this.#exceeded
  }

  /** Which budget ended the work, in a sentence. */
  get message(): string {
    const name = this.exceeded ?? 'pathLength'
    return `No path was found within the budget ${name}: ${BUDGET_TEXT[name](this.budgets[name])}.`
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

  /** The work done so far. @param triedPaths how many failed paths were kept. */
  used(triedPaths: number): Budgets {
    return {
      pathLength: this.#pathLength,
      pathSteps: this.#pathSteps,
      signatureChecks: this.#signatureChecks,
      nameComparisons: this.budgets.nameComparisons - Math.max(0, this.nameComparisons.comparisons),
      triedPaths,
    }
  }
}

const BUDGET_TEXT: Readonly<Record<keyof Budgets, (limit: number) => string>> = {
  pathLength: (limit) => `${limit} certificates in a path`,
  pathSteps: (limit) => `${limit} steps from certificate to issuer`,
  signatureChecks: (limit) => `${limit} signature checks`,
  nameComparisons: (limit) => `${limit} comparisons of names with name constraints`,
  triedPaths: (limit) => `${limit} failed paths kept`,
}
