/** Keying material for other protocols, whatever the version (RFC 9846 section 7.5, RFC 5705). */

import type { Hash } from '../../crypto/provider.ts'
import { deriveExport } from './key-schedule.ts'

/** Derives keying material of one connection; disposing of it zeroes the secret behind it. */
export interface Exporter extends Disposable {
  /** Longest result in bytes. */
  readonly maxLength: number
  /** @param context undefined where none is given, which TLS 1.2 tells from an empty one. */
  derive(label: string, context: Uint8Array | undefined, length: number): Uint8Array
}

const EMPTY = new Uint8Array(0)

/** The exporter of TLS 1.3 on an exporter_secret, which it takes over. */
export function exporter13(hash: Hash, secret: Uint8Array): Exporter {
  return {
    maxLength: 255 * hash.length,
    derive: (label, context, length) => deriveExport(hash, secret, label, context ?? EMPTY, length),
    [Symbol.dispose]: () => void secret.fill(0),
  }
}

/** @throws {TypeError} for arguments out of range. */
export function exportFrom(
  exporter: Exporter,
  label: string,
  context: Uint8Array | undefined,
  length: number,
): Uint8Array {
  if (!/^[\x20-\x7e]{1,249}$/.test(label))
    throw new TypeError('exportKeyingMaterial: label needs 1 to 249 printable ASCII characters')
  const { maxLength } = exporter
  if (!Number.isInteger(length) || length < 1 || length > maxLength) {
    throw new TypeError(`exportKeyingMaterial: length needs a whole number from 1 to ${maxLength}, has ${length}`)
  }
  return exporter.derive(label, context, length)
}
