/** Bytes that wait to be sent, given out in pieces that suit records and buffers. */

export class ChunkQueue {
  readonly #chunks: readonly Uint8Array[]
  #index = 0
  #offset = 0

  constructor(chunks: readonly Uint8Array[]) {
    this.#chunks = chunks
  }

  /**
   * The next bytes, at most `most` of them: a view into a large chunk, or a copy of several small ones
   * put together, so that a hundred small writes become one record and not a hundred. Undefined when
   * there are no more.
   */
  take(most: number): Uint8Array | undefined {
    const first = this.#next(most)
    if (first === undefined || first.length === most) return first
    const parts = [first]
    let length = first.length
    while (length < most) {
      const part = this.#next(most - length)
      if (part === undefined) break
      parts.push(part)
      length += part.length
    }
    return parts.length === 1 ? first : Buffer.concat(parts, length)
  }

  /** Bytes of one chunk. */
  #next(most: number): Uint8Array | undefined {
    let chunk = this.#chunks[this.#index]
    while (chunk !== undefined && this.#offset === chunk.length) {
      chunk = this.#chunks[++this.#index]
      this.#offset = 0
    }
    if (chunk === undefined) return undefined
    const part = chunk.subarray(this.#offset, this.#offset + most)
    this.#offset += part.length
    return part
  }
}
