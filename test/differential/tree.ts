/**
 * Handshake messages of TLS 1.3 (RFC 9846 section 4) and TLS 1.2 (RFC 5246 section 7.4, RFC 8422 section 5) as trees
 * of fields, so that one field can be changed while every length around it stays right, or a single length be
 * made to lie. An extension that has no shape here is a leaf.
 */

import { concatBytes } from '../../packages/handfast/src/bytes/index.ts'
import type { TlsVersion } from '../../packages/handfast/src/tls/index.ts'
import { EXTENSION } from '../../packages/handfast/test/rogue/messages.ts'

export interface Leaf {
  readonly kind: 'leaf'
  readonly name: string
  bytes: Uint8Array
}

/** Fields one behind the other; with a `prefix`, behind the length of all of them in so many bytes. */
export interface Branch {
  readonly kind: 'branch'
  readonly name: string
  readonly prefix: 0 | 1 | 2 | 3
  /** Whether its children are any number of the same shape. */
  readonly isList: boolean
  children: Field[]
  /** Added to the length that is written. */
  lie: number
}

export type Field = Leaf | Branch

/** A handshake message as a tree: its type, and a body behind its length. */
export function readTree(message: Uint8Array, version: TlsVersion): Branch {
  const type = message[0] as number
  const isRetry = type === 2 && message[6] === RETRY_RANDOM[0] && message[7] === RETRY_RANDOM[1]
  const tree = (body: Shape): Branch =>
    struct('message', fixed(1, 'type'), vector(3, 'body', body))(new Cursor(message)) as Branch
  try {
    return tree((version === 'TLS 1.2' ? bodyOf12(type) : undefined) ?? bodyOf(type, isRetry))
  } catch (error) {
    // What follows a handshake may be no message of its type.
    if (error instanceof RangeError) return tree(rest('bytes'))
    throw error
  }
}

/** The bytes of a tree, each length as long as what it is before, and its lie. */
export function writeTree(field: Field): Uint8Array {
  if (field.kind === 'leaf') return field.bytes
  const content = concatBytes(...field.children.map(writeTree))
  if (field.prefix === 0) return content
  const length = content.length + field.lie
  return concatBytes(
    Uint8Array.from({ length: field.prefix }, (_, i) => length >>> (8 * (field.prefix - 1 - i))),
    content,
  )
}

/** Every field of the tree, from the outside. */
export function fieldsOf(field: Field): Field[] {
  return field.kind === 'leaf' ? [field] : [field, ...field.children.flatMap(fieldsOf)]
}

export function leaf(name: string, bytes: Uint8Array): Leaf {
  return { kind: 'leaf', name, bytes }
}

/** An extension with this body. */
export function extensionField(code: number, data: Uint8Array): Branch {
  const body: Branch = {
    kind: 'branch',
    name: 'extension_data',
    prefix: 2,
    isList: false,
    children: [leaf('data', data)],
    lie: 0,
  }
  const type = leaf('extension_type', Uint8Array.of(code >>> 8, code))
  return { kind: 'branch', name: `extension ${code}`, prefix: 0, isList: false, children: [type, body], lie: 0 }
}

const EC_POINT_FORMATS = 11
const RENEGOTIATION_INFO = 0xff01

/** The first two bytes of the random that makes a ServerHello a HelloRetryRequest (section 4.2.3). */
const RETRY_RANDOM = [0xcf, 0x21]

class Cursor {
  readonly #bytes: Uint8Array
  #at = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  get left(): number {
    return this.#bytes.length - this.#at
  }

  take(length: number): Uint8Array {
    if (length > this.left) throw new RangeError(`an honest message lacks ${length - this.left} bytes`)
    return this.#bytes.slice(this.#at, (this.#at += length))
  }

  number(length: number): number {
    return this.take(length).reduce((value, byte) => value * 256 + byte, 0)
  }
}

type Shape = (cursor: Cursor) => Field

function fixed(length: number, name: string): Shape {
  return (cursor) => leaf(name, cursor.take(length))
}

function rest(name: string): Shape {
  return (cursor) => leaf(name, cursor.take(cursor.left))
}

function struct(name: string, ...shapes: readonly Shape[]): Shape {
  return (cursor) => {
    const children = shapes.map((shape) => shape(cursor))
    return { kind: 'branch', name, prefix: 0, isList: false, children, lie: 0 }
  }
}

function vector(prefix: 1 | 2 | 3, name: string, ...shapes: readonly Shape[]): Shape {
  return (cursor) => {
    const inner = new Cursor(cursor.take(cursor.number(prefix)))
    const children = shapes.map((shape) => shape(inner))
    return { kind: 'branch', name, prefix, isList: false, children, lie: 0 }
  }
}

function list(prefix: 1 | 2 | 3, name: string, shape: Shape): Shape {
  return (cursor) => {
    const inner = new Cursor(cursor.take(cursor.number(prefix)))
    const children: Field[] = []
    while (inner.left > 0) children.push(shape(inner))
    return { kind: 'branch', name, prefix, isList: true, children, lie: 0 }
  }
}

