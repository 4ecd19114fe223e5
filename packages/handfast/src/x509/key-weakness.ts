/**
 * Weak public keys: those whose private half can be found, or is not needed, however well the certificate is made.
 *
 * RSA: too small; a public exponent that is even, below 3 or too large; a modulus that is even, has a small prime
 * factor (the Baseline Requirements of the CA/Browser Forum, section 6.1.6, name those below 752), is a square or another power, has
 * two factors close together (section 6.1.1.3: found by 100 rounds of Fermat's method), or has the structure of the
 * keys that RSALib made (ROCA: Nemec, Sys, Svenda, Klinec, Matyas, The Return of Coppersmith's Attack, CCS 2017,
 * section 2). DSA: too small, or there at all; a generator or a public value outside of the group it is to be of. Ed25519 and Ed448: points of small order, for which anyone can sign.
 *
 * Left out: keys known to be weak that do not show it (made with a bad source of randomness, shared, published),
 * which takes a list; points off their curve, which no provider imports; an RSA modulus that is a prime. To tell that
 * takes a power by an exponent as long as the modulus, for 2048 bits 2.4 ms in OpenSSL and 10 ms here, when all else about
 * a chain takes a tenth of a millisecond; and it comes about by no mistake, but by who certified the key on purpose.
 */

import { equalBytes } from '../bytes/compare.ts'
import { fromHex } from '../bytes/hex.ts'
import { bitLength, type RsaNumbers } from '../crypto/public-key-format.ts'
import type { DsaNumbers, PublicKeyInfo } from './public-key.ts'

/** The sizes of keys that a policy relies on. */
export interface KeyLimits {
  /** Fewest bits of an RSA modulus. */
  readonly rsaBits: number
  /** Fewest bits of p of a DSA key; null if no DSA key is relied on. */
  readonly dsaBits: number | null
}

/** RFC 9325 section 4.5 for RSA; FIPS 186-5, which no longer has DSA. */
export const DEFAULT_KEY_LIMITS: KeyLimits = { rsaBits: 2048, dsaBits: null }

/** Largest RSA modulus that is relied on, in bits: a bound on the work a peer can demand. */
export const MAX_RSA_BITS = 16384

/** Largest RSA public exponent that is relied on, in bits: a bound on work too; 65537 is what keys have. */
export const MAX_RSA_EXPONENT_BITS = 64

/**
 * Why a key must not be relied on, in words to follow "the key"; null if nothing speaks against it. Of a
 * certificate's key ask the certificate, which remembers what is dear to find out.
 */
export function findKeyWeakness(info: PublicKeyInfo, limits: KeyLimits = DEFAULT_KEY_LIMITS): string | null {
  return findSizeWeakness(info, limits) ?? findKeyFlaw(info)
}

/** As `findKeyWeakness`, what depends on the limits. */
export function findSizeWeakness({ keyType, rsa }: PublicKeyInfo, limits: KeyLimits): string | null {
  if (keyType?.type === 'dsa') return findDsaWeakness(keyType.bits, limits.dsaBits)
  if (rsa === null) return null
  const bits = bitLength(rsa.modulus)
  if (bits < limits.rsaBits) return `has ${bits} bits and must have at least ${limits.rsaBits}`
  return bits > MAX_RSA_BITS ? `has ${bits} bits and may have at most ${MAX_RSA_BITS}` : null
}

/** As `findKeyWeakness`, what a key suffers from whatever its size: some 10 us for an RSA key of 2048 bits. */
export function findKeyFlaw({ rsa, keyType, key }: PublicKeyInfo): string | null {
  if (rsa !== null) return findRsaFlaw(rsa)
  if (keyType?.type === 'ed25519' && isSmallOrder(ED25519_SMALL_ORDER, key)) return SMALL_ORDER
  if (keyType?.type === 'ed448' && isSmallOrder(ED448_SMALL_ORDER, key)) return SMALL_ORDER
  return null
}

