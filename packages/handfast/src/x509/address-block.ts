/** Blocks of IP addresses, as registries write them: `192.0.2.0/24`, `2001:db8::/32`. */

import { readAddress } from './ip-address.ts'

/** An address of 4 or 16 bytes, and how many of its leading bits all addresses of the block have. */
export interface AddressBlock {
  readonly address: Uint8Array
  readonly prefix: number
}

/**
 * A block from its text.
 * @throws {TypeError} if it is none.
 */
export function readAddressBlock(text: string): AddressBlock {
  const [start = '', length = ''] = text.split('/')
  const address = readAddress(start)
  const prefix = /^\d{1,3}$/.test(length) ? Number(length) : Number.NaN
  if (address === null || !(prefix <= 8 * address.length))
    throw new TypeError(`block: needs an address and a prefix length, has '${text}'`)
  return { address, prefix }
}

/** True if an address of 4 or 16 bytes belongs to `block`. No IPv4 address belongs to a block of IPv6. */
export function isWithin(address: Uint8Array, { address: base, prefix }: AddressBlock): boolean {
  if (address.length !== base.length) return false
  for (let bit = 0; bit < prefix; bit += 8) {
    const mask = 0xff & (0xff00 >> Math.min(8, prefix - bit))
    const at = bit >> 3
    if (((base[at] as number) & mask) !== ((address[at] as number) & mask)) return false
  }
  return true
}
