/**
 * Points of Ed25519 and Ed448 as public keys hold them: whether the bytes decode to one (RFC 8032 sections 5.1.3 and
 * 5.2.3). Providers find that out when a signature verifies, and not when they import the key.
 *
 * Left out: the point itself, and its order (`key-weakness.ts` knows the small ones).
 */

/** Of one curve: whether (y^2 - 1) / (dy^2 + 1), or with -1 for Ed448, is a square is what `residue` is. */
interface Curve {
  readonly prime: bigint
  /** The number that is a square modulo the prime if the quotient is, of y^2. */
  readonly residue: (square: bigint) => bigint
}

const CURVES: Readonly<Record<'ed25519' | 'ed448', Curve>> = {
  // d = -121665/121666: multiplied by squares until there is no quotient left.
  ed25519: { prime: 2n ** 255n - 19n, residue: (square) => (square - 1n) * 121666n * (121666n - 121665n * square) },
  // d = -39081.
  ed448: { prime: 2n ** 448n - 2n ** 224n - 1n, residue: (square) => (1n - square) * (1n + 39081n * square) },
}

/**
 * True if `key`, 32 bytes for Ed25519 or 57 for Ed448, is the encoding of a point: y below the field's prime, and an x
 * for it. Some 40 us for Ed25519.
 */
export function isEdwardsPoint(curve: 'ed25519' | 'ed448', key: Uint8Array): boolean {
  const { prime, residue } = CURVES[curve]
  let y = 0n
  for (let i = key.length - 1; i >= 0; i--) y = (y << 8n) | BigInt(key[i] as number)
  const signBit = 1n << BigInt(8 * key.length - 1)
  const isNegative = (y & signBit) !== 0n
  if (isNegative) y -= signBit
  if (y >= prime) return false
  const rest = residue((y * y) % prime) % prime
  const symbol = jacobiSymbol(rest < 0n ? rest + prime : rest, prime)
  // x = 0 has no negative.
  return symbol === 0 ? !isNegative : symbol === 1
}

/** 1 if `number` is a square modulo the prime `modulus`, -1 if not, 0 if it is 0. Without powers: Euclid's way. */
function jacobiSymbol(number: bigint, modulus: bigint): -1 | 0 | 1 {
  let symbol: -1 | 1 = 1
  let [a, n] = [number, modulus]
  while (a !== 0n) {
    let shift = 0
    for (
      let low = Number(BigInt.asUintN(32, a));
      (low & 1) === 0;
      low = Number(BigInt.asUintN(32, a >> BigInt(shift)))
    ) {
      shift += low === 0 ? 32 : 31 - Math.clz32(low & -low)
    }
    if (shift > 0) a >>= BigInt(shift)
    const rest = Number(n & 7n)
    if ((shift & 1) === 1 && (rest === 3 || rest === 5)) symbol = symbol === 1 ? -1 : 1
    if ((Number(a & 3n) & rest & 3) === 3) symbol = symbol === 1 ? -1 : 1
    ;[a, n] = [n % a, a]
  }
  return n === 1n ? symbol : 0
}
