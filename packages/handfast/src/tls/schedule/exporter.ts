/** Keying material for other protocols, whatever the version (RFC 9846 section 7.5, RFC 5705). */

import type { Hash } from '../../crypto/provider.ts'
import { deriveExport } from './key-schedule.ts'
import { deriveExport12, type Randoms } from './prf12.ts'

/** RFC 9266 section 4.2. */
export const CHANNEL_BINDING_LABEL = 'EXPORTER-Channel-Binding'

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

/** Labels that the PRF of TLS 1.2 has uses of its own for (RFC 5705 section 4, RFC 7627 section 4). */
const TAKEN_LABELS: ReadonlySet<string> = new Set([
  'client finished',
  'server finished',
  'master secret',
  'extended master secret',
  'key expansion',
])

/** The exporter of TLS 1.2 on the master secret, which it takes over. */
export function exporter12(hash: Hash, masterSecret: Uint8Array, randoms: Randoms): Exporter {
  return {
    maxLength: 255 * hash.length,
    derive: (label, context, length) => {
      if (TAKEN_LABELS.has(label)) throw new TypeError(`exportKeyingMaterial: label needs another, has '${label}'`)
      if (context !== undefined && context.length > 0xffff) {
        throw new TypeError(`exportKeyingMaterial: context needs at most 65535 bytes, has ${context.length}`)
      }
      return deriveExport12(hash, masterSecret, randoms, label, context, length)
    },
    [Symbol.dispose]: () => void masterSecret.fill(0),
  }
}

/**
 * Without the extended master secret a man in the middle may have the same: nothing is exported (RFC 7627
 * section 5.4).
 */
export function noExporter(hash: Hash): Exporter {
  return {
    maxLength: 255 * hash.length,
    derive: () => {
      throw new TypeError('exportKeyingMaterial: needs the extended master secret in TLS 1.2, has none')
    },
    [Symbol.dispose]: () => {},
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
