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
  /** Milliseconds by which the clock runs ahead. */
  ahead = 0
  readonly ticketKeys: TicketKeyStore = createTicketKeys({ provider: nodeProvider, time: () => this.time })
  readonly replayStore: ReplayStore = createReplayMemory({ now: () => this.time })

  /** Milliseconds since the epoch. */
  get time(): number {
    return Date.now() + this.ahead
  }
}
