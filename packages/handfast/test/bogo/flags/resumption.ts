/** Sessions: whether there are to be any, and whether one was resumed. */

import { nodeProvider } from '../../../src/crypto/node.ts'
import { answerSession } from '../../../src/tls/index.ts'
import { expectSame, type Feature } from '../feature.ts'
import type { Memory } from '../memory.ts'
import { int, noted, on, Unimplemented } from './flag.ts'

export interface ResumptionOptions {
  memory?: Memory
  /** Whether it is not the first connection. */
  isResume?: boolean
  noTicket?: boolean
  skipTicket?: boolean
  /** Seconds that pass after the connection. */
  resumptionDelay?: number
  shimShutsDown?: boolean
  expectSessionMiss?: boolean
  expectNoSession?: boolean
}

export const resumptionFeature: Feature<ResumptionOptions> = {
  flags: {
    '-no-ticket': on('noTicket'),
    '-skip-ticket': on('skipTicket'),
    '-resumption-delay': int('resumptionDelay'),
    '-expect-session-miss': on('expectSessionMiss'),
    '-expect-no-session': on('expectNoSession'),
    // No server of ours keeps sessions: they are in their tickets.
    '-expect-no-session-id': noted(false),
    // A host of ours always seals tickets itself, and always gives new ones.
    '-use-ticket-callback': noted(false),
    '-use-ticket-aead-callback': noted(false),
    '-renew-ticket': noted(false),
    '-expect-ticket-renewal': noted(false),
  },

  configure(options, config, role) {
    if (role === 'server') {
      config.tickets = options.noTicket === true ? 0 : 2
      return
    }
    config.keepSessions = options.noTicket !== true
    const session = options.memory?.session
    if (session !== undefined) config.session = session
  },

  answer({ memory, skipTicket }, connection, task) {
    if (memory === undefined) return false
    if (task.kind === 'seal-ticket' && skipTicket === true) {
      connection.resume<'seal-ticket'>(task.id, undefined)
      return true
    }
    if (task.kind !== 'seal-ticket' && task.kind !== 'open-ticket' && task.kind !== 'claim-early-data') return false
    const { ticketKeys, replayStore } = memory
    const answer = answerSession(task, { provider: nodeProvider, ticketKeys, replayStore })
    if (answer === undefined || 'then' in answer) return false
    connection.resume(task.id, answer.value)
    return true
  },

  check(options, { negotiated }) {
    const isExpected = options.isResume === true && options.expectSessionMiss !== true
    if (isExpected && negotiated.version === 'TLS 1.2') throw new Unimplemented('sessions of TLS 1.2')
    expectSame('resumption', isExpected, negotiated.resumed)
  },

  checkEnd(options, { role, negotiated }) {
    if (role !== 'client' || negotiated.version !== 'TLS 1.3') return
    const isExpected = options.expectNoSession !== true && options.shimShutsDown !== true
    expectSame('a new session', isExpected, (options.memory?.received ?? 0) > 0)
  },
}
