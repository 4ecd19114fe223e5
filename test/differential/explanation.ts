/** Why a difference is not ours to mend: what it looks like, and the rule by which handfast is right or free to do so. */

import type { TlsVersion } from '../../packages/handfast/src/tls/index.ts'
import type { Kind } from './comparison.ts'

export interface Explanation {
  /** RFC and section, and what it says. */
  readonly rule: string
  readonly kinds: readonly Kind[]
  /** Of what handfast did, as `told` tells it. */
  readonly ours: RegExp
  /** Of what the other did. */
  readonly theirs?: RegExp
  /** Default: both. */
  readonly version?: TlsVersion
  /** True: only where the other had not taken the handshake for complete yet. */
  readonly isEarly?: true
  /** Of the changes and of what followed the handshake, as `storyOf` tells them. */
  readonly story?: RegExp
}
