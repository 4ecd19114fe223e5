/** What a server of TLS 1.2 may not do to a client of ours. */

import { concatBytes, fromHex } from '../../src/bytes/index.ts'
import { type ClientConfig, GROUP_CODES } from '../../src/tls/index.ts'
import { CA } from '../pair/pair.ts'
import { issue } from '../pki.ts'
import { adding, EXTENSION, extension, handshake, replacing, text, u16, vector, without } from '../rogue/messages.ts'
import type { Rule } from '../rogue/rule.ts'
import { badShares } from '../rogue/shares.ts'
import type { RogueServer12 } from './server.ts'

type ServerRule = Rule<RogueServer12, Partial<ClientConfig>>

function parameters(group: number, point: Uint8Array, curveType = 3): Uint8Array {
  return concatBytes(Uint8Array.of(curveType), u16(group), vector(1, point))
}

function withTail(random: Uint8Array, tail: string): Uint8Array {
  const marked = random.slice()
  marked.set(fromHex(tail), 24)
  return marked
}

const DOWNGRADED: readonly ServerRule[] = ['444f574e47524401', '444f574e47524400'].map((tail) => ({
  name: `the sentinel ${tail} to a client that offered TLS 1.3`,
  alert: 'illegal_parameter',
  path: 'server_hello.random',
  play: (s) => s.serverHello((own) => ({ ...own, random: withTail(own.random, tail) })),
}))

/** Suites of TLS 1.2 that nobody offered: static RSA, DHE, their export forms (FREAK, Logjam), CBC, NULL, anonymous. */
const UNOFFERED = {
  TLS_RSA_EXPORT_WITH_RC4_40_MD5: 0x0003,
  TLS_DHE_RSA_EXPORT_WITH_DES40_CBC_SHA: 0x0014,
  TLS_RSA_WITH_AES_128_CBC_SHA: 0x002f,
  TLS_RSA_WITH_AES_128_GCM_SHA256: 0x009c,
  TLS_DHE_RSA_WITH_AES_128_GCM_SHA256: 0x009e,
  TLS_DH_anon_WITH_AES_128_GCM_SHA256: 0x00a6,
  TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA: 0xc009,
  TLS_ECDH_ECDSA_WITH_AES_128_GCM_SHA256: 0xc02d,
  TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256: 0xc02f,
  TLS_NULL_WITH_NULL_NULL: 0,
  TLS_FALLBACK_SCSV: 0x5600,
  TLS_EMPTY_RENEGOTIATION_INFO_SCSV: 0x00ff,
  TLS_AES_128_GCM_SHA256: 0x1301,
}

export const SERVER_HELLO_12: readonly ServerRule[] = [
  ...DOWNGRADED,
  {
    name: 'TLS 1.1 is chosen',
    alert: 'protocol_version',
    path: 'server_hello.supported_versions',
    play: (s) => s.serverHello((own) => ({ ...own, legacyVersion: 0x0302 })),
  },
  {
    name: 'TLS 1.1 is chosen of TLS 1.2',
    alert: 'protocol_version',
    path: 'server_hello.server_version',
    config: { versions: ['TLS 1.2'] },
    play: (s) => s.serverHello((own) => ({ ...own, legacyVersion: 0x0302 })),
  },
  {
    name: 'TLS 1.2 is chosen of TLS 1.3',
    alert: 'protocol_version',
    path: 'server_hello.supported_versions',
    config: { versions: ['TLS 1.3'] },
    play: (s) => s.serverHello(),
  },
  {
    name: 'TLS 1.3 is chosen of TLS 1.2',
    alert: 'unsupported_extension',
    path: 'server_hello.supported_versions',
    config: { versions: ['TLS 1.2'] },
    play: (s) => s.answering(() => [extension(EXTENSION.supported_versions, u16(0x0304))]),
  },
  ...Object.entries(UNOFFERED).map(([name, cipherSuite]): ServerRule => ({
    name: `${name}, which was not offered, or is no suite of TLS 1.2`,
    alert: 'illegal_parameter',
    path: 'server_hello.cipher_suite',
    play: (s) => s.serverHello((own) => ({ ...own, cipherSuite })),
  })),
  {
    name: 'compression',
    alert: 'illegal_parameter',
    path: 'server_hello.compression_method',
    play: (s) => s.serverHello((own) => ({ ...own, compression: 1 })),
  },
  {
    name: 'our session id, as if a session were resumed',
    alert: 'illegal_parameter',
    path: 'server_hello.session_id',
    play: (s) => s.serverHello((own) => ({ ...own, sessionId: s.hello?.legacySessionId as Uint8Array })),
  },
  {
    name: 'renegotiation_info with bytes',
    alert: 'handshake_failure',
    path: 'server_hello.renegotiation_info',
    play: (s) => s.answering(replacing(0xff01, [1, 7])),
  },
  {
    name: 'no uncompressed points',
    alert: 'illegal_parameter',
    path: 'server_hello.ec_point_formats',
    play: (s) => s.answering(replacing(11, [2, 1, 2])),
  },
  {
    name: 'extended_master_secret with bytes',
    alert: 'decode_error',
    path: /extended_master_secret/,
    play: (s) => s.answering(replacing(23, [0])),
  },
  {
    name: 'no extended master secret where it is required',
    alert: 'handshake_failure',
    path: 'server_hello.extended_master_secret',
    config: { requireExtendedMasterSecret: true },
    play: (s) => s.answering(without(23)),
  },
  {
    name: 'an extension twice',
    alert: 'illegal_parameter',
    path: 'server_hello.extended_master_secret',
    play: (s) => s.answering(adding(extension(23))),
  },
  ...[
    ['a session ticket', 35, 'session_ticket'],
    ['a stapled response', 5, 'status_request'],
    ['encrypt_then_mac', 22, '22'],
  ].map(([what, code, name]): ServerRule => ({
    name: `${what} that nobody asked for`,
    alert: 'unsupported_extension',
    path: `server_hello.${name}`,
    config: { requestOcsp: false },
    play: (s) => s.answering(adding(extension(code as number))),
  })),
  {
    name: 'an extension of TLS 1.3',
    alert: 'illegal_parameter',
    path: 'server_hello.key_share',
    play: (s) => s.answering(adding(extension(EXTENSION.key_share, u16(0x001d)))),
  },
  {
    name: 'a protocol that was not offered',
    alert: 'illegal_parameter',
    path: 'server_hello.application_layer_protocol_negotiation',
    config: { alpnProtocols: ['h2'] },
    play: (s) => s.answering(adding(extension(EXTENSION.alpn, vector(2, vector(1, text('h3')))))),
  },
]

