/** Hexadecimal text, lower case. */

const DIGITS = '0123456789abcdef'

/** Lower-case hex of `bytes`, without separators unless given. */
export function toHex(bytes: Uint8Array, separator = ''): string {
  let text = ''
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i] as number
    if (i > 0) text += separator
    text += DIGITS.charAt(byte >> 4) + DIGITS.charAt(byte & 15)
  }
  return text
}

/**
 * Bytes from hex. White space is ignored.
 * @throws {TypeError} an odd number of digits, or something that is no digit.
 */
export function fromHex(text: string): Uint8Array {
  const digits = text.replace(/\s+/g, '')
  if (digits.length % 2 !== 0) throw new TypeError(`hex: needs an even number of digits, has ${digits.length}`)
  const bytes = new Uint8Array(digits.length / 2)
  for (let i = 0; i < bytes.length; i++) {
    const pair = digits.slice(2 * i, 2 * i + 2)
    if (!/^[0-9a-fA-F]{2}$/.test(pair)) throw new TypeError(`hex: needs digits at ${2 * i}, has '${pair}'`)
    bytes[i] = Number.parseInt(pair, 16)
  }
  return bytes
}
