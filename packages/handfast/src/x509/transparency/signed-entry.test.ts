import { describe, expect, test } from 'vitest'
import { makeLog, signTimestamp, writeTimestamps } from '../../../test/log-maker.ts'
import { issue, makeCa, makeKey } from '../../../test/pki.ts'
import { writeContext, writeNull, writeOctetString, writeOid, writeSequence } from '../../asn1/der-writer.ts'
import { contextConstructed, readDer } from '../../asn1/der.ts'
import { readBase64 } from '../../asn1/pem.ts'
import { equalBytes } from '../../bytes/compare.ts'
import { nodeProvider } from '../../crypto/node.ts'
import { readCertificate } from '../certificate.ts'
import { verifySignature } from '../signed-data.ts'
import { certificateEntry, entryBytes, precertificateEntry, writeSignedEntry } from './signed-entry.ts'
import { isSignedTimestamp, readTimestampList, type SignedTimestamp } from './timestamp-list.ts'

const TIMESTAMP_LIST = '1.3.6.1.4.1.11129.2.4.2'

const ca = makeCa({ subject: 'Log user' })
const log = makeLog({ name: 'Log' })

function firstOf(list: Uint8Array): SignedTimestamp {
  const [timestamp] = readTimestampList(list)
  if (timestamp === undefined || !isSignedTimestamp(timestamp)) throw new Error('no timestamp of version 1')
  return timestamp
}

function tbsOf(certificate: Uint8Array): Uint8Array {
  return readDer(certificate, 'certificate').element('tbsCertificate')
}

/** The same certificate with the extensions of `extensions` and, at `place` among them, one with timestamps. */
function withAndWithout(place: number, extensionCount: number): { with: Uint8Array; without: Uint8Array } {
  const fixed = { key: makeKey('ecdsa-p256'), serialNumber: 7, isCa: null, keyUsage: null, extKeyUsage: null } as const
  const bare = { ...fixed, subjectKeyIdentifier: null, authorityKeyIdentifier: null }
  const extensions = Array.from({ length: extensionCount }, (_, index) => ({
    oid: `1.2.3.${index}`,
    value: writeNull(),
  }))
  // 70,000 bytes: a length of another size behind the removal.
  const timestamps = { oid: TIMESTAMP_LIST, value: writeOctetString(new Uint8Array(70_000)) }
  return {
    with: issue(ca, { ...bare, extensions: extensions.toSpliced(place, 0, timestamps) }).certificate,
    without: issue(ca, { ...bare, extensions }).certificate,
  }
}

