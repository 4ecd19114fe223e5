/** ClientHellos in the shapes that a configuration gives them: what is on the wire, and what comes of it. */

import { createHash } from 'node:crypto'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { CIPHER_SUITES, type ClientConfig, type HelloShape, type HelloValue } from '../../src/tls/index.ts'
import { type ClientHello, readClientHello } from '../../src/tls/message/client-hello.ts'
import { extensionCode, type ExtensionName } from '../../src/tls/message/extension.ts'
import { isGrease } from '../../src/tls/registry.ts'
import { helloIn, ja3, ja4 } from '../fingerprint.ts'
import { FIREFOX, type KnownClient, NEWER_CHROME, OLDER_CHROME } from '../hello-shapes.ts'
import { adding, EXTENSION, extension, u16 } from '../rogue/messages.ts'
import { expectEnd } from '../rogue/rule.ts'
import { RogueServer } from '../rogue/server.ts'
import { RogueServer12 } from '../rogue12/server.ts'
import { ECH_CONFIGS, ECH_KEY } from '../rogue/ech-peers.ts'
import { expectHandshake } from './expectations.ts'
import { Pair } from './pair.ts'

const KNOWN = { 'an older Chrome': OLDER_CHROME, 'a newer Chrome': NEWER_CHROME, Firefox: FIREFOX }

function helloOf(config: Partial<ClientConfig>): ClientHello {
  const pair = new Pair({ client: { ...config, trace: true } })
  pair.client.attend(pair)
  return hellosOf(pair)[0] as ClientHello
}

/** All ClientHellos that a client sent. */
function hellosOf(pair: Pair): ClientHello[] {
  return pair.client.events.flatMap((event) =>
    event.type === 'message' && event.direction === 'sent' && event.raw[0] === 1
      ? [readClientHello({ type: 'client_hello', raw: event.raw })]
      : [],
  )
}

describe.each(Object.entries(KNOWN))('a client that looks like %s', (_, { config, ...looks }) => {
  test('has its fingerprints', () => {
    const hello = helloOf(config)
    expect(ja4(hello)).toBe(looks.ja4)
    if (looks.ja3 !== undefined) expect(createHash('md5').update(ja3(hello)).digest('hex')).toBe(looks.ja3)
  })

  test.each(['TLS 1.3', 'TLS 1.2'] as const)('completes a handshake of %s', (version) => {
    const pair = new Pair({ client: config, server: { versions: [version], alpnProtocols: ['h2'] } })
    expectHandshake(pair, { version, alpnProtocol: 'h2' })
  })
})

test('a shape is padded to the byte, and not where it is long enough', () => {
  expect(helloOf(FIREFOX.config).raw).toHaveLength(512)
  const padded = (paddedLength: number): number =>
    helloOf({ helloShape: { paddedLength }, keyShares: ['x25519'] }).raw.length
  const own = padded(0)
  expect(padded(own)).toBe(own)
  expect([1, 4, 5].map((more) => padded(own + more) - own)).toEqual([5, 5, 5])
  expect([6, 100].map((more) => padded(own + more) - own)).toEqual([6, 100])
})

