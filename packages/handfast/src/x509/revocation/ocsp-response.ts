/**
 * OCSP responses (RFC 6960 section 4.2; the nonce: RFC 9654).
 *
 * Reading checks the structure of the whole response. What only some responses are asked for is read
 * when asked: the certificates that come with it, and the values of extensions. An error response
 * (`tryLater`, say) is a valid reading: it has a status and nothing else.
 *
 * Tolerated, because it misleads no one: an explicit version 1, which DER leaves out as the default, and
 * a serialNumber that is not in its shortest form: it is compared byte for byte, and nothing else.
 * Left out: response types other than id-pkix-ocsp-basic, of which there are none.
 */

import { contextConstructed, contextPrimitive, type DerReader, readDer, TAG, tagText } from '../../asn1/der.ts'
import { oidName } from '../../asn1/oid.ts'
import { readGeneralizedTime } from '../../asn1/time.ts'
import { type Certificate, readCertificate } from '../certificate.ts'
import { certificateError } from '../certificate-error.ts'
import type { Extension } from '../extensions.ts'
import { type Name, readName } from '../name.ts'
import { readSignatureAlgorithm, type SignatureAlgorithmInfo } from '../signature-algorithm.ts'
import { REVOCATION_REASONS, type RevocationReason } from './finding.ts'
import { type CertificateId, readCertificateId } from './ocsp-certificate-id.ts'
import { OCSP_EXTENSION, readOcspExtension, readOcspExtensions } from './ocsp-extensions.ts'

/** OCSPResponseStatus by its number (section 4.2.1); 4 is not used. */
const STATUSES: readonly (OcspResponseStatus | null)[] = [
  'successful',
  'malformedRequest',
  'internalError',
  'tryLater',
  null,
  'sigRequired',
  'unauthorized',
]

/** OCSPResponseStatus (section 4.2.1). `successful`: there is an answer, whatever it says. */
export type OcspResponseStatus =
  | 'successful'
  | 'malformedRequest'
  | 'internalError'
  | 'tryLater'
  | 'sigRequired'
  | 'unauthorized'

/** An OCSPResponse (section 4.2.1): an answer, or the error in its place. */
export interface OcspResponse {
  /** The whole response. */
  readonly der: Uint8Array
  readonly status: OcspResponseStatus
  /** Null exactly if it is an error response: `status` is not `successful`. */
  readonly basic: BasicOcspResponse | null
}

/** Who signed, as the response says (section 4.2.1). A key hash is the SHA-1 of the contents of subjectPublicKey. */
export type ResponderId =
  | { readonly kind: 'name'; readonly name: Name }
  | { readonly kind: 'key-hash'; readonly keyHash: Uint8Array }

/** What is said of one certificate. Times in milliseconds since the epoch. */
export interface SingleResponse {
  readonly certificateId: CertificateId
  readonly status: 'good' | 'revoked' | 'unknown'
  /** Null unless revoked. */
  readonly revocationTime: number | null
  /** Null unless revoked for a reason that is told. */
  readonly revocationReason: RevocationReason | null
  readonly thisUpdate: number
  /** Null: newer information is to be had at any time (section 4.2.2.1). */
  readonly nextUpdate: number | null
  /** singleExtensions, their values unread. */
  readonly extensions: readonly Extension[]
}

/**
 * Reads an OCSPResponse in DER. The result keeps views of `der`, which must not change afterwards.
 * @throws {CertificateError} `malformed`, with the path to the field: below
 * `responseBytes.response.tbsResponseData` if it is in what is signed.
 */
export function readOcspResponse(der: Uint8Array): OcspResponse {
  try {
    const reader = readDer(der, 'ocspResponse')
    const status = readStatus(reader)
    if (status !== 'successful') {
      // Section 4.2.1: an error has no responseBytes.
      if (reader.remaining > 0) throw reader.error('responseBytes', `none, as it is ${status}`, 'some')
      return { der, status, basic: null }
    }
    const explicit = reader.sequence('responseBytes', contextConstructed(0))
    const bytes = explicit.sequence('')
    explicit.end()
    reader.end()
    const type = bytes.oid('responseType')
    if (type !== BASIC) throw bytes.error('responseType', `id-pkix-ocsp-basic (${BASIC})`, oidName(type) ?? type)
    const response = bytes.nested(bytes.octetString('response'), 'response')
    bytes.end()
    const basic = new BasicOcspResponse(response)
    response.end()
    return { der, status, basic }
  } catch (error) {
    throw certificateError(error)
  }
}

