import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { DecodeError } from '../bytes/decode-error.ts'
import { DerReader, TAG } from './der.ts'
import { writeElement } from './der-writer.ts'
import { readGeneralizedTime, readTime, writeTime } from './time.ts'

function read(tag: number, text: string): string {
  const bytes = writeElement(tag, new TextEncoder().encode(text))
  return new Date(readTime(new DerReader(bytes, ''), 'notBefore')).toISOString()
}

describe('time', () => {
  test.each([
    [TAG.utcTime, '500101000000Z', '1950-01-01T00:00:00.000Z'],
    [TAG.utcTime, '491231235959Z', '2049-12-31T23:59:59.000Z'],
    [TAG.utcTime, '000229120000Z', '2000-02-29T12:00:00.000Z'],
    [TAG.generalizedTime, '20500101000000Z', '2050-01-01T00:00:00.000Z'],
    [TAG.generalizedTime, '99991231235959Z', '9999-12-31T23:59:59.000Z'],
    [TAG.generalizedTime, '00000101000000Z', '0000-01-01T00:00:00.000Z'],
  ])('tag %i %s is %s', (tag, text, iso) => {
    expect(read(tag, text)).toBe(iso)
  })

  test.each([
    [TAG.utcTime, ''],
    [TAG.utcTime, '9901010000Z'],
    [TAG.utcTime, '990101000000'],
    [TAG.utcTime, '990101000000z'],
    [TAG.utcTime, '990101000000+0000'],
    [TAG.utcTime, '990001000000Z'],
    [TAG.utcTime, '991301000000Z'],
    [TAG.utcTime, '990100000000Z'],
    [TAG.utcTime, '990132000000Z'],
    [TAG.utcTime, '990229000000Z'],
    [TAG.utcTime, '990101240000Z'],
    [TAG.utcTime, '990101006000Z'],
    [TAG.utcTime, '990101000060Z'],
    [TAG.utcTime, '9901010000 0Z'],
    [TAG.utcTime, '990101000000ZZ'],
    [TAG.generalizedTime, '20500101000000.5Z'],
    [TAG.generalizedTime, '21000229000000Z'],
    [TAG.generalizedTime, '500101000000Z'],
    [TAG.octetString, '990101000000Z'],
  ])('refuses tag %i %s', (tag, text) => {
    expect(() => read(tag, text)).toThrow(DecodeError)
  })

  test('says what it found, printable', () => {
    expect(() => read(TAG.utcTime, '\u001b[2J')).toThrow('notBefore: needs a time as YYMMDDHHMMSSZ, has ?[2J')
  })

  test('GeneralizedTime alone, under a tag of its own', () => {
    const bytes = writeElement(0x80, new TextEncoder().encode('20200101000000Z'))
    expect(readGeneralizedTime(new DerReader(bytes, ''), 'notBefore', 0x80)).toBe(Date.UTC(2020, 0, 1))
  })

  test('survives', () => {
    const min = Date.UTC(0, 0, 1) - 1900 * 366 * 86_400_000
    fc.assert(
      fc.property(fc.integer({ min: Math.ceil(min / 1000), max: 253_402_300_799 }), (seconds) => {
        fc.pre(new Date(seconds * 1000).getUTCFullYear() >= 0)
        expect(readTime(new DerReader(writeTime(seconds * 1000), ''), 'time')).toBe(seconds * 1000)
      }),
    )
    expect(() => writeTime(Number.NaN)).toThrow(TypeError)
    expect(() => writeTime(253_402_300_800_000)).toThrow(TypeError)
  })
})
