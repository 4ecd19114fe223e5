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
 * The file only ever grows, by one write for each line, under a lock (file-lock.ts), so several processes may
 * share it: none can undo what another has learnt, and each sees it with its next question. Edited by hand it
 * is read anew. What is malformed is an error with its line, and no key is recalled then: a damaged memory
 * must not pass for a first meeting. So it is with a line that was cut off while it was written: whoever
 * looks after the file has to remove or complete it.
 */

import { closeSync, constants, fstatSync, fsyncSync, ftruncateSync, openSync, readSync, writeSync } from 'node:fs'
import {
  createKeyMemory,
  identityKey,
  pinText,
  printableText,
  readIdentity,
  type WritableKeyMemory,
} from '../x509/index.ts'
import { readKeyHash } from '../x509/key-set.ts'
import { toHex } from '../bytes/index.ts'
import { withLock } from './file-lock.ts'

/**
 * A memory of keys in a file. Its methods read and write the file when they are called, synchronously. Names are held
 * as `identityKey` writes them: `EXAMPLE.com.` is `example.com`.
 */
export interface KnownKeysFile extends Required<WritableKeyMemory> {
  readonly path: string
}

/** Files that are larger are refused: no list of names that someone has met. */
const MAX_BYTES = 64 << 20
/** Changes that come as close as this after another may leave no later time behind, in milliseconds. */
const COARSEST_TIME = 2000
const NEWLINE = 0x0a
const NOTHING = Buffer.alloc(0)

/**
 * Opens a file of known keys; it is made, for its owner alone, with the first key that is remembered.
 * @throws {TypeError} if it cannot be read, if it is another user's or others may write it, or naming the line that is
 * malformed.
 */
export function openKnownKeys(path: string): KnownKeysFile {
  const file = new KeysFile(path)
  file.refresh()
  return file
}

/** What tells that a file is as it was. */
type Stamp = string

class KeysFile implements KnownKeysFile {
  readonly path: string
  #memory: WritableKeyMemory = createKeyMemory()
  /** What was read: whole lines, each of them learnt. */
  #bytes: Buffer = NOTHING
  #lines = 0
  /** Of the file when it was read; undefined if it may have changed without showing. */
  #stamp: Stamp | undefined

  constructor(path: string) {
    this.path = path
  }

  get size(): number {
    this.refresh()
    return this.#memory.size
  }

  recall(name: string): readonly string[] {
    this.refresh()
    return this.#memory.recall(normalName(name))
  }

