/**
 * Attacks on the order of messages, and on who began what: SMACK and its relatives, renegotiation, downgrades. Each is
 * named as it was published.
 */

import { describe, expect, test } from 'vitest'
import { ALERT_CODES } from '../../src/tls/index.ts'
import { expectRefusal } from '../pair/expectations.ts'
import { Pair } from '../pair/pair.ts'
import { RogueClient } from '../rogue/client.ts'
import { EXTENSION, extension, handshake, replacing, u16 } from '../rogue/messages.ts'
import { expectEnd, expectNoData, type Watched } from '../rogue/rule.ts'
import { RogueServer } from '../rogue/server.ts'
import { RogueClient12 } from '../rogue12/client.ts'
import { RogueServer12 } from '../rogue12/server.ts'

const REQUIRED = { clientAuthentication: 'required' } as const

interface Flight<P extends Watched & { data(content: string): unknown }> {
  readonly make: () => P
  readonly steps: Readonly<Record<string, (peer: P) => unknown>>
}

const SERVER_12: Flight<RogueServer12> = {
  make: () => new RogueServer12(),
  steps: {
    ServerHello: (s) => s.serverHello(),
    Certificate: (s) => s.certificate(),
    ServerKeyExchange: (s) => s.serverKeyExchange(),
    ServerHelloDone: (s) => s.serverHelloDone(),
    change_cipher_spec: (s) => s.changeCipherSpec(),
    Finished: (s) => s.finished(),
  },
}
const CLIENT_12: Flight<RogueClient12> = {
  make: () => new RogueClient12(REQUIRED),
  steps: {
    ClientHello: (c) => c.clientHello(),
    Certificate: (c) => c.certificate(),
    ClientKeyExchange: (c) => c.clientKeyExchange(),
    CertificateVerify: (c) => c.certificateVerify(),
    change_cipher_spec: (c) => c.changeCipherSpec(),
    Finished: (c) => c.finished(),
  },
}
const SERVER_13: Flight<RogueServer> = {
  make: () => new RogueServer(),
  steps: {
    ServerHello: (s) => s.serverHello(),
    EncryptedExtensions: (s) => s.encryptedExtensions(),
    Certificate: (s) => s.certificate(),
    CertificateVerify: (s) => s.certificateVerify(),
    // Without ServerHello there is no secret for it, and any will do.
    Finished: (s) => (s.isKeyed ? s.finished() : s.message(handshake(20, new Uint8Array(32)))),
  },
}
const CLIENT_13: Flight<RogueClient> = {
  make: () => new RogueClient(REQUIRED),
  steps: {
    ClientHello: (c) => c.clientHello(),
    Certificate: (c) => c.certificate(),
    CertificateVerify: (c) => c.certificateVerify(),
    Finished: (c) => c.finished(),
  },
}

/** Plays all messages but those from one place to another, then sends data. */
function skipping<P extends Watched & { data(content: string): unknown }>(
  flight: Flight<P>,
  from: number,
  to: number,
): P {
  const peer = flight.make()
  const steps = Object.values(flight.steps)
  for (const [at, step] of steps.entries()) {
    if (peer.connection.state !== 'failed' && (at < from || at >= to)) step(peer)
  }
  if (peer.connection.state !== 'failed') peer.data('GET /')
  return peer
}

function smack<P extends Watched & { data(content: string): unknown }>(title: string, flight: Flight<P>): void {
  const names = Object.keys(flight.steps)
  describe(`SMACK: ${title} of a rogue that skips`, () => {
    test('nothing: the connection opens', () => {
      const peer = skipping(flight, 0, 0)
      expect(peer.connection.error).toBeUndefined()
      expect(peer.events.filter(({ type }) => type === 'data')).toHaveLength(1)
    })

    const skips = names.flatMap((first, from) =>
      names.slice(from).map((last, i) => [first === last ? first : `${first} to ${last}`, from, from + i + 1] as const),
    )
    test.each(skips)('%s', (_, from, to) => {
      const peer = skipping(flight, from, to)
      expectEnd(peer, 'unexpected_message', /^(handshake|record\.(type|content_type)|change_cipher_spec)$/)
    })

    test.each(names.map((name, at) => [name, at] as const))('nothing, and sends %s twice', (_, at) => {
      const peer = flight.make()
      const steps = Object.values(flight.steps)
      for (const step of steps.slice(0, at + 1)) step(peer)
      ;(steps[at] as (peer: P) => unknown)(peer)
      // What comes twice is no renegotiation in TLS 1.2 until the connection is open.
      const { error } = peer.connection
      expect(error?.fault).toBe('peer')
      expect(['unexpected_message', 'bad_record_mac']).toContain(error?.alert)
      expectNoData(peer)
    })
  })
}

smack('TLS 1.2, the server flight', SERVER_12)
smack('TLS 1.2, the client flight', CLIENT_12)
smack('TLS 1.3, the server flight', SERVER_13)
smack('TLS 1.3, the client flight', CLIENT_13)

describe('early CCS (CVE-2014-0224): change_cipher_spec before there are keys', () => {
  test.each(['server_hello', 'certificate', 'server_key_exchange'] as const)('from a server after %s', (step) => {
    const server = new RogueServer12().through(step).changeCipherSpec()
    expectEnd(server, 'unexpected_message', 'change_cipher_spec')
  })

  test('from a client, before ClientKeyExchange', () => {
    expectEnd(new RogueClient12().clientHello().changeCipherSpec(), 'unexpected_message', 'change_cipher_spec')
    const asked = new RogueClient12(REQUIRED).clientHello().certificate()
    expectEnd(asked.changeCipherSpec(), 'unexpected_message', 'change_cipher_spec')
  })

  test('from a client, between ClientKeyExchange and CertificateVerify', () => {
    const client = new RogueClient12(REQUIRED).clientHello().certificate().clientKeyExchange().changeCipherSpec()
    expectEnd(client, 'unexpected_message', 'change_cipher_spec')
  })

  test('in TLS 1.3 it changes nothing: what follows must be protected as before', () => {
    const server = new RogueServer().through('server_hello').changeCipherSpec()
    server.plain(22, handshake(8, u16(0)))
    expectEnd(server, 'unexpected_message', 'record.type')
    const again = new RogueServer().through('server_hello').changeCipherSpec().to('open').data('hello')
    expect(again.connection.error).toBeUndefined()
  })
})

