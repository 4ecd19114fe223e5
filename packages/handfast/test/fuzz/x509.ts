/**
 * `npm run fuzz:x509 -- --count 100000 --seed N [--target NAME]`: spoilt certificates, CRLs, OCSP responses,
 * lists of timestamps and chains, and what came of them: how many ends of each kind, the slowest case,
 * the most memory. A failure names its seed; `--seed N --count 1` runs it again.
 *
 * Exit codes: 0 sound; 1 something was thrown or trusted that must not be, or took longer than a second; 2 usage.
 */

import { parseArgs } from 'node:util'
import { readSamples } from './x509-samples.ts'
import { type Target, TARGETS, type Trial, Trials } from './x509-trial.ts'

const USAGE = `usage: npm run fuzz:x509 -- [--count N] [--seed N] [--target ${TARGETS.join('|')}]`
/** A case takes some milliseconds at most; this is where it begins to be a finding. */
const MOST_MILLISECONDS = 1000
const SUSPECT_MILLISECONDS = 20
const MOST_FAILURES = 20

process.exitCode = main(process.argv.slice(2))

interface Slowest {
  readonly seed: number
  readonly target: string
  readonly length: number
  readonly milliseconds: number
}

function main(args: readonly string[]): number {
  if (args.includes('--help') || args.includes('-h')) {
    process.stdout.write(`${USAGE}\n`)
    return 0
  }
  const options = readOptions(args)
  if (typeof options === 'string') {
    process.stderr.write(`fuzz:x509: ${options}\n${USAGE}\n`)
    return 2
  }
  const samples = readSamples()
  for (const [name, { length }] of Object.entries(samples)) print(`${name}: ${length} samples`)
  const targets = TARGETS.filter((name) => options.target === undefined || name === options.target)
  const trials = new Trials(
    samples,
    targets.filter((name) => isPossible(name)),
  )
  const ends = new Map<string, number>()
  const slowest = new Map<Target, Slowest>()
  const failures: string[] = []
  const began = performance.now()
  for (let seed = options.seed; seed < options.seed + options.count && failures.length < MOST_FAILURES; seed++) {
    try {
      const { trial, milliseconds } = timed(trials, seed)
      const { target, end, length } = trial
      ends.set(`${target}: ${end}`, (ends.get(`${target}: ${end}`) ?? 0) + 1)
      if (milliseconds > (slowest.get(target)?.milliseconds ?? 0))
        slowest.set(target, { seed, target, length, milliseconds })
      if (milliseconds > MOST_MILLISECONDS) failures.push(`seed ${seed}: ${target}, ${Math.round(milliseconds)} ms`)
    } catch (error) {
      failures.push(`seed ${seed}: ${traceOf(error)}`)
    }
  }
  print(
    `\n${[...ends]
      .map(([end, count]) => `${end} ${count}`)
      .toSorted()
      .join('\n')}`,
  )
  for (const one of slowest.values()) {
    print(`slowest ${one.target}: ${one.milliseconds.toFixed(1)} ms, seed ${one.seed}, ${one.length} bytes`)
  }
  print(
    `${((performance.now() - began) / 1000).toFixed(1)} s; at most ${Math.round(process.resourceUsage().maxRSS / 1024)} MiB resident`,
  )
  for (const failure of failures) print(`FAILED ${failure}`)
  print(failures.length === 0 ? 'sound' : `${failures.length} failures`)
  return failures.length === 0 ? 0 : 1

  function isPossible(target: Target): boolean {
    const counts: Readonly<Record<Target, readonly unknown[]>> = {
      certificate: samples.certificates,
      crl: samples.crls,
      ocsp: samples.ocspResponses,
      timestamps: samples.timestampLists,
      chain: samples.chains,
    }
    return counts[target].length > 0
  }
}

/** What seems slow is run again: a machine has other things to do as well. */
function timed(trials: Trials, seed: number): { readonly trial: Trial; readonly milliseconds: number } {
  let least = Number.POSITIVE_INFINITY
  for (let runs = 0; ; runs++) {
    const start = performance.now()
    const trial = trials.run(seed)
    least = Math.min(least, performance.now() - start)
    if (least < SUSPECT_MILLISECONDS || runs === 2) return { trial, milliseconds: least }
  }
}

function print(line: string): void {
  process.stdout.write(`${line}\n`)
}

function traceOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error)
}

interface Options {
  readonly count: number
  readonly seed: number
  readonly target: string | undefined
}

function readOptions(args: readonly string[]): Options | string {
  const text = { type: 'string' } as const
  try {
    const { values } = parseArgs({ args: [...args], options: { count: text, seed: text, target: text } })
    const count = Number(values.count ?? 100_000)
    const seed = Number(values.seed ?? 1)
    if (!Number.isSafeInteger(count) || count < 1) return `--count needs a whole number from 1, has '${values.count}'`
    if (!Number.isSafeInteger(seed) || seed < 0) return `--seed needs a whole number from 0, has '${values.seed}'`
    if (values.target !== undefined && !TARGETS.some((name) => name === values.target)) {
      return `--target needs ${TARGETS.join(', ')}, has '${values.target}'`
    }
    return { count, seed, target: values.target }
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}
