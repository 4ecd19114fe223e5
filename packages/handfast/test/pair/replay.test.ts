/** Across providers, and the same again from a seed. */

import { describe, expect, test } from 'vitest'
import { toHex } from '../../src/bytes/index.ts'
import { nodeProvider } from '../../src/crypto/node.ts'
import { createPortableProvider } from '../../src/crypto/portable.ts'
import { expectHandshake } from './expectations.ts'
import { CLIENT, identityOf, Pair, SERVER } from './pair.ts'
import { seededRandom } from './wire.ts'

const portable = createPortableProvider()

describe.each([
  ['node', 'portable', nodeProvider, portable],
  ['portable', 'node', portable, nodeProvider],
  ['portable', 'portable', portable, portable],
] as const)('client on %s, server on %s', (_client, _server, ofClient, ofServer) => {
  test.each(nodeProvider.groups.map(({ name }) => name))('mutual, %s', (group) => {
    const pair = new Pair({
      client: { provider: ofClient, groups: [group], identities: [identityOf(CLIENT, ofClient)] },
      server: { provider: ofServer, clientAuthentication: 'required' },
    })
    expectHandshake(pair, { group })
    pair.client.connection.updateKeys({ requestPeer: true })
    pair.talk()
    expect(pair.client.connection.report().provider).toBe(ofClient.name)
  })
})

describe('a seeded provider', () => {
  function flights(seed: number): string[] {
    const [ofClient, ofServer] = [seed, seed + 1].map((one) => createPortableProvider({ random: seededRandom(one) }))
    if (ofClient === undefined || ofServer === undefined) return []
    const pair = new Pair({
      client: { provider: ofClient, grease: true, identities: [identityOf(CLIENT, ofClient)] },
      server: { provider: ofServer, cookie: 'always', identities: [identityOf(SERVER, ofServer)] },
    })
    expectHandshake(pair)
    return pair.ends.flatMap((end) => end.flights.map((flight) => toHex(flight)))
  }

  test('the same seed, the same flights, byte for byte', () => {
    expect(flights(7)).toEqual(flights(7))
  })

  test('another seed, other flights', () => {
    const [first, second] = [flights(7), flights(8)]
    expect(first).toHaveLength(second.length)
    for (const [i, flight] of first.entries()) expect(flight).not.toBe(second[i])
  })
})
