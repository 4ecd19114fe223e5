/**
 * Certificates as files hold them: PEM (RFC 7468 section 5), one after the other, or one in DER.
 */

import { readPem } from '../asn1/pem.ts'
import { TAG } from '../asn1/der.ts'
import { type Certificate, readCertificate } from './certificate.ts'
import { CertificateError, certificateError } from './certificate-error.ts'

/**
 * All certificates of a file, in its order: text in PEM, or bytes in PEM or DER. Blocks with other
 * labels (a key, say) are passed over.
 * @throws {CertificateError} `malformed`, its message naming the block; `no-certificate` if there is none.
 */
export function readCertificates(file: string | Uint8Array): Certificate[] {
  if (typeof file !== 'string' && file[0] === TAG.sequence) return [readCertificate(file)]
  const certificates: Certificate[] = []
  for (const [index, block] of readBlocks(file).entries()) {
    if (block.label !== 'CERTIFICATE') continue
    try {
      certificates.push(readCertificate(block.bytes))
    } catch (error) {
      if (!(error instanceof CertificateError)) throw error
      throw new CertificateError(error.reason, `CERTIFICATE (block ${index + 1}): ${error.message}`, error.path)
    }
  }
  if (certificates.length > 0) return certificates
  throw new CertificateError(
    'no-certificate',
    'file: needs -----BEGIN CERTIFICATE----- or a certificate in DER, has neither',
  )
}

/** The PEM blocks of a file. */
function readBlocks(file: string | Uint8Array): ReturnType<typeof readPem> {
  try {
    return readPem(pemText(file))
  } catch (error) {
    throw certificateError(error)
  }
}

/** @internal A file as text: whatever is no UTF-8 is outside of PEM blocks or an error within. */
export function pemText(file: string | Uint8Array): string {
  return typeof file === 'string' ? file : new TextDecoder().decode(file)
}
