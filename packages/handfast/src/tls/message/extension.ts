/**
 * Extensions (RFC 9846 section 4.3; RFC 5246 section 7.4.1.4): one declared table says which extension may appear in which
 * message, and how its content is read and written there.
 *
 * To add one: its value's type in the message's interface below, its codec in the table. An
 * extension that is in the table without a codec for a message is recognised there as misplaced
 * (`illegal_parameter`); one with `ignored` is allowed there but not looked at.
 */

import { type Reader, Writer } from '../../bytes/index.ts'
import { peerError } from '../alert.ts'
import { CERTIFICATE_TYPE_CODES, isGrease } from '../registry.ts'
import {
  readStatus,
  readStatusRequest,
  readTimestampList,
  writeStatus,
  writeStatusRequest,
} from './certificate-extension.ts'
import {
  type EchClientHello,
  readConfirmation,
  readEchClientHello,
  readRetryConfigs,
  writeConfirmation,
  writeEchClientHello,
  writeRetryConfigs,
} from './encrypted-client-hello.ts'

/** Messages that carry extensions. */
export type ExtensionMessage =
  | 'client_hello'
  | 'server_hello'
  /** The ServerHello of TLS 1.2, which answers what EncryptedExtensions answers in TLS 1.3. */
  | 'server_hello12'
  | 'hello_retry_request'
  | 'encrypted_extensions'
  | 'certificate_request'
  | 'certificate'
  | 'new_session_ticket'

export interface KeyShareEntry {
  readonly group: number
  readonly keyExchange: Uint8Array
}

export interface PskIdentity {
  /** A ticket, or the name of an external key. */
  readonly identity: Uint8Array
  /** Of a ticket: milliseconds since it came, plus ticket_age_add, modulo 2^32. Else 0. */
  readonly obfuscatedTicketAge: number
}

export interface OfferedPsks {
  readonly identities: readonly PskIdentity[]
  /** One for each identity. */
  readonly binders: readonly Uint8Array[]
}

export interface ClientHelloExtensions {
  /** The host_name, as sent; RFC 6066 section 3. */
  server_name?: string
  supported_groups?: readonly number[]
  signature_algorithms?: readonly number[]
  signature_algorithms_cert?: readonly number[]
  application_layer_protocol_negotiation?: readonly Uint8Array[]
  supported_versions?: readonly number[]
  cookie?: Uint8Array
  certificate_authorities?: readonly Uint8Array[]
  key_share?: readonly KeyShareEntry[]
  /** CertificateType codes that the client can show, in its order of preference. */
  client_certificate_type?: readonly number[]
  /** CertificateType codes that the client takes from a server, likewise. */
  server_certificate_type?: readonly number[]
  post_handshake_auth?: true
  /** PskKeyExchangeMode codes. */
  psk_key_exchange_modes?: readonly number[]
  /** Application data follows at once. */
  early_data?: true
  pre_shared_key?: OfferedPsks
  encrypted_client_hello?: EchClientHello
  /** CertificateStatusType. */
  status_request?: number
  signed_certificate_timestamp?: true
  /** CertificateCompressionAlgorithm codes. */
  compress_certificate?: readonly number[]
  record_size_limit?: number
  /** ECPointFormat codes. */
  ec_point_formats?: readonly number[]
  extended_master_secret?: true
  /** Empty: the client takes tickets. */
  session_ticket?: Uint8Array
  /** renegotiated_connection: empty in an initial handshake. */
  renegotiation_info?: Uint8Array
}

export interface ServerHello12Extensions {
  /** Empty: the server used the name. */
  server_name?: true
  ec_point_formats?: readonly number[]
  /** The one protocol chosen. */
  application_layer_protocol_negotiation?: Uint8Array
  /** The type that is asked for in a CertificateRequest. */
  client_certificate_type?: number
  /** The type of the server's Certificate. */
  server_certificate_type?: number
  extended_master_secret?: true
  /** The server will send a ticket. */
  session_ticket?: true
  /** Empty: a CertificateStatus may follow. */
  status_request?: true
  /** SignedCertificateTimestampList. */
  signed_certificate_timestamp?: Uint8Array
  record_size_limit?: number
  renegotiation_info?: Uint8Array
}

export interface ServerHelloExtensions {
  /** selected_identity: index among those offered. */
  pre_shared_key?: number
  supported_versions?: number
  key_share?: KeyShareEntry
}

