/**
 * The TLS 1.2 client's handshake (RFC 5246 section 7.3, RFC 8422 section 2), in the order of its messages, from
 * the ServerHello. ECDHE and AEAD suites only.
 *
 * Not here: the ClientHello (`client.ts`), sessions and tickets, false start, renegotiation
 * (`post-handshake12.ts`).
 */

import type { KeyExchangeGroup } from '../../crypto/provider.ts'
import { peerError } from '../alert.ts'
import type { ClientSettings } from '../config.ts'
import {
  type CertificateRequest12,
  CERTIFICATE_TYPES,
  readCertificateRequest12,
} from '../message/certificate-request12.ts'
import { readCertificateStatus } from '../message/certificate-status.ts'
import { writeCertificateVerify } from '../message/certificate-verify.ts'
import { writeClientKeyExchange } from '../message/client-key-exchange.ts'
import type { HandshakeMessage } from '../message/handshake.ts'
import { readServerHelloDone } from '../message/server-hello-done.ts'
import { readServerHello12, type ServerHello12 } from '../message/server-hello12.ts'
import { readServerKeyExchange, type ServerKeyExchange, signedParameters } from '../message/server-key-exchange.ts'
import {
  authenticationOf,
  type CertificateType,
  cipherSuiteName,
  GROUP_CODES,
  groupName,
  isGroupOf,
  type SignatureScheme,
  type SignatureSchemeName,
  versionName,
} from '../registry.ts'
import type { Randoms } from '../schedule/prf12.ts'
import {
  askIdentity,
  type AuthenticatedPeer,
  checkMaySign,
  checkScheme,
  judge,
  readPeerKey,
  selectScheme,
  sign,
} from './authenticate.ts'
import { receiveFinished12, receiveIdentity12, sendFinished12, sendIdentity12 } from './authenticate12.ts'
import { checkRequestedType, checkTypeAnswers } from './certificate-type.ts'
import { checkProtocol } from './check-server-hello.ts'
import { echRequired } from './ech-required.ts'
import type { Established } from './established.ts'
import { type Flow, type HandshakeContext, receive, type ShownIdentity } from './flow.ts'
import type { Identity } from '../config.ts'
import { handshakeSchemes, schemeNames, type SuiteInUse, suiteInUse, withShare } from './negotiate.ts'
import type { Offer } from './offer.ts'
import { receivePostHandshake12 } from './post-handshake12.ts'
import { acceptRecordSizeLimit } from './record-size.ts'
import { Secrets12 } from './secrets12.ts'

