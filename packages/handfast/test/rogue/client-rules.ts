/** What a client may not do to a server of ours (RFC 9846 sections 4.2 to 4.4). */

import { concatBytes } from '../../src/bytes/index.ts'
import { GROUP_CODES, type ServerConfig } from '../../src/tls/index.ts'
import type { RogueClient } from './client.ts'
import {
  adding,
  type ClientHelloParts,
  EXTENSION,
  extension,
  handshake,
  replacing,
  text,
  u16,
  vector,
  without,
} from './messages.ts'
import type { Rule } from './rule.ts'
import { badShares } from './shares.ts'

type ClientRule = Rule<RogueClient, Partial<ServerConfig>>

const key = GROUP_CODES
const NAMES = {
  supported_groups: EXTENSION.supported_groups,
  signature_algorithms: EXTENSION.signature_algorithms,
  key_share: EXTENSION.key_share,
} as const

const PSK_IDENTITY = concatBytes(vector(2, text('a ticket')), new Uint8Array(4))
const BINDER = vector(1, new Uint8Array(32))
const PSK = concatBytes(vector(2, PSK_IDENTITY), vector(2, BINDER))
const MODES = [extension(EXTENSION.psk_key_exchange_modes, [1, 1])]

function share(group: number, bytes: Uint8Array = new Uint8Array(32).fill(9)): Uint8Array {
  return concatBytes(u16(group), vector(2, bytes))
}

/** A server_name extension with these entries of type and name. */
function serverName(...entries: readonly (readonly [type: number, name: string])[]): Uint8Array {
  return vector(2, ...entries.map(([type, name]) => concatBytes(Uint8Array.of(type), vector(2, text(name)))))
}

/** The same rule for every value. */
function each<T>(
  values: readonly (readonly [name: string, value: T])[],
  rule: (value: T) => Omit<ClientRule, 'name'>,
): ClientRule[] {
  return values.map(([name, value]) => ({ name, ...rule(value) }))
}

