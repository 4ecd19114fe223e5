/**
 * Names and addresses that are not of the public Internet, so that nobody can prove to own one: what IANA
 * keeps for special use (RFC 6761, RFC 6890 and their registries), and names of a single label.
 *
 * Left out: whether any other top-level domain exists.
 */

import { type AddressBlock, isWithin, readAddressBlock } from './address-block.ts'

/** True if `name`, in A-labels without a trailing dot, is one that many networks may have for their own. */
export function isInternalName(name: string): boolean {
  const text = name.toLowerCase()
  return !text.includes('.') || SPECIAL_USE.has(text.slice(text.lastIndexOf('.') + 1)) || /(^|\.)home\.arpa$/.test(text)
}

/** RFC 6761, 6762, 9476; ICANN's reservation of `internal`; and those that ICANN delegates to no one for their common use. */
const SPECIAL_USE: ReadonlySet<string> = new Set([
  'alt',
  'corp',
  'example',
  'home',
  'internal',
  'invalid',
  'local',
  'localhost',
  'mail',
  'test',
])

/** True if `address`, of 4 or 16 bytes, belongs to a block that is not globally reachable. */
export function isReservedAddress(address: Uint8Array): boolean {
  return RESERVED.some((block) => isWithin(address, block))
}

/**
 * The entries of IANA's registries of special-purpose addresses (RFC 6890, as of 2026) that are not globally reachable,
 * whole blocks for those within them, and multicast (RFC 5771, RFC 4291).
 */
const RESERVED: readonly AddressBlock[] = [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  // Relays of 6to4, deprecated by RFC 7526 as 2002::/16 is in effect.
  '192.88.99.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  // Multicast, and what is reserved for future use.
  '224.0.0.0/3',
  // Unspecified and loopback.
  '::/127',
  // IPv4-mapped.
  '::ffff:0:0/96',
  // Translation within a network (RFC 8215).
  '64:ff9b:1::/48',
  '100::/64',
  '100:0:0:1::/64',
  // Protocol assignments, Teredo and ORCHID among them.
  '2001::/23',
  '2001:db8::/32',
  // 6to4.
  '2002::/16',
  '3fff::/20',
  // Segment identifiers (RFC 9602).
  '5f00::/16',
  'fc00::/7',
  'fe80::/10',
  // Site-local, deprecated by RFC 3879.
  'fec0::/10',
  'ff00::/8',
].map(readAddressBlock)