const BASIC = '1.3.6.1.5.5.7.48.1.1'

/** A BasicOCSPResponse: what a responder signed. */
export class BasicOcspResponse {
  /** What is signed. */
  readonly tbsResponseData: Uint8Array
  readonly responderId: ResponderId
  /** When it was signed, milliseconds since the epoch. */
  readonly producedAt: number
  readonly responses: readonly SingleResponse[]
  /** responseExtensions, their values unread. */
  readonly extensions: readonly Extension[]
  readonly signature: Uint8Array
  /** The certificates that came with it, in DER; unread. */
  readonly encodedCertificates: readonly Uint8Array[]

  readonly #signatureAlgorithm: Uint8Array
  #signatureAlgorithmInfo: SignatureAlgorithmInfo | undefined
  #certificates: readonly Certificate[] | undefined

  /** @internal Use `readOcspResponse`. Throws DecodeError. */
  constructor(reader: DerReader) {
    const basic = reader.sequence('')
    const from = basic.offset
    const data = basic.sequence('tbsResponseData')
    this.tbsResponseData = basic.since(from)
    checkVersion(data)
    this.responderId = readResponderId(data)
    this.producedAt = readGeneralizedTime(data, 'producedAt')
    this.responses = readSingleResponses(data)
    this.extensions = readOcspExtensions(data, 'responseExtensions', 1)
    data.end()
    this.#signatureAlgorithm = basic.element('signatureAlgorithm')
    this.signature = basic.bitStringBytes('signature')
    this.encodedCertificates = readCertificateElements(basic)
    basic.end()
  }

  /** @throws {CertificateError} malformed. */
  get signatureAlgorithm(): SignatureAlgorithmInfo {
    try {
      this.#signatureAlgorithmInfo ??= readSignatureAlgorithm(
        this.#signatureAlgorithm,
        'responseBytes.response.signatureAlgorithm',
      )
      return this.#signatureAlgorithmInfo
    } catch (error) {
      throw certificateError(error)
    }
  }

  /** The certificates that came with it, but for those that cannot be read: they are hints, and nothing more. */
  get certificates(): readonly Certificate[] {
    this.#certificates ??= this.encodedCertificates.flatMap((der) => {
      try {
        return [readCertificate(der)]
      } catch {
        return []
      }
    })
    return this.#certificates
  }

  /**
   * The nonce of the request it answers: 1 to 128 bytes (RFC 9654); null if there is none.
   * @throws {CertificateError} malformed.
   */
  get nonce(): Uint8Array | null {
    return readNonce(this.extensions, 'responseBytes.response.tbsResponseData.responseExtensions')
  }

  /**
   * True if the responder says `revoked` of certificates that were never issued (section 4.4.8):
   * on hold since 1970.
   */
  get isExtendedRevoke(): boolean {
    return this.extensions.some(({ oid }) => oid === OCSP_EXTENSION.extendedRevoke)
  }
}

/**
 * The SignedCertificateTimestampList of a single response in its TLS encoding (RFC 6962 section 3.3);
 * null if there is none.
 * @throws {CertificateError} malformed.
 */
export function timestampListOf(response: SingleResponse): Uint8Array | null {
  return readOcspExtension(response.extensions, OCSP_EXTENSION.timestampList, 'singleExtensions', (reader) =>
    reader.octetString(''),
  )
}

/**
 * The date since when the responder remembers revoked certificates, expired ones too (section 4.4.4):
 * milliseconds since the epoch; null if it does not say.
 * @throws {CertificateError} malformed.
 */
export function archiveCutoffOf(response: SingleResponse): number | null {
  return readOcspExtension(response.extensions, OCSP_EXTENSION.archiveCutoff, 'singleExtensions', (reader) =>
    readGeneralizedTime(reader, ''),
  )
}

function readNonce(extensions: readonly Extension[], path: string): Uint8Array | null {
  return readOcspExtension(extensions, OCSP_EXTENSION.nonce, path, (reader) => {
    const nonce = reader.octetString('')
    if (nonce.length < 1 || nonce.length > 128) throw reader.error('', '1 to 128 bytes as nonce', `${nonce.length}`)
    return nonce
  })
}

