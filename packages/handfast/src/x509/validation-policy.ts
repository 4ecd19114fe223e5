/**
 * Validation policies: which rules hold and how strictly, as data. `rfc5280` is RFC 5280 and no more;
 * `webpki` adds what the CA/Browser Forum's Baseline Requirements demand of publicly trusted TLS
 * certificates; `tls` is what handfast's own TLS judges by unless told otherwise.
 */

import { DEFAULT_KEY_LIMITS } from './key-weakness.ts'
import { readPolicyFields } from './policy-fields.ts'
import { quotedText } from './printable-text.ts'
import { RULE_NAMES, type RuleName } from './rules/rule.ts'

/** What a breach of a rule means. */
export type Severity = 'refuse' | 'warn' | 'ignore'

/** Revocation (RFC 5280 section 6.3, RFC 6960). */
export interface RevocationPolicy {
  /**
   * `off`: nothing is looked at. `soft`: what is at hand counts, revoked refuses, unknown does not.
   * `hard`: a certificate whose status is not known to be good is refused.
   */
  readonly mode: 'off' | 'soft' | 'hard'
  /** For the leaf alone, or every certificate of the path but the anchor. */
  readonly scope: 'leaf' | 'path'
  /** What may answer, in order of preference. */
  readonly sources: readonly ('ocsp' | 'crl')[]
  /** Oldest thisUpdate that counts, in milliseconds before the time of judgement; null for any. */
  readonly maxAge: number | null
  /** Clock difference that is tolerated, milliseconds. */
  readonly clockSkew: number
  /**
   * Whether a certificate's issuer may leave its revocations to another CRL issuer (indirect CRLs and cRLIssuer,
   * RFC 5280 sections 4.2.1.13 and 5.2.5). Certificates and CRLs of the Web PKI must not (Baseline Requirements of the
   * CA/Browser Forum, sections 7.1.2.11.2 and 7.2.2.1): with false such CRLs say nothing, and a certificate whose
   * distribution points name a cRLIssuer is judged by its other distribution points alone.
   */
  readonly indirectCrls: boolean
  /**
   * Whether a CRL of version 2 counts only with a cRLNumber that is not critical: what RFC 5280 section 5.2.3 and the
   * Baseline Requirements, section 7.2.2, demand of issuers. Those of private authorities often have none.
   */
  readonly requireCrlNumber: boolean
}

/** Certificate Transparency (RFC 6962). */
export interface TransparencyPolicy {
  /** Fewest timestamps, by the leaf's validity in days: the first row whose `days` is not exceeded counts. */
  readonly required: readonly { readonly days: number; readonly timestamps: number }[]
  /** Fewest different log operators. */
  readonly operators: number
}

/** The inputs of RFC 5280 section 6.1.1 (c), (e), (f) and (g). */
export interface CertificatePolicyInputs {
  /** user-initial-policy-set: dotted OIDs; `2.5.29.32.0` for any. */
  readonly initialPolicySet: readonly string[]
  readonly requireExplicitPolicy: boolean
  readonly inhibitPolicyMapping: boolean
  readonly inhibitAnyPolicy: boolean
}

/** Numbers and lists that rules go by. Dates are `2026-03-15`: midnight UTC. */
export interface ValidationLimits {
  /** Rule `weak-key`: fewest bits of an RSA modulus. */
  readonly rsaBits: number
  /** Rule `weak-key`: fewest bits of p of a DSA key; null if no DSA key is relied on. */
  readonly dsaBits: number | null
  /** Rule `key-type`: `rsa`, `rsa-pss`, a curve (`secp256r1`), or another type of key; null for all. */
  readonly keyTypes: readonly string[] | null
  /** Rule `signature-type`: `rsa-pkcs1`, `rsa-pss`, `ecdsa`, ...; null for all. */
  readonly signatureTypes: readonly string[] | null
  /** Rule `signature-encoding`: AlgorithmIdentifiers in DER, lower-case hex; null for all. */
  readonly signatureEncodings: readonly string[] | null
  /** Rule `weak-signature-algorithm`: where signatures with SHA-1 still count. */
  readonly sha1: {
    /** In certificates that were issued before; null for none. */
    readonly before: string | null
    /** When nothing is asked about the purpose. */
    readonly withoutPurpose: boolean
  }
  /** Rules `serial-number` and `serial-number-length`. */
  readonly serialNumberBytes: { readonly least: number; readonly most: number }
  /** Rule `validity-period`: most days, from when on; in the order of time. Before the first row any number. */
  readonly validity: readonly { readonly from: string; readonly days: number }[]
}

/**
 * Which rules a path is held to, how strictly, and by which numbers: plain data, JSON as well. `createPolicy` makes
 * one of a profile and checks every field.
 */
