/** Sessions, pre-shared keys from elsewhere and early data, between two engines. */

import { describe, expect, test } from 'vitest'
import { fromHex } from '../../src/bytes/index.ts'
import { nodeProvider } from '../../src/crypto/node.ts'
import {
  CIPHER_SUITES,
  createReplayMemory,
  createTicketKeys,
  readSession,
  type ReplayStore,
  type ServerConfig,
  type Session,
  type TicketKeyStore,
  writeSession,
} from '../../src/tls/index.ts'
import { expectHandshake } from './expectations.ts'
import { CLIENT, type EndOptions, identityOf, Pair, type PairOptions } from './pair.ts'
import { SimulatedClock } from './wire.ts'

const SUITES = CIPHER_SUITES.filter(({ version }) => version === 'TLS 1.3').map(({ name }) => name)
const EARLY = new TextEncoder().encode('early')

/** Servers that share their keys and their memory, and a clock that goes on from one connection to the next. */
class Site {
  readonly clock: SimulatedClock = new SimulatedClock()
  readonly ticketKeys: TicketKeyStore = createTicketKeys({ provider: nodeProvider, time: () => this.clock.wall() })
  replayStore: ReplayStore = createReplayMemory({ now: () => this.clock.now() / 1000 })

  connect({ client = {}, server = {}, ...rest }: PairOptions = {}): Pair {
    const { clock, ticketKeys, replayStore } = this
    return new Pair({
      ...rest,
      clock,
      client: { keepSessions: true, ...client },
      server: { tickets: 2, ticketKeys, replayStore, ...server },
    }).run()
  }

  /** A session of a full handshake. */
  begin(options: PairOptions = {}): Session {
    const pair = this.connect(options)
    expectHandshake(pair, { resumed: false })
    return pair.client.sessions[0] as Session
  }

  /** Waits between two connections. */
  wait(milliseconds: number): void {
    this.clock.advance(milliseconds * 1000)
  }
}

function expectFull(pair: Pair): void {
  expectHandshake(pair, { resumed: false })
  expect(pair.client.tasks.map(({ kind }) => kind)).toContain('verify-peer')
}

function expectResumed(pair: Pair): void {
  expectHandshake(pair, { resumed: true })
  expect(pair.client.tasks).toEqual([])
  expect(pair.server.tasks.map(({ kind }) => kind)).not.toContain('sign')
}

describe('a session', () => {
  test.each(SUITES)('is resumed without any work on certificates, with %s', (cipherSuite) => {
    const site = new Site()
    const session = site.begin({ client: { cipherSuites: [cipherSuite] } })
    site.wait(1000)
    const pair = site.connect({ client: { cipherSuites: [cipherSuite], session } })
    expectResumed(pair)
    expect(pair.client.connection.negotiated?.cipherSuite).toBe(cipherSuite)
    expect(pair.client.connection.peerCertificates).toEqual(session.peerChain)
    expect(pair.client.connection.peerVerdict?.trusted).toBe(true)
    expect(pair.client.connection.report().negotiated.resumed).toBe(true)
  })

  test('comes in as many tickets as the server is told, in one after a resumption', () => {
    const site = new Site()
    const first = site.connect({ server: { tickets: 3 } })
    expect(first.client.sessions).toHaveLength(3)
    expect(new Set(first.client.sessions.map(({ secret }) => secret.join())).size).toBe(3)
    const second = site.connect({ client: { session: first.client.sessions[1] as Session }, server: { tickets: 3 } })
    expectResumed(second)
    expect(second.client.sessions).toHaveLength(1)
    expectResumed(site.connect({ client: { session: second.client.sessions[0] as Session } }))
  })

  test('goes through bytes and back', () => {
    const site = new Site()
    const session = site.begin()
    expectResumed(site.connect({ client: { session: readSession(writeSession(session)) } }))
  })

  test('is not offered by a client, nor handed out, unless asked for', () => {
    const pair = new Site().connect({ client: { keepSessions: false } })
    expectFull(pair)
    expect(pair.client.sessions).toEqual([])
    expect(pair.server.tasks.map(({ kind }) => kind)).not.toContain('seal-ticket')
  })

  test('is resumed after a HelloRetryRequest, with a cookie too', () => {
    const site = new Site()
    const session = site.begin()
    const pair = site.connect({ client: { session, keyShares: [] }, server: { cookie: 'with-retry' } })
    expectResumed(pair)
    expect(pair.client.connection.negotiated?.helloRetryRequest).toBe(true)
  })

  test('is resumed in the place of another group, and of mutual authentication', () => {
    const site = new Site()
    const client = { identities: [identityOf(CLIENT)] }
    const server: ServerConfig extends infer T ? Partial<T> : never = { clientAuthentication: 'required' }
    const session = site.begin({ client, server })
    const pair = site.connect({ client: { ...client, session, groups: ['secp256r1'] }, server })
    expectResumed(pair)
    expect(pair.server.connection.peerCertificates).toEqual(identityOf(CLIENT).chain)
    expect(pair.server.connection.peerVerdict?.trusted).toBe(true)
  })

  test('of a peer that nobody judged stays one', () => {
    const site = new Site()
    const client = { verification: 'recorded', serverName: 'other.example' } as const
    const session = site.begin({ client })
    const pair = site.connect({ client: { ...client, session } })
    expectHandshake(pair, { resumed: true })
    expect(pair.client.connection.peerVerdict).toBeUndefined()
    expect(pair.client.connection.report().server.verdict?.state).toBe('not-asked')
  })

  test('tickets are sent when the application asks for them', () => {
    const pair = new Site().connect()
    pair.server.connection.sendTickets(3)
    pair.run()
    expect(pair.client.sessions).toHaveLength(5)
    expect(() => pair.server.connection.sendTickets(0)).toThrow(/from 1 to 16/)
    expect(() => pair.client.connection.sendTickets(1)).toThrow(TypeError)
    expect(() => new Site().connect({ server: { tickets: 0 } }).server.connection.sendTickets(1)).toThrow(TypeError)
  })
})

