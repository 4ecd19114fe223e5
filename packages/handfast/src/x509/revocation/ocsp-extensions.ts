/** Extensions of OCSP requests and responses (RFC 6960 section 4.4): their envelope, that of RFC 5280. */

import { contextConstructed, DerReader, TAG } from '../../asn1/der.ts'
import { oidName } from '../../asn1/oid.ts'
import { certificateError } from '../certificate-error.ts'
import type { Extension } from '../extensions.ts'

/** The dotted OIDs of extensions that are read. */
export const OCSP_EXTENSION = {
  nonce: '1.3.6.1.5.5.7.48.1.2',
  crlReferences: '1.3.6.1.5.5.7.48.1.3',
  archiveCutoff: '1.3.6.1.5.5.7.48.1.6',
  extendedRevoke: '1.3.6.1.5.5.7.48.1.9',
  timestampList: '1.3.6.1.4.1.11129.2.4.5',
} as const

/**
 * The next element if it is `[tag] EXPLICIT Extensions`, with each extension at most once; else none.
 * Values are left unread.
 * @throws {DecodeError}
 */
export function readOcspExtensions(reader: DerReader, field: string, tag: number): readonly Extension[] {
  if (reader.peek() !== contextConstructed(tag)) return NONE
  const explicit = reader.sequence(field, contextConstructed(tag))
  const list = explicit.sequence('')
  explicit.end()
  if (list.remaining === 0) throw reader.error(field, 'at least one extension', 'none')
  const extensions: Extension[] = []
  const seen = new Set<string>()
  while (list.remaining > 0) {
    const index = extensions.length
    const entry = list.sequence(index)
    const oid = entry.oid('extnID')
    if (seen.has(oid)) throw entry.error('extnID', 'each extension once', `${oidName(oid) ?? oid} for the second time`)
    seen.add(oid)
    let critical = false
    if (entry.peek() === TAG.boolean) {
      critical = entry.boolean('critical')
      if (!critical) throw entry.error('critical', 'no FALSE, as it is the default', 'one')
    }
    const value = entry.octetString('extnValue')
    entry.end()
    extensions.push({ oid, critical, value, index })
  }
  return extensions
}

/**
 * The value of the extension `oid`, all of it, as `read` reads it; null if there is none.
 * @param path of the list, for errors.
 * @throws {CertificateError} malformed.
 */
export function readOcspExtension<T>(
  extensions: readonly Extension[],
  oid: string,
  path: string,
  read: (reader: DerReader) => T,
): T | null {
  const extension = extensions.find((entry) => entry.oid === oid)
  if (extension === undefined) return null
  try {
    const reader = new DerReader(extension.value, `${path}[${extension.index}].${oidName(oid) ?? oid}`)
    const value = read(reader)
    reader.end()
    return value
  } catch (error) {
    throw certificateError(error)
  }
}

const NONE: readonly Extension[] = []
