/** Stapled OCSP responses, certificate timestamps, compressed certificates and record sizes on sockets, with node:tls too. */

import { once } from 'node:events'
import * as tls from 'node:tls'
import { describe, expect, test } from 'vitest'
import { writeInteger, writeSequence } from '../../src/asn1/index.ts'
import { connect, type ConnectOptions, nodeProvider, type TlsSocket } from '../../src/node/index.ts'
import { readLogList } from '../../src/x509/index.ts'
import { makeLog, signTimestamp, writeLogList } from '../log-maker.ts'
import { issue, issueCa } from '../pki.ts'
import { freshOcspResponse } from '../revocation-data.ts'
import { CA, CLIENT, credentials, ending, Listening, OTHER, SERVER, startPair, startServer, TRUST } from './loopback.ts'

const FRESH = { thisUpdate: Date.now() - 3_600_000 }
const GOOD = freshOcspResponse(CA, SERVER, 'good', FRESH)
const OWN = { ...credentials(SERVER), ocspResponse: GOOD }
const MUST_STAPLE = { oid: '1.3.6.1.5.5.7.1.24', value: writeSequence(writeInteger(5)) }
const demanding = issue(CA, { dnsNames: ['localhost'], extensions: [MUST_STAPLE] })

/** The OCSPResponse event, if there was one by the end of the handshake. */
async function stapledTo(options: ConnectOptions): Promise<{ socket: TlsSocket; staple: Buffer | undefined }> {
  const socket = connect({ ...TRUST, ...options })
  let staple: Buffer | undefined
  socket.on('OCSPResponse', (response: Buffer) => (staple = response))
  await once(socket, 'secureConnect')
  socket.on('error', () => {}).destroy()
  return { socket, staple }
}

describe.each(['TLSv1.3', 'TLSv1.2'] as const)('OCSP responses in %s', (maxVersion) => {
  test('are stapled, told by an event, and counted by the verdict', async () => {
    await using listening = await startServer(OWN)
    const { socket, staple } = await stapledTo({ port: listening.port, maxVersion })
    expect(staple).toEqual(Buffer.from(GOOD))
    expect(socket.verdict?.explanation?.revocation[0]).toMatchObject({ status: 'good', source: 'stapled-ocsp' })
  })

  test.each([
    ['as one wishes', { requestOCSP: false }],
    ['where no policy looks', { policy: { rules: { 'must-staple': 'ignore' }, revocation: { mode: 'off' } } }],
  ] as const)('are not asked for %s', async (_, options) => {
    const { createPolicy } = await import('../../src/x509/index.ts')
    await using listening = await startServer(OWN)
    const judged = 'policy' in options ? { policy: createPolicy('tls', options.policy) } : options
    const { socket, staple } = await stapledTo({ port: listening.port, maxVersion, ...judged })
    expect(staple).toBeUndefined()
    expect(socket.report.offered?.extensions).not.toContain('status_request')
  })

  test('are had from node:tls, and given to it', async () => {
    const theirs = tls.createServer({ ...credentials(SERVER), maxVersion })
    theirs.on('OCSPRequest', (_certificate, _issuer, done) => done(null, Buffer.from(GOOD)))
    await using listening = await Listening.start(theirs)
    expect((await stapledTo({ port: listening.port })).staple).toEqual(Buffer.from(GOOD))

    await using ours = await startServer(OWN)
    const socket = tls.connect({ ...TRUST, port: ours.port, maxVersion, requestOCSP: true })
    const response = once(socket, 'OCSPResponse') as Promise<[Buffer]>
    expect((await response)[0]).toEqual(Buffer.from(GOOD))
    socket.destroy()
  })

  test('are had where a certificate demands one', async () => {
    await using bare = await startServer(credentials(demanding))
    const error = await ending(connect({ ...TRUST, port: bare.port, maxVersion }))
    expect(error).toMatchObject({ reason: 'must-staple', alert: 'bad_certificate_status_response' })
    const ocspResponse = freshOcspResponse(CA, demanding, 'good', FRESH)
    await using stapling = await startServer({ ...credentials(demanding), ocspResponse })
    expect((await stapledTo({ port: stapling.port, maxVersion })).socket.authorized).toBe(true)
  })
})

