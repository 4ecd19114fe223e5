/**
 * What is asked of the certificate judge, and what it answers. TLS and every other caller speak to
 * path validation through these types only; `verify.ts` is the function behind them.
 *
 * Certificates are counted through what was given: 0 is the leaf, then the rest of `chain`, then
 * `intermediates`.
 */

import type { CryptoProvider } from '../crypto/provider.ts'
import type { Blocklist } from './blocklist.ts'
import type { Budgets } from './budget.ts'
import type { Certificate } from './certificate.ts'
import type { KeyMemory } from './known-keys.ts'
import type { KeySet } from './key-set.ts'
import type { CertificateList } from './revocation/certificate-list.ts'
import type { RevocationFinding } from './revocation/finding.ts'
import type { OcspResponse } from './revocation/ocsp-response.ts'
import type { RuleName } from './rules/rule.ts'
import type { TimestampFinding } from './transparency/finding.ts'
import type { LogList } from './transparency/log-list.ts'
import type { TrustStore } from './trust-store.ts'
import type { ValidationPolicy } from './validation-policy.ts'

/** Stable identifiers of everything that can be wrong with a chain. */
export type CertificateReason =
  | 'malformed'
  /** Well-formed, but not as RFC 5280 or the profile demands of those who issue certificates. */
  | 'nonconforming'
  | 'no-certificate'
  | 'unknown-issuer'
  | 'self-signed'
  /** A raw public key (RFC 7250) that is none of the trusted ones. */
  | 'unknown-key'
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
  /** A policy is required, and none is valid for the whole path. */
  | 'policy'
  | 'revoked'
  | 'revocation-unknown'
  /** The certificate demands a stapled OCSP response (RFC 7633), and there is none that counts. */
  | 'must-staple'
  /** Fewer signed certificate timestamps than the policy demands. */
  | 'transparency'
  /** On a blocklist of the caller. */
  | 'blocked'
  /** None of the pinned keys is in the path. */
  | 'pin-mismatch'
  /** Another key than the one remembered for this name. */
  | 'key-changed'
  /** A known interception root is in the path. */
  | 'interception'
  | 'budget-exceeded'
  | 'host-refused'

/** Something that speaks against a chain, as a reason to refuse it or as a warning. */
export interface VerdictReason {
  readonly reason: CertificateReason
  /** Index of the certificate among those given (0 is the leaf); null when it concerns none of them. */
  readonly certificate: number | null
  /** One sentence for people: the field, the expectation, what was found. */
  readonly message: string
  /** The rule that was broken, by the name under which a policy sets it; absent for what no policy can loosen. */
  readonly rule?: RuleName
}

/** What the judge would need to say more; the host may fetch it and ask again. */
export interface Wanted {
  readonly kind: 'aia' | 'crl' | 'ocsp'
  /** `http:` or `https:`, as the certificate has it. From a stranger: to be fetched within limits only. */
  readonly url: string
  /** Index of the certificate it is for. */
  readonly for: number
  /** OCSP: the request to POST, DER. */
  readonly request?: Uint8Array
}

/** The name the peer must prove. Internationalised domain names are given as A-labels. */
export type ReferenceIdentity =
  | { readonly kind: 'dns'; readonly name: string }
  /** Text form of an IPv4 or IPv6 address. */
  | { readonly kind: 'ip'; readonly address: string }
  /** URI-ID (RFC 9525): scheme and host count. */
  | { readonly kind: 'uri'; readonly uri: string }
  /** SRV-ID (RFC 9525, RFC 4985): `_imaps.example.com`. */
  | { readonly kind: 'srv'; readonly name: string }
  /** Mailbox (RFC 5280 section 4.2.1.6, RFC 9598): `user@example.com`; non-ASCII as it is. */
  | { readonly kind: 'email'; readonly address: string }

/** The purposes that have a name. */
export const PURPOSES = ['server', 'client', 'email', 'code-signing', 'time-stamping', 'ocsp-signing', 'any'] as const

/** What the leaf is to be used for; a key purpose without a name here as dotted OID. */
export type Purpose = (typeof PURPOSES)[number] | `${number}.${string}`

