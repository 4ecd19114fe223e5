/** Ways to spoil a conversation, drawn from a seed. */

import { concatBytes } from '../../src/bytes/index.ts'
import { seededNumbers } from '../pair/wire.ts'
import type { Item } from './recording.ts'

/** Draws numbers, and picks things, from a seed. */
export class Dice {
  readonly #next: () => number

  constructor(seed: number) {
    this.#next = seededNumbers(seed * 2654435761)
    for (let i = 0; i < 4; i++) this.#next()
  }

  /** From 0 to below `limit`. */
  below(limit: number): number {
    return limit <= 0 ? 0 : (this.#next() >>> 3) % limit
  }

  pick<T>(items: readonly T[]): T {
    return items[this.below(items.length)] as T
  }

  bytes(length: number): Uint8Array {
    return Uint8Array.from({ length }, () => this.below(256))
  }
}

/** Changes some bytes. */
export type ByteMutation = (bytes: Uint8Array, dice: Dice) => Uint8Array

const EDGES = [0, 1, 2, 0x7f, 0x80, 0xfe, 0xff]

export const BYTE_MUTATIONS: readonly ByteMutation[] = [
  // A flipped bit.
  (bytes, dice) => replaced(bytes, dice.below(bytes.length), (byte) => byte ^ (1 << dice.below(8))),
  // An edge value.
  (bytes, dice) => replaced(bytes, dice.below(bytes.length), () => dice.pick(EDGES)),
  // A length that lies: two neighbouring bytes, a little more or less.
  (bytes, dice) => replaced(bytes, dice.below(bytes.length), (byte) => byte + dice.pick([-2, -1, 1, 2])),
  // The beginning alone.
  (bytes, dice) => bytes.slice(0, dice.below(bytes.length)),
  // Something left out.
  (bytes, dice) => {
    const at = dice.below(bytes.length)
    return concatBytes(bytes.subarray(0, at), bytes.subarray(at + 1 + dice.below(16)))
  },
  // Something twice.
  (bytes, dice) => {
    const at = dice.below(bytes.length)
    const end = Math.min(bytes.length, at + 1 + dice.below(40))
    return concatBytes(bytes.subarray(0, end), bytes.subarray(at))
  },
  // Something in between.
  (bytes, dice) => {
    const at = dice.below(bytes.length)
    return concatBytes(bytes.subarray(0, at), dice.bytes(1 + dice.below(20)), bytes.subarray(at))
  },
  // Several bytes of noise.
  (bytes, dice) => {
    const at = dice.below(bytes.length)
    const noise = dice.bytes(1 + dice.below(8))
    return concatBytes(bytes.subarray(0, at), noise, bytes.subarray(at + noise.length))
  },
]

function replaced(bytes: Uint8Array, at: number, change: (byte: number) => number): Uint8Array {
  return bytes.map((byte, i) => (i === at ? change(byte) : byte))
}

/** Changes a list of records or of items; `others` is what might have been said elsewhere. */
export type ListMutation = <T>(list: readonly T[], others: readonly T[], dice: Dice) => T[]

export const LIST_MUTATIONS: readonly ListMutation[] = [
  // Left out.
  (list, _, dice) => list.toSpliced(dice.below(list.length), 1),
  // Twice.
  (list, _, dice) => {
    const at = dice.below(list.length)
    return list.toSpliced(at, 0, ...list.slice(at, at + 1))
  },
  // Two in the wrong order.
  (list, _, dice) => {
    const at = dice.below(list.length - 1)
    return list.toSpliced(at, 2, ...list.slice(at, at + 2).toReversed())
  },
  // One from somewhere else.
  (list, others, dice) => list.toSpliced(dice.below(list.length + 1), 0, dice.pick(others)),
  // The end of another conversation.
  (list, others, dice) => [...list.slice(0, dice.below(list.length)), ...others.slice(dice.below(others.length))],
]

/** Messages of a handshake item taken apart, and put together again otherwise. */
export function mutateMessages(item: Item, dice: Dice): Item {
  const messages: Uint8Array[] = []
  for (let at = 0; at + 4 <= item.content.length;) {
    const length = ((item.content[at + 2] as number) << 8) | (item.content[at + 3] as number)
    messages.push(item.content.slice(at, at + 4 + length))
    at += 4 + length
  }
  if (messages.length === 0) return item
  return { ...item, content: concatBytes(...dice.pick(LIST_MUTATIONS)(messages, messages, dice)) }
}

/** A record of any kind. */
export function randomRecord(dice: Dice): Uint8Array {
  const length = dice.pick([0, 1, 2, 5, 40, 300])
  const type = dice.pick([20, 21, 22, 23, 23, dice.below(256)])
  return concatBytes(Uint8Array.of(type, 3, dice.below(5), length >>> 8, length & 0xff), dice.bytes(length))
}

export function randomItem(dice: Dice, generations: number): Item {
  return {
    generation: dice.below(generations),
    type: dice.pick([20, 21, 22, 22, 23, dice.below(256)]),
    content: dice.bytes(dice.pick([0, 1, 2, 4, 5, 30])),
  }
}
