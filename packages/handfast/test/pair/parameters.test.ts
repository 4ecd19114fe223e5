/** Every cipher suite, group, signature scheme and option that both ends can have. */

import { describe, expect, test } from 'vitest'
import { nodeProvider } from '../../src/crypto/node.ts'
import { createPortableProvider } from '../../src/crypto/portable.ts'
import type { GroupName } from '../../src/crypto/provider.ts'
import { CIPHER_SUITES, SIGNATURE_SCHEMES, type SignatureSchemeName } from '../../src/tls/index.ts'
import { readClientHello } from '../../src/tls/message/client-hello.ts'
import { isGrease } from '../../src/tls/registry.ts'
import { issue, type TestCertificate, type TestKeyType } from '../pki.ts'
import { expectHandshake, expectRefusal } from './expectations.ts'
import { CA, CLIENT, identityOf, Pair } from './pair.ts'

const portable = createPortableProvider()
const PROVIDERS = [nodeProvider, portable]
const SUITES = CIPHER_SUITES.filter(({ version }) => version === 'TLS 1.3').map(({ name }) => name)

/** Key of a certificate that can sign with the scheme; none for those that sign certificates only. */
const KEY_OF: Readonly<Partial<Record<SignatureSchemeName, TestKeyType>>> = {
  ecdsa_secp256r1_sha256: 'ecdsa-p256',
  ecdsa_secp384r1_sha384: 'ecdsa-p384',
  ecdsa_secp521r1_sha512: 'ecdsa-p521',
  ed25519: 'ed25519',
  rsa_pss_rsae_sha256: 'rsa-2048',
  rsa_pss_rsae_sha384: 'rsa-2048',
  rsa_pss_rsae_sha512: 'rsa-2048',
  rsa_pss_pss_sha256: 'rsa-pss-2048',
  rsa_pss_pss_sha384: 'rsa-pss-2048',
  rsa_pss_pss_sha512: 'rsa-pss-2048',
  mldsa44: 'ml-dsa-44',
  mldsa65: 'ml-dsa-65',
  mldsa87: 'ml-dsa-87',
}

const certificates = new Map<TestKeyType, TestCertificate>()

function certificateWith(keyType: TestKeyType): TestCertificate {
  let certificate = certificates.get(keyType)
  if (certificate === undefined) {
    certificate = issue(CA, { dnsNames: ['server.example'], usage: 'server-and-client', keyType })
    certificates.set(keyType, certificate)
  }
  return certificate
}

describe.each(PROVIDERS)('with the provider $name', (provider) => {
  test.each(SUITES)('cipher suite %s', (cipherSuite) => {
    const pair = new Pair({ client: { provider, cipherSuites: [cipherSuite] }, server: { provider } })
    expectHandshake(pair, { cipherSuite })
  })

  test.each(provider.groups.map(({ name }) => name))('group %s, shared at once', (group) => {
    const pair = new Pair({ client: { provider, groups: [group] }, server: { provider } })
    expectHandshake(pair, { group, helloRetryRequest: false })
  })

  test.each(provider.groups.map(({ name }) => name))('group %s, after a HelloRetryRequest', (group) => {
    const pair = new Pair({ client: { provider, keyShares: [] }, server: { provider, groups: [group] } })
    expectHandshake(pair, { group, helloRetryRequest: true })
  })
})

