/** What became of Wycheproof's tests: counted by algorithm, and what does not agree named. */

import type { CryptoProvider } from '../../packages/handfast/src/crypto/index.ts'
import { type SignatureResult, verifySignature } from '../../packages/handfast/src/x509/signed-data.ts'
import type { Vector } from './wycheproof-vectors.ts'

/** A test by name, and what handfast said. */
export interface Named {
  readonly id: string
  readonly comment: string
  readonly answer: string
}

export interface Tally {
  /** Tests expected `valid` that are valid here. */
  valid: number
  /** Tests expected `invalid` that are refused here. */
  invalid: number
  /** Expected `valid` and refused, or expected `invalid` and accepted. */
  readonly disagreements: Named[]
  /** Tests that Wycheproof leaves open. */
  readonly acceptable: { readonly accepted: Named[]; readonly refused: Named[] }
  /** By reason: refused as of a kind that handfast, or the provider, does not have. */
  readonly unsupported: Record<string, number>
}

export function createTally(): Tally {
  return { valid: 0, invalid: 0, disagreements: [], acceptable: { accepted: [], refused: [] }, unsupported: {} }
}

/** Verifies the test, and counts what comes of it. */
export function count(tally: Tally, vector: Vector, provider: CryptoProvider): void {
  const { algorithm, expected, id, comment } = vector
  if (!(algorithm instanceof Uint8Array)) return countUnsupported(tally, algorithm.unsupported)
  const result = verifySignature({
    provider,
    algorithm,
    subjectPublicKeyInfo: vector.subjectPublicKeyInfo,
    data: vector.message,
    signature: vector.signature,
  })
  if (result.status === 'unsupported') return countUnsupported(tally, `${result.at}: ${result.message}`)
  const named = { id, comment, answer: answerOf(result) }
  const isValid = result.status === 'valid'
  if (expected === 'acceptable') tally.acceptable[isValid ? 'accepted' : 'refused'].push(named)
  else if (isValid !== (expected === 'valid')) tally.disagreements.push(named)
  else tally[expected]++
}

function countUnsupported(tally: Tally, reason: string): void {
  tally.unsupported[reason] = (tally.unsupported[reason] ?? 0) + 1
}

function answerOf(result: SignatureResult): string {
  return result.status === 'valid' ? 'valid' : `${result.status}: ${result.at} ${result.message}`
}
