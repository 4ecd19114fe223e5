/**
 * SignedCertificateTimestampList (RFC 6962 sections 3.2 and 3.3), in the TLS encoding that certificates, the TLS
 * extension and OCSP responses carry alike.
 *
 * Left out: version 2 (RFC 9162), which comes in other extensions (1.3.101.75; TLS transparency_info), has a
 * TransItem for each timestamp, logs named by OIDs, and no log of the Web PKI that issues it. Timestamps of any
 * version but 1 are kept as they are, as section 3.3 has it, and count for nothing.
 */

import { Reader } from '../../bytes/reader.ts'
import { certificateError } from '../certificate-error.ts'

/** A SignedCertificateTimestamp of version 1. */
export interface SignedTimestamp {
  readonly version: 1
  /** SHA-256 of the log's SubjectPublicKeyInfo. */
  readonly logId: Uint8Array
  /** Milliseconds since the epoch; beyond 2^53 not exact. */
  readonly timestamp: number
  /** The same as 8 bytes: what is signed. */
  readonly timestampBytes: Uint8Array
  /** CtExtensions, of which none are defined. */
  readonly extensions: Uint8Array
  /** HashAlgorithm and SignatureAlgorithm by their numbers in RFC 5246 section 7.4.1.4.1. */
  readonly hashAlgorithm: number
  readonly signatureAlgorithm: number
  readonly signature: Uint8Array
}

/** A timestamp of a version that is not known. */
export interface UnknownTimestamp {
  /** 2 or more. */
  readonly version: number
  /** All of it, its version included. */
  readonly bytes: Uint8Array
}

/**
 * Reads a SignedCertificateTimestampList: at least one timestamp, nothing after the last.
 * @param path of the field, for errors.
 * @throws {CertificateError} `malformed`, with the path to the field.
 */
export function readTimestampList(
  bytes: Uint8Array,
  path = 'timestampList',
): readonly (SignedTimestamp | UnknownTimestamp)[] {
  try {
    const reader = new Reader(bytes, path)
    const list = reader.list(2, 'sct_list', (inner, index) => inner.block(2, `${index}`, readTimestamp, 1), 1)
    reader.end()
    return list
  } catch (error) {
    throw certificateError(error)
  }
}

/** True for a timestamp of version 1. */
export function isSignedTimestamp(timestamp: SignedTimestamp | UnknownTimestamp): timestamp is SignedTimestamp {
  return timestamp.version === 1
}

function readTimestamp(reader: Reader): SignedTimestamp | UnknownTimestamp {
  const version = reader.u8('sct_version')
  if (version !== 0) return { version: version + 1, bytes: withVersion(version, reader.rest('sct')) }
  const logId = reader.bytes(32, 'id')
  const timestampBytes = reader.bytes(8, 'timestamp')
  const extensions = reader.vector(2, 'extensions')
  const hashAlgorithm = reader.u8('signature.algorithm.hash')
  const signatureAlgorithm = reader.u8('signature.algorithm.signature')
  const signature = reader.vector(2, 'signature.signature')
  const timestamp = numberOf(timestampBytes)
  return { version: 1, logId, timestamp, timestampBytes, extensions, hashAlgorithm, signatureAlgorithm, signature }
}

function withVersion(version: number, rest: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(1 + rest.length)
  bytes[0] = version
  bytes.set(rest, 1)
  return bytes
}

function numberOf(bytes: Uint8Array): number {
  let value = 0
  for (const octet of bytes) value = value * 256 + octet
  return value
}
