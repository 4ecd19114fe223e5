/** record_size_limit (RFC 8449) between two engines: what each side says holds for what the other sends. */

import { describe, expect, test } from 'vitest'
import type { TlsVersion } from '../../src/tls/index.ts'
import { expectHandshake } from './expectations.ts'
import { CLIENT, type End, identityOf, Pair, type PairOptions } from './pair.ts'

/** What is around the plaintext of a record: header and tag, in TLS 1.2 an explicit nonce too. */
const AROUND: Readonly<Record<TlsVersion, number>> = { 'TLS 1.3': 21, 'TLS 1.2': 29 }

/** Lengths of the records of application data and protected handshake that an end sent, header included. */
function protectedLengths(end: End, version: TlsVersion): number[] {
  const lengths: number[] = []
  const { sent } = end
  let isProtected = false
  for (let at = 0; at < sent.length;) {
    const type = sent[at] as number
    const length = 5 + (((sent[at + 3] as number) << 8) | (sent[at + 4] as number))
    if (version === 'TLS 1.2' ? isProtected : type === 23) lengths.push(length)
    if (type === 20) isProtected = true
    at += length
  }
  return lengths
}

describe.each(['TLS 1.3', 'TLS 1.2'] as const)('in %s', (version) => {
  const make = (client: PairOptions['client'], server: PairOptions['server']): Pair => {
    const pair = new Pair({
      client: { versions: [version], identities: [identityOf(CLIENT)], ...client },
      server: { clientAuthentication: 'required', ...server },
    })
    expectHandshake(pair, { version })
    const much = new Uint8Array(20_000).fill(7)
    for (const { connection } of pair.ends) connection.write(much)
    pair.run()
    for (const end of pair.ends) expect(end.data.length).toBeGreaterThan(20_000)
    return pair
  }

  test.each([64, 100, 1000, 16_384])('each side keeps to a limit of %d bytes', (limit) => {
    for (const of of ['client', 'server'] as const) {
      const config = { recordSizeLimit: limit }
      const pair = make(of === 'client' ? config : {}, of === 'server' ? config : {})
      const bounded = of === 'client' ? pair.server : pair.client
      const free = of === 'client' ? pair.client : pair.server
      expect(Math.max(...protectedLengths(bounded, version))).toBe(limit + AROUND[version])
      expect(Math.max(...protectedLengths(free, version))).toBe(
        (version === 'TLS 1.3' ? 16_385 : 16_384) + AROUND[version],
      )
      const own = Math.min(limit, version === 'TLS 1.3' ? 16_385 : 16_384)
      expect(pair.client.connection.report().negotiated.recordSizeLimit?.[of]).toBe(own)
      expect(pair.server.connection.report().negotiated).toEqual(pair.client.connection.report().negotiated)
    }
  })

  test('padding stays within it', () => {
    const pair = make({ recordSizeLimit: 512 }, { padding: { toMultipleOf: 1000 } })
    const lengths = protectedLengths(pair.server, version)
    expect(Math.max(...lengths)).toBe(512 + AROUND[version])
    if (version === 'TLS 1.3') expect(Math.min(...lengths)).toBe(512 + AROUND[version])
  })

  test('who wants to send less still does', () => {
    const pair = make({ recordSizeLimit: 512 }, { maxRecordLength: 100 })
    expect(Math.max(...protectedLengths(pair.server, version))).toBeLessThanOrEqual(101 + AROUND[version])
  })

  test.each(['client', 'server'] as const)('if the %s does not take part, nothing is limited', (side) => {
    const off = { recordSizeLimit: false } as const
    const on = { recordSizeLimit: 64 }
    const pair = side === 'client' ? make(off, on) : make(on, off)
    expect(pair.client.connection.report().negotiated).not.toHaveProperty('recordSizeLimit')
    expect(Math.max(...protectedLengths(side === 'client' ? pair.client : pair.server, version))).toBeGreaterThan(
      16_384,
    )
  })

  test('new keys change nothing', () => {
    if (version === 'TLS 1.2') return
    const pair = make({ recordSizeLimit: 64 }, {})
    pair.server.connection.updateKeys({ requestPeer: true })
    pair.server.connection.write(new Uint8Array(1000))
    pair.run()
    expect(Math.max(...protectedLengths(pair.server, version))).toBe(64 + AROUND[version])
    expect(pair.client.connection.state).toBe('open')
  })
})

test('a client that offers both versions says what TLS 1.3 allows, and a server of TLS 1.2 takes it', () => {
  const pair = new Pair({ server: { versions: ['TLS 1.2'] } })
  expectHandshake(pair, { version: 'TLS 1.2' })
  expect(pair.client.connection.report().negotiated.recordSizeLimit).toEqual({ client: 16_384, server: 16_384 })
})
