/**
 * Conversations spoilt in every way, on the wire and, with the keys known, inside protected records.
 * However bad it is: nothing is thrown, every end is a TlsError with a fitting alert, no error is one
 * of ours, and no handshake completes unless both sides saw the same one.
 *
 * HANDFAST_FUZZ=100000 for a longer run, HANDFAST_FUZZ_SEED to begin elsewhere. A failure names the
 * seed of its case.
 */

import { describe, expect, test } from 'vitest'
import { toHex } from '../../src/bytes/index.ts'
import { ALERT_CODES, type Connection, TlsError } from '../../src/tls/index.ts'
import { BYTE_MUTATIONS, Dice, LIST_MUTATIONS, mutateMessages, randomItem, randomRecord } from './mutation.ts'
import { answerAll, type Item, Recording, type Role, SCENARIOS } from './recording.ts'

const COUNT = Number(process.env.HANDFAST_FUZZ ?? 600)
const FIRST_SEED = Number(process.env.HANDFAST_FUZZ_SEED ?? 1)
/** Own flights and their alert; nothing that a peer says makes an engine talk more. */
const MOST_OUTPUT = 16_384

interface Outcome {
  readonly connection: Connection
  readonly types: readonly string[]
  readonly text: string
  readonly output: number
  /** tls-exporter when the handshake was complete; undefined if it never was, or failed at once. */
  readonly binding: string | undefined
}

/** Gives the records to a fresh engine, cut anyhow, and the end of the transport at last. */
function play(recording: Recording, records: readonly Uint8Array[], dice: Dice): Outcome {
  const connection = recording.listener()
  let output = connection.takeOutput()?.length ?? 0
  const types: string[] = []
  let text = ''
  let binding: string | undefined
  const attend = (): void => {
    answerAll(connection)
    output += connection.takeOutput()?.length ?? 0
    for (let event = connection.nextEvent(); event !== undefined; event = connection.nextEvent()) {
      types.push(event.type)
      if (event.type === 'handshake-complete' && connection.state !== 'failed') {
        binding = toHex(connection.channelBinding())
      }
      if (event.type === 'data') text += new TextDecoder().decode(event.data)
    }
  }
  for (const record of records) {
    const cut = dice.below(4) === 0 ? dice.below(record.length) : 0
    for (const piece of [record.slice(0, cut), record.slice(cut)]) {
      connection.receive(piece)
      attend()
    }
  }
  connection.receiveEnd()
  attend()
  return { connection, types, text, output, binding }
}

function expectSound(
  recording: Recording,
  { connection, types, text, output, binding }: Outcome,
  isForged: boolean,
): void {
  expect(output).toBeLessThan(MOST_OUTPUT)
  if (connection.state === 'failed') {
    const { error } = connection
    expect(error).toBeInstanceOf(TlsError)
    if (error?.direction === 'sent') expect(Object.keys(ALERT_CODES)).toContain(error.alert)
    // Our own fault is never what a peer's bytes lead to.
    expect(error?.fault, error?.message).not.toBe('host')
    expect(types.filter((type) => type === 'failed')).toEqual(['failed'])
  }
  if (binding !== undefined) expect(binding).toBe(recording.binding)
  if (!types.includes('handshake-complete')) expect(text).toBe('')
  if (!isForged) expect(recording.data.startsWith(text)).toBe(true)
}

const RECORDINGS = SCENARIOS.flatMap((scenario) =>
  (['client', 'server'] as const).map((from) => new Recording(scenario, from)),
)

/** All that was ever said by this side. */
function saidBy(from: Role): Item[] {
  return RECORDINGS.flatMap((recording) => (recording.from === from ? recording.items : []))
}

/** Changes records as they are on the wire. */
function mutateWire(recording: Recording, dice: Dice): Uint8Array[] {
  let records = recording.seal(recording.items)
  for (let times = 1 + dice.below(2); times > 0; times--) {
    const kind = dice.below(8)
    const at = dice.below(records.length)
    if (kind < 4) records = records.with(at, dice.pick(BYTE_MUTATIONS)(records[at] as Uint8Array, dice))
    else if (kind < 7) {
      const others = RECORDINGS.flatMap((other) => other.seal(other.items))
      records = dice.pick(LIST_MUTATIONS)(records, others, dice)
    } else records = records.toSpliced(at, 0, randomRecord(dice))
    if (records.length === 0) break
  }
  return records
}

/** Changes what is inside records, as a peer could who has the keys. */
function mutateInside(recording: Recording, dice: Dice): Uint8Array[] {
  let items = [...recording.items]
  for (let times = 1 + dice.below(2); times > 0; times--) {
    const kind = dice.below(10)
    const at = dice.below(items.length)
    const item = items[at] as Item
    if (kind < 5) items = items.with(at, { ...item, content: dice.pick(BYTE_MUTATIONS)(item.content, dice) })
    else if (kind < 7) items = items.with(at, mutateMessages(item, dice))
    else if (kind < 9) items = dice.pick(LIST_MUTATIONS)(items, saidBy(recording.from), dice)
    else items = items.toSpliced(at, 0, randomItem(dice, 4))
    if (items.length === 0) break
  }
  return recording.seal(items)
}

describe.each(RECORDINGS.map((recording) => [recording.scenario.name, recording.from, recording] as const))(
  '%s: what the %s says',
  (_name, _from, recording) => {
    test('unspoilt, it is understood', () => {
      const outcome = play(recording, recording.seal(recording.items), new Dice(0))
      expect(outcome.connection.error).toBeUndefined()
      expect(outcome.types).toContain('handshake-complete')
      expect(outcome.types).toContain('peer-closed')
      expect(outcome.text).toBe(recording.data)
      expectSound(recording, outcome, false)
    })

    test.each([
      ['on the wire', mutateWire, false],
      ['inside the records', mutateInside, true],
    ] as const)('spoilt %s', (_where, mutate, isForged) => {
      const ends = new Map<string, number>()
      for (let seed = FIRST_SEED; seed < FIRST_SEED + COUNT; seed++) {
        const dice = new Dice(seed)
        const records = mutate(recording, dice)
        let outcome: Outcome
        try {
          outcome = play(recording, records, dice)
          expectSound(recording, outcome, isForged)
        } catch (error) {
          throw new Error(`seed ${seed}`, { cause: error })
        }
        const end = outcome.connection.error?.alert ?? outcome.connection.state
        ends.set(end, (ends.get(end) ?? 0) + 1)
      }
      // That much of it was noticed, and in more than one way, says that it was spoilt at all.
      expect(ends.size).toBeGreaterThan(3)
      expect(ends.get('open') ?? 0).toBeLessThan(COUNT / 2)
    })
  },
)
