/**
 * One test for every rule of RFC 9846 that a peer can break in the handshake's messages, in each
 * direction. What records are concerned with is in records.test.ts.
 */

import { describe, expect, test } from 'vitest'
import { CLIENT, SERVER } from '../pair/pair.ts'
import { CERTIFICATE, CERTIFICATE_VERIFY, FINISHED } from './authentication-rules.ts'
import {
  ALONG,
  ALONG_UNASKED,
  CLIENT_EXTENSIONS,
  COMPRESSED,
  SERVER_EXTENSIONS,
  zlib,
} from './certificate-extension-rules.ts'
import {
  CLIENT_TYPES,
  keyOf,
  RAW_KEYS,
  RAW_PUBLIC_KEY,
  SERVER_TYPES,
  typeAnswer,
  typeList,
} from './certificate-type-rules.ts'
import { RogueClient } from './client.ts'
import {
  CHANGED_EXTENSIONS,
  CLIENT_CERTIFICATE,
  CLIENT_HELLO,
  CLIENT_HELLO_SYNTAX,
  SECOND_CLIENT_HELLO,
} from './client-rules.ts'
import {
  adding,
  EXTENSION,
  extension,
  replacing,
  u16,
  vector,
  without,
  writeCertificate,
  writeCompressed,
} from './messages.ts'
import { LATE_ANSWER, LATE_REQUEST } from './post-handshake-rules.ts'
import { expectEnd } from './rule.ts'
import { RogueServer } from './server.ts'
import {
  CERTIFICATE_REQUEST,
  ENCRYPTED_EXTENSIONS,
  HELLO_RETRY_REQUEST,
  SERVER_CERTIFICATE,
  SERVER_HELLO,
} from './server-rules.ts'

