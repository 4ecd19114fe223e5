/** How long records may be, by what both sides say (record_size_limit, RFC 8449 section 4). */

import { peerError } from '../alert.ts'
import type { Settings } from '../config.ts'
import { MAX_PLAINTEXT_LENGTH } from '../record/framing.ts'
import type { TlsVersion } from '../registry.ts'
import type { HandshakeContext } from './flow.ts'

/** What of ours a peer is told; undefined if nothing. */
export function ownRecordSizeLimit({ recordSizeLimit }: Settings, version: TlsVersion): number | undefined {
  return recordSizeLimit === undefined ? undefined : Math.min(recordSizeLimit, longestPlaintext(version))
}

/** In TLS 1.3 the content type counts as well. */
function longestPlaintext(version: TlsVersion): number {
  return version === 'TLS 1.3' ? MAX_PLAINTEXT_LENGTH + 1 : MAX_PLAINTEXT_LENGTH
}

/**
 * Server: holds both sides to what they say from here on, if the client offered to; returns the answer. More than a
 * version allows may be meant for a version that we do not know.
 */
export function answerRecordSizeLimit(
  hs: HandshakeContext,
  settings: Settings,
  version: TlsVersion,
  offered: number | undefined,
): number | undefined {
  const own = ownRecordSizeLimit(settings, version)
  if (own === undefined || offered === undefined) return undefined
  hs.limitRecords(own, offered)
  return own
}

/**
 * Client: holds both sides to what they say from here on, if the server answered.
 * @throws {TlsError} `illegal_parameter` for more than the version allows.
 */
export function acceptRecordSizeLimit(
  hs: HandshakeContext,
  settings: Settings,
  version: TlsVersion,
  message: 'encrypted_extensions' | 'server_hello',
  answer: number | undefined,
): void {
  const own = ownRecordSizeLimit(settings, version)
  if (own === undefined || answer === undefined) return
  const longest = longestPlaintext(version)
  if (answer > longest) {
    throw peerError('illegal_parameter', `${message}.record_size_limit`, `at most ${longest} bytes`, `${answer}`)
  }
  hs.limitRecords(own, answer)
}
