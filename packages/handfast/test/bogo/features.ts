/** All subjects, and the options of one connection as the shim's arguments say them. */

import type { Feature } from './feature.ts'
import { authenticationFeature, type AuthenticationOptions } from './flags/authentication.ts'
import { credentialFeature, type CredentialOptions } from './flags/credentials.ts'
import { echFeature, type EchOptions } from './flags/ech.ts'
import { earlyDataFeature, type EarlyDataOptions } from './flags/early-data.ts'
import { exchangeFeature, type ExchangeOptions } from './flags/exchange.ts'
import { type Flag, Unimplemented } from './flags/flag.ts'
import { negotiationFeature, type NegotiationOptions } from './flags/negotiation.ts'
import { processFeature, type ProcessOptions } from './flags/process.ts'
import { rawKeyFeature, type RawKeyOptions } from './flags/raw-keys.ts'
import { resumptionFeature, type ResumptionOptions } from './flags/resumption.ts'

export type Options = ProcessOptions &
  NegotiationOptions &
  CredentialOptions &
  AuthenticationOptions &
  RawKeyOptions &
  EchOptions &
  ResumptionOptions &
  EarlyDataOptions &
  ExchangeOptions

export const FEATURES: readonly Feature<Options>[] = [
  processFeature,
  negotiationFeature,
  rawKeyFeature,
  // Looks at a task that the one after it answers.
  echFeature,
  authenticationFeature,
  // Needs to know the schemes that the one before set.
  credentialFeature,
  resumptionFeature,
  earlyDataFeature,
  exchangeFeature,
]

const FLAGS: ReadonlyMap<string, Flag<Options>> = new Map(FEATURES.flatMap(({ flags }) => Object.entries(flags)))

/** The connections of a test may have options of their own: the first, those that resume, and one after refused early data. */
export interface TestOptions {
  readonly initial: Options
  readonly resume: Options
  readonly retry: Options
}

const PREFIX = /^-on-(initial|resume|retry)(?=-)/

/**
 * Reads the runner's arguments.
 * @throws {Unimplemented} for a flag that is not known.
 */
export function readArguments(args: readonly string[]): TestOptions {
  const options: TestOptions = { initial: {}, resume: {}, retry: {} }
  for (let i = 0; i < args.length; i++) {
    // There is no second process to do a part of the handshake.
    const argument = (args[i] as string).replace(/^-on-shim(?=-)/, '')
    const name = argument.replace(PREFIX, '')
    const flag = FLAGS.get(name)
    if (flag === undefined) throw new Unimplemented(`flag ${name}`)
    const value = flag.takesValue ? args[++i] : ''
    if (value === undefined) throw new TypeError(`${name}: needs a value, has none`)
    const only = PREFIX.exec(argument)?.[1] as keyof TestOptions | undefined
    for (const each of only === undefined ? (['initial', 'resume', 'retry'] as const) : [only]) {
      flag.set(options[each], value)
    }
  }
  return options
}
