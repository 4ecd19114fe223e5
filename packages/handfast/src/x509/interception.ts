/**
 * Roots that are known to intercept: whoever holds such a key sits between the two ends of a
 * connection and reads along. A machine that has one among its roots trusts it like any other, so a
 * chain that ends at it is valid by every other rule.
 *
 * The rule in `rules/lists.ts` looks for the keys it is given (`VerifyRequest.interceptionRoots`); those publicly
 * documented are in `interception-roots.ts`. An operator's own inspection proxy is no business of this
 * list: give it a list of its own, or set the rule `interception` to `ignore`.
 */

import { INTERCEPTION_ROOTS, INTERCEPTION_ROOTS_DATE } from './interception-roots.ts'
import { createKeySet, type KeySet } from './key-set.ts'

/** The keys of `INTERCEPTION_ROOTS`. */
export function knownInterceptionRoots(): KeySet {
  return createKeySet({
    name: 'known interception roots',
    date: INTERCEPTION_ROOTS_DATE,
    hashes: INTERCEPTION_ROOTS.map(({ key }) => key),
  })
}
