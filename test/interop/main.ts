/**
 * `npm run interop`: handfast as client and as server against every other implementation on this machine.
 *
 *   --only NAME,...   only these peers
 *   --case TEXT       only cases whose name holds TEXT
 *   --ci              only the peers every CI run must have; a missing one is a failure
 *   --json            the result as JSON on standard output
 *   --details         with each failure, what was on the wire and what the peer printed
 *   --list            the cases, and nothing run
 *   --subject NAME    `handfast`, or `node`: Node's tls in its place, to test the matrix itself
 *
 * Exit codes: 0 everything available passed; 1 something failed, or with --ci was missing; 2 usage; 130 interrupted.
 */
import { availableParallelism } from 'node:os'
import { parseArgs } from 'node:util'

import type { Case } from './cases.ts'
import { stopChildren } from './child.ts'
import { handfast } from './handfast.ts'
import { type Entry, Matrix, type Result } from './matrix.ts'
import { nodeSubject } from './node.ts'
import type { Peer } from './peer.ts'
import { PEERS } from './peers.ts'
import type { Subject } from './subject.ts'
import { painterFor, renderFailures, renderTable } from './table.ts'

interface Options {
  peers: readonly Peer[]
  pattern: string
  ci: boolean
  json: boolean
  details: boolean
  list: boolean
  subject: string
}

process.exitCode = await main()

async function main(): Promise<number> {
  const options = readOptions(process.argv.slice(2))
  if (typeof options === 'string') {
    process.stderr.write(`interop: ${options}\n`)
    return 2
  }
  await using matrix = await Matrix.open(await subjectNamed(options.subject), options.peers)
  const stopping = new AbortController()
  const interrupt = (): void => {
    stopping.abort()
    void stopChildren()
  }
  process.once('SIGINT', interrupt)
  process.once('SIGTERM', interrupt)
  const entries = await matrix.entries()
  for (const entry of entries) entry.cases = entry.cases.filter((test) => test.name.includes(options.pattern))
  if (options.list) {
    for (const { cases } of entries) for (const test of cases) process.stdout.write(`${titleOf(test)}\n`)
    return 0
  }
  const results = await runAll(matrix, entries, stopping.signal)
  if (stopping.signal.aborted) return 130
  const ok =
    results.every((result) => result.passed) && !(options.ci && entries.some((entry) => entry.missing !== undefined))
  process.stdout.write(
    options.json
      ? `${JSON.stringify(recordOf(ok, entries, results), undefined, 2)}\n`
      : textOf(entries, results, options),
  )
  return ok ? 0 : 1
}

function readOptions(args: string[]): Options | string {
  const flag = { type: 'boolean', default: false } as const
  const text = { type: 'string', default: '' } as const
  try {
    const { values } = parseArgs({
      args,
      options: { only: text, case: text, subject: text, ci: flag, json: flag, details: flag, list: flag },
    })
    const wanted = values.only.split(',').filter((name) => name !== '')
    const unknown = wanted.find((name) => !PEERS.some((peer) => peer.name === name))
    if (unknown) return `no peer is called ${unknown}; there are ${PEERS.map((peer) => peer.name).join(', ')}`
    if (!['', 'handfast', 'node'].includes(values.subject)) return `no subject is called ${values.subject}`
    const peers = PEERS.filter(
      (peer) => (wanted.length === 0 || wanted.includes(peer.name)) && (!values.ci || peer.subset),
    )
    const { ci, json, details, list, subject } = values
    return { peers, pattern: values.case, ci, json, details, list, subject }
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

async function subjectNamed(name: string): Promise<Subject> {
  return name === 'node' ? nodeSubject : handfast
}

/** Runs every case, a few at a time, and shows on a terminal how far it is. */
async function runAll(matrix: Matrix, entries: readonly Entry[], stopping: AbortSignal): Promise<Result[]> {
  const queue = entries.flatMap(({ peer, cases }) => cases.map((test) => ({ peer, test })))
  const total = queue.length
  const results: Result[] = []
  const worker = async (): Promise<void> => {
    for (let next = queue.shift(); next && !stopping.aborted; next = queue.shift()) {
      results.push(await matrix.run(next.peer, next.test))
      if (process.stderr.isTTY) process.stderr.write(`\r\u001b[K${results.length}/${total} ${titleOf(next.test)}`)
    }
  }
  await Promise.all(Array.from({ length: availableParallelism() + 1 }, worker))
  if (process.stderr.isTTY) process.stderr.write('\r\u001b[K')
  return results
}

function titleOf({ peer, role, name }: Case): string {
  return `${peer}, handfast as ${role}, ${name}`
}

function textOf(entries: readonly Entry[], results: readonly Result[], { details, ci }: Options): string {
  const paint = painterFor(process.stdout)
  const failures = renderFailures(results, details, paint)
  const passed = results.filter((result) => result.passed).length
  const missing = entries.filter((entry) => entry.missing !== undefined).map(({ peer }) => peer.title)
  const lack = missing.length > 0 ? `; not available: ${missing.join(', ')}${ci ? ', which --ci demands' : ''}` : ''
  const total = `${passed} of ${results.length} cases passed${lack}`
  return `${renderTable(entries, results, paint)}\n\n${failures === '' ? '' : `${failures}\n\n`}${total}\n`
}

interface Record {
  ok: boolean
  peers: { name: string; version: string | null; notAvailable: string | null; passed: number; failed: number }[]
  results: Result[]
}

function recordOf(ok: boolean, entries: readonly Entry[], results: readonly Result[]): Record {
  const peers = entries.map(({ peer, version, missing }) => {
    const own = results.filter((result) => result.peer === peer.name)
    const passed = own.filter((result) => result.passed).length
    return {
      name: peer.name,
      version: version ?? null,
      notAvailable: missing ?? null,
      passed,
      failed: own.length - passed,
    }
  })
  return { ok, peers, results: [...results] }
}
