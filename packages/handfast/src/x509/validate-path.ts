/**
 * The rules of path validation (RFC 5280 section 6.1, RFC 9525 for the leaf's names), one function
 * each, in two ordered lists: rules on a certificate given those below it, applied as a path grows
 * from the leaf, and rules on a whole path.
 *
 * A trust anchor given as a certificate is held to its own extensions and dates as an intermediate
 * is: whoever narrowed an anchor meant it. Its signature is not checked.
 *
 * Left out so far: revocation, and asking for policies.
 */

import { oidName } from '../asn1/oid.ts'
import { type CryptoProvider, KeyImportError, type KeyType, type SignatureAlgorithm } from '../crypto/provider.ts'
import type { PathJudge, Problem } from './build-path.ts'
import type { Certificate } from './certificate.ts'
import { CertificateError } from './certificate-error.ts'
import { extensionPath } from './extensions.ts'
import { identityText, matchesIdentity, presentedText } from './identity.ts'
import { type ComparisonBudget, findConstraintProblem } from './name-constraints.ts'
import { findPolicyProblem } from './policies.ts'
import type { CertificateReason, Purpose, ReferenceIdentity } from './verdict.ts'
import { quotedName } from './printable-text.ts'

/** Most comparisons of a name with a name constraint for one verdict. */
export const MAX_NAME_COMPARISONS = 250_000

/** What a path is judged by. */
export interface PathContext {
  /** Milliseconds since the epoch. */
  readonly time: number
  readonly purpose: Purpose
  readonly identity: ReferenceIdentity | undefined
  readonly provider: CryptoProvider
  readonly nameComparisons: ComparisonBudget
}

/** A certificate in its place: the last of `path`, which begins with the leaf. */
export interface Place {
  readonly certificate: Certificate
  readonly path: readonly Certificate[]
  readonly isLeaf: boolean
  readonly isAnchor: boolean
}

/** What speaks against a certificate in its place; null if nothing. Throws CertificateError for what is malformed. */
export type CertificateRule = (place: Place, context: PathContext) => Problem | null

/** What speaks against a path, leaf first, anchor last; null if nothing. */
export type PathRule = (path: readonly Certificate[], context: PathContext) => Problem | null

/** In the order in which problems are told. */
export const CERTIFICATE_RULES: readonly CertificateRule[] = [
  checkEncoding,
  checkDates,
  checkLeafIdentity,
  checkCriticalExtensions,
  checkPublicKey,
  checkSignatureAlgorithm,
  checkIssuerName,
  checkBasicConstraints,
  checkKeyUsage,
  checkExtendedKeyUsage,
  checkPathLength,
  checkNameConstraints,
  checkPolicies,
]

/** In the order in which problems are told. */
export const PATH_RULES: readonly PathRule[] = [findPolicyProblem]

/** The judge of these rules. */
export function createPathJudge(
  context: PathContext,
  certificateRules: readonly CertificateRule[] = CERTIFICATE_RULES,
  pathRules: readonly PathRule[] = PATH_RULES,
): PathJudge {
  return {
    step(path, isAnchor) {
      const place = placeOf(path, isAnchor)
      for (const rule of certificateRules) {
        const problem = applyRule(rule, place, context)
        if (problem !== null) return problem
      }
      return null
    },
    signature: (certificate, issuer) => findSignatureProblem(certificate, issuer, context.provider),
    path(path) {
      for (const rule of pathRules) {
        const problem = applyPathRule(rule, path, context)
        if (problem !== null) return problem
      }
      return null
    },
  }
}

/** Everything that speaks against the last certificate of `path`, in the order of the rules; nothing after what is malformed. */
export function findProblems(
  path: readonly Certificate[],
  isAnchor: boolean,
  context: PathContext,
  certificateRules: readonly CertificateRule[] = CERTIFICATE_RULES,
): Problem[] {
  const place = placeOf(path, isAnchor)
  const problems: Problem[] = []
  for (const rule of certificateRules) {
    const problem = applyRule(rule, place, context)
    if (problem === null) continue
    problems.push(problem)
    if (problem.reason === 'malformed') break
  }
  return problems
}

