/** OCSP responses and certificate timestamps that come along with certificates, in both directions and versions. */

import { describe, expect, test } from 'vitest'
import { writeBase64, writeInteger, writeSequence } from '../../src/asn1/index.ts'
import type { ClientConfig, Identity, ServerConfig, TlsVersion } from '../../src/tls/index.ts'
import { nodeProvider } from '../../src/crypto/node.ts'
import { createPolicy, readLogList } from '../../src/x509/index.ts'
import { makeLog, signTimestamp, writeLogList, writeTimestamps } from '../log-maker.ts'
import { issue, type TestCertificate } from '../pki.ts'
import { freshOcspResponse } from '../revocation-data.ts'
import { expectHandshake, expectRefusal } from './expectations.ts'
import { CA, CLIENT, type End, type EndOptions, identityOf, Pair, SERVER } from './pair.ts'

const VERSIONS: readonly TlsVersion[] = ['TLS 1.3', 'TLS 1.2']
const MUST_STAPLE = { oid: '1.3.6.1.5.5.7.1.24', value: writeSequence(writeInteger(5)) }
const FRESH = { thisUpdate: Date.UTC(2026, 5, 30) }
const GARBAGE = Uint8Array.of(0x30, 0)

const demanding = issue(CA, { dnsNames: ['server.example'], usage: 'server-and-client', extensions: [MUST_STAPLE] })

function stapling(certificate: TestCertificate, status: 'good' | 'revoked' = 'good'): Identity {
  return { ...identityOf(certificate), ocspResponse: freshOcspResponse(CA, certificate, status, FRESH) }
}

function asked(end: End): { readonly stapled: unknown; readonly timestampList: unknown } | undefined {
  return end.tasks.find((task) => task.kind === 'verify-peer')
}

describe.each(VERSIONS)('a server of %s', (version) => {
  const versions = [version]
  type Config = Partial<ClientConfig> & EndOptions

  function serverPair(identity: Identity, client: Config = {}, server: Partial<ServerConfig> = {}): Pair {
    return new Pair({ client: { versions, ...client }, server: { identities: [identity], ...server } })
  }

  test('staples, and the verdict rests on it', () => {
    const identity = stapling(SERVER)
    const pair = serverPair(identity)
    expectHandshake(pair, { version })
    expect(asked(pair.client)?.stapled).toEqual([identity.ocspResponse])
    const { server } = pair.client.connection.report()
    expect(server.stapled).toEqual([writeBase64(identity.ocspResponse as Uint8Array)])
    expect(server.verdict?.revocation?.[0]).toMatchObject({ status: 'good', source: 'stapled-ocsp' })
    expect(pair.server.connection.report().server.stapled).toEqual(server.stapled)
  })

  test('that staples its revocation is refused', () => {
    expectRefusal(serverPair(stapling(SERVER, 'revoked')), 'client', 'certificate_revoked')
  })

  test('without anything to staple is known to have been asked', () => {
    const pair = serverPair(identityOf(SERVER))
    expectHandshake(pair)
    expect(asked(pair.client)?.stapled).toEqual([])
    expect(pair.client.connection.report().server.stapled).toEqual([])
  })

  test('that is not asked staples nothing', () => {
    const pair = serverPair(stapling(SERVER), { requestOcsp: false })
    expectHandshake(pair)
    expect(asked(pair.client)).toMatchObject({ stapled: undefined, timestampList: undefined })
    expect(pair.client.connection.report().server).not.toHaveProperty('stapled')
  })

  test.each(['nothing', 'garbage'])('whose certificate demands a staple, with %s: refused', (what) => {
    const identity = identityOf(demanding)
    const pair = serverPair(what === 'nothing' ? identity : { ...identity, ocspResponse: GARBAGE })
    expectRefusal(pair, 'client', 'bad_certificate_status_response', /must-staple/)
  })

  test('whose certificate demands a staple, with one', () => {
    expectHandshake(serverPair(stapling(demanding)))
  })

  test('of whom none is asked is not held to its demand', () => {
    expectHandshake(serverPair(identityOf(demanding), { requestOcsp: false }))
  })

  const log = makeLog({ name: 'Log' })
  const logs = readLogList(writeLogList([log]), nodeProvider)
  const policy = createPolicy('tls', { transparency: { required: [{ days: 10_000, timestamps: 1 }], operators: 1 } })
  const scts = [signTimestamp({ log }, SERVER)]

  test('sends timestamps, and the verdict counts them', () => {
    const pair = serverPair({ ...identityOf(SERVER), scts }, { requestTimestamps: true, validation: { logs, policy } })
    expectHandshake(pair)
    expect(asked(pair.client)?.timestampList).toEqual(writeTimestamps(scts))
    expect(pair.client.connection.report().server).toMatchObject({
      timestampList: writeBase64(writeTimestamps(scts)),
      verdict: { trusted: true, timestamps: 1 },
    })
  })

  test('without timestamps is refused where they are demanded', () => {
    const pair = serverPair(identityOf(SERVER), { requestTimestamps: true, validation: { logs, policy } })
    pair.run()
    expect(pair.client.connection.error).toMatchObject({ reason: 'transparency', fault: 'host' })
  })

  test('sends none where it is not asked', () => {
    const pair = serverPair({ ...identityOf(SERVER), scts })
    expectHandshake(pair)
    expect(asked(pair.client)?.timestampList).toBeUndefined()
  })
})

