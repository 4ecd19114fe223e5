/** The transport between the two ends of a pair: how a byte stream may be cut, and a clock that only moves when told. */

import { concatBytes } from '../../src/bytes/index.ts'
import type { Clock } from '../../src/tls/index.ts'

/** Cuts what one end sent at once into the pieces that the other end receives. */
export type Cut = (flight: Uint8Array) => readonly Uint8Array[]

export const whole: Cut = (flight) => [flight]

export const singleBytes: Cut = (flight) => Array.from(flight, (byte) => Uint8Array.of(byte))

/** Pieces of these sizes, round and round, through the whole connection. */
export function piecesOf(sizes: readonly number[]): Cut {
  let turn = 0
  return (flight) => {
    const pieces: Uint8Array[] = []
    for (let at = 0; at < flight.length;) {
      const size = Math.max(1, sizes[turn++ % sizes.length] ?? 1)
      pieces.push(flight.slice(at, at + size))
      at += size
    }
    return pieces
  }
}

/** A generator of 32-bit numbers from a seed (xorshift): the same everywhere. */
export function seededNumbers(seed: number): () => number {
  let state = (seed ^ 0x9e3779b9) >>> 0 || 1
  return () => {
    state ^= state << 13
    state >>>= 0
    state ^= state >>> 17
    state ^= state << 5
    state >>>= 0
    return state
  }
}

/** Bytes that look random and are the same for the same seed. Worthless as secrets. */
export function seededRandom(seed: number): (length: number) => Uint8Array {
  const next = seededNumbers(seed)
  return (length) => Uint8Array.from({ length }, () => next() >>> 11)
}

/** Pieces of random sizes, from single bytes to more than a record. */
export function randomPieces(seed: number): Cut {
  const next = seededNumbers(seed)
  return (flight) => {
    const pieces: Uint8Array[] = []
    for (let at = 0; at < flight.length;) {
      const size = 1 + (next() % 2 === 0 ? next() % 8 : next() % 1500)
      pieces.push(flight.slice(at, at + size))
      at += size
    }
    return pieces
  }
}

/** Time that stands still until it is moved. */
export class SimulatedClock implements Clock {
  #microseconds = 0
  #timers: { readonly at: number; readonly run: () => void }[] = []

  now(): number {
    return this.#microseconds
  }

  /** 2026-07-01T00:00:00Z, and what has passed since. */
  wall(): number {
    return Date.UTC(2026, 6, 1) + this.#microseconds / 1000
  }

  advance(microseconds: number): void {
    this.#microseconds += microseconds
  }

  /** Does something later, when nothing else is left to do. */
  after(microseconds: number, run: () => void): void {
    this.#timers.push({ at: this.#microseconds + microseconds, run })
  }

  /** Moves to the next thing to be done, and does it. False: nothing is. */
  runNext(): boolean {
    const [next] = this.#timers.toSorted((a, b) => a.at - b.at)
    if (next === undefined) return false
    this.#timers = this.#timers.filter((timer) => timer !== next)
    this.#microseconds = Math.max(this.#microseconds, next.at)
    next.run()
    return true
  }
}

/** One direction: pieces on their way. */
export class Pipe {
  readonly #cut: Cut
  readonly #isCoalescing: boolean
  #pieces: Uint8Array[] = []
  #next = 0

  constructor(cut: Cut, isCoalescing: boolean) {
    this.#cut = cut
    this.#isCoalescing = isCoalescing
  }

  get isEmpty(): boolean {
    return this.#next >= this.#pieces.length
  }

  send(flight: Uint8Array): void {
    for (const piece of this.#cut(flight)) this.#pieces.push(piece)
  }

  /** The next piece; everything that is on its way if flights are coalesced. */
  take(): Uint8Array | undefined {
    if (this.isEmpty) return undefined
    if (!this.#isCoalescing) return this.#pieces[this.#next++]
    const all = concatBytes(...this.#pieces.slice(this.#next))
    this.#pieces = []
    this.#next = 0
    return all
  }
}
