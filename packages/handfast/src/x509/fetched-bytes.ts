/**
 * An answer as it arrives: for every fetcher. Whoever answers decides in how many pieces: kept one by one, those of a
 * single byte would take five hundred times their size. So each is copied to where it belongs.
 */

import { Writer } from '../bytes/writer.ts'

/** The bytes of an answer so far, not more than it may have. */
export class FetchedBytes {
  readonly #writer: Writer = new Writer()
  readonly #most: number

  constructor(most: number) {
    this.#most = most
  }

  /** @throws {Error} if there are more than there may be. */
  add(piece: Uint8Array): void {
    if (this.#writer.length + piece.length > this.#most) throw tooLong(this.#most)
    this.#writer.bytes(piece)
  }

  /** All of them, in an array that is as long as they are. */
  finish(): Uint8Array {
    return this.#writer.finish().slice()
  }
}

/** That an answer has more bytes than it may have. */
export function tooLong(most: number): Error {
  return new Error(`more than ${most} bytes`)
}
