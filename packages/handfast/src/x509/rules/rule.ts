/**
 * What a rule of path validation is. The rules themselves stand beside this file, one function each;
 * a policy says by name which of them refuse, which warn, and which do not matter.
 */

import type { CryptoProvider } from '../../crypto/provider.ts'
import type { ComparisonBudget } from '../name-constraints.ts'
import type { Certificate } from '../certificate.ts'
import type { PolicyBudget } from '../policies.ts'
import type { TrustStore } from '../trust-store.ts'
import type { ValidationPolicy } from '../validation-policy.ts'
import type { CertificateReason, Purpose, ReferenceIdentity, VerifyRequest } from '../verdict.ts'
import type { Place, Places } from './place.ts'

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
  readonly policyNodes: PolicyBudget
  /** Whether its own key signed a certificate, within the budget for signature checks. */
  isSelfSigned(certificate: Certificate): boolean
  /** The lists of the caller. */
  readonly request: Pick<VerifyRequest, 'pins' | 'blocklist' | 'weakKeys' | 'interceptionRoots' | 'knownKeys'>
}

/** What speaks against a certificate in its place; null if nothing. Throws CertificateError for what is malformed. */
export type CertificateCheck = (place: Place, context: PathContext) => Problem | null

/** What speaks against a path, leaf first, anchor last; null if nothing. */
export type PathCheck = (path: readonly Certificate[], context: PathContext) => Problem | null

/** A rule on one certificate, given those below it in the path. */
export interface CertificateRule {
  readonly name: RuleName
  /** Where in a path it is asked. */
  readonly on: Places
  readonly check: CertificateCheck
}

/** A rule on a whole path. */
export interface PathRule {
  readonly name: RuleName
  readonly check: PathCheck
}

/**
 * The names of all rules by what demands them; within a group, and group by group, in the order in which problems
 * are told: first what makes a certificate useless, last what is untidy.
 */
export const RULE_GROUPS = {
  /** RFC 5280 section 6.1, and what every path must be. */
  path: [
    'encoding',
    'dates',
    'identity',
    'critical-extensions',
    'application-policies',
    'application-policies-syntax',
    'public-key',
    'weak-key',
    'weak-signature-algorithm',
    'signature-algorithm',
    'issuer-name',
    'basic-constraints',
    'key-usage',
    'leaf-key-usage',
    'extended-key-usage',
    'path-length',
    'name-constraints',
    'name-constraints-place',
    'policies',
    'policy-mappings',
    'policy-qualifiers',
  ],
  /** Evidence beyond the path. */
  evidence: ['revocation', 'must-staple', 'transparency'],
  /** Lists of the caller. */
  lists: ['blocklist', 'interception', 'pins', 'known-keys'],
  /** RFC 5280 section 4: what issuers must do, and who relies on them need not check. */
  issuing: [
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
    'string-characters',
  ],
  /** CA/Browser Forum, Baseline Requirements: publicly trusted TLS certificates. */
  webpki: [
    'leaf-ca',
    'leaf-extended-key-usage',
    'any-extended-key-usage',
    'issuer-extended-key-usage',
    'anchor-extended-key-usage',
    'leaf-extended-key-usage-kinds',
    'issuer-extended-key-usage-kinds',
    'extended-key-usage-critical',
    'subject-alt-name',
    'subject-alt-name-kinds',
    'subject-alt-name-noncritical',
    'common-name',
    'common-name-exact',
    'wildcards',
    'internal-names',
    'reserved-addresses',
    'validity-period',
    'key-type',
    'rsa-modulus-size',
    'rsa-exponent',
    'signature-type',
    'signature-encoding',
    'signature-hash',
    'serial-number-length',
    'key-usage-critical',
    'leaf-key-usage-kinds',
    'authority-key-identifier-form',
    'key-identifier-match',
    'certificate-policies',
    'authority-info-access',
  ],
} as const

/** The name of a rule, by which a policy sets its severity and a verdict tells its breach. */
export type RuleName = (typeof RULE_GROUPS)[keyof typeof RULE_GROUPS][number]

/** Every rule that a policy can set. */
export const RULE_NAMES: readonly RuleName[] = Object.values(RULE_GROUPS).flat()
