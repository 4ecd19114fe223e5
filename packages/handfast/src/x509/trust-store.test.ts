import { describe, expect, test } from 'vitest'
import { issue, makeCa, writeName } from '../../test/pki.ts'
import { writeOid, writePrintableString, writeSequence, writeSetOf } from '../asn1/der-writer.ts'
import { type Certificate, readCertificate } from './certificate.ts'
import { CertificateError } from './certificate-error.ts'
import { createTrustStore, restrictTrust } from './trust-store.ts'

const a = makeCa({ subject: 'A' })
const other = makeCa({ subject: 'A' })
const b = makeCa({ subject: 'B' })

describe('trust store', () => {
  test('holds each anchor once, whatever it was given as', () => {
    const store = createTrustStore([a.certificate, readCertificate(a.certificate), b.certificate, other.certificate])
    expect(store.certificates.map(({ der }) => der)).toEqual([a.certificate, b.certificate, other.certificate])
  })

  test('finds by the same encoding, by an equivalent name', () => {
    const store = createTrustStore([a.certificate, b.certificate, other.certificate])
    const leaf = readCertificate(issue(a, { subject: 'x' }).certificate)
    expect(store.withSubject(leaf.issuer).map(({ der }) => der)).toEqual([a.certificate, other.certificate])
    expect(store.withEquivalentSubject(leaf.issuer)).toEqual([])
    const printable = writeSequence(writeSetOf(writeSequence(writeOid('2.5.4.3'), writePrintableString(' a '))))
    const loose = readCertificate(issue(a, { subject: 'x', issuerName: printable }).certificate)
    expect(store.withSubject(loose.issuer)).toEqual([])
    expect(store.withEquivalentSubject(loose.issuer)).toHaveLength(2)
  })

  test('takes no anchor whose serial number is padded, however it was read', () => {
    const padded = makeCa({ subject: 'A', serialNumber: Uint8Array.of(0, 5) }).certificate
    for (const one of [padded, readCertificate(padded, { paddedSerialNumber: true })]) {
      expect(() => createTrustStore([one])).toThrow(CertificateError)
    }
  })

  test('knows its own', () => {
    const store = createTrustStore([a.certificate])
    expect(store.has(readCertificate(a.certificate))).toBe(true)
    expect(store.has(readCertificate(other.certificate))).toBe(false)
  })

  test('can be restricted to one of its anchors', () => {
    const store = createTrustStore([a.certificate, b.certificate, other.certificate], {
      name: 'roots',
      anchors: { dates: false },
    })
    const anchor = store.certificates[0] as Certificate
    const one = restrictTrust(store, anchor)
    expect([one.name, one.certificates, one.rulesOf(anchor)]).toEqual(['roots', [anchor], store.rulesOf(anchor)])
    expect(one.withSubject(anchor.subject)).toEqual([anchor])
    expect(one.withEquivalentSubject(anchor.subject)).toEqual([])
    expect([a, b, other].map(({ certificate }) => one.has(readCertificate(certificate)))).toEqual([true, false, false])
  })

  test('refuses what is no certificate', () => {
    expect(() => createTrustStore([writeName('x')])).toThrow(CertificateError)
  })
})
