/**
 * What a ClientHello must satisfy before a server goes on with it in TLS 1.2 (RFC 5246 section 7.4.1.2; RFC 5746
 * section 3.6; RFC 7627 section 5.2; RFC 8422 section 5.1.2; RFC 9155).
 */

import { peerError } from '../alert.ts'
import type { ServerSettings } from '../config.ts'
import type { ClientHello } from '../message/client-hello.ts'
import { EMPTY_RENEGOTIATION_INFO_SCSV } from '../registry.ts'

/** @throws {TlsError} `illegal_parameter`, `handshake_failure` */
export function checkTls12ClientHello(settings: ServerSettings, hello: ClientHello): void {
  const { extensions, legacyCompressionMethods } = hello
  if (!legacyCompressionMethods.includes(0)) {
    throw peerError(
      'illegal_parameter',
      'client_hello.legacy_compression_methods',
      'null (0) among them',
      'others only',
    )
  }
  const connection = extensions.renegotiation_info
  if (connection !== undefined && connection.length > 0) {
    throw peerError(
      'handshake_failure',
      'client_hello.renegotiation_info',
      'no bytes in an initial handshake',
      `${connection.length}`,
    )
  }
  if (settings.requireExtendedMasterSecret && extensions.extended_master_secret === undefined) {
    throw peerError('handshake_failure', 'client_hello.extended_master_secret', 'to be there', 'no such extension')
  }
  // Without it SHA-1 would be meant.
  if (extensions.signature_algorithms === undefined) {
    throw peerError('handshake_failure', 'client_hello.signature_algorithms', 'to be there', 'no such extension')
  }
  if (extensions.ec_point_formats?.includes(0) === false) {
    throw peerError('illegal_parameter', 'client_hello.ec_point_formats', 'uncompressed (0) among them', 'others only')
  }
}

/** Whether the client wants to hear of renegotiation_info (RFC 5746 section 3.6). */
export function knowsRenegotiationInfo(hello: ClientHello): boolean {
  return hello.extensions.renegotiation_info !== undefined || hello.cipherSuites.includes(EMPTY_RENEGOTIATION_INFO_SCSV)
}