export interface HelloRetryRequestExtensions {
  supported_versions?: number
  cookie?: Uint8Array
  /** The group asked for. */
  key_share?: number
  /** hrr_accept_confirmation, 8 bytes. */
  encrypted_client_hello?: Uint8Array
}

export interface EncryptedExtensionsExtensions {
  /** Empty: the server used the name. */
  server_name?: true
  /** The server takes the early data. */
  early_data?: true
  supported_groups?: readonly number[]
  /** The one protocol chosen. */
  application_layer_protocol_negotiation?: Uint8Array
  /** The type that is asked for in a CertificateRequest. */
  client_certificate_type?: number
  /** The type of the server's Certificate. */
  server_certificate_type?: number
  /** retry_configs: an ECHConfigList. */
  encrypted_client_hello?: Uint8Array
  record_size_limit?: number
}

export interface CertificateRequestExtensions {
  signature_algorithms?: readonly number[]
  signature_algorithms_cert?: readonly number[]
  certificate_authorities?: readonly Uint8Array[]
  /** Empty, other than in a ClientHello (RFC 9846 section 4.5.1.1). */
  status_request?: true
  signed_certificate_timestamp?: true
  /** CertificateCompressionAlgorithm codes. */
  compress_certificate?: readonly number[]
}

/** Of one CertificateEntry. */
export interface CertificateExtensions {
  /** An OCSPResponse in DER. */
  status_request?: Uint8Array
  /** SignedCertificateTimestampList. */
  signed_certificate_timestamp?: Uint8Array
}

export interface NewSessionTicketExtensions {
  /** max_early_data_size, in bytes. */
  early_data?: number
}

export interface ExtensionValues {
  client_hello: ClientHelloExtensions
  server_hello: ServerHelloExtensions
  server_hello12: ServerHello12Extensions
  hello_retry_request: HelloRetryRequestExtensions
  encrypted_extensions: EncryptedExtensionsExtensions
  certificate_request: CertificateRequestExtensions
  certificate: CertificateExtensions
  new_session_ticket: NewSessionTicketExtensions
}

interface Codec<T> {
  read(r: Reader): T
  write(w: Writer, value: T): void
}

/** Allowed in this message, but of no interest to this implementation. */
const ignored = 'ignored'

type Cell<M extends ExtensionMessage, N extends string> = N extends keyof ExtensionValues[M]
  ? Codec<NonNullable<ExtensionValues[M][N]>>
  : typeof ignored

type Row<N extends string> = { readonly code: number } & { readonly [M in ExtensionMessage]?: Cell<M, N> }

export type ExtensionName =
  | 'server_name'
  | 'max_fragment_length'
  | 'status_request'
  | 'supported_groups'
  | 'ec_point_formats'
  | 'signature_algorithms'
  | 'use_srtp'
  | 'heartbeat'
  | 'application_layer_protocol_negotiation'
  | 'signed_certificate_timestamp'
  | 'client_certificate_type'
  | 'server_certificate_type'
  | 'padding'
  | 'extended_master_secret'
  | 'compress_certificate'
  | 'record_size_limit'
  | 'session_ticket'
  | 'delegated_credential'
  | 'pre_shared_key'
  | 'early_data'
  | 'supported_versions'
  | 'cookie'
  | 'psk_key_exchange_modes'
  | 'certificate_authorities'
  | 'oid_filters'
  | 'post_handshake_auth'
  | 'signature_algorithms_cert'
  | 'key_share'
  | 'transparency_info'
  | 'quic_transport_parameters'
  | 'ticket_request'
  | 'ech_outer_extensions'
  | 'encrypted_client_hello'
  | 'renegotiation_info'

function u16List(field: string, prefix: 1 | 2): Codec<readonly number[]> {
  return {
    read: (r) => r.list(prefix, field, (inner) => inner.u16('entry'), 2),
    write: (w, values) => {
      w.block(prefix, () => {
        for (const value of values) w.u16(value)
      })
    },
  }
}

function u16Value(field: string): Codec<number> {
  return { read: (r) => r.u16(field), write: (w, value) => void w.u16(value) }
}

/** Smallest value of record_size_limit (RFC 8449 section 4). */
export const MIN_RECORD_SIZE_LIMIT = 64

const signatureAlgorithms = u16List('supported_signature_algorithms', 2)
const supportedGroups = u16List('named_group_list', 2)

