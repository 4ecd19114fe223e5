/** One case: what handfast and another implementation make of it, and whether their difference is explained. */

import { setTimeout } from 'node:timers/promises'
import { compare, type Kind, told } from './comparison.ts'
import { type Outcome, play } from './conversation.ts'
import type { Implementation } from './counterpart.ts'
import { EXPLANATIONS } from './explained.ts'
import type { Explanation } from './explanation.ts'
import { handfast } from './handfast.ts'
import type { Plan } from './plan.ts'

export interface Trial {
  readonly plan: Plan
  readonly kind: Kind
  readonly ours: Outcome
  readonly theirs: Outcome
  /** Why they differ; null if they don't, or nobody knows. */
  readonly explanation: Explanation | null
  readonly isSound: boolean
}

/** How often a difference must show itself; one that nobody explains, some more times after a rest. */
const ATTEMPTS = 3
const MOST_ATTEMPTS = 6
const REST_MILLISECONDS = 100

/**
 * Plays a case to both. What differs is played again: a changed byte may be what it was before under other keys,
 * and a program may have needed more time.
 */
export async function trial(plan: Plan, other: Implementation): Promise<Trial> {
  for (let attempt = 1; ; attempt++) {
    const ours = await play(plan, handfast, attempt)
    const theirs = await play(plan, other, attempt)
    const kind = compare(ours, theirs)
    if (kind !== 'same' && attempt < ATTEMPTS) continue
    const explanation = kind === 'same' ? null : explain(plan, kind, ours, theirs)
    if (kind !== 'same' && explanation === null && attempt < MOST_ATTEMPTS) {
      await setTimeout(REST_MILLISECONDS)
      continue
    }
    return { plan, kind, ours, theirs, explanation, isSound: kind === 'same' || explanation !== null }
  }
}

function explain(plan: Plan, kind: Kind, ours: Outcome, theirs: Outcome): Explanation | null {
  const [own, others, story] = [told(ours), told(theirs), storyOf(plan, ours)]
  const found = EXPLANATIONS.find(
    (one) =>
      one.kinds.includes(kind) &&
      (one.version === undefined || one.version === plan.scenario.version) &&
      (one.isEarly !== true || !theirs.isComplete) &&
      one.ours.test(own) &&
      (one.theirs?.test(others) ?? true) &&
      (one.story?.test(story) ?? true),
  )
  return found ?? null
}

/** What happened in a case, in a line. */
export function storyOf({ scenario, afterwords }: Plan, { changes }: Outcome): string {
  return `${scenario.name}: ${changes.join('; ') || 'nothing changed'}; then ${afterwords.join(', ')}`
}
