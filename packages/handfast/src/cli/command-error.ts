/** How a verb ends early: with an exit code, what is wrong in one sentence, and what to do next in another. */

import { EXIT, type ExitCode } from './exit-codes.ts'

export class CommandError extends Error {
  override readonly name = 'CommandError'
  readonly exitCode: ExitCode
  /** What to do next; empty if there is nothing to be said. */
  readonly advice: string

  constructor(exitCode: ExitCode, message: string, advice = '') {
    super(message)
    this.exitCode = exitCode
    this.advice = advice
  }
}

/**
 * What an API of handfast refused, as a matter of usage. Its refusals name the option and what it
 * needs; any other TypeError is a defect, and stays one.
 */
export function usageOf(error: unknown): unknown {
  if (!(error instanceof TypeError) || !/^[\w.[\]]+: needs /.test(error.message)) return error
  return new CommandError(EXIT.usage, error.message)
}
