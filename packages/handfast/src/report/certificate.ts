/** Certificates as reports show them. */

import { oidName, writeBase64 } from '../asn1/index.ts'
import { toHex } from '../bytes/index.ts'
import type { Hash } from '../crypto/provider.ts'
import { type Certificate, CertificateError, KEY_USAGES } from '../x509/index.ts'
import type { CertificateReport } from './handshake-report.ts'
import type { ExaminedCertificateReport } from './verification-report.ts'

/** A certificate as a HandshakeReport has it; null if a part of it cannot be read. */
export function certificateReport(certificate: Certificate, hash: Hash): CertificateReport | null {
  return readable(() => ({
    subject: certificate.subjectText,
    issuer: certificate.issuerText,
    serialNumber: certificate.serialNumberHex,
    notBefore: rfc3339(certificate.notBefore),
    notAfter: rfc3339(certificate.notAfter),
    publicKey: certificate.publicKeyText,
    signatureAlgorithm: certificate.signatureAlgorithmText,
    subjectAltNames: [...certificate.subjectAltNameTexts],
    isCa: certificate.isCa,
    fingerprint: certificate.fingerprint(hash),
    der: writeBase64(certificate.der),
  }))
}

/** A certificate in its path; what cannot be read of it is null. */
export function examinedCertificateReport(
  certificate: Certificate,
  index: number | null,
  role: ExaminedCertificateReport['role'],
  hash: Hash,
): ExaminedCertificateReport {
  const { extensions } = certificate
  const usages = readable(() => extensions.keyUsage) ?? null
  const purposes = readable(() => extensions.extKeyUsage) ?? null
  return {
    index,
    role,
    subject: readable(() => certificate.subjectText) ?? '',
    issuer: readable(() => certificate.issuerText) ?? '',
    serialNumber: certificate.serialNumberHex,
    notBefore: rfc3339(certificate.notBefore),
    notAfter: rfc3339(certificate.notAfter),
    publicKey: readable(() => certificate.publicKeyText),
    signatureAlgorithm: readable(() => certificate.signatureAlgorithmText),
    subjectAltNames: readable(() => [...certificate.subjectAltNameTexts]),
    isCa: readable(() => certificate.isCa),
    pathLength: readable(() => extensions.basicConstraints?.pathLength) ?? null,
    keyUsage: usages === null ? null : KEY_USAGES.filter((usage) => usages[usage]),
    extendedKeyUsage: purposes === null ? null : purposes.map((oid) => oidName(oid) ?? oid),
    fingerprint: certificate.fingerprint(hash),
    keyFingerprint: toHex(hash.digest(certificate.subjectPublicKeyInfo)),
    der: writeBase64(certificate.der),
  }
}

/** RFC 3339, UTC, of milliseconds since the epoch. */
export function rfc3339(milliseconds: number): string {
  return new Date(milliseconds).toISOString()
}

function readable<T>(read: () => T): T | null {
  try {
    return read()
  } catch (error) {
    if (error instanceof CertificateError) return null
    throw error
  }
}
