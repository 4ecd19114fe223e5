/**
 * OBJECT IDENTIFIERs (X.690 section 8.19): between their contents octets, dotted text and names.
 *
 * Those with a name here are interned: recognising one costs a hash of its few bytes and no string.
 */

import { OID_NAMES } from './oid-names.ts'

/** Longest contents that are read, in bytes. X.509 itself sets no limit; real ones stay below 32. */
const MAX_OID_LENGTH = 128

/**
 * Dotted text of the OBJECT IDENTIFIER whose contents are `bytes[start..end)`; null if they are not
 * well-formed: empty, cut, an arc not in its shortest form, an arc of more than 128 bits, or over 128 bytes.
 */
export function readOidText(bytes: Uint8Array, start = 0, end: number = bytes.length): string | null {
  let known = KNOWN.get(hashBytes(bytes, start, end))
  for (; known !== undefined; known = known.next) if (isSame(known.contents, bytes, start, end)) return known.text
  return decode(bytes, start, end)
}

/** Whether `text` is an OBJECT IDENTIFIER in dotted form: two numbers at least, the second below 40 under 0 and 1. */
export function isOidText(text: string): boolean {
  return /^(?:[01]\.(?:[1-3]?[0-9])|2\.(?:0|[1-9][0-9]*))(?:\.(?:0|[1-9][0-9]*))*$/.test(text)
}

/**
 * Contents octets (without tag and length) of the OBJECT IDENTIFIER `text`, such as `2.5.4.3`.
 * @throws {TypeError} if it is not a dotted OID.
 */
export function writeOidContents(text: string): Uint8Array {
  if (!/^[0-2](\.(0|[1-9][0-9]*))+$/.test(text)) throw new TypeError(`OID: needs dotted numbers, has '${text}'`)
  const arcs = text.split('.').map(BigInt)
  const first = arcs[0] as bigint
  const second = arcs[1] as bigint
  if (first < 2n && second > 39n) throw new TypeError(`OID: needs a second number below 40, has '${text}'`)
  const octets: number[] = []
  for (const arc of [first * 40n + second, ...arcs.slice(2)]) {
    const digits: number[] = [Number(arc & 0x7fn)]
    for (let rest = arc >> 7n; rest > 0n; rest >>= 7n) digits.push(Number(rest & 0x7fn) | 0x80)
    octets.push(...digits.toReversed())
  }
  return Uint8Array.from(octets)
}

/** Name of a known OID as its ASN.1 module spells it (`commonName`, `ecdsa-with-SHA256`); undefined for others. */
export function oidName(text: string): string | undefined {
  return OID_NAMES[text]
}

function decode(bytes: Uint8Array, start: number, end: number): string | null {
  if (start >= end || end - start > MAX_OID_LENGTH || (bytes[end - 1] as number) >= 0x80) return null
  let text = ''
  for (let at = start; at < end;) {
    if (bytes[at] === 0x80) return null
    const from = at
    let arc = 0
    let octet = bytes[at++] as number
    for (; octet >= 0x80; octet = bytes[at++] as number) arc = arc * 128 + (octet & 0x7f)
    arc = arc * 128 + octet
    // Up to seven octets are exact as a number; a UUID arc (X.667) needs more.
    let arcText = String(arc)
    let first = arc < 40 ? 0 : arc < 80 ? 1 : 2
    if (at - from > 7) {
      let exact = 0n
      for (let i = from; i < at; i++) exact = (exact << 7n) | BigInt((bytes[i] as number) & 0x7f)
      if (exact >> 128n !== 0n) return null
      first = 2
      arcText = String(text === '' ? exact - 80n : exact)
    } else if (text === '') {
      arcText = String(arc - 40 * first)
    }
    text += text === '' ? `${first}.${arcText}` : `.${arcText}`
  }
  return text
}

interface KnownOid {
  readonly contents: Uint8Array
  readonly text: string
  readonly next: KnownOid | undefined
}

const KNOWN: ReadonlyMap<number, KnownOid> = internKnown()

function internKnown(): Map<number, KnownOid> {
  const known = new Map<number, KnownOid>()
  for (const text of Object.keys(OID_NAMES)) {
    const contents = writeOidContents(text)
    const hash = hashBytes(contents, 0, contents.length)
    known.set(hash, { contents, text, next: known.get(hash) })
  }
  return known
}

function hashBytes(bytes: Uint8Array, start: number, end: number): number {
  let hash = 0
  const stop = end - start > MAX_OID_LENGTH ? start : end
  for (let i = start; i < stop; i++) hash = (Math.imul(hash, 31) + (bytes[i] as number)) | 0
  return hash
}

function isSame(contents: Uint8Array, bytes: Uint8Array, start: number, end: number): boolean {
  if (contents.length !== end - start) return false
  for (let i = 0; i < contents.length; i++) if (contents[i] !== bytes[start + i]) return false
  return true
}
