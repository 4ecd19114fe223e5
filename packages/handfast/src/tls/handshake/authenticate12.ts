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
import { writeCertificateStatus } from '../message/certificate-status.ts'
import { readFinished, writeFinished } from '../message/finished.ts'
import type { HandshakeMessage } from '../message/handshake.ts'
import type { CertificateType } from '../registry.ts'
import { VERIFY_DATA_LENGTH } from '../schedule/prf12.ts'
import { isShown, peerOf } from './authenticate.ts'
import { type CertificateWishes, shownByWishes } from './certificate-exchange.ts'
import { type Flow, type HandshakeContext, receive, receiveChangeCipherSpec, type ShownIdentity } from './flow.ts'
import type { Secrets12 } from './secrets12.ts'

/** What a client of TLS 1.2 can send along with its certificates. */
export const NO_WISHES: CertificateWishes = { ocsp: false, timestamps: false, compressions: [] }

/**
 * Our identity, or none.
 * @param type as negotiated.
 * @param wishes what a server was asked to send along.
 */
export function sendIdentity12(
  hs: HandshakeContext,
  identity: Identity | undefined,
  type: CertificateType,
  wishes: CertificateWishes = NO_WISHES,
): void {
  hs.enter('certificates')
  const shown = shownByWishes(identity, wishes)
  const { chain, rawPublicKey, stapled } = shown
  hs.send('certificate', type === 'X509' ? writeCertificate12(chain) : writeRawPublicKey12(rawPublicKey))
  if (stapled?.[0] !== undefined) hs.send('certificate_status', writeCertificateStatus(stapled[0]))
  hs.complete('certificates')
  if (identity !== undefined) hs.note.certificates(hs.role, shown)
}

/** What the peer shows of itself. @param type as negotiated. */
export function receiveIdentity12(
  hs: HandshakeContext,
  message: HandshakeMessage,
  type: CertificateType,
): ShownIdentity {
  const shown: ShownIdentity = {
    chain: type === 'X509' ? readCertificate12(message) : [],
    rawPublicKey: type === 'X509' ? undefined : readRawPublicKey12(message),
    stapled: undefined,
    timestampList: undefined,
    compression: undefined,
  }
  if (!isShown(shown) && hs.role === 'client') {
    throw peerError('decode_error', 'certificate.certificate_list', "the server's certificate", 'an empty list')
  }
  hs.note.certificates(peerOf(hs.role), shown)
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
