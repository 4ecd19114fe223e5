/**
 * Attacks that need cryptography which is no longer strong, or used badly: what is weak is neither offered nor taken.
 * Each is named as it was published.
 */

import { describe, expect, test } from 'vitest'
import { concatBytes, fromHex } from '../../src/bytes/index.ts'
import { nodeProvider } from '../../src/crypto/node.ts'
import { createPortableProvider } from '../../src/crypto/portable.ts'
import type { GroupName } from '../../src/crypto/provider.ts'
import { GROUP_CODES } from '../../src/tls/index.ts'
import { type ClientHello } from '../../src/tls/message/client-hello.ts'
import { identityOf, SERVER } from '../pair/pair.ts'
import { RogueClient } from '../rogue/client.ts'
import { EXTENSION, extension, handshake, replacing, u16, vector } from '../rogue/messages.ts'
import { expectEnd } from '../rogue/rule.ts'
import { RogueServer } from '../rogue/server.ts'
import { badShares } from '../rogue/shares.ts'
import { RogueClient12 } from '../rogue12/client.ts'
import { RogueServer12 } from '../rogue12/server.ts'

/** Everything that a client offers which was told nothing. */
function fullOffer(): ClientHello {
  const all = { cipherSuites: undefined, groups: undefined, keyShares: undefined } as object
  return new RogueServer(all).hello as ClientHello
}

/** Codes of schemes with MD5, SHA-1 and SHA-224 (RFC 5246 section 7.4.1.4.1), right or left of which stands the signature. */
const WEAK_SCHEMES = [0x0101, 0x0102, 0x0103, 0x0201, 0x0202, 0x0203, 0x0301, 0x0302, 0x0303]
function named(codes: readonly number[]): (readonly [string, number])[] {
  return codes.map((code) => [`0x${code.toString(16).padStart(4, '0')}`, code])
}

const TLS12 = { versions: ['TLS 1.2'] } as const

describe('SLOTH: collisions of MD5 and SHA-1 in what is signed', () => {
  test('a client offers none of them', () => {
    const { signature_algorithms: offered } = fullOffer().extensions
    expect(offered?.length).toBeGreaterThan(8)
    for (const scheme of WEAK_SCHEMES) expect(offered).not.toContain(scheme)
  })

  test.each(named(WEAK_SCHEMES))('a server signs with %s', (_, scheme) => {
    const server = new RogueServer().through('certificate').certificateVerify((own) => ({ ...own, scheme }))
    expectEnd(server, 'illegal_parameter', 'certificate_verify.algorithm')
    const older = new RogueServer12().through('certificate').serverKeyExchange((own) => ({ ...own, scheme }))
    expectEnd(older, 'illegal_parameter', 'server_key_exchange.algorithm')
  })

  test.each(named(WEAK_SCHEMES))('a client signs with %s', (_, scheme) => {
    const client = new RogueClient({ clientAuthentication: 'required' }).clientHello().certificate()
    client.certificateVerify((own) => ({ ...own, scheme }))
    expectEnd(client, 'illegal_parameter', 'certificate_verify.algorithm')
    const older = new RogueClient12({ clientAuthentication: 'required' }).clientHello().certificate()
    older.clientKeyExchange().certificateVerify((own) => ({ ...own, scheme }))
    expectEnd(older, 'illegal_parameter', 'certificate_verify.algorithm')
  })

  test('a server asks a client for such a signature: it gets none', () => {
    const server = new RogueServer12().through('server_key_exchange')
    server.certificateRequest((own) => ({ ...own, schemes: WEAK_SCHEMES })).open()
    expect(server.connection.state).toBe('open')
    expect(server.connection.negotiated?.ownSignatureScheme).toBeUndefined()
    const newer = new RogueServer().through('encrypted_extensions')
    newer.certificateRequest(replacing(EXTENSION.signature_algorithms, vector(2, u16(...WEAK_SCHEMES)))).to('open')
    expect(newer.connection.negotiated?.ownSignatureScheme).toBeUndefined()
  })

  test('a client asks a server for such a signature: it gets none', () => {
    const weak = replacing(EXTENSION.signature_algorithms, vector(2, u16(...WEAK_SCHEMES)))
    expectEnd(new RogueClient12().offering(weak), 'handshake_failure', 'identities')
    expectEnd(new RogueClient().offering(weak), 'handshake_failure', /identities|signature_algorithms/)
  })
})

