import { describe, expect, test } from 'vitest'
import { makeKey, TEST_KEY_TYPES } from '../../test/pki.ts'
import { writeBitString, writeInteger, writeNull, writeOid, writeSequence } from '../asn1/der-writer.ts'
import { DecodeError } from '../bytes/decode-error.ts'
import { nodeProvider } from '../crypto/node.ts'
import { inheritDsaParameters, keyTypeText, readPublicKeyInfo } from './public-key.ts'

const RSA = writeSequence(writeOid('1.2.840.113549.1.1.1'), writeNull())
const rsa = (modulus: bigint, exponent: bigint): Uint8Array =>
  writeSequence(RSA, writeBitString(writeSequence(writeInteger(modulus), writeInteger(exponent))))
const odd2048 = 2n ** 2047n + 1n

const p256 = (...point: number[]): Uint8Array =>
  writeSequence(
    writeSequence(writeOid('1.2.840.10045.2.1'), writeOid('1.2.840.10045.3.1.7')),
    writeBitString(Uint8Array.from(point)),
  )

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
  })

  test('the provider agrees on every kind', () => {
    for (const keyType of TEST_KEY_TYPES) {
      const { subjectPublicKeyInfo } = makeKey(keyType)
      const own = readPublicKeyInfo(subjectPublicKeyInfo).keyType
      expect(own).toEqual(nodeProvider.importPublicKey(subjectPublicKeyInfo).keyType)
    }
  })

  test.each([0n, 1n, 2n ** 1023n, 2n ** 2046n + 1n, 2n ** 16391n + 1n])('RSA of any size is read', (modulus) => {
    const bits = modulus === 0n ? 0 : modulus.toString(2).length
    expect(readPublicKeyInfo(rsa(modulus, 1n))).toMatchObject({ text: `RSA ${bits}`, keyType: { type: 'rsa', bits } })
  })

  test('other kinds have a name and no type', () => {
    const key = writeBitString(new Uint8Array(33))
    const ec = (...parameters: Uint8Array[]): Uint8Array =>
      writeSequence(writeSequence(writeOid('1.2.840.10045.2.1'), ...parameters), key)
    expect(readPublicKeyInfo(ec(writeOid('1.3.132.0.10')))).toMatchObject({ keyType: null, text: 'ECDSA secp256k1' })
    expect(readPublicKeyInfo(ec(writeOid('1.2.3')))).toMatchObject({ keyType: null, text: 'ECDSA 1.2.3' })
    expect(readPublicKeyInfo(ec(writeSequence()))).toMatchObject({ keyType: null, text: 'ECDSA on an unnamed curve' })
    const other = writeSequence(writeSequence(writeOid('1.3.132.1.12'), writeOid('1.2.840.10045.3.1.7')), key)
    expect(readPublicKeyInfo(other)).toMatchObject({ keyType: null, text: 'id-ecDH' })
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
    ['a point of no bytes', p256()],
    ['the point at infinity', p256(0)],
    ['a point of three bytes', p256(4, 1, 1)],
    ['a point a byte too long', p256(4, ...new Uint8Array(65))],
    ['a compressed point of two coordinates', p256(2, ...new Uint8Array(64))],
    ['a hybrid point', p256(6, ...new Uint8Array(64))],
    ['a point of another curve', p256(4, ...new Uint8Array(96))],
    ['a bit too few', writeSequence(RSA, writeBitString(Uint8Array.of(0), 1))],
  ])('refuses %s', (_, spki) => {
    expect(() => readPublicKeyInfo(spki)).toThrow(DecodeError)
  })

  test('a point may be compressed', () => {
    for (const form of [2, 3]) expect(readPublicKeyInfo(p256(form, ...new Uint8Array(32))).text).toBe('ECDSA P-256')
  })

  test('the numbers of an RSA key, without leading zeros', () => {
    expect(readPublicKeyInfo(rsa(0x80_01n, 3n)).rsa).toEqual({
      modulus: Uint8Array.of(0x80, 1),
      exponent: Uint8Array.of(3),
    })
    expect(readPublicKeyInfo(makeKey('ecdsa-p256').subjectPublicKeyInfo).rsa).toBeNull()
  })

  test('every type has a text', () => {
    expect(keyTypeText({ type: 'dsa', bits: 1024, subgroupBits: 160 })).toBe('DSA 1024')
    expect(keyTypeText({ type: 'dsa', bits: null, subgroupBits: null })).toBe('DSA with the parameters of its issuer')
    expect(keyTypeText({ type: 'ed448' })).toBe('Ed448')
    expect(keyTypeText({ type: 'rsa-pss', bits: 3072 })).toBe('RSA-PSS 3072')
  })
})

