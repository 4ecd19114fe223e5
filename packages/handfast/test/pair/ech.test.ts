/** Encrypted Client Hello (RFC 9849) between two engines: accepted, rejected and retried, for show. */

import { describe, expect, test } from 'vitest'
import { toHex } from '../../src/bytes/index.ts'
import { nodeProvider } from '../../src/crypto/node.ts'
import { createPortableProvider } from '../../src/crypto/portable.ts'
import type { CryptoProvider } from '../../src/crypto/provider.ts'
import {
  type ClientConfig,
  createEchKey,
  type EchKey,
  generateEchKey,
  type ServerConfig,
  type TlsError,
  writeEchConfigList,
} from '../../src/tls/index.ts'
import { issue } from '../pki.ts'
import { expectHandshake, expectRefusal } from './expectations.ts'
import { CA, CLIENT, type EndOptions, identityOf, Pair, SERVER } from './pair.ts'

const PUBLIC = issue(CA, { dnsNames: ['public.example'] })
const portable = createPortableProvider()

interface Made {
  readonly key: EchKey
  readonly config: Uint8Array
}

function make(kem = 0x20, provider: CryptoProvider = nodeProvider, publicName = 'public.example'): Made {
  const { config, privateKey } = generateEchKey(provider, { publicName, kem })
  return { key: createEchKey(provider, config, privateKey), config }
}

const list = (...configs: readonly Uint8Array[]): Uint8Array => writeEchConfigList(configs)

/** A client that hides server.example, and a server for both names. */
function pairOf(
  config: Uint8Array,
  keys: readonly EchKey[],
  client: Partial<ClientConfig> & EndOptions = {},
  server: Partial<ServerConfig> & EndOptions = {},
): Pair {
  const provider = server.provider ?? nodeProvider
  return new Pair({
    client: { ech: config, ...client },
    server: { ech: keys, identities: [identityOf(SERVER, provider), identityOf(PUBLIC, provider)], ...server },
  })
}

function contains(bytes: Uint8Array, text: string): boolean {
  return toHex(bytes).includes(toHex(new TextEncoder().encode(text)))
}

/** Nothing the client sent, in the clear or not, shows the name. */
function expectHidden(pair: Pair): void {
  expect(contains(pair.client.sent, 'public.example')).toBe(true)
  expect(contains(pair.client.sent, 'server.example')).toBe(false)
  expect(contains(pair.server.sent, 'server.example')).toBe(false)
}

