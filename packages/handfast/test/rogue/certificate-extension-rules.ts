/**
 * What neither side may do with what comes along with certificates (RFC 6066 section 8, RFC 6962 section 3.3.1, RFC 9846
 * section 4.5.1), with compressed ones (RFC 8879), and with the length of records (RFC 8449).
 */

import { deflateSync, inflateSync } from 'node:zlib'
import { concatBytes } from '../../src/bytes/index.ts'
import type { CertificateCompression, ClientConfig, ServerConfig } from '../../src/tls/index.ts'
import type { Authenticating } from './authentication-rules.ts'
import type { RogueClient } from './client.ts'
import {
  adding,
  EXTENSION,
  extension,
  handshake,
  type RawExtension,
  vector,
  writeCertificate,
  writeCompressed,
} from './messages.ts'
import { TYPE } from './peer.ts'
import type { Rule } from './rule.ts'
import type { RogueServer } from './server.ts'
import { SERVER } from '../pair/pair.ts'

const BROTLI = 2
const noBytes = new Uint8Array(0)
const someBytes = new Uint8Array(100)

export const zlib: CertificateCompression = {
  name: 'zlib',
  compress: (bytes) => deflateSync(bytes),
  decompress: (bytes, length) => inflateSync(bytes, { maxOutputLength: length }),
}

/** The first certificate comes with these extensions. */
function along(...extensions: readonly RawExtension[]): (peer: Authenticating) => unknown {
  return (peer) =>
    peer.certificate((own) => ({
      ...own,
      entries: own.entries.map((entry, index) => (index === 0 ? { ...entry, extensions } : entry)),
    }))
}

const status = (...parts: readonly Uint8Array[]): RawExtension =>
  extension(EXTENSION.status_request, concatBytes(...parts))
const timestamps = (data: Uint8Array): RawExtension => extension(EXTENSION.signed_certificate_timestamp, data)
const OCSP = Uint8Array.of(1)

/** With Certificate, from either side, where both OCSP responses and timestamps were asked for. */
export const ALONG: readonly Rule<Authenticating, undefined>[] = [
  {
    name: 'two OCSP responses for one certificate',
    alert: 'illegal_parameter',
    path: 'certificate.certificate_list.status_request',
    play: along(status(OCSP, vector(3, someBytes)), status(OCSP, vector(3, someBytes))),
  },
  {
    name: 'a status of another type',
    alert: 'illegal_parameter',
    path: /^certificate\.certificate_list\.extensions\.status_request\.status_type/,
    play: along(status(Uint8Array.of(2), vector(3, someBytes))),
  },
  {
    name: 'an empty OCSP response',
    alert: 'decode_error',
    path: /^certificate\.certificate_list\.extensions\.status_request\.response/,
    play: along(status(OCSP, vector(3, noBytes))),
  },
  {
    name: 'an empty status_request',
    alert: 'decode_error',
    path: /^certificate\.certificate_list\.extensions\.status_request\.status_type/,
    play: along(status()),
  },
  {
    name: 'an OCSP response with a byte left over',
    alert: 'decode_error',
    path: 'certificate.certificate_list.extensions.status_request',
    play: along(status(OCSP, vector(3, someBytes), Uint8Array.of(0))),
  },
  {
    name: 'status_request_v2',
    alert: 'unsupported_extension',
    path: 'certificate.certificate_list.17',
    play: along(extension(17, concatBytes(OCSP, vector(3, someBytes)))),
  },
  {
    name: 'an empty list of timestamps',
    alert: 'decode_error',
    path: /^certificate\.certificate_list\.extensions\.signed_certificate_timestamp\.sct_list/,
    play: along(timestamps(vector(2, noBytes))),
  },
  {
    name: 'an empty timestamp',
    alert: 'decode_error',
    path: /^certificate\.certificate_list\.extensions\.signed_certificate_timestamp\.sct_list\.serialized_sct/,
    play: along(timestamps(vector(2, vector(2, noBytes)))),
  },
  {
    name: 'timestamps with a byte left over',
    alert: 'decode_error',
    path: 'certificate.certificate_list.extensions.signed_certificate_timestamp',
    play: along(timestamps(concatBytes(vector(2, vector(2, someBytes)), Uint8Array.of(0)))),
  },
  {
    name: 'no list of timestamps at all',
    alert: 'decode_error',
    path: /^certificate\.certificate_list\.extensions\.signed_certificate_timestamp\.sct_list/,
    play: along(timestamps(noBytes)),
  },
]

