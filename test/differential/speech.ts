/**
 * What a mutant says: its flights as items, spoilt as the plan of its case tells, then as records under
 * the right keys.
 */

import { concatBytes } from '../../packages/handfast/src/bytes/index.ts'
import { nodeProvider } from '../../packages/handfast/src/crypto/node.ts'
import type { Aead } from '../../packages/handfast/src/crypto/provider.ts'
import { RecordSealer } from '../../packages/handfast/src/tls/record/protection.ts'
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

const aead = nodeProvider.aeads.find(({ name }) => name === 'aes-128-gcm') as Aead
const hash = nodeProvider.hashes.sha256

export class Speech {
  /** What was done to the flights, in words. */
  readonly changes: string[] = []
  readonly #plan: Plan
  readonly #sealers: RecordSealer[] = []
  #items: Item[] = []
  #messages = 0
  #hellos = 0
  #flights = 0

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
      const changed = mutateMessage(honest, new Dice(change.seed))
      message = changed.message
      this.changes.push(`message ${index}, ${changed.what}`)
    }
    return message
  }

  add(type: number, content: Uint8Array, padding = 0, generation: number = this.#sealers.length): void {
    this.#items.push({ generation, type, content, padding })
  }

  protect(secret: Uint8Array): void {
    this.#sealers.push(new RecordSealer(aead, hash, secret))
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
    const records = items.map((item) => this.#seal(item))
    for (const { kind, seed } of changes) {
      if (kind === 'records') this.changes.push(`flight ${flight}, ${mutateRecords(records, new Dice(seed))}`)
    }
    return cut(concatBytes(...records), this.#plan.cuts)
  }

  #seal({ generation, type, content, padding }: Item): Uint8Array {
    const sealer = this.#sealers[generation - 1]
    if (sealer === undefined) {
      return concatBytes(Uint8Array.of(type, 3, 3, content.length >>> 8, content.length & 0xff), content)
    }
    const out = new Uint8Array(content.length + padding + 22)
    sealer.seal(type, content, padding, out, 0)
    return out
  }
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
