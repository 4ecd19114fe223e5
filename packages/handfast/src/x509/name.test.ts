import { describe, expect, test } from 'vitest'
import { DerReader } from '../asn1/der.ts'
import {
  writeElement,
  writeIa5String,
  writeNull,
  writeOid,
  writePrintableString,
  writeSequence,
  writeSetOf,
  writeUtf8String,
} from '../asn1/der-writer.ts'
import { concatBytes } from '../bytes/compare.ts'
import { DecodeError } from '../bytes/decode-error.ts'
import { fromHex } from '../bytes/hex.ts'
import { type Name, readName } from './name.ts'

const CN = '2.5.4.3'
const O = '2.5.4.10'
const C = '2.5.4.6'

const attribute = (type: string, value: Uint8Array): Uint8Array => writeSequence(writeOid(type), value)
const nameOf = (...rdns: Uint8Array[][]): Name => {
  const der = writeSequence(...rdns.map((attributes) => writeSetOf(...attributes)))
  return readName(new DerReader(der, ''), 'name')
}
const simple = (text: string): Name => nameOf([attribute(CN, writeUtf8String(text))])
const utf16 = (text: string): Uint8Array =>
  Uint8Array.from([...text].flatMap((c) => [c.charCodeAt(0) >> 8, c.charCodeAt(0) & 255]))

describe('text (RFC 4514)', () => {
  test('the last RDN first, attributes of one RDN joined by +', () => {
    const name = nameOf(
      [attribute(C, writePrintableString('DE'))],
      [attribute(O, writeUtf8String('Example'))],
      [attribute('2.5.4.11', writeUtf8String('Sales')), attribute(CN, writeUtf8String('J.  Smith'))],
    )
    expect(name.text).toBe('OU=Sales+CN=J.  Smith,O=Example,C=DE')
  })

  test.each([
    ['a,b', 'a\\,b'],
    ['a+b"c\\d<e>f;g', 'a\\+b\\"c\\\\d\\<e\\>f\\;g'],
    [' a ', '\\ a\\ '],
    [' ', '\\ '],
    ['#a', '\\#a'],
    ['a#b = c', 'a#b = c'],
    ['a\0', 'a\\00'],
    ['\u202eevil', '\\E2\\80\\AEevil'],
    ['\u001b]0;x\u0007', '\\1B]0\\;x\\07'],
    ['Lučić', 'Lučić'],
  ])('%j is %s', (value, shown) => {
    expect(simple(value).text).toBe(`CN=${shown}`)
  })

  test('every string type', () => {
    const texts = [
      attribute(CN, writePrintableString('printable')),
      attribute(CN, writeIa5String('ia5')),
      attribute(CN, writeElement(0x14, fromHex('e974e9'))),
      attribute(CN, writeElement(0x1e, utf16('bmp é'))),
      attribute(CN, writeElement(0x1c, fromHex('0001f600'))),
      attribute(CN, writeElement(0x12, new TextEncoder().encode('123'))),
      attribute(CN, writeElement(0x1a, new TextEncoder().encode('visible'))),
    ]
    expect(nameOf(...texts.map((value) => [value])).attributeTexts(CN)).toEqual([
      'printable',
      'ia5',
      'été',
      'bmp é',
      '\u{1f600}',
      '123',
      'visible',
    ])
  })

  test('what is no text is shown in hex', () => {
    expect(nameOf([attribute(CN, writeElement(0x0c, fromHex('ff')))]).text).toBe('CN=#0c01ff')
    expect(nameOf([attribute(CN, writeElement(0x1e, fromHex('d800')))]).text).toBe('CN=#1e02d800')
    expect(nameOf([attribute(CN, writeElement(0x1e, fromHex('00')))]).text).toBe('CN=#1e0100')
    expect(nameOf([attribute(CN, writeElement(0x13, fromHex('80')))]).text).toBe('CN=#130180')
    expect(nameOf([attribute(CN, writeNull())]).text).toBe('CN=#0500')
    expect(nameOf([attribute('1.2.3.4', writeUtf8String('x'))]).text).toBe('1.2.3.4=#0c0178')
  })

  test('the empty name is empty', () => {
    expect(nameOf().isEmpty).toBe(true)
    expect(nameOf().text).toBe('')
  })
})

