/** What every good handshake has in common, whatever its parameters. */

import { expect } from 'vitest'
import { toHex } from '../../src/bytes/index.ts'
import type { Negotiated, TlsError } from '../../src/tls/index.ts'
import type { Pair } from './pair.ts'

/** Both ends are open, agree on everything, hold the same secret, and data goes both ways. */
export function expectHandshake(pair: Pair, negotiated: Partial<Negotiated> = {}): void {
  pair.run()
  const { client, server } = pair
  expect([client.connection.error?.message, server.connection.error?.message]).toEqual([undefined, undefined])
  expect([client.connection.state, server.connection.state]).toEqual(['open', 'open'])
  const ours = client.connection.negotiated as Negotiated
  const theirs = server.connection.negotiated as Negotiated
  expect(theirs).toEqual({
    ...ours,
    serverName: theirs.serverName,
    peerSignatureScheme: ours.ownSignatureScheme,
    ownSignatureScheme: ours.peerSignatureScheme,
  })
  expect(ours).toMatchObject(negotiated)
  expectSameSecret(pair)
  pair.talk()
  expect([client.text, server.text]).toEqual(['from the server', 'from the client'])
  for (const { events } of pair.ends) {
    const types = events.map((event) => event.type)
    expect(types.filter((type) => type === 'handshake-complete')).toHaveLength(1)
    expect(types.indexOf('handshake-complete')).toBeLessThan(types.indexOf('data'))
  }
}

export function expectSameSecret(pair: Pair): void {
  const [ofClient, ofServer] = pair.ends.map(({ connection }) =>
    toHex(connection.exportKeyingMaterial('EXPERIMENTAL-handfast', new TextEncoder().encode('pair'), 48)),
  )
  expect(ofClient).toBe(ofServer)
  expect(toHex(pair.client.connection.channelBinding())).toBe(toHex(pair.server.connection.channelBinding()))
}

/** One end failed with `alert` and the other learned it from the wire. */
export function expectRefusal(pair: Pair, by: 'client' | 'server', alert: string, message?: RegExp): void {
  pair.run()
  const refuser = pair[by].connection
  const refused = pair[by === 'client' ? 'server' : 'client'].connection
  expect([refuser.state, refused.state]).toEqual(['failed', 'failed'])
  const error = refuser.error as TlsError
  expect([error.alert, error.direction]).toEqual([alert, 'sent'])
  if (message !== undefined) expect(error.message).toMatch(message)
  expect([refused.error?.alert, refused.error?.direction, refused.error?.fault]).toEqual([
    alert,
    'received',
    'peer-alert',
  ])
  for (const end of pair.ends) expect(end.eventTypes()).not.toContain('data')
}
