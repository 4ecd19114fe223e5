/**
 * Revocation (RFC 5280 section 6.3, RFC 6960, RFC 7633): whether the certificates of a path are revoked, by the CRLs
 * and OCSP responses at hand; what is missing to say so; and whether a certificate that demands a stapled response
 * got one.
 *
 * Every source that the policy names is asked, in its order: revoked by any of them is revoked; else the first that
 * says good is believed. Stapled responses come before other OCSP responses. Where nothing says good or revoked the
 * status is unknown: mode `hard` refuses it, mode `soft` lets it pass. Where a limit left evidence unjudged nothing is
 * good.
 *
 * Signers of CRLs that are not on the path, and responders of OCSP, are judged in turn by the same lists and
 * responses (crl-signer.ts). That ends: who is already being judged is unknown to those who ask again, no
 * certificate is judged twice, and every signature counts against the budget of the verdict.
 *
 * Of an end entity's certificate with noRevAvail (RFC 9608) and no pointer to revocation data nothing need be known:
 * its issuer keeps no such data, as it is short-lived.
 */

import type { Standing } from '../budget.ts'
import type { Certificate } from '../certificate.ts'
import { problem, type Problem } from '../rules/rule.ts'
import type { SignedData } from '../signed-data.ts'
import type { CertificateList } from './certificate-list.ts'
import type { RevocationContext } from './context.ts'
import { CrlSigners } from './crl-signer.ts'
import { type CrlJudgement, judgeByCrl } from './crl-status.ts'
import type { RevocationFinding } from './finding.ts'
import type { OcspContext } from './ocsp-responder.ts'
import type { OcspResponse } from './ocsp-response.ts'
import { judgeByOcsp, type OcspJudgement, type OcspQuestion } from './ocsp-status.ts'
import { hasNoRevocation, stapleDemand } from './revocation-extensions.ts'
import { adviceText, findMissing, findMissingDeltas, type WantedRevocation } from './missing.ts'

/** What is at hand. */
export interface RevocationMaterial {
  readonly crls: readonly CertificateList[]
  readonly ocspResponses: readonly OcspResponse[]
  /** What the peer stapled; null if it was not asked to. */
  readonly stapled: readonly OcspResponse[] | null
}

/** What `checkRevocation` found on a path, what speaks against it, and what would say more. */
export interface RevocationResult {
  /** One for each certificate of the path but the anchor, in its order; empty if revocation is off. */
  readonly findings: readonly RevocationFinding[]
  readonly problems: readonly Problem[]
  readonly wanted: readonly WantedRevocation[]
  /** The OCSP responses that count for the leaf. */
  readonly responses: readonly OcspResponse[]
}

/**
 * Judges `path`, leaf first, anchor last. Its signatures must have been checked.
 * Never throws for what a certificate, list or response holds.
 */
export function checkRevocation(
  path: readonly Certificate[],
  material: RevocationMaterial,
  context: RevocationContext,
): RevocationResult {
  return new RevocationCheck(path, material, context).run()
}

type Answer =
  | { readonly source: 'crl'; readonly judgement: CrlJudgement }
  | { readonly source: 'ocsp' | 'stapled-ocsp'; readonly judgement: OcspJudgement }

class RevocationCheck {
  readonly #path: readonly Certificate[]
  readonly #material: RevocationMaterial
  readonly #context: RevocationContext
  readonly #ocspContext: OcspContext
  readonly #stapledContext: OcspContext
  readonly #signers: CrlSigners
  /** Of certificates beside the path: of signers and responders. Null while one is being judged. */
  readonly #known: Map<Certificate, RevocationFinding['status'] | null> = new Map()
  readonly #wanted: WantedRevocation[] = []
  readonly #problems: Problem[] = []
  readonly #responses: OcspResponse[] = []

  constructor(path: readonly Certificate[], material: RevocationMaterial, context: RevocationContext) {
    this.#path = path
    this.#material = material
    this.#context = context
    this.#signers = new CrlSigners(path, context, (signerPath, index) => this.#statusBeside(signerPath, index))
    this.#ocspContext = this.#contextFor('given')
    this.#stapledContext = this.#contextFor('presented')
  }

