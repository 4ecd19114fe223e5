/**
 * A vitest reporter that closes the run: every reason to skip, once, with how many tests it holds for
 * and beneath it their names, a line for each file; every failed test; then one plain line,
 * `N passed, N failed` or `N passed, N failed, N skipped`, alone and last.
 *
 * The line counts tests. Errors outside tests (a file that does not load, a hook that fails, a promise
 * that nobody awaited) are told in words above it, and count as one failure where no test failed.
 *
 * A skipped test without a reason fails the run: nobody could tell whether it matters. Give it with
 * `test(name, ({ skip }) => { skip(condition, 'why') ... })`, or write `test.todo('what is to come')`.
 * In CI (`CI=true`) a reason that begins with `missing peer` fails the run too: .ci/run installs them.
 */

import type { SerializedError } from 'vitest'
import type { Reporter, TestCase, TestModule, TestRunEndReason, Vitest } from 'vitest/node'

/** What a run came to. */
export interface RunOutcome {
  /** Number of tests that passed. */
  readonly passed: number
  /** Names of the tests that failed: `file > suite > test`. */
  readonly failed: readonly string[]
  /** Tests that were skipped, wrongly or not. */
  readonly skipped: readonly SkippedTest[]
  /** Number of errors outside tests. */
  readonly errors: number
  /** Whether vitest is content: false for a run that found no file, or was interrupted. */
  readonly isComplete: boolean
}

/** A test that did not run. */
export interface SkippedTest {
  /** From the root of the repository. */
  readonly file: string
  /** `suite > test`. */
  readonly name: string
  /** Undefined if none was given. */
  readonly reason: string | undefined
}

/** Whether skipping was wrong: without a reason, or in CI because another implementation is not there. */
export function isWronglySkipped(test: SkippedTest, inCi: boolean): boolean {
  return test.reason === undefined || (inCi && test.reason.startsWith('missing peer'))
}

/** The reporter itself; vitest.config.ts has it behind the default one. */
export class ClosingLine implements Reporter {
  #filtered = false

  onInit(vitest: Vitest): void {
    this.#filtered = vitest.config.testNamePattern !== undefined
  }

  onTestRunEnd(
    modules: readonly TestModule[],
    unhandledErrors: readonly SerializedError[],
    reason: TestRunEndReason,
  ): void {
    const tests = modules.flatMap((module) => [...module.children.allTests()])
    const outcome: RunOutcome = {
      passed: tests.filter((test) => test.result().state === 'passed').length,
      failed: tests.filter((test) => test.result().state === 'failed').map(nameOf),
      skipped: tests
        .filter((test) => test.result().state === 'skipped' && !isCasualty(test))
        .map(skippedTest)
        // With -t vitest skips everything else; that was asked for.
        .filter((test) => !this.#filtered || test.reason !== undefined),
      errors:
        modules.reduce((sum, module) => sum + module.errors().length, 0) +
        suiteErrors(modules) +
        unhandledErrors.length,
      isComplete: reason === 'passed',
    }
    const inCi = (process.env['CI'] ?? '') !== ''
    if (countFailed(outcome, inCi) > 0) process.exitCode = 1
    for (const line of closingLines(outcome, inCi)) console.log(line)
  }
}

/** Number of failed tests, wrongly skipped ones included; at least 1 if anything went wrong at all. */
export function countFailed({ passed, failed, skipped, errors, isComplete }: RunOutcome, inCi: boolean): number {
  const tests = failed.length + skipped.filter((test) => isWronglySkipped(test, inCi)).length
  // A name given with -t that fits no test is no success either, whatever vitest makes of it.
  const foundNone = passed + failed.length + skipped.length === 0
  return tests === 0 && (errors > 0 || foundNone || !isComplete) ? 1 : tests
}

/** The lines that close a run, in order. */
export function closingLines(outcome: RunOutcome, inCi: boolean): string[] {
  const { passed, failed, skipped, errors } = outcome
  const lines: string[] = []
  for (const [reason, tests] of Map.groupBy(skipped, (test) => test.reason)) {
    const wrong = tests.some((test) => isWronglySkipped(test, inCi))
    const heading = wrong ? 'Failed, because skipped' : 'Skipped'
    lines.push(`${heading}: ${reason ?? 'no reason given (`skip(condition, reason)`)'} (${tests.length})`)
    // A line for each file: what is missing is often missing for dozens of tests.
    for (const [file, group] of Map.groupBy(tests, (test) => test.file)) {
      lines.push(`  ${file}: ${group.map((test) => test.name).join('; ')}`)
    }
    lines.push('')
  }
  if (failed.length > 0) lines.push(`Failed (${failed.length})`, ...failed.map((name) => `  ${name}`), '')
  const count = countFailed(outcome, inCi)
  const wrong = skipped.filter((test) => isWronglySkipped(test, inCi)).length
  const failedTests = failed.length + wrong
  if (errors > 0) {
    const counted = count > failedTests ? ', counted as 1 failed' : ''
    lines.push(
      `${failedTests === 1 ? '1 test' : `${failedTests} tests`} failed, and ${errors} ${errors === 1 ? 'error' : 'errors'} outside tests${counted}`,
      '',
    )
  } else if (count > failedTests) {
    lines.push('No test was found, or the run was interrupted: counted as 1 failed', '')
  }
  const rest = skipped.length - wrong
  lines.push(`${passed} passed, ${count} failed${rest > 0 ? `, ${rest} skipped` : ''}`)
  return lines
}

function nameOf(test: TestCase): string {
  return `${test.module.relativeModuleId} > ${test.fullName}`
}

function skippedTest(test: TestCase): SkippedTest {
  const result = test.result()
  const note = result.state === 'skipped' ? result.note : undefined
  return {
    file: test.module.relativeModuleId,
    name: test.fullName,
    reason: note ?? (test.options.mode === 'todo' ? 'not written yet' : undefined),
  }
}

/** Not run because a hook around it failed, which is counted as the error it is. */
function isCasualty(test: TestCase): boolean {
  const result = test.result()
  return result.state === 'skipped' && result.note === undefined && test.options.mode === 'run'
}

function suiteErrors(modules: readonly TestModule[]): number {
  return modules.flatMap((module) => [...module.children.allSuites()]).reduce((sum, s) => sum + s.errors().length, 0)
}
