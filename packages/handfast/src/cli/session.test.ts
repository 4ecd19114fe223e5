import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { memoryStreams } from '../../test/memory-streams.ts'
import { runProgram } from './program.ts'
import { startServe, stopServe, type ServeOptions } from './serve.ts'

let directory = ''
const file = (name: string): string => join(directory, name)
const KEY = '00112233445566778899aabbccddeeff'

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

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'handfast-cli-session-'))
  await run('ca', 'new', '--name', 'Example root', '--out', file('ca'))
  await run('ca', 'issue', '--ca', file('ca'), '--server', '127.0.0.1', '--out', directory)
  writeFileSync(file('early'), 'GET /report.json HTTP/1.0\r\n\r\n')
  writeFileSync(file('tickets'), randomBytes(48))
})
afterAll(() => rmSync(directory, { recursive: true, force: true }))

const cleanups: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup()
})

async function serve(more: Partial<ServeOptions>): Promise<{ target: string; log: () => string; notes: () => string }> {
  const streams = memoryStreams()
  const serving = await startServe(
    { port: 0, host: '127.0.0.1', cert: [file('127.0.0.1.pem')], key: [file('127.0.0.1.key')], ...more },
    streams,
  )
  cleanups.push(() => stopServe(serving))
  return { target: `127.0.0.1:${serving.port}`, log: streams.output, notes: streams.errors }
}

const connect = (target: string, ...more: readonly string[]): Promise<Ran> =>
  run('connect', target, '--ca', file('ca/ca.pem'), ...more)

describe('--session-file', () => {
  test('keeps a session for its owner alone, and resumes it', async () => {
    const { target, log } = await serve({})
    const first = await connect(target, '--session-file', file('one'))
    expect([first.code, first.err]).not.toContain('resumed')
    expect(statSync(file('one')).mode & 0o777).toBe(0o600)
    const second = await connect(target, '--session-file', file('one'))
    expect(second.err).toMatch(/session +resumed/)
    expect(second.err).toMatch(/server +trusted when the session began/)
    expect(log()).toContain('resumed')
  })

  test('of another server, of nobody, of nonsense', async () => {
    const [a, b] = [await serve({}), await serve({})]
    await connect(a.target, '--session-file', file('two'))
    expect((await connect(b.target, '--session-file', file('two'))).err).not.toContain('resumed')
    writeFileSync(file('nonsense'), 'no session')
    const ran = await connect(a.target, '--session-file', file('nonsense'))
    expect([ran.code, ran.err]).toEqual([2, expect.stringContaining('session: needs the bytes of a session event')])
  })
})

describe('--early-data', () => {
  test('is taken, and told from all else', async () => {
    const { target, log, notes } = await serve({
      earlyData: true,
      ticketKeys: file('tickets'),
      replayFolder: file('met'),
    })
    const first = await connect(target, '--session-file', file('three'), '--early-data', file('early'))
    expect(first.err).toContain('there was no session that allows early data: it was sent after the handshake')
    const second = await connect(target, '--session-file', file('three'), '--early-data', file('early'))
    expect(second.err).toMatch(/session +resumed +early data accepted/)
    expect(log()).toContain('early data accepted')
    expect(notes()).toContain('early data, which someone may have sent before: GET /report.json')
  })

  test('that is refused is sent after the handshake', async () => {
    const { target } = await serve({ earlyData: true, maxEarlyData: 100, ticketKeys: file('tickets') })
    await connect(target, '--session-file', file('four'))
    const other = await serve({ ticketKeys: file('tickets'), www: true })
    const ran = await connect(other.target, '--session-file', file('four'), '--early-data', file('early'))
    expect(ran.err).toContain('the server refused the early data: it was sent after the handshake')
    expect(ran.out).toMatch(/"earlyData": "rejected"/)
  })
})

test('a pre-shared key in place of certificates', async () => {
  const psk = ['--psk-identity', 'us', '--psk', KEY]
  const { target, log } = await serve({ cert: [], key: [], pskIdentity: 'us', psk: KEY })
  const ran = await connect(target, ...psk)
  expect(ran.err).toMatch(/session +a pre-shared key/)
  expect(ran.err).toMatch(/server +whoever has the pre-shared key/)
  expect(log()).toContain('pre-shared key')
  expect((await connect(target, '--psk-identity', 'us', '--psk', KEY.replace('0', '1'))).err).toContain('decrypt_error')
})

test.each([
  [['--psk', KEY], /needs both --psk-identity NAME and --psk HEX/],
  [['--psk-identity', 'us', '--psk', 'abc'], /--psk needs at least 16 bytes in hex/],
  [['--early-data', '/nowhere'], /nowhere/],
])('connect %s is a mistake', async (args, message) => {
  const ran = await connect('127.0.0.1:1', ...args)
  expect(ran.code).not.toBe(0)
  expect(ran.err).toMatch(message)
})

test.each<[Partial<ServeOptions>, RegExp]>([
  [{ maxEarlyData: 5 }, /--max-early-data needs --early-data/],
  [{ earlyData: true, tickets: 0 }, /--early-data needs tickets/],
  [{ ticketKeys: '/nowhere' }, /nowhere: needs to be readable/],
])('serve %o is a mistake', async (options, message) => {
  await expect(serve(options)).rejects.toThrow(message)
})

test.each([
  ['/keyupdate', 'new keys of ours', 'keys'],
  ['/tickets', 'two tickets more', 'tickets'],
])('GET %s', async (path, text) => {
  const { target } = await serve({ www: true })
  writeFileSync(file('request'), `GET ${path} HTTP/1.0\r\n\r\n`)
  const ran = await connect(target, '--early-data', file('request'))
  expect(ran.out).toContain('200 OK')
  expect(ran.out).toContain(text)
})

test('GET /tickets of a server without sessions says so', async () => {
  const { target } = await serve({ www: true, tickets: 0 })
  writeFileSync(file('request'), 'GET /tickets HTTP/1.0\r\n\r\n')
  expect((await connect(target, '--early-data', file('request'))).out).toContain('409 Conflict')
})
