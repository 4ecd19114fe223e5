/** Other implementations at our server's door: curl and `openssl s_client`, where they are installed. */

import { spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import * as http from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createServer, type TlsSocket } from '../../src/node/index.ts'
import { CA, CLIENT, credentials, Listening, SERVER, startServer } from './loopback.ts'

let folder = ''
const file = (name: string): string => join(folder, name)

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'handfast-peers-'))
  writeFileSync(file('ca.pem'), CA.pem)
  writeFileSync(file('client.pem'), CLIENT.chainPem)
  writeFileSync(file('client.key'), CLIENT.key.pem)
})

afterAll(() => rmSync(folder, { recursive: true }))

function isMissing(command: string): boolean {
  return spawnSync(command, ['version']).error !== undefined
}

interface Outcome {
  readonly code: number | null
  readonly output: string
  readonly errors: string
}

/** Runs a command, gives it `input`, and waits until it ends. */
async function run(command: string, words: readonly string[], input = ''): Promise<Outcome> {
  return await new Promise((resolve, reject) => {
    const child = spawn(command, words)
    const timer = setTimeout(() => child.kill(), 10_000)
    let [output, errors] = ['', '']
    child.stdout.on('data', (data: Buffer) => (output += String(data)))
    child.stderr.on('data', (data: Buffer) => (errors += String(data)))
    child.on('error', reject)
    child.on('close', (code) => {
      clearTimeout(timer)
      resolve({ code, output, errors })
    })
    child.stdin.on('error', () => {})
    child.stdin.end(input)
  })
}

describe('curl', () => {
  test('gets, and posts a megabyte, with a client certificate', async ({ skip }) => {
    skip(isMissing('curl'), 'missing peer: curl')
    const server = http.createServer((incoming, response) => incoming.pipe(response))
    const secure = createServer({ ...credentials(SERVER), ca: CA.pem, requestCert: true })
    const seen: (boolean | string)[] = []
    secure.on('secureConnection', (socket: TlsSocket) => {
      seen.push(socket.authorized, socket.alpnProtocol as never)
      server.emit('connection', socket)
    })
    await using listening = await Listening.start(secure)
    const body = 'handfast'.repeat(125_000)
    const identity = ['--cert', file('client.pem'), '--key', file('client.key')]
    const words = ['-sS', '--cacert', file('ca.pem'), '--noproxy', '*', '--tlsv1.3', ...identity]
    const url = `https://127.0.0.1:${listening.port}/`
    const { code, output, errors } = await run('curl', [...words, '--data-binary', '@-', url], body)
    expect({ code, errors }).toEqual({ code: 0, errors: '' })
    expect(output === body).toBe(true)
    expect(seen).toEqual([true, false])
  })

  test('is told why it is not let in', async ({ skip }) => {
    skip(isMissing('curl'), 'missing peer: curl')
    await using listening = await startServer({ ca: CA.pem, requestCert: true })
    const url = `https://127.0.0.1:${listening.port}/`
    const { code, errors } = await run('curl', ['-sS', '--cacert', file('ca.pem'), '--noproxy', '*', url])
    expect(code).not.toBe(0)
    expect(errors).toMatch(/certificate required|alert/i)
  })
})

describe('openssl s_client', () => {
  test('talks, updates keys, and sees us close in order', async ({ skip }) => {
    skip(isMissing('openssl'), 'missing peer: openssl')
    const reports: unknown[] = []
    await using listening = await startServer({ groups: ['x25519', 'secp256r1'] }, (socket) => {
      reports.push(socket.negotiated?.cipherSuite)
      socket.updateKeys({ requestPeer: true })
      socket.once('data', (data: Buffer) => socket.end(`you said ${String(data)}`))
    })
    const target = ['-connect', `127.0.0.1:${listening.port}`, '-servername', 'localhost']
    const checks = ['-CAfile', file('ca.pem'), '-verify_return_error', '-tls1_3', '-quiet', '-no_ign_eof']
    const { output } = await run('openssl', ['s_client', ...target, ...checks, '-ign_eof'], 'hello\n')
    expect(output).toBe('you said hello\n')
    expect(reports).toHaveLength(1)
  })
})