export function* client12(
  hs: HandshakeContext,
  settings: ClientSettings,
  offer: Offer,
  serverHello: HandshakeMessage,
): Flow<Established> {
  // ClientHello  -------->  ServerHello
  hs.useTls12()
  const hello = readServerHello12(serverHello, offer.extensionCodes)
  const inUse = checkHello(settings, hello)
  checkSession(offer, hello)
  const isExtended = hello.extensions.extended_master_secret === true
  checkExtensions(settings, hello)
  const chosen = hello.extensions.application_layer_protocol_negotiation
  const alpnProtocol = checkProtocol(settings, 'server_hello', chosen)
  const types = checkTypeAnswers(settings, 'server_hello', hello.extensions)
  acceptRecordSizeLimit(hs, settings, 'TLS 1.2', 'server_hello', hello.extensions.record_size_limit)
  const randoms: Randoms = { client: offer.random, server: hello.random }
  hs.transcript.startKeeping(inUse.hash)
  hs.note.negotiated({
    version: 'TLS 1.2',
    cipherSuite: inUse.suite.name,
    ...(alpnProtocol === undefined ? {} : { alpnProtocol }),
  })
  hs.complete('establish')
  // RFC 9849 section 6.1.4: who chooses TLS 1.2 has not read what was hidden, for that offers TLS 1.3 alone.
  const { ech } = offer
  if (ech !== undefined) {
    const innerServerName = settings.sniName ?? null
    hs.note.encryptedClientHello({ status: 'rejected', outerServerName: ech.publicName, innerServerName })
  }

  // Certificate  ServerKeyExchange
  hs.enter('certificates')
  const certificates = receiveIdentity12(hs, yield* receive(hs, 'certificate'), types.server)
  let answer = yield* receive(hs, ...(mayStaple(hello) ? STATUS_OR_EXCHANGE : EXCHANGE))
  let response: Uint8Array | undefined
  if (answer.type === 'certificate_status') {
    response = readCertificateStatus(answer)
    answer = yield* receive(hs, 'server_key_exchange')
  }
  const shown = withEvidence(hs, settings, hello, certificates, response)
  hs.enter('key-exchange')
  const exchange = readServerKeyExchange(answer)
  const group = checkGroup(settings, exchange)
  const serverName = ech === undefined ? settings.serverName : ech.publicName
  const server = yield* receiveServerProof(hs, settings, inUse, shown, exchange, randoms, serverName)

  // CertificateRequest*  ServerHelloDone
  hs.enter('certificates')
  let message = yield* receive(hs, 'certificate_request', 'server_hello_done')
  const request = message.type === 'certificate_request' ? readCertificateRequest12(message) : undefined
  hs.note.negotiated({ clientCertificateRequested: request !== undefined })
  if (request === undefined) hs.transcript.drop()
  else message = yield* receive(hs, 'server_hello_done')
  readServerHelloDone(message)

  // Certificate*  ClientKeyExchange  CertificateVerify*  -------->
  // RFC 9849 section 6.1.7: who we are is for the hidden server alone.
  const mayShow = request !== undefined && ech === undefined
  const client = mayShow ? yield* chooseCertificate(hs, settings, request, types.client) : undefined
  if (request !== undefined) sendIdentity12(hs, client?.identity, types.client)
  hs.enter('key-exchange')
  const { share, secret } = withShare('server_key_exchange.point', () => group.respond(exchange.point))
  hs.send('client_key_exchange', writeClientKeyExchange(share))
  using secrets = new Secrets12(hs, inUse, randoms, secret, isExtended)
  hs.note.negotiated({ group: group.name })
  hs.complete('key-exchange')
  if (client !== undefined) yield* sendCertificateVerify(hs, client)
  hs.transcript.drop()

  // [ChangeCipherSpec]  Finished  -------->  [ChangeCipherSpec]  Finished
  sendFinished12(hs, secrets)
  yield* receiveFinished12(hs, secrets)
  if (ech !== undefined) throw echRequired(ech, server, undefined)

  return {
    version: 'TLS 1.2',
    inUse,
    group: group.name,
    alpnProtocol,
    serverName: settings.serverName,
    helloRetryRequest: false,
    clientCertificateRequested: request !== undefined,
    peer: server,
    ownScheme: client?.scheme.name,
    resumed: false,
    externalPsk: undefined,
    earlyData: undefined,
    resumption: undefined,
    traffic: undefined,
    exporter: secrets.exporter(),
    postHandshakeAuth: undefined,
    afterwards: receivePostHandshake12,
  }
}

const EXCHANGE = ['server_key_exchange'] as const
/** RFC 6066 section 8: a server that said it may staple need not. */
const STATUS_OR_EXCHANGE = ['certificate_status', 'server_key_exchange'] as const

function mayStaple({ extensions }: ServerHello12): boolean {
  return extensions.status_request !== undefined
}

/** The chain with what came along: an OCSP response in a message, timestamps in the ServerHello (RFC 6962 section 3.3.1). */
function withEvidence(
  hs: HandshakeContext,
  { requestOcsp }: ClientSettings,
  { extensions }: ServerHello12,
  certificates: ShownIdentity,
  response: Uint8Array | undefined,
): ShownIdentity {
  if (certificates.rawPublicKey !== undefined) return certificates
  const stapled = response === undefined ? [] : [response]
  const shown: ShownIdentity = {
    ...certificates,
    stapled: requestOcsp ? stapled : undefined,
    timestampList: extensions.signed_certificate_timestamp,
  }
  hs.note.certificates('server', shown)
  return shown
}

/** RFC 5246 section 7.4.1.3. */
function checkHello(settings: ClientSettings, hello: ReturnType<typeof readServerHello12>): SuiteInUse {
  if (hello.version !== 0x0303) {
    throw peerError('protocol_version', 'server_hello.server_version', 'TLS 1.2', versionName(hello.version))
  }
  if (hello.compressionMethod !== 0) {
    throw peerError('illegal_parameter', 'server_hello.compression_method', '0', `${hello.compressionMethod}`)
  }
  const suite = settings.cipherSuites.find((offered) => offered.code === hello.cipherSuite)
  if (suite?.version !== 'TLS 1.2') {
    throw peerError(
      'illegal_parameter',
      'server_hello.cipher_suite',
      'a suite of TLS 1.2 that was offered',
      cipherSuiteName(hello.cipherSuite),
    )
  }
  return suiteInUse(settings.provider, suite)
}

/** Our session id is a random one, for middleboxes: nobody can resume the session it names. */
function checkSession({ legacySessionId }: Offer, { sessionId }: ServerHello12): void {
  if (legacySessionId.length === 0 || sessionId.length !== legacySessionId.length) return
  if (sessionId.some((byte, i) => byte !== legacySessionId[i])) return
  throw peerError('illegal_parameter', 'server_hello.session_id', 'one of a new session', 'the one that was sent')
}

