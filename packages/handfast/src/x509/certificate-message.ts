/**
 * Certificates in a "certs-only" message: CMS SignedData (RFC 5652 section 5.1, PKCS #7 before) without
 * content and without signers. The other form, beside a single certificate, in which an
 * authorityInfoAccess address may hand out issuers (RFC 5280 section 4.2.2.1).
 *
 * Left out: messages in BER (indefinite lengths), which RFC 5280 allows beside DER, and messages that
 * are signed: their signatures would say nothing about the certificates.
 */

import { contextConstructed, readDer, TAG } from '../asn1/der.ts'
import { certificateError } from './certificate-error.ts'

const SIGNED_DATA = '1.2.840.113549.1.7.2'
const DATA = '1.2.840.113549.1.7.1'

/**
 * The certificates of a certs-only message in DER, in its order: each in DER, unread. Attribute
 * certificates and others that are none of X.509 are passed over, and so are revocation lists.
 * @throws {CertificateError} `malformed`, with the path to the field.
 */
export function readCertsOnly(der: Uint8Array): Uint8Array[] {
  try {
    const contentInfo = readDer(der, 'contentInfo')
    const type = contentInfo.oid('contentType')
    if (type !== SIGNED_DATA) throw contentInfo.error('contentType', 'id-signedData', type)
    const explicit = contentInfo.sequence('content', contextConstructed(0))
    contentInfo.end()
    const signedData = explicit.sequence('')
    explicit.end()
    signedData.unsigned('version', 5)
    signedData.set('digestAlgorithms')
    const contents = signedData.sequence('encapContentInfo')
    const contentsType = contents.oid('eContentType')
    if (contentsType !== DATA) throw contents.error('eContentType', 'id-data', contentsType)
    contents.end()
    const certificates: Uint8Array[] = []
    if (signedData.peek() === contextConstructed(0)) {
      const set = signedData.sequence('certificates', contextConstructed(0))
      for (let index = 0; set.remaining > 0; index++) {
        const isCertificate = set.peek() === TAG.sequence
        const element = set.element(index)
        if (isCertificate) certificates.push(element)
      }
    }
    if (signedData.peek() === contextConstructed(1)) signedData.skip('crls')
    const signers = signedData.set('signerInfos')
    if (signers.remaining > 0) throw signedData.error('signerInfos', 'no signer', 'at least one')
    signedData.end()
    return certificates
  } catch (error) {
    throw certificateError(error)
  }
}
