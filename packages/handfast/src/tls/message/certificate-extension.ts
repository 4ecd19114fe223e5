/**
 * What a peer is asked to send along with its certificates, and how that comes: OCSP responses (RFC 6066 section 8,
 * RFC 9846 section 4.5.1.1) and signed certificate timestamps (RFC 6962 section 3.3.1).
 *
 * Left out: status_request_v2 (RFC 6961), which TLS 1.3 deprecates, and requests for responders by name.
 */

import { Reader, Writer } from '../../bytes/index.ts'
import { peerError } from '../alert.ts'

/** CertificateStatusType: the only one there is. */
export const OCSP = 1

/** CertificateStatusRequest; returns the status type. The request of a type that nobody knows is not looked at. */
export function readStatusRequest(r: Reader): number {
  const type = r.u8('status_type')
  if (type === OCSP) {
    r.list(2, 'responder_id_list', (inner) => inner.vector(2, 'responder_id', 1))
    r.vector(2, 'request_extensions')
  } else {
    r.rest('request')
  }
  return type
}

/** From any responder, without extensions. */
export function writeStatusRequest(w: Writer, type: number): void {
  w.u8(type).u16(0).u16(0)
}

/** CertificateStatus; returns the OCSPResponse in DER. @throws {TlsError} `illegal_parameter` for another type. */
export function readStatus(r: Reader): Uint8Array {
  const type = r.u8('status_type')
  if (type !== OCSP) throw peerError('illegal_parameter', `${r.path}.status_type`, `ocsp (${OCSP})`, `${type}`)
  return r.vector(3, 'response', 1)
}

export function writeStatus(w: Writer, response: Uint8Array): void {
  w.u8(OCSP).vector(3, response)
}

/**
 * SignedCertificateTimestampList, as it came: at least one timestamp. What they say is for whoever judges the
 * certificate.
 */
export function readTimestampList(r: Reader): Uint8Array {
  const list = r.rest('sct_list')
  const check = new Reader(list, r.path)
  check.list(2, 'sct_list', (inner) => inner.vector(2, 'serialized_sct', 1), 1)
  check.end()
  return list
}

/** A SignedCertificateTimestampList of serialised timestamps. */
export function writeTimestampList(timestamps: readonly Uint8Array[]): Uint8Array {
  const w = new Writer()
  w.block(2, () => {
    for (const timestamp of timestamps) w.vector(2, timestamp)
  })
  return w.finish()
}
