/**
 * `handfast/x509`: certificates read, described and judged, with or without TLS.
 *
 * Begin with `verifyChain`, a function of its request alone; all other groups are what that request is made of,
 * what its verdict consists of, or the same checks one by one.
 */

// The judge: what is asked, what is answered, how much work it may cost; `verifyFetching` gets what is missing.
export { verifyChain } from './verify.ts'
export { type RawPublicKeyRequest, verifyRawPublicKey } from './raw-public-key.ts'
export {
  DEFAULT_FETCH_LIMITS,
  type Fetch,
  type FetchedVerdict,
  type FetchLimits,
  type FetchOptions,
  verifyFetching,
} from './verify-fetching.ts'
export {
  type CertificateReason,
  type Explanation,
  type Purpose,
  PURPOSES,
  type ReferenceIdentity,
  type TriedPath,
  type Verdict,
  type VerdictReason,
  type VerifyRequest,
  type Wanted,
} from './verdict.ts'
export { type Budgets, DEFAULT_BUDGETS, readBudgets } from './budget.ts'
export { CertificateError } from './certificate-error.ts'

// Policies: which rules hold, and how strictly.
export {
  type CertificatePolicyInputs,
  createPolicy,
  type DeepPartial,
  POLICIES,
  type ProfileName,
  type RevocationPolicy,
  type Severity,
  type TransparencyPolicy,
  type ValidationLimits,
  type ValidationPolicy,
} from './validation-policy.ts'
export type { ComparisonBudget } from './name-constraints.ts'
export { type PathContext, type Problem, RULE_NAMES, type RuleName } from './rules/rule.ts'

// Trust: the anchors that a path may end at.
export {
  type AnchorRules,
  BARE_ANCHOR_RULES,
  createTrustStore,
  DEFAULT_ANCHOR_RULES,
  type TrustStore,
} from './trust-store.ts'

// Certificates, their names and extensions.
export { readCertificates } from './bundle.ts'
export { Certificate, type CertificateReadOptions, readCertificate } from './certificate.ts'
export { type Extension, extensionPath, Extensions } from './extensions.ts'
export {
  type AccessDescription,
  type AuthorityKeyIdentifier,
  type BasicConstraints,
  type DistributionPoint,
  KEY_USAGES,
  type KeyUsage,
  type NameConstraints,
  type PolicyConstraints,
  type PolicyInformation,
  type PolicyMapping,
} from './extension-values.ts'
export { type GeneralName, type OtherName } from './general-name.ts'
export { Name, type NameAttribute, type RelativeDistinguishedName } from './name.ts'

// Identities: the names that a peer is to prove, and what certificates present for them.
export {
  identityKey,
  matchesAddress,
  matchesDnsName,
  matchesIdentity,
  matchesMailbox,
  matchesSrvName,
  matchesUri,
  readIdentity,
  referenceIdentity,
} from './identity.ts'
export { coversDnsName, isDnsName, toAsciiName } from './dns-name.ts'
export { readAddress } from './ip-address.ts'

// Lists of the caller: keys and certificates that are pinned, remembered, refused, or known to intercept.
export { createKeySet, type KeySet, type KeySetOptions, readKeySet } from './key-set.ts'
export {
  createKeyMemory,
  type KeyContext,
  type KeyMemory,
  keyToRemember,
  type WritableKeyMemory,
} from './known-keys.ts'
export { type Blocklist, type BlocklistEntry, createBlocklist } from './blocklist.ts'
export { readBlocklist } from './blocklist-file.ts'
export { knownInterceptionRoots } from './interception.ts'
export { INTERCEPTION_ROOTS, type InterceptionRoot } from './interception-roots.ts'

// Revocation: CRLs, OCSP, and what both together say of a path.
export { checkRevocation, type RevocationMaterial, type RevocationResult } from './revocation/revocation.ts'
export type { RevocationContext } from './revocation/context.ts'
export type { RevocationFinding, RevocationReason } from './revocation/finding.ts'
export type { WantedRevocation } from './revocation/missing.ts'
export { CertificateList, readCertificateList } from './revocation/certificate-list.ts'
export type { RevokedCertificate, RevokedCertificates } from './revocation/crl-entries.ts'
export type { CrlExtensions, IssuingDistributionPoint } from './revocation/crl-extensions.ts'
export { type OcspRequestOptions, ocspUrls, writeOcspRequest } from './revocation/ocsp-request.ts'
export {
  BasicOcspResponse,
  type OcspResponse,
  type OcspResponseStatus,
  readOcspResponse,
  type ResponderId,
  type SingleResponse,
} from './revocation/ocsp-response.ts'
export type { CertificateId } from './revocation/ocsp-certificate-id.ts'
export { judgeByOcsp, type OcspDetail, type OcspJudgement, type OcspQuestion } from './revocation/ocsp-status.ts'
export type { OcspContext } from './revocation/ocsp-responder.ts'

// Transparency: signed certificate timestamps, and the logs whose timestamps count.
export {
  checkTransparency,
  type TransparencyContext,
  type TransparencyResult,
  type TransparencySources,
} from './transparency/transparency.ts'
export type { TimestampFinding } from './transparency/finding.ts'
export { type LogList, type LogState, readLogList, type TransparencyLog } from './transparency/log-list.ts'
export { readTimestampList, type SignedTimestamp, type UnknownTimestamp } from './transparency/timestamp-list.ts'

// Signatures and keys.
export {
  checkSignedData,
  readSignerKey,
  type SignatureOptions,
  type SignatureRequest,
  type SignatureResult,
  type SignatureStatus,
  type SignedData,
  type SignerKey,
  verifySignature,
} from './signed-data.ts'
export { readSignatureAlgorithm, type SignatureAlgorithmInfo } from './signature-algorithm.ts'
export { inheritDsaParameters, type PublicKeyInfo, readPublicKeyInfo } from './public-key.ts'
export { DEFAULT_KEY_LIMITS, findKeyWeakness, type KeyLimits } from './key-weakness.ts'
export { checkKeyMatches, readPrivateKey, readPrivateKeyFile } from './key.ts'

// Fetching: which addresses that a certificate names may be fetched from.
export { type AddressRules, type FetchAddress, readFetchAddress } from './fetch-address.ts'
export { isPublicAddress } from './public-address.ts'

// For people: certificates as trees, and everything as text that is safe to print.
export { describeCertificate, type TreeNode } from './tree.ts'
export { identityText, presentedText } from './identity.ts'
export { generalNameText } from './general-name.ts'
export { addressText } from './ip-address.ts'
export { pinText } from './key-set.ts'
export { keyTypeText } from './public-key.ts'
export { printableText } from './printable-text.ts'
export { timeText } from './time-text.ts'