describe('any shape', () => {
  const GREASE = fc.constant<HelloValue>('GREASE')
  const number = fc.integer({ min: 0, max: 0xffff }).filter((value) => !isGrease(value))

  /** A list with these of ours somewhere in it, in any order. */
  function list(own: readonly number[]): fc.Arbitrary<HelloValue[]> {
    return fc
      .tuple(
        fc.subarray([...own], { minLength: 1 }),
        fc.array(fc.oneof(number, GREASE), { maxLength: 10 }),
        fc.infiniteStream(fc.nat()),
      )
      .map(([some, others, keys]) => {
        const numbers = new Set<HelloValue>([...some, ...others.filter((one) => one !== 'GREASE')])
        const all = [...numbers, ...others.filter((one) => one === 'GREASE')]
        return all
          .map((value) => ({ value, key: keys.next().value }))
          .toSorted((a, b) => a.key - b.key)
          .map(({ value }) => value)
      })
  }

  const NAMES = [
    'server_name',
    'supported_groups',
    'ec_point_formats',
    'signature_algorithms',
    'key_share',
    'application_layer_protocol_negotiation',
    'extended_master_secret',
    'supported_versions',
    'renegotiation_info',
    'encrypted_client_hello',
    'cookie',
    'padding',
    'early_data',
  ] as const satisfies readonly ExtensionName[]
  const KNOWN_CODES = new Set<number>([...NAMES.map(extensionCode), 41, 0xfd00])
  const raw = fc.record({
    code: fc.oneof(
      number.filter((code) => code > 60 && !KNOWN_CODES.has(code)),
      GREASE,
    ),
    data: fc.uint8Array({ maxLength: 40 }),
  })
  const extensions = fc
    .tuple(
      fc.shuffledSubarray([...NAMES]),
      fc.uniqueArray(raw, { selector: ({ code }) => (code === 'GREASE' ? {} : code), maxLength: 10 }),
    )
    .chain(([names, more]) => fc.shuffledSubarray([...names, ...more], { minLength: names.length + more.length }))
  const shapes: fc.Arbitrary<HelloShape> = fc.record(
    {
      cipherSuites: list([0x1301, 0x1302, 0x1303]),
      supportedGroups: list([29, 23]),
      signatureAlgorithms: list([0x0403]),
      supportedVersions: list([0x0304]),
      extensions,
      legacySessionId: fc.uint8Array({ maxLength: 32 }),
      paddedLength: fc.nat({ max: 3000 }),
    },
    { requiredKeys: [] },
  )

  test('is a ClientHello that a strict reader accepts, with all that would have been in it and what was added', () => {
    fc.assert(
      fc.property(shapes, (helloShape) => {
        const hello = helloOf({ helloShape, alpnProtocols: ['h2'], keyShares: [] })
        const { cipherSuites: suites, supportedVersions } = helloShape
        const has12 =
          (suites === undefined ||
            CIPHER_SUITES.some((one) => one.version === 'TLS 1.2' && suites.includes(one.code))) &&
          supportedVersions?.includes(0x0303) !== false
        const versions = has12 ? undefined : (['TLS 1.3'] as const)
        const plain = helloOf({ alpnProtocols: ['h2'], keyShares: [], ...(versions && { versions }) })
        const { extensions: places = [] } = helloShape
        const added = places.flatMap((one) => (typeof one === 'string' ? [] : [one.code]))
        const expected = new Set<HelloValue>([...plain.extensionOrder, ...added])
        if (places.includes('encrypted_client_hello')) expected.add(EXTENSION.encrypted_client_hello)
        const found = new Set(hello.extensionOrder.map((code): HelloValue => (isGrease(code) ? 'GREASE' : code)))
        found.delete(EXTENSION.padding)
        expected.delete(EXTENSION.padding)
        expect([...found].toSorted()).toEqual([...expected].toSorted())
        const written = {
          cipherSuites: hello.cipherSuites,
          supportedGroups: hello.extensions.supported_groups,
          signatureAlgorithms: hello.extensions.signature_algorithms,
          supportedVersions: hello.extensions.supported_versions,
        }
        for (const [name, values] of Object.entries(written)) {
          const wanted = helloShape[name as keyof typeof written]
          if (wanted === undefined) continue
          expect(values?.map((value) => (isGrease(value) ? 'GREASE' : value))).toEqual(wanted)
          expect(new Set(values).size).toBe(values?.length)
        }
        expect(hello.raw.length).toBeGreaterThanOrEqual(helloShape.paddedLength ?? 0)
        const { legacySessionId } = helloShape
        if (legacySessionId !== undefined) expect(hello.legacySessionId).toEqual(legacySessionId)
      }),
    )
  })

  test('puts extensions where it says', () => {
    fc.assert(
      fc.property(extensions, (places) => {
        const hello = helloOf({ helloShape: { extensions: places, paddedLength: 3000 }, alpnProtocols: ['h2'] })
        const order = hello.extensionOrder.map((code): HelloValue => (isGrease(code) ? 'GREASE' : code))
        const wanted = places.map((one) => (typeof one === 'string' ? extensionCode(one) : one.code))
        const there = wanted.filter((code) => order.includes(code))
        expect(order.slice(0, there.length)).toEqual(there)
      }),
    )
  })

  test('completes handshakes, with a HelloRetryRequest too, and changes then only where it may', () => {
    fc.assert(
      fc.property(shapes, fc.boolean(), (helloShape, isTicked) => {
        const client: Partial<ClientConfig> = { helloShape, keyShares: [], trace: true, alpnProtocols: ['h2'] }
        const pair = new Pair({ client, server: { cookie: isTicked ? 'always' : 'never' } })
        expectHandshake(pair, { version: 'TLS 1.3', helloRetryRequest: true })
        const [first, second] = hellosOf(pair) as [ClientHello, ClientHello]
        expect([second.random, second.legacySessionId]).toEqual([first.random, first.legacySessionId])
        expect(second.cipherSuites).toEqual(first.cipherSuites)
        // RFC 9846 section 4.2.2: the share, a cookie, padding.
        const changing = new Set<number>([EXTENSION.key_share, EXTENSION.cookie, EXTENSION.padding])
        const lasting = (hello: ClientHello): readonly number[] =>
          hello.extensionOrder.filter((code) => !changing.has(code))
        expect(lasting(second)).toEqual(lasting(first))
        const same = (hello: ClientHello): unknown => ({ ...hello.extensions, key_share: 0, cookie: 0 })
        expect(same(second)).toEqual(same(first))
        expect(second.unreadExtensions.filter(({ code }) => code !== 21)).toEqual(
          first.unreadExtensions.filter(({ code }) => code !== 21),
        )
        expect(second.extensions.key_share).toHaveLength(1)
      }),
      { numRuns: 40 },
    )
  })
})

