import { describe, expect, test } from 'vitest'
import { issue, makeCa } from '../../test/pki.ts'
import { freshCrl } from '../../test/revocation-data.ts'
import { nodeProvider } from '../crypto/node.ts'
import { createKeySet, createPolicy, createTrustStore } from '../x509/index.ts'
import { judgementOf } from './host.ts'
import { answerTasks, clientConnection, type Connection, type LocalHost, serverConnection } from './index.ts'

const ca = makeCa()
const server = issue(ca, { dnsNames: ['server.example'] })
const client = issue(ca, { subject: 'alice', usage: 'client' })
const clock = { now: () => 0, wall: () => Date.UTC(2026, 6, 1) }
const time = clock.wall
const trust = createTrustStore([ca.certificate])
const HARD = createPolicy('tls', { revocation: { mode: 'hard' } })

function shake(
  ofClient: LocalHost,
  ofServer: LocalHost,
  name: { readonly serverName?: string } = { serverName: 'server.example' },
): [Connection, Connection] {
  const ends: [Connection, Connection] = [
    clientConnection({ provider: nodeProvider, clock, ...name }),
    serverConnection({ provider: nodeProvider, clock, clientAuthentication: 'required' }),
  ]
  for (let flight = ends[0].takeOutput(), to = 1; flight !== undefined; to = 1 - to) {
    const end = ends[to] as Connection
    end.receive(flight)
    answerTasks(end, to === 0 ? ofClient : ofServer)
    flight = end.takeOutput()
  }
  return ends
}

const clientHost = {
  provider: nodeProvider,
  identities: [{ chain: client.chain, key: client.privateKey }],
  trust,
  time,
}
const serverHost = {
  provider: nodeProvider,
  identities: [{ chain: server.chain, key: server.privateKey }],
  trust,
  time,
}

test('everything that needs no waiting is answered', () => {
  const ends = shake(clientHost, serverHost)
  expect(ends.map((end) => [end.state, end.peerVerdict?.trusted])).toEqual([
    ['open', true],
    ['open', true],
  ])
})

test('without a trust store the judgement is left to the host', () => {
  const { trust: _, ...without } = clientHost
  const [end] = shake(without, serverHost)
  expect(end.task?.kind).toBe('verify-peer')
  expect(answerTasks(end, without)).toBe(end.task)
  expect(answerTasks(end, clientHost)).toBeUndefined()
  expect(end.state).toBe('open')
})

test('without a key the signature is left to the host', () => {
  const [, end] = shake(clientHost, { ...serverHost, identities: [{ chain: server.chain }] })
  expect(end.task?.kind).toBe('sign')
})

test('a key that cannot sign so is refused', () => {
  const wrong = { chain: server.chain, key: issue(ca, { keyType: 'ed25519' }).privateKey }
  const [, end] = shake(clientHost, { ...serverHost, identities: [wrong] })
  expect(end.error).toMatchObject({ alert: 'internal_error', fault: 'host' })
})

test('nobody trusted: refused, or recorded if that is asked for', () => {
  const nobody = { ...clientHost, trust: createTrustStore([]) }
  const [refused] = shake(nobody, serverHost)
  expect(refused.error).toMatchObject({ alert: 'unknown_ca', fault: 'host' })
  const [recorded] = shake({ ...nobody, verification: 'recorded' }, serverHost)
  expect([recorded.state, recorded.peerVerdict?.trusted]).toEqual(['open', false])
})

describe('a server that has no name to prove is nobody to trust', () => {
  test('its verdict says so', () => {
    const [end] = shake({ ...clientHost, verification: 'recorded' }, serverHost, {})
    expect(end.state).toBe('open')
    expect(end.peerVerdict).toMatchObject({ trusted: false, reasons: [{ reason: 'name-mismatch', certificate: 0 }] })
    expect(end.report().server.verdict).toMatchObject({ state: 'not-asked' })
  })

  test('it is refused unless verdicts are recorded only', () => {
    const [end] = shake(clientHost, serverHost, {})
    expect(end.error).toMatchObject({ fault: 'host', stage: 'verify', alert: 'bad_certificate' })
    expect(end.error?.message).toContain('name that the server must prove')
  })

  test('what its certificate lacks is found out by who asks for it', () => {
    let asked = 0
    const given = {
      trusted: true,
      reasons: [],
      warnings: [],
      path: [],
      get wanted() {
        asked++
        return []
      },
    }
    const { verdict } = judgementOf({ peer: 'server' } as never, {}, given)
    expect([verdict?.trusted, asked]).toEqual([false, 0])
    expect([verdict?.wanted, asked]).toEqual([[], 1])
  })

  test('what else is wrong with it is told first', () => {
    const [end] = shake({ ...clientHost, trust: createTrustStore([]), verification: 'recorded' }, serverHost, {})
    expect(end.peerVerdict?.reasons.map(({ reason }) => reason)).toEqual(['unknown-issuer', 'name-mismatch'])
  })

  test('a client has no name to prove', () => {
    const [, end] = shake(clientHost, serverHost)
    expect(end.peerVerdict).toMatchObject({ trusted: true, reasons: [] })
  })
})

describe('how the peer is judged', () => {
  const pins = createKeySet({ name: 'pins', hashes: ['0'.repeat(64)] })

  test.each([
    ['by a list of pins', { pins }, 'bad_certificate'],
    ['by a policy that wants to know of revocation', { policy: HARD }, 'certificate_unknown'],
    ['by a budget', { budgets: { signatureChecks: 0 } }, 'certificate_unknown'],
  ])('%s, on both sides', (_, validation, alert) => {
    const [ofClient] = shake({ ...clientHost, validation }, serverHost)
    expect(ofClient.error).toMatchObject({ alert, fault: 'host' })
    const [, ofServer] = shake(clientHost, { ...serverHost, validation })
    expect(ofServer.error).toMatchObject({ alert, fault: 'host' })
  })

  test('and with what is at hand', () => {
    const crls = [freshCrl(ca, [], { thisUpdate: time() })]
    const validation = { policy: HARD, crls }
    const ends = shake({ ...clientHost, validation }, { ...serverHost, validation })
    expect(ends.map((end) => end.state)).toEqual(['open', 'open'])
    expect(ends[0].report().server.verdict).toMatchObject({ revocation: [{ status: 'good', source: 'crl' }] })
  })
})