/** A key without parameters of its own is as long as its issuer's, which is judged itself. */
function findDsaWeakness(bits: number | null, least: number | null): string | null {
  if (least === null) return 'is of DSA, which is relied on no longer'
  return bits === null || bits >= least ? null : `has ${bits} bits and must have at least ${least}`
}

function findRsaFlaw({ modulus, exponent }: RsaNumbers): string | null {
  if (!isOdd(modulus)) return 'has an even modulus'
  // An exponent of 1 would make every value its own signature.
  if (!isOdd(exponent) || bitLength(exponent) < 2) return 'has a public exponent that is even or below 3'
  if (bitLength(exponent) > MAX_RSA_EXPONENT_BITS) {
    return `has a public exponent of more than ${MAX_RSA_EXPONENT_BITS} bits`
  }
  const n = toNumber(modulus)
  const residues = smallResidues(n)
  const factor = residues.indexOf(0)
  if (factor >= 0) return `has a modulus divisible by ${smallPrimes().primes[factor]}`
  const bits = bitLength(modulus)
  if (hasRocaStructure(residues, bits)) {
    return 'has the structure of keys made by RSALib (ROCA), whose private half can be computed'
  }
  return findCloseFactors(n, bits) ?? findPower(n, bits, residues)
}

function isOdd(number: Uint8Array): boolean {
  return number.length > 0 && ((number.at(-1) as number) & 1) === 1
}

/** Words of 64 bits, joined in pairs: measured for 2048 bits on Node 26 1.5 us, and by way of hexadecimal text 2.7. */
function toNumber(bytes: Uint8Array): bigint {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  let parts: bigint[] = []
  let end = bytes.length
  for (; end >= 8; end -= 8) parts.push(view.getBigUint64(end - 8))
  let top = 0n
  for (let i = 0; i < end; i++) top = (top << 8n) | BigInt(bytes[i] as number)
  parts.push(top)
  for (let bits = 64n; parts.length > 1; bits *= 2n) {
    const joined: bigint[] = []
    for (let i = 0; i < parts.length; i += 2) joined.push(((parts[i + 1] ?? 0n) << bits) | (parts[i] as bigint))
    parts = joined
  }
  return parts[0] as bigint
}

// --- Small factors

/** The odd primes below 752, their product, and the same primes in groups with products below 2^53. */
interface SmallPrimes {
  readonly primes: Int32Array
  /** 2^26 modulo each. */
  readonly shifts: Int32Array
  readonly product: bigint
  readonly groups: readonly { readonly product: bigint; readonly first: number; readonly end: number }[]
}

let prepared: SmallPrimes | undefined

/** Made when first needed: no one should spend time on it who reads no RSA key. */
function smallPrimes(): SmallPrimes {
  prepared ??= makeSmallPrimes()
  return prepared
}

function makeSmallPrimes(): SmallPrimes {
  const primes: number[] = []
  const isComposite = new Uint8Array(752)
  for (let n = 3; n < 752; n += 2) {
    if (isComposite[n] !== 0) continue
    primes.push(n)
    for (let multiple = n * n; multiple < 752; multiple += n) isComposite[multiple] = 1
  }
  const groups: { product: bigint; first: number; end: number }[] = []
  for (let first = 0, end = 0; first < primes.length; first = end) {
    let product = 1
    while (end < primes.length && product * (primes[end] as number) < 2 ** 53) product *= primes[end++] as number
    groups.push({ product: BigInt(product), first, end })
  }
  const product = groups.reduce((all, group) => all * group.product, 1n)
  return {
    primes: Int32Array.from(primes),
    shifts: Int32Array.from(primes, (prime) => 2 ** 26 % prime),
    product,
    groups,
  }
}