describe('with what else is in a ClientHello', () => {
  test('values that mean nothing are drawn anew for every connection, and have a key share', () => {
    const drawn = Array.from({ length: 20 }, () => {
      const { cipherSuites, extensions } = helloOf(NEWER_CHROME.config)
      const group = extensions.supported_groups?.[0]
      expect(extensions.key_share?.[0]).toEqual({ group, keyExchange: Uint8Array.of(0) })
      expect(extensions.encrypted_client_hello?.type).toBe('outer')
      return `${cipherSuites[0]} ${group}`
    })
    expect(new Set(drawn).size).toBeGreaterThan(1)
  })

  test('pre_shared_key is the last, behind padding and what is not named', () => {
    const psks = [{ identity: Uint8Array.of(1), key: new Uint8Array(32).fill(1) }]
    const helloShape: HelloShape = { extensions: ['padding', 'key_share', 'pre_shared_key'], paddedLength: 2000 }
    const pair = new Pair({ client: { helloShape, psks, trace: true, keyShares: [] }, server: { psks } })
    expectHandshake(pair, { externalPsk: Uint8Array.of(1), helloRetryRequest: true })
    for (const { extensionOrder: order, raw } of hellosOf(pair)) {
      expect([order[0], order[1], order.at(-1)]).toEqual([21, 51, 41])
      expect(raw).toHaveLength(2000)
    }
  })

  test.each([
    ['accepted', [ECH_KEY]],
    ['rejected', []],
  ] as const)('Encrypted Client Hello, %s: the outer one has the shape', (status, ech) => {
    const { config } = NEWER_CHROME
    const helloShape = { ...config.helloShape, paddedLength: 2500 }
    const client = { ...config, helloShape, ech: ECH_CONFIGS, keyShares: [] }
    const pair = new Pair({ client, server: { ech } }).run()
    expect(pair.client.connection.report().encryptedClientHello?.status).toBe(status)
    expect(pair.client.connection.error?.alert).toBe(status === 'accepted' ? undefined : 'ech_required')
    // A change_cipher_spec is before the second.
    const [first, second] = pair.client.flights as [Uint8Array, Uint8Array]
    for (const hello of [helloIn(first), helloIn(second.subarray(6))]) {
      const order = hello.extensionOrder.filter((code) => code !== EXTENSION.padding)
      expect(order).toEqual(expect.arrayContaining(helloOf(config).extensionOrder.filter((code) => !isGrease(code))))
      expect(ja4({ ...hello, extensionOrder: order })).toBe(NEWER_CHROME.ja4)
      expect(order.indexOf(EXTENSION.encrypted_client_hello)).toBe(1)
      expect(hello.raw).toHaveLength(2500)
    }
  })
})

