/**
 * Which IP addresses are anyone's on the Internet: what a certificate from a stranger may have its
 * reader connect to. Whatever is reserved (internal-name.ts) is not, nor are the addresses of IPv6 that
 * nobody was given, nor what only wraps an IPv4 address that is not.
 */

import { isWithin, readAddressBlock } from './address-block.ts'
import { isReservedAddress } from './internal-name.ts'

/** The only block of IPv6 that is given to anyone. */
const IPV6_UNICAST = readAddressBlock('2000::/3')
/** RFC 6052 section 2.1: an IPv4 address, through a translator. */
const NAT64 = readAddressBlock('64:ff9b::/96')

/** True if an address of 4 or 16 bytes may be anyone's on the Internet. */
export function isPublicAddress(address: Uint8Array): boolean {
  if (isWithin(address, NAT64)) return isPublicAddress(address.subarray(12))
  return !isReservedAddress(address) && (address.length === 4 || isWithin(address, IPV6_UNICAST))
}
