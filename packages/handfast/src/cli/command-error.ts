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

/** How the command calls what an API of handfast calls otherwise. */
const OPTION_NAMES: Readonly<Record<string, string>> = {
  ALPNProtocols: '--alpn',
  alpnProtocols: '--alpn',
  ca: '--ca',
  cert: '--cert',
  ech: '--ech',
  cipherSuites: '--cipher-suites',
  groups: '--groups',
  handshakeTimeout: '--timeout',
  host: '--servername or HOST',
  key: '--key',
  maximumNameLength: '--max-name-length',
  port: '--port',
  serverName: '--servername or HOST',
  servername: '--servername or HOST',
  signatureSchemes: '--signature-schemes',
}

/**
 * What an API of handfast refused, as a matter of usage. Its refusals name the option and what it
 * needs; any other TypeError is a defect, and stays one.
 */
export function usageOf(error: unknown): unknown {
  if (!(error instanceof TypeError)) return error
  const match = /^([\w.[\]]+): (.*: )?needs /.exec(error.message)
  const [, option = ''] = match ?? []
  if (match === null) return error
  const name = Object.hasOwn(OPTION_NAMES, option) ? OPTION_NAMES[option] : option
  return new CommandError(EXIT.usage, `${name}${error.message.slice(option.length)}`)
}
