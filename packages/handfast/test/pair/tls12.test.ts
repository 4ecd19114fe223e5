/** TLS 1.2 between two engines: every suite, key and group; who may speak what with whom; what the host is told. */

import { createHmac } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { fromHex, toHex } from '../../src/bytes/index.ts'
import { nodeProvider } from '../../src/crypto/node.ts'
import { createPortableProvider } from '../../src/crypto/portable.ts'
import { CIPHER_SUITES, SIGNATURE_SCHEMES, type SignatureSchemeName, type TlsVersion } from '../../src/tls/index.ts'
import { mapFields } from '../../src/tls/message/field-map.ts'
import { issue, type TestCertificate, type TestKeyType } from '../pki.ts'
import { expectHandshake, expectRefusal } from './expectations.ts'
import { CA, CLIENT, identityOf, Pair, type PairOptions } from './pair.ts'
import { singleBytes } from './wire.ts'

const portable = createPortableProvider()
const ONLY: { readonly versions: readonly TlsVersion[] } = { versions: ['TLS 1.2'] }
const SUITES = CIPHER_SUITES.filter(({ version }) => version === 'TLS 1.2')

const certificates = new Map<TestKeyType, TestCertificate>()

function certificateWith(keyType: TestKeyType): TestCertificate {
  let certificate = certificates.get(keyType)
  if (certificate === undefined) {
    certificate = issue(CA, { dnsNames: ['server.example'], usage: 'server-and-client', keyType })
    certificates.set(keyType, certificate)
  }
  return certificate
}

/** Keys of each kind, and what a suite asks of them. */
const KEYS: Readonly<Record<'ecdsa' | 'rsa', readonly TestKeyType[]>> = {
  ecdsa: ['ecdsa-p256', 'ecdsa-p384', 'ecdsa-p521', 'ed25519'],
  rsa: ['rsa-2048', 'rsa-pss-2048'],
}
const ALL_KEYS = [...KEYS.ecdsa, ...KEYS.rsa]

describe.each(SUITES)('$name', (suite) => {
  test.each(KEYS[suite.authentication as 'ecdsa' | 'rsa'])('with a key %s', (keyType) => {
    const pair = new Pair({
      client: { ...ONLY, cipherSuites: [suite.name] },
      server: { identities: [identityOf(certificateWith(keyType))] },
    })
    expectHandshake(pair, { version: 'TLS 1.2', cipherSuite: suite.name, helloRetryRequest: false })
  })

  test.each(ALL_KEYS)('both ways, the client with a key %s', (keyType) => {
    const [own] = KEYS[suite.authentication as 'ecdsa' | 'rsa'] as [TestKeyType]
    const pair = new Pair({
      client: { ...ONLY, cipherSuites: [suite.name], identities: [identityOf(certificateWith(keyType))] },
      server: { identities: [identityOf(certificateWith(own))], clientAuthentication: 'required' },
    })
    expectHandshake(pair, { version: 'TLS 1.2', cipherSuite: suite.name, clientCertificateRequested: true })
    expect(pair.server.connection.peerVerdict?.trusted).toBe(true)
  })

  test.each([
    ['portable', 'node', portable, nodeProvider],
    ['node', 'portable', nodeProvider, portable],
  ])('client %s, server %s', (_client, _server, client, server) => {
    // The portable provider verifies RSA and does not sign with it.
    if (suite.authentication === 'rsa' && server === portable) return
    const own = certificateWith(suite.authentication === 'rsa' ? 'rsa-2048' : 'ecdsa-p256')
    const pair = new Pair({
      client: { ...ONLY, cipherSuites: [suite.name], provider: client },
      server: { provider: server, identities: [identityOf(own, server)] },
    })
    expectHandshake(pair, { version: 'TLS 1.2', cipherSuite: suite.name })
  })
})

describe('signature schemes', () => {
  const keyOf = (name: SignatureSchemeName): TestKeyType =>
    name.startsWith('ecdsa')
      ? 'ecdsa-p256'
      : name === 'ed25519'
        ? 'ed25519'
        : name.startsWith('rsa_pss_pss')
          ? 'rsa-pss-2048'
          : 'rsa-2048'
  const names = SIGNATURE_SCHEMES.filter(({ versions }) => versions.includes('TLS 1.2')).map(({ name }) => name)

  test.each(names)('%s signs in both roles', (scheme) => {
    const identities = [{ ...identityOf(certificateWith(keyOf(scheme))), signatureSchemes: [scheme] }]
    const pair = new Pair({ client: { ...ONLY, identities }, server: { identities, clientAuthentication: 'required' } })
    expectHandshake(pair, { version: 'TLS 1.2', ownSignatureScheme: scheme, peerSignatureScheme: scheme })
  })
})

test.each(['x25519', 'secp256r1', 'secp384r1', 'secp521r1'] as const)('group %s', (group) => {
  expectHandshake(new Pair({ client: ONLY, server: { groups: [group] } }), { version: 'TLS 1.2', group })
})

