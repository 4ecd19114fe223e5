/**
 * `npm run fuzz:differential -- --count 20000 --seed N [--role client|server] [--oracle node|openssl] [--json]`:
 * spoilt handshakes, played to handfast and to OpenSSL: the one inside this Node, or Debian's programs. What
 * they make of them, and each difference with its explanation. `--seed N --count 1` runs a case again.
 *
 * Exit codes: 0 every difference is explained; 1 one is not, or a case takes too long; 2 usage.
 */

import { parseArgs } from 'node:util'
import { Worker } from 'node:worker_threads'
import { stopChildren } from '../interop/child.ts'
import { told } from './comparison.ts'
import type { Implementation } from './counterpart.ts'
import { nodeTls } from './node.ts'
import { hasOpenssl, opensslPrograms } from './openssl.ts'
import { planOf } from './plan.ts'
import type { Role } from './scenario.ts'
import { storyOf, type Trial, trial } from './trial.ts'

const ROLES = ['server', 'client'] as const
const ORACLES = ['node', 'openssl'] as const
const USAGE =
  'usage: npm run fuzz:differential -- [--count N] [--seed N] [--role client|server] [--oracle node|openssl] [--json]'
/** Unexplained differences after which there is nothing new to learn. */
const MOST_FAILURES = 50

process.exitCode = await main(process.argv.slice(2))

interface Options {
  readonly count: number
  readonly seed: number
  readonly roles: readonly Role[]
  readonly oracle: (typeof ORACLES)[number]
  readonly isJson: boolean
}

async function main(args: readonly string[]): Promise<number> {
  const options = readOptions(args)
  if (typeof options === 'string') {
    process.stderr.write(`fuzz:differential: ${options}\n${USAGE}\n`)
    return 2
  }
  if (options.oracle === 'openssl' && !hasOpenssl()) {
    process.stderr.write('fuzz:differential: missing peer: openssl\n')
    return 2
  }
  const other = options.oracle === 'node' ? nodeTls() : await opensslPrograms()
  const watch = new Int32Array(new SharedArrayBuffer(8))
  const watchdog = new Worker(new URL('./watchdog.ts', import.meta.url), { workerData: watch })
  let isSound = true
  try {
    for (const role of options.roles) isSound = (await runRole(role, options, other, watch)) && isSound
  } finally {
    await watchdog.terminate()
    await other.stop()
    await stopChildren()
  }
  return isSound ? 0 : 1
}

/** Whether all of the role's cases were sound. */
async function runRole(role: Role, options: Options, other: Implementation, watch: Int32Array): Promise<boolean> {
  const { count, seed: first, isJson } = options
  const counts = new Map<string, number>()
  const explained = new Map<string, Trial[]>()
  const unexplained: Trial[] = []
  const began = performance.now()
  let cases = 0
  for (let seed = first; seed < first + count && unexplained.length < MOST_FAILURES; seed++, cases++) {
    watch[0] = seed
    Atomics.add(watch, 1, 1)
    const result = await trial(planOf(seed, role), other)
    const kind = result.kind === 'same' ? `same: ${result.ours.verdict}` : result.kind
    counts.set(kind, (counts.get(kind) ?? 0) + 1)
    if (!result.isSound) unexplained.push(result)
    const rule = result.explanation?.rule
    if (rule !== undefined) explained.set(rule, [...(explained.get(rule) ?? []), result])
  }
  const seconds = (performance.now() - began) / 1000
  if (isJson) {
    const differences = [...[...explained.values()].flat(), ...unexplained].map(described)
    const report = { role, oracle: other.version, seed: first, cases, seconds, counts: Object.fromEntries(counts) }
    process.stdout.write(`${JSON.stringify({ ...report, differences })}\n`)
    return unexplained.length === 0
  }
  print(`${role} under test, beside ${other.version}: ${cases} cases from seed ${first}, ${seconds.toFixed(1)} s`)
  for (const [kind, number] of [...counts].toSorted()) print(`  ${String(number).padStart(6)}  ${kind}`)
  for (const [rule, trials] of explained) {
    const { plan, kind, ours, theirs } = trials[0] as Trial
    print(`  ${String(trials.length).padStart(6)}  ${kind}: ${rule}`)
    print(`          as seed ${plan.seed}: ${told(ours)}, and there ${told(theirs)}`)
  }
  for (const one of unexplained) print(`UNEXPLAINED ${JSON.stringify(described(one))}`)
  print(unexplained.length === 0 ? 'every difference is explained' : `${unexplained.length} differences unexplained`)
  return unexplained.length === 0
}

function described({ plan, kind, ours, theirs, explanation }: Trial): Record<string, unknown> {
  const story = storyOf(plan, ours)
  return { seed: plan.seed, kind, ours: told(ours), theirs: told(theirs), story, rule: explanation?.rule ?? null }
}

function print(line: string): void {
  process.stdout.write(`${line}\n`)
}

function readOptions(args: readonly string[]): Options | string {
  const text = { type: 'string' } as const
  try {
    const { values } = parseArgs({
      args: [...args],
      options: { count: text, seed: text, role: text, oracle: text, json: { type: 'boolean' } },
    })
    const count = Number(values.count ?? 2000)
    const seed = Number(values.seed ?? 1)
    if (!Number.isSafeInteger(count) || count < 1) return `--count needs a whole number from 1, has '${values.count}'`
    if (!Number.isSafeInteger(seed) || seed < 0) return `--seed needs a whole number from 0, has '${values.seed}'`
    const roles = ROLES.filter((role) => values.role === undefined || values.role === role)
    if (roles.length === 0) return `--role needs ${ROLES.join(' or ')}, has '${values.role}'`
    const oracle = ORACLES.find((name) => name === (values.oracle ?? 'node'))
    if (oracle === undefined) return `--oracle needs ${ORACLES.join(' or ')}, has '${values.oracle}'`
    return { count, seed, roles, oracle, isJson: values.json === true }
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}