export const CLIENT_HELLO: readonly ClientRule[] = [
  ...each<number>(
    [
      ['legacy_version 0x0301', 0x0301],
      ['legacy_version 0x0304', 0x0304],
    ],
    (legacyVersion) => ({
      alert: 'protocol_version',
      path: 'client_hello.legacy_version',
      play: (c) => c.clientHello((own) => ({ ...own, legacyVersion })),
    }),
  ),
  {
    name: 'TLS 1.2 at most',
    alert: 'protocol_version',
    path: 'client_hello.supported_versions',
    play: (c) => c.offering(without(EXTENSION.supported_versions)),
  },
  {
    name: 'no extensions at all',
    alert: 'protocol_version',
    path: 'client_hello.supported_versions',
    play: (c) =>
      c.message(handshake(1, concatBytes(u16(0x0303), new Uint8Array(33), u16(2, 0xc02f), Uint8Array.of(1, 0)))),
  },
  {
    name: 'other versions only',
    alert: 'protocol_version',
    path: 'client_hello.supported_versions',
    play: (c) => c.offering(replacing(EXTENSION.supported_versions, vector(1, u16(0x0303, 0x7f1c, 0x0a0a)))),
  },
  ...each<number[]>(
    [
      ['compression beside none', [1, 0]],
      ['compression', [1]],
      ['no compression twice', [0, 0]],
    ],
    (compression) => ({
      alert: 'illegal_parameter',
      path: 'client_hello.legacy_compression_methods',
      play: (c) => c.clientHello((own) => ({ ...own, compression: Uint8Array.from(compression) })),
    }),
  ),
  ...each<keyof typeof NAMES>(
    [
      ['no supported_groups', 'supported_groups'],
      ['no signature_algorithms', 'signature_algorithms'],
      ['no key_share', 'key_share'],
    ],
    (name) => ({
      alert: 'missing_extension',
      path: `client_hello.${name}`,
      play: (c) => c.offering(without(NAMES[name])),
    }),
  ),
  {
    name: 'no cipher suite of ours',
    alert: 'handshake_failure',
    path: 'client_hello.cipher_suites',
    play: (c) => c.clientHello((own) => ({ ...own, cipherSuites: u16(0x1304, 0xc02f) })),
  },
  {
    name: 'no group of ours',
    alert: 'handshake_failure',
    path: 'client_hello.supported_groups',
    play: (c) =>
      c.offering((own) =>
        replacing(EXTENSION.key_share, [0, 0])(replacing(EXTENSION.supported_groups, vector(2, u16(0x0100)))(own)),
      ),
  },
  {
    name: 'no signature scheme of ours',
    alert: 'handshake_failure',
    path: 'identities',
    play: (c) => c.offering(replacing(EXTENSION.signature_algorithms, vector(2, u16(0x0807, 0x0203)))),
  },
  {
    name: 'schemes for certificates only',
    alert: 'handshake_failure',
    path: 'identities',
    play: (c) => c.offering(replacing(EXTENSION.signature_algorithms, vector(2, u16(0x0401, 0x0501)))),
  },
  {
    name: 'no protocol of ours',
    alert: 'no_application_protocol',
    path: 'client_hello.application_layer_protocol_negotiation',
    config: { alpnProtocols: ['h2'] },
    play: (c) => c.offering(adding(extension(EXTENSION.alpn, vector(2, vector(1, text('http/1.1')))))),
  },
  {
    name: 'a name that no identity covers',
    alert: 'unrecognized_name',
    path: 'client_hello.server_name',
    config: { rejectUnknownServerName: true },
    play: (c) => c.offering(replacing(EXTENSION.server_name, serverName([0, 'other.example']))),
  },
  {
    name: 'no name, where one is needed',
    alert: 'missing_extension',
    path: 'client_hello.server_name',
    config: { rejectUnknownServerName: true },
    play: (c) => c.offering(without(EXTENSION.server_name)),
  },
  ...each<[path: string, data: Uint8Array]>(
    [
      ['two names', ['server_name_list', serverName([0, 'a.example'], [0, 'b.example'])]],
      ['a name that is no host_name', ['server_name_list.name_type', serverName([1, 'a.example'])]],
      ['a name with a line break', ['server_name_list.host_name', serverName([0, 'a.example\n'])]],
      ['a name with a zero byte', ['server_name_list.host_name', serverName([0, 'a.example\0b'])]],
      ['a name of 256 bytes', ['host_name', serverName([0, 'x'.repeat(256)])]],
    ],
    ([path, data]) => ({
      alert: 'illegal_parameter',
      path: `client_hello.extensions.server_name.${path}`,
      play: (c) => c.offering(replacing(EXTENSION.server_name, data)),
    }),
  ),
  ...each<number>(
    [
      ['supported_versions twice', EXTENSION.supported_versions],
      ['server_name twice', EXTENSION.server_name],
    ],
    (code) => ({
      alert: 'illegal_parameter',
      path: code === 0 ? 'client_hello.server_name' : 'client_hello.supported_versions',
      play: (c) => c.offering((own) => [...own, ...own.filter((one) => one.code === code)]),
    }),
  ),
  {
    name: 'an unknown extension twice',
    alert: 'illegal_parameter',
    path: `client_hello.${EXTENSION.unknown}`,
    play: (c) => c.offering(adding(extension(EXTENSION.unknown), extension(EXTENSION.unknown))),
  },
  {
    name: 'an extension that has no place there',
    alert: 'illegal_parameter',
    path: 'client_hello.oid_filters',
    play: (c) => c.offering(adding(extension(EXTENSION.oid_filters, [0, 0]))),
  },
  {
    name: 'pre_shared_key before the last place',
    alert: 'illegal_parameter',
    path: 'client_hello.pre_shared_key',
    play: (c) =>
      c.offering(adding(extension(EXTENSION.pre_shared_key, PSK), extension(EXTENSION.psk_key_exchange_modes, [1, 1]))),
  },
  {
    name: 'pre_shared_key without psk_key_exchange_modes',
    alert: 'missing_extension',
    path: 'client_hello.psk_key_exchange_modes',
    play: (c) => c.offering(adding(extension(EXTENSION.pre_shared_key, PSK))),
  },
  ...each<Uint8Array>(
    [
      ['more identities than binders', concatBytes(vector(2, PSK_IDENTITY, PSK_IDENTITY), vector(2, BINDER))],
      ['more binders than identities', concatBytes(vector(2, PSK_IDENTITY), vector(2, BINDER, BINDER))],
    ],
    (data) => ({
      alert: 'illegal_parameter',
      path: 'client_hello.extensions.pre_shared_key.binders',
      play: (c) => c.offering(adding(...MODES, extension(EXTENSION.pre_shared_key, data))),
    }),
  ),
  ...each<Uint8Array>(
    [
      ['no identities', concatBytes(vector(2), vector(2, BINDER))],
      ['no binders', concatBytes(vector(2, PSK_IDENTITY), vector(2))],
      ['a short binder', concatBytes(vector(2, PSK_IDENTITY), vector(2, vector(1, new Uint8Array(31))))],
      ['an empty identity', concatBytes(vector(2, vector(2), new Uint8Array(5)), vector(2, BINDER))],
      ['no age', concatBytes(vector(2, vector(2, new Uint8Array(5))), vector(2, BINDER))],
    ],
    (data) => ({
      alert: 'decode_error',
      path: /^client_hello\.extensions\.pre_shared_key\./,
      play: (c) => c.offering(adding(...MODES, extension(EXTENSION.pre_shared_key, data))),
    }),
  ),
  ...each<Uint8Array>(
    [
      ['two shares of a group', vector(2, share(key.x25519), share(key.x25519))],
      ['a share of a group that is not in supported_groups', vector(2, share(key.secp384r1))],
      ['shares in another order than supported_groups', vector(2, share(key.secp256r1), share(key.x25519))],
    ],
    (data) => ({
      alert: 'illegal_parameter',
      path: 'client_hello.key_share',
      play: (c) => c.offering(replacing(EXTENSION.key_share, data)),
    }),
  ),
  ...badShares('client').map(({ what, group, share: bytes }): ClientRule => ({
    name: `a share of ${group} that is ${what}`,
    alert: 'illegal_parameter',
    path: 'client_hello.key_share.key_exchange',
    config: { groups: [group] },
    play: (c) =>
      c.offering((own) =>
        replacing(
          EXTENSION.supported_groups,
          vector(2, u16(key[group])),
        )(replacing(EXTENSION.key_share, vector(2, share(key[group], bytes)))(own)),
      ),
  })),
]

