import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { fromHex, toHex } from './hex.ts'

test('there and back', () => {
  fc.assert(
    fc.property(fc.uint8Array(), (bytes) => {
      expect(fromHex(toHex(bytes))).toEqual(bytes)
    }),
  )
})

test('lower case, with a separator if wanted', () => {
  expect(toHex(Uint8Array.of(0, 171, 255))).toBe('00abff')
  expect(toHex(Uint8Array.of(0, 171, 255), ':')).toBe('00:ab:ff')
  expect(toHex(new Uint8Array(0), ':')).toBe('')
})

test('capitals and white space are read', () => {
  expect(fromHex(' 00 aB\nFf ')).toEqual(Uint8Array.of(0, 171, 255))
})

test.each([
  ['0', 'hex: needs an even number of digits, has 1'],
  ['0g', "hex: needs digits at 0, has '0g'"],
  ['00-1', "hex: needs digits at 2, has '-1'"],
])('%j is refused', (text, message) => {
  expect(() => fromHex(text)).toThrow(new TypeError(message))
})
