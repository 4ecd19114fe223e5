/**
 * The Certificate message of TLS 1.3 as it is shown and taken: with what comes along with the certificates (RFC 9846
 * section 4.5.1.1), and compressed if both sides can (RFC 8879).
 */

import { peerError, TlsError } from '../alert.ts'
import type { CertificateCompression } from '../certificate-compression.ts'
import type { Identity, Settings } from '../config.ts'
import {
  type CertificateEntry,
  type CertificateMessage,
  readCertificate,
  writeCertificate,
} from '../message/certificate.ts'
import { OCSP, writeTimestampList } from '../message/certificate-extension.ts'
import { readCompressedCertificate, writeCompressedCertificate } from '../message/compressed-certificate.ts'
import {
  type CertificateExtensions,
  type CertificateRequestExtensions,
  type ClientHelloExtensions,
  extensionCode,
} from '../message/extension.ts'
import { HANDSHAKE_HEADER_LENGTH, type HandshakeMessage, writeHandshake } from '../message/handshake.ts'
import { COMPRESSION_CODES, type CompressionName, type HandshakeTypeName } from '../registry.ts'
import type { HandshakeContext, ShownIdentity } from './flow.ts'

const NO_CONTEXT = new Uint8Array(0)

/** What a peer asked for along with our certificates. */
export interface CertificateWishes {
  readonly ocsp: boolean
  readonly timestamps: boolean
  /** CertificateCompressionAlgorithm codes. */
  readonly compressions: readonly number[]
}

/** The wishes in a ClientHello or CertificateRequest. */
export function wishesOf(extensions: ClientHelloExtensions | CertificateRequestExtensions): CertificateWishes {
  const { status_request: status } = extensions
  return {
    // RFC 6066 section 8: a type of status that we do not know is no wish that we could fulfil.
    ocsp: status === true || status === OCSP,
    timestamps: extensions.signed_certificate_timestamp === true,
    compressions: extensions.compress_certificate ?? [],
  }
}

/** What we wish for along with a peer's certificates, as a CertificateRequest says it. */
export function ownWishes(
  settings: Settings,
): Pick<CertificateRequestExtensions, 'status_request' | 'signed_certificate_timestamp' | 'compress_certificate'> {
  const codes = settings.certificateCompression.flatMap(({ name, decompress }) =>
    decompress === undefined ? [] : [COMPRESSION_CODES[name]],
  )
  return {
    ...(settings.requestOcsp ? { status_request: true } : {}),
    ...(settings.requestTimestamps ? { signed_certificate_timestamp: true } : {}),
    ...(codes.length > 0 ? { compress_certificate: codes } : {}),
  }
}

/** Codes of the extensions that a peer's certificates may have by our wishes. */
export function requestedExtensions({ requestOcsp, requestTimestamps }: Settings): ReadonlySet<number> {
  return new Set([
    ...(requestOcsp ? [extensionCode('status_request')] : []),
    ...(requestTimestamps ? [extensionCode('signed_certificate_timestamp')] : []),
  ])
}

/** The messages by which a peer may show its certificates. */
export function certificateMessages(settings: Settings): readonly HandshakeTypeName[] {
  const canDecompress = settings.certificateCompression.some(({ decompress }) => decompress !== undefined)
  return canDecompress ? ['certificate', 'compressed_certificate'] : ['certificate']
}

/** What an identity shows by these wishes. Neither chain nor key without an identity. */
export function shownByWishes(identity: Identity | undefined, wishes: CertificateWishes): ShownIdentity {
  const { chain = [], rawPublicKey, ocspResponse, scts = [] } = identity ?? {}
  const isChain = chain.length > 0
  return {
    chain,
    rawPublicKey,
    stapled: wishes.ocsp && isChain ? (ocspResponse === undefined ? [] : [ocspResponse]) : undefined,
    timestampList: wishes.timestamps && isChain && scts.length > 0 ? writeTimestampList(scts) : undefined,
    compression: undefined,
  }
}

/** The entries of a Certificate message: what comes along belongs to the first. */
export function entriesOf({ chain, rawPublicKey, stapled, timestampList }: ShownIdentity): CertificateEntry[] {
  const extensions: CertificateExtensions = {
    ...(stapled?.[0] === undefined ? {} : { status_request: stapled[0] }),
    ...(timestampList === undefined ? {} : { signed_certificate_timestamp: timestampList }),
  }
  const all = rawPublicKey === undefined ? chain : [rawPublicKey]
  return all.map((data, index) => ({ data, extensions: index === 0 ? extensions : {} }))
}

