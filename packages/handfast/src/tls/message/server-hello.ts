/** ServerHello and HelloRetryRequest, which share a type (RFC 9846 sections 4.2.3, 4.2.4). */

import { equalBytes, fromHex, Reader } from '../../bytes/index.ts'
import {
  extensionCode,
  extensionName,
  type HelloRetryRequestExtensions,
  readExtensions,
  type ServerHelloExtensions,
  writeExtensions,
} from './extension.ts'
import { type HandshakeMessage, readBody, writeHandshake } from './handshake.ts'

interface HelloFields {
  readonly legacyVersion: number
  readonly legacySessionIdEcho: Uint8Array
  readonly cipherSuite: number
  readonly legacyCompressionMethod: number
  /** The whole message. */
  readonly raw: Uint8Array
}

export interface ServerHello extends HelloFields {
  readonly kind: 'server_hello'
  readonly random: Uint8Array
  readonly extensions: ServerHelloExtensions
}

export interface HelloRetryRequest extends HelloFields {
  readonly kind: 'hello_retry_request'
  readonly extensions: HelloRetryRequestExtensions
}

/** SHA-256 of "HelloRetryRequest": the random that marks one. */
export const HELLO_RETRY_REQUEST_RANDOM: Uint8Array = fromHex(
  'cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c',
)

const DOWNGRADE_TO_TLS12 = fromHex('444f574e47524401')
const DOWNGRADE_TO_TLS11 = fromHex('444f574e47524400')

/** True if the random carries the sentinel by which a TLS 1.3 server says it was made to negotiate less. */
export function isDowngradeSentinel(random: Uint8Array): boolean {
  const tail = random.subarray(24)
  return equalBytes(tail, DOWNGRADE_TO_TLS12) || equalBytes(tail, DOWNGRADE_TO_TLS11)
}

/** A random that says: this server has TLS 1.3, and was asked for TLS 1.2 (section 4.2.3). */
export function withDowngradeSentinel(random: Uint8Array): Uint8Array {
  const marked = random.slice()
  marked.set(DOWNGRADE_TO_TLS12, 24)
  return marked
}

/** True for a HelloRetryRequest, by its random (section 4.2.3). */
export function isHelloRetryRequest(message: HandshakeMessage): boolean {
  return message.type === 'server_hello' && equalBytes(message.raw.subarray(6, 38), HELLO_RETRY_REQUEST_RANDOM)
}

/**
 * Reads a ServerHello or HelloRetryRequest.
 * @param offered codes of the extensions of our ClientHello; undefined to show a message without judging it.
 * @throws {TlsError} | {DecodeError}
 */
export function readServerHello(
  message: HandshakeMessage,
  offered: ReadonlySet<number> | undefined,
): ServerHello | HelloRetryRequest {
  const isRetry = isHelloRetryRequest(message)
  const r = readBody(message, isRetry ? 'hello_retry_request' : 'server_hello')
  const legacyVersion = r.u16('legacy_version')
  const random = r.bytes(32, 'random')
  const legacySessionIdEcho = r.vector(1, 'legacy_session_id_echo', 0, 32)
  const cipherSuite = r.u16('cipher_suite')
  const legacyCompressionMethod = r.u8('legacy_compression_method')
  const fields = { legacyVersion, legacySessionIdEcho, cipherSuite, legacyCompressionMethod, raw: message.raw }
  if (isRetry) {
    const { values } = readExtensions(r, 'hello_retry_request', offered)
    r.end()
    return { kind: 'hello_retry_request', ...fields, extensions: values }
  }
  if (!hasVersion(message, r.offset)) {
    // An older version gives everything that follows another meaning (section 4.3.1): it is not read here.
    return { kind: 'server_hello', random, ...fields, extensions: {} }
  }
  const { values } = readExtensions(r, 'server_hello', offered)
  r.end()
  return { kind: 'server_hello', random, ...fields, extensions: values }
}

/** Whether there is a supported_versions extension. A server before TLS 1.3 may leave out all of them. */
function hasVersion({ raw }: HandshakeMessage, offset: number): boolean {
  const r = new Reader(raw, 'server_hello', offset)
  if (r.remaining === 0) return false
  const codes = r.list(2, 'extensions', (block) => {
    const code = block.u16('extension_type')
    block.vector(2, extensionName(code))
    return code
  })
  r.end()
  return codes.includes(extensionCode('supported_versions'))
}

export function writeServerHello(hello: {
  readonly random: Uint8Array
  readonly legacySessionIdEcho: Uint8Array
  readonly cipherSuite: number
  readonly extensions: ServerHelloExtensions
}): Uint8Array {
  return writeHandshake(
    'server_hello',
    (w) => {
      w.u16(0x0303).bytes(hello.random).vector(1, hello.legacySessionIdEcho).u16(hello.cipherSuite).u8(0)
      writeExtensions(w, 'server_hello', hello.extensions)
    },
    128 + (hello.extensions.key_share?.keyExchange.length ?? 0),
  )
}

export function writeHelloRetryRequest(retry: {
  readonly legacySessionIdEcho: Uint8Array
  readonly cipherSuite: number
  readonly extensions: HelloRetryRequestExtensions
}): Uint8Array {
  return writeHandshake('server_hello', (w) => {
    w.u16(0x0303).bytes(HELLO_RETRY_REQUEST_RANDOM).vector(1, retry.legacySessionIdEcho).u16(retry.cipherSuite).u8(0)
    writeExtensions(w, 'hello_retry_request', retry.extensions)
  })
}
