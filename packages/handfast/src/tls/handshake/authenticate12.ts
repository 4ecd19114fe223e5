/**
 * The authentication messages of TLS 1.2 as far as both roles send and receive them in the same way: Certificate
 * (RFC 5246 sections 7.4.2, 7.4.6, RFC 7250), change_cipher_spec and Finished (sections 7.1, 7.4.9).
 */

import { equalSecret } from '../../bytes/index.ts'
import { peerError } from '../alert.ts'
import type { Identity } from '../config.ts'
import {
  readCertificate12,
  readRawPublicKey12,
  writeCertificate12,
  writeRawPublicKey12,
} from '../message/certificate12.ts'
import { readFinished, writeFinished } from '../message/finished.ts'
import type { HandshakeMessage } from '../message/handshake.ts'
import type { CertificateType } from '../registry.ts'
import { VERIFY_DATA_LENGTH } from '../schedule/prf12.ts'
import { isShown, peerOf, type ShownIdentity } from './authenticate.ts'
import { type Flow, type HandshakeContext, receive, receiveChangeCipherSpec } from './flow.ts'
import type { Secrets12 } from './secrets12.ts'

/** Our identity, or none. @param type as negotiated. */
export function sendIdentity12(hs: HandshakeContext, identity: Identity | undefined, type: CertificateType): void {
  hs.enter('certificates')
  const { chain = [], rawPublicKey } = identity ?? {}
  hs.send('certificate', type === 'X509' ? writeCertificate12(chain) : writeRawPublicKey12(rawPublicKey))
  hs.complete('certificates')
  if (identity !== undefined) hs.note.certificates(hs.role, chain, rawPublicKey)
}

/** What the peer shows of itself. @param type as negotiated. */
export function receiveIdentity12(
  hs: HandshakeContext,
  message: HandshakeMessage,
  type: CertificateType,
): ShownIdentity {
  const shown: ShownIdentity =
    type === 'X509'
      ? { chain: readCertificate12(message), rawPublicKey: undefined }
      : { chain: [], rawPublicKey: readRawPublicKey12(message) }
  if (!isShown(shown) && hs.role === 'client') {
    throw peerError('decode_error', 'certificate.certificate_list', "the server's certificate", 'an empty list')
  }
  hs.note.certificates(peerOf(hs.role), shown.chain, shown.rawPublicKey)
  hs.complete('certificates')
  return shown
}

/** [ChangeCipherSpec] Finished: all that we send from here on is protected. */
export function sendFinished12(hs: HandshakeContext, secrets: Secrets12): void {
  hs.enter('verify')
  hs.sendChangeCipherSpec()
  secrets.protectWrites()
  hs.send('finished', writeFinished(secrets.verifyData(hs.role)))
}

/** [ChangeCipherSpec] Finished of the peer. @throws {TlsError} `unexpected_message`, `decrypt_error` */
export function* receiveFinished12(hs: HandshakeContext, secrets: Secrets12): Flow {
  hs.enter('verify')
  yield* receiveChangeCipherSpec()
  secrets.protectReads()
  const expected = secrets.verifyData(peerOf(hs.role))
  const verifyData = readFinished(yield* receive(hs, 'finished'), VERIFY_DATA_LENGTH)
  if (!equalSecret(verifyData, expected)) {
    throw peerError('decrypt_error', 'finished.verify_data', 'the MAC of the transcript', 'another value')
  }
}
