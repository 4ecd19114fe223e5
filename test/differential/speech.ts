/**
 * What a mutant says: its flights as items, spoilt as the plan of its case tells, then as records under
 * the right keys.
 */

import { concatBytes } from '../../packages/handfast/src/bytes/index.ts'
import { RECORD_HEADER_LENGTH } from '../../packages/handfast/src/tls/record/framing.ts'
import type { Sealer } from '../../packages/handfast/src/tls/record/protection.ts'
import { Dice } from '../../packages/handfast/test/fuzz/mutation.ts'
import { mutateItems, mutateMessage, mutateRecords } from './mutation.ts'
import type { Plan } from './plan.ts'

/** A record before it is protected: under which generation of keys (0: none, 1: handshake, 2: application, ...). */
export interface Item {
  readonly generation: number
  readonly type: number
  readonly content: Uint8Array
  readonly padding: number
}

const HANDSHAKE = 22

export class Speech {
  /** What was done to the flights, in words. */
  readonly changes: string[] = []
  readonly #plan: Plan
  readonly #sealers: Sealer[] = []
  #items: Item[] = []
  #messages = 0
  #hellos = 0
  #flights = 0
  /** Beginnings of a record and of a message of which the rest has not been said. */
  #endOfRecords: Uint8Array = new Uint8Array(0)
  #endOfMessages: Uint8Array = new Uint8Array(0)

  constructor(plan: Plan) {
    this.#plan = plan
  }

  /** The message that is said instead of this one. */
  shape(honest: Uint8Array): Uint8Array {
    const index = this.#messages++
    const isSecondHello = honest[0] === 1 && this.#hellos++ > 0
    let message = honest
    for (const change of this.#plan.changes) {
      if (change.kind !== 'message') continue
      // A second ClientHello may be spoilt as the first was: that is no change between the two.
      if (change.at !== index && !(isSecondHello && change.at === 0 && change.isKept)) continue
      // Behind the first change a message need not be one that can be taken apart.
      if (message !== honest) continue
      const changed = mutateMessage(honest, this.#plan.scenario.version, new Dice(change.seed))
      message = changed.message
      this.changes.push(`message ${index}, ${changed.what}`)
    }
    return message
  }

  add(type: number, content: Uint8Array, padding = 0, generation: number = this.#sealers.length): void {
    this.#items.push({ generation, type, content, padding })
  }

  /** With what is protected what is added from here on. */
  protect(sealer: Sealer): void {
    this.#sealers.push(sealer)
  }

  /** What was added since the last flight, as pieces of a byte stream. */
  takeFlight(): Uint8Array[] {
    if (this.#items.length === 0) return []
    const items = this.#items
    this.#items = []
    const flight = this.#flights++
    const changes = this.#plan.changes.filter(({ kind, at }) => kind !== 'message' && at === flight)
    for (const { kind, seed } of changes) {
      if (kind === 'items') this.changes.push(`flight ${flight}, ${mutateItems(items, new Dice(seed))}`)
    }
    for (const { type, content } of items)
      if (type === HANDSHAKE) this.#endOfMessages = behind(4, this.#endOfMessages, content)
    const records = items.map((item) => this.#seal(item))
    for (const { kind, seed } of changes) {
      if (kind === 'records') this.changes.push(`flight ${flight}, ${mutateRecords(records, new Dice(seed))}`)
    }
    const stream = concatBytes(...records)
    this.#endOfRecords = behind(RECORD_HEADER_LENGTH, this.#endOfRecords, stream)
    return cut(stream, this.#plan.cuts)
  }

  /** What the stream ends within, in words. */
  get endings(): string[] {
    return [
      ...(this.#endOfRecords.length > 0 ? ['ends within a record'] : []),
      ...(this.#endOfMessages.length > 0 ? ['ends within a message'] : []),
    ]
  }

  #seal({ generation, type, content, padding }: Item): Uint8Array {
    const sealer = this.#sealers[generation - 1]
    if (sealer === undefined) {
      return concatBytes(Uint8Array.of(type, 3, 3, content.length >>> 8, content.length & 0xff), content)
    }
    // In TLS 1.2 there is no padding: it is content like other.
    const isPadded = this.#plan.scenario.version === 'TLS 1.3'
    const inside = isPadded ? content : concatBytes(content, new Uint8Array(padding))
    const out = new Uint8Array(content.length + padding + sealer.overhead)
    sealer.seal(type, inside, isPadded ? padding : 0, out, 0)
    return out
  }
}

/** What is left behind the last whole one of what has a header of so many bytes that ends with its length. */
function behind(header: 4 | typeof RECORD_HEADER_LENGTH, before: Uint8Array, more: Uint8Array): Uint8Array {
  let left = concatBytes(before, more)
  while (left.length >= header) {
    const [high, middle, low] = left.subarray(header - 3) as unknown as [number, number, number]
    // Of a record they are two bytes.
    const length = ((header === 4 ? high << 16 : 0) | (middle << 8)) + low
    if (left.length < header + length) break
    left = left.subarray(header + length)
  }
  return left
}

function cut(stream: Uint8Array, sizes: readonly number[]): Uint8Array[] {
  const pieces: Uint8Array[] = []
  let at = 0
  for (const size of sizes) {
    if (at + size >= stream.length) break
    pieces.push(stream.slice(at, at + size))
    at += size
  }
  if (at < stream.length) pieces.push(stream.slice(at))
  return pieces
}
