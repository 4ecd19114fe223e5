/**
 * Attacks on who speaks with whom, and when: messages of one connection are given to another, of one server to another,
 * of a party to itself. Each is named as it was published.
 */

import { describe, expect, test } from 'vitest'
import { nodeProvider } from '../../src/crypto/node.ts'
import {
  createReplayMemory,
  createTicketKeys,
  type ExternalPsk,
  type ReplayStore,
  type ServerConfig,
  type Session,
  type TicketKeyStore,
} from '../../src/tls/index.ts'
import { deriveExtendedMasterSecret, deriveMasterSecret } from '../../src/tls/schedule/prf12.ts'
import { expectHandshake, expectRefusal } from '../pair/expectations.ts'
import { CA, identityOf, Pair, type PairOptions } from '../pair/pair.ts'
import { SimulatedClock } from '../pair/wire.ts'
import { issue } from '../pki.ts'
import { RogueClient } from '../rogue/client.ts'
import { EXTENSION, extension, handshake, replacing, text, vector, without } from '../rogue/messages.ts'
import { expectEnd } from '../rogue/rule.ts'
import { RogueServer } from '../rogue/server.ts'
import { RogueClient12 } from '../rogue12/client.ts'
import { RogueServer12 } from '../rogue12/server.ts'

describe('triple handshake (RFC 7627): two connections with the same master secret', () => {
  const hash = nodeProvider.hashes.sha256

  test('the secret depends on all messages, certificates among them, and without the extension it does not', () => {
    const [preMasterSecret, random] = [new Uint8Array(32).fill(1), new Uint8Array(32).fill(2)]
    const randoms = { client: random, server: random }
    const extended = ['own certificate', "the attacker's"].map((certificate) =>
      deriveExtendedMasterSecret(hash, preMasterSecret, hash.digest(text(certificate))),
    )
    expect(extended[0]).not.toEqual(extended[1])
    expect(deriveMasterSecret(hash, preMasterSecret, randoms)).toEqual(
      deriveMasterSecret(hash, preMasterSecret, randoms),
    )
  })

  test('with a peer that leaves the extension out nothing is exported, and nothing bound to the channel', () => {
    const server = new RogueServer12()
    const client = new RogueClient12()
    for (const peer of [server, client]) peer.isExtended = false
    server.answering(without(23)).open()
    client.offering(without(23)).clientKeyExchange().changeCipherSpec().finished()
    for (const { connection } of [server, client]) {
      expect(connection.state).toBe('open')
      expect(() => connection.exportKeyingMaterial('EXPERIMENTAL', undefined, 32)).toThrow(/extended master secret/)
      expect(() => connection.channelBinding()).toThrow(/extended master secret/)
    }
  })

  test('where it is required, nobody gets that far', () => {
    const config = { requireExtendedMasterSecret: true }
    const server = new RogueServer12(config).answering(without(23))
    expectEnd(server, 'handshake_failure', 'server_hello.extended_master_secret')
    expectEnd(
      new RogueClient12(config).offering(without(23)),
      'handshake_failure',
      'client_hello.extended_master_secret',
    )
  })

  test('no session of TLS 1.2 is resumed, by its id or by a ticket', () => {
    const resumed = new RogueServer12()
    resumed.serverHello((own) => ({ ...own, sessionId: resumed.hello?.legacySessionId as Uint8Array }))
    expectEnd(resumed, 'illegal_parameter', 'server_hello.session_id')
    const ticket = new RogueServer12().through('server_hello_done').message(handshake(4, new Uint8Array(6)))
    expectEnd(ticket, 'unexpected_message', 'handshake')
    const client = new RogueClient12().clientHello((own) => ({ ...own, sessionId: new Uint8Array(32).fill(1) }))
    // The whole handshake follows, under no id.
    client.clientKeyExchange().changeCipherSpec().finished()
    expect(client.connection.state).toBe('open')
    expect(client.seen[0]?.content[38]).toBe(0)
  })
})

describe('Selfie: what a party says is said back to it', () => {
  const KEY = new Uint8Array(32).fill(7)
  const asClient = 'from a to b'
  const asServer = 'from b to a'

  /** One party in both roles, with one key, facing itself. */
  function reflected(own: (context: string) => ExternalPsk): Pair {
    return new Pair({
      client: { psks: [own(asClient)], versions: ['TLS 1.3'] },
      server: { psks: [own(asServer)], versions: ['TLS 1.3'], identities: [] },
    })
  }

  test('a key with its roles imported (RFC 9258) is none of its own', () => {
    const pair = reflected((context) => ({ identity: 'a and b', key: KEY, importer: { context } }))
    expectRefusal(pair, 'server', 'handshake_failure')
  })

  test('the same key without roles is accepted: this is what the importer is for', () => {
    expectHandshake(reflected(() => ({ identity: 'a and b', key: KEY })))
  })

  test('with certificates a name has to be proved that is not its own', () => {
    const own = issue(CA, { dnsNames: ['client.example'] })
    const pair = new Pair({ server: { identities: [identityOf(own)] } })
    expectRefusal(pair, 'client', 'bad_certificate')
  })

  test('a ClientHello, a Finished or a CertificateVerify of one role is none of the other', () => {
    const hello = new RogueServer()
    expectEnd(hello.message(hello.hello?.raw as Uint8Array), 'unexpected_message', 'handshake')
    const verify = new RogueServer().through('certificate')
    const signature = verify.signature('client')
    expectEnd(
      verify.certificateVerify((own) => ({ ...own, signature })),
      'decrypt_error',
      'certificate_verify.signature',
    )
  })
})

