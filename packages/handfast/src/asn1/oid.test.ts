import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { fromHex, toHex } from '../bytes/hex.ts'
import { OID_NAMES } from './oid-names.ts'
import { oidName, readOidText, writeOidContents } from './oid.ts'

describe('object identifiers', () => {
  test('read as X.690 section 8.19.5 shows', () => {
    expect(readOidText(fromHex('883703'))).toBe('2.999.3')
    expect(readOidText(fromHex('2a864886f70d01010b'))).toBe('1.2.840.113549.1.1.11')
    expect(readOidText(fromHex('00'))).toBe('0.0')
    expect(readOidText(fromHex('4f'))).toBe('1.39')
    expect(readOidText(fromHex('50'))).toBe('2.0')
  })

  test.each([
    ['empty', ''],
    ['cut', '2a86'],
    ['padded', '2a8001'],
    ['an arc of more than 128 bits', `2a${'ff'.repeat(20)}7f`],
    ['too long', '2a'.repeat(129)],
  ])('null if %s', (_, hex) => {
    expect(readOidText(fromHex(hex))).toBeNull()
  })

  test('an arc of 128 bits, as a UUID makes, is exact', () => {
    const text = '2.25.329800735698586629295641978511506172918'
    expect(readOidText(writeOidContents(text))).toBe(text)
  })

  test.each(['', '2', '3.1', '1.40', '1.02', '1..2', 'a.b'])('cannot write %j', (text) => {
    expect(() => writeOidContents(text)).toThrow(TypeError)
  })

  test('every name in the table is well-formed and told apart', () => {
    for (const text of Object.keys(OID_NAMES)) expect(readOidText(writeOidContents(text))).toBe(text)
    expect(oidName('2.5.4.3')).toBe('commonName')
    expect(oidName('1.2.3')).toBeUndefined()
  })

  test('reads a part of an array', () => {
    expect(readOidText(fromHex('ff550403ff'), 1, 4)).toBe('2.5.4.3')
  })

  test('texts survive', () => {
    const arc = fc.bigInt({ min: 0n, max: 2n ** 100n })
    fc.assert(
      fc.property(fc.nat(1), fc.nat(39), fc.array(arc, { maxLength: 8 }), (first, second, rest) => {
        const text = [first, second, ...rest].join('.')
        const contents = writeOidContents(text)
        expect(readOidText(contents)).toBe(text)
        expect(toHex(writeOidContents(readOidText(contents) as string))).toBe(toHex(contents))
      }),
    )
  })
})
