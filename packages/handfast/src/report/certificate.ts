/** Certificates as reports show them. */

import { oidName, writeBase64 } from '../asn1/index.ts'
import { DecodeError, toHex } from '../bytes/index.ts'
import type { Hash } from '../crypto/provider.ts'
import { readable } from '../x509/certificate-error.ts'
import { type Certificate, KEY_USAGES, timeText } from '../x509/index.ts'
import type { CertificateReport, PublicKeyReport } from './handshake-report.ts'
import { readPublicKeyInfo } from '../x509/public-key.ts'
import type { ExaminedCertificateReport } from './verification-report.ts'

/** A certificate as a HandshakeReport has it; null if a part of it cannot be read. */
export function certificateReport(certificate: Certificate, hash: Hash): CertificateReport | null {
  const report = readable(() => ({
    subject: certificate.subjectText,
    issuer: certificate.issuerText,
    serialNumber: certificate.serialNumberHex,
    notBefore: timeText(certificate.notBefore),
    notAfter: timeText(certificate.notAfter),
    publicKey: certificate.publicKeyText,
    signatureAlgorithm: certificate.signatureAlgorithmText,
    subjectAltNames: [...certificate.subjectAltNameTexts],
    isCa: certificate.isCa,
    fingerprint: certificate.fingerprint(hash),
    der: writeBase64(certificate.der),
  }))
  return report ?? null
}

/** A raw public key, by its SubjectPublicKeyInfo in DER. */
export function publicKeyReport(der: Uint8Array, hash: Hash): PublicKeyReport {
  let text: string | null
  try {
    text = readPublicKeyInfo(der).text
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error
    text = null
  }
  return { publicKey: text, fingerprint: toHex(hash.digest(der)), der: writeBase64(der) }
}

/** A certificate in its path; what cannot be read of it is null. */
export function examinedCertificateReport(
  certificate: Certificate,
  index: number | null,
  role: ExaminedCertificateReport['role'],
  hash: Hash,
): ExaminedCertificateReport {
  const { extensions } = certificate
  const usages = readable(() => extensions.keyUsage)
  const purposes = readable(() => extensions.extKeyUsage)
  return {
    index,
    role,
    subject: readable(() => certificate.subjectText) ?? '',
    issuer: readable(() => certificate.issuerText) ?? '',
    serialNumber: certificate.serialNumberHex,
    notBefore: timeText(certificate.notBefore),
    notAfter: timeText(certificate.notAfter),
    publicKey: readable(() => certificate.publicKeyText) ?? null,
    signatureAlgorithm: readable(() => certificate.signatureAlgorithmText) ?? null,
    subjectAltNames: readable(() => [...certificate.subjectAltNameTexts]) ?? null,
    isCa: readable(() => certificate.isCa) ?? null,
    pathLength: readable(() => extensions.basicConstraints?.pathLength) ?? null,
    keyUsage: usages === undefined ? null : KEY_USAGES.filter((usage) => usages[usage]),
    extendedKeyUsage: purposes === undefined ? null : purposes.map((oid) => oidName(oid) ?? oid),
    fingerprint: certificate.fingerprint(hash),
    keyFingerprint: toHex(hash.digest(certificate.subjectPublicKeyInfo)),
    der: writeBase64(certificate.der),
  }
}
