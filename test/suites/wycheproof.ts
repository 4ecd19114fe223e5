/**
 * `npm run suites:wycheproof -- DIR`: Wycheproof's tests of signature verification through `verifySignature`. DIR is a
 * checkout of the repository C2SP/wycheproof.
 *
 *   --provider NAME   `node` (default) or `portable`
 *   --only TEXT       only files whose name holds TEXT
 *   --json            the result as JSON on standard output
 *
 * Exit codes: 0 no disagreement; 1 one or more; 2 usage, or no test files in DIR.
 */

import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import type { CryptoProvider } from '../../packages/handfast/src/crypto/index.ts'
import { nodeProvider } from '../../packages/handfast/src/crypto/node.ts'
import { createPortableProvider } from '../../packages/handfast/src/crypto/portable.ts'
import { count, createTally, type Named, type Tally } from './wycheproof-tally.ts'
import { hasSignatures, readVectors } from './wycheproof-vectors.ts'

const USAGE = 'usage: npm run suites:wycheproof -- DIR [--provider node|portable] [--only TEXT] [--json]'

process.exitCode = main(process.argv.slice(2))

function main(args: readonly string[]): number {
  if (args.includes('--help') || args.includes('-h')) {
    process.stdout.write(`${USAGE}\n`)
    return 0
  }
  const options = readOptions(args)
  if (typeof options === 'string') return refuse(`${options}\n${USAGE}`)
  const files = listFiles(options.directory, options.only)
  if (typeof files === 'string') return refuse(files)
  const tallies = runFiles(files, options.provider)
  const output = options.json
    ? JSON.stringify({ provider: options.provider.name, algorithms: Object.fromEntries(tallies) }, null, 2)
    : render(tallies, options.provider.name)
  process.stdout.write(`${output}\n`)
  return [...tallies.values()].every(({ disagreements }) => disagreements.length === 0) ? 0 : 1
}

function refuse(message: string): number {
  process.stderr.write(`suites:wycheproof: ${message}\n`)
  return 2
}

interface Options {
  readonly directory: string
  readonly provider: CryptoProvider
  readonly only: string
  readonly json: boolean
}

/** The options, or what is wrong with them. */
function readOptions(args: readonly string[]): Options | string {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        provider: { type: 'string', default: 'node' },
        only: { type: 'string', default: '' },
        json: { type: 'boolean', default: false },
      },
    })
    const [directory] = positionals
    if (directory === undefined || positionals.length > 1) return `needs one directory, has ${positionals.length}`
    const { provider: name, only, json } = values
    if (name !== 'node' && name !== 'portable') return `--provider: needs node or portable, is ${name}`
    return { directory, provider: name === 'node' ? nodeProvider : createPortableProvider(), only, json }
  } catch (error) {
    return (error as Error).message
  }
}

/** The paths of the test files, or why there are none. */
function listFiles(directory: string, only: string): string[] | string {
  // npm runs scripts in the package's folder, and says where it was called.
  const folder = join(resolve(process.env['INIT_CWD'] ?? '', directory), 'testvectors_v1')
  try {
    const names = readdirSync(folder).filter((name) => name.endsWith('_test.json') && name.includes(only))
    return names.length > 0 ? names.toSorted().map((name) => join(folder, name)) : `${folder} has no such test files`
  } catch (error) {
    return `${directory} needs to be a checkout of Wycheproof: ${(error as Error).message}`
  }
}

function runFiles(files: readonly string[], provider: CryptoProvider): Map<string, Tally> {
  const tallies = new Map<string, Tally>()
  for (const file of files) {
    const text = readFileSync(file, 'utf8')
    if (!hasSignatures(text)) continue
    const name = (file.split(/[\\/]/).at(-1) as string).replace(/_test\.json$/, '')
    const start = performance.now()
    const vectors = readVectors(name, text)
    for (const vector of vectors) {
      let tally = tallies.get(vector.algorithmName)
      if (tally === undefined) tallies.set(vector.algorithmName, (tally = createTally()))
      count(tally, vector, provider)
    }
    const seconds = ((performance.now() - start) / 1000).toFixed(1)
    if (process.stderr.isTTY) process.stderr.write(`${name}: ${vectors.length} tests, ${seconds} s\n`)
  }
  return tallies
}

function render(tallies: ReadonlyMap<string, Tally>, provider: string): string {
  const lines = [`provider ${provider}`]
  const total = createTally()
  for (const [name, tally] of [...tallies].toSorted(([a], [b]) => (a < b ? -1 : 1))) {
    lines.push('', name, ...renderTally(tally))
    total.valid += tally.valid
    total.invalid += tally.invalid
    total.disagreements.push(...tally.disagreements)
    total.acceptable.accepted.push(...tally.acceptable.accepted)
    total.acceptable.refused.push(...tally.acceptable.refused)
    const unsupported = sum(tally.unsupported)
    if (unsupported > 0) total.unsupported['all'] = (total.unsupported['all'] ?? 0) + unsupported
  }
  const { accepted, refused } = total.acceptable
  lines.push(
    '',
    `in all: ${total.valid} valid and ${total.invalid} invalid agreed, ${total.disagreements.length} disagreements, ` +
      `${accepted.length + refused.length} acceptable (${accepted.length} accepted, ${refused.length} refused), ` +
      `${sum(total.unsupported)} unsupported`,
  )
  return lines.join('\n')
}

function renderTally({ valid, invalid, disagreements, acceptable, unsupported }: Tally): string[] {
  const lines: string[] = []
  if (valid + invalid > 0) lines.push(`  agreed: ${valid} valid, ${invalid} invalid`)
  lines.push(...disagreements.map((one) => `  DISAGREEMENT ${renderNamed(one)}`))
  lines.push(...acceptable.accepted.map((one) => `  acceptable, accepted: ${renderNamed(one)}`))
  lines.push(...acceptable.refused.map((one) => `  acceptable, refused: ${renderNamed(one)}`))
  for (const [reason, times] of Object.entries(unsupported)) lines.push(`  unsupported: ${times} (${reason})`)
  return lines
}

function renderNamed({ id, comment, answer }: Named): string {
  return `${id} (${comment || 'no comment'}): ${answer}`
}

function sum(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((all, one) => all + one, 0)
}