/** What does not follow the syntax. */
export const CLIENT_HELLO_SYNTAX: readonly ClientRule[] = [
  ...each<[path: string, change: Partial<ClientHelloParts>]>(
    [
      ['a session id of 33 bytes', ['legacy_session_id', { sessionId: new Uint8Array(33) }]],
      ['no cipher suites', ['cipher_suites', { cipherSuites: new Uint8Array(0) }]],
      ['half a cipher suite', ['cipher_suites.cipher_suite', { cipherSuites: Uint8Array.of(0x13, 1, 0x13) }]],
      ['no compression methods', ['legacy_compression_methods', { compression: new Uint8Array(0) }]],
      ['a byte left over', ['', { rest: Uint8Array.of(0) }]],
    ],
    ([path, change]) => ({
      alert: 'decode_error',
      path: path === '' ? 'client_hello' : `client_hello.${path}`,
      play: (c) => c.clientHello((own) => ({ ...own, ...change })),
    }),
  ),
  ...each<[path: string, code: number, data: Uint8Array]>(
    [
      ['supported_versions without a version', ['supported_versions.versions', 43, Uint8Array.of(0)]],
      ['half a version', ['supported_versions.versions.entry', 43, Uint8Array.of(3, 3, 4, 3)]],
      ['a byte left over in supported_versions', ['supported_versions', 43, Uint8Array.of(2, 3, 4, 0)]],
      ['supported_groups without a group', ['supported_groups.named_group_list', 10, Uint8Array.of(0, 0)]],
      ['signature_algorithms without a scheme', ['signature_algorithms.supported_signature_algorithms', 13, u16(0)]],
      ['an empty key share', ['key_share.client_shares.key_exchange', 51, vector(2, u16(0x1d, 0))]],
      ['a key share beyond its list', ['key_share.client_shares.key_exchange', 51, vector(2, u16(0x1d, 32))]],
      ['an empty list of protocols', ['application_layer_protocol_negotiation.protocol_name_list', 16, u16(0)]],
      [
        'an empty protocol name',
        [
          'application_layer_protocol_negotiation.protocol_name_list.protocol_name',
          16,
          vector(2, vector(1), vector(1)),
        ],
      ],
      ['an empty server_name', ['server_name.server_name_list', 0, u16(0)]],
      ['an empty host_name', ['server_name.server_name_list.host_name', 0, serverName([0, ''])]],
      ['nothing in server_name', ['server_name.server_name_list.length', 0, new Uint8Array(0)]],
      ['an empty cookie', ['cookie.cookie', 44, u16(0)]],
      ['no psk_key_exchange_modes', ['psk_key_exchange_modes.ke_modes', 45, Uint8Array.of(0)]],
      ['an empty name of an authority', ['certificate_authorities.authorities.distinguished_name', 47, u16(3, 0, 0)]],
    ],
    ([path, code, data]) => ({
      alert: 'decode_error',
      path: `client_hello.extensions.${path}`,
      play: (c) => c.offering(replacing(code, data)),
    }),
  ),
  {
    name: 'an extension that is longer than the block',
    alert: 'decode_error',
    path: 'client_hello.extensions.key_share',
    play: (c) => {
      const hello = c.writeHello()
      // The last extension is key_share, with 38 bytes.
      hello[hello.length - 39] = 39
      c.message(hello)
    },
  },
]

