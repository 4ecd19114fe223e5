/**
 * What neither side may do in TLS 1.2 with OCSP responses (RFC 6066 section 8), certificate timestamps (RFC 6962 section
 * 3.3.1) and the length of records (RFC 8449).
 */

import { concatBytes } from '../../src/bytes/index.ts'
import type { ClientConfig, ServerConfig } from '../../src/tls/index.ts'
import { HELLO_EXTENSIONS } from '../rogue/certificate-extension-rules.ts'
import { adding, EXTENSION, extension, handshake, type RawExtension, u16, vector } from '../rogue/messages.ts'
import { TYPE } from '../rogue/peer.ts'
import type { Rule } from '../rogue/rule.ts'
import type { RogueClient12 } from './client.ts'
import type { RogueServer12 } from './server.ts'

const STATUS = extension(EXTENSION.status_request)
const noBytes = new Uint8Array(0)

export function certificateStatus(response: Uint8Array, type = 1): Uint8Array {
  return handshake(22, concatBytes(Uint8Array.of(type), vector(3, response)))
}

const honest = certificateStatus(new Uint8Array(100))

function limit(value: number): RawExtension {
  return extension(EXTENSION.record_size_limit, u16(value))
}

/** A server that said it may staple, once it has shown its certificate. */
function stapling(play: (server: RogueServer12) => unknown): (server: RogueServer12) => unknown {
  return (s) => play(s.answering(adding(STATUS)).certificate())
}

type ServerRule = Rule<RogueServer12, Partial<ClientConfig>>

export const SERVER_EXTENSIONS_12: readonly ServerRule[] = [
  {
    name: 'CertificateStatus that was not announced',
    alert: 'unexpected_message',
    path: 'handshake',
    play: (s) => s.through('certificate').message(honest),
  },
  {
    name: 'CertificateStatus before Certificate',
    alert: 'unexpected_message',
    path: 'handshake',
    play: (s) => s.answering(adding(STATUS)).message(honest),
  },
  {
    name: 'two of them',
    alert: 'unexpected_message',
    path: 'handshake',
    play: stapling((s) => s.message(honest).message(honest)),
  },
  {
    name: 'CertificateStatus after ServerKeyExchange',
    alert: 'unexpected_message',
    path: 'handshake',
    play: stapling((s) => s.serverKeyExchange().message(honest)),
  },
  {
    name: 'a status of another type',
    alert: 'illegal_parameter',
    path: 'certificate_status.status_type',
    play: stapling((s) => s.message(certificateStatus(new Uint8Array(100), 2))),
  },
  {
    name: 'an empty OCSP response',
    alert: 'decode_error',
    path: /^certificate_status\.response/,
    play: stapling((s) => s.message(certificateStatus(noBytes))),
  },
  {
    name: 'a byte left over',
    alert: 'decode_error',
    path: 'certificate_status',
    play: stapling((s) => s.message(handshake(22, concatBytes(honest.subarray(4), Uint8Array.of(0))))),
  },
  {
    name: 'status_request that is not empty',
    alert: 'decode_error',
    path: 'server_hello.extensions.status_request',
    play: (s) => s.answering(adding(extension(EXTENSION.status_request, [1, 0, 0, 0, 0]))),
  },
  {
    name: 'timestamps that nobody asked for',
    alert: 'unsupported_extension',
    path: 'server_hello.signed_certificate_timestamp',
    play: (s) => s.answering(adding(extension(EXTENSION.signed_certificate_timestamp, [0, 3, 0, 1, 0]))),
  },
  {
    name: 'an empty list of timestamps',
    alert: 'decode_error',
    path: /^server_hello\.extensions\.signed_certificate_timestamp/,
    config: { requestTimestamps: true },
    play: (s) => s.answering(adding(extension(EXTENSION.signed_certificate_timestamp, [0, 0]))),
  },
  {
    name: 'a compressed certificate',
    alert: 'unexpected_message',
    path: 'handshake',
    play: (s) => s.through('server_hello').message(handshake(25, new Uint8Array(20))),
  },
  ...[0, 63, 16_385].map((value): ServerRule => ({
    name: `record_size_limit ${value}`,
    alert: 'illegal_parameter',
    path: /^server_hello\.(extensions\.)?record_size_limit$/,
    play: (s) => s.answering(adding(limit(value))),
  })),
  {
    name: 'record_size_limit that nobody offered',
    alert: 'unsupported_extension',
    path: 'server_hello.record_size_limit',
    config: { recordSizeLimit: false },
    play: (s) => s.answering(adding(limit(1000))),
  },
  {
    name: 'max_fragment_length beside record_size_limit',
    alert: 'unsupported_extension',
    path: 'server_hello.max_fragment_length',
    play: (s) => s.answering(adding(limit(1000), extension(1, [1]))),
  },
  {
    name: 'a record longer than we take',
    alert: 'record_overflow',
    path: 'record.content',
    config: { recordSizeLimit: 1000 },
    play: (s) =>
      s
        .answering(adding(limit(1000)))
        .open()
        .record(TYPE.application_data, new Uint8Array(1001)),
  },
]

type ClientRule = Rule<RogueClient12, Partial<ServerConfig>>

export const CLIENT_EXTENSIONS_12: readonly ClientRule[] = [
  ...HELLO_EXTENSIONS.map(([name, one, alert, path]): ClientRule => ({
    name,
    alert,
    path,
    play: (c) => c.offering(adding(one)),
  })),
  {
    name: 'a record longer than we take',
    alert: 'record_overflow',
    path: 'record.content',
    config: { recordSizeLimit: 1000 },
    play: (c) =>
      c
        .offering(adding(limit(1000)))
        .clientKeyExchange()
        .changeCipherSpec()
        .finished()
        .record(TYPE.application_data, new Uint8Array(1001)),
  },
  {
    name: 'CertificateStatus',
    alert: 'unexpected_message',
    path: 'handshake',
    config: { clientAuthentication: 'required' },
    play: (c) => c.clientHello().certificate().message(honest),
  },
]
