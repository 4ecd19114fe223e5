/** `handfast/x509`: certificates read, described and judged. */
export { MAX_PATH_LENGTH, MAX_PATH_STEPS, MAX_SIGNATURE_CHECKS, type PathJudge, type Problem } from './build-path.ts'
export { readCertificates } from './bundle.ts'
export { Certificate, readCertificate } from './certificate.ts'
export { CertificateError } from './certificate-error.ts'
export { CONFORMANCE_RULES } from './conformance.ts'
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
export { type Extension, extensionPath, Extensions } from './extensions.ts'
export { type GeneralName, generalNameText } from './general-name.ts'
export {
  coversDnsName,
  identityText,
  isDnsName,
  matchesAddress,
  matchesDnsName,
  matchesIdentity,
  presentedText,
  referenceIdentity,
} from './identity.ts'
export { addressText, readAddress } from './ip-address.ts'
export { checkKeyMatches, readPrivateKey, readPrivateKeyFile } from './key.ts'
export { Name, type NameAttribute, type RelativeDistinguishedName } from './name.ts'
export { printableText } from './printable-text.ts'
export { keyTypeText, MAX_RSA_BITS, MIN_RSA_BITS, type PublicKeyInfo, readPublicKeyInfo } from './public-key.ts'
export { readSignatureAlgorithm, type SignatureAlgorithmInfo } from './signature-algorithm.ts'
export { describeCertificate, describeChain, type TreeNode } from './tree.ts'
export { createTrustStore, type TrustStore } from './trust-store.ts'
export {
  CERTIFICATE_RULES,
  type CertificateRule,
  MAX_NAME_COMPARISONS,
  type PathContext,
  type Place,
} from './validate-path.ts'
export type {
  CertificateReason,
  Purpose,
  ReferenceIdentity,
  Verdict,
  VerdictReason,
  VerifyRequest,
  Wanted,
} from './verdict.ts'
export { verifyChain } from './verify.ts'
