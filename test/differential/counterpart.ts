/** An implementation under test, as the conversation sees it: bytes in, bytes out, and how it ended. */

import type { Role, Scenario } from './scenario.ts'

export interface Counterpart {
  /**
   * Gives it these pieces of a stream, and hands on what it sends: until `hear` says that this is all it
   * waited for, or nothing comes any more.
   */
  exchange(pieces: readonly Uint8Array[], hear: (bytes: Uint8Array) => boolean): Promise<void>
  /** Ends the stream, waits for its end, and leaves nothing behind. */
  end(): Promise<Ending>
}

export interface Ending {
  /** Whether it took the handshake for complete, and the peer for who it should be. */
  readonly isComplete: boolean
  /** The application data that it handed on, if it tells. */
  readonly data: string | undefined
  /** What it says against the peer; undefined if nothing. */
  readonly complaint: string | undefined
  /** True if an alert of the peer was the end of it. */
  readonly isEnded: boolean
  /** The alert that it says it sent, if it tells. */
  readonly alert: string | undefined
  /** True if it had to be ended. */
  readonly isHung: boolean
}

/** An implementation, ready for any number of conversations. */
export interface Implementation {
  readonly name: string
  readonly version: string
  /** @param attempt From 1: what needs a clock has more patience when it is asked again. */
  start(role: Role, scenario: Scenario, attempt: number): Promise<Counterpart>
  stop(): Promise<void>
}
