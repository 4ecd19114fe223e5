/** CertificateRequest as TLS 1.2 has it (RFC 5246 section 7.4.4, RFC 8422 section 5.5). */

import { type HandshakeMessage, readBody, writeHandshake } from './handshake.ts'

/** ClientCertificateType codes of certificates that can sign; `ecdsa_sign` is for EdDSA keys too. */
export const CERTIFICATE_TYPES = { rsa_sign: 1, ecdsa_sign: 64 } as const

export interface CertificateRequest12 {
  /** ClientCertificateType codes. */
  readonly certificateTypes: readonly number[]
  /** SignatureScheme codes. */
  readonly signatureAlgorithms: readonly number[]
  /** Names in DER; empty if any will do. */
  readonly certificateAuthorities: readonly Uint8Array[]
}

/** @throws {DecodeError} */
export function readCertificateRequest12(message: HandshakeMessage): CertificateRequest12 {
  const r = readBody(message)
  const certificateTypes = [...r.vector(1, 'certificate_types', 1)]
  const signatureAlgorithms = r.list(2, 'supported_signature_algorithms', (inner) => inner.u16('entry'), 2)
  const certificateAuthorities = r.list(2, 'certificate_authorities', (inner) =>
    inner.vector(2, 'distinguished_name', 1),
  )
  r.end()
  return { certificateTypes, signatureAlgorithms, certificateAuthorities }
}

export function writeCertificateRequest12(request: CertificateRequest12): Uint8Array {
  return writeHandshake('certificate_request', (w) => {
    w.vector(1, Uint8Array.from(request.certificateTypes))
    w.block(2, () => {
      for (const code of request.signatureAlgorithms) w.u16(code)
    })
    w.block(2, () => {
      for (const name of request.certificateAuthorities) w.vector(2, name)
    })
  })
}
