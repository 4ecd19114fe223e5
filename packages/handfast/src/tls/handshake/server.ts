/**
 * The beginning of every server's handshake (RFC 9846 sections 4.2.1, 4.2.2): the ClientHello, what the host
 * wants for this client, and the version, which says which story goes on.
 */

import { mergeServerConfig, protocolText, type ServerSettings } from '../config.ts'
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
  const message = yield* receive(hs, 'client_hello')
  const hello = readClientHello(message)
  const settings = configured.chooseConfig ? yield* chooseConfig(configured, hello, message) : configured
  if (selectVersion(settings, hello) === 'TLS 1.2') return yield* server12(hs, settings, hello)
  return yield* server13(hs, settings, hello)
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
