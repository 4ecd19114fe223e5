/**
 * What a rule of path validation is. The rules themselves stand beside this file, one function each;
 * a policy says by name which of them refuse, which warn, and which do not matter.
 */

import type { CryptoProvider } from '../../crypto/provider.ts'
import type { ComparisonBudget } from '../name-constraints.ts'
import type { Certificate } from '../certificate.ts'
import type { AnchorRules, TrustStore } from '../trust-store.ts'
import type { ValidationPolicy } from '../validation-policy.ts'
import type { CertificateReason, Purpose, ReferenceIdentity, VerifyRequest } from '../verdict.ts'

/** What is wrong with a step or a path. */
export interface Problem {
  readonly reason: CertificateReason
  /** The certificate at fault; null for the path as a whole. */
  readonly certificate: Certificate | null
  /** One sentence. */
  readonly message: string
  /** Set by whoever applies the rules. */
  readonly rule?: RuleName
}

/** A problem, made where a rule finds it. */
export function problem(reason: CertificateReason, certificate: Certificate | null, message: string): Problem {
  return { reason, certificate, message }
}

/** What a path is judged by. */
export interface PathContext {
  /** Milliseconds since the epoch. */
  readonly time: number
  readonly purpose: Purpose
  readonly identity: ReferenceIdentity | undefined
  readonly provider: CryptoProvider
  readonly policy: ValidationPolicy
  /** What its anchors are held to; absent: to all that is known (`DEFAULT_ANCHOR_RULES`). */
  readonly trust?: Pick<TrustStore, 'rulesOf'>
  readonly nameComparisons: ComparisonBudget
  /** The lists of the caller. */
  readonly request: Pick<VerifyRequest, 'pins' | 'blocklist' | 'weakKeys' | 'interceptionRoots' | 'knownKeys'>
}

/** A certificate in its place: the last of `path`, which begins with the leaf. */
export interface Place {
  readonly certificate: Certificate
  readonly path: readonly Certificate[]
  readonly isLeaf: boolean
  readonly isAnchor: boolean
  /** What a trust anchor is held to; null if it is none. */
  readonly anchor: AnchorRules | null
}

/** What speaks against a certificate in its place; null if nothing. Throws CertificateError for what is malformed. */
export type CertificateCheck = (place: Place, context: PathContext) => Problem | null

/** What speaks against a path, leaf first, anchor last; null if nothing. */
export type PathCheck = (path: readonly Certificate[], context: PathContext) => Problem | null

/** A rule on one certificate, given those below it in the path. */
export interface CertificateRule {
  readonly name: RuleName
  readonly check: CertificateCheck
}

/** A rule on a whole path. */
export interface PathRule {
  readonly name: RuleName
  readonly check: PathCheck
}

/** False for an anchor of which name and key count and nothing else. */
export function isHeld({ anchor }: Place): boolean {
  return anchor === null || anchor.constraints
}

/** Every rule that a policy can set. */
export const RULE_NAMES = [
  // RFC 5280 section 6.1: what a path must be.
  'encoding',
  'dates',
  'identity',
  'critical-extensions',
  'public-key',
  'weak-key',
  'signature-algorithm',
  'weak-signature-algorithm',
  'issuer-name',
  'basic-constraints',
  'key-usage',
  'extended-key-usage',
  'path-length',
  'name-constraints',
  'name-constraints-place',
  'policies',
  'policy-mappings',
  'policy-qualifiers',
  // Evidence beyond the path.
  'revocation',
  'must-staple',
  'transparency',
  // Lists of the caller.
  'blocklist',
  'pins',
  'known-keys',
  'interception',
  // RFC 5280 section 4: what issuers must do, and who relies on them need not check.
  'version',
  'serial-number',
  'unique-identifiers',
  'authority-key-identifier',
  'subject-key-identifier',
  'noncritical-extensions',
  'basic-constraints-critical',
  'anchor-basic-constraints-critical',
  'path-length-place',
  'name-constraints-critical',
  'anchor-name-constraints-critical',
  'name-constraints-syntax',
  'policy-constraints',
  'policy-constraints-critical',
  'inhibit-any-policy-critical',
  'ca-extensions',
  'ca-key-usage',
  'key-usage-contradiction',
  'key-cert-sign-alone',
  'subject',
  'dns-names',
  'a-labels',
  'email-addresses',
  'uris',
  // CA/Browser Forum, Baseline Requirements: publicly trusted TLS certificates.
  'validity-period',
  'serial-number-length',
  'key-type',
  'rsa-modulus-size',
  'rsa-exponent',
  'signature-type',
  'signature-hash',
  'key-usage-critical',
  'leaf-ca',
  'leaf-extended-key-usage',
  'any-extended-key-usage',
  'issuer-extended-key-usage',
  'anchor-extended-key-usage',
  'extended-key-usage-critical',
  'subject-alt-name',
  'subject-alt-name-kinds',
  'subject-alt-name-noncritical',
  'common-name',
  'common-name-exact',
  'wildcards',
  'internal-names',
  'authority-key-identifier-form',
  'key-identifier-match',
  'certificate-policies',
  'authority-info-access',
] as const

export type RuleName = (typeof RULE_NAMES)[number]
