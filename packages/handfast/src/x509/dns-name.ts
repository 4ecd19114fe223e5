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

/** Letters, digits, hyphens and underscores in labels of 1 to 63, 253 in all (RFC 1035 section 2.3.4). */
export function isDnsName(name: string): boolean {
  return name.length <= 253 && /^(?!-)[a-z0-9_-]{1,63}(?<!-)(\.(?!-)[a-z0-9_-]{1,63}(?<!-))*$/i.test(name)
}

/**
 * True if `presented`, a dNSName of a certificate, covers `reference`, a DNS name in lower case
 * without a trailing dot (RFC 9525 section 6.3).
 */
export function coversDnsName(presented: string, reference: string): boolean {
  const name = presented.toLowerCase()
  if (name === reference) return true
  if (!name.startsWith('*.')) return false
  const parent = name.slice(1)
  const dot = reference.indexOf('.')
  // Two labels at least behind the wildcard: `*.com` would make one certificate every site's.
  return dot > 0 && reference.slice(dot) === parent && parent.indexOf('.', 1) > 0
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

const BASE = 36
const T_MIN = 1
const T_MAX = 26
const DIGITS = 'abcdefghijklmnopqrstuvwxyz0123456789'

/** RFC 3492 section 6.3, for a label with at least one character beyond ASCII. */
function writePunycode(label: string): string {
  const points = Array.from(label, (character) => character.codePointAt(0) as number)
  const basic = points.filter((point) => point < 0x80)
  let text = String.fromCodePoint(...basic)
  let handled = basic.length
  if (handled > 0) text += '-'
  let next = 0x80
  let delta = 0
  let bias = 72
  while (handled < points.length) {
    const smallest = Math.min(...points.filter((point) => point >= next))
    delta += (smallest - next) * (handled + 1)
    next = smallest
    for (const point of points) {
      if (point < next) delta++
      if (point !== next) continue
      text += writeDelta(delta, bias)
      bias = adapt(delta, handled + 1, handled === basic.length)
      delta = 0
      handled++
    }
    delta++
    next++
  }
  return text
}

function writeDelta(delta: number, bias: number): string {
  let text = ''
  let rest = delta
  for (let k = BASE; ; k += BASE) {
    const threshold = Math.min(Math.max(k - bias, T_MIN), T_MAX)
    if (rest < threshold) return text + DIGITS.charAt(rest)
    text += DIGITS.charAt(threshold + ((rest - threshold) % (BASE - threshold)))
    rest = Math.floor((rest - threshold) / (BASE - threshold))
  }
}

/** RFC 3492 section 6.1. */
function adapt(delta: number, length: number, isFirst: boolean): number {
  let rest = isFirst ? Math.floor(delta / 700) : delta >> 1
  rest += Math.floor(rest / length)
  let k = 0
  for (; rest > ((BASE - T_MIN) * T_MAX) >> 1; k += BASE) rest = Math.floor(rest / (BASE - T_MIN))
  return k + Math.floor(((BASE - T_MIN + 1) * rest) / (rest + 38))
}
