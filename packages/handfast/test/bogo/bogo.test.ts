/** The tables of the conformance tests are of one piece, and the shim does what its arguments say. */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { writePem } from '../../src/asn1/index.ts'
import { ALERT_CODES, TlsError } from '../../src/tls/index.ts'
import { SERVER } from '../pair/pair.ts'
import { AREAS, areaOf } from './areas.ts'
import rawConfig from './config.json' with { type: 'json' }
import { type Config, globPattern, readConfig } from './disabled.ts'
import { ERROR_NAMES, errorName } from './error-names.ts'
import { readArguments } from './features.ts'
import { type Outcome, runTest, UNIMPLEMENTED } from './shim.ts'
import { readResults, renderTable } from './tally.ts'

const config: Config = rawConfig

describe('arguments', () => {
  test('a flag that is not known is unimplemented', async () => {
    expect(await runTest(['-server', '-no-such-flag'])).toEqual({
      code: UNIMPLEMENTED,
      stderr: 'unimplemented: flag -no-such-flag\n',
    })
  })

  test('a flag is for all connections, or by its prefix for some', () => {
    const args = '-port 7 -curves 29 -on-resume-curves 23 -on-shim-server -on-initial-host-name a'.split(' ')
    const { initial, resume, retry } = readArguments(args)
    expect(initial).toEqual({ port: 7, curves: [29], isServer: true, hostName: 'a' })
    expect(resume).toEqual({ port: 7, curves: [29, 23], isServer: true })
    expect(retry).toEqual({ port: 7, curves: [29], isServer: true })
  })

  test('what is said of a credential is of the one begun last, before any of the default one', () => {
    const args = ['-key-file', 'a', '-new-x509-credential', '-key-file', 'b', '-new-rpk-credential', '-key-file', 'c']
    expect(readArguments(args).initial).toEqual({
      defaultCredential: { keyFile: 'a' },
      credentials: [{ keyFile: 'b' }, { isRaw: true, keyFile: 'c' }],
    })
  })

  test('a value that is missing is a mistake', () => {
    expect(() => readArguments(['-port'])).toThrow('-port: needs a value')
  })
})

describe('areas', () => {
  test('each has a name of its own, and the last takes what is left', () => {
    expect(new Set(AREAS.map(({ name }) => name)).size).toBe(AREAS.length)
    expect(areaOf('Whatever')).toBe(AREAS.at(-1)?.name)
  })

  test.each([
    ['Basic-Client-DTLS-Sync', 'DTLS'],
    ['TLS-ECH-Client-Reject', 'encrypted client hello'],
    ['EchoTLS13CompatibilitySessionID', 'resumption'],
    ['ServerCertificateType-Client-TLS13', 'raw public keys'],
    ['CurveTest-Client-X25519-TLS13', 'key exchange'],
    ['KeyUpdate-Requested', 'key updates'],
    ['Server-Sign-Ed25519-TLS13', 'signatures'],
    ['ALPNServer-Decline-TLS-TLS13', 'ALPN'],
  ])('%s: %s', (name, area) => expect(areaOf(name)).toBe(area))
})

describe('names of errors', () => {
  test('each row is for an alert that there is, and can be reached', () => {
    const closed = new Set<string>()
    for (const { alert, text, name } of ERROR_NAMES) {
      if (alert !== '*') expect(Object.keys(ALERT_CODES)).toContain(alert)
      expect(name).toMatch(/^[A-Z0-9_]+$/)
      expect(closed.has(alert), `${alert} ${text}: no row behind one that takes everything`).toBe(false)
      if (text.source === '(?:)') closed.add(alert)
    }
  })

  test.each([
    [new TlsError('decode_error', 'certificate_verify: needs nothing more, has 1 more bytes'), ':DECODE_ERROR:'],
    [new TlsError('unexpected_message', 'handshake: needs finished, has certificate'), ':UNEXPECTED_MESSAGE:'],
    [new TlsError('unknown_ca', 'the peer', { fault: 'peer-alert' }), ':TLSV1_ALERT_UNKNOWN_CA:'],
    [new TlsError('handshake_failure', 'the peer', { fault: 'peer-alert' }), ':SSLV3_ALERT_HANDSHAKE_FAILURE:'],
    [new TlsError(null, 'the transport ended', { fault: 'transport' }), ':OTHER:'],
  ])('%s', (error, name) => expect(errorName(error)).toBe(name))

  test('what stands for names of BoringSSL is a name of the table, or text of ours', () => {
    const names = new Set(ERROR_NAMES.map(({ name }) => `:${name}:`))
    const others = Object.values(config.ErrorMap)
      .flat()
      .filter((name) => !names.has(name))
    expect(others.filter((name) => !/^(?::(?:SSLV3|TLSV1)_ALERT_|ech: )/.test(name))).toEqual([])
  })
})

