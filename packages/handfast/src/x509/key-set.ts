/**
 * Sets of public keys, each known by the SHA-256 of its SubjectPublicKeyInfo: pins, keys that leaked or
 * are shared, keys of interception roots. Hundreds of thousands take 32 bytes each, sorted, and a
 * question is a binary search.
 *
 * A hash is written as 64 digits of hex, with or without colons, or as base64, in any of the forms in
 * use: plain, `sha256/...` (HPKP, Chromium), `sha256//...` (curl), `pin-sha256="..."` (RFC 7469 section
 * 2.1.1).
 */

import { readBase64, writeBase64 } from '../asn1/pem.ts'
import { DecodeError } from '../bytes/decode-error.ts'
import { fromHex } from '../bytes/hex.ts'
import { CertificateError } from './certificate-error.ts'
import { quotedText } from './printable-text.ts'

/** A set of public keys, by the SHA-256 of their SubjectPublicKeyInfo. */
export interface KeySet {
  /** Where the set is from, for messages. */
  readonly name: string
  /** Date of the data, milliseconds since the epoch; null if unknown. */
  readonly date: number | null
  readonly size: number
  /** @param hash SHA-256 of a SubjectPublicKeyInfo, lower-case hex. */
  has(hash: string): boolean
}

/** Where a set of keys comes from, and of when it is. */
export interface KeySetOptions {
  /** Where the set is from, for messages. */
  readonly name: string
  /** Date of the data, milliseconds since the epoch. */
  readonly date?: number | null
}

/**
 * Makes a set of hashes, each in one of the forms above.
 * @throws {TypeError} naming the first that is none.
 */
export function createKeySet(options: KeySetOptions & { readonly hashes: Iterable<string> }): KeySet {
  const builder = new KeySetBuilder()
  let index = 0
  for (const text of options.hashes) {
    const hash = readKeyHash(text)
    if (hash === null) throw new TypeError(`hashes[${index}]: needs ${HASH_FORMS}, has ${quotedText(text)}`)
    builder.add(hash)
    index++
  }
  return builder.finish(options)
}

/**
 * Reads a list of hashes, one a line in one of the forms above. What follows `#`, and empty lines, do
 * not count.
 * @throws {CertificateError} `malformed`, its path naming the list and the line.
 */
export function readKeySet(text: string, options: KeySetOptions): KeySet {
  const builder = new KeySetBuilder()
  let line = 0
  for (const written of linesOf(text)) {
    line++
    const content = written.replace(/#.*$/, '').trim()
    if (content === '') continue
    const hash = readKeyHash(content)
    if (hash === null) {
      const path = `${options.name}, line ${line}`
      throw new CertificateError('malformed', `${path}: needs ${HASH_FORMS}, has ${quotedText(content)}`, path)
    }
    builder.add(hash)
  }
  return builder.finish(options)
}

const HASH_FORMS = 'a SHA-256 in hex or base64'
const HASH_LENGTH = 32

/** The 32 bytes of a SHA-256 in one of the forms above; null if it is none. */
export function readKeyHash(text: string): Uint8Array | null {
  if (/^[0-9a-f]{64}$/i.test(text)) return hashFromHex(text)
  if (/^[0-9a-f]{2}(:[0-9a-f]{2}){31}$/i.test(text)) return hashFromHex(text.replaceAll(':', ''))
  const base64 = /^(?:sha256\/\/?|pin-sha256=")?([0-9A-Za-z+/]{43}=)"?$/.exec(text)?.[1]
  if (base64 === undefined) return null
  try {
    return readBase64(base64, '')
  } catch (error) {
    if (error instanceof DecodeError) return null
    throw error
  }
}

/** 64 digits, eight at a time: lists are long. */
function hashFromHex(text: string): Uint8Array {
  const hash = new Uint8Array(HASH_LENGTH)
  const view = new DataView(hash.buffer)
  for (let at = 0; at < HASH_LENGTH; at += 4) {
    view.setUint32(at, Number.parseInt(text.slice(2 * at, 2 * at + 8), 16))
  }
  return hash
}

/** A hash in lower-case hex as pins are written: `sha256/` and base64. */
export function pinText(hash: string): string {
  return `sha256/${writeBase64(fromHex(hash))}`
}

/** Lines without their ends, without a copy of the whole. */
export function* linesOf(text: string): Generator<string> {
  for (let at = 0; at < text.length;) {
    const end = text.indexOf('\n', at)
    const stop = end < 0 ? text.length : end
    yield text.slice(at, text[stop - 1] === '\r' ? stop - 1 : stop)
    at = stop + 1
  }
}

class KeySetBuilder {
  #bytes = new Uint8Array(8 * HASH_LENGTH)
  #count = 0

  add(hash: Uint8Array): void {
    const at = this.#count * HASH_LENGTH
    if (at === this.#bytes.length) {
      const larger = new Uint8Array(2 * at)
      larger.set(this.#bytes)
      this.#bytes = larger
    }
    this.#bytes.set(hash, at)
    this.#count++
  }

  finish({ name, date = null }: KeySetOptions): KeySet {
    return new SortedKeySet(name, date, sortedHashes(this.#bytes, this.#count))
  }
}

class SortedKeySet implements KeySet {
  readonly name: string
  readonly date: number | null
  readonly #hashes: Uint8Array

  constructor(name: string, date: number | null, hashes: Uint8Array) {
    this.name = name
    this.date = date
    this.#hashes = hashes
  }

  get size(): number {
    return this.#hashes.length / HASH_LENGTH
  }

  has(hash: string): boolean {
    if (!/^[0-9a-f]{64}$/.test(hash)) return false
    const wanted = hashFromHex(hash)
    let low = 0
    let high = this.size
    while (low < high) {
      const middle = (low + high) >>> 1
      const order = compareHashes(this.#hashes, middle, wanted, 0)
      if (order === 0) return true
      if (order < 0) low = middle + 1
      else high = middle
    }
    return false
  }
}

/** `count` hashes in ascending order, each once, in an array of its own. */
function sortedHashes(bytes: Uint8Array, count: number): Uint8Array {
  const view = new DataView(bytes.buffer)
  const begins = Uint32Array.from({ length: count }, (_, index) => view.getUint32(index * HASH_LENGTH))
  const order = Uint32Array.from({ length: count }, (_, index) => index)
  order.sort((a, b) => (begins[a] as number) - (begins[b] as number) || compareHashes(bytes, a, bytes, b))
  const sorted = new Uint8Array(count * HASH_LENGTH)
  let kept = 0
  for (const index of order) {
    if (kept > 0 && compareHashes(sorted, kept - 1, bytes, index) === 0) continue
    sorted.set(bytes.subarray(index * HASH_LENGTH, (index + 1) * HASH_LENGTH), kept * HASH_LENGTH)
    kept++
  }
  return sorted.slice(0, kept * HASH_LENGTH)
}

function compareHashes(a: Uint8Array, indexA: number, b: Uint8Array, indexB: number): number {
  const fromA = indexA * HASH_LENGTH
  const fromB = indexB * HASH_LENGTH
  for (let i = 0; i < HASH_LENGTH; i++) {
    const difference = (a[fromA + i] as number) - (b[fromB + i] as number)
    if (difference !== 0) return difference
  }
  return 0
}