test('a server takes new OCSP responses while it runs', async () => {
  await using listening = await startServer(OWN)
  const newer = freshOcspResponse(CA, SERVER, 'good', { thisUpdate: FRESH.thisUpdate + 60_000 })
  listening.server.setSecureContext({ ...credentials(SERVER), ocspResponse: newer })
  expect((await stapledTo({ port: listening.port })).staple).toEqual(Buffer.from(newer))
})

test('a server asks its clients, and tells by an event', async () => {
  const ocspResponse = freshOcspResponse(CA, CLIENT, 'good', FRESH)
  await using listening = await startServer({ requestCert: true, ca: CA.pem })
  const accepted = once(listening.server, 'secureConnection') as Promise<[TlsSocket]>
  const client = connect({ ...TRUST, port: listening.port, ...credentials(CLIENT), ocspResponse })
  const [server] = await accepted
  expect(server.verdict?.explanation?.revocation[0]?.source).toBe('stapled-ocsp')
  client.on('error', () => {}).destroy()
  server.destroy()
})

test('timestamps are asked for where there are logs', async () => {
  const log = makeLog({ name: 'Log' })
  const logs = readLogList(writeLogList([log]), nodeProvider)
  const scts = [signTimestamp({ log }, SERVER)]
  await using listening = await startServer({ ...credentials(SERVER), scts })
  const { socket } = await stapledTo({ port: listening.port, logs })
  expect(socket.verdict?.explanation?.timestamps).toMatchObject([{ source: 'tls', status: 'valid' }])
  const plain = await stapledTo({ port: listening.port })
  expect(plain.socket.report.server.timestampList).toBeUndefined()
})

describe('certificate compression', () => {
  const long = issue(issueCa(issueCa(CA, { subject: 'A' }), { subject: 'B' }), { dnsNames: ['localhost'] })

  test.each(['brotli', 'zstd', 'zlib'] as const)('%s, for a client that asks', async (name) => {
    await using pair = await startPair({ certificateCompression: [name] }, credentials(long))
    expect(pair.client.report.server.certificateCompression).toBe(name)
    expect(pair.client.authorized).toBe(true)
  })

  test('is not asked for unless one wishes', async () => {
    await using pair = await startPair({}, credentials(long))
    expect(pair.client.report.offered?.extensions).not.toContain('compress_certificate')
    expect(pair.client.report.server).not.toHaveProperty('certificateCompression')
  })
})

test('a limit for records holds', async () => {
  await using pair = await startPair({ recordSizeLimit: 100 }, { recordSizeLimit: 200 })
  expect(pair.server.report.negotiated.recordSizeLimit).toEqual({ client: 100, server: 200 })
  await using none = await startPair({ recordSizeLimit: false })
  expect(none.server.report.negotiated).not.toHaveProperty('recordSizeLimit')
})

describe('mistakes', () => {
  test.each([
    ['an OCSP response that is none', { ocspResponse: Uint8Array.of(0x30, 0) }, /^ocspResponse: responseStatus/],
    ['one that is an error', { ocspResponse: Uint8Array.of(0x30, 3, 0x0a, 1, 3) }, /^ocspResponse: .*tryLater/],
    [
      'one about another',
      { ocspResponse: freshOcspResponse(CA, OTHER, 'good', FRESH) },
      /^ocspResponse: needs to be about/,
    ],
    ['timestamps that are texts', { scts: ['x'] as never }, /^scts: needs timestamps as bytes/],
    ['an algorithm there is not', { certificateCompression: ['gzip' as never] }, /^certificateCompression: .*'gzip'/],
    [
      'one twice',
      { certificateCompression: ['zlib', 'zlib'] as const },
      /^certificateCompression: needs each name once/,
    ],
    ['a limit too small', { recordSizeLimit: 63 }, /^recordSizeLimit: needs a whole number from 64 to 16385, has 63/],
  ])('%s', (_, options, message) => {
    expect(() => connect({ ...TRUST, port: 1, ...credentials(SERVER), ...options })).toThrow(message)
  })

  test('an OCSP response without certificate', () => {
    expect(() => connect({ ...TRUST, port: 1, ocspResponse: GOOD })).toThrow(/^cert: needs the certificate/)
  })

  test('identities are checked likewise', () => {
    const [key, chain] = [SERVER.privateKey, SERVER.chain]
    const identities = [{ chain, key, ocspResponse: freshOcspResponse(CA, OTHER, 'good', FRESH) }]
    expect(() => connect({ ...TRUST, port: 1, identities })).toThrow(
      /^identities\[0\]\.ocspResponse: needs to be about/,
    )
  })
})
