/**
 * Roots that are known to intercept: whoever holds such a key sits between the two ends of a
 * connection and reads along. A machine that has one among its roots trusts it like any other, so a
 * chain that ends at it is valid by every other rule.
 *
 * The judge looks for the keys it is given (`VerifyRequest.interceptionRoots`); those publicly
 * documented are in `interception-roots.ts`. An operator's own inspection proxy is no business of this
 * list: give it a list of its own, or set the rule `interception` to `ignore`.
 */

import { INTERCEPTION_ROOTS, INTERCEPTION_ROOTS_DATE } from './interception-roots.ts'
import { createKeySet, type KeySet, pinText } from './key-set.ts'
import { quotedText } from './printable-text.ts'
import type { PathCheck, Problem } from './rules/rule.ts'

/** The keys of `INTERCEPTION_ROOTS`. */
export function knownInterceptionRoots(): KeySet {
  return createKeySet({
    name: 'known interception roots',
    date: INTERCEPTION_ROOTS_DATE,
    hashes: INTERCEPTION_ROOTS.map(({ key }) => key),
  })
}

/** No key of the path, the anchor's included, is known to intercept; nothing to say without a list. */
export const findInterception: PathCheck = (path, { request: { interceptionRoots }, provider }): Problem | null => {
  if (interceptionRoots === undefined) return null
  for (const certificate of path) {
    const key = certificate.publicKeyHash(provider.hashes.sha256)
    if (!interceptionRoots.has(key)) continue
    const known = INTERCEPTION_ROOTS.find((root) => root.key === key)
    const has = known === undefined ? pinText(key) : `${pinText(key)}, ${known.name}`
    const message = `No key of the path may be on ${quotedText(interceptionRoots.name)}; this one is (${has}).`
    return { reason: 'interception', certificate, message }
  }
  return null
}
