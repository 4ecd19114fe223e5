/**
 * Who may sign an OCSP response (RFC 6960 section 4.2.2.2): the certificate's issuer itself, or whom it
 * made a responder by a certificate of its own, signed by the same key and with id-kp-OCSPSigning.
 *
 * Left out: responders that are trusted by local configuration (section 4.2.2.2, first criterion). Whether
 * a responder's certificate is revoked: with id-pkix-ocsp-nocheck its issuer asks not to check; without
 * it, section 4.2.2.2.1 leaves it to local policy, and this one asks `isRevoked` of the context if the
 * caller has given it (a CRL at hand), and otherwise relies on the certificate's own dates.
 *
 * A certificate's own key says nothing of its own status, whatever its extKeyUsage: whoever stole it would say good.
 *
 * Anyone can make certificates with a responder's name and key: those of the host come first, then those in the
 * response, then those that the peer sent, and only what costs a signature check counts against the limit of those
 * that are tried. Where it ends the search the response is left unjudged (`leaveUnjudged`).
 */

import { equalBytes } from '../../bytes/compare.ts'
import type { CryptoProvider } from '../../crypto/provider.ts'
import type { Standing } from '../budget.ts'
import type { Certificate } from '../certificate.ts'
import { extensionPath } from '../extensions.ts'
import { boundedMessage, quotedName, shownHex } from '../printable-text.ts'
import { timeText } from '../time-text.ts'
import type { SignatureAlgorithmInfo } from '../signature-algorithm.ts'
import type { SignedData, SignerKey } from '../signed-data.ts'
import type { ValidationPolicy } from '../validation-policy.ts'
import { subjectPublicKeyOf } from './ocsp-certificate-id.ts'
import type { BasicOcspResponse, ResponderId } from './ocsp-response.ts'

/** What responses are judged by. */
export interface OcspContext {
  /** Milliseconds since the epoch. */
  readonly time: number
  readonly provider: CryptoProvider
  readonly policy: Pick<ValidationPolicy, 'rules' | 'limits' | 'revocation'>
  /** Other certificates at hand that may be a responder's. */
  readonly certificates?: readonly Certificate[]
  /** True for a certificate that the peer sent. Absent: none did. */
  readonly isPresented?: (certificate: Certificate) => boolean
  /** How certificates in the responses stand: `presented` if the peer stapled them. Absent: `given`. */
  readonly standing?: 'given' | 'presented'
  /**
   * True if the signature is that of `signer`'s key; false also once the budget for such checks is spent.
   * @param standing of the candidate it is for; `path` for the issuer itself.
   */
  verify(signed: SignedData, signer: SignerKey, standing: Standing): boolean
  /** Notes that a response is left unjudged: a limit ends the search for who signed it. */
  readonly leaveUnjudged?: () => void
  /** True if a responder's certificate is known to be revoked. */
  isRevoked?(responder: Certificate, issuer: Certificate): boolean
  /** The nonce that was sent: only a response that has it counts then. */
  readonly nonce?: Uint8Array
}

/** Of whose status a response is to speak, and what it is judged by. */
export interface ResponderQuestion {
  readonly certificate: Certificate
  /** Its issuer in the path: whose key signed it. */
  readonly issuer: Certificate
  readonly context: OcspContext
}

/** The certificate whose key signed, or why there is none. */
export type ResponderVerdict =
  | { readonly signer: Certificate }
  | { readonly signer: null; readonly detail: 'unauthorised-responder' | 'bad-signature'; readonly message: string }

/**
 * Most certificates of possible responders, of the host, the response and the peer each, that cost signature checks for
 * one response. Real ones come with one or two.
 */
export const MAX_RESPONDER_CERTIFICATES = 8

/**
 * Finds who signed `response` on behalf of the certificate's issuer.
 * @param signedAt when, in milliseconds since the epoch: a broken hash may count in what is old.
 * @throws {CertificateError} {DecodeError} the issuer's key or the signature algorithm is malformed.
 */
