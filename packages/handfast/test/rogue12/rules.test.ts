/** One test for every rule of TLS 1.2 that a peer can break, in each direction; and what it may do. */

import { describe, expect, test } from 'vitest'
import { ALERT_CODES } from '../../src/tls/index.ts'
import { CA, CLIENT, SERVER } from '../pair/pair.ts'
import { issue } from '../pki.ts'
import { keyOf, RAW_PUBLIC_KEY, typeList } from '../rogue/certificate-type-rules.ts'
import { adding, extension, EXTENSION, handshake, u16, without } from '../rogue/messages.ts'
import type { Seen } from '../rogue/peer.ts'
import { expectEnd, expectNoData } from '../rogue/rule.ts'
import { agreeing, CLIENT_TYPES_12, rawCertificate, SERVER_TYPES_12 } from './certificate-type-rules.ts'
import { certificateStatus, CLIENT_EXTENSIONS_12, SERVER_EXTENSIONS_12 } from './certificate-extension-rules.ts'
import { CLIENT_FLIGHT_12, CLIENT_HELLO_12 } from './client-rules.ts'
import { RogueClient12 } from './client.ts'
import { SERVER_AUTHENTICATION_12, SERVER_HELLO_12, SERVER_ORDER_12 } from './server-rules.ts'
import { RogueServer12 } from './server.ts'

function expectOpen(peer: RogueServer12 | RogueClient12): void {
  peer.data('hello')
  expect(peer.connection.error).toBeUndefined()
  expect(peer.events.filter(({ type }) => type !== 'message').map(({ type }) => type)).toEqual([
    'handshake-complete',
    'data',
  ])
}

describe('the rogues themselves can behave', () => {
  test('a server', () => expectOpen(new RogueServer12().open()))

  test('a server that asks for a certificate', () => {
    const server = new RogueServer12().through('server_key_exchange').certificateRequest().open()
    expectOpen(server)
    const types = server.seen.filter(({ type }) => type === 22).flatMap(({ content }) => content[0])
    expect(types).toEqual([1, 11, 20])
    expect(server.connection.negotiated?.ownSignatureScheme).toBe('ecdsa_secp256r1_sha256')
  })

  test.each([
    ['no types that fit', { types: [1] }],
    ['no schemes that fit', { schemes: [0x0804] }],
    ['no authority of ours', { authorities: [Uint8Array.of(0x30, 0)] }],
  ])('a server that asks for a certificate with %s gets none', (_, parts) => {
    const server = new RogueServer12()
      .through('server_key_exchange')
      .certificateRequest((own) => ({ ...own, ...parts }))
    expectOpen(server.open())
    expect(server.connection.negotiated?.ownSignatureScheme).toBeUndefined()
  })

  test.each(['secp256r1', 'x25519'] as const)('a server with %s', (group) => {
    expectOpen(new RogueServer12({}, undefined, group).open())
  })

  test.each([true, false])('a server that said it may staple, and does: %s', (does) => {
    const server = new RogueServer12().answering(adding(extension(EXTENSION.status_request))).certificate()
    if (does) server.message(certificateStatus(new Uint8Array(100)))
    expectOpen(server.open())
    expect(server.connection.report().server.stapled).toHaveLength(does ? 1 : 0)
  })

  test('a server with no extensions at all: nothing is exported then', () => {
    const server = new RogueServer12()
    server.isExtended = false
    expectOpen(server.answering(() => []).open())
    expect(() => server.connection.exportKeyingMaterial('EXPERIMENTAL', undefined, 32)).toThrow(
      /extended master secret/,
    )
    expect(() => server.connection.channelBinding()).toThrow(/extended master secret/)
  })

  test('a server that sends a HelloRequest too early is not heard, and later is declined', () => {
    const server = new RogueServer12().through('certificate')
    server.record(22, handshake(0, new Uint8Array(0)))
    server.open().record(22, handshake(0, new Uint8Array(0)))
    expectOpen(server)
    const alerts = server.seen.filter(({ type }) => type === 21).map(({ content }) => [...content])
    expect(alerts).toEqual([[1, ALERT_CODES.no_renegotiation]])
  })

  test.each(['none', 'required', 'optional'] as const)('a client, client authentication %s', (clientAuthentication) => {
    const client = new RogueClient12({ clientAuthentication }).clientHello()
    if (clientAuthentication !== 'none') client.certificate()
    client.clientKeyExchange()
    if (clientAuthentication !== 'none') client.certificateVerify()
    expectOpen(client.changeCipherSpec().finished())
  })

  test('a server and a client with raw public keys', () => {
    const server = agreeing(new RogueServer12({ serverCertificateTypes: ['RawPublicKey'] }))
    server.message(rawCertificate(keyOf(SERVER))).serverKeyExchange()
    expectOpen(server.open())
    expect(server.connection.peerRawPublicKey).toEqual(keyOf(SERVER))
    const client = new RogueClient12({ clientAuthentication: 'required', clientCertificateTypes: ['RawPublicKey'] })
    client.offering(adding(typeList('client_certificate_type', RAW_PUBLIC_KEY))).message(rawCertificate(keyOf(CLIENT)))
    expectOpen(client.clientKeyExchange().certificateVerify().changeCipherSpec().finished())
    expect(client.connection.peerRawPublicKey).toEqual(keyOf(CLIENT))
  })

  test('a client without a certificate, where that may be', () => {
    const client = new RogueClient12({ clientAuthentication: 'optional' }).clientHello().certificate([])
    expectOpen(client.clientKeyExchange().changeCipherSpec().finished())
    expect(client.connection.peerCertificates).toEqual([])
  })

  test('a client that offers all that is bad beside what is good', () => {
    const client = new RogueClient12().clientHello((own) => ({
      ...own,
      cipherSuites: u16(0x0a0a, 0x0003, 0x0014, 0x002f, 0x009e, 0xc009, 0xc02b),
      compression: Uint8Array.of(1, 0),
    }))
    expectOpen(client.clientKeyExchange().changeCipherSpec().finished())
    expect(client.connection.negotiated?.cipherSuite).toBe('TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256')
  })

  test('a client without the extended master secret', () => {
    const client = new RogueClient12()
    client.isExtended = false
    expectOpen(client.offering(without(23)).clientKeyExchange().changeCipherSpec().finished())
    expect(() => client.connection.exportKeyingMaterial('EXPERIMENTAL', undefined, 32)).toThrow(
      /extended master secret/,
    )
  })

  test('the fallback signal from a client that can do no better', () => {
    const client = new RogueClient12({ versions: ['TLS 1.2'] })
    client.clientHello((own) => ({ ...own, cipherSuites: u16(0xc02b, 0x5600) }))
    expectOpen(client.clientKeyExchange().changeCipherSpec().finished())
  })
})