/** RFC 5280 section 6.1.3 (a) (1): the certificate's signature by the issuer's key. */
export function findSignatureProblem(
  certificate: Certificate,
  issuer: Certificate,
  provider: CryptoProvider,
): Problem | null {
  try {
    const { algorithm, text } = certificate.signatureAlgorithm
    if (algorithm === null) return unsupportedSignature(certificate)
    const { keyType } = issuer.publicKeyInfo
    if (keyType !== null && !fitsKey(algorithm, keyType)) {
      const key = issuer.publicKeyText
      return problem(
        'bad-signature',
        certificate,
        `signatureValue: needs a signature by its issuer's key (${key}), is ${text}`,
      )
    }
    const key = issuer.publicKey(provider)
    if (provider.verify(algorithm, key, certificate.tbsCertificate, certificate.signature)) return null
    return problem(
      'bad-signature',
      certificate,
      `signatureValue: needs a valid signature by ${quotedName(certificate.issuerText)}, does not verify`,
    )
  } catch (error) {
    if (error instanceof KeyImportError) {
      const reason = error.reason === 'malformed' ? 'malformed' : 'unsupported-public-key'
      return problem(reason, issuer, `tbsCertificate.subjectPublicKeyInfo: ${error.message}`)
    }
    return malformed(error, certificate)
  }
}

function placeOf(path: readonly Certificate[], isAnchor: boolean): Place {
  return { certificate: path.at(-1) as Certificate, path, isLeaf: path.length === 1, isAnchor }
}

function applyRule(rule: CertificateRule, place: Place, context: PathContext): Problem | null {
  try {
    return rule(place, context)
  } catch (error) {
    return malformed(error, place.certificate)
  }
}

function applyPathRule(rule: PathRule, path: readonly Certificate[], context: PathContext): Problem | null {
  try {
    return rule(path, context)
  } catch (error) {
    return malformed(error, path[0] as Certificate)
  }
}

function malformed(error: unknown, certificate: Certificate): Problem {
  if (error instanceof CertificateError) return problem(error.reason, certificate, error.message)
  throw error
}

function problem(reason: CertificateReason, certificate: Certificate, message: string): Problem {
  return { reason, certificate, message }
}

/** Every extension that is understood must be well-formed, whether or not a rule looks at it. */
function checkEncoding({ certificate }: Place): Problem | null {
  certificate.extensions.check()
  return null
}

/** Section 6.1.3 (a) (2). A certificate is valid from the first to the last second it names. */
function checkDates({ certificate }: Place, { time }: PathContext): Problem | null {
  if (time < certificate.notBefore) {
    const { notBefore } = certificate
    return problem(
      'not-yet-valid',
      certificate,
      `validity.notBefore: needs a time up to ${timeText(time)}, is ${timeText(notBefore)}`,
    )
  }
  if (time >= certificate.notAfter + 1000) {
    const { notAfter } = certificate
    return problem(
      'expired',
      certificate,
      `validity.notAfter: needs a time from ${timeText(time)} on, is ${timeText(notAfter)}`,
    )
  }
  return null
}

function timeText(time: number): string {
  return new Date(time).toISOString().replace('.000Z', 'Z')
}

/** RFC 9525. */
function checkLeafIdentity({ certificate, isLeaf }: Place, { identity }: PathContext): Problem | null {
  if (!isLeaf || identity === undefined || matchesIdentity(certificate, identity)) return null
  const has = presentedText(certificate)
  return problem('name-mismatch', certificate, `subjectAltName: needs ${identityText(identity)}, has ${has}`)
}

/** Extensions whose meaning the rules apply in full, whether critical or not. */
const APPLIED: ReadonlySet<string> = new Set([
  '2.5.29.15', // keyUsage
  '2.5.29.17', // subjectAltName
  '2.5.29.19', // basicConstraints
  '2.5.29.30', // nameConstraints
  '2.5.29.32', // certificatePolicies
  '2.5.29.33', // policyMappings
  '2.5.29.36', // policyConstraints
  '2.5.29.37', // extKeyUsage
  '2.5.29.54', // inhibitAnyPolicy
])

/** Extensions that are read but whose demands are not applied: refused when critical. */
const NOT_APPLIED: ReadonlySet<string> = new Set([
  '2.5.29.31', // cRLDistributionPoints
  '2.5.29.46', // freshestCRL
  '1.3.6.1.5.5.7.1.24', // tlsFeature
])