/** The residues of `n` modulo each of the small primes: 2048 bits shrink to 1,040 at once, then to words. */
function smallResidues(n: bigint): Uint16Array {
  const { primes, shifts, product, groups } = smallPrimes()
  const residues = new Uint16Array(primes.length)
  const reduced = n % product
  for (const group of groups) {
    const rest = Number(reduced % group.product)
    // Two halves, so that all is below 2^31: whole numbers of the fastest kind.
    const high = (rest / 2 ** 26) | 0
    const low = (rest - high * 2 ** 26) | 0
    for (let i = group.first; i < group.end; i++) {
      const prime = primes[i] as number
      residues[i] = ((high % prime) * (shifts[i] as number) + low) % prime
    }
  }
  return residues
}

// --- ROCA

/** The primes that make up M for moduli of up to so many bits, by their number; the first is 2. */
const ROCA_PRIMES: readonly (readonly [belowBits: number, count: number])[] = [
  [992, 39],
  [1984, 71],
  [Infinity, 126],
]

/**
 * All primes that RSALib made are powers of 65537 modulo a product M of the first primes, and so are its moduli. Others
 * are modulo each of these primes in one of 2^27 cases for 39 primes, of 2^83 for 71, of 2^167 for 126.
 */
function hasRocaStructure(residues: Uint16Array, bits: number): boolean {
  const count = (ROCA_PRIMES.find(([below]) => bits < below)?.[1] ?? 0) - 1
  for (let i = 0; i < count; i++) if (powersOf65537(i)[residues[i] as number] === 0) return false
  return true
}

const powers: Uint8Array[] = []

/** Which residues of a small prime are powers of 65537. Most keys need them of the first few primes only. */
function powersOf65537(index: number): Uint8Array {
  let isPower = powers[index]
  if (isPower === undefined) {
    const prime = smallPrimes().primes[index] as number
    powers[index] = isPower = new Uint8Array(prime)
    const generator = 65537 % prime
    for (let power = 1; isPower[power] === 0; power = (power * generator) % prime) isPower[power] = 1
  }
  return isPower
}

// --- Close factors

/** Rounds of Fermat's method: as many as the Baseline Requirements demand, section 6.1.1.3. */
const FERMAT_ROUNDS = 100

/** Squares have few residues modulo each of these, fewest modulo the first. Their product is below 2^53. */
const SIEVE_MODULI = [64, 63, 65, 11, 17, 19, 23, 31]
const SIEVE_PRODUCT = BigInt(SIEVE_MODULI.reduce((all, modulus) => all * modulus))
const SQUARES: readonly Uint8Array[] = SIEVE_MODULI.map((modulus) => {
  const isSquare = new Uint8Array(modulus)
  for (let i = 0; i < modulus; i++) isSquare[(i * i) % modulus] = 1
  return isSquare
})

/**
 * Fermat's method: factors p and q that are close make a^2 - n a square for an a = (p + q) / 2 not far above the root
 * of n. The rounds are carried out on residues; of each only one in 1,600 has to be looked at in full.
 */
function findCloseFactors(n: bigint, bits: number): string | null {
  const root = squareRoot(n, bits)
  if (root * root === n) return 'has a modulus that is a square'
  const first = root + 1n
  const nRest = Number(n % SIEVE_PRODUCT)
  const aRest = Number(first % SIEVE_PRODUCT)
  const nResidues = SIEVE_MODULI.map((modulus) => nRest % modulus)
  const aResidues = SIEVE_MODULI.map((modulus) => aRest % modulus)
  const isSquare = SQUARES[0] as Uint8Array
  const [nFirst, aFirst] = [nResidues[0] as number, aResidues[0] as number]
  for (let round = 0; round < FERMAT_ROUNDS; round++) {
    const a = aFirst + round
    if (isSquare[(a * a - nFirst) & 63] === 0) continue
    if (mayBeSquare(aResidues, nResidues, round) && isSquareBeyond(first + BigInt(round), n)) {
      return `has a modulus whose factors are close together (found by Fermat's method in ${round + 1} of ${FERMAT_ROUNDS} rounds)`
    }
  }
  return null
}

