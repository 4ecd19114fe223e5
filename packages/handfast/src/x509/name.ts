/**
 * Distinguished names: RFC 5280 section 4.1.2.4 (structure), RFC 4514 (text), RFC 5280 section 7.1
 * with RFC 4518 (comparison).
 *
 * Read from a certificate a name is checked for structure and kept as bytes; attributes, text and
 * the normalised form are made when asked for. A value that is not well-formed in its own string
 * type (bad UTF-8, say) is no error: it is shown in hex and compared byte for byte. Whether it is within
 * another name is then unknown, unless something else tells them apart.
 *
 * Left out of RFC 4518: the table of prohibited characters (names with them compare as they are).
 */

import { equalBytes } from '../bytes/compare.ts'
import { toHex } from '../bytes/hex.ts'
import { DerReader, TAG } from '../asn1/der.ts'
import { oidName } from '../asn1/oid.ts'
import { escapeUnprintable } from './printable-text.ts'

/** One attribute of a name: `CN=example`. */
export interface NameAttribute {
  /** Dotted OID of the attribute's type. */
  readonly type: string
  /** Identifier octet of the value, its string type; of several octets the number they make, big-endian. */
  readonly tag: number
  /** Contents of the value, still encoded. */
  readonly value: Uint8Array
}

/** Attributes that stand together, usually one. */
export type RelativeDistinguishedName = readonly NameAttribute[]

/**
 * Reads the next element, a Name, and checks its structure.
 * @throws {DecodeError}
 */
export function readName(reader: DerReader, field: string | number): Name {
  const from = reader.offset
  const sequence = reader.sequence(field)
  for (let index = 0; sequence.remaining > 0; index++) {
    const set = sequence.set(index)
    if (set.remaining === 0) throw sequence.error(index, 'at least one attribute', 'none')
    for (let inner = 0; set.remaining > 0; inner++) {
      const attribute = set.sequence(inner)
      attribute.oid('type')
      attribute.skip('value')
      attribute.end()
    }
  }
  return new Name(reader.since(from))
}

/** A distinguished name (RFC 5280 section 4.1.2.4): its DER, its attributes, its text, and what it is compared by. */
export class Name {
  /** The whole SEQUENCE as it stands in the certificate. */
  readonly der: Uint8Array
  #rdns: readonly RelativeDistinguishedName[] | undefined
  #rdnKeys: readonly string[] | undefined
  #rdnTypes: readonly string[] | undefined
  #unreadable: ReadonlySet<number> | undefined
  #key: string | undefined
  #hash: number | undefined
  #text: string | undefined

  /** @internal Use `readName`. `der` must have the structure of a Name. */
  constructor(der: Uint8Array) {
    this.der = der
  }

  /** True for the empty sequence of RDNs. */
  get isEmpty(): boolean {
    return this.der.length === 2
  }

  /** The RDNs in the order of the encoding: the most significant (country) first. */
  get rdns(): readonly RelativeDistinguishedName[] {
    this.#rdns ??= readRdns(this.der)
    return this.#rdns
  }

  /** RFC 4514 text, last RDN first: `CN=example,O=Example\, Inc.,C=DE`. Safe to print. Empty for the empty name. */
  get text(): string {
    this.#text ??= this.rdns.map(rdnText).toReversed().join(',')
    return this.#text
  }

  /** The values of all attributes of a type (dotted OID), as text. */
  attributeTexts(type: string): string[] {
    const texts: string[] = []
    for (const rdn of this.rdns) {
      for (const attribute of rdn)
        if (attribute.type === type) texts.push(valueText(attribute) ?? toHex(attribute.value))
    }
    return texts
  }

  /** Each RDN in normalised form: equal strings for RDNs that match by RFC 5280 section 7.1. */
  get rdnKeys(): readonly string[] {
    this.#rdnKeys ??= this.rdns.map(rdnKey)
    return this.#rdnKeys
  }

