/**
 * The extension encrypted_client_hello (RFC 9849 section 5), in each of its forms: what a client sends, outside
 * and inside; the confirmation in a HelloRetryRequest; the configurations to retry with.
 */

import type { Reader, Writer } from '../../bytes/index.ts'
import { peerError } from '../alert.ts'
import { readEchConfigList } from '../ech/config.ts'

/** Of a ClientHelloOuter. */
export interface OuterEch {
  readonly type: 'outer'
  readonly kdf: number
  readonly aead: number
  readonly configId: number
  /** Empty after a HelloRetryRequest. */
  readonly enc: Uint8Array
  /** The sealed EncodedClientHelloInner. */
  readonly payload: Uint8Array
}

/** ECHClientHello. */
export type EchClientHello = OuterEch | { readonly type: 'inner' }

/** Length of a confirmation in bytes. */
export const CONFIRMATION_LENGTH = 8

const OUTER = 0
const INNER = 1

/** @throws {TlsError} | {DecodeError} */
export function readEchClientHello(r: Reader): EchClientHello {
  const type = r.u8('type')
  if (type === INNER) {
    // Section 7.1 wants this alert of an inner form that is not well-formed, where elsewhere it is decode_error.
    if (r.remaining > 0)
      throw peerError('illegal_parameter', r.path, 'nothing behind type inner', `${r.remaining} bytes`)
    return { type: 'inner' }
  }
  if (type !== OUTER) throw peerError('illegal_parameter', `${r.path}.type`, 'outer (0) or inner (1)', `${type}`)
  return {
    type: 'outer',
    kdf: r.u16('kdf_id'),
    aead: r.u16('aead_id'),
    configId: r.u8('config_id'),
    enc: r.vector(2, 'enc'),
    payload: r.vector(2, 'payload', 1),
  }
}

export function writeEchClientHello(w: Writer, ech: EchClientHello): void {
  if (ech.type === 'inner') {
    w.u8(INNER)
    return
  }
  w.u8(OUTER).u16(ech.kdf).u16(ech.aead).u8(ech.configId).vector(2, ech.enc).vector(2, ech.payload)
}

export function readConfirmation(r: Reader): Uint8Array {
  return r.bytes(CONFIRMATION_LENGTH, 'confirmation')
}

export function writeConfirmation(w: Writer, confirmation: Uint8Array): void {
  w.bytes(confirmation)
}

/** An ECHConfigList, checked and kept as it came. @throws {DecodeError} */
export function readRetryConfigs(r: Reader): Uint8Array {
  const list = r.rest('retry_configs')
  readEchConfigList(list, `${r.path}.retry_configs`)
  return list
}

export function writeRetryConfigs(w: Writer, list: Uint8Array): void {
  w.bytes(list)
}