/** Shows our identity in the handshake, or none. */
export function sendCertificate(
  hs: HandshakeContext,
  settings: Settings,
  identity: Identity | undefined,
  wishes: CertificateWishes,
): void {
  const shown = shownByWishes(identity, wishes)
  const message = writeCertificate({ certificateRequestContext: NO_CONTEXT, certificateList: entriesOf(shown) })
  const compression = settings.certificateCompression.find(
    ({ name, compress }) => compress !== undefined && wishes.compressions.includes(COMPRESSION_CODES[name]),
  )
  const compressed =
    identity === undefined || compression === undefined
      ? undefined
      : compressedFor(identity, shown, compression, message)
  if (compressed === undefined) hs.send('certificate', message)
  else hs.send('compressed_certificate', compressed)
  if (identity === undefined) return
  hs.note.certificates(hs.role, { ...shown, compression: compressed === undefined ? undefined : compression?.name })
}

/** An identity serves many handshakes: each form of its Certificate is compressed once. Null: nothing is gained. */
const compressedForms = new WeakMap<Identity, Map<string, Uint8Array | null>>()

/** Undefined: nothing is gained. */
function compressedFor(
  identity: Identity,
  { stapled, timestampList }: ShownIdentity,
  { name, compress }: CertificateCompression,
  message: Uint8Array,
): Uint8Array | undefined {
  let forms = compressedForms.get(identity)
  if (forms === undefined) compressedForms.set(identity, (forms = new Map()))
  const form = `${name} ${stapled?.length ?? 0} ${timestampList?.length ?? 0}`
  let known = forms.get(form)
  if (known === undefined) {
    const body = message.subarray(HANDSHAKE_HEADER_LENGTH)
    const written = writeCompressedCertificate({
      algorithm: COMPRESSION_CODES[name],
      uncompressedLength: body.length,
      compressed: (compress as NonNullable<typeof compress>)(body),
    })
    known = written.length < message.length ? written : null
    forms.set(form, known)
  }
  return known ?? undefined
}

export interface TakenCertificate extends CertificateMessage {
  readonly compression: CompressionName | undefined
}

/**
 * Reads a Certificate or CompressedCertificate.
 * @param requested codes of the extensions that the certificates may have.
 * @throws {TlsError} | {DecodeError}
 */
export function takeCertificate(
  settings: Settings,
  message: HandshakeMessage,
  requested: ReadonlySet<number>,
): TakenCertificate {
  if (message.type !== 'compressed_certificate') {
    return { ...readCertificate(message, requested), compression: undefined }
  }
  const { name, raw } = decompressed(settings, message)
  return { ...readCertificate({ type: 'certificate', raw }, requested), compression: name }
}

/** RFC 8879 section 4; section 5 for the limit, which is the same as without compression. */
function decompressed(settings: Settings, message: HandshakeMessage): { name: CompressionName; raw: Uint8Array } {
  const { algorithm, uncompressedLength, compressed } = readCompressedCertificate(message)
  const compression = settings.certificateCompression.find(({ name }) => COMPRESSION_CODES[name] === algorithm)
  if (compression?.decompress === undefined) {
    throw peerError(
      'illegal_parameter',
      'compressed_certificate.algorithm',
      'an algorithm that was offered',
      `${algorithm}`,
    )
  }
  const limit = settings.limits.certificate
  if (uncompressedLength > limit) {
    throw peerError(
      'decode_error',
      'compressed_certificate.uncompressed_length',
      `at most ${limit} bytes`,
      `${uncompressedLength}`,
    )
  }
  const body = decompress(compression.name, () => compression.decompress?.(compressed, uncompressedLength))
  if (body.length !== uncompressedLength) {
    throw peerError(
      'bad_certificate',
      'compressed_certificate.uncompressed_length',
      `the length of the certificate message, ${body.length}`,
      `${uncompressedLength}`,
    )
  }
  return { name: compression.name, raw: writeHandshake('certificate', (w) => void w.bytes(body), body.length + 4) }
}

/** Whatever a decompressor throws, it is what the peer sent that it could not read. */
function decompress(name: CompressionName, run: () => Uint8Array | undefined): Uint8Array {
  let body: unknown
  try {
    body = run()
  } catch (cause) {
    const path = 'compressed_certificate.compressed_certificate_message'
    const found = 'bytes that are not, or are more than announced'
    throw new TlsError('bad_certificate', `${path}: needs ${name} of a certificate message, has ${found}`, {
      path,
      cause,
    })
  }
  if (body instanceof Uint8Array) return body
  throw new TypeError(`certificateCompression: needs a decompressor of ${name} that returns bytes, has another`)
}
