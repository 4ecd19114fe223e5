/**
 * The TLS 1.3 server's handshake (RFC 9846 section 2, A.2), in the order of its messages, once the
 * ClientHello is there.
 *
 * Not here: how the ClientHello came (`server.ts`), which pre-shared key is chosen (`psk-choice.ts`), and everything
 * after Finished (`post-handshake.ts`, `resumption.ts`).
 */

import type { GroupName, KeyExchangeGroup } from '../../crypto/provider.ts'
import { peerError } from '../alert.ts'
import { certificateTypeOfIdentity, type Identity, protocolText, type ServerSettings } from '../config.ts'
import { type EchAcceptance, retryConfigs } from '../ech/acceptance.ts'
import { type ClientHello, readClientHello } from '../message/client-hello.ts'
import { CONFIRMATION_LENGTH } from '../message/encrypted-client-hello.ts'
import { readEndOfEarlyData } from '../message/end-of-early-data.ts'
import { writeEncryptedExtensions } from '../message/encrypted-extensions.ts'
import {
  type EncryptedExtensionsExtensions,
  type HelloRetryRequestExtensions,
  type ServerHelloExtensions,
} from '../message/extension.ts'
import { writeHelloRetryRequest, writeServerHello } from '../message/server-hello.ts'
import { type CertificateType, GROUP_CODES, PSK_DHE_KE, PSK_KE, type SignatureScheme, TLS13 } from '../registry.ts'
import { exporter13 } from '../schedule/exporter.ts'
import { deriveEarlyTraffic } from '../schedule/key-schedule.ts'
import { expiryOf } from '../session.ts'
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
import { certificateMessages, requestedExtensions, wishesOf } from './certificate-exchange.ts'
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
  checkIsThere,
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
import { type ChosenPsk, choosePsk, knownPskHash, takesEarlyData } from './psk-choice.ts'
import { answerRecordSizeLimit } from './record-size.ts'
import { notePeer, resumedPeer, Resumption } from './resumption.ts'
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
  const hasEarlyData = firstHello.extensions.early_data === true
  if (hasEarlyData) hs.skipEarlyData(settings.maxEarlyData)
  const suite = selectCipherSuite(settings, firstHello, 'TLS 1.3', knownPskHash(settings, firstHello))
  const inUse = suiteInUse(settings.provider, suite)

  // HelloRetryRequest*  -------->  and the client once more
  const isPskAlone = wantsPskAlone(settings, firstHello)
  const { group, share: firstShare } = isPskAlone ? NO_GROUP : selectGroup(settings, firstHello)
  const mustRetry = (firstShare === undefined && !isPskAlone) || settings.cookie === 'always'
  let hello = firstHello
  if (mustRetry) {
    hs.transcript.startAfterRetry(inUse.hash)
    const wanted = firstShare === undefined ? group : undefined
    hello = yield* retryHello(hs, settings, firstHello, inUse, group, wanted, ech)
  } else {
    hs.transcript.start(inUse.hash)
  }
  hs.note.negotiated({
    version: 'TLS 1.3',
    cipherSuite: inUse.suite.name,
    helloRetryRequest: mustRetry,
    ...(group === undefined ? {} : { group: group.name }),
  })
  const serverName = hello.extensions.server_name
  checkServerName(settings, serverName)
  const alpnProtocol = selectProtocol(settings, hello)
  using psk = usesPsk(hello, isPskAlone) ? yield* choosePsk(hs, settings, hello, inUse) : undefined
  if (isPskAlone && psk === undefined) {
    throw peerError('handshake_failure', 'client_hello.pre_shared_key', 'a key that is known here', 'none')
  }
  const protocol = alpnProtocol === undefined ? undefined : protocolText(alpnProtocol)
  const isEarlyTaken = hasEarlyData && (yield* takesEarlyData(settings, hello, psk, inUse.suite, protocol))
  const own = psk === undefined ? yield* chooseOwn(settings, hello) : undefined
  // Section 4.4.2: a pre-shared key is all the authentication there is; only one of a session may be followed by more.
  const wantsClientCertificate = psk === undefined && settings.clientAuthentication !== 'none'
  const mayAskLater = hello.extensions.post_handshake_auth !== undefined && psk?.externalIdentity === undefined
  // Who might be asked later must know by then what to show.
  const clientType = wantsClientCertificate
    ? selectClientType(settings, hello.extensions)
    : mayAskLater
      ? findClientType(settings, hello.extensions)
      : undefined

  // ServerHello  -------->
  hs.enter('key-exchange')
  const { share, secret: sharedSecret } = group === undefined ? NO_SHARE : respond(group, hello)
  const { aead, hash } = inUse
  const serverHello = writeServerHello({
    random: settings.provider.random(32),
    legacySessionIdEcho: hello.legacySessionId,
    cipherSuite: inUse.suite.code,
    extensions: serverHelloExtensions(group, share, psk),
  })
  ech?.confirm(hash, serverHello)
  hs.send('server_hello', serverHello)
  using secrets = new HandshakeSecrets(hs, inUse, hello.random, psk?.earlySecret)
  const handshakeTraffic = secrets.deriveHandshakeTraffic(sharedSecret)
  // The client asked for compatibility mode by its session id (E.4); after a HelloRetryRequest it has had its CCS.
  if (hello.legacySessionId.length > 0 && !mustRetry) hs.sendChangeCipherSpec()
  hs.setWriteSecret(aead, hash, handshakeTraffic.server)
  if (isEarlyTaken) readEarlyData(hs, settings, inUse, hello, psk as ChosenPsk)
  else hs.setReadSecret(aead, hash, handshakeTraffic.client)
  hs.complete('key-exchange')
  hs.note.negotiated({
    resumed: psk?.session !== undefined,
    externalPsk: psk?.externalIdentity !== undefined,
    ...(hasEarlyData ? { earlyData: isEarlyTaken ? 'accepted' : 'rejected' } : {}),
  })

  // {EncryptedExtensions} {CertificateRequest*} {Certificate} {CertificateVerify} {Finished}  -------->
  hs.enter('establish')
  const isEchRejected = ech === undefined && hello.extensions.encrypted_client_hello !== undefined
  const serverType = own === undefined ? undefined : certificateTypeOfIdentity(own.identity)
  const types = answerTypes(hello.extensions, serverType, clientType)
  const limit = answerRecordSizeLimit(hs, settings, 'TLS 1.3', hello.extensions.record_size_limit)
  const answers = { ...types, ...(limit === undefined ? {} : { record_size_limit: limit }) }
  sendEncryptedExtensions(hs, settings, serverName, alpnProtocol, answers, isEchRejected, isEarlyTaken)
  hs.complete('establish')
  hs.note.negotiated({
    clientCertificateRequested: wantsClientCertificate,
    ...(protocol === undefined ? {} : { alpnProtocol: protocol }),
  })
  if (wantsClientCertificate) sendRequest(hs, settings, NO_CONTEXT)
  const wishes = wishesOf(hello.extensions)
  const ownScheme =
    own === undefined ? undefined : yield* sendAuthentication(hs, settings, own.identity, own.schemes, wishes)
  sendFinished(hs, inUse, handshakeTraffic.server)
  const maySendTickets = settings.tickets > 0 && usesPskModes(settings, hello)
  const application = secrets.deriveApplicationSecrets(maySendTickets)
  hs.setWriteSecret(aead, hash, application.server)
  hs.flightSent(inUse, application.server)

  //                 <--------  (EndOfEarlyData*)  {Certificate*} {CertificateVerify*} {Finished}
  if (isEarlyTaken) {
    readEndOfEarlyData(yield* receive(hs, 'end_of_early_data'))
    hs.endEarlyData()
    hs.setReadSecret(aead, hash, handshakeTraffic.client)
  }
  let client = psk?.session === undefined ? undefined : resumedPeer(psk.session)
  if (client !== undefined) notePeer(hs, 'client', client)
  if (wantsClientCertificate) client = yield* receiveClient(hs, settings, clientType ?? 'X509')
  hs.enter('verify')
  yield* receiveFinished(hs, inUse, handshakeTraffic.client)
  hs.setReadSecret(aead, hash, application.client)
  secrets.handOver(application)
  const end = psk?.session === undefined ? undefined : expiryOf(psk.session)
  const agreed = { serverName, alpnProtocol: protocol }
  const resumption = maySendTickets
    ? new Resumption(settings, inUse, secrets.deriveResumptionSecret(), agreed, client, end)
    : undefined

  return {
    version: 'TLS 1.3',
    inUse,
    group: group?.name,
    alpnProtocol: protocol,
    serverName,
    helloRetryRequest: mustRetry,
    clientCertificateRequested: wantsClientCertificate,
    peer: client,
    ownScheme,
    traffic: { read: application.client, write: application.server },
    exporter: exporter13(hash, application.exporter),
    resumed: psk?.session !== undefined,
    externalPsk: psk?.externalIdentity,
    earlyData: hasEarlyData ? (isEarlyTaken ? 'accepted' : 'rejected') : undefined,
    resumption,
    postHandshakeAuth: mayAskLater
      ? { role: 'server', hs, settings, inUse, certificateType: clientType ?? 'X509', request: undefined }
      : undefined,
    afterwards: receivePostHandshake,
    firstOfAll: function* (after): Flow {
      // One ticket for the one that was used; whoever comes first has none yet.
      if (resumption !== undefined)
        yield* resumption.issueTickets(after, settings, psk === undefined ? settings.tickets : 1)
    },
  }
}

