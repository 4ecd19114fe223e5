import { generateKeyPairSync, sign } from 'node:crypto'
import { brainpoolP256r1, brainpoolP384r1, brainpoolP512r1 } from '@noble/curves/misc.js'
import { p256, p384, p521 } from '@noble/curves/nist.js'
import { describe, expect, test } from 'vitest'
import { issue, makeCa, writeAlgorithm } from '../../test/pki.ts'
import { readDer, TAG, writeBitString, writeInteger, writeSequence } from '../asn1/index.ts'
import { toHex } from '../bytes/index.ts'
import { nodeProvider } from '../crypto/node.ts'
import { createBlocklist } from './blocklist.ts'
import { type Certificate, readCertificate } from './certificate.ts'
import { twinFingerprint } from './signature-twin.ts'
import { createTrustStore } from './trust-store.ts'
import { findSignatureProblem } from './validate-path.ts'
import { verifyChain } from './verify.ts'

const { sha256 } = nodeProvider.hashes
const ca = makeCa()

/** A certificate with a new key on this curve, and one that it signed. */
function issuedOn(namedCurve: string): [leaf: Certificate, issuer: Certificate] {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve })
  const identifier = writeAlgorithm({ kind: 'ecdsa', hash: 'sha256' })
  const subjectPublicKeyInfo = new Uint8Array(publicKey.export({ type: 'spki', format: 'der' }))
  const issuer = readCertificate(issue(ca, { isCa: true, subjectPublicKeyInfo }).certificate)
  const { tbsCertificate } = readCertificate(issue(ca, { dnsNames: ['a.example'] }).certificate)
  const signature = new Uint8Array(sign('sha256', tbsCertificate, privateKey))
  return [readCertificate(writeSequence(tbsCertificate, identifier, writeBitString(signature))), issuer]
}

/** The same certificate with n - s for s. */
function withOtherSignature({ tbsCertificate, signatureAlgorithmDer, signature }: Certificate, n: bigint): Uint8Array {
  const reader = readDer(signature, 'signature')
  const r = reader.element('r')
  const s = BigInt(`0x${toHex(reader.value('s', TAG.integer))}`)
  return writeSequence(tbsCertificate, signatureAlgorithmDer, writeBitString(writeSequence(r, writeInteger(n - s))))
}

describe('a certificate whose signature has two forms', () => {
  test.each([
    ['P-256', p256],
    ['P-384', p384],
    ['P-521', p521],
    ['brainpoolP256r1', brainpoolP256r1],
    ['brainpoolP384r1', brainpoolP384r1],
    ['brainpoolP512r1', brainpoolP512r1],
  ])('ECDSA %s', (namedCurve, curve) => {
    const [leaf, issuer] = issuedOn(namedCurve)
    const twin = readCertificate(withOtherSignature(leaf, curve.Point.CURVE().n))
    expect(findSignatureProblem(twin, issuer, nodeProvider)).toBeNull()
    expect(twin.fingerprint(sha256)).not.toBe(leaf.fingerprint(sha256))
    expect(twinFingerprint(twin, issuer, sha256)).toBe(leaf.fingerprint(sha256))
    expect(twinFingerprint(leaf, issuer, sha256)).toBe(twin.fingerprint(sha256))
  })

  test('others have none, nor has what is no signature', () => {
    for (const keyType of ['ed25519', 'rsa-2048'] as const) {
      const issuer = makeCa({ keyType })
      const [leaf, above] = [issue(issuer), issuer].map(({ certificate }) => readCertificate(certificate))
      expect(twinFingerprint(leaf as Certificate, above as Certificate, sha256)).toBeNull()
    }
    const leaf = readCertificate(issue(makeCa({ keyType: 'ed25519' })).certificate)
    expect(twinFingerprint(leaf, readCertificate(ca.certificate), sha256)).toBeNull()
  })

  test('is on a blocklist in both, in a path as well', () => {
    const leaf = readCertificate(issue(ca, { dnsNames: ['a.example'] }).certificate)
    const entry = { hash: leaf.fingerprint(sha256) }
    for (const kind of ['certificate', 'certificate-or-key'] as const) {
      const blocklist = createBlocklist({ name: 'blocked', entries: [{ kind, ...entry }] })
      const { reasons } = verifyChain({
        chain: [withOtherSignature(leaf, p256.Point.CURVE().n)],
        trust: createTrustStore([ca.certificate]),
        time: Date.UTC(2026, 0, 1),
        purpose: 'server',
        provider: nodeProvider,
        blocklist,
      })
      expect(reasons.map(({ reason }) => reason)).toEqual(['blocked'])
    }
  })
})
