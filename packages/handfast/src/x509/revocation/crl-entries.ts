/**
 * The revoked certificates of a CRL (RFC 5280 sections 5.1.2.6 and 5.3), in a form for lists of millions: entries
 * stay bytes. Reading checks every entry once, in one pass that makes no object for the usual ones (a serial
 * number, a date, a reason code or an invalidity date); whatever is not usual is read by the strict reader, which
 * also finds the words for what is wrong. Asked once, the list is searched from its start; asked again, by an index
 * of eight bytes an entry: hash of the serial number and place, sorted.
 *
 * Nothing in it is quadratic, whatever the serial numbers: entries with the same hash are looked through.
 */

import { DerReader, TAG } from '../../asn1/der.ts'
import { readGeneralizedTime, readTime } from '../../asn1/time.ts'
import { readExtensionList } from '../extensions.ts'
import { readGeneralNames } from '../general-name.ts'
import type { Name } from '../name.ts'
import { directoryNames } from './crl-names.ts'
import { REVOCATION_REASONS, type RevocationReason } from './finding.ts'

/** One entry. Times in milliseconds since the epoch. */
export interface RevokedCertificate {
  /** Contents of the INTEGER. */
  readonly serialNumber: Uint8Array
  readonly revocationDate: number
  /** Null if it is not told. */
  readonly reason: RevocationReason | null
  /** Since when the key is suspected, or the certificate invalid; null if it is not told. */
  readonly invalidityDate: number | null
  /** The directory names of the certificateIssuer extension; null if this entry has none. */
  readonly certificateIssuer: readonly Name[] | null
  /** Dotted OIDs of critical extensions that are not understood. */
  readonly unknownCritical: readonly string[]
}

const PATH = 'tbsCertList.revokedCertificates'

/** The entries of one CRL, kept as bytes: counted, and searched by serial number and issuer. */
export class RevokedCertificates {
  static readonly none: RevokedCertificates = new RevokedCertificates(new Uint8Array(0), 0, 0, 1)

  /** How many there are. */
  readonly count: number
  /** The first entry with a critical extension that is not understood; null if there is none. */
  readonly unknownCritical: { readonly index: number; readonly oid: string } | null
  readonly #bytes: Uint8Array
  readonly #start: number
  readonly #end: number
  readonly #version: 1 | 2
  /** Where the entries with a certificateIssuer begin, in their order: it holds for those that follow as well. */
  readonly #issuers: Uint32Array
  #namesOthers: boolean | undefined
  #index: Float64Array | undefined
  #hasBeenAsked = false

  /**
   * @internal Use `readCertificateList`. The entries are `bytes[start..end)`.
   * @throws {DecodeError}
   */
  constructor(bytes: Uint8Array, start: number, end: number, version: 1 | 2) {
    this.#bytes = bytes
    this.#start = start
    this.#end = end
    this.#version = version
    let issuers: OffsetList | null = null
    let unknownCritical: RevokedCertificates['unknownCritical'] = null
    let count = 0
    for (let at = start; at < end; count++) {
      const plain = skipPlainEntry(bytes, at, end, version)
      if (plain > 0) {
        at = plain
        continue
      }
      const list = new DerReader(bytes, PATH, at, end)
      const entry = readEntry(list, count, version)
      if (entry.certificateIssuer !== null) {
        issuers ??= new OffsetList()
        issuers.push(at)
      }
      const [oid] = entry.unknownCritical
      if (oid !== undefined) unknownCritical ??= { index: count, oid }
      at = list.offset
    }
    this.count = count
    this.unknownCritical = unknownCritical
    this.#issuers = issuers?.offsets() ?? new Uint32Array(0)
  }

