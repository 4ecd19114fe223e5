/**
 * A small part of `npm run fuzz:differential`, beside the OpenSSL inside this Node; and that the comparison
 * notices what it is there for.
 */

import { afterAll, describe, expect, test } from 'vitest'
import type { Ending, Implementation } from './counterpart.ts'
import { nodeTls } from './node.ts'
import { type Plan, planOf } from './plan.ts'
import { SCENARIOS } from './scenario.ts'
import { storyOf, trial } from './trial.ts'

const COUNT = 200
const node = nodeTls()
afterAll(() => node.stop())

describe.each(['client', 'server'] as const)('%s under test', (role) => {
  test.each(SCENARIOS.map((scenario) => [scenario.name, scenario] as const))(
    'both accept an honest peer, %s',
    async (_, scenario) => {
      const { kind, ours, theirs } = await trial({ ...planOf(0, role), scenario }, node)
      expect([kind, ours.verdict, ours.data, theirs.data]).toEqual(['same', 'accepts', 'hello\n', 'hello\n'])
    },
  )

  test(`${COUNT} spoilt handshakes: every difference is explained`, async () => {
    const verdicts = new Map<string, number>()
    for (let seed = 1; seed <= COUNT; seed++) {
      const { isSound, kind, ours, theirs, plan } = await trial(planOf(seed, role), node)
      expect(isSound, `seed ${seed}, ${kind}, ${storyOf(plan, ours)}: ${JSON.stringify([ours, theirs])}`).toBe(true)
      verdicts.set(ours.verdict, (verdicts.get(ours.verdict) ?? 0) + 1)
    }
    // They are spoilt, and not beyond recognition.
    expect(verdicts.get('accepts')).toBeGreaterThan(COUNT / 10)
    expect(verdicts.get('refuses')).toBeGreaterThan(COUNT / 3)
  })

  test('a seed is the same case each time', async () => {
    for (const seed of [3, 7, 11, 21]) {
      const [one, another] = [await trial(planOf(seed, role), node), await trial(planOf(seed, role), node)]
      expect(another.ours).toEqual(one.ours)
      expect(another.kind).toBe(one.kind)
    }
  })
})

/** An implementation that says nothing, and tells this in the end. */
function mute(ending: Partial<Ending>): Implementation {
  const told = { isComplete: false, data: '', complaint: undefined, isEnded: false, alert: undefined, isHung: false }
  const counterpart = { exchange: () => Promise.resolve(), end: () => Promise.resolve({ ...told, ...ending }) }
  return { name: 'mute', version: '', start: () => Promise.resolve(counterpart), stop: () => Promise.resolve() }
}

describe('what nobody explains', () => {
  const honest = planOf(0, 'server')
  /** Another verify_data. */
  const forged: Plan = { ...honest, changes: [{ kind: 'message', at: 1, seed: 92, isKept: false }] }

  test('handfast accepts alone', async () => {
    const { kind, isSound } = await trial(honest, mute({ complaint: 'ERR_SSL_ANYTHING', alert: 'decrypt_error' }))
    expect([kind, isSound]).toEqual(['only-handfast-accepts', false])
  })

  test('handfast refuses alone', async () => {
    const { kind, ours, isSound } = await trial(forged, mute({ isComplete: true }))
    expect([kind, ours.alert, isSound]).toEqual(['only-handfast-refuses', 'decrypt_error', false])
  })

  test('handfast refuses with another alert', async () => {
    const { kind, isSound } = await trial(forged, mute({ alert: 'handshake_failure' }))
    expect([kind, isSound]).toEqual(['other-alert', false])
  })

  test('handfast hands on other data', async () => {
    const { kind, isSound } = await trial(honest, mute({ isComplete: true, data: 'jello\n' }))
    expect([kind, isSound]).toEqual(['other-data', false])
  })

  test('the other has no end', async () => {
    const { kind, isSound } = await trial(honest, mute({ isHung: true }))
    expect([kind, isSound]).toEqual(['hang', false])
  })
})
