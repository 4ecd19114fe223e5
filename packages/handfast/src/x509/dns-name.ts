/**
 * DNS names as certificates and users write them: their syntax, what a wildcard covers (RFC 9525
 * section 6.3), and internationalised names as A-labels (RFC 5890 section 2.3.2.1).
 *
 * A U-label becomes an A-label by the URL parser that every JavaScript runtime has (WHATWG URL, UTS
 * 46). That parser also maps: full-width letters to plain ones, ligatures to letters, invisible
 * characters to nothing, other dots to dots. A name that people compare by eye must not change under
 * them, so here all mappings but letter case and normalisation form C are refused, by encoding each
 * label once more (Punycode, RFC 3492) and comparing.
 *
 * Left out: the way back from A-labels to U-labels, and the public suffixes: `*.co.uk` is a wildcard
 * like others.
 */

import { writePunycode } from './punycode.ts'

/** Letters, digits, hyphens and underscores in labels of 1 to 63, 253 in all (RFC 1035 section 2.3.4). */
export function isDnsName(name: string): boolean {
  return name.length <= 253 && /^(?!-)[a-z0-9_-]{1,63}(?<!-)(\.(?!-)[a-z0-9_-]{1,63}(?<!-))*$/i.test(name)
}

/**
 * True if a name's last label is a number, decimal or hexadecimal: WHATWG URL and the resolvers take it for an IPv4
 * address, and no top-level domain is one (RFC 1123 section 2.1).
 */
export function endsInNumber(name: string): boolean {
  return /(^|\.)(0x[0-9a-f]*|[0-9]+)$/i.test(name)
}

/**
 * True if `presented`, a dNSName of a certificate, covers `reference`, a DNS name in lower case
 * without a trailing dot (RFC 9525 section 6.3). An address is no name (section 6.4): none covers it.
 */
export function coversDnsName(presented: string, reference: string): boolean {
  // Asked of the reference alone: what covers it ends as it does.
  return coversLabels(presented, reference) && !endsInNumber(reference)
}

function coversLabels(presented: string, reference: string): boolean {
  if (presented.length === reference.length && presented.toLowerCase() === reference) return true
  if (!presented.startsWith('*.')) return false
  const dot = reference.indexOf('.')
  // By length first: of the many names that a certificate may have, few are so long.
  if (dot <= 0 || presented.length - 1 !== reference.length - dot) return false
  const parent = presented.slice(1).toLowerCase()
  // Two labels at least behind the wildcard: `*.com` would make one certificate every site's.
  return parent.indexOf('.', 1) > 0 && reference.endsWith(parent)
}

/**
 * `name` in lower case with A-labels for U-labels; null if it is no DNS name, or if a U-label is not
 * one in its own right but would have to be mapped to something else. One trailing dot is no part of it.
 */
export function toAsciiName(name: string): string | null {
  if (!/[^\0-\x7f]/.test(name)) return isDnsName(name) ? name.toLowerCase() : null
  // A URL holds more than a host: nothing in the name may begin anything else.
  if (name.length > 253 || /[\0-,/:-@[-^`{-\x7f]/.test(name)) return null
  const ascii = parsedHost(name)
  if (ascii === null || !isDnsName(ascii)) return null
  const labels = name.split('.')
  const converted = ascii.split('.')
  const isSame =
    labels.length === converted.length && labels.every((label, index) => asciiLabel(label) === converted[index])
  return isSame ? ascii : null
}

function parsedHost(name: string): string | null {
  try {
    return new URL(`http://${name}/`).hostname
  } catch {
    return null
  }
}

/** What a label is as an A-label if nothing but its case and normalisation form is changed; null if it can't be one. */
function asciiLabel(label: string): string | null {
  if (!/[^\0-\x7f]/.test(label)) return label.toLowerCase()
  const folded = label.toLowerCase().normalize('NFC')
  // RFC 5891 section 4.2.3.1. A character that folds to ASCII (U+212A, the Kelvin sign) makes no U-label.
  if (/^-|-$|^..--/u.test(folded) || !/[^\0-\x7f]/.test(folded)) return null
  return `xn--${writePunycode(folded)}`
}
