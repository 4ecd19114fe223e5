/** Certificate compression between two engines (RFC 8879): who may compress for whom, and what is kept. */

import { brotliCompressSync, brotliDecompressSync, deflateSync, inflateSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import type { CertificateCompression } from '../../src/tls/index.ts'
import { mapFields } from '../../src/tls/message/field-map.ts'
import { issue, issueCa } from '../pki.ts'
import { expectHandshake } from './expectations.ts'
import { CA, CLIENT, identityOf, Pair, SERVER } from './pair.ts'

const zlib: CertificateCompression = {
  name: 'zlib',
  compress: (bytes) => deflateSync(bytes),
  decompress: (bytes, length) => inflateSync(bytes, { maxOutputLength: length }),
}
const brotli: CertificateCompression = {
  name: 'brotli',
  compress: (bytes) => brotliCompressSync(bytes),
  decompress: (bytes, length) => brotliDecompressSync(bytes, { maxOutputLength: length }),
}
/** An identity that gains by compression. */
const long = identityOf(
  issue(issueCa(issueCa(CA, { subject: 'A' }), { subject: 'B' }), { dnsNames: ['server.example'] }),
)

function names(pair: Pair): string[] {
  return pair.client.connection.report().messages.map(({ name }) => name)
}

describe.each([zlib, brotli])('$name', (algorithm) => {
  test('of a server, and the report tells', () => {
    const both = { certificateCompression: [algorithm] }
    const pair = new Pair({ client: both, server: { ...both, identities: [long] } })
    expectHandshake(pair)
    expect(names(pair)).toContain('compressed_certificate')
    for (const { connection } of pair.ends) {
      const report = connection.report()
      expect(report.server.certificateCompression).toBe(algorithm.name)
      expect(report.server.chain).toHaveLength(3)
      expect(report.client).not.toHaveProperty('certificateCompression')
      const message = report.messages.find(({ name }) => name === 'compressed_certificate')
      expect(message?.stages).toEqual(['certificates'])
      expect(message?.size).toBeLessThan(long.chain.reduce((sum, { length }) => sum + length, 0))
    }
  })
})

test('of a client, which the server asks', () => {
  const chain = issueCa(issueCa(CA, { subject: 'A' }), { subject: 'B' })
  const identity = identityOf(issue(chain, { subject: 'carol', usage: 'client' }))
  const both = { certificateCompression: [zlib] }
  const pair = new Pair({
    client: { ...both, identities: [identity] },
    server: { ...both, clientAuthentication: 'required', identities: [long] },
  })
  expectHandshake(pair)
  expect(pair.server.connection.report()).toMatchObject({
    client: { certificateCompression: 'zlib', verdict: { trusted: true } },
    server: { certificateCompression: 'zlib' },
  })
})

test('after the handshake the client is not made to, and may', () => {
  const both = { certificateCompression: [zlib] }
  const pair = new Pair({
    client: { ...both, identities: [identityOf(CLIENT)], postHandshakeAuth: true },
    server: both,
  })
  expectHandshake(pair)
  pair.server.connection.requestClientCertificate()
  pair.run()
  expect(pair.server.connection.peerVerdict?.trusted).toBe(true)
})

describe('no compression', () => {
  test.each([
    ['with nothing in common', [zlib], [brotli], long],
    ['if the client cannot decompress', [{ name: 'zlib', compress: zlib.compress }], [zlib], long],
    ['if the server cannot compress', [zlib], [{ name: 'zlib', decompress: zlib.decompress }], long],
    ['where nothing is gained', [zlib], [{ ...zlib, compress: (bytes: Uint8Array) => bytes }], identityOf(SERVER)],
  ] as [string, CertificateCompression[], CertificateCompression[], typeof long][])(
    '%s',
    (_, client, server, identity) => {
      const pair = new Pair({
        client: { certificateCompression: client },
        server: { certificateCompression: server, identities: [identity] },
      })
      expectHandshake(pair)
      expect(names(pair)).not.toContain('compressed_certificate')
    },
  )

  test('in TLS 1.2, which does not even hear of it', () => {
    const both = { certificateCompression: [zlib] }
    const pair = new Pair({ client: { ...both, versions: ['TLS 1.2'] }, server: { ...both, identities: [long] } })
    expectHandshake(pair, { version: 'TLS 1.2' })
    expect(names(pair)).not.toContain('compressed_certificate')
    expect(pair.client.connection.report().offered?.extensions).not.toContain('compress_certificate')
  })
})

test('the server prefers its own order', () => {
  const pair = new Pair({
    client: { certificateCompression: [zlib, brotli] },
    server: { certificateCompression: [brotli, zlib], identities: [long] },
  })
  expectHandshake(pair)
  expect(pair.client.connection.report().server.certificateCompression).toBe('brotli')
})

test('an identity is compressed once for each form of its message', () => {
  let calls = 0
  const counting: CertificateCompression = {
    name: 'zlib',
    compress: (bytes) => {
      calls++
      return deflateSync(bytes)
    },
  }
  const identity = { ...long, ocspResponse: new Uint8Array(500) }
  const shake = (requestOcsp: boolean): void => {
    const client = { certificateCompression: [zlib], requestOcsp, verification: 'recorded' as const }
    expectHandshake(new Pair({ client, server: { certificateCompression: [counting], identities: [identity] } }))
  }
  for (const requestOcsp of [true, true, false, false, true]) shake(requestOcsp)
  expect(calls).toBe(2)
})

test('a trace shows the fields', () => {
  const both = { certificateCompression: [zlib] }
  const pair = new Pair({ client: { ...both, trace: true }, server: { ...both, identities: [long] } })
  expectHandshake(pair)
  const raw = pair.client.events.flatMap((event) =>
    event.type === 'message' && event.raw[0] === 25 ? [event.raw] : [],
  )
  expect(raw).toHaveLength(1)
  const map = mapFields(raw[0] as Uint8Array)
  expect([map.name, map.problem]).toEqual(['compressed_certificate', undefined])
  expect(map.fields.map(({ path }) => path.replace('compressed_certificate.', ''))).toEqual(
    expect.arrayContaining(['algorithm', 'uncompressed_length', 'compressed_certificate_message']),
  )
})
