import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { concatBytes, equalBytes, equalSecret } from './compare.ts'

describe.each([
  ['equalBytes', equalBytes],
  ['equalSecret', equalSecret],
])('%s', (_, equal) => {
  test('a copy is equal, anything else is not', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1 }), fc.nat(), fc.integer({ min: 1, max: 255 }), (bytes, at, change) => {
        expect(equal(bytes, bytes.slice())).toBe(true)
        const place = at % bytes.length
        expect(
          equal(
            bytes,
            bytes.map((byte, i) => (i === place ? byte ^ change : byte)),
          ),
        ).toBe(false)
        expect(equal(bytes, bytes.subarray(1))).toBe(false)
        expect(equal(bytes, concatBytes(bytes, Uint8Array.of(0)))).toBe(false)
      }),
    )
  })

  test('nothing equals nothing', () => {
    expect(equal(new Uint8Array(0), new Uint8Array(0))).toBe(true)
  })
})

test('concatBytes joins, and copies', () => {
  const part = Uint8Array.of(1, 2)
  const joined = concatBytes(part, new Uint8Array(0), Uint8Array.of(3))
  part[0] = 9
  expect(joined).toEqual(Uint8Array.of(1, 2, 3))
  expect(concatBytes()).toEqual(new Uint8Array(0))
})
