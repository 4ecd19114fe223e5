/** EncryptedExtensions (RFC 9846 section 4.4.1). */

import { type EncryptedExtensionsExtensions, readExtensions, writeExtensions } from './extension.ts'
import { type HandshakeMessage, readBody, writeHandshake } from './handshake.ts'

export interface EncryptedExtensions {
  readonly extensions: EncryptedExtensionsExtensions
}

/** @throws {TlsError} | {DecodeError} */
export function readEncryptedExtensions(
  message: HandshakeMessage,
  offered: ReadonlySet<number> | undefined,
): EncryptedExtensions {
  const r = readBody(message)
  const { values } = readExtensions(r, 'encrypted_extensions', offered)
  r.end()
  return { extensions: values }
}

export function writeEncryptedExtensions(message: EncryptedExtensions): Uint8Array {
  return writeHandshake('encrypted_extensions', (w) => writeExtensions(w, 'encrypted_extensions', message.extensions))
}
