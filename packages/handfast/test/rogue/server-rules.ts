/** What a server may not do to a client of ours (RFC 9846 sections 4.2 to 4.5). */

import { fromHex } from '../../src/bytes/index.ts'
import type { ClientConfig } from '../../src/tls/index.ts'
import { GROUP_CODES } from '../../src/tls/index.ts'
import { issue } from '../pki.ts'
import { adding, EXTENSION, extension, handshake, replacing, text, u16, vector, without } from './messages.ts'
import { CA } from '../pair/pair.ts'
import type { Rule } from './rule.ts'
import type { RogueServer } from './server.ts'
import { badShares } from './shares.ts'

type ServerRule = Rule<RogueServer, Partial<ClientConfig>>

const key = GROUP_CODES

function downgraded(sentinel: string): (server: RogueServer) => unknown {
  return (server) =>
    server.serverHello((own) => {
      const random = own.random.slice()
      random.set(fromHex(sentinel), 24)
      return { ...own, random, extensions: [] }
    })
}

export const SERVER_HELLO: readonly ServerRule[] = [
  {
    name: 'legacy_version is not 0x0303',
    alert: 'protocol_version',
    path: 'server_hello.legacy_version',
    play: (s) => s.serverHello((own) => ({ ...own, legacyVersion: 0x0304 })),
  },
  {
    name: 'TLS 1.2 is chosen',
    alert: 'protocol_version',
    path: 'server_hello.supported_versions',
    play: (s) => s.answering(without(EXTENSION.supported_versions)),
  },
  {
    name: 'TLS 1.2 is chosen, with an extension that belongs elsewhere in TLS 1.3',
    alert: 'protocol_version',
    path: 'server_hello.supported_versions',
    play: (s) =>
      s.serverHello((own) => ({
        ...own,
        extensions: [extension(0xff01, [0]), extension(EXTENSION.alpn, vector(2, vector(1, text('h2'))))],
      })),
  },
  {
    name: 'TLS 1.1 is chosen',
    alert: 'protocol_version',
    path: 'server_hello.supported_versions',
    play: (s) => s.serverHello((own) => ({ ...own, legacyVersion: 0x0302, extensions: [] })),
  },
  {
    name: 'the sentinel of a downgrade to TLS 1.2',
    alert: 'illegal_parameter',
    path: 'server_hello.random',
    play: downgraded('444f574e47524401'),
  },
  {
    name: 'the sentinel of a downgrade to TLS 1.1',
    alert: 'illegal_parameter',
    path: 'server_hello.random',
    play: downgraded('444f574e47524400'),
  },
  ...[0x0303, 0x0305, 0x0a0a, 0x7f1c].map((version): ServerRule => ({
    name: `supported_versions is 0x${version.toString(16)}`,
    alert: 'illegal_parameter',
    path: 'server_hello.supported_versions',
    config: { grease: true },
    play: (s) => s.answering(replacing(EXTENSION.supported_versions, u16(version))),
  })),
  {
    name: 'another session id',
    alert: 'illegal_parameter',
    path: 'server_hello.legacy_session_id_echo',
    play: (s) => s.serverHello((own) => ({ ...own, sessionId: own.sessionId.map((byte) => byte ^ 1) })),
  },
  {
    name: 'no session id',
    alert: 'illegal_parameter',
    path: 'server_hello.legacy_session_id_echo',
    play: (s) => s.serverHello((own) => ({ ...own, sessionId: new Uint8Array(0) })),
  },
  {
    name: 'a session id where none was sent',
    alert: 'illegal_parameter',
    path: 'server_hello.legacy_session_id_echo',
    config: { middleboxCompatibility: false },
    play: (s) => s.serverHello((own) => ({ ...own, sessionId: new Uint8Array(32) })),
  },
  {
    name: 'a session id of 33 bytes',
    alert: 'decode_error',
    path: 'server_hello.legacy_session_id_echo',
    play: (s) => s.serverHello((own) => ({ ...own, sessionId: new Uint8Array(33) })),
  },
  ...[0x1302, 0x1304, 0xc02b, 0x0a0a, 0].map((cipherSuite): ServerRule => ({
    name: `cipher suite 0x${cipherSuite.toString(16)}, which was not offered`,
    alert: 'illegal_parameter',
    path: 'server_hello.cipher_suite',
    play: (s) => s.serverHello((own) => ({ ...own, cipherSuite })),
  })),
  {
    name: 'compression',
    alert: 'illegal_parameter',
    path: 'server_hello.legacy_compression_method',
    play: (s) => s.serverHello((own) => ({ ...own, compression: 1 })),
  },
  {
    name: 'no key_share',
    alert: 'missing_extension',
    path: 'server_hello.key_share',
    play: (s) => s.answering(without(EXTENSION.key_share)),
  },
  {
    name: 'a share in a group that was not offered',
    alert: 'illegal_parameter',
    path: 'server_hello.key_share.group',
    play: (s) => s.sharing(key.secp384r1, new Uint8Array(97)),
  },
  {
    name: 'a share in a group that was offered without a share',
    alert: 'illegal_parameter',
    path: 'server_hello.key_share.group',
    play: (s) => s.sharing(key.secp256r1, new Uint8Array(65)),
  },
  {
    name: 'an empty share',
    alert: 'decode_error',
    path: 'server_hello.extensions.key_share.key_exchange',
    play: (s) => s.sharing(key.x25519, new Uint8Array(0)),
  },
  ...badShares('server').map(({ what, group, share }): ServerRule => ({
    name: `a share of ${group} that is ${what}`,
    alert: 'illegal_parameter',
    path: 'server_hello.key_share.key_exchange',
    config: { groups: [group], keyShares: [group] },
    play: (s) => s.sharing(key[group], share),
  })),
  {
    name: 'an extension twice',
    alert: 'illegal_parameter',
    path: 'server_hello.supported_versions',
    play: (s) => s.answering(adding(extension(EXTENSION.supported_versions, [3, 4]))),
  },
  {
    name: 'an extension that belongs to EncryptedExtensions',
    alert: 'illegal_parameter',
    path: 'server_hello.server_name',
    play: (s) => s.answering(adding(extension(EXTENSION.server_name))),
  },
  {
    name: 'a cookie',
    alert: 'illegal_parameter',
    path: 'server_hello.cookie',
    play: (s) => s.answering(adding(extension(EXTENSION.cookie, vector(2, text('x'))))),
  },
  {
    name: 'a pre-shared key, where none was offered',
    alert: 'unsupported_extension',
    path: 'server_hello.pre_shared_key',
    play: (s) => s.answering(adding(extension(EXTENSION.pre_shared_key, [0, 0]))),
  },
  {
    name: 'an extension that nobody knows',
    alert: 'unsupported_extension',
    path: `server_hello.${EXTENSION.unknown}`,
    play: (s) => s.answering(adding(extension(EXTENSION.unknown))),
  },
  {
    name: 'bytes left over in an extension',
    alert: 'decode_error',
    path: 'server_hello.extensions.supported_versions',
    play: (s) => s.answering(replacing(EXTENSION.supported_versions, [3, 4, 0])),
  },
  {
    name: 'bytes left over in the message',
    alert: 'decode_error',
    path: 'server_hello',
    play: (s) => s.serverHello((own) => ({ ...own, rest: Uint8Array.of(0) })),
  },
  {
    name: 'a random that is too short',
    alert: 'decode_error',
    path: 'server_hello.random',
    play: (s) => s.message(handshake(2, new Uint8Array(33))),
  },
]

