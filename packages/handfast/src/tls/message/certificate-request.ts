/** CertificateRequest (RFC 9846 section 4.4.2). */

import { type CertificateRequestExtensions, readExtensions, writeExtensions } from './extension.ts'
import { type HandshakeMessage, readBody, writeHandshake } from './handshake.ts'

export interface CertificateRequest {
  /** Empty within the handshake. */
  readonly certificateRequestContext: Uint8Array
  readonly extensions: CertificateRequestExtensions
}

/** @throws {TlsError} | {DecodeError} */
export function readCertificateRequest(message: HandshakeMessage): CertificateRequest {
  const r = readBody(message)
  const certificateRequestContext = r.vector(1, 'certificate_request_context')
  const { values } = readExtensions(r, 'certificate_request')
  r.end()
  return { certificateRequestContext, extensions: values }
}

export function writeCertificateRequest(request: CertificateRequest): Uint8Array {
  return writeHandshake('certificate_request', (w) => {
    w.vector(1, request.certificateRequestContext)
    writeExtensions(w, 'certificate_request', request.extensions)
  })
}
