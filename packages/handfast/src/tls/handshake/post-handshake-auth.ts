/**
 * Post-handshake authentication (RFC 9846 sections 4.3.6, 4.5, 4.7.2): a server asks a client who it is, and the client
 * answers or declines, while application data flows.
 *
 * A server of ours has one request open at a time. A client of ours answers one after the other, and sends its answer
 * whole, so that nothing comes between its messages whatever the host takes its time for.
 */

import { equalBytes } from '../../bytes/index.ts'
import { peerError, type TlsError } from '../alert.ts'
import type { ClientSettings, ServerSettings } from '../config.ts'
import { writeCertificate } from '../message/certificate.ts'
import { signedContent, writeCertificateVerify } from '../message/certificate-verify.ts'
import type { HandshakeMessage } from '../message/handshake.ts'
import type { CertificateType } from '../registry.ts'
import {
  type AuthenticatedPeer,
  isShown,
  receiveFinished,
  receiveProof,
  selectScheme,
  sendFinished,
  shownIdentity,
  sign,
} from './authenticate.ts'
import { entriesOf, requestedExtensions, shownByWishes, takeCertificate } from './certificate-exchange.ts'
import { chooseClientIdentity, readRequest, sendRequest } from './client-authentication.ts'
import type { Flow, HandshakeContext } from './flow.ts'
import type { SuiteInUse } from './negotiate.ts'

/** What the handshake leaves for it, if the client offered it. */
export type PostHandshakeAuth = ClientSide | ServerSide

interface Side {
  /** Of the handshake, its transcript as it was at the end. */
  readonly hs: HandshakeContext
  readonly inUse: SuiteInUse
  /** What the client shows, as negotiated. */
  readonly certificateType: CertificateType
}

interface ClientSide extends Side {
  readonly role: 'client'
  readonly settings: ClientSettings
}

interface ServerSide extends Side {
  readonly role: 'server'
  readonly settings: ServerSettings
  /** The request that has no answer yet. */
  request: { readonly context: Uint8Array; readonly hs: HandshakeContext } | undefined
}

/** Server: asks. @throws {TypeError} if the client did not offer it, or while another request has no answer. */
export function requestAuthentication(auth: PostHandshakeAuth | undefined): void {
  if (auth?.role !== 'server') {
    throw new TypeError('requestClientCertificate: needs a client that offered it (post_handshake_auth), has none')
  }
  if (auth.request !== undefined) {
    throw new TypeError('requestClientCertificate: needs the answer to the last request first, has none yet')
  }
  // Not to be foreseen, or whoever has the key for a moment could sign for later (section 4.4.2).
  const context = auth.settings.provider.random(32)
  const hs = auth.hs.afterHandshake()
  sendRequest(hs, auth.settings, context)
  auth.request = { context, hs }
}

/**
 * Client: answers a CertificateRequest.
 * @param maySend asked when all is ready, as the application may have closed meanwhile.
 * @param trafficSecret client_application_traffic_secret_N of that moment.
 */
export function* answerRequest(
  { hs: handshake, settings, inUse, certificateType }: ClientSide,
  message: HandshakeMessage,
  maySend: () => boolean,
  trafficSecret: () => Uint8Array,
): Flow {
  const hs = handshake.afterHandshake()
  hs.transcript.add(message.raw)
  const request = readRequest(settings, message, certificateType, 'after the handshake')
  const identity = yield* chooseClientIdentity(request)

  // Not compressed: a certificate with a context of its own is sent once.
  const own = shownByWishes(identity, request.wishes)
  const certificate = writeCertificate({
    certificateRequestContext: request.context,
    certificateList: entriesOf(own),
  })
  let verify: Uint8Array | undefined
  if (identity !== undefined) {
    const scheme = selectScheme(settings.provider, identity, 'TLS 1.3', request.schemes)
    const signed = hs.transcript.fork()
    signed.add(certificate)
    const signature = yield* sign(identity, scheme, signedContent('client', signed.digest()))
    verify = writeCertificateVerify({ algorithm: scheme.code, signature })
    hs.note.signatureScheme('client', scheme.name)
  }
  if (!maySend()) return
  if (identity !== undefined) hs.note.certificates('client', own)
  hs.send('certificate', certificate)
  if (verify !== undefined) hs.send('certificate_verify', verify)
  sendFinished(hs, inUse, trafficSecret())
}

/** Section 4.7.2: nothing comes between the messages of an answer. */
export function dataAmidAnswer(): TlsError {
  return peerError('unexpected_message', 'record.content_type', 'the rest of an answer', 'application data')
}

/**
 * Server: takes the answer that begins with this Certificate; undefined if the client declines.
 * @param trafficSecret client_application_traffic_secret_N as it is.
 * @throws {TlsError} | {DecodeError}
 */
export function* receiveAnswer(
  auth: ServerSide,
  message: HandshakeMessage,
  trafficSecret: Uint8Array,
): Flow<AuthenticatedPeer | undefined> {
  const { request, settings, inUse, certificateType } = auth
  if (request === undefined) {
    throw peerError('unexpected_message', 'handshake', 'no certificate that was not asked for', 'one')
  }
  const { hs } = request
  hs.transcript.add(message.raw)
  const taken = takeCertificate(settings, message, requestedExtensions(settings))
  if (!equalBytes(taken.certificateRequestContext, request.context)) {
    throw peerError(
      'illegal_parameter',
      'certificate.certificate_request_context',
      'that of the request without answer',
      'another',
    )
  }
  const shown = shownIdentity(settings, taken, certificateType)
  let client: AuthenticatedPeer | undefined
  if (isShown(shown)) {
    hs.note.certificates('client', shown)
    client = yield* receiveProof(hs, settings, shown, undefined)
  }
  yield* receiveFinished(hs, inUse, trafficSecret)
  auth.request = undefined
  return client
}
