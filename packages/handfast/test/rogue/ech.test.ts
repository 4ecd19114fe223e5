/** One test for every rule of ECH (RFC 9849) that a peer can break, in each direction. */

import { describe, expect, test } from 'vitest'
import { concatBytes, toHex } from '../../src/bytes/index.ts'
import type { ClientConfig, ServerConfig } from '../../src/tls/index.ts'
import { ECH_CONFIGS, ECH_KEY, HidingClient, ReadingServer, referring } from './ech-peers.ts'
import { adding, type ClientHelloParts, EXTENSION, extension, replacing, u16, vector, without } from './messages.ts'
import { expectEnd, type Rule } from './rule.ts'
import { RogueServer } from './server.ts'

const { encrypted_client_hello: ECH, ech_outer_extensions: OUTER, supported_versions: VERSIONS } = EXTENSION
const ECH_PATH = 'client_hello.encrypted_client_hello'
const ENCODED = 'encoded_client_hello_inner'

type ClientRule = Rule<HidingClient, Partial<ServerConfig>>
type ServerRule = Rule<ReadingServer, Partial<ClientConfig>>
type RetryRule = Rule<RogueServer, Partial<ClientConfig>>

const offering =
  (change: (own: ClientHelloParts['extensions']) => ClientHelloParts['extensions']) =>
  (own: ClientHelloParts): ClientHelloParts => ({ ...own, extensions: change(own.extensions) })

describe('the rogues themselves can behave', () => {
  test.each([
    ['at once', {}],
    ['after a HelloRetryRequest', { cookie: 'always' }],
  ] as const)('a client that hides, %s', (_, config) => {
    const client = new HidingClient(config).hiding()
    if ('cookie' in config) client.hiding()
    expect(client.connection.error).toBeUndefined()
    expect(client.connection.report().encryptedClientHello?.status).toBe('accepted')
  })

  test('a client that refers to what is outside', () => {
    const client = new HidingClient().hiding({ inner: referring(EXTENSION.supported_groups, EXTENSION.key_share) })
    expect(client.connection.error).toBeUndefined()
    expect(client.connection.report().offered).toMatchObject({ groups: ['x25519', 'secp256r1'], keyShares: ['x25519'] })
  })

  test.each([
    ['at once', (server: ReadingServer) => server],
    ['after a HelloRetryRequest', (server: ReadingServer) => server.retryConfirmed()],
  ])('a server that reads, %s', (_, begin) => {
    const server = begin(new ReadingServer()).confirmed().to('open').data('hello')
    expect(server.connection.error).toBeUndefined()
    expect(server.events.map(({ type }) => type)).toEqual(['handshake-complete', 'data'])
    expect(server.connection.report().encryptedClientHello?.status).toBe('accepted')
  })
})

const SHOWN: readonly ClientRule[] = [
  ...[[ECH_KEY], []].map((ech): ClientRule => ({
    name: `the inner form in plain sight, ${ech.length} keys (section 7)`,
    alert: 'illegal_parameter',
    path: `${ECH_PATH}.type`,
    config: { ech },
    play: (c) => c.offering(adding(extension(ECH, [1]))),
  })),
  {
    name: 'a form that is neither (section 7)',
    alert: 'illegal_parameter',
    path: 'client_hello.extensions.encrypted_client_hello.type',
    play: (c) => c.hiding({ ech: (own) => ({ ...own, type: 2 }) }),
  },
  {
    name: 'no payload (section 5)',
    alert: 'decode_error',
    path: 'client_hello.extensions.encrypted_client_hello.payload',
    play: (c) => c.hiding({ payload: () => new Uint8Array(0) }),
  },
  {
    name: 'references outside of an inner hello (section 5.1)',
    alert: 'illegal_parameter',
    path: 'client_hello.ech_outer_extensions',
    play: (c) => c.offering(adding(extension(OUTER, vector(1, u16(EXTENSION.key_share))))),
  },
]

