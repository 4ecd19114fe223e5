/**
 * Validation policies from the command line: a profile, the changes of a JSON file to it, and those
 * of single options. What a file or an option names and there is not is refused, never passed over:
 * a rule that was misspelled would hold otherwise than its writer thinks.
 */

import {
  createPolicy,
  POLICIES,
  RULE_NAMES,
  type RuleName,
  type Severity,
  type ValidationPolicy,
} from '../x509/index.ts'
import { CommandError } from './command-error.ts'
import { EXIT } from './exit-codes.ts'
import { readFile } from './files.ts'

export interface PolicyOptions {
  readonly profile?: string
  readonly policy?: string
  readonly rule?: readonly string[]
  readonly revocation?: string
  readonly maxDepth?: number
}

/**
 * The policy that the options describe: the file changes the profile, the other options change both.
 * @throws {CommandError}
 */
export function readPolicy(options: PolicyOptions): ValidationPolicy {
  const { profile = 'tls', policy: file, rule = [], revocation, maxDepth } = options
  const base = POLICIES[profile as keyof typeof POLICIES]
  const fromFile = file === undefined ? base : readPolicyFile(file, base)
  return createPolicy(fromFile, {
    ...(rule.length === 0 ? {} : { rules: Object.fromEntries(rule.map(readRule)) }),
    ...(revocation === undefined ? {} : { revocation: { mode: revocation as ValidationPolicy['revocation']['mode'] } }),
    ...(maxDepth === undefined ? {} : { maxIntermediates: maxDepth }),
  })
}

/** `base` with the changes of the file `path`. */
function readPolicyFile(path: string, base: ValidationPolicy): ValidationPolicy {
  let changes: unknown
  try {
    changes = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(readFile(path)))
  } catch (error) {
    if (error instanceof CommandError) throw error
    throw new CommandError(EXIT.file, `'${path}' is not JSON: ${(error as Error).message}`)
  }
  if (typeof changes !== 'object' || changes === null || Array.isArray(changes)) {
    throw new CommandError(EXIT.file, `'${path}' is no policy: it needs to be an object`)
  }
  try {
    return createPolicy(base, changes)
  } catch (error) {
    if (!(error instanceof TypeError)) throw error
    throw new CommandError(EXIT.file, `'${path}' is no policy: ${error.message}`, adviceOn(error.message))
  }
}

/** The names that may have been meant, where one is not known. */
function adviceOn(message: string): string {
  const unknown = /has no rule '(.*)'/.exec(message)?.[1]
  return unknown === undefined ? '' : similarRules(unknown)
}

const SEVERITIES: readonly Severity[] = ['refuse', 'warn', 'ignore']

/** `NAME=refuse`. */
function readRule(text: string): [RuleName, Severity] {
  const [, name = text, severity = ''] = /^([^=]*)=(.*)$/s.exec(text) ?? []
  if (!isRuleName(name)) {
    throw new CommandError(EXIT.usage, `--rule: there is no rule '${name}'`, similarRules(name))
  }
  if (severity === '') {
    throw new CommandError(EXIT.usage, `--rule: needs NAME=refuse, NAME=warn or NAME=ignore, has '${text}'`)
  }
  if (!isSeverity(severity)) {
    throw new CommandError(EXIT.usage, `--rule: ${name} needs to be set to refuse, warn or ignore, has '${severity}'`)
  }
  return [name, severity]
}

/** The rules that may have been meant, or where all of them are. */
function similarRules(text: string): string {
  const start = text.slice(0, 3)
  const near = RULE_NAMES.filter(
    (name) => text.length > 2 && (name.includes(text) || name.split('-').some((word) => word.startsWith(start))),
  )
  if (near.length > 0) return `There is ${near.slice(0, 8).join(', ')}.`
  return 'handfast verify --json lists every rule among its checks.'
}

function isRuleName(name: unknown): name is RuleName {
  return (RULE_NAMES as readonly unknown[]).includes(name)
}

function isSeverity(severity: unknown): severity is Severity {
  return (SEVERITIES as readonly unknown[]).includes(severity)
}
