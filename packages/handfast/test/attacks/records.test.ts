/**
 * Attacks on records and on patience: cuts, nonces that come twice, floods, lengths without end. Each is named as it was
 * published, where it has a name.
 */

import { describe, expect, test } from 'vitest'
import { toHex } from '../../src/bytes/index.ts'
import { nodeProvider } from '../../src/crypto/node.ts'
import type { CryptoProvider } from '../../src/crypto/provider.ts'
import { ALERT_CODES, CIPHER_SUITES } from '../../src/tls/index.ts'
import { expectHandshake } from '../pair/expectations.ts'
import { Pair } from '../pair/pair.ts'
import { RogueClient } from '../rogue/client.ts'
import { handshake, header } from '../rogue/messages.ts'
import type { RoguePeer } from '../rogue/peer.ts'
import { expectEnd, expectNoData } from '../rogue/rule.ts'
import { RogueServer } from '../rogue/server.ts'
import { RogueClient12 } from '../rogue12/client.ts'
import type { RoguePeer12 } from '../rogue12/peer.ts'
import { RogueServer12 } from '../rogue12/server.ts'

/** Peers with whom all went well so far. */
const OPEN = {
  'a server of TLS 1.3': () => new RogueServer().to('open'),
  'a client of TLS 1.3': () => new RogueClient().to('open'),
  'a server of TLS 1.2': () => new RogueServer12().open(),
  'a client of TLS 1.2': () => new RogueClient12().open(),
}

describe.each(Object.entries(OPEN))('truncation: the stream of %s is cut', (_, make) => {
  test('without close_notify: it is told, behind all that came', () => {
    const peer = make().data('all but the end')
    peer.connection.receiveEnd()
    expect(eventsOf(peer).slice(-2)).toEqual(['data', 'truncated'])
  })

  test('within a record: nothing of it is handed on', () => {
    const peer = make()
    peer.connection.receive(peer.sealed(23, new Uint8Array(100)).subarray(0, 90))
    peer.connection.receiveEnd()
    expect(eventsOf(peer).at(-1)).toBe('truncated')
    expectNoData(peer)
  })

  test('with a close_notify that is forged', () => {
    const peer = make()
    peer.plain(21, Uint8Array.of(1, 0))
    expect(peer.connection.state).toBe('failed')
    expect(eventsOf(peer)).not.toContain('peer-closed')
  })

  test('with close_notify: that is no cut', () => {
    const peer = make().alert(0, 1)
    peer.connection.receiveEnd()
    expect(eventsOf(peer).at(-1)).toBe('peer-closed')
  })
})

test('truncation before the handshake is complete: it has failed', () => {
  const server = new RogueServer().upTo('finished')
  server.connection.receiveEnd()
  expect(server.connection.state).toBe('failed')
  expect(server.connection.error?.fault).not.toBe('host')
})

function eventsOf(peer: RoguePeer | RoguePeer12): string[] {
  for (let event = peer.connection.nextEvent(); event !== undefined; event = peer.connection.nextEvent()) {
    peer.events.push(event)
  }
  return peer.events.map(({ type }) => type)
}

/** A provider that notes each nonce under the key that it was used with. */
function noting(): { readonly provider: CryptoProvider; readonly used: string[] } {
  const used: string[] = []
  const aeads = nodeProvider.aeads.map((aead) => ({
    ...aead,
    key: (bytes: Uint8Array) => {
      const name = toHex(bytes)
      const key = aead.key(bytes)
      return {
        seal: (...given: Parameters<typeof key.seal>): void => {
          used.push(`${name} ${toHex(given[0])}`)
          key.seal(...given)
        },
        open: key.open.bind(key),
        [Symbol.dispose]: () => key[Symbol.dispose](),
      }
    },
  }))
  return { provider: { ...nodeProvider, aeads }, used }
}

describe('nonce reuse in AES-GCM and ChaCha20-Poly1305 ("Nonce-Disrespecting Adversaries")', () => {
  test.each(CIPHER_SUITES.filter(({ name }) => !name.includes('_RSA_')).map(({ name }) => name))(
    'under no key does a nonce come twice, at either end: %s',
    (cipherSuite) => {
      const ofClient = noting()
      const ofServer = noting()
      const pair = new Pair({
        client: { provider: ofClient.provider, cipherSuites: [cipherSuite], maxRecordLength: 64 },
        server: { provider: ofServer.provider, maxRecordLength: 64 },
      })
      expectHandshake(pair, { cipherSuite })
      const isTls13 = pair.client.connection.negotiated?.version === 'TLS 1.3'
      for (let i = 0; i < 5; i++) {
        pair.talk('x'.repeat(1000), 'y'.repeat(1000))
        if (isTls13) pair.client.connection.updateKeys({ requestPeer: i % 2 === 0 })
      }
      pair.client.connection.close()
      pair.run()
      const all = [...ofClient.used, ...ofServer.used]
      expect(all.length).toBeGreaterThan(150)
      expect(new Set(all).size).toBe(all.length)
    },
  )

  test.each([false, true])('nor with a pre-shared key, after a HelloRetryRequest: %s', (isRetried) => {
    const { provider, used } = noting()
    const psks = [{ identity: 'us', key: new Uint8Array(32).fill(9) }]
    const pair = new Pair({ client: { provider, psks, ...(isRetried && { keyShares: [] }) }, server: { psks } })
    expectHandshake(pair, { helloRetryRequest: isRetried })
    expect(new Set(used).size).toBe(used.length)
  })

  test('the explicit nonce of TLS 1.2 is the number of the record', () => {
    const server = new RogueServer12().open()
    for (let i = 0; i < 3; i++) server.connection.write(new Uint8Array(10))
    const output = server.connection.takeOutput() as Uint8Array
    const length = 5 + 8 + 10 + 16
    expect(output).toHaveLength(3 * length)
    // Finished was number 0.
    expect([0, 1, 2].map((i) => output[i * length + 12])).toEqual([1, 2, 3])
  })

  test.each([
    ['TLS 1.3', 'open'],
    ['TLS 1.2', 'failed'],
  ] as const)('a key wears out: in %s the connection is %s then', (version, state) => {
    const keyUpdateAfter = 20
    const { provider, used } = noting()
    const pair = new Pair({ client: { provider, versions: [version], keyUpdateAfter } }).run()
    for (let i = 0; i < 50 && pair.client.connection.state === 'open'; i++) {
      pair.client.connection.write(Uint8Array.of(i))
      pair.run()
    }
    expect(pair.client.connection.state).toBe(state)
    const byKey = Map.groupBy(used, (one) => one.split(' ')[0] as string)
    for (const nonces of byKey.values()) expect(nonces.length).toBeLessThanOrEqual(keyUpdateAfter + 2)
  })
})