describe('signature schemes', () => {
  const canSign = (name: SignatureSchemeName, provider = nodeProvider): boolean =>
    KEY_OF[name] !== undefined && (provider === nodeProvider || !name.startsWith('rsa'))

  test('every scheme that signs handshakes is tried', () => {
    const names = SIGNATURE_SCHEMES.filter((scheme) => scheme.versions.includes('TLS 1.3')).map(({ name }) => name)
    expect(Object.keys(KEY_OF).toSorted()).toEqual(names.toSorted())
  })

  describe.each([
    ['node', 'node', nodeProvider, nodeProvider],
    ['node', 'portable', nodeProvider, portable],
    ['portable', 'node', portable, nodeProvider],
  ] as const)('client %s, server %s', (_client, _server, client, server) => {
    test.each(SIGNATURE_SCHEMES.map(({ name }) => name).filter((name) => canSign(name, server)))(
      '%s of the server',
      (scheme) => {
        const own = identityOf(certificateWith(KEY_OF[scheme] as TestKeyType), server)
        const pair = new Pair({
          client: { provider: client },
          server: { provider: server, identities: [{ ...own, signatureSchemes: [scheme] }] },
        })
        expectHandshake(pair, { peerSignatureScheme: scheme })
      },
    )

    test.each(SIGNATURE_SCHEMES.map(({ name }) => name).filter((name) => canSign(name, client)))(
      '%s of the client',
      (scheme) => {
        const own = identityOf(certificateWith(KEY_OF[scheme] as TestKeyType), client)
        const pair = new Pair({
          client: { provider: client, identities: [{ ...own, signatureSchemes: [scheme] }] },
          server: { provider: server, clientAuthentication: 'required' },
        })
        expectHandshake(pair, { ownSignatureScheme: scheme })
      },
    )
  })

  test('a scheme only one end has ends in handshake_failure', () => {
    const client = { signatureSchemes: ['ed25519' as const] }
    expectRefusal(new Pair({ client }), 'server', 'handshake_failure', /identities: needs a certificate/)
  })
})

describe('which group is used', () => {
  test('X25519MLKEM768 first, with X25519 as a second share at no cost', () => {
    const pair = new Pair()
    expectHandshake(pair, { group: 'X25519MLKEM768', helloRetryRequest: false })
    expect(pair.server.connection.report().offered?.keyShares).toEqual(['X25519MLKEM768', 'x25519'])
  })

  test('shares that are asked for, and no others', () => {
    const offered = (keyShares: readonly GroupName[]): readonly string[] | undefined => {
      const pair = new Pair({ client: { keyShares } })
      expectHandshake(pair, { group: 'X25519MLKEM768', helloRetryRequest: false })
      return pair.server.connection.report().offered?.keyShares
    }
    expect(offered(['X25519MLKEM768'])).toEqual(['X25519MLKEM768'])
    expect(offered(['secp256r1', 'X25519MLKEM768'])).toEqual(['X25519MLKEM768', 'secp256r1'])
    expect(offered(['X25519MLKEM768', 'x25519'])).toEqual(['X25519MLKEM768', 'x25519'])
  })

  test('the classical half of a hybrid, without a HelloRetryRequest, if the server knows no more', () => {
    expectHandshake(new Pair({ server: { groups: ['secp256r1', 'x25519'] } }), {
      group: 'x25519',
      helloRetryRequest: false,
    })
  })

  test('a post-quantum group is worth a round trip', () => {
    const client = { groups: ['x25519', 'X25519MLKEM768'] as GroupName[], keyShares: ['x25519' as const] }
    expectHandshake(new Pair({ client }), { group: 'X25519MLKEM768', helloRetryRequest: true })
  })

  test('a classical group at hand is preferred to a better one that is not', () => {
    const pair = new Pair({
      client: { groups: ['x25519', 'secp384r1'], keyShares: ['secp384r1'] },
      server: { groups: ['x25519', 'secp384r1'] },
    })
    expectHandshake(pair, { group: 'secp384r1', helloRetryRequest: false })
  })

  test('nothing in common ends in handshake_failure', () => {
    const pair = new Pair({ client: { groups: ['x25519'] }, server: { groups: ['secp256r1'] } })
    expectRefusal(pair, 'server', 'handshake_failure', /client_hello\.supported_groups/)
  })

  test('no cipher suite in common ends in handshake_failure', () => {
    const pair = new Pair({
      client: { cipherSuites: ['TLS_AES_128_GCM_SHA256'] },
      server: { cipherSuites: ['TLS_AES_256_GCM_SHA384'] },
    })
    expectRefusal(pair, 'server', 'handshake_failure', /client_hello\.cipher_suites/)
  })

  test("the server's order of cipher suites decides", () => {
    const pair = new Pair({
      client: { cipherSuites: ['TLS_AES_128_GCM_SHA256', 'TLS_CHACHA20_POLY1305_SHA256'] },
      server: { cipherSuites: ['TLS_CHACHA20_POLY1305_SHA256', 'TLS_AES_128_GCM_SHA256'] },
    })
    expectHandshake(pair, { cipherSuite: 'TLS_CHACHA20_POLY1305_SHA256' })
  })
})

