/**
 * PEM (RFC 7468): labelled base64 between `-----BEGIN ...-----` and `-----END ...-----`.
 *
 * Text between blocks is ignored, as RFC 7468 section 2 allows; inside a block everything must be
 * right. Header lines of RFC 1421 (`Proc-Type: 4,ENCRYPTED`), which RFC 7468 dropped and old private
 * keys still have, are read and handed on, so that their reader can say what they mean.
 */

import { DecodeError } from '../bytes/decode-error.ts'

/** One block between `-----BEGIN` and `-----END` (RFC 7468). */
export interface PemBlock {
  /** `CERTIFICATE`, `PRIVATE KEY`, ... */
  readonly label: string
  readonly bytes: Uint8Array
  /** RFC 1421 header lines by name; empty in everything RFC 7468 knows. */
  readonly headers: Readonly<Record<string, string>>
}

/**
 * All blocks of `text`, in order; none if there are none.
 * @throws {DecodeError} whose path names the block, such as `CERTIFICATE (block 2, line 24)`.
 */
export function readPem(text: string): PemBlock[] {
  const blocks: PemBlock[] = []
  const lines = text.split(/\r\n|\n|\r/)
  for (let at = 0; at < lines.length; at++) {
    const begin = BEGIN.exec(lines[at] as string)
    if (begin === null) continue
    const label = begin[1] as string
    const path = `${label} (block ${blocks.length + 1}, line ${at + 1})`
    let end = at + 1
    while (end < lines.length && !BOUNDARY.test(lines[end] as string)) end++
    const boundary = lines[end]
    if (boundary === undefined) throw new DecodeError(path, `-----END ${label}-----`, 'the end of the text')
    if (boundary.trimEnd() !== `-----END ${label}-----`) {
      throw new DecodeError(path, `-----END ${label}-----`, `${showLine(boundary)} in line ${end + 1}`)
    }
    const headers: Record<string, string> = {}
    const body = readHeaders(lines, at + 1, end, headers)
    blocks.push({ label, bytes: readBase64(lines.slice(body, end).join(''), path), headers })
    at = end
  }
  return blocks
}

/** A block with lines of 64 characters and a final line feed (RFC 7468 section 3, strict form). */
export function writePem(label: string, bytes: Uint8Array): string {
  const base64 = writeBase64(bytes)
  let text = `-----BEGIN ${label}-----\n`
  for (let at = 0; at < base64.length; at += 64) text += `${base64.slice(at, at + 64)}\n`
  return `${text}-----END ${label}-----\n`
}

/**
 * Bytes of base64 text (RFC 4648 section 4): padded, canonical. White space is ignored.
 * @throws {DecodeError} under `path`.
 */
export function readBase64(text: string, path: string): Uint8Array {
  const packed = /\s/.test(text) ? text.replace(/\s+/g, '') : text
  if (packed.length % 4 !== 0) {
    throw new DecodeError(path, 'base64 in groups of four characters', `${packed.length} characters`)
  }
  const padding = packed.endsWith('==') ? 2 : packed.endsWith('=') ? 1 : 0
  const digits = packed.length - padding
  const bytes = new Uint8Array((packed.length / 4) * 3 - padding)
  let bits = 0
  let out = 0
  for (let at = 0; at < digits; at++) {
    const code = packed.charCodeAt(at)
    const digit = code < 128 ? (VALUES[code] as number) : 255
    if (digit === 255) throw new DecodeError(path, 'base64', `'${showLine(packed.charAt(at))}' among it`)
    bits = (bits << 6) | digit
    const phase = at & 3
    if (phase !== 0) bytes[out++] = bits >> (6 - 2 * phase)
  }
  const spare = padding === 2 ? bits & 15 : padding === 1 ? bits & 3 : 0
  if (spare !== 0) throw new DecodeError(path, 'base64 whose unused bits are zero', 'others before the padding')
  return bytes
}

/** Base64 with padding, in one line. */
export function writeBase64(bytes: Uint8Array): string {
  let text = ''
  for (let at = 0; at < bytes.length; at += 3) {
    const left = bytes.length - at
    const group =
      ((bytes[at] as number) << 16) |
      ((left > 1 ? (bytes[at + 1] as number) : 0) << 8) |
      (left > 2 ? (bytes[at + 2] as number) : 0)
    text += DIGITS.charAt(group >> 18) + DIGITS.charAt((group >> 12) & 63)
    text += (left > 1 ? DIGITS.charAt((group >> 6) & 63) : '=') + (left > 2 ? DIGITS.charAt(group & 63) : '=')
  }
  return text
}

const BEGIN = /^-----BEGIN ([\x21-\x2c\x2e-\x7e](?:[- ]?[\x21-\x2c\x2e-\x7e])*)-----\s*$/
const BOUNDARY = /^-----(?:BEGIN|END) /
const DIGITS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'
const VALUES: Uint8Array = Uint8Array.from({ length: 128 }, (_, code) => {
  const digit = DIGITS.indexOf(String.fromCharCode(code))
  return digit < 0 ? 255 : digit
})

/** Reads header lines up to the empty line behind them; returns where the base64 begins. */
function readHeaders(lines: readonly string[], from: number, end: number, headers: Record<string, string>): number {
  if (!/^[A-Za-z-]+: /.test(lines[from] ?? '')) return from
  for (let at = from; at < end; at++) {
    const line = lines[at] as string
    if (line.trim() === '') return at + 1
    const header = /^([A-Za-z-]+): (.*)$/.exec(line)
    if (header !== null) headers[header[1] as string] = (header[2] as string).trim()
  }
  return end
}

/** A piece of the text for an error: cut, and with nothing that moves a terminal. */
function showLine(line: string): string {
  const shown = line.slice(0, 40).replace(/[^\x20-\x7e]/g, '?')
  return line.length > 40 ? `${shown}...` : shown
}