describe('renegotiation injection (CVE-2009-3555)', () => {
  test("a victim's ClientHello behind the attacker's own data: no renegotiation, and nothing of the victim's is taken", () => {
    const attacker = new RogueClient12().open().data('GET /steal HTTP/1.1\r\nX-Ignore: ')
    attacker.events.length = 0
    attacker.clientHello()
    expectEnd(attacker, 'no_renegotiation', 'client_hello')
  })

  test('a first ClientHello that claims to be a later one', () => {
    const client = new RogueClient12().offering(replacing(0xff01, [12, ...new Uint8Array(12)]))
    expectEnd(client, 'handshake_failure', 'client_hello.renegotiation_info')
  })

  test('a first ServerHello that claims to be a later one', () => {
    const server = new RogueServer12().answering(replacing(0xff01, [24, ...new Uint8Array(24)]))
    expectEnd(server, 'handshake_failure', 'server_hello.renegotiation_info')
  })

  test('a server asks for it: it is told no, and the connection stays as it is', () => {
    const server = new RogueServer12()
      .open()
      .record(22, handshake(0, new Uint8Array(0)))
      .data('hello')
    expect(server.connection.state).toBe('open')
    const sent = server.seen.filter(({ type }) => type === 21).map(({ content }) => [...content])
    expect(sent).toEqual([[1, ALERT_CODES.no_renegotiation]])
    expect(server.seen.filter(({ type, content }) => type === 22 && content[0] === 1)).toHaveLength(1)
  })

  test('in TLS 1.3 there is none', () => {
    const client = new RogueClient().to('open')
    expectEnd(client.message(client.writeHello()), 'unexpected_message', 'handshake')
    expectEnd(new RogueServer().to('open').message(handshake(0, new Uint8Array(0))), 'unexpected_message', 'handshake')
  })
})

describe('downgrades by whoever stands in between', () => {
  /** Alters every flight that has these bytes, in either direction. */
  function altering(found: readonly number[], put: readonly number[]): () => (flight: Uint8Array) => Uint8Array[] {
    return () => (flight) => {
      const altered = Buffer.from(flight)
      const at = altered.indexOf(Buffer.from(found))
      if (at !== -1) altered.set(put, at)
      return [altered]
    }
  }
  const SUPPORTED_13_12 = [0, 43, 0, 5, 4, 3, 4, 3, 3]

  test('TLS 1.3 is taken out of the offer: the server marks its answer, and the client sees it', () => {
    const pair = new Pair({ cut: altering(SUPPORTED_13_12, [0, 43, 0, 5, 4, 3, 2, 3, 3]) }).run()
    expect(pair.server.connection.report().negotiated.version).toBe('TLS 1.2')
    expectRefusal(pair, 'client', 'illegal_parameter', /no downgrade sentinel/)
  })

  test('nothing is taken out: nothing is marked', () => {
    const pair = new Pair({ cut: altering(SUPPORTED_13_12, SUPPORTED_13_12) }).run()
    expect(pair.client.connection.negotiated?.version).toBe('TLS 1.3')
  })

  test('the mark itself is taken out: the Finished does not fit, nor does the signature', () => {
    const cut = (): ((flight: Uint8Array) => Uint8Array[]) => (flight) =>
      altering(SUPPORTED_13_12, [0, 43, 0, 5, 4, 3, 2, 3, 3])()(flight).flatMap((altered) =>
        altering([0x44, 0x4f, 0x57, 0x4e, 0x47, 0x52, 0x44, 1], [1, 2, 3, 4, 5, 6, 7, 8])()(altered),
      )
    expectRefusal(new Pair({ cut }), 'client', 'decrypt_error', /server_key_exchange.signature/)
  })

  test('the suite that the client wants most is taken out of the offer: the keys do not fit', () => {
    const pair = new Pair({ client: TWO_SUITES, cut: altering([0x13, 1, 0x13, 2], [0x13, 2, 0x13, 2]) }).run()
    expect(pair.server.connection.report().negotiated.cipherSuite).toBe('TLS_AES_256_GCM_SHA384')
    for (const { connection } of pair.ends) expect(connection.error?.alert).toBe('bad_record_mac')
  })

  test('a client made to fall back says so, and is refused (RFC 7507)', () => {
    const client = new RogueClient12().clientHello((own) => ({ ...own, cipherSuites: u16(0xc02b, 0x5600) }))
    expectEnd(client, 'inappropriate_fallback', 'client_hello.cipher_suites')
  })

  test('a HelloRetryRequest may not choose another version or suite than what follows', () => {
    const cookie = extension(EXTENSION.cookie, [0, 1, 7])
    const server = new RogueServer({ cipherSuites: ['TLS_AES_128_GCM_SHA256', 'TLS_AES_256_GCM_SHA384'] })
    server.retry((own) => [...own, cookie], { cipherSuite: 0x1302 }).serverHello()
    expectEnd(server, 'illegal_parameter', 'server_hello.cipher_suite')
  })
})

const TWO_SUITES = { cipherSuites: ['TLS_AES_128_GCM_SHA256', 'TLS_AES_256_GCM_SHA384'] } as const
