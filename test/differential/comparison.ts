/** What two implementations made of one case, beside each other. */

import type { Outcome } from './conversation.ts'

/**
 * `same`: both accept, or both refuse with the same alert, as far as both alerts are known.
 * `other-alert`: neither accepts, but not in the same way.
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
  const isUnread = theirs.verdict === 'refuses' && theirs.alert === undefined
  const isSame = ours.verdict === theirs.verdict && (isUnread || ours.alert === theirs.alert)
  return isSame ? 'same' : 'other-alert'
}

/** An outcome in a few words, for a list of differences. */
export function told({ verdict, alert, complaint }: Outcome): string {
  if (verdict !== 'refuses') return verdict
  const why = complaint === undefined ? '' : ` (${complaint})`
  return `${alert ?? 'refuses, unread'}${why}`
}