const RSA = issue(CA, { dnsNames: ['server.example'], keyType: 'rsa-2048' })

export const SERVER_AUTHENTICATION_12: readonly ServerRule[] = [
  {
    name: 'no certificate',
    alert: 'decode_error',
    path: 'certificate.certificate_list',
    play: (s) => s.through('server_hello').certificate([]),
  },
  {
    name: 'a certificate that is none',
    alert: 'bad_certificate',
    path: 'certificate.certificate_list[0]',
    play: (s) =>
      s
        .through('server_hello')
        .certificate([new Uint8Array(9)])
        .serverKeyExchange(),
  },
  {
    name: 'an RSA key for an ECDSA suite',
    alert: 'illegal_parameter',
    path: 'server_key_exchange.algorithm',
    play: (s) =>
      s
        .through('server_hello')
        .certificate(RSA.chain)
        .serverKeyExchange((own) => ({ ...own, scheme: 0x0804 })),
  },
  {
    name: 'a curve by its parameters',
    alert: 'illegal_parameter',
    path: 'server_key_exchange.curve_type',
    play: (s) => s.through('certificate').sharing(parameters(0x001d, new Uint8Array(32).fill(9), 1)),
  },
  ...[GROUP_CODES.secp384r1, GROUP_CODES.X25519MLKEM768, 0x0015, 0xff01].map((group): ServerRule => ({
    name: `group 0x${group.toString(16)}, which was not offered for TLS 1.2`,
    alert: 'illegal_parameter',
    path: 'server_key_exchange.named_curve',
    config: { groups: ['X25519MLKEM768', 'x25519', 'secp256r1'] },
    play: (s) => s.through('certificate').sharing(parameters(group, new Uint8Array(32).fill(9))),
  })),
  ...badShares('server')
    .filter(({ group }) => group === 'x25519' || group === 'secp256r1')
    .map(({ what, group, share }): ServerRule => ({
      name: `a point of ${group} ${what}`,
      alert: 'illegal_parameter',
      path: 'server_key_exchange.point',
      play: (s) => s.through('certificate').sharing(parameters(GROUP_CODES[group], share)).serverHelloDone(),
    })),
  {
    name: 'a signature of other parameters',
    alert: 'decrypt_error',
    path: 'server_key_exchange.signature',
    play: (s) => s.through('certificate').serverKeyExchange((own) => ({ ...own, ...s.signed(new Uint8Array(36)) })),
  },
  {
    name: 'no signature',
    alert: 'decrypt_error',
    path: 'server_key_exchange.signature',
    play: (s) => s.through('certificate').serverKeyExchange((own) => ({ ...own, signature: new Uint8Array(0) })),
  },
  ...[0x0203, 0x0201, 0x0403 - 0x0200, 0x0905, 0x0000].map((scheme): ServerRule => ({
    name: `scheme 0x${scheme.toString(16)}, which was not offered for TLS 1.2`,
    alert: 'illegal_parameter',
    path: 'server_key_exchange.algorithm',
    play: (s) => s.through('certificate').serverKeyExchange((own) => ({ ...own, scheme })),
  })),
  ...[0x0401, 0x0804, 0x0807].map((scheme): ServerRule => ({
    name: `scheme 0x${scheme.toString(16)}, which does not fit the key`,
    alert: 'illegal_parameter',
    path: 'server_key_exchange.algorithm',
    play: (s) => s.through('certificate').serverKeyExchange((own) => ({ ...own, scheme })),
  })),
]