export interface ValidationPolicy {
  readonly name: string
  readonly rules: Readonly<Record<RuleName, Severity>>
  readonly limits: ValidationLimits
  readonly certificatePolicies: CertificatePolicyInputs
  readonly revocation: RevocationPolicy
  readonly transparency: TransparencyPolicy
  /** Most intermediates between leaf and anchor, self-issued ones not counted; null for any number. */
  readonly maxIntermediates: number | null
}

/** Names of the profiles. */
export type ProfileName = 'rfc5280' | 'webpki' | 'tls'

/**
 * What each rule means in each profile: refuse, warn, ignore.
 *
 * `rfc5280` refuses what section 6.1 does not accept, and what issuers must not do by section 4 where
 * accepting it would have a certificate mean two things. `webpki` warns where the Baseline Requirements
 * are broken in ways that endanger nobody and are old or wide-spread. `tls` judges the certificates of
 * private authorities as well, so it tells breaches of section 4 and does not refuse for them.
 */
const SEVERITIES: Readonly<Record<RuleName, readonly [rfc5280: Severity, webpki: Severity, tls: Severity]>> = {
  encoding: ['refuse', 'refuse', 'refuse'],
  dates: ['refuse', 'refuse', 'refuse'],
  identity: ['refuse', 'refuse', 'refuse'],
  'critical-extensions': ['refuse', 'refuse', 'refuse'],
  'application-policies': ['refuse', 'refuse', 'refuse'],
  // Beside extKeyUsage its definition lets it be passed over, and validators do.
  'application-policies-syntax': ['warn', 'refuse', 'refuse'],
  'public-key': ['refuse', 'refuse', 'refuse'],
  'weak-key': ['refuse', 'refuse', 'refuse'],
  'signature-algorithm': ['refuse', 'refuse', 'refuse'],
  'weak-signature-algorithm': ['refuse', 'refuse', 'refuse'],
  'issuer-name': ['refuse', 'refuse', 'refuse'],
  'basic-constraints': ['refuse', 'refuse', 'refuse'],
  'key-usage': ['refuse', 'refuse', 'refuse'],
  // The Baseline Requirements let an RSA key be for key encipherment alone.
  'leaf-key-usage': ['ignore', 'warn', 'refuse'],
  'extended-key-usage': ['refuse', 'refuse', 'refuse'],
  'path-length': ['refuse', 'refuse', 'refuse'],
  'name-constraints': ['refuse', 'refuse', 'refuse'],
  'name-constraints-place': ['refuse', 'refuse', 'refuse'],
  policies: ['refuse', 'refuse', 'refuse'],
  'policy-mappings': ['refuse', 'refuse', 'refuse'],
  'policy-qualifiers': ['refuse', 'refuse', 'refuse'],
  revocation: ['refuse', 'refuse', 'refuse'],
  'must-staple': ['refuse', 'refuse', 'refuse'],
  transparency: ['refuse', 'refuse', 'refuse'],
  blocklist: ['refuse', 'refuse', 'refuse'],
  pins: ['refuse', 'refuse', 'refuse'],
  'known-keys': ['refuse', 'refuse', 'refuse'],
  interception: ['refuse', 'refuse', 'refuse'],
  version: ['ignore', 'refuse', 'warn'],
  'serial-number': ['refuse', 'refuse', 'warn'],
  'unique-identifiers': ['warn', 'refuse', 'warn'],
  'authority-key-identifier': ['refuse', 'refuse', 'warn'],
  'subject-key-identifier': ['refuse', 'refuse', 'warn'],
  'noncritical-extensions': ['refuse', 'refuse', 'refuse'],
  'basic-constraints-critical': ['warn', 'refuse', 'warn'],
  'anchor-basic-constraints-critical': ['refuse', 'refuse', 'warn'],
  'path-length-place': ['warn', 'refuse', 'warn'],
  'name-constraints-critical': ['warn', 'warn', 'warn'],
  'anchor-name-constraints-critical': ['refuse', 'warn', 'warn'],
  'name-constraints-syntax': ['refuse', 'refuse', 'warn'],
  'policy-constraints': ['refuse', 'refuse', 'warn'],
  'policy-constraints-critical': ['warn', 'warn', 'warn'],
  'inhibit-any-policy-critical': ['refuse', 'refuse', 'warn'],
  'ca-extensions': ['warn', 'refuse', 'warn'],
  'ca-key-usage': ['warn', 'refuse', 'warn'],
  'key-usage-contradiction': ['refuse', 'refuse', 'warn'],
  'key-cert-sign-alone': ['warn', 'refuse', 'warn'],
  subject: ['refuse', 'refuse', 'warn'],
  'dns-names': ['refuse', 'refuse', 'warn'],
  'a-labels': ['warn', 'refuse', 'warn'],
  'email-addresses': ['warn', 'ignore', 'warn'],
  uris: ['warn', 'ignore', 'warn'],
  'string-characters': ['warn', 'refuse', 'warn'],
  'validity-period': ['ignore', 'refuse', 'ignore'],
  'serial-number-length': ['ignore', 'warn', 'ignore'],
  'key-type': ['ignore', 'refuse', 'ignore'],
  'rsa-modulus-size': ['ignore', 'refuse', 'ignore'],
  'rsa-exponent': ['ignore', 'warn', 'ignore'],
  'signature-type': ['ignore', 'refuse', 'ignore'],
  'signature-encoding': ['ignore', 'refuse', 'ignore'],
  'signature-hash': ['ignore', 'refuse', 'ignore'],
  'key-usage-critical': ['ignore', 'warn', 'ignore'],
  'leaf-key-usage-kinds': ['ignore', 'refuse', 'ignore'],
  'leaf-ca': ['ignore', 'refuse', 'ignore'],
  'leaf-extended-key-usage': ['ignore', 'refuse', 'ignore'],
  'any-extended-key-usage': ['ignore', 'refuse', 'ignore'],
  // Intermediates from before 2020 lack it, and those of x509-limbo that are to be accepted.
  'issuer-extended-key-usage': ['ignore', 'warn', 'ignore'],
  'anchor-extended-key-usage': ['ignore', 'refuse', 'ignore'],
  'leaf-extended-key-usage-kinds': ['ignore', 'refuse', 'ignore'],
  'issuer-extended-key-usage-kinds': ['ignore', 'refuse', 'ignore'],
  'extended-key-usage-critical': ['ignore', 'refuse', 'ignore'],
  'subject-alt-name': ['ignore', 'refuse', 'ignore'],
  'subject-alt-name-kinds': ['ignore', 'refuse', 'ignore'],
  'subject-alt-name-noncritical': ['ignore', 'refuse', 'ignore'],
  'common-name': ['ignore', 'refuse', 'ignore'],
  'common-name-exact': ['ignore', 'warn', 'ignore'],
  wildcards: ['ignore', 'refuse', 'ignore'],
  'internal-names': ['ignore', 'refuse', 'ignore'],
  // x509-limbo has a leaf for 127.0.0.1 accepted. Whoever is asked about such an address knows whose it is.
  'reserved-addresses': ['ignore', 'warn', 'ignore'],
  'authority-key-identifier-form': ['ignore', 'refuse', 'ignore'],
  'key-identifier-match': ['ignore', 'refuse', 'ignore'],
  // The leaves of x509-limbo that are to be accepted have none; nothing depends on it where no policy is required.
  'certificate-policies': ['ignore', 'warn', 'ignore'],
  'authority-info-access': ['ignore', 'warn', 'ignore'],
}