export const HELLO_RETRY_REQUEST: readonly ServerRule[] = [
  {
    name: 'a second one',
    alert: 'unexpected_message',
    path: 'hello_retry_request',
    play: (s) => s.retry().retry(),
  },
  {
    name: 'one that changes nothing',
    alert: 'illegal_parameter',
    path: 'hello_retry_request',
    play: (s) => s.retry(without(EXTENSION.key_share)),
  },
  {
    name: 'a group that was not offered',
    alert: 'illegal_parameter',
    path: 'hello_retry_request.key_share',
    play: (s) => s.retry(replacing(EXTENSION.key_share, u16(key.secp521r1))),
  },
  {
    name: 'a group that nobody knows',
    alert: 'illegal_parameter',
    path: 'hello_retry_request.key_share',
    play: (s) => s.retry(replacing(EXTENSION.key_share, u16(0xfe00))),
  },
  {
    name: 'a group that has a share already',
    alert: 'illegal_parameter',
    path: 'hello_retry_request.key_share',
    play: (s) => s.retry(replacing(EXTENSION.key_share, u16(key.x25519))),
  },
  {
    name: 'no supported_versions',
    alert: 'protocol_version',
    path: 'hello_retry_request.supported_versions',
    play: (s) => s.retry(without(EXTENSION.supported_versions)),
  },
  {
    name: 'TLS 1.2',
    alert: 'illegal_parameter',
    path: 'hello_retry_request.supported_versions',
    play: (s) => s.retry(replacing(EXTENSION.supported_versions, [3, 3])),
  },
  {
    name: 'a cipher suite that was not offered',
    alert: 'illegal_parameter',
    path: 'hello_retry_request.cipher_suite',
    play: (s) => s.retry(undefined, { cipherSuite: 0x1302 }),
  },
  {
    name: 'another session id',
    alert: 'illegal_parameter',
    path: 'hello_retry_request.legacy_session_id_echo',
    play: (s) => s.retry(undefined, { sessionId: new Uint8Array(0) }),
  },
  {
    name: 'legacy_version is not 0x0303',
    alert: 'protocol_version',
    path: 'hello_retry_request.legacy_version',
    play: (s) => s.retry(undefined, { legacyVersion: 0x0302 }),
  },
  {
    name: 'compression',
    alert: 'illegal_parameter',
    path: 'hello_retry_request.legacy_compression_method',
    play: (s) => s.retry(undefined, { compression: 1 }),
  },
  {
    name: 'an empty cookie',
    alert: 'decode_error',
    path: 'hello_retry_request.extensions.cookie.cookie',
    play: (s) => s.retry(replacing(EXTENSION.cookie, [0, 0])),
  },
  {
    name: 'an extension that was not offered',
    alert: 'unsupported_extension',
    path: `hello_retry_request.${EXTENSION.unknown}`,
    play: (s) => s.retry(adding(extension(EXTENSION.unknown))),
  },
  {
    name: 'an extension that belongs elsewhere',
    alert: 'illegal_parameter',
    path: 'hello_retry_request.server_name',
    play: (s) => s.retry(adding(extension(EXTENSION.server_name))),
  },
  {
    name: 'an extension twice',
    alert: 'illegal_parameter',
    path: 'hello_retry_request.key_share',
    play: (s) => s.retry(adding(extension(EXTENSION.key_share, u16(key.secp256r1)))),
  },
  {
    name: 'the ServerHello has another cipher suite',
    alert: 'illegal_parameter',
    path: 'server_hello.cipher_suite',
    config: { cipherSuites: ['TLS_AES_128_GCM_SHA256', 'TLS_CHACHA20_POLY1305_SHA256'] },
    play: (s) => s.retry().serverHello((own) => ({ ...own, cipherSuite: 0x1303 })),
  },
  {
    name: 'the ServerHello has another version',
    alert: 'illegal_parameter',
    path: 'server_hello.supported_versions',
    play: (s) => s.retry().answering(replacing(EXTENSION.supported_versions, [3, 3])),
  },
  {
    name: 'the ServerHello has another group',
    alert: 'illegal_parameter',
    path: 'server_hello.key_share.group',
    play: (s) => s.retry().sharing(key.x25519, new Uint8Array(32).fill(9)),
  },
]

