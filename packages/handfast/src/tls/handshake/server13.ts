/**
 * The TLS 1.3 server's handshake (RFC 9846 section 2, A.2), in the order of its messages, once the
 * ClientHello is there.
 *
 * Not here: how the ClientHello came (`server.ts`), PSK and 0-RTT, and everything after Finished
 * (`post-handshake.ts`).
 */

import type { GroupName, KeyExchangeGroup } from '../../crypto/provider.ts'
import { peerError } from '../alert.ts'
import { protocolText, type ServerSettings } from '../config.ts'
import { writeCertificateRequest } from '../message/certificate-request.ts'
import { type ClientHello, readClientHello } from '../message/client-hello.ts'
import { writeEncryptedExtensions } from '../message/encrypted-extensions.ts'
import {
  type EncryptedExtensionsExtensions,
  extensionCode,
  type HelloRetryRequestExtensions,
} from '../message/extension.ts'
import { writeHelloRetryRequest, writeServerHello } from '../message/server-hello.ts'
import { GROUP_CODES, TLS13 } from '../registry.ts'
import { exporter13 } from '../schedule/exporter.ts'
import {
  type AuthenticatedPeer,
  receiveChain,
  receiveFinished,
  receiveProof,
  sendAuthentication,
  sendFinished,
} from './authenticate.ts'
import {
  checkCookie,
  checkSameHello,
  checkServerName,
  checkTls13ClientHello,
  checkStillTls13,
} from './check-client-hello.ts'
import type { Established } from './established.ts'
import { ask, type Flow, type HandshakeContext, receive } from './flow.ts'
import { coversServerName } from './identity.ts'
import {
  handshakeSchemes,
  nothingFits,
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

const EMPTY = new Uint8Array(0)

export function* server13(hs: HandshakeContext, settings: ServerSettings, firstHello: ClientHello): Flow<Established> {
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
    hello = yield* retryHello(hs, settings, firstHello, inUse, group, firstShare !== undefined)
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
  const identity = yield* ask<'choose-identity'>({
    kind: 'choose-identity',
    role: 'server',
    version: 'TLS 1.3',
    serverName,
    signatureSchemes: schemes.map((scheme) => scheme.name),
    signatureSchemesCert: schemeNames(
      hello.extensions.signature_algorithms_cert ?? hello.extensions.signature_algorithms ?? [],
    ),
    certificateAuthorities: hello.extensions.certificate_authorities ?? [],
  })
  if (identity === undefined) throw nothingFits('identities', 'a certificate for the schemes that the client accepts')

  // ServerHello  -------->
  hs.enter('key-exchange')
  const { share, secret: sharedSecret } = respond(group, hello)
  hs.send(
    'server_hello',
    writeServerHello({
      random: settings.provider.random(32),
      legacySessionIdEcho: hello.legacySessionId,
      cipherSuite: inUse.suite.code,
      extensions: {
        supported_versions: TLS13,
        key_share: { group: GROUP_CODES[group.name], keyExchange: share },
      },
    }),
  )
  const { aead, hash } = inUse
  using secrets = new HandshakeSecrets(hs, inUse, hello.random)
  const handshakeTraffic = secrets.deriveHandshakeTraffic(sharedSecret)
  // The client asked for compatibility mode by its session id (E.4); after a HelloRetryRequest it has had its CCS.
  if (hello.legacySessionId.length > 0 && !mustRetry) hs.sendChangeCipherSpec()
  hs.setWriteSecret(aead, hash, handshakeTraffic.server)
  hs.setReadSecret(aead, hash, handshakeTraffic.client)
  hs.complete('key-exchange')

  // {EncryptedExtensions} {CertificateRequest*} {Certificate} {CertificateVerify} {Finished}  -------->
  hs.enter('establish')
  sendEncryptedExtensions(hs, settings, serverName, alpnProtocol)
  hs.complete('establish')
  const wantsClientCertificate = settings.clientAuthentication !== 'none'
  hs.note.negotiated({
    clientCertificateRequested: wantsClientCertificate,
    ...(alpnProtocol === undefined ? {} : { alpnProtocol: protocolText(alpnProtocol) }),
  })
  if (wantsClientCertificate) sendCertificateRequest(hs, settings)
  const ownScheme = yield* sendAuthentication(hs, settings.provider, identity, schemes)
  sendFinished(hs, inUse, handshakeTraffic.server)
  const application = secrets.deriveApplicationSecrets()
  hs.setWriteSecret(aead, hash, application.server)
  hs.flightSent(inUse, application.server)

  //                 <--------  {Certificate*} {CertificateVerify*} {Finished}
  let client: AuthenticatedPeer | undefined
  if (wantsClientCertificate) client = yield* receiveClient(hs, settings)
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
  { suite }: SuiteInUse,
  group: KeyExchangeGroup,
  hasShare: boolean,
): Flow<ClientHello> {
  hs.checkFlightEnd()
  const cookie = settings.cookie === 'never' ? undefined : settings.provider.random(32)
  const extensions: HelloRetryRequestExtensions = { supported_versions: TLS13 }
  // A group that already has a share must not be asked for again (section 4.3.8).
  if (!hasShare) extensions.key_share = GROUP_CODES[group.name]
  if (cookie !== undefined) extensions.cookie = cookie
  hs.send(
    'server_hello',
    writeHelloRetryRequest({ legacySessionIdEcho: first.legacySessionId, cipherSuite: suite.code, extensions }),
    'hello_retry_request',
  )
  if (first.legacySessionId.length > 0) hs.sendChangeCipherSpec()

  const hello = readClientHello(yield* receive(hs, 'client_hello'))
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
): void {
  const extensions: EncryptedExtensionsExtensions = {}
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

/** Section 4.4.2. */
function sendCertificateRequest(hs: HandshakeContext, settings: ServerSettings): void {
  const codes = settings.signatureSchemes.map((scheme) => scheme.code)
  hs.send(
    'certificate_request',
    writeCertificateRequest({
      certificateRequestContext: EMPTY,
      extensions:
        settings.certificateAuthorities.length === 0
          ? { signature_algorithms: codes }
          : { signature_algorithms: codes, certificate_authorities: settings.certificateAuthorities },
    }),
  )
}

/** The client's Certificate and CertificateVerify. @throws {TlsError} `certificate_required` */
function* receiveClient(hs: HandshakeContext, settings: ServerSettings): Flow<AuthenticatedPeer | undefined> {
  hs.enter('certificates')
  const chain = receiveChain(hs, yield* receive(hs, 'certificate'))
  if (chain.length > 0) return yield* receiveProof(hs, settings, chain, undefined)
  if (settings.clientAuthentication === 'required') {
    throw peerError('certificate_required', 'certificate.certificate_list', "the client's certificate", 'an empty list')
  }
  return undefined
}
