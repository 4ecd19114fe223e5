import { X509Certificate } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { nodeProvider } from '../src/crypto/node.ts'
import { createTrustStore, readCertificate, readCertificates, readPrivateKey, verifyChain } from '../src/x509/index.ts'
import { issue, issueCa, makeCa, selfSign, TEST_KEY_TYPES } from './pki.ts'

const time = Date.UTC(2026, 0, 1)

describe('certificates for tests', () => {
  test.each(TEST_KEY_TYPES)('a chain of %s keys is trusted', (keyType) => {
    const ca = makeCa({ keyType })
    const sub = issueCa(ca, { pathLength: 0 })
    const leaf = issue(sub, { dnsNames: ['example.com'], ips: ['192.0.2.1', '2001:db8::1'] })
    expect(leaf.chain).toEqual([leaf.certificate, sub.certificate])
    const trust = createTrustStore([ca.certificate])
    const identity = { kind: 'dns', name: 'example.com' } as const
    const verdict = verifyChain({ chain: leaf.chain, trust, time, purpose: 'server', identity, provider: nodeProvider })
    expect(verdict.reasons).toEqual([])
    expect(verdict.trusted).toBe(true)
    expect(verdict.path.map(({ der }) => der)).toEqual([leaf.certificate, sub.certificate, ca.certificate])
  })

  test('node:crypto reads and verifies them, but for kinds of keys it does not know in certificates', () => {
    for (const keyType of TEST_KEY_TYPES) {
      const ca = makeCa({ keyType })
      const leaf = issue(ca, { subject: 'alice', usage: 'client', emails: ['alice@example.com'] })
      const read = new X509Certificate(leaf.certificate)
      expect(read.subject).toBe('CN=alice')
      expect(read.verify(new X509Certificate(ca.certificate).publicKey)).toBe(true)
    }
  })

  test('keys and PEM belong together', () => {
    const ca = makeCa()
    const leaf = issue(ca, { keyType: 'rsa-2048' })
    expect(readCertificates(leaf.chainPem).map(({ der }) => der)).toEqual([leaf.certificate])
    const key = readPrivateKey(leaf.key.pem, nodeProvider)
    expect(key.subjectPublicKeyInfo).toEqual(readCertificate(leaf.certificate).subjectPublicKeyInfo)
    expect(leaf.privateKey.keyType).toEqual({ type: 'rsa', bits: 2048 })
  })

  test('a self-signed end entity has no chain but itself', () => {
    const own = selfSign({ dnsNames: ['example.com'] })
    expect(readCertificate(own.certificate).isSelfIssued).toBe(true)
    expect(readCertificate(own.certificate).isCa).toBe(false)
    expect(own.chain).toEqual([own.certificate])
  })
})
