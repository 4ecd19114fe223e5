/** CertificateVerify (RFC 9846 section 4.5.2). */

import { type HandshakeMessage, readBody, writeHandshake } from './handshake.ts'

export interface CertificateVerify {
  /** SignatureScheme code. */
  readonly algorithm: number
  readonly signature: Uint8Array
}

/** @throws {DecodeError} */
export function readCertificateVerify(message: HandshakeMessage): CertificateVerify {
  const r = readBody(message)
  const algorithm = r.u16('algorithm')
  const signature = r.vector(2, 'signature')
  r.end()
  return { algorithm, signature }
}

export function writeCertificateVerify(message: CertificateVerify): Uint8Array {
  return writeHandshake(
    'certificate_verify',
    (w) => void w.u16(message.algorithm).vector(2, message.signature),
    message.signature.length + 8,
  )
}

const CONTEXT = { client: 'TLS 1.3, client CertificateVerify', server: 'TLS 1.3, server CertificateVerify' }
const PREFIX_LENGTH = 64 + CONTEXT.client.length + 1

/** What a CertificateVerify signs: 64 spaces, the signer's context string, a zero, the transcript hash. */
export function signedContent(signer: 'client' | 'server', transcriptHash: Uint8Array): Uint8Array {
  const content = new Uint8Array(PREFIX_LENGTH + transcriptHash.length)
  content.fill(0x20, 0, 64)
  const context = CONTEXT[signer]
  for (let i = 0; i < context.length; i++) content[64 + i] = context.charCodeAt(i)
  content.set(transcriptHash, PREFIX_LENGTH)
  return content
}
