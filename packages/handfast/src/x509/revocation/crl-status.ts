/**
 * What CRLs say of a certificate (RFC 5280 section 6.3.3).
 *
 * Each distribution point of the certificate is tried with each list that is issued for it, newest first; then the
 * point that is assumed for lists no distribution point names; until the certificate is revoked, or every reason for
 * which it could be is covered. A list counts if it is about the certificate (crl-scope.ts), covers reasons not yet
 * covered, has no critical extension that is not understood, is current, and is signed by whom it says
 * (crl-signer.ts). A delta CRL at hand that updates it (section 5.2.4) is applied, and makes a list current that itself
 * no longer is. What does not count is explained, and changes nothing: without an answer the status is unknown.
 *
 * Current: thisUpdate is not in the future, nextUpdate not in the past, thisUpdate not before what the policy's maxAge
 * allows. Of a list without nextUpdate RFC 5280 says nothing (section 5.1.2.5): it counts as long as maxAge lets it.
 *
 * Beyond RFC 5280, and stricter: a current delta CRL without its complete list, which proves no certificate good, is
 * believed if it says revoked. So is a list by another key of the issuer than the newest: issuers that change their key
 * differ in whether the new key's list has what the old key signed; and one whose signer has a path to another trust
 * anchor only (crl-signer.ts). A complete list that has the certificate as removed from it, which deltas alone can say
 * (section 5.3.1), and one that is not indirect and names other issuers (section 5.3.3), says nothing. A certificate that expired before the list was made
 * is not good for being absent from it, unless the list keeps expired ones (expiredCertsOnCRL of X.509).
 */

import { oidName } from '../../asn1/oid.ts'
import { equalBytes } from '../../bytes/compare.ts'
import type { Certificate } from '../certificate.ts'
import { CertificateError } from '../certificate-error.ts'
import type { Name } from '../name.ts'
import { boundedMessage, quotedName } from '../printable-text.ts'
import { timeText } from '../time-text.ts'
import type { CertificateList } from './certificate-list.ts'
import type { RevocationContext } from './context.ts'
import type { RevokedCertificate } from './crl-entries.ts'
import { ALL_REASONS, compareCrlNumbers } from './crl-extensions.ts'
import {
  assumedPoint,
  coveredReasons,
  type CrlPoint,
  distributionPoints,
  isIssuedFor,
  scopeProblem,
} from './crl-scope.ts'
import type { CrlSigner, CrlSigners } from './crl-signer.ts'
import type { RevocationReason } from './finding.ts'

/** Times in milliseconds since the epoch. */
export interface CrlJudgement {
  readonly status: 'good' | 'revoked' | 'unknown'
  /** Of the oldest list that counts; null if none does. */
  readonly thisUpdate: number | null
  /** The earliest of the lists that count; null if they do not say. */
  readonly nextUpdate: number | null
  /** Null unless revoked. */
  readonly revokedAt: number | null
  readonly reason: RevocationReason | null
  /** The complete lists that count. */
  readonly lists: readonly CertificateList[]
  /** True if each of them was updated by a delta CRL. */
  readonly isFreshest: boolean
  /** How many lists at hand are issued for the certificate, whether they count or not. */
  readonly candidates: number
  /** What was found, or why each list does not count. One sentence. */
  readonly message: string
}

/** What `judgeByCrl` is asked: one certificate of a path, and the lists at hand. */
export interface CrlQuestion {
  /** The certificate that is judged is at `index`; the last is the anchor. */
  readonly path: readonly Certificate[]
  readonly index: number
  /** In any order. */
  readonly lists: readonly CertificateList[]
  readonly signers: CrlSigners
  readonly context: RevocationContext
}

/** Judges by CRLs alone. Never throws for what a list or certificate holds. */
export function judgeByCrl(question: CrlQuestion): CrlJudgement {
  const search = new CrlSearch(question)
  try {
    return search.run()
  } catch (error) {
    if (!(error instanceof CertificateError)) throw error
    return search.unknown(`The certificate cannot be judged by CRLs: ${error.message}.`)
  }
}

/** A list that counts, with the delta that updates it. */
interface Counted {
  readonly list: CertificateList
  readonly delta: CertificateList | null
  readonly signer: CrlSigner
}

