/**
 * The CI subset of the matrix as tests: handfast in both roles against OpenSSL, GnuTLS, NSS, curl, nginx and Node's
 * tls. A peer that isn't on this machine is skipped with the reason; in CI that is a failure.
 * `npm run interop` runs all peers and prints a table.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import type { Case } from './cases.ts'
import { stopChildren } from './child.ts'
import { gnutlsPeer } from './gnutls.ts'
import { handfast } from './handfast.ts'
import { meetInShape, SHAPE_CASES } from './hello-shape.ts'
import { Matrix } from './matrix.ts'
import { nodePeer } from './node.ts'
import { opensslPeer } from './openssl.ts'
import { PEERS } from './peers.ts'

const matrix = await Matrix.open(
  handfast,
  PEERS.filter((peer) => peer.subset),
)
const entries = await matrix.entries()

afterAll(async () => {
  await stopChildren()
  await matrix[Symbol.asyncDispose]()
})

const present = entries.filter((entry) => entry.missing === undefined)
const absent = entries.filter((entry) => entry.missing !== undefined)

// The end of the run tells the reason; where CI is set it fails by it.
test.for(absent.map(({ peer, missing }) => [peer.title, missing] as const))('%s', ([title, missing], { skip }) => {
  skip(missing !== undefined, `missing peer: ${title}: ${missing}; test/interop/install.sh --ci installs the peers`)
  expect(missing).toBeUndefined()
})

describe.each(present.map((entry) => [entry.peer.title, entry.version, entry] as const))('%s %s', (...[, , entry]) => {
  const { peer, cases } = entry
  test.concurrent.each(cases.map((test) => [test.role, test.name, test] as const))(
    'handfast as %s, %s',
    async (...[, , test]) => {
      expect((await matrix.run(peer, test)).reason).toBeUndefined()
    },
  )
})

const shaped = present.filter(({ peer }) => peer === opensslPeer || peer === gnutlsPeer || peer === nodePeer)

describe.each(shaped.map(({ peer }) => [peer.title, peer] as const))(
  '%s, before handfast in the shape of',
  (_, peer) => {
    test.concurrent.each(SHAPE_CASES.map((one) => [one.name, one] as const))('%s', async (_name, one) => {
      expect(await meetInShape(peer, one)).toMatchObject(one.expects)
    })
  },
)

/** Held to no version. */
const FREE: Partial<Case> = { server: {}, client: {} }

describe('the matrix itself', () => {
  let plain: Case
  beforeAll(() => {
    const cases = entries.flatMap((entry) => (entry.peer === nodePeer ? entry.cases : []))
    plain = { ...(cases[0] as Case), expects: {} }
  })

  test.for<[what: string, change: Partial<Case>, reason: RegExp]>([
    [
      'another group',
      { expects: { group: 'secp521r1' } },
      /the group: should be secp521r1, is .* as the wire tells it/,
    ],
    ['another cipher suite', { expects: { suite: 'TLS_CHACHA20_POLY1305_SHA256' } }, /the cipher suite: should be/],
    [
      'another server certificate',
      { expects: { serverScheme: 'ed25519' } },
      /the server's signature scheme: should be/,
    ],
    ['a client certificate', { expects: { clientScheme: 'ed25519' } }, /the client's signature scheme: should be/],
    ['a retry', { expects: { retry: 'plain' } }, /a HelloRetryRequest: should be true, is false as the wire tells it/],
    ['a protocol', { expects: { alpn: 'h2' } }, /the ALPN protocol: should be h2, is null/],
    ['a refusal', { refuser: 'server' }, /went well, and should have been refused/],
    ['ECH', { ...FREE, serverEch: 'current', clientEch: 'current' }, /needs a server that can read it/],
    [
      'a hidden name',
      { ...FREE, serverEch: 'current', clientEch: 'former' },
      /the retry configurations: should be [0-9a-f]+, is none/,
    ],
  ])('a case that wrongly expects %s fails', async ([, change, reason]) => {
    const result = await matrix.run(nodePeer, { ...plain, ...change })
    expect(result.passed).toBe(false)
    expect(result.reason).toMatch(reason)
  })
})
