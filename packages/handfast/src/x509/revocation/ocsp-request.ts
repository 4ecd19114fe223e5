/**
 * OCSP requests (RFC 6960 section 4.1; the nonce: RFC 9654) about one certificate, and where to send them.
 *
 * Left out: signed requests, and reading: a request is what a responder reads.
 */

import { writeContext, writeOctetString, writeOid, writeSequence } from '../../asn1/der-writer.ts'
import type { CryptoProvider, HashName } from '../../crypto/provider.ts'
import type { Certificate } from '../certificate.ts'
import type { AccessDescription } from '../extension-values.ts'
import { writeCertificateId } from './ocsp-certificate-id.ts'
import { OCSP_EXTENSION } from './ocsp-extensions.ts'

/** What an OCSP request asks about, and how. */
export interface OcspRequestOptions {
  readonly certificate: Certificate
  readonly issuer: Certificate
  readonly provider: CryptoProvider
  /**
   * 1 to 128 bytes; RFC 9654 wants 32 of a new client. Responders that sign in advance, as those
   * of the Web PKI do, answer without it.
   */
  readonly nonce?: Uint8Array
  /** What the certificate is named by. Default `sha1`, the one hash that every responder knows. */
  readonly hash?: HashName
}

/**
 * An OCSPRequest in DER.
 * @throws {TypeError} a nonce of another length.
 * @throws {DecodeError} the issuer's subjectPublicKeyInfo is malformed.
 */
export function writeOcspRequest({ certificate, issuer, provider, nonce, hash }: OcspRequestOptions): Uint8Array {
  if (nonce !== undefined && (nonce.length < 1 || nonce.length > 128)) {
    throw new TypeError(`nonce: needs 1 to 128 bytes, has ${nonce.length}`)
  }
  const request = writeSequence(writeCertificateId(certificate, issuer, hash ?? 'sha1', provider))
  const extensions =
    nonce === undefined
      ? []
      : [writeSequence(writeOid(OCSP_EXTENSION.nonce), writeOctetString(writeOctetString(nonce)))]
  return writeSequence(
    writeSequence(
      writeSequence(request),
      ...(extensions.length === 0 ? [] : [writeContext(2, writeSequence(...extensions))]),
    ),
  )
}

/**
 * Where the certificate's authorityInfoAccess says that OCSP requests go (RFC 5280 section 4.2.2.1): `http:`
 * and `https:` URLs as they stand there, each once. Empty if there are none, or the extension is malformed.
 */
export function ocspUrls(certificate: Certificate): readonly string[] {
  const urls = new Set<string>()
  for (const { method, location } of accessDescriptions(certificate)) {
    if (method === OCSP && location.kind === 'uri' && /^https?:\/\//i.test(location.uri)) urls.add(location.uri)
  }
  return [...urls]
}

const OCSP = '1.3.6.1.5.5.7.48.1'

function accessDescriptions(certificate: Certificate): readonly AccessDescription[] {
  try {
    return certificate.extensions.authorityInfoAccess ?? []
  } catch {
    return []
  }
}