function severities(profile: 0 | 1 | 2): Record<RuleName, Severity> {
  return Object.fromEntries(RULE_NAMES.map((name) => [name, SEVERITIES[name][profile]])) as Record<RuleName, Severity>
}

const COMMON = {
  certificatePolicies: {
    initialPolicySet: ['2.5.29.32.0'],
    requireExplicitPolicy: false,
    inhibitPolicyMapping: false,
    inhibitAnyPolicy: false,
  },
  revocation: {
    mode: 'soft',
    scope: 'path',
    sources: ['ocsp', 'crl'],
    maxAge: null,
    clockSkew: 300_000,
    indirectCrls: true,
    requireCrlNumber: true,
  },
  transparency: { required: [], operators: 0 },
  maxIntermediates: null,
} as const satisfies Omit<ValidationPolicy, 'name' | 'rules' | 'limits'>

/** RFC 9325 section 4.5. */
const TLS_LIMITS: ValidationLimits = {
  ...DEFAULT_KEY_LIMITS,
  keyTypes: null,
  signatureTypes: null,
  signatureEncodings: null,
  sha1: { before: null, withoutPurpose: false },
  serialNumberBytes: { least: 8, most: 20 },
  validity: [],
}

/**
 * RFC 5280 sets none. Smaller RSA keys have been factored in public, so a signature by one shows nothing. SHA-1
 * counts in what was issued while it was allowed (NIST SP 800-131A: until the end of 2013), and where the
 * certificate is judged by itself, for no use of it.
 */
const RFC5280_LIMITS: ValidationLimits = {
  ...TLS_LIMITS,
  rsaBits: 1024,
  dsaBits: 1024,
  sha1: { before: '2014-01-01', withoutPurpose: true },
}

