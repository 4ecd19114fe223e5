/**
 * Who signed a CRL (RFC 5280 section 6.3.3 (f), (g)): a certificate with the name of the list's issuer, with cRLSign
 * if it has a keyUsage, and with a valid path to the anchor of the certificate that is judged.
 *
 * First in question are the certificates above the one that is judged, in its own path; then all others at hand:
 * an issuer's other keys, CRL issuers of their own. Such a stranger must have a path, and none of the certificates
 * on it may be revoked: their status is asked of whoever judges (`statusOf`), which in turn may need a CRL. Where
 * revocation must be known (mode `hard`, scope `path`), theirs must be known to be good.
 *
 * A stranger that has the certificate issuer's name must have been issued by a certificate of that path too, so that no
 * CA can speak for another by taking its name. It must be a CA, or say that it signs CRLs: any end entity might have
 * got itself the name.
 *
 * A stranger with a path to another trust anchor alone is believed if its list says revoked, and not otherwise
 * (`isForeign`): else whoever chooses the path, the peer, could choose one on which nothing is revoked.
 *
 * A certificate's own key says nothing of its own status, with one exception: where the certificate's distribution
 * point names its own subject as cRLIssuer, its issuer has left that to it (section 4.2.1.13).
 *
 * Anyone can make certificates with any name and key identifier. So those that the peer sent come last, and only what
 * costs a signature check counts against the limit of those that are tried. Where it ends the search, the list is left
 * unjudged, and nothing is good (`leaveUnjudged`).
 */

import { equalBytes } from '../../bytes/compare.ts'
import type { Standing } from '../budget.ts'
import type { Certificate } from '../certificate.ts'
import { readable } from '../certificate-error.ts'
import type { Name } from '../name.ts'
import { quotedName } from '../printable-text.ts'
import type { CertificateList } from './certificate-list.ts'
import type { RevocationContext } from './context.ts'
import { signedDataOf } from './ocsp-responder.ts'

/** Most certificates beside the path, of the host and of the peer each, that cost a signature check for one CRL. */
export const MAX_CRL_SIGNERS = 8

/** A certificate with its path: itself first, anchor last. */
export interface CrlSigner {
  readonly certificate: Certificate
  readonly path: readonly Certificate[]
  /** True if its path ends at another anchor: it can only say revoked. */
  readonly isForeign: boolean
}

/** A possible signer. What is not proven has a path of itself alone. */
interface Candidate {
  readonly certificate: Certificate
  readonly path: readonly Certificate[]
  readonly isProven: boolean
  readonly standing: Standing
}

/** What of a stranger's path counts against it: the status of its certificate at `index`. */
export type StatusOf = (path: readonly Certificate[], index: number) => 'good' | 'revoked' | 'unknown'

/** The question for the signer of `list`, for the certificate at `index` of `path`. */
export interface SignerQuestion {
  readonly list: CertificateList
  readonly path: readonly Certificate[]
  readonly index: number
  /** True if a distribution point of the certificate names the list's issuer. */
  readonly isNamed: boolean
}

/** Finds signers, and remembers what it found out of lists and certificates. */
export class CrlSigners {
  readonly #context: RevocationContext
  readonly #statusOf: StatusOf
  readonly #verified: Map<CertificateList, Map<Certificate, boolean>> = new Map()
  /** By the certificate: a text says why it has no good path. */
  readonly #proven: Map<Certificate, CrlSigner | string> = new Map()
  #bySubject: Map<string, Certificate[]> | undefined
  /** The certificates that are judged: no stranger needs to prove them again. */
  readonly #path: readonly Certificate[]

  constructor(path: readonly Certificate[], context: RevocationContext, statusOf: StatusOf) {
    this.#path = path
    this.#context = context
    this.#statusOf = statusOf
  }

  /** The signer, or why there is none, in words to follow "it does not count, as". */
  find(question: SignerQuestion): CrlSigner | string {
    const { list } = question
    const problems = { usage: '', signature: '', path: '' }
    const tried = { given: 0, presented: 0 }
    let isCut = false
    for (const candidate of this.#candidates(question)) {
      const { certificate, isProven, standing } = candidate
      const unfit = this.#unfitness(candidate, list)
      if (unfit !== null) {
        problems.usage = unfit
        continue
      }
      if (
        !isProven &&
        standing !== 'path' &&
        !this.#isKnown(list, certificate) &&
        ++tried[standing] > MAX_CRL_SIGNERS
      ) {
        isCut = true
        continue
      }
      if (!this.#verifies(list, candidate)) {
        problems.signature = `its signature by ${quotedName(list.issuerText)} does not verify`
        continue
      }
      const signer = isProven ? { ...candidate, isForeign: false } : this.#strangerFor(certificate, question)
      if (typeof signer !== 'string') return signer
      problems.path = signer
    }
    if (isCut) this.#context.leaveUnjudged?.()
    // What came furthest says most.
    const problem = problems.path || problems.signature || problems.usage
    return problem || `no certificate of its issuer ${quotedName(list.issuerText)} is at hand`
  }