describe('HelloRetryRequest', () => {
  test.each([
    ['never', [], true],
    ['with-retry', [], true],
    ['with-retry', undefined, false],
    ['always', [], true],
    ['always', undefined, true],
  ] as const)('cookie %s, shares %j', (cookie, keyShares, helloRetryRequest) => {
    const client = { groups: ['x25519'] as GroupName[], ...(keyShares === undefined ? {} : { keyShares }) }
    const pair = new Pair({ client, server: { cookie } })
    expectHandshake(pair, { helloRetryRequest })
    const hellos = helloMessages(pair)
    expect(hellos).toHaveLength(helloRetryRequest ? 2 : 1)
    expect(hellos[0]?.extensions.cookie).toBeUndefined()
    const expectsCookie = helloRetryRequest && cookie !== 'never'
    expect(hellos.at(-1)?.extensions.cookie?.length).toBe(expectsCookie ? 32 : undefined)
  })

  test.each([true, false])('with GREASE, compatibility mode %s', (middleboxCompatibility) => {
    const client = { grease: true, middleboxCompatibility, keyShares: [] }
    expectHandshake(new Pair({ client, server: { cookie: 'with-retry' } }), { helloRetryRequest: true })
  })
})

describe('options of the offer', () => {
  test('GREASE is drawn anew, and ignored', () => {
    const drawn = Array.from({ length: 8 }, () => {
      const pair = new Pair({ client: { grease: true } })
      expectHandshake(pair)
      const [hello] = helloMessages(pair)
      const values = [
        hello?.cipherSuites[0],
        hello?.extensions.supported_groups?.[0],
        hello?.extensions.supported_versions?.[0],
        hello?.extensions.key_share?.[0]?.group,
        hello?.extensionOrder.find(isGrease),
      ]
      expect(values.every((value) => value !== undefined && isGrease(value))).toBe(true)
      return values.join()
    })
    expect(new Set(drawn).size).toBeGreaterThan(1)
  })

  test('without it nothing of the kind is sent', () => {
    const [hello] = helloMessages(new Pair().run())
    expect([...(hello?.cipherSuites ?? []), ...(hello?.extensionOrder ?? [])].some(isGrease)).toBe(false)
  })

  test.each([true, false])('compatibility mode %s: session id and change_cipher_spec', (middleboxCompatibility) => {
    const pair = new Pair({ client: { middleboxCompatibility } })
    expectHandshake(pair)
    expect(helloMessages(pair)[0]?.legacySessionId).toHaveLength(middleboxCompatibility ? 32 : 0)
    for (const end of pair.ends) {
      const names = end.connection.report().messages.map(({ name, direction }) => `${direction} ${name}`)
      expect(names.filter((name) => name.endsWith('change_cipher_spec'))).toEqual(
        middleboxCompatibility
          ? expect.arrayContaining(['sent change_cipher_spec', 'received change_cipher_spec'])
          : [],
      )
    }
  })

  test('an address is not sent in server_name', () => {
    const pair = new Pair({ client: { serverName: '192.0.2.1', verification: 'recorded' } })
    expectHandshake(pair)
    expect(helloMessages(pair)[0]?.extensions.server_name).toBeUndefined()
    expect(pair.client.connection.peerVerdict?.reasons[0]?.reason).toBe('name-mismatch')
  })
})

