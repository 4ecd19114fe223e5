/** Raw public keys (RFC 7250): which type both sides agree on, what is shown, and whom that convinces. */

import { describe, expect, test } from 'vitest'
import { toHex } from '../../src/bytes/index.ts'
import { nodeProvider } from '../../src/crypto/node.ts'
import { createPortableProvider } from '../../src/crypto/portable.ts'
import {
  type CertificateType,
  clientConnection,
  type Identity,
  serverConnection,
  type Task,
} from '../../src/tls/index.ts'
import { mapFields } from '../../src/tls/message/field-map.ts'
import { readClientHello } from '../../src/tls/message/client-hello.ts'
import { createBlocklist, createKeySet, type KeySet } from '../../src/x509/index.ts'
import { issue, type TestCertificate } from '../pki.ts'
import { CA, CLIENT, identityOf, Pair, type PairOptions, rawIdentityOf, SERVER } from './pair.ts'
import { SimulatedClock } from './wire.ts'

const VERSIONS = ['TLS 1.3', 'TLS 1.2'] as const

function hashOf(key: Uint8Array): string {
  return toHex(nodeProvider.hashes.sha256.digest(key))
}

function keySet(...certificates: readonly TestCertificate[]): KeySet {
  const hashes = certificates.map((one) => hashOf(rawIdentityOf(one).rawPublicKey as Uint8Array))
  return createKeySet({ name: 'trusted keys', hashes })
}

const RAW_FIRST: readonly CertificateType[] = ['RawPublicKey', 'X509']
const RAW_ONLY: readonly CertificateType[] = ['RawPublicKey']
const trusting = { validation: { trustedKeys: keySet(SERVER, CLIENT) } }
const RAW_SERVER = rawIdentityOf(SERVER)
const RAW_CLIENT = rawIdentityOf(CLIENT)

function pairOf(version: (typeof VERSIONS)[number], { client, server }: PairOptions): Pair {
  return new Pair({ client: { versions: [version], ...client }, server: { versions: [version], ...server } }).run()
}

const portableProvider = createPortableProvider()
const NO_ALERT = [undefined, undefined]

function alertsOf(pair: Pair): unknown {
  return pair.ends.map(({ connection }) => [connection.error?.fault, connection.error?.alert])
}