  /**
   * Whether the RDNs of `base` are the first of this name (RFC 5280 section 4.2.1.10). `unknown` if a value that
   * cannot be read as text, in a string type without a rule of comparison or not well-formed in its own, stands where
   * the other name has the same kinds of attribute, and all else agrees.
   */
  isWithin(base: Name): boolean | 'unknown' {
    const keys = this.rdnKeys
    const baseKeys = base.rdnKeys
    if (baseKeys.length > keys.length) return false
    let isKnown = true
    // The last is the most particular: where names differ, it most often does.
    for (let i = baseKeys.length - 1; i >= 0; i--) {
      if (keys[i] === baseKeys[i]) continue
      if (!this.#mayEqual(base, i)) return false
      isKnown = false
    }
    return isKnown ? true : 'unknown'
  }

  /** Whether the RDNs at `index`, whose normalised forms differ, could be taken for the same. */
  #mayEqual(other: Name, index: number): boolean {
    if (!this.#unreadableRdns.has(index) && !other.#unreadableRdns.has(index)) return false
    return this.#typesOf(index) === other.#typesOf(index)
  }

  /** Where a value is not text. */
  get #unreadableRdns(): ReadonlySet<number> {
    this.#unreadable ??= new Set(this.rdns.flatMap((rdn, index) => (rdn.every(isText) ? [] : [index])))
    return this.#unreadable
  }

  /** The types of an RDN's attributes, in one order. */
  #typesOf(index: number): string {
    this.#rdnTypes ??= this.rdns.map(rdnTypes)
    return this.#rdnTypes[index] as string
  }

  /** The whole name in normalised form. */
  get key(): string {
    this.#key ??= this.rdnKeys.join('\u0002')
    return this.#key
  }

  /** A hash of the encoding, for indexes. */
  get hash(): number {
    this.#hash ??= hashBytes(this.der)
    return this.#hash
  }

  /** True if the encodings are the same: what nearly every chain has. */
  isSameEncoding(other: Name): boolean {
    return this === other || (this.hash === other.hash && equalBytes(this.der, other.der))
  }

  /** True if the names match by RFC 5280 section 7.1. */
  matches(other: Name): boolean {
    return this.isSameEncoding(other) || this.key === other.key
  }
}

function readRdns(der: Uint8Array): RelativeDistinguishedName[] {
  const rdns: RelativeDistinguishedName[] = []
  const sequence = new DerReader(der, '').sequence('name')
  for (let index = 0; sequence.remaining > 0; index++) {
    const set = sequence.set(index)
    const rdn: NameAttribute[] = []
    for (let inner = 0; set.remaining > 0; inner++) {
      const attribute = set.sequence(inner)
      const type = attribute.oid('type')
      rdn.push({ type, ...attribute.any('value') })
    }
    rdns.push(rdn)
  }
  return rdns
}

/** Short names of RFC 4514 section 3. */
const SHORT_NAMES: Readonly<Record<string, string>> = {
  '2.5.4.3': 'CN',
  '2.5.4.7': 'L',
  '2.5.4.8': 'ST',
  '2.5.4.10': 'O',
  '2.5.4.11': 'OU',
  '2.5.4.6': 'C',
  '2.5.4.9': 'STREET',
  '0.9.2342.19200300.100.1.25': 'DC',
  '0.9.2342.19200300.100.1.1': 'UID',
}

function rdnText(rdn: RelativeDistinguishedName): string {
  return rdn.map(attributeText).join('+')
}

