/** CertificateStatus (RFC 6066 section 8): the server's stapled OCSP response in TLS 1.2. */

import { peerError } from '../alert.ts'
import { type HandshakeMessage, readBody, writeHandshake } from './handshake.ts'

/** CertificateStatusType. */
const OCSP = 1

/** The OCSPResponse in DER. @throws {TlsError} | {DecodeError} */
export function readCertificateStatus(message: HandshakeMessage): Uint8Array {
  const r = readBody(message)
  const statusType = r.u8('status_type')
  if (statusType !== OCSP) {
    throw peerError('illegal_parameter', 'certificate_status.status_type', `ocsp (${OCSP})`, `${statusType}`)
  }
  const response = r.vector(3, 'response', 1)
  r.end()
  return response
}

export function writeCertificateStatus(response: Uint8Array): Uint8Array {
  return writeHandshake('certificate_status', (w) => void w.u8(OCSP).vector(3, response), response.length + 16)
}