/** Sections 4.2 and 6.1.4 (o), 6.1.5 (f). Extensions that must not be critical (AKI, SKI, AIA, ...) are unknown as such. */
function checkCriticalExtensions({ certificate }: Place): Problem | null {
  for (const extension of certificate.extensions.all) {
    if (!extension.critical || APPLIED.has(extension.oid)) continue
    const isRead = NOT_APPLIED.has(extension.oid)
    return problem(
      isRead ? 'unsupported-constraint' : 'unknown-critical-extension',
      certificate,
      `${extensionPath(extension)}: needs to be one that is applied, as it is critical, is ${oidName(extension.oid) ?? 'unknown'} (${extension.oid})`,
    )
  }
  return null
}

/** RFC 9325 section 4.5 for the sizes of RSA keys. */
function checkPublicKey({ certificate }: Place): Problem | null {
  const { keyType, text, weakness } = certificate.publicKeyInfo
  if (weakness !== null) return problem('weak-key', certificate, `subjectPublicKeyInfo: the key ${weakness}`)
  if (keyType === null) {
    return problem(
      'unsupported-public-key',
      certificate,
      `subjectPublicKeyInfo: needs a kind of key that is supported, is ${text}`,
    )
  }
  return null
}

/** RFC 9325 section 4.5, RFC 9846 section 4.5.1.3: SHA-1 and older prove nothing. Of an anchor it does not matter. */
function checkSignatureAlgorithm({ certificate, isAnchor }: Place): Problem | null {
  if (isAnchor) return null
  const { algorithm, text, weakness } = certificate.signatureAlgorithm
  if (weakness !== null) {
    return problem(
      'weak-signature-algorithm',
      certificate,
      `signatureAlgorithm: needs a hash stronger than ${weakness}, is ${text}`,
    )
  }
  return algorithm === null ? unsupportedSignature(certificate) : null
}

function unsupportedSignature(certificate: Certificate): Problem {
  const has = certificate.signatureAlgorithmText
  return problem(
    'unsupported-signature-algorithm',
    certificate,
    `signatureAlgorithm: needs one that is supported, is ${has}`,
  )
}

/** Sections 4.1.2.4 and 4.1.2.6: who issues has a name. An empty one would join unrelated certificates to a chain. */
function checkIssuerName({ certificate, isLeaf, isAnchor }: Place): Problem | null {
  if (!isLeaf && certificate.subject.isEmpty) {
    return problem('malformed', certificate, 'subject: needs a name in a certificate that issued another, is empty')
  }
  if (!isAnchor && certificate.issuer.isEmpty) {
    return problem('malformed', certificate, 'issuer: needs a name, is empty')
  }
  return null
}

/** Section 6.1.4 (k). An anchor of version 1 or 2 has no extensions to say that it is a CA; being an anchor says it. */
function checkBasicConstraints({ certificate, isLeaf, isAnchor }: Place): Problem | null {
  if (isLeaf || certificate.isCa || (isAnchor && certificate.version < 3)) return null
  const has = certificate.extensions.basicConstraints === undefined ? 'there is none' : 'it is FALSE'
  return problem(
    'not-a-ca',
    certificate,
    `basicConstraints.cA: needs TRUE in a certificate that issued another, ${has}`,
  )
}

/** Section 6.1.4 (n) for issuers; for a leaf in TLS, RFC 9846 section 4.5.1.2 and its equivalents: it signs. */
function checkKeyUsage({ certificate, isLeaf }: Place, { purpose }: PathContext): Problem | null {
  const usage = certificate.keyUsage
  if (usage === undefined) return null
  if (!isLeaf && !usage.keyCertSign) {
    return problem(
      'key-usage',
      certificate,
      'keyUsage: needs keyCertSign in a certificate that issued another, lacks it',
    )
  }
  if (isLeaf && purpose !== 'any' && !usage.digitalSignature) {
    return problem('key-usage', certificate, 'keyUsage: needs digitalSignature, lacks it')
  }
  return null
}

const PURPOSE_OID: Readonly<Record<Exclude<Purpose, 'any'>, string>> = {
  server: '1.3.6.1.5.5.7.3.1',
  client: '1.3.6.1.5.5.7.3.2',
}
const ANY_EXTENDED_KEY_USAGE = '2.5.29.37.0'