type Place = 'client_hello' | 'server_hello' | 'hello_retry_request' | 'other'

function bodyOf(type: number, isRetry: boolean): Shape {
  switch (type) {
    case 1:
      return struct(
        'client_hello',
        fixed(2, 'legacy_version'),
        fixed(32, 'random'),
        vector(1, 'legacy_session_id', rest('id')),
        list(2, 'cipher_suites', fixed(2, 'cipher_suite')),
        list(1, 'legacy_compression_methods', fixed(1, 'method')),
        extensions('client_hello'),
      )
    case 2:
      return struct(
        isRetry ? 'hello_retry_request' : 'server_hello',
        fixed(2, 'legacy_version'),
        fixed(32, 'random'),
        vector(1, 'legacy_session_id_echo', rest('id')),
        fixed(2, 'cipher_suite'),
        fixed(1, 'legacy_compression_method'),
        extensions(isRetry ? 'hello_retry_request' : 'server_hello'),
      )
    case 4:
      return struct(
        'new_session_ticket',
        fixed(4, 'ticket_lifetime'),
        fixed(4, 'ticket_age_add'),
        vector(1, 'ticket_nonce', rest('nonce')),
        vector(2, 'ticket', rest('ticket')),
        extensions('other'),
      )
    case 8:
      return struct('encrypted_extensions', extensions('other'))
    case 11:
      return struct(
        'certificate',
        vector(1, 'certificate_request_context', rest('context')),
        list(3, 'certificate_list', struct('entry', vector(3, 'cert_data', rest('der')), extensions('other'))),
      )
    case 13:
      return struct(
        'certificate_request',
        vector(1, 'certificate_request_context', rest('context')),
        extensions('other'),
      )
    case 15:
      return struct('certificate_verify', fixed(2, 'algorithm'), vector(2, 'signature', rest('bytes')))
    default:
      return rest(type === 20 ? 'verify_data' : type === 24 ? 'request_update' : 'bytes')
  }
}

/** What TLS 1.2 has otherwise. */
function bodyOf12(type: number): Shape | undefined {
  switch (type) {
    case 2:
      return struct(
        'server_hello',
        fixed(2, 'server_version'),
        fixed(32, 'random'),
        vector(1, 'session_id', rest('id')),
        fixed(2, 'cipher_suite'),
        fixed(1, 'compression_method'),
        extensions('other'),
      )
    case 11:
      return struct('certificate', list(3, 'certificate_list', vector(3, 'certificate', rest('der'))))
    case 12:
      return struct(
        'server_key_exchange',
        fixed(1, 'curve_type'),
        fixed(2, 'named_curve'),
        vector(1, 'point', rest('public')),
        fixed(2, 'algorithm'),
        vector(2, 'signature', rest('bytes')),
      )
    case 13:
      return struct(
        'certificate_request',
        list(1, 'certificate_types', fixed(1, 'type')),
        list(2, 'supported_signature_algorithms', fixed(2, 'code')),
        list(2, 'certificate_authorities', vector(2, 'distinguished_name', rest('name'))),
      )
    case 16:
      return struct('client_key_exchange', vector(1, 'point', rest('public')))
    default:
      return undefined
  }
}

function extensions(place: Place): Shape {
  return list(2, 'extensions', (cursor) => {
    const code = cursor.take(2)
    const number = ((code[0] as number) << 8) | (code[1] as number)
    const children = [leaf('extension_type', code), vector(2, 'extension_data', valueOf(number, place))(cursor)]
    return { kind: 'branch', name: `extension ${number}`, prefix: 0, isList: false, children, lie: 0 }
  })
}

function valueOf(code: number, place: Place): Shape {
  const codes = list(2, 'list', fixed(2, 'code'))
  switch (code) {
    case EXTENSION.server_name:
      return place === 'client_hello'
        ? list(
            2,
            'server_name_list',
            struct('server_name', fixed(1, 'name_type'), vector(2, 'name', rest('host_name'))),
          )
        : rest('data')
    case EXTENSION.supported_groups:
    case EXTENSION.signature_algorithms:
      return codes
    case EXTENSION.alpn:
      return list(2, 'protocol_name_list', vector(1, 'protocol_name', rest('name')))
    case EXTENSION.supported_versions:
      return place === 'client_hello' ? list(1, 'versions', fixed(2, 'version')) : fixed(2, 'version')
    case EXTENSION.cookie:
      return vector(2, 'cookie', rest('cookie'))
    case EXTENSION.key_share: {
      const entry = struct('entry', fixed(2, 'group'), vector(2, 'key_exchange', rest('share')))
      if (place === 'client_hello') return list(2, 'client_shares', entry)
      return place === 'server_hello' ? entry : fixed(2, 'group')
    }
    case EC_POINT_FORMATS:
      return list(1, 'ec_point_format_list', fixed(1, 'format'))
    case RENEGOTIATION_INFO:
      return vector(1, 'renegotiated_connection', rest('verify_data'))
    default:
      return rest('data')
  }
}
