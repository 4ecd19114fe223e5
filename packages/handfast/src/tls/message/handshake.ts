/**
 * The frame around every handshake message (RFC 9846 section 4): type, length, body.
 */

import { type FieldSpan, Reader, Writer } from '../../bytes/index.ts'
import { HANDSHAKE_TYPES, type HandshakeTypeName } from '../registry.ts'

/** Length of type and length fields. */
export const HANDSHAKE_HEADER_LENGTH = 4

/** A whole handshake message as it was received. `raw` includes the header and is what the transcript hashes. */
export interface HandshakeMessage {
  readonly type: HandshakeTypeName
  readonly raw: Uint8Array
  /** Where its reader notes every field, for those who show messages. */
  readonly trace?: FieldSpan[]
}

/** A reader over the body of a message; errors are named `server_hello.random` and so on. */
export function readBody(message: HandshakeMessage, name: string = message.type): Reader {
  return new Reader(message.raw, name, HANDSHAKE_HEADER_LENGTH, message.raw.length, message.trace)
}

/** A message with its header: what goes on the wire and into the transcript. */
export function writeHandshake(type: HandshakeTypeName, write: (w: Writer) => void, capacity?: number): Uint8Array {
  const w = new Writer(capacity)
  w.u8(HANDSHAKE_TYPES[type])
  w.block(3, write)
  return w.finish()
}
