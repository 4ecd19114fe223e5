/**
 * The TLS 1.3 server's handshake (RFC 9846 section 2, A.2), in the order of its messages, once the
 * ClientHello is there.
 *
 * Not here: how the ClientHello came (`server.ts`), PSK and 0-RTT, and everything after Finished
 * (`post-handshake.ts`).
 */

import type { GroupName, KeyExchangeGroup } from '../../crypto/provider.ts'
import { peerError } from '../alert.ts'
import { certificateTypeOfIdentity, protocolText, type ServerSettings } from '../config.ts'
import { type EchAcceptance, retryConfigs } from '../ech/acceptance.ts'
import { type ClientHello, readClientHello } from '../message/client-hello.ts'
import { CONFIRMATION_LENGTH } from '../message/encrypted-client-hello.ts'
import { writeEncryptedExtensions } from '../message/encrypted-extensions.ts'
import {
  type EncryptedExtensionsExtensions,
  extensionCode,
  type HelloRetryRequestExtensions,
} from '../message/extension.ts'
import { writeHelloRetryRequest, writeServerHello } from '../message/server-hello.ts'
import { type CertificateType, GROUP_CODES, TLS13 } from '../registry.ts'
import { exporter13 } from '../schedule/exporter.ts'
import {
  askIdentity,
  type AuthenticatedPeer,
  isShown,
  receiveFinished,
  receiveIdentity,
  receiveProof,
  sendAuthentication,
  sendFinished,
} from './authenticate.ts'
import {
  answerTypes,
  findClientType,
  noIdentity,
  selectClientType,
  takenTypes,
  type TypeAnswers,
} from './certificate-type.ts'
import {
  checkCookie,
  checkSameHello,
  checkServerName,
  checkTls13ClientHello,
  checkStillTls13,
} from './check-client-hello.ts'
import { sendRequest } from './client-authentication.ts'
import type { Established } from './established.ts'
import { type Flow, type HandshakeContext, receive, receiveUnhashed } from './flow.ts'
import { coversServerName } from './identity.ts'
import {
  handshakeSchemes,
  schemeNames,
  selectCipherSuite,
  selectGroup,
  selectProtocol,
  type SuiteInUse,
  suiteInUse,
  withShare,
} from './negotiate.ts'
import { receivePostHandshake } from './post-handshake.ts'
import { HandshakeSecrets } from './secrets.ts'

const NO_CONTEXT = new Uint8Array(0)

