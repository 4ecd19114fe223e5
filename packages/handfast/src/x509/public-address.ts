/**
 * Which IP addresses are anyone's on the Internet: what a certificate from a stranger may have its
 * reader connect to. By the IANA registries of special-purpose addresses (RFC 6890, as of 2026) all
 * that is not globally reachable is not, and neither is multicast, nor what only wraps an IPv4 address
 * that is not.
 */

import { readAddress } from './ip-address.ts'

/** Not public, though IPv4 has them. */
const IPV4: readonly Block[] = blocks([
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.88.99.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/4',
  '240.0.0.0/4',
])

/** The only block of IPv6 that is given to anyone. */
const IPV6_UNICAST: readonly Block[] = blocks(['2000::/3'])
/** Not public, though within it: protocol assignments with Teredo and ORCHID, documentation, 6to4. */
const IPV6: readonly Block[] = blocks(['2001::/23', '2001:db8::/32', '2002::/16', '3fff::/20'])
/** RFC 6052 section 2.1: an IPv4 address, through a translator. */
const NAT64: readonly Block[] = blocks(['64:ff9b::/96'])

/** True if an address of 4 or 16 bytes may be anyone's on the Internet. */
export function isPublicAddress(address: Uint8Array): boolean {
  if (address.length === 4) return !isIn(IPV4, address)
  if (isIn(NAT64, address)) return isPublicAddress(address.subarray(12))
  return isIn(IPV6_UNICAST, address) && !isIn(IPV6, address)
}

interface Block {
  readonly address: Uint8Array
  readonly prefix: number
}

function blocks(texts: readonly string[]): Block[] {
  return texts.map((text) => {
    const slash = text.indexOf('/')
    return { address: readAddress(text.slice(0, slash)) as Uint8Array, prefix: Number(text.slice(slash + 1)) }
  })
}

function isIn(list: readonly Block[], address: Uint8Array): boolean {
  return list.some((block) => block.address.length === address.length && isWithin(block, address))
}

function isWithin({ address: base, prefix }: Block, address: Uint8Array): boolean {
  for (let bit = 0; bit < prefix; bit += 8) {
    const mask = 0xff & (0xff00 >> Math.min(8, prefix - bit))
    const at = bit >> 3
    if (((base[at] as number) & mask) !== ((address[at] as number) & mask)) return false
  }
  return true
}