const NO_GROUP = { group: undefined, share: undefined }
const NO_SHARE = { share: undefined, secret: undefined }

/** Whether a pre-shared key may be used at all, as the client wants it (section 4.3.9). */
function usesPskModes(settings: ServerSettings, { extensions }: ClientHello): boolean {
  const modes = extensions.psk_key_exchange_modes ?? []
  return modes.includes(PSK_DHE_KE) || (settings.pskWithoutKeyExchange && modes.includes(PSK_KE))
}

function usesPsk(hello: ClientHello, isPskAlone: boolean): boolean {
  return isPskAlone || hello.extensions.psk_key_exchange_modes?.includes(PSK_DHE_KE) === true
}

/** Whether the client offers pre-shared keys without a key exchange and nothing else. */
function wantsPskAlone(settings: ServerSettings, { extensions }: ClientHello): boolean {
  if (!settings.pskWithoutKeyExchange || extensions.pre_shared_key === undefined) return false
  const modes = extensions.psk_key_exchange_modes ?? []
  return modes.includes(PSK_KE) && (!modes.includes(PSK_DHE_KE) || extensions.key_share === undefined)
}

function serverHelloExtensions(
  group: KeyExchangeGroup | undefined,
  share: Uint8Array | undefined,
  psk: ChosenPsk | undefined,
): ServerHelloExtensions {
  const extensions: ServerHelloExtensions = { supported_versions: TLS13 }
  if (group !== undefined && share !== undefined) {
    extensions.key_share = { group: GROUP_CODES[group.name], keyExchange: share }
  }
  if (psk !== undefined) extensions.pre_shared_key = psk.index
  return extensions
}