/** RFC 8449 section 4. */
const recordSizeLimit: Codec<number> = {
  read: (r) => {
    const limit = r.u16('limit')
    if (limit < MIN_RECORD_SIZE_LIMIT) {
      throw peerError('illegal_parameter', r.path, `at least ${MIN_RECORD_SIZE_LIMIT} bytes`, `${limit}`)
    }
    return limit
  },
  write: (w, limit) => void w.u16(limit),
}

const status: Codec<Uint8Array> = { read: readStatus, write: writeStatus }
const timestampList: Codec<Uint8Array> = { read: readTimestampList, write: (w, list) => void w.bytes(list) }
const compressionAlgorithms = u16List('algorithms', 1)

/** RFC 6066 section 3. Only one host_name may be there, and no other name type was ever defined. */
const serverName: Codec<string> = {
  read: (r) => {
    const names = r.list(
      2,
      'server_name_list',
      (inner) => {
        const type = inner.u8('name_type')
        if (type !== 0) throw peerError('illegal_parameter', `${inner.path}.name_type`, 'host_name (0)', `${type}`)
        const name = inner.vector(2, 'host_name', 1)
        for (const byte of name) {
          if (byte <= 0x20 || byte >= 0x7f) {
            throw peerError(
              'illegal_parameter',
              `${inner.path}.host_name`,
              'printable ASCII',
              `byte 0x${byte.toString(16)}`,
            )
          }
        }
        return String.fromCharCode(...name.subarray(0, 255)) + (name.length > 255 ? '...' : '')
      },
      1,
    )
    if (names.length !== 1) {
      throw peerError('illegal_parameter', `${r.path}.server_name_list`, 'one host_name', `${names.length}`)
    }
    const name = names[0] as string
    if (name.length > 255) throw peerError('illegal_parameter', `${r.path}.host_name`, 'at most 255 bytes', 'more')
    return name
  },
  write: (w, name) => {
    w.block(2, () => {
      w.u8(0)
      w.vector(2, asciiBytes(name))
    })
  },
}

/** RFC 7301 section 3.1. */
const protocolNames: Codec<readonly Uint8Array[]> = {
  read: (r) => r.list(2, 'protocol_name_list', (inner) => inner.vector(1, 'protocol_name', 1), 2),
  write: (w, names) => {
    w.block(2, () => {
      for (const name of names) w.vector(1, name)
    })
  },
}

const selectedProtocol: Codec<Uint8Array> = {
  read: (r) => {
    const names = protocolNames.read(r)
    if (names.length !== 1)
      throw peerError('decode_error', `${r.path}.protocol_name_list`, 'one protocol', `${names.length}`)
    return names[0] as Uint8Array
  },
  write: (w, name) => protocolNames.write(w, [name]),
}

const keyShareEntry: Codec<KeyShareEntry> = {
  read: (r) => ({ group: r.u16('group'), keyExchange: r.vector(2, 'key_exchange', 1) }),
  write: (w, entry) => void w.u16(entry.group).vector(2, entry.keyExchange),
}

const distinguishedNames: Codec<readonly Uint8Array[]> = {
  read: (r) => r.list(2, 'authorities', (inner) => inner.vector(2, 'distinguished_name', 1), 3),
  write: (w, names) => {
    w.block(2, () => {
      for (const name of names) w.vector(2, name)
    })
  },
}

/** RFC 7250 section 3. */
const certificateTypes: Codec<readonly number[]> = {
  read: (r) => {
    const types = [...r.vector(1, 'certificate_types', 1)]
    // RFC 7250 section 4.1: who has nothing beside the default leaves the extension out.
    if (types.length === 1 && types[0] === CERTIFICATE_TYPE_CODES.X509) {
      throw peerError('illegal_parameter', `${r.path}.certificate_types`, 'more than the default', 'X509 alone')
    }
    return types
  },
  write: (w, types) => void w.vector(1, Uint8Array.from(types)),
}

const certificateType: Codec<number> = {
  read: (r) => r.u8('certificate_type'),
  write: (w, type) => void w.u8(type),
}

const cookie: Codec<Uint8Array> = {
  read: (r) => r.vector(2, 'cookie', 1),
  write: (w, value) => void w.vector(2, value),
}

