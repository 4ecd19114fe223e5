/** Where in a path a certificate stands, and which places a rule is asked about. */

import type { Certificate } from '../certificate.ts'
import type { AnchorRules } from '../trust-store.ts'

/** A certificate in its place: the last of `path`, which begins with the leaf. */
export interface Place {
  readonly certificate: Certificate
  readonly path: readonly Certificate[]
  readonly isLeaf: boolean
  readonly isAnchor: boolean
  /** What a trust anchor is held to; null if it is none. */
  readonly anchor: AnchorRules | null
}

/**
 * Kinds of place. A `bare-anchor` is one of which name and key count and none of its extensions
 * (`AnchorRules.constraints`); a `trusted-leaf` is leaf and anchor in one, and held to all that it says of itself.
 */
export type PlaceKind = 'leaf' | 'intermediate' | 'anchor' | 'bare-anchor' | 'trusted-leaf'

/**
 * Which places a rule is asked about; what it says of `AnchorRules.dates` and `.basicConstraints` is its own.
 * - `all`: a key, a name, a date, whatever else counts.
 * - `held`: what a certificate says of itself counts.
 * - `issued`: someone in the path signed it.
 * - `issued-or-leaf`: as `issued`, and the leaf that is trusted itself.
 * - `leaf`: it is for the peer.
 * - `intermediate`, `issuer`: it signed another; with anchors or without.
 * - `held-issuer`: both `held` and `issuer`.
 * - `held-anchor`: an anchor that is held to what it says; `held-root`: that is not the leaf.
 */
export type Places =
  | 'all'
  | 'held'
  | 'issued'
  | 'issued-or-leaf'
  | 'leaf'
  | 'intermediate'
  | 'issuer'
  | 'held-issuer'
  | 'held-anchor'
  | 'held-root'

/** The kinds of place that `Places` stand for. */
export const PLACES: Readonly<Record<Places, readonly PlaceKind[]>> = {
  all: ['leaf', 'intermediate', 'anchor', 'bare-anchor', 'trusted-leaf'],
  held: ['leaf', 'intermediate', 'anchor', 'trusted-leaf'],
  issued: ['leaf', 'intermediate'],
  'issued-or-leaf': ['leaf', 'intermediate', 'trusted-leaf'],
  leaf: ['leaf', 'trusted-leaf'],
  intermediate: ['intermediate'],
  issuer: ['intermediate', 'anchor', 'bare-anchor'],
  'held-issuer': ['intermediate', 'anchor'],
  'held-anchor': ['anchor', 'trusted-leaf'],
  'held-root': ['anchor'],
}

/** Which kind of place a certificate is in. */
export function placeKind({ isLeaf, anchor }: Place): PlaceKind {
  if (anchor === null) return isLeaf ? 'leaf' : 'intermediate'
  if (isLeaf) return 'trusted-leaf'
  return anchor.constraints ? 'anchor' : 'bare-anchor'
}
