/** What two implementations made of one case, beside each other. */

import type { Outcome } from './conversation.ts'

/**
 * `same`: both accept, or both refuse with the same alert, as far as the other sends one; or neither comes to an end.
 * `other-alert`: neither accepts, but only one refuses by itself, or they do with different alerts.
 * `only-handfast-accepts`, `only-handfast-refuses`: as they say.
 * `other-data`: both accept, and hand on other application data.
 * `hang`: one of them did not end by itself.
 */
export type Kind = 'same' | 'other-alert' | 'only-handfast-accepts' | 'only-handfast-refuses' | 'other-data' | 'hang'

export function compare(ours: Outcome, theirs: Outcome): Kind {
  if (ours.verdict === 'hangs' || theirs.verdict === 'hangs') return 'hang'
  if (ours.verdict === 'accepts' && theirs.verdict === 'accepts') {
    return theirs.data === undefined || ours.data === theirs.data ? 'same' : 'other-data'
  }
  if (ours.verdict === 'accepts') return 'only-handfast-accepts'
  if (theirs.verdict === 'accepts') return 'only-handfast-refuses'
  if (ours.verdict !== 'refuses' || theirs.verdict !== 'refuses') {
    return ours.verdict === 'refuses' || theirs.verdict === 'refuses' ? 'other-alert' : 'same'
  }
  return theirs.alert === undefined || ours.alert === theirs.alert ? 'same' : 'other-alert'
}

/** An outcome in a few words, for a list of differences. */
export function told({ verdict, alert, complaint }: Outcome): string {
  if (verdict !== 'refuses') return verdict
  const why = complaint === undefined ? '' : ` (${complaint})`
  return `${alert ?? 'no alert'}${why}`
}