class CrlSearch {
  readonly #question: CrlQuestion
  readonly #certificate: Certificate
  /** reasons_mask of section 6.3.2. */
  #reasons = 0
  readonly #counted: Counted[] = []
  /** Why lists that are issued for the certificate do not count, in words to follow "it does not count, as". */
  readonly #refused: Map<CertificateList, string> = new Map()
  /** What was found out of lists, as more than one point may ask: by whether a point names their issuer, who signed them. */
  readonly #signers: ReadonlyMap<boolean, Map<CertificateList, CrlSigner | string>> = new Map([
    [false, new Map()],
    [true, new Map()],
  ])
  readonly #deltas: Map<CertificateList, readonly CertificateList[]> = new Map()
  #usableDeltas: readonly CertificateList[] | undefined

  constructor(question: CrlQuestion) {
    this.#question = question
    this.#certificate = question.path[question.index] as Certificate
  }

  run(): CrlJudgement {
    const points = this.#points()
    // The newest first: what an older one that is still current does not know yet must not be believed.
    const complete = this.#question.lists
      .filter((list) => !list.isDelta)
      .toSorted((a, b) => b.thisUpdate - a.thisUpdate)
    for (const point of points) {
      for (const list of complete) {
        const revoked = this.#try(list, point)
        if (revoked !== null) return revoked
        if (this.#reasons === ALL_REASONS) return this.#revokedByOtherKeys(points, complete) ?? this.#good()
      }
    }
    // What is left undecided may still be revoked by deltas whose complete list is missing.
    for (const list of this.#question.lists) {
      if (!list.isDelta) continue
      for (const point of points) {
        const revoked = this.#tryDelta(list, point)
        if (revoked !== null) return revoked
      }
    }
    return this.unknown(this.#unknownText())
  }

  #points(): CrlPoint[] {
    const points = distributionPoints(this.#certificate)
    if (this.#question.context.policy.revocation.indirectCrls) return [...points, assumedPoint(this.#certificate)]
    const direct = points.filter(({ crlIssuers }) => crlIssuers === null)
    // An issuer that left its revocations to another does not say by its own lists that there are none.
    return direct.length < points.length ? direct : [...direct, assumedPoint(this.#certificate)]
  }

  /** Applies a complete list: a judgement if it says revoked; else null, and what it covers is noted. */
  #try(list: CertificateList, point: CrlPoint): CrlJudgement | null {
    if (!isIssuedFor(list, point, this.#certificate)) return null
    const reasons = coveredReasons(list, point)
    // Section 6.3.3 (e).
    if ((reasons & ~this.#reasons) === 0) return null
    const signer = this.#applicable(list, point)
    if (typeof signer === 'string') return this.#refuse(list, signer)
    const delta = this.#deltaOf(list, signer)
    const dateProblem = this.#dateProblem(delta ?? list)
    if (dateProblem !== null) return this.#refuse(list, dateProblem)
    const change = delta === null ? null : this.#find(delta)
    const entry = change ?? this.#find(list)
    const counted = { list, delta, signer }
    if (entry !== null && entry.reason !== 'removeFromCRL') return revokedBy(entry, counted, this.#candidates())
    if (signer.isForeign) return this.#refuse(list, 'its signer has no valid path to the same trust anchor')
    if (entry !== null && change === null) {
      return this.#refuse(
        list,
        'it is complete, and has the certificate as removeFromCRL, which only a delta CRL may say',
      )
    }
    if (entry === null && this.#mayBeForgotten(list, delta)) {
      return this.#refuse(list, `the certificate had expired by its thisUpdate ${timeText((delta ?? list).thisUpdate)}`)
    }
    // Another point may let the same list cover more reasons.
    if (!this.#counted.some((before) => before.list === list)) this.#counted.push(counted)
    this.#refused.delete(list)
    this.#reasons |= reasons
    return null
  }

  /** Looks through lists by other keys than those that count. */
  #revokedByOtherKeys(points: readonly CrlPoint[], complete: readonly CertificateList[]): CrlJudgement | null {
    for (const list of complete) {
      if (this.#dateProblem(list) !== null || this.#counted.some((counted) => counted.list === list)) continue
      for (const point of points) {
        if (!isIssuedFor(list, point, this.#certificate)) continue
        const signer = this.#applicable(list, point)
        if (typeof signer === 'string' || this.#hasCountedKey(signer)) continue
        const entry = this.#find(list)
        if (entry === null || entry.reason === 'removeFromCRL') break
        return revokedBy(entry, { list, delta: null, signer }, this.#candidates())
      }
    }
    return null
  }

  /** By the key itself: a key identifier is whatever who makes a list or certificate writes. */
  #hasCountedKey({ certificate }: CrlSigner): boolean {
    const key = certificate.subjectPublicKeyInfo
    return this.#counted.some(({ signer }) => equalBytes(signer.certificate.subjectPublicKeyInfo, key))
  }

  /** Believes a delta CRL without its complete list if it says revoked. */
  #tryDelta(delta: CertificateList, point: CrlPoint): CrlJudgement | null {
    if (!isIssuedFor(delta, point, this.#certificate)) return null
    const signer = this.#applicable(delta, point)
    if (typeof signer === 'string') return this.#refuse(delta, signer)
    const dateProblem = this.#dateProblem(delta)
    if (dateProblem !== null) return this.#refuse(delta, dateProblem)
    const entry = this.#find(delta)
    if (entry !== null && entry.reason !== 'removeFromCRL') {
      return revokedBy(entry, { list: delta, delta: null, signer }, this.#candidates())
    }
    if (this.#counted.some((counted) => counted.delta === delta)) return null
    return this.#refuse(delta, 'it is a delta CRL, and the complete CRL that it updates is missing')
  }

  /** Notes why a list does not count, unless it was told before. */
  #refuse(list: CertificateList, message: string): null {
    const isTold = this.#refused.has(list) || this.#counted.some((counted) => counted.list === list)
    if (!isTold) this.#refused.set(list, message)
    return null
  }

  /** The signer if the list may speak of the certificate, whenever it was made; else why not. */
  #applicable(list: CertificateList, point: CrlPoint): CrlSigner | string {
    const { signers, path, index, context } = this.#question
    if (list.extensions.issuingDistributionPoint?.indirectCrl === true && !context.policy.revocation.indirectCrls) {
      return 'it is an indirect CRL, which the policy does not allow'
    }
    const scope = scopeProblem(list, point, this.#certificate)
    if (scope !== null) return scope
    const unfit = criticalProblem(list) ?? numberProblem(list, context)
    if (unfit !== null) return unfit
    // Before the signature, which costs more. A delta may make good for nextUpdate and maxAge.
    if (list.thisUpdate > context.time + context.policy.revocation.clockSkew) return this.#dateProblem(list) as string
    if (this.#dateProblem(list) !== null && (list.isDelta || !this.#hasDelta(list))) {
      return this.#dateProblem(list) as string
    }
    const weakness = signatureWeakness(list, context)
    if (weakness !== null) return weakness
    const isNamed = point.crlIssuers !== null
    const known = this.#signers.get(isNamed) as Map<CertificateList, CrlSigner | string>
    let signer = known.get(list)
    if (signer === undefined) known.set(list, (signer = signers.find({ list, path, index, isNamed })))
    return signer
  }

  #dateProblem({ thisUpdate, nextUpdate }: CertificateList): string | null {
    const { time, policy } = this.#question.context
    const { clockSkew, maxAge } = policy.revocation
    if (thisUpdate > time + clockSkew) return `its thisUpdate ${timeText(thisUpdate)} is after ${timeText(time)}`
    if (nextUpdate !== null && nextUpdate < thisUpdate) {
      return `its nextUpdate ${timeText(nextUpdate)} is before its thisUpdate ${timeText(thisUpdate)}`
    }
    if (nextUpdate !== null && nextUpdate <= time - clockSkew) {
      return `its nextUpdate ${timeText(nextUpdate)} has passed at ${timeText(time)}`
    }
    if (maxAge !== null && thisUpdate < time - maxAge) {
      return `its thisUpdate ${timeText(thisUpdate)} is more than ${maxAge / 1000} seconds before ${timeText(time)}`
    }
    return null
  }

  /** Sections 5.2.4 and 6.3.3 (c), (h): the newest delta CRL that updates `list`. */
  #deltaOf(list: CertificateList, signer: CrlSigner): CertificateList | null {
    for (const delta of this.#deltasFor(list)) if (this.#question.signers.verify(delta, signer)) return delta
    return null
  }

  #hasDelta(list: CertificateList): boolean {
    return this.#deltasFor(list).length > 0
  }

  /** Delta CRLs that would update `list` if its signer signed them, newest first. */
  #deltasFor(list: CertificateList): readonly CertificateList[] {
    let deltas = this.#deltas.get(list)
    if (deltas === undefined) {
      this.#usableDeltas ??= this.#findUsableDeltas()
      deltas = this.#usableDeltas.filter((delta) => updates(delta, list)).slice(0, MAX_DELTAS)
      this.#deltas.set(list, deltas)
    }
    return deltas
  }

  /** Those that nothing speaks against, whatever they update; newest first. */
  #findUsableDeltas(): readonly CertificateList[] {
    const { lists, context } = this.#question
    return lists
      .filter(
        (delta) =>
          delta.isDelta &&
          criticalProblem(delta) === null &&
          numberProblem(delta, context) === null &&
          this.#dateProblem(delta) === null &&
          signatureWeakness(delta, context) === null,
      )
      .toSorted((a, b) => b.thisUpdate - a.thisUpdate)
  }

  #find(list: CertificateList): RevokedCertificate | null {
    return list.find(this.#certificate.serialNumber, this.#certificate.issuer)
  }

  /** True if the list need not have the certificate any more, revoked or not (section 5; X.509 for the extension). */
  #mayBeForgotten(list: CertificateList, delta: CertificateList | null): boolean {
    const { notAfter } = this.#certificate
    const { clockSkew } = this.#question.context.policy.revocation
    const keptFrom = list.extensions.expiredCertsOnCrl ?? Infinity
    return (delta ?? list).thisUpdate >= notAfter + 1000 + clockSkew && keptFrom > notAfter
  }

  #good(): CrlJudgement {
    const freshest = this.#counted.map(({ list, delta }) => delta ?? list)
    const nextUpdates = freshest.flatMap(({ nextUpdate }) => (nextUpdate === null ? [] : [nextUpdate]))
    return {
      status: 'good',
      thisUpdate: Math.min(...freshest.map(({ thisUpdate }) => thisUpdate)),
      nextUpdate: nextUpdates.length === 0 ? null : Math.min(...nextUpdates),
      revokedAt: null,
      reason: null,
      lists: this.#counted.map(({ list }) => list),
      isFreshest: this.#counted.every(({ delta }) => delta !== null),
      candidates: this.#candidates(),
      message: `It is not listed by ${this.#counted.map(countedText).join(', and by ')}.`,
    }
  }

  unknown(message: string): CrlJudgement {
    return {
      status: 'unknown',
      thisUpdate: null,
      nextUpdate: null,
      revokedAt: null,
      reason: null,
      lists: [],
      isFreshest: false,
      candidates: this.#candidates(),
      message,
    }
  }

  #candidates(): number {
    return this.#counted.length + this.#refused.size
  }

  #unknownText(): string {
    const refusals = [...this.#refused.values()]
    if (this.#counted.length > 0) {
      const told = refusals.length === 0 ? '' : ` ${refusalText(refusals)}`
      const lists = this.#counted.map(countedText).join(', and by ')
      return `It is not listed by ${lists}, but revocation for ${reasonsText(ALL_REASONS & ~this.#reasons)} is not covered.${told}`
    }
    if (refusals.length > 0) return refusalText(refusals)
    const names = distributionPoints(this.#certificate).flatMap(({ crlIssuers }) => crlIssuers ?? [])
    if (names.length > 0 && !this.#question.context.policy.revocation.indirectCrls) {
      return `Its revocations are left to ${namesText(names)}, which the policy does not allow.`
    }
    return `There is no CRL of ${namesText([this.#certificate.issuer, ...names])}.`
  }
}

/** Most delta CRLs whose signature is checked for one complete list. */
const MAX_DELTAS = 4
/** Most refusals that a message tells. */
const MAX_TOLD = 4

const SCOPE = '2.5.29.28'
const AUTHORITY_KEY = '2.5.29.35'

/** Section 5.2.4 (a) to (d), section 6.3.3 (c) (3). */
function updates(delta: CertificateList, list: CertificateList): boolean {
  const from = delta.extensions.deltaCrlIndicator
  const to = delta.extensions.crlNumber
  const { crlNumber } = list.extensions
  return (
    from !== undefined &&
    to !== undefined &&
    crlNumber !== undefined &&
    compareCrlNumbers(from, crlNumber) <= 0 &&
    compareCrlNumbers(crlNumber, to) < 0 &&
    delta.issuer.matches(list.issuer) &&
    isSameValue(delta, list, SCOPE) &&
    isSameValue(delta, list, AUTHORITY_KEY)
  )
}

/** Whether both lists have this extension with the same value, or neither has it. */
function isSameValue(a: CertificateList, b: CertificateList, oid: string): boolean {
  const first = a.extensions.all.find((extension) => extension.oid === oid)
  const second = b.extensions.all.find((extension) => extension.oid === oid)
  if (first === undefined || second === undefined) return first === second
  return equalBytes(first.value, second.value)
}

/** Sections 5.2 and 5.3: a list with such an extension, in any entry, says nothing of any certificate. */
function criticalProblem(list: CertificateList): string | null {
  const [oid] = list.extensions.unknownCritical
  if (oid !== undefined) return `its critical extension ${oidText(oid)} is not understood`
  const { unknownCritical } = list.revoked
  if (unknownCritical === null) {
    const isIndirect = list.extensions.issuingDistributionPoint?.indirectCrl === true
    if (isIndirect || !list.revoked.namesOthers(list.issuer)) return null
    return 'it has entries for certificates of other issuers, and is no indirect CRL'
  }
  return `the critical extension ${oidText(unknownCritical.oid)} of its entry ${unknownCritical.index} is not understood`
}

/** Section 5.2.3. A list of version 1 has no place for a number, and must be processed (section 5). */
function numberProblem(list: CertificateList, { policy }: RevocationContext): string | null {
  if (!policy.revocation.requireCrlNumber || list.version === 1) return null
  const number = list.extensions.all.find(({ oid }) => oid === '2.5.29.20')
  if (number === undefined) return 'it has no cRLNumber'
  return number.critical ? 'its cRLNumber is critical' : null
}

function oidText(oid: string): string {
  const name = oidName(oid)
  return name === undefined ? boundedMessage(oid) : `${name} (${oid})`
}

/** A signature with a broken hash is worth what a certificate's of the same date is. */
function signatureWeakness(list: CertificateList, { policy }: RevocationContext): string | null {
  if (policy.rules['weak-signature-algorithm'] !== 'refuse') return null
  try {
    const { weakness, text } = list.signatureAlgorithm
    const { before } = policy.limits.sha1
    const isOld = weakness === 'SHA-1' && before !== null && list.thisUpdate < Date.parse(before)
    return weakness === null || isOld ? null : `it is signed by ${text}, which the policy refuses`
  } catch (error) {
    if (error instanceof CertificateError) return `it is malformed: ${error.message}`
    throw error
  }
}

function revokedBy(entry: RevokedCertificate, counted: Counted, candidates: number): CrlJudgement {
  const { list, delta } = counted
  const reason = entry.reason === null ? '' : ` (${entry.reason})`
  return {
    status: 'revoked',
    thisUpdate: (delta ?? list).thisUpdate,
    nextUpdate: (delta ?? list).nextUpdate,
    revokedAt: entry.revocationDate,
    reason: entry.reason,
    lists: [list],
    isFreshest: delta !== null,
    candidates: Math.max(1, candidates),
    message: `It was revoked at ${timeText(entry.revocationDate)}${reason}, says ${countedText(counted)}.`,
  }
}

function countedText({ list, delta }: Counted): string {
  const until = ({ nextUpdate }: CertificateList): string =>
    nextUpdate === null ? '' : `, valid until ${timeText(nextUpdate)}`
  if (delta === null) return `the CRL of ${timeText(list.thisUpdate)}${until(list)}`
  return `the CRL of ${timeText(list.thisUpdate)} with the delta CRL of ${timeText(delta.thisUpdate)}${until(delta)}`
}

function namesText(names: readonly Name[]): string {
  const texts = new Set(names.slice(0, MAX_TOLD).map(({ text }) => quotedName(text)))
  return [...texts].join(' or ')
}

function refusalText(refusals: readonly string[]): string {
  const [only] = refusals
  if (refusals.length === 1) return `The CRL does not count: ${only}.`
  const told = refusals.slice(0, MAX_TOLD).map((message, index) => `${index + 1}: ${message}`)
  const more = refusals.length > MAX_TOLD ? `; and ${refusals.length - MAX_TOLD} more` : ''
  return `None of ${refusals.length} CRLs counts: ${told.join('; ')}${more}.`
}

const REASON_NAMES: readonly RevocationReason[] = [
  'keyCompromise',
  'cACompromise',
  'affiliationChanged',
  'superseded',
  'cessationOfOperation',
  'certificateHold',
  'privilegeWithdrawn',
  'aACompromise',
]

function reasonsText(mask: number): string {
  return REASON_NAMES.filter((_, index) => (mask & (2 << index)) !== 0).join(', ')
}
