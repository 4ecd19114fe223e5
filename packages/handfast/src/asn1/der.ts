/**
 * Reading DER: the distinguished encoding of ASN.1 (X.690 sections 8, 10 and 11), strictly.
 *
 * A `DerReader` walks the elements of one constructed value. The caller says what it expects, in the
 * order of the ASN.1 module, and gives each field its name; the name is where the error says it
 * happened. Enforced: definite lengths in their shortest form, tag numbers in their shortest form,
 * INTEGERs in their shortest form, BOOLEAN as 00 or FF, unused bits of a BIT STRING zero, no bytes
 * after what was expected, a bounded depth. Values are views of the input, never copies, and every
 * byte is looked at a constant number of times.
 *
 * Left out: REAL, EMBEDDED PDV, relative OIDs and the order of SET OF, which no certificate needs.
 */

import { DecodeError } from '../bytes/decode-error.ts'
import { readOidText } from './oid.ts'

/** Identifier octets of the universal types used in certificates, keys and revocation lists. */
export const TAG = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  null: 0x05,
  oid: 0x06,
  enumerated: 0x0a,
  utf8String: 0x0c,
  sequence: 0x30,
  set: 0x31,
  numericString: 0x12,
  printableString: 0x13,
  teletexString: 0x14,
  ia5String: 0x16,
  utcTime: 0x17,
  generalizedTime: 0x18,
  visibleString: 0x1a,
  universalString: 0x1c,
  bmpString: 0x1e,
} as const

/** Identifier octet of a primitive context-specific tag: `[n] IMPLICIT` of a primitive type. `n` at most 30. */
export function contextPrimitive(n: number): number {
  return 0x80 | n
}

/** Identifier octet of a constructed context-specific tag: `[n] EXPLICIT`, or `[n] IMPLICIT` of a constructed type. */
export function contextConstructed(n: number): number {
  return 0xa0 | n
}

/** Deepest nesting that is read. Certificates need about 12. */
export const MAX_DEPTH = 32

/** A BIT STRING: whole bytes, of which the last `unusedBits` bits (0 to 7, all zero) do not count. */
export interface BitString {
  readonly bytes: Uint8Array
  readonly unusedBits: number
}

/**
 * Reads `bytes`, one SEQUENCE and nothing after it, and returns the reader of its contents.
 * @param what names the structure in an error about the outermost element itself.
 * @param path prefixes the names of the fields inside; empty by default.
 * @throws {DecodeError}
 */
export function readDer(bytes: Uint8Array, what: string, path = ''): DerReader {
  const outer = new DerReader(bytes, path)
  const inner = outer.outermost(what)
  return inner
}

/**
 * Reads the elements of one SEQUENCE or SET, in their order. Every read names its field and throws DecodeError,
 * with the path to it, for what is not there, of another type, or not DER (X.690 section 10). What is read as bytes
 * is a view, no copy.
 */
export class DerReader {
  readonly #bytes: Uint8Array
  readonly #end: number
  readonly #parent: DerReader | null
  /** A number is the index of a list's element. */
  readonly #name: string | number
  readonly #depth: number
  #offset: number
  /** Of the element whose header was read last. */
  #tag = 0
  #start = 0
  #stop = 0
  /** What was prepared for `ascii`, and its place. */
  #text = ''
  #textFrom = 0

  /** Reads the elements in `bytes`; `path` prefixes the names of fields in errors. */
  constructor(
    bytes: Uint8Array,
    path: string | number,
    start = 0,
    end: number = bytes.length,
    parent: DerReader | null = null,
    depth = 0,
  ) {
    this.#bytes = bytes
    this.#name = path
    this.#offset = start
    this.#end = end
    this.#parent = parent
    this.#depth = depth
  }

  /** Bytes not yet read. */
  get remaining(): number {
    return this.#end - this.#offset
  }

  /** Place in the underlying array of the next element. */
  get offset(): number {
    return this.#offset
  }

  /** Dotted path of the structure being read: `tbsCertificate.extensions[3]`. Built on each call: for errors only. */
  get path(): string {
    return this.#parent === null ? joinPath('', this.#name) : joinPath(this.#parent.path, this.#name)
  }

  /** The first identifier octet of the next element; -1 if there is none. */
  peek(): number {
    return this.#offset < this.#end ? (this.#bytes[this.#offset] as number) : -1
  }

