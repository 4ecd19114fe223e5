/**
 * `config.json`: which tests are not run and why, and which errors of ours stand for several of BoringSSL's. The
 * runner reads `DisabledTests` and `ErrorMap`; `NotYet` are tests of features that are to come, which are disabled
 * until then.
 */

export interface Config {
  /** Reasons by the glob of the tests' names. */
  readonly DisabledTests: Readonly<Record<string, string>>
  readonly NotYet?: Readonly<Record<string, string>>
  readonly ErrorMap: Readonly<Record<string, readonly string[]>>
  /** NewSessionTickets that a server sends with its flight, which is never. */
  readonly HalfRTTTickets?: number
}

/** A test that is not run. */
export interface Disabled {
  readonly glob: string
  readonly reason: string
}

export interface ReadConfig {
  readonly disabled: readonly Disabled[]
  /** What the runner is given. */
  readonly forRunner: Omit<Config, 'NotYet'>
}

export function readConfig({ NotYet = {}, ...config }: Config): ReadConfig {
  const DisabledTests = { ...config.DisabledTests, ...NotYet }
  return {
    disabled: Object.entries(DisabledTests).map(([glob, reason]) => ({ glob, reason })),
    forRunner: { ...config, DisabledTests },
  }
}

/** As the runner matches names: `*` for anything, `?` for one character, `[...]` for one of several. */
export function globPattern(glob: string): RegExp {
  const source = glob
    .replace(/[.+^${}()|\\]/g, '\\$&')
    .replaceAll('*', '[^/]*')
    .replaceAll('?', '[^/]')
  return new RegExp(`^${source}$`)
}
