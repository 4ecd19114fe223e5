import { describe, expect, test } from 'vitest'
import { nodeProvider } from '../../crypto/node.ts'
import type { GroupName } from '../../crypto/provider.ts'
import { serverSettings } from '../config.ts'
import type { ClientHello } from '../message/client-hello.ts'
import { GROUP_CODES } from '../registry.ts'
import { checkTls13ClientHello } from './check-client-hello.ts'
import { handshakeSchemes, isPostQuantum, schemeNames, selectGroup } from './negotiate.ts'

const clock = { now: () => 0, wall: () => 0 }

function helloWith(groups: readonly GroupName[], shares: readonly GroupName[]): ClientHello {
  return {
    legacyVersion: 0x0303,
    random: new Uint8Array(32),
    legacySessionId: new Uint8Array(0),
    cipherSuites: [0x1301],
    legacyCompressionMethods: Uint8Array.of(0),
    extensions: {
      supported_versions: [0x0304],
      signature_algorithms: [0x0403],
      supported_groups: groups.map((name) => GROUP_CODES[name]),
      key_share: shares.map((name) => ({ group: GROUP_CODES[name], keyExchange: Uint8Array.of(1) })),
    },
    extensionOrder: [43, 13, 10, 51],
    unreadExtensions: [],
    raw: new Uint8Array(0),
  }
}

describe('the group', () => {
  const all: readonly GroupName[] = ['X25519MLKEM768', 'x25519', 'secp256r1']
  test.each<[server: GroupName[], offered: readonly GroupName[], shares: GroupName[], GroupName, hasShare: boolean]>([
    [['X25519MLKEM768', 'x25519'], all, ['X25519MLKEM768', 'x25519'], 'X25519MLKEM768', true],
    [['x25519', 'secp256r1'], all, ['X25519MLKEM768', 'x25519'], 'x25519', true],
    // Worth a round trip: a post-quantum group both know.
    [['X25519MLKEM768', 'x25519'], all, ['x25519'], 'X25519MLKEM768', false],
    // Not worth one: a better group of the same strength.
    [['secp256r1', 'x25519'], all, ['x25519'], 'x25519', true],
    // A post-quantum group with a share, though another is liked better.
    [
      ['SecP256r1MLKEM768', 'X25519MLKEM768'],
      [...all, 'SecP256r1MLKEM768'],
      ['X25519MLKEM768'],
      'X25519MLKEM768',
      true,
    ],
    [['x25519'], all, [], 'x25519', false],
  ])('server %j, client %j with %j: %s', (groups, offered, shares, group, hasShare) => {
    const selected = selectGroup(serverSettings({ provider: nodeProvider, clock, groups }), helloWith(offered, shares))
    expect([selected.group.name, selected.share !== undefined]).toEqual([group, hasShare])
  })

  test('hybrids are known by their name', () => {
    const hybrids = nodeProvider.groups.map(({ name }) => name).filter(isPostQuantum)
    expect(hybrids).toEqual(['X25519MLKEM768', 'SecP256r1MLKEM768', 'SecP384r1MLKEM1024'])
  })
})

describe('a ClientHello', () => {
  test('with shares for some of its groups is right', () => {
    const hello = helloWith(['X25519MLKEM768', 'x25519', 'secp256r1'], ['X25519MLKEM768', 'secp256r1'])
    expect(() => checkTls13ClientHello(hello)).not.toThrow()
  })

  test.each<[string, GroupName[], GroupName[]]>([
    ['a share twice', ['x25519'], ['x25519', 'x25519']],
    ['shares in another order', ['x25519', 'secp256r1'], ['secp256r1', 'x25519']],
    ['a share of another group', ['x25519'], ['secp256r1']],
  ])('with %s is not', (_, groups, shares) => {
    expect(() => checkTls13ClientHello(helloWith(groups, shares))).toThrow(/client_hello\.key_share/)
  })
})

test("schemes keep the peer's order; what is not ours or signs certificates only is left out", () => {
  const codes = [0x0807, 0x0401, 0xfe00, 0x0403, 0x0a0a]
  const all = serverSettings({ provider: nodeProvider, clock })
  expect(handshakeSchemes(all, 'TLS 1.3', codes).map(({ name }) => name)).toEqual(['ed25519', 'ecdsa_secp256r1_sha256'])
  const some = serverSettings({ provider: nodeProvider, clock, signatureSchemes: ['ecdsa_secp256r1_sha256'] })
  expect(handshakeSchemes(some, 'TLS 1.3', codes).map(({ name }) => name)).toEqual(['ecdsa_secp256r1_sha256'])
  expect(schemeNames(codes)).toEqual(['ed25519', 'rsa_pkcs1_sha256', 'ecdsa_secp256r1_sha256'])
})
