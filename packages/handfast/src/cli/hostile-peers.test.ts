/** Peers that mean harm to whoever runs the command: to the terminal it prints on, and to its patience. */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { memoryStreams } from '../../test/memory-streams.ts'
import { CA, ending, readAll, SERVER, startPair, startServer, TRUST, until } from '../../test/node/loopback.ts'
import { issue } from '../../test/pki.ts'
import { connect, type TlsSocket } from '../node/index.ts'
import type { HandshakeReport } from '../report/handshake-report.ts'
import { runProgram } from './program.ts'
import { startServe, stopServe } from './serve.ts'
import { answerWithPage } from './serve-www.ts'
import { jsonText } from './streams.ts'

/** What a terminal would obey or be confused by, as far as JSON leaves it as it is. */
const UNSAFE = /[\u007f-\u009f\u2028\u2029\p{Bidi_Control}]/u
/** A control sequence of C1: as a protocol, whose bytes are Latin-1. */
const PROTOCOL = '\u009b31mred\u0085\u007f'
/** The same, and text turned round: as a name. */
const EVIL = `${PROTOCOL}\u202eb\u2066\u061c\u2028`
const HOSTILE = issue(CA, { subject: EVIL, dnsNames: ['localhost'], emails: ['\u007f\u001b[2J@example.com'] })

let directory = ''
const file = (name: string): string => join(directory, name)
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'handfast-hostile-'))
  writeFileSync(file('ca.pem'), CA.pem)
  writeFileSync(file('server.pem'), SERVER.chainPem)
  writeFileSync(file('server.key'), SERVER.key.pem)
  writeFileSync(file(`${EVIL}.pem`), HOSTILE.pem)
})
afterAll(() => rmSync(directory, { recursive: true, force: true }))

const SERVE = { port: 0, host: '127.0.0.1' }

describe('JSON on standard output', () => {
  test('is safe for every character, and says the same', () => {
    const every = Array.from({ length: 0x10000 }, (_, code) => String.fromCharCode(code))
    const value = { every, text: 'ü \u{1f600} \u{10ffff}', '\u202ekey': [1, null, true] }
    for (const indent of [undefined, 2]) {
      const text = jsonText(value, indent)
      expect(text).not.toMatch(UNSAFE)
      expect(text).toContain('ü \u{1f600}')
      expect(JSON.parse(text)).toEqual(value)
    }
  })

  test('of serve', async () => {
    const streams = memoryStreams()
    const credentials = { cert: [file('server.pem')], key: [file('server.key')], clientCa: [file('ca.pem')] }
    const serving = await startServe({ ...SERVE, ...credentials, json: true }, streams)
    const ALPNProtocols = [PROTOCOL, '\u009b2J']
    const client = connect({
      ...TRUST,
      port: serving.port,
      ALPNProtocols,
      identities: [{ chain: HOSTILE.chain, key: HOSTILE.privateKey }],
    })
    client.on('error', () => {})
    await until(() => streams.output() !== '')
    client.destroy()
    await stopServe(serving)
    expect(streams.output()).not.toMatch(UNSAFE)
    const report = JSON.parse(streams.output()) as HandshakeReport
    expect(report.offered?.alpnProtocols).toEqual(ALPNProtocols)
    expect(report.client.chain).toHaveLength(1)
  })

  test('of connect', async () => {
    const identities = [{ chain: HOSTILE.chain, key: HOSTILE.privateKey }]
    await using listening = await startServer({ identities, ALPNProtocols: [PROTOCOL] }, (socket) => socket.end())
    const streams = memoryStreams()
    const args = ['--ca', file('ca.pem'), '--servername', 'localhost', '--alpn', PROTOCOL, '--json']
    await runProgram(['connect', `127.0.0.1:${listening.port}`, ...args], streams)
    expect(streams.output()).not.toMatch(UNSAFE)
    const report = JSON.parse(streams.output()) as HandshakeReport
    expect(report.negotiated?.alpnProtocol).toBe(PROTOCOL)
    expect(report.server.chain).toHaveLength(1)
  })

  test('of ca show', async () => {
    const streams = memoryStreams()
    expect(await runProgram(['ca', 'show', file(`${EVIL}.pem`), '--json'], streams), streams.errors()).toBe(0)
    expect(streams.output()).not.toMatch(UNSAFE)
    expect(JSON.parse(streams.output())).toMatchObject([{ source: file(`${EVIL}.pem`), certificates: [{}] }])
  })
})

describe('serve --www', () => {
  /** Milliseconds: short, since it is waited for in vain. */
  const PATIENCE = 150

  interface Visit extends AsyncDisposable {
    readonly client: TlsSocket
    readonly server: TlsSocket
  }

  async function visit(): Promise<Visit> {
    const pair = await startPair({ allowHalfOpen: true })
    for (const socket of [pair.client, pair.server]) socket.on('error', () => {})
    answerWithPage(pair.server, PATIENCE)
    return pair
  }

  test('a request that trickles in is cut off, however lively it is', { timeout: 5000 }, async () => {
    await using pair = await visit()
    const trickle = setInterval(() => pair.client.write('x'), PATIENCE / 10)
    await ending(pair.server)
    clearInterval(trickle)
    expect(pair.client.bytesRead).toBe(0)
  })

  test('a client that has its answer and stays is cut off', { timeout: 5000 }, async () => {
    await using pair = await visit()
    pair.client.write('GET / HTTP/1.1\r\n\r\n')
    expect(String(await readAll(pair.client))).toMatch(/^HTTP\/1\.1 200 OK\r\n/)
    const trickle = setInterval(() => pair.client.write('x'), PATIENCE / 10)
    await ending(pair.server)
    clearInterval(trickle)
  })
})
