/**
 * The beginning of every server's handshake (RFC 9846 sections 4.2.1, 4.2.2): the ClientHello, what the host
 * wants for this client, and the version, which says which story goes on.
 */

import { acceptEch, type EchAcceptance } from '../ech/acceptance.ts'
import { protocolText, type ServerSettings } from '../config.ts'
import { mergeServerConfig } from '../config-change.ts'
import { type ClientHello, readClientHello } from '../message/client-hello.ts'
import type { HandshakeMessage } from '../message/handshake.ts'
import { cipherSuiteName, groupName, signatureSchemeName, versionName } from '../registry.ts'
import { selectVersion } from './check-client-hello.ts'
import type { Established } from './established.ts'
import { ask, type ClientHelloSummary, type Flow, type HandshakeContext, receive } from './flow.ts'
import { server12 } from './server12.ts'
import { server13 } from './server13.ts'

export function* server(hs: HandshakeContext, configured: ServerSettings): Flow<Established> {
  //                 <--------  ClientHello
  hs.enter('establish')
  const outer = yield* receive(hs, 'client_hello')
  const outerHello = readClientHello(outer)
  using ech = acceptEch(configured.provider, configured.ech, outer, outerHello)
  noteEch(hs, outerHello, ech)
  const { hello, message } = ech ?? { hello: outerHello, message: outer }
  const settings = configured.chooseConfig ? yield* chooseConfig(configured, hello, message) : configured
  if (selectVersion(settings, hello) === 'TLS 1.2') return yield* server12(hs, settings, hello)
  return yield* server13(hs, settings, hello, ech)
}

/** The ClientHello that counts is the one that was hidden, if there was one that we could read (RFC 9849 section 7.1). */
function noteEch(hs: HandshakeContext, { extensions }: ClientHello, ech: EchAcceptance | undefined): void {
  if (extensions.encrypted_client_hello === undefined) return
  hs.note.encryptedClientHello({
    status: ech === undefined ? 'rejected' : 'accepted',
    outerServerName: extensions.server_name ?? null,
    innerServerName: ech?.hello.extensions.server_name ?? null,
  })
  if (ech === undefined) return
  hs.transcript.replaceFirst(ech.message.raw)
  hs.note.clientHello(ech.message.raw)
}

/** Lets the host change the configuration in the light of the ClientHello. */
function* chooseConfig(settings: ServerSettings, hello: ClientHello, message: HandshakeMessage): Flow<ServerSettings> {
  const change = yield* ask<'choose-config'>({ kind: 'choose-config', clientHello: summary(hello, message) })
  return change === undefined ? settings : mergeServerConfig(settings, change)
}

/** What a ClientHello says, in names. */
export function summary(hello: ClientHello, message: HandshakeMessage): ClientHelloSummary {
  const { extensions } = hello
  return {
    serverName: extensions.server_name,
    alpnProtocols: (extensions.application_layer_protocol_negotiation ?? []).map(protocolText),
    versions: (extensions.supported_versions ?? [hello.legacyVersion]).map(versionName),
    cipherSuites: hello.cipherSuites.map(cipherSuiteName),
    groups: (extensions.supported_groups ?? []).map(groupName),
    signatureSchemes: (extensions.signature_algorithms ?? []).map(signatureSchemeName),
    raw: message.raw,
  }
}
