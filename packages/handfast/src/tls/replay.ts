/**
 * Early data can be replayed (RFC 9846 section 8): a server takes it only from a ClientHello that it has not
 * met before, and remembers those that it has met for as long as they would still be fresh (section 8.2).
 */

/**
 * Where servers note the early data they took. Servers that open each other's tickets must share one: a ClientHello is
 * accepted once in all of them together. A store that fails means that early data is refused, and nothing else.
 */
export interface ReplayStore {
  /**
   * Notes a ClientHello by its `id` for `ttl` milliseconds at least. True if it was not there before. Must be atomic:
   * of two that ask at the same time one is told true.
   */
  claim(id: Uint8Array, ttl: number): boolean | PromiseLike<boolean>
}

export interface ReplayMemoryOptions {
  /** Milliseconds from any origin; must not run back. */
  readonly now: () => number
  /** How many are remembered; beyond that early data is refused. Default 100,000. */
  readonly limit?: number
}

/** A store in memory, for one process. */
export function createReplayMemory({ now, limit = 100_000 }: ReplayMemoryOptions): ReplayStore {
  /** When each may be forgotten, in the order in which they came. */
  const known = new Map<string, number>()
  return {
    claim: (id, ttl) => {
      const time = now()
      for (const [key, end] of known) {
        if (end > time) break
        known.delete(key)
      }
      const key = String.fromCharCode(...id)
      if (known.has(key) || known.size >= limit) return false
      known.set(key, time + ttl)
      return true
    },
  }
}
