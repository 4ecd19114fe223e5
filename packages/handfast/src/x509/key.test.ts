import { createPrivateKey } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { issue, makeCa, makeKey, TEST_KEY_TYPES } from '../../test/pki.ts'
import { readPem, writePem } from '../asn1/pem.ts'
import { writeInteger, writeNull, writeOctetString, writeSequence } from '../asn1/der-writer.ts'
import { toHex } from '../bytes/hex.ts'
import { nodeProvider } from '../crypto/node.ts'
import { readCertificate } from './certificate.ts'
import { CertificateError } from './certificate-error.ts'
import { checkKeyMatches, readPrivateKey, readPrivateKeyFile } from './key.ts'

const ca = makeCa()

function failure(file: string | Uint8Array): CertificateError {
  try {
    readPrivateKeyFile(file)
  } catch (error) {
    if (error instanceof CertificateError) return error
    throw error
  }
  throw new Error('needs a CertificateError, has none')
}

describe('private keys', () => {
  test.each(TEST_KEY_TYPES)('PKCS#8 of %s, in PEM and DER', (keyType) => {
    const key = makeKey(keyType)
    expect(readPrivateKeyFile(key.pem)).toEqual(key.pkcs8)
    expect(readPrivateKeyFile(key.pkcs8)).toEqual(key.pkcs8)
    expect(readPrivateKey(new TextEncoder().encode(key.pem), nodeProvider).subjectPublicKeyInfo).toEqual(
      key.subjectPublicKeyInfo,
    )
  })

  test.each(['ecdsa-p256', 'ecdsa-p384', 'ecdsa-p521'] as const)('SEC 1 of %s becomes PKCS#8', (keyType) => {
    const key = makeKey(keyType)
    const sec1 = createPrivateKey(key.pem).export({ type: 'sec1', format: 'pem' }) as string
    expect(sec1).toContain('EC PRIVATE KEY')
    const parameters = '-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n'
    expect(toHex(readPrivateKeyFile(parameters + sec1))).toBe(toHex(key.pkcs8))
    expect(toHex(readPrivateKeyFile(readPem(sec1)[0]?.bytes as Uint8Array))).toBe(toHex(key.pkcs8))
  })

  test('PKCS#1 becomes PKCS#8', () => {
    const key = makeKey('rsa-2048')
    const pkcs1 = createPrivateKey(key.pem).export({ type: 'pkcs1', format: 'pem' }) as string
    expect(pkcs1).toContain('RSA PRIVATE KEY')
    expect(toHex(readPrivateKeyFile(pkcs1))).toBe(toHex(key.pkcs8))
  })

  test('encrypted keys are said to be', () => {
    const key = createPrivateKey(makeKey('ecdsa-p256').pem)
    const options = { cipher: 'aes-128-cbc', passphrase: 'x' } as const
    const pkcs8 = key.export({ type: 'pkcs8', format: 'pem', ...options }) as string
    const sec1 = key.export({ type: 'sec1', format: 'pem', ...options }) as string
    for (const file of [pkcs8, sec1, readPem(pkcs8)[0]?.bytes as Uint8Array]) {
      expect(failure(file).message).toMatch(/^private key: it is encrypted/)
    }
  })

  test('none, several and other keys are refused', () => {
    expect(failure(ca.pem).message).toContain('has neither')
    expect(failure(ca.key.pem + ca.key.pem).message).toBe('file: needs one private key, has 2')
    expect(failure(writePem('OPENSSH PRIVATE KEY', Uint8Array.of(1))).message).toContain('has OPENSSH PRIVATE KEY')
    expect(failure(writeSequence(writeInteger(0), writeNull())).message).toContain('is none of them')
    expect(failure(writeSequence(writeInteger(1), writeOctetString(new Uint8Array(32)))).message).toContain(
      'needs a named curve',
    )
    expect(failure(writeSequence(writeInteger(7), writeOctetString(new Uint8Array(32)))).message).toContain(
      'version: needs 1',
    )
    expect(failure(writeSequence(writeInteger(1), writeInteger(5))).message).toContain('version: needs 0')
  })

  test('no byte of a key is in an error', () => {
    const secret = Uint8Array.of(0, 0x11, 0x22)
    const malformed = writeSequence(
      writeInteger(1),
      writeOctetString(new Uint8Array(32)),
      Uint8Array.of(0xa0, 0x05, 2, 3, ...secret),
    )
    expect(failure(malformed).message).toBe('private key: parameters.namedCurve: needs OBJECT IDENTIFIER')
    expect(failure(`-----BEGIN PRIVATE KEY-----\nSECRET!!\n-----END PRIVATE KEY-----`).message).not.toMatch(/SECRET|!/)
  })
})

describe('a key and its certificate', () => {
  test('belong together', () => {
    for (const keyType of TEST_KEY_TYPES) {
      const leaf = issue(ca, { keyType })
      expect(() => checkKeyMatches(readCertificate(leaf.certificate), leaf.privateKey)).not.toThrow()
    }
  })

  test('do not, which is a mistake of the caller', () => {
    const leaf = issue(ca, { subject: 'leaf' })
    expect(() => checkKeyMatches(readCertificate(leaf.certificate), ca.privateKey)).toThrow(TypeError)
    expect(() => checkKeyMatches(readCertificate(leaf.certificate), ca.privateKey)).toThrow(
      'two different keys of ECDSA P-256',
    )
    const rsa = issue(ca, { keyType: 'rsa-2048' })
    expect(() => checkKeyMatches(readCertificate(leaf.certificate), rsa.privateKey)).toThrow(
      'RSA 2048, not ECDSA P-256',
    )
  })
})