describe('precertificates', () => {
  test.each([
    [0, 3],
    [1, 3],
    [3, 3],
    [0, 1],
    [0, 0],
  ])('the TBSCertificate without its timestamps, at place %i of %i others', (place, count) => {
    const made = withAndWithout(place, count)
    const entry = precertificateEntry(readCertificate(made.with), readCertificate(ca.certificate), nodeProvider)
    expect(entryBytes(entry)).toEqual(tbsOf(made.without))
    expect(entry).toMatchObject({ issuerKeyHash: nodeProvider.hashes.sha256.digest(ca.key.subjectPublicKeyInfo) })
  })

  test('more extensions than a call can have arguments', { timeout: 30_000 }, () => {
    const count = 1 << 19
    const others = new Uint8Array(count * 11)
    for (let i = 0; i < count; i++) {
      const arcs = [0x81 + (i >> 14), (i >> 7) & 0x7f, i & 0x7f]
      others.set([0x30, 9, 0x06, 5, 0x2a, 1, ...arcs, 0x04, 0], i * 11)
    }
    const timestamps = writeSequence(writeOid(TIMESTAMP_LIST), writeOctetString(writeOctetString(new Uint8Array(1))))
    /** In place of all other extensions. */
    const having =
      (...extensions: readonly Uint8Array[]) =>
      (tbs: Uint8Array): Uint8Array => {
        const reader = readDer(tbs, 'tbsCertificate')
        const from = reader.offset
        while (reader.peek() !== contextConstructed(3)) reader.skip('field')
        return writeSequence(reader.since(from), writeContext(3, writeSequence(...extensions)))
      }
    const { certificate } = issue(ca, { alterTbs: having(others, timestamps) })
    const entry = precertificateEntry(readCertificate(certificate), readCertificate(ca.certificate), nodeProvider)
    const [bytes, expected] = [entryBytes(entry), having(others)(tbsOf(certificate))]
    expect([bytes.length, equalBytes(bytes, expected)]).toEqual([expected.length, true])
  })

  test('a certificate without timestamps is as it is', () => {
    for (const options of [{}, { version: 1 as const }]) {
      const certificate = readCertificate(issue(ca, options).certificate)
      expect(entryBytes(precertificateEntry(certificate, certificate, nodeProvider))).toEqual(
        certificate.tbsCertificate,
      )
    }
  })

  test('a published vector: TestEmbeddedCertPEM of google/certificate-transparency-go, testdata/certs.go', () => {
    const issuer = readCertificate(readBase64(VECTOR_ISSUER, 'issuer'))
    const certificate = readCertificate(readBase64(VECTOR, 'certificate'))
    const timestamp = firstOf(certificate.extensions.timestampList as Uint8Array)
    const subjectPublicKeyInfo = readBase64(VECTOR_LOG_KEY, 'key')
    expect(timestamp.logId).toEqual(nodeProvider.hashes.sha256.digest(subjectPublicKeyInfo))
    expect(timestamp.timestamp).toBe(1365181456275)
    const data = writeSignedEntry(timestamp, precertificateEntry(certificate, issuer, nodeProvider))
    const algorithm = readBase64('MAoGCCqGSM49BAMC', 'ecdsa-with-SHA256')
    const request = { provider: nodeProvider, algorithm, subjectPublicKeyInfo, signature: timestamp.signature }
    expect(verifySignature({ ...request, data }).status).toBe('valid')
    const other = writeSignedEntry(timestamp, precertificateEntry(certificate, certificate, nodeProvider))
    expect(verifySignature({ ...request, data: other }).status).toBe('invalid')
  })
})

describe('what a log signs', () => {
  const leaf = issue(ca, { dnsNames: ['example.com'] })

  test('a certificate as it is, with the time and the extensions', () => {
    const made = signTimestamp({ log, time: 0x0102030405060708n, extensions: Uint8Array.of(9) }, leaf)
    const timestamp = firstOf(writeTimestamps([made]))
    const data = writeSignedEntry(timestamp, certificateEntry(readCertificate(leaf.certificate)))
    expect(data.subarray(0, 12)).toEqual(Uint8Array.of(0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 0, 0))
    expect(data.subarray(15, -3)).toEqual(leaf.certificate)
    expect(data.subarray(-3)).toEqual(Uint8Array.of(0, 1, 9))
    const key = nodeProvider.importPublicKey(log.key.subjectPublicKeyInfo)
    expect(nodeProvider.verify({ kind: 'ecdsa', hash: 'sha256' }, key, data, timestamp.signature)).toBe(true)
  })
})

/** CACertPEM there. */
const VECTOR_ISSUER =
  'MIIC0DCCAjmgAwIBAgIBADANBgkqhkiG9w0BAQUFADBVMQswCQYDVQQGEwJHQjEkMCIGA1UEChMbQ2VydGlmaWNhdGUgVHJhbnNw' +
  'YXJlbmN5IENBMQ4wDAYDVQQIEwVXYWxlczEQMA4GA1UEBxMHRXJ3IFdlbjAeFw0xMjA2MDEwMDAwMDBaFw0yMjA2MDEwMDAwMDBa' +
  'MFUxCzAJBgNVBAYTAkdCMSQwIgYDVQQKExtDZXJ0aWZpY2F0ZSBUcmFuc3BhcmVuY3kgQ0ExDjAMBgNVBAgTBVdhbGVzMRAwDgYD' +
  'VQQHEwdFcncgV2VuMIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDVimhTYhCicRmTbneDIRgcKkATxtB7jHbrkVfT0PtLO1Fu' +
  'zsvRyY2RxS90P6tjXVUJnNE6uvMa5UFEJFGnTHgW8iQ8+EjPKDHM5nugSlojgZ88ujfmJNnDvbKZuDnd/iYx0ss6hPx7srXFL8/B' +
  'T/9Ab1zURmnLsvfP34b7arnRsQIDAQABo4GvMIGsMB0GA1UdDgQWBBRfnYgNyHPmVNT4DdjmsMEktEfDVTB9BgNVHSMEdjB0gBRf' +
  'nYgNyHPmVNT4DdjmsMEktEfDVaFZpFcwVTELMAkGA1UEBhMCR0IxJDAiBgNVBAoTG0NlcnRpZmljYXRlIFRyYW5zcGFyZW5jeSBD' +
  'QTEOMAwGA1UECBMFV2FsZXMxEDAOBgNVBAcTB0VydyBXZW6CAQAwDAYDVR0TBAUwAwEB/zANBgkqhkiG9w0BAQUFAAOBgQAGCMxK' +
  'bWTyIF4UbASydvkrDvqUpdryOvw4BmBtOZDQoeojPUApV2lGOwRmYef6HReZFSCa6i4Kd1F2QRIn18ADB8dHDmFYT9czQiRyf1HW' +
  'kLxHqd81TbD26yWVXeGJPE3VICskovPkQNJ0tU4b03YmnKliibduyqQQkOFPOwqULg=='