/** @param ech where `firstHello` is a ClientHelloInner. */
export function* server13(
  hs: HandshakeContext,
  settings: ServerSettings,
  firstHello: ClientHello,
  ech: EchAcceptance | undefined,
): Flow<Established> {
  //                 <--------  ClientHello
  checkTls13ClientHello(firstHello)
  if (offersEarlyData(firstHello)) hs.skipEarlyData()
  const inUse = suiteInUse(settings.provider, selectCipherSuite(settings, firstHello, 'TLS 1.3'))

  // HelloRetryRequest*  -------->  and the client once more
  const { group, share: firstShare } = selectGroup(settings, firstHello)
  const mustRetry = firstShare === undefined || settings.cookie === 'always'
  let hello = firstHello
  if (mustRetry) {
    hs.transcript.startAfterRetry(inUse.hash)
    hello = yield* retryHello(hs, settings, firstHello, inUse, group, firstShare !== undefined, ech)
  } else {
    hs.transcript.start(inUse.hash)
  }
  hs.note.negotiated({
    version: 'TLS 1.3',
    cipherSuite: inUse.suite.name,
    group: group.name,
    helloRetryRequest: mustRetry,
  })
  const serverName = hello.extensions.server_name
  checkServerName(settings, serverName)
  const alpnProtocol = selectProtocol(settings, hello)
  const schemes = handshakeSchemes(settings, 'TLS 1.3', hello.extensions.signature_algorithms ?? [])
  const certificateTypes = takenTypes(hello.extensions)
  const identity = yield* askIdentity({
    kind: 'choose-identity',
    role: 'server',
    version: 'TLS 1.3',
    serverName,
    signatureSchemes: schemes.map((scheme) => scheme.name),
    signatureSchemesCert: schemeNames(
      hello.extensions.signature_algorithms_cert ?? hello.extensions.signature_algorithms ?? [],
    ),
    certificateAuthorities: hello.extensions.certificate_authorities ?? [],
    certificateTypes,
  })
  if (identity === undefined) {
    const needs = 'a certificate for the schemes that the client accepts'
    throw noIdentity(settings, hello.extensions, certificateTypes, needs)
  }
  const wantsClientCertificate = settings.clientAuthentication !== 'none'
  const mayAskLater = hello.extensions.post_handshake_auth !== undefined
  // Who might be asked later must know by then what to show.
  const clientType = wantsClientCertificate
    ? selectClientType(settings, hello.extensions)
    : mayAskLater
      ? findClientType(settings, hello.extensions)
      : undefined

  // ServerHello  -------->
  hs.enter('key-exchange')
  const { share, secret: sharedSecret } = respond(group, hello)
  const { aead, hash } = inUse
  const serverHello = writeServerHello({
    random: settings.provider.random(32),
    legacySessionIdEcho: hello.legacySessionId,
    cipherSuite: inUse.suite.code,
    extensions: {
      supported_versions: TLS13,
      key_share: { group: GROUP_CODES[group.name], keyExchange: share },
    },
  })
  ech?.confirm(hash, serverHello)
  hs.send('server_hello', serverHello)
  using secrets = new HandshakeSecrets(hs, inUse, hello.random)
  const handshakeTraffic = secrets.deriveHandshakeTraffic(sharedSecret)
  // The client asked for compatibility mode by its session id (E.4); after a HelloRetryRequest it has had its CCS.
  if (hello.legacySessionId.length > 0 && !mustRetry) hs.sendChangeCipherSpec()
  hs.setWriteSecret(aead, hash, handshakeTraffic.server)
  hs.setReadSecret(aead, hash, handshakeTraffic.client)
  hs.complete('key-exchange')

  // {EncryptedExtensions} {CertificateRequest*} {Certificate} {CertificateVerify} {Finished}  -------->
  hs.enter('establish')
  const isEchRejected = ech === undefined && hello.extensions.encrypted_client_hello !== undefined
  const types = answerTypes(hello.extensions, certificateTypeOfIdentity(identity), clientType)
  sendEncryptedExtensions(hs, settings, serverName, alpnProtocol, types, isEchRejected)
  hs.complete('establish')
  hs.note.negotiated({
    clientCertificateRequested: wantsClientCertificate,
    ...(alpnProtocol === undefined ? {} : { alpnProtocol: protocolText(alpnProtocol) }),
  })
  if (wantsClientCertificate) sendRequest(hs, settings, NO_CONTEXT)
  const ownScheme = yield* sendAuthentication(hs, settings.provider, identity, schemes)
  sendFinished(hs, inUse, handshakeTraffic.server)
  const application = secrets.deriveApplicationSecrets()
  hs.setWriteSecret(aead, hash, application.server)
  hs.flightSent(inUse, application.server)

  //                 <--------  {Certificate*} {CertificateVerify*} {Finished}
  let client: AuthenticatedPeer | undefined
  if (wantsClientCertificate) client = yield* receiveClient(hs, settings, clientType ?? 'X509')
  hs.enter('verify')
  yield* receiveFinished(hs, inUse, handshakeTraffic.client)
  hs.setReadSecret(aead, hash, application.client)
  secrets.handOver(application)

  return {
    version: 'TLS 1.3',
    inUse,
    group: group.name,
    alpnProtocol: alpnProtocol === undefined ? undefined : protocolText(alpnProtocol),
    serverName,
    helloRetryRequest: mustRetry,
    clientCertificateRequested: wantsClientCertificate,
    peer: client,
    ownScheme,
    traffic: { read: application.client, write: application.server },
    exporter: exporter13(hash, application.exporter),
    postHandshakeAuth: mayAskLater
      ? { role: 'server', hs, settings, inUse, certificateType: clientType ?? 'X509', request: undefined }
      : undefined,
    afterwards: receivePostHandshake,
  }
}

function offersEarlyData(hello: ClientHello): boolean {
  return hello.extensionOrder.includes(extensionCode('early_data'))
}

