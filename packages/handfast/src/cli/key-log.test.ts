/** The key log of `connect` and `serve`: by option, by environment, and never by the library alone. */

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest'
import { memoryStreams } from '../../test/memory-streams.ts'
import { CA, credentials, SERVER, startServer, TRUST } from '../../test/node/loopback.ts'
import { connect } from '../node/index.ts'
import { keyLogWriter } from './key-log.ts'
import { runProgram } from './program.ts'
import { startServe, stopServe } from './serve.ts'

const LABELS = [
  'CLIENT_HANDSHAKE_TRAFFIC_SECRET',
  'CLIENT_TRAFFIC_SECRET_0',
  'EXPORTER_SECRET',
  'SERVER_HANDSHAKE_TRAFFIC_SECRET',
  'SERVER_TRAFFIC_SECRET_0',
]
const WARNING = /^! whoever reads '.*' can read what is sent and received$/m

let directory = ''
const file = (name: string): string => join(directory, name)
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'handfast-key-log-'))
  writeFileSync(file('ca.pem'), CA.pem)
  writeFileSync(file('server.pem'), SERVER.chainPem)
  writeFileSync(file('server.key'), SERVER.key.pem)
})
afterAll(() => rmSync(directory, { recursive: true, force: true }))
afterEach(() => vi.unstubAllEnvs())

function linesOf(name: string): string[] {
  return readFileSync(file(name), 'utf8').trimEnd().split('\n').toSorted()
}

async function runConnect(port: number, ...more: readonly string[]): Promise<string> {
  const streams = memoryStreams()
  const trust = ['--ca', file('ca.pem'), '--servername', 'localhost', '--json']
  expect(await runProgram(['connect', `127.0.0.1:${port}`, ...trust, ...more], streams)).toBe(0)
  return streams.errors()
}

const SERVE = { port: 0, host: '127.0.0.1', minVersion: '1.3', maxVersion: '1.3' } as const

test('serve --keylog: what the client logs, for its owner alone, one connection behind the other', async () => {
  const streams = memoryStreams()
  const options = { ...SERVE, cert: [file('server.pem')], key: [file('server.key')], keylog: file('of-server') }
  const serving = await startServe(options, streams)
  expect(streams.errors()).toMatch(WARNING)
  await runConnect(serving.port, '--keylog', file('of-client'))
  expect(linesOf('of-client').map((line) => line.split(' ')[0])).toEqual(LABELS)
  await runConnect(serving.port, '--keylog', file('of-client'))
  await stopServe(serving)
  const lines = linesOf('of-client')
  expect(lines).toHaveLength(10)
  expect(linesOf('of-server')).toEqual(lines)
  if (process.platform !== 'win32') {
    for (const name of ['of-server', 'of-client']) expect(statSync(file(name)).mode & 0o777).toBe(0o600)
  }
})

test('SSLKEYLOGFILE is honoured by connect, with the warning; an option goes before it', async () => {
  await using listening = await startServer(credentials(SERVER), (socket) => socket.end())
  vi.stubEnv('SSLKEYLOGFILE', file('by-environment'))
  expect(await runConnect(listening.port)).toMatch(WARNING)
  expect(linesOf('by-environment').map((line) => line.split(' ')[0])).toEqual(LABELS)
  await runConnect(listening.port, '--keylog', file('by-option'))
  expect(linesOf('by-option')).toHaveLength(5)
  expect(linesOf('by-environment')).toHaveLength(5)
  vi.stubEnv('SSLKEYLOGFILE', '')
  expect(await runConnect(listening.port)).toBe('')
})

test('SSLKEYLOGFILE is honoured by serve', async () => {
  const args = ['serve', '--port', '0', '--host', '127.0.0.1']
  args.push('--cert', file('server.pem'), '--key', file('server.key'))
  const env = { ...process.env, SSLKEYLOGFILE: file('of-process') }
  const child = spawn(process.execPath, [join(import.meta.dirname, 'main.ts'), ...args], { env })
  let said = ''
  const port = await new Promise<number>((resolve, reject) => {
    child.stderr.on('data', (data: Buffer) => {
      said += String(data)
      const found = /127\.0\.0\.1:(\d+)/.exec(said)?.[1]
      if (found !== undefined) resolve(Number(found))
    })
    child.once('exit', () => reject(new Error(said)))
  })
  await runConnect(port)
  child.kill('SIGTERM')
  await once(child, 'exit')
  expect(said).toMatch(WARNING)
  expect(linesOf('of-process').map((line) => line.split(' ')[0])).toEqual(LABELS)
})

test('the library does not know SSLKEYLOGFILE', async () => {
  vi.stubEnv('SSLKEYLOGFILE', file('of-library'))
  await using listening = await startServer(credentials(SERVER), (socket) => socket.end())
  const socket = connect({ ...TRUST, port: listening.port })
  socket.on('keylog', (line: Buffer) => appendFileSync(file('of-library'), line))
  await once(socket, 'secureConnect')
  socket.destroy()
  expect(existsSync(file('of-library'))).toBe(false)
})

test('a file that cannot be written: 6, before anything is sent', async () => {
  const streams = memoryStreams()
  const path = join(file('ca.pem'), 'keys')
  expect(await runProgram(['connect', 'localhost:1', '--keylog', path], streams)).toBe(6)
  expect(streams.errors()).toMatch(/^x cannot write the key log '.*keys'\./)
})

test('a file that is lost is told of once', () => {
  const streams = memoryStreams()
  const write = keyLogWriter(file('lost'), streams)
  rmSync(file('lost'))
  mkdirSync(file('lost'))
  write?.(Buffer.from('a line\n'))
  write?.(Buffer.from('another\n'))
  const told = streams.errors().split('\n')
  expect(told.filter((line) => /^! the key log '.*lost' cannot be written any more$/.test(line))).toHaveLength(1)
  expect(told).toHaveLength(3)
})
