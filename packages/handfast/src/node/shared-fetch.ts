/** A fetch that several wait for: it ends when it is done, or when nobody waits any more. */

export class SharedFetch {
  readonly #controller = new AbortController()
  readonly #answer: Promise<Uint8Array>
  #waiting = 0
  /** What it may bring at most: nobody who may have more can share it. */
  readonly maxBytes: number

  constructor(maxBytes: number, run: (signal: AbortSignal) => Promise<Uint8Array>) {
    this.maxBytes = maxBytes
    this.#answer = run(this.#controller.signal)
    // Whoever still waits hears of it.
    this.#answer.catch(() => {})
  }

  /** True once nobody waited any more. */
  get isGivenUp(): boolean {
    return this.#controller.signal.aborted
  }

  /** Its answer, for as long as `signal` is not aborted. */
  async wait(signal: AbortSignal | undefined): Promise<Uint8Array> {
    this.#waiting++
    try {
      return signal === undefined ? await this.#answer : await this.#unless(signal)
    } finally {
      if (--this.#waiting === 0) this.#controller.abort()
    }
  }

  async #unless(signal: AbortSignal): Promise<Uint8Array> {
    return await new Promise((resolve, reject) => {
      const onAbort = (): void => reject(new Error('it was aborted', { cause: signal.reason }))
      if (signal.aborted) onAbort()
      signal.addEventListener('abort', onAbort, { once: true })
      this.#answer.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort))
    })
  }
}