describe('a full handshake in place of a resumption', () => {
  const change: readonly [what: string, then: PairOptions, begin?: PairOptions, wait?: number][] = [
    ['another name', { client: { serverName: 'localhost', verification: 'recorded' } }],
    ['another context of the client', { client: { resumptionContext: Uint8Array.of(1) } }],
    ['another context of the server', { server: { resumptionContext: Uint8Array.of(1) } }],
    [
      'a server that now wants a certificate',
      { server: { clientAuthentication: 'required' }, client: { identities: [identityOf(CLIENT)] } },
    ],
    [
      'a server that asks for none any more',
      {},
      { server: { clientAuthentication: 'required' }, client: { identities: [identityOf(CLIENT)] } },
    ],
    [
      'a suite of another hash',
      { client: { cipherSuites: ['TLS_AES_256_GCM_SHA384'] } },
      { client: { cipherSuites: ['TLS_AES_128_GCM_SHA256'] } },
    ],
    ['a ticket that is over', {}, {}, 43_200_000],
    ['a lifetime that was shorter', {}, { server: { ticketLifetime: 10 } }, 10_000],
    ['a server without sessions', { server: { tickets: 0 } }],
    [
      'a server with other keys',
      { server: { ticketKeys: createTicketKeys({ provider: nodeProvider, time: () => 0 }) } },
    ],
    [
      'a store that fails',
      {
        server: {
          ticketKeys: {
            keys: () => {
              throw new Error('no disk')
            },
          },
        },
      },
    ],
    ['a store without keys', { server: { ticketKeys: { keys: () => [] } } }],
  ]
  test.each(change)('%s', (_, then, begin = {}, wait = 0) => {
    const site = new Site()
    const session = site.begin(begin)
    site.wait(wait)
    expectFull(site.connect({ ...then, client: { ...then.client, session } }))
  })

  test('a ticket whose key was rotated away: who stole it has nothing', () => {
    const site = new Site()
    const session = site.begin()
    const rotated = createTicketKeys({
      provider: nodeProvider,
      time: () => site.clock.wall(),
      rotateAfter: 1000,
      keep: 2,
    })
    const stolen = site.begin({ server: { ticketKeys: rotated } })
    site.wait(1000)
    expectResumed(site.connect({ client: { session: stolen }, server: { ticketKeys: rotated } }))
    site.wait(1000)
    rotated.keys()
    expectFull(site.connect({ client: { session: stolen }, server: { ticketKeys: rotated } }))
    expectResumed(site.connect({ client: { session } }))
  })

  test('a ticket that was altered anywhere', () => {
    const site = new Site()
    const session = site.begin()
    for (let at = 0; at < session.ticket.length; at += 7) {
      const ticket = session.ticket.map((byte, i) => (i === at ? byte ^ 1 : byte))
      expectFull(site.connect({ client: { session: { ...session, ticket } } }))
    }
  })
})

test('a session whose secret the client does not have ends the handshake by its binder', () => {
  const site = new Site()
  const session = site.begin()
  const pair = site.connect({ client: { session: { ...session, secret: new Uint8Array(session.secret.length) } } })
  expect(pair.server.connection.error?.alert).toBe('decrypt_error')
  expect(pair.server.connection.error?.path).toBe('client_hello.pre_shared_key.binders[0]')
})

