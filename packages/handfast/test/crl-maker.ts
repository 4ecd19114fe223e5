/**
 * CRLs for tests: an issuer that lists and signs anything. DER of its own, nothing of what is tested.
 *
 *     issueCrl(ca)                                              // lists no one
 *     issueCrl(ca, { revoked: [{ certificate: leaf.certificate, reason: 1 }] })
 *     issueCrl(ca, { number: 7, base: 5 })                      // a delta CRL
 *     issueCrl(ca, { scope: { uris: ['http://example.com/1'], onlyContains: 'ca-certificates' } })
 *     issueCrl(ca, { scope: { isIndirect: true }, revoked: [{ certificate, issuer: other.name }] })
 *
 * Version 2, issued on 2026-01-01, until 2026-01-08, unless told otherwise. Mistakes, one option each: see
 * CrlOptions; `alterTbs` gets the finished tbsCertList and returns what is signed instead.
 */

import {
  writeBitString,
  writeContext,
  writeContextPrimitive,
  writeElement,
  writeInteger,
  writeNamedBits,
  writeOctetString,
  writeOid,
  writeBoolean,
  writeSequence,
  writeTime,
} from '../src/asn1/index.ts'
import { nodeProvider } from '../src/crypto/node.ts'
import type { SignatureAlgorithm } from '../src/crypto/provider.ts'
import { readCertificate } from '../src/x509/certificate.ts'
import { writeGeneralizedTime } from './ocsp-maker.ts'
import {
  algorithmFor,
  type TestCertificate,
  type TestExtension,
  writeAlgorithm,
  writeGeneralName,
  writeName,
} from './pki.ts'

/** When CRLs are issued unless told otherwise. */
export const CRL_ISSUED: number = Date.UTC(2026, 0, 1)
/** Until when they are valid. */
export const CRL_NEXT: number = Date.UTC(2026, 0, 8)

export interface EntryOptions {
  /** DER: its serial number is listed. */
  readonly certificate?: Uint8Array
  /** Contents of the INTEGER, instead. */
  readonly serialNumber?: Uint8Array
  /** Milliseconds since the epoch; default 2025-12-01. */
  readonly revokedAt?: number
  /** Number of the CRLReason. */
  readonly reason?: number
  /** Milliseconds since the epoch. */
  readonly invalidSince?: number
  /** certificateIssuer: a Name in DER, or GeneralNames in DER each. */
  readonly issuer?: Uint8Array | readonly Uint8Array[]
  /** Others, behind those. */
  readonly extensions?: readonly TestExtension[]
}

export interface ScopeOptions {
  readonly uris?: readonly string[]
  /** GeneralNames in DER, or as `writeGeneralName` takes them. */
  readonly names?: readonly (string | Uint8Array)[]
  /** nameRelativeToCRLIssuer: the SET's contents in DER. */
  readonly relative?: Uint8Array
  readonly onlyContains?: 'user-certificates' | 'ca-certificates' | 'attribute-certificates'
  /** Numbers of the bits of ReasonFlags. */
  readonly reasons?: readonly number[]
  readonly isIndirect?: boolean
}

export interface CrlOptions {
  readonly revoked?: readonly EntryOptions[]
  /** Elements in DER instead of `revoked`; an empty list makes an empty SEQUENCE. */
  readonly entries?: readonly Uint8Array[]
  /** Milliseconds since the epoch. */
  readonly thisUpdate?: number
  /** Null leaves it out. */
  readonly nextUpdate?: number | null
  /** cRLNumber; null leaves it out. Default 5. */
  readonly number?: number | bigint | null
  /** BaseCRLNumber: makes a delta CRL. */
  readonly base?: number | bigint
  /** issuingDistributionPoint; bytes are its value in DER. */
  readonly scope?: ScopeOptions | Uint8Array
  /** URIs of freshestCRL. */
  readonly freshest?: readonly string[]
  /** keyIdentifier of authorityKeyIdentifier; null leaves the extension out. */
  readonly keyIdentifier?: Uint8Array | null
  /** Others, behind those. */
  readonly extensions?: readonly TestExtension[]
  /** 1 leaves out the version, and all extensions but `extensions`. */
  readonly version?: 1 | 2
  /** The INTEGER in DER, instead. */
  readonly versionDer?: Uint8Array
  /** A Name in DER instead of the signer's. */
  readonly issuerName?: Uint8Array
  readonly algorithm?: SignatureAlgorithm
  /** AlgorithmIdentifier inside, in DER. */
  readonly innerAlgorithm?: Uint8Array
  readonly breakSignature?: boolean
  readonly alterTbs?: (tbsCertList: Uint8Array) => Uint8Array
}

/** A CRL in DER. */
export function issueCrl(signer: TestCertificate, options: CrlOptions = {}): Uint8Array {
  const algorithm = options.algorithm ?? algorithmFor(signer.key.keyType)
  const identifier = writeAlgorithm(algorithm)
  const version = options.version ?? 2
  const { nextUpdate = CRL_NEXT } = options
  const entries = options.entries ?? options.revoked?.map(writeEntry)
  const extensions = [...(version === 1 ? [] : usualExtensions(signer, options)), ...(options.extensions ?? [])]
  const made = writeSequence(
    ...(options.versionDer === undefined ? (version === 1 ? [] : [writeInteger(1)]) : [options.versionDer]),
    options.innerAlgorithm ?? identifier,
    options.issuerName ?? signer.name,
    writeTime(options.thisUpdate ?? CRL_ISSUED),
    ...(nextUpdate === null ? [] : [writeTime(nextUpdate)]),
    ...(entries === undefined ? [] : [joined(entries)]),
    ...(extensions.length === 0 ? [] : [writeContext(0, writeSequence(...extensions.map(writeExtension)))]),
  )
  const tbsCertList = options.alterTbs?.(made) ?? made
  const signature = nodeProvider.sign(algorithm, nodeProvider.importPrivateKey(signer.key.pkcs8), tbsCertList)
  if (options.breakSignature === true) signature[signature.length - 1] = (signature.at(-1) as number) ^ 1
  return writeSequence(tbsCertList, identifier, writeBitString(signature))
}

