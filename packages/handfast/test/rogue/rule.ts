/** A rule of the protocol, how a peer breaks it, and what must come of that. */

import { expect } from 'vitest'
import { ALERT_CODES, type AlertDescription, TlsError } from '../../src/tls/index.ts'
import type { RoguePeer } from './peer.ts'
import { TYPE } from './peer.ts'

/** What is looked at of a rogue, whatever version it speaks. */
export type Watched = Pick<RoguePeer, 'connection' | 'seen' | 'events'>

export interface Rule<P extends Watched, C> {
  /** What the peer does. */
  readonly name: string
  /** What the engine answers. */
  readonly alert: AlertDescription
  /** The field that the error names. */
  readonly path: string | RegExp
  readonly config?: C
  readonly play: (peer: P) => unknown
}

/** The connection ended with exactly this alert on the wire, and nothing of what the peer sent was handed on. */
export function expectEnd(peer: Watched, alert: AlertDescription, path: string | RegExp): void {
  const { connection } = peer
  expect(connection.state, `the engine should have ended with ${alert}`).toBe('failed')
  const error = connection.error as TlsError
  expect(error).toBeInstanceOf(TlsError)
  const named = typeof path === 'string' ? path : expect.stringMatching(path)
  expect([error.alert, error.path, error.fault], error.message).toEqual([alert, named, 'peer'])
  expect(error.message).toContain(error.path)
  const alerts = peer.seen.filter(({ type }) => type === TYPE.alert)
  expect(alerts.map(({ content }) => [...content])).toEqual([[2, ALERT_CODES[alert]]])
  expect(peer.seen.at(-1)?.type).toBe(TYPE.alert)
  expectNoData(peer)
  expect(peer.events.filter(({ type }) => type === 'failed')).toHaveLength(1)
}

export function expectNoData(peer: Watched): void {
  expect(peer.events.filter(({ type }) => type === 'data')).toEqual([])
}
