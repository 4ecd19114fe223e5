/**
 * What OCSP responses say of a certificate (RFC 6960 sections 2.2, 3.2, 4.2.2).
 *
 * A response counts if it names the certificate, is fresh, has no critical extension that is not
 * understood, and is signed by the issuer or a responder of the issuer (ocsp-responder.ts). Of all that
 * counts the strictest holds: revoked before unknown before good. What does not count is explained,
 * and changes nothing: without an answer the status is unknown.
 *
 * Freshness: thisUpdate is not in the future, nextUpdate not in the past, thisUpdate not before what the
 * policy's maxAge allows. A response without nextUpdate claims that newer ones are to be had at any time
 * (section 4.2.2.1): it counts for MAX_AGE_WITHOUT_NEXT_UPDATE. producedAt lies within the validity of the
 * certificate, or after it if archiveCutoff says that the responder still remembers it (section 4.4.4).
 */

import { oidName } from '../../asn1/oid.ts'
import { DecodeError } from '../../bytes/decode-error.ts'
import { equalBytes } from '../../bytes/compare.ts'
import type { Certificate } from '../certificate.ts'
import { CertificateError } from '../certificate-error.ts'
import type { Extension } from '../extensions.ts'
import { boundedMessage } from '../printable-text.ts'
import { timeText } from '../time-text.ts'
import type { RevocationReason } from './finding.ts'
import { CertificateIdMatcher } from './ocsp-certificate-id.ts'
import { OCSP_EXTENSION } from './ocsp-extensions.ts'
import { findResponder, type OcspContext, type ResponderQuestion } from './ocsp-responder.ts'
import {
  archiveCutoffOf,
  type BasicOcspResponse,
  type OcspResponse,
  readOcspResponse,
  type SingleResponse,
} from './ocsp-response.ts'

/** How far the response came that came furthest, in this order; `provided` is one that counts. */
export const OCSP_DETAILS = [
  'missing',
  /** The response, or what is signed in it, is malformed. */
  'parse-error',
  'parse-data-error',
  'error-response',
  'unhandled-critical-extension',
  'bad-produced-at',
  'no-matching-response',
  'invalid-date',
  'wrong-nonce',
  'unauthorised-responder',
  'bad-signature',
  'provided',
] as const

/** One of `OCSP_DETAILS`. */
export type OcspDetail = (typeof OCSP_DETAILS)[number]

/** Times in milliseconds since the epoch. */
export interface OcspJudgement {
  readonly status: 'good' | 'revoked' | 'unknown'
  readonly detail: OcspDetail
  /** The response that counts, as it was given; null if none does. */
  readonly response: OcspResponse | Uint8Array | null
  /** Whose key signed it; null if none counts. */
  readonly responder: Certificate | null
  readonly thisUpdate: number | null
  readonly nextUpdate: number | null
  /** Null unless revoked. */
  readonly revokedAt: number | null
  readonly reason: RevocationReason | null
  /** What was found, or why each response does not count. One sentence. */
  readonly message: string
}

/** What `judgeByOcsp` is asked: one certificate, and the responses at hand. */
export interface OcspQuestion extends ResponderQuestion {
  /** In any order. In DER or read before. */
  readonly responses: readonly (OcspResponse | Uint8Array)[]
}

/** How long a response without nextUpdate counts if the policy has no maxAge: 7 days, in milliseconds. */
export const MAX_AGE_WITHOUT_NEXT_UPDATE: number = 7 * 86_400_000

/** Judges by OCSP alone. Never throws for what a response or certificate holds. */
export function judgeByOcsp(question: OcspQuestion): OcspJudgement {
  const { certificate, issuer, responses, context } = question
  const matcher = new CertificateIdMatcher(certificate, issuer, context.provider)
  let answer: OcspJudgement | null = null
  const refused: Refusal[] = []
  for (const response of responses) {
    const outcome = judgeResponse(response, matcher, question)
    if (!('status' in outcome)) refused.push(outcome)
    else if (answer === null || STRICTNESS[outcome.status] > STRICTNESS[answer.status]) answer = outcome
    // Nothing can be stricter, and each signature counts against the budget.
    if (answer?.status === 'revoked') break
  }
  return answer ?? noAnswer(refused)
}