/** Baseline Requirements sections 6.1.5, 6.3.2, 7.1 and 7.1.3; ballot SC-081v3 for the later rows. */
const WEBPKI_LIMITS: ValidationLimits = {
  ...TLS_LIMITS,
  keyTypes: ['rsa', 'secp256r1', 'secp384r1', 'secp521r1'],
  signatureTypes: ['rsa-pkcs1', 'rsa-pss', 'ecdsa'],
  signatureEncodings: [
    // RSASSA-PKCS1-v1_5 with SHA-256, 384 and 512, and NULL.
    '300d06092a864886f70d01010b0500',
    '300d06092a864886f70d01010c0500',
    '300d06092a864886f70d01010d0500',
    // RSASSA-PSS with each of them, in MGF1 as well, and a salt of its length.
    '304106092a864886f70d01010a3034a00f300d06096086480165030402010500a11c301a06092a864886f70d010108300d06096086480165030402010500a203020120',
    '304106092a864886f70d01010a3034a00f300d06096086480165030402020500a11c301a06092a864886f70d010108300d06096086480165030402020500a203020130',
    '304106092a864886f70d01010a3034a00f300d06096086480165030402030500a11c301a06092a864886f70d010108300d06096086480165030402030500a203020140',
    // ECDSA with each of them.
    '300a06082a8648ce3d040302',
    '300a06082a8648ce3d040303',
    '300a06082a8648ce3d040304',
  ],
  validity: [
    // 60 and 39 months.
    { from: '2012-07-01', days: 1827 },
    { from: '2015-04-01', days: 1188 },
    { from: '2018-03-01', days: 825 },
    { from: '2020-09-01', days: 398 },
    { from: '2026-03-15', days: 200 },
    { from: '2027-03-15', days: 100 },
    { from: '2029-03-15', days: 47 },
  ],
}

/** By each policy that cannot change, what it was read as. */
const readPolicies = new WeakMap<ValidationPolicy, ValidationPolicy>()

/** The profiles. Frozen. */
export const POLICIES: Readonly<Record<ProfileName, ValidationPolicy>> = frozen({
  rfc5280: checked({ name: 'rfc5280', rules: severities(0), limits: RFC5280_LIMITS, ...COMMON }),
  webpki: checked({
    name: 'webpki',
    rules: severities(1),
    limits: WEBPKI_LIMITS,
    ...COMMON,
    revocation: { ...COMMON.revocation, indirectCrls: false },
  }),
  tls: checked({
    name: 'tls',
    rules: severities(2),
    limits: TLS_LIMITS,
    ...COMMON,
    revocation: { ...COMMON.revocation, requireCrlNumber: false },
  }),
})

/** A value any part of which may be left out; lists are whole. */
export type DeepPartial<T> = T extends readonly unknown[] | string | number | boolean | null
  ? T
  : { readonly [K in keyof T]?: DeepPartial<T[K]> }

/**
 * A policy of one's own: `base` with some fields changed. Policies are plain data: one that was written
 * as JSON and read again is given as `changes` to any base.
 * @param base a profile's name or a policy.
 * @param changes of fields at any depth; a list takes the place of the whole list.
 * @param options.name default: the name in `changes`, or the base's with `, changed`.
 * @returns frozen.
 * @throws {TypeError} naming the field, rule or value that no policy has.
 */
export function createPolicy(
  base: ProfileName | ValidationPolicy,
  changes: DeepPartial<ValidationPolicy> = {},
  options: { readonly name?: string } = {},
): ValidationPolicy {
  const from = typeof base === 'object' && base !== null ? base : profile(base)
  // A profile that was changed is none any more, and whoever reads the verdict should see that.
  const isChanged =
    typeof changes === 'object' &&
    changes !== null &&
    Object.keys(changes).length > 0 &&
    Object.hasOwn(POLICIES, from.name)
  const name = options.name ?? changes?.name ?? (isChanged ? `${from.name}, changed` : from.name)
  return checked(readPolicyFields(readPolicyFields(from, changes), { name }))
}

/**
 * A policy that was made by hand, whole and checked: every field is as `createPolicy` would have it, and none can
 * change any more.
 * @throws {TypeError} naming the field.
 */
export function readPolicy(policy: ValidationPolicy): ValidationPolicy {
  const known = readPolicies.get(policy)
  if (known !== undefined) return known
  const read = checked(readPolicyFields(policy, {}))
  // What can change is read at each verdict.
  if (isDeepFrozen(policy)) readPolicies.set(policy, read)
  return read
}

function checked(policy: ValidationPolicy): ValidationPolicy {
  frozen(policy)
  readPolicies.set(policy, policy)
  return policy
}

function isDeepFrozen(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return true
  return Object.isFrozen(value) && Object.values(value).every(isDeepFrozen)
}

function profile(name: ProfileName): ValidationPolicy {
  if (Object.hasOwn(POLICIES, name)) return POLICIES[name]
  throw new TypeError(`policy: needs one of ${Object.keys(POLICIES).join(', ')}, has ${quotedText(String(name))}`)
}

/** Whole and deep: nothing that a policy refers to can change under a judge that sorted its rules out before. */
function frozen<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value
  for (const inner of Object.values(value)) frozen(inner)
  return Object.freeze(value)
}
