/**
 * `npm run check`: formatting, lint, types and unused code, side by side; then one line for each,
 * with what to do where it failed. `npm run check -- format lint` runs only those named.
 */

import { spawn } from 'node:child_process'

interface Check {
  name: string
  command: string
  /** What to do when it fails. */
  remedy: string
}

const CHECKS: readonly Check[] = [
  { name: 'format', command: 'oxfmt --check .', remedy: '`npm run format` mends it' },
  { name: 'lint', command: 'oxlint --deny-warnings .', remedy: 'each finding above says what to change' },
  { name: 'types', command: 'tsc --noEmit -p tsconfig.json', remedy: 'each error above names its file and line' },
  { name: 'unused', command: 'knip', remedy: 'delete what is unused, or say in knip.jsonc why it stays' },
]

interface Outcome extends Check {
  ok: boolean
  output: string
  seconds: number
}

const names = process.argv.slice(2)
const unknown = names.filter((name) => !CHECKS.some((check) => check.name === name))
if (unknown.length > 0) {
  console.error(`No check is called ${unknown.join(', ')}. There are: ${CHECKS.map((check) => check.name).join(', ')}.`)
  process.exit(2)
}

const outcomes = await Promise.all(CHECKS.filter((check) => names.length === 0 || names.includes(check.name)).map(run))
const failed = outcomes.filter((outcome) => !outcome.ok)
for (const outcome of failed) console.log(`--- ${outcome.name}: ${outcome.command}\n${outcome.output.trim()}\n`)
for (const outcome of outcomes) {
  const seconds = `${outcome.seconds.toFixed(1)} s`
  console.log(
    outcome.ok ? `${outcome.name}: ok (${seconds})` : `${outcome.name}: FAILED (${seconds}); ${outcome.remedy}`,
  )
}
if (failed.length > 0) {
  console.log(`\nChecks, before any test:\n${outcomes.length - failed.length} passed, ${failed.length} failed`)
  process.exitCode = 1
}

/** Runs one check through the shell: the tools are commands on the PATH that npm sets. */
function run(check: Check): Promise<Outcome> {
  const began = performance.now()
  return new Promise((resolve) => {
    const child = spawn(check.command, { shell: true, stdio: ['ignore', 'pipe', 'pipe'] })
    let output = ''
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()))
    child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()))
    child.on('error', (error) => (output += error.message))
    child.on('close', (code) =>
      resolve({ ...check, ok: code === 0, output, seconds: (performance.now() - began) / 1000 }),
    )
  })
}
