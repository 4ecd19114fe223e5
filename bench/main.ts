/**
 * `npm run bench -- handshake|bulk|memory|sockets|x509 [--json] [--rounds N]`: handfast beside node:tls of the same
 * Node, or what else does the same, and beside the floor, the raw operations that the same work needs.
 *
 * With `--json` the result alone goes to standard output: `{rows: [{case, subject, median, unit}],
 * ratios: [{case, subject, versus, ratio}]}`. Exit codes: 0 measured, 1 a subject failed, 2 usage.
 */

import { parseArgs } from 'node:util'
import { type Bench, renderResult } from './result.ts'

/** Loaded only when asked for: one bench must not warm up or slow down another. */
const BENCHES: Readonly<Record<string, () => Promise<Bench>>> = {
  handshake: async () => (await import('./handshake.ts')).handshake,
  bulk: async () => (await import('./bulk.ts')).bulk,
  memory: async () => (await import('./memory.ts')).memory,
  sockets: async () => (await import('./sockets.ts')).sockets,
  x509: async () => (await import('./x509.ts')).x509,
}

const USAGE = `usage: npm run bench -- ${Object.keys(BENCHES).join('|')} [--json] [--rounds N]`

process.exitCode = await main(process.argv.slice(2))

async function main(args: readonly string[]): Promise<number> {
  const options = readOptions(args)
  if (typeof options === 'string') {
    process.stderr.write(`bench: ${options}\n${USAGE}\n`)
    return 2
  }
  const bench = await options.load()
  const rounds = options.rounds ?? bench.rounds
  const result = await bench.run(rounds)
  if (options.json) {
    process.stdout.write(`${JSON.stringify(result, null, 2)}\n`)
    return 0
  }
  process.stdout.write(`${bench.title}, medians of ${rounds} rounds, Node ${process.versions.node}\n\n`)
  process.stdout.write(`${renderResult(result)}\n\n${bench.targets}\n`)
  return 0
}

interface Options {
  readonly load: () => Promise<Bench>
  readonly json: boolean
  readonly rounds: number | undefined
}

/** The options, or what is wrong with them. */
function readOptions(args: readonly string[]): Options | string {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      options: { json: { type: 'boolean', default: false }, rounds: { type: 'string' } },
      allowPositionals: true,
    })
    const [name, ...more] = positionals
    const load = name === undefined ? undefined : BENCHES[name]
    if (load === undefined || more.length > 0) {
      return `needs the name of one bench, has ${positionals.length === 0 ? 'none' : positionals.join(', ')}`
    }
    const rounds = values.rounds === undefined ? undefined : Number(values.rounds)
    if (rounds !== undefined && (!Number.isInteger(rounds) || rounds < 1)) {
      return `--rounds needs a whole number from 1, has '${values.rounds}'`
    }
    return { load, json: values.json, rounds }
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}
