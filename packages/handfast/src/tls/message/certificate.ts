/** Certificate (RFC 9846 section 4.5.1). */

import { type CertificateExtensions, readExtensions, writeExtensions } from './extension.ts'
import { type HandshakeMessage, readBody, writeHandshake } from './handshake.ts'

export interface CertificateEntry {
  /** A certificate in DER, or a SubjectPublicKeyInfo. */
  readonly data: Uint8Array
  readonly extensions: CertificateExtensions
}

export interface CertificateMessage {
  readonly certificateRequestContext: Uint8Array
  /** Certificates, the sender's own first, or one SubjectPublicKeyInfo; empty if a client has none. */
  readonly certificateList: readonly CertificateEntry[]
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
    const { values } = readExtensions(entry, 'certificate', requested)
    return { data, extensions: values }
  })
  r.end()
  return { certificateRequestContext, certificateList }
}

export function writeCertificate(message: CertificateMessage): Uint8Array {
  const size = message.certificateList.reduce((sum, { data, extensions }) => sum + data.length + room(extensions), 64)
  return writeHandshake(
    'certificate',
    (w) => {
      w.vector(1, message.certificateRequestContext)
      w.block(3, () => {
        for (const { data, extensions } of message.certificateList) {
          w.vector(3, data)
          writeExtensions(w, 'certificate', extensions)
        }
      })
    },
    size,
  )
}

function room({ status_request: response, signed_certificate_timestamp: list }: CertificateExtensions): number {
  return 32 + (response?.length ?? 0) + (list?.length ?? 0)
}
