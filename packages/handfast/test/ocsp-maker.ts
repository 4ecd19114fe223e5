/**
 * OCSP responses for tests: a responder that says and signs anything. DER of its own, nothing of what is tested.
 *
 *     makeOcspResponse({ signer: ca, responses: [{ certificate: leaf.certificate, issuer: ca }] })   // good
 *     makeOcspResponse({ signer: ca, responses: [{ ..., status: 'revoked', reason: 1 }] })
 *     makeOcspResponse({ signer: delegate, certificates: [delegate.certificate], responses: [...] })
 *     makeOcspError(3)                                                                                // tryLater
 *
 * Produced and updated on 2026-01-01, until 2026-01-08, unless told otherwise. Mistakes, one option each: see
 * OcspOptions and SingleOptions; `alterData` gets the finished ResponseData and returns what is signed instead.
 */

import {
  readDer,
  writeBitString,
  writeBoolean,
  writeContext,
  writeContextPrimitive,
  writeElement,
  writeInteger,
  writeNull,
  writeOctetString,
  writeOid,
  writeSequence,
} from '../src/asn1/index.ts'
import { nodeProvider } from '../src/crypto/node.ts'
import type { HashName, SignatureAlgorithm } from '../src/crypto/provider.ts'
import { readCertificate } from '../src/x509/certificate.ts'
import { algorithmFor, type TestCertificate, type TestExtension, writeAlgorithm } from './pki.ts'

export interface SingleOptions {
  /** DER. */
  readonly certificate: Uint8Array
  readonly issuer: TestCertificate
  /** Default `good`; bytes are a CertStatus in DER. */
  readonly status?: 'good' | 'revoked' | 'unknown' | Uint8Array
  /** Milliseconds since the epoch; default 2025-12-01. */
  readonly revokedAt?: number
  /** Number of the CRLReason. */
  readonly reason?: number
  /** Milliseconds since the epoch. */
  readonly thisUpdate?: number
  /** Null leaves it out. */
  readonly nextUpdate?: number | null
  /** Default `sha1`. */
  readonly hash?: HashName
  /** CertID in DER instead of the right one. */
  readonly certificateId?: Uint8Array
  readonly extensions?: readonly TestExtension[]
}

export interface OcspOptions {
  readonly signer: TestCertificate
  readonly responses: readonly SingleOptions[]
  /** How the signer is named; bytes are a ResponderID in DER. Default `name`. */
  readonly responderId?: 'name' | 'key-hash' | Uint8Array
  /** Milliseconds since the epoch. */
  readonly producedAt?: number
  readonly extensions?: readonly TestExtension[]
  /** DER. */
  readonly certificates?: readonly Uint8Array[]
  /** Instead of what suits the signer's key. */
  readonly signatureAlgorithm?: SignatureAlgorithm
  readonly breakSignature?: boolean
  /** Written as it is, even 0, which DER would leave out. */
  readonly version?: number
  /** Dotted OID. */
  readonly responseType?: string
  readonly alterData?: (responseData: Uint8Array) => Uint8Array
}

/** 2026-01-01, when responses are made unless told otherwise. */
export const OCSP_TIME: number = Date.UTC(2026, 0, 1)

/** An OCSPResponse in DER. */
export function makeOcspResponse(options: OcspOptions): Uint8Array {
  const made = writeSequence(
    ...(options.version === undefined ? [] : [writeContext(0, writeInteger(options.version))]),
    writeResponderId(options),
    writeGeneralizedTime(options.producedAt ?? OCSP_TIME),
    writeSequence(...options.responses.map(writeSingle)),
    ...writeExtensions(1, options.extensions),
  )
  const data = options.alterData?.(made) ?? made
  const algorithm = options.signatureAlgorithm ?? algorithmFor(options.signer.key.keyType)
  const signature = nodeProvider.sign(algorithm, options.signer.privateKey, data)
  if (options.breakSignature === true) signature[signature.length - 1] = (signature.at(-1) as number) ^ 1
  const { certificates } = options
  const basic = writeSequence(
    data,
    writeAlgorithm(algorithm),
    writeBitString(signature),
    ...(certificates === undefined ? [] : [writeContext(0, writeSequence(...certificates))]),
  )
  return writeOcspEnvelope(0, writeOid(options.responseType ?? '1.3.6.1.5.5.7.48.1.1'), writeOctetString(basic))
}

