import { X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { connect as connectTcp, createServer as createTcpServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { memoryStreams, type MemoryStreams } from '../../test/memory-streams.ts'
import type { TlsSocket } from '../node/index.ts'
import type { HandshakeReport } from '../report/handshake-report.ts'
import { readTarget } from './connect.ts'
import { runProgram } from './program.ts'
import { reloadFiles, startServe, stopServe, type ServeOptions, type Serving } from './serve.ts'

/** Made once: a root, a server's and a client's certificate, and a root that trusts neither. */
let directory = ''
const file = (name: string): string => join(directory, name)
async function make(...args: string[]): Promise<void> {
  const streams = memoryStreams()
  expect(await runProgram(['ca', ...args], streams), streams.errors()).toBe(0)
}
beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'handfast-connect-'))
  await make('new', '--name', 'Example root', '--out', file('ca'))
  await make('new', '--name', 'Other root', '--out', file('other'))
  await make('issue', '--ca', file('ca'), '--server', 'localhost', '127.0.0.1', '--out', directory)
  await make('issue', '--ca', file('ca'), '--server', 'two.example', '--out', directory, '--key-type', 'ed25519')
  await make('issue', '--ca', file('ca'), '--client', 'alice', '--out', directory)
  await make('issue', '--ca', file('other'), '--client', 'mallory', '--out', directory)
})
afterAll(() => rmSync(directory, { recursive: true, force: true }))

const cleanups: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup()
})

interface Running {
  readonly serving: Serving
  readonly streams: MemoryStreams
  readonly target: string
}

async function serve(options: Partial<ServeOptions> = {}): Promise<Running> {
  const streams = memoryStreams()
  const serving = await startServe(
    {
      port: 0,
      host: '127.0.0.1',
      cert: [file('localhost.pem')],
      key: [file('localhost.key')],
      ...options,
    },
    streams,
  )
  cleanups.push(() => stopServe(serving))
  return { serving, streams, target: `127.0.0.1:${serving.port}` }
}

/** Waits until `condition` holds; the test's own deadline ends a wait in vain. */
async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5))
}