describe('DSA', () => {
  const DSA = writeOid('1.2.840.10040.4.1')
  const parameters = (p: bigint): Uint8Array =>
    writeSequence(writeInteger(p), writeInteger(2n ** 159n + 1n), writeInteger(4))
  const dsa = (y: number, ...algorithm: Uint8Array[]): Uint8Array =>
    writeSequence(writeSequence(DSA, ...algorithm), writeBitString(writeInteger(y)))
  const own = dsa(5, parameters(2n ** 1023n + 1n))
  const without = dsa(6)

  test('with parameters, and without', () => {
    expect(readPublicKeyInfo(own)).toMatchObject({
      keyType: { type: 'dsa', bits: 1024, subgroupBits: 160 },
      text: 'DSA 1024',
    })
    const none = { keyType: { type: 'dsa', bits: null, subgroupBits: null } }
    expect(readPublicKeyInfo(without)).toMatchObject(none)
    // RFC 5280 section 6.1.4 (e): null or omitted.
    expect(readPublicKeyInfo(dsa(6, writeNull()))).toMatchObject(none)
  })

  test.each([
    ['a string for parameters', dsa(5, writeBitString(new Uint8Array(1))), 'algorithm.parameters: needs SEQUENCE'],
    ['a negative q', dsa(5, writeSequence(writeInteger(7), writeInteger(-7), writeInteger(4))), 'q: needs a positive'],
    ['no g', dsa(5, writeSequence(writeInteger(7), writeInteger(7))), 'g: needs INTEGER'],
    [
      'more than g',
      dsa(5, writeSequence(...[1, 2, 3, 4].map((n) => writeInteger(n)))),
      'parameters: needs nothing more',
    ],
    ['something behind the parameters', dsa(5, parameters(7n), writeNull()), 'algorithm: needs nothing more'],
    ['y of 0', dsa(0, parameters(7n)), 'y: needs a positive number'],
    [
      'something behind y',
      writeSequence(
        writeSequence(DSA, parameters(7n)),
        writeBitString(Uint8Array.of(...writeInteger(5), ...writeNull())),
      ),
      'subjectPublicKey: needs nothing more',
    ],
  ])('%s is refused', (_, spki, message) => {
    expect(() => readPublicKeyInfo(spki)).toThrow(message)
    expect(() => readPublicKeyInfo(spki)).toThrow(DecodeError)
  })

  test('parameters are inherited from the issuer, and from whom it has them (RFC 3279 section 2.3.2)', () => {
    const inherited = inheritDsaParameters(without, own) as Uint8Array
    expect(inherited).toEqual(dsa(6, parameters(2n ** 1023n + 1n)))
    expect(inheritDsaParameters(dsa(7, writeNull()), inherited)).toEqual(dsa(7, parameters(2n ** 1023n + 1n)))
    expect(nodeProvider.importPublicKey(inherited).keyType).toEqual({ type: 'dsa', bits: 1024, subgroupBits: 160 })
  })

  test('nothing is inherited where there is nothing to inherit', () => {
    const ec = makeKey('ecdsa-p256').subjectPublicKeyInfo
    expect(inheritDsaParameters(own, own)).toBeNull()
    expect(inheritDsaParameters(ec, own)).toBeNull()
    expect(inheritDsaParameters(without, without)).toBeNull()
    expect(inheritDsaParameters(without, ec)).toBeNull()
    expect(() => inheritDsaParameters(without, Uint8Array.of(1))).toThrow(DecodeError)
  })
})
