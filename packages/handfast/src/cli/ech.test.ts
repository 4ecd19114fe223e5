import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { memoryStreams } from '../../test/memory-streams.ts'
import { readPem } from '../asn1/index.ts'
import { runProgram } from './program.ts'
import { reloadFiles, startServe, stopServe, type ServeOptions, type Serving } from './serve.ts'

let directory = ''
const file = (name: string): string => join(directory, name)

interface Ran {
  readonly code: number
  readonly out: string
  readonly err: string
}

async function run(...args: string[]): Promise<Ran> {
  const streams = memoryStreams()
  const code = await runProgram(args, streams)
  return { code, out: streams.output(), err: streams.errors() }
}

async function make(...args: readonly string[]): Promise<void> {
  const { code, err } = await run(...args)
  expect(code, err).toBe(0)
}

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'handfast-ech-'))
  await make('ca', 'new', '--name', 'Example root', '--out', file('ca'))
  await make('ca', 'issue', '--ca', file('ca'), '--server', '127.0.0.1', 'cover.example', '--out', directory)
  await make('ech', '--public-name', 'cover.example', '--out', file('one.pem'))
  await make('ech', '--public-name', 'cover.example', '--out', file('two.pem'))
})
afterAll(() => rmSync(directory, { recursive: true, force: true }))

const cleanups: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup()
})

async function serve(ech: readonly string[]): Promise<{ serving: Serving; options: ServeOptions; log: () => string }> {
  const streams = memoryStreams()
  const options: ServeOptions = {
    port: 0,
    host: '127.0.0.1',
    cert: [file('127.0.0.1.pem')],
    key: [file('127.0.0.1.key')],
    minVersion: '1.3',
    maxVersion: '1.3',
    ...(ech.length === 0 ? {} : { ech }),
  }
  const serving = await startServe(options, streams)
  cleanups.push(() => stopServe(serving))
  return { serving, options, log: streams.output }
}

const connect = ({ port }: Serving, ech: string, ...more: readonly string[]): Promise<Ran> =>
  run('connect', `127.0.0.1:${port}`, '--ca', file('ca/ca.pem'), '--ech', ech, ...more)

describe('ech', () => {
  test('makes one file with a key for its owner alone and a configuration to be published', async () => {
    const { code, out } = await run('ech', '--public-name', 'cover.example', '--out', file('new.pem'), '--json')
    expect(code).toBe(0)
    const { key, publicName, configs } = JSON.parse(out) as Record<string, string>
    expect([key, publicName]).toEqual([file('new.pem'), 'cover.example'])
    expect(statSync(file('new.pem')).mode & 0o777).toBe(0o600)
    const blocks = readPem(readFileSync(file('new.pem'), 'utf8'))
    expect(blocks.map(({ label }) => label)).toEqual(['PRIVATE KEY', 'ECHCONFIG'])
    expect(Buffer.from(blocks[1]?.bytes ?? []).toString('base64')).toBe(configs)
    expect((await run('ech', '--public-name', 'cover.example', '--out', file('new.pem'))).code).toBe(6)
  })

  test('shows what to publish in one piece', async () => {
    const { out } = await run('ech', '--public-name', 'cover.example', '--out', file('shown.pem'))
    const configs = Buffer.from(readPem(readFileSync(file('shown.pem'), 'utf8'))[1]?.bytes ?? []).toString('base64')
    expect(out.split('\n')).toContain(` ${configs}`)
  })

  test.each([
    [['--public-name', '192.0.2.1'], /needs a DNS name as public name, has '192\.0\.2\.1'/],
    [['--public-name', 'cover.example', '--max-name-length', '256'], /It needs a number from 0 to 255/],
    [[], /--public-name/],
  ])('%s makes no sense', async (args, message) => {
    const { code, err } = await run('ech', ...args, '--out', file('none.pem'))
    expect(code).toBe(2)
    expect(err).toMatch(message)
  })
})

describe('connect --ech and serve --ech', () => {
  test.each([
    ['a file', () => file('one.pem')],
    ['base64', () => base64Of('one.pem')],
    ['a file with base64', () => written('base64', `${base64Of('one.pem')}\n`)],
    ['a file with the bytes', () => written('bytes', Buffer.from(base64Of('one.pem'), 'base64'))],
  ])('the name is hidden: %s', async (_, ech) => {
    const { serving, log } = await serve([file('two.pem'), file('one.pem')])
    const { code, err } = await connect(serving, ech(), '--servername', 'cover.example')
    expect([code, err]).toEqual([0, expect.stringContaining('hidden (ECH): cover.example was seen')])
    await until(() => log() !== '')
    expect(log()).toMatch(/name cover\.example \(hidden\)\n$/)
  })

  test('a server with other keys gives its own, with which it works', async () => {
    const { serving } = await serve([file('two.pem')])
    const { code, err } = await connect(serving, file('one.pem'))
    expect(code).toBe(5)
    const [, retry = ''] = /--ech (\S+)/.exec(err) ?? []
    expect(retry).toBe(base64Of('two.pem'))
    expect((await connect(serving, retry, '--json')).code).toBe(0)
  })

  test('a server without ECH', async () => {
    const { serving } = await serve([])
    const { code, err } = await connect(serving, file('one.pem'), '--servername', 'secret.example')
    expect(code).toBe(5)
    expect(err).toContain('connect without --ech if the name may be seen')
    expect(err).toMatch(/server name +cover\.example +in place of secret\.example: the server/)
    expect(
      Math.max(
        ...err
          .split('\n')
          .slice(0, -3)
          .map((line) => line.length),
      ),
    ).toBeLessThanOrEqual(80)
  })

  test('nothing is hidden in TLS 1.2', async () => {
    const { serving } = await serve([file('one.pem')])
    const { code, err } = await connect(serving, file('one.pem'), '--max-version', '1.2')
    expect([code, err]).toEqual([2, expect.stringContaining('--ech: needs TLS 1.3')])
  })

  test('SIGHUP reads the keys anew', async () => {
    const key = written('changing.pem', readFileSync(file('one.pem')))
    const { serving, options } = await serve([key])
    expect((await connect(serving, file('one.pem'), '--json')).code).toBe(0)
    writeFileSync(key, readFileSync(file('two.pem')))
    const streams = memoryStreams()
    reloadFiles(serving, options, streams)
    expect(streams.errors()).toContain('--cert, --key and --ech were read anew')
    expect((await connect(serving, file('two.pem'), '--json')).code).toBe(0)
    expect((await connect(serving, file('one.pem'), '--json')).code).toBe(5)
    writeFileSync(key, 'nothing')
    reloadFiles(serving, options, streams)
    expect(streams.errors()).toContain('nothing was changed')
    expect((await connect(serving, file('two.pem'), '--json')).code).toBe(0)
  })

  test('what is no key or configuration is told', async () => {
    await expect(serve([file('ca/ca.pem')])).rejects.toThrow(/needs a block ECHCONFIG, has none/)
    const { serving } = await serve([file('one.pem')])
    const { code, err } = await connect(serving, '!!')
    expect(code).toBe(2)
    expect(err).toMatch(/--ech needs an ECHConfigList in base64/)
  })
})

function base64Of(name: string): string {
  return Buffer.from(readPem(readFileSync(file(name), 'utf8'))[1]?.bytes ?? []).toString('base64')
}

function written(name: string, content: string | Uint8Array): string {
  writeFileSync(file(name), content)
  return file(name)
}

/** Waits until `condition` holds; the test's own deadline ends a wait in vain. */
async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5))
}