describe('tests that are not run', () => {
  test('each has its reason, and is on one list', () => {
    const { disabled, forRunner } = readConfig(config)
    for (const { glob, reason } of disabled) {
      expect(() => globPattern(glob)).not.toThrow()
      expect(reason.length, glob).toBeGreaterThan(3)
    }
    expect(Object.keys(config.DisabledTests).filter((glob) => glob in (config.NotYet ?? {}))).toEqual([])
    expect(Object.keys(forRunner)).not.toContain('NotYet')
    expect(Object.keys(forRunner.DisabledTests)).toHaveLength(disabled.length)
  })

  test('globs are those of the runner', () => {
    expect(globPattern('TLS1-*').test('TLS1-Server')).toBe(true)
    expect(globPattern('TLS1-*').test('TLS13-Server')).toBe(false)
    expect(globPattern('a.[0-9]?').test('a.1x')).toBe(true)
    expect(globPattern('a.[0-9]?').test('ax1x')).toBe(false)
  })
})

test('results are told by area, and what the runner is silent about has failed', () => {
  const listed = ['A-DTLS', 'B', 'C', 'D', 'E'].map((name) => `UNIMPLEMENTED (${name})\n\n`).join('')
  const ran = 'PASSED (B)\nFAILED (C)\nunexpected failure\ngot: this\nUNIMPLEMENTED (D)\n'
  const results = readResults(listed, ran, [{ glob: '*DTLS*', reason: 'no datagrams' }])
  expect(results.map(({ name, state }) => [name, state])).toEqual([
    ['A-DTLS', 'disabled'],
    ['B', 'passed'],
    ['C', 'failed'],
    ['D', 'unimplemented'],
    ['E', 'failed'],
  ])
  const table = renderTable(results, true)
  expect(table).toContain('failed: C\nunexpected failure\ngot: this\n')
  expect(table).toMatch(/^DTLS +0 +0 +0 +1$/m)
  expect(table).toMatch(/^all +1 +2 +1 +1$/m)
})

/** Two shims in conversation: as the runner does, connections are told apart by the number they begin with. */
describe('the shim', () => {
  let folder: string
  let credential: readonly string[]

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'handfast-shim-'))
    const [cert, key] = [join(folder, 'cert.pem'), join(folder, 'key.pem')]
    writeFileSync(cert, SERVER.chain.map((der) => writePem('CERTIFICATE', der)).join(''))
    writeFileSync(key, writePem('PRIVATE KEY', SERVER.key.pkcs8))
    credential = ['-cert-file', cert, '-key-file', key]
  })

  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  async function converse(client: readonly string[], server: readonly string[]): Promise<readonly Outcome[]> {
    const ends = new Map<string, Socket>()
    const exchange = createServer({ allowHalfOpen: true }, (socket) => {
      socket.once('readable', () => {
        ends.set((socket.read(8) as Buffer).toString('hex'), socket)
        const [one, other] = [...ends.values()]
        if (one !== undefined && other !== undefined) one.pipe(other).pipe(one)
      })
    })
    await new Promise<void>((resolve) => exchange.listen(0, '127.0.0.1', resolve))
    const port = `${(exchange.address() as AddressInfo).port}`
    try {
      return await Promise.all([
        runTest(['-port', port, '-shim-id', '1', ...client]),
        runTest(['-port', port, '-shim-id', '2', '-server', ...credential, ...server]),
      ])
    } finally {
      exchange.close()
    }
  }

  test.each([[[]], [['-async']]])('makes a handshake and takes leave, with %j', async (how) => {
    const outcomes = await converse(
      [...how, '-host-name', 'server.example', '-shim-shuts-down', '-check-close-notify', '-expect-version', '772'],
      [...how, '-check-close-notify', '-expect-server-name', 'server.example', '-expect-no-hrr'],
    )
    expect(outcomes).toEqual([
      { code: 0, stderr: '' },
      { code: 0, stderr: '' },
    ])
  })

  test('says by its name how a handshake ended', async () => {
    const [client, server] = await converse(['-verify-peer', '-verify-fail'], [])
    expect(client).toMatchObject({ code: 1, stderr: expect.stringMatching(/^:CERTIFICATE_VERIFY_FAILED: host/) })
    expect(server).toMatchObject({ code: 1, stderr: expect.stringMatching(/^:SSLV3_ALERT_HANDSHAKE_FAILURE:/) })
  })

  test('fails where the handshake is not what was expected', async () => {
    const [client] = await converse(['-expect-version', '771', '-shim-shuts-down'], ['-shim-shuts-down'])
    expect(client).toEqual({ code: 1, stderr: 'version: needs 771, has 772\n' })
  })
})
