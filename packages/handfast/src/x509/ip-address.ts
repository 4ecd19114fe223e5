/**
 * IP addresses between text and bytes: IPv4 in dotted decimal (RFC 3986 section 3.2.2, no leading
 * zeros, no other base), IPv6 as RFC 4291 section 2.2 reads it and RFC 5952 writes it.
 */

/** The 4 or 16 bytes of an address; null if `text` is none. A zone (`%eth0`) is not part of an address. */
export function readAddress(text: string): Uint8Array | null {
  return text.includes(':') ? readIpv6(text) : readIpv4(text)
}

/**
 * Text of an address of 4 or 16 bytes, of an address and mask of 8 or 32 (`192.0.2.0/24`, or with
 * the mask in full if it is no prefix).
 */
export function addressText(bytes: Uint8Array): string {
  if (bytes.length === 4) return bytes.join('.')
  if (bytes.length === 16) return ipv6Text(bytes)
  const half = bytes.length / 2
  const mask = bytes.subarray(half)
  const prefix = prefixLength(mask)
  return `${addressText(bytes.subarray(0, half))}/${prefix === null ? addressText(mask) : prefix}`
}

/** Number of leading ones of a mask; null if a one follows a zero. */
export function prefixLength(mask: Uint8Array): number | null {
  let length = 0
  while (length < 8 * mask.length && (mask[length >> 3] as number) & (0x80 >> (length & 7))) length++
  for (let bit = length; bit < 8 * mask.length; bit++) {
    if ((mask[bit >> 3] as number) & (0x80 >> (bit & 7))) return null
  }
  return length
}

function readIpv4(text: string): Uint8Array | null {
  const parts = text.split('.')
  if (parts.length !== 4) return null
  const bytes = new Uint8Array(4)
  for (const [index, part] of parts.entries()) {
    if (!/^(0|[1-9][0-9]{0,2})$/.test(part) || Number(part) > 255) return null
    bytes[index] = Number(part)
  }
  return bytes
}

function readIpv6(text: string): Uint8Array | null {
  const halves = text.split('::')
  if (halves.length > 2) return null
  const head = readGroups(halves[0] as string, halves.length === 1)
  const tail = halves.length === 2 ? readGroups(halves[1] as string, true) : []
  if (head === null || tail === null) return null
  const missing = 8 - head.length - tail.length
  // RFC 4291 section 2.2: "::" stands for one or more groups.
  if (halves.length === 1 ? missing !== 0 : missing < 1) return null
  const bytes = new Uint8Array(16)
  const groups = [...head, ...Array.from({ length: missing }, () => 0), ...tail]
  for (const [index, group] of groups.entries()) {
    bytes[2 * index] = group >> 8
    bytes[2 * index + 1] = group & 0xff
  }
  return bytes
}

function readGroups(text: string, mayEndInIpv4: boolean): number[] | null {
  if (text === '') return []
  const groups: number[] = []
  const parts = text.split(':')
  for (const [index, part] of parts.entries()) {
    if (mayEndInIpv4 && index === parts.length - 1 && part.includes('.')) {
      const ipv4 = readIpv4(part)
      if (ipv4 === null) return null
      groups.push(((ipv4[0] as number) << 8) | (ipv4[1] as number), ((ipv4[2] as number) << 8) | (ipv4[3] as number))
    } else if (/^[0-9a-fA-F]{1,4}$/.test(part)) {
      groups.push(Number.parseInt(part, 16))
    } else {
      return null
    }
  }
  return groups.length > 8 ? null : groups
}

function ipv6Text(bytes: Uint8Array): string {
  const groups: number[] = []
  for (let i = 0; i < 16; i += 2) groups.push(((bytes[i] as number) << 8) | (bytes[i + 1] as number))
  let longest = 0
  let longestAt = -1
  for (let at = 0; at < 8; at++) {
    let length = 0
    while (at + length < 8 && groups[at + length] === 0) length++
    if (length > longest && length > 1) {
      longest = length
      longestAt = at
    }
  }
  const hex = groups.map((group) => group.toString(16))
  if (longestAt < 0) return hex.join(':')
  return `${hex.slice(0, longestAt).join(':')}::${hex.slice(longestAt + longest).join(':')}`
}
