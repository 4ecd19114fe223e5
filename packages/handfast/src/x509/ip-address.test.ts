import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { fromHex, toHex } from '../bytes/hex.ts'
import { addressText, prefixLength, readAddress } from './ip-address.ts'

describe('IP addresses', () => {
  test.each([
    ['192.0.2.1', 'c0000201'],
    ['0.0.0.0', '00000000'],
    ['255.255.255.255', 'ffffffff'],
    ['::', '0'.repeat(32)],
    ['::1', `${'0'.repeat(31)}1`],
    ['2001:db8::1', '20010db8000000000000000000000001'],
    ['2001:DB8:0:0:8:800:200C:417A', '20010db80000000000080800200c417a'],
    ['::ffff:192.0.2.1', '00000000000000000000ffffc0000201'],
    ['1:2:3:4:5:6:7::', '00010002000300040005000600070000'],
    ['::2:3:4:5:6:7:8', '00000002000300040005000600070008'],
    ['1:2:3:4:5:6:1.2.3.4', '00010002000300040005000601020304'],
  ])('reads %s', (text, hex) => {
    expect(toHex(readAddress(text) as Uint8Array)).toBe(hex)
  })

  test.each([
    '',
    '1.2.3',
    '1.2.3.4.5',
    '1.2.3.256',
    '01.2.3.4',
    '0x1.2.3.4',
    '1.2.3.',
    ' 1.2.3.4',
    ':',
    ':::',
    '1::2::3',
    '1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7:8:9',
    '1:2:3:4:5:6:7:8::',
    '12345::',
    'g::',
    'fe80::1%eth0',
    '::1.2.3',
    '1.2.3.4::',
    '1:2:3:4:5:6:7:1.2.3.4',
  ])('refuses %j', (text) => {
    expect(readAddress(text)).toBeNull()
  })

  // RFC 5952 section 4
  test.each([
    ['20010db8000000000000000000000001', '2001:db8::1'],
    ['20010db8000000010001000100010001', '2001:db8:0:1:1:1:1:1'],
    ['20010000000000010000000000000001', '2001:0:0:1::1'],
    ['20010db8000000000001000000000001', '2001:db8::1:0:0:1'],
    ['00000000000000000000000000000000', '::'],
    ['c0000200ffffff00', '192.0.2.0/24'],
    ['c0000200ff00ff00', '192.0.2.0/255.0.255.0'],
    [`20010db8${'0'.repeat(24)}ffffffff${'0'.repeat(24)}`, '2001:db8::/32'],
  ])('writes %s as %s', (hex, text) => {
    expect(addressText(fromHex(hex))).toBe(text)
  })

  test('masks', () => {
    expect(prefixLength(fromHex('00000000'))).toBe(0)
    expect(prefixLength(fromHex('fffffe00'))).toBe(23)
    expect(prefixLength(fromHex('ffffffff'))).toBe(32)
    expect(prefixLength(fromHex('ff00ff00'))).toBeNull()
    expect(prefixLength(fromHex('00000001'))).toBeNull()
  })

  test('addresses survive', () => {
    const length = fc.constantFrom(4, 16)
    const sparse = fc.oneof(fc.constant(0), fc.nat(255))
    fc.assert(
      fc.property(
        length.chain((n) => fc.array(sparse, { minLength: n, maxLength: n })),
        (octets) => {
          const bytes = Uint8Array.from(octets)
          expect(readAddress(addressText(bytes))).toEqual(bytes)
        },
      ),
    )
  })
})