describe('ALPN (RFC 7301)', () => {
  test.each([
    [['h2', 'http/1.1'], ['http/1.1', 'h2'], 'http/1.1'],
    [['h2'], [], undefined],
    [[], ['h2'], undefined],
    [['h2', 'x'], ['x'], 'x'],
  ])('client %j, server %j: %s', (offered, known, alpnProtocol) => {
    const pair = new Pair({ client: { alpnProtocols: offered }, server: { alpnProtocols: known } })
    expectHandshake(pair, { alpnProtocol })
  })

  test('nothing in common ends in no_application_protocol', () => {
    const pair = new Pair({ client: { alpnProtocols: ['h2'] }, server: { alpnProtocols: ['imap'] } })
    expectRefusal(pair, 'server', 'no_application_protocol', /needs one of imap/)
  })
})

describe('records', () => {
  test.each([64, 100, 1000, 16_384])('of at most %d bytes', (maxRecordLength) => {
    const limits = { client: { maxRecordLength }, server: { maxRecordLength } }
    const pair = new Pair(limits).run()
    pair.talk('x'.repeat(50_000))
    expect(pair.server.text).toBe('x'.repeat(50_000))
    for (const end of pair.ends) {
      for (const { type, length } of recordsOf(end.sent)) {
        expect(length).toBeLessThanOrEqual(type === 23 ? maxRecordLength + 17 : maxRecordLength)
      }
    }
  })

  test.each([2, 64, 1024, 16_384])('padded to a multiple of %d bytes', (toMultipleOf) => {
    const pair = new Pair({ client: { padding: { toMultipleOf } }, server: { padding: { toMultipleOf } } })
    expectHandshake(pair)
    pair.talk('y'.repeat(20_000))
    expect(pair.server.text).toContain('y'.repeat(20_000))
    const lengths = recordsOf(pair.client.sent).flatMap(({ type, length }) => (type === 23 ? [length - 16] : []))
    expect(lengths.length).toBeGreaterThan(3)
    // A record as long as records may be has no room for more.
    for (const length of lengths) expect(length % toMultipleOf === 0 || length === 0x4001).toBe(true)
  })

  test('the first ClientHello says 0x0301, everything after it 0x0303', () => {
    const pair = new Pair({ client: { keyShares: [] } }).run()
    const versions = recordsOf(pair.client.sent).map(({ version }) => version)
    expect(versions[0]).toBe(0x0301)
    expect(new Set(versions.slice(1))).toEqual(new Set([0x0303]))
    expect(new Set(recordsOf(pair.server.sent).map(({ version }) => version))).toEqual(new Set([0x0303]))
  })

  test('a flight leaves at once', () => {
    const pair = new Pair({
      client: { identities: [identityOf(CLIENT)] },
      server: { clientAuthentication: 'required' },
    }).run()
    expect(pair.client.flights).toHaveLength(2)
    expect(pair.server.flights).toHaveLength(1)
  })
})

function helloMessages(pair: Pair): ReturnType<typeof readClientHello>[] {
  return recordsOf(pair.client.sent)
    .filter(({ type }) => type === 22)
    .map(({ fragment }) => readClientHello({ type: 'client_hello', raw: fragment }))
}

interface RecordSeen {
  readonly type: number
  readonly version: number
  readonly length: number
  readonly fragment: Uint8Array
}

function recordsOf(stream: Uint8Array): RecordSeen[] {
  const records: RecordSeen[] = []
  const view = new DataView(stream.buffer, stream.byteOffset, stream.byteLength)
  for (let at = 0; at < stream.length;) {
    const length = view.getUint16(at + 3)
    const fragment = stream.subarray(at + 5, at + 5 + length)
    records.push({ type: view.getUint8(at), version: view.getUint16(at + 1), length, fragment })
    at += 5 + length
  }
  return records
}
