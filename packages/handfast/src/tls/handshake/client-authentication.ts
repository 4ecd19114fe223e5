/**
 * How a server of TLS 1.3 asks for a certificate, and what the client makes of it (RFC 9846 sections 4.4.2, 4.5.1.2),
 * in the handshake and after it.
 */

import { peerError } from '../alert.ts'
import type { ClientSettings, Identity, ServerSettings } from '../config.ts'
import { readCertificateRequest, writeCertificateRequest } from '../message/certificate-request.ts'
import type { CertificateRequestExtensions } from '../message/extension.ts'
import type { HandshakeMessage } from '../message/handshake.ts'
import type { CertificateType, SignatureScheme } from '../registry.ts'
import { askIdentity } from './authenticate.ts'
import { checkRequestedType } from './certificate-type.ts'
import { type CertificateWishes, ownWishes, wishesOf } from './certificate-exchange.ts'
import type { Flow, HandshakeContext } from './flow.ts'
import { handshakeSchemes, schemeNames } from './negotiate.ts'

/** Sends a CertificateRequest. @param context empty in the handshake. */
export function sendRequest(hs: HandshakeContext, settings: ServerSettings, context: Uint8Array): void {
  const { certificateAuthorities, signatureSchemes, certificateSignatureSchemes } = settings
  const extensions: CertificateRequestExtensions = {
    signature_algorithms: signatureSchemes.map((scheme) => scheme.code),
    ...ownWishes(settings),
  }
  if (certificateSignatureSchemes !== undefined) {
    extensions.signature_algorithms_cert = certificateSignatureSchemes.map((scheme) => scheme.code)
  }
  if (certificateAuthorities.length > 0) extensions.certificate_authorities = certificateAuthorities
  hs.send('certificate_request', writeCertificateRequest({ certificateRequestContext: context, extensions }))
}

/** What a server asks for. */
export interface ClientAuthenticationRequest {
  readonly context: Uint8Array
  readonly schemes: readonly SignatureScheme[]
  readonly codesCert: readonly number[]
  readonly authorities: readonly Uint8Array[]
  /** As negotiated. */
  readonly type: CertificateType
  readonly wishes: CertificateWishes
}

/** Reads a CertificateRequest. @throws {TlsError} | {DecodeError} */
export function readRequest(
  settings: ClientSettings,
  message: HandshakeMessage,
  type: CertificateType,
  when: 'in the handshake' | 'after the handshake',
): ClientAuthenticationRequest {
  const { certificateRequestContext: context, extensions } = readCertificateRequest(message)
  if (when === 'in the handshake' && context.length !== 0) {
    throw peerError(
      'illegal_parameter',
      'certificate_request.certificate_request_context',
      'none in a handshake',
      `${context.length} bytes`,
    )
  }
  checkRequestedType(settings, type)
  const codes = extensions.signature_algorithms
  if (codes === undefined) {
    throw peerError('missing_extension', 'certificate_request.signature_algorithms', 'to be there', 'no such extension')
  }
  return {
    context,
    schemes: handshakeSchemes(settings, 'TLS 1.3', codes),
    codesCert: extensions.signature_algorithms_cert ?? codes,
    authorities: extensions.certificate_authorities ?? [],
    type,
    wishes: wishesOf(extensions),
  }
}

/** The identity to show, or none. */
export function* chooseClientIdentity(request: ClientAuthenticationRequest): Flow<Identity | undefined> {
  return yield* askIdentity({
    kind: 'choose-identity',
    role: 'client',
    version: 'TLS 1.3',
    serverName: undefined,
    signatureSchemes: request.schemes.map((scheme) => scheme.name),
    signatureSchemesCert: schemeNames(request.codesCert),
    certificateAuthorities: request.authorities,
    certificateTypes: [request.type],
  })
}
