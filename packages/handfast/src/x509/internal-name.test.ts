import { describe, expect, test } from 'vitest'
import { readAddress } from './ip-address.ts'
import { isInternalName, isReservedAddress } from './internal-name.ts'

function isReserved(text: string): boolean {
  return isReservedAddress(readAddress(text) as Uint8Array)
}

describe('addresses that are not of the public Internet', () => {
  test.each([
    '0.0.0.0',
    '10.255.255.255',
    '100.64.0.1',
    '100.127.255.255',
    '127.0.0.1',
    '169.254.1.1',
    '172.31.255.255',
    '192.168.0.1',
    '198.19.255.255',
    '203.0.113.9',
    '224.0.0.1',
    '255.255.255.255',
    '::',
    '::1',
    '::ffff:8.8.8.8',
    '100::1',
    '2001:db8::1',
    '3fff:fff::1',
    'fd00::1',
    'fe80::1',
    '192.88.99.1',
    '2001::1',
    '2002:808:808::',
    '64:ff9b:1::8.8.8.8',
    '5f00::1',
    'fec0::1',
    'ff02::1',
  ])('%s', (text) => expect(isReserved(text)).toBe(true))

  test.each([
    '1.1.1.1',
    '9.255.255.255',
    '11.0.0.0',
    '100.63.255.255',
    '100.128.0.0',
    '128.0.0.1',
    '172.15.255.255',
    '172.32.0.0',
    '198.17.255.255',
    '198.20.0.0',
    '223.255.255.255',
    '::2',
    '2001:db9::1',
    '2606:4700::1111',
    'fe00::1',
    '192.88.98.255',
    '2001:200::1',
    '64:ff9b::8.8.8.8',
  ])('not %s', (text) => expect(isReserved(text)).toBe(false))
})

describe('internal names', () => {
  test.each(['mail', 'Server.LOCAL', 'host.corp', 'a.b.internal', 'printer.home.arpa', 'a.test'])('%s', (name) => {
    expect(isInternalName(name)).toBe(true)
  })
  test.each(['example.com', 'a.example.co.uk', 'local.example.org', 'in-addr.arpa'])('not %s', (name) => {
    expect(isInternalName(name)).toBe(false)
  })
})
