/** Certificate as TLS 1.2 has it (RFC 5246 sections 7.4.2, 7.4.6): the chain alone. */

import { type HandshakeMessage, readBody, writeHandshake } from './handshake.ts'

/** The chain in DER, the sender's own first; empty if a client has none. @throws {DecodeError} */
export function readCertificate12(message: HandshakeMessage): readonly Uint8Array[] {
  const r = readBody(message)
  const chain = r.list(3, 'certificate_list', (entry) => entry.vector(3, 'certificate', 1))
  r.end()
  return chain
}

export function writeCertificate12(chain: readonly Uint8Array[]): Uint8Array {
  const size = chain.reduce((sum, certificate) => sum + certificate.length + 3, 16)
  return writeHandshake(
    'certificate',
    (w) => {
      w.block(3, () => {
        for (const certificate of chain) w.vector(3, certificate)
      })
    },
    size,
  )
}