describe('accepted', () => {
  test.each([0x10, 0x11, 0x12, 0x20])('with KEM %s', (kem) => {
    const { key, config } = make(kem)
    const pair = pairOf(list(config), [key])
    expectHandshake(pair, { serverName: 'server.example', helloRetryRequest: false })
    expect(pair.server.connection.negotiated?.serverName).toBe('server.example')
    expectHidden(pair)
    const names = { status: 'accepted', outerServerName: 'public.example', innerServerName: 'server.example' }
    for (const { connection } of pair.ends) {
      const report = connection.report()
      expect(report.encryptedClientHello).toEqual(names)
      expect(report.offered).toMatchObject({ serverName: 'server.example', versions: ['TLS 1.3'] })
      expect(report.offered?.extensions).not.toContain('extended_master_secret')
    }
  })

  test.each([
    ['portable', portable, nodeProvider],
    ['node', nodeProvider, portable],
  ] as const)('by a client with provider %s, the server with the other', (_, ofClient, ofServer) => {
    const { key, config } = make(0x20, ofServer)
    expectHandshake(pairOf(list(config), [key], { provider: ofClient }, { provider: ofServer }))
  })

  test('after a HelloRetryRequest', () => {
    const { key, config } = make()
    const pair = pairOf(list(config), [key], { grease: true }, { groups: ['secp384r1'], cookie: 'with-retry' })
    expectHandshake(pair, { helloRetryRequest: true, group: 'secp384r1' })
    expectHidden(pair)
    expect(pair.client.connection.report().encryptedClientHello?.status).toBe('accepted')
  })

  test.each(['aes-128-gcm', 'aes-256-gcm', 'chacha20-poly1305'])('encrypted with %s alone', (name) => {
    const only = { ...nodeProvider, aeads: nodeProvider.aeads.filter((aead) => aead.name === name) }
    const { key, config } = make(0x20, only)
    const pair = pairOf(list(config), [key], { provider: only }, { provider: only, identities: [identityOf(SERVER)] })
    expectHandshake(pair)
  })

  test('of several configurations the first that can be used', () => {
    const [one, other] = [make(), make(0x10)]
    const unknown = Uint8Array.of(0xfe, 0x0c, 0, 2, 1, 2)
    const pair = pairOf(list(unknown, one.config, other.config), [other.key, one.key])
    expectHandshake(pair)
  })

  test('of keys with the same config_id the one that decrypts', () => {
    const used = Array.from({ length: 255 }, (_, id) => id)
    const same = (): Made => {
      const { config, privateKey } = generateEchKey(nodeProvider, { publicName: 'public.example', usedConfigIds: used })
      return { config, key: createEchKey(nodeProvider, config, privateKey) }
    }
    const [one, other] = [same(), same()]
    expect(one.key.config.configId).toBe(255)
    expectHandshake(pairOf(list(other.config), [one.key, other.key]))
  })

  test('with client certificates, protocols and grease', () => {
    const { key, config } = make()
    const pair = pairOf(
      list(config),
      [key],
      { grease: true, alpnProtocols: ['h2', 'http/1.1'], identities: [identityOf(CLIENT)] },
      { clientAuthentication: 'required', alpnProtocols: ['http/1.1'] },
    )
    expectHandshake(pair, { alpnProtocol: 'http/1.1', clientCertificateRequested: true })
    expect(pair.server.connection.peerCertificates).toHaveLength(CLIENT.chain.length)
  })

  test('the host chooses by what was hidden', () => {
    const { key, config } = make()
    const pair = pairOf(list(config), [key], {}, { chooseConfig: true, decide: chooseNothing })
    expectHandshake(pair)
    const task = pair.server.tasks.find(({ kind }) => kind === 'choose-config')
    expect(task).toMatchObject({ clientHello: { serverName: 'server.example', versions: ['TLS 1.3'] } })
  })

  test('by a server that is known by its address', () => {
    const { key, config } = make()
    const addressed = issue(CA, { ips: ['192.0.2.1'] })
    const pair = pairOf(list(config), [key], { serverName: '192.0.2.1' }, { identities: [identityOf(addressed)] })
    expectHandshake(pair)
    expect(pair.server.connection.report().encryptedClientHello).toEqual({
      status: 'accepted',
      outerServerName: 'public.example',
      innerServerName: null,
    })
  })

  test('names shorter than the longest make no difference in length, longer ones in steps of 32', () => {
    const lengthFor = (serverName: string): number => {
      const { key, config } = make()
      const server = { identities: [identityOf(issue(CA, { dnsNames: [serverName] }))] }
      const pair = pairOf(list(config), [key], { serverName }, server)
      expectHandshake(pair)
      return (pair.client.flights[0] as Uint8Array).length
    }
    const short = lengthFor('a.example')
    expect(lengthFor(`${'a'.repeat(50)}.example`)).toBe(short)
    expect(lengthFor('public.example')).toBe(short)
    const beyond = lengthFor(`${'a'.repeat(60)}.${'b'.repeat(60)}.example`)
    expect(beyond).toBeGreaterThan(short)
    expect((beyond - short) % 32).toBe(0)
  })
})

