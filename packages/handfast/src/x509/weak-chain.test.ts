/**
 * Chains of DSA, of SHA-1 and of short RSA keys: their signatures verify, and the policy that TLS judges by unless
 * told otherwise refuses them all the same.
 */

import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { issue, issueCa, makeCa, type TestCertificate, writeAlgorithm } from '../../test/pki.ts'
import { readDer, writeBitString, writeOid, writeSequence } from '../asn1/index.ts'
import { nodeProvider } from '../crypto/node.ts'
import { createTrustStore } from './trust-store.ts'
import { createPolicy } from './validation-policy.ts'
import type { Verdict, VerifyRequest } from './verdict.ts'
import { verifyChain } from './verify.ts'

const time = Date.UTC(2026, 0, 1)

function judge(root: TestCertificate, chain: readonly Uint8Array[], given: Partial<VerifyRequest> = {}): Verdict {
  const trust = createTrustStore([root.certificate])
  return verifyChain({ chain, trust, time, purpose: 'server', provider: nodeProvider, ...given })
}

const told = ({ reasons }: Verdict): string[] => reasons.map(({ reason, certificate }) => `${reason}@${certificate}`)

/** What all of these chains need to be accepted. */
const lenient = createPolicy('tls', {
  limits: { rsaBits: 512, dsaBits: 1024, sha1: { before: '2050-01-01' } },
})

const DSA_ALGORITHM = writeAlgorithm({ kind: 'dsa', hash: 'sha256' })
const dsa = generateKeyPairSync('dsa', { modulusLength: 1024, divisorLength: 160 })
const dsaSpki = spkiOf(dsa.publicKey)

function spkiOf(key: KeyObject): Uint8Array {
  return Uint8Array.from(key.export({ format: 'der', type: 'spki' }))
}

/** A key of the same parameters, which it leaves to its issuer. */
const inheriting = generateInheriting()

function generateInheriting(): { readonly privateKey: KeyObject; readonly spki: Uint8Array } {
  // node:crypto makes new parameters with each key: the same key again has the same.
  const reader = readDer(dsaSpki, 'spki')
  reader.skip('algorithm')
  const algorithm = writeSequence(writeOid('1.2.840.10040.4.1'))
  return { privateKey: dsa.privateKey, spki: writeSequence(algorithm, reader.element('subjectPublicKey')) }
}

/** `certificate`, whose algorithms say DSA, with a signature that is DSA's as well. */
function signAgain({ certificate }: TestCertificate, key: KeyObject): Uint8Array {
  const reader = readDer(certificate, 'certificate')
  const tbsCertificate = reader.element('tbsCertificate')
  return writeSequence(
    tbsCertificate,
    DSA_ALGORITHM,
    writeBitString(Uint8Array.from(sign('sha256', tbsCertificate, key))),
  )
}

const byDsa = { innerAlgorithm: DSA_ALGORITHM, outerAlgorithm: DSA_ALGORITHM }

describe('DSA', () => {
  const root = makeCa({ subject: 'Root' })
  const ca = issueCa(root, { subject: 'DSA', subjectPublicKeyInfo: dsaSpki })
  const second = issueCa(ca, { subject: 'Second', subjectPublicKeyInfo: inheriting.spki, ...byDsa })
  const leaf = issue(second, { dnsNames: ['example.com'], ...byDsa })
  const chain = [signAgain(leaf, inheriting.privateKey), signAgain(second, dsa.privateKey), ca.certificate]

  test('is refused', () => {
    const verdict = judge(root, chain)
    expect(verdict.trusted).toBe(false)
    expect(told(verdict)).toContain('weak-key@1')
    expect(verdict.reasons[0]?.message).toMatch(/the key is of DSA, which is relied on no longer/)
  })

  test('is trusted by who relies on it, parameters inherited included', () => {
    const verdict = judge(root, chain, { policy: lenient })
    expect(told(verdict)).toEqual([])
    expect(verdict.trusted).toBe(true)
  })

  test('is refused with a wrong signature, and without the one who has the parameters', () => {
    const wrong = [signAgain(leaf, generateKeyPairSync('dsa', { modulusLength: 1024, divisorLength: 160 }).privateKey)]
    expect(told(judge(root, [...wrong, ...chain.slice(1)], { policy: lenient }))).toContain('bad-signature@0')
    const anchor = { ...second, certificate: chain[1] as Uint8Array }
    expect(judge(anchor, chain.slice(0, 1), { policy: lenient }).trusted).toBe(false)
  })
})

test.each([
  ['RSA of 1024 bits', 'weak-key@1'],
  ['SHA-1', 'weak-signature-algorithm@0'],
])('%s is refused, and trusted by who relies on it', (name, expected) => {
  const root = makeCa({ subject: 'Root' })
  const small = issueCa(root, { subject: 'CA', keyType: name === 'SHA-1' ? 'rsa-2048' : 'rsa-1024' })
  const leaf = issue(small, {
    dnsNames: ['example.com'],
    keyType: 'ecdsa-p256',
    ...(name === 'SHA-1' && { signatureAlgorithm: { kind: 'rsa-pkcs1', hash: 'sha1' } }),
  })
  const refused = judge(root, leaf.chain)
  expect([refused.trusted, told(refused)]).toEqual([false, [expected]])
  expect(judge(root, leaf.chain, { policy: lenient }).trusted).toBe(true)
})