export function findResponder(
  response: BasicOcspResponse,
  question: ResponderQuestion,
  signedAt: number,
): ResponderVerdict {
  const { issuer, context } = question
  const { responderId, signatureAlgorithm } = response
  const weakness = signatureWeakness(signatureAlgorithm, signedAt, context)
  if (weakness !== null) return { signer: null, detail: 'bad-signature', message: `it is signed ${weakness}` }
  const signed: SignedData = { signatureAlgorithm, data: response.tbsResponseData, signature: response.signature }
  const isIssuer = isNamedBy(responderId, issuer, context.provider)
  if (isIssuer && context.verify(signed, issuer, 'path')) return { signer: issuer }
  let isFound = isIssuer
  let isCut = false
  let refused: string | null = null
  const tried = new Map<readonly Certificate[], number>()
  for (const { certificate, standing, origin } of candidates(response, context)) {
    if (equalBytes(certificate.der, issuer.der) || !isNamedBy(responderId, certificate, context.provider)) continue
    isFound = true
    let problem = unfitness(certificate, question)
    if (problem === null) {
      const count = (tried.get(origin) ?? 0) + 1
      tried.set(origin, count)
      if (count > MAX_RESPONDER_CERTIFICATES) {
        isCut = true
        continue
      }
      problem = delegateProblem(certificate, issuer, standing, context)
    }
    if (problem !== null)
      refused ??= `its responder ${quotedName(certificate.subjectText)} is not authorised: ${problem}`
    else if (context.verify(signed, certificate, standing)) return { signer: certificate }
  }
  if (isCut) context.leaveUnjudged?.()
  if (refused !== null) return { signer: null, detail: 'unauthorised-responder', message: refused }
  const who = responderText(responderId)
  return isFound
    ? {
        signer: null,
        detail: 'bad-signature',
        message: `its signature (${signatureAlgorithm.text}) is not that of ${who}`,
      }
    : {
        signer: null,
        detail: 'unauthorised-responder',
        message: `its responder ${who} is not the issuer, and no certificate of such a responder came with it`,
      }
}

interface Candidate {
  readonly certificate: Certificate
  readonly standing: Standing
  /** Those it is tried among. */
  readonly origin: readonly Certificate[]
}

function candidates({ certificates }: BasicOcspResponse, context: OcspContext): Candidate[] {
  const given: Certificate[] = []
  const presented: Certificate[] = []
  for (const certificate of context.certificates ?? []) {
    const isPresented = context.isPresented?.(certificate) === true
    ;(isPresented ? presented : given).push(certificate)
  }
  const ranked = (origin: readonly Certificate[], standing: Standing): Candidate[] =>
    origin.map((certificate) => ({ certificate, standing, origin }))
  return [
    ...ranked(given, 'given'),
    ...ranked(certificates, context.standing ?? 'given'),
    ...ranked(presented, 'presented'),
  ]
}

/** Section 4.2.2.3: the name is the subject's, the key hash that of the key. */
function isNamedBy(id: ResponderId, certificate: Certificate, provider: CryptoProvider): boolean {
  if (id.kind === 'name') return certificate.subject.matches(id.name)
  const keyHash = keyHashOf(certificate, provider)
  return keyHash !== null && equalBytes(id.keyHash, keyHash)
}

/** Remembered: hostile input could ask for it a million times. */
const keyHashes = new WeakMap<Certificate, { readonly keyHash: Uint8Array | null }>()

function keyHashOf(certificate: Certificate, provider: CryptoProvider): Uint8Array | null {
  let known = keyHashes.get(certificate)
  if (known === undefined) keyHashes.set(certificate, (known = { keyHash: hashKey(certificate, provider) }))
  return known.keyHash
}

/** Null for a malformed key: such a certificate is no responder's. */
function hashKey(certificate: Certificate, provider: CryptoProvider): Uint8Array | null {
  try {
    return provider.hashes.sha1.digest(subjectPublicKeyOf(certificate))
  } catch {
    return null
  }
}

function responderText(id: ResponderId): string {
  return id.kind === 'name' ? quotedName(id.name.text) : `with the key hash ${shownHex(id.keyHash)}`
}