/** Application data comes under the keys of the session, until EndOfEarlyData (section 4.3.10). */
function readEarlyData(
  hs: HandshakeContext,
  settings: ServerSettings,
  { aead, hash }: SuiteInUse,
  hello: ClientHello,
  { earlySecret, session }: ChosenPsk,
): void {
  const secret = deriveEarlyTraffic(hash, earlySecret, hash.digest(hello.raw))
  hs.logSecret('CLIENT_EARLY_TRAFFIC_SECRET', hello.random, secret)
  hs.setReadSecret(aead, hash, secret)
  secret.fill(0)
  hs.takeEarlyData(Math.min(settings.maxEarlyData, session?.maxEarlyData ?? 0))
}

interface OwnProof {
  readonly identity: Identity
  readonly schemes: readonly SignatureScheme[]
}

/** Who we are to be for this client. @throws {TlsError} `missing_extension`, `handshake_failure` */
function* chooseOwn(settings: ServerSettings, hello: ClientHello): Flow<OwnProof> {
  checkIsThere(hello, 'signature_algorithms')
  const { extensions } = hello
  const { signature_algorithms: algorithms = [], signature_algorithms_cert: forCertificates } = extensions
  const schemes = handshakeSchemes(settings, 'TLS 1.3', algorithms)
  const certificateTypes = takenTypes(extensions)
  const identity = yield* askIdentity({
    kind: 'choose-identity',
    role: 'server',
    version: 'TLS 1.3',
    serverName: extensions.server_name,
    signatureSchemes: schemes.map((scheme) => scheme.name),
    signatureSchemesCert: schemeNames(forCertificates ?? algorithms),
    certificateAuthorities: extensions.certificate_authorities ?? [],
    certificateTypes,
  })
  if (identity !== undefined) return { identity, schemes }
  const needs = 'a certificate for the schemes that the client accepts'
  throw noIdentity(settings, extensions, certificateTypes, needs)
}

/** Sends a HelloRetryRequest and receives the ClientHello it asks for (sections 4.2.2, 4.2.4). */
function* retryHello(
  hs: HandshakeContext,
  settings: ServerSettings,
  first: ClientHello,
  { suite, hash }: SuiteInUse,
  group: KeyExchangeGroup | undefined,
  wanted: KeyExchangeGroup | undefined,
  ech: EchAcceptance | undefined,
): Flow<ClientHello> {
  const cookie = settings.cookie === 'never' ? undefined : settings.provider.random(32)
  const extensions: HelloRetryRequestExtensions = { supported_versions: TLS13 }
  // A group that already has a share must not be asked for again (section 4.3.8).
  if (wanted !== undefined) extensions.key_share = GROUP_CODES[wanted.name]
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
  if (hello.extensions.early_data === true) {
    throw peerError('illegal_parameter', 'client_hello.early_data', 'none after a HelloRetryRequest', 'one')
  }
  checkCookie(hello, cookie)
  if (group === undefined) return hello
  const shares = hello.extensions.key_share ?? []
  const hasShare = shares.some((share) => share.group === GROUP_CODES[group.name])
  if (!hasShare || (wanted !== undefined && shares.length !== 1)) {
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
  isEarlyTaken: boolean,
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
  if (isEarlyTaken) extensions.early_data = true
  hs.send('encrypted_extensions', writeEncryptedExtensions({ extensions }))
}

/** The client's Certificate and CertificateVerify. @throws {TlsError} `certificate_required` */
function* receiveClient(
  hs: HandshakeContext,
  settings: ServerSettings,
  type: CertificateType,
): Flow<AuthenticatedPeer | undefined> {
  hs.enter('certificates')
  const shown = receiveIdentity(
    hs,
    settings,
    yield* receive(hs, ...certificateMessages(settings)),
    type,
    requestedExtensions(settings),
  )
  if (isShown(shown)) return yield* receiveProof(hs, settings, shown, undefined)
  if (settings.clientAuthentication === 'required') {
    throw peerError('certificate_required', 'certificate.certificate_list', "the client's certificate", 'an empty list')
  }
  return undefined
}
