/**
 * Who signed a CRL (RFC 5280 section 6.3.3 (f), (g)): a certificate with the name of the list's issuer, with cRLSign
 * if it has a keyUsage, and with a valid path to the anchor of the certificate that is judged.
 *
 * First in question are the certificates above the one that is judged, in its own path; then all others at hand:
 * an issuer's other keys, CRL issuers of their own. Such a stranger must have a path, and none of the certificates
 * on it may be revoked: their status is asked of whoever judges (`statusOf`), which in turn may need a CRL. Where
 * revocation must be known (mode `hard`, scope `path`), theirs must be known to be good.
 *
 * A stranger that has the certificate issuer's name, and is not named as cRLIssuer, must have been issued by a
 * certificate of that path too, so that no CA can speak for another by taking its name.
 *
 * A certificate's own key says nothing of its own status, with one exception: where the certificate's distribution
 * point names its own subject as cRLIssuer, its issuer has left that to it (section 4.2.1.13).
 */

import { equalBytes } from '../../bytes/compare.ts'
import type { Certificate } from '../certificate.ts'
import { CertificateError } from '../certificate-error.ts'
import type { Name } from '../name.ts'
import { quotedName } from '../printable-text.ts'
import type { CertificateList } from './certificate-list.ts'
import type { RevocationContext } from './context.ts'

/** Most certificates whose key is tried on one CRL. */
export const MAX_CRL_SIGNERS = 8

/** A certificate with its path: itself first, anchor last. */
export interface CrlSigner {
  readonly certificate: Certificate
  readonly path: readonly Certificate[]
}

/** A possible signer. What is not proven has a path of itself alone. */
interface Candidate extends CrlSigner {
  readonly isProven: boolean
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
  /** Null for a stranger without a good path; the text says why. */
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
    let checks = 0
    for (const candidate of this.#candidates(question)) {
      const { certificate } = candidate
      if (!maySign(certificate)) {
        problems.usage = `the keyUsage of its issuer ${quotedName(list.issuerText)} lacks cRLSign`
        continue
      }
      if (++checks > MAX_CRL_SIGNERS) break
      if (!this.verify(list, candidate)) {
        problems.signature = `its signature by ${quotedName(list.issuerText)} does not verify`
        continue
      }
      if (candidate.isProven) return candidate
      const proven = this.#prove(certificate)
      if (typeof proven === 'string') problems.path = proven
      else if (isBelow(proven, question)) problems.path = 'its signer was certified by the certificate itself'
      else if (question.isNamed || isOfSameIssuer(proven, question)) return proven
      else problems.path = `its signer is another ${quotedName(list.issuerText)} than the certificate's issuer`
    }
    // What came furthest says most.
    const problem = problems.path || problems.signature || problems.usage
    return problem || `no certificate of its issuer ${quotedName(list.issuerText)} is at hand`
  }

  /** Whether the signer's key signed the list. */
  verify(list: CertificateList, signer: CrlSigner): boolean {
    let known = this.#verified.get(list)
    if (known === undefined) this.#verified.set(list, (known = new Map()))
    let verified = known.get(signer.certificate)
    if (verified === undefined) {
      verified = this.#context.verify(list, signer.certificate, signer.path)
      known.set(signer.certificate, verified)
    }
    return verified
  }

  /** Those with the issuer's name, most promising first. A stranger's path is itself alone. */
  #candidates({ list, path, index, isNamed }: SignerQuestion): Candidate[] {
    const judged = path[index] as Certificate
    const candidates: Candidate[] = []
    for (let i = index; i < path.length; i++) {
      const certificate = path[i] as Certificate
      if (!list.issuer.matches(certificate.subject)) continue
      candidates.push({ certificate, path: path.slice(i), isProven: true })
    }
    for (const certificate of this.#withSubject(list.issuer)) {
      if (path.some((member) => isSame(member, certificate))) continue
      candidates.push({ certificate, path: [certificate], isProven: false })
    }
    const ranked = candidates.filter(
      ({ certificate }) => isNamed || !equalBytes(certificate.subjectPublicKeyInfo, judged.subjectPublicKeyInfo),
    )
    const keyIdentifier = list.extensions.authorityKeyIdentifier?.keyIdentifier
    if (keyIdentifier === undefined || ranked.length < 2) return ranked
    const hasKey = new Set(ranked.filter(({ certificate }) => hasKeyIdentifier(certificate, keyIdentifier)))
    return [...hasKey, ...ranked.filter((candidate) => !hasKey.has(candidate))]
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

  #prove(certificate: Certificate): CrlSigner | string {
    let proven = this.#proven.get(certificate)
    if (proven === undefined) {
      proven = this.#proof(certificate)
      this.#proven.set(certificate, proven)
    }
    return proven
  }

  #proof(certificate: Certificate): CrlSigner | string {
    const name = quotedName(certificate.subjectText)
    const anchor = this.#path.at(-1) as Certificate
    const path = this.#context.pathTo(certificate)
    if (path === null || !isSame(path.at(-1) as Certificate, anchor)) {
      return `its signer ${name} has no valid path to the same trust anchor`
    }
    const { mode, scope } = this.#context.policy.revocation
    for (let index = 0; index < path.length - 1; index++) {
      const member = path[index] as Certificate
      if (this.#path.includes(member)) continue
      const status = this.#statusOf(path, index)
      if (status === 'revoked') return `${quotedName(member.subjectText)}, on the path of its signer, is revoked`
      if (status === 'unknown' && mode === 'hard' && scope === 'path') {
        return `it is not known whether ${quotedName(member.subjectText)}, on the path of its signer, is revoked`
      }
    }
    return { certificate, path }
  }
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
  return (
    issuer !== undefined &&
    path
      .slice(index + 1)
      .some(
        (above) =>
          above.subject.matches(issuer.subject) && equalBytes(above.subjectPublicKeyInfo, issuer.subjectPublicKeyInfo),
      )
  )
}

function isSame(a: Certificate, b: Certificate): boolean {
  return a === b || (a.subject.hash === b.subject.hash && equalBytes(a.der, b.der))
}

/** Section 6.3.3 (f). Who cannot be read may not sign. */
function maySign(certificate: Certificate): boolean {
  try {
    return certificate.keyUsage?.cRLSign !== false
  } catch (error) {
    if (error instanceof CertificateError) return false
    throw error
  }
}

function hasKeyIdentifier(certificate: Certificate, keyIdentifier: Uint8Array): boolean {
  try {
    const has = certificate.extensions.subjectKeyIdentifier
    return has !== undefined && equalBytes(has, keyIdentifier)
  } catch (error) {
    if (error instanceof CertificateError) return false
    throw error
  }
}
