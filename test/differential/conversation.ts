/** One case with one implementation: what the mutant says in its turn, and what comes of it. */

import { alertName } from '../../packages/handfast/src/tls/alert.ts'
import { TYPE } from '../../packages/handfast/test/rogue/peer.ts'
import type { Ending, Implementation } from './counterpart.ts'
import { type Mutant, MutantClient, MutantServer, sayAfterwords } from './mutant.ts'
import type { Plan } from './plan.ts'

export interface Outcome {
  /**
   * `accepts`: its handshake is complete, and nothing that followed was refused. `refuses`: it ended the
   * connection, with or without an alert. `ended`: an alert of the mutant ended it. `waits`: none of these,
   * until the stream ended.
   */
  readonly verdict: 'accepts' | 'refuses' | 'ended' | 'waits' | 'hangs'
  readonly isComplete: boolean
  readonly alert: string | undefined
  /** What it says against the peer. */
  readonly complaint: string | undefined
  readonly data: string | undefined
  /** What was done to the flights. */
  readonly changes: readonly string[]
}

/** @param attempt Which this is, from 1: those that are later have more patience. */
export async function play(plan: Plan, implementation: Implementation, attempt = 1): Promise<Outcome> {
  const mutant = plan.role === 'server' ? new MutantClient(plan) : new MutantServer(plan)
  const counterpart = await implementation.start(plan.role, plan.scenario, attempt)
  let isUnread = false
  const hearing =
    (isAnswered: () => boolean) =>
    (bytes: Uint8Array): boolean => {
      try {
        if (!isUnread) mutant.listen(bytes)
      } catch {
        // Under keys, or in a form, that an honest peer would understand.
        isUnread = true
      }
      return isUnread || alertOf(mutant) !== undefined || isAnswered()
    }
  const exchange = async (isAnswered: () => boolean): Promise<void> => {
    await counterpart.exchange(mutant.speech.takeFlight(), hearing(isAnswered))
  }
  const isOver = (): boolean => isUnread || alertOf(mutant) !== undefined

  if (mutant instanceof MutantClient) await speakAsClient(mutant, plan, exchange, isOver)
  else await speakAsServer(mutant, plan, exchange, isOver)
  // What comes after the stream has ended is an answer to that: there are alerts for it, too.
  const heard = alertOf(mutant)
  const ending = await counterpart.end()

  const alert = ending.alert ?? heard
  const isRefused = alert !== undefined || ending.complaint !== undefined
  const { isComplete, complaint, data } = ending
  const verdict = ending.isHung ? 'hangs' : isRefused ? 'refuses' : isComplete ? 'accepts' : unfinished(ending)
  return { verdict, isComplete, alert, complaint, data, changes: mutant.speech.changes }
}

function unfinished({ isEnded }: Ending): 'ended' | 'waits' {
  return isEnded ? 'ended' : 'waits'
}

type Exchange = (isAnswered: () => boolean) => Promise<void>

async function speakAsClient(
  mutant: MutantClient,
  plan: Plan,
  exchange: Exchange,
  isOver: () => boolean,
): Promise<void> {
  for (let hellos = 0; hellos < 2 && !mutant.isKeyed && !isOver(); hellos++) {
    if (hellos > 0 && !mutant.heard.includes(2)) return
    mutant.sayHello(plan)
    const before = mutant.heard.length
    await exchange(() => mutant.heard.includes(20) || (!mutant.isKeyed && mutant.heard.length > before))
  }
  if (!mutant.heard.includes(20) || isOver()) return
  mutant.sayRest(plan)
  await exchange(() => false)
  if (isOver()) return
  sayAfterwords(mutant, plan)
  await exchange(() => false)
}

async function speakAsServer(
  mutant: MutantServer,
  plan: Plan,
  exchange: Exchange,
  isOver: () => boolean,
): Promise<void> {
  await exchange(() => mutant.heard.length === 1)
  if (plan.scenario.isRetried) {
    mutant.sayRetry()
    await exchange(() => mutant.heard.length === 2)
    if (mutant.heard.length < 2) return
  }
  if (isOver()) return
  mutant.sayAll(plan)
  await exchange(() => mutant.heard.includes(20))
  if (isOver() || !mutant.heard.includes(20)) return
  sayAfterwords(mutant, plan)
  await exchange(() => false)
}

/** The first alert that it sent, but for its goodbye. */
function alertOf({ seen }: Mutant): string | undefined {
  const alert = seen.find(({ type, content }) => type === TYPE.alert && content[1] !== 0)
  return alert === undefined ? undefined : alertName(alert.content[1] ?? -1)
}
