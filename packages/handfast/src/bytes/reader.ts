/**
 * A bounds-checked reader over one byte array, in network byte order (RFC 9846 section 3).
 *
 * Every read names its field; the name is where the error says it happened. Blocks are length
 * scopes: what a length prefix announces must be there, and must be consumed whole.
 */

import { DecodeError } from './decode-error.ts'

/** What a reader saw, for byte maps and inspectors: a field with its place in the outermost array. */
export interface FieldSpan {
  readonly path: string
  readonly offset: number
  readonly length: number
}

/**
 * Reads fields one after the other. Every read names its field and throws DecodeError, with the path to it, where
 * the bytes end before it does. What is read as bytes is a view, no copy.
 */
export class Reader {
  readonly #bytes: Uint8Array
  readonly #end: number
  readonly #path: string
  readonly #trace: FieldSpan[] | undefined
  #offset: number

  /** Reads `bytes` from `start` to `end`; `path` prefixes all field names in errors. */
  constructor(bytes: Uint8Array, path: string, start = 0, end: number = bytes.length, trace?: FieldSpan[]) {
    this.#bytes = bytes
    this.#path = path
    this.#offset = start
    this.#end = end
    this.#trace = trace
  }

  /** Bytes not yet read. */
  get remaining(): number {
    return this.#end - this.#offset
  }

  /** Place in the underlying array of the next byte to be read. */
  get offset(): number {
    return this.#offset
  }

  /** Path of the structure being read. */
  get path(): string {
    return this.#path
  }

  u8(field: string): number {
    const at = this.#take(1, field)
    return this.#bytes[at] as number
  }

  u16(field: string): number {
    const at = this.#take(2, field)
    return ((this.#bytes[at] as number) << 8) | (this.#bytes[at + 1] as number)
  }

  u24(field: string): number {
    const at = this.#take(3, field)
    return (
      ((this.#bytes[at] as number) << 16) | ((this.#bytes[at + 1] as number) << 8) | (this.#bytes[at + 2] as number)
    )
  }

  u32(field: string): number {
    const at = this.#take(4, field)
    return (
      (this.#bytes[at] as number) * 0x1000000 +
      (((this.#bytes[at + 1] as number) << 16) |
        ((this.#bytes[at + 2] as number) << 8) |
        (this.#bytes[at + 3] as number))
    )
  }

  /** The next `length` bytes: a view, not a copy. */
  bytes(length: number, field: string): Uint8Array {
    const at = this.#take(length, field)
    return this.#bytes.subarray(at, at + length)
  }

  /** All that remains: a view, not a copy. */
  rest(field: string): Uint8Array {
    return this.bytes(this.remaining, field)
  }

  /** A byte string behind a length prefix of `prefix` bytes, between `min` and `max` long: a view, not a copy. */
  vector(prefix: 1 | 2 | 3, field: string, min = 0, max: number = 2 ** (8 * prefix) - 1): Uint8Array {
    const length = this.#length(prefix, field, min, max)
    return this.bytes(length, field)
  }

  /** A length scope: `read` gets a reader of exactly the announced bytes, and must consume them all. */
  block<T>(
    prefix: 1 | 2 | 3,
    field: string,
    read: (inner: Reader) => T,
    min = 0,
    max: number = 2 ** (8 * prefix) - 1,
  ): T {
    const length = this.#length(prefix, field, min, max)
    const at = this.#take(length, field)
    const inner = new Reader(this.#bytes, this.#inner(field), at, at + length, this.#trace)
    const value = read(inner)
    inner.end()
    return value
  }

  /** A length scope that holds a list: `readItem` is called until it is consumed. */
  list<T>(
    prefix: 1 | 2 | 3,
    field: string,
    readItem: (inner: Reader, index: number) => T,
    min = 0,
    max: number = 2 ** (8 * prefix) - 1,
  ): T[] {
    return this.block(
      prefix,
      field,
      (inner) => {
        const items: T[] = []
        while (inner.remaining > 0) items.push(readItem(inner, items.length))
        return items
      },
      min,
      max,
    )
  }

  /** Demands that everything was consumed. */
  end(): void {
    if (this.remaining > 0) throw new DecodeError(this.#path, 'nothing more', `${this.remaining} more bytes`)
  }

  /** An error about `field` of the structure being read. */
  error(field: string, needs: string, has: string): DecodeError {
    return new DecodeError(this.#inner(field), needs, has)
  }

  #length(prefix: 1 | 2 | 3, field: string, min: number, max: number): number {
    const name = `${field}.length`
    const length = prefix === 1 ? this.u8(name) : prefix === 2 ? this.u16(name) : this.u24(name)
    if (length < min) throw this.error(field, `at least ${min} bytes`, `${length}`)
    if (length > max) throw this.error(field, `at most ${max} bytes`, `${length}`)
    return length
  }

  #take(length: number, field: string): number {
    const at = this.#offset
    if (length > this.#end - at) {
      throw this.error(field, `${length} byte${length === 1 ? '' : 's'}`, `${this.#end - at}`)
    }
    this.#offset = at + length
    if (this.#trace !== undefined) this.#trace.push({ path: this.#inner(field), offset: at, length })
    return at
  }

  #inner(field: string): string {
    return this.#path === '' ? field : `${this.#path}.${field}`
  }
}
