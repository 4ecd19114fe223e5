/** Certificate as TLS 1.2 has it (RFC 5246 sections 7.4.2, 7.4.6): the chain alone; or the key alone (RFC 7250 section 3). */

import { type HandshakeMessage, readBody, writeHandshake } from './handshake.ts'

/** The chain in DER, the sender's own first; empty if a client has none. @throws {DecodeError} */
export function readCertificate12(message: HandshakeMessage): readonly Uint8Array[] {
  const r = readBody(message)
  const chain = r.list(3, 'certificate_list', (entry) => entry.vector(3, 'certificate', 1))
  r.end()
  return chain
}

/**
 * The SubjectPublicKeyInfo; undefined if there is none. RFC 7250 wants a byte at least and has no other way for a client
 * to show nothing: what is written then is an empty one.
 * @throws {DecodeError}
 */
export function readRawPublicKey12(message: HandshakeMessage): Uint8Array | undefined {
  const r = readBody(message)
  const key = r.vector(3, 'subject_public_key_info')
  r.end()
  return key.length === 0 ? undefined : key
}

/** @param key SubjectPublicKeyInfo; undefined for none. */
export function writeRawPublicKey12(key: Uint8Array | undefined): Uint8Array {
  const bytes = key ?? new Uint8Array(0)
  return writeHandshake('certificate', (w) => void w.vector(3, bytes), bytes.length + 16)
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
