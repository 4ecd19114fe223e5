/** The record that each end makes of a handshake. */

import { readFileSync } from 'node:fs'
import { Ajv } from 'ajv'
import { describe, expect, test } from 'vitest'
import { type HandshakeReport, STAGES } from '../../src/report/handshake-report.ts'
import { HANDSHAKE_SCHEMA } from '../../../../scripts/schema.ts'
import { selfSign } from '../pki.ts'
import { expectHandshake } from './expectations.ts'
import { CLIENT, identityOf, Pair, type PairOptions } from './pair.ts'

const validate = new Ajv({ allErrors: true }).compile(JSON.parse(readFileSync(HANDSHAKE_SCHEMA.file, 'utf8')))

const MUTUAL: PairOptions = {
  client: { identities: [identityOf(CLIENT)], alpnProtocols: ['h2'] },
  server: { clientAuthentication: 'required', alpnProtocols: ['h2'], cookie: 'always' },
}

const CASES: readonly (readonly [string, PairOptions])[] = [
  ['mutual, with everything', MUTUAL],
  ['plain', {}],
  ['with GREASE', { client: { grease: true } }],
  ['no ALPN in common', { client: { alpnProtocols: ['a'] }, server: { alpnProtocols: ['b'] } }],
  ['a certificate missing', { server: { clientAuthentication: 'required' } }],
  ['a server nobody knows', { server: { identities: [identityOf(selfSign({ dnsNames: ['server.example'] }))] } }],
  ['no group in common', { client: { groups: ['x25519'] }, server: { groups: ['secp256r1'] } }],
]

function expectSound(report: HandshakeReport): void {
  validate(report)
  expect(validate.errors).toBeNull()
  expect(report.stages.map(({ stage }) => stage)).toEqual(STAGES)
  const times = report.messages.map(({ at }) => at)
  expect(times).toEqual(times.toSorted((a, b) => a - b))
  expect(times.every((at) => Number.isInteger(at) && at >= 0 && at <= (report.duration ?? Infinity))).toBe(true)
  for (const { state, startedAt, endedAt } of report.stages) {
    if (state === 'skipped') expect([startedAt, endedAt]).toEqual([null, null])
    else {
      expect(startedAt).toBeLessThanOrEqual(endedAt as number)
      expect(endedAt).toBeLessThanOrEqual(report.duration as number)
    }
  }
  for (const { name, stages } of report.messages) {
    for (const stage of stages) expect(report.stages.find((one) => one.stage === stage)?.messages).toContain(name)
  }
}

describe.each(CASES)('%s', (_, options) => {
  test('both reports are sound', () => {
    const pair = new Pair({ ...options, latency: 5_000 }).run()
    for (const end of pair.ends) {
      const report = end.connection.report()
      expectSound(report)
      // What the other end makes of our last flight comes after our own handshake.
      const isOpen = end.eventTypes().includes('handshake-complete')
      expect(report.outcome).toBe(isOpen ? 'complete' : 'failed')
      expect(report.stages.filter(({ state }) => state === 'failed')).toHaveLength(isOpen ? 0 : 1)
      if (isOpen) expect(report.stages.every(({ state }) => state === 'done')).toBe(true)
      else expect(report.failure?.stage).toBe(report.stages.find(({ state }) => state === 'failed')?.stage)
    }
  })

  test('what one sent the other received', () => {
    const pair = new Pair(options).run()
    const [client, server] = pair.ends.map(({ connection }) => connection.report()) as [
      HandshakeReport,
      HandshakeReport,
    ]
    for (const [sender, receiver] of [
      [client, server],
      [server, client],
    ] as const) {
      // An alert may come when its receiver has long been done with the handshake.
      const sent = sender.messages.filter(({ direction, name }) => direction === 'sent' && name !== 'alert')
      const received = receiver.messages.filter(({ direction, name }) => direction === 'received' && name !== 'alert')
      const plain = ({ name, size, protected: isProtected }: (typeof sent)[0]): unknown => ({ name, size, isProtected })
      // What came after the end is not looked at.
      expect(received.map(plain)).toEqual(sent.map(plain).slice(0, received.length))
      if (receiver.outcome === 'complete') expect(received).toHaveLength(sent.length)
    }
    expect(server.offered).toEqual(client.offered)
  })
})

