/**
 * `npm run bogo -- --runner DIR`: BoringSSL's conformance tests against handfast, as client and as server.
 *
 *   --runner DIR      ssl/test/runner of a checkout of BoringSSL; built with Go, as the launcher is
 *   --filter GLOB     only tests whose name fits; may be given more than once
 *   --include-disabled  also what `config.json` disables
 *   --details         with each failure, what the runner says of it
 *   --json            the result as JSON on standard output
 *
 * Prints for each area how many tests passed, failed, were unimplemented, were disabled. Exit codes: 0 all that ran
 * passed; 1 some failed or are unimplemented; 2 usage, or something could not be built.
 */

import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'

import { readResults, recordOf, renderTable, type Results } from './tally.ts'
import { readConfig } from './disabled.ts'

// The runner and the launcher are written in it.
const GO = 'go'
const USAGE = 'usage: npm run bogo -- --runner DIR [--filter GLOB]... [--include-disabled] [--details] [--json]'

interface BogoOptions {
  readonly runner: string
  readonly filters: readonly string[]
  readonly includeDisabled: boolean
  readonly details: boolean
  readonly json: boolean
}

process.exitCode = await main(process.argv.slice(2))

async function main(args: readonly string[]): Promise<number> {
  const options = readOptions(args)
  if (typeof options === 'string') return refuse(`${options}\n${USAGE}`)
  const folder = mkdtempSync(join(tmpdir(), 'handfast-bogo-'))
  const workers: ChildProcess[] = []
  try {
    const runner = join(folder, 'runner')
    const launcher = join(folder, 'launcher')
    const problem =
      build(['test', '-c', '-mod=mod', '-o', runner, '.'], options.runner) ??
      build(['build', '-o', launcher, join(import.meta.dirname, 'launcher', 'main.go')], folder, { GO111MODULE: 'off' })
    if (problem !== undefined) return refuse(problem)
    for (let i = 0; i < availableParallelism(); i++) workers.push(await startWorker(join(folder, `${i}.sock`)))
    const results = await run(options, folder, runner, launcher)
    const isGood = results.every(({ state }) => state === 'passed' || state === 'disabled')
    process.stdout.write(
      options.json ? `${JSON.stringify(recordOf(results), null, 2)}\n` : renderTable(results, options.details),
    )
    return isGood ? 0 : 1
  } finally {
    for (const worker of workers) worker.kill()
    rmSync(folder, { recursive: true, force: true })
  }
}

function refuse(message: string): number {
  process.stderr.write(`bogo: ${message}\n`)
  return 2
}

function readOptions(args: readonly string[]): BogoOptions | string {
  const flag = { type: 'boolean', default: false } as const
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        runner: { type: 'string' },
        filter: { type: 'string', multiple: true, default: [] },
        'include-disabled': flag,
        details: flag,
        json: flag,
      },
    })
    if (values.runner === undefined) return 'needs --runner, has none'
    return {
      // npm runs scripts in the package's folder, and says where it was called.
      runner: resolve(process.env['INIT_CWD'] ?? '', values.runner),
      filters: values.filter,
      includeDisabled: values['include-disabled'],
      details: values.details,
      json: values.json,
    }
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

/** Builds with Go; returns what went wrong. */
function build(args: readonly string[], cwd: string, env: NodeJS.ProcessEnv = {}): string | undefined {
  const { status, stderr, error } = spawnSync(GO, args, { cwd, env: { ...process.env, ...env }, encoding: 'utf8' })
  if (error !== undefined) return `go ${args[0]} in ${cwd}: ${error.message}`
  return status === 0 ? undefined : `go ${args[0]} in ${cwd}:\n${stderr}`
}

/** A worker that listens. It ends with this process, which holds its standard input. */
function startWorker(path: string): Promise<ChildProcess> {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'worker.ts'), path], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  return new Promise((listening, failed) => {
    child.stdout.once('data', () => listening(child))
    child.once('exit', (code) => failed(new Error(`a worker ended with ${code}`)))
  })
}

/** Runs the tests, and once more without a shim, which lists them all. */
async function run(options: BogoOptions, folder: string, runner: string, launcher: string): Promise<Results> {
  const config = join(folder, 'config.json')
  const { disabled, forRunner } = readConfig(JSON.parse(readFileSync(join(import.meta.dirname, 'config.json'), 'utf8')))
  writeFileSync(config, JSON.stringify(forRunner))
  const common = ['-shim-path', launcher, '-allow-unimplemented', '-pipe']
  if (options.filters.length > 0) common.push('-test', options.filters.join(';'))
  if (options.includeDisabled) common.push('-include-disabled')
  const all = await output(runner, [...common, '-include-disabled'], {})
  const ran = await output(runner, [...common, '-shim-config', config], { HANDFAST_BOGO_WORKERS: folder })
  return readResults(all, ran, disabled)
}

function output(command: string, args: readonly string[], env: NodeJS.ProcessEnv): Promise<string> {
  const child = spawn(command, args, { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'inherit'] })
  let text = ''
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk
    if (process.stderr.isTTY && chunk.includes('('))
      process.stderr.write(`\r\u001b[K${chunk.trim().split('\n').at(-1)}`)
  })
  return new Promise((done, failed) => {
    child.on('error', failed)
    child.on('close', () => {
      if (process.stderr.isTTY) process.stderr.write('\r\u001b[K')
      done(text)
    })
  })
}
