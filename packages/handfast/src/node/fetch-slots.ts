/**
 * How many fetches are under way at once, in all and with one host, and how many bytes they may bring
 * together: however many verdicts want something, from wherever strangers let them want it.
 */

/** Whole numbers from 1 on. */
export interface SlotLimits {
  /** Fetches under way. */
  readonly total: number
  /** Of these with one host. */
  readonly perHost: number
  /** Bytes that all of them may bring, as far as they may. */
  readonly bytes: number
  /** Fetches that wait for others. */
  readonly waiting: number
}

/** Gives the place back. */
export type Release = () => void

interface Waiting {
  readonly host: string
  readonly bytes: number
  readonly begin: () => void
}

export class FetchSlots {
  readonly #limits: SlotLimits
  readonly #hosts: Map<string, number> = new Map()
  #count = 0
  #bytes = 0
  #waiting: Waiting[] = []

  constructor(limits: SlotLimits) {
    this.#limits = limits
  }

  /**
   * A place for a fetch from `host`, as soon as there is one: first come, first served, but for those whose host is busy.
   * @throws {Error} if too many wait, or with the reason of `signal` once that is aborted.
   */
  async acquire(host: string, bytes: number, signal: AbortSignal): Promise<Release> {
    signal.throwIfAborted()
    // One that may have more than all together is alone.
    const most = Math.min(bytes, this.#limits.bytes)
    if (this.#waiting.length >= this.#limits.waiting) throw new Error('too many fetches are waiting')
    return await new Promise((resolve, reject) => {
      const begin = (): void => {
        signal.removeEventListener('abort', onAbort)
        resolve(this.#take(host, most))
      }
      const waiting: Waiting = { host, bytes: most, begin }
      const onAbort = (): void => {
        this.#waiting = this.#waiting.filter((one) => one !== waiting)
        reject(signal.reason as Error)
        // Those behind it may have waited for it alone.
        this.#advance()
      }
      signal.addEventListener('abort', onAbort, { once: true })
      this.#waiting.push(waiting)
      this.#advance()
    })
  }

  #take(host: string, bytes: number): Release {
    this.#count++
    this.#bytes += bytes
    this.#hosts.set(host, (this.#hosts.get(host) ?? 0) + 1)
    let isHeld = true
    return () => {
      if (!isHeld) return
      isHeld = false
      this.#count--
      this.#bytes -= bytes
      const left = (this.#hosts.get(host) ?? 0) - 1
      if (left > 0) this.#hosts.set(host, left)
      else this.#hosts.delete(host)
      this.#advance()
    }
  }

  #advance(): void {
    const { total, perHost, bytes } = this.#limits
    for (let i = 0; i < this.#waiting.length && this.#count < total;) {
      const next = this.#waiting[i] as Waiting
      if ((this.#hosts.get(next.host) ?? 0) >= perHost) {
        i++
        continue
      }
      // It keeps its turn: those that want less must not pass it for ever.
      if (this.#bytes + next.bytes > bytes) return
      this.#waiting.splice(i, 1)
      next.begin()
    }
  }
}
