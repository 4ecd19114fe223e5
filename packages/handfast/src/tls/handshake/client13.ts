/**
 * The TLS 1.3 client's handshake (RFC 9846 section 2, A.1), in the order of its messages, from the first
 * answer to its ClientHello.
 *
 * Not here: the ClientHello (`client.ts`), PSK and 0-RTT, and everything after Finished (`post-handshake.ts`).
 */

import { equalBytes } from '../../bytes/index.ts'
import { peerError } from '../alert.ts'
import type { ClientSettings } from '../config.ts'
import type { EchOffer } from '../ech/client-offer.ts'
import { readEncryptedExtensions } from '../message/encrypted-extensions.ts'
import { type HelloRetryRequest, readServerHello, type ServerHello } from '../message/server-hello.ts'
import { cipherSuiteName, groupName, groupOf, type SignatureScheme } from '../registry.ts'
import { exporter13 } from '../schedule/exporter.ts'
import { receiveFinished, receiveIdentity, receiveProof, sendAuthentication, sendFinished } from './authenticate.ts'
import { checkTypeAnswers } from './certificate-type.ts'
import { checkProtocol, checkVersion } from './check-server-hello.ts'
import { chooseClientIdentity, type ClientAuthenticationRequest, readRequest } from './client-authentication.ts'
import { echRequired } from './ech-required.ts'
import type { Established } from './established.ts'
import { type Flow, type HandshakeContext, receive } from './flow.ts'
import { type SuiteInUse, suiteInUse, withShare } from './negotiate.ts'
import type { Offer } from './offer.ts'
import { receivePostHandshake } from './post-handshake.ts'
import { HandshakeSecrets } from './secrets.ts'

