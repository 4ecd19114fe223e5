import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { DecodeError } from '../bytes/decode-error.ts'
import { fromHex, toHex } from '../bytes/hex.ts'
import { contextConstructed, contextPrimitive, DerReader, MAX_DEPTH, readDer, TAG } from './der.ts'
import {
  writeBitString,
  writeBoolean,
  writeContext,
  writeElement,
  writeInteger,
  writeNamedBits,
  writeNull,
  writeOctetString,
  writeOid,
  writeSequence,
  writeSetOf,
} from './der-writer.ts'

function failure(read: () => unknown): DecodeError {
  try {
    read()
  } catch (error) {
    if (error instanceof DecodeError) return error
    throw error
  }
  throw new Error('needs a DecodeError, has none')
}

const reader = (hex: string): DerReader => new DerReader(fromHex(hex), 'top')

describe('DerReader', () => {
  test.each([
    ['an indefinite length', '3080 0000', 'a definite length'],
    ['a long length below 128', '3081 01 00', 'the shortest form of its length'],
    ['a length with a leading zero', '3082 0080', 'the shortest form of its length'],
    ['a length of five bytes', '3085 0000000001 00', 'a length of at most 4 bytes'],
    ['a length beyond the end', '3003 0500', '3 bytes'],
    ['a length cut off', '3082 01', '2 bytes of length'],
    ['another tag', '3100', 'SEQUENCE'],
    ['nothing', '', 'SEQUENCE'],
  ])('refuses %s', (_, hex, needs) => {
    const error = failure(() => reader(hex).sequence('field'))
    expect(error.path).toBe('top.field')
    expect(error.needs).toBe(needs)
  })

  test.each([
    ['nothing', '0200', 'at least one byte'],
    ['00 in two bytes', '0202 0000', 'the shortest form of its INTEGER'],
    ['7f in two bytes', '0202 007f', 'the shortest form of its INTEGER'],
  ])('refuses an INTEGER of %s', (_, hex, needs) => {
    expect(failure(() => reader(hex).integer('number')).needs).toBe(needs)
  })

  test('refuses a padded negative INTEGER and reads the one next to it', () => {
    expect(failure(() => reader('0202 ff80').integer('number')).needs).toBe('the shortest form of its INTEGER')
    expect(toHex(reader('0202 ff7f').integer('number'))).toBe('ff7f')
  })

  test('reads unsigned numbers within their bound', () => {
    expect(reader('0202 0080').unsigned('n')).toBe(128)
    expect(reader('0204 7fffffff').unsigned('n')).toBe(0x7fffffff)
    expect(failure(() => reader('0201 80').unsigned('n')).has).toContain('negative')
    expect(failure(() => reader('0201 05').unsigned('n', 4)).needs).toBe('an INTEGER of at most 4')
    expect(failure(() => reader('0205 0100000000').unsigned('n')).has).toContain('5 bytes')
  })

  test('takes 00 and ff as BOOLEAN and nothing else', () => {
    expect(reader('0101 00').boolean('flag')).toBe(false)
    expect(reader('0101 ff').boolean('flag')).toBe(true)
    expect(failure(() => reader('0101 01').boolean('flag')).has).toBe('01 at byte 2')
    expect(failure(() => reader('0102 ffff').boolean('flag')).needs).toBe('one byte')
  })

  test.each([
    ['no count', '0300', 'a count of unused bits'],
    ['a count of 8', '0302 0800', 'at most 7 unused bits'],
    ['unused bits in nothing', '0301 01', 'no unused bits in an empty BIT STRING'],
    ['unused bits that are set', '0302 0402', 'unused bits of zero'],
  ])('refuses a BIT STRING with %s', (_, hex, needs) => {
    expect(failure(() => reader(hex).bitString('bits')).needs).toBe(needs)
  })

  test('reads a BIT STRING, and one of whole bytes only where those are needed', () => {
    expect(reader('0302 04f0').bitString('bits')).toEqual({ bytes: Uint8Array.of(0xf0), unusedBits: 4 })
    expect(failure(() => reader('0302 04f0').bitStringBytes('bits')).needs).toBe('no unused bits')
    expect(toHex(reader('0303 00abcd').bitStringBytes('bits'))).toBe('abcd')
    expect(failure(() => reader('0300').bitStringBytes('bits')).needs).toBe('a count of unused bits')
  })

  test('refuses a NULL with contents', () => {
    expect(failure(() => reader('0501 00').null('parameters')).path).toBe('top.parameters')
    expect(() => reader('0500').null('parameters')).not.toThrow()
  })

  test.each([
    ['9f1f00', true],
    ['9f8100 00', true],
    ['9f1e00', false],
    ['9f801f00', false],
    ['9f8181818181 00', false],
    ['9f', false],
    ['9f81', false],
  ])('of high tag numbers takes the shortest form only: %s', (hex, isGood) => {
    const read = (): Uint8Array => reader(hex).element('any')
    if (isGood) expect(toHex(read())).toBe(hex.replaceAll(' ', ''))
    else expect(read).toThrow(DecodeError)
  })

  test('builds the path from names and indexes', () => {
    const bytes = writeSequence(writeSequence(writeSequence(writeNull()), writeSequence(writeBoolean(true))))
    const list = readDer(bytes, 'certificate').sequence('extensions')
    list.skip(0)
    const entry = list.sequence(1)
    expect(failure(() => entry.integer('extnID')).path).toBe('extensions[1].extnID')
    expect(failure(() => entry.end()).path).toBe('extensions[1]')
    expect(failure(() => readDer(fromHex('3100'), 'certificate')).path).toBe('certificate')
  })

  test('continues the path and the offsets into nested encodings', () => {
    const bytes = writeSequence(writeOctetString(writeBoolean(true)))
    const outer = readDer(bytes, 'x', 'outer')
    const error = failure(() => outer.nested(outer.octetString('value'), 'inner').integer('number'))
    expect(error.path).toBe('outer.inner.number')
    expect(error.has).toBe('BOOLEAN at byte 4')
  })

  test('refuses bytes after the outermost element', () => {
    expect(failure(() => readDer(fromHex('3000 00'), 'certificate')).has).toBe('1 more bytes at byte 2')
  })

  test('bounds the depth', () => {
    let bytes = writeNull()
    for (let i = 0; i < MAX_DEPTH + 2; i++) bytes = writeSequence(bytes)
    const descend = (): void => {
      for (let inner = readDer(bytes, 'nest'); inner.remaining > 0;) inner = inner.sequence('n')
    }
    expect(failure(descend).needs).toBe(`at most ${MAX_DEPTH} levels`)
  })

  test('gives views of the input', () => {
    const bytes = writeSequence(writeOctetString(Uint8Array.of(1, 2, 3)))
    const value = readDer(bytes, 'x').octetString('value')
    expect(value.buffer).toBe(bytes.buffer)
  })

  test.each([false, true])('texts in ASCII, decoded all at once beforehand: %s', (isPrepared) => {
    const outer = reader('0500 3010 1603 612e62 1600 82021f7f 1603 61e962')
    outer.null('first')
    const inner = outer.sequence('names')
    if (isPrepared) inner.prepareText()
    expect(inner.ascii(0, TAG.ia5String)).toBe('a.b')
    expect(inner.ascii(1, TAG.ia5String)).toBe('')
    expect(inner.ascii(2, contextPrimitive(2))).toBe('\u001f\u007f')
    const error = failure(() => inner.ascii(3, TAG.ia5String))
    expect([error.path, error.needs, error.has]).toEqual(['top.names[3]', 'ASCII characters', '0xe9 at its byte 1'])
  })

  test('peeks, tells what remains, reads anything', () => {
    const inner = reader('a0030101ff 800100')
    expect(inner.peek()).toBe(contextConstructed(0))
    expect(inner.sequence('explicit', contextConstructed(0)).boolean('flag')).toBe(true)
    expect(inner.any('rest')).toEqual({ tag: contextPrimitive(0), value: Uint8Array.of(0) })
    expect(inner.peek()).toBe(-1)
    expect(inner.remaining).toBe(0)
  })

  test('tells tags above 30 apart', () => {
    const inner = reader('9f2100 9f2200 bf81020100 9fffffff7f00')
    const tags = [inner.any('a').tag, inner.any('b').tag, inner.any('c').tag, inner.any('d').tag]
    expect(tags).toEqual([0x9f21, 0x9f22, 0xbf8102, 0x9fffffff7f])
  })
})

