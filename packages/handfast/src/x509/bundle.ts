/**
 * Certificates as files hold them: PEM (RFC 7468 section 5), one after the other, or one in DER.
 */

import { type FileObject, PEM_LABELS, readPemOrDer } from '../asn1/pem-or-der.ts'
import { type Certificate, readCertificate } from './certificate.ts'
import { CertificateError, certificateError } from './certificate-error.ts'

/**
 * All certificates of a file, in its order: text in PEM, or bytes in PEM or DER. Blocks with other
 * labels (a key, say) are passed over.
 * @throws {CertificateError} `malformed`, its message naming the block; `no-certificate` if there is none.
 */
export function readCertificates(file: string | Uint8Array): Certificate[] {
  const certificates = readObjects(file).map(readObject)
  if (certificates.length > 0) return certificates
  throw new CertificateError(
    'no-certificate',
    'file: needs -----BEGIN CERTIFICATE----- or a certificate in DER, has neither',
  )
}

function readObjects(file: string | Uint8Array): FileObject[] {
  try {
    return readPemOrDer(file, PEM_LABELS.certificate)
  } catch (error) {
    throw certificateError(error)
  }
}

function readObject({ bytes, block }: FileObject): Certificate {
  try {
    return readCertificate(bytes)
  } catch (error) {
    if (block === null || !(error instanceof CertificateError)) throw error
    throw new CertificateError(error.reason, `${block.label} (block ${block.number}): ${error.message}`, error.path)
  }
}
