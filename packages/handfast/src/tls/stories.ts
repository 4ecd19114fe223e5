/**
 * The stories of a connection, one at a time: the handshake's, later those that a message or the application begins. A
 * story that waits for the host is a task; it goes on with the answer.
 */

import type { Task } from './event.ts'
import type { CHANGE_CIPHER_SPEC, Flow, Wait } from './handshake/flow.ts'
import type { HandshakeMessage } from './message/handshake.ts'

export class Stories {
  readonly #onFailure: (error: unknown) => void
  #flow: Flow | undefined
  /** Those of the application that are to be told after it. */
  #waiting: (() => Flow)[] = []
  #task: Task | undefined
  #nextTaskId = 1

  constructor(onFailure: (error: unknown) => void) {
    this.#onFailure = onFailure
  }

  /** What the host must answer before the story goes on. */
  get task(): Task | undefined {
    return this.#task
  }

  get isTelling(): boolean {
    return this.#flow !== undefined
  }

  /** Begins a story; no other is being told. */
  begin(flow: Flow): void {
    this.#flow = flow
    this.#step(() => flow.next())
  }

  /** Begins a story once no other is being told. */
  beginWhenDue(tell: () => Flow): void {
    if (this.#flow === undefined) this.begin(tell())
    else this.#waiting.push(tell)
  }

  /** Goes on with what the peer sent. */
  hear(message: HandshakeMessage | typeof CHANGE_CIPHER_SPEC): void {
    this.#step(() => this.#flow?.next(message))
  }

  /** Takes the task with this id away, if it is the present one. */
  takeTask(id: number): Task | undefined {
    const task = this.#task
    if (task?.id !== id) return undefined
    this.#task = undefined
    return task
  }

  /** Goes on with the answer to the task that was taken. */
  answer(answer: unknown): void {
    this.#step(() => this.#flow?.next(answer))
  }

  /** Ends what is being told, and what was to be. */
  end(): void {
    this.#task = undefined
    this.#waiting = []
    const flow = this.#flow
    this.#flow = undefined
    try {
      flow?.return(undefined as never)
    } catch {
      // A flow that is running cannot be returned into; it ends by the error that brought us here.
    }
  }

  /** Runs the story to its next wait. */
  #step(advance: () => IteratorResult<Wait, void> | undefined): void {
    let result: IteratorResult<Wait, void> | undefined
    try {
      result = advance()
    } catch (error) {
      this.#onFailure(error)
      return
    }
    if (result === undefined) return
    if (result.done === true) {
      this.#flow = undefined
      const next = this.#waiting.shift()
      if (next !== undefined) this.begin(next())
      return
    }
    const wait = result.value
    if (wait.kind === 'question') this.#task = { ...wait.question, id: this.#nextTaskId++ }
  }
}
