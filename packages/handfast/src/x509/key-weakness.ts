/**
 * Weak public keys: those whose private half can be found, or is not needed, however well the certificate is made.
 *
 * RSA: too small; a public exponent that is even, below 3 or too large; a modulus that is even, has a small prime
 * factor (the Baseline Requirements of the CA/Browser Forum, section 6.1.6, name those below 752), is a square, has
 * two factors close together (section 6.1.1.3: found by 100 rounds of Fermat's method), or has the structure of the
 * keys that RSALib made (ROCA: Nemec, Sys, Svenda, Klinec, Matyas, The Return of Coppersmith's Attack, CCS 2017,
 * section 2). DSA: too small, or there at all. Ed25519 and Ed448: points of small order, for which anyone can sign.
 *
 * Left out: keys known to be weak that do not show it (made with a bad source of randomness, shared, published),
 * which takes a list; points off their curve, which no provider imports.
 */

import { equalBytes } from '../bytes/compare.ts'
import { fromHex } from '../bytes/hex.ts'
import { bitLength, type RsaNumbers } from '../crypto/public-key-format.ts'
import type { PublicKeyInfo } from './public-key.ts'

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
 * Why a key must not be relied on, in words to follow "the key"; null if nothing speaks against it. What does not
 * depend on the limits is found out once for each `info`: some 12 us for an RSA key of 2048 bits.
 */
export function findKeyWeakness(info: PublicKeyInfo, limits: KeyLimits = DEFAULT_KEY_LIMITS): string | null {
  const { keyType } = info
  if (keyType?.type === 'dsa') return findDsaWeakness(keyType.bits, limits.dsaBits)
  if (info.rsa !== null) {
    const bits = bitLength(info.rsa.modulus)
    if (bits < limits.rsaBits) return `has ${bits} bits and must have at least ${limits.rsaBits}`
    if (bits > MAX_RSA_BITS) return `has ${bits} bits and may have at most ${MAX_RSA_BITS}`
  }
  let weakness = weaknesses.get(info)
  if (weakness === undefined) weaknesses.set(info, (weakness = findFlaw(info)))
  return weakness
}

/** What a key suffers from whatever its size. */
const weaknesses = new WeakMap<PublicKeyInfo, string | null>()

function findFlaw({ rsa, keyType, key }: PublicKeyInfo): string | null {
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
  return findCloseFactors(n, bits)
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

/** Squares have few residues modulo each of these. Their product is below 2^53. */
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
  const nResidues = Uint8Array.from(SIEVE_MODULI, (modulus) => nRest % modulus)
  const aResidues = Uint8Array.from(SIEVE_MODULI, (modulus) => aRest % modulus)
  for (let round = 0; round < FERMAT_ROUNDS; round++) {
    if (mayBeSquare(aResidues, nResidues, round) && isSquareBeyond(first + BigInt(round), n)) {
      return `has a modulus whose factors are close together (found by Fermat's method in ${round + 1} of ${FERMAT_ROUNDS} rounds)`
    }
  }
  return null
}

/** Whether (a + round)^2 - n is a square as far as its residues tell. */
function mayBeSquare(aResidues: Uint8Array, nResidues: Uint8Array, round: number): boolean {
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