/** An entry of revokedCertificates in DER. */
export function writeEntry(entry: EntryOptions): Uint8Array {
  const { certificate = new Uint8Array(0), serialNumber = readCertificate(certificate).serialNumber } = entry
  const extensions: TestExtension[] = []
  if (entry.reason !== undefined) {
    extensions.push({ oid: '2.5.29.21', value: writeElement(0x0a, Uint8Array.of(entry.reason)) })
  }
  if (entry.invalidSince !== undefined) {
    extensions.push({ oid: '2.5.29.24', value: writeGeneralizedTime(entry.invalidSince) })
  }
  if (entry.issuer !== undefined) {
    const names = entry.issuer instanceof Uint8Array ? [writeContext(4, entry.issuer)] : entry.issuer
    extensions.push({ oid: '2.5.29.29', critical: true, value: writeSequence(...names) })
  }
  extensions.push(...(entry.extensions ?? []))
  return writeSequence(
    writeElement(0x02, serialNumber),
    writeTime(entry.revokedAt ?? Date.UTC(2025, 11, 1)),
    ...(extensions.length === 0 ? [] : [writeSequence(...extensions.map(writeExtension))]),
  )
}

export interface PointOptions extends Pick<ScopeOptions, 'uris' | 'names' | 'relative' | 'reasons'> {
  /** Names in DER. */
  readonly crlIssuer?: readonly Uint8Array[]
}

/** The value of cRLDistributionPoints or freshestCRL. */
export function writePoints(...points: readonly PointOptions[]): Uint8Array {
  return writeSequence(
    ...points.map((point) =>
      writeSequence(
        ...writePointName(point),
        ...(point.reasons === undefined ? [] : [writeReasons(1, point.reasons)]),
        ...(point.crlIssuer === undefined
          ? []
          : [writeContext(2, ...point.crlIssuer.map((name) => writeContext(4, name)))]),
      ),
    ),
  )
}

/** The extension cRLDistributionPoints, for `issue`. */
export function pointsExtension(...points: readonly PointOptions[]): TestExtension {
  return { oid: '2.5.29.31', value: writePoints(...points) }
}

/** The value of issuingDistributionPoint. */
export function writeScope(scope: ScopeOptions): Uint8Array {
  const flag = (tag: number, isSet: boolean): Uint8Array[] =>
    isSet ? [writeContextPrimitive(tag, writeBoolean(true).subarray(2))] : []
  return writeSequence(
    ...writePointName(scope),
    ...flag(1, scope.onlyContains === 'user-certificates'),
    ...flag(2, scope.onlyContains === 'ca-certificates'),
    ...(scope.reasons === undefined ? [] : [writeReasons(3, scope.reasons)]),
    ...flag(4, scope.isIndirect === true),
    ...flag(5, scope.onlyContains === 'attribute-certificates'),
  )
}

/** The contents of an RDN: one common name. */
export function writeRdnContents(commonName: string): Uint8Array {
  // Of SEQUENCE { SET { ... } } the contents of the SET.
  return writeName(commonName).subarray(4)
}

function writePointName({ uris, names, relative }: Pick<ScopeOptions, 'uris' | 'names' | 'relative'>): Uint8Array[] {
  if (relative !== undefined) return [writeContext(0, writeContext(1, relative))]
  const all = [...(uris ?? []).map((uri) => `URI:${uri}`), ...(names ?? [])]
  return all.length === 0 ? [] : [writeContext(0, writeContext(0, ...all.map(writeGeneralName)))]
}

function writeReasons(tag: number, reasons: readonly number[]): Uint8Array {
  return writeContextPrimitive(tag, writeNamedBits(reasons).subarray(2))
}

function usualExtensions(signer: TestCertificate, options: CrlOptions): TestExtension[] {
  const { number = 5, keyIdentifier = signer.keyIdentifier, base, scope, freshest } = options
  const extensions: TestExtension[] = []
  if (keyIdentifier !== null) {
    extensions.push({ oid: '2.5.29.35', value: writeSequence(writeContextPrimitive(0, keyIdentifier)) })
  }
  if (number !== null) extensions.push({ oid: '2.5.29.20', value: writeInteger(number) })
  if (base !== undefined) extensions.push({ oid: '2.5.29.27', critical: true, value: writeInteger(base) })
  if (scope !== undefined) {
    const value = scope instanceof Uint8Array ? scope : writeScope(scope)
    extensions.push({ oid: '2.5.29.28', critical: true, value })
  }
  if (freshest !== undefined) {
    extensions.push({ oid: '2.5.29.46', value: writePoints(...freshest.map((uri) => ({ uris: [uri] }))) })
  }
  return extensions
}

function writeExtension({ oid, critical, value }: TestExtension): Uint8Array {
  return writeSequence(
    writeOid(oid),
    ...(critical === true ? [writeBoolean(true)] : []),
    writeOctetString(value ?? new Uint8Array(0)),
  )
}

/** A SEQUENCE of any number of elements. */
function joined(elements: readonly Uint8Array[]): Uint8Array {
  const contents = new Uint8Array(elements.reduce((length, element) => length + element.length, 0))
  let offset = 0
  for (const element of elements) {
    contents.set(element, offset)
    offset += element.length
  }
  return writeElement(0x30, contents)
}