/** The rogues' own choice of suites and groups, which a shape stands in place of, is taken back. */
function unlisted({ config }: KnownClient): Partial<ClientConfig> {
  const none: object = { cipherSuites: undefined, groups: undefined }
  return { ...config, ...none }
}

describe('a server that chooses what is only advertised', () => {
  const firefox = unlisted(FIREFOX)
  const chrome = unlisted(NEWER_CHROME)

  test.each([0xc013, 0x009c, 0x002f])('the suite 0x%s of TLS 1.2', (cipherSuite) => {
    const server = new RogueServer12(chrome).serverHello((own) => ({ ...own, cipherSuite }))
    expectEnd(server, 'illegal_parameter', 'server_hello.cipher_suite')
  })

  test('the GREASE suite', () => {
    const server = new RogueServer(chrome)
    const cipherSuite = server.hello?.cipherSuites[0] as number
    expectEnd(
      server.serverHello((own) => ({ ...own, cipherSuite })),
      'illegal_parameter',
      'server_hello.cipher_suite',
    )
  })

  test('a finite-field group by HelloRetryRequest', () => {
    const server = new RogueServer(firefox)
    server.retry((own) => [...own.slice(0, 1), extension(EXTENSION.key_share, u16(256))])
    expectEnd(server, 'illegal_parameter', 'hello_retry_request.key_share')
  })

  test('the group of a GREASE share', () => {
    const server = new RogueServer(chrome)
    const group = server.hello?.extensions.key_share?.[0]?.group as number
    expectEnd(server.sharing(group, new Uint8Array(32)), 'illegal_parameter', 'server_hello.key_share.group')
  })

  test('a finite-field group in TLS 1.2', () => {
    const server = new RogueServer12(firefox).through('certificate')
    server.sharing(Uint8Array.of(3, 1, 0, 1, 4))
    expectEnd(server, 'illegal_parameter', 'server_key_exchange.named_curve')
  })

  test('a scheme with SHA-1', () => {
    const server = new RogueServer(firefox).through('certificate')
    server.certificateVerify((own) => ({ ...own, scheme: 0x0203 }))
    expectEnd(server, 'illegal_parameter', 'certificate_verify.algorithm')
  })

  test('TLS 1.1', () => {
    const server = new RogueServer({ helloShape: { supportedVersions: [0x0304, 0x0302] } })
    server.answering((own) => [extension(EXTENSION.supported_versions, u16(0x0302)), ...own.slice(1)])
    expectEnd(server, 'illegal_parameter', 'server_hello.supported_versions')
  })

  test('application settings in EncryptedExtensions', () => {
    const server = new RogueServer(chrome).through('server_hello')
    server.encryptedExtensions(extension(17613, [0x40, 1]))
    expectEnd(server, 'unsupported_extension', /^encrypted_extensions/)
  })

  test('a ticket in TLS 1.2', () => {
    const server = new RogueServer12(chrome).answering(adding(extension(35)))
    expectEnd(server, 'unsupported_extension', 'server_hello.session_ticket')
  })

  test('a delegated credential', () => {
    const server = new RogueServer(firefox).through('encrypted_extensions')
    server.certificate((own) => ({
      ...own,
      entries: own.entries.map((one) => ({ ...one, extensions: [extension(34, [0])] })),
    }))
    expectEnd(server, 'unsupported_extension', /^certificate.*delegated_credential/)
  })

  test('a compressed certificate', () => {
    const server = new RogueServer(chrome).through('encrypted_extensions').record(22, Uint8Array.of(25, 0, 0, 0))
    expectEnd(server, 'unexpected_message', 'handshake')
  })
})

