/**
 * A growing writer in network byte order (RFC 9846 section 3): the other half of `Reader`.
 */

/** Writes fields one after the other into an array that grows. */
export class Writer {
  #bytes: Uint8Array
  #length = 0

  constructor(capacity = 256) {
    this.#bytes = new Uint8Array(capacity)
  }

  /** Bytes written so far. */
  get length(): number {
    return this.#length
  }

  u8(value: number): this {
    const at = this.#grow(1)
    this.#bytes[at] = value
    return this
  }

  u16(value: number): this {
    const at = this.#grow(2)
    this.#bytes[at] = value >>> 8
    this.#bytes[at + 1] = value
    return this
  }

  u24(value: number): this {
    const at = this.#grow(3)
    this.#bytes[at] = value >>> 16
    this.#bytes[at + 1] = value >>> 8
    this.#bytes[at + 2] = value
    return this
  }

  u32(value: number): this {
    const at = this.#grow(4)
    this.#bytes[at] = value >>> 24
    this.#bytes[at + 1] = value >>> 16
    this.#bytes[at + 2] = value >>> 8
    this.#bytes[at + 3] = value
    return this
  }

  bytes(value: Uint8Array): this {
    const at = this.#grow(value.length)
    this.#bytes.set(value, at)
    return this
  }

  /** `value` behind a length prefix of `prefix` bytes. */
  vector(prefix: 1 | 2 | 3, value: Uint8Array): this {
    return this.block(prefix, (inner) => inner.bytes(value))
  }

  /**
   * A length scope: the prefix is filled in with the length of what `write` wrote.
   * @throws {TypeError} if that does not fit the prefix.
   */
  block(prefix: 1 | 2 | 3, write: (inner: this) => void): this {
    const at = this.#grow(prefix)
    const start = this.#length
    write(this)
    const length = this.#length - start
    if (length >= 2 ** (8 * prefix)) throw new TypeError(`a length of ${length} does not fit ${prefix} bytes`)
    for (let i = 0; i < prefix; i++) this.#bytes[at + i] = length >>> (8 * (prefix - 1 - i))
    return this
  }

  /** What was written: a view of the writer's own buffer; do not write afterwards. */
  finish(): Uint8Array {
    return this.#bytes.subarray(0, this.#length)
  }

  #grow(length: number): number {
    const at = this.#length
    const needed = at + length
    if (needed > this.#bytes.length) {
      const larger = new Uint8Array(Math.max(needed, 2 * this.#bytes.length))
      larger.set(this.#bytes.subarray(0, at))
      this.#bytes = larger
    }
    this.#length = needed
    return at
  }
}