/**
 * Everything that a verdict depends on. Certificates, lists and responses are DER, or read before; bytes must not
 * change while the request is judged or its verdict is in use.
 */
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
  /**
   * Which rules hold, and how strictly. Default `POLICIES.tls`. One that `createPolicy` made was checked by it; any other is
   * checked here, at each verdict unless it is frozen through and through.
   */
  readonly policy?: ValidationPolicy
  /** Other certificates at hand, cached or fetched: tried behind those presented. */
  readonly intermediates?: readonly (Uint8Array | Certificate)[]
  /** Revocation lists at hand, full and delta, in any order. Bytes are DER, or PEM with any number of them. */
  readonly crls?: readonly (Uint8Array | CertificateList)[]
  /** OCSP responses at hand, in any order. Bytes are DER, or PEM with any number of them. */
  readonly ocspResponses?: readonly (Uint8Array | OcspResponse)[]
  /**
   * What the peer stapled (status_request, RFC 6066): one or more OCSP responses; empty if it was
   * asked and stapled none; absent if it was not asked: only then is must-staple not enforced.
   */
  readonly stapled?: readonly Uint8Array[]
  /** SignedCertificateTimestampList of the TLS extension (RFC 6962 section 3.3). */
  readonly timestampList?: Uint8Array
  /** Transparency logs whose timestamps count. Absent: timestamps are read and count for nothing. */
  readonly logs?: LogList
  /** SPKI pins: at least one key of the path must be among them. */
  readonly pins?: KeySet
  readonly blocklist?: Blocklist
  /** Keys that are known to be shared or leaked, in addition to what their own form gives away. */
  readonly weakKeys?: KeySet
  /** Keys of roots that are known to intercept. */
  readonly interceptionRoots?: KeySet
  /** Trust on first use: the keys remembered by name. */
  readonly knownKeys?: KeyMemory
  /** Narrows or widens the work done for this verdict, where not as `DEFAULT_BUDGETS` has it. */
  readonly budgets?: Partial<Budgets>
}

/** A path that was tried, and what stopped it. */
export interface TriedPath {
  /** Leaf first, as far as it came; the anchor last if it came that far. */
  readonly path: readonly Certificate[]
  /** True if its last certificate is a trust anchor. */
  readonly complete: boolean
  /** Why it is not the path chosen. */
  readonly reason: VerdictReason
}

/** The answer to a VerifyRequest. Its lists are frozen. */
export interface Verdict {
  readonly trusted: boolean
  /** Why not; empty exactly if `trusted`. The first is the most telling. */
  readonly reasons: readonly VerdictReason[]
  readonly warnings: readonly VerdictReason[]
  /** Leaf first, anchor last; empty if none was found. */
  readonly path: readonly Certificate[]
  /** Of issuers only if no path was found, and the leaf is not refused itself. Found out when asked for. */
  readonly wanted: readonly Wanted[]
  /** Absent if someone else than `verifyChain` judged. */
  readonly explanation?: Explanation
}

/**
 * How the verdict came about. What is dear to tell and can change no verdict (paths tried, policies, and
 * revocation and timestamps where nothing depends on them) is found out when it is asked for, once.
 */
export interface Explanation {
  /** What was judged by: the inputs that are not certificates. */
  readonly inputs: {
    /** Milliseconds since the epoch. */
    readonly time: number
    readonly purpose: Purpose
    readonly identity: ReferenceIdentity | null
    /** Name of the policy. */
    readonly policy: string
    /** How many certificates were presented, given beside them, and trusted; how many lists and responses. */
    readonly presented: number
    readonly intermediates: number
    readonly anchors: number
    readonly crls: number
    readonly ocspResponses: number
    readonly stapled: number
  }
  /** Paths that were tried and failed, in the order tried; within `Budgets.triedPaths`. */
  readonly tried: readonly TriedPath[]
  /** How many more there were. */
  readonly triedBeyond: number
  /**
   * One for each certificate of `path` but the anchor, in its order; empty if nothing was checked. Without a path: of the
   * complete path that the first reason speaks against, if evidence refused it.
   */
  readonly revocation: readonly RevocationFinding[]
  /** The leaf's signed certificate timestamps. */
  readonly timestamps: readonly TimestampFinding[]
  /** The user-constrained-policy-set (RFC 5280 section 6.1.6, RFC 9618 section 5): dotted OIDs, `2.5.29.32.0` for any. */
  readonly policies: readonly string[]
  /** With `knownKeys`: what to remember, for a name met for the first time; else null. */
  readonly remember: { readonly name: string; readonly key: string } | null
  /** The work that the verdict took, by the names of `Budgets`; not what was told of it later on. */
  readonly used: Budgets
}
