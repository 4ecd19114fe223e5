/**
 * How a ClientHelloInner is carried (RFC 9849): EncodedClientHelloInner (section 5.1, appendix A), its padding
 * (6.1.3), and the ClientHelloOuter that it is bound to (5.2).
 */

import { Reader, Writer } from '../../bytes/index.ts'
import { peerError } from '../alert.ts'
import { type ClientHelloParts, writeClientHello } from '../message/client-hello.ts'
import { extensionCode, extensionName, type RawExtension } from '../message/extension.ts'
import { HANDSHAKE_HEADER_LENGTH } from '../message/handshake.ts'

const ECH = extensionCode('encrypted_client_hello')
const OUTER_EXTENSIONS = extensionCode('ech_outer_extensions')
const EMPTY = new Uint8Array(0)

/**
 * Never left to the outer hello. What differs must not be; a name that happens to be the public one would show by
 * the length (section 10.5).
 */
const PRIVATE: ReadonlySet<number> = new Set(
  (['server_name', 'supported_versions', 'pre_shared_key', 'encrypted_client_hello'] as const).map(extensionCode),
)

/** A ClientHelloInner that can be compressed against its outer one. */
export interface Arranged {
  readonly inner: ClientHelloParts
  /** Codes of the extensions that both have alike, which stand together in `inner`, in the outer hello's order. */
  readonly outer: readonly number[]
}

/** Puts what both hellos have alike side by side (section 6.1); pre_shared_key stays the last. */
export function arrangeInner(inner: ClientHelloParts, outer: ClientHelloParts): Arranged {
  const isLike = ({ code, data }: RawExtension): boolean =>
    !PRIVATE.has(code) && inner.extensions.some((own) => own.code === code && isEqual(own.data, data))
  const alike = outer.extensions.filter(isLike)
  const codes = new Set(alike.map(({ code }) => code))
  const own = inner.extensions.filter(({ code }) => !codes.has(code))
  const last = own.filter(({ code }) => code === extensionCode('pre_shared_key'))
  const rest = own.filter(({ code }) => code !== extensionCode('pre_shared_key'))
  return { inner: { ...inner, extensions: [...rest, ...alike, ...last] }, outer: [...codes] }
}

function isEqual(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i])
}

/**
 * EncodedClientHelloInner with its padding.
 * @param serverName of the inner hello, if it has one.
 * @param maximumNameLength as the configuration has it.
 */
export function encodeInner(
  { inner, outer }: Arranged,
  serverName: string | undefined,
  maximumNameLength: number,
): Uint8Array {
  const codes = new Set(outer)
  const extensions = inner.extensions.flatMap((extension): RawExtension[] => {
    if (!codes.has(extension.code)) return [extension]
    return extension.code === outer[0] ? [{ code: OUTER_EXTENSIONS, data: writeCodes(outer) }] : []
  })
  const hello = writeClientHello({ ...inner, legacySessionId: EMPTY, extensions }).subarray(HANDSHAKE_HEADER_LENGTH)
  const forName = serverName === undefined ? maximumNameLength + 9 : Math.max(0, maximumNameLength - serverName.length)
  const length = hello.length + forName
  const encoded = new Uint8Array(length + 31 - ((length - 1) % 32))
  encoded.set(hello)
  return encoded
}

function writeCodes(codes: readonly number[]): Uint8Array {
  const w = new Writer()
  w.block(1, () => {
    for (const code of codes) w.u16(code)
  })
  return w.finish()
}

/**
 * ClientHelloOuterAAD: the body of a ClientHello with its payload blanked.
 * @param message with its header.
 * @param payload the view of it that is the payload.
 */
export function outerAad(message: Uint8Array, payload: Uint8Array): Uint8Array {
  const aad = message.slice(HANDSHAKE_HEADER_LENGTH)
  const at = payload.byteOffset - message.byteOffset - HANDSHAKE_HEADER_LENGTH
  aad.fill(0, at, at + payload.length)
  return aad
}

/**
 * The ClientHelloInner in an EncodedClientHelloInner, as a message with its header.
 * @param outer the ClientHelloOuter, a whole message that was read before.
 * @throws {TlsError} `illegal_parameter`
 * @throws {DecodeError}
 */
export function decodeInner(encoded: Uint8Array, outer: Uint8Array): Uint8Array {
  const path = 'encoded_client_hello_inner'
  const r = new Reader(encoded, path)
  const hello = readParts(r)
  if (hello.legacySessionId.length > 0) {
    throw peerError('illegal_parameter', `${path}.legacy_session_id`, 'none', `${hello.legacySessionId.length} bytes`)
  }
  if (r.rest('zeros').some((byte) => byte !== 0)) {
    throw peerError('illegal_parameter', `${path}.zeros`, 'zeros', 'another byte')
  }
  const { legacySessionId, extensions: available } = readParts(
    new Reader(outer, 'client_hello', HANDSHAKE_HEADER_LENGTH),
  )
  const at = hello.extensions.findIndex(({ code }) => code === OUTER_EXTENSIONS)
  // A second one is left where it is: it is refused as part of the ClientHelloInner, like one in plain sight.
  const extensions = hello.extensions.flatMap((extension, i) => (i === at ? expand(extension, available) : [extension]))
  return writeClientHello({ ...hello, legacySessionId, extensions })
}

/** Appendix A: what is referenced comes in the order of the outer hello, so each is looked at once. */
function expand({ data }: RawExtension, available: readonly RawExtension[]): readonly RawExtension[] {
  const path = 'encoded_client_hello_inner.ech_outer_extensions'
  const r = new Reader(data, path)
  const codes = r.list(1, 'extension_types', (inner) => inner.u16('extension_type'), 2, 254)
  r.end()
  let next = 0
  return codes.map((code) => {
    if (code === ECH) throw peerError('illegal_parameter', path, 'other extensions', 'encrypted_client_hello')
    while (next < available.length && available[next]?.code !== code) next++
    const found = available[next++]
    if (found === undefined) {
      throw peerError(
        'illegal_parameter',
        path,
        'extensions of the ClientHelloOuter, in its order',
        extensionName(code),
      )
    }
    return found
  })
}

function readParts(r: Reader): ClientHelloParts {
  return {
    legacyVersion: r.u16('legacy_version'),
    random: r.bytes(32, 'random'),
    legacySessionId: r.vector(1, 'legacy_session_id', 0, 32),
    cipherSuites: r.list(2, 'cipher_suites', (inner) => inner.u16('cipher_suite'), 2),
    legacyCompressionMethods: r.vector(1, 'legacy_compression_methods', 1),
    extensions: r.list(2, 'extensions', (inner) => {
      const code = inner.u16('extension_type')
      return { code, data: inner.vector(2, extensionName(code)) }
    }),
  }
}
