/** Rules by lists of the caller: each holds only if the list is given. What they check stands beside each list. */

import { findBlocked } from '../blocklist.ts'
import { findInterception } from '../interception.ts'
import { findPinProblem } from '../key-set.ts'
import { findKeyChange } from '../known-keys.ts'
import type { PathRule } from './rule.ts'

/** No certificate of the path is blocked. */
export const BLOCKLIST: PathRule = { name: 'blocklist', check: (path, context) => findBlocked(path, context) }

/** A pinned key is in the path. */
export const PINS: PathRule = { name: 'pins', check: (path, context) => findPinProblem(path, context) }

/** The leaf's key is the one that was met under this name before. */
export const KNOWN_KEYS: PathRule = { name: 'known-keys', check: (path, context) => findKeyChange(path, context) }

/** No root that is known to intercept is in the path. */
export const INTERCEPTION: PathRule = {
  name: 'interception',
  check: (path, context) => findInterception(path, context),
}