const INNER: readonly ClientRule[] = [
  {
    name: 'no extension that says it is inside (section 7.1)',
    alert: 'illegal_parameter',
    path: 'client_hello_inner.encrypted_client_hello',
    play: (c) => c.hiding({ inner: offering(without(ECH)) }),
  },
  {
    name: 'the outer form inside (section 7.1)',
    alert: 'illegal_parameter',
    path: 'client_hello_inner.encrypted_client_hello',
    play: (c) => c.hiding({ inner: offering(replacing(ECH, [0, 0, 1, 0, 1, 7, 0, 0, 0, 1, 1])) }),
  },
  {
    name: 'something behind the inner form (section 7.1)',
    alert: 'illegal_parameter',
    path: 'client_hello.extensions.encrypted_client_hello',
    play: (c) => c.hiding({ inner: offering(replacing(ECH, [1, 0])) }),
  },
  ...[[0x0304, 0x0303], [0x0301, 0x0304], [0x0303]].map((versions): ClientRule => ({
    name: `versions ${versions.join()} (section 7.1)`,
    alert: 'illegal_parameter',
    path: 'client_hello_inner.supported_versions',
    play: (c) => c.hiding({ inner: offering(replacing(VERSIONS, vector(1, u16(...versions)))) }),
  })),
  {
    name: 'no versions, which is TLS 1.2 (section 7.1)',
    alert: 'illegal_parameter',
    path: 'client_hello_inner.supported_versions',
    play: (c) => c.hiding({ inner: offering(without(VERSIONS)) }),
  },
  {
    name: 'a session id of its own (section 5.1)',
    alert: 'illegal_parameter',
    path: `${ENCODED}.legacy_session_id`,
    play: (c) => c.hiding({ inner: (own) => ({ ...own, sessionId: new Uint8Array(32) }) }),
  },
  ...[0, 31].map((at): ClientRule => ({
    name: `padding with another byte at ${at} (section 5.1)`,
    alert: 'illegal_parameter',
    path: `${ENCODED}.zeros`,
    play: (c) => c.hiding({ encoded: (own) => own.map((byte, i) => (i === own.length - 32 + at ? 1 : byte)) }),
  })),
  {
    name: 'one that is cut off',
    alert: 'decode_error',
    path: /^encoded_client_hello_inner\.extensions/,
    play: (c) => c.hiding({ encoded: (own) => own.subarray(0, own.length - 40) }),
  },
  {
    name: 'zeros alone',
    alert: 'decode_error',
    path: /^encoded_client_hello_inner\./,
    play: (c) => c.hiding({ encoded: (own) => new Uint8Array(own.length) }),
  },
  {
    name: 'what a ClientHello may not have: the same extension twice',
    alert: 'illegal_parameter',
    path: 'client_hello.supported_groups',
    play: (c) =>
      c.hiding({
        inner: offering((own) => [...own, own.find(({ code }) => code === EXTENSION.supported_groups) ?? extension(0)]),
      }),
  },
]