/** Why `delegate` may not sign for `issuer`, as far as it costs nothing to know; null if nothing speaks against it. */
function unfitness(delegate: Certificate, { certificate, issuer, context }: ResponderQuestion): string | null {
  try {
    const problem = usageProblem(delegate) ?? dateProblem(delegate, context)
    if (problem !== null) return problem
    if (equalBytes(delegate.subjectPublicKeyInfo, certificate.subjectPublicKeyInfo)) {
      return 'the certificate would vouch for itself by its own key'
    }
    if (delegate.issuer.matches(issuer.subject)) return null
    return `it was issued by ${quotedName(delegate.issuerText)}, not by ${quotedName(issuer.subjectText)}`
  } catch (error) {
    return malformedText(error)
  }
}

/** The same for what costs more. The signature is checked last. */
function delegateProblem(
  delegate: Certificate,
  issuer: Certificate,
  standing: Standing,
  context: OcspContext,
): string | null {
  try {
    const problem = weaknessProblem(delegate, context)
    if (problem !== null) return problem
    if (!context.verify(signedDataOf(delegate), issuer, standing)) {
      return `its certificate's signature is not that of ${quotedName(issuer.subjectText)}`
    }
    const isUnchecked = delegate.extensions.get(NO_CHECK) !== undefined
    if (!isUnchecked && context.isRevoked?.(delegate, issuer) === true) return 'its certificate is revoked'
    return null
  } catch (error) {
    return malformedText(error)
  }
}

function malformedText(error: unknown): string {
  if (error instanceof Error) return `its certificate is malformed: ${boundedMessage(error.message)}`
  throw error
}

const OCSP_SIGNING = '1.3.6.1.5.5.7.3.9'
const NO_CHECK = '1.3.6.1.5.5.7.48.1.5'

/** Critical extensions whose meaning for a responder is applied here. */
const APPLIED: ReadonlySet<string> = new Set([
  '2.5.29.15', // keyUsage
  '2.5.29.37', // extKeyUsage
  '2.5.29.19', // basicConstraints, which says nothing of a responder
  NO_CHECK,
])

/** Section 4.2.2.2: anyExtendedKeyUsage is not enough. RFC 5280 section 4.2.1.12 for keyUsage. */
function usageProblem({ extensions, keyUsage }: Certificate): string | null {
  if (extensions.extKeyUsage?.includes(OCSP_SIGNING) !== true) return 'extKeyUsage: needs OCSPSigning, lacks it'
  if (keyUsage !== undefined && !keyUsage.digitalSignature && !keyUsage.nonRepudiation) {
    return 'keyUsage: needs digitalSignature or nonRepudiation, lacks both'
  }
  const unknown = extensions.all.find(({ critical, oid }) => critical && !APPLIED.has(oid))
  return unknown === undefined ? null : `${extensionPath(unknown)} is critical and not understood`
}

function dateProblem({ notBefore, notAfter }: Certificate, { time, policy }: OcspContext): string | null {
  const { clockSkew } = policy.revocation
  if (time + clockSkew < notBefore) return `its certificate is valid from ${timeText(notBefore)} only`
  if (time - clockSkew >= notAfter + 1000) return `its certificate expired at ${timeText(notAfter)}`
  return null
}

function weaknessProblem(delegate: Certificate, context: OcspContext): string | null {
  const weakness = signatureWeakness(delegate.signatureAlgorithm, delegate.notBefore, context)
  if (weakness !== null) return `its certificate is signed ${weakness}`
  const { rules, limits } = context.policy
  const keyWeakness = rules['weak-key'] === 'refuse' ? delegate.findKeyWeakness(limits) : null
  return keyWeakness === null ? null : `its key ${keyWeakness}`
}

/** `with SHA-1, which the policy refuses`; null if nothing speaks against what was signed at `time`. */
function signatureWeakness({ weakness }: SignatureAlgorithmInfo, time: number, { policy }: OcspContext): string | null {
  if (weakness === null || policy.rules['weak-signature-algorithm'] !== 'refuse') return null
  const { before } = policy.limits.sha1
  if (weakness === 'SHA-1' && before !== null && time < Date.parse(before)) return null
  return `with ${weakness}, which the policy refuses`
}

/** What the issuer of a certificate signed. @throws {CertificateError} a malformed algorithm. */
export function signedDataOf({ signatureAlgorithm, tbsCertificate, signature }: Certificate): SignedData {
  return { signatureAlgorithm, data: tbsCertificate, signature }
}
