/** What was fetched, for as long as it is fresh (RFC 9111 section 4.2), in bounded memory. */

import type { IncomingHttpHeaders } from 'node:http'

export interface CacheLimits {
  readonly entries: number
  readonly bytes: number
}

interface Entry {
  readonly bytes: Uint8Array
  /** Milliseconds since the epoch. */
  readonly until: number
}

export class FetchCache {
  readonly #limits: CacheLimits
  readonly #now: () => number
  /** Those used last are last. */
  readonly #entries: Map<string, Entry> = new Map()
  #bytes = 0

  constructor(limits: CacheLimits, now: () => number) {
    this.#limits = limits
    this.#now = now
  }

  get(key: string): Uint8Array | undefined {
    const entry = this.#entries.get(key)
    if (entry === undefined) return undefined
    this.#delete(key, entry)
    if (entry.until <= this.#now()) return undefined
    this.#add(key, entry)
    return entry.bytes
  }

  /** @param lifetime milliseconds. */
  set(key: string, bytes: Uint8Array, lifetime: number): void {
    if (lifetime <= 0 || bytes.length > this.#limits.bytes || this.#limits.entries === 0) return
    const before = this.#entries.get(key)
    if (before !== undefined) this.#delete(key, before)
    this.#add(key, { bytes, until: this.#now() + lifetime })
    for (const [oldest, entry] of this.#entries) {
      if (this.#entries.size <= this.#limits.entries && this.#bytes <= this.#limits.bytes) break
      this.#delete(oldest, entry)
    }
  }

  delete(key: string): void {
    const entry = this.#entries.get(key)
    if (entry !== undefined) this.#delete(key, entry)
  }

  #add(key: string, entry: Entry): void {
    this.#entries.set(key, entry)
    this.#bytes += entry.bytes.length
  }

  #delete(key: string, entry: Entry): void {
    this.#entries.delete(key)
    this.#bytes -= entry.bytes.length
  }
}

/**
 * How long an answer is fresh by its headers, milliseconds; `fallback` if they do not say.
 * @param now milliseconds since the epoch.
 */
export function freshnessOf(headers: IncomingHttpHeaders, now: number, fallback: number): number {
  const control = (headers['cache-control'] ?? '').toLowerCase()
  if (/(?:^|[\s,])no-(?:store|cache)(?:$|[\s,=])/.test(control)) return 0
  const maxAge = /(?:^|[\s,])max-age="?([0-9]{1,10})/.exec(control)?.[1]
  if (maxAge !== undefined) return 1000 * Math.max(0, Number(maxAge) - secondsIn(headers.age))
  if (headers.expires === undefined) return fallback
  const expires = Date.parse(headers.expires)
  const date = Date.parse(headers.date ?? '')
  // Section 5.3: what is no date is in the past.
  return Number.isNaN(expires) ? 0 : Math.max(0, expires - (Number.isNaN(date) ? now : date))
}

function secondsIn(age: string | undefined): number {
  return age !== undefined && /^[0-9]{1,10}$/.test(age) ? Number(age) : 0
}
