/** CertificateStatus (RFC 6066 section 8): the server's stapled OCSP response in TLS 1.2. */

import { readStatus, writeStatus } from './certificate-extension.ts'
import { type HandshakeMessage, readBody, writeHandshake } from './handshake.ts'

/** The OCSPResponse in DER. @throws {TlsError} | {DecodeError} */
export function readCertificateStatus(message: HandshakeMessage): Uint8Array {
  const r = readBody(message)
  const response = readStatus(r)
  r.end()
  return response
}

export function writeCertificateStatus(response: Uint8Array): Uint8Array {
  return writeHandshake('certificate_status', (w) => writeStatus(w, response), response.length + 16)
}
