/**
 * The beginning of every client's handshake (RFC 9846 sections 4.2.1, 4.2.3): one ClientHello offers all
 * versions, and the ServerHello says which story goes on.
 */

import { peerError } from '../alert.ts'
import type { ClientSettings } from '../config.ts'
import { readServerHello } from '../message/server-hello.ts'
import type { CipherSuite } from '../registry.ts'
import { deriveEarlyTraffic } from '../schedule/key-schedule.ts'
import { checkVersion } from './check-server-hello.ts'
import { client12 } from './client12.ts'
import { client13 } from './client13.ts'
import type { Established } from './established.ts'
import { type Flow, type HandshakeContext, receive } from './flow.ts'
import { suiteInUse } from './negotiate.ts'
import { Offer } from './offer.ts'
import type { PskCandidate } from './psk-offer.ts'

export function* client(hs: HandshakeContext, settings: ClientSettings): Flow<Established> {
  using offer = new Offer(settings)

  // ClientHello  -------->  ServerHello, or HelloRetryRequest
  hs.enter('establish')
  const sent = offer.write(hs.transcript)
  hs.send('client_hello', sent)
  noteEch(hs, settings, offer)
  if (offer.hasEarlyData) sendEarlyData(hs, settings, offer, offer.ech?.inner ?? sent)
  const message = yield* receive(hs, 'server_hello')
  const hello = readServerHello(message, offer.extensionCodes)
  const version = checkVersion(settings, hello)
  // D.3: a server that cannot have made the ticket; what it got it takes for a broken record.
  if (version === 'TLS 1.2' && offer.hasEarlyData) {
    throw peerError('protocol_version', 'server_hello', 'TLS 1.3 after early data', 'TLS 1.2')
  }
  if (version === 'TLS 1.2') return yield* client12(hs, settings, offer, message)
  return yield* client13(hs, settings, offer, hello)
}

/** Application data under the keys of the session (RFC 9846 section 4.3.10). */
function sendEarlyData(hs: HandshakeContext, settings: ClientSettings, offer: Offer, hello: Uint8Array): void {
  const { session, earlySecret } = offer.psks.at(0) as PskCandidate
  const suite = settings.cipherSuites.find(({ name }) => name === session?.cipherSuite) as CipherSuite
  const { aead, hash } = suiteInUse(settings.provider, suite)
  const secret = deriveEarlyTraffic(hash, earlySecret, hash.digest(hello))
  hs.logSecret('CLIENT_EARLY_TRAFFIC_SECRET', offer.ech?.random ?? offer.random, secret)
  if (settings.middleboxCompatibility) hs.sendChangeCipherSpec()
  hs.setWriteSecret(aead, hash, secret)
  secret.fill(0)
  hs.sendEarlyData(settings.earlyData as Uint8Array)
  hs.note.negotiated({ earlyData: 'offered' })
}

/** What the report says of ECH until the server answers. */
function noteEch(hs: HandshakeContext, { sniName }: ClientSettings, offer: Offer): void {
  const { ech } = offer
  const name = sniName ?? null
  if (ech !== undefined) {
    hs.note.encryptedClientHello({ status: 'offered', outerServerName: ech.publicName, innerServerName: name })
  } else if (offer.isGreaseEch) {
    hs.note.encryptedClientHello({ status: 'grease', outerServerName: name, innerServerName: null })
  }
}