test('a session does not live longer by being resumed', () => {
  const site = new Site()
  let session = site.begin({ server: { ticketLifetime: 100 } })
  site.wait(60_000)
  const pair = site.connect({ client: { session }, server: { ticketLifetime: 100 } })
  expectResumed(pair)
  session = pair.client.sessions[0] as Session
  expect(session.lifetime).toBeLessThanOrEqual(40)
})

describe('early data', () => {
  const server = { maxEarlyData: 1000 } as const

  function early(site: Site, session: Session, then: PairOptions = {}): Pair {
    return site.connect({
      ...then,
      client: { session, earlyData: EARLY, ...then.client },
      server: { ...server, ...then.server },
    })
  }

  function expectEarly(pair: Pair, outcome: 'accepted' | 'rejected'): void {
    expectHandshake(pair)
    expect(pair.client.connection.negotiated?.earlyData).toBe(outcome)
    expect(pair.server.connection.negotiated?.earlyData).toBe(outcome)
    expect(pair.server.earlyText).toBe(outcome === 'accepted' ? 'early' : '')
    expect(pair.client.connection.report().negotiated.earlyData).toBe(outcome)
  }

  test('comes before the handshake is complete, and is told from other data', () => {
    const site = new Site()
    const session = site.begin({ server })
    expect(session.maxEarlyData).toBe(1000)
    site.wait(5000)
    const pair = early(site, session)
    expectEarly(pair, 'accepted')
    expect(pair.server.eventTypes().indexOf('early-data')).toBeLessThan(
      pair.server.eventTypes().indexOf('handshake-complete'),
    )
    expect(pair.client.flights[0]?.length).toBeGreaterThan(400)
  })

  test.each<[what: string, then: PairOptions]>([
    ['nobody allowed it now', { server: { maxEarlyData: 0 } }],
    ['a HelloRetryRequest', { client: { keyShares: [] } }],
    ['another protocol', { client: { alpnProtocols: ['h2', 'x'] }, server: { alpnProtocols: ['x'] } }],
    ['another suite of the same hash', { server: { cipherSuites: ['TLS_CHACHA20_POLY1305_SHA256'] } }],
    [
      'a store that fails',
      {
        server: {
          replayStore: {
            claim: () => {
              throw new Error('no disk')
            },
          },
        },
      },
    ],
    ['a store that says no', { server: { replayStore: { claim: () => false } } }],
    ['a store that says something else', { server: { replayStore: { claim: () => 'yes' as never } } }],
    ['another context', { server: { resumptionContext: Uint8Array.of(7) } }],
  ])('is refused, and the handshake goes on: %s', (_, then) => {
    const site = new Site()
    const session = site.begin({ server })
    expectEarly(early(site, session, then), 'rejected')
  })

  test('is taken once by all servers with a common store, and twice by servers without', () => {
    const site = new Site()
    const session = site.begin({ server })
    const first = early(site, session)
    expectEarly(first, 'accepted')
    const [hello] = first.client.flights as [Uint8Array]
    const replayed = (replayStore: ReplayStore): Pair => {
      const pair = new Pair({
        clock: site.clock,
        server: { ...server, tickets: 2, ticketKeys: site.ticketKeys, replayStore },
      })
      pair.server.connection.receive(hello)
      pair.server.attend(pair)
      return pair
    }
    const again = replayed(site.replayStore)
    expect(again.server.earlyText).toBe('')
    expect(again.server.connection.state).toBe('handshaking')
    expect(replayed(createReplayMemory({ now: () => 0 })).server.earlyText).toBe('early')
  })

  test.each([
    [-11_000, 'rejected'],
    [-9000, 'accepted'],
    [9000, 'accepted'],
    [11_000, 'rejected'],
  ] as const)('of a ticket whose age the client tells %d ms wrong is %s', (off, outcome) => {
    const site = new Site()
    const session = site.begin({ server })
    site.wait(20_000)
    expectEarly(early(site, { ...session, issuedAt: session.issuedAt + off }), outcome)
  })

  test('is held to no limit for records, of which the client could not know yet', () => {
    const site = new Site()
    const server = { maxEarlyData: 1000, recordSizeLimit: 64 }
    const session = site.begin({ server })
    const pair = site.connect({ client: { session, earlyData: new Uint8Array(900).fill(0x61) }, server })
    expectHandshake(pair, { resumed: true, earlyData: 'accepted' })
    expect(pair.server.earlyText).toHaveLength(900)
    expect(pair.server.connection.report().negotiated.recordSizeLimit?.server).toBe(64)
  })

  test('more than the session allows is not sent early', () => {
    const site = new Site()
    const session = site.begin({ server })
    const pair = early(site, session, { client: { earlyData: new Uint8Array(1001) } })
    expectResumed(pair)
    expect(pair.client.connection.negotiated?.earlyData).toBeUndefined()
  })

  test('more than the ticket allowed ends the connection', () => {
    const site = new Site()
    const session = site.begin({ server })
    const pair = early(site, { ...session, maxEarlyData: 5000 }, { client: { earlyData: new Uint8Array(1001) } })
    expect(pair.server.connection.error?.alert).toBe('unexpected_message')
    expect(pair.server.connection.error?.path).toBe('early_data')
  })

  test('of any length comes whole, in whatever pieces', () => {
    const site = new Site()
    const server = { maxEarlyData: 100_000 }
    const session = site.begin({ server })
    const earlyData = Uint8Array.from({ length: 70_000 }, (_, i) => i)
    const pair = early(site, session, { client: { earlyData }, server })
    expect(pair.server.events.flatMap((event) => (event.type === 'early-data' ? [...event.data] : []))).toEqual([
      ...earlyData,
    ])
  })

  test('that is refused may be as long as the server allows others', () => {
    const site = new Site()
    const server = { maxEarlyData: 200_000 }
    const session = site.begin({ server })
    const pair = early(site, session, {
      client: { earlyData: new Uint8Array(200_000) },
      server: { ...server, replayStore: { claim: () => false } },
    })
    expectHandshake(pair, { resumed: true, earlyData: 'rejected' })
  })
})