/** Section 4.3.11. */
const offeredPsks: Codec<OfferedPsks> = {
  read: (r) => {
    const identities = r.list(
      2,
      'identities',
      (inner) => ({
        identity: inner.vector(2, 'identity', 1),
        obfuscatedTicketAge: inner.u32('obfuscated_ticket_age'),
      }),
      7,
    )
    const binders = r.list(2, 'binders', (inner) => inner.vector(1, 'binder', 32), 33)
    if (binders.length !== identities.length) {
      throw peerError('illegal_parameter', `${r.path}.binders`, `${identities.length}`, `${binders.length}`)
    }
    return { identities, binders }
  },
  write: (w, { identities, binders }) => {
    w.block(2, () => {
      for (const { identity, obfuscatedTicketAge } of identities) w.vector(2, identity).u32(obfuscatedTicketAge)
    })
    w.block(2, () => {
      for (const binder of binders) w.vector(1, binder)
    })
  },
}

/** Bytes of the binders of a ClientHello with their lengths: what its binders leave out at the end (section 4.3.11.2). */
export function bindersLength({ binders }: OfferedPsks): number {
  return binders.reduce((sum, binder) => sum + 1 + binder.length, 2)
}

const empty: Codec<true> = {
  // What follows is left over and refused by the block that holds it.
  read: () => true,
  write: () => {},
}

/** RFC 8422 section 5.1.2. */
const pointFormats: Codec<readonly number[]> = {
  read: (r) => [...r.vector(1, 'ec_point_format_list', 1)],
  write: (w, formats) => void w.vector(1, Uint8Array.from(formats)),
}

/** RFC 5746 section 3.2. */
const renegotiatedConnection: Codec<Uint8Array> = {
  read: (r) => r.vector(1, 'renegotiated_connection'),
  write: (w, value) => void w.vector(1, value),
}

/**
 * RFC 9846 section 4.3, the table of extensions; signed_certificate_timestamp: RFC 6962 section 3.3.1. For TLS 1.2:
 * RFC 6066 section 8, RFC 8449 section 4, RFC 8422 section 5.1.2, RFC 7627 section 5.1, RFC 5077 section 3.2, RFC 5746 section 3.2.
 */