describe('shapes that no ClientHello can have', () => {
  const many = (length: number): number[] =>
    Array.from({ length }, (_, i) => i + 0x7000).filter((value) => !isGrease(value))

  test.each<[what: string, shape: HelloShape, message: RegExp]>([
    ['a number too large', { cipherSuites: [0x1301, 65536] }, /cipherSuites: needs numbers of 16 bits .* has 65536/],
    ['a number that is none', { cipherSuites: [0x1301, 0.5] }, /needs numbers of 16 bits/],
    ['a number twice', { supportedGroups: [29, 29] }, /supportedGroups: needs each number once, has 29, 29/],
    ['GREASE by its number', { supportedGroups: [29, 0x1a1a] }, /needs 'GREASE' in place of a number/],
    [
      'GREASE too often',
      { cipherSuites: [0x1301, ...Array<'GREASE'>(17).fill('GREASE')] },
      /at most 16 times, has it 17/,
    ],
    ['nothing of ours', { signatureAlgorithms: [0x0201] }, /signatureAlgorithms: needs one that is carried out here/],
    ['an empty list', { cipherSuites: [] }, /cipherSuites: needs one that is carried out here, has none/],
    ['no version of ours', { supportedVersions: [0x0302] }, /supportedVersions: needs one that is carried out/],
    ['too many versions', { supportedVersions: [0x0304, ...many(127)] }, /supportedVersions: needs at most 127, has/],
    ['too many suites', { cipherSuites: [0x1301, ...many(8200)] }, /cipherSuites: needs at most 8192, has/],
    [
      'TLS 1.3 without its suites',
      { supportedVersions: [0x0304, 0x0303], cipherSuites: [0xc02b] },
      /suite and a group for TLS 1.3/,
    ],
    ['pre_shared_key before others', { extensions: ['pre_shared_key', 'cookie'] }, /pre_shared_key as its last/],
    ['an extension twice', { extensions: ['cookie', 'cookie'] }, /extensions: needs each number once/],
    [
      'an extension by name and as bytes',
      { extensions: ['server_name', { code: 0, data: new Uint8Array(0) }] },
      /each number once/,
    ],
    ['key_share as bytes', { extensions: [{ code: 51, data: new Uint8Array(0) }] }, /extension 51 by its name/],
    ['padding as bytes', { extensions: [{ code: 21, data: new Uint8Array(0) }] }, /extension 21 by its name/],
    ['a name that nobody knows', { extensions: ['heart' as 'heartbeat'] }, /names of extensions, has 'heart'/],
    [
      'too many bytes',
      { extensions: [{ code: 999, data: new Uint8Array(16_381) }] },
      /at most 16384 bytes in all, has 16385/,
    ],
    ['a long session id', { legacySessionId: new Uint8Array(33) }, /legacySessionId: needs at most 32 bytes, has 33/],
    ['endless padding', { paddedLength: 16_385 }, /paddedLength: needs a whole number up to 16384, has 16385/],
  ])('%s', (_, helloShape, message) => {
    expect(() => helloOf({ helloShape })).toThrow(TypeError)
    expect(() => helloOf({ helloShape })).toThrow(message)
  })

  test.each<[string, Partial<ClientConfig>]>([
    ['cipherSuites', { cipherSuites: ['TLS_AES_128_GCM_SHA256'] }],
    ['groups', { groups: ['x25519'] }],
    ['signatureSchemes', { signatureSchemes: ['ed25519'] }],
    ['versions', { versions: ['TLS 1.3'] }],
    ['grease', { grease: false }],
  ])('%s beside it', (name, config) => {
    const { helloShape } = FIREFOX.config
    expect(() => helloOf({ helloShape, ...config })).toThrow(`${name}: needs to be left out beside helloShape`)
  })

  test('the longest there are still fit', () => {
    const helloShape: HelloShape = {
      cipherSuites: [0x1301, ...many(8000)],
      extensions: [{ code: 999, data: new Uint8Array(16_380) }],
    }
    expect(helloOf({ helloShape }).cipherSuites.length).toBeGreaterThan(7900)
  })
})