  /** Whether the signer's key signed the list. */
  verify(list: CertificateList, { certificate, path }: CrlSigner): boolean {
    return this.#verifies(list, { certificate, path, standing: this.#standingOf(certificate) })
  }

  #verifies(list: CertificateList, signer: Pick<Candidate, 'certificate' | 'path' | 'standing'>): boolean {
    let known = this.#verified.get(list)
    if (known === undefined) this.#verified.set(list, (known = new Map()))
    let verified = known.get(signer.certificate)
    if (verified === undefined) {
      verified = this.#context.verify(list, signer.certificate, signer.path, signer.standing)
      known.set(signer.certificate, verified)
    }
    return verified
  }

  /** True if to try it once more costs nothing. */
  #isKnown(list: CertificateList, certificate: Certificate): boolean {
    const verified = this.#verified.get(list)?.get(certificate)
    return verified === false || (verified === true && this.#proven.has(certificate))
  }

  #standingOf(certificate: Certificate): Standing {
    if (this.#path.includes(certificate)) return 'path'
    return this.#context.isPresented?.(certificate) === true ? 'presented' : 'given'
  }

  /** What can be said against it without a signature check; null if nothing. */
  #unfitness({ certificate, isProven }: Candidate, list: CertificateList): string | null {
    const name = quotedName(list.issuerText)
    if (!maySign(certificate)) return `the keyUsage of its issuer ${name} lacks cRLSign`
    if (isProven) return null
    if (!isMeantToSign(certificate)) return `its issuer ${name} is no CA, and has no keyUsage with cRLSign`
    if (this.#context.hasIssuer?.(certificate) !== false) return null
    return `no certificate of ${quotedName(certificate.issuerText)}, who issued its signer, is at hand`
  }

  /** Those with the issuer's name, most promising first. A stranger's path is itself alone. */
  #candidates({ list, path, index, isNamed }: SignerQuestion): Candidate[] {
    const judged = path[index] as Certificate
    const proven: Candidate[] = []
    const given: Candidate[] = []
    const presented: Candidate[] = []
    const isJudged = ({ subjectPublicKeyInfo }: Certificate): boolean =>
      !isNamed && equalBytes(subjectPublicKeyInfo, judged.subjectPublicKeyInfo)
    for (let i = index; i < path.length; i++) {
      const certificate = path[i] as Certificate
      if (!list.issuer.matches(certificate.subject) || isJudged(certificate)) continue
      proven.push({ certificate, path: path.slice(i), isProven: true, standing: this.#standingOf(certificate) })
    }
    for (const certificate of this.#withSubject(list.issuer)) {
      if (path.some((member) => isSame(member, certificate)) || isJudged(certificate)) continue
      const standing = this.#standingOf(certificate)
      const strangers = standing === 'presented' ? presented : given
      strangers.push({ certificate, path: [certificate], isProven: false, standing })
    }
    return [...ranked(proven, list), ...ranked(given, list), ...ranked(presented, list)]
  }

  /** Of the certificates at hand. */
  #withSubject(name: Name): readonly Certificate[] {
    if (this.#bySubject === undefined) {
      this.#bySubject = new Map()
      for (const certificate of this.#context.certificates) {
        const same = this.#bySubject.get(certificate.subject.key)
        if (same === undefined) this.#bySubject.set(certificate.subject.key, [certificate])
        else same.push(certificate)
      }
    }
    return this.#bySubject.get(name.key) ?? []
  }

  /** The stranger, if it may speak of the certificate by a path of its own. */
  #strangerFor(certificate: Certificate, question: SignerQuestion): CrlSigner | string {
    const proven = this.#prove(certificate)
    if (typeof proven === 'string') return proven
    if (isBelow(proven, question)) return 'its signer was certified by the certificate itself'
    const { list, path, index } = question
    const isItsIssuer = list.issuer.matches((path[index] as Certificate).issuer)
    const isEntitled = isItsIssuer
      ? isOfSameIssuer(proven, question) || (proven.isForeign && this.#isOfSameIssuerAbroad(proven, question))
      : question.isNamed
    return isEntitled ? proven : `its signer is another ${quotedName(list.issuerText)} than the certificate's issuer`
  }

  #prove(certificate: Certificate): CrlSigner | string {
    let proven = this.#proven.get(certificate)
    if (proven === undefined) {
      proven = this.#proof(certificate)
      this.#proven.set(certificate, proven)
    }
    return proven
  }

  #proof(certificate: Certificate): CrlSigner | string {
    const anchor = this.#path.at(-1) as Certificate
    const path = this.#context.pathTo(certificate)
    if (path !== null && isSame(path.at(-1) as Certificate, anchor)) return this.#unrevoked(certificate, path, false)
    const abroad = this.#context.pathToAny?.(certificate) ?? null
    if (abroad !== null) return this.#unrevoked(certificate, abroad, true)
    return `its signer ${quotedName(certificate.subjectText)} has no valid path to the same trust anchor`
  }

  #unrevoked(certificate: Certificate, path: readonly Certificate[], isForeign: boolean): CrlSigner | string {
    const { mode, scope } = this.#context.policy.revocation
    for (let index = 0; index < path.length - 1; index++) {
      const member = path[index] as Certificate
      if (this.#path.includes(member)) continue
      const status = this.#statusOf(path, index)
      if (status === 'revoked') return `${quotedName(member.subjectText)}, on the path of its signer, is revoked`
      // Who can only say revoked needs no more trust than that.
      if (status === 'unknown' && mode === 'hard' && scope === 'path' && !isForeign) {
        return `it is not known whether ${quotedName(member.subjectText)}, on the path of its signer, is revoked`
      }
    }
    return { certificate, path, isForeign }
  }

  /**
   * Whether the issuer of a stranger also certified the certificate's issuer, by a certificate that is at hand and is not
   * on the path: as where two anchors lead to it.
   */
  #isOfSameIssuerAbroad(signer: CrlSigner, { path, index }: SignerQuestion): boolean {
    const certifier = signer.path[1]
    const issuer = path[index + 1]
    if (certifier === undefined || issuer === undefined) return false
    return this.#withSubject(issuer.subject).some(
      (twin) =>
        isSameHolder(twin, issuer) &&
        twin.issuer.matches(certifier.subject) &&
        readable(() =>
          this.#context.verify(signedDataOf(twin), certifier, signer.path.slice(1), this.#standingOf(twin)),
        ) === true,
    )
  }
}

