/**
 * CompressedCertificate (RFC 8879 section 4): a Certificate of TLS 1.3 in fewer bytes. What is compressed is its body,
 * without the header of a handshake message.
 */

import { type HandshakeMessage, readBody, writeHandshake } from './handshake.ts'

export interface CompressedCertificate {
  /** CertificateCompressionAlgorithm code. */
  readonly algorithm: number
  readonly uncompressedLength: number
  readonly compressed: Uint8Array
}

/** @throws {DecodeError} */
export function readCompressedCertificate(message: HandshakeMessage): CompressedCertificate {
  const r = readBody(message)
  const algorithm = r.u16('algorithm')
  const uncompressedLength = r.u24('uncompressed_length')
  const compressed = r.vector(3, 'compressed_certificate_message', 1)
  r.end()
  return { algorithm, uncompressedLength, compressed }
}

export function writeCompressedCertificate(message: CompressedCertificate): Uint8Array {
  return writeHandshake(
    'compressed_certificate',
    (w) => void w.u16(message.algorithm).u24(message.uncompressedLength).vector(3, message.compressed),
    message.compressed.length + 16,
  )
}