export function* client13(
  hs: HandshakeContext,
  settings: ClientSettings,
  offer: Offer,
  answer: ServerHello | HelloRetryRequest,
): Flow<Established> {
  // ClientHello  -------->  ServerHello, or HelloRetryRequest and once more
  let hello = answer
  const inUse = checkHello(settings, offer, hello)
  const { ech } = offer
  if (ech !== undefined) hearEch(hs, settings, ech, inUse, hello)
  let retry: HelloRetryRequest | undefined
  if (hello.kind === 'hello_retry_request') {
    retry = hello
    hs.checkFlightEnd()
    hs.transcript.startAfterRetry(inUse.hash)
    retryOffer(offer, retry)
    if (settings.middleboxCompatibility) hs.sendChangeCipherSpec()
    const again = offer.write()
    if (ech?.state === 'accepted') hs.sendOuter(again, ech.inner)
    else hs.send('client_hello', again)
    hello = readServerHello(yield* receive(hs, 'server_hello'), offer.extensionCodes)
    checkSecondHello(settings, hello, retry)
    checkHello(settings, offer, hello)
    ech?.hear(inUse.hash, hello)
  } else {
    hs.transcript.start(inUse.hash)
  }
  hs.note.negotiated({ version: 'TLS 1.3', cipherSuite: inUse.suite.name, helloRetryRequest: retry !== undefined })

  // The shared secret, and from it the keys of the handshake
  hs.enter('key-exchange')
  const { group, sharedSecret } = agree(offer, hello, retry)
  const { aead, hash } = inUse
  using secrets = new HandshakeSecrets(hs, inUse, offer.random)
  const handshakeTraffic = secrets.deriveHandshakeTraffic(sharedSecret)
  hs.setReadSecret(aead, hash, handshakeTraffic.server)
  // A.1 has this only before the client's own flight; earlier, so that alerts are protected as well.
  if (settings.middleboxCompatibility && retry === undefined) hs.sendChangeCipherSpec()
  hs.setWriteSecret(aead, hash, handshakeTraffic.client)
  hs.complete('key-exchange')
  hs.note.negotiated({ group })

  // {EncryptedExtensions}
  hs.enter('establish')
  const { extensions } = readEncryptedExtensions(yield* receive(hs, 'encrypted_extensions'), offer.extensionCodes)
  const retryConfigs = extensions.encrypted_client_hello
  if (retryConfigs !== undefined && ech?.state === 'accepted') {
    throw peerError(
      'unsupported_extension',
      'encrypted_extensions.encrypted_client_hello',
      'none where ECH was accepted',
      'retry configurations',
    )
  }
  const chosen = extensions.application_layer_protocol_negotiation
  const alpnProtocol = checkProtocol(settings, 'encrypted_extensions', chosen)
  const types = checkTypeAnswers(settings, 'encrypted_extensions', extensions)
  hs.complete('establish')
  if (alpnProtocol !== undefined) hs.note.negotiated({ alpnProtocol })

  // {CertificateRequest*} {Certificate} {CertificateVerify}
  hs.enter('certificates')
  let message = yield* receive(hs, 'certificate_request', 'certificate')
  const request =
    message.type === 'certificate_request'
      ? readRequest(settings, message, types.client, 'in the handshake')
      : undefined
  hs.note.negotiated({ clientCertificateRequested: request !== undefined })
  if (request !== undefined) message = yield* receive(hs, 'certificate')
  // A server that could not read our hello must be the one that publishes the configuration (RFC 9849 section 6.1.7).
  const isRejected = ech?.state === 'rejected'
  const serverName = isRejected ? ech.publicName : settings.serverName
  const server = yield* receiveProof(hs, settings, receiveIdentity(hs, message, types.server), serverName)

  // {Finished}
  yield* receiveFinished(hs, inUse, handshakeTraffic.server)
  const application = secrets.deriveApplicationSecrets()
  hs.setReadSecret(aead, hash, application.server)

  // {Certificate*} {CertificateVerify*} {Finished}  -------->
  let clientScheme: SignatureScheme['name'] | undefined
  if (request !== undefined) clientScheme = yield* sendClientAuthentication(hs, settings, request, isRejected)
  hs.enter('verify')
  sendFinished(hs, inUse, handshakeTraffic.client)
  hs.setWriteSecret(aead, hash, application.client)
  if (isRejected) throw echRequired(ech, server, retryConfigs)
  secrets.handOver(application)

  return {
    version: 'TLS 1.3',
    inUse,
    group,
    alpnProtocol,
    serverName: settings.serverName,
    helloRetryRequest: retry !== undefined,
    clientCertificateRequested: request !== undefined,
    peer: server,
    ownScheme: clientScheme,
    traffic: { read: application.server, write: application.client },
    exporter: exporter13(hash, application.exporter),
    postHandshakeAuth: settings.postHandshakeAuth
      ? { role: 'client', hs, settings, inUse, certificateType: types.client }
      : undefined,
    afterwards: receivePostHandshake,
  }
}

/** What every ServerHello and HelloRetryRequest of TLS 1.3 must satisfy (sections 4.2.3, 4.2.4). */
function checkHello(settings: ClientSettings, offer: Offer, hello: ServerHello | HelloRetryRequest): SuiteInUse {
  if (hello.legacyVersion !== 0x0303) {
    throw peerError(
      'protocol_version',
      `${hello.kind}.legacy_version`,
      '0x0303',
      `0x${hello.legacyVersion.toString(16)}`,
    )
  }
  if (!equalBytes(hello.legacySessionIdEcho, offer.legacySessionId)) {
    throw peerError(
      'illegal_parameter',
      `${hello.kind}.legacy_session_id_echo`,
      'the session id that was sent',
      'another',
    )
  }
  if (hello.legacyCompressionMethod !== 0) {
    throw peerError(
      'illegal_parameter',
      `${hello.kind}.legacy_compression_method`,
      '0',
      `${hello.legacyCompressionMethod}`,
    )
  }
  const suite = settings.cipherSuites.find((offered) => offered.code === hello.cipherSuite)
  if (suite?.version !== 'TLS 1.3') {
    throw peerError(
      'illegal_parameter',
      `${hello.kind}.cipher_suite`,
      'a suite of TLS 1.3 that was offered',
      cipherSuiteName(hello.cipherSuite),
    )
  }
  return suiteInUse(settings.provider, suite)
}

