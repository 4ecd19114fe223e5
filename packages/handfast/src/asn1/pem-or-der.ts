/** Files that hold objects of one kind, as people have them: any number in PEM (RFC 7468), or one in DER. */

import { TAG } from './der.ts'
import { type PemBlock, readPem } from './pem.ts'

/** Labels by which PEM names a kind of object: first the one to write (RFC 7468 sections 5 and 6), then older ones. */
export const PEM_LABELS: Readonly<Record<'certificate' | 'certificateList' | 'ocspResponse', readonly string[]>> = {
  certificate: ['CERTIFICATE', 'X509 CERTIFICATE'],
  certificateList: ['X509 CRL', 'CRL'],
  // No RFC has one; it is what is in use.
  ocspResponse: ['OCSP RESPONSE'],
}

/** An object of a file. */
export interface FileObject {
  /** DER, unless the file says so wrongly: it is not read here. A view of the file if that is no PEM. */
  readonly bytes: Uint8Array
  /** Its PEM block, and which of all blocks that is, from 1; null if the file is no PEM. */
  readonly block: { readonly label: string; readonly number: number } | null
}

/**
 * The objects of a file with one of `labels`, in its order; other blocks are passed over. Empty if there is none.
 * @param file text in PEM, or bytes in PEM or DER.
 * @throws {DecodeError} PEM that is not right, its path naming block and line.
 */
export function readPemOrDer(file: string | Uint8Array, labels: readonly string[]): FileObject[] {
  if (isDer(file)) return [{ bytes: file, block: null }]
  return readPemFile(file).flatMap(({ label, bytes }, index) =>
    labels.includes(label) ? [{ bytes, block: { label, number: index + 1 } }] : [],
  )
}

/**
 * All PEM blocks of a file. What is no UTF-8 is outside of them, or an error within.
 * @throws {DecodeError} as `readPem`.
 */
export function readPemFile(file: string | Uint8Array): PemBlock[] {
  return readPem(pemText(file))
}

/**
 * True for bytes that are one SEQUENCE, or begin like one and have no PEM in them: DER that was cut off
 * should be told so, and text may begin with `0`, the same byte.
 */
export function isDer(file: string | Uint8Array): file is Uint8Array {
  if (typeof file === 'string' || file[0] !== TAG.sequence) return false
  return isWholeElement(file) || !pemText(file).includes('-----BEGIN ')
}

function pemText(file: string | Uint8Array): string {
  return typeof file === 'string' ? file : new TextDecoder().decode(file)
}

/** By its length octets (X.690 section 8.1.3). */
function isWholeElement(bytes: Uint8Array): boolean {
  const first = bytes[1] ?? 0
  if (first < 0x80) return bytes.length === 2 + first
  const octets = first & 0x7f
  let length = 0
  for (const octet of bytes.subarray(2, 2 + octets)) length = length * 256 + octet
  return bytes.length === 2 + octets + length
}
