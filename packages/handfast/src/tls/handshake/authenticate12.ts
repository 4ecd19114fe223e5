/**
 * The authentication messages of TLS 1.2 as far as both roles send and receive them in the same way: Certificate
 * (RFC 5246 sections 7.4.2, 7.4.6), change_cipher_spec and Finished (sections 7.1, 7.4.9).
 */

import { equalSecret } from '../../bytes/index.ts'
import { peerError } from '../alert.ts'
import { readCertificate12, writeCertificate12 } from '../message/certificate12.ts'
import { readFinished, writeFinished } from '../message/finished.ts'
import type { HandshakeMessage } from '../message/handshake.ts'
import { VERIFY_DATA_LENGTH } from '../schedule/prf12.ts'
import { peerOf } from './authenticate.ts'
import { type Flow, type HandshakeContext, receive, receiveChangeCipherSpec } from './flow.ts'
import type { Secrets12 } from './secrets12.ts'

/** Our chain, or none. */
export function sendChain12(hs: HandshakeContext, chain: readonly Uint8Array[]): void {
  hs.enter('certificates')
  hs.send('certificate', writeCertificate12(chain))
  hs.complete('certificates')
  if (chain.length > 0) hs.note.certificates(hs.role, chain)
}

/** The peer's chain, its own certificate first; empty if a client showed none. */
export function receiveChain12(hs: HandshakeContext, message: HandshakeMessage): readonly Uint8Array[] {
  const chain = readCertificate12(message)
  if (chain.length === 0 && hs.role === 'client') {
    throw peerError('decode_error', 'certificate.certificate_list', "the server's certificate", 'an empty list')
  }
  hs.note.certificates(peerOf(hs.role), chain)
  hs.complete('certificates')
  return chain
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