/** Those with the key that the list names first. */
function ranked(candidates: readonly Candidate[], list: CertificateList): readonly Candidate[] {
  const keyIdentifier = list.extensions.authorityKeyIdentifier?.keyIdentifier
  if (keyIdentifier === undefined || candidates.length < 2) return candidates
  const hasKey = new Set(candidates.filter(({ certificate }) => hasKeyIdentifier(certificate, keyIdentifier)))
  return [...hasKey, ...candidates.filter((candidate) => !hasKey.has(candidate))]
}

/** Whether the certificate that is judged, or its key, is on the path of a stranger: it would speak for itself. */
function isBelow(signer: CrlSigner, { path, index }: SignerQuestion): boolean {
  const judged = path[index] as Certificate
  return signer.path
    .slice(1)
    .some(({ subjectPublicKeyInfo }) => equalBytes(subjectPublicKeyInfo, judged.subjectPublicKeyInfo))
}

/**
 * Whether a stranger with the name of the certificate's issuer is that issuer: whoever issued the stranger stands
 * above the certificate in its own path. Section 6.3.3 (f) asks for the same trust anchor only, below which another
 * CA may well use the name.
 */
function isOfSameIssuer(signer: CrlSigner, { path, index }: SignerQuestion): boolean {
  const issuer = signer.path[1]
  return issuer !== undefined && path.slice(index + 1).some((above) => isSameHolder(above, issuer))
}

function isSameHolder(a: Certificate, b: Certificate): boolean {
  return a.subject.matches(b.subject) && equalBytes(a.subjectPublicKeyInfo, b.subjectPublicKeyInfo)
}

function isSame(a: Certificate, b: Certificate): boolean {
  return a === b || (a.subject.hash === b.subject.hash && equalBytes(a.der, b.der))
}

/** Section 6.3.3 (f). Who cannot be read may not sign. */
function maySign(certificate: Certificate): boolean {
  return readable(() => certificate.keyUsage?.cRLSign !== false) === true
}

/** Of a stranger, which nothing but this shows to be more than someone with the name. */
function isMeantToSign(certificate: Certificate): boolean {
  return readable(() => certificate.keyUsage?.cRLSign === true || certificate.isCa) === true
}

function hasKeyIdentifier(certificate: Certificate, keyIdentifier: Uint8Array): boolean {
  const has = readable(() => certificate.extensions.subjectKeyIdentifier)
  return has !== undefined && equalBytes(has, keyIdentifier)
}
