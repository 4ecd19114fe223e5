/**
 * Trust on first use, remembered in a file, as ssh's known_hosts: which key a name had when it was met
 * first. One fact a line, in the order in which they were learnt:
 *
 *     # comment
 *     example.com sha256/ASNFZ4mrze8BI0VniavN7wEjRWeJq83vASNFZ4mrze8= 2026-11-23
 *     !forget example.com
 *
 * The key is the SHA-256 of a SubjectPublicKeyInfo; the day, which is for people, may be missing. In
 * names, white space, `%`, `#`, a `!` in front and everything that is no printable ASCII stand as `%XX`
 * for each byte of UTF-8.
 *
 * The file only ever grows, by one write for each line, so several processes may share it: none can
 * undo what another has learnt, and each sees it with its next question. What is malformed is an error
 * with its line, and no key is recalled then: a damaged memory must not pass for a first meeting.
 */

import { closeSync, fstatSync, fsyncSync, openSync, readSync, statSync, writeSync } from 'node:fs'
import { createKeyMemory, pinText, printableText, type WritableKeyMemory } from '../x509/index.ts'
import { readKeyHash } from '../x509/key-set.ts'
import { toHex } from '../bytes/index.ts'

/** A memory of keys in a file. Its methods read and write the file when they are called, synchronously. */
export interface KnownKeysFile extends WritableKeyMemory {
  readonly path: string
}

/** Files that are larger are refused: no list of names that someone has met. */
const MAX_BYTES = 64 << 20

/**
 * Opens a file of known keys; it is made, for its owner alone, with the first key that is remembered.
 * @throws {TypeError} if it cannot be read, if others may write it, or naming the line that is malformed.
 */
export function openKnownKeys(path: string): KnownKeysFile {
  const file = new KeysFile(path)
  file.refresh()
  return file
}

class KeysFile implements KnownKeysFile {
  readonly path: string
  #memory: WritableKeyMemory = createKeyMemory()
  /** How much of the file was read: up to the end of a line. */
  #bytes = 0
  #lines = 0
  /** Which file it was: another may have taken its place. */
  #inode = 0n

  constructor(path: string) {
    this.path = path
  }

  get size(): number {
    this.refresh()
    return this.#memory.size
  }

  recall(name: string): readonly string[] {
    this.refresh()
    return this.#memory.recall(name)
  }

  remember(name: string, key: string): void {
    this.refresh()
    if (name === '') throw new TypeError('name: needs a name, has none')
    const hash = readKeyHash(key)
    if (hash === null) throw new TypeError(`key: needs a SHA-256 in hex or base64, has '${printableText(key)}'`)
    const hex = toHex(hash)
    if (this.#memory.recall(name).includes(hex)) return
    const day = new Date().toISOString().slice(0, 10)
    this.#append(`${escaped(name)} ${pinText(hex)} ${day}\n`)
  }

  forget(name: string): boolean {
    this.refresh()
    if (this.#memory.recall(name).length === 0) return false
    this.#append(`!forget ${escaped(name)}\n`)
    return true
  }

  entries(): Iterable<readonly [name: string, keys: readonly string[]]> {
    this.refresh()
    return this.#memory.entries()
  }

  /** Reads what was added since the last time. */
  refresh(): void {
    const status = statSync(this.path, { bigint: true, throwIfNoEntry: false })
    if (status === undefined) return this.#reset()
    if (!status.isFile()) throw new TypeError(`${this.path}: needs a file of known keys, has something else`)
    const { ino, mode, size } = status
    // Windows has no such bits.
    if (process.platform !== 'win32' && (mode & 0o022n) !== 0n) {
      throw new TypeError(
        `${this.path}: needs to be writable by its owner alone, has mode ${(mode & 0o777n).toString(8)}`,
      )
    }
    if (size > MAX_BYTES) throw new TypeError(`${this.path}: needs at most ${MAX_BYTES} bytes, has ${size}`)
    if (ino !== this.#inode || size < this.#bytes) this.#reset()
    this.#inode = ino
    if (size > this.#bytes) this.#read()
  }

  #reset(): void {
    this.#memory = createKeyMemory()
    this.#bytes = 0
    this.#lines = 0
  }

  #read(): void {
    const bytes = readFrom(this.path, this.#bytes)
    // What has no end yet is being written.
    const end = bytes.lastIndexOf(0x0a) + 1
    const lines = bytes.toString('utf8', 0, end).split('\n').slice(0, -1)
    for (const line of lines) {
      const problem = this.#learn(line.trim())
      if (problem !== null) {
        const place = `${this.path}, line ${this.#lines + 1}`
        this.#reset()
        throw new TypeError(`${place}: needs ${problem}, has '${printableText(line.slice(0, 200))}'`)
      }
      this.#lines++
    }
    this.#bytes += end
  }

  /** What is wrong with a line; null if nothing. */
  #learn(line: string): string | null {
    if (line === '' || line.startsWith('#')) return null
    const [first = '', second = '', ...more] = line.split(/\s+/)
    if (first === '!forget') {
      const name = unescaped(second)
      if (name === null || more.length > 0) return 'the name to forget'
      this.#memory.forget(name)
      return null
    }
    const name = first.startsWith('!') ? null : unescaped(first)
    const hash = readKeyHash(second)
    if (name === null || hash === null || more.length > 1) return 'a name and a key, sha256/...'
    this.#memory.remember(name, toHex(hash))
    return null
  }

  #append(line: string): void {
    const file = openSync(this.path, 'a+', 0o600)
    try {
      // One write: what is appended by several processes does not mix. A line that someone did not
      // come to finish is not continued with this one.
      const text = Buffer.from(isUnfinished(file) ? `\n${line}` : line)
      if (writeSync(file, text) !== text.length) throw new Error(`${this.path}: could not be written whole`)
      fsyncSync(file)
    } finally {
      closeSync(file)
    }
    this.refresh()
  }
}

function readFrom(path: string, from: number): Buffer {
  const file = openSync(path, 'r')
  try {
    const bytes = Buffer.alloc(Math.max(0, fstatSync(file).size - from))
    let at = 0
    for (let read = 1; at < bytes.length && read > 0; at += read) {
      read = readSync(file, bytes, at, bytes.length - at, from + at)
    }
    return bytes.subarray(0, at)
  } finally {
    closeSync(file)
  }
}

function isUnfinished(file: number): boolean {
  const { size } = fstatSync(file)
  if (size === 0) return false
  const last = Buffer.alloc(1)
  return readSync(file, last, 0, 1, size - 1) === 1 && last[0] !== 0x0a
}

function escaped(name: string): string {
  return name.replace(/^!|[\s%#]|[^\x21-\x7e]+/gu, (text) => {
    let hex = ''
    for (const octet of new TextEncoder().encode(text)) hex += `%${octet.toString(16).toUpperCase().padStart(2, '0')}`
    return hex
  })
}

/** Null if there is no name, or one that is not escaped as it should be. */
function unescaped(text: string): string | null {
  if (text === '') return null
  try {
    const name = decodeURIComponent(text)
    return escaped(name) === text ? name : null
  } catch {
    return null
  }
}