  /** The next element, which must have `tag` (a SEQUENCE by default), as a reader of its contents. */
  sequence(field: string | number, tag: number = TAG.sequence): DerReader {
    this.#expect(field, tag)
    return this.#enter(field)
  }

  /** The next element, a SET, as a reader of its contents. */
  set(field: string | number): DerReader {
    return this.sequence(field, TAG.set)
  }

  /** Contents of the next element, which must have `tag`: a view. */
  value(field: string | number, tag: number): Uint8Array {
    this.#expect(field, tag)
    return this.#bytes.subarray(this.#start, this.#stop)
  }

  octetString(field: string | number, tag: number = TAG.octetString): Uint8Array {
    return this.value(field, tag)
  }

  boolean(field: string | number, tag: number = TAG.boolean): boolean {
    this.#expect(field, tag)
    if (this.#stop - this.#start !== 1) throw this.#wrong(field, 'one byte', `${this.#stop - this.#start}`)
    const octet = this.#bytes[this.#start] as number
    if (octet !== 0 && octet !== 0xff) throw this.#wrong(field, '00 or ff as BOOLEAN', hexByte(octet))
    return octet !== 0
  }

  /** Contents of an INTEGER of any size and sign: two's complement, shortest form. */
  integer(field: string | number, tag: number = TAG.integer): Uint8Array {
    this.#expect(field, tag)
    this.#checkInteger(field)
    return this.#bytes.subarray(this.#start, this.#stop)
  }

  /** An INTEGER from 0 to `max` (at most 2^31 - 1). */
  unsigned(field: string | number, max = 0x7fffffff, tag: number = TAG.integer): number {
    this.#expect(field, tag)
    this.#checkInteger(field)
    const length = this.#stop - this.#start
    if ((this.#bytes[this.#start] as number) & 0x80) throw this.#wrong(field, 'no negative INTEGER', 'a negative one')
    if (length > 4) throw this.#wrong(field, `an INTEGER of at most ${max}`, `one of ${length} bytes`)
    let value = 0
    for (let i = this.#start; i < this.#stop; i++) value = value * 256 + (this.#bytes[i] as number)
    if (value > max) throw this.#wrong(field, `an INTEGER of at most ${max}`, `${value}`)
    return value
  }

  bitString(field: string | number, tag: number = TAG.bitString): BitString {
    this.#expect(field, tag)
    const length = this.#stop - this.#start
    if (length === 0) throw this.#wrong(field, 'a count of unused bits', 'an empty BIT STRING')
    const unusedBits = this.#bytes[this.#start] as number
    if (unusedBits > 7) throw this.#wrong(field, 'at most 7 unused bits', `${unusedBits}`)
    if (unusedBits > 0) {
      if (length === 1) throw this.#wrong(field, 'no unused bits in an empty BIT STRING', `${unusedBits}`)
      const last = this.#bytes[this.#stop - 1] as number
      if ((last & ((1 << unusedBits) - 1)) !== 0) throw this.#wrong(field, 'unused bits of zero', hexByte(last))
    }
    return { bytes: this.#bytes.subarray(this.#start + 1, this.#stop), unusedBits }
  }

  /** A BIT STRING of whole bytes (keys, signatures): a view of them. */
  bitStringBytes(field: string | number, tag: number = TAG.bitString): Uint8Array {
    this.#expect(field, tag)
    if (this.#stop === this.#start) throw this.#wrong(field, 'a count of unused bits', 'an empty BIT STRING')
    const unusedBits = this.#bytes[this.#start] as number
    if (unusedBits !== 0) throw this.#wrong(field, 'no unused bits', `${unusedBits}`)
    return this.#bytes.subarray(this.#start + 1, this.#stop)
  }

  null(field: string | number, tag: number = TAG.null): void {
    this.#expect(field, tag)
    if (this.#stop !== this.#start) throw this.#wrong(field, 'an empty NULL', `${this.#stop - this.#start} bytes`)
  }

  /** An OBJECT IDENTIFIER in dotted text. */
  oid(field: string | number, tag: number = TAG.oid): string {
    this.#expect(field, tag)
    const text = readOidText(this.#bytes, this.#start, this.#stop)
    if (text === null) throw this.#wrong(field, 'a well-formed OBJECT IDENTIFIER', this.#excerpt())
    return text
  }

  /** Contents of the next element, which must have `tag`, as text: all of it ASCII. */
  ascii(field: string | number, tag: number): string {
    this.#expect(field, tag)
    const start = this.#start
    const stop = this.#stop
    const isPrepared = this.#text !== ''
    let text = ''
    for (let at = start; at < stop; at++) {
      const octet = this.#bytes[at] as number
      if (octet >= 0x80) throw this.error(field, 'ASCII characters', `0x${hexByte(octet)} at its byte ${at - start}`)
      if (!isPrepared) text += String.fromCharCode(octet)
    }
    return isPrepared ? this.#text.slice(start - this.#textFrom, stop - this.#textFrom) : text
  }

  /** For a list of many texts: all that remains is decoded at once, and `ascii` cuts from that. */
  prepareText(): void {
    this.#text = ONE_BYTE.decode(this.#bytes.subarray(this.#offset, this.#end))
    this.#textFrom = this.#offset
  }

  /** The next element, whatever it is, with its header: a view. Its contents are not looked at. */
  element(field: string | number): Uint8Array {
    const from = this.#offset
    this.#header(field)
    return this.#bytes.subarray(from, this.#stop)
  }

  /** What was read since `offset` (an earlier value of this reader's `offset`): a view. */
  since(offset: number): Uint8Array {
    return this.#bytes.subarray(offset, this.#offset)
  }

  /** Passes over the next element, whatever it is. Its contents are not looked at. */
  skip(field: string | number): void {
    this.#header(field)
  }

  /** Identifier octets (more than one: as one number, big-endian) and contents of the next element, whatever it is. */
  any(field: string | number): { readonly tag: number; readonly value: Uint8Array } {
    this.#header(field)
    return { tag: this.#tag, value: this.#bytes.subarray(this.#start, this.#stop) }
  }

  /**
   * A reader for `value`, a view of this reader's bytes that holds an encoding of its own (an
   * extension's OCTET STRING): its errors continue this reader's path.
   */
  nested(value: Uint8Array, field: string | number): DerReader {
    const start = value.byteOffset - this.#bytes.byteOffset
    return new DerReader(this.#bytes, field, start, start + value.length, this, this.#depth + 1)
  }

  /** Demands that everything was consumed. */
  end(): void {
    if (this.#offset < this.#end) {
      throw new DecodeError(
        this.path || 'DER',
        'nothing more',
        `${this.#end - this.#offset} more bytes at byte ${this.#offset}`,
      )
    }
  }

  /** An error about `field` of the structure being read. */
  error(field: string | number, needs: string, has: string): DecodeError {
    return new DecodeError(joinPath(this.path, field) || 'DER', needs, has)
  }

  /** @internal The one SEQUENCE of a whole encoding, whose name stands in errors about it only. */
  outermost(what: string): DerReader {
    this.#expect(what, TAG.sequence)
    const inner = new DerReader(this.#bytes, this.#name, this.#start, this.#stop, null, 1)
    if (this.#offset < this.#end) {
      throw this.#wrong(what, 'nothing after it', `${this.#end - this.#offset} more bytes`)
    }
    return inner
  }

  #enter(field: string | number): DerReader {
    if (this.#depth >= MAX_DEPTH) throw this.#wrong(field, `at most ${MAX_DEPTH} levels`, 'more')
    return new DerReader(this.#bytes, field, this.#start, this.#stop, this, this.#depth + 1)
  }

  #expect(field: string | number, tag: number): void {
    if (this.#offset >= this.#end) throw this.error(field, tagText(tag), `nothing at byte ${this.#offset}`)
    const has = this.#bytes[this.#offset] as number
    if (has !== tag) throw this.error(field, tagText(tag), `${tagText(has)} at byte ${this.#offset}`)
    this.#header(field)
  }

  /** Reads identifier and length octets (X.690 sections 8.1.2 and 10.1) and moves behind the element. */
  #header(field: string | number): void {
    const bytes = this.#bytes
    const end = this.#end
    let at = this.#offset
    if (at >= end) throw this.error(field, 'an element', `nothing at byte ${at}`)
    this.#tag = bytes[at++] as number
    if ((this.#tag & 0x1f) === 0x1f) at = this.#skipTagNumber(field, at)
    if (at >= end) throw this.error(field, 'a length', `nothing at byte ${at}`)
    let length = bytes[at++] as number
    if (length >= 0x80) {
      const octets = length & 0x7f
      if (octets === 0) throw this.error(field, 'a definite length', `an indefinite one at byte ${at - 1}`)
      if (octets > 4) throw this.error(field, 'a length of at most 4 bytes', `${octets} at byte ${at - 1}`)
      if (octets > end - at) throw this.error(field, `${octets} bytes of length`, `${end - at} at byte ${at}`)
      length = 0
      for (let i = 0; i < octets; i++) length = length * 256 + (bytes[at++] as number)
      if (length < 0x80 || length < 2 ** (8 * (octets - 1))) {
        throw this.error(
          field,
          'the shortest form of its length',
          `${length} in ${octets} bytes at byte ${at - octets}`,
        )
      }
    }
    if (length > end - at) {
      throw this.error(field, `${length} byte${length === 1 ? '' : 's'}`, `${end - at} at byte ${at}`)
    }
    this.#start = at
    this.#stop = at + length
    this.#offset = at + length
  }

  /** A tag number above 30 (X.690 section 8.1.2.4): base 128, shortest form, at most 4 bytes. */
  #skipTagNumber(field: string | number, from: number): number {
    let at = from
    let value = 0
    for (;;) {
      if (at >= this.#end) throw this.error(field, 'a tag number', `nothing at byte ${at}`)
      if (at - from === 4) throw this.error(field, 'a tag number of at most 4 bytes', `more at byte ${from}`)
      const octet = this.#bytes[at++] as number
      if (at - from === 1 && octet === 0x80) throw this.error(field, 'the shortest form of its tag number', 'a longer')
      value = value * 128 + (octet & 0x7f)
      this.#tag = this.#tag * 256 + octet
      if (octet < 0x80) break
    }
    if (value < 31) throw this.error(field, 'the shortest form of its tag number', `${value} at byte ${from}`)
    return at
  }

  #checkInteger(field: string | number): void {
    const length = this.#stop - this.#start
    if (length === 0) throw this.#wrong(field, 'at least one byte', '0')
    if (length === 1) return
    const first = this.#bytes[this.#start] as number
    const second = this.#bytes[this.#start + 1] as number
    if ((first === 0 && second < 0x80) || (first === 0xff && second >= 0x80)) {
      throw this.#wrong(field, 'the shortest form of its INTEGER', `${hexByte(first)} before ${hexByte(second)}`)
    }
  }

  #wrong(field: string | number, needs: string, has: string): DecodeError {
    return this.error(field, needs, `${has} at byte ${this.#start}`)
  }

  #excerpt(): string {
    let text = ''
    for (let i = this.#start; i < Math.min(this.#stop, this.#start + 16); i++) text += hexByte(this.#bytes[i] as number)
    return this.#stop > this.#start + 16 ? `${text}...` : text || 'no bytes'
  }
}

/** `a.b` and `c` to `a.b.c`; `a.b` and 3 to `a.b[3]`. */
function joinPath(path: string, name: string | number): string {
  if (typeof name === 'number') return `${path}[${name}]`
  if (path === '' || name === '') return path + name
  return `${path}.${name}`
}

/** One character for each byte; those that are not ASCII do not matter. */
const ONE_BYTE = new TextDecoder('latin1')

function hexByte(octet: number): string {
  return octet.toString(16).padStart(2, '0')
}

const TAG_TEXT: Readonly<Record<number, string>> = {
  [TAG.boolean]: 'BOOLEAN',
  [TAG.integer]: 'INTEGER',
  [TAG.bitString]: 'BIT STRING',
  [TAG.octetString]: 'OCTET STRING',
  [TAG.null]: 'NULL',
  [TAG.oid]: 'OBJECT IDENTIFIER',
  [TAG.enumerated]: 'ENUMERATED',
  [TAG.utf8String]: 'UTF8String',
  [TAG.sequence]: 'SEQUENCE',
  [TAG.set]: 'SET',
  [TAG.numericString]: 'NumericString',
  [TAG.printableString]: 'PrintableString',
  [TAG.teletexString]: 'TeletexString',
  [TAG.ia5String]: 'IA5String',
  [TAG.utcTime]: 'UTCTime',
  [TAG.generalizedTime]: 'GeneralizedTime',
  [TAG.visibleString]: 'VisibleString',
  [TAG.universalString]: 'UniversalString',
  [TAG.bmpString]: 'BMPString',
}

/** A tag for people: `SEQUENCE`, `[3]`, `tag 0x5f`. */
export function tagText(tag: number): string {
  const name = TAG_TEXT[tag]
  if (name !== undefined) return name
  return (tag & 0xc0) === 0x80 && (tag & 0x1f) !== 0x1f ? `[${tag & 0x1f}]` : `tag 0x${hexByte(tag)}`
}
