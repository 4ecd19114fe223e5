/**
 * What a log signs (RFC 6962 section 3.2): the certificate as it is, or for a timestamp inside the certificate what
 * the certificate was before it was put in: its TBSCertificate without the extension, and the issuer's key.
 *
 * The TBSCertificate is cut out of the certificate's own bytes. Only the three lengths around the extension change;
 * nothing else is encoded again.
 */

import { contextConstructed, type DerReader, readDer, TAG } from '../../asn1/der.ts'
import { writeElement } from '../../asn1/der-writer.ts'
import { Writer } from '../../bytes/writer.ts'
import type { CryptoProvider } from '../../crypto/provider.ts'
import type { Certificate } from '../certificate.ts'
import type { SignedTimestamp } from './timestamp-list.ts'

/** LogEntryType and its entry: what stands in the middle of what is signed. */
export type SignedEntry =
  | { readonly type: 'x509'; readonly certificate: Uint8Array }
  | { readonly type: 'precertificate'; readonly issuerKeyHash: Uint8Array; readonly tbsCertificate: Uint8Array }

/** Dotted OID of the certificate extension that holds timestamps (section 3.3). */
export const TIMESTAMP_LIST_OID = '1.3.6.1.4.1.11129.2.4.2'

/** The entry of a certificate as it is: for timestamps that TLS or OCSP brings. */
export function certificateEntry(certificate: Certificate): SignedEntry {
  return { type: 'x509', certificate: certificate.der }
}

/** The entry of a certificate as its log saw it: for timestamps inside it. `issuer` is whose key signed it. */
export function precertificateEntry(
  certificate: Certificate,
  issuer: Certificate,
  provider: CryptoProvider,
): SignedEntry {
  return {
    type: 'precertificate',
    issuerKeyHash: provider.hashes.sha256.digest(issuer.subjectPublicKeyInfo),
    tbsCertificate: withoutExtension(certificate.tbsCertificate, TIMESTAMP_LIST_OID),
  }
}

/** Longest certificate that an entry can hold (section 3.2). */
export const MAX_ENTRY_LENGTH: number = 2 ** 24 - 1

/** The certificate or TBSCertificate of an entry. */
export function entryBytes(entry: SignedEntry): Uint8Array {
  return entry.type === 'x509' ? entry.certificate : entry.tbsCertificate
}

/**
 * The bytes over which `timestamp` is the signature.
 * @throws {TypeError} if the entry is longer than `MAX_ENTRY_LENGTH`.
 */
export function writeSignedEntry(timestamp: SignedTimestamp, entry: SignedEntry): Uint8Array {
  const bytes = entryBytes(entry)
  const writer = new Writer(64 + bytes.length + timestamp.extensions.length)
  writer.u8(0) // v1
  writer.u8(0) // certificate_timestamp
  writer.bytes(timestamp.timestampBytes)
  writer.u16(entry.type === 'x509' ? 0 : 1)
  if (entry.type === 'precertificate') writer.bytes(entry.issuerKeyHash)
  writer.vector(3, bytes)
  writer.vector(2, timestamp.extensions)
  return writer.finish()
}

/** A TBSCertificate in DER without one of its extensions; without the field if that was the only one. */
function withoutExtension(tbsCertificate: Uint8Array, oid: string): Uint8Array {
  const reader = readDer(tbsCertificate, 'tbsCertificate')
  const from = reader.offset
  // Version, [0], is the one other field with a context tag that is constructed; extensions come last.
  while (reader.remaining > 0 && reader.peek() !== contextConstructed(3)) reader.skip('field')
  const before = reader.since(from)
  if (reader.remaining === 0) return tbsCertificate
  const list = reader.sequence('extensions', contextConstructed(3)).sequence('')
  const kept = partsWithout(list, oid)
  const isNone = kept.every(({ length }) => length === 0)
  const extensions = isNone ? [] : [writeElement(contextConstructed(3), writeElement(TAG.sequence, ...kept))]
  return writeElement(TAG.sequence, before, ...extensions)
}

/** What stands ahead of the one extension with this OID, and behind it; whole, as there may be any number. */
function partsWithout(list: DerReader, oid: string): readonly Uint8Array[] {
  const first = list.offset
  while (list.remaining > 0) {
    const at = list.offset
    if (list.sequence('extension').oid('extnID') !== oid) continue
    const ahead = list.since(first).subarray(0, at - first)
    const next = list.offset
    while (list.remaining > 0) list.skip('extension')
    return [ahead, list.since(next)]
  }
  return [list.since(first)]
}
