import { describe, expect, test } from 'vitest'
import { fromHex, toHex } from '../bytes/index.ts'
import { hkdfExpand, hkdfExtract } from './hkdf.ts'
import { nodeProvider } from './node.ts'
import { createPortableProvider } from './portable.ts'

const range = (from: number, to: number): string =>
  toHex(Uint8Array.from({ length: to - from + 1 }, (_, i) => from + i))

/** RFC 5869 appendix A.1 to A.3. */
const HKDF = [
  {
    ikm: '0b'.repeat(22),
    salt: range(0, 12),
    info: range(0xf0, 0xf9),
    prk: '077709362c2e32df0ddc3f0dc47bba6390b6c73bb50f9c3122ec844ad7c2b3e5',
    okm: '3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865',
  },
  {
    ikm: range(0, 0x4f),
    salt: range(0x60, 0xaf),
    info: range(0xb0, 0xff),
    prk: '06a6b88c5853361a06104c9ceb35b45cef760014904671014a193f40c15fc244',
    okm: 'b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c59045a99cac7827271cb41c65e590e09da3275600c2f09b8367793a9aca3db71cc30c58179ec3e87c14c01d5c1f3434f1d87',
  },
  {
    ikm: '0b'.repeat(22),
    salt: '',
    info: '',
    prk: '19ef24a32c717b167f33a91d6f648bdf96596776afdb6377ac434c1c293ccb04',
    okm: '8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8',
  },
]

describe.each([nodeProvider, createPortableProvider()])('with the provider $name', ({ hashes }) => {
  test.each(HKDF)('HKDF with SHA-256 (RFC 5869 appendix A): $prk', ({ ikm, salt, info, prk, okm }) => {
    const extracted = hkdfExtract(hashes.sha256, fromHex(salt), fromHex(ikm))
    expect(toHex(extracted)).toBe(prk)
    expect(toHex(hkdfExpand(hashes.sha256, extracted, fromHex(info), okm.length / 2))).toBe(okm)
  })
})

test('a shorter output is the beginning of a longer one, up to 255 blocks', () => {
  const secret = new Uint8Array(32).fill(1)
  const nothing = new Uint8Array(0)
  const long = hkdfExpand(nodeProvider.hashes.sha256, secret, nothing, 255 * 32)
  for (const length of [1, 31, 32, 33, 100]) {
    expect(hkdfExpand(nodeProvider.hashes.sha256, secret, nothing, length)).toEqual(long.subarray(0, length))
  }
  expect(() => hkdfExpand(nodeProvider.hashes.sha256, secret, nothing, 255 * 32 + 1)).toThrow(TypeError)
})
