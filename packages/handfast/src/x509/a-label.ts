/**
 * A-labels (RFC 5890 section 2.3.2.1): whether what follows `xn--` is Punycode (RFC 3492 section 6.2) of
 * something beyond ASCII.
 *
 * Left out: the tables of RFC 5892, by which a decoded label may still not be registered.
 */

/** True if `label` begins with `xn--`, in either case, and the rest decodes to at least one character beyond ASCII. */
export function isALabel(label: string): boolean {
  const text = label.toLowerCase()
  return text.startsWith('xn--') && text.length <= 63 && decodes(text.slice(4))
}

const BASE = 36
const T_MIN = 1
const T_MAX = 26

function decodes(encoded: string): boolean {
  const lastHyphen = encoded.lastIndexOf('-')
  // A hyphen in front would delimit no basic characters at all, which the encoder never writes.
  if (lastHyphen === 0) return false
  let length = Math.max(lastHyphen, 0)
  let at = lastHyphen + 1
  if (at >= encoded.length) return false
  let point = 128
  let index = 0
  let bias = 72
  while (at < encoded.length) {
    const before = index
    let weight = 1
    for (let k = BASE; ; k += BASE) {
      if (at >= encoded.length) return false
      const digit = digitValue(encoded.charCodeAt(at++))
      if (digit < 0) return false
      index += digit * weight
      if (index > 0x7fffffff) return false
      const threshold = Math.min(Math.max(k - bias, T_MIN), T_MAX)
      if (digit < threshold) break
      weight *= BASE - threshold
    }
    length++
    bias = adapt(index - before, length, before === 0)
    point += Math.floor(index / length)
    index = (index % length) + 1
    if (point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff)) return false
  }
  return true
}

/** Letters are 0 to 25, decimal digits 26 to 35. */
function digitValue(code: number): number {
  if (code >= 0x61 && code <= 0x7a) return code - 0x61
  return code >= 0x30 && code <= 0x39 ? code - 0x30 + 26 : -1
}

/** RFC 3492 section 6.1. */
function adapt(delta: number, length: number, isFirst: boolean): number {
  let rest = isFirst ? Math.floor(delta / 700) : delta >> 1
  rest += Math.floor(rest / length)
  let k = 0
  for (; rest > ((BASE - T_MIN) * T_MAX) >> 1; k += BASE) rest = Math.floor(rest / (BASE - T_MIN))
  return k + Math.floor(((BASE - T_MIN + 1) * rest) / (rest + 38))
}