const VECTOR =
  'MIIDWTCCAsKgAwIBAgIBBzANBgkqhkiG9w0BAQUFADBVMQswCQYDVQQGEwJHQjEkMCIGA1UEChMbQ2VydGlmaWNhdGUgVHJhbnNw' +
  'YXJlbmN5IENBMQ4wDAYDVQQIEwVXYWxlczEQMA4GA1UEBxMHRXJ3IFdlbjAeFw0xMjA2MDEwMDAwMDBaFw0yMjA2MDEwMDAwMDBa' +
  'MFIxCzAJBgNVBAYTAkdCMSEwHwYDVQQKExhDZXJ0aWZpY2F0ZSBUcmFuc3BhcmVuY3kxDjAMBgNVBAgTBVdhbGVzMRAwDgYDVQQH' +
  'EwdFcncgV2VuMIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQC+75jnwmh3rjhfdTJaDB0ym+3xj6r015a/BH634c4VyVui+A7k' +
  'WL19uG+KSyUhkaeb1wDDjpwDibRc1NyaEgqyHgy0HNDnKAWkEM2cW9tdSSdyba8XEPYBhzd+olsaHjnu0LiBGdwVTcaPfajjDK8V' +
  'ijPmyVCfSgWwFAn/Xdh+tQIDAQABo4IBOjCCATYwHQYDVR0OBBYEFCAxVBryXAX/2GWLaEN5T16QNve0MH0GA1UdIwR2MHSAFF+d' +
  'iA3Ic+ZU1PgN2OawwSS0R8NVoVmkVzBVMQswCQYDVQQGEwJHQjEkMCIGA1UEChMbQ2VydGlmaWNhdGUgVHJhbnNwYXJlbmN5IENB' +
  'MQ4wDAYDVQQIEwVXYWxlczEQMA4GA1UEBxMHRXJ3IFdlboIBADAJBgNVHRMEAjAAMIGKBgorBgEEAdZ5AgQCBHwEegB4AHYA3xwu' +
  'wRUAlFJHqWFoMl3cXHlZ6PfG04j8AC4LvT9012QAAAE92yffkwAABAMARzBFAiBIL2dRrzXbplQ2vh/WZA89v5pBQpSVkkUwKI+j' +
  '5eI+BgIhAOTtwNs6xXKx4vXoq2poBlOYfc9BAn3+/6EFUZ2J7b8IMA0GCSqGSIb3DQEBBQUAA4GBAIoMS+8JnUeSea+goo5on5Hh' +
  'xEIb4tJpoupspOghXd7dyhUEoR58h8S3foDw6XkDUmjyfKIOFmgErlVvMWmB+Wo5Srer/T4lWsAERRP+dlcMZ5Wr5HAxM9MD+J86' +
  '+mu8/FFzGd/ZW5NCQSEfY0A1w9B4MHpoxgdaLiDInza4kQyg'

/** LogPublicKeyB64 in testdata/keys.go there. */
const VECTOR_LOG_KEY =
  'MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEmXg8sUUzwBYaWrRb+V0IopzQ6o3UyEJ04r5ZrRXGdpYM8K+hB0pXrGRLI0eeWz+3' +
  'skXrS0IO83AhA3GpRL6s6w=='