/** Whether (a + round)^2 - n is a square as far as its residues tell. */
function mayBeSquare(aResidues: readonly number[], nResidues: readonly number[], round: number): boolean {
  for (let i = 0; i < SIEVE_MODULI.length; i++) {
    const modulus = SIEVE_MODULI[i] as number
    const a = (aResidues[i] as number) + round
    const difference = (a * a - (nResidues[i] as number) + modulus) % modulus
    if ((SQUARES[i] as Uint8Array)[difference] === 0) return false
  }
  return true
}

function isSquareBeyond(a: bigint, n: bigint): boolean {
  const difference = a * a - n
  const root = squareRoot(difference, difference.toString(2).length)
  return root * root === difference
}

/**
 * The largest number whose square is at most `n`. Newton's method with as many digits as are right: each step has
 * about twice as many as the one before, so that only the last divides numbers of full length.
 * @param length of `n` in bits.
 */
function squareRoot(n: bigint, length: number): bigint {
  if (n < 2n) return n
  // The root has one bit more.
  const bits = (length - 1) >> 1
  let step = 0
  while (bits >> step > 25) step++
  let known = bits >> step
  // Less than 2^52: exact.
  let root = BigInt(Math.floor(Math.sqrt(Number(n >> BigInt(2 * (bits - known))))))
  while (step > 0) {
    step--
    const next = bits >> step
    root = (root << BigInt(next - known - 1)) + (n >> BigInt(2 * bits - known - next + 1)) / root
    known = next
  }
  return root * root > n ? root - 1n : root
}

// --- Powers

/** A root of this many bits or fewer is a whole number that the logarithm of its power, a double, tells exactly. */
const EXACT_ROOT_BITS = 40

/** The logarithm of the least root, which has no prime factor below 752. */
const LEAST_ROOT_BITS = 9.55

/** The odd primes, as far as they were needed as exponents. */
const exponents: number[] = []

/** For such an exponent some small primes, by their index, and which of their residues are powers. */
const powerResidues: (readonly { readonly index: number; readonly isPower: Uint8Array }[])[] = []

/**
 * p^k: whoever sees it finds p, and with it the private half. Squares are found before; so k is an odd prime, as every
 * other power is a power by such a k as well. A root that is long is looked for only if residues allow it: modulo a
 * prime that is 1 modulo k only one number in k is a power.
 */
function findPower(n: bigint, bits: number, residues: Uint16Array): string | null {
  const logarithm = log2(n, bits)
  const low = Number(BigInt.asIntN(32, n))
  for (let i = 0; ; i++) {
    const exponent = exponents[i] ?? nextExponent()
    const length = logarithm / exponent
    if (length < LEAST_ROOT_BITS) return null
    if (
      length <= EXACT_ROOT_BITS
        ? !mayBePowerOf(Math.round(2 ** length), exponent, low)
        : !mayBePower(exponent, residues)
    ) {
      continue
    }
    const root = length <= EXACT_ROOT_BITS ? BigInt(Math.round(2 ** length)) : oddRoot(n, exponent, length)
    if (isLogarithm(length, root) && root ** BigInt(exponent) === n)
      return `has a modulus that is a power (of ${exponent})`
  }
}

function nextExponent(): number {
  let candidate = (exponents.at(-1) ?? 1) + 2
  while (exponents.some((prime) => candidate % prime === 0)) candidate += 2
  exponents.push(candidate)
  return candidate
}

/** Whether `root` to the power of `exponent` ends in the 32 bits `low`. */
function mayBePowerOf(root: number, exponent: number, low: number): boolean {
  let power = 1
  for (let square = root | 0, rest = exponent; rest > 0; rest >>= 1) {
    if ((rest & 1) === 1) power = Math.imul(power, square)
    square = Math.imul(square, square)
  }
  return power === low
}

/** Whether a number of these residues may be a power by `exponent`. */
function mayBePower(exponent: number, residues: Uint16Array): boolean {
  for (const { index, isPower } of (powerResidues[exponent] ??= makePowerResidues(exponent))) {
    if (isPower[residues[index] as number] === 0) return false
  }
  return true
}