/** Sends a HelloRetryRequest and receives the ClientHello it asks for (sections 4.2.2, 4.2.4). */
function* retryHello(
  hs: HandshakeContext,
  settings: ServerSettings,
  first: ClientHello,
  { suite, hash }: SuiteInUse,
  group: KeyExchangeGroup,
  hasShare: boolean,
  ech: EchAcceptance | undefined,
): Flow<ClientHello> {
  hs.checkFlightEnd()
  const cookie = settings.cookie === 'never' ? undefined : settings.provider.random(32)
  const extensions: HelloRetryRequestExtensions = { supported_versions: TLS13 }
  // A group that already has a share must not be asked for again (section 4.3.8).
  if (!hasShare) extensions.key_share = GROUP_CODES[group.name]
  if (cookie !== undefined) extensions.cookie = cookie
  if (ech !== undefined) extensions.encrypted_client_hello = new Uint8Array(CONFIRMATION_LENGTH)
  const retry = writeHelloRetryRequest({
    legacySessionIdEcho: first.legacySessionId,
    cipherSuite: suite.code,
    extensions,
  })
  ech?.confirmRetry(hash, retry)
  hs.send('server_hello', retry, 'hello_retry_request')
  if (first.legacySessionId.length > 0) hs.sendChangeCipherSpec()

  const hello = yield* receiveSecondHello(hs, ech)
  checkStillTls13(hello)
  checkTls13ClientHello(hello)
  checkSameHello(first, hello)
  if (offersEarlyData(hello)) {
    throw peerError('illegal_parameter', 'client_hello.early_data', 'none after a HelloRetryRequest', 'one')
  }
  checkCookie(hello, cookie)
  const shares = hello.extensions.key_share ?? []
  const isAsAsked = hasShare
    ? shares.some((share) => share.group === GROUP_CODES[group.name])
    : shares.length === 1 && shares[0]?.group === GROUP_CODES[group.name]
  if (!isAsAsked) {
    throw peerError(
      'illegal_parameter',
      'client_hello.key_share',
      `one share for ${group.name} as asked`,
      `${shares.length} shares`,
    )
  }
  return hello
}

/** The second ClientHello: the one inside if the first was. */
function* receiveSecondHello(hs: HandshakeContext, ech: EchAcceptance | undefined): Flow<ClientHello> {
  const outer = yield* receiveUnhashed('client_hello')
  const { hello, message } = ech?.readSecond(outer) ?? { hello: readClientHello(outer), message: outer }
  if (hello.extensions.encrypted_client_hello?.type === 'inner' && ech === undefined) {
    throw peerError(
      'illegal_parameter',
      'client_hello.encrypted_client_hello.type',
      'outer',
      'inner, which is for a ClientHelloInner alone',
    )
  }
  hs.transcript.add(message.raw)
  return hello
}

/** The server's share and the shared secret (sections 4.3.8, 7.4). */
function respond(
  group: KeyExchangeGroup,
  hello: ClientHello,
): { readonly share: Uint8Array; readonly secret: Uint8Array } {
  const code = GROUP_CODES[group.name as GroupName]
  const entry = hello.extensions.key_share?.find((share) => share.group === code)
  if (entry === undefined)
    throw peerError('illegal_parameter', 'client_hello.key_share', `a share for ${group.name}`, 'none')
  return withShare('client_hello.key_share.key_exchange', () => group.respond(entry.keyExchange))
}

/** Section 4.4.1. */
function sendEncryptedExtensions(
  hs: HandshakeContext,
  settings: ServerSettings,
  serverName: string | undefined,
  alpnProtocol: Uint8Array | undefined,
  types: TypeAnswers,
  isEchRejected: boolean,
): void {
  const extensions: EncryptedExtensionsExtensions = { ...types }
  const configs = isEchRejected ? retryConfigs(settings.ech) : undefined
  if (configs !== undefined) extensions.encrypted_client_hello = configs
  // RFC 6066 section 3: an empty answer says that the name was used to choose the certificate.
  if (
    serverName !== undefined &&
    settings.identities.some((own) => coversServerName(settings.provider, own, serverName))
  ) {
    extensions.server_name = true
  }
  if (alpnProtocol !== undefined) extensions.application_layer_protocol_negotiation = alpnProtocol
  hs.send('encrypted_extensions', writeEncryptedExtensions({ extensions }))
}

/** The client's Certificate and CertificateVerify. @throws {TlsError} `certificate_required` */
function* receiveClient(
  hs: HandshakeContext,
  settings: ServerSettings,
  type: CertificateType,
): Flow<AuthenticatedPeer | undefined> {
  hs.enter('certificates')
  const shown = receiveIdentity(hs, yield* receive(hs, 'certificate'), type)
  if (isShown(shown)) return yield* receiveProof(hs, settings, shown, undefined)
  if (settings.clientAuthentication === 'required') {
    throw peerError('certificate_required', 'certificate.certificate_list', "the client's certificate", 'an empty list')
  }
  return undefined
}
