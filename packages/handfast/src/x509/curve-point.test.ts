import { describe, expect, test } from 'vitest'
import { generateKeyPairSync } from 'node:crypto'
import { fromHex } from '../bytes/hex.ts'
import { isCurvePoint, isNistCurve, type NistCurve } from './curve-point.ts'
import { readPublicKeyInfo } from './public-key.ts'

const CURVES: readonly NistCurve[] = ['secp256r1', 'secp384r1', 'secp521r1']

function pointOf(curve: NistCurve): Uint8Array {
  const { publicKey } = generateKeyPairSync('ec', { namedCurve: curve === 'secp256r1' ? 'prime256v1' : curve })
  return readPublicKeyInfo(new Uint8Array(publicKey.export({ format: 'der', type: 'spki' }))).key
}

describe('points of the NIST curves (SP 800-186)', () => {
  test.each(CURVES)('%s: every key is one, and with any bit changed none', (curve) => {
    for (let i = 0; i < 20; i++) {
      const point = pointOf(curve)
      expect(isCurvePoint(curve, point)).toBe(true)
      for (const at of [1, 2, 30, (point.length - 1) / 2, (point.length + 1) / 2, point.length - 1]) {
        const off = point.slice()
        off[at] = (off[at] as number) ^ (1 << (i % 8))
        expect(isCurvePoint(curve, off)).toBe(false)
      }
    }
  })

  test.each(CURVES)('%s: a point may lie anywhere in an array', (curve) => {
    const point = pointOf(curve)
    const bytes = new Uint8Array(point.length + 7).fill(0xff)
    bytes.set(point, 3)
    expect(isCurvePoint(curve, bytes.subarray(3, 3 + point.length))).toBe(true)
  })

  test('coordinates are below the prime', () => {
    // x = 5 has a y on P-256; 5 + p is the same number to the equation, and no coordinate.
    const y = '459243b9aa581806fe913bce99817ade11ca503c64d9a3c533415c083248fbcc'
    expect(isCurvePoint('secp256r1', fromHex(`04${'5'.padStart(64, '0')}${y}`))).toBe(true)
    const beyond = 'ffffffff00000001000000000000000000000001000000000000000000000004'
    expect(isCurvePoint('secp256r1', fromHex(`04${beyond}${y}`))).toBe(false)
  })

  test('others are not known', () => {
    expect(CURVES.every(isNistCurve)).toBe(true)
    expect(isNistCurve('brainpoolP256r1')).toBe(false)
  })
})