describe('rejected', () => {
  const REJECTED = { status: 'rejected', outerServerName: 'public.example' }

  test.each([
    ['at once', {}],
    ['after a HelloRetryRequest', { groups: ['secp384r1'] }],
  ] as const)(
    '%s: the server proves its public name and gives other keys, with which the next is accepted',
    (_, own) => {
      const [old, current] = [make(), make()]
      const pair = pairOf(list(old.config), [current.key], {}, own)
      expectRefusal(pair, 'client', 'ech_required')
      expectHidden(pair)
      const error = pair.client.connection.error as TlsError
      expect(error).toMatchObject({ fault: 'host', stage: 'verify' })
      expect(error.echRejection).toEqual({ publicName: 'public.example', retryConfigs: list(current.config) })
      expect(pair.client.connection.report()).toMatchObject({
        outcome: 'failed',
        encryptedClientHello: { ...REJECTED, innerServerName: 'server.example' },
        offered: { serverName: 'public.example' },
      })
      expect(pair.server.connection.report().encryptedClientHello).toEqual({ ...REJECTED, innerServerName: null })
      expectHandshake(pairOf(error.echRejection?.retryConfigs as Uint8Array, [current.key], {}, own))
    },
  )

  test('by a server without ECH: that is as good as its word that it has none', () => {
    const pair = pairOf(list(make().config), [])
    expectRefusal(pair, 'client', 'ech_required')
    expect(pair.client.connection.error?.echRejection).toEqual({
      publicName: 'public.example',
      retryConfigs: undefined,
    })
  })

  test('keys that are only still accepted are not given', () => {
    const { config, privateKey } = generateEchKey(nodeProvider, { publicName: 'public.example' })
    const old = createEchKey(nodeProvider, config, privateKey, { isRetry: false })
    const current = make()
    expectHandshake(pairOf(list(config), [old, current.key]))
    const pair = pairOf(list(make().config), [old, current.key])
    expectRefusal(pair, 'client', 'ech_required')
    expect(pair.client.connection.error?.echRejection?.retryConfigs).toEqual(list(current.config))
  })

  test('by a server that does not prove the public name: no word of it counts', () => {
    const pair = pairOf(list(make().config), [make().key], {}, { identities: [identityOf(SERVER)] })
    expectRefusal(pair, 'client', 'bad_certificate', /name-mismatch/)
    expect(pair.client.connection.error?.echRejection).toBeUndefined()
  })

  test('a client that accepts anybody is not told keys by anybody', () => {
    const pair = pairOf(
      list(make().config),
      [make().key],
      { verification: 'recorded' },
      { identities: [identityOf(SERVER)] },
    )
    expectRefusal(pair, 'client', 'ech_required', /did not prove/)
    expect(pair.client.connection.error?.echRejection).toBeUndefined()
  })

  test('the client shows no certificate and is not asked for one', () => {
    const pair = pairOf(
      list(make().config),
      [make().key],
      { identities: [identityOf(CLIENT)] },
      { clientAuthentication: 'optional' },
    )
    expectRefusal(pair, 'client', 'ech_required')
    expect(pair.client.tasks.map(({ kind }) => kind)).toEqual(['verify-peer'])
    expect(pair.server.connection.report().client.chain).toEqual([])
  })

  test('by choosing TLS 1.2: the public name is proved there, nobody is shown, and there are no configurations', () => {
    const pair = pairOf(
      list(make().config),
      [],
      { identities: [identityOf(CLIENT)] },
      { versions: ['TLS 1.2'], clientAuthentication: 'optional' },
    )
    expectRefusal(pair, 'client', 'ech_required', /a server without ECH/)
    expectHidden(pair)
    expect(pair.client.connection.error).toMatchObject({ fault: 'host', stage: 'verify' })
    expect(pair.client.connection.error?.echRejection).toEqual({
      publicName: 'public.example',
      retryConfigs: undefined,
    })
    expect(pair.client.tasks).toMatchObject([{ kind: 'verify-peer', serverName: 'public.example' }])
    expect(pair.server.connection.report().client.chain).toEqual([])
    expect(pair.client.connection.report()).toMatchObject({
      negotiated: { version: 'TLS 1.2' },
      encryptedClientHello: { ...REJECTED, innerServerName: 'server.example' },
    })
  })

  test('by choosing TLS 1.2 without a proof of the public name: no word of it counts', () => {
    const pair = pairOf(list(make().config), [], {}, { versions: ['TLS 1.2'], identities: [identityOf(SERVER)] })
    expectRefusal(pair, 'client', 'bad_certificate', /name-mismatch/)
    expect(pair.client.connection.error?.echRejection).toBeUndefined()
  })

  test('a client that offers no TLS 1.2 meets none', () => {
    const pair = pairOf(list(make().config), [], { versions: ['TLS 1.3'] }, { versions: ['TLS 1.2'] })
    expectRefusal(pair, 'server', 'protocol_version')
    expect(pair.client.connection.error?.echRejection).toBeUndefined()
  })

  test('a session of a client that meets a retry never carries data', () => {
    const pair = pairOf(list(make().config), [make().key])
    pair.run()
    expect(pair.client.eventTypes()).toEqual(['failed'])
    expect(pair.client.connection.canWrite).toBe(false)
  })
})