export const SECOND_CLIENT_HELLO: readonly ClientRule[] = [
  ...each<(own: ClientHelloParts) => Partial<ClientHelloParts>>(
    [
      ['random', () => ({ random: new Uint8Array(32) })],
      ['legacy_session_id', () => ({ sessionId: new Uint8Array(0) })],
      ['cipher_suites', () => ({ cipherSuites: u16(0x1301, 0x1303) })],
      ['server_name', (own) => ({ extensions: replacing(0, serverName([0, 'b.example']))(own.extensions) })],
      ['server_name', (own) => ({ extensions: without(0)(own.extensions) })],
      ['supported_groups', (own) => ({ extensions: replacing(10, vector(2, u16(0x1d, 0x17, 0x18)))(own.extensions) })],
      ['supported_versions', (own) => ({ extensions: replacing(43, vector(1, u16(0x0304, 0x0303)))(own.extensions) })],
      ['signature_algorithms', (own) => ({ extensions: replacing(13, vector(2, u16(0x0403)))(own.extensions) })],
      [
        'application_layer_protocol_negotiation',
        (own) => ({ extensions: adding(extension(16, vector(2, vector(1, text('h2')))))(own.extensions) }),
      ],
    ],
    (change) => ({
      alert: 'illegal_parameter',
      path: 'client_hello.*',
      config: { cookie: 'always' },
      play: (c) => c.clientHello().clientHello((own) => ({ ...own, ...change(own) })),
    }),
  ).map((rule) => ({ ...rule, name: `another ${rule.name}`, path: `client_hello.${rule.name}` })),
  {
    name: 'without the cookie',
    alert: 'missing_extension',
    path: 'client_hello.cookie',
    config: { cookie: 'always' },
    play: (c) => c.clientHello().offering(without(EXTENSION.cookie)),
  },
  {
    name: 'with another cookie',
    alert: 'illegal_parameter',
    path: 'client_hello.cookie',
    config: { cookie: 'always' },
    play: (c) => c.clientHello().offering(replacing(EXTENSION.cookie, vector(2, new Uint8Array(32)))),
  },
  {
    name: 'with a cookie, where none was sent',
    alert: 'illegal_parameter',
    path: 'client_hello.cookie',
    config: { groups: ['secp256r1'] },
    play: (c) => c.clientHello().offering(replacing(EXTENSION.cookie, vector(2, new Uint8Array(32)))),
  },
  {
    name: 'with the share it had',
    alert: 'illegal_parameter',
    path: 'client_hello.key_share',
    config: { groups: ['secp256r1'] },
    play: (c) => c.clientHello().offering(replacing(EXTENSION.key_share, vector(2, share(key.x25519)))),
  },
  {
    name: 'with one share more than it was asked for',
    alert: 'illegal_parameter',
    path: 'client_hello.key_share',
    config: { groups: ['secp256r1'] },
    play: (c) =>
      c
        .clientHello()
        .offering((own) =>
          replacing(EXTENSION.key_share, vector(2, share(key.x25519), share(key.secp256r1, new Uint8Array(65))))(own),
        ),
  },
  {
    name: 'without any share',
    alert: 'illegal_parameter',
    path: 'client_hello.key_share',
    config: { groups: ['secp256r1'] },
    play: (c) => c.clientHello().offering(replacing(EXTENSION.key_share, [0, 0])),
  },
  {
    name: 'with early data',
    alert: 'illegal_parameter',
    path: 'client_hello.early_data',
    config: { cookie: 'always' },
    play: (c) => c.clientHello().offering(adding(extension(EXTENSION.early_data))),
  },
  {
    name: 'without TLS 1.3',
    alert: 'protocol_version',
    path: 'client_hello.supported_versions',
    config: { cookie: 'always' },
    play: (c) => c.clientHello().offering(replacing(EXTENSION.supported_versions, vector(1, u16(0x0303)))),
  },
]