describe.each(VERSIONS)('%s', (version) => {
  describe('a server', () => {
    const X = identityOf(SERVER)
    const cases: readonly [string, readonly CertificateType[], readonly Identity[], CertificateType][] = [
      ['a raw key to a client that takes nothing else', RAW_ONLY, [RAW_SERVER], 'RawPublicKey'],
      ['a raw key to a client that takes both', RAW_FIRST, [RAW_SERVER], 'RawPublicKey'],
      ['certificates to a client that prefers raw keys', RAW_FIRST, [X], 'X509'],
      ['the first of its own, a raw key', ['X509', 'RawPublicKey'], [RAW_SERVER, X], 'RawPublicKey'],
      ['the first of its own, certificates', RAW_FIRST, [X, RAW_SERVER], 'X509'],
      ['the one that the client takes, a raw key', RAW_ONLY, [X, RAW_SERVER], 'RawPublicKey'],
      ['the one that the client takes, certificates', ['X509'], [RAW_SERVER, X], 'X509'],
    ]
    test.each(cases)('shows %s', (_, serverCertificateTypes, identities, shown) => {
      const pair = pairOf(version, { client: { serverCertificateTypes, ...trusting }, server: { identities } }).talk()
      expect(alertsOf(pair)).toEqual([NO_ALERT, NO_ALERT])
      expect([pair.server.text, pair.client.text]).toEqual(['from the client', 'from the server'])
      const { connection } = pair.client
      const isRaw = shown === 'RawPublicKey'
      expect(connection.peerRawPublicKey).toEqual(isRaw ? RAW_SERVER.rawPublicKey : undefined)
      expect(connection.peerCertificates).toEqual(isRaw ? [] : X.chain)
      expect(connection.peerVerdict?.trusted).toBe(true)
      for (const { connection: end } of pair.ends) {
        const { chain, rawPublicKey } = end.report().server
        expect([chain.length, rawPublicKey?.fingerprint]).toEqual(
          isRaw ? [0, hashOf(RAW_SERVER.rawPublicKey as Uint8Array)] : [SERVER.chain.length, undefined],
        )
        if (isRaw) expect(rawPublicKey?.publicKey).toBe('ECDSA P-256')
      }
    })

    test.each([['certificates alone, to a client that takes raw keys alone', RAW_ONLY, [identityOf(SERVER)]]] as const)(
      'that has %s, refuses it',
      (_, serverCertificateTypes, identities) => {
        const pair = pairOf(version, { client: { serverCertificateTypes, ...trusting }, server: { identities } })
        expect(alertsOf(pair)).toEqual([
          ['peer-alert', 'unsupported_certificate'],
          ['peer', 'unsupported_certificate'],
        ])
      },
    )

    test('that has a raw key alone has nothing for a client that takes none', () => {
      const pair = pairOf(version, { server: { identities: [RAW_SERVER] } })
      expect(alertsOf(pair)).toEqual([
        ['peer-alert', 'handshake_failure'],
        ['peer', 'handshake_failure'],
      ])
    })
  })

  describe('a client', () => {
    const X = identityOf(CLIENT)
    const cases: readonly [string, readonly Identity[], readonly CertificateType[], CertificateType][] = [
      ['a raw key that it is asked for', [RAW_CLIENT], RAW_ONLY, 'RawPublicKey'],
      ['a raw key, as the server prefers', [X, RAW_CLIENT], RAW_FIRST, 'RawPublicKey'],
      ['certificates, as the server prefers', [RAW_CLIENT, X], ['X509', 'RawPublicKey'], 'X509'],
      ['certificates to a server that takes nothing else', [RAW_CLIENT, X], ['X509'], 'X509'],
      ['certificates where it has nothing else', [X], RAW_FIRST, 'X509'],
    ]
    test.each(cases)('shows %s', (_, identities, clientCertificateTypes, shown) => {
      const pair = pairOf(version, {
        client: { identities },
        server: { clientAuthentication: 'required', clientCertificateTypes, ...trusting },
      }).talk()
      expect([pair.server.text, pair.client.text]).toEqual(['from the client', 'from the server'])
      const { connection } = pair.server
      const isRaw = shown === 'RawPublicKey'
      expect(connection.peerRawPublicKey).toEqual(isRaw ? RAW_CLIENT.rawPublicKey : undefined)
      expect(connection.peerCertificates).toEqual(isRaw ? [] : X.chain)
      expect(connection.peerVerdict?.trusted).toBe(true)
      for (const { connection: end } of pair.ends) {
        const { chain, rawPublicKey } = end.report().client
        expect([chain.length > 0, rawPublicKey !== undefined]).toEqual([!isRaw, isRaw])
      }
    })

    test.each([
      ['raw keys alone, of a server that takes certificates alone', [RAW_CLIENT], ['X509']],
      ['certificates alone, of a server that takes raw keys alone', [X], RAW_ONLY],
    ] as const)('that has %s, is refused', (_, identities, clientCertificateTypes) => {
      const pair = pairOf(version, {
        client: { identities },
        server: { clientAuthentication: 'optional', clientCertificateTypes, ...trusting },
      })
      expect(alertsOf(pair)).toEqual([
        ['peer-alert', 'unsupported_certificate'],
        ['peer', 'unsupported_certificate'],
      ])
    })

    test('that has a raw key is not asked for it, and nobody minds', () => {
      const pair = pairOf(version, { client: { identities: [RAW_CLIENT] } }).talk()
      expect(pair.server.text).toBe('from the client')
      expect(pair.server.connection.peerRawPublicKey).toBeUndefined()
    })

    test.each([
      ['optional', [undefined, undefined]],
      ['required', ['peer', version === 'TLS 1.3' ? 'certificate_required' : 'handshake_failure']],
    ] as const)('may show nothing in place of a raw key, if that is %s', (clientAuthentication, end) => {
      const pair = pairOf(version, {
        client: { clientCertificateTypes: RAW_ONLY },
        server: { clientAuthentication, clientCertificateTypes: RAW_ONLY, ...trusting },
      })
      expect(alertsOf(pair)).toEqual([end[0] === undefined ? [undefined, undefined] : ['peer-alert', end[1]], end])
      expect(pair.server.connection.peerRawPublicKey).toBeUndefined()
    })

    test('cannot be made to show what was not asked for', () => {
      const pair = pairOf(version, {
        client: {
          identities: [RAW_CLIENT, X],
          decide: (task, connection) => {
            if (task.kind !== 'choose-identity') return false
            connection.resume<'choose-identity'>(task.id, RAW_CLIENT)
            return true
          },
        },
        server: { clientAuthentication: 'optional' },
      })
      expect(alertsOf(pair)).toEqual([
        ['host', 'internal_error'],
        ['peer-alert', 'internal_error'],
      ])
    })
  })

  describe('a raw key', () => {
    const taking = { serverCertificateTypes: RAW_FIRST }
    const server = { identities: [RAW_SERVER] }
    const key = hashOf(RAW_SERVER.rawPublicKey as Uint8Array)

    test.each([
      ['if there is no list', {}, 'unknown-key', 'certificate_unknown'],
      ['if others are listed', { trustedKeys: keySet(CLIENT) }, 'unknown-key', 'certificate_unknown'],
      ['for being pinned alone', { pins: keySet(SERVER) }, 'unknown-key', 'certificate_unknown'],
      ['that others are pinned', { ...trusting.validation, pins: keySet(CLIENT) }, 'pin-mismatch', 'bad_certificate'],
      [
        'that is blocked',
        {
          ...trusting.validation,
          blocklist: createBlocklist({ name: 'blocked', entries: [{ kind: 'key', hash: key }] }),
        },
        'blocked',
        'bad_certificate',
      ],
      ['that is known to be weak', { ...trusting.validation, weakKeys: keySet(SERVER) }, 'weak-key', 'bad_certificate'],
    ] as const)('is not trusted %s', (_, validation, reason, alert) => {
      const pair = pairOf(version, { client: { ...taking, validation }, server })
      expect(alertsOf(pair)).toEqual([
        ['host', alert],
        ['peer-alert', alert],
      ])
      const { verdict } = pair.client.connection.report().server
      expect([verdict?.trusted, verdict?.state, verdict?.reasons[0]?.reason]).toEqual([false, 'refused', reason])
      expect(pair.client.connection.peerRawPublicKey).toBeUndefined()
    })

    test('that is not trusted may be let in, and is not trusted all the same', () => {
      const pair = pairOf(version, { client: { ...taking, verification: 'recorded' }, server })
      expect(pair.client.connection.state).toBe('open')
      expect(pair.client.connection.peerVerdict?.trusted).toBe(false)
      expect(pair.client.connection.report().server.verdict?.state).toBe('not-asked')
    })

    test('of a server without a name is trusted all the same: the list says for whom it is', () => {
      const pair = new Pair({ client: { ...taking, ...trusting, serverName: undefined as never }, server })
      expect(pair.run().client.connection.peerVerdict?.trusted).toBe(true)
    })

    test('is told to the host as what it is', () => {
      const pair = pairOf(version, { client: { ...taking, ...trusting }, server })
      const task = pair.client.tasks.find(
        (one): one is Extract<Task, { kind: 'verify-peer' }> => one.kind === 'verify-peer',
      )
      expect(task).toMatchObject({ chain: [], leaf: undefined, rawPublicKey: RAW_SERVER.rawPublicKey, peer: 'server' })
    })

    test('of 1024 bits is too weak for the policy, trusted or not', () => {
      const weak = issue(CA, { dnsNames: ['server.example'], keyType: 'rsa-1024' })
      const pair = pairOf(version, {
        client: { ...taking, validation: { trustedKeys: keySet(weak) } },
        server: { identities: [rawIdentityOf(weak)] },
      })
      expect(pair.client.connection.report().server.verdict?.reasons.map(({ reason }) => reason)).toEqual(['weak-key'])
    })

    test.each(['rsa-2048', 'ed25519'] as const)('may be of %s', (keyType) => {
      const own = issue(CA, { dnsNames: ['server.example'], keyType })
      const pair = pairOf(version, {
        client: { ...taking, validation: { trustedKeys: keySet(own) } },
        server: { identities: [rawIdentityOf(own)] },
      })
      expect(alertsOf(pair)).toEqual([NO_ALERT, NO_ALERT])
    })

    test('and certificates are mapped field by field', () => {
      for (const identities of [[RAW_SERVER], [identityOf(SERVER)]]) {
        const pair = pairOf(version, { client: { ...taking, ...trusting, trace: true }, server: { identities } })
        const maps = pair.client.events.flatMap((event) =>
          event.type === 'message' ? [mapFields(event.raw, event.version)] : [],
        )
        expect(maps.map(({ name }) => name)).toContain('certificate')
        expect(maps.map(({ problem }) => problem)).toEqual(maps.map(() => undefined))
      }
    })

    test('goes with the portable provider', () => {
      const pair = pairOf(version, {
        client: {
          ...taking,
          ...trusting,
          provider: portableProvider,
          identities: [rawIdentityOf(CLIENT, portableProvider)],
        },
        server: {
          provider: portableProvider,
          identities: [rawIdentityOf(SERVER, portableProvider)],
          clientAuthentication: 'required',
          clientCertificateTypes: RAW_ONLY,
          ...trusting,
        },
      }).talk()
      expect(pair.server.text).toBe('from the client')
    })
  })
})