describe('what a ServerHello says', () => {
  const hello = (client: RogueClient12): Uint8Array => client.seen[0]?.content as Uint8Array
  const SENTINEL = [...new TextEncoder().encode('DOWNGRD\u0001')]

  test.each([
    [['TLS 1.3', 'TLS 1.2'] as const, true],
    [['TLS 1.2'] as const, false],
  ])('the sentinel of a server with %j: %s', (versions, isThere) => {
    const client = new RogueClient12({ versions }).clientHello()
    const tail = [...hello(client).subarray(30, 38)]
    if (isThere) expect(tail).toEqual(SENTINEL)
    else expect(tail).not.toEqual(SENTINEL)
  })

  test('renegotiation_info answers the extension, and the signal too, and nothing else', () => {
    const answers = (change: (own: RogueClient12) => RogueClient12): boolean => {
      const bytes = hello(change(new RogueClient12()))
      return Buffer.from(bytes).includes(Buffer.of(0xff, 0x01, 0, 1, 0))
    }
    const bare = { extensions: without(0xff01), suites: u16(0xc02b) }
    expect(answers((c) => c.clientHello())).toBe(true)
    expect(answers((c) => c.offering(bare.extensions))).toBe(false)
    expect(
      answers((c) =>
        c.clientHello((own) => ({
          ...own,
          cipherSuites: u16(0xc02b, 0x00ff),
          extensions: bare.extensions(own.extensions),
        })),
      ),
    ).toBe(true)
  })
})

describe('warnings end nothing in TLS 1.2, a flood of them does', () => {
  test.each([
    ['server', () => new RogueServer12().open()],
    ['client', () => new RogueClient12().open()],
  ] as const)('from a %s', (_, make) => {
    const peer = make()
    for (let i = 0; i < 32; i++) peer.alert(ALERT_CODES.unrecognized_name, 1)
    expect(peer.connection.state).toBe('open')
    peer.alert(ALERT_CODES.unrecognized_name, 1)
    expectEnd(peer, 'unexpected_message', 'alert')
  })

  test('a fatal alert is the end', () => {
    const peer = new RogueServer12().through('server_hello').alert(ALERT_CODES.unrecognized_name, 2)
    expect(peer.connection.error).toMatchObject({ alert: 'unrecognized_name', fault: 'peer-alert' })
    expectNoData(peer)
  })
})

function isWarning({ type, content }: Seen): boolean {
  return type === 21 && content[0] === 1
}

describe('the extended master secret', () => {
  test('is announced by a server and not used', () => {
    const server = new RogueServer12()
    server.isExtended = false
    server.through('change_cipher_spec').finished()
    expect(server.connection.error).toMatchObject({ alert: 'bad_record_mac', path: 'record.fragment', fault: 'peer' })
    expectNoData(server)
  })
})

describe('a rogue server', () => {
  describe.each([
    ['ServerHello', SERVER_HELLO_12],
    ['Certificate and ServerKeyExchange', SERVER_AUTHENTICATION_12],
    ['order', SERVER_ORDER_12],
    ['certificate types (RFC 7250)', SERVER_TYPES_12],
    ['what comes along with certificates, and the length of records', SERVER_EXTENSIONS_12],
  ])('%s', (_, rules) => {
    test.each(rules)('$name: $alert', ({ config, play, alert, path }) => {
      const server = new RogueServer12(config)
      play(server)
      server.seen.splice(0, server.seen.length, ...server.seen.filter((one) => !isWarning(one)))
      expectEnd(server, alert, path)
    })
  })
})

describe('a rogue client', () => {
  describe.each([
    ['ClientHello', CLIENT_HELLO_12],
    ['its flight, and after', CLIENT_FLIGHT_12],
    ['certificate types (RFC 7250)', CLIENT_TYPES_12],
    ['what comes along with certificates, and the length of records', CLIENT_EXTENSIONS_12],
  ])('%s', (_, rules) => {
    test.each(rules)('$name: $alert', ({ config, play, alert, path }) => {
      const client = new RogueClient12(config)
      play(client)
      expectEnd(client, alert, path)
    })
  })
})

test('a key of another curve than the scheme names signs in TLS 1.2 (RFC 9846 section 4.3.3)', () => {
  const shown = issue(CA, { dnsNames: ['server.example'], keyType: 'ecdsa-p384' })
  const server = new RogueServer12({ groups: ['x25519', 'secp384r1'] }, shown)
  expectOpen(server.open())
  expect(server.connection.negotiated?.peerSignatureScheme).toBe('ecdsa_secp256r1_sha256')
})