export const ENCRYPTED_EXTENSIONS: readonly ServerRule[] = [
  ...(['key_share', 'supported_versions', 'signature_algorithms', 'cookie', 'pre_shared_key'] as const).map(
    (name): ServerRule => ({
      name: `${name}, which has no place there`,
      alert: 'illegal_parameter',
      path: `encrypted_extensions.${name}`,
      play: (s) => s.upTo('encrypted_extensions').encryptedExtensions(extension(EXTENSION[name], [0, 0])),
    }),
  ),
  {
    name: 'a protocol, where none was offered',
    alert: 'unsupported_extension',
    path: 'encrypted_extensions.application_layer_protocol_negotiation',
    play: (s) => s.upTo('encrypted_extensions').encryptedExtensions(protocol('h2')),
  },
  {
    name: 'a protocol that was not offered',
    alert: 'illegal_parameter',
    path: 'encrypted_extensions.application_layer_protocol_negotiation',
    config: { alpnProtocols: ['http/1.1'] },
    play: (s) => s.upTo('encrypted_extensions').encryptedExtensions(protocol('h2')),
  },
  {
    name: 'two protocols',
    alert: 'decode_error',
    path: 'encrypted_extensions.extensions.application_layer_protocol_negotiation.protocol_name_list',
    config: { alpnProtocols: ['h2', 'http/1.1'] },
    play: (s) => s.upTo('encrypted_extensions').encryptedExtensions(protocol('h2', 'http/1.1')),
  },
  {
    name: 'a name in the answer to server_name',
    alert: 'decode_error',
    path: 'encrypted_extensions.extensions.server_name',
    play: (s) => s.upTo('encrypted_extensions').encryptedExtensions(extension(EXTENSION.server_name, [0])),
  },
  {
    name: 'an answer to server_name, where none was sent',
    alert: 'unsupported_extension',
    path: 'encrypted_extensions.server_name',
    config: { serverName: '192.0.2.1' },
    play: (s) => s.upTo('encrypted_extensions').encryptedExtensions(extension(EXTENSION.server_name)),
  },
  {
    name: 'an extension twice',
    alert: 'illegal_parameter',
    path: 'encrypted_extensions.server_name',
    play: (s) =>
      s
        .upTo('encrypted_extensions')
        .encryptedExtensions(extension(EXTENSION.server_name), extension(EXTENSION.server_name)),
  },
  {
    name: 'early_data, where none was offered',
    alert: 'unsupported_extension',
    path: 'encrypted_extensions.early_data',
    play: (s) => s.upTo('encrypted_extensions').encryptedExtensions(extension(EXTENSION.early_data)),
  },
  {
    name: 'a GREASE extension, sent back',
    alert: 'unsupported_extension',
    path: /^encrypted_extensions\.\d+$/,
    config: { grease: true },
    play: (s) => {
      const drawn = s.hello?.extensionOrder.find((code) => (code & 0x0f0f) === 0x0a0a) as number
      s.upTo('encrypted_extensions').encryptedExtensions(extension(drawn))
    },
  },
]

