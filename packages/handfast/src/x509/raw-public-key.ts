/**
 * The verdict on a raw public key (RFC 7250): a key without a certificate. Nothing in it says whose it is, so it is
 * trusted only if it is on a list of the caller's, whatever else is trusted.
 *
 * Left out: names (the list says for whom its keys are), dates and revocation, which a bare key does not have.
 */

import { toHex } from '../bytes/hex.ts'
import { DecodeError } from '../bytes/decode-error.ts'
import { type CryptoProvider, KeyImportError } from '../crypto/provider.ts'
import type { Blocklist } from './blocklist.ts'
import { findKeyWeakness } from './key-weakness.ts'
import { type KeySet, pinText } from './key-set.ts'
import { quotedText } from './printable-text.ts'
import { readPublicKeyInfo } from './public-key.ts'
import { POLICIES, type ValidationPolicy } from './validation-policy.ts'
import type { Verdict, VerdictReason } from './verdict.ts'

/** Everything that a verdict on a raw public key depends on. */
export interface RawPublicKeyRequest {
  /** SubjectPublicKeyInfo in DER. */
  readonly key: Uint8Array
  readonly provider: CryptoProvider
  /** Raw public keys that are trusted. Absent: none is. */
  readonly trustedKeys?: KeySet
  /** Its limits on keys hold, and its severity of `weak-key`. Default `POLICIES.tls`. */
  readonly policy?: ValidationPolicy
  /** As in `VerifyRequest`: whatever is given must let the key pass as well. */
  readonly pins?: KeySet
  readonly blocklist?: Blocklist
  readonly weakKeys?: KeySet
}

/** Judges a raw public key. Its verdict has no path, and nothing that could be fetched. */
export function verifyRawPublicKey(request: RawPublicKeyRequest): Verdict {
  const { reasons, warnings } = judge(request)
  return Object.freeze({
    trusted: reasons.length === 0,
    reasons: Object.freeze(reasons),
    warnings: Object.freeze(warnings),
    path: NOTHING,
    wanted: NOTHING,
  })
}

const NOTHING: readonly never[] = Object.freeze([])
const FIELD = 'subjectPublicKeyInfo'

interface Findings {
  readonly reasons: VerdictReason[]
  readonly warnings: VerdictReason[]
}

function judge({ key, provider, trustedKeys, policy = POLICIES.tls, ...lists }: RawPublicKeyRequest): Findings {
  const reasons: VerdictReason[] = []
  const warnings: VerdictReason[] = []
  const hash = toHex(provider.hashes.sha256.digest(key))
  const pin = pinText(hash)
  const refuse = (reason: VerdictReason['reason'], message: string): void =>
    void reasons.push({ reason, certificate: null, message })
  const unusable = findUnusable(key, provider)
  if (unusable !== null) refuse(unusable.reason, unusable.message)
  if (trustedKeys?.has(hash) !== true) {
    const known = trustedKeys === undefined ? 'none is' : `those of ${quotedText(trustedKeys.name)} are`
    refuse('unknown-key', `The raw public key must be one that is trusted, and ${known}; it is ${pin}.`)
  }
  const { pins, blocklist } = lists
  if (blocklist !== undefined && blocklist.hasKey(hash)) {
    refuse('blocked', `The raw public key must not be on ${quotedText(blocklist.name)}; it is, by its key ${pin}.`)
  }
  if (pins !== undefined && !pins.has(hash)) {
    refuse(
      'pin-mismatch',
      `The raw public key must be among the ${pins.size} of ${quotedText(pins.name)}; it is ${pin}.`,
    )
  }
  const weakness = unusable === null ? findWeakness(key, hash, policy, lists.weakKeys) : null
  const severity = policy.rules['weak-key']
  if (weakness !== null && severity !== 'ignore') {
    const found: VerdictReason = { reason: 'weak-key', certificate: null, message: weakness, rule: 'weak-key' }
    if (severity === 'refuse') reasons.push(found)
    else warnings.push(found)
  }
  return { reasons, warnings }
}

function findUnusable(key: Uint8Array, provider: CryptoProvider): Pick<VerdictReason, 'reason' | 'message'> | null {
  try {
    const { keyType, text } = readPublicKeyInfo(key, FIELD)
    if (keyType === null) {
      return {
        reason: 'unsupported-public-key',
        message: `${FIELD}: needs a kind of key that is supported, is ${text}`,
      }
    }
    provider.importPublicKey(key)
    return null
  } catch (error) {
    if (error instanceof DecodeError) return { reason: 'malformed', message: error.message }
    if (!(error instanceof KeyImportError)) throw error
    const reason = error.reason === 'malformed' ? 'malformed' : 'unsupported-public-key'
    return { reason, message: `${FIELD}: ${error.message}` }
  }
}

function findWeakness(
  key: Uint8Array,
  hash: string,
  policy: ValidationPolicy,
  weakKeys: KeySet | undefined,
): string | null {
  const weakness = findKeyWeakness(readPublicKeyInfo(key, FIELD), policy.limits)
  if (weakness !== null) return `${FIELD}: the key ${weakness}`
  if (weakKeys?.has(hash) !== true) return null
  return `${FIELD}: needs a key that only its owner has, is one of the weak keys of ${weakKeys.name} (SHA-256 ${hash})`
}