function readStatus(reader: DerReader): OcspResponseStatus {
  const number = reader.unsigned('responseStatus', undefined, TAG.enumerated)
  const status = STATUSES[number]
  if (status === undefined || status === null) {
    throw reader.error('responseStatus', 'a status from 0 to 6 but 4', `${number}`)
  }
  return status
}

function checkVersion(data: DerReader): void {
  if (data.peek() !== contextConstructed(0)) return
  const explicit = data.sequence('version', contextConstructed(0))
  const version = explicit.unsigned('')
  explicit.end()
  if (version !== 0) throw data.error('version', '0 (version 1)', `${version}`)
}

function readResponderId(data: DerReader): ResponderId {
  const tag = data.peek()
  if (tag === contextConstructed(1)) {
    const explicit = data.sequence('responderID', tag)
    const name = readName(explicit, 'byName')
    explicit.end()
    return { kind: 'name', name }
  }
  if (tag !== contextConstructed(2)) {
    throw data.error('responderID', '[1] (byName) or [2] (byKey)', tag < 0 ? 'nothing' : tagText(tag))
  }
  const explicit = data.sequence('responderID', tag)
  const keyHash = explicit.octetString('byKey')
  explicit.end()
  // Section 4.2.1: KeyHash is a SHA-1, whatever CertID hashes with.
  if (keyHash.length !== 20) throw data.error('responderID.byKey', '20 bytes', `${keyHash.length}`)
  return { kind: 'key-hash', keyHash }
}

function readSingleResponses(data: DerReader): SingleResponse[] {
  const list = data.sequence('responses')
  const responses: SingleResponse[] = []
  while (list.remaining > 0) responses.push(readSingleResponse(list.sequence(responses.length)))
  return responses
}

function readSingleResponse(single: DerReader): SingleResponse {
  const certificateId = readCertificateId(single, 'certID')
  const certStatus = readCertificateStatus(single)
  const thisUpdate = readGeneralizedTime(single, 'thisUpdate')
  let nextUpdate: number | null = null
  if (single.peek() === contextConstructed(0)) {
    const explicit = single.sequence('nextUpdate', contextConstructed(0))
    nextUpdate = readGeneralizedTime(explicit, '')
    explicit.end()
  }
  const extensions = readOcspExtensions(single, 'singleExtensions', 1)
  single.end()
  return { certificateId, ...certStatus, thisUpdate, nextUpdate, extensions }
}

function readCertificateStatus(
  single: DerReader,
): Pick<SingleResponse, 'status' | 'revocationTime' | 'revocationReason'> {
  const tag = single.peek()
  switch (tag) {
    case contextPrimitive(0):
      single.null('certStatus.good', tag)
      return { status: 'good', revocationTime: null, revocationReason: null }
    case contextPrimitive(2):
      single.null('certStatus.unknown', tag)
      return { status: 'unknown', revocationTime: null, revocationReason: null }
    case contextConstructed(1): {
      const revoked = single.sequence('certStatus.revoked', tag)
      const revocationTime = readGeneralizedTime(revoked, 'revocationTime')
      const revocationReason = readReason(revoked)
      revoked.end()
      return { status: 'revoked', revocationTime, revocationReason }
    }
    default:
      throw single.error('certStatus', '[0] (good), [1] (revoked) or [2] (unknown)', tag < 0 ? 'nothing' : tagText(tag))
  }
}

function readReason(revoked: DerReader): RevocationReason | null {
  if (revoked.peek() !== contextConstructed(0)) return null
  const explicit = revoked.sequence('revocationReason', contextConstructed(0))
  const number = explicit.unsigned('', undefined, TAG.enumerated)
  explicit.end()
  const reason = REVOCATION_REASONS[number]
  if (reason === undefined || reason === null) {
    throw revoked.error('revocationReason', 'a reason from 0 to 10 but 7', `${number}`)
  }
  return reason
}

function readCertificateElements(basic: DerReader): Uint8Array[] {
  if (basic.peek() !== contextConstructed(0)) return []
  const explicit = basic.sequence('certs', contextConstructed(0))
  const list = explicit.sequence('')
  explicit.end()
  const elements: Uint8Array[] = []
  while (list.remaining > 0) elements.push(list.element(elements.length))
  return elements
}