const STRICTNESS = { good: 0, unknown: 1, revoked: 2 } as const

/** Why a response does not count, in words to follow "it does not count, as". */
interface Refusal {
  readonly detail: OcspDetail
  readonly message: string
}

function judgeResponse(
  given: OcspResponse | Uint8Array,
  matcher: CertificateIdMatcher,
  question: OcspQuestion,
): OcspJudgement | Refusal {
  try {
    const response = given instanceof Uint8Array ? readOcspResponse(given) : given
    const { basic, status } = response
    if (basic === null) return { detail: 'error-response', message: `it is the error ${status}` }
    const refusal = basicRefusal(basic, question)
    if (refusal !== null) return refusal
    const single = strictestOf(basic, matcher, question)
    if ('detail' in single) return single
    const nonceRefusal = checkedNonce(basic, question.context)
    if (nonceRefusal !== null) return nonceRefusal
    // The later of the two: who can forge one date can forge the other.
    const signedAt = Math.max(basic.producedAt, single.thisUpdate)
    const verdict = findResponder(basic, question, signedAt)
    if (verdict.signer === null) return verdict
    return judgementOf(single, basic, given, verdict.signer)
  } catch (error) {
    if (!(error instanceof CertificateError || error instanceof DecodeError)) throw error
    const isData = error.path?.startsWith('responseBytes.response.tbsResponseData') === true
    return {
      detail: isData ? 'parse-data-error' : 'parse-error',
      message: `it is malformed: ${boundedMessage(error.message)}`,
    }
  }
}

/** What speaks against a response as a whole, whoever signed it. */
function basicRefusal(basic: BasicOcspResponse, { certificate, context }: OcspQuestion): Refusal | null {
  const unknown = basic.extensions.find(isUnknownCritical)
  if (unknown !== undefined) return criticalRefusal(unknown)
  const { producedAt } = basic
  const { clockSkew } = context.policy.revocation
  const says = `its producedAt is ${timeText(producedAt)}`
  if (producedAt < certificate.notBefore - clockSkew) {
    return badProducedAt(`${says}, before the certificate's notBefore ${timeText(certificate.notBefore)}`)
  }
  if (producedAt >= certificate.notAfter + 1000 + clockSkew && !isRemembered(basic, certificate)) {
    return badProducedAt(`${says}, after the certificate's notAfter ${timeText(certificate.notAfter)}`)
  }
  if (producedAt > context.time + clockSkew) return badProducedAt(`${says}, after ${timeText(context.time)}`)
  return null
}

function badProducedAt(message: string): Refusal {
  return { detail: 'bad-produced-at', message }
}

/** Section 4.4.4. */
function isRemembered(basic: BasicOcspResponse, certificate: Certificate): boolean {
  return basic.responses.some((single) => (archiveCutoffOf(single) ?? Infinity) <= certificate.notAfter)
}

/** The strictest of what is said of the certificate and is fresh. */
function strictestOf(
  basic: BasicOcspResponse,
  matcher: CertificateIdMatcher,
  { context }: OcspQuestion,
): SingleResponse | Refusal {
  let strictest: SingleResponse | null = null
  let refusal: Refusal = { detail: 'no-matching-response', message: 'it does not speak of this certificate' }
  for (const single of basic.responses) {
    if (!matcher.matches(single.certificateId)) continue
    const unknown = single.extensions.find(isUnknownCritical)
    if (unknown !== undefined) return criticalRefusal(unknown)
    const problem = dateProblem(single, context)
    if (problem !== null) refusal = { detail: 'invalid-date', message: problem }
    else if (strictest === null || STRICTNESS[single.status] > STRICTNESS[strictest.status]) strictest = single
  }
  return strictest ?? refusal
}

/** Critical extensions whose meaning is applied, or changes nothing: a reference to a CRL, timestamps. */
const UNDERSTOOD: ReadonlySet<string> = new Set([...Object.values(OCSP_EXTENSION), '2.5.29.24'])

function isUnknownCritical({ critical, oid }: Extension): boolean {
  return critical && !UNDERSTOOD.has(oid)
}

