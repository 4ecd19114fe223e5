/**
 * Points of the NIST curves (SP 800-186) as public keys hold them (RFC 5480 section 2.2): whether an uncompressed one is
 * on its curve, y^2 = x^3 - 3x + b. Providers find that out when they import the key, which takes fifteen times as
 * long, and of a key that is only to be judged nothing else is wanted.
 *
 * Left out: compressed points, and Brainpool's curves.
 */

import type { CurveName } from '../crypto/provider.ts'

/** The curves that are known here. */
export type NistCurve = Extract<CurveName, 'secp256r1' | 'secp384r1' | 'secp521r1'>

/** Prime of the field, and b. */
const CURVES: Readonly<Record<NistCurve, { readonly prime: bigint; readonly b: bigint }>> = {
  secp256r1: {
    prime: 2n ** 256n - 2n ** 224n + 2n ** 192n + 2n ** 96n - 1n,
    b: 0x5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604bn,
  },
  secp384r1: {
    prime: 2n ** 384n - 2n ** 128n - 2n ** 96n + 2n ** 32n - 1n,
    b: 0xb3312fa7e23ee7e4988e056be3f82d19181d9c6efe8141120314088f5013875ac656398d8a2ed19d2a85c8edd3ec2aefn,
  },
  secp521r1: {
    prime: 2n ** 521n - 1n,
    b: 0x051953eb9618e1c9a1f929a21a0b68540eea2da725b99b315f3b8b489918ef109e156193951ec7e937b1652c0bd3bb1bf073573df883d2c34f1ef451fd46b503f00n,
  },
}

/** Whether points of `curve` are known here. */
export function isNistCurve(curve: CurveName): curve is NistCurve {
  return Object.hasOwn(CURVES, curve)
}

/** True if `point`, 04 and two coordinates of the curve's length, is on the curve. Under 1 us for secp256r1. */
export function isCurvePoint(curve: NistCurve, point: Uint8Array): boolean {
  const { prime, b } = CURVES[curve]
  const middle = (point.length + 1) / 2
  const x = toNumber(point, 1, middle)
  const y = toNumber(point, middle, point.length)
  return x < prime && y < prime && (y * y - (x * x - 3n) * x - b) % prime === 0n
}

/** Words of 64 bits, behind what is no whole one. */
function toNumber(bytes: Uint8Array, start: number, end: number): bigint {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  let number = 0n
  let at = start
  for (; (end - at) % 8 !== 0; at++) number = (number << 8n) | BigInt(bytes[at] as number)
  for (; at < end; at += 8) number = (number << 64n) | view.getBigUint64(at)
  return number
}