  #contextFor(standing: 'given' | 'presented'): OcspContext {
    const { time, provider, policy, certificates, isPresented, leaveUnjudged } = this.#context
    return {
      time,
      provider,
      policy,
      certificates,
      standing,
      ...(isPresented === undefined ? {} : { isPresented }),
      ...(leaveUnjudged === undefined ? {} : { leaveUnjudged }),
      // Of what the peer stapled it has a part in every check.
      verify: (signed: SignedData, signer: Certificate, of: Standing) =>
        this.#context.verify(signed, signer, [signer], standing === 'presented' ? standing : this.#lower(of, signer)),
      isRevoked: (responder, issuer) => this.#isResponderRevoked(responder, issuer),
    }
  }

  /** The issuer in the path of someone who signed a CRL is not on the path that is judged. */
  #lower(standing: Standing, signer: Certificate): Standing {
    if (standing !== 'path' || this.#path.includes(signer)) return standing
    return this.#context.isPresented?.(signer) === true ? 'presented' : 'given'
  }

  run(): RevocationResult {
    const { mode, scope } = this.#context.policy.revocation
    const findings: RevocationFinding[] = []
    for (let index = 0; mode !== 'off' && index < this.#path.length - 1; index++) {
      findings.push(
        index > 0 && scope === 'leaf' ? uncheckedByScope(this.#path[index] as Certificate) : this.#check(index),
      )
    }
    if (this.#path.length > 1) this.#checkStaple()
    return { findings, problems: this.#problems, wanted: this.#wanted, responses: this.#responses }
  }

  /** Judges a certificate of the path, and says what that means. */
  #check(index: number): RevocationFinding {
    const certificate = this.#path[index] as Certificate
    const answers = this.#answers(this.#path, index)
    const finding = this.#finding(certificate, answers)
    if (index === 0) this.#responses.push(...answers.flatMap(countedResponses))
    if (finding.status === 'revoked') this.#refuse('revoked', certificate, finding.message)
    if (finding.status === 'good') {
      for (const { source, judgement } of answers) {
        if (source === 'crl' && judgement.status === 'good') this.#want(findMissingDeltas(certificate, judgement))
      }
    } else if (finding.status !== 'revoked') {
      if (hasNoRevocation(certificate)) {
        return found(certificate, 'unchecked', 'Its issuer keeps no revocation data for it (noRevAvail).')
      }
      const { policy, provider } = this.#context
      const missing = findMissing(certificate, this.#path[index + 1] as Certificate, policy.revocation, provider)
      this.#want(missing)
      if (policy.revocation.mode === 'hard') {
        const message = `Its revocation status is not known. ${finding.message} ${adviceText(missing, policy.revocation.sources)}`
        this.#refuse('revocation-unknown', certificate, message)
      }
    }
    return finding
  }

  #refuse(reason: 'revoked' | 'revocation-unknown', certificate: Certificate, message: string): void {
    this.#problems.push({ ...problem(reason, certificate, message), rule: 'revocation' })
  }

  #want(wanted: readonly WantedRevocation[]): void {
    this.#wanted.push(...wanted)
  }

  /** What each source says, in the policy's order. */
  #answers(path: readonly Certificate[], index: number): Answer[] {
    const { stapled, ocspResponses, crls } = this.#material
    const answers: Answer[] = []
    for (const source of this.#context.policy.revocation.sources) {
      if (source === 'crl') {
        const question = { path, index, lists: crls, signers: this.#signers, context: this.#context }
        answers.push({ source, judgement: judgeByCrl(question) })
        continue
      }
      if (stapled !== null && stapled.length > 0) {
        answers.push({ source: 'stapled-ocsp', judgement: this.#judgeByStaple(path, index, stapled) })
      }
      if (stapled === null || stapled.length === 0 || ocspResponses.length > 0) {
        const judgement = judgeByOcsp(questionOf(path, index, ocspResponses, this.#ocspContext))
        answers.push({ source, judgement })
      }
    }
    return answers
  }

  #judgeByStaple(path: readonly Certificate[], index: number, stapled: readonly OcspResponse[]): OcspJudgement {
    return judgeByOcsp(questionOf(path, index, stapled, this.#stapledContext))
  }

  #finding(certificate: Certificate, answers: readonly Answer[]): RevocationFinding {
    const answer =
      answers.find(({ judgement }) => judgement.status === 'revoked') ??
      answers.find(({ judgement }) => judgement.status === 'good')
    if (answer?.judgement.status === 'good' && this.#context.hasUnjudged?.() === true) {
      return found(certificate, 'unknown', `${answer.judgement.message} ${UNJUDGED}`)
    }
    if (answer !== undefined) {
      const { status, thisUpdate, nextUpdate, revokedAt, reason, message } = answer.judgement
      return { certificate, status, source: answer.source, thisUpdate, nextUpdate, revokedAt, reason, message }
    }
    const isUnchecked = this.#context.policy.revocation.mode === 'soft' && !answers.some(isAboutCertificate)
    const message = answers.map(({ judgement }) => judgement.message).join(' ')
    return found(certificate, isUnchecked ? 'unchecked' : 'unknown', message || 'The policy names no source to ask.')
  }

  /** The status of a certificate beside the path, at `index` of its own. */
  #statusBeside(path: readonly Certificate[], index: number): 'good' | 'revoked' | 'unknown' {
    const certificate = path[index] as Certificate
    let status = this.#known.get(certificate)
    if (status === undefined) {
      this.#known.set(certificate, null)
      status = this.#finding(certificate, this.#answers(path, index)).status
      if (status !== 'revoked' && hasNoRevocation(certificate)) status = 'good'
      this.#known.set(certificate, status)
    }
    return status === null || status === 'unchecked' ? 'unknown' : status
  }

  #isResponderRevoked(responder: Certificate, issuer: Certificate): boolean {
    const at = this.#path.indexOf(issuer)
    // The issuer of a signer's certificate: its path is judged with the signer.
    if (at < 0) return false
    return this.#statusBeside([responder, ...this.#path.slice(at)], 0) === 'revoked'
  }

  /** RFC 7633. */
  #checkStaple(): void {
    const { stapled } = this.#material
    if (stapled === null) return
    const leaf = this.#path[0] as Certificate
    const demand = stapleDemand(this.#path)
    if (demand === null) return
    const { status, message } = this.#judgeByStaple(this.#path, 0, stapled)
    if (status === 'good') return
    const has = stapled.length === 0 ? 'none was stapled.' : message
    const text = `${demand} demands a stapled OCSP response that says good: ${has}`
    this.#problems.push({ ...problem('must-staple', leaf, text), rule: 'must-staple' })
  }
}

function found(certificate: Certificate, status: 'unknown' | 'unchecked', message: string): RevocationFinding {
  return {
    certificate,
    status,
    source: null,
    thisUpdate: null,
    nextUpdate: null,
    revokedAt: null,
    reason: null,
    message,
  }
}

/** What was not judged may have said revoked. */
const UNJUDGED =
  'But not everything at hand could be judged within the limits for evidence (budget evidenceChecks): what was not may say otherwise.'

function questionOf(
  path: readonly Certificate[],
  index: number,
  responses: readonly OcspResponse[],
  context: OcspContext,
): OcspQuestion {
  return { certificate: path[index] as Certificate, issuer: path[index + 1] as Certificate, responses, context }
}

function uncheckedByScope(certificate: Certificate): RevocationFinding {
  return found(certificate, 'unchecked', 'The policy wants the leaf alone checked.')
}

function countedResponses(answer: Answer): OcspResponse[] {
  const response = answer.source === 'crl' ? null : answer.judgement.response
  return response === null || response instanceof Uint8Array ? [] : [response]
}

/** True if something at hand was made for this certificate, whether it counts or not. */
function isAboutCertificate(answer: Answer): boolean {
  if (answer.source === 'crl') return answer.judgement.candidates > 0
  return answer.judgement.detail !== 'missing' && answer.judgement.detail !== 'no-matching-response'
}