function criticalRefusal({ oid }: Extension): Refusal {
  const name = oidName(oid)
  const message = `its critical extension ${name === undefined ? boundedMessage(oid) : `${name} (${oid})`} is not understood`
  return { detail: 'unhandled-critical-extension', message }
}

function dateProblem({ thisUpdate, nextUpdate }: SingleResponse, { time, policy }: OcspContext): string | null {
  const { clockSkew, maxAge } = policy.revocation
  if (thisUpdate > time + clockSkew) return `its thisUpdate ${timeText(thisUpdate)} is after ${timeText(time)}`
  if (nextUpdate !== null && nextUpdate < thisUpdate) {
    return `its nextUpdate ${timeText(nextUpdate)} is before its thisUpdate ${timeText(thisUpdate)}`
  }
  if (nextUpdate !== null && nextUpdate <= time - clockSkew) {
    return `its nextUpdate ${timeText(nextUpdate)} has passed at ${timeText(time)}`
  }
  const oldest = maxAge ?? (nextUpdate === null ? MAX_AGE_WITHOUT_NEXT_UPDATE : Infinity)
  if (thisUpdate < time - oldest) {
    return `its thisUpdate ${timeText(thisUpdate)} is more than ${oldest / 1000} seconds before ${timeText(time)}`
  }
  return null
}

/** RFC 9654. Who sent a nonce wants no older answer than its own. */
function checkedNonce(basic: BasicOcspResponse, { nonce: sent }: OcspContext): Refusal | null {
  if (sent === undefined) return null
  const { nonce } = basic
  if (nonce !== null && equalBytes(nonce, sent)) return null
  return {
    detail: 'wrong-nonce',
    message: nonce === null ? 'it lacks the nonce that was sent' : 'its nonce is not the one that was sent',
  }
}

function judgementOf(
  single: SingleResponse,
  basic: BasicOcspResponse,
  response: OcspResponse | Uint8Array,
  responder: Certificate,
): OcspJudgement {
  return {
    status: single.status,
    detail: 'provided',
    response,
    responder,
    thisUpdate: single.thisUpdate,
    nextUpdate: single.nextUpdate,
    revokedAt: single.revocationTime,
    reason: single.revocationReason,
    message: statusText(single, basic),
  }
}

function statusText(single: SingleResponse, basic: BasicOcspResponse): string {
  const source = `the OCSP response of ${timeText(single.thisUpdate)}`
  if (single.status === 'good') {
    return `It is good, says ${source}${single.nextUpdate === null ? '' : `, valid until ${timeText(single.nextUpdate)}`}.`
  }
  if (single.status === 'unknown') return `The OCSP responder does not know it, says ${source}.`
  // Section 2.2: how a responder with extendedRevoke says that a certificate was never issued.
  if (basic.isExtendedRevoke && single.revocationTime === 0 && single.revocationReason === 'certificateHold') {
    return `It was never issued, says ${source}.`
  }
  const reason = single.revocationReason === null ? '' : ` (${single.revocationReason})`
  return `It was revoked at ${timeText(single.revocationTime as number)}${reason}, says ${source}.`
}

/** Most refusals that a message tells. */
const MAX_TOLD = 4

function noAnswer(refused: readonly Refusal[]): OcspJudgement {
  let detail: OcspDetail = 'missing'
  for (const refusal of refused) {
    if (OCSP_DETAILS.indexOf(refusal.detail) > OCSP_DETAILS.indexOf(detail)) detail = refusal.detail
  }
  return {
    status: 'unknown',
    detail,
    response: null,
    responder: null,
    thisUpdate: null,
    nextUpdate: null,
    revokedAt: null,
    reason: null,
    message: refusalText(refused),
  }
}

function refusalText(refused: readonly Refusal[]): string {
  const [only] = refused
  if (only === undefined) return 'There is no OCSP response.'
  if (refused.length === 1) return `The OCSP response does not count: ${only.message}.`
  const told = refused.slice(0, MAX_TOLD).map(({ message }, index) => `${index + 1}: ${message}`)
  const more = refused.length > MAX_TOLD ? `; and ${refused.length - MAX_TOLD} more` : ''
  return `None of ${refused.length} OCSP responses counts: ${told.join('; ')}${more}.`
}