/** An error response: OCSPResponseStatus by its number. */
export function makeOcspError(status: number): Uint8Array {
  return writeSequence(writeElement(0x0a, Uint8Array.of(status)))
}

/** An OCSPResponse with these ResponseBytes. */
export function writeOcspEnvelope(status: number, ...bytes: readonly Uint8Array[]): Uint8Array {
  return writeSequence(writeElement(0x0a, Uint8Array.of(status)), writeContext(0, writeSequence(...bytes)))
}

/** A GeneralizedTime of whole seconds. */
export function writeGeneralizedTime(time: number): Uint8Array {
  const text = new Date(time).toISOString().replace(/[-:T]|\.\d+/g, '')
  return writeElement(0x18, new TextEncoder().encode(text))
}

const HASH_OIDS: Readonly<Partial<Record<HashName, string>>> = {
  sha1: '1.3.14.3.2.26',
  sha256: '2.16.840.1.101.3.4.2.1',
  sha384: '2.16.840.1.101.3.4.2.2',
  sha512: '2.16.840.1.101.3.4.2.3',
}

/** A CertID in DER. */
export function writeTestCertificateId(certificate: Uint8Array, issuer: TestCertificate, hash: HashName): Uint8Array {
  const { digest } = nodeProvider.hashes[hash]
  return writeSequence(
    writeSequence(writeOid(HASH_OIDS[hash] as string), writeNull()),
    writeOctetString(digest(issuer.name)),
    writeOctetString(digest(subjectPublicKey(issuer))),
    writeElement(0x02, readCertificate(certificate).serialNumber),
  )
}

function subjectPublicKey(certificate: TestCertificate): Uint8Array {
  const reader = readDer(certificate.key.subjectPublicKeyInfo, 'subjectPublicKeyInfo')
  reader.skip('algorithm')
  return reader.bitStringBytes('subjectPublicKey')
}

function writeResponderId({ responderId = 'name', signer }: OcspOptions): Uint8Array {
  if (responderId instanceof Uint8Array) return responderId
  if (responderId === 'name') return writeContext(1, signer.name)
  return writeContext(2, writeOctetString(nodeProvider.hashes.sha1.digest(subjectPublicKey(signer))))
}

function writeSingle(single: SingleOptions): Uint8Array {
  const { nextUpdate = OCSP_TIME + 7 * 86_400_000 } = single
  return writeSequence(
    single.certificateId ?? writeTestCertificateId(single.certificate, single.issuer, single.hash ?? 'sha1'),
    writeStatus(single),
    writeGeneralizedTime(single.thisUpdate ?? OCSP_TIME),
    ...(nextUpdate === null ? [] : [writeContext(0, writeGeneralizedTime(nextUpdate))]),
    ...writeExtensions(1, single.extensions),
  )
}

function writeStatus({ status = 'good', revokedAt, reason }: SingleOptions): Uint8Array {
  if (status instanceof Uint8Array) return status
  if (status !== 'revoked') return writeContextPrimitive(status === 'good' ? 0 : 2, new Uint8Array(0))
  return writeContext(
    1,
    writeGeneralizedTime(revokedAt ?? Date.UTC(2025, 11, 1)),
    ...(reason === undefined ? [] : [writeContext(0, writeElement(0x0a, Uint8Array.of(reason)))]),
  )
}

function writeExtensions(tag: number, extensions: readonly TestExtension[] = []): Uint8Array[] {
  if (extensions.length === 0) return []
  const written = extensions.map(({ oid, critical, value }) =>
    writeSequence(
      writeOid(oid),
      ...(critical === true ? [writeBoolean(true)] : []),
      writeOctetString(value ?? new Uint8Array(0)),
    ),
  )
  return [writeContext(tag, writeSequence(...written))]
}
