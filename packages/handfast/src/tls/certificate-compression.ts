/** Certificate compression (RFC 8879) as a connection is given it: the algorithms are none of its own. */

import { checkNames } from './option-checks.ts'
import { COMPRESSION_CODES, type CompressionName } from './registry.ts'

/**
 * An algorithm of certificate compression (RFC 8879) and how it is done, at once. What is missing is not used: without
 * `compress` for our own certificates, without `decompress` it is not offered for those of peers.
 */
export interface CertificateCompression {
  readonly name: CompressionName
  /** Called once for each form of an identity's message. */
  readonly compress?: (bytes: Uint8Array) => Uint8Array
  /**
   * Must throw for what is none of its algorithm, and for what would be longer than `length`, without ever holding more:
   * the input comes from a peer that has proved nothing yet.
   */
  readonly decompress?: (bytes: Uint8Array, length: number) => Uint8Array
}

/** @throws {TypeError} for an algorithm that is given twice, or that TLS has not. */
export function checkCompression(algorithms: readonly CertificateCompression[]): readonly CertificateCompression[] {
  if (algorithms.length > 0) {
    const known = Object.keys(COMPRESSION_CODES).map((name) => ({ name }))
    checkNames(
      'certificateCompression',
      algorithms.map(({ name }) => name),
      known,
    )
  }
  return algorithms
}
