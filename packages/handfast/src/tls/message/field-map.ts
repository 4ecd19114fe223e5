/** Every field of a handshake message with its place: for traces, byte maps and inspectors. */

import { DecodeError, type FieldSpan } from '../../bytes/index.ts'
import { TlsError } from '../alert.ts'
import { handshakeTypeName } from '../registry.ts'
import { readCertificate } from './certificate.ts'
import { readCertificateRequest } from './certificate-request.ts'
import { readCertificateVerify } from './certificate-verify.ts'
import { readClientHello } from './client-hello.ts'
import { readEncryptedExtensions } from './encrypted-extensions.ts'
import { HANDSHAKE_HEADER_LENGTH, type HandshakeMessage } from './handshake.ts'
import { readFinished } from './finished.ts'
import { readKeyUpdate } from './key-update.ts'
import { readNewSessionTicket } from './new-session-ticket.ts'
import { isHelloRetryRequest, readServerHello } from './server-hello.ts'

export interface FieldMap {
  /** Wire name of the message; `hello_retry_request` where it is one; `unknown(99)` without a name. */
  readonly name: string
  /** In the order they were read; a field that holds others comes before them. Offsets into the message. */
  readonly fields: readonly FieldSpan[]
  /** What stopped the reading, if it did not come to the end. */
  readonly problem: string | undefined
}

const READERS: Readonly<Record<string, (message: HandshakeMessage) => unknown>> = {
  client_hello: readClientHello,
  server_hello: (message) => readServerHello(message, undefined),
  encrypted_extensions: (message) => readEncryptedExtensions(message, undefined),
  certificate_request: readCertificateRequest,
  certificate: (message) => readCertificate(message, undefined),
  certificate_verify: readCertificateVerify,
  finished: (message) => readFinished(message, message.raw.length - HANDSHAKE_HEADER_LENGTH),
  new_session_ticket: readNewSessionTicket,
  key_update: readKeyUpdate,
}

/** Maps a handshake message (header included). Never throws for what the message holds. */
export function mapFields(raw: Uint8Array): FieldMap {
  const type = handshakeTypeName(raw[0] ?? -1)
  const fields: FieldSpan[] = []
  if (type === undefined) return { name: `unknown(${raw[0]})`, fields, problem: undefined }
  const message: HandshakeMessage = { type, raw, trace: fields }
  const name = isHelloRetryRequest(message) ? 'hello_retry_request' : type
  try {
    READERS[type]?.(message)
  } catch (error) {
    if (!(error instanceof DecodeError) && !(error instanceof TlsError)) throw error
    return { name, fields, problem: error.message }
  }
  return { name, fields, problem: undefined }
}
