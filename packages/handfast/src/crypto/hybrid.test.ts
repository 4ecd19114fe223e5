/** The layout of hybrids, with parts whose bytes are recognisable. */

import { describe, expect, test } from 'vitest'
import { toHex } from '../bytes/index.ts'
import { createHybridGroup, type Kem } from './hybrid.ts'
import { InvalidShareError, type KeyExchangeGroup } from './provider.ts'
import { createEphemeralKey } from './share.ts'

const dropped: string[] = []

/** Client share aa aa, server share bb bb bb, secret cc. */
const classical: KeyExchangeGroup = {
  name: 'x25519',
  clientShareLength: 2,
  serverShareLength: 3,
  generate: () =>
    createEphemeralKey({
      group: 'x25519',
      share: Uint8Array.of(0xaa, 0xaa),
      agree: (share) => {
        if (toHex(share) !== 'bbbbbb') throw new InvalidShareError('classical')
        return Uint8Array.of(0xcc)
      },
      drop: () => void dropped.push('classical'),
    }),
  respond: (share) => {
    if (toHex(share) !== 'aaaa') throw new InvalidShareError('classical')
    return { share: Uint8Array.of(0xbb, 0xbb, 0xbb), secret: Uint8Array.of(0xcc) }
  },
}

/** Encapsulation key 11 11 11 11, ciphertext 22, secret 33 33. */
const kem: Kem = {
  encapsulationKeyLength: 4,
  ciphertextLength: 1,
  generate: () => ({
    encapsulationKey: new Uint8Array(4).fill(0x11),
    decapsulate: (ciphertext) => {
      if (toHex(ciphertext) !== '22') throw new InvalidShareError('kem')
      return Uint8Array.of(0x33, 0x33)
    },
    drop: () => void dropped.push('kem'),
  }),
  encapsulate: (key) => {
    if (toHex(key) !== '11111111') throw new InvalidShareError('kem')
    return { ciphertext: Uint8Array.of(0x22), secret: Uint8Array.of(0x33, 0x33) }
  },
}

describe.each([
  ['kem-first', 'X25519MLKEM768', '11111111aaaa', '22bbbbbb', '3333cc'],
  ['classical-first', 'SecP256r1MLKEM768', 'aaaa11111111', 'bbbbbb22', 'cc3333'],
] as const)('%s', (order, name, clientShare, serverShare, secret) => {
  const group = createHybridGroup(name, order, classical, kem)

  test('joins shares and secrets in that order', () => {
    expect([group.name, group.clientShareLength, group.serverShareLength]).toEqual([name, 6, 4])
    const key = group.generate()
    expect(toHex(key.share)).toBe(clientShare)
    const answer = group.respond(key.share)
    expect(toHex(answer.share)).toBe(serverShare)
    expect(toHex(answer.secret)).toBe(secret)
    expect(toHex(key.agree(answer.share))).toBe(secret)
  })

  test('a fault in either part is one of the whole', () => {
    const share = group.generate().share
    for (const at of [0, 5]) {
      const bad = share.slice()
      bad[at] = 0
      expect(() => group.respond(bad)).toThrow(InvalidShareError)
    }
    const answer = group.respond(share).share
    for (const at of [0, 3]) {
      const bad = answer.slice()
      bad[at] = 0
      expect(() => group.generate().agree(bad)).toThrow(InvalidShareError)
    }
    expect(() => group.respond(share.subarray(1))).toThrow(`${name} share: needs 6 bytes, has 5`)
    expect(() => group.generate().agree(share)).toThrow(`${name} share: needs 4 bytes, has 6`)
  })

  test('both parts are dropped after use, once', () => {
    dropped.length = 0
    const key = group.generate()
    key.agree(group.respond(key.share).share)
    key[Symbol.dispose]()
    expect(dropped.toSorted()).toEqual(['classical', 'kem'])
  })

  test('the classical component is the same key', () => {
    dropped.length = 0
    const key = group.generate()
    expect(toHex(key.classical?.agree(Uint8Array.of(0xbb, 0xbb, 0xbb)) ?? new Uint8Array(0))).toBe('cc')
    expect(() => key.agree(group.respond(key.share).share)).toThrow(TypeError)
    expect(dropped.toSorted()).toEqual(['classical', 'kem'])
  })
})