function makePowerResidues(exponent: number): { index: number; isPower: Uint8Array }[] {
  const found: { index: number; isPower: Uint8Array }[] = []
  for (const [index, prime] of smallPrimes().primes.entries()) {
    if (prime % exponent !== 1 || found.length === 8) continue
    const isPower = new Uint8Array(prime)
    for (let i = 0; i < prime; i++) {
      let power = 1
      for (let j = 0; j < exponent; j++) power = (power * i) % prime
      isPower[power] = 1
    }
    found.push({ index, isPower })
  }
  return found
}

function log2(n: bigint, bits: number): number {
  const shift = Math.max(0, bits - 64)
  return Math.log2(Number(n >> BigInt(shift))) + shift
}

function isLogarithm(length: number, root: bigint): boolean {
  return Math.abs(log2(root, root.toString(2).length) - length) < 1e-6
}

/**
 * The root of an odd number by an odd exponent, if it has one; another number if not.
 * @param length the logarithm of the root.
 */
function oddRoot(n: bigint, exponent: number, length: number): bigint {
  // Modulo 2^size each odd number has one such root: its power by what the exponent is the inverse of.
  const size = Math.ceil(length) + 1
  const k = BigInt(exponent)
  let inverse = k
  for (let known = 3; known < size; known *= 2) inverse = BigInt.asUintN(size, inverse * (2n - k * inverse))
  let root = 1n
  let square = BigInt.asUintN(size, n)
  for (let rest = inverse; rest > 0n; rest >>= 1n) {
    if ((rest & 1n) === 1n) root = BigInt.asUintN(size, root * square)
    square = BigInt.asUintN(size, square * square)
  }
  return root
}

// --- DSA

/**
 * Whether generator and public value of a DSA key are of order q (FIPS 186-4 section 4.1). If they are of a small order,
 * anyone can sign. Two powers: for 2048 bits some 3 ms.
 */
export function isInDsaGroup({ p, q, g, y }: DsaNumbers): boolean {
  const modulus = toNumber(p)
  const order = toNumber(q)
  return [g, y].every((bytes) => {
    const value = toNumber(bytes)
    return value > 1n && value < modulus && power(value, order, modulus) === 1n
  })
}

function power(base: bigint, exponent: bigint, modulus: bigint): bigint {
  let result = 1n
  for (const bit of exponent.toString(2)) {
    result = (result * result) % modulus
    if (bit === '1') result = (result * base) % modulus
  }
  return result
}

// --- Points of small order

const SMALL_ORDER = 'is a point of small order, for which anyone can sign'

/** y of the points of order 1, 2, 4 and 8 (RFC 8032 section 5.1), those above the field's prime too; without the sign of x. */
const ED25519_SMALL_ORDER: readonly Uint8Array[] = [
  `00${'00'.repeat(31)}`,
  `01${'00'.repeat(31)}`,
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
  `ec${'ff'.repeat(30)}7f`,
  `ed${'ff'.repeat(30)}7f`,
  `ee${'ff'.repeat(30)}7f`,
].map(fromHex)

/** The same of order 1, 2 and 4 (RFC 8032 section 5.2). */
const ED448_SMALL_ORDER: readonly Uint8Array[] = [
  `00${'00'.repeat(56)}`,
  `01${'00'.repeat(56)}`,
  `fe${'ff'.repeat(27)}fe${'ff'.repeat(27)}00`,
  `ff${'ff'.repeat(27)}fe${'ff'.repeat(27)}00`,
  `00${'00'.repeat(27)}ff${'ff'.repeat(27)}00`,
].map(fromHex)

function isSmallOrder(points: readonly Uint8Array[], key: Uint8Array): boolean {
  const y = key.slice()
  y[y.length - 1] = (y.at(-1) as number) & 0x7f
  return points.some((point) => equalBytes(point, y))
}