export const CERTIFICATE_REQUEST: readonly ServerRule[] = [
  {
    name: 'with a context',
    alert: 'illegal_parameter',
    path: 'certificate_request.certificate_request_context',
    play: (s) => s.upTo('certificate').certificateRequest(undefined, Uint8Array.of(1)),
  },
  {
    name: 'without signature_algorithms',
    alert: 'missing_extension',
    path: 'certificate_request.signature_algorithms',
    play: (s) => s.upTo('certificate').certificateRequest(without(EXTENSION.signature_algorithms)),
  },
  {
    name: 'with an empty list of signature_algorithms',
    alert: 'decode_error',
    path: 'certificate_request.extensions.signature_algorithms.supported_signature_algorithms',
    play: (s) => s.upTo('certificate').certificateRequest(replacing(EXTENSION.signature_algorithms, [0, 0])),
  },
  {
    name: 'with an extension that has no place there',
    alert: 'illegal_parameter',
    path: 'certificate_request.key_share',
    play: (s) => s.upTo('certificate').certificateRequest(adding(extension(EXTENSION.key_share, [0, 0]))),
  },
  {
    name: 'with an extension twice',
    alert: 'illegal_parameter',
    path: 'certificate_request.signature_algorithms',
    play: (s) =>
      s
        .upTo('certificate')
        .certificateRequest(adding(extension(EXTENSION.signature_algorithms, vector(2, u16(0x0403))))),
  },
  {
    name: 'twice',
    alert: 'unexpected_message',
    path: 'handshake',
    play: (s) => s.upTo('certificate').certificateRequest().certificateRequest(),
  },
  {
    name: 'before EncryptedExtensions',
    alert: 'unexpected_message',
    path: 'handshake',
    play: (s) => s.upTo('encrypted_extensions').certificateRequest(),
  },
  {
    name: 'after Certificate',
    alert: 'unexpected_message',
    path: 'handshake',
    play: (s) => s.through('certificate').certificateRequest(),
  },
]

/** Those that only a server can break; the others are in authentication-rules.ts. */
export const SERVER_CERTIFICATE: readonly ServerRule[] = [
  {
    name: 'an empty list',
    alert: 'decode_error',
    path: 'certificate.certificate_list',
    play: (s) => s.upTo('certificate').certificate((own) => ({ ...own, entries: [] })),
  },
  {
    name: 'an OCSP response, where none was asked for',
    alert: 'unsupported_extension',
    path: 'certificate.certificate_list.status_request',
    config: { requestOcsp: false },
    play: (s) =>
      s.upTo('certificate').certificate((own) => ({
        ...own,
        entries: own.entries.map((entry) => ({ ...entry, extensions: [extension(EXTENSION.status_request)] })),
      })),
  },
  {
    name: 'a key of a kind that was not offered',
    alert: 'illegal_parameter',
    path: 'certificate_verify.algorithm',
    config: { signatureSchemes: ['ed25519'] },
    play: (s) => {
      s.shownCertificate = issue(CA, { dnsNames: ['server.example'] })
      s.upTo('certificate_verify').certificateVerify()
    },
  },
]

function protocol(...names: readonly string[]): ReturnType<typeof extension> {
  return extension(EXTENSION.alpn, vector(2, ...names.map((name) => vector(1, text(name)))))
}