/** What no offer may hold and no server may take, by the attack that lives on it. */
const WEAK_SUITES = {
  'FREAK: RSA keys for export': [0x0003, 0x0006, 0x0008, 0x0062, 0x0064],
  'Logjam: Diffie-Hellman for export': [0x000b, 0x000e, 0x0011, 0x0014, 0x0063, 0x0065],
  'ROBOT, and Bleichenbacher before it: RSA key exchange': [0x000a, 0x002f, 0x0035, 0x003c, 0x009c, 0x009d],
  'Raccoon: finite-field Diffie-Hellman': [0x0033, 0x0039, 0x0067, 0x009e, 0x009f, 0xccaa, 0x00a0, 0x00a2],
  'Lucky 13 and POODLE: CBC': [0xc009, 0xc00a, 0xc013, 0xc014, 0xc023, 0xc024, 0xc027, 0xc028],
  'Sweet32: blocks of 64 bits': [0x0016, 0x0013, 0xc008, 0xc012],
  'the biases of RC4': [0x0004, 0x0005, 0xc007, 0xc011],
  'no authentication, no encryption': [0x0000, 0x0001, 0x0002, 0x0018, 0x003b, 0xc006, 0xc010, 0x00a6, 0xc018],
  'static ECDH, which invalid points break': [0xc001, 0xc004, 0xc005, 0xc02d, 0xc02e, 0xc031],
}

describe.each(Object.entries(WEAK_SUITES))('%s', (_, suites) => {
  test('is not offered', () => {
    const { cipherSuites } = fullOffer()
    expect(cipherSuites.length).toBeGreaterThan(8)
    for (const suite of suites) expect(cipherSuites).not.toContain(suite)
  })

  test('is refused by a client where a server takes it', () => {
    for (const cipherSuite of suites) {
      const server = new RogueServer12().serverHello((own) => ({ ...own, cipherSuite }))
      expectEnd(server, 'illegal_parameter', 'server_hello.cipher_suite')
      const newer = new RogueServer().serverHello((own) => ({ ...own, cipherSuite }))
      expectEnd(newer, 'illegal_parameter', 'server_hello.cipher_suite')
    }
  })

  test('is not taken by a server where it is all there is', () => {
    for (const config of [{}, TLS12]) {
      const client = new RogueClient12(config).clientHello((own) => ({ ...own, cipherSuites: u16(...suites) }))
      expectEnd(client, 'handshake_failure', 'client_hello.cipher_suites')
    }
  })
})

describe('FREAK, Logjam: a key exchange that the suite does not have', () => {
  test.each([
    [
      'an RSA key of 512 bits',
      concatBytes(vector(2, new Uint8Array(64).fill(0xc1)), vector(2, Uint8Array.of(1, 0, 1))),
    ],
    [
      'Diffie-Hellman of 512 bits',
      concatBytes(vector(2, new Uint8Array(64).fill(0xf3)), vector(2, Uint8Array.of(2)), vector(2, new Uint8Array(64))),
    ],
    ['a prime curve of its own', concatBytes(Uint8Array.of(1), vector(1, new Uint8Array(32)))],
  ])('%s in a signed ServerKeyExchange', (_, parameters) => {
    const server = new RogueServer12().through('certificate').sharing(parameters)
    expectEnd(server, 'illegal_parameter', 'server_key_exchange.curve_type')
  })
})

describe('ROBOT: a server tells nothing of what an RSA ciphertext holds', () => {
  test('whatever stands in ClientKeyExchange, the answer is one and the same', () => {
    const bodies = [
      vector(2, new Uint8Array(256)),
      vector(2, concatBytes(Uint8Array.of(0, 2), new Uint8Array(254).fill(7))),
      vector(2, new Uint8Array(256).fill(255)),
    ]
    for (const body of bodies) {
      const client = new RogueClient12().clientHello()
      client.record(22, handshake(16, body))
      expectEnd(client, 'decode_error', /^client_key_exchange/)
    }
  })
})

