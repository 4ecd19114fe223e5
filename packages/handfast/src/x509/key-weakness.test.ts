/** Weak keys, made as weak keys are made; and keys that are none. */

import { checkPrimeSync, generatePrimeSync, randomBytes } from 'node:crypto'
import { rootCertificates } from 'node:tls'
import { ed25519 } from '@noble/curves/ed25519.js'
import { ed448 } from '@noble/curves/ed448.js'
import { describe, expect, test } from 'vitest'
import { makeCa, makeKey, TEST_KEY_TYPES } from '../../test/pki.ts'
import { writeBitString, writeInteger, writeNull, writeOid, writeSequence } from '../asn1/der-writer.ts'
import { fromHex, toHex } from '../bytes/hex.ts'
import { readCertificates } from './bundle.ts'
import { readCertificate } from './certificate.ts'
import { DEFAULT_KEY_LIMITS, findKeyWeakness, type KeyLimits } from './key-weakness.ts'
import { type PublicKeyInfo, readPublicKeyInfo } from './public-key.ts'

const ANY_SIZE: KeyLimits = { rsaBits: 0, dsaBits: 0 }

const RSA = writeSequence(writeOid('1.2.840.113549.1.1.1'), writeNull())
const rsa = (modulus: bigint, exponent = 65537n): PublicKeyInfo =>
  readPublicKeyInfo(writeSequence(RSA, writeBitString(writeSequence(writeInteger(modulus), writeInteger(exponent)))))
const weaknessOf = (modulus: bigint, exponent?: bigint): string | null =>
  findKeyWeakness(rsa(modulus, exponent), ANY_SIZE)

const SMALL_PRIMES = Array.from({ length: 1500 }, (_, n) => n).filter(
  (n) => n > 1 && !Array.from({ length: n }, (_, d) => d).some((d) => d > 1 && d * d <= n && n % d === 0),
)

function randomNumber(bits: number): bigint {
  return BigInt(`0x${toHex(new Uint8Array(randomBytes(bits / 8)))}`)
}

/** Odd, of exactly so many bits, with no factor below 752. */
function withoutSmallFactors(bits: number): bigint {
  for (;;) {
    const n = randomNumber(bits) | 1n | (3n << BigInt(bits - 2))
    if (SMALL_PRIMES.every((prime) => prime > 751 || n % BigInt(prime) !== 0n)) return n
  }
}

function power(base: bigint, exponent: bigint, modulus: bigint): bigint {
  let result = 1n
  for (let square = base % modulus, rest = exponent; rest > 0n; rest >>= 1n) {
    if (rest & 1n) result = (result * square) % modulus
    square = (square * square) % modulus
  }
  return result
}

const GOOD = withoutSmallFactors(1024) * withoutSmallFactors(1024)

