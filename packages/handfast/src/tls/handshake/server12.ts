/**
 * The TLS 1.2 server's handshake (RFC 5246 section 7.3, RFC 8422 section 2), in the order of its messages, once the
 * ClientHello is there. ECDHE and AEAD suites only.
 *
 * Not here: how the ClientHello came (`server.ts`), sessions and tickets, renegotiation (`post-handshake12.ts`).
 */

import type { EphemeralKey, KeyExchangeGroup } from '../../crypto/provider.ts'
import { peerError } from '../alert.ts'
import { certificateTypeOfIdentity, type Identity, protocolText, type ServerSettings } from '../config.ts'
import { CERTIFICATE_TYPES, writeCertificateRequest12 } from '../message/certificate-request12.ts'
import type { ClientHello } from '../message/client-hello.ts'
import { readClientKeyExchange } from '../message/client-key-exchange.ts'
import type { ServerHello12Extensions } from '../message/extension.ts'
import { withDowngradeSentinel } from '../message/server-hello.ts'
import { writeServerHelloDone } from '../message/server-hello-done.ts'
import { writeServerHello12 } from '../message/server-hello12.ts'
import { signedParameters, writeServerKeyExchange, writeServerParameters } from '../message/server-key-exchange.ts'
import {
  authenticationOf,
  type CertificateType,
  type CipherSuite,
  GROUP_CODES,
  groupOf,
  isGroupOf,
  type SignatureScheme,
} from '../registry.ts'
import type { Randoms } from '../schedule/prf12.ts'
import {
  askIdentity,
  type AuthenticatedPeer,
  checkCertificateVerify,
  isShown,
  judge,
  readPeerKey,
  selectScheme,
  sign,
} from './authenticate.ts'
import { receiveFinished12, receiveIdentity12, sendFinished12, sendIdentity12 } from './authenticate12.ts'
import { type CertificateWishes, shownByWishes, wishesOf } from './certificate-exchange.ts'
import { answerTypes, noIdentity, selectClientType, takenTypes } from './certificate-type.ts'
import { checkServerName } from './check-client-hello.ts'
import { checkTls12ClientHello, knowsRenegotiationInfo } from './check-client-hello12.ts'
import type { Established } from './established.ts'
import { type Flow, type HandshakeContext, receive, type ShownIdentity } from './flow.ts'
import { coversServerName } from './identity.ts'
import { handshakeSchemes, schemeNames, selectProtocol, suiteInUse, withShare } from './negotiate.ts'
import { receivePostHandshake12 } from './post-handshake12.ts'
import { answerRecordSizeLimit } from './record-size.ts'
import { Secrets12 } from './secrets12.ts'

const NO_SESSION = new Uint8Array(0)
const NO_BYTES = new Uint8Array(0)
const UNCOMPRESSED = [0]

