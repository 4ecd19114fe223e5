import { describe, expect, test } from 'vitest'
import { TEST_KEY_TYPES, algorithmFor, writeAlgorithm } from '../../test/pki.ts'
import { writeContext, writeInteger, writeNull, writeOid, writeSequence } from '../asn1/der-writer.ts'
import { DecodeError } from '../bytes/decode-error.ts'
import type { SignatureAlgorithm } from '../crypto/provider.ts'
import { readSignatureAlgorithm } from './signature-algorithm.ts'

const read = (...elements: Uint8Array[]): ReturnType<typeof readSignatureAlgorithm> =>
  readSignatureAlgorithm(writeSequence(...elements), 'signatureAlgorithm')

const PSS = writeOid('1.2.840.113549.1.1.10')
const SHA256 = writeOid('2.16.840.1.101.3.4.2.1')
const MGF1 = writeOid('1.2.840.113549.1.1.8')
const hash = writeContext(0, writeSequence(SHA256))
const mgf = writeContext(1, writeSequence(MGF1, writeSequence(SHA256)))
const salt = writeContext(2, writeInteger(32))

describe('signature algorithms', () => {
  test.each(TEST_KEY_TYPES)('of %s keys survive', (keyType) => {
    const algorithm = algorithmFor(keyType)
    expect(readSignatureAlgorithm(writeAlgorithm(algorithm), 'a')).toMatchObject({ algorithm, weakness: null })
  })

  test.each<[SignatureAlgorithm, string, string | null]>([
    [{ kind: 'ecdsa', hash: 'sha1' }, 'ECDSA with SHA-1', 'SHA-1'],
    [{ kind: 'rsa-pkcs1', hash: 'sha1' }, 'RSA with SHA-1', 'SHA-1'],
    [{ kind: 'rsa-pkcs1', hash: 'sha512' }, 'RSA with SHA-512', null],
    [{ kind: 'rsa-pss', hash: 'sha384', mgfHash: 'sha384', saltLength: 48 }, 'RSA-PSS with SHA-384', null],
    [{ kind: 'rsa-pss', hash: 'sha1', mgfHash: 'sha256', saltLength: 20 }, 'RSA-PSS with SHA-1', 'SHA-1'],
    [{ kind: 'ed448' }, 'Ed448', null],
    [{ kind: 'dsa', hash: 'sha1' }, 'DSA with SHA-1', 'SHA-1'],
    [{ kind: 'dsa', hash: 'sha224' }, 'DSA with SHA-224', null],
    [{ kind: 'dsa', hash: 'sha256' }, 'DSA with SHA-256', null],
    [{ kind: 'ecdsa', hash: 'sha224' }, 'ECDSA with SHA-224', null],
    [{ kind: 'ecdsa', hash: 'sha3-384' }, 'ECDSA with SHA3-384', null],
    [{ kind: 'rsa-pkcs1', hash: 'sha224' }, 'RSA with SHA-224', null],
    [{ kind: 'rsa-pkcs1', hash: 'sha512-224' }, 'RSA with SHA-512/224', null],
    [{ kind: 'rsa-pkcs1', hash: 'sha512-256' }, 'RSA with SHA-512/256', null],
    [{ kind: 'rsa-pkcs1', hash: 'sha3-256' }, 'RSA with SHA3-256', null],
    [{ kind: 'rsa-pss', hash: 'sha224', mgfHash: 'sha1', saltLength: 28 }, 'RSA-PSS with SHA-224', null],
    [{ kind: 'rsa-pss', hash: 'sha3-512', mgfHash: 'sha3-512', saltLength: 64 }, 'RSA-PSS with SHA3-512', null],
    [{ kind: 'ml-dsa-65' }, 'ML-DSA-65', null],
  ])('%j', (algorithm, text, weakness) => {
    expect(readSignatureAlgorithm(writeAlgorithm(algorithm), 'a')).toMatchObject({ algorithm, text, weakness })
  })

  test('MD5 is weak, others are known by name or by OID', () => {
    expect(read(writeOid('1.2.840.113549.1.1.4'), writeNull())).toMatchObject({ algorithm: null, weakness: 'MD5' })
    expect(read(writeOid('1.2.840.113549.1.1.2'), writeNull())).toMatchObject({ algorithm: null, weakness: 'MD2' })
    expect(read(writeOid('1.3.6.1.5.5.7.6.32'))).toMatchObject({ algorithm: null, text: 'id-ecdsa-with-shake128' })
    expect(read(writeOid('1.2.3.4'), writeNull())).toEqual({
      oid: '1.2.3.4',
      text: '1.2.3.4',
      algorithm: null,
      weakness: null,
    })
  })

  test('RSA takes NULL or nothing as parameters', () => {
    const rsa = writeOid('1.2.840.113549.1.1.11')
    expect(read(rsa, writeNull()).algorithm).toEqual({ kind: 'rsa-pkcs1', hash: 'sha256' })
    expect(read(rsa).algorithm).toEqual({ kind: 'rsa-pkcs1', hash: 'sha256' })
    expect(() => read(rsa, writeSequence())).toThrow('signatureAlgorithm.parameters: needs NULL')
  })

  test.each([
    '1.2.840.10045.4.3.2',
    '1.2.840.10040.4.3',
    '2.16.840.1.101.3.4.3.10',
    '1.3.101.112',
    '2.16.840.1.101.3.4.3.18',
  ])('%s takes no parameters', (oid) => {
    expect(() => read(writeOid(oid), writeNull())).toThrow('signatureAlgorithm.parameters: needs none')
  })

  test('RSASSA-PSS: hashes with NULL or without, trailer field 1 or absent, defaults of SHA-1', () => {
    const withNull = writeContext(0, writeSequence(SHA256, writeNull()))
    const algorithm = { kind: 'rsa-pss', hash: 'sha256', mgfHash: 'sha256', saltLength: 32 }
    expect(read(PSS, writeSequence(withNull, mgf, salt)).algorithm).toEqual(algorithm)
    expect(read(PSS, writeSequence(hash, mgf, salt, writeContext(3, writeInteger(1)))).algorithm).toEqual(algorithm)
    expect(read(PSS, writeSequence())).toMatchObject({
      algorithm: { kind: 'rsa-pss', hash: 'sha1', mgfHash: 'sha1', saltLength: 20 },
      weakness: 'SHA-1',
    })
    const md5 = writeContext(0, writeSequence(writeOid('1.2.840.113549.2.5'), writeNull()))
    expect(read(PSS, writeSequence(md5))).toMatchObject({ algorithm: null, text: 'RSA-PSS with md5' })
  })

  test.each([
    ['no parameters', [PSS]],
    ['a trailer of 2', [PSS, writeSequence(hash, mgf, salt, writeContext(3, writeInteger(2)))]],
    ['another mask', [PSS, writeSequence(hash, writeContext(1, writeSequence(SHA256, writeSequence(SHA256))), salt)]],
    ['a wrong order', [PSS, writeSequence(salt, hash)]],
    ['a negative salt', [PSS, writeSequence(hash, mgf, writeContext(2, writeInteger(-1)))]],
    ['something behind', [PSS, writeSequence(hash, mgf, salt), writeNull()]],
  ])('RSASSA-PSS with %s is refused', (_, elements) => {
    expect(() => read(...elements)).toThrow(DecodeError)
  })
})