describe('RSA', () => {
  test('sizes are for the policy to say', () => {
    const small = rsa(withoutSmallFactors(512) * withoutSmallFactors(512))
    expect(findKeyWeakness(small, ANY_SIZE)).toBeNull()
    expect(findKeyWeakness(small, { ...ANY_SIZE, rsaBits: 1024 })).toBeNull()
    expect(findKeyWeakness(small, { ...ANY_SIZE, rsaBits: 1025 })).toBe('has 1024 bits and must have at least 1025')
    expect(findKeyWeakness(small)).toBe(`has 1024 bits and must have at least ${DEFAULT_KEY_LIMITS.rsaBits}`)
    expect(findKeyWeakness(rsa(GOOD))).toBeNull()
    expect(weaknessOf(2n ** 16384n + 1n)).toBe('has 16385 bits and may have at most 16384')
    expect(findKeyWeakness(rsa(0n))).toBe('has 0 bits and must have at least 2048')
  })

  test.each<[string, bigint | undefined, string]>([
    ['an exponent of 0', 0n, 'has a public exponent that is even or below 3'],
    ['an exponent of 1', 1n, 'has a public exponent that is even or below 3'],
    ['an even exponent', 65536n, 'has a public exponent that is even or below 3'],
    ['an exponent of 65 bits', 2n ** 64n + 1n, 'has a public exponent of more than 64 bits'],
  ])('%s', (_, exponent, weakness) => {
    expect(weaknessOf(GOOD, exponent)).toBe(weakness)
  })

  test('exponents of 3 and of 64 bits are none', () => {
    expect(weaknessOf(GOOD, 3n)).toBeNull()
    expect(weaknessOf(GOOD, 2n ** 64n - 1n)).toBeNull()
  })

  test('an even modulus, and every prime factor below 752', () => {
    expect(weaknessOf(GOOD - 1n)).toBe('has an even modulus')
    expect(weaknessOf(0n)).toBe('has an even modulus')
    const rest = withoutSmallFactors(2040)
    for (const prime of SMALL_PRIMES) {
      if (prime === 2) continue
      const expected = prime < 752 ? `has a modulus divisible by ${prime}` : null
      expect(weaknessOf(rest * BigInt(prime)), `${prime}`).toBe(expected)
    }
    expect(weaknessOf(rest * 751n * 3n)).toBe('has a modulus divisible by 3')
  })

  test('a square', () => {
    const p = withoutSmallFactors(1024)
    expect(weaknessOf(p * p)).toBe('has a modulus that is a square')
    expect(weaknessOf(p * p * p * p)).toBe('has a modulus that is a square')
  })

  test.each([512, 1024, 2048, 4096])('%d bits with factors close together', (bits) => {
    // a^2 - d^2 is the modulus, and d as large as it may be for the rounds.
    const half = withoutSmallFactors(bits / 2)
    for (const rounds of [1, 2, 50, 100, 101]) {
      const found = closeModulus(half, rounds)
      const expected =
        rounds > 100
          ? null
          : `has a modulus whose factors are close together (found by Fermat's method in ${rounds} of 100 rounds)`
      expect(weaknessOf(found)).toBe(expected)
    }
  })

  test.each([
    [2100, 3],
    [2048, 5],
    [2048, 15],
    [2050, 25],
    [4087, 61],
    [2048, 47],
    [2046, 66],
    [2048, 97],
    [2010, 201],
    [16384, 331],
  ])('%d bits that are a power of %d', (bits, exponent) => {
    const prime = BigInt(`0x${toHex(new Uint8Array(generatePrimeSync(Math.floor(bits / exponent))))}`)
    const number = prime ** BigInt(exponent)
    const expected =
      exponent % 2 === 0 ? /^has a modulus that is a square/ : /^has a modulus that is a power \(of \d+\)$/
    expect(weaknessOf(number)).toMatch(expected)
    expect(weaknessOf(number * withoutSmallFactors(64))).toBeNull()
  })

  test.each([
    [512, 39],
    [1024, 71],
    [2048, 126],
    [4096, 225],
  ])('%d bits with the structure of RSALib (ROCA)', (bits, primes) => {
    const [p, q] = [rocaPrime(bits / 2, primes), rocaPrime(bits / 2, primes)]
    expect(weaknessOf(p * q)).toMatch(/^has the structure of keys made by RSALib \(ROCA\)/)
    // One factor of another make, and the structure is gone.
    if (bits >= 1024) expect(weaknessOf(p * withoutSmallFactors(bits / 2))).toBeNull()
  })

  test('of a certificate what does not depend on the limits is found out once', () => {
    const certificate = readCertificate(makeCa({ keyType: 'rsa-2048' }).certificate)
    expect(certificate.findKeyWeakness()).toBeNull()
    certificate.publicKeyInfo.rsa?.modulus.fill(0xff)
    expect(certificate.findKeyWeakness()).toBeNull()
    expect(findKeyWeakness(certificate.publicKeyInfo)).not.toBeNull()
    expect(certificate.findKeyWeakness({ ...ANY_SIZE, rsaBits: 2049 })).toMatch(/must have at least 2049$/)
  })

  /** A modulus of which Fermat's method finds the factors a + d and a - d in just so many rounds. */
  function closeModulus(near: bigint, rounds: number): bigint {
    for (let a = near; ; a++) {
      // The root of the modulus, rounded down, is `rounds` below a.
      const d = root(a * a - (a - BigInt(rounds) + 1n) ** 2n) + 1n
      const n = a * a - d * d
      if (SMALL_PRIMES.every((prime) => prime > 751 || n % BigInt(prime) !== 0n)) return n
    }
  }

  /** Rounded down: Newton's method from above. */
  function root(n: bigint): bigint {
    if (n === 0n) return n
    let x = 1n << BigInt((bitLength(n) >> 1) + 1)
    for (let next = (x + n / x) >> 1n; next < x; next = (x + n / x) >> 1n) x = next
    return x
  }

  function bitLength(n: bigint): number {
    return n.toString(2).length
  }

  /** k M + (65537^a mod M), prime, with M the product of the first primes: section 2.1 of the paper on ROCA. */
  function rocaPrime(bits: number, primes: number): bigint {
    const m = SMALL_PRIMES.slice(0, primes).reduce((product, prime) => product * BigInt(prime), 1n)
    const top = 3n << BigInt(bits - 2)
    for (;;) {
      const residue = power(65537n, randomNumber(128), m)
      const k = (top + (randomNumber(bits) >> 2n)) / m
      const candidate = k * m + residue
      if (bitLength(candidate) === bits && checkPrimeSync(candidate)) return candidate
    }
  }
})

