/** All explanations. The first that fits explains a difference; one that none fits fails the run. */

import { ACCEPTING, WAITING } from './accepted.ts'
import type { Explanation } from './explanation.ts'
import { REFUSED } from './refused.ts'

export const EXPLANATIONS: readonly Explanation[] = [...ACCEPTING, ...WAITING, ...REFUSED]