/** The order of messages (RFC 5246 section 7.3): each is one that an old implementation is known to have let pass. */
export const SERVER_ORDER_12: readonly ServerRule[] = [
  {
    name: 'no Certificate',
    alert: 'unexpected_message',
    path: 'handshake',
    play: (s) => s.through('server_hello').serverKeyExchange(),
  },
  {
    name: 'no ServerKeyExchange',
    alert: 'unexpected_message',
    path: 'handshake',
    play: (s) => s.through('certificate').serverHelloDone(),
  },
  {
    name: 'CertificateRequest before ServerKeyExchange',
    alert: 'unexpected_message',
    path: 'handshake',
    play: (s) => s.through('certificate').certificateRequest(),
  },
  {
    name: 'CertificateRequest twice',
    alert: 'unexpected_message',
    path: 'handshake',
    play: (s) => s.through('server_key_exchange').certificateRequest().certificateRequest(),
  },
  {
    name: 'Finished at once',
    alert: 'unexpected_message',
    path: 'handshake',
    play: (s) => s.through('server_hello').finished(),
  },
  {
    name: 'Finished without change_cipher_spec',
    alert: 'unexpected_message',
    path: 'handshake',
    play: (s) => s.through('server_hello_done').finished(),
  },
  {
    name: 'NewSessionTicket that nobody announced',
    alert: 'unexpected_message',
    path: 'handshake',
    play: (s) => s.through('server_hello_done').message(handshake(4, new Uint8Array(6))),
  },
  {
    name: 'change_cipher_spec before ServerHello, which TLS 1.3 would allow',
    alert: 'unexpected_message',
    path: 'change_cipher_spec',
    play: (s) => s.plain(20, Uint8Array.of(1)).serverHello(),
  },
  ...(['server_hello', 'certificate', 'server_key_exchange'] as const).map((step): ServerRule => ({
    name: `change_cipher_spec after ${step}`,
    alert: 'unexpected_message',
    path: 'change_cipher_spec',
    play: (s) => s.through(step).changeCipherSpec(),
  })),
  {
    name: 'change_cipher_spec twice',
    alert: 'unexpected_message',
    path: 'record.content_type',
    play: (s) => s.through('change_cipher_spec').changeCipherSpec(),
  },
  {
    name: 'change_cipher_spec in the clear twice',
    alert: 'bad_record_mac',
    path: 'record.fragment',
    play: (s) => s.through('change_cipher_spec').plain(20, Uint8Array.of(1)),
  },
  {
    name: 'change_cipher_spec within a message',
    alert: 'unexpected_message',
    path: 'record.type',
    play: (s) => {
      s.tail = Uint8Array.of(11, 0, 0)
      s.serverHello().plain(20, Uint8Array.of(1))
    },
  },
  ...[[2], [1, 1], []].map((content): ServerRule => ({
    name: `change_cipher_spec with ${JSON.stringify(content)}`,
    alert: 'unexpected_message',
    path: 'change_cipher_spec',
    play: (s) => s.through('server_hello_done').plain(20, Uint8Array.from(content)),
  })),
  {
    name: 'data before Finished',
    alert: 'unexpected_message',
    path: 'record.content_type',
    play: (s) => s.through('change_cipher_spec').data('hello'),
  },
  {
    name: 'data in the clear',
    alert: 'unexpected_message',
    path: 'record.type',
    play: (s) => s.through('server_hello_done').data('hello'),
  },
  {
    name: 'another verify_data',
    alert: 'decrypt_error',
    path: 'finished.verify_data',
    play: (s) => s.through('change_cipher_spec').finished((own) => own.map((byte) => byte ^ 1)),
  },
  {
    name: 'a verify_data of 32 bytes',
    alert: 'decode_error',
    path: 'finished',
    play: (s) => s.through('change_cipher_spec').finished(() => new Uint8Array(32)),
  },
  {
    name: 'a record of TLS 1.0 after the ServerHello',
    alert: 'protocol_version',
    path: 'record.version',
    play: (s) => {
      s.through('server_hello').recordVersion = 0x0301
      s.certificate()
    },
  },
  {
    name: 'KeyUpdate',
    alert: 'unexpected_message',
    path: 'handshake',
    play: (s) => s.open().message(handshake(24, Uint8Array.of(0))),
  },
  {
    name: 'a second ServerHello',
    alert: 'unexpected_message',
    path: 'handshake',
    play: (s) => s.open().serverHello(),
  },
  {
    name: 'a HelloRequest with bytes',
    alert: 'decode_error',
    path: 'hello_request',
    play: (s) => s.open().message(handshake(0, Uint8Array.of(0))),
  },
  {
    name: 'HelloRequests without end',
    alert: 'unexpected_message',
    path: 'handshake',
    play: (s) => {
      s.open()
      for (let i = 0; i < 33; i++) s.message(handshake(0, new Uint8Array(0)))
    },
  },
]