describe('a client of TLS 1.3', () => {
  function clientPair(identity: Identity, server: Partial<ServerConfig> & EndOptions = {}): Pair {
    return new Pair({ client: { identities: [identity] }, server: { clientAuthentication: 'required', ...server } })
  }

  test('staples where the server asks', () => {
    const pair = clientPair(stapling(CLIENT))
    expectHandshake(pair)
    expect(pair.server.connection.report().client).toMatchObject({
      stapled: [expect.any(String)],
      verdict: { revocation: [{ status: 'good', source: 'stapled-ocsp' }] },
    })
  })

  test('whose certificate demands a staple is held to it', () => {
    expectRefusal(clientPair(identityOf(demanding)), 'server', 'bad_certificate_status_response', /must-staple/)
    expectHandshake(clientPair(stapling(demanding)))
    expectHandshake(clientPair(identityOf(demanding), { requestOcsp: false }))
  })

  test('staples after the handshake too', () => {
    const pair = new Pair({ client: { identities: [stapling(CLIENT)], postHandshakeAuth: true } })
    expectHandshake(pair)
    pair.server.connection.requestClientCertificate()
    pair.run()
    expect(pair.server.connection.report().client.verdict?.revocation?.[0]?.source).toBe('stapled-ocsp')
  })

  test('sends timestamps where the server asks', () => {
    const scts = [signTimestamp({ log: makeLog({ name: 'Log' }) }, CLIENT)]
    const pair = clientPair({ ...identityOf(CLIENT), scts }, { requestTimestamps: true })
    expectHandshake(pair)
    expect(asked(pair.server)?.timestampList).toEqual(writeTimestamps(scts))
  })
})

test('a client of TLS 1.2 is not asked, and not held to its demand', () => {
  const pair = new Pair({
    client: { versions: ['TLS 1.2'], identities: [identityOf(demanding)] },
    server: { clientAuthentication: 'required' },
  })
  expectHandshake(pair, { version: 'TLS 1.2' })
  expect(asked(pair.server)?.stapled).toBeUndefined()
})

describe('schemes and authorities for the certificates', () => {
  test.each(VERSIONS)('signature_algorithms_cert chooses the chain, in %s', (version) => {
    const other = issue(CA, { dnsNames: ['server.example'], subject: 'other' })
    const rsa = issue(issue(CA, { subject: 'RSA CA', isCa: true, keyType: 'rsa-2048' }), {
      dnsNames: ['server.example'],
    })
    const identities = [identityOf(rsa), identityOf(other)]
    const shown = (config: Partial<ClientConfig>): string | undefined => {
      const pair = new Pair({ client: { versions: [version], ...config }, server: { identities } })
      expectHandshake(pair)
      return pair.client.connection.report().server.chain[0]?.issuer
    }
    expect(shown({})).toBe('CN=RSA CA')
    expect(shown({ certificateSignatureSchemes: ['ecdsa_secp256r1_sha256'] })).toBe('CN=Pair CA')
  })

  test('a server says it too, and by it the client chooses', () => {
    const other = issue(CA, { subject: 'bob', usage: 'client' })
    const rsa = issue(issue(CA, { subject: 'RSA CA', isCa: true, keyType: 'rsa-2048' }), { usage: 'client' })
    const identities = [identityOf(rsa), identityOf(other)]
    const pair = new Pair({
      client: { identities },
      server: { clientAuthentication: 'required', certificateSignatureSchemes: ['ecdsa_secp256r1_sha256'] },
    })
    expectHandshake(pair)
    const task = pair.client.tasks.find(({ kind }) => kind === 'choose-identity')
    expect(task).toMatchObject({ signatureSchemesCert: ['ecdsa_secp256r1_sha256'] })
    expect(pair.server.connection.report().client.chain[0]?.subject).toBe('CN=bob')
  })

  test.each(VERSIONS)('a client names its authorities, in %s', (version) => {
    const elsewhere = issue(CA, { subject: 'Elsewhere', isCa: true })
    const identities = [identityOf(SERVER), identityOf(issue(elsewhere, { dnsNames: ['server.example'] }))]
    const pair = new Pair({
      client: { versions: [version], certificateAuthorities: [elsewhere.name] },
      server: { identities },
    })
    expectHandshake(pair)
    expect(pair.client.connection.report().server.chain[0]?.issuer).toBe('CN=Elsewhere')
  })
})