describe('the rogues themselves can behave', () => {
  test('a server', () => {
    const server = new RogueServer().to('open').data('hello')
    expect(server.connection.error).toBeUndefined()
    expect(server.events.map(({ type }) => type)).toEqual(['handshake-complete', 'data'])
  })

  test('a server that retries, asks for a certificate, and adds what clients must ignore', () => {
    const server = new RogueServer().retry((own) => [...own, extension(EXTENSION.cookie, vector(2, u16(1)))])
    server.through('encrypted_extensions').certificateRequest((own) => [...own, extension(EXTENSION.unknown)])
    server.to('open').data('hello')
    expect(server.connection.state).toBe('open')
    expect(server.hello?.extensions.cookie).toEqual(u16(1))
  })

  test.each(['none', 'required'] as const)('a client, client authentication %s', (clientAuthentication) => {
    const client = new RogueClient({ clientAuthentication }).to('open').data('hello')
    expect(client.connection.error).toBeUndefined()
    expect(client.events.map(({ type }) => type)).toEqual(['handshake-complete', 'data'])
  })

  test.each(['with-retry', 'always'] as const)('a client that is sent back, cookie %s', (cookie) => {
    const client = new RogueClient({ cookie, groups: ['secp256r1'] }).clientHello().to('open').data('hello')
    expect(client.connection.error).toBeUndefined()
    expect(client.connection.state).toBe('open')
  })

  const PADDINGS = {
    added: [without(EXTENSION.padding), replacing(EXTENSION.padding, [0, 0])],
    removed: [replacing(EXTENSION.padding, [0, 0]), without(EXTENSION.padding)],
    changed: [replacing(EXTENSION.padding, [0, 0]), replacing(EXTENSION.padding, [0])],
  } as const

  test.each(Object.entries(PADDINGS))('a client that is sent back, padding %s', (_, [first, second]) => {
    const client = new RogueClient({ cookie: 'always' }).offering(first).offering(second).finished().data('hello')
    expect(client.connection.error).toBeUndefined()
    expect(client.connection.state).toBe('open')
  })

  test('a client that is asked after the handshake', () => {
    const client = new RogueClient().askedLate().lateCertificate().certificateVerify().lateFinished().data('hello')
    expect(client.connection.error).toBeUndefined()
    expect(client.events.map(({ type }) => type)).toEqual(['handshake-complete', 'client-answered', 'data'])
  })

  test('a client that declines after the handshake', () => {
    const client = new RogueClient().askedLate()
    client
      .lateCertificate((own) => ({ ...own, entries: [] }))
      .lateFinished()
      .data('hello')
    expect(client.events.map(({ type }) => type)).toEqual(['handshake-complete', 'client-answered', 'data'])
  })

  test.each([Uint8Array.of(1, 2, 3), new Uint8Array(255), new Uint8Array(0)])(
    'a server that asks after the handshake, with context %j',
    (context) => {
      const server = new RogueServer({ postHandshakeAuth: true }).to('open')
      server.certificateRequest((own) => [...own, extension(EXTENSION.unknown)], context).data('hello')
      expect(server.connection.error).toBeUndefined()
      const types = server.seen.filter(({ type }) => type === 22).map(({ content }) => content[0])
      expect(types.slice(-1)).toEqual([11])
      const answer = server.seen.at(-1)?.content as Uint8Array
      expect(answer.slice(4, 5 + context.length)).toEqual(Uint8Array.of(context.length, ...context))
      expect(server.events.map(({ type }) => type)).toEqual(['handshake-complete', 'data'])
    },
  )

  test('a server and a client with raw public keys', () => {
    const server = new RogueServer({ serverCertificateTypes: ['RawPublicKey'] }).upTo('encrypted_extensions')
    server.encryptedExtensions(typeAnswer('server_certificate_type', RAW_PUBLIC_KEY))
    server
      .certificate((own) => ({ ...own, entries: [{ data: keyOf(SERVER) }] }))
      .certificateVerify()
      .finished()
    expect(server.data('hello').connection.peerRawPublicKey).toEqual(keyOf(SERVER))
    const client = new RogueClient({ clientAuthentication: 'required', clientCertificateTypes: ['RawPublicKey'] })
    client.offering(adding(typeList('client_certificate_type', 5, RAW_PUBLIC_KEY)))
    client
      .certificate((own) => ({ ...own, entries: [{ data: keyOf(CLIENT) }] }))
      .certificateVerify()
      .finished()
    expect(client.data('hello').connection.peerRawPublicKey).toEqual(keyOf(CLIENT))
  })

  test('a server that compresses, keeps to our limit and staples what nobody can read', () => {
    const server = new RogueServer({ certificateCompression: [zlib], recordSizeLimit: 64 })
    server.recordSize = 63
    server.upTo('encrypted_extensions').encryptedExtensions(extension(EXTENSION.record_size_limit, [0x40, 1]))
    const staple = extension(EXTENSION.status_request, [1, 0, 0, 1, 7])
    server.compressedCertificate((own) => ({
      ...own,
      entries: own.entries.map((entry) => ({ ...entry, extensions: [staple] })),
    }))
    server.through('finished').data('hello')
    expect(server.connection.error).toBeUndefined()
    expect(server.connection.peerCertificates).toEqual(SERVER.chain)
  })

  test('a client that compresses its answer after the handshake', () => {
    const client = new RogueClient({ certificateCompression: [zlib] }).askedLate()
    const entries = CLIENT.chain.map((data) => ({ data }))
    const late = writeCertificate({ context: client.requestContext, entries })
    client
      .message(writeCompressed(late.subarray(4)))
      .certificateVerify()
      .lateFinished()
      .data('hello')
    expect(client.connection.error).toBeUndefined()
    expect(client.connection.peerCertificates).toEqual(CLIENT.chain)
  })

  test('a client with what is not for us, or for later versions', () => {
    const client = new RogueClient().offering(
      adding(
        extension(EXTENSION.record_size_limit, [0xff, 0xff]),
        extension(1, [1]),
        extension(EXTENSION.status_request, [9, 1, 2, 3]),
        extension(EXTENSION.compress_certificate, [4, 0x40, 0, 0xff, 0xff]),
      ),
    )
    client.finished().data('hello')
    expect(client.connection.error).toBeUndefined()
    expect(client.connection.report().negotiated.recordSizeLimit).toEqual({ client: 0xffff, server: 16_385 })
  })

  test('a client with values nobody knows', () => {
    const client = new RogueClient().clientHello((own) => ({
      ...own,
      cipherSuites: u16(0x0a0a, 0x5600, 0x1301),
      extensions: [extension(0x1a1a, [1]), extension(EXTENSION.unknown, [1, 2, 3]), ...own.extensions],
    }))
    client.finished().data('hello')
    expect(client.connection.error).toBeUndefined()
    expect(client.connection.state).toBe('open')
  })
})

describe('an engine that goes on where a rule should have stopped it', () => {
  test.each([
    ['other keys', (secret: Uint8Array) => secret.map((byte) => byte ^ 1)],
    ['no keys', () => undefined],
  ])('is said to go on, by a rogue with %s', (_, change) => {
    class Mistaken extends RogueServer {
      protected override expose(secret: Uint8Array): void {
        const own = change(secret)
        if (own !== undefined) super.expose(own)
      }
    }
    expect(() => new Mistaken().to('open')).toThrow(/^the engine went on: it is open/)
  })
})