  /**
   * The entry for a certificate; null if there is none. Of several the first that revokes.
   * @param serialNumber contents of the INTEGER.
   * @param issuer of the certificate.
   * @param crlIssuer of the list: whose certificates the entries are about unless they say otherwise (section 5.3.3).
   */
  find(serialNumber: Uint8Array, issuer: Name, crlIssuer: Name): RevokedCertificate | null {
    let found: RevokedCertificate | null = null
    // Of the entries with one certificateIssuer, which may be long, and they many.
    const isIssuer = new Map<number, boolean>()
    for (const offset of this.#offsetsOf(serialNumber)) {
      const group = this.#groupOf(offset)
      let isAbout = isIssuer.get(group)
      if (isAbout === undefined) {
        isAbout = this.#issuersOf(group, crlIssuer).some((name) => name.matches(issuer))
        isIssuer.set(group, isAbout)
      }
      if (!isAbout) continue
      const entry = this.#entryAt(offset)
      if (entry.reason !== 'removeFromCRL') return entry
      found ??= entry
    }
    return found
  }

  /** True if an entry is about certificates of another than `crlIssuer`. */
  namesOthers(crlIssuer: Name): boolean {
    this.#namesOthers ??= this.#issuers.some((_, i) =>
      this.#issuersOf(i + 1, crlIssuer).some((name) => !name.matches(crlIssuer)),
    )
    return this.#namesOthers
  }

  /** Which certificateIssuer holds for an entry: the first, second, ... from 1 on; 0 for none. */
  #groupOf(offset: number): number {
    let low = 0
    let high = this.#issuers.length
    while (low < high) {
      const middle = (low + high) >> 1
      if ((this.#issuers[middle] as number) <= offset) low = middle + 1
      else high = middle
    }
    return low
  }

  /** Whose certificates the entries of a group are about. */
  #issuersOf(group: number, crlIssuer: Name): readonly Name[] {
    return group === 0 ? [crlIssuer] : (this.#entryAt(this.#issuers[group - 1] as number).certificateIssuer ?? [])
  }

  #entryAt(offset: number): RevokedCertificate {
    return readEntry(new DerReader(this.#bytes, PATH, offset, this.#end), 0, this.#version)
  }

  /** Where the entries with this serial number begin. */
  #offsetsOf(serialNumber: Uint8Array): number[] {
    if (this.#index === undefined && this.#hasBeenAsked && this.count > 1) this.#index = this.#indexed()
    this.#hasBeenAsked = true
    return this.#index === undefined ? this.#searched(serialNumber) : this.#lookedUp(serialNumber, this.#index)
  }

  #searched(serialNumber: Uint8Array): number[] {
    const bytes = this.#bytes
    const found: number[] = []
    for (let at = this.#start; at < this.#end;) {
      const contents = contentsOf(bytes, at)
      if (isSerialAt(bytes, contents, serialNumber)) found.push(at)
      at = contents + lengthAt(bytes, at)
    }
    return found
  }

  #lookedUp(serialNumber: Uint8Array, index: Float64Array): number[] {
    const hash = hashOf(serialNumber, 0, serialNumber.length) * OFFSETS
    let low = 0
    let high = index.length
    while (low < high) {
      const middle = (low + high) >> 1
      if ((index[middle] as number) < hash) low = middle + 1
      else high = middle
    }
    const found: number[] = []
    for (; low < index.length && (index[low] as number) < hash + OFFSETS; low++) {
      const at = (index[low] as number) - hash
      if (isSerialAt(this.#bytes, contentsOf(this.#bytes, at), serialNumber)) found.push(at)
    }
    return found
  }

  #indexed(): Float64Array {
    const bytes = this.#bytes
    const index = new Float64Array(this.count)
    let i = 0
    for (let at = this.#start; at < this.#end; i++) {
      const contents = contentsOf(bytes, at)
      const serial = contentsOf(bytes, contents)
      index[i] = hashOf(bytes, serial, serial + lengthAt(bytes, contents)) * OFFSETS + at
      at = contents + lengthAt(bytes, at)
    }
    // oxlint-disable-next-line unicorn/no-array-sort -- in place, as there may be millions
    return index.sort()
  }
}

/** Places are below this: 21 bits remain for the hash in what a number holds exactly. */
const OFFSETS = 2 ** 32

function hashOf(bytes: Uint8Array, start: number, end: number): number {
  let hash = 0
  for (let i = start; i < end; i++) hash = (Math.imul(hash, 31) + (bytes[i] as number)) | 0
  return (Math.imul(hash, 0x9e3779b1) >>> 11) & 0x1fffff
}