const GROUPS = EXTENSION.supported_groups
const SCHEMES = EXTENSION.signature_algorithms
const REFERENCES: readonly ClientRule[] = [
  ...[
    ['to what is not there', [GROUPS, EXTENSION.padding]],
    ['to the same twice', [GROUPS, GROUPS]],
    ['in another order', [SCHEMES, GROUPS]],
    ['to the extension that holds them', [GROUPS, ECH]],
    ['to references', [OUTER]],
  ].map(([name, codes]): ClientRule => ({
    name: `references ${String(name)} (section 5.1)`,
    alert: 'illegal_parameter',
    path: `${ENCODED}.ech_outer_extensions`,
    play: (c) => c.hiding({ inner: referring(...(codes as number[])) }),
  })),
  {
    name: 'no reference among references (section 5.1)',
    alert: 'decode_error',
    path: `${ENCODED}.ech_outer_extensions.extension_types`,
    play: (c) => c.hiding({ inner: referring() }),
  },
  {
    name: 'half a reference',
    alert: 'decode_error',
    path: `${ENCODED}.ech_outer_extensions.extension_types.extension_type`,
    play: (c) => c.hiding({ inner: offering(adding(extension(OUTER, [3, 0, 10, 0]))) }),
  },
  {
    name: 'references in two places (section 5.1)',
    alert: 'illegal_parameter',
    path: 'client_hello.ech_outer_extensions',
    play: (c) =>
      c.hiding({
        inner: (own) => {
          const once = referring(GROUPS)(own)
          return offering(adding(extension(OUTER, vector(1, u16(SCHEMES)))))(once)
        },
      }),
  },
  {
    name: 'a reference to what is there as well',
    alert: 'illegal_parameter',
    path: 'client_hello.supported_groups',
    play: (c) => c.hiding({ inner: offering(adding(extension(OUTER, vector(1, u16(GROUPS))))) }),
  },
]

const AGAIN: readonly ClientRule[] = [
  {
    name: 'no extension any more (section 7.1.1)',
    alert: 'missing_extension',
    path: ECH_PATH,
    play: (c) => c.hiding().clientHello(),
  },
  {
    name: 'the inner form (section 7)',
    alert: 'illegal_parameter',
    path: `${ECH_PATH}.type`,
    play: (c) => c.hiding().offering(adding(extension(ECH, [1]))),
  },
  {
    name: 'the inner form where nothing was hidden before (section 7)',
    alert: 'illegal_parameter',
    path: `${ECH_PATH}.type`,
    play: (c) => c.clientHello().offering(adding(extension(ECH, [1]))),
  },
  {
    name: 'another config_id (section 7.1.1)',
    alert: 'illegal_parameter',
    path: ECH_PATH,
    play: (c) => c.hiding().hiding({ ech: (own) => ({ ...own, configId: own.configId ^ 1 }) }),
  },
  {
    name: 'another KDF (section 7.1.1)',
    alert: 'illegal_parameter',
    path: ECH_PATH,
    play: (c) => c.hiding().hiding({ ech: (own) => ({ ...own, kdf: 2 }) }),
  },
  {
    name: 'another AEAD (section 7.1.1)',
    alert: 'illegal_parameter',
    path: ECH_PATH,
    play: (c) => c.hiding().hiding({ ech: (own) => ({ ...own, aead: 2 }) }),
  },
  {
    name: 'a second encapsulated key (section 7.1.1)',
    alert: 'illegal_parameter',
    path: `${ECH_PATH}.enc`,
    play: (c) => c.hiding().hiding({ ech: (own) => ({ ...own, enc: new Uint8Array(32).fill(9) }) }),
  },
  {
    name: 'what does not decrypt (section 7.1.1)',
    alert: 'decrypt_error',
    path: `${ECH_PATH}.payload`,
    play: (c) => c.hiding().hiding({ payload: (own) => own.map((byte, i) => (i === 0 ? byte ^ 1 : byte)) }),
  },
  {
    name: 'a hello around it that was changed on the way (section 5.2)',
    alert: 'decrypt_error',
    path: `${ECH_PATH}.payload`,
    play: (c) =>
      c.hiding().clientHello((own) => ({
        ...own,
        extensions: [
          ...own.extensions,
          extension(
            ECH,
            concatBytes(Uint8Array.of(0, 0, 1, 0, 1, ECH_KEY.config.configId, 0, 0), vector(2, new Uint8Array(99))),
          ),
        ],
      })),
  },
  {
    name: 'another inner hello than the first (RFC 9846 section 4.2.2)',
    alert: 'illegal_parameter',
    path: 'client_hello.random',
    play: (c) => c.hiding().hiding({ inner: (own) => ({ ...own, random: new Uint8Array(32) }) }),
  },
  {
    name: 'one that is not inside (section 7.1)',
    alert: 'illegal_parameter',
    path: 'client_hello_inner.encrypted_client_hello',
    play: (c) => c.hiding().hiding({ inner: offering(without(ECH)) }),
  },
]

