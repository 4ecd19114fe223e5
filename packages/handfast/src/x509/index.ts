/** `handfast/x509`: certificates read, described and judged. */
export { type Budgets, DEFAULT_BUDGETS } from './budget.ts'
export { type Blocklist, type BlocklistEntry, createBlocklist, findBlocked } from './blocklist.ts'
export { readBlocklist } from './blocklist-file.ts'
export { readCertificates } from './bundle.ts'
export { Certificate, readCertificate } from './certificate.ts'
export { CertificateError } from './certificate-error.ts'
export type {
  AccessDescription,
  AuthorityKeyIdentifier,
  BasicConstraints,
  DistributionPoint,
  KeyUsage,
  NameConstraints,
  PolicyConstraints,
  PolicyInformation,
  PolicyMapping,
} from './extension-values.ts'
export { KEY_USAGES } from './extension-values.ts'
export { toAsciiName } from './dns-name.ts'
export { type Extension, extensionPath, Extensions } from './extensions.ts'
export { type AddressRules, type FetchAddress, readFetchAddress } from './fetch-address.ts'
export { type GeneralName, generalNameText } from './general-name.ts'
export {
  coversDnsName,
  identityKey,
  identityText,
  isDnsName,
  matchesAddress,
  matchesDnsName,
  matchesIdentity,
  matchesMailbox,
  matchesSrvName,
  matchesUri,
  presentedText,
  readIdentity,
  referenceIdentity,
} from './identity.ts'
export { findInterception, knownInterceptionRoots } from './interception.ts'
export { INTERCEPTION_ROOTS, type InterceptionRoot } from './interception-roots.ts'
export { addressText, readAddress } from './ip-address.ts'
export { DEFAULT_KEY_LIMITS, findKeyWeakness, type KeyLimits } from './key-weakness.ts'
export { createKeySet, findPinProblem, type KeySet, type KeySetOptions, pinText, readKeySet } from './key-set.ts'
export { createKeyMemory, findKeyChange, type KeyMemory, keyToRemember, type WritableKeyMemory } from './known-keys.ts'
export { checkKeyMatches, readPrivateKey, readPrivateKeyFile } from './key.ts'
export { Name, type NameAttribute, type RelativeDistinguishedName } from './name.ts'
export { printableText } from './printable-text.ts'
export { isPublicAddress } from './public-address.ts'
export { inheritDsaParameters, keyTypeText, type PublicKeyInfo, readPublicKeyInfo } from './public-key.ts'
export { CertificateList, readCertificateList } from './revocation/certificate-list.ts'
export type { RevocationContext } from './revocation/context.ts'
export type { RevokedCertificate, RevokedCertificates } from './revocation/crl-entries.ts'
export type { CrlExtensions, IssuingDistributionPoint } from './revocation/crl-extensions.ts'
export type { RevocationFinding, RevocationReason } from './revocation/finding.ts'
export type { WantedRevocation } from './revocation/missing.ts'
export type { CertificateId } from './revocation/ocsp-certificate-id.ts'
export { type OcspRequestOptions, ocspUrls, writeOcspRequest } from './revocation/ocsp-request.ts'
export type { OcspContext } from './revocation/ocsp-responder.ts'
export {
  BasicOcspResponse,
  type OcspResponse,
  type OcspResponseStatus,
  readOcspResponse,
  type ResponderId,
  type SingleResponse,
} from './revocation/ocsp-response.ts'
export { judgeByOcsp, type OcspDetail, type OcspJudgement, type OcspQuestion } from './revocation/ocsp-status.ts'
export { checkRevocation, type RevocationMaterial, type RevocationResult } from './revocation/revocation.ts'
export { readSignatureAlgorithm, type SignatureAlgorithmInfo } from './signature-algorithm.ts'
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
export type { TimestampFinding } from './transparency/finding.ts'
export { type LogList, type LogState, readLogList, type TransparencyLog } from './transparency/log-list.ts'
export { readTimestampList, type SignedTimestamp, type UnknownTimestamp } from './transparency/timestamp-list.ts'
export {
  checkTransparency,
  type TransparencyContext,
  type TransparencyResult,
  type TransparencySources,
} from './transparency/transparency.ts'
export { describeCertificate, describeChain, type TreeNode } from './tree.ts'
export { type Problem, RULE_NAMES, type RuleName } from './rules/rule.ts'
export {
  type AnchorRules,
  BARE_ANCHOR_RULES,
  createTrustStore,
  DEFAULT_ANCHOR_RULES,
  type TrustStore,
} from './trust-store.ts'
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
export type {
  CertificateReason,
  Explanation,
  Purpose,
  ReferenceIdentity,
  TriedPath,
  Verdict,
  VerdictReason,
  VerifyRequest,
  Wanted,
} from './verdict.ts'
export { verifyChain } from './verify.ts'
export {
  DEFAULT_FETCH_LIMITS,
  type Fetch,
  type FetchedVerdict,
  type FetchLimits,
  verifyFetching,
} from './verify-fetching.ts'