/** Whether the INTEGER at `at` is `serialNumber`. */
function isSerialAt(bytes: Uint8Array, at: number, serialNumber: Uint8Array): boolean {
  if (lengthAt(bytes, at) !== serialNumber.length) return false
  const start = contentsOf(bytes, at)
  // Serial numbers of one issuer differ most at their end.
  for (let i = serialNumber.length - 1; i >= 0; i--) if (bytes[start + i] !== serialNumber[i]) return false
  return true
}

/** Where the contents of the element at `at` begin: its encoding was checked before. */
function contentsOf(bytes: Uint8Array, at: number): number {
  const first = bytes[at + 1] as number
  return first < 0x80 ? at + 2 : at + 2 + (first & 0x7f)
}

/** Length of the contents of the element at `at`: its encoding was checked before. */
function lengthAt(bytes: Uint8Array, at: number): number {
  const first = bytes[at + 1] as number
  if (first < 0x80) return first
  let length = 0
  for (let i = 0; i < (first & 0x7f); i++) length = length * 256 + (bytes[at + 2 + i] as number)
  return length
}

/** Places in a growing array of four bytes each. */
class OffsetList {
  #offsets = new Uint32Array(0)
  #length = 0

  push(offset: number): void {
    if (this.#length === this.#offsets.length) {
      const grown = new Uint32Array(Math.max(64, 2 * this.#length))
      grown.set(this.#offsets)
      this.#offsets = grown
    }
    this.#offsets[this.#length++] = offset
  }

  offsets(): Uint32Array {
    return this.#offsets.slice(0, this.#length)
  }
}

/**
 * Where the entry at `at` ends if it is of the usual kind and right in every byte; else 0, and the strict reader has
 * to look at it. Accepts nothing that the strict reader would not.
 */
function skipPlainEntry(bytes: Uint8Array, at: number, end: number, version: 1 | 2): number {
  const length = bytes[at + 1] as number
  const stop = at + 2 + length
  if (bytes[at] !== TAG.sequence || length >= 0x80 || stop > end || bytes[at + 2] !== TAG.integer) return 0
  const serialLength = bytes[at + 3] as number
  const serial = at + 4
  let next = serial + serialLength
  if (serialLength === 0 || serialLength >= 0x80 || next >= stop) return 0
  if (serialLength > 1) {
    const first = bytes[serial] as number
    const second = bytes[serial + 1] as number
    if ((first === 0 && second < 0x80) || (first === 0xff && second >= 0x80)) return 0
  }
  next = skipPlainTime(bytes, next, stop)
  if (next === 0 || next === stop) return next
  if (version === 1) return 0
  return skipPlainExtensions(bytes, next, stop) ? stop : 0
}

/** reasonCode, invalidityDate, or both in this order, none of them critical. */
function skipPlainExtensions(bytes: Uint8Array, from: number, stop: number): boolean {
  if (bytes[from] !== TAG.sequence || bytes[from + 1] !== stop - from - 2 || from + 2 === stop) return false
  let at = from + 2
  if (isSame(bytes, at, stop, REASON_CODE)) {
    const reason = bytes[at + REASON_CODE.length] as number
    if ((REVOCATION_REASONS[reason] ?? null) === null) return false
    at += REASON_CODE.length + 1
  }
  if (isSame(bytes, at, stop, INVALIDITY_DATE)) {
    at = skipPlainTime(bytes, at + INVALIDITY_DATE.length, stop)
    if (at === 0) return false
  }
  return at === stop
}

/** An Extension up to the ENUMERATED's one octet of contents. */
const REASON_CODE: Uint8Array = Uint8Array.of(0x30, 10, 0x06, 3, 0x55, 0x1d, 21, 0x04, 3, 0x0a, 1)
/** An Extension up to its GeneralizedTime. */
const INVALIDITY_DATE: Uint8Array = Uint8Array.of(0x30, 24, 0x06, 3, 0x55, 0x1d, 24, 0x04, 17)

function isSame(bytes: Uint8Array, at: number, stop: number, expected: Uint8Array): boolean {
  if (at + expected.length >= stop) return false
  for (let i = 0; i < expected.length; i++) if (bytes[at + i] !== expected[i]) return false
  // Of an invalidity date the tag that follows must be its only possible one.
  return expected !== INVALIDITY_DATE || bytes[at + expected.length] === TAG.generalizedTime
}

/** Where the Time at `at` ends if it is plainly right; else 0. Leap days are left to the strict reader. */
function skipPlainTime(bytes: Uint8Array, at: number, stop: number): number {
  const tag = bytes[at]
  const length = tag === TAG.utcTime ? 13 : 15
  if ((tag !== TAG.utcTime && tag !== TAG.generalizedTime) || bytes[at + 1] !== length) return 0
  const end = at + 2 + length
  if (end > stop || bytes[end - 1] !== 0x5a) return 0
  for (let i = at + 2; i < end - 1; i++) {
    const digit = bytes[i] as number
    if (digit < 0x30 || digit > 0x39) return 0
  }
  const month = two(bytes, end - 11)
  const day = two(bytes, end - 9)
  if (month < 1 || month > 12 || day < 1 || day > (DAYS_IN_MONTH[month] as number)) return 0
  return two(bytes, end - 7) < 24 && two(bytes, end - 5) < 60 && two(bytes, end - 3) < 60 ? end : 0
}

const DAYS_IN_MONTH: readonly number[] = [0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]

function two(bytes: Uint8Array, at: number): number {
  return (bytes[at] as number) * 10 + (bytes[at + 1] as number) - 0x30 * 11
}

/** The next entry, strictly. */
function readEntry(list: DerReader, index: number, version: 1 | 2): RevokedCertificate {
  const entry = list.sequence(index)
  const serialNumber = entry.integer('userCertificate')
  const revocationDate = readTime(entry, 'revocationDate')
  if (entry.remaining === 0) {
    return {
      serialNumber,
      revocationDate,
      reason: null,
      invalidityDate: null,
      certificateIssuer: null,
      unknownCritical: [],
    }
  }
  // Section 5.1: "if present, version MUST be v2".
  if (version === 1) throw entry.error('crlEntryExtensions', 'none in version 1', 'some')
  const extensions = entry.sequence('crlEntryExtensions')
  entry.end()
  if (extensions.remaining === 0) throw entry.error('crlEntryExtensions', 'at least one extension', 'none')
  return { serialNumber, revocationDate, ...readEntryExtensions(extensions) }
}

function readEntryExtensions(list: DerReader): Omit<RevokedCertificate, 'serialNumber' | 'revocationDate'> {
  let reason: RevocationReason | null = null
  let invalidityDate: number | null = null
  let certificateIssuer: readonly Name[] | null = null
  const unknownCritical: string[] = []
  for (const { oid, critical, value, index } of readExtensionList(list).values()) {
    const read = (name: string): DerReader => list.nested(value, index).nested(value, name)
    if (oid === '2.5.29.21') reason = readReason(read('reasonCode'))
    else if (oid === '2.5.29.24') invalidityDate = readInvalidityDate(read('invalidityDate'))
    else if (oid === '2.5.29.29') certificateIssuer = readCertificateIssuer(read('certificateIssuer'))
    else if (critical) unknownCritical.push(oid)
  }
  return { reason, invalidityDate, certificateIssuer, unknownCritical }
}

/** Section 5.3.1. */
function readReason(reader: DerReader): RevocationReason {
  const contents = reader.value('', TAG.enumerated)
  const reason = contents.length === 1 ? REVOCATION_REASONS[contents[0] as number] : undefined
  if (reason === undefined || reason === null) {
    const has = contents.length === 1 ? `${contents[0]}` : `${contents.length} bytes`
    throw reader.error('', 'a CRLReason, 0 to 6 or 8 to 10', has)
  }
  reader.end()
  return reason
}

/** Section 5.3.2. */
function readInvalidityDate(reader: DerReader): number {
  const date = readGeneralizedTime(reader, '')
  reader.end()
  return date
}

/** Section 5.3.3: it contains at least one directory name. */
function readCertificateIssuer(reader: DerReader): readonly Name[] {
  const names = directoryNames(readGeneralNames(reader.sequence('')))
  if (names.length === 0) throw reader.error('', 'a directoryName', 'none')
  reader.end()
  return names
}