describe('a ClientHello', () => {
  test.each([
    [{}, undefined, undefined],
    [{ serverCertificateTypes: ['X509'], clientCertificateTypes: ['X509'] }, undefined, undefined],
    [{ serverCertificateTypes: RAW_ONLY }, undefined, [2]],
    [{ serverCertificateTypes: ['X509', 'RawPublicKey'] }, undefined, [0, 2]],
    [{ identities: [RAW_CLIENT] }, [2], undefined],
    [{ identities: [identityOf(CLIENT), RAW_CLIENT] }, [0, 2], undefined],
    [{ identities: [RAW_CLIENT], clientCertificateTypes: ['X509'] }, undefined, undefined],
  ] as const)('of %o has client_certificate_type %o and server_certificate_type %o', (config, client, server) => {
    const connection = clientConnection({ provider: nodeProvider, clock: new SimulatedClock(), trace: true, ...config })
    connection.takeOutput()
    const event = connection.nextEvent()
    if (event?.type !== 'message') throw new Error('there is no ClientHello')
    const { extensions } = readClientHello({ type: 'client_hello', raw: event.raw })
    expect([extensions.client_certificate_type, extensions.server_certificate_type]).toEqual([client, server])
  })
})

describe('a mistake of the caller', () => {
  const base = { provider: nodeProvider, clock: new SimulatedClock() }
  test.each([
    [{ clientCertificateTypes: [] }, /^clientCertificateTypes: needs at least one name/],
    [
      { serverCertificateTypes: ['OpenPGP' as never] },
      /^serverCertificateTypes: needs names among X509, RawPublicKey; has 'OpenPGP'/,
    ],
    [{ serverCertificateTypes: ['X509', 'X509'] as const }, /^serverCertificateTypes: needs each name once/],
    [
      { identities: [{ chain: SERVER.chain, rawPublicKey: RAW_SERVER.rawPublicKey as Uint8Array }] },
      /^identities\[0\]\.chain: needs to be empty/,
    ],
    [{ identities: [{ chain: [] }] }, /^identities\[0\]\.chain: needs at least one certificate/],
  ])('%o', (config, message) => {
    expect(() => clientConnection({ ...base, ...config })).toThrow(message)
  })

  test('a server is told likewise', () => {
    expect(() => serverConnection({ ...base, clientCertificateTypes: [] })).toThrow(/^clientCertificateTypes/)
  })
})