export function* server12(hs: HandshakeContext, settings: ServerSettings, hello: ClientHello): Flow<Established> {
  //                 <--------  ClientHello
  hs.useTls12()
  checkTls12ClientHello(settings, hello)
  const { extensions } = hello
  const serverName = extensions.server_name
  checkServerName(settings, serverName)
  const group = selectGroup12(settings, hello)
  const suites = commonSuites(settings, hello)
  const chosenProtocol = selectProtocol(settings, hello)
  const alpnProtocol = chosenProtocol === undefined ? undefined : protocolText(chosenProtocol)
  const schemes = handshakeSchemes(settings, 'TLS 1.2', extensions.signature_algorithms ?? []).filter((scheme) =>
    suites.some((suite) => suite.authentication === authenticationOf(scheme)),
  )
  const identity = yield* chooseCertificate(settings, hello, schemes)
  const scheme = selectScheme(settings.provider, identity, 'TLS 1.2', schemes)
  const suite = suites.find((common) => common.authentication === authenticationOf(scheme)) as CipherSuite
  const inUse = suiteInUse(settings.provider, suite)
  const wantsClientCertificate = settings.clientAuthentication !== 'none'
  const clientType = wantsClientCertificate ? selectClientType(settings, extensions) : undefined
  const type = certificateTypeOfIdentity(identity)
  if (wantsClientCertificate) hs.transcript.startKeeping(inUse.hash)
  else hs.transcript.start(inUse.hash)
  hs.note.negotiated({
    version: 'TLS 1.2',
    cipherSuite: suite.name,
    group: group.name,
    clientCertificateRequested: wantsClientCertificate,
    ...(alpnProtocol === undefined ? {} : { alpnProtocol }),
  })

  // ServerHello  Certificate  ServerKeyExchange  CertificateRequest*  ServerHelloDone  -------->
  const isExtended = extensions.extended_master_secret === true
  const randoms: Randoms = { client: hello.random, server: serverRandom(settings) }
  const wishes = wishesOf(extensions)
  const limit = answerRecordSizeLimit(hs, settings, 'TLS 1.2', extensions.record_size_limit)
  const answer = {
    ...answerExtensions(settings, hello, chosenProtocol),
    ...answerTypes(extensions, type, clientType),
    ...answerWishes(identity, wishes),
    ...(limit === undefined ? {} : { record_size_limit: limit }),
  }
  hs.send(
    'server_hello',
    writeServerHello12({ random: randoms.server, sessionId: NO_SESSION, cipherSuite: suite.code, extensions: answer }),
  )
  hs.complete('establish')
  sendIdentity12(hs, identity, type, wishes)
  hs.enter('key-exchange')
  using ephemeral = group.generate()
  yield* sendServerKeyExchange(hs, group, ephemeral, identity, scheme, randoms)
  if (wantsClientCertificate) sendCertificateRequest(hs, settings)
  hs.send('server_hello_done', writeServerHelloDone())

  //                 <--------  Certificate*  ClientKeyExchange  CertificateVerify*
  const shown = clientType === undefined ? undefined : yield* receiveClientIdentity(hs, settings, clientType)
  hs.enter('key-exchange')
  const point = readClientKeyExchange(yield* receive(hs, 'client_key_exchange'))
  const preMasterSecret = withShare('client_key_exchange.point', () => ephemeral.agree(point))
  using secrets = new Secrets12(hs, inUse, randoms, preMasterSecret, isExtended)
  hs.complete('key-exchange')
  const client = shown === undefined ? undefined : yield* receiveClientProof(hs, settings, shown)
  hs.transcript.drop()

  //                 <--------  [ChangeCipherSpec]  Finished
  // [ChangeCipherSpec]  Finished  -------->
  yield* receiveFinished12(hs, secrets)
  sendFinished12(hs, secrets)

  return {
    version: 'TLS 1.2',
    inUse,
    group: group.name,
    alpnProtocol,
    serverName,
    helloRetryRequest: false,
    clientCertificateRequested: wantsClientCertificate,
    peer: client,
    ownScheme: scheme.name,
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

/** A client that names no groups might know none of ours (RFC 8422 section 4). @throws {TlsError} `handshake_failure` */
function selectGroup12(settings: ServerSettings, hello: ClientHello): KeyExchangeGroup {
  const offered = hello.extensions.supported_groups ?? []
  const own = settings.groups.filter((group) => isGroupOf(group.name, 'TLS 1.2'))
  const group = own.find((candidate) => offered.includes(GROUP_CODES[candidate.name]))
  if (group !== undefined) return group
  throw peerError(
    'handshake_failure',
    'client_hello.supported_groups',
    `one of ${own.map(({ name }) => name).join(', ')}`,
    'none of them',
  )
}

/** The suites of TLS 1.2 that both sides have, in our order. @throws {TlsError} `handshake_failure` */
function commonSuites(settings: ServerSettings, hello: ClientHello): readonly CipherSuite[] {
  const own = settings.cipherSuites.filter((suite) => suite.version === 'TLS 1.2')
  const common = own.filter((suite) => hello.cipherSuites.includes(suite.code))
  if (common.length > 0) return common
  throw peerError(
    'handshake_failure',
    'client_hello.cipher_suites',
    `one of ${own.map(({ name }) => name).join(', ')}`,
    'none of them',
  )
}

/** @throws {TlsError} `handshake_failure`, `unsupported_certificate` */
function* chooseCertificate(
  settings: ServerSettings,
  hello: ClientHello,
  schemes: readonly SignatureScheme[],
): Flow<Identity> {
  const { extensions } = hello
  const signatureAlgorithms = extensions.signature_algorithms ?? []
  const certificateTypes = takenTypes(extensions)
  const identity = yield* askIdentity({
    kind: 'choose-identity',
    role: 'server',
    version: 'TLS 1.2',
    serverName: extensions.server_name,
    signatureSchemes: schemes.map((scheme) => scheme.name),
    signatureSchemesCert: schemeNames(extensions.signature_algorithms_cert ?? signatureAlgorithms),
    certificateAuthorities: extensions.certificate_authorities ?? [],
    certificateTypes,
    curves: (extensions.supported_groups ?? []).flatMap((code) => groupOf(code) ?? []),
  })
  if (identity !== undefined) return identity
  const needs = 'a certificate for the schemes and suites that the client accepts'
  throw noIdentity(settings, extensions, certificateTypes, needs)
}

/** Ends with the sentinel if we would have liked to speak TLS 1.3 (RFC 9846 section 4.2.3). */
function serverRandom({ provider, versions }: ServerSettings): Uint8Array {
  const random = provider.random(32)
  return versions.includes('TLS 1.3') ? withDowngradeSentinel(random) : random
}

/** RFC 5246 section 7.4.1.4: only what the client asked for is answered. */
function answerExtensions(
  settings: ServerSettings,
  hello: ClientHello,
  protocol: Uint8Array | undefined,
): ServerHello12Extensions {
  const { server_name: name, extended_master_secret: extended, ec_point_formats: formats } = hello.extensions
  const answer: ServerHello12Extensions = {}
  // RFC 6066 section 3: an empty answer says that the name was used to choose the certificate.
  if (name !== undefined && settings.identities.some((own) => coversServerName(settings.provider, own, name))) {
    answer.server_name = true
  }
  if (formats !== undefined) answer.ec_point_formats = UNCOMPRESSED
  if (protocol !== undefined) answer.application_layer_protocol_negotiation = protocol
  if (extended === true) answer.extended_master_secret = true
  if (knowsRenegotiationInfo(hello)) answer.renegotiation_info = NO_BYTES
  return answer
}

/** That a CertificateStatus follows (RFC 6066 section 8), and timestamps (RFC 6962 section 3.3.1). */
function answerWishes(
  identity: Identity,
  wishes: CertificateWishes,
): Pick<ServerHello12Extensions, 'status_request' | 'signed_certificate_timestamp'> {
  const { stapled, timestampList } = shownByWishes(identity, wishes)
  return {
    ...(stapled?.[0] === undefined ? {} : { status_request: true }),
    ...(timestampList === undefined ? {} : { signed_certificate_timestamp: timestampList }),
  }
}

/** RFC 8422 section 5.4: the signature proves our key. */
function* sendServerKeyExchange(
  hs: HandshakeContext,
  group: KeyExchangeGroup,
  ephemeral: EphemeralKey,
  identity: Identity,
  scheme: SignatureScheme,
  randoms: Randoms,
): Flow {
  const parameters = writeServerParameters(GROUP_CODES[group.name], ephemeral.share)
  const signature = yield* sign(identity, scheme, signedParameters(randoms, parameters))
  hs.send('server_key_exchange', writeServerKeyExchange({ parameters, algorithm: scheme.code, signature }))
  hs.note.signatureScheme(hs.role, scheme.name)
}

/** RFC 5246 section 7.4.4. */
function sendCertificateRequest(hs: HandshakeContext, settings: ServerSettings): void {
  const schemes = settings.signatureSchemes.filter((scheme) => scheme.versions.includes('TLS 1.2'))
  hs.send(
    'certificate_request',
    writeCertificateRequest12({
      certificateTypes: [CERTIFICATE_TYPES.ecdsa_sign, CERTIFICATE_TYPES.rsa_sign],
      signatureAlgorithms: schemes.map((scheme) => scheme.code),
      certificateAuthorities: settings.certificateAuthorities,
    }),
  )
}

/** What the client shows; RFC 5246 section 7.4.6 has no alert of its own for one that shows nothing. */
function* receiveClientIdentity(
  hs: HandshakeContext,
  settings: ServerSettings,
  type: CertificateType,
): Flow<ShownIdentity | undefined> {
  hs.enter('certificates')
  const shown = receiveIdentity12(hs, yield* receive(hs, 'certificate'), type)
  if (isShown(shown)) return shown
  if (settings.clientAuthentication === 'required') {
    throw peerError('handshake_failure', 'certificate.certificate_list', "the client's certificate", 'an empty list')
  }
  return undefined
}

/** RFC 5246 section 7.4.8: the client signs all messages so far. */
function* receiveClientProof(
  hs: HandshakeContext,
  settings: ServerSettings,
  shown: ShownIdentity,
): Flow<AuthenticatedPeer> {
  hs.enter('verify')
  const { leaf, key } = readPeerKey(settings.provider, shown)
  const content = hs.transcript.messages()
  const message = yield* receive(hs, 'certificate_verify')
  const scheme = checkCertificateVerify(settings, 'TLS 1.2', message, leaf, key, content)
  return yield* judge(hs, shown, leaf, scheme, undefined)
}
