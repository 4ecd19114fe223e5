/**
 * Names and addresses that are not of the public Internet, so that nobody can prove to own one: what IANA
 * keeps for special use (RFC 6761, RFC 6890 and their registries), and names of a single label.
 *
 * Left out: whether any other top-level domain exists.
 */

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
  const blocks = address.length === 4 ? IPV4_BLOCKS : IPV6_BLOCKS
  return blocks.some(({ start, bits }) => lies(address, start, bits))
}

interface Block {
  readonly start: readonly number[]
  readonly bits: number
}

function lies(address: Uint8Array, start: readonly number[], bits: number): boolean {
  for (let at = 0; at < bits; at += 8) {
    const mask = bits - at >= 8 ? 0xff : (0xff00 >> (bits - at)) & 0xff
    const octet = address[at >> 3] as number
    if ((octet & mask) !== ((start[at >> 3] ?? 0) & mask)) return false
  }
  return true
}

const IPV4_BLOCKS: readonly Block[] = [
  { start: [0], bits: 8 },
  { start: [10], bits: 8 },
  { start: [100, 64], bits: 10 },
  { start: [127], bits: 8 },
  { start: [169, 254], bits: 16 },
  { start: [172, 16], bits: 12 },
  { start: [192, 0, 0], bits: 24 },
  { start: [192, 0, 2], bits: 24 },
  { start: [192, 168], bits: 16 },
  { start: [198, 18], bits: 15 },
  { start: [198, 51, 100], bits: 24 },
  { start: [203, 0, 113], bits: 24 },
  { start: [224], bits: 3 },
]

const IPV6_BLOCKS: readonly Block[] = [
  // Unspecified and loopback
  { start: [], bits: 127 },
  // IPv4-mapped
  { start: [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff], bits: 96 },
  { start: [0, 0x64, 0xff, 0x9b, 0, 1], bits: 48 },
  { start: [0x01], bits: 64 },
  { start: [0x20, 0x01, 0x0d, 0xb8], bits: 32 },
  { start: [0x3f, 0xff], bits: 20 },
  { start: [0xfc], bits: 7 },
  { start: [0xfe, 0x80], bits: 10 },
  { start: [0xff], bits: 8 },
]