function attributeText(attribute: NameAttribute): string {
  const name = SHORT_NAMES[attribute.type] ?? oidName(attribute.type)
  const text = name === undefined ? undefined : valueText(attribute)
  if (text === undefined) {
    // RFC 4514 section 2.4: the BER encoding of the value. Lengths above 127 keep only their contents here.
    const header =
      attribute.value.length < 0x80
        ? toHex(Uint8Array.of(...identifierOctets(attribute.tag), attribute.value.length))
        : ''
    return `${name ?? attribute.type}=#${header}${toHex(attribute.value)}`
  }
  const escaped = text.replace(/^[ #]| $|["+,;<>\\]/g, '\\$&')
  return `${name}=${escapeUnprintable(escaped)}`
}

function identifierOctets(tag: number): number[] {
  return tag < 0x100 ? [tag] : [...identifierOctets(Math.floor(tag / 0x100)), tag % 0x100]
}

/** Text of a string value; undefined for other types and for contents that are not well-formed. */
function valueText(attribute: NameAttribute): string | undefined {
  const { value } = attribute
  switch (attribute.tag) {
    case TAG.utf8String:
      return decodeUtf8(value)
    case TAG.printableString:
    case TAG.ia5String:
    case TAG.numericString:
    case TAG.visibleString:
      return value.every((octet) => octet < 0x80) ? latin1(value) : undefined
    // T.61 in the standard, ISO 8859-1 in every certificate that has it.
    case TAG.teletexString:
      return latin1(value)
    case TAG.bmpString:
      return decodeUnits(value, 2)
    case TAG.universalString:
      return decodeUnits(value, 4)
    default:
      return undefined
  }
}

function decodeUtf8(value: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(value)
  } catch {
    return undefined
  }
}

function latin1(value: Uint8Array): string {
  let text = ''
  for (const octet of value) text += String.fromCharCode(octet)
  return text
}

/** BMPString (2) or UniversalString (4): big-endian code points, none of them a surrogate. */
function decodeUnits(value: Uint8Array, size: 2 | 4): string | undefined {
  if (value.length % size !== 0) return undefined
  let text = ''
  for (let at = 0; at < value.length; at += size) {
    let point = 0
    for (let i = 0; i < size; i++) point = point * 256 + (value[at + i] as number)
    if (point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff)) return undefined
    text += String.fromCodePoint(point)
  }
  return text
}

function rdnKey(rdn: RelativeDistinguishedName): string {
  return rdn.map(attributeKey).toSorted().join('\u0001')
}

function attributeKey(attribute: NameAttribute): string {
  const text = valueText(attribute)
  return text === undefined
    ? `${attribute.type}#${attribute.tag}:${toHex(attribute.value)}`
    : `${attribute.type}=${normalise(text)}`
}

function isText(attribute: NameAttribute): boolean {
  return valueText(attribute) !== undefined
}

function rdnTypes(rdn: RelativeDistinguishedName): string {
  const types = rdn.map(({ type }) => type)
  return types.toSorted().join('\u0001')
}

/**
 * RFC 4518: spaces of all kinds as one, ignorable characters away, compatibility form, case folded; and that form once
 * more, as some capitals with accents are of several characters where their small letters are one.
 */
function normalise(text: string): string {
  const compatible = text
    .replace(/[\t-\r\u0085\p{Z}]+/gu, ' ')
    .replace(/[\p{Cc}\p{Cf}\p{Default_Ignorable_Code_Point}\u1806\ufffc]+/gu, '')
    .normalize('NFKC')
  return foldCase(compatible).normalize('NFKC').replace(/ +/g, ' ').trim()
}

/**
 * By way of capitals, so that all small letters of one capital fold alike, and before that by way of small letters, as
 * the capital of a sharp s has no other; but not the dotless i, whose capital is that of another letter: RFC 3454 table
 * B.2, which RFC 4518 folds by, leaves it as it is.
 */
function foldCase(text: string): string {
  if (!text.includes(DOTLESS_I)) return text.toLowerCase().toUpperCase().toLowerCase()
  return text.split(DOTLESS_I).map(foldCase).join(DOTLESS_I)
}

const DOTLESS_I = '\u0131'

function hashBytes(bytes: Uint8Array): number {
  let hash = 0
  for (let i = 0; i < bytes.length; i++) hash = (Math.imul(hash, 31) + (bytes[i] as number)) | 0
  return hash
}