describe('a rogue server', () => {
  describe.each([
    ['ServerHello (sections 4.2.3, 4.3)', SERVER_HELLO],
    ['HelloRetryRequest (section 4.2.4)', HELLO_RETRY_REQUEST],
    ['EncryptedExtensions (section 4.4.1)', ENCRYPTED_EXTENSIONS],
    ['CertificateRequest (section 4.4.2)', CERTIFICATE_REQUEST],
    ['Certificate (section 4.5.1)', SERVER_CERTIFICATE],
    ['certificate types (RFC 7250)', SERVER_TYPES],
    ['what comes along with certificates, and the length of records', SERVER_EXTENSIONS],
  ])('%s', (_, rules) => {
    test.each(rules)('$name: $alert', ({ config, play, alert, path }) => {
      const server = new RogueServer(config)
      play(server)
      expectEnd(server, alert, path)
    })
  })
})

describe('a rogue server asks after the handshake (section 4.7.2)', () => {
  test.each(LATE_REQUEST)('$name: $alert', ({ config, play, alert, path }) => {
    const server = new RogueServer({ postHandshakeAuth: true, ...config })
    play(server)
    expectEnd(server, alert, path)
  })
})

describe('either: a raw public key (RFC 7250)', () => {
  test.each(RAW_KEYS)('from a server, $name: $alert', ({ play, alert, path }) => {
    const server = new RogueServer({ serverCertificateTypes: ['RawPublicKey', 'X509'] }).upTo('encrypted_extensions')
    play(server.encryptedExtensions(typeAnswer('server_certificate_type', RAW_PUBLIC_KEY)))
    expectEnd(server, alert, path)
  })

  test.each(RAW_KEYS)('from a client, $name: $alert', ({ play, alert, path }) => {
    const client = new RogueClient({ clientAuthentication: 'required', clientCertificateTypes: ['RawPublicKey'] })
    play(client.offering(adding(typeList('client_certificate_type', RAW_PUBLIC_KEY))))
    expectEnd(client, alert, path)
  })
})

describe('a rogue client', () => {
  describe.each([
    ['ClientHello (sections 4.2.2, 4.3)', CLIENT_HELLO],
    ['syntax of ClientHello', CLIENT_HELLO_SYNTAX],
    ['ClientHello after HelloRetryRequest (section 4.2.4)', SECOND_CLIENT_HELLO],
    ['extensions after HelloRetryRequest (section 4.2.2)', CHANGED_EXTENSIONS],
    ['Certificate (section 4.5.1)', CLIENT_CERTIFICATE],
    ['certificate types (RFC 7250)', CLIENT_TYPES],
    ['what comes along with certificates, and the length of records', CLIENT_EXTENSIONS],
    ['an answer after the handshake (section 4.7.2)', LATE_ANSWER],
  ])('%s', (_, rules) => {
    test.each(rules)('$name: $alert', ({ config, play, alert, path }) => {
      const client = new RogueClient(config)
      play(client)
      expectEnd(client, alert, path)
    })
  })
})

describe.each([
  ['what comes along with a certificate', ALONG, { requestOcsp: true, requestTimestamps: true }],
  ['what comes along unasked', ALONG_UNASKED, { requestOcsp: false }],
  ['a compressed certificate (RFC 8879)', COMPRESSED, { certificateCompression: [zlib] }],
])('either: %s', (_, rules, config) => {
  test.each(rules)('from a server, $name: $alert', ({ play, alert, path }) => {
    const server = new RogueServer(config).upTo('certificate')
    play(server)
    expectEnd(server, alert, path)
  })

  test.each(rules)('from a client, $name: $alert', ({ play, alert, path }) => {
    const client = new RogueClient({ clientAuthentication: 'required', ...config }).clientHello()
    play(client)
    expectEnd(client, alert, path)
  })
})

describe.each([
  ['Certificate (section 4.5.1)', CERTIFICATE],
  ['CertificateVerify (section 4.5.2)', CERTIFICATE_VERIFY],
  ['Finished (section 4.5.3)', FINISHED],
])('either: %s', (_, rules) => {
  test.each(rules)('from a server, $name: $alert', ({ play, alert, path }) => {
    const server = new RogueServer().upTo('certificate')
    play(server)
    expectEnd(server, alert, path)
  })

  test.each(rules)('from a client, $name: $alert', ({ play, alert, path }) => {
    const client = new RogueClient({ clientAuthentication: 'required' }).clientHello()
    play(client)
    expectEnd(client, alert, path)
  })
})
