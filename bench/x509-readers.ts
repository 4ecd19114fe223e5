/**
 * Reading certificates, by handfast and by others: each reads one certificate and looks at every field
 * and every standard extension that it has a reader for. What a library reads only when asked is asked.
 */

// oxlint-disable-next-line import/no-unassigned-import -- what @peculiar/x509 needs to be loaded first.
import 'reflect-metadata'
import { X509Certificate as NodeCertificate } from 'node:crypto'
import { X509Certificate as PeculiarCertificate } from '@peculiar/x509'
import { fromBER } from 'asn1js'
import { Certificate as PkijsCertificate } from 'pkijs'
import { readCertificate } from '../packages/handfast/src/x509/index.ts'

/** Reads a certificate in DER; the result is there so that nothing can be left out. */
export type Reader = (der: Uint8Array) => unknown

export const READERS: Readonly<Record<string, Reader>> = {
  handfast: readByHandfast,
  'node:crypto': readByNode,
  '@peculiar/x509': readByPeculiar,
  pkijs: readByPkijs,
  'asn1js, tree alone': (der) => fromBER(bufferOf(der)).result,
}

/** The same without a look at any field. */
export const BARE_READERS: Readonly<Record<string, Reader>> = {
  handfast: (der) => readCertificate(der),
  'node:crypto': (der) => new NodeCertificate(der),
  '@peculiar/x509': (der) => new PeculiarCertificate(bufferOf(der)),
  pkijs: (der) => PkijsCertificate.fromBER(bufferOf(der)),
}

function readByHandfast(der: Uint8Array): unknown {
  const certificate = readCertificate(der)
  const { extensions } = certificate
  extensions.check()
  return [
    certificate.version,
    certificate.serialNumberHex,
    certificate.signatureAlgorithmText,
    certificate.issuerText,
    certificate.notBefore,
    certificate.notAfter,
    certificate.subjectText,
    certificate.publicKeyText,
    certificate.subjectAltNameTexts,
    certificate.isCa,
    certificate.keyUsage,
    extensions.authorityKeyIdentifier,
    extensions.subjectKeyIdentifier,
    extensions.certificatePolicies,
    extensions.policyMappings,
    extensions.subjectAltName,
    extensions.issuerAltName,
    extensions.subjectDirectoryAttributes,
    extensions.basicConstraints,
    extensions.nameConstraints,
    extensions.policyConstraints,
    extensions.extKeyUsage,
    extensions.cRLDistributionPoints,
    extensions.inhibitAnyPolicy,
    extensions.freshestCRL,
    extensions.authorityInfoAccess,
    extensions.subjectInfoAccess,
    extensions.tlsFeature,
    extensions.timestampList,
  ]
}

/** It has no reader for most extensions. */
function readByNode(der: Uint8Array): unknown {
  const certificate = new NodeCertificate(der)
  return [
    certificate.serialNumber,
    certificate.issuer,
    certificate.validFrom,
    certificate.validTo,
    certificate.subject,
    certificate.publicKey.asymmetricKeyDetails,
    certificate.subjectAltName,
    certificate.ca,
    certificate.keyUsage,
    certificate.infoAccess,
  ]
}

function readByPeculiar(der: Uint8Array): unknown {
  const certificate = new PeculiarCertificate(bufferOf(der))
  return [
    certificate.serialNumber,
    certificate.signatureAlgorithm,
    certificate.issuer,
    certificate.notBefore,
    certificate.notAfter,
    certificate.subject,
    certificate.publicKey,
    certificate.extensions,
  ]
}

function readByPkijs(der: Uint8Array): unknown {
  const certificate = PkijsCertificate.fromBER(bufferOf(der))
  return [
    certificate.version,
    certificate.serialNumber,
    certificate.signatureAlgorithm,
    certificate.issuer.typesAndValues,
    certificate.notBefore.value,
    certificate.notAfter.value,
    certificate.subject.typesAndValues,
    certificate.subjectPublicKeyInfo.parsedKey,
    certificate.extensions?.map((extension) => extension.parsedValue),
  ]
}

/** What asn1js wants: a buffer that holds nothing else. */
export function bufferOf(der: Uint8Array): ArrayBuffer {
  return der.slice().buffer as ArrayBuffer
}