describe('ALPACA: one protocol is spoken to a server of another', () => {
  const FTP = [0, 4, 3, 0x66, 0x74, 0x70]

  test('a server with protocols refuses a client that has none of them', () => {
    const config = { alpnProtocols: ['h2', 'http/1.1'] }
    const path = 'client_hello.application_layer_protocol_negotiation'
    const offer = replacing(EXTENSION.alpn, FTP)
    expectEnd(new RogueClient(config).offering(offer), 'no_application_protocol', path)
    expectEnd(new RogueClient12(config).offering(offer), 'no_application_protocol', path)
  })

  test('a client refuses a protocol that it did not offer', () => {
    const config = { alpnProtocols: ['h2'] }
    const server = new RogueServer(config).through('server_hello').encryptedExtensions(extension(EXTENSION.alpn, FTP))
    expectEnd(server, 'illegal_parameter', 'encrypted_extensions.application_layer_protocol_negotiation')
    const older = new RogueServer12(config).answering((own) => [...own, extension(EXTENSION.alpn, FTP)])
    expectEnd(older, 'illegal_parameter', 'server_hello.application_layer_protocol_negotiation')
  })

  test('a server refuses a name that is not its own, where it is told to', () => {
    const config = { rejectUnknownServerName: true }
    const name = new TextEncoder().encode('ftp.example')
    const other = replacing(EXTENSION.server_name, vector(2, Uint8Array.of(0), vector(2, name)))
    expectEnd(new RogueClient(config).offering(other), 'unrecognized_name', 'client_hello.server_name')
    expectEnd(new RogueClient12(config).offering(other), 'unrecognized_name', 'client_hello.server_name')
    expectEnd(new RogueClient(config).offering(without(0)), 'missing_extension', 'client_hello.server_name')
  })

  test.each(['TLS 1.3', 'TLS 1.2'] as const)('a client refuses the certificate of another name, %s', (version) => {
    const ftp = issue(CA, { dnsNames: ['ftp.example'] })
    const pair = new Pair({ client: { versions: [version] }, server: { identities: [identityOf(ftp)] } })
    expectRefusal(pair, 'client', 'bad_certificate')
  })
})

describe('what one connection left behind', () => {
  const EARLY = new TextEncoder().encode('POST /pay')
  const server: Partial<ServerConfig> = { tickets: 1, maxEarlyData: 1000 }

  interface Site {
    readonly clock: SimulatedClock
    readonly ticketKeys: TicketKeyStore
    readonly replayStore: ReplayStore
  }

  function newSite(): Site {
    const clock = new SimulatedClock()
    return {
      clock,
      ticketKeys: createTicketKeys({ provider: nodeProvider, time: () => clock.wall(), rotateAfter: 60_000, keep: 2 }),
      replayStore: createReplayMemory({ now: () => clock.now() / 1000 }),
    }
  }

  function connect({ clock, ticketKeys, replayStore }: Site, client: NonNullable<PairOptions['client']>): Pair {
    return new Pair({ clock, client, server: { ...server, ticketKeys, replayStore } }).run()
  }

  function session(site: Site): Session {
    return connect(site, { keepSessions: true }).client.sessions[0] as Session
  }

  /** Somebody who saw it sends a first flight again, to a server that shares what it is said to share. */
  function replay(site: Site, flight: Uint8Array, change: Partial<Site> = {}): string {
    const { clock, ticketKeys, replayStore } = { ...site, ...change }
    const pair = new Pair({ clock, server: { ...server, ticketKeys, replayStore } })
    pair.server.connection.receive(flight)
    pair.server.attend(pair)
    expect(pair.server.eventTypes()).not.toContain('handshake-complete')
    expect(pair.server.eventTypes()).not.toContain('data')
    return pair.server.earlyText
  }

  test('0-RTT replay: early data is taken once, whichever of the servers with a common memory it is sent to', () => {
    const site = newSite()
    const first = connect(site, { session: session(site), earlyData: EARLY })
    expect(first.server.earlyText).toBe('POST /pay')
    const flight = first.client.flights[0] as Uint8Array
    expect(replay(site, flight)).toBe('')
    // What the memory is for: without it the other server takes the data.
    expect(replay(site, flight, { replayStore: createReplayMemory({ now: () => 0 }) })).toBe('POST /pay')
  })

  test('0-RTT replay, later than the clocks allow: taken by nobody, memory or not', () => {
    const site = newSite()
    const first = connect(site, { session: session(site), earlyData: EARLY })
    site.clock.advance(15_000_000)
    const flight = first.client.flights[0] as Uint8Array
    expect(replay(site, flight, { replayStore: createReplayMemory({ now: () => 0 }) })).toBe('')
  })

  test('ticket theft: a stolen ticket and its key die with the keys of the server', () => {
    const site = newSite()
    const stolen = session(site)
    expectHandshake(connect(site, { session: stolen }), { resumed: true })
    for (let i = 0; i < 2; i++) {
      site.clock.advance(60_000_000)
      session(site)
    }
    const late = connect(site, { session: stolen, earlyData: EARLY })
    expectHandshake(late, { resumed: false, earlyData: 'rejected' })
    expect(late.server.earlyText).toBe('')
  })

  test('ticket theft: the ticket alone, as the network sees it, is worth nothing', () => {
    const site = newSite()
    const stolen = { ...session(site), secret: new Uint8Array(32).fill(1) }
    expectRefusal(connect(site, { session: stolen }), 'server', 'decrypt_error', /binders/)
  })

  test('what was resumed is secret from whoever has the ticket keys later: there is a key exchange', () => {
    const site = newSite()
    const resumed = connect(site, { session: session(site) })
    expect(resumed.client.connection.negotiated).toMatchObject({ resumed: true, group: 'X25519MLKEM768' })
  })
})
