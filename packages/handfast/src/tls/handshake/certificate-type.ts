/**
 * Which certificate types a handshake uses, of the server and of the client (RFC 7250 sections 4.1 and 4.2; RFC 9846
 * section 4.5.1): what a client offers, what a server answers, and what the client makes of the answer. Where neither
 * says anything it is X.509.
 */

import { peerError, type TlsError } from '../alert.ts'
import { certificateTypeOfIdentity, type ClientSettings, type ServerSettings } from '../config.ts'
import type { ClientHelloExtensions } from '../message/extension.ts'
import { CERTIFICATE_TYPE_CODES, type CertificateType, certificateTypeOf } from '../registry.ts'
import { nothingFits } from './negotiate.ts'

/** The types of both sides, as agreed. */
export interface CertificateTypes {
  readonly server: CertificateType
  /** What a client that is asked for a certificate shows. */
  readonly client: CertificateType
}

type TypeExtension = 'client_certificate_type' | 'server_certificate_type'
/** What answers the two extensions: EncryptedExtensions, or the ServerHello of TLS 1.2. */
export type TypeAnswers = { [E in TypeExtension]?: number }

/** The client's extensions: none for a side that has the default alone (section 4.1). */
export function offeredTypes({
  clientCertificateTypes,
  serverCertificateTypes,
}: ClientSettings): Pick<ClientHelloExtensions, TypeExtension> {
  return {
    ...(isDefault(clientCertificateTypes) ? {} : { client_certificate_type: codesOf(clientCertificateTypes) }),
    ...(isDefault(serverCertificateTypes) ? {} : { server_certificate_type: codesOf(serverCertificateTypes) }),
  }
}

function isDefault(types: readonly CertificateType[]): boolean {
  return types.length === 1 && types[0] === 'X509'
}

function codesOf(types: readonly CertificateType[]): readonly number[] {
  return types.map((type) => CERTIFICATE_TYPE_CODES[type])
}

/**
 * What the server's answer means to the client.
 * @throws {TlsError} `unsupported_certificate` for a type that was not offered.
 */
export function checkTypeAnswers(
  { clientCertificateTypes, serverCertificateTypes }: ClientSettings,
  message: 'encrypted_extensions' | 'server_hello',
  { client_certificate_type: client, server_certificate_type: server }: TypeAnswers,
  isResumed = false,
): CertificateTypes {
  return {
    // Without an answer the default is meant, and that is no fault before the server asks for a certificate.
    client:
      client === undefined
        ? 'X509'
        : checkOffered(clientCertificateTypes, client, `${message}.client_certificate_type`),
    server:
      isResumed && server === undefined
        ? 'X509'
        : checkOffered(
            serverCertificateTypes,
            server ?? CERTIFICATE_TYPE_CODES.X509,
            `${message}.server_certificate_type`,
          ),
  }
}

function checkOffered(offered: readonly CertificateType[], code: number, path: string): CertificateType {
  const type = certificateTypeOf(code)
  if (type !== undefined && offered.includes(type)) return type
  throw peerError('unsupported_certificate', path, offered.join(' or '), type ?? `type ${code}`)
}

/** A client is asked for a certificate of a type that it offered. @throws {TlsError} `unsupported_certificate` */
export function checkRequestedType({ clientCertificateTypes }: ClientSettings, client: CertificateType): void {
  if (clientCertificateTypes.includes(client)) return
  throw peerError('unsupported_certificate', 'certificate_request', clientCertificateTypes.join(' or '), client)
}

/**
 * The types that the client takes from a server, in its order: one of them our identity must be.
 * @throws {TlsError} `unsupported_certificate` if we have none of them.
 */
export function takenTypes({ server_certificate_type: codes }: ClientHelloExtensions): readonly CertificateType[] {
  if (codes === undefined) return ['X509']
  const known = codes.flatMap((code) => certificateTypeOf(code) ?? [])
  if (known.length > 0) return known
  throw peerError('unsupported_certificate', 'client_hello.server_certificate_type', 'X509 or RawPublicKey', 'neither')
}

/** No identity for the client: if what it takes is not what we have, then that is why (section 4.2). */
export function noIdentity(
  { identities }: ServerSettings,
  { server_certificate_type: codes }: ClientHelloExtensions,
  types: readonly CertificateType[],
  needs: string,
): TlsError {
  if (codes === undefined || identities.some((own) => types.includes(certificateTypeOfIdentity(own)))) {
    return nothingFits('identities', needs)
  }
  const own = [...new Set(identities.map(certificateTypeOfIdentity))].join(' or ')
  return peerError(
    'unsupported_certificate',
    'client_hello.server_certificate_type',
    own === '' ? 'a type that we have' : own,
    types.join(' and '),
  )
}

/**
 * The type that a client is asked for: the first of ours that it can show.
 * @throws {TlsError} `unsupported_certificate` if there is none.
 */
export function selectClientType(settings: ServerSettings, extensions: ClientHelloExtensions): CertificateType {
  const type = findClientType(settings, extensions)
  if (type !== undefined) return type
  throw peerError(
    'unsupported_certificate',
    'client_hello.client_certificate_type',
    settings.clientCertificateTypes.join(' or '),
    extensions.client_certificate_type === undefined ? 'X509 alone' : 'others only',
  )
}

/** As `selectClientType`; undefined if there is none. */
export function findClientType(
  { clientCertificateTypes }: ServerSettings,
  { client_certificate_type: codes }: ClientHelloExtensions,
): CertificateType | undefined {
  const shown = codes ?? [CERTIFICATE_TYPE_CODES.X509]
  return clientCertificateTypes.find((own) => shown.includes(CERTIFICATE_TYPE_CODES[own]))
}

/** The server's answers: to what the client asked, and the client's type only where it is asked for (section 4.2). */
export function answerTypes(
  hello: ClientHelloExtensions,
  server: CertificateType | undefined,
  client: CertificateType | undefined,
): TypeAnswers {
  return {
    ...(hello.client_certificate_type === undefined || client === undefined
      ? {}
      : { client_certificate_type: CERTIFICATE_TYPE_CODES[client] }),
    ...(hello.server_certificate_type === undefined || server === undefined
      ? {}
      : { server_certificate_type: CERTIFICATE_TYPE_CODES[server] }),
  }
}