/** RFC 7627 section 5.2, RFC 5746 section 3.4, RFC 8422 section 5.2. */
function checkExtensions(settings: ClientSettings, { extensions }: ServerHello12): void {
  if (settings.requireExtendedMasterSecret && extensions.extended_master_secret === undefined) {
    throw peerError('handshake_failure', 'server_hello.extended_master_secret', 'to be there', 'no such extension')
  }
  const connection = extensions.renegotiation_info
  if (connection !== undefined && connection.length > 0) {
    throw peerError(
      'handshake_failure',
      'server_hello.renegotiation_info',
      'no bytes in an initial handshake',
      `${connection.length}`,
    )
  }
  const formats = extensions.ec_point_formats
  if (formats !== undefined && !formats.includes(0)) {
    throw peerError('illegal_parameter', 'server_hello.ec_point_formats', 'uncompressed (0) among them', 'others only')
  }
}

/** RFC 8422 section 5.4. */
function checkGroup(settings: ClientSettings, exchange: ServerKeyExchange): KeyExchangeGroup {
  const group = settings.groups.find((offered) => GROUP_CODES[offered.name] === exchange.group)
  if (group !== undefined && isGroupOf(group.name, 'TLS 1.2')) return group
  throw peerError(
    'illegal_parameter',
    'server_key_exchange.named_curve',
    'a group that was offered',
    groupName(exchange.group),
  )
}

/** The signature of the ServerKeyExchange proves the server's key; then the host judges its chain. */
function* receiveServerProof(
  hs: HandshakeContext,
  settings: ClientSettings,
  { suite }: SuiteInUse,
  shown: ShownIdentity,
  exchange: ServerKeyExchange,
  randoms: Randoms,
  serverName: string | undefined,
): Flow<AuthenticatedPeer> {
  hs.enter('verify')
  const { leaf, key } = readPeerKey(settings.provider, shown)
  const scheme = checkScheme(settings, 'TLS 1.2', 'server_key_exchange', exchange.algorithm, key)
  // RFC 5246 section 7.4.2: the certificate's key must be of the kind that the suite names.
  if (authenticationOf(scheme) !== suite.authentication) {
    throw peerError('illegal_parameter', 'server_key_exchange.algorithm', `a scheme for ${suite.name}`, scheme.name)
  }
  if (leaf !== undefined) checkMaySign(leaf)
  const content = signedParameters(randoms, exchange.parameters)
  if (!settings.provider.verify(scheme.algorithm, key, content, exchange.signature)) {
    throw peerError(
      'decrypt_error',
      'server_key_exchange.signature',
      "the parameters' signature by the certificate's key",
      'one that does not verify',
    )
  }
  return yield* judge(hs, shown, leaf, scheme.name, serverName)
}

interface ClientProof {
  readonly identity: Identity
  readonly scheme: SignatureScheme
}

/** The certificate that fits the request, or none (RFC 5246 sections 7.4.4, 7.4.6). */
function* chooseCertificate(
  hs: HandshakeContext,
  settings: ClientSettings,
  request: CertificateRequest12,
  type: CertificateType,
): Flow<ClientProof | undefined> {
  hs.enter('certificates')
  checkRequestedType(settings, type)
  const schemes = handshakeSchemes(settings, 'TLS 1.2', request.signatureAlgorithms).filter((scheme) =>
    request.certificateTypes.includes(CERTIFICATE_TYPES[`${authenticationOf(scheme)}_sign`]),
  )
  const identity = yield* askIdentity({
    kind: 'choose-identity',
    role: 'client',
    version: 'TLS 1.2',
    serverName: undefined,
    signatureSchemes: schemes.map((scheme) => scheme.name),
    signatureSchemesCert: schemeNames(request.signatureAlgorithms),
    certificateAuthorities: request.certificateAuthorities,
    certificateTypes: [type],
  })
  if (identity === undefined) return undefined
  return { identity, scheme: selectScheme(settings.provider, identity, 'TLS 1.2', schemes) }
}

/** Section 7.4.8: all messages so far are signed, not their hash. */
function* sendCertificateVerify(hs: HandshakeContext, { identity, scheme }: ClientProof): Flow<SignatureSchemeName> {
  hs.enter('verify')
  const signature = yield* sign(identity, scheme, hs.transcript.messages())
  hs.send('certificate_verify', writeCertificateVerify({ algorithm: scheme.code, signature }))
  hs.note.signatureScheme(hs.role, scheme.name)
  return scheme.name
}
