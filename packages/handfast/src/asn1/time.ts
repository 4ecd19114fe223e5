/**
 * UTCTime and GeneralizedTime as certificates have them (RFC 5280 section 4.1.2.5): in UTC with
 * seconds, no fraction, no offset; years before 2050 as UTCTime, later ones as GeneralizedTime.
 */

import { DecodeError } from '../bytes/decode-error.ts'
import { type DerReader, TAG, tagText } from './der.ts'
import { writeElement } from './der-writer.ts'

/**
 * The next element, a Time (RFC 5280 section 4.1), in milliseconds since the epoch.
 *
 * A GeneralizedTime before 2050 is read: section 4.1.2.5 forbids issuing it, demands nothing of who
 * reads it, and it means one instant only.
 * @throws {DecodeError}
 */
export function readTime(reader: DerReader, field: string): number {
  const tag = reader.peek()
  if (tag === TAG.utcTime) {
    const text = reader.value(field, tag)
    const year = digits(text, 0, 2)
    return instant(reader, field, text, year < 50 ? 2000 + year : 1900 + year, 2)
  }
  if (tag === TAG.generalizedTime) {
    const text = reader.value(field, tag)
    return instant(reader, field, text, digits(text, 0, 2) * 100 + digits(text, 2, 2), 4)
  }
  throw reader.error(field, 'UTCTime or GeneralizedTime', tag < 0 ? 'nothing' : tagText(tag))
}

/** A GeneralizedTime (RFC 5280 section 4.1.2.5.2; RFC 6960 uses it alone), in milliseconds since the epoch. */
export function readGeneralizedTime(reader: DerReader, field: string, tag: number = TAG.generalizedTime): number {
  const text = reader.value(field, tag)
  return instant(reader, field, text, digits(text, 0, 2) * 100 + digits(text, 2, 2), 4)
}

/**
 * `time`, milliseconds since the epoch, as a Time element in DER: UTCTime from 1950 to 2049, else
 * GeneralizedTime. Fractions of a second are cut off.
 * @throws {TypeError} if the year has not four digits.
 */
export function writeTime(time: number): Uint8Array {
  const date = new Date(time)
  const year = date.getUTCFullYear()
  if (!(year >= 0 && year <= 9999)) throw new TypeError(`time: needs a year from 0 to 9999, has ${time}`)
  const text = date.toISOString().replace(/[-:T]|\.\d+/g, '')
  const isUtcTime = year >= 1950 && year < 2050
  const bytes = Uint8Array.from(isUtcTime ? text.slice(2) : text, (character) => character.charCodeAt(0))
  return writeElement(isUtcTime ? TAG.utcTime : TAG.generalizedTime, bytes)
}

const DAYS_BEFORE_MONTH = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334]
const DAYS_IN_MONTH = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
const DAYS_BEFORE_1970 = 719_162

/** `MMDDHHMMSSZ` from `at`. A leap second (60) is refused: neither 4.1.2.5.1 nor .2 has a notion of it. */
function instant(reader: DerReader, field: string, text: Uint8Array, year: number, at: number): number {
  const month = digits(text, at, 2)
  const day = digits(text, at + 2, 2)
  const hour = digits(text, at + 4, 2)
  const minute = digits(text, at + 6, 2)
  const second = digits(text, at + 8, 2)
  const isLeap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0)
  const isWellFormed =
    text.length === at + 11 &&
    text[at + 10] === 0x5a &&
    !Number.isNaN(year + month + day + hour + minute + second) &&
    month >= 1 &&
    month <= 12 &&
    day >= 1 &&
    day <= (DAYS_IN_MONTH[month - 1] as number) + (isLeap && month === 2 ? 1 : 0) &&
    hour < 24 &&
    minute < 60 &&
    second < 60
  if (!isWellFormed) throw malformed(reader, field, text, at)
  const before = year - 1
  const leapDays = Math.floor(before / 4) - Math.floor(before / 100) + Math.floor(before / 400)
  const days =
    365 * before +
    leapDays -
    DAYS_BEFORE_1970 +
    (DAYS_BEFORE_MONTH[month - 1] as number) +
    (isLeap && month > 2 ? 1 : 0) +
    day -
    1
  return (((days * 24 + hour) * 60 + minute) * 60 + second) * 1000
}

function digits(text: Uint8Array, at: number, count: number): number {
  let value = 0
  for (let i = at; i < at + count; i++) {
    const digit = (text[i] ?? 0) - 0x30
    if (digit < 0 || digit > 9) return Number.NaN
    value = value * 10 + digit
  }
  return value
}

function malformed(reader: DerReader, field: string, text: Uint8Array, at: number): DecodeError {
  let has = ''
  for (const octet of text.subarray(0, 24)) has += octet > 0x20 && octet < 0x7f ? String.fromCharCode(octet) : '?'
  return reader.error(field, `a time as ${at === 2 ? 'YY' : 'YYYY'}MMDDHHMMSSZ`, has === '' ? 'nothing' : has)
}
