/**
 * Writing DER (X.690 sections 8, 10 and 11): each function returns one whole element, to be put into
 * others.
 */

import { concatBytes } from '../bytes/compare.ts'
import { TAG } from './der.ts'
import { writeOidContents } from './oid.ts'

/** An element of any kind: identifier octet (tag number below 31), shortest definite length, `contents` joined. */
export function writeElement(tag: number, ...contents: readonly Uint8Array[]): Uint8Array {
  let length = 0
  for (const part of contents) length += part.length
  const lengthOctets = length < 0x80 ? 1 : length < 0x100 ? 2 : length < 0x10000 ? 3 : length < 0x1000000 ? 4 : 5
  const element = new Uint8Array(1 + lengthOctets + length)
  element[0] = tag
  if (lengthOctets === 1) element[1] = length
  else {
    element[1] = 0x80 | (lengthOctets - 1)
    for (let i = 2, rest = length; i <= lengthOctets; i++) {
      element[lengthOctets + 2 - i] = rest & 0xff
      rest = Math.floor(rest / 256)
    }
  }
  let offset = 1 + lengthOctets
  for (const part of contents) {
    element.set(part, offset)
    offset += part.length
  }
  return element
}

/** A SEQUENCE of the elements, each in DER. */
export function writeSequence(...elements: readonly Uint8Array[]): Uint8Array {
  return writeElement(TAG.sequence, ...elements)
}

/** A SET OF: the elements in ascending order of their encodings (X.690 section 11.6). */
export function writeSetOf(...elements: readonly Uint8Array[]): Uint8Array {
  return writeElement(TAG.set, ...elements.toSorted(compareEncodings))
}

/** A BOOLEAN: TRUE is 0xff (X.690 section 11.1). */
export function writeBoolean(value: boolean): Uint8Array {
  return writeElement(TAG.boolean, Uint8Array.of(value ? 0xff : 0))
}

/** An INTEGER; a byte string is taken as an unsigned big-endian number. */
export function writeInteger(value: number | bigint | Uint8Array): Uint8Array {
  if (value instanceof Uint8Array) return writeElement(TAG.integer, unsignedContents(value))
  let rest = BigInt(value)
  const octets: number[] = []
  for (;;) {
    const octet = Number(BigInt.asUintN(8, rest))
    octets.push(octet)
    rest >>= 8n
    if ((rest === 0n && octet < 0x80) || (rest === -1n && octet >= 0x80)) break
  }
  return writeElement(TAG.integer, Uint8Array.from(octets.toReversed()))
}

/** A BIT STRING of whole bytes, less `unusedBits` of the last, which must be zero. */
export function writeBitString(bytes: Uint8Array, unusedBits = 0): Uint8Array {
  return writeElement(TAG.bitString, Uint8Array.of(unusedBits), bytes)
}

/** A BIT STRING with named bits (X.690 section 11.2.2): `bits` are the numbers of those set; trailing zeros are dropped. */
export function writeNamedBits(bits: readonly number[]): Uint8Array {
  if (bits.length === 0) return writeBitString(new Uint8Array(0))
  const last = Math.max(...bits)
  const bytes = new Uint8Array((last >> 3) + 1)
  for (const bit of bits) bytes[bit >> 3] = (bytes[bit >> 3] as number) | (0x80 >> (bit & 7))
  return writeBitString(bytes, 7 - (last & 7))
}

/** An OCTET STRING. */
export function writeOctetString(bytes: Uint8Array): Uint8Array {
  return writeElement(TAG.octetString, bytes)
}

/** A NULL. */
export function writeNull(): Uint8Array {
  return writeElement(TAG.null)
}

/** @throws {TypeError} if `text` is not a dotted OID. */
export function writeOid(text: string): Uint8Array {
  return writeElement(TAG.oid, writeOidContents(text))
}

/** A UTF8String. */
export function writeUtf8String(text: string): Uint8Array {
  return writeElement(TAG.utf8String, new TextEncoder().encode(text))
}

/** @throws {TypeError} if `text` has other characters than a PrintableString may (X.680 section 41.4). */
export function writePrintableString(text: string): Uint8Array {
  if (!/^[A-Za-z0-9 '()+,\-./:=?]*$/.test(text)) throw new TypeError(`PrintableString: cannot hold '${text}'`)
  return writeElement(TAG.printableString, new TextEncoder().encode(text))
}

/** @throws {TypeError} if `text` is not ASCII. */
export function writeIa5String(text: string, tag: number = TAG.ia5String): Uint8Array {
  // eslint-disable-next-line no-control-regex
  if (!/^[\x00-\x7f]*$/.test(text)) throw new TypeError(`IA5String: cannot hold '${text}'`)
  return writeElement(tag, new TextEncoder().encode(text))
}

/** `[n] EXPLICIT`, or `[n] IMPLICIT` of a constructed type whose elements these are. */
export function writeContext(n: number, ...elements: readonly Uint8Array[]): Uint8Array {
  return writeElement(0xa0 | n, ...elements)
}

/** `[n] IMPLICIT` of a primitive type with these contents. */
export function writeContextPrimitive(n: number, contents: Uint8Array): Uint8Array {
  return writeElement(0x80 | n, contents)
}

function unsignedContents(value: Uint8Array): Uint8Array {
  let from = 0
  while (from < value.length - 1 && value[from] === 0) from++
  const digits = value.subarray(from)
  if (digits.length === 0) return Uint8Array.of(0)
  return (digits[0] as number) >= 0x80 ? concatBytes(Uint8Array.of(0), digits) : digits
}

function compareEncodings(a: Uint8Array, b: Uint8Array): number {
  const shared = Math.min(a.length, b.length)
  for (let i = 0; i < shared; i++) if (a[i] !== b[i]) return (a[i] as number) - (b[i] as number)
  return a.length - b.length
}