describe('who speaks what', () => {
  const BOTH: readonly TlsVersion[] = ['TLS 1.3', 'TLS 1.2']
  const CASES: readonly (readonly [readonly TlsVersion[], readonly TlsVersion[], TlsVersion])[] = [
    [BOTH, BOTH, 'TLS 1.3'],
    [BOTH, ['TLS 1.2'], 'TLS 1.2'],
    [['TLS 1.2'], BOTH, 'TLS 1.2'],
    [['TLS 1.2'], ['TLS 1.2'], 'TLS 1.2'],
    [['TLS 1.3'], BOTH, 'TLS 1.3'],
    [BOTH, ['TLS 1.3'], 'TLS 1.3'],
  ]

  test.each(CASES)('a client with %j and a server with %j: %s', (ofClient, ofServer, version) => {
    expectHandshake(new Pair({ client: { versions: ofClient }, server: { versions: ofServer } }), { version })
  })

  test.each([true, false])('GREASE and compatibility mode %s change nothing', (on) => {
    const client = { grease: on, middleboxCompatibility: on, alpnProtocols: ['h2'] }
    const pair = new Pair({ client, server: { ...ONLY, alpnProtocols: ['h2'] } })
    expectHandshake(pair, { version: 'TLS 1.2', alpnProtocol: 'h2' })
  })

  test.each([
    [['TLS 1.2'], ['TLS 1.3']],
    [['TLS 1.3'], ['TLS 1.2']],
  ] as const)('a client with %j and a server with %j have none in common', (ofClient, ofServer) => {
    const pair = new Pair({ client: { versions: ofClient }, server: { versions: ofServer } })
    expectRefusal(pair, 'server', 'protocol_version')
  })

  test('a server may choose TLS 1.2 by the ClientHello', () => {
    const pair = new Pair({
      server: {
        chooseConfig: true,
        decide: (task, connection) => {
          if (task.kind === 'choose-config') connection.resume<'choose-config'>(task.id, { versions: ['TLS 1.2'] })
          return task.kind === 'choose-config'
        },
      },
    })
    // It says by its random that it has TLS 1.3 no more, so the client goes on.
    expectHandshake(pair, { version: 'TLS 1.2' })
  })

  test('without a group of TLS 1.2 that is not offered', () => {
    const pair = new Pair({ client: { groups: ['X25519MLKEM768'] }, server: ONLY })
    expectRefusal(pair, 'server', 'protocol_version')
    expect(pair.server.connection.report().offered?.versions).toEqual(['TLS 1.3'])
  })

  test('an ML-DSA key is for TLS 1.3 alone', () => {
    const identities = [identityOf(certificateWith('ml-dsa-65'))]
    expectHandshake(new Pair({ server: { identities } }), { version: 'TLS 1.3' })
    expectRefusal(new Pair({ client: ONLY, server: { identities } }), 'server', 'handshake_failure', /identities/)
  })

  test('someone who takes TLS 1.3 out of the offer is noticed by the sentinel', () => {
    const honest = new Pair({ client: ONLY }).run()
    const answer = honest.server.flights[0] as Uint8Array
    const pair = new Pair({ client: { cipherSuites: [...new Set(CIPHER_SUITES.map(({ name }) => name))] } })
    pair.client.attend(pair)
    pair.client.connection.receive(answer)
    expect(pair.client.connection.error).toMatchObject({ alert: 'illegal_parameter', path: 'server_hello.random' })
  })
})

