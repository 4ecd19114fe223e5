/**
 * Messages of every shape, also ones that no honest writer makes: each part is given as it is to be
 * on the wire.
 */

import { deflateSync } from 'node:zlib'
import { concatBytes, Writer } from '../../src/bytes/index.ts'

export interface RawExtension {
  readonly code: number
  readonly data: Uint8Array
}

/** Changes the extensions that an honest message would have. */
export type ChangeExtensions = (own: readonly RawExtension[]) => readonly RawExtension[]

export const EXTENSION = {
  server_name: 0,
  status_request: 5,
  supported_groups: 10,
  signature_algorithms: 13,
  alpn: 16,
  client_certificate_type: 19,
  server_certificate_type: 20,
  signed_certificate_timestamp: 18,
  padding: 21,
  compress_certificate: 27,
  record_size_limit: 28,
  pre_shared_key: 41,
  early_data: 42,
  supported_versions: 43,
  cookie: 44,
  psk_key_exchange_modes: 45,
  certificate_authorities: 47,
  oid_filters: 48,
  post_handshake_auth: 49,
  signature_algorithms_cert: 50,
  key_share: 51,
  ech_outer_extensions: 0xfd00,
  encrypted_client_hello: 0xfe0d,
  /** Nobody's. */
  unknown: 0xffce,
} as const

/** A handshake message of any type. */
export function handshake(type: number, body: Uint8Array): Uint8Array {
  return new Writer(body.length + 4).u8(type).vector(3, body).finish()
}

/** A header that announces more than anyone would send, and no body. */
export function header(type: number, length: number): Uint8Array {
  return new Writer(4).u8(type).u24(length).finish()
}

export function extension(code: number, data: Uint8Array | readonly number[] = []): RawExtension {
  return { code, data: Uint8Array.from(data) }
}

export function u16(...values: readonly number[]): Uint8Array {
  const w = new Writer()
  for (const value of values) w.u16(value)
  return w.finish().slice()
}

/** Bytes behind their length. */
export function vector(prefix: 1 | 2 | 3, ...parts: readonly Uint8Array[]): Uint8Array {
  return new Writer()
    .vector(prefix, concatBytes(...parts))
    .finish()
    .slice()
}

export function text(value: string): Uint8Array {
  return new TextEncoder().encode(value)
}

/** The same extensions with one left out. */
export function without(code: number): ChangeExtensions {
  return (own) => own.filter((one) => one.code !== code)
}

/** The same extensions with one more, or another value of one that is there. */
export function replacing(code: number, data: Uint8Array | readonly number[]): ChangeExtensions {
  return (own) =>
    own.some((one) => one.code === code)
      ? own.map((one) => (one.code === code ? extension(code, data) : one))
      : [...own, extension(code, data)]
}

/** The same extensions with others behind them, whatever there is already. */
export function adding(...more: readonly RawExtension[]): ChangeExtensions {
  return (own) => [...own, ...more]
}

export function writeExtensions(extensions: readonly RawExtension[]): Uint8Array {
  return vector(2, ...extensions.map(({ code, data }) => concatBytes(u16(code), vector(2, data))))
}

export interface ServerHelloParts {
  legacyVersion: number
  random: Uint8Array
  sessionId: Uint8Array
  cipherSuite: number
  compression: number
  extensions: readonly RawExtension[]
  /** Bytes behind the last field. */
  rest?: Uint8Array
}

export function writeServerHello(parts: ServerHelloParts): Uint8Array {
  return handshake(
    2,
    concatBytes(
      u16(parts.legacyVersion),
      parts.random,
      vector(1, parts.sessionId),
      u16(parts.cipherSuite),
      Uint8Array.of(parts.compression),
      writeExtensions(parts.extensions),
      parts.rest ?? new Uint8Array(0),
    ),
  )
}

export interface ClientHelloParts {
  legacyVersion: number
  random: Uint8Array
  sessionId: Uint8Array
  cipherSuites: Uint8Array
  compression: Uint8Array
  extensions: readonly RawExtension[]
  rest?: Uint8Array
}

export function writeClientHello(parts: ClientHelloParts): Uint8Array {
  return handshake(
    1,
    concatBytes(
      u16(parts.legacyVersion),
      parts.random,
      vector(1, parts.sessionId),
      vector(2, parts.cipherSuites),
      vector(1, parts.compression),
      writeExtensions(parts.extensions),
      parts.rest ?? new Uint8Array(0),
    ),
  )
}

export interface CertificateParts {
  context: Uint8Array
  /** Each with its extension block. */
  entries: readonly { readonly data: Uint8Array; readonly extensions?: readonly RawExtension[] }[]
}

export function writeCertificate(parts: CertificateParts): Uint8Array {
  const entries = parts.entries.map(({ data, extensions }) =>
    concatBytes(vector(3, data), writeExtensions(extensions ?? [])),
  )
  return handshake(11, concatBytes(vector(1, parts.context), vector(3, ...entries)))
}

/** CompressedCertificate around the body of a Certificate, by zlib unless told otherwise. */
export function writeCompressed(
  body: Uint8Array,
  announced: number = body.length,
  data: Uint8Array = deflateSync(body),
  algorithm: number = 1,
): Uint8Array {
  const length = Uint8Array.of(announced >> 16, announced >> 8, announced)
  return handshake(25, concatBytes(u16(algorithm), length, vector(3, data)))
}

export function writeCertificateRequest(context: Uint8Array, extensions: readonly RawExtension[]): Uint8Array {
  return handshake(13, concatBytes(vector(1, context), writeExtensions(extensions)))
}

export function writeCertificateVerify(scheme: number, signature: Uint8Array): Uint8Array {
  return handshake(15, concatBytes(u16(scheme), vector(2, signature)))
}

/** A record as it is to be on the wire, without protection. */
export function writeRecord(type: number, fragment: Uint8Array, length: number = fragment.length): Uint8Array {
  return concatBytes(Uint8Array.of(type, 3, 3, length >>> 8, length & 0xff), fragment)
}