/** Again and again, until it has had enough; which must be soon. */
function flood(peer: RoguePeer | RoguePeer12, once: () => unknown): void {
  let times = 0
  for (; peer.connection.state !== 'failed' && times < 100; times++) once()
  expect(times).toBeGreaterThan(8)
  expect(times).toBeLessThan(40)
}

describe.each(Object.entries(OPEN))('floods from %s end the connection', (_, make) => {
  test('warning alerts ("SSL Death Alert", CVE-2016-8610)', () => {
    const peer = make()
    // In TLS 1.3 any other is the end at once.
    flood(peer, () => peer.alert(ALERT_CODES.user_canceled, 1))
    expectEnd(peer, 'unexpected_message', 'alert')
  })

  test('records without content', () => {
    const peer = make()
    flood(peer, () => peer.record(23, new Uint8Array(0)))
    expectEnd(peer, 'unexpected_message', 'record.content')
  })
})

describe('floods of what only one version has', () => {
  test.each([
    ['server', () => new RogueServer().to('open')],
    ['client', () => new RogueClient().to('open')],
  ])('KeyUpdate from a %s', (_, make) => {
    const peer = make()
    flood(peer, () => peer.keyUpdate())
    expectEnd(peer, 'unexpected_message', 'handshake')
  })

  test('KeyUpdate with requests: there is one answer, however many there were', () => {
    const peer = new RogueClient().to('open')
    const before = peer.seen.length
    peer.connection.receive(peer.sealedUpdates(20))
    peer.readAnswer()
    expect(peer.seen.length - before).toBeLessThanOrEqual(1)
  })

  test.each([false, true])('tickets, to a client that keeps sessions: %s', (keepSessions) => {
    const server = new RogueServer({ keepSessions }).to('open')
    const ticket = handshake(4, new Uint8Array([0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1, 7, 0, 0]))
    flood(server, () => server.message(ticket))
    expectEnd(server, 'unexpected_message', 'handshake')
  })

  test('HelloRequests of TLS 1.2', () => {
    const server = new RogueServer12().open()
    flood(server, () => server.record(22, handshake(0, new Uint8Array(0))))
    expect(server.connection.error).toMatchObject({ alert: 'unexpected_message', path: 'handshake' })
  })

  test.each([
    ['server', () => new RogueServer()],
    ['client', () => new RogueClient().clientHello()],
  ])('change_cipher_spec from a %s of TLS 1.3', (_, make) => {
    const peer = make()
    if (peer instanceof RogueServer) peer.serverHello()
    flood(peer, () => peer.changeCipherSpec())
    expectEnd(peer, 'unexpected_message', /record|change_cipher_spec/)
  })
})

describe('lengths without end', () => {
  const HUGE = 0xffffff

  test.each([
    ['server_hello', 2, () => new RogueServer()],
    ['client_hello', 1, () => new RogueClient()],
    ['certificate', 11, () => new RogueServer().through('encrypted_extensions')],
    ['certificate', 11, () => new RogueServer12().through('server_hello')],
    ['server_key_exchange', 12, () => new RogueServer12().through('certificate')],
    ['client_key_exchange', 16, () => new RogueClient12().clientHello()],
    ['new_session_ticket', 4, () => new RogueServer({ keepSessions: true }).to('open')],
    ['hello_request', 0, () => new RogueServer12().open()],
  ] as const)('a %s of 16 MiB is refused by its header', (name, code, make) => {
    const peer = make()
    peer.record(22, header(code, HUGE))
    expectEnd(peer, 'decode_error', `${name}.length`)
  })

  test('records longer than they may be, by their headers', () => {
    for (const make of Object.values(OPEN)) {
      const peer = make()
      peer.raw(Uint8Array.of(23, 3, 3, 0xff, 0xff))
      expectEnd(peer, 'record_overflow', /^record/)
    }
  })
})

describe('Heartbleed (CVE-2014-0160): a record that asks for more than it holds', () => {
  const REQUEST = Uint8Array.of(1, 0x40, 0)

  test('heartbeats are not offered', () => {
    expect(new RogueServer().hello?.extensionOrder).not.toContain(15)
  })

  test.each(Object.entries(OPEN))('one from %s is refused', (_, make) => {
    const peer = make()
    expectEnd(peer.record(24, REQUEST), 'unexpected_message', /^record/)
  })

  test('one in clear is refused', () => {
    expectEnd(new RogueServer().plain(24, REQUEST), 'unexpected_message', 'record.type')
    expectEnd(new RogueClient().plain(24, REQUEST), 'unexpected_message', 'record.type')
  })
})
