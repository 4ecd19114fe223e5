import { describe, expect, test } from 'vitest'
import { issue, makeCa } from '../../test/pki.ts'
import { nodeProvider } from '../crypto/node.ts'
import { readCertificate } from '../x509/index.ts'
import { certificateReport, examinedCertificateReport } from './certificate.ts'

const hash = nodeProvider.hashes.sha256
const validity = { notBefore: Date.UTC(2026, 0, 2, 3, 4, 5), notAfter: Date.UTC(2027, 0, 1) }
const certificate = readCertificate(issue(makeCa(), { subject: 'a', dnsNames: ['a.example'], ...validity }).certificate)

describe('a certificate in reports', () => {
  test('has its times in UTC without a fraction', () => {
    const report = certificateReport(certificate, hash)
    expect(report).toMatchObject({ notBefore: '2026-01-02T03:04:05Z', notAfter: '2027-01-01T00:00:00Z' })
  })

  test('has the same fields in the same form in both', () => {
    const report = certificateReport(certificate, hash)
    expect(report?.subjectAltNames).toEqual(['DNS:a.example'])
    expect(examinedCertificateReport(certificate, 0, 'leaf', hash)).toMatchObject({ ...report })
  })
})
