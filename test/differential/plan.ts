/** A case, drawn from its seed: the scenario, what is spoilt, what follows the handshake. */

import { Dice } from '../../packages/handfast/test/fuzz/mutation.ts'
import type { TlsVersion } from '../../packages/handfast/src/tls/index.ts'
import { type Role, type Scenario, SCENARIOS } from './scenario.ts'

export interface Change {
  /** A field of a message, the items of a flight, or its records on the wire. */
  readonly kind: 'message' | 'items' | 'records'
  /** Number of the message or of the flight. */
  readonly at: number
  readonly seed: number
  /** Whether a second ClientHello is spoilt as the first was. */
  readonly isKept: boolean
}

/** What the mutant says once its handshake is complete. */
export type Afterword = 'data' | 'update' | 'update-requested' | 'ticket' | 'stray' | 'close'

export interface Plan {
  readonly seed: number
  /** Of the implementation under test: the mutant has the other. */
  readonly role: Role
  readonly scenario: Scenario
  readonly changes: readonly Change[]
  readonly afterwords: readonly Afterword[]
  /** Draws what stray messages there are. */
  readonly afterwordSeed: number
  /** Lengths of the pieces in which a flight arrives, before its rest. */
  readonly cuts: readonly number[]
}

const AFTERWORDS: readonly (readonly Afterword[])[] = [
  ['data'],
  ['data', 'close'],
  ['update', 'data'],
  ['update-requested', 'data', 'close'],
  ['data', 'update-requested', 'update', 'data'],
  ['ticket', 'data'],
  ['stray', 'data'],
  ['data', 'stray'],
  ['data', 'close', 'data'],
]

/** Those that TLS 1.2 has, too. */
const AFTERWORDS_12 = AFTERWORDS.filter((words) => words.every((word) => ['data', 'close', 'stray'].includes(word)))

/** Numbers of messages: of a client there are few, and its first is the richest. */
const MESSAGES: Readonly<Record<TlsVersion, Readonly<Record<Role, readonly number[]>>>> = {
  'TLS 1.3': { server: [0, 0, 0, 1, 2, 3], client: [0, 0, 1, 2, 3, 4, 5] },
  'TLS 1.2': { server: [0, 0, 0, 1, 1, 2, 3, 4], client: [0, 0, 1, 2, 2, 3, 4, 5] },
}

/** The case of this seed; the seed 0 is an honest one of the first scenario. */
export function planOf(seed: number, role: Role): Plan {
  const dice = new Dice(seed)
  const scenario = dice.pick(SCENARIOS)
  const count = seed === 0 ? 0 : dice.pick([0, 1, 1, 1, 1, 1, 1, 2, 2, 3])
  const changes = Array.from({ length: count }, (): Change => {
    const kind = dice.pick(['message', 'message', 'message', 'items', 'items', 'records'] as const)
    const at = kind === 'message' ? dice.pick(MESSAGES[scenario.version][role]) : dice.below(3)
    return { kind, at, seed: dice.below(0x1000_0000), isKept: dice.below(2) === 0 }
  })
  return {
    seed,
    role,
    scenario: seed === 0 ? (SCENARIOS[0] as Scenario) : scenario,
    changes,
    afterwords: seed === 0 ? ['data'] : dice.pick(scenario.version === 'TLS 1.2' ? AFTERWORDS_12 : AFTERWORDS),
    afterwordSeed: dice.below(0x1000_0000),
    cuts: dice.below(4) === 0 ? [1, 4, dice.below(200), 1 + dice.below(1000)] : [],
  }
}
