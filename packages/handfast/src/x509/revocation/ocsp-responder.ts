/**
 * Who may sign an OCSP response (RFC 6960 section 4.2.2.2): the certificate's issuer itself, or whom it
 * made a responder by a certificate of its own, signed by the same key and with id-kp-OCSPSigning.
 *
 * Left out: responders that are trusted by local configuration (section 4.2.2.2, first criterion). Whether
 * a responder's certificate is revoked: with id-pkix-ocsp-nocheck its issuer asks not to check; without
 * it, section 4.2.2.2.1 leaves it to local policy, and this one asks `isRevoked` of the context if the
 * caller has given it (a CRL at hand), and otherwise relies on the certificate's own dates.
 */

import { equalBytes } from '../../bytes/compare.ts'
import { toHex } from '../../bytes/hex.ts'
import type { CryptoProvider } from '../../crypto/provider.ts'
import type { Certificate } from '../certificate.ts'
import { extensionPath } from '../extensions.ts'
import { findKeyWeakness } from '../key-weakness.ts'
import { quotedName } from '../printable-text.ts'
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
  /** Other certificates at hand that may be a responder's; those in the response are tried first. */
  readonly certificates?: readonly Certificate[]
  /** True if the signature is that of `signer`'s key; false also once the budget for signature checks is spent. */
  verify(signed: SignedData, signer: SignerKey): boolean
  /** True if a responder's certificate is known to be revoked. */
  isRevoked?(responder: Certificate, issuer: Certificate): boolean
  /** The nonce that was sent: only a response that has it counts then. */
  readonly nonce?: Uint8Array
}

/** The certificate whose key signed, or why there is none. */
export type ResponderVerdict =
  | { readonly signer: Certificate }
  | { readonly signer: null; readonly detail: 'unauthorised-responder' | 'bad-signature'; readonly message: string }

/** Most certificates of possible responders that are looked at for one response. Real ones come with one or two. */
export const MAX_RESPONDER_CERTIFICATES = 8

/**
 * Finds who signed `response` on behalf of `issuer`.
 * @param signedAt when, in milliseconds since the epoch: a broken hash may count in what is old.
 * @throws {CertificateError} {DecodeError} the issuer's key or the signature algorithm is malformed.
 */
export function findResponder(
  response: BasicOcspResponse,
  issuer: Certificate,
  signedAt: number,
  context: OcspContext,
): ResponderVerdict {
  const { responderId, signatureAlgorithm } = response
  const weakness = signatureWeakness(signatureAlgorithm, signedAt, context)
  if (weakness !== null) return { signer: null, detail: 'bad-signature', message: `it is signed ${weakness}` }
  const signed: SignedData = { signatureAlgorithm, data: response.tbsResponseData, signature: response.signature }
  const isIssuer = isNamedBy(responderId, issuer, context.provider)
  if (isIssuer && context.verify(signed, issuer)) return { signer: issuer }
  let found = isIssuer ? 1 : 0
  let refused: string | null = null
  for (const candidate of candidates(response, context)) {
    if (equalBytes(candidate.der, issuer.der) || !isNamedBy(responderId, candidate, context.provider)) continue
    if (++found > MAX_RESPONDER_CERTIFICATES) break
    const problem = delegateProblem(candidate, issuer, context)
    if (problem !== null) refused ??= `its responder ${quotedName(candidate.subjectText)} is not authorised: ${problem}`
    else if (context.verify(signed, candidate)) return { signer: candidate }
  }
  if (refused !== null) return { signer: null, detail: 'unauthorised-responder', message: refused }
  const who = responderText(responderId)
  return found > 0
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

function* candidates(response: BasicOcspResponse, context: OcspContext): Generator<Certificate> {
  yield* response.certificates
  yield* context.certificates ?? []
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
  return id.kind === 'name' ? quotedName(id.name.text) : `with the key hash ${toHex(id.keyHash)}`
}

/** Why `delegate` may not sign for `issuer`; null if it may. The signature, which costs most, is checked last. */
function delegateProblem(delegate: Certificate, issuer: Certificate, context: OcspContext): string | null {
  try {
    const problem = usageProblem(delegate) ?? dateProblem(delegate, context) ?? weaknessProblem(delegate, context)
    if (problem !== null) return problem
    if (!delegate.issuer.matches(issuer.subject)) {
      return `it was issued by ${quotedName(delegate.issuerText)}, not by ${quotedName(issuer.subjectText)}`
    }
    if (!context.verify(signedDataOf(delegate), issuer)) {
      return `its certificate's signature is not that of ${quotedName(issuer.subjectText)}`
    }
    const isUnchecked = delegate.extensions.get(NO_CHECK) !== undefined
    if (!isUnchecked && context.isRevoked?.(delegate, issuer) === true) return 'its certificate is revoked'
    return null
  } catch (error) {
    if (error instanceof Error) return `its certificate is malformed: ${error.message}`
    throw error
  }
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
  const keyWeakness = rules['weak-key'] === 'refuse' ? findKeyWeakness(delegate.publicKeyInfo, limits) : null
  return keyWeakness === null ? null : `its key ${keyWeakness}`
}

/** `with SHA-1, which the policy refuses`; null if nothing speaks against what was signed at `time`. */
function signatureWeakness({ weakness }: SignatureAlgorithmInfo, time: number, { policy }: OcspContext): string | null {
  if (weakness === null || policy.rules['weak-signature-algorithm'] !== 'refuse') return null
  const { before } = policy.limits.sha1
  if (weakness === 'SHA-1' && before !== null && time < Date.parse(before)) return null
  return `with ${weakness}, which the policy refuses`
}

function signedDataOf({ signatureAlgorithm, tbsCertificate, signature }: Certificate): SignedData {
  return { signatureAlgorithm, data: tbsCertificate, signature }
}