const EXTENSIONS: { readonly [N in ExtensionName]: Row<N> } = {
  server_name: {
    code: 0,
    client_hello: serverName,
    server_hello12: empty,
    encrypted_extensions: empty,
    certificate_request: ignored,
  },
  // Not used: record_size_limit took its place (RFC 8449 section 5).
  max_fragment_length: { code: 1, client_hello: ignored, server_hello12: ignored, encrypted_extensions: ignored },
  status_request: {
    code: 5,
    client_hello: { read: readStatusRequest, write: writeStatusRequest },
    server_hello12: empty,
    certificate_request: empty,
    certificate: status,
  },
  // No server of TLS 1.2 should answer this one, but some do, and nobody looks.
  supported_groups: {
    code: 10,
    client_hello: supportedGroups,
    server_hello12: ignored,
    encrypted_extensions: supportedGroups,
  },
  ec_point_formats: { code: 11, client_hello: pointFormats, server_hello12: pointFormats },
  signature_algorithms: { code: 13, client_hello: signatureAlgorithms, certificate_request: signatureAlgorithms },
  use_srtp: { code: 14, client_hello: ignored, server_hello12: ignored, encrypted_extensions: ignored },
  heartbeat: { code: 15, client_hello: ignored, server_hello12: ignored, encrypted_extensions: ignored },
  application_layer_protocol_negotiation: {
    code: 16,
    client_hello: protocolNames,
    server_hello12: selectedProtocol,
    encrypted_extensions: selectedProtocol,
  },
  signed_certificate_timestamp: {
    code: 18,
    client_hello: empty,
    server_hello12: timestampList,
    certificate_request: empty,
    certificate: timestampList,
  },
  client_certificate_type: {
    code: 19,
    client_hello: certificateTypes,
    server_hello12: certificateType,
    encrypted_extensions: certificateType,
  },
  server_certificate_type: {
    code: 20,
    client_hello: certificateTypes,
    server_hello12: certificateType,
    encrypted_extensions: certificateType,
  },
  padding: { code: 21, client_hello: ignored },
  extended_master_secret: { code: 23, client_hello: empty, server_hello12: empty },
  compress_certificate: { code: 27, client_hello: compressionAlgorithms, certificate_request: compressionAlgorithms },
  record_size_limit: {
    code: 28,
    client_hello: recordSizeLimit,
    server_hello12: recordSizeLimit,
    encrypted_extensions: recordSizeLimit,
  },
  delegated_credential: { code: 34, client_hello: ignored, certificate_request: ignored, certificate: ignored },
  session_ticket: {
    code: 35,
    client_hello: { read: (r) => r.rest('ticket'), write: (w, ticket) => void w.bytes(ticket) },
    server_hello12: empty,
  },
  early_data: {
    code: 42,
    client_hello: empty,
    encrypted_extensions: empty,
    new_session_ticket: { read: (r) => r.u32('max_early_data_size'), write: (w, size) => void w.u32(size) },
  },
  supported_versions: {
    code: 43,
    client_hello: u16List('versions', 1),
    server_hello: u16Value('selected_version'),
    hello_retry_request: u16Value('selected_version'),
  },
  cookie: { code: 44, client_hello: cookie, hello_retry_request: cookie },
  psk_key_exchange_modes: {
    code: 45,
    client_hello: {
      read: (r) => [...r.vector(1, 'ke_modes', 1)],
      write: (w, modes) => void w.vector(1, Uint8Array.from(modes)),
    },
  },
  certificate_authorities: { code: 47, client_hello: distinguishedNames, certificate_request: distinguishedNames },
  oid_filters: { code: 48, certificate_request: ignored },
  post_handshake_auth: { code: 49, client_hello: empty },
  signature_algorithms_cert: { code: 50, client_hello: signatureAlgorithms, certificate_request: signatureAlgorithms },
  key_share: {
    code: 51,
    client_hello: {
      read: (r) => r.list(2, 'client_shares', (inner) => keyShareEntry.read(inner)),
      write: (w, entries) => {
        w.block(2, () => {
          for (const entry of entries) keyShareEntry.write(w, entry)
        })
      },
    },
    server_hello: keyShareEntry,
    hello_retry_request: u16Value('selected_group'),
  },
  transparency_info: { code: 52, client_hello: ignored, certificate_request: ignored, certificate: ignored },
  quic_transport_parameters: { code: 57, client_hello: ignored, encrypted_extensions: ignored },
  ticket_request: { code: 58, client_hello: ignored, encrypted_extensions: ignored },
  // Within an EncodedClientHelloInner alone (RFC 9849 section 5.1), and that is no ClientHello yet.
  ech_outer_extensions: { code: 64768 },
  encrypted_client_hello: {
    code: 65037,
    client_hello: { read: readEchClientHello, write: writeEchClientHello },
    hello_retry_request: { read: readConfirmation, write: writeConfirmation },
    encrypted_extensions: { read: readRetryConfigs, write: writeRetryConfigs },
  },
  renegotiation_info: { code: 0xff01, client_hello: renegotiatedConnection, server_hello12: renegotiatedConnection },
  // Written last, where it must be (section 4.3.11).
  pre_shared_key: { code: 41, client_hello: offeredPsks, server_hello: u16Value('selected_identity') },
}

type AnyCell = Codec<unknown> | typeof ignored | undefined
interface AnyRow {
  readonly name: ExtensionName
  readonly code: number
  readonly cells: { readonly [M in ExtensionMessage]?: AnyCell }
}

const ROWS: readonly AnyRow[] = Object.entries(EXTENSIONS).map(([name, row]) => ({
  name: name as ExtensionName,
  code: row.code,
  cells: row as { readonly [M in ExtensionMessage]?: AnyCell },
}))
/** What a message can be written with, in the table's order. */
function writableIn(message: ExtensionMessage): readonly WritableRow[] {
  return ROWS.flatMap(({ name, code, cells }) => {
    const codec = cells[message]
    return codec === undefined || codec === ignored ? [] : [{ name, code, codec }]
  })
}

interface WritableRow {
  readonly name: ExtensionName
  readonly code: number
  readonly codec: Codec<unknown>
}

const WRITABLE: { readonly [M in ExtensionMessage]: readonly WritableRow[] } = {
  client_hello: writableIn('client_hello'),
  server_hello: writableIn('server_hello'),
  server_hello12: writableIn('server_hello12'),
  hello_retry_request: writableIn('hello_retry_request'),
  encrypted_extensions: writableIn('encrypted_extensions'),
  certificate_request: writableIn('certificate_request'),
  certificate: writableIn('certificate'),
  new_session_ticket: writableIn('new_session_ticket'),
}

