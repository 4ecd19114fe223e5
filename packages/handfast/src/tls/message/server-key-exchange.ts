/** ServerKeyExchange of the ECDHE suites (RFC 8422 section 5.4). */

import { concatBytes } from '../../bytes/index.ts'
import { peerError } from '../alert.ts'
import type { Randoms } from '../schedule/prf12.ts'
import { type HandshakeMessage, readBody, writeHandshake } from './handshake.ts'

/** ECCurveType: curves by name are the only ones left. */
const NAMED_CURVE = 3

export interface ServerKeyExchange {
  /** NamedGroup code. */
  readonly group: number
  readonly point: Uint8Array
  /** ServerECDHParams as they came: what is signed, with the randoms. */
  readonly parameters: Uint8Array
  /** SignatureScheme code. */
  readonly algorithm: number
  readonly signature: Uint8Array
}

/** @throws {TlsError} | {DecodeError} */
export function readServerKeyExchange(message: HandshakeMessage): ServerKeyExchange {
  const r = readBody(message)
  const start = r.offset
  const curveType = r.u8('curve_type')
  if (curveType !== NAMED_CURVE) {
    throw peerError(
      'illegal_parameter',
      'server_key_exchange.curve_type',
      `named_curve (${NAMED_CURVE})`,
      `${curveType}`,
    )
  }
  const group = r.u16('named_curve')
  const point = r.vector(1, 'point', 1)
  const parameters = message.raw.subarray(start, r.offset)
  const algorithm = r.u16('algorithm')
  const signature = r.vector(2, 'signature')
  r.end()
  return { group, point, parameters, algorithm, signature }
}

/** ServerECDHParams. */
export function writeServerParameters(group: number, point: Uint8Array): Uint8Array {
  return concatBytes(Uint8Array.of(NAMED_CURVE, group >>> 8, group & 0xff, point.length), point)
}

export function writeServerKeyExchange(message: Omit<ServerKeyExchange, 'group' | 'point'>): Uint8Array {
  return writeHandshake(
    'server_key_exchange',
    (w) => void w.bytes(message.parameters).u16(message.algorithm).vector(2, message.signature),
    message.parameters.length + message.signature.length + 8,
  )
}

/** What a ServerKeyExchange signs. */
export function signedParameters(randoms: Randoms, parameters: Uint8Array): Uint8Array {
  return concatBytes(randoms.client, randoms.server, parameters)
}
