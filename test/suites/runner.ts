/** Runs suites and says how they went. */

import { type SuiteCase, readCase } from './case.ts'
import { judge, type Profile } from './translation.ts'

/** `auto`: cases whose id begins `webpki::` by webpki, all others by rfc5280. */
export type ProfileChoice = Profile | 'auto'

export type Outcome = 'passed' | 'wronglyAccepted' | 'wronglyRefused' | 'errors'

export interface CaseResult {
  readonly id: string
  readonly outcome: Outcome
  /** Empty if the line is no case. */
  readonly expected: string
  /** What was answered and why, or the error. */
  readonly answer: string
  readonly reason: string
  /** What the case is about, in the suite's words; empty if it does not say. */
  readonly about: string
  readonly milliseconds: number
}

export interface SuiteResult {
  /** As it was given. */
  readonly file: string
  readonly cases: readonly CaseResult[]
}

/** @param text of the suite: a case a line. Nothing in it makes this throw. */
export function runSuite(file: string, text: string, choice: ProfileChoice): SuiteResult {
  const cases: CaseResult[] = []
  for (const [index, line] of text.split('\n').entries()) {
    if (line.trim() !== '') cases.push(runTimed(line, index + 1, choice))
  }
  return { file, cases }
}

/** Milliseconds from which a case is run again: a machine has other things to do as well, and the least time counts. */
const SUSPECT = 50

function runTimed(line: string, number: number, choice: ProfileChoice): CaseResult {
  let result = runCase(line, number, choice)
  for (let again = 0; again < 2 && result.milliseconds > SUSPECT; again++) {
    const next = runCase(line, number, choice)
    if (next.milliseconds < result.milliseconds) result = next
  }
  return result
}

function runCase(line: string, number: number, choice: ProfileChoice): CaseResult {
  const began = performance.now()
  let test: SuiteCase | undefined
  let result: Omit<CaseResult, 'id' | 'milliseconds' | 'about'>
  try {
    test = readCase(line)
    const { answer, reason } = judge(test, profileFor(test.id, choice))
    result = { outcome: outcomeOf(test.expected, answer), expected: test.expected, answer, reason }
  } catch (error) {
    const reason = error instanceof Error ? `${error.name}: ${error.message}` : String(error)
    result = { outcome: 'errors', expected: test?.expected ?? '', answer: 'error', reason }
  }
  const about = test?.type === 'chain' ? test.about : test?.type === 'ocsp' ? test.verifyResult : ''
  return { id: test?.id ?? `line ${number}`, about, milliseconds: performance.now() - began, ...result }
}

function profileFor(id: string, choice: ProfileChoice): Profile {
  if (choice !== 'auto') return choice
  return id.startsWith('webpki::') ? 'webpki' : 'rfc5280'
}

/** From the most to the least trusting. */
const ANSWERS = ['SUCCESS', 'GOOD', 'UNKNOWN', 'REVOKED', 'FAILURE']

function outcomeOf(expected: string, answer: string): Outcome {
  if (answer === expected) return 'passed'
  return ANSWERS.indexOf(answer) < ANSWERS.indexOf(expected) ? 'wronglyAccepted' : 'wronglyRefused'
}