  remember(name: string, key: string): void {
    const hex = readKey(name, key)
    this.#change(() => {
      if (!this.#memory.recall(normalName(name)).includes(hex)) this.#append(lineOf(name, hex))
    })
  }

  meet(name: string, key: string): readonly string[] {
    const hex = readKey(name, key)
    return this.#change(() => {
      if (this.#memory.recall(normalName(name)).length === 0) this.#append(lineOf(name, hex))
      return this.#memory.recall(normalName(name))
    })
  }

  forget(name: string): boolean {
    return this.#change(() => {
      if (this.#memory.recall(normalName(name)).length === 0) return false
      this.#append(`!forget ${escaped(normalName(name))}\n`)
      return true
    })
  }

  entries(): Iterable<readonly [name: string, keys: readonly string[]]> {
    this.refresh()
    return this.#memory.entries()
  }

  /** Reads the file if it is not as it was. */
  refresh(): void {
    if (this.#read() === null) return
    // What has no end yet may be in the midst of being written: whoever writes has the lock.
    this.#change(() => {})
  }

  /** Does something that nobody else does meanwhile, to a file that is read. */
  #change<T>(work: () => T): T {
    return withLock(this.path, () => {
      const fragment = this.#read()
      if (fragment !== null) throw this.#cutOff(fragment)
      return work()
    })
  }

  #malformed(needs: string, line: string): TypeError {
    return new TypeError(
      `${this.path}, line ${this.#lines + 1}: needs ${needs}, has '${printableText(line.slice(0, 200))}'`,
    )
  }

  /** What was to be learnt with it, nobody knows. */
  #cutOff(fragment: string): TypeError {
    const { message } = this.#malformed('a whole line', fragment)
    return new TypeError(`${message}, which was cut off: remove what there is of it, or complete it`)
  }

  /** Reads what is new. The line at the end that was cut off; null if there is none. */
  #read(): string | null {
    const file = opened(this.path)
    if (file === null) {
      this.#reset()
      return null
    }
    try {
      const stamp = this.#check(file)
      if (stamp !== undefined && stamp === this.#stamp) return null
      this.#stamp = undefined
      const bytes = contentOf(file)
      if (bytes.length < this.#bytes.length || !bytes.subarray(0, this.#bytes.length).equals(this.#bytes)) this.#reset()
      const left = this.#learnLines(bytes)
      // If it changed meanwhile, it is read again.
      if (left === null && stamp === this.#check(file)) this.#stamp = stamp
      return left
    } finally {
      closeSync(file)
    }
  }

  /** The file's stamp; undefined if it changed so lately that a later change might not show. */
  #check(file: number): Stamp | undefined {
    const status = fstatSync(file, { bigint: true })
    if (!status.isFile()) throw new TypeError(`${this.path}: needs a file of known keys, has something else`)
    const { dev, ino, mode, uid, size, mtimeNs, ctimeNs } = status
    // Windows has no such bits, and no such users.
    if (process.geteuid !== undefined) {
      const user = process.geteuid()
      if (Number(uid) !== user && uid !== 0n) {
        throw new TypeError(`${this.path}: needs to be the file of user ${user}, or of root, is that of user ${uid}`)
      }
      if ((mode & 0o022n) !== 0n) {
        const bits = (mode & 0o777n).toString(8)
        throw new TypeError(`${this.path}: needs to be writable by its owner alone, has mode ${bits}`)
      }
    }
    if (size > MAX_BYTES) throw new TypeError(`${this.path}: needs at most ${MAX_BYTES} bytes, has ${size}`)
    const changed = Number((mtimeNs > ctimeNs ? mtimeNs : ctimeNs) / 1_000_000n)
    return Date.now() - changed < COARSEST_TIME ? undefined : `${dev} ${ino} ${size} ${mtimeNs} ${ctimeNs}`
  }

  #reset(): void {
    this.#memory = createKeyMemory()
    this.#bytes = NOTHING
    this.#lines = 0
    this.#stamp = undefined
  }

  /** Learns what stands behind what is known. */
  #learnLines(bytes: Buffer): string | null {
    let start = this.#bytes.length
    // The newline that the last line had not, when it was learnt.
    if (start > 0 && this.#bytes[start - 1] !== NEWLINE && start < bytes.length) {
      if (bytes[start] !== NEWLINE) {
        this.#reset()
        start = 0
      } else {
        start++
      }
    }
    // To forget half a name would be to forget another.
    while (start < bytes.length) {
      const at = bytes.indexOf(NEWLINE, start)
      const end = at < 0 ? bytes.length : at
      const line = bytes.toString('utf8', start, end)
      const problem = at < 0 && line.trim().startsWith('!') ? 'to be ended' : this.#learn(line.trim())
      if (problem !== null) {
        if (at < 0) {
          this.#bytes = bytes.subarray(0, start)
          return line
        }
        const error = this.#malformed(problem, line)
        this.#reset()
        throw error
      }
      this.#lines++
      start = at < 0 ? end : end + 1
    }
    this.#bytes = bytes
    return null
  }

  /** What is wrong with a line; null if nothing. */
  #learn(line: string): string | null {
    if (line === '' || line.startsWith('#')) return null
    const [first = '', second = '', ...more] = line.split(/\s+/)
    if (first === '!forget') {
      const name = unescaped(second)
      if (name === null || more.length > 0) return 'the name to forget'
      this.#memory.forget(normalName(name))
      return null
    }
    const name = first.startsWith('!') ? null : unescaped(first)
    const hash = readKeyHash(second)
    if (name === null || hash === null || more.length > 1) return 'a name and a key, sha256/...'
    this.#memory.remember(normalName(name), toHex(hash))
    return null
  }

  /** Adds a line to a file that was read, under the lock. */
  #append(line: string): void {
    const file = openSync(this.path, 'a+', 0o600)
    try {
      this.#check(file)
      const { size } = fstatSync(file)
      // The last line was read as a whole one, but has no end.
      const text = Buffer.from(isEnded(file, size) ? line : `\n${line}`)
      try {
        if (writeSync(file, text) !== text.length) throw new Error(`${this.path}: could not be written whole`)
        fsyncSync(file)
      } catch (error) {
        // Half a line would be in everyone's way.
        ftruncateSync(file, size)
        throw error
      }
    } finally {
      closeSync(file)
    }
    const fragment = this.#read()
    if (fragment !== null) throw this.#cutOff(fragment)
  }
}

/** Null if there is no such file. */
function opened(path: string): number | null {
  try {
    // What is no file at all must not be waited for.
    return openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0))
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT') return null
    if (code !== 'EISDIR') throw error
    throw new TypeError(`${path}: needs a file of known keys, has something else`, { cause: error })
  }
}

function contentOf(file: number): Buffer {
  const bytes = Buffer.alloc(Math.min(fstatSync(file).size, MAX_BYTES))
  let at = 0
  for (let read = 1; at < bytes.length && read > 0; at += read) {
    read = readSync(file, bytes, at, bytes.length - at, at)
  }
  return bytes.subarray(0, at)
}

function isEnded(file: number, size: number): boolean {
  if (size === 0) return true
  const last = Buffer.alloc(1)
  return readSync(file, last, 0, 1, size - 1) === 1 && last[0] === NEWLINE
}

/** @throws {TypeError} */
function readKey(name: string, key: string): string {
  if (name === '') throw new TypeError('name: needs a name, has none')
  const hash = readKeyHash(key)
  if (hash === null) throw new TypeError(`key: needs a SHA-256 in hex or base64, has '${printableText(key)}'`)
  return toHex(hash)
}

function lineOf(name: string, hex: string): string {
  return `${escaped(normalName(name))} ${pinText(hex)} ${new Date().toISOString().slice(0, 10)}\n`
}

/** As it is asked for: by whom a certificate is asked for, names are in one form. */
function normalName(name: string): string {
  try {
    return identityKey(readIdentity(name)) ?? name
  } catch (error) {
    if (error instanceof TypeError) return name
    throw error
  }
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