describe('a mutual handshake', () => {
  const pair = new Pair({ ...MUTUAL, latency: 1_000 })

  test('says what was agreed and who was who', () => {
    expectHandshake(pair, { helloRetryRequest: true })
    for (const end of pair.ends) {
      const report = end.connection.report()
      expect(report).toMatchObject({
        startedAt: '2026-07-01T00:00:00Z',
        negotiated: {
          version: 'TLS 1.3',
          cipherSuite: 'TLS_AES_128_GCM_SHA256',
          group: 'X25519MLKEM768',
          alpnProtocol: 'h2',
          helloRetryRequest: true,
          clientCertificateRequested: true,
          compression: 'none',
        },
        client: { signatureScheme: 'ecdsa_secp256r1_sha256', chain: [{ subject: 'CN=alice' }] },
        server: { signatureScheme: 'ecdsa_secp256r1_sha256', chain: [{ subjectAltNames: ['DNS:server.example'] }] },
        offered: { serverName: 'server.example', alpnProtocols: ['h2'] },
      })
      const peer = report.role === 'client' ? report.server : report.client
      expect(peer.verdict).toMatchObject({ trusted: true, state: 'accepted', reasons: [] })
      expect((report.role === 'client' ? report.client : report.server).verdict).toBeNull()
    }
  })

  test('tells the messages in their true order', () => {
    expect(pair.client.connection.report().messages.map(({ direction, name }) => `${direction} ${name}`)).toEqual([
      'sent client_hello',
      'received hello_retry_request',
      'sent change_cipher_spec',
      'sent client_hello',
      'received change_cipher_spec',
      'received server_hello',
      'received encrypted_extensions',
      'received certificate_request',
      'received certificate',
      'received certificate_verify',
      'received finished',
      'sent certificate',
      'sent certificate_verify',
      'sent finished',
    ])
  })

  test('changes no more once the handshake is complete', () => {
    const before = pair.client.connection.report()
    pair.client.connection.updateKeys({ requestPeer: true })
    pair.clock.advance(1_000_000)
    pair.talk()
    expect(pair.client.connection.report()).toEqual(before)
  })
})

test('a handshake under way', () => {
  const pair = new Pair()
  const report = pair.client.connection.report()
  expectSound({ ...report, duration: 0 })
  expect(report).toMatchObject({ outcome: 'in-progress', duration: null, failure: null })
})

test('the transport, and a beginning before the engine', () => {
  const pair = new Pair({ client: { beganAt: -3_000 } })
  const transport = {
    kind: 'memory',
    local: { address: null, port: null },
    remote: { address: '192.0.2.1', port: 443 },
    connectedAt: 2_500,
  }
  pair.client.connection.setTransport(transport)
  expectHandshake(pair)
  const report = pair.client.connection.report()
  expectSound(report)
  expect(report.transport).toEqual(transport)
  expect(report.startedAt).toBe('2026-06-30T23:59:59.997Z')
  expect(report.messages[0]?.at).toBe(3_000)
  expect(report.stages[0]?.startedAt).toBe(0)
})

test('no report holds a secret or application data', () => {
  const pair = new Pair({ ...MUTUAL, client: { ...MUTUAL.client, keyLog: true } })
  expectHandshake(pair)
  const secrets = pair.client.keyLog().map((line) => line.split(' ')[2] as string)
  expect(secrets).toHaveLength(5)
  const text = pair.ends.map(({ connection }) => JSON.stringify(connection.report())).join('')
  for (const secret of [...secrets, 'from the client', 'from the server']) expect(text).not.toContain(secret)
})
