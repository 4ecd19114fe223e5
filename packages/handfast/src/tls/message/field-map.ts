/** Every field of a handshake message with its place: for traces, byte maps and inspectors. */

import { DecodeError, type FieldSpan } from '../../bytes/index.ts'
import { TlsError } from '../alert.ts'
import { handshakeTypeName, type TlsVersion } from '../registry.ts'
import { readCertificate } from './certificate.ts'
import { readCertificate12, readRawPublicKey12 } from './certificate12.ts'
import { readCertificateRequest } from './certificate-request.ts'
import { readCertificateRequest12 } from './certificate-request12.ts'
import { readCertificateStatus } from './certificate-status.ts'
import { readCompressedCertificate } from './compressed-certificate.ts'
import { readCertificateVerify } from './certificate-verify.ts'
import { readClientHello } from './client-hello.ts'
import { readClientKeyExchange } from './client-key-exchange.ts'
import { readEncryptedExtensions } from './encrypted-extensions.ts'
import { HANDSHAKE_HEADER_LENGTH, type HandshakeMessage } from './handshake.ts'
import { readEndOfEarlyData } from './end-of-early-data.ts'
import { readFinished } from './finished.ts'
import { readHelloRequest } from './hello-request.ts'
import { readKeyUpdate } from './key-update.ts'
import { readNewSessionTicket } from './new-session-ticket.ts'
import { readNewSessionTicket12 } from './new-session-ticket12.ts'
import { readServerHelloDone } from './server-hello-done.ts'
import { readServerHello12 } from './server-hello12.ts'
import { readServerKeyExchange } from './server-key-exchange.ts'
import { isHelloRetryRequest, readServerHello } from './server-hello.ts'

export interface FieldMap {
  /** Wire name of the message; `hello_retry_request` where it is one; `unknown(99)` without a name. */
  readonly name: string
  /** In the order they were read; a field that holds others comes before them. Offsets into the message. */
  readonly fields: readonly FieldSpan[]
  /** What stopped the reading, if it did not come to the end. */
  readonly problem: string | undefined
}

type Readers = Readonly<Record<string, (message: HandshakeMessage) => unknown>>

const READERS: Readers = {
  client_hello: readClientHello,
  // It comes before the version is known: it is what says it.
  server_hello: (message) =>
    isTls12(message) ? readServerHello12(message, undefined) : readServerHello(message, undefined),
  encrypted_extensions: (message) => readEncryptedExtensions(message, undefined),
  certificate_request: readCertificateRequest,
  certificate: (message) => readCertificate(message, undefined),
  compressed_certificate: readCompressedCertificate,
  certificate_verify: readCertificateVerify,
  finished: (message) => readFinished(message, message.raw.length - HANDSHAKE_HEADER_LENGTH),
  end_of_early_data: readEndOfEarlyData,
  new_session_ticket: readNewSessionTicket,
  key_update: readKeyUpdate,
}

const READERS_12: Readers = {
  hello_request: readHelloRequest,
  client_hello: readClientHello,
  server_hello: (message) => readServerHello12(message, undefined),
  // Which of the two it is was said elsewhere (RFC 7250); a list of certificates that begins like a key would have 3 MB.
  certificate: (message) => (message.raw[7] === 0x30 ? readRawPublicKey12(message) : readCertificate12(message)),
  certificate_status: readCertificateStatus,
  server_key_exchange: readServerKeyExchange,
  certificate_request: readCertificateRequest12,
  server_hello_done: readServerHelloDone,
  certificate_verify: readCertificateVerify,
  client_key_exchange: readClientKeyExchange,
  finished: READERS['finished'] as Readers[string],
  new_session_ticket: readNewSessionTicket12,
}

function isTls12({ type, raw }: HandshakeMessage): boolean {
  const hello = readServerHello({ type, raw }, undefined)
  return hello.kind === 'server_hello' && hello.extensions.supported_versions === undefined
}

/**
 * Maps a handshake message (header included). Never throws for what the message holds.
 * @param version of the connection, once it is known: several messages have another syntax in TLS 1.2.
 */
export function mapFields(raw: Uint8Array, version: TlsVersion = 'TLS 1.3'): FieldMap {
  const type = handshakeTypeName(raw[0] ?? -1)
  const fields: FieldSpan[] = []
  if (type === undefined) return { name: `unknown(${raw[0]})`, fields, problem: undefined }
  const message: HandshakeMessage = { type, raw, trace: fields }
  const name = isHelloRetryRequest(message) ? 'hello_retry_request' : type
  try {
    const readers = version === 'TLS 1.2' ? READERS_12 : READERS
    readers[type]?.(message)
  } catch (error) {
    if (!(error instanceof DecodeError) && !(error instanceof TlsError)) throw error
    return { name, fields, problem: error.message }
  }
  return { name, fields, problem: undefined }
}