/** Extensions that must be the same in both ClientHellos, with two values of each. */
const FIXED: readonly (readonly [name: string, code: number, one: Uint8Array, other: Uint8Array])[] = [
  ['signature_algorithms_cert', 50, vector(2, u16(0x0403)), vector(2, u16(0x0403, 0x0804))],
  ['certificate_authorities', 47, vector(2, vector(2, text('a'))), vector(2, vector(2, text('b')))],
  [`${EXTENSION.unknown}`, EXTENSION.unknown, text('a'), text('b')],
]

/** Section 4.2.2: what may change after a HelloRetryRequest is listed, and these are not. */
export const CHANGED_EXTENSIONS: readonly ClientRule[] = FIXED.flatMap(([name, code, one, other]) =>
  (
    [
      ['added', without(code), replacing(code, one)],
      ['removed', replacing(code, one), without(code)],
      ['changed', replacing(code, one), replacing(code, other)],
    ] as const
  ).map(([what, first, second]): ClientRule => ({
    name: `${name} ${what}`,
    alert: 'illegal_parameter',
    path: `client_hello.${name}`,
    config: { cookie: 'always' },
    play: (c) => c.offering(first).offering(second),
  })),
)

/** Those that only a client can break; the others are in authentication-rules.ts. */
export const CLIENT_CERTIFICATE: readonly ClientRule[] = [
  {
    name: 'none, where one is required',
    alert: 'certificate_required',
    path: 'certificate.certificate_list',
    config: { clientAuthentication: 'required' },
    play: (c) => c.clientHello().certificate((own) => ({ ...own, entries: [] })),
  },
  {
    name: 'none, and a CertificateVerify all the same',
    alert: 'unexpected_message',
    path: 'handshake',
    config: { clientAuthentication: 'optional' },
    play: (c) =>
      c
        .clientHello()
        .certificate((own) => ({ ...own, entries: [] }))
        .certificateVerify(),
  },
  {
    name: 'one that nobody asked for',
    alert: 'unexpected_message',
    path: 'handshake',
    play: (c) => c.clientHello().certificate(),
  },
  {
    name: 'a scheme that was not offered',
    alert: 'illegal_parameter',
    path: 'certificate_verify.algorithm',
    config: { clientAuthentication: 'required', signatureSchemes: ['ecdsa_secp256r1_sha256'] },
    play: (c) =>
      c
        .clientHello()
        .certificate()
        .certificateVerify((own) => ({ ...own, scheme: 'ecdsa_secp384r1_sha384' })),
  },
]
