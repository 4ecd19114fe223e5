import { describe, expect, test } from 'vitest'
import { isWithin, readAddressBlock } from './address-block.ts'
import { readAddress } from './ip-address.ts'

describe('a block of addresses', () => {
  test.each([
    ['192.0.2.0/24', '192.0.2.255', true],
    ['192.0.2.0/24', '192.0.3.0', false],
    ['172.16.0.0/12', '172.31.255.255', true],
    ['172.16.0.0/12', '172.32.0.0', false],
    ['224.0.0.0/3', '255.255.255.255', true],
    ['224.0.0.0/3', '223.255.255.255', false],
    ['192.0.2.1/32', '192.0.2.1', true],
    ['192.0.2.1/32', '192.0.2.0', false],
    ['0.0.0.0/0', '255.0.0.1', true],
    ['0.0.0.0/0', '::', false],
    ['::/0', '10.0.0.1', false],
    ['::/127', '::1', true],
    ['::/127', '::2', false],
    ['fe80::/10', 'febf::1', true],
    ['fe80::/10', 'fec0::', false],
  ])('%s has %s: %s', (block, address, is) => {
    expect(isWithin(readAddress(address) as Uint8Array, readAddressBlock(block))).toBe(is)
  })

  test.each(['192.0.2.0', '192.0.2.0/', '192.0.2.0/33', '::/129', 'a/8', '/8', '::/-1'])('%s is none', (text) => {
    expect(() => readAddressBlock(text)).toThrow(TypeError)
  })
})
