/**
 * What only ECH has (RFC 9849), spoilt where it is in the clear to the one that reads it: what is hidden in a ClientHello,
 * its extension, and the configurations that a client is given. As in `fuzz.test.ts`, nothing is thrown, and no error is
 * one of ours.
 */

import { describe, expect, test } from 'vitest'
import { equalBytes } from '../../src/bytes/index.ts'
import { nodeProvider } from '../../src/crypto/node.ts'
import { ALERT_CODES, clientConnection, TlsError } from '../../src/tls/index.ts'
import { SimulatedClock } from '../pair/wire.ts'
import { ECH_CONFIGS, HidingClient, type Hiding, referring } from '../rogue/ech-peers.ts'
import { EXTENSION } from '../rogue/messages.ts'
import { BYTE_MUTATIONS, Dice } from './mutation.ts'

const COUNT = Number(process.env.HANDFAST_FUZZ ?? 600)
const FIRST_SEED = Number(process.env.HANDFAST_FUZZ_SEED ?? 1)

/** Runs a case for each seed, and counts how they end. */
function runAll(run: (dice: Dice) => string): Map<string, number> {
  const ends = new Map<string, number>()
  for (let seed = FIRST_SEED; seed < FIRST_SEED + COUNT; seed++) {
    try {
      const end = run(new Dice(seed))
      ends.set(end, (ends.get(end) ?? 0) + 1)
    } catch (error) {
      throw new Error(`seed ${seed}`, { cause: error })
    }
  }
  return ends
}

/** How a server of ours ends or goes on. */
function meet(hiding: Hiding): string {
  const client = new HidingClient()
  try {
    client.hiding(hiding)
  } catch (error) {
    // The hello that was spoilt has another share than the rogue knows of.
    if (!(error instanceof Error) || !error.message.startsWith('the engine went on')) throw error
  }
  const { connection, events } = client
  expect(events.map(({ type }) => type)).not.toContain('handshake-complete')
  if (connection.state !== 'failed') return connection.report().encryptedClientHello?.status ?? 'none'
  const { error } = connection
  expect(error).toBeInstanceOf(TlsError)
  expect(Object.keys(ALERT_CODES)).toContain(error?.alert)
  expect(error?.fault, error?.message).toBe('peer')
  return error?.alert ?? ''
}

describe('what a server reads', () => {
  test.each([
    ['a whole hello', {}],
    ['one that refers to the outer', { inner: referring(EXTENSION.supported_groups, EXTENSION.key_share) }],
  ] satisfies [string, Hiding][])('hidden, %s', (_, hiding) => {
    const ends = runAll((dice) => meet({ ...hiding, encoded: (own) => dice.pick(BYTE_MUTATIONS)(own, dice) }))
    expect(ends.get('decode_error')).toBeGreaterThan(COUNT / 20)
    expect(ends.get('illegal_parameter')).toBeGreaterThan(COUNT / 20)
    expect(ends.get('accepted')).toBeGreaterThan(0)
    expect(ends.get('rejected')).toBeUndefined()
  })

  test('what is encrypted: it is as if nothing were hidden', () => {
    const spoil = (own: Uint8Array, dice: Dice): Uint8Array => {
      const bytes = dice.pick(BYTE_MUTATIONS)(own, dice)
      return equalBytes(bytes, own) ? own.with(0, (own[0] as number) ^ 1) : bytes
    }
    const ends = runAll((dice) => meet({ isRead: false, payload: (own) => spoil(own, dice) }))
    // A payload of no bytes is malformed.
    expect(ends.get('rejected')).toBe(COUNT - (ends.get('decode_error') ?? 0))
    expect(ends.get('rejected')).toBeGreaterThan(COUNT / 2)
  })
})

test('configurations: a mistake of the caller, or a ClientHello', () => {
  const ends = runAll((dice) => {
    const ech = dice.pick(BYTE_MUTATIONS)(ECH_CONFIGS, dice)
    try {
      using connection = clientConnection({
        provider: nodeProvider,
        clock: new SimulatedClock(),
        serverName: 'server.example',
        ech,
      })
      expect(connection.takeOutput()?.[0]).toBe(22)
      return 'offered'
    } catch (error) {
      expect(error).toBeInstanceOf(TypeError)
      expect((error as TypeError).message).toMatch(/^ech: /)
      return 'refused'
    }
  })
  expect(ends.get('offered')).toBeGreaterThan(COUNT / 20)
  expect(ends.get('refused')).toBeGreaterThan(COUNT / 20)
})