describe('a key from elsewhere', () => {
  const KEY = fromHex('000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f')
  const psk = { identity: 'us', key: KEY } as const
  const noCertificate: EndOptions = { identities: [] }

  test.each([
    ['as it is', psk],
    ['for SHA-384', { ...psk, hash: 'sha384' }],
    ['imported', { ...psk, importer: { context: 'a to b' } }],
    ['imported, from SHA-384', { ...psk, hash: 'sha384', importer: { context: '' } }],
  ] as const)('proves both parties without certificates: %s', (_, own) => {
    const pair = new Site().connect({ client: { psks: [own] }, server: { ...noCertificate, psks: [own] } })
    expectHandshake(pair, { resumed: false })
    expect(pair.server.connection.peerCertificates).toEqual([])
    expect(pair.client.connection.negotiated?.externalPsk).toBeDefined()
  })

  test.each<[what: string, PairOptions['client'], PairOptions['server']]>([
    ['another name', { psks: [{ ...psk, identity: 'them' }] }, { psks: [psk] }],
    ['imported by one alone', { psks: [{ ...psk, importer: { context: '' } }] }, { psks: [psk] }],
    [
      'sent back to where it came from (Selfie)',
      { psks: [{ ...psk, importer: { context: 'client a, server b' } }] },
      { psks: [{ ...psk, importer: { context: 'client b, server a' } }] },
    ],
    [
      'where certificates are wanted',
      { psks: [psk], identities: [identityOf(CLIENT)] },
      { psks: [psk], clientAuthentication: 'required' },
    ],
  ])('that the server does not take is none: %s', (_, client = {}, server = {}) => {
    const pair = new Site().connect({ client, server })
    expectFull(pair)
    expect(pair.client.connection.negotiated?.externalPsk).toBeUndefined()
  })

  test('of the same name and another value ends the handshake', () => {
    const pair = new Site().connect({
      client: { psks: [psk] },
      server: { psks: [{ ...psk, key: KEY.map((byte) => byte ^ 1) }] },
    })
    expect(pair.server.connection.error?.alert).toBe('decrypt_error')
  })

  test('alone, without a key exchange, only where both want it', () => {
    const alone = { psks: [psk], pskWithoutKeyExchange: true }
    const both = new Site().connect({ client: alone, server: alone })
    expectHandshake(both)
    // With a share at hand it is used all the same.
    expect(both.client.connection.negotiated?.group).toBeDefined()
  })

  test.each([
    [{ identity: '', key: KEY }, /psks\[0\]\.identity: needs 1 to 65535 bytes/],
    [{ identity: 'x', key: KEY.subarray(0, 15) }, /psks\[0\]\.key: needs at least 16 bytes, has 15/],
    [{ identity: 'x', key: KEY, hash: 'md5' as never }, /psks\[0\]\.hash: needs one of/],
  ])('%o is a mistake', (bad, message) => {
    expect(() => new Site().connect({ client: { psks: [bad] } })).toThrow(message)
  })
})