/** A TCP server that does `act` with each connection; resolves with its address. */
async function serveTcp(act: (socket: import('node:net').Socket) => void): Promise<string> {
  const server = createTcpServer((socket) => {
    socket.on('error', () => {})
    act(socket)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  cleanups.push(async () => {
    server.close()
  })
  return `127.0.0.1:${(server.address() as AddressInfo).port}`
}

interface Result {
  readonly code: number
  readonly out: string
  readonly err: string
}

async function connect(target: string, args: readonly string[] = [], input = ''): Promise<Result> {
  const streams = memoryStreams(input)
  const code = await runProgram(['connect', target, ...args], streams)
  return { code, out: streams.output(), err: streams.errors() }
}

const trusting = (): string[] => ['--ca', file('ca/ca.pem')]
const asClient = (name: string): string[] => ['--cert', file(`${name}.pem`), '--key', file(`${name}.key`)]

describe('raw public keys', () => {
  const pinOf = (streams: MemoryStreams): string => /sha256\/[0-9A-Za-z+/=]{44}/.exec(streams.errors())?.[0] ?? ''

  test('of a server, which says which, and of a client', async () => {
    const client = await serve({ cert: [], key: [file('alice.key')], rawPublicKey: true })
    const running = await serve({
      cert: [],
      rawPublicKey: true,
      echo: true,
      trustKey: [pinOf(client.streams)],
      requireClientCert: true,
    })
    const pin = pinOf(running.streams)
    const args = ['--trust-key', pin, '--raw-public-key', '--key', file('alice.key')]
    const { code, out, err } = await connect(running.target, args, 'hello')
    expect([code, out], err).toEqual([0, 'hello'])
    expect(err).toContain('Raw public key of the server')
    expect(err).toContain('Raw public key of the client')
    expect(err).toMatch(/\+ server {2}trusted, proved its key/)
    expect(running.streams.output()).toMatch(/client key [0-9a-f]{64}\n/)
  })

  test('that nobody knows are refused, with the pin and what to do', async () => {
    const { target, streams } = await serve({ cert: [], rawPublicKey: true })
    const { code, err } = await connect(target, ['--trust-key', '00'.repeat(32)])
    expect(code).toBe(4)
    expect(err.replaceAll(/\s+/g, ' ')).toContain(pinOf(streams))
    expect(err).toMatch(/was refused: unknown-key/)
    expect(err).toMatch(/give it with --trust-key SHA256/)
  })

  test.each([
    [['--raw-public-key'], /the --key is enough/],
    [['--trust-key', 'nonsense'], /--trust-key: needs a SHA-256 in hex or base64, has 'nonsense'/],
  ])('%j', async (args, message) => {
    const { code, err } = await connect('127.0.0.1:9', args)
    expect(code).toBe(2)
    expect(err).toMatch(message)
  })

  test('a key that is none is told by its file', async () => {
    await expect(serve({ cert: [], key: [file('localhost.pem')], rawPublicKey: true })).rejects.toThrow(
      /localhost\.pem/,
    )
  })
})

describe('GET /reauth', () => {
  const request = 'GET /reauth HTTP/1.1\r\nHost: localhost\r\n\r\n'
  const answerOf = (out: string): unknown => JSON.parse(out.slice(out.indexOf('\r\n\r\n')))

  test('asks who the client is, and tells', async () => {
    const { target } = await serve({ www: true, clientCa: [file('ca/ca.pem')] })
    const args = [...trusting(), ...asClient('alice'), '--post-handshake-auth']
    const { code, out, err } = await connect(target, args, request)
    expect(code, err).toBe(0)
    expect(answerOf(out)).toMatchObject({
      authenticated: true,
      client: { afterHandshake: true, verdict: { trusted: true }, chain: [{ subject: 'CN=alice' }] },
    })
  })

  test('tells that the client declined', async () => {
    const { target } = await serve({ www: true, clientCa: [file('ca/ca.pem')] })
    const { out } = await connect(target, [...trusting(), '--post-handshake-auth'], request)
    expect(answerOf(out)).toEqual({ authenticated: false, client: null })
  })

  test('tells that the client did not offer it', async () => {
    const { target } = await serve({ www: true })
    const { out } = await connect(target, trusting(), request)
    expect(out).toMatch(/^HTTP\/1\.1 409 Conflict\r\n/)
    expect(out).toMatch(/needs a client that offered it/)
  })

  test('is the end of a client that nobody trusts', async () => {
    const { target } = await serve({ www: true })
    const args = [...trusting(), ...asClient('mallory'), '--post-handshake-auth']
    const { code, err } = await connect(target, args, request)
    expect(code).toBe(5)
    expect(err).toMatch(/ended the connection with unknown_ca/)
  })
})

describe('connect', () => {
  test('carries standard input there and back; the report goes to standard error', async () => {
    const { target, streams } = await serve({ echo: true })
    const { code, out, err } = await connect(target, trusting(), 'across and back\n')
    expect(out).toBe('across and back\n')
    expect(code).toBe(0)
    expect(err).toContain('TLS 1.3 handshake complete')
    expect(err).toMatch(/\+ server {2}trusted/)
    expect(streams.output()).toMatch(/^\+ {2}\d\d:\d\d:\d\d {2}127\.0\.0\.1:\d+ .* TLS 1\.3 {2}X25519MLKEM768/)
  })

  test('--intermediates stand in for what the server does not send', async () => {
    const issuing = file('issuing')
    await make('issue', '--ca', file('ca'), '--authority', 'Issuing', '--out', issuing)
    await make('issue', '--ca', issuing, '--server', 'localhost', '127.0.0.1', '--out', issuing)
    const chain = readFileSync(join(issuing, 'localhost.pem'), 'utf8')
    const alone = join(issuing, 'alone.pem')
    writeFileSync(alone, chain.slice(0, chain.indexOf('-----END') + '-----END CERTIFICATE-----\n'.length))
    const { target } = await serve({ cert: [alone], key: [join(issuing, 'localhost.key')] })
    expect((await connect(target, trusting())).code).toBe(4)
    expect((await connect(target, [...trusting(), '--intermediates', join(issuing, 'ca.pem')])).code).toBe(0)
    const none = await connect(target, [...trusting(), '--intermediates', join(issuing, 'localhost.key')])
    expect([none.code, none.err]).toEqual([6, expect.stringContaining('it holds only PRIVATE KEY')])
  })

  test('--json prints the report alone', async () => {
    const { target } = await serve({ echo: true })
    const { code, out, err } = await connect(target, [...trusting(), '--json'], 'never sent')
    const report: HandshakeReport = JSON.parse(out)
    expect(report).toMatchObject({ role: 'client', outcome: 'complete', failure: null })
    expect([code, err]).toEqual([0, ''])
  })

  test('options reach the handshake', async () => {
    const { target } = await serve({ alpn: 'h2,http/1.1' })
    const args = ['--alpn', 'http/1.1', '--groups', 'SECP256R1,x25519', '--cipher-suites', 'TLS_AES_256_GCM_SHA384']
    const { out } = await connect(target, [...trusting(), ...args, '--servername', 'localhost', '--json'])
    const { offered, negotiated }: HandshakeReport = JSON.parse(out)
    expect(offered).toMatchObject({ groups: ['secp256r1', 'x25519'], serverName: 'localhost' })
    expect(negotiated).toMatchObject({
      group: 'secp256r1',
      cipherSuite: 'TLS_AES_256_GCM_SHA384',
      alpnProtocol: 'http/1.1',
    })
  })

  test('--trace shows every message with its fields', async () => {
    const { target } = await serve()
    const { err } = await connect(target, [...trusting(), '--trace'])
    for (const name of [
      '-> client_hello',
      '<- server_hello',
      '<- encrypted_extensions',
      '<- certificate_verify',
      '-> finished',
    ]) {
      expect(err).toContain(name)
    }
    expect(err).toMatch(/cipher_suite +1301 TLS_AES_128_GCM_SHA256/)
  })

  test('--keylog writes a file for its owner alone, and warns', async () => {
    const { target } = await serve()
    const { code, err } = await connect(target, [...trusting(), '--keylog', file('keys')])
    expect(code).toBe(0)
    expect(err).toMatch(/^! whoever reads '.*keys' can read this connection$/m)
    expect(readFileSync(file('keys'), 'utf8')).toMatch(/^CLIENT_TRAFFIC_SECRET_0 [0-9a-f]{64} [0-9a-f]{64}$/m)
    if (process.platform !== 'win32') expect(statSync(file('keys')).mode & 0o777).toBe(0o600)
  })

  test('a server nobody vouches for: 4, and --insecure goes on with a warning', async () => {
    const { target, streams } = await serve({ echo: true })
    const refused = await connect(target, ['--ca', file('other/ca.pem')], 'x')
    expect(refused).toMatchObject({ code: 4, out: '' })
    expect(refused.err).toMatch(
      /x the certificate of 127\.0\.0\.1:\d+ was refused: unknown-issuer\.\n {2}If you trust the authority/,
    )
    await until(() => streams.output().includes('received unknown_ca'))
    const insecure = await connect(target, ['--ca', file('other/ca.pem'), '--insecure'], 'x')
    expect(insecure).toMatchObject({ code: 0, out: 'x' })
    expect(insecure.err).toContain('! nobody checked who the server is')
    expect(insecure.err).toContain('! server  not trusted; accepted all the same, as asked')
  })

  test('how the server is judged: profile, policy, rules, pins, lists', async () => {
    const { target } = await serve({ echo: true })
    const unknown = await connect(target, [...trusting(), '--revocation', 'hard'])
    expect(unknown.code).toBe(4)
    expect(unknown.err).toMatch(/refused: revocation-unknown\.\n {2}Give a current list with --crl FILE/)
    const pinned = await connect(target, [...trusting(), '--pin', '0'.repeat(64)], 'x')
    expect(pinned).toMatchObject({ code: 4, out: '' })
    expect(pinned.err).toMatch(/refused: pin-mismatch\.\n {2}If the key was changed on purpose/)
    writeFileSync(file('ours.json'), JSON.stringify({ name: 'ours', rules: { pins: 'warn' } }))
    const ours = ['--policy', file('ours.json'), '--rule', 'dates=refuse', '--profile', 'rfc5280', '--max-depth', '1']
    const warned = await connect(target, [...trusting(), ...ours, '--pin', '0'.repeat(64), '--json'])
    const report: HandshakeReport = JSON.parse(warned.out)
    expect(warned.code).toBe(0)
    expect(report.server.verdict).toMatchObject({ trusted: true, policy: 'ours' })
    expect(report.server.verdict?.warnings).toMatchObject([{ reason: 'pin-mismatch', rule: 'pins' }])
    const fetching = await connect(target, [...trusting(), '--fetch'], 'x')
    expect(fetching).toMatchObject({ code: 0, out: 'x' })
  })

  test('--known-keys remembers the key of the first meeting, and refuses another', async () => {
    const first = await serve({ echo: true })
    const memory = [...trusting(), '--servername', 'localhost', '--known-keys', file('known')]
    expect((await connect(first.target, memory, 'x')).code).toBe(0)
    expect(readFileSync(file('known'), 'utf8')).toMatch(/^localhost sha256\/\S{44} /m)
    expect((await connect(first.target, memory, 'x')).code).toBe(0)
    const issued = memoryStreams()
    const args = ['ca', 'issue', '--ca', file('ca'), '--server', 'localhost', '--out', file('renewed')]
    expect(await runProgram(args, issued), issued.errors()).toBe(0)
    const renewed = await serve({ cert: [file('renewed/localhost.pem')], key: [file('renewed/localhost.key')] })
    const changed = await connect(renewed.target, memory, 'x')
    expect(changed).toMatchObject({ code: 4, out: '' })
    expect(changed.err).toMatch(/refused: key-changed\.\n {2}If its key was changed on purpose/)
    writeFileSync(file('damaged'), 'nonsense\n', { mode: 0o600 })
    const damaged = await connect(first.target, [...trusting(), '--known-keys', file('damaged')])
    expect(damaged).toMatchObject({ code: 6, err: expect.stringContaining('the known keys cannot be used: ') })
  })

  test('a reason without advice of its own has that of the table', async () => {
    const { target } = await serve()
    const leaf = new X509Certificate(readFileSync(file('localhost.pem')))
    writeFileSync(file('blocked.txt'), `${leaf.fingerprint256}\n`)
    const { code, err } = await connect(target, [...trusting(), '--blocklist', file('blocked.txt')])
    expect(code).toBe(4)
    expect(err).toMatch(/refused: blocked\.\n {2}Do not use it: make a new key/)
  })

  test('another name: 4', async () => {
    const { target } = await serve()
    const { code, err } = await connect(target, [...trusting(), '--servername', 'other.example'])
    expect(code).toBe(4)
    expect(err).toContain('was refused: name-mismatch')
  })

  test('client certificates: none where one is wanted, one that is not trusted, one that is', async () => {
    const { target, streams } = await serve({ clientCa: [file('ca/ca.pem')], requireClientCert: true, echo: true })
    const none = await connect(target, trusting(), 'x')
    expect(none.code).toBe(5)
    expect(none.err).toMatch(
      /certificate_required.*\n {2}The server wants a client certificate: give one with --cert FILE and --key FILE\./,
    )
    const wrong = await connect(target, [...trusting(), ...asClient('mallory')], 'x')
    expect(wrong).toMatchObject({ code: 5, out: '' })
    expect(wrong.err).toContain(
      '! your certificate was not sent: it is issued by CN=Other root, and the server accepts',
    )
    expect(wrong.err).toMatch(/certificate_required.*\n {2}Your certificate was not sent \(why stands above\)/)
    const right = await connect(target, [...trusting(), ...asClient('alice')], 'x')
    expect(right).toMatchObject({ code: 0, out: 'x' })
    expect(right.err).not.toContain('was not sent')
    expect(streams.output()).toContain('client CN=alice\n')
  })

  test('nothing in common: 5', async () => {
    const { target } = await serve({ groups: 'x25519' })
    const { code, err } = await connect(target, [...trusting(), '--groups', 'secp521r1'])
    expect(code).toBe(5)
    expect(err).toContain('Nothing both sides accept')
  })

  test('no server: 3, and no report of what never was', async () => {
    const target = await serveTcp(() => {})
    await cleanups.pop()?.()
    const { code, out, err } = await connect(target)
    expect([code, out]).toEqual([3, ''])
    expect(err).toMatch(
      /^x cannot connect to 127\.0\.0\.1:\d+: the connection was refused\.\n {2}Check that a server listens there\.\n$/,
    )
  })

  test('no such host: 3', async () => {
    const { code, err } = await connect('nowhere.invalid:443')
    expect(code).toBe(3)
    expect(err).toMatch(
      /^x cannot connect to nowhere\.invalid:443: (there is no such host|the name could not be looked up)/,
    )
  })

  test('a server that says nothing: 3 after the timeout; one that is no TLS: 5', async () => {
    const silent = await connect(await serveTcp(() => {}), ['--timeout', '0.2'])
    expect(silent.code).toBe(3)
    expect(silent.err).toContain('the handshake was not complete after 200 ms')
    const http = await connect(await serveTcp((socket) => socket.end('HTTP/1.0 400 Bad Request\r\n\r\n')))
    expect(http.code).toBe(5)
    expect(http.err).toMatch(
      /x 127\.0\.0\.1:\d+ did not answer in TLS: record\.type: .*\n {2}Check that this port speaks TLS/,
    )
  })

  test.each([
    [['localhost:0']],
    [['localhost:70000']],
    [['a:b:c']],
    [['']],
    [['localhost:1', '--cert', 'x']],
    [['localhost:1', '--groups', 'x25519,nonsense']],
    [['localhost:1', '--groups', 'x25519,x25519']],
    [['localhost:1', '--signature-schemes', '']],
    [['localhost:1', '--timeout', '-1']],
  ])('%j is a matter of usage', async (args) => {
    const streams = memoryStreams()
    expect(await runProgram(['connect', ...args], streams)).toBe(2)
    expect(streams.errors()).toMatch(/^x .*\.\n/)
  })

  test.each([
    [['--groups', 'x25519,,secp256r1'], '--groups: empty name between commas'],
    [['--alpn', 'x'.repeat(256)], '--alpn: needs names of 1 to 255 bytes, has one of 256'],
    [['--alpn', 'h2,'], '--alpn: empty name between commas'],
    [['--servername', 'a b'], '--servername or HOST: needs a DNS name'],
  ])('%j is refused by the name it has here', async (args, message) => {
    expect(await connect('localhost:1', args)).toMatchObject({ code: 2, err: expect.stringContaining(message) })
  })

  test('files that hold something else: 6, with their names', async () => {
    const good = readFileSync(file('ca/ca.pem'), 'utf8')
    const garbage = '-----BEGIN CERTIFICATE-----\nMAMCAQA=\n-----END CERTIFICATE-----\n'
    writeFileSync(file('garbage.pem'), garbage)
    writeFileSync(file('mixed.pem'), good + garbage)
    // PFX: version 3, then the beginning of authSafe.
    writeFileSync(file('bag.p12'), Uint8Array.of(0x30, 0x05, 0x02, 0x01, 0x03, 0x30, 0x00))
    const alice = ['--key', file('alice.key')]
    const cases: readonly (readonly [string[], RegExp])[] = [
      [['--ca', file('garbage.pem')], /certificate 1 in '.*garbage\.pem' is malformed: /],
      [['--ca', file('mixed.pem')], /certificate 2 in '.*mixed\.pem' is malformed: /],
      [['--ca', file('bag.p12')], /'.*bag\.p12' is a PKCS#12 archive.*\n.*openssl pkcs12 -in .*bag\.p12 -nodes/],
      [['--cert', file('mixed.pem'), ...alice], /certificate 2 in '.*mixed\.pem' is malformed: /],
      [
        ['--cert', file('mallory.pem'), ...alice],
        /key in '.*alice\.key', .* in '.*mallory\.pem': needs the private key/,
      ],
      [['--cert', file('alice.pem'), '--key', file('bag.p12')], /'.*bag\.p12' is a PKCS#12 archive/],
    ]
    for (const [args, message] of cases) {
      const { code, err } = await connect('localhost:1', args)
      expect(err).toMatch(message)
      expect(code).toBe(6)
    }
  })

  test('a server that takes the end of our half as the end of all has answered before', async () => {
    const server = await serve()
    const answer = (socket: TlsSocket): void => {
      socket.once('end', () => socket.destroy())
      setTimeout(() => socket.end('the answer'), 50)
    }
    server.serving.server.on('secureConnection', answer)
    expect(await connect(server.target, trusting(), 'a question')).toMatchObject({ code: 0, out: 'the answer' })
  })

  test('files that are not there: 6', async () => {
    expect((await connect('localhost:1', ['--ca', file('nothing')])).code).toBe(6)
    expect((await connect('localhost:1', ['--keylog', join(file('ca/ca.pem'), 'x')])).code).toBe(6)
  })

  test('targets', () => {
    expect(readTarget('example.com')).toEqual({ host: 'example.com', port: 443 })
    expect(readTarget('[2001:db8::1]:8443')).toEqual({ host: '2001:db8::1', port: 8443 })
    expect(readTarget('192.0.2.1:1')).toEqual({ host: '192.0.2.1', port: 1 })
  })
})

describe('serve', () => {
  test('reads certificates, keys and authorities anew when it is told to, all or none', async () => {
    const clientCa = file('authorities.pem')
    writeFileSync(clientCa, readFileSync(file('ca/ca.pem')))
    const options = { clientCa: [clientCa], requireClientCert: true, echo: true }
    const { serving, streams, target } = await serve(options)
    const whole = { port: 0, cert: [file('localhost.pem')], key: [file('localhost.key')], ...options }
    const reload = (): void => reloadFiles(serving, whole, streams)
    const mallory = [...trusting(), ...asClient('mallory')]
    expect((await connect(target, mallory, 'x')).code).toBe(5)
    writeFileSync(clientCa, readFileSync(file('other/ca.pem')))
    reload()
    expect(streams.errors()).toContain('SIGHUP: --cert, --key and --client-ca were read anew')
    expect(await connect(target, mallory, 'x')).toMatchObject({ code: 0, out: 'x' })
    expect((await connect(target, [...trusting(), ...asClient('alice')], 'x')).code).toBe(5)
    writeFileSync(clientCa, 'nothing')
    reload()
    expect(streams.errors()).toMatch(/SIGHUP: nothing was changed: no certificate in '.*authorities\.pem'/)
    expect((await connect(target, mallory, 'x')).code).toBe(0)
  })

  test('--www answers with the page of the handshake and closes', async () => {
    const { target } = await serve({ www: true })
    const page = await connect(target, trusting(), 'GET / HTTP/1.1\r\nHost: localhost\r\n\r\n')
    expect(page.code).toBe(0)
    const [head = '', body = ''] = page.out.split('\r\n\r\n')
    expect(head).toMatch(/^HTTP\/1\.1 200 OK\r\n/)
    expect(head).toContain(`Content-Length: ${Buffer.byteLength(body)}`)
    expect(body).toMatch(/^<!doctype html>/)
    const json = await connect(target, trusting(), 'GET /report.json HTTP/1.0\n\n')
    expect(JSON.parse(json.out.split('\r\n\r\n')[1] ?? '')).toMatchObject({ role: 'server', outcome: 'complete' })
  })

  test.each([
    ['HEAD / HTTP/1.1\r\n\r\n', /^HTTP\/1\.1 200 OK\r\n[^]*\r\n\r\n$/],
    ['GET /other HTTP/1.1\r\n\r\n', /^HTTP\/1\.1 404 /],
    ['POST / HTTP/1.1\r\n\r\n', /^HTTP\/1\.1 405 [^]*Allow: GET, HEAD\r\n/],
    ['nonsense\r\n\r\n', /^HTTP\/1\.1 400 /],
    [`GET / HTTP/1.1\r\nX: ${'x'.repeat(20_000)}`, /^HTTP\/1\.1 431 /],
  ])('--www answers other requests as HTTP wants it', async (request, answer) => {
    const { target } = await serve({ www: true })
    expect((await connect(target, trusting(), request)).out).toMatch(answer)
  })

  test('several certificates are chosen by name; many connections at once', async () => {
    const names = ['localhost', 'two']
    const { target } = await serve({
      cert: [file('localhost.pem'), file('two.example.pem')],
      key: [file('localhost.key'), file('two.example.key')],
      echo: true,
    })
    const results = await Promise.all(
      Array.from({ length: 10 }, (_, i) => {
        const name = names[i % 2] === 'two' ? 'two.example' : 'localhost'
        return connect(target, [...trusting(), '--servername', name, '--json'])
      }),
    )
    const subjects = results.map(({ out }) => (JSON.parse(out) as HandshakeReport).server.chain[0]?.subject)
    expect(subjects).toEqual(Array.from({ length: 10 }, (_, i) => (i % 2 === 0 ? 'CN=localhost' : 'CN=two.example')))
  })

  test('--json prints one report a line, and what went wrong too', async () => {
    const { target, streams, serving } = await serve({ json: true })
    await connect(target, trusting())
    const noise = connectTcp(serving.port, '127.0.0.1')
    noise.on('error', () => {})
    noise.resume()
    noise.end('this is no TLS\n')
    await once(noise, 'close')
    const lines = streams.output().trimEnd().split('\n')
    expect(lines.map((line) => (JSON.parse(line) as HandshakeReport).outcome)).toEqual(['complete', 'failed'])
  })

  test('without an option what comes is dropped', async () => {
    const { target } = await serve()
    expect(await connect(target, trusting(), 'anybody?')).toMatchObject({ code: 0, out: '' })
  })

  test('stopping ends the connections that stand', async () => {
    const { serving, target } = await serve({ echo: true })
    const streams = { ...memoryStreams(), stdin: new PassThrough() }
    const client = runProgram(['connect', target, ...trusting()], streams)
    streams.stdin.write('x')
    await until(() => streams.output() !== '')
    await stopServe(serving)
    cleanups.pop()
    expect(await client).toBe(0)
  })

  test('a port that is taken: 3', async () => {
    const { serving } = await serve()
    const streams = memoryStreams()
    const args = ['--cert', file('localhost.pem'), '--key', file('localhost.key'), '--host', '127.0.0.1']
    expect(await runProgram(['serve', '--port', String(serving.port), ...args], streams)).toBe(3)
    expect(streams.errors()).toMatch(/^x port \d+ is taken\.\n {2}Choose another with --port/)
  })

  test.each([
    [[], 2, /needs a certificate and its key/],
    [['--cert', 'CERT', '--cert', 'CERT', '--key', 'KEY'], 2, /every --cert needs its --key: there are 2 and 1/],
    [['--cert', 'CERT', '--key', 'OTHER'], 6, /needs the private key of the certificate/],
    [['--cert', 'CERT', '--key', 'KEY', '--require-client-cert'], 2, /needs to know whom to trust/],
    [['--cert', 'CERT', '--key', 'KEY', '--www', '--echo'], 2, /exclude each other/],
    [['--cert', 'CERT', '--key', 'KEY', '--min-version', '1.3', '--max-version', '1.2'], 2, /--max-version/],
    [['--cert', 'CERT', '--key', 'KEY', '--port', 'x'], 2, /needs a number from 0 to 65535/],
    [['--cert', 'CERT', '--key', 'nothing'], 6, /no such file/],
    [['--cert', 'KEY', '--key', 'KEY'], 6, /no certificate in '.*localhost\.key'/],
    [['--cert', 'CERT', '--key', 'KEY', '--signature-schemes', 'ed25519'], 2, /no --key can sign with ed25519/],
  ])('%j', async (args, code, message) => {
    const files: Readonly<Record<string, string>> = { CERT: 'localhost.pem', KEY: 'localhost.key', OTHER: 'alice.key' }
    const streams = memoryStreams()
    const resolved = args.map((arg) => (files[arg] === undefined ? arg : file(files[arg])))
    expect(await runProgram(['serve', '--port', '0', ...resolved], streams)).toBe(code)
    expect(streams.errors()).toMatch(message)
  })
})