describe('what both sides are told', () => {
  const mutual: PairOptions = {
    client: { identities: [identityOf(CLIENT)], keyLog: true, trace: true },
    server: { ...ONLY, clientAuthentication: 'required', keyLog: true },
  }

  test('the report has the four stages, and the messages in their order', () => {
    const pair = new Pair(mutual)
    expectHandshake(pair)
    const report = pair.client.connection.report()
    expect(report.outcome).toBe('complete')
    expect(report.negotiated).toMatchObject({
      version: 'TLS 1.2',
      cipherSuite: 'TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256',
      group: 'x25519',
      clientCertificateRequested: true,
      helloRetryRequest: false,
    })
    expect(report.stages.map(({ state }) => state)).toEqual(['done', 'done', 'done', 'done'])
    expect([report.client.signatureScheme, report.server.signatureScheme]).toEqual(
      Array(2).fill('ecdsa_secp256r1_sha256'),
    )
    expect([report.client.chain.length, report.server.chain.length]).toEqual([1, 1])
    expect(report.offered?.versions).toEqual(['TLS 1.3', 'TLS 1.2'])
    expect(report.messages.map(({ name }) => name)).toEqual([
      'client_hello',
      'server_hello',
      'certificate',
      'server_key_exchange',
      'certificate_request',
      'server_hello_done',
      'certificate',
      'client_key_exchange',
      'certificate_verify',
      'change_cipher_spec',
      'finished',
      'change_cipher_spec',
      'finished',
    ])
    expect(report.messages.filter((message) => message.protected).map(({ name }) => name)).toEqual([
      'finished',
      'finished',
    ])
  })

  test('the key log has the master secret under CLIENT_RANDOM (RFC 9850), and it is the one that exporters come from', () => {
    const pair = new Pair(mutual)
    expectHandshake(pair)
    const [line] = pair.client.keyLog() as [string]
    expect(pair.client.keyLog()).toHaveLength(1)
    expect(pair.server.keyLog()).toEqual([line])
    const [label, clientRandom, secret] = line.split(' ') as [string, string, string]
    expect([label, clientRandom]).toEqual(['CLIENT_RANDOM', toHex(pair.client.sent.subarray(11, 43))])
    const serverRandom = pair.server.sent.subarray(11, 43)
    // RFC 5705 section 4 by other means: one round of the PRF.
    const seed = Buffer.concat([Buffer.from('EXPERIMENTAL-log'), fromHex(clientRandom), serverRandom])
    const hmac = (data: Uint8Array): Buffer => createHmac('sha256', fromHex(secret)).update(data).digest()
    const expected = hmac(Buffer.concat([hmac(seed), seed]))
    const exported = pair.client.connection.exportKeyingMaterial('EXPERIMENTAL-log', undefined, 32)
    expect(toHex(exported)).toBe(expected.toString('hex'))
  })

  test('labels that the handshake itself uses are not exported', () => {
    const pair = new Pair(mutual)
    expectHandshake(pair)
    for (const label of ['master secret', 'key expansion', 'client finished']) {
      expect(() => pair.client.connection.exportKeyingMaterial(label, undefined, 32)).toThrow(TypeError)
    }
  })

  test('every message can be shown field by field', () => {
    const pair = new Pair(mutual)
    expectHandshake(pair)
    const messages = pair.ends.flatMap(({ events }) => events.filter((event) => event.type === 'message'))
    expect(messages).toHaveLength(11)
    for (const { raw, version } of messages) {
      const { name, fields, problem } = mapFields(raw, version ?? 'TLS 1.3')
      expect(problem, name).toBeUndefined()
      if (name !== 'server_hello_done') expect(fields.length, name).toBeGreaterThan(0)
      if (name === 'server_hello')
        expect(fields.map(({ path }) => path)).toContain('server_hello.extensions.extended_master_secret')
    }
  })

  test('the server is judged before the client sends anything more', () => {
    const pair = new Pair({
      client: {
        decide: (task, connection) => {
          if (task.kind === 'verify-peer') connection.resume<'verify-peer'>(task.id, { accepted: false })
          return task.kind === 'verify-peer'
        },
      },
      server: ONLY,
    })
    expectRefusal(pair, 'client', 'certificate_unknown')
    expect(pair.server.connection.report().messages.map(({ name }) => name)).not.toContain('client_key_exchange')
  })
})

describe('after the handshake', () => {
  test('there are no new keys, and a connection ends where its one key does', () => {
    const pair = new Pair({ client: { keyUpdateAfter: 4 }, server: ONLY })
    expectHandshake(pair)
    expect(() => pair.client.connection.updateKeys()).toThrow(/TLS 1\.3/)
    // Finished and one record of data were sent.
    pair.talk('1', '').talk('2', '')
    pair.client.connection.write(Uint8Array.of(3))
    pair.run()
    expect(pair.client.connection.error).toMatchObject({ alert: 'internal_error', fault: 'host' })
    expect(pair.server.connection.error).toMatchObject({ alert: 'internal_error', fault: 'peer-alert' })
    expect(pair.server.text).toBe('from the client12')
  })

  test('long data is split into records', () => {
    const pair = new Pair({ client: { maxRecordLength: 100, padding: { toMultipleOf: 64 } }, server: ONLY })
    expectHandshake(pair)
    pair.talk('x'.repeat(1000), '')
    expect(pair.server.text).toBe(`from the client${'x'.repeat(1000)}`)
  })

  test('close_notify is answered by nothing but an end', () => {
    const pair = new Pair({ server: ONLY })
    expectHandshake(pair)
    pair.client.connection.close()
    pair.run()
    expect(pair.server.events.at(-1)?.type).toBe('peer-closed')
    pair.server.connection.close()
    pair.run()
    expect([pair.client.connection.state, pair.server.connection.state]).toEqual(['closed', 'closed'])
  })
})

test('byte by byte it is the same', () => {
  const pair = new Pair({
    client: { identities: [identityOf(CLIENT)] },
    server: { ...ONLY, clientAuthentication: 'required' },
    cut: () => singleBytes,
  })
  expectHandshake(pair, { version: 'TLS 1.2' })
})

test.each(['client', 'server'] as const)('what the %s requires: the extended master secret', (end) => {
  const pair = new Pair({ client: ONLY, [end]: { ...ONLY, requireExtendedMasterSecret: true } })
  expectHandshake(pair, { version: 'TLS 1.2' })
})
