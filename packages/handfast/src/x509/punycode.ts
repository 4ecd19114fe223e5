/** Punycode (RFC 3492): the characters of a label beyond ASCII as letters, digits and hyphens. Without the prefix `xn--`. */

/** Section 5. */
const BASE = 36
const T_MIN = 1
const T_MAX = 26
const FIRST_BIAS = 72
const FIRST_POINT = 0x80
const DIGITS = 'abcdefghijklmnopqrstuvwxyz0123456789'

/** Section 6.2: true if `encoded`, in lower case, decodes to at least one character beyond ASCII, and to no surrogate. */
export function isPunycode(encoded: string): boolean {
  const lastHyphen = encoded.lastIndexOf('-')
  // A hyphen in front would delimit no basic characters at all, which the encoder never writes.
  if (lastHyphen === 0) return false
  let length = Math.max(lastHyphen, 0)
  let at = lastHyphen + 1
  if (at >= encoded.length) return false
  let point = FIRST_POINT
  let index = 0
  let bias = FIRST_BIAS
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

/** Section 6.3: `label`, which has at least one character beyond ASCII, encoded. */
export function writePunycode(label: string): string {
  const points = Array.from(label, (character) => character.codePointAt(0) as number)
  const basic = points.filter((point) => point < FIRST_POINT)
  let text = String.fromCodePoint(...basic)
  let handled = basic.length
  if (handled > 0) text += '-'
  let next = FIRST_POINT
  let delta = 0
  let bias = FIRST_BIAS
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

/** Section 6.1: the bias after a delta. */
function adapt(delta: number, length: number, isFirst: boolean): number {
  let rest = isFirst ? Math.floor(delta / 700) : delta >> 1
  rest += Math.floor(rest / length)
  let k = 0
  for (; rest > ((BASE - T_MIN) * T_MAX) >> 1; k += BASE) rest = Math.floor(rest / (BASE - T_MIN))
  return k + Math.floor(((BASE - T_MIN + 1) * rest) / (rest + 38))
}
