/**
 * Chains of DSA, of SHA-1 and of short RSA keys: their signatures verify, and the policy that TLS judges by unless
 * told otherwise refuses them all the same. Chains to a leaf whose key is none; chains by a key with which anyone can
 * sign.
 */

import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { issue, issueCa, makeCa, type TestCertificate, writeAlgorithm } from '../../test/pki.ts'
import { readDer, writeBitString, writeInteger, writeOid, writeSequence } from '../asn1/index.ts'
import { toHex } from '../bytes/hex.ts'
import { nodeProvider } from '../crypto/node.ts'
import type { CryptoProvider } from '../crypto/provider.ts'
import { type Certificate, readCertificate } from './certificate.ts'
import { type DsaNumbers, readDsaNumbers } from './public-key.ts'
import { createTrustStore } from './trust-store.ts'
import { createPolicy, POLICIES } from './validation-policy.ts'
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

describe('DSA with values of order 2, for which anyone can sign', () => {
  const root = makeCa({ subject: 'Root' })
  const numbers = readDsaNumbers(dsaSpki) as DsaNumbers
  const [p, q, g] = [numbers.p, numbers.q, numbers.g].map((bytes) => BigInt(`0x${toHex(bytes)}`)) as [
    bigint,
    bigint,
    bigint,
  ]
  const minusOne = p - 1n

  function power(base: bigint, exponent: bigint, modulus: bigint): bigint {
    let result = 1n
    for (let square = base, rest = exponent; rest > 0n; rest >>= 1n) {
      if (rest & 1n) result = (result * square) % modulus
      square = (square * square) % modulus
    }
    return result
  }

  const inverse = (number: bigint): bigint => power(number, q - 2n, q)

  function spkiWith(y: bigint, generator?: bigint): Uint8Array {
    const oid = writeOid('1.2.840.10040.4.1')
    const parameters = generator === undefined ? [] : [writeSequence(...[p, q, generator].map((n) => writeInteger(n)))]
    return writeSequence(writeSequence(oid, ...parameters), writeBitString(writeInteger(y)))
  }

  /** A signature that verifies with y = -1, made without a private key. */
  function forge({ certificate }: TestCertificate, generator: bigint): Uint8Array {
    const tbsCertificate = readDer(certificate, 'certificate').element('tbsCertificate')
    const digest = nodeProvider.hashes.sha256.digest(tbsCertificate).subarray(0, 20)
    const hash = BigInt(`0x${toHex(digest)}`)
    for (let k = 2n; ; k += 2n) {
      const r = power(generator, k, p) % q
      // Of order 2 themselves the powers of the generator depend on whether u1 is even; any s will do.
      const s = generator === minusOne ? k : (hash * inverse(k)) % q
      const u1 = (hash * inverse(s)) % q
      const u2 = (r * inverse(s)) % q
      const isEven = generator === minusOne ? (u1 + u2) % 2n === 0n : u2 % 2n === 0n
      if (!isEven) continue
      const signature = writeSequence(writeInteger(r), writeInteger(s))
      return writeSequence(tbsCertificate, DSA_ALGORITHM, writeBitString(signature))
    }
  }

  test.each([
    ['public value', g, true],
    ['public value, with parameters of the issuer', g, false],
    ['generator and public value', minusOne, true],
  ])('%s', (_, generator, hasParameters) => {
    const above = issueCa(root, { subject: 'Above', subjectPublicKeyInfo: dsaSpki })
    const spki = hasParameters ? spkiWith(minusOne, generator) : spkiWith(minusOne)
    const weak = hasParameters
      ? issueCa(root, { subject: 'Weak', subjectPublicKeyInfo: spki })
      : issueCa(above, { subject: 'Weak', subjectPublicKeyInfo: spki, ...byDsa })
    const forged = forge(issue(weak, { dnsNames: ['example.com'], ...byDsa }), generator)
    const chain = hasParameters
      ? [forged, weak.certificate]
      : [forged, signAgain(weak, dsa.privateKey), above.certificate]
    // node:crypto has nothing against it.
    const key = nodeProvider.importPublicKey(spkiWith(minusOne, generator))
    const { tbsCertificate, signature } = readCertificate(forged)
    expect(nodeProvider.verify({ kind: 'dsa', hash: 'sha256' }, key, tbsCertificate, signature)).toBe(true)
    const verdict = judge(root, chain, { policy: lenient })
    expect([verdict.trusted, told(verdict)]).toEqual([false, ['malformed@1']])
    expect(verdict.reasons[0]?.message).toMatch(/subjectPublicKeyInfo: needs a generator and a public value of order q/)
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

describe('the key of the leaf, which no signature in the chain puts to use', () => {
  const root = makeCa({ subject: 'Root' })
  const onCurve = (oid: string, ...point: number[]): Uint8Array =>
    writeSequence(writeSequence(writeOid('1.2.840.10045.2.1'), writeOid(oid)), writeBitString(Uint8Array.from(point)))
  const p256 = (...point: number[]): Uint8Array => onCurve('1.2.840.10045.3.1.7', ...point)
  const nist = (oid: string, length: number): Uint8Array => onCurve(oid, 4, ...new Uint8Array(length))
  const edwards = (oid: string, length: number): Uint8Array =>
    writeSequence(writeSequence(writeOid(oid)), writeBitString(new Uint8Array(length).fill(2)))

  test.each([
    ['a point off its curve', p256(4, ...new Uint8Array(64).fill(1)), 'malformed@0', /not a point on the curve/],
    ['a point off P-384', nist('1.3.132.0.34', 96), 'malformed@0', /secp384r1 public key: not a point on the curve/],
    ['a point off P-521', nist('1.3.132.0.35', 132), 'malformed@0', /secp521r1 public key: not a point on the curve/],
    ['the point at infinity', p256(0), 'malformed@0', /needs a point that is uncompressed/],
    ['no point', p256(), 'malformed@0', /has no bytes/],
    ['a point of another form', p256(6, ...new Uint8Array(64).fill(1)), 'malformed@0', /has form 6/],
    ['a point too short', p256(9, 9, 9), 'malformed@0', /has form 9/],
    ['a compressed point', p256(2, ...new Uint8Array(32).fill(255)), 'unsupported-public-key@0', /compressed point/],
    ['bytes that are no point of Ed25519', edwards('1.3.101.112', 32), 'malformed@0', /not a point on the curve/],
    ['bytes that are no point of Ed448', edwards('1.3.101.113', 57), 'malformed@0', /not a point on the curve/],
  ])('%s', (_, subjectPublicKeyInfo, reason, message) => {
    const leaf = issue(root, { dnsNames: ['example.com'], subjectPublicKeyInfo })
    for (const policy of [POLICIES.tls, POLICIES.rfc5280, POLICIES.webpki]) {
      const verdict = judge(root, [leaf.certificate], { policy })
      expect(verdict.trusted).toBe(false)
      expect(told(verdict)).toContain(reason)
      expect(verdict.reasons.map((one) => one.message).join()).toMatch(message)
    }
  })

  test.each([
    ['on a NIST curve is imported by the handshake alone', 'prime256v1', 0],
    ['on a curve of Brainpool is imported once, by the handshake or by the verdict', 'brainpoolP256r1', 1],
  ])('%s', (_, namedCurve, importsByVerdict) => {
    const subjectPublicKeyInfo = spkiOf(generateKeyPairSync('ec', { namedCurve }).publicKey)
    const { certificate } = issue(root, { dnsNames: ['example.com'], subjectPublicKeyInfo })
    let imports = 0
    const provider: CryptoProvider = {
      ...nodeProvider,
      importPublicKey: (spki) => (imports++, nodeProvider.importPublicKey(spki)),
    }
    const trust = createTrustStore([root.certificate])
    const importsFor = (leaf: Certificate): number => {
      imports = 0
      expect(verifyChain({ chain: [leaf], trust, time, purpose: 'server', provider }).trusted).toBe(true)
      return imports
    }
    // The root's key is imported once for all.
    importsFor(readCertificate(certificate))
    expect(importsFor(readCertificate(certificate))).toBe(importsByVerdict)
    const leaf = readCertificate(certificate)
    leaf.publicKey(provider)
    expect(importsFor(leaf)).toBe(0)
  })
})
