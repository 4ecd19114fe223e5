/** ClientHello (RFC 9846 section 4.2.2). */

import { peerError } from '../alert.ts'
import {
  type ClientHelloExtensions,
  extensionCode,
  type RawExtension,
  readExtensions,
  writeExtensions,
} from './extension.ts'
import { type HandshakeMessage, readBody, writeHandshake } from './handshake.ts'

export interface ClientHello {
  readonly legacyVersion: number
  /** 32 bytes. */
  readonly random: Uint8Array
  /** 0 to 32 bytes. */
  readonly legacySessionId: Uint8Array
  readonly cipherSuites: readonly number[]
  readonly legacyCompressionMethods: Uint8Array
  readonly extensions: ClientHelloExtensions
  /** Codes of all extensions in the order of the message. */
  readonly extensionOrder: readonly number[]
  /** Extensions whose values are not read. */
  readonly unreadExtensions: readonly RawExtension[]
  /** The whole message. */
  readonly raw: Uint8Array
}

/**
 * Reads a ClientHello of any version of TLS: what a version demands is the handshake's business.
 * @throws {TlsError} | {DecodeError}
 */
export function readClientHello(message: HandshakeMessage): ClientHello {
  const r = readBody(message)
  const legacyVersion = r.u16('legacy_version')
  const random = r.bytes(32, 'random')
  const legacySessionId = r.vector(1, 'legacy_session_id', 0, 32)
  const cipherSuites = r.list(2, 'cipher_suites', (inner) => inner.u16('cipher_suite'), 2)
  const legacyCompressionMethods = r.vector(1, 'legacy_compression_methods', 1)
  // A hello without extensions is legal before TLS 1.3, so the field may be missing altogether.
  const { values, order, unread } =
    r.remaining === 0 ? { values: {}, order: [], unread: [] } : readExtensions(r, 'client_hello')
  r.end()
  const psk = order.indexOf(extensionCode('pre_shared_key'))
  if (psk !== -1 && psk !== order.length - 1) {
    throw peerError('illegal_parameter', 'client_hello.pre_shared_key', 'to be the last extension', 'others behind it')
  }
  return {
    legacyVersion,
    random,
    legacySessionId,
    cipherSuites,
    legacyCompressionMethods,
    extensions: values,
    extensionOrder: order,
    unreadExtensions: unread,
    raw: message.raw,
  }
}

/** A ClientHello to be written, with its extensions as they are on the wire. */
export interface ClientHelloParts extends Omit<
  ClientHello,
  'extensions' | 'extensionOrder' | 'unreadExtensions' | 'raw'
> {
  readonly extensions: readonly RawExtension[]
}

export function writeClientHello(hello: ClientHelloParts): Uint8Array {
  return writeHandshake(
    'client_hello',
    (w) => {
      w.u16(hello.legacyVersion).bytes(hello.random).vector(1, hello.legacySessionId)
      w.block(2, () => {
        for (const suite of hello.cipherSuites) w.u16(suite)
      })
      w.vector(1, hello.legacyCompressionMethods)
      writeExtensions(w, 'client_hello', {}, hello.extensions)
    },
    // Shares are what is large, and would have the writer begin anew.
    hello.extensions.reduce((sum, { data }) => sum + 4 + data.length, 128),
  )
}

/** The one compression method there is: none. */
export const NULL_COMPRESSION: Uint8Array = Uint8Array.of(0)