describe('for show (GREASE)', () => {
  test.each([
    ['without ECH', []],
    ['with keys of its own', [make().key]],
  ])('a server %s goes on as if nothing were there', (_, keys) => {
    for (const groups of [['x25519'], ['secp384r1']] as const) {
      const pair = new Pair({ client: { grease: true }, server: { ech: keys, groups } })
      expectHandshake(pair)
      expect(pair.client.connection.report().encryptedClientHello).toEqual({
        status: 'grease',
        outerServerName: 'server.example',
        innerServerName: null,
      })
      expect(pair.client.connection.report().offered?.extensions).toContain('encrypted_client_hello')
    }
  })

  test('a server of TLS 1.2 goes on as if nothing were there', () => {
    const pair = new Pair({ client: { grease: true }, server: { versions: ['TLS 1.2'] } })
    expectHandshake(pair, { version: 'TLS 1.2' })
    expect(pair.client.connection.report().encryptedClientHello?.status).toBe('grease')
  })

  test('none of it in an offer of TLS 1.2 alone', () => {
    const pair = new Pair({ client: { grease: true, versions: ['TLS 1.2'] } })
    expectHandshake(pair, { version: 'TLS 1.2' })
    expect(pair.client.connection.report().offered?.extensions).not.toContain('encrypted_client_hello')
  })

  test('both ClientHellos have the same, and it is another in each connection', () => {
    const extensionOf = (pair: Pair): string[] => {
      const hellos = pair.client.events.flatMap((event) =>
        event.type === 'message' && event.direction === 'sent' && event.raw[0] === 1 ? [toHex(event.raw)] : [],
      )
      return hellos.map((hex) => hex.slice(hex.indexOf('fe0d')))
    }
    const run = (): string[] => {
      const pair = new Pair({ client: { grease: true, trace: true }, server: { groups: ['secp384r1'] } })
      expectHandshake(pair, { helloRetryRequest: true })
      return extensionOf(pair)
    }
    const [first, second] = run()
    expect(first).toBe(second)
    expect(run()[0]).not.toBe(first)
  })

  test('it is where a real one is, and as long as one without a longest name', () => {
    const { config, privateKey } = generateEchKey(nodeProvider, { publicName: 'server.example', maximumNameLength: 0 })
    const real = pairOf(list(config), [createEchKey(nodeProvider, config, privateKey)], { grease: true })
    const show = new Pair({ client: { grease: true } })
    const [first, second] = [real, show].map((pair) => {
      pair.run()
      return { length: pair.client.flights[0]?.length, order: pair.client.connection.report().offered?.extensions }
    })
    expect(first?.length).toBe(second?.length)
    expect(second?.order?.findLast((name) => name !== 'GREASE')).toBe('encrypted_client_hello')
  })

  test('not by default, nor with a provider that could offer no real one', () => {
    const plain = new Pair().run()
    expect(plain.client.connection.report().encryptedClientHello).toBeUndefined()
    const groups = nodeProvider.groups.map(({ importKey: _importKey, ...group }) => group)
    const pair = new Pair({ client: { grease: true, provider: { ...nodeProvider, groups } } })
    expectHandshake(pair)
    expect(pair.client.connection.report().encryptedClientHello).toBeUndefined()
  })
})

describe("a caller's mistakes", () => {
  const { config, key } = make()

  test.each([
    ['no list', Uint8Array.of(1, 2, 3), /needs an ECHConfigList/],
    ['a configuration alone', config, /needs an ECHConfigList/],
    ['nothing of a version we know', list(Uint8Array.of(0xfe, 0x0c, 0, 2, 1, 2)), /can be used here, has none/],
  ])('%s', (_, ech, message) => {
    expect(() => new Pair({ client: { ech } })).toThrow(message)
  })

  test.each([
    ['client', { client: { ech: list(config), versions: ['TLS 1.2'] } }],
    ['server', { server: { ech: [key], versions: ['TLS 1.2'] } }],
  ] as const)('a %s without TLS 1.3', (_, ends) => {
    expect(() => new Pair(ends)).toThrow(/ech: needs TLS 1\.3/)
  })

  test('keys of which none is current', () => {
    expect(() => new Pair({ server: { ech: [{ ...key, isRetry: false }] } })).toThrow(/may retry with/)
  })

  test('a configuration whose key is no point is told before anything is sent', () => {
    const made = generateEchKey(nodeProvider, { publicName: 'public.example', kem: 0x10 })
    const broken = Uint8Array.from(made.config)
    const at = toHex(broken).indexOf('0041') / 2 + 2
    broken.fill(0, at + 1, at + 65)
    const pair = pairOf(list(broken), [])
    expect(pair.run().client.sent.filter((byte) => byte === 1)).not.toHaveLength(0)
    expect(pair.client.connection.error).toMatchObject({ fault: 'host', alert: 'internal_error' })
    expect(pair.client.connection.report().offered).toBeNull()
  })
})

function chooseNothing(
  task: { readonly kind: string; readonly id: number },
  connection: Pair['server']['connection'],
): boolean {
  if (task.kind === 'choose-config') connection.resume<'choose-config'>(task.id, undefined)
  return task.kind === 'choose-config'
}