const ROW_BY_CODE: ReadonlyMap<number, AnyRow> = new Map(ROWS.map((row) => [row.code, row]))

/** Code of an extension by its name. */
export function extensionCode(name: ExtensionName): number {
  return EXTENSIONS[name].code
}

/** Name of an extension, `GREASE`, or its number. */
export function extensionName(code: number): string {
  const name = ROW_BY_CODE.get(code)?.name
  if (name !== undefined) return name
  return isGrease(code) ? 'GREASE' : `${code}`
}

export interface ReadExtensions<M extends ExtensionMessage> {
  readonly values: ExtensionValues[M]
  /** All extension codes in the order they came. */
  readonly order: readonly number[]
  /** Those whose values are not read, as they came: views of the message. */
  readonly unread: readonly RawExtension[]
}

/** Messages whose extensions answer ones that we offered (RFC 9846 section 4.3). */
const ANSWERS: ReadonlySet<ExtensionMessage> = new Set([
  'server_hello',
  'server_hello12',
  'hello_retry_request',
  'encrypted_extensions',
  'certificate',
])

/**
 * Reads an extension block.
 * @param offered codes of the extensions that were offered to the peer, for messages that answer them.
 * @throws {TlsError} `illegal_parameter` for a duplicate or an extension that has no place in this
 * message, `unsupported_extension` for an answer to what was not asked.
 * @throws {DecodeError} for what does not follow its syntax.
 */
export function readExtensions<M extends ExtensionMessage>(
  r: Reader,
  message: M,
  offered?: ReadonlySet<number>,
): ReadExtensions<M> {
  const values: Record<string, unknown> = {}
  const order: number[] = []
  const unread: RawExtension[] = []
  const seen = new Set<number>()
  r.block(2, 'extensions', (block) => {
    while (block.remaining > 0) {
      const code = block.u16('extension_type')
      const row = ROW_BY_CODE.get(code)
      const name = row?.name ?? `${code}`
      if (seen.has(code)) throw peerError('illegal_parameter', `${r.path}.${name}`, 'one extension of a type', 'two')
      seen.add(code)
      order.push(code)
      const cell = row?.cells[message]
      if (row !== undefined && cell === undefined) {
        throw peerError('illegal_parameter', `${r.path}.${name}`, `no such extension in ${message}`, 'one')
      }
      if (ANSWERS.has(message) && offered !== undefined && !offered.has(code) && !isUnaskedCookie(message, code)) {
        throw peerError(
          'unsupported_extension',
          `${r.path}.${name}`,
          'an extension that was offered',
          'one that was not',
        )
      }
      if (cell === undefined || cell === ignored) unread.push({ code, data: block.vector(2, name) })
      else block.block(2, name, (inner) => void (values[name] = cell.read(inner)))
    }
  })
  return { values: values as ExtensionValues[M], order, unread }
}

/** The one answer that may come unasked (RFC 9846 section 4.3.2). */
function isUnaskedCookie(message: ExtensionMessage, code: number): boolean {
  return message === 'hello_retry_request' && code === EXTENSIONS.cookie.code
}

/** An extension as it is on the wire. */
export interface RawExtension {
  readonly code: number
  readonly data: Uint8Array
}

/** Writes an extension block: the given values in the table's order, then `raw` as it is. */
export function writeExtensions<M extends ExtensionMessage>(
  w: Writer,
  message: M,
  values: ExtensionValues[M],
  raw: readonly RawExtension[] = [],
): void {
  const given = values as Readonly<Record<string, unknown>>
  w.block(2, () => {
    for (const { name, code, codec } of WRITABLE[message]) {
      const value = given[name]
      if (value === undefined) continue
      w.u16(code)
      w.block(2, () => codec.write(w, value))
    }
    for (const extension of raw) w.u16(extension.code).vector(2, extension.data)
  })
}

/** The given values each as it is on the wire, in the table's order. */
export function rawExtensions<M extends ExtensionMessage>(message: M, values: ExtensionValues[M]): RawExtension[] {
  const given = values as Readonly<Record<string, unknown>>
  return WRITABLE[message].flatMap(({ name, code, codec }) => {
    const value = given[name]
    if (value === undefined) return []
    const w = new Writer()
    codec.write(w, value)
    return [{ code, data: w.finish() }]
  })
}

function asciiBytes(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length)
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i)
  return bytes
}
