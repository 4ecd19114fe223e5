/**
 * What is asked of the certificate judge, and what it answers. TLS and every other caller speak to
 * path validation through these types only; `verify.ts` is the function behind them.
 */

import type { CryptoProvider } from '../crypto/provider.ts'
import type { Certificate } from './certificate.ts'
import type { TrustStore } from './trust-store.ts'

/** Stable identifiers of everything that can be wrong with a chain. */
export type CertificateReason =
  | 'malformed'
  | 'no-certificate'
  | 'unknown-issuer'
  | 'self-signed'
  | 'bad-signature'
  | 'unsupported-signature-algorithm'
  | 'unsupported-public-key'
  | 'weak-key'
  | 'weak-signature-algorithm'
  | 'expired'
  | 'not-yet-valid'
  | 'not-a-ca'
  | 'path-too-long'
  | 'key-usage'
  | 'extended-key-usage'
  | 'unknown-critical-extension'
  | 'unsupported-constraint'
  | 'name-constraint'
  | 'name-mismatch'
  /** A certificate requires a policy that is valid for the whole path, and none is. */
  | 'policy'
  | 'revoked'
  | 'revocation-unknown'
  | 'budget-exceeded'
  | 'host-refused'

export interface VerdictReason {
  readonly reason: CertificateReason
  /** Index in `chain` as it was presented (0 is the leaf); null when it concerns none of them. */
  readonly certificate: number | null
  /** One sentence for people: the field, the expectation, what was found. */
  readonly message: string
}

/** What the judge would need to say more; the host may fetch it and ask again. */
export interface Wanted {
  readonly kind: 'aia' | 'crl' | 'ocsp'
  readonly url: string
  /** Index of the certificate it is for. */
  readonly for: number
}

/** The name the peer must prove. Internationalised domain names are given as A-labels. */
export type ReferenceIdentity =
  | { readonly kind: 'dns'; readonly name: string }
  /** Text form of an IPv4 or IPv6 address. */
  | { readonly kind: 'ip'; readonly address: string }

/** What the leaf is to be used for. */
export type Purpose = 'server' | 'client' | 'any'

export interface VerifyRequest {
  /** As presented: leaf first, the rest in any order. DER. */
  readonly chain: readonly (Uint8Array | Certificate)[]
  readonly trust: TrustStore
  /** Time of judgement, milliseconds since the epoch. */
  readonly time: number
  readonly purpose: Purpose
  /** Absent: no name is checked (client certificates). */
  readonly identity?: ReferenceIdentity
  readonly provider: CryptoProvider
}

export interface Verdict {
  readonly trusted: boolean
  /** Why not; empty exactly if `trusted`. The first is the most telling. */
  readonly reasons: readonly VerdictReason[]
  readonly warnings: readonly VerdictReason[]
  /** Leaf first, anchor last; empty if none was found. */
  readonly path: readonly Certificate[]
  readonly wanted: readonly Wanted[]
}
