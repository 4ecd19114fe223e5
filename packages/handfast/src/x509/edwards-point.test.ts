import { describe, expect, test } from 'vitest'
import { makeKey } from '../../test/pki.ts'
import { fromHex } from '../bytes/hex.ts'
import { nodeProvider } from '../crypto/node.ts'
import { isEdwardsPoint } from './edwards-point.ts'
import { readPublicKeyInfo } from './public-key.ts'

describe('Edwards points (RFC 8032 sections 5.1.3 and 5.2.3)', () => {
  test.each([
    ['RFC 8032 section 7.1, test 1', 'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a', true],
    ['RFC 8032 section 7.1, test 2', '3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c', true],
    ['the base point', `58${'66'.repeat(31)}`, true],
    ['the base point with the other x', `58${'66'.repeat(30)}e6`, true],
    ['y = 0', '00'.repeat(32), true],
    ['y = 1', `01${'00'.repeat(31)}`, true],
    ['y = 1 and x = -0', `01${'00'.repeat(30)}80`, false],
    ['y = 2, which no x has', `02${'00'.repeat(31)}`, false],
    ['02 in every byte', '02'.repeat(32), false],
    ['y = p, another 0', `ed${'ff'.repeat(30)}7f`, false],
    ['y = p + 1', `ee${'ff'.repeat(30)}7f`, false],
    ['all ones', 'ff'.repeat(32), false],
  ])('Ed25519: %s', (_, hex, isPoint) => {
    expect(isEdwardsPoint('ed25519', fromHex(hex))).toBe(isPoint)
  })

  test.each([
    [
      'RFC 8032 section 7.4, blank',
      '5fd7449b59b461fd2ce787ec616ad46a1da1342485a70e1f8a0ea75d80e96778edf124769b46c7061bd6783df1e50f6cd1fa1abeafe8256180',
      true,
    ],
    ['y = 1', `01${'00'.repeat(56)}`, true],
    ['y = 1 and x = -0', `01${'00'.repeat(55)}80`, false],
    ['a bit beside the sign', `01${'00'.repeat(55)}01`, false],
    ['y = p', `ff${'ff'.repeat(27)}fe${'ff'.repeat(27)}00`, false],
  ])('Ed448: %s', (_, hex, isPoint) => {
    expect(isEdwardsPoint('ed448', fromHex(hex))).toBe(isPoint)
  })

  test('half of all numbers are some point’s y, and every key is', () => {
    for (const [curve, length] of [
      ['ed25519', 32],
      ['ed448', 57],
    ] as const) {
      let points = 0
      for (let i = 0; i < 200; i++) {
        const bytes = nodeProvider.hashes.sha512.digest(Uint8Array.of(i))
        const y = new Uint8Array(length)
        y.set(bytes.subarray(0, length - 1))
        if (isEdwardsPoint(curve, y)) points++
      }
      expect(points).toBeGreaterThan(60)
      expect(points).toBeLessThan(140)
    }
    for (let i = 0; i < 10; i++) {
      expect(isEdwardsPoint('ed25519', readPublicKeyInfo(makeKey('ed25519').subjectPublicKeyInfo).key)).toBe(true)
    }
  })
})
