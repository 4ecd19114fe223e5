/** What a client of TLS 1.2 may not do to a server of ours. */

import { GROUP_CODES, type ServerConfig } from '../../src/tls/index.ts'
import { EXTENSION, extension, handshake, replacing, u16, vector, without } from '../rogue/messages.ts'
import type { Rule } from '../rogue/rule.ts'
import { badShares } from '../rogue/shares.ts'
import type { RogueClient12 } from './client.ts'

type ClientRule = Rule<RogueClient12, Partial<ServerConfig>>

const REQUIRED: Partial<ServerConfig> = { clientAuthentication: 'required' }
const ONLY_12: Partial<ServerConfig> = { versions: ['TLS 1.2'] }

export const CLIENT_HELLO_12: readonly ClientRule[] = [
  {
    name: 'TLS 1.1 at most',
    alert: 'protocol_version',
    path: 'client_hello.supported_versions',
    play: (c) => c.clientHello((own) => ({ ...own, legacyVersion: 0x0302 })),
  },
  {
    name: 'TLS 1.1 at most, of a server with TLS 1.2 alone',
    alert: 'protocol_version',
    path: 'client_hello.client_version',
    config: ONLY_12,
    play: (c) => c.clientHello((own) => ({ ...own, legacyVersion: 0x0302 })),
  },
  {
    name: 'TLS 1.2 in legacy_version only',
    alert: 'protocol_version',
    path: 'client_hello.supported_versions',
    play: (c) => c.offering((own) => [...own, extension(EXTENSION.supported_versions, vector(1, u16(0x0302)))]),
  },
  {
    name: 'TLS 1.2 of a server with TLS 1.3 alone',
    alert: 'protocol_version',
    path: 'client_hello.supported_versions',
    config: { versions: ['TLS 1.3'] },
    play: (c) => c.clientHello(),
  },
  {
    name: 'more in the record of the ClientHello',
    alert: 'unexpected_message',
    path: 'handshake',
    play: (c) => {
      c.tail = Uint8Array.of(16)
      c.clientHello()
    },
  },
  {
    name: 'a fallback that was not necessary',
    alert: 'inappropriate_fallback',
    path: 'client_hello.cipher_suites',
    play: (c) => c.clientHello((own) => ({ ...own, cipherSuites: u16(0xc02b, 0x5600) })),
  },
  ...Object.entries({
    'static RSA': [0x009c, 0x002f, 0x000a],
    'export suites (FREAK)': [0x0003, 0x0006, 0x0008],
    'DHE and its export suites (Logjam)': [0x009e, 0x0033, 0x0014],
    CBC: [0xc009, 0xc023, 0xc013],
    'anonymous suites': [0x00a6, 0xc018],
    'suites of TLS 1.3': [0x1301, 0x1302, 0x1303],
    'suites for a key we have not': [0xc02f, 0xc030],
  }).map(([name, suites]): ClientRule => ({
    name: `nothing but ${name}`,
    alert: 'handshake_failure',
    path: /client_hello.cipher_suites|identities/,
    play: (c) => c.clientHello((own) => ({ ...own, cipherSuites: u16(...suites) })),
  })),
  {
    name: 'no null compression',
    alert: 'illegal_parameter',
    path: 'client_hello.legacy_compression_methods',
    play: (c) => c.clientHello((own) => ({ ...own, compression: Uint8Array.of(1) })),
  },
  {
    name: 'renegotiation_info with bytes',
    alert: 'handshake_failure',
    path: 'client_hello.renegotiation_info',
    play: (c) => c.offering(replacing(0xff01, [1, 7])),
  },
  {
    name: 'no uncompressed points',
    alert: 'illegal_parameter',
    path: 'client_hello.ec_point_formats',
    play: (c) => c.offering(replacing(11, [2, 1, 2])),
  },
  {
    name: 'no groups',
    alert: 'handshake_failure',
    path: 'client_hello.supported_groups',
    play: (c) => c.offering(without(EXTENSION.supported_groups)),
  },
  {
    name: 'only groups of TLS 1.3',
    alert: 'handshake_failure',
    path: 'client_hello.supported_groups',
    config: { groups: ['X25519MLKEM768', 'x25519'] },
    play: (c) => c.offering(replacing(EXTENSION.supported_groups, vector(2, u16(GROUP_CODES.X25519MLKEM768)))),
  },
  {
    name: "not the curve of the certificate's key",
    alert: 'handshake_failure',
    path: 'identities',
    play: (c) => c.offering(replacing(EXTENSION.supported_groups, vector(2, u16(0x001d)))),
  },
  {
    name: 'no signature algorithms',
    alert: 'handshake_failure',
    path: 'client_hello.signature_algorithms',
    play: (c) => c.offering(without(EXTENSION.signature_algorithms)),
  },
  {
    name: 'only signature algorithms with SHA-1',
    alert: 'handshake_failure',
    path: 'identities',
    play: (c) => c.offering(replacing(EXTENSION.signature_algorithms, vector(2, u16(0x0203, 0x0201)))),
  },
  {
    name: 'no extended master secret where it is required',
    alert: 'handshake_failure',
    path: 'client_hello.extended_master_secret',
    config: { requireExtendedMasterSecret: true },
    play: (c) => c.offering(without(23)),
  },
  {
    name: 'a name that nobody covers',
    alert: 'unrecognized_name',
    path: 'client_hello.server_name',
    config: { rejectUnknownServerName: true },
    play: (c) =>
      c.offering(
        replacing(
          EXTENSION.server_name,
          vector(2, Uint8Array.of(0), vector(2, new TextEncoder().encode('other.example'))),
        ),
      ),
  },
  {
    name: 'no protocol in common',
    alert: 'no_application_protocol',
    path: 'client_hello.application_layer_protocol_negotiation',
    config: { alpnProtocols: ['h2'] },
    play: (c) => c.offering((own) => [...own, extension(EXTENSION.alpn, [0, 3, 2, 0x68, 0x33])]),
  },
]

