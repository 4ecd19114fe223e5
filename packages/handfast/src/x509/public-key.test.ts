import { describe, expect, test } from 'vitest'
import { makeKey, TEST_KEY_TYPES } from '../../test/pki.ts'
import { writeBitString, writeInteger, writeNull, writeOid, writeSequence } from '../asn1/der-writer.ts'
import { DecodeError } from '../bytes/decode-error.ts'
import { nodeProvider } from '../crypto/node.ts'
import { keyTypeText, readPublicKeyInfo } from './public-key.ts'

const RSA = writeSequence(writeOid('1.2.840.113549.1.1.1'), writeNull())
const rsa = (modulus: bigint, exponent: bigint): Uint8Array =>
  writeSequence(RSA, writeBitString(writeSequence(writeInteger(modulus), writeInteger(exponent))))
const odd2048 = 2n ** 2047n + 1n

describe('public keys', () => {
  test.each([
    ['ecdsa-p256', 'ECDSA P-256'],
    ['ecdsa-p384', 'ECDSA P-384'],
    ['ecdsa-p521', 'ECDSA P-521'],
    ['ed25519', 'Ed25519'],
    ['rsa-2048', 'RSA 2048'],
    ['rsa-pss-2048', 'RSA-PSS 2048'],
    ['ml-dsa-44', 'ML-DSA-44'],
    ['ml-dsa-65', 'ML-DSA-65'],
    ['ml-dsa-87', 'ML-DSA-87'],
  ] as const)('%s is %s', (keyType, text) => {
    const info = readPublicKeyInfo(makeKey(keyType).subjectPublicKeyInfo)
    expect(info.text).toBe(text)
    expect(info.weakness).toBeNull()
  })

  test('the provider agrees on every kind', () => {
    for (const keyType of TEST_KEY_TYPES) {
      const { subjectPublicKeyInfo } = makeKey(keyType)
      const own = readPublicKeyInfo(subjectPublicKeyInfo).keyType
      expect(own).toEqual(nodeProvider.importPublicKey(subjectPublicKeyInfo).keyType)
    }
  })

  test.each([
    ['1024 bits', rsa(2n ** 1023n + 1n, 65537n), 'has 1024 bits and must have at least 2048'],
    ['2047 bits', rsa(2n ** 2046n + 1n, 65537n), 'has 2047 bits and must have at least 2048'],
    ['a modulus of zero', rsa(0n, 65537n), 'has 0 bits and must have at least 2048'],
    ['16392 bits', rsa(2n ** 16391n + 1n, 65537n), 'has 16392 bits and may have at most 16384'],
    ['an even modulus', rsa(2n ** 2047n, 65537n), 'has an even modulus'],
    ['an exponent of 1', rsa(odd2048, 1n), 'has a public exponent that is even or below 3'],
    ['an exponent of 0', rsa(odd2048, 0n), 'has a public exponent that is even or below 3'],
    ['an even exponent', rsa(odd2048, 65536n), 'has a public exponent that is even or below 3'],
    ['an exponent of 65 bits', rsa(odd2048, 2n ** 64n + 1n), 'has a public exponent of more than 64 bits'],
  ])('RSA with %s is weak', (_, spki, weakness) => {
    expect(readPublicKeyInfo(spki).weakness).toBe(weakness)
  })

  test('an exponent of 3 is not', () => {
    expect(readPublicKeyInfo(rsa(odd2048, 3n))).toMatchObject({ weakness: null, keyType: { type: 'rsa', bits: 2048 } })
  })

  test('other kinds have a name and no type', () => {
    const key = writeBitString(new Uint8Array(33))
    const ec = (...parameters: Uint8Array[]): Uint8Array =>
      writeSequence(writeSequence(writeOid('1.2.840.10045.2.1'), ...parameters), key)
    expect(readPublicKeyInfo(ec(writeOid('1.3.132.0.10')))).toMatchObject({ keyType: null, text: 'ECDSA secp256k1' })
    expect(readPublicKeyInfo(ec(writeOid('1.2.3')))).toMatchObject({ keyType: null, text: 'ECDSA 1.2.3' })
    expect(readPublicKeyInfo(ec(writeSequence()))).toMatchObject({ keyType: null, text: 'ECDSA on an unnamed curve' })
    const dsa = writeSequence(writeSequence(writeOid('1.2.840.10040.4.1')), key)
    expect(readPublicKeyInfo(dsa)).toMatchObject({ keyType: null, text: 'dsa' })
  })

  test.each([
    [
      'RSA without NULL',
      writeSequence(writeSequence(writeOid('1.2.840.113549.1.1.1')), writeBitString(new Uint8Array(1))),
    ],
    ['a negative modulus', rsa(-5n, 3n)],
    ['a negative exponent', rsa(odd2048, -3n)],
    ['a short Ed25519 key', writeSequence(writeSequence(writeOid('1.3.101.112')), writeBitString(new Uint8Array(31)))],
    [
      'Ed25519 with parameters',
      writeSequence(writeSequence(writeOid('1.3.101.112'), writeNull()), writeBitString(new Uint8Array(32))),
    ],
    [
      'a short ML-DSA key',
      writeSequence(writeSequence(writeOid('2.16.840.1.101.3.4.3.17')), writeBitString(new Uint8Array(1311))),
    ],
    ['a bit too few', writeSequence(RSA, writeBitString(Uint8Array.of(0), 1))],
  ])('refuses %s', (_, spki) => {
    expect(() => readPublicKeyInfo(spki)).toThrow(DecodeError)
  })

  test('every type has a text', () => {
    expect(keyTypeText({ type: 'ed448' })).toBe('Ed448')
    expect(keyTypeText({ type: 'rsa-pss', bits: 3072 })).toBe('RSA-PSS 3072')
  })
})
