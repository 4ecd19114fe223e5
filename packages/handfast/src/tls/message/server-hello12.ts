/** ServerHello as TLS 1.2 has it (RFC 5246 section 7.4.1.3), which a client knows by its lack of supported_versions. */

import { readExtensions, type ServerHello12Extensions, writeExtensions } from './extension.ts'
import { type HandshakeMessage, readBody, writeHandshake } from './handshake.ts'

export interface ServerHello12 {
  readonly random: Uint8Array
  /** 0 to 32 bytes; that of the ClientHello if a session is resumed. */
  readonly sessionId: Uint8Array
  readonly cipherSuite: number
  readonly extensions: ServerHello12Extensions
}

/**
 * @param offered codes of the extensions of our ClientHello; undefined to show a message without judging it.
 * @throws {TlsError} | {DecodeError}
 */
export function readServerHello12(
  message: HandshakeMessage,
  offered: ReadonlySet<number> | undefined,
): ServerHello12 & { readonly version: number; readonly compressionMethod: number } {
  const r = readBody(message)
  const version = r.u16('server_version')
  const random = r.bytes(32, 'random')
  const sessionId = r.vector(1, 'session_id', 0, 32)
  const cipherSuite = r.u16('cipher_suite')
  const compressionMethod = r.u8('compression_method')
  const extensions = r.remaining === 0 ? {} : readExtensions(r, 'server_hello12', offered).values
  r.end()
  return { version, random, sessionId, cipherSuite, compressionMethod, extensions }
}

export function writeServerHello12(hello: ServerHello12): Uint8Array {
  return writeHandshake('server_hello', (w) => {
    w.u16(0x0303).bytes(hello.random).vector(1, hello.sessionId).u16(hello.cipherSuite).u8(0)
    if (Object.keys(hello.extensions).length > 0) writeExtensions(w, 'server_hello12', hello.extensions)
  })
}