/** Changes the offer as asked; section 4.2.4. */
function retryOffer(offer: Offer, retry: HelloRetryRequest): void {
  const { key_share: code, cookie } = retry.extensions
  offer.retry(code === undefined ? undefined : groupOf(code), code !== undefined, cookie)
}

/** After a HelloRetryRequest there is no second one, and nothing it decided may change (sections 4.2.4, 4.3.1). */
function checkSecondHello(
  settings: ClientSettings,
  hello: ServerHello | HelloRetryRequest,
  retry: HelloRetryRequest,
): asserts hello is ServerHello {
  if (checkVersion(settings, hello) !== 'TLS 1.3') {
    throw peerError('illegal_parameter', 'server_hello.supported_versions', 'TLS 1.3 as before', 'TLS 1.2')
  }
  if (hello.kind === 'hello_retry_request') {
    throw peerError('unexpected_message', 'hello_retry_request', 'a ServerHello', 'a second HelloRetryRequest')
  }
  if (hello.cipherSuite !== retry.cipherSuite) {
    throw peerError(
      'illegal_parameter',
      'server_hello.cipher_suite',
      `${cipherSuiteName(retry.cipherSuite)} as in the HelloRetryRequest`,
      cipherSuiteName(hello.cipherSuite),
    )
  }
}

/** The shared secret with the server's share (sections 4.3.8, 7.4). */
function agree(
  offer: Offer,
  hello: ServerHello,
  retry: HelloRetryRequest | undefined,
): { readonly group: Established['group']; readonly sharedSecret: Uint8Array } {
  const share = hello.extensions.key_share
  if (share === undefined)
    throw peerError('missing_extension', 'server_hello.key_share', 'to be there', 'no such extension')
  const retried = retry?.extensions.key_share
  if (retried !== undefined && share.group !== retried) {
    throw peerError(
      'illegal_parameter',
      'server_hello.key_share.group',
      `${groupName(retried)} as in the HelloRetryRequest`,
      groupName(share.group),
    )
  }
  const group = groupOf(share.group)
  const key = group === undefined ? undefined : offer.keyFor(group)
  if (group === undefined || key === undefined) {
    throw peerError(
      'illegal_parameter',
      'server_hello.key_share.group',
      'a group with a share of ours',
      groupName(share.group),
    )
  }
  const sharedSecret = withShare('server_hello.key_share.key_exchange', () => key.agree(share.keyExchange))
  return { group, sharedSecret }
}

/** Takes in whether the server has read the ClientHelloInner: then it is the ClientHello (RFC 9849 section 6.1.4). */
function hearEch(
  hs: HandshakeContext,
  { sniName }: ClientSettings,
  ech: EchOffer,
  { hash }: SuiteInUse,
  hello: ServerHello | HelloRetryRequest,
): void {
  ech.hear(hash, hello)
  const status = ech.state
  hs.note.encryptedClientHello({ status, outerServerName: ech.publicName, innerServerName: sniName ?? null })
  if (status !== 'accepted') return
  hs.transcript.replaceFirst(ech.inner)
  hs.note.clientHello(ech.inner)
}

/** Shows the identity that fits the request, or none. */
function* sendClientAuthentication(
  hs: HandshakeContext,
  settings: ClientSettings,
  request: ClientAuthenticationRequest,
  isEchRejected: boolean,
): Flow<SignatureScheme['name'] | undefined> {
  // RFC 9849 section 6.1.7: who we are is for the hidden server alone.
  const identity = isEchRejected ? undefined : yield* chooseClientIdentity(request)
  return yield* sendAuthentication(hs, settings.provider, identity, request.schemes)
}
