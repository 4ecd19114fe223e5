/** However the byte stream is cut, the result is the same. */

import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { toHex } from '../../src/bytes/index.ts'
import { nodeProvider } from '../../src/crypto/node.ts'
import { createPortableProvider } from '../../src/crypto/portable.ts'
import type { CryptoProvider } from '../../src/crypto/provider.ts'
import { expectHandshake } from './expectations.ts'
import { CLIENT, identityOf, Pair, type PairOptions, SERVER, timeless } from './pair.ts'
import { type Cut, piecesOf, randomPieces, seededRandom, singleBytes, whole } from './wire.ts'

/**
 * Everything that is drawn comes from a seed, so that two runs differ in nothing but the cut. Hashes and
 * AEADs are node:crypto's, which are faster.
 */
function seeded(seed: number): CryptoProvider {
  const portable = createPortableProvider({ random: seededRandom(seed) })
  return { ...portable, hashes: nodeProvider.hashes, aeads: nodeProvider.aeads }
}

const LONG = 'x'.repeat(40_000)

/** A mutual handshake with a HelloRetryRequest, data both ways, key updates, and the end. */
function tellAll(options: Pick<PairOptions, 'cut' | 'coalesce'>): unknown {
  const [ofClient, ofServer] = [seeded(1), seeded(2)]
  const pair = new Pair({
    ...options,
    client: {
      provider: ofClient,
      identities: [identityOf(CLIENT, ofClient)],
      groups: ['x25519', 'secp256r1'],
      alpnProtocols: ['h2', 'http/1.1'],
      keyLog: true,
      maxRecordLength: 700,
    },
    server: {
      provider: ofServer,
      identities: [identityOf(SERVER, ofServer)],
      groups: ['secp256r1'],
      clientAuthentication: 'required',
      cookie: 'with-retry',
      alpnProtocols: ['http/1.1'],
      padding: { toMultipleOf: 64 },
    },
  }).run()
  const { client, server } = pair
  pair.talk(`${LONG}1`, 'one')
  client.connection.updateKeys({ requestPeer: true })
  pair.talk('two', `${LONG}2`)
  server.connection.close()
  pair.run()
  client.connection.close()
  pair.run()
  return pair.ends.map((end) => ({
    state: end.connection.state,
    negotiated: end.connection.negotiated,
    chain: end.connection.peerCertificates.map((der) => toHex(der)),
    exporter: toHex(end.connection.exportKeyingMaterial('EXPERIMENTAL-cut', undefined, 32)),
    text: end.text,
    keyLog: end.keyLog(),
    report: timeless(end.connection.report()),
    sent: toHex(end.sent),
    events: end.eventTypes().filter((type) => type !== 'data'),
  }))
}

let expected: unknown

/** What happens if every flight arrives whole. */
function asWhole(): unknown {
  return (expected ??= tellAll({ cut: () => whole }))
}

describe('the result of a connection does not depend on how its bytes arrive', () => {
  test('it is what it should be', () => {
    expect(asWhole()).toMatchObject([
      { state: 'closed', negotiated: { helloRetryRequest: true, group: 'secp256r1', alpnProtocol: 'http/1.1' } },
      { state: 'closed', text: `${LONG}1two` },
    ])
  })

  test.each<[string, Pick<PairOptions, 'cut' | 'coalesce'>]>([
    ['one byte at a time', { cut: () => singleBytes }],
    ['all that is on its way at once', { cut: () => whole, coalesce: true }],
    ['all at once, out of single bytes', { cut: () => singleBytes, coalesce: true }],
    ['the header alone, then the rest', { cut: () => piecesOf([5, 100_000]) }],
    ['one byte short of everything', { cut: () => (flight) => [flight.slice(0, -1), flight.slice(-1)] }],
  ])('%s', (_, options) => {
    expect(tellAll(options)).toEqual(asWhole())
  })

  test('random pieces', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 3000 }), { minLength: 1, maxLength: 12 }), (sizes) => {
        expect(tellAll({ cut: () => piecesOf(sizes) })).toEqual(asWhole())
      }),
      { numRuns: 12, seed: 9846 },
    )
  })
})

describe('with the provider of Node', () => {
  test.each([1, 2, 3, 4, 5, 6, 7, 8])('random pieces, seed %d', (seed) => {
    let turn = seed
    const cut = (): Cut => randomPieces(turn++)
    expectHandshake(new Pair({ cut }))
  })
})
