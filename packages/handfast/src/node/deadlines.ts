/** What ends a connection by time, or by an AbortSignal: for one socket. */

/** What a socket wants done. */
export interface DeadlineActions {
  /** The handshake took too long. */
  readonly onHandshakeTimeout: (milliseconds: number) => void
  /** Nothing moved for too long. */
  readonly onIdleTimeout: (milliseconds: number) => void
  /** Nothing moved for as long as `setTimeout` was given. */
  readonly onUserTimeout: () => void
  readonly onAbort: (reason: unknown) => void
}

export interface DeadlineOptions {
  /** Milliseconds, 0 for none. */
  readonly handshakeTimeout: number
  /** Milliseconds, 0 for none. */
  readonly idleTimeout: number
  readonly signal?: AbortSignal | undefined
}

export class Deadlines {
  readonly #actions: DeadlineActions
  readonly #signal: AbortSignal | undefined
  #handshake: NodeJS.Timeout | undefined
  #idle: NodeJS.Timeout | undefined
  #user: NodeJS.Timeout | undefined
  #isOver = false
  readonly #onAbort = (): void => {
    if (!this.#isOver) this.#actions.onAbort(this.#signal?.reason)
  }

  /** They run from here on. A signal that was triggered before acts in a microtask. */
  constructor({ handshakeTimeout, idleTimeout, signal }: DeadlineOptions, actions: DeadlineActions) {
    this.#actions = actions
    this.#signal = signal
    if (handshakeTimeout > 0) {
      this.#handshake = setTimeout(() => actions.onHandshakeTimeout(handshakeTimeout), handshakeTimeout)
    }
    // These never keep a process alive: the transport does, as long as something can come of it.
    if (idleTimeout > 0) this.#idle = setTimeout(() => actions.onIdleTimeout(idleTimeout), idleTimeout).unref()
    if (signal?.aborted === true) queueMicrotask(this.#onAbort)
    else signal?.addEventListener('abort', this.#onAbort, { once: true })
  }

  /** The handshake is complete. */
  handshakeDone(): void {
    clearTimeout(this.#handshake)
    this.#handshake = undefined
  }

  /** Something moved: idle time begins anew. */
  touch(): void {
    this.#idle?.refresh()
    this.#user?.refresh()
  }

  /** As net.Socket's `setTimeout`: 0 ends it. */
  setUserTimeout(milliseconds: number): void {
    clearTimeout(this.#user)
    this.#user =
      milliseconds === 0 || this.#isOver ? undefined : setTimeout(this.#actions.onUserTimeout, milliseconds).unref()
  }

  ref(): void {
    this.#handshake?.ref()
  }

  unref(): void {
    this.#handshake?.unref()
  }

  [Symbol.dispose](): void {
    this.#isOver = true
    clearTimeout(this.#handshake)
    clearTimeout(this.#idle)
    clearTimeout(this.#user)
    this.#signal?.removeEventListener('abort', this.#onAbort)
  }
}