describe('other kinds', () => {
  test('DSA, by size, or altogether', () => {
    const dsa = (...parameters: Uint8Array[]): PublicKeyInfo =>
      readPublicKeyInfo(
        writeSequence(writeSequence(writeOid('1.2.840.10040.4.1'), ...parameters), writeBitString(writeInteger(5))),
      )
    const key = dsa(writeSequence(writeInteger(2n ** 1023n + 1n), writeInteger(2n ** 159n + 1n), writeInteger(3)))
    expect(findKeyWeakness(key)).toBe('is of DSA, which is relied on no longer')
    expect(findKeyWeakness(key, { ...ANY_SIZE, dsaBits: 1024 })).toBeNull()
    expect(findKeyWeakness(key, { ...ANY_SIZE, dsaBits: 2048 })).toBe('has 1024 bits and must have at least 2048')
    const inheriting = dsa()
    expect(findKeyWeakness(inheriting)).toBe('is of DSA, which is relied on no longer')
    expect(findKeyWeakness(inheriting, { ...ANY_SIZE, dsaBits: 2048 })).toBeNull()
  })

  test.each([
    [
      '1.3.101.112',
      (bytes: Uint8Array) => ed25519.Point.fromBytes(bytes, true),
      [
        '00'.repeat(32),
        `01${'00'.repeat(31)}`,
        `ec${'ff'.repeat(30)}7f`,
        `ed${'ff'.repeat(30)}7f`,
        `ee${'ff'.repeat(30)}7f`,
        '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
        'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
      ],
    ],
    [
      '1.3.101.113',
      (bytes: Uint8Array) => ed448.Point.fromBytes(bytes, true),
      [
        '00'.repeat(57),
        `01${'00'.repeat(56)}`,
        `${`fe${'ff'.repeat(27)}`.repeat(2)}00`,
        `ff${'ff'.repeat(27)}fe${'ff'.repeat(27)}00`,
        `${'00'.repeat(28)}${'ff'.repeat(28)}00`,
      ],
    ],
  ] as const)('points of small order on the curve of %s', (oid, read, points) => {
    const weaknessOfPoint = (bytes: Uint8Array): string | null =>
      findKeyWeakness(readPublicKeyInfo(writeSequence(writeSequence(writeOid(oid)), writeBitString(bytes))))
    for (const point of points) {
      for (const sign of [0, 0x80]) {
        const bytes = fromHex(point)
        bytes[bytes.length - 1] = (bytes.at(-1) as number) | sign
        expect(read(bytes).isSmallOrder(), point).toBe(true)
        expect(weaknessOfPoint(bytes), point).toBe('is a point of small order, for which anyone can sign')
      }
    }
    const base = oid === '1.3.101.112' ? ed25519.Point.BASE : ed448.Point.BASE
    expect(weaknessOfPoint(base.toBytes())).toBeNull()
  })

  test('keys as they are usually made are not weak', () => {
    for (const keyType of TEST_KEY_TYPES) {
      expect(findKeyWeakness(readPublicKeyInfo(makeKey(keyType).subjectPublicKeyInfo)), keyType).toBeNull()
    }
  })

  test("nor are those of Node's roots", () => {
    const roots = rootCertificates.flatMap((pem) => readCertificates(pem))
    expect(roots.length).toBeGreaterThan(100)
    for (const root of roots) expect(findKeyWeakness(root.publicKeyInfo), root.subjectText).toBeNull()
  })
})