describe('comparison (RFC 5280 section 7.1)', () => {
  test.each([
    ['Example', 'EXAMPLE', true],
    ['  Example   Inc ', 'example inc', true],
    ['Example\u00a0Inc', 'example inc', true],
    ['exa\u00admple', 'example', true],
    ['ﬁ', 'fi', true],
    ['ΟΔΟΣ', 'οδοσ', true],
    ['e\u0301', '\u00e9', true],
    ['Example', 'Examples', false],
    ['Example Inc', 'ExampleInc', false],
    ['', 'a', false],
    // RFC 3454 table B.2 has nothing for the dotless i, and maps the dotted capital to two characters.
    ['\u0131', 'i', false],
    ['D\u0131GI', 'DiGi', false],
    ['D\u0131GI', 'd\u0131gi', true],
    ['\u{1d6a4}', 'i', false],
    ['\u0130', 'i\u0307', true],
    // No letter composes its capital with the accent, and the capital of the sharp s is its own.
    ['\u0390', '\u03aa\u0301', true],
    ['\u1fe7', '\u03ab\u0342', true],
    ['stra\u00dfe', 'STRA\u1e9eE', true],
    // RFC 4518 section 2.2 maps the Mongolian todo soft hyphen to nothing.
    ['exa\u1806mple', 'example', true],
  ])('%j and %j: %s', (a, b, isMatch) => {
    expect(simple(a).matches(simple(b))).toBe(isMatch)
  })

  test('string types do not matter, attribute types, order and grouping do', () => {
    const printable = nameOf([attribute(CN, writePrintableString('x'))])
    expect(printable.matches(simple('X'))).toBe(true)
    expect(printable.isSameEncoding(simple('X'))).toBe(false)
    expect(nameOf([attribute(O, writeUtf8String('x'))]).matches(simple('x'))).toBe(false)
    const a = attribute(CN, writeUtf8String('a'))
    const b = attribute(O, writeUtf8String('b'))
    expect(nameOf([a], [b]).matches(nameOf([b], [a]))).toBe(false)
    expect(nameOf([a, b]).matches(nameOf([a], [b]))).toBe(false)
    const upper = attribute(CN, writeUtf8String('A'))
    expect(nameOf([a, b]).matches(nameOf([upper, b]))).toBe(true)
  })

  test('characters in a value do not pretend to be structure', () => {
    const forged = simple('a\u00022.5.4.10=b')
    expect(forged.matches(nameOf([attribute(CN, writeUtf8String('a'))], [attribute(O, writeUtf8String('b'))]))).toBe(
      false,
    )
    expect(nameOf().matches(simple(''))).toBe(false)
  })

  test('what is no text matches only itself', () => {
    const odd = nameOf([attribute(CN, writeElement(0x0c, fromHex('ff')))])
    expect(odd.matches(nameOf([attribute(CN, writeElement(0x0c, fromHex('ff')))]))).toBe(true)
    expect(odd.matches(nameOf([attribute(CN, writeElement(0x0c, fromHex('fe')))]))).toBe(false)
  })
})

describe('within another name (RFC 5280 section 4.2.1.10)', () => {
  const text = (value: string): Uint8Array => attribute(O, writeUtf8String(value))
  const odd = (tag: number, ...hex: string[]): Uint8Array => attribute(O, writeElement(tag, fromHex(hex.join(''))))
  const country = attribute(C, writePrintableString('DE'))
  const evil = nameOf([country], [text('Evil')])

  test.each([
    ['a prefix', nameOf([country], [text('EVIL')], [text('x')]), true],
    ['another value', nameOf([country], [text('Good')]), false],
    ['a shorter name', nameOf([country]), false],
    ['a GeneralString', nameOf([country], [odd(0x1b, '4576696c')]), 'unknown'],
    ['broken UTF-8', nameOf([country], [odd(0x0c, '4576696cff')]), 'unknown'],
    ['an OCTET STRING beside what differs', nameOf([text('US')], [odd(4, '4576696c')]), false],
    ['an OCTET STRING of another type', nameOf([country], [attribute(CN, writeElement(4, fromHex('45')))]), false],
    ['an OCTET STRING with another attribute', nameOf([country], [odd(4, '45'), text('Evil')]), false],
    ['an OCTET STRING behind it', nameOf([country], [text('evil')], [odd(4, '45')]), true],
  ])('%s: %s', (_, name, isWithin) => {
    expect(name.isWithin(evil)).toBe(isWithin)
  })

  test('what is no text, in the subtree', () => {
    const base = nameOf([odd(0x1b, '4576696c')])
    expect(nameOf([text('Evil')]).isWithin(base)).toBe('unknown')
    expect(nameOf([odd(0x1b, '4576696c')]).isWithin(base)).toBe(true)
    expect(nameOf([odd(0x19, '4576696c')]).isWithin(base)).toBe('unknown')
    expect(nameOf([country]).isWithin(base)).toBe(false)
    expect(nameOf([country]).isWithin(nameOf())).toBe(true)
  })

  test('tags above 30 are told apart, in full', () => {
    const tagged = (hex: string): Name => nameOf([attribute(O, fromHex(`${hex}0145`))])
    expect(tagged('9f21').matches(tagged('9f21'))).toBe(true)
    expect(tagged('9f21').matches(tagged('9f22'))).toBe(false)
    expect(tagged('9f8121').matches(tagged('9f8221'))).toBe(false)
    expect(tagged('9f8121').text).toBe('O=#9f81210145')
  })
})

describe('structure', () => {
  test.each([
    ['an empty RDN', writeSequence(writeSetOf()), 'name[0]'],
    ['no SET', writeSequence(writeSequence()), 'name[0]'],
    ['an attribute without value', writeSequence(writeSetOf(writeSequence(writeOid(CN)))), 'name[0][0].value'],
    [
      'an attribute with two values',
      writeSequence(writeSetOf(writeSequence(writeOid(CN), writeNull(), writeNull()))),
      'name[0][0]',
    ],
    ['a type that is no OID', writeSequence(writeSetOf(writeSequence(writeNull(), writeNull()))), 'name[0][0].type'],
  ])('refuses %s', (_, der, path) => {
    try {
      readName(new DerReader(der, ''), 'name')
      expect.unreachable()
    } catch (error) {
      expect(error).toBeInstanceOf(DecodeError)
      expect((error as DecodeError).path).toBe(path)
    }
  })

  test('reads one element of several', () => {
    const der = concatBytes(simple('a').der, simple('b').der)
    const reader = new DerReader(der, '')
    expect(readName(reader, 'first').text).toBe('CN=a')
    expect(readName(reader, 'second').text).toBe('CN=b')
  })
})