export const CLIENT_FLIGHT_12: readonly ClientRule[] = [
  ...badShares('client')
    .filter(({ group }) => group === 'x25519' || group === 'secp256r1')
    .map(({ what, group, share }): ClientRule => ({
      name: `a point of ${group} ${what}`,
      alert: 'illegal_parameter',
      path: 'client_key_exchange.point',
      config: { groups: [group] },
      play: (c) => c.clientHello().clientKeyExchange(share),
    })),
  {
    name: 'no point',
    alert: 'decode_error',
    path: 'client_key_exchange.point',
    play: (c) => c.clientHello().clientKeyExchange(new Uint8Array(0)),
  },
  {
    name: 'no certificate where one is required',
    alert: 'handshake_failure',
    path: 'certificate.certificate_list',
    config: REQUIRED,
    play: (c) => c.clientHello().certificate([]),
  },
  {
    name: 'no Certificate at all where one was asked for',
    alert: 'unexpected_message',
    path: 'handshake',
    config: { clientAuthentication: 'optional' },
    play: (c) => c.clientHello().clientKeyExchange(),
  },
  {
    name: 'a Certificate that nobody asked for',
    alert: 'unexpected_message',
    path: 'handshake',
    play: (c) => c.clientHello().certificate(),
  },
  {
    name: 'no CertificateVerify for a certificate',
    alert: 'unexpected_message',
    path: 'change_cipher_spec',
    config: REQUIRED,
    play: (c) => c.clientHello().certificate().clientKeyExchange().changeCipherSpec().finished(),
  },
  {
    name: 'CertificateVerify before ClientKeyExchange',
    alert: 'unexpected_message',
    path: 'handshake',
    config: REQUIRED,
    play: (c) => c.clientHello().certificate().certificateVerify(),
  },
  {
    name: 'CertificateVerify without a certificate',
    alert: 'unexpected_message',
    path: 'handshake',
    config: { clientAuthentication: 'optional' },
    play: (c) => c.clientHello().certificate([]).clientKeyExchange().certificateVerify(),
  },
  {
    name: 'a signature that does not verify',
    alert: 'decrypt_error',
    path: 'certificate_verify.signature',
    config: REQUIRED,
    play: (c) =>
      c
        .clientHello()
        .certificate()
        .clientKeyExchange()
        .certificateVerify((own) => ({ ...own, signature: new Uint8Array(64) })),
  },
  ...[0x0203, 0x0905, 0x0804].map((scheme): ClientRule => ({
    name: `scheme 0x${scheme.toString(16)}`,
    alert: 'illegal_parameter',
    path: 'certificate_verify.algorithm',
    config: REQUIRED,
    play: (c) =>
      c
        .clientHello()
        .certificate()
        .clientKeyExchange()
        .certificateVerify((own) => ({ ...own, scheme })),
  })),
  {
    name: 'no ClientKeyExchange',
    alert: 'unexpected_message',
    path: 'change_cipher_spec',
    play: (c) => c.clientHello().changeCipherSpec(),
  },
  {
    name: 'change_cipher_spec before the ClientHello',
    alert: 'unexpected_message',
    path: 'record.type',
    play: (c) => c.changeCipherSpec(),
  },
  {
    name: 'Finished without change_cipher_spec',
    alert: 'unexpected_message',
    path: 'handshake',
    play: (c) => c.clientHello().clientKeyExchange().finished(),
  },
  {
    name: 'change_cipher_spec twice',
    alert: 'unexpected_message',
    path: 'record.content_type',
    play: (c) => c.clientHello().clientKeyExchange().changeCipherSpec().changeCipherSpec(),
  },
  {
    name: 'another verify_data',
    alert: 'decrypt_error',
    path: 'finished.verify_data',
    play: (c) =>
      c
        .clientHello()
        .clientKeyExchange()
        .changeCipherSpec()
        .finished((own) => own.map((byte) => byte ^ 1)),
  },
  {
    name: 'data before Finished',
    alert: 'unexpected_message',
    path: 'record.content_type',
    play: (c) => c.clientHello().clientKeyExchange().changeCipherSpec().data('hello'),
  },
  {
    name: 'the extended master secret is announced and not used',
    alert: 'bad_record_mac',
    path: 'record.fragment',
    play: (c) => {
      c.isExtended = false
      return c.open()
    },
  },
  {
    name: 'a record of TLS 1.0 after the ClientHello',
    alert: 'protocol_version',
    path: 'record.version',
    play: (c) => {
      c.clientHello().recordVersion = 0x0301
      c.clientKeyExchange()
    },
  },
  {
    name: 'a second ClientHello before the handshake is over',
    alert: 'unexpected_message',
    path: 'handshake',
    play: (c) => c.clientHello().clientHello(),
  },
  {
    name: 'renegotiation',
    alert: 'no_renegotiation',
    path: 'client_hello',
    play: (c) => c.open().clientHello(),
  },
  {
    name: 'a HelloRequest',
    alert: 'unexpected_message',
    path: 'handshake',
    play: (c) => c.open().message(handshake(0, new Uint8Array(0))),
  },
  {
    name: 'KeyUpdate',
    alert: 'unexpected_message',
    path: 'handshake',
    play: (c) => c.open().message(handshake(24, Uint8Array.of(0))),
  },
]