/** Likewise, where nothing was asked for. */
export const ALONG_UNASKED: readonly Rule<Authenticating, undefined>[] = [
  {
    name: 'an OCSP response',
    alert: 'unsupported_extension',
    path: 'certificate.certificate_list.status_request',
    play: along(status(OCSP, vector(3, someBytes))),
  },
  {
    name: 'timestamps',
    alert: 'unsupported_extension',
    path: 'certificate.certificate_list.signed_certificate_timestamp',
    play: along(timestamps(vector(2, vector(2, someBytes)))),
  },
  {
    name: 'a compressed certificate',
    alert: 'unexpected_message',
    path: 'handshake',
    play: (p) => p.message(writeCompressed(honest())),
  },
]

/** Body of a Certificate. */
function honest(): Uint8Array {
  return writeCertificate({ context: noBytes, entries: SERVER.chain.map((data) => ({ data })) }).subarray(4)
}

const BODY = 'compressed_certificate.compressed_certificate_message'

/** CompressedCertificate, from either side, where zlib was offered. */
export const COMPRESSED: readonly Rule<Authenticating, undefined>[] = [
  {
    name: 'an algorithm that was not offered',
    alert: 'illegal_parameter',
    path: 'compressed_certificate.algorithm',
    play: (p) => p.message(writeCompressed(honest(), undefined, undefined, BROTLI)),
  },
  {
    name: 'a length that is too small',
    alert: 'bad_certificate',
    path: BODY,
    play: (p) => p.message(writeCompressed(honest(), honest().length - 1)),
  },
  {
    name: 'a length that is too large',
    alert: 'bad_certificate',
    path: 'compressed_certificate.uncompressed_length',
    play: (p) => p.message(writeCompressed(honest(), honest().length + 1)),
  },
  {
    name: 'a length of 0',
    alert: 'bad_certificate',
    path: BODY,
    play: (p) => p.message(writeCompressed(honest(), 0)),
  },
  {
    name: 'no bytes',
    alert: 'decode_error',
    path: BODY,
    play: (p) => p.message(writeCompressed(honest(), undefined, noBytes)),
  },
  {
    name: 'garbage',
    alert: 'bad_certificate',
    path: BODY,
    play: (p) => p.message(writeCompressed(honest(), undefined, someBytes)),
  },
  {
    name: 'a part of what it should be',
    alert: 'bad_certificate',
    path: BODY,
    play: (p) => p.message(writeCompressed(honest(), undefined, deflateSync(honest()).subarray(0, -20))),
  },
  {
    name: 'far more than announced',
    alert: 'bad_certificate',
    path: BODY,
    play: (p) => p.message(writeCompressed(new Uint8Array(10_000_000), 1000)),
  },
  {
    name: 'more than is taken without compression',
    alert: 'decode_error',
    path: 'compressed_certificate.uncompressed_length',
    play: (p) => p.message(writeCompressed(new Uint8Array(0x20001))),
  },
  {
    name: 'a byte left over behind it',
    alert: 'decode_error',
    path: 'compressed_certificate',
    play: (p) => p.message(handshake(25, concatBytes(writeCompressed(honest()).subarray(4), Uint8Array.of(0)))),
  },
  {
    name: 'a byte left over inside',
    alert: 'decode_error',
    path: 'certificate',
    play: (p) => p.message(writeCompressed(concatBytes(honest(), Uint8Array.of(0)))),
  },
  {
    name: 'a context',
    alert: 'illegal_parameter',
    path: 'certificate.certificate_request_context',
    play: (p) => p.message(writeCompressed(concatBytes(Uint8Array.of(1), honest()))),
  },
  {
    name: 'a message with its header',
    alert: 'decode_error',
    path: /^certificate/,
    play: (p) => p.message(writeCompressed(handshake(11, honest()))),
  },
]

/** Lists of algorithms that are none, for the message that offers them. */
const COMPRESSION_LISTS: readonly (readonly [string, readonly number[]])[] = [
  ['empty', [0]],
  ['of an odd length', [3, 0, 1, 0]],
  ['missing', []],
]

