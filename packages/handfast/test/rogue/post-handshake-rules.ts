/** What neither side may do in post-handshake authentication (RFC 9846 sections 4.3.6, 4.4.2, 4.5, 4.7.2). */

import type { ClientConfig, ServerConfig } from '../../src/tls/index.ts'
import { deriveVerifyData } from '../../src/tls/schedule/key-schedule.ts'
import { nodeProvider } from '../../src/crypto/node.ts'
import { adding, EXTENSION, extension, handshake, vector, without, writeCertificate } from './messages.ts'
import type { RogueClient } from './client.ts'
import type { Rule } from './rule.ts'
import type { RogueServer } from './server.ts'

const CONTEXT = Uint8Array.of(1, 2, 3)
const { sha256 } = nodeProvider.hashes

/** Of a server, to a client that has offered it. */
export const LATE_REQUEST: readonly Rule<RogueServer, Partial<ClientConfig>>[] = [
  {
    name: 'to a client that did not offer it',
    alert: 'unexpected_message',
    path: 'handshake',
    config: { postHandshakeAuth: false },
    play: (s) => s.to('open').certificateRequest(undefined, CONTEXT),
  },
  {
    name: 'without signature_algorithms',
    alert: 'missing_extension',
    path: 'certificate_request.signature_algorithms',
    play: (s) => s.to('open').certificateRequest(without(EXTENSION.signature_algorithms), CONTEXT),
  },
  {
    name: 'with an extension that has no place there',
    alert: 'illegal_parameter',
    path: 'certificate_request.key_share',
    play: (s) => s.to('open').certificateRequest(adding(extension(EXTENSION.key_share)), CONTEXT),
  },
  {
    name: 'with a context that is longer than the message',
    alert: 'decode_error',
    path: 'certificate_request.certificate_request_context',
    play: (s) => s.to('open').message(handshake(13, Uint8Array.of(9, 1))),
  },
  {
    name: 'for a certificate, of a client that has offered raw public keys alone',
    alert: 'unsupported_certificate',
    path: 'certificate_request',
    config: { clientCertificateTypes: ['RawPublicKey'] },
    play: (s) => s.to('open').certificateRequest(undefined, CONTEXT),
  },
  {
    name: 'and the offer answered, which only a client makes',
    alert: 'illegal_parameter',
    path: 'encrypted_extensions.post_handshake_auth',
    play: (s) => s.upTo('encrypted_extensions').encryptedExtensions(extension(EXTENSION.post_handshake_auth)),
  },
]

/** Of a client that was asked. */
export const LATE_ANSWER: readonly Rule<RogueClient, Partial<ServerConfig>>[] = [
  {
    name: 'an offer with something in it',
    alert: 'decode_error',
    path: 'client_hello.extensions.post_handshake_auth',
    play: (c) => c.offering(adding(extension(EXTENSION.post_handshake_auth, [0]))),
  },
  {
    name: 'to nobody who asked',
    alert: 'unexpected_message',
    path: 'handshake',
    play: (c) =>
      c
        .offering(adding(extension(EXTENSION.post_handshake_auth)))
        .finished()
        .certificate(),
  },
  {
    name: 'twice',
    alert: 'unexpected_message',
    path: 'handshake',
    play: (c) => c.askedLate().lateCertificate().certificateVerify().lateFinished().lateCertificate(),
  },
  {
    name: 'without a context',
    alert: 'illegal_parameter',
    path: 'certificate.certificate_request_context',
    play: (c) => c.askedLate().certificate(),
  },
  {
    name: 'with another context',
    alert: 'illegal_parameter',
    path: 'certificate.certificate_request_context',
    play: (c) => c.askedLate().certificate((own) => ({ ...own, context: c.requestContext.map((byte) => byte ^ 1) })),
  },
  {
    name: 'signed over another transcript than that of the request',
    alert: 'decrypt_error',
    path: 'certificate_verify.signature',
    play: (c) => {
      const before = c.askedLate().digest()
      c.lateCertificate().certificateVerify((own) => ({ ...own, signature: c.signature('client', before) }))
    },
  },
  {
    name: 'with a Finished of the key of the handshake',
    alert: 'decrypt_error',
    path: 'finished.verify_data',
    play: (c) => {
      c.askedLate().lateCertificate().certificateVerify()
      c.message(c.writeFinished())
    },
  },
  {
    name: 'with a Finished over the handshake alone',
    alert: 'decrypt_error',
    path: 'finished.verify_data',
    play: (c) => {
      const before = c.askedLate().digest()
      const secret = c.lateCertificate().certificateVerify().currentSecret
      c.lateFinished(() => deriveVerifyData(sha256, secret, before))
    },
  },
  {
    name: 'with data before CertificateVerify',
    alert: 'unexpected_message',
    path: 'record.content_type',
    play: (c) => c.askedLate().lateCertificate().data('x'),
  },
  {
    name: 'with data before Finished',
    alert: 'unexpected_message',
    path: 'record.content_type',
    play: (c) => c.askedLate().lateCertificate().certificateVerify().data('x'),
  },
  {
    name: 'that is none, with data before Finished',
    alert: 'unexpected_message',
    path: 'record.content_type',
    play: (c) =>
      c
        .askedLate()
        .lateCertificate((own) => ({ ...own, entries: [] }))
        .data('x'),
  },
  {
    name: 'with new keys before Finished',
    alert: 'unexpected_message',
    path: 'handshake',
    play: (c) => c.askedLate().lateCertificate().certificateVerify().keyUpdate(),
  },
  {
    name: 'with an extension that was not asked for',
    alert: 'unsupported_extension',
    path: `certificate.certificate_list.${EXTENSION.unknown}`,
    play: (c) =>
      c.askedLate().lateCertificate((own) => ({
        ...own,
        entries: own.entries.map((entry) => ({ ...entry, extensions: [extension(EXTENSION.unknown)] })),
      })),
  },
  {
    name: 'of two raw public keys',
    alert: 'illegal_parameter',
    path: 'certificate.certificate_list',
    config: { clientCertificateTypes: ['RawPublicKey'] },
    play: (c) => {
      const types = extension(EXTENSION.client_certificate_type, vector(1, Uint8Array.of(2)))
      c.offering(adding(extension(EXTENSION.post_handshake_auth), types)).finished()
      c.connection.requestClientCertificate()
      c.readAnswer()
      c.message(writeCertificate({ context: c.requestContext, entries: [{ data: CONTEXT }, { data: CONTEXT }] }))
    },
  },
]
