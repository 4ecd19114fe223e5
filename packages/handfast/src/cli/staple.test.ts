import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { memoryStreams } from '../../test/memory-streams.ts'
import { issue, issueCa, makeCa, type TestCertificate } from '../../test/pki.ts'
import { freshOcspResponse } from '../../test/revocation-data.ts'
import type { HandshakeReport } from '../report/handshake-report.ts'
import { runProgram } from './program.ts'
import { reloadFiles, startServe, stopServe, type ServeOptions, type Serving } from './serve.ts'

let directory = ''
const file = (name: string): string => join(directory, name)

const ca = makeCa({ subject: 'Root' })
const server = issue(ca, { ips: ['127.0.0.1'] })
const other = issue(ca, { dnsNames: ['other.example'] })
const long = issue(issueCa(issueCa(ca, { subject: 'A' }), { subject: 'B' }), { ips: ['127.0.0.1'] })
const FRESH = { thisUpdate: Date.now() - 3_600_000 }

function save(name: string, certificate: TestCertificate): void {
  writeFileSync(file(`${name}.pem`), certificate.chainPem)
  writeFileSync(file(`${name}.key`), certificate.key.pem)
}

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'handfast-staple-'))
  writeFileSync(file('ca.pem'), ca.pem)
  save('server', server)
  save('other', other)
  save('long', long)
  writeFileSync(file('server.ocsp'), freshOcspResponse(ca, server, 'good', FRESH))
  writeFileSync(file('other.ocsp'), freshOcspResponse(ca, other, 'good', FRESH))
})
afterAll(() => rmSync(directory, { recursive: true, force: true }))

const cleanups: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup()
})

async function serve(
  more: Partial<ServeOptions>,
): Promise<{ serving: Serving; options: ServeOptions; streams: ReturnType<typeof memoryStreams> }> {
  const streams = memoryStreams()
  const options = { port: 0, host: '127.0.0.1', cert: [file('server.pem')], key: [file('server.key')], ...more }
  const serving = await startServe(options, streams)
  cleanups.push(() => stopServe(serving))
  return { serving, options, streams }
}

async function connect(
  { port }: Serving,
  ...more: readonly string[]
): Promise<{ code: number; out: string; err: string }> {
  const streams = memoryStreams()
  const code = await runProgram(['connect', `127.0.0.1:${port}`, '--ca', file('ca.pem'), ...more], streams)
  return { code, out: streams.output(), err: streams.errors() }
}

async function reportOf(serving: Serving, ...more: readonly string[]): Promise<HandshakeReport> {
  return JSON.parse((await connect(serving, '--json', ...more)).out) as HandshakeReport
}

describe('--ocsp', () => {
  test('staples to the certificate that each is about, in whatever order', async () => {
    const { serving } = await serve({
      cert: [file('server.pem'), file('other.pem')],
      key: [file('server.key'), file('other.key')],
      ocsp: [file('other.ocsp'), file('server.ocsp')],
    })
    const { code, err } = await connect(serving)
    expect(code).toBe(0)
    expect(err).toMatch(/revocation of .*: good by stapled OCSP/)
    const named = await reportOf(serving, '--servername', 'other.example')
    expect(named.server.verdict?.revocation?.[0]).toMatchObject({ status: 'good', source: 'stapled-ocsp' })
  })

  test('is read anew with the certificates', async () => {
    const { serving, options, streams } = await serve({ ocsp: [file('server.ocsp')] })
    const before = await reportOf(serving)
    writeFileSync(file('server.ocsp'), freshOcspResponse(ca, server, 'good', { thisUpdate: Date.now() - 60_000 }))
    reloadFiles(serving, options, streams)
    expect(streams.errors()).toContain('SIGHUP: --cert, --key and --ocsp were read anew')
    expect((await reportOf(serving)).server.stapled).not.toEqual(before.server.stapled)
  })

  test.each([
    ['about no certificate', ['other.ocsp'], /about no --cert/],
    ['twice about one', ['server.ocsp', 'server.ocsp'], /a second one about the same/],
    ['that is none', ['ca.pem'], /ca\.pem/],
  ])('%s: refused', async (_, files, message) => {
    await expect(serve({ ocsp: files.map(file) })).rejects.toThrow(message)
  })
})

test('--certificate-compression shows what came of it', async () => {
  const { serving } = await serve({ cert: [file('long.pem')], key: [file('long.key')] })
  const { code, err } = await connect(serving, '--certificate-compression', 'zlib,brotli')
  expect(code).toBe(0)
  expect(err).toMatch(/certificates +server's by brotli/)
  expect((await connect(serving, '--certificate-compression', 'gzip')).code).toBe(2)
})

test('--record-size-limit likewise', async () => {
  const { serving } = await serve({ recordSizeLimit: 1000 })
  const { code, err } = await connect(serving, '--record-size-limit', '100')
  expect(code).toBe(0)
  expect(err).toMatch(/record size +1000 to the server, 100 back/)
  expect((await connect(serving)).err).toMatch(/record size +1000 to the server, 16385 back/)
  expect((await connect(serving, '--record-size-limit', '63')).code).toBe(2)
})
