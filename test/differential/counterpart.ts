/** An implementation under test, as the conversation sees it: bytes in, bytes out, and how it ended. */

import type { Role, Scenario } from './scenario.ts'

export interface Counterpart {
  /**
   * Gives it these pieces of a stream, and hands on what it sends: until `hear` says that this is all it
   * waited for, or nothing comes any more.
   */
  exchange(pieces: readonly Uint8Array[], hear: (bytes: Uint8Array) => boolean): Promise<void>
  /** Ends the stream, hands on what comes yet, and leaves nothing behind. */
  end(hear: (bytes: Uint8Array) => boolean): Promise<Ending>
}

export interface Ending {
  /** Whether it took the handshake for complete, and the peer for who it should be. */
  readonly isComplete: boolean
  /** The application data that it handed on, if it tells. */
  readonly data: string | undefined
  /** What it says against the peer; undefined if nothing, or only that the stream or the peer ended. */
  readonly complaint: string | undefined
  /** The alert that it says it sent, if it tells. */
  readonly alert: string | undefined
  /** True if it had to be ended. */
  readonly isHung: boolean
}

/** An implementation, ready for any number of conversations. */
export interface Implementation {
  readonly name: string
  readonly version: string
  start(role: Role, scenario: Scenario): Promise<Counterpart>
  stop(): Promise<void>
}