describe('a rogue client', () => {
  describe.each([
    ['the extension', SHOWN],
    ['ClientHelloInner', INNER],
    ['references to the outer hello', REFERENCES],
    ['after a HelloRetryRequest', AGAIN.map((rule): ClientRule => ({ ...rule, config: { cookie: 'always' } }))],
  ])('%s', (_, rules) => {
    test.each(rules)('$name: $alert', ({ config, play, alert, path }) => {
      const client = new HidingClient(config)
      play(client)
      expectEnd(client, alert, path)
    })
  })

  test.each([
    ['an altered payload', { payload: (own: Uint8Array) => own.map((byte) => byte ^ 1) }],
    ['a hello around it that was changed on the way', { sent: (own: Uint8Array) => own.with(9, (own[9] ?? 0) ^ 1) }],
    [
      'another config_id',
      { ech: <T extends { configId: number }>(own: T): T => ({ ...own, configId: own.configId ^ 1 }) },
    ],
    ['a cipher suite that the configuration lacks', { ech: <T extends object>(own: T): T => ({ ...own, kdf: 3 }) }],
    ['a cipher suite that nobody has', { ech: <T extends object>(own: T): T => ({ ...own, aead: 0xffff }) }],
    [
      'an encapsulated key that is none',
      { ech: <T extends object>(own: T): T => ({ ...own, enc: new Uint8Array(32) }) },
    ],
    ['no encapsulated key', { ech: <T extends object>(own: T): T => ({ ...own, enc: new Uint8Array(0) }) }],
  ])('%s is an offer to be ignored (section 7.1)', (_, hiding) => {
    const client = new HidingClient()
      .hiding({ ...hiding, isRead: false })
      .finished()
      .data('hello')
    expect(client.connection.error).toBeUndefined()
    expect(client.connection.state).toBe('open')
    expect(client.connection.report().encryptedClientHello?.status).toBe('rejected')
  })
})

test('an offer that comes only after a HelloRetryRequest is not read, and answered with configurations (section 7.1.1)', () => {
  const client = new HidingClient({ cookie: 'always' }).clientHello().hiding({ isRead: false }).finished().data('hello')
  expect(client.connection.error).toBeUndefined()
  expect(client.connection.state).toBe('open')
  const answer = client.seen.find(({ type, isProtected }) => type === 22 && isProtected)
  expect(toHex(answer?.content ?? new Uint8Array(0))).toContain(`fe0d${toHex(vector(2, ECH_CONFIGS))}`)
})

/** One of a version that nobody knows. */
const LIST = [0, 6, 0xfe, 0x0c, 0, 2, 1, 2]

const HELLOS: readonly ServerRule[] = [
  {
    name: 'the extension in ServerHello (section 11.1)',
    alert: 'illegal_parameter',
    path: 'server_hello.encrypted_client_hello',
    play: (s) => s.answering(adding(extension(ECH, new Uint8Array(8)))),
  },
  ...[0, 7, 9].map((length): ServerRule => ({
    name: `a confirmation of ${length} bytes in HelloRetryRequest (section 6.1.4)`,
    alert: 'decode_error',
    path: /^hello_retry_request\.extensions\.encrypted_client_hello/,
    play: (s) => s.retry(adding(extension(ECH, new Uint8Array(length)))),
  })),
  {
    name: 'nothing to change in a HelloRetryRequest but its confirmation',
    alert: 'illegal_parameter',
    path: 'hello_retry_request',
    play: (s) => s.retry(() => [extension(VERSIONS, [3, 4]), extension(ECH, new Uint8Array(8))]),
  },
  {
    name: 'no confirmation in ServerHello after one in HelloRetryRequest (section 6.1.5)',
    alert: 'illegal_parameter',
    path: 'server_hello.random',
    play: (s) => s.retryConfirmed().serverHello(),
  },
]

