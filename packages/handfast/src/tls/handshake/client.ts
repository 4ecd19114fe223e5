/**
 * The beginning of every client's handshake (RFC 9846 sections 4.2.1, 4.2.3): one ClientHello offers all
 * versions, and the ServerHello says which story goes on.
 */

import type { ClientSettings } from '../config.ts'
import { readServerHello } from '../message/server-hello.ts'
import { checkVersion } from './check-server-hello.ts'
import { client12 } from './client12.ts'
import { client13 } from './client13.ts'
import type { Established } from './established.ts'
import { type Flow, type HandshakeContext, receive } from './flow.ts'
import { Offer } from './offer.ts'

export function* client(hs: HandshakeContext, settings: ClientSettings): Flow<Established> {
  using offer = new Offer(settings)

  // ClientHello  -------->  ServerHello, or HelloRetryRequest
  hs.enter('establish')
  hs.send('client_hello', offer.write())
  noteEch(hs, settings, offer)
  const message = yield* receive(hs, 'server_hello')
  const hello = readServerHello(message, offer.extensionCodes)
  if (checkVersion(settings, hello) === 'TLS 1.2') return yield* client12(hs, settings, offer, message)
  return yield* client13(hs, settings, offer, hello)
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
