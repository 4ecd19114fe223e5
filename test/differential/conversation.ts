/** One case with one implementation: what the mutant says in its turn, and what comes of it. */

import { alertName } from '../../packages/handfast/src/tls/alert.ts'
import { TYPE } from '../../packages/handfast/test/rogue/peer.ts'
import type { Ending, Implementation } from './counterpart.ts'
import { type Mutant, MutantClient, MutantServer, sayAfterwords } from './mutant.ts'
import { MutantClient12, MutantServer12, sayAfterwords12 } from './mutant12.ts'
import type { Plan } from './plan.ts'

export interface Outcome {
  /**
   * `accepts`: its handshake is complete, and nothing that followed was refused. `refuses`: it ended the
   * connection, with or without an alert. `ended`: an alert of the mutant ended it, complete or not. `waits`: none
   * of these, until the stream ended.
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
  const mutant = mutantOf(plan)
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
  else if (mutant instanceof MutantServer) await speakAsServer(mutant, plan, exchange, isOver)
  else await speakTls12(mutant, plan, exchange, isOver)
  // What comes after the stream has ended is an answer to that: there are alerts for it, too.
  const heard = alertOf(mutant)
  const ending = await counterpart.end()

  const alert = ending.alert ?? heard
  const isRefused = alert !== undefined || ending.complaint !== undefined
  const { isComplete, complaint, data } = ending
  const verdict = ending.isHung ? 'hangs' : isRefused ? 'refuses' : unrefused(ending)
  const { changes, endings } = mutant.speech
  return { verdict, isComplete, alert, complaint, data, changes: [...changes, ...endings] }
}

function unrefused({ isEnded, isComplete }: Ending): Outcome['verdict'] {
  return isEnded ? 'ended' : isComplete ? 'accepts' : 'waits'
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

/** Of both roles: a flight each, after the client's hello. */
async function speakTls12(
  mutant: MutantClient12 | MutantServer12,
  plan: Plan,
  exchange: Exchange,
  isOver: () => boolean,
): Promise<void> {
  if (mutant instanceof MutantClient12) {
    mutant.sayHello(plan)
    await exchange(() => mutant.heard.includes(14))
    if (isOver() || !mutant.heard.includes(14)) return
    mutant.sayRest(plan)
  } else {
    await exchange(() => mutant.heard.length === 1)
    mutant.sayAll(plan)
  }
  await exchange(() => mutant.heard.includes(20))
  if (isOver() || !mutant.heard.includes(20)) return
  if (mutant instanceof MutantServer12) {
    mutant.sayRest()
    await exchange(() => false)
    if (isOver()) return
  }
  sayAfterwords12(mutant, plan)
  await exchange(() => false)
}

type AnyMutant = Mutant | MutantClient12 | MutantServer12

function mutantOf(plan: Plan): AnyMutant {
  if (plan.scenario.version === 'TLS 1.2') {
    return plan.role === 'server' ? new MutantClient12(plan) : new MutantServer12(plan)
  }
  return plan.role === 'server' ? new MutantClient(plan) : new MutantServer(plan)
}

/** The first alert that it sent, but for its goodbye, and for warnings where there are any (RFC 5246 section 7.2). */
function alertOf(mutant: AnyMutant): string | undefined {
  const hasWarnings = !(mutant instanceof MutantClient || mutant instanceof MutantServer)
  const alert = mutant.seen.find(
    ({ type, content: [level, code] }) =>
      type === TYPE.alert && code !== undefined && code !== 0 && !(hasWarnings && level === 1),
  )
  return alert === undefined ? undefined : alertName(alert.content[1] as number)
}