describe('Raccoon: a shared secret loses its leading zeros', () => {
  const FFDHE = [0x0100, 0x0101, 0x0102, 0x0103, 0x0104]

  test('no finite-field group is offered', () => {
    const { supported_groups: groups, key_share: shares } = fullOffer().extensions
    expect(groups).toContain(GROUP_CODES.x25519)
    for (const group of FFDHE)
      expect([...(groups ?? []), ...(shares ?? []).map((one) => one.group)]).not.toContain(group)
  })

  test.each(named(FFDHE))('the group %s is taken by nobody', (_, group) => {
    const retry = new RogueServer().retry(replacing(EXTENSION.key_share, u16(group)))
    expectEnd(retry, 'illegal_parameter', 'hello_retry_request.key_share')
    expectEnd(
      new RogueServer().sharing(group, new Uint8Array(256)),
      'illegal_parameter',
      'server_hello.key_share.group',
    )
    const only = replacing(EXTENSION.supported_groups, vector(2, u16(group)))
    expectEnd(new RogueClient12().offering(only), 'handshake_failure', 'client_hello.supported_groups')
    const parameters = concatBytes(Uint8Array.of(3), u16(group), vector(1, new Uint8Array(200)))
    const older = new RogueServer12().through('certificate').sharing(parameters)
    expectEnd(older, 'illegal_parameter', 'server_key_exchange.named_curve')
  })
})

describe('Lucky 13, Vaudenay: a record that does not open tells nothing of why', () => {
  const makers = {
    'TLS 1.3': () => new RogueServer().to('open'),
    'TLS 1.2': () => new RogueServer12().open(),
  }

  test.each(Object.entries(makers))('%s', (_, make) => {
    for (const at of [5, 6, 12, 13, 20, 28, -17, -16, -8, -1]) {
      const server = make()
      const record = server.sealed(23, new Uint8Array(20))
      const index = at < 0 ? record.length + at : at
      record[index] = (record[index] as number) ^ 1
      expectEnd(server.raw(record), 'bad_record_mac', /^record\.(fragment|encrypted_record)$/)
    }
  })
})

/** Of order 1, 2, 4 and 8 on the curve and its twist, and what is the same modulo the prime. */
const SMALL_ORDER_X25519 = [
  '0000000000000000000000000000000000000000000000000000000000000000',
  '0100000000000000000000000000000000000000000000000000000000000000',
  'e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800',
  '5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  // The topmost bit is not looked at (RFC 7748 section 5).
  '0000000000000000000000000000000000000000000000000000000000000080',
].map(fromHex)

describe.each([
  ['the Node provider', nodeProvider],
  ['the portable provider', createPortableProvider()],
])('an all-zero shared secret of X25519, with %s', (_, provider) => {
  test('of a server', () => {
    for (const share of SMALL_ORDER_X25519) {
      const server = new RogueServer({ provider }).sharing(GROUP_CODES.x25519, share)
      expectEnd(server, 'illegal_parameter', 'server_hello.key_share.key_exchange')
      const older = new RogueServer12({ provider }).through('certificate')
      older.sharing(concatBytes(Uint8Array.of(3), u16(GROUP_CODES.x25519), vector(1, share))).serverHelloDone()
      expectEnd(older, 'illegal_parameter', 'server_key_exchange.point')
    }
  })

  test('of a client', () => {
    for (const share of SMALL_ORDER_X25519) {
      const client = new RogueClient({ provider, identities: [identityOf(SERVER, provider)] })
      client.sharing(GROUP_CODES.x25519, share)
      expectEnd(client, 'illegal_parameter', /^client_hello.key_share/)
      const older = new RogueClient12({ groups: ['x25519'] }).clientHello().clientKeyExchange(share)
      expectEnd(older, 'illegal_parameter', 'client_key_exchange.point')
    }
  })
})