/** Section 4.2.1.12; and, as all validators have it, what a CA is restricted to restricts what it issues. */
function checkExtendedKeyUsage({ certificate }: Place, { purpose }: PathContext): Problem | null {
  if (purpose === 'any') return null
  const usages = certificate.extensions.extKeyUsage
  if (usages === undefined || usages.includes(PURPOSE_OID[purpose]) || usages.includes(ANY_EXTENDED_KEY_USAGE))
    return null
  const has = usages.slice(0, 8).map((oid) => oidName(oid) ?? oid)
  return problem(
    'extended-key-usage',
    certificate,
    `extKeyUsage: needs ${oidName(PURPOSE_OID[purpose])}, has ${has.join(', ')}`,
  )
}

/** Sections 4.2.1.9 and 6.1.4 (l): intermediates below, not counting self-issued ones and the leaf. */
function checkPathLength({ certificate, path, isLeaf }: Place): Problem | null {
  if (isLeaf) return null
  const allowed = certificate.extensions.basicConstraints?.pathLength
  if (allowed === undefined) return null
  let below = 0
  for (let i = 1; i < path.length - 1; i++) if (!(path[i] as Certificate).isSelfIssued) below++
  if (below <= allowed) return null
  return problem(
    'path-too-long',
    certificate,
    `basicConstraints.pathLenConstraint: needs at least ${below}, is ${allowed}`,
  )
}

/** Sections 4.2.1.10 and 6.1.3 (b), (c): for all below but self-issued intermediates. */
function checkNameConstraints({ certificate, path, isLeaf }: Place, context: PathContext): Problem | null {
  const constraints = certificate.extensions.nameConstraints
  if (constraints === undefined) return null
  if (isLeaf) {
    // Section 4.2.1.10: only in a CA certificate. As leaf a CA certificate is bound by no one but its issuers.
    return certificate.isCa
      ? null
      : problem('unsupported-constraint', certificate, 'nameConstraints: needs cA TRUE in basicConstraints')
  }
  for (let i = 0; i < path.length - 1; i++) {
    const below = path[i] as Certificate
    if (i > 0 && below.isSelfIssued) continue
    const found = findConstraintProblem(constraints, below, context.nameComparisons)
    if (found !== null) {
      return problem(
        found.reason,
        below,
        `Its issuer ${quotedName(certificate.subjectText)} has name constraints that ${found.message}.`,
      )
    }
  }
  return null
}

const CERTIFICATE_POLICIES = '2.5.29.32'
/** The CPS pointer and the user notice: information for people. */
const QUALIFIERS: ReadonlySet<string> = new Set(['1.3.6.1.5.5.7.2.1', '1.3.6.1.5.5.7.2.2'])
const ANY_POLICY = '2.5.29.32.0'

/** Sections 4.2.1.4 and 6.1.4 (a): what policies must not be, whether one is required or not. */
function checkPolicies({ certificate }: Place): Problem | null {
  // Section 4.2.1.4: who does not know a qualifier of a critical extension must refuse it.
  const policies = certificate.extensions.get(CERTIFICATE_POLICIES)?.critical
    ? certificate.extensions.certificatePolicies
    : undefined
  const unknown = policies?.flatMap(({ qualifiers }) => qualifiers).find(({ oid }) => !QUALIFIERS.has(oid))
  if (unknown !== undefined) {
    const message = `certificatePolicies: needs qualifiers that are known, as it is critical, has ${unknown.oid}`
    return problem('unknown-critical-extension', certificate, message)
  }
  const mapsAny = certificate.extensions.policyMappings?.some(
    (mapping) => mapping.issuerDomainPolicy === ANY_POLICY || mapping.subjectDomainPolicy === ANY_POLICY,
  )
  return mapsAny
    ? problem('malformed', certificate, 'policyMappings: needs other policies than anyPolicy, has it')
    : null
}

/** Whether a key of this type makes such signatures. Restrictions of RSA-PSS keys are the provider's to enforce. */
function fitsKey(algorithm: SignatureAlgorithm, keyType: KeyType): boolean {
  switch (algorithm.kind) {
    case 'ecdsa':
      return keyType.type === 'ec'
    case 'rsa-pkcs1':
      return keyType.type === 'rsa'
    case 'rsa-pss':
      return keyType.type === 'rsa' || keyType.type === 'rsa-pss'
    default:
      return keyType.type === algorithm.kind
  }
}