describe('properties', () => {
  test('integers survive', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(2n ** 200n), max: 2n ** 200n }), (value) => {
        const contents = new DerReader(writeInteger(value), '').integer('')
        let read = BigInt.asIntN(8, BigInt(contents[0] as number))
        for (const octet of contents.subarray(1)) read = (read << 8n) | BigInt(octet)
        expect(read).toBe(value)
      }),
    )
  })

  test('octet strings of all lengths survive', () => {
    fc.assert(
      fc.property(fc.constantFrom(0, 1, 127, 128, 255, 256, 65535, 65536), (length) => {
        const bytes = new Uint8Array(length).fill(0xa5)
        expect(new DerReader(writeOctetString(bytes), '').octetString('')).toEqual(bytes)
      }),
    )
  })

  test('named bits survive, without trailing zeros', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat(40)), (bits) => {
        const { bytes, unusedBits } = new DerReader(writeNamedBits(bits), '').bitString('')
        const read: number[] = []
        for (let bit = 0; bit < 8 * bytes.length - unusedBits; bit++) {
          if ((bytes[bit >> 3] as number) & (0x80 >> (bit & 7))) read.push(bit)
        }
        expect(read).toEqual(bits.toSorted((a, b) => a - b))
        if (bits.length > 0) expect(read.at(-1)).toBe(8 * bytes.length - unusedBits - 1)
      }),
    )
  })

  test('any bytes end in a value or a DecodeError', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
        const walk = (inner: DerReader): void => {
          while (inner.remaining > 0) {
            if (inner.peek() === TAG.sequence) walk(inner.sequence('s'))
            else if (inner.peek() === TAG.integer) inner.integer('i')
            else if (inner.peek() === TAG.oid) inner.oid('o')
            else if (inner.peek() === TAG.bitString) inner.bitString('b')
            else inner.any('a')
          }
        }
        try {
          walk(new DerReader(bytes, ''))
        } catch (error) {
          expect(error).toBeInstanceOf(DecodeError)
        }
      }),
      { numRuns: 2000 },
    )
  })
})

describe('writing', () => {
  test('sorts a SET OF', () => {
    expect(toHex(writeSetOf(writeOid('2.5.4.10'), writeOid('2.5.4.3'), writeNull()))).toBe(
      '310c05000603550403060355040a',
    )
  })

  test('writes tags and lengths', () => {
    expect(toHex(writeContext(3, writeNull()))).toBe('a3020500')
    expect(toHex(writeElement(0x04, new Uint8Array(200))).slice(0, 8)).toBe('0481c800')
    expect(toHex(writeBitString(Uint8Array.of(0x80), 7))).toBe('03020780')
    expect(toHex(writeInteger(Uint8Array.of(0, 0, 0x80)))).toBe('02020080')
    expect(toHex(writeInteger(-128))).toBe('020180')
  })
})