const limit = (...bytes: readonly number[]): RawExtension => extension(EXTENSION.record_size_limit, bytes)
const SMALL = [0, 63]

type ServerRule = Rule<RogueServer, Partial<ClientConfig>>

export const SERVER_EXTENSIONS: readonly ServerRule[] = [
  ...[0, 1, 63].map((value): ServerRule => ({
    name: `record_size_limit ${value}`,
    alert: 'illegal_parameter',
    path: 'encrypted_extensions.extensions.record_size_limit',
    play: (s) => s.upTo('encrypted_extensions').encryptedExtensions(limit(0, value)),
  })),
  {
    name: 'record_size_limit beyond what TLS 1.3 allows',
    alert: 'illegal_parameter',
    path: 'encrypted_extensions.record_size_limit',
    play: (s) => s.upTo('encrypted_extensions').encryptedExtensions(limit(0x40, 2)),
  },
  {
    name: 'record_size_limit of one byte',
    alert: 'decode_error',
    path: /^encrypted_extensions\.extensions\.record_size_limit/,
    play: (s) => s.upTo('encrypted_extensions').encryptedExtensions(limit(0x40)),
  },
  {
    name: 'record_size_limit that nobody offered',
    alert: 'unsupported_extension',
    path: 'encrypted_extensions.record_size_limit',
    config: { recordSizeLimit: false },
    play: (s) => s.upTo('encrypted_extensions').encryptedExtensions(limit(0x40, 0)),
  },
  {
    name: 'record_size_limit in ServerHello',
    alert: 'illegal_parameter',
    path: 'server_hello.record_size_limit',
    play: (s) => s.answering(adding(limit(0x40, 0))),
  },
  {
    name: 'max_fragment_length beside record_size_limit',
    alert: 'unsupported_extension',
    path: 'encrypted_extensions.max_fragment_length',
    play: (s) => s.upTo('encrypted_extensions').encryptedExtensions(limit(0x40, 0), extension(1, [1])),
  },
  {
    name: 'a record of data longer than we take',
    alert: 'record_overflow',
    path: 'record.content',
    config: { recordSizeLimit: 1000 },
    play: (s) =>
      s
        .upTo('encrypted_extensions')
        .encryptedExtensions(limit(0x40, 0))
        .through('finished')
        .record(TYPE.application_data, new Uint8Array(1000)),
  },
  {
    name: 'a record longer than we take by its padding',
    alert: 'record_overflow',
    path: 'record.content',
    config: { recordSizeLimit: 1000 },
    play: (s) =>
      s
        .upTo('encrypted_extensions')
        .encryptedExtensions(limit(0x40, 0))
        .through('finished')
        .record(TYPE.application_data, someBytes, 900),
  },
  {
    name: 'a record of the handshake longer than we take',
    alert: 'record_overflow',
    path: 'record.content',
    config: { recordSizeLimit: 100 },
    play: (s) => s.upTo('encrypted_extensions').encryptedExtensions(limit(0x40, 0)).certificate(),
  },
  {
    name: 'an OCSP response in EncryptedExtensions',
    alert: 'illegal_parameter',
    path: 'encrypted_extensions.status_request',
    play: (s) => s.upTo('encrypted_extensions').encryptedExtensions(status(OCSP, vector(3, someBytes))),
  },
  {
    name: 'compress_certificate in EncryptedExtensions',
    alert: 'illegal_parameter',
    path: 'encrypted_extensions.compress_certificate',
    config: { certificateCompression: [zlib] },
    play: (s) =>
      s.upTo('encrypted_extensions').encryptedExtensions(extension(EXTENSION.compress_certificate, [2, 0, 1])),
  },
  ...COMPRESSION_LISTS.map(([what, data]): ServerRule => ({
    name: `CertificateRequest: a list of compression algorithms that is ${what}`,
    alert: 'decode_error',
    path: /^certificate_request\.extensions\.compress_certificate/,
    play: (s) => s.upTo('certificate').certificateRequest(adding(extension(EXTENSION.compress_certificate, data))),
  })),
  {
    name: 'CertificateRequest: status_request that is not empty',
    alert: 'decode_error',
    path: 'certificate_request.extensions.status_request',
    play: (s) => s.upTo('certificate').certificateRequest(adding(extension(EXTENSION.status_request, [1, 0, 0, 0, 0]))),
  },
  {
    name: 'CertificateRequest: signed_certificate_timestamp that is not empty',
    alert: 'decode_error',
    path: 'certificate_request.extensions.signed_certificate_timestamp',
    play: (s) => s.upTo('certificate').certificateRequest(adding(timestamps(Uint8Array.of(0)))),
  },
  {
    name: 'CertificateRequest: record_size_limit',
    alert: 'illegal_parameter',
    path: 'certificate_request.record_size_limit',
    play: (s) => s.upTo('certificate').certificateRequest(adding(limit(0x40, 0))),
  },
  {
    name: 'CertificateRequest: signature_algorithms_cert that is empty',
    alert: 'decode_error',
    path: /^certificate_request\.extensions\.signature_algorithms_cert/,
    play: (s) =>
      s.upTo('certificate').certificateRequest(adding(extension(EXTENSION.signature_algorithms_cert, [0, 0]))),
  },
  {
    name: 'CertificateRequest: certificate_authorities that is empty',
    alert: 'decode_error',
    path: /^certificate_request\.extensions\.certificate_authorities/,
    play: (s) => s.upTo('certificate').certificateRequest(adding(extension(EXTENSION.certificate_authorities, [0, 0]))),
  },
]