describe('invalid curves, points of small order', () => {
  const CASES = (['client', 'server'] as const).map((from) => [from, badShares(from)] as const)

  test.each(CASES)('every share that is none, from a %s, in TLS 1.3', (from, shares) => {
    expect(new Set(shares.map(({ group }) => group)).size).toBe(7)
    for (const { group, share } of shares) {
      const config = { groups: [group], keyShares: [group] } as const
      const peer =
        from === 'server'
          ? new RogueServer(config).sharing(GROUP_CODES[group], share)
          : new RogueClient({ groups: [group] }).offering((own) => [
              ...own.filter(({ code }) => code !== EXTENSION.key_share && code !== EXTENSION.supported_groups),
              extension(EXTENSION.supported_groups, vector(2, u16(GROUP_CODES[group]))),
              extension(EXTENSION.key_share, vector(2, concatBytes(u16(GROUP_CODES[group]), vector(2, share)))),
            ])
      expectEnd(peer, 'illegal_parameter', /key_share/)
    }
  })

  test.each(CASES)('and in TLS 1.2', (from, shares) => {
    const classical = new Set<GroupName>(['x25519', 'secp256r1', 'secp384r1', 'secp521r1'])
    for (const { group, share } of shares.filter((one) => classical.has(one.group))) {
      const groups = group === 'secp256r1' ? [group] : [group, 'secp256r1' as const]
      if (from === 'server') {
        const server = new RogueServer12({ groups }).through('certificate')
        server.sharing(concatBytes(Uint8Array.of(3), u16(GROUP_CODES[group]), vector(1, share))).serverHelloDone()
        expectEnd(server, 'illegal_parameter', 'server_key_exchange.point')
      } else {
        const client = new RogueClient12({ groups })
        client.offering(
          replacing(EXTENSION.supported_groups, vector(2, u16(...groups.map((name) => GROUP_CODES[name])))),
        )
        expectEnd(client.clientKeyExchange(share), 'illegal_parameter', 'client_key_exchange.point')
      }
    }
  })
})

describe.each([
  ['the Node provider', nodeProvider],
  ['the portable provider', createPortableProvider()],
])('psychic signatures (CVE-2022-21449): r and s of zero fit any message, with %s', (_, provider) => {
  test.each([
    ['0 and 0', '3006020100020100'],
    // The order of P-256.
    [
      'n and n',
      '3046022100ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551022100ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551',
    ],
    ['nothing', ''],
  ])('%s', (_name, hex) => {
    const signature = fromHex(hex)
    const server = new RogueServer({ provider }).through('certificate')
    server.certificateVerify((own) => ({ ...own, signature }))
    expectEnd(server, 'decrypt_error', 'certificate_verify.signature')
    const older = new RogueServer12({ provider }).through('certificate')
    older.serverKeyExchange((own) => ({ ...own, signature }))
    expectEnd(older, 'decrypt_error', 'server_key_exchange.signature')
  })
})

describe('compression, by which CRIME reads', () => {
  test('is not offered, and not taken', () => {
    expect([...fullOffer().legacyCompressionMethods]).toEqual([0])
    const server = new RogueServer12().serverHello((own) => ({ ...own, compression: 1 }))
    expectEnd(server, 'illegal_parameter', 'server_hello.compression_method')
    const client = new RogueClient12().clientHello((own) => ({ ...own, compression: Uint8Array.of(1) }))
    expectEnd(client, 'illegal_parameter', 'client_hello.legacy_compression_methods')
  })
})

test('DROWN, POODLE: no version before TLS 1.2 is spoken', () => {
  for (const legacyVersion of [0x0200, 0x0300, 0x0301, 0x0302]) {
    const server = new RogueServer12().serverHello((own) => ({ ...own, legacyVersion }))
    expectEnd(server, 'protocol_version', 'server_hello.supported_versions')
    const client = new RogueClient12().clientHello((own) => ({ ...own, legacyVersion }))
    expectEnd(client, 'protocol_version', 'client_hello.supported_versions')
  }
  const ssl2 = new RogueClient().raw(fromHex('802e0100020015000000100700c0030080010080'))
  expectEnd(ssl2, 'unexpected_message', 'record.type')
  expect(() => new RogueClient({ versions: ['TLS 1.1' as 'TLS 1.2'] })).toThrow(TypeError)
})
