/** What the connections of one test leave to those after them: sessions, keys for tickets, and how late it is. */

import { nodeProvider } from '../../src/crypto/node.ts'
import {
  createReplayMemory,
  createTicketKeys,
  type ReplayStore,
  type Session,
  type TicketKeyStore,
} from '../../src/tls/index.ts'

export class Memory {
  /** Client: the latest session. */
  session: Session | undefined
  /** Sessions that this connection was given. */
  received = 0
  /** Whether the latest connection spoke TLS 1.2. */
  isTls12 = false
  /** Milliseconds by which the clock runs ahead. */
  ahead = 0
  readonly ticketKeys: TicketKeyStore = createTicketKeys({ provider: nodeProvider, time: () => this.time })
  readonly replayStore: ReplayStore = createReplayMemory({ now: () => this.time })

  readonly #began = Date.now()

  /** Milliseconds since the epoch. It stands still but for `ahead`: the age of a ticket is known exactly. */
  get time(): number {
    return this.#began + this.ahead
  }
}