const CONFIGS: readonly RetryRule[] = [[], [0], [0, 0], [0, 1, 1], [0, 6, 0xfe, 0x0c, 0, 3, 1, 2], [...LIST, 0]].map(
  (bytes): RetryRule => ({
    name: `configurations to retry with that are ${bytes.join()} (section 6.1.6)`,
    alert: 'decode_error',
    path: /^encrypted_extensions\.extensions\.encrypted_client_hello/,
    play: (s) => s.upTo('encrypted_extensions').encryptedExtensions(extension(ECH, bytes)),
  }),
)

/** A server that cannot read: as far as a ReadingServer goes, that is one that got the outer hello. */
class OuterServer extends ReadingServer {
  protected override read(): undefined {}
}

describe('a rogue server', () => {
  test.each(HELLOS)('$name: $alert', ({ config, play, alert, path }) => {
    const server = new ReadingServer(config)
    play(server)
    expectEnd(server, alert, path)
  })

  describe.each([
    ['that rejects', () => new OuterServer()],
    ['facing an offer for show', () => new RogueServer({ grease: true })],
  ])('%s', (_, begin) => {
    test.each(CONFIGS)('$name: $alert', ({ play, alert, path }) => {
      const server = begin()
      play(server)
      expectEnd(server, alert, path)
    })
  })

  test('configurations to retry with, where it accepted (section 5): unsupported_extension', () => {
    const server = new ReadingServer().confirmed().encryptedExtensions(extension(ECH, LIST))
    expectEnd(server, 'unsupported_extension', 'encrypted_extensions.encrypted_client_hello')
  })

  test.each([
    ['HelloRetryRequest', (s: RogueServer) => s.retry(adding(extension(ECH, new Uint8Array(8))))],
    [
      'EncryptedExtensions',
      (s: RogueServer) => s.upTo('encrypted_extensions').encryptedExtensions(extension(ECH, LIST)),
    ],
  ])('an answer in %s to what was not offered: unsupported_extension', (_, play) => {
    expectEnd(play(new RogueServer()), 'unsupported_extension', /encrypted_client_hello$/)
  })

  test('an answer to the public name, where the inner hello names nobody: unsupported_extension', () => {
    const server = new ReadingServer({ serverName: '192.0.2.1' })
      .confirmed()
      .encryptedExtensions(extension(EXTENSION.server_name))
    expectEnd(server, 'unsupported_extension', 'encrypted_extensions.server_name')
  })

  test.each([0, 7, 9])(
    'facing an offer for show, a confirmation of %s bytes (section 6.2.1): decode_error',
    (length) => {
      const server = new RogueServer({ grease: true }).retry(adding(extension(ECH, new Uint8Array(length))))
      expectEnd(server, 'decode_error', /^hello_retry_request\.extensions\.encrypted_client_hello/)
    },
  )

  test('answers to an offer for show mean nothing (section 6.2.1)', () => {
    const server = new RogueServer({ grease: true })
      .retry(adding(extension(ECH, new Uint8Array(8))))
      .upTo('encrypted_extensions')
      .encryptedExtensions(extension(ECH, ECH_CONFIGS))
      .through('finished')
      .data('hello')
    expect(server.connection.error).toBeUndefined()
    expect(server.connection.state).toBe('open')
    expect(server.connection.report().encryptedClientHello?.status).toBe('grease')
  })

  test('a confirmation that is not right is none: the outer hello counts (section 6.1.4)', () => {
    const server = new OuterServer().retry(adding(extension(ECH, new Uint8Array(8)))).through('finished')
    expect(server.connection.error).toMatchObject({ alert: 'ech_required', direction: 'sent' })
    expect(server.connection.report().encryptedClientHello?.status).toBe('rejected')
  })
})
