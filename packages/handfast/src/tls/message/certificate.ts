/** Certificate (RFC 9846 section 4.5.1). */

import { readExtensions } from './extension.ts'
import { type HandshakeMessage, readBody, writeHandshake } from './handshake.ts'

export interface CertificateMessage {
  readonly certificateRequestContext: Uint8Array
  /** Certificates in DER, the sender's own first, or one SubjectPublicKeyInfo; empty if a client has none. */
  readonly certificateList: readonly Uint8Array[]
}

/**
 * @param requested codes of the extensions we asked for, which alone the entries may answer.
 * @throws {TlsError} | {DecodeError}
 */
export function readCertificate(
  message: HandshakeMessage,
  requested: ReadonlySet<number> | undefined,
): CertificateMessage {
  const r = readBody(message)
  const certificateRequestContext = r.vector(1, 'certificate_request_context')
  const certificateList = r.list(3, 'certificate_list', (entry) => {
    const data = entry.vector(3, 'cert_data', 1)
    readExtensions(entry, 'certificate', requested)
    return data
  })
  r.end()
  return { certificateRequestContext, certificateList }
}

export function writeCertificate(message: CertificateMessage): Uint8Array {
  const size = message.certificateList.reduce((sum, certificate) => sum + certificate.length + 5, 64)
  return writeHandshake(
    'certificate',
    (w) => {
      w.vector(1, message.certificateRequestContext)
      w.block(3, () => {
        for (const certificate of message.certificateList) w.vector(3, certificate).u16(0)
      })
    },
    size,
  )
}
