/**
 * `npm run suites:x509 -- FILE.ndjson...`: certificate suites, a case a line, judged by handfast.
 *
 *   --profile NAME   `rfc5280`, `webpki`, or `auto` (default): ids that begin `webpki::` by webpki, all
 *                    others by rfc5280
 *   --json           the result as JSON on standard output
 *   --verbose        with each case that failed, what was answered and why
 *
 * Exit codes: 0 everything passed; 1 something did not; 2 usage, or a file that cannot be read.
 */

import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { recordOf, renderSuites } from './report.ts'
import { type ProfileChoice, runSuite, type SuiteResult } from './runner.ts'

const PROFILES: readonly ProfileChoice[] = ['auto', 'rfc5280', 'webpki']
const USAGE = `usage: npm run suites:x509 -- FILE.ndjson... [--profile ${PROFILES.join('|')}] [--json] [--verbose]`

process.exitCode = main(process.argv.slice(2))

function main(args: readonly string[]): number {
  if (args.includes('--help') || args.includes('-h')) {
    process.stdout.write(`${USAGE}\n`)
    return 0
  }
  const options = readOptions(args)
  if (typeof options === 'string') return refuse(`${options}\n${USAGE}`)
  const suites: SuiteResult[] = []
  for (const file of options.files) {
    let text: string
    try {
      // npm runs scripts in the package's folder, and says where it was called.
      text = readFileSync(resolve(process.env['INIT_CWD'] ?? '', file), 'utf8')
    } catch (error) {
      return refuse(`${file} cannot be read: ${(error as Error).message}`)
    }
    suites.push(runSuite(file, text, options.profile))
  }
  const output = options.json
    ? JSON.stringify({ suites: suites.map(recordOf) }, null, 2)
    : renderSuites(suites, options.verbose)
  process.stdout.write(`${output}\n`)
  return suites.every(({ cases }) => cases.every(({ outcome }) => outcome === 'passed')) ? 0 : 1
}

function refuse(message: string): number {
  process.stderr.write(`suites:x509: ${message}\n`)
  return 2
}

interface Options {
  readonly files: readonly string[]
  readonly profile: ProfileChoice
  readonly json: boolean
  readonly verbose: boolean
}

/** The options, or what is wrong with them. */
function readOptions(args: readonly string[]): Options | string {
  const flag = { type: 'boolean', default: false } as const
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      options: { profile: { type: 'string', default: 'auto' }, json: flag, verbose: flag },
      allowPositionals: true,
    })
    const profile = PROFILES.find((name) => name === values.profile)
    if (profile === undefined) return `--profile needs ${PROFILES.join(', ')}, has '${values.profile}'`
    if (positionals.length === 0) return 'needs a suite, has none'
    return { files: positionals, profile, json: values.json, verbose: values.verbose }
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}