type ClientRule = Rule<RogueClient, Partial<ServerConfig>>

/** What a ClientHello may not say, whatever the version: extensions, the alert, and the field. */
export const HELLO_EXTENSIONS: readonly (readonly [
  string,
  RawExtension,
  'illegal_parameter' | 'decode_error',
  RegExp,
])[] = [
  ['record_size_limit 63', limit(...SMALL), 'illegal_parameter', /^client_hello\.extensions\.record_size_limit$/],
  ['record_size_limit of one byte', limit(64), 'decode_error', /^client_hello\.extensions\.record_size_limit/],
  [
    'record_size_limit of three bytes',
    limit(64, 0, 0),
    'decode_error',
    /^client_hello\.extensions\.record_size_limit$/,
  ],
  ...COMPRESSION_LISTS.map(
    ([what, data]) =>
      [
        `a list of compression algorithms that is ${what}`,
        extension(EXTENSION.compress_certificate, data),
        'decode_error',
        /^client_hello\.extensions\.compress_certificate/,
      ] as const,
  ),
  ['status_request that is empty', status(), 'decode_error', /^client_hello\.extensions\.status_request\.status_type/],
  [
    'status_request without its extensions',
    status(OCSP, Uint8Array.of(0, 0)),
    'decode_error',
    /^client_hello\.extensions\.status_request\.request_extensions/,
  ],
  [
    'status_request with an empty responder',
    status(OCSP, vector(2, vector(2, noBytes)), Uint8Array.of(0, 0)),
    'decode_error',
    /^client_hello\.extensions\.status_request\.responder_id_list\.responder_id/,
  ],
  [
    'signed_certificate_timestamp that is not empty',
    timestamps(Uint8Array.of(0)),
    'decode_error',
    /^client_hello\.extensions\.signed_certificate_timestamp$/,
  ],
]

export const CLIENT_EXTENSIONS: readonly ClientRule[] = [
  ...HELLO_EXTENSIONS.map(([name, one, alert, path]): ClientRule => ({
    name,
    alert,
    path,
    play: (c) => c.offering(adding(one)),
  })),
  {
    name: 'a record of data longer than we take',
    alert: 'record_overflow',
    path: 'record.content',
    config: { recordSizeLimit: 1000 },
    play: (c) =>
      c
        .offering(adding(limit(0x40, 1)))
        .finished()
        .record(TYPE.application_data, new Uint8Array(1000)),
  },
  {
    name: 'a record longer than we take by its padding',
    alert: 'record_overflow',
    path: 'record.content',
    config: { recordSizeLimit: 1000 },
    play: (c) =>
      c
        .offering(adding(limit(0x40, 1)))
        .finished()
        .record(TYPE.application_data, someBytes, 900),
  },
  {
    name: 'a record of the handshake longer than we take',
    alert: 'record_overflow',
    path: 'record.content',
    config: { recordSizeLimit: 100, clientAuthentication: 'required' },
    play: (c) => c.offering(adding(limit(0x40, 1))).certificate(),
  },
]
