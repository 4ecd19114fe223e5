/**
 * The TLS 1.3 client's handshake (RFC 9846 section 2, A.1), in the order of its messages, from the first
 * answer to its ClientHello.
 *
 * Not here: the ClientHello and the early data behind it (`client.ts`), and everything after Finished
 * (`post-handshake.ts`).
 */

import { equalBytes } from '../../bytes/index.ts'
import { peerError } from '../alert.ts'
import type { ClientSettings } from '../config.ts'
import type { EchOffer } from '../ech/client-offer.ts'
import { writeEndOfEarlyData } from '../message/end-of-early-data.ts'
import { readEncryptedExtensions } from '../message/encrypted-extensions.ts'
import { type HelloRetryRequest, readServerHello, type ServerHello } from '../message/server-hello.ts'
import { cipherSuiteName, groupName, groupOf, type SignatureScheme } from '../registry.ts'
import { exporter13 } from '../schedule/exporter.ts'
import { expiryOf } from '../session.ts'
import {
  type AuthenticatedPeer,
  receiveFinished,
  receiveIdentity,
  receiveProof,
  sendAuthentication,
  sendFinished,
} from './authenticate.ts'
import { certificateMessages } from './certificate-exchange.ts'
import { type CertificateTypes, checkTypeAnswers } from './certificate-type.ts'
import { checkProtocol, checkVersion } from './check-server-hello.ts'
import { chooseClientIdentity, type ClientAuthenticationRequest, readRequest } from './client-authentication.ts'
import { echRequired } from './ech-required.ts'
import type { Established } from './established.ts'
import { type Flow, type HandshakeContext, receive } from './flow.ts'
import { type SuiteInUse, suiteInUse, withShare } from './negotiate.ts'
import type { Offer } from './offer.ts'
import { receivePostHandshake } from './post-handshake.ts'
import type { PskCandidate } from './psk-offer.ts'
import { acceptRecordSizeLimit } from './record-size.ts'
import { notePeer, resumedPeer, Resumption } from './resumption.ts'
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
  const hadEarlyData = offer.hasEarlyData
  let retry: HelloRetryRequest | undefined
  if (hello.kind === 'hello_retry_request') {
    retry = hello
    hs.transcript.startAfterRetry(inUse.hash)
    retryOffer(offer, retry)
    offer.psks.keepOnly(inUse.hash)
    if (hadEarlyData) refuseEarlyData(hs)
    else if (settings.middleboxCompatibility) hs.sendChangeCipherSpec()
    const again = offer.write(hs.transcript)
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
  const psk = selectedPsk(offer, inUse, hello)
  const { group, sharedSecret } = agree(settings, offer, hello, retry, psk !== undefined)
  const { aead, hash } = inUse
  using secrets = new HandshakeSecrets(hs, inUse, offer.random, psk?.earlySecret)
  const handshakeTraffic = secrets.deriveHandshakeTraffic(sharedSecret)
  hs.setReadSecret(aead, hash, handshakeTraffic.server)
  // A.1 has this only before the client's own flight; earlier, so that alerts are protected as well.
  if (settings.middleboxCompatibility && retry === undefined && !offer.hasEarlyData) hs.sendChangeCipherSpec()
  // Early data goes on, should it be accepted.
  if (!offer.hasEarlyData) hs.setWriteSecret(aead, hash, handshakeTraffic.client)
  hs.complete('key-exchange')
  hs.note.negotiated({
    resumed: psk?.session !== undefined,
    externalPsk: psk !== undefined && psk.session === undefined,
    ...(group === undefined ? {} : { group }),
  })

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
  const types = checkTypeAnswers(settings, 'encrypted_extensions', extensions, psk !== undefined)
  acceptRecordSizeLimit(hs, settings, 'TLS 1.3', 'encrypted_extensions', extensions.record_size_limit)
  hs.complete('establish')
  if (alpnProtocol !== undefined) hs.note.negotiated({ alpnProtocol })
  const isEarlyAccepted = extensions.early_data === true
  if (isEarlyAccepted) checkEarlyData(offer, inUse, psk, alpnProtocol)
  else if (offer.hasEarlyData) hs.setWriteSecret(aead, hash, handshakeTraffic.client)
  if (offer.hasEarlyData) hs.note.negotiated({ earlyData: isEarlyAccepted ? 'accepted' : 'rejected' })

  // {CertificateRequest*} {Certificate} {CertificateVerify}, unless a pre-shared key proves the server
  const isRejected = ech?.state === 'rejected'
  const { server, request } =
    psk === undefined
      ? yield* receiveServer(
          hs,
          settings,
          types,
          offer.extensionCodes,
          isRejected ? ech.publicName : settings.serverName,
        )
      : { server: pskPeer(hs, psk), request: undefined }

  // {Finished}
  yield* receiveFinished(hs, inUse, handshakeTraffic.server)
  const application = secrets.deriveApplicationSecrets(settings.keepSessions)
  hs.setReadSecret(aead, hash, application.server)

  // (EndOfEarlyData*)  {Certificate*} {CertificateVerify*} {Finished}  -------->
  if (isEarlyAccepted) {
    hs.send('end_of_early_data', writeEndOfEarlyData())
    hs.setWriteSecret(aead, hash, handshakeTraffic.client)
  }
  let clientScheme: SignatureScheme['name'] | undefined
  if (request !== undefined) clientScheme = yield* sendClientAuthentication(hs, settings, request, isRejected)
  hs.enter('verify')
  sendFinished(hs, inUse, handshakeTraffic.client)
  hs.setWriteSecret(aead, hash, application.client)
  if (isRejected) throw echRequired(ech, server as AuthenticatedPeer, retryConfigs)
  secrets.handOver(application)
  const { serverName } = settings
  const end = psk?.session === undefined ? undefined : expiryOf(psk.session)

  return {
    version: 'TLS 1.3',
    inUse,
    group,
    alpnProtocol,
    serverName,
    helloRetryRequest: retry !== undefined,
    clientCertificateRequested: request !== undefined,
    peer: server,
    ownScheme: clientScheme,
    resumed: psk?.session !== undefined,
    externalPsk: psk?.origin === 'resumption' ? undefined : psk?.identity,
    earlyData: hadEarlyData ? (isEarlyAccepted ? 'accepted' : 'rejected') : undefined,
    resumption: settings.keepSessions
      ? new Resumption(settings, inUse, secrets.deriveResumptionSecret(), { serverName, alpnProtocol }, server, end)
      : undefined,
    traffic: { read: application.server, write: application.client },
    exporter: exporter13(hash, application.exporter),
    // Section 4.4.2: not with a key from elsewhere.
    postHandshakeAuth:
      settings.postHandshakeAuth && (psk === undefined || psk.session !== undefined)
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

/** A HelloRetryRequest refuses early data: the second ClientHello goes out in clear, like the first (section 4.3.10). */
function refuseEarlyData(hs: HandshakeContext): void {
  hs.clearWriteKeys()
  hs.note.negotiated({ earlyData: 'rejected' })
}

/** The pre-shared key that the server chose; undefined: none (section 4.3.11). */
function selectedPsk(offer: Offer, { hash }: SuiteInUse, hello: ServerHello): PskCandidate | undefined {
  const selected = hello.extensions.pre_shared_key
  if (selected === undefined) return undefined
  const psk = offer.ech === undefined || offer.ech.state === 'accepted' ? offer.psks.at(selected) : undefined
  // What stood in the outer ClientHello were no keys (RFC 9849 section 6.1.2).
  if (psk === undefined) {
    throw peerError('illegal_parameter', 'server_hello.pre_shared_key', 'a key that was offered', `number ${selected}`)
  }
  if (psk.hash !== hash.name) {
    throw peerError(
      'illegal_parameter',
      'server_hello.cipher_suite',
      `a suite with ${psk.hash}, as the pre-shared key has it`,
      `one with ${hash.name}`,
    )
  }
  return psk
}

/** Section 4.3.10: taken only under what the session agreed on. */
function checkEarlyData(
  offer: Offer,
  { suite }: SuiteInUse,
  psk: PskCandidate | undefined,
  alpnProtocol: string | undefined,
): void {
  const path = 'encrypted_extensions.early_data'
  const session = psk?.session
  if (session === undefined || psk !== offer.psks.at(0)) {
    throw peerError('illegal_parameter', path, 'the first pre-shared key to be chosen', 'another, or none')
  }
  if (session.cipherSuite !== suite.name) {
    throw peerError('illegal_parameter', path, `${session.cipherSuite}, as the session has it`, suite.name)
  }
  if (session.alpnProtocol !== alpnProtocol) {
    throw peerError(
      'illegal_parameter',
      path,
      `the session's protocol (${session.alpnProtocol ?? 'none'})`,
      alpnProtocol ?? 'none',
    )
  }
}

/** Who the server is by a pre-shared key: as it proved itself when the session began, or whoever has the key. */
function pskPeer(hs: HandshakeContext, { session }: PskCandidate): AuthenticatedPeer | undefined {
  hs.enter('verify')
  hs.note.negotiated({ clientCertificateRequested: false })
  const peer = session === undefined ? undefined : resumedPeer(session)
  if (peer !== undefined) notePeer(hs, 'server', peer)
  return peer
}

/** {CertificateRequest*} {Certificate} {CertificateVerify} */
function* receiveServer(
  hs: HandshakeContext,
  settings: ClientSettings,
  types: CertificateTypes,
  requested: ReadonlySet<number>,
  serverName: string | undefined,
): Flow<{ readonly server: AuthenticatedPeer; readonly request: ClientAuthenticationRequest | undefined }> {
  hs.enter('certificates')
  const certificates = certificateMessages(settings)
  let message = yield* receive(hs, 'certificate_request', ...certificates)
  const request =
    message.type === 'certificate_request'
      ? readRequest(settings, message, types.client, 'in the handshake')
      : undefined
  hs.note.negotiated({ clientCertificateRequested: request !== undefined })
  if (request !== undefined) message = yield* receive(hs, ...certificates)
  // A server that could not read our hello must be the one that publishes the configuration (RFC 9849 section 6.1.7).
  const shown = receiveIdentity(hs, settings, message, types.server, requested)
  return { server: yield* receiveProof(hs, settings, shown, serverName), request }
}

/** The shared secret with the server's share (sections 4.3.8, 7.4); none if it wants the pre-shared key alone. */
function agree(
  settings: ClientSettings,
  offer: Offer,
  hello: ServerHello,
  retry: HelloRetryRequest | undefined,
  hasPsk: boolean,
): { readonly group: Established['group'] | undefined; readonly sharedSecret: Uint8Array | undefined } {
  const share = hello.extensions.key_share
  if (share === undefined) {
    if (hasPsk && settings.pskWithoutKeyExchange) return { group: undefined, sharedSecret: undefined }
    // Section 4.3.11 has its own alert where a pre-shared key was to have one.
    const alert = hasPsk ? 'illegal_parameter' : 'missing_extension'
    throw peerError(alert, 'server_hello.key_share', 'to be there', 'no such extension')
  }
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
  return yield* sendAuthentication(hs, settings, identity, request.schemes, request.wishes)
}
