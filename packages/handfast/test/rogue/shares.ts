/** Key shares that are none, for every group and both directions. */

import { concatBytes } from '../../src/bytes/index.ts'
import { nodeProvider } from '../../src/crypto/node.ts'
import type { GroupName, KeyExchangeGroup } from '../../src/crypto/provider.ts'

/** Field length of the classical part in bytes, and where it begins in a share. */
const CLASSICAL: Readonly<Record<GroupName, { readonly curve: 'x25519' | 'secp'; readonly isLast: boolean }>> = {
  x25519: { curve: 'x25519', isLast: false },
  secp256r1: { curve: 'secp', isLast: false },
  secp384r1: { curve: 'secp', isLast: false },
  secp521r1: { curve: 'secp', isLast: false },
  X25519MLKEM768: { curve: 'x25519', isLast: true },
  SecP256r1MLKEM768: { curve: 'secp', isLast: false },
  SecP384r1MLKEM1024: { curve: 'secp', isLast: false },
}

/** Lengths of an X25519 value and of uncompressed points. */
const CLASSICAL_LENGTH: Readonly<Record<GroupName, number>> = {
  x25519: 32,
  secp256r1: 65,
  secp384r1: 97,
  secp521r1: 133,
  X25519MLKEM768: 32,
  SecP256r1MLKEM768: 65,
  SecP384r1MLKEM1024: 97,
}

export interface BadShare {
  readonly what: string
  readonly group: GroupName
  readonly share: Uint8Array
}

/** What a client may not send to a server (`from` client), or a server to a client. */
export function badShares(from: 'client' | 'server'): BadShare[] {
  return nodeProvider.groups.flatMap((group) => badSharesOf(group, from))
}

function badSharesOf(group: KeyExchangeGroup, from: 'client' | 'server'): BadShare[] {
  const good = goodShare(group, from)
  const { curve, isLast } = CLASSICAL[group.name]
  const length = CLASSICAL_LENGTH[group.name]
  const start = isLast ? good.length - length : 0
  const withClassical = (part: Uint8Array): Uint8Array =>
    concatBytes(good.subarray(0, start), part, good.subarray(start + length))
  const point = good.slice(start, start + length)
  const off = point.slice()
  off[length - 1] = (off[length - 1] as number) ^ 1
  const bad: [string, Uint8Array][] = [
    ['one byte short', good.slice(0, -1)],
    ['one byte long', concatBytes(good, Uint8Array.of(0))],
    ['a single byte', Uint8Array.of(4)],
  ]
  if (curve === 'x25519') {
    bad.push(['of order one', withClassical(new Uint8Array(32))])
    bad.push(['of order two', withClassical(Uint8Array.from({ length: 32 }, (_, i) => (i === 0 ? 1 : 0)))])
  } else {
    bad.push(['off the curve', withClassical(off)])
    bad.push(['zero', withClassical(Uint8Array.from({ length }, (_, i) => (i === 0 ? 4 : 0)))])
    bad.push(['compressed', withClassical(Uint8Array.from(point, (byte, i) => (i === 0 ? 2 : byte)))])
    bad.push(['with coordinates out of range', withClassical(Uint8Array.from(point, (_, i) => (i === 0 ? 4 : 255)))])
  }
  if (group.name.includes('MLKEM') && from === 'client') {
    // Coefficients of q and more: the check of FIPS 203 section 7.2.
    const from_ = isLast ? 0 : length
    bad.push([
      'with an encapsulation key out of range',
      good.map((byte, i) => (i >= from_ && i < from_ + 96 ? 255 : byte)),
    ])
  }
  return bad.map(([what, share]) => ({ what, group: group.name, share }))
}

function goodShare(group: KeyExchangeGroup, from: 'client' | 'server'): Uint8Array {
  const { share } = group.generate()
  return (from === 'client' ? share : group.respond(share).share).slice()
}
