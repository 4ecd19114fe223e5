/** Early data: what is sent before the handshake is complete, and what became of it. */

import { expectSame, type Feature, Mismatch } from '../feature.ts'
import type { Memory } from '../memory.ts'
import { noted, on } from './flag.ts'

export interface EarlyDataOptions {
  memory?: Memory
  isResume?: boolean
  enableEarlyData?: boolean
  shimWritesFirst?: boolean
  shimInitialWrite?: string
  repeatShimInitialWrite?: number
  expectTicketSupportsEarlyData?: boolean
  expectAcceptEarlyData?: boolean
  expectRejectEarlyData?: boolean
  expectNoOfferEarlyData?: boolean
}

/** What the tests' host takes at most. */
const MOST = 14_336

export const earlyDataFeature: Feature<EarlyDataOptions> = {
  flags: {
    '-enable-early-data': on('enableEarlyData'),
    '-expect-ticket-supports-early-data': on('expectTicketSupportsEarlyData'),
    '-expect-accept-early-data': on('expectAcceptEarlyData'),
    '-expect-reject-early-data': on('expectRejectEarlyData'),
    '-expect-no-offer-early-data': on('expectNoOfferEarlyData'),
    // Why it was not taken is not told, only that it was not.
    '-expect-early-data-reason': noted(true),
  },

  configure(options, config, role) {
    if (options.enableEarlyData !== true) return
    if (role === 'server') {
      config.maxEarlyData = MOST
      config.halfRttData = true
    } else if (options.isResume === true && options.shimWritesFirst === true) {
      config.earlyData = initialWrite(options)
    }
  },

  check(options, { negotiated }) {
    const { earlyData } = negotiated
    if (options.expectAcceptEarlyData === true) expectSame('early data', 'accepted', earlyData)
    if (options.expectRejectEarlyData === true && earlyData === 'accepted')
      throw new Mismatch('early data: was accepted')
    if (options.expectNoOfferEarlyData === true) expectSame('early data', 'none', earlyData ?? 'none')
  },

  checkEnd(options, { role }) {
    const session = options.memory?.session
    if (role !== 'client' || session === undefined) return
    expectSame('early data with the session', options.expectTicketSupportsEarlyData === true, session.maxEarlyData > 0)
  },
}

/** What a shim says before it listens. */
export function initialWrite(options: EarlyDataOptions): Uint8Array {
  return Buffer.from((options.shimInitialWrite ?? 'hello').repeat(options.repeatShimInitialWrite ?? 1), 'latin1')
}
