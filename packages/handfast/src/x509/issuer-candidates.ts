/**
 * Which certificates may have issued another, in order of promise (RFC 4158 section 3.5): by name;
 * then anchors before others, key identifiers that match before those that are not there; those
 * valid at the time, presented, fewest steps from an anchor, not self-issued, and newest, first. Those whose
 * key identifier says that they are others come behind, and last those whose names match in meaning
 * and not in encoding: to compare these is dear, and nearly no certificate needs it.
 */

import { equalBytes } from '../bytes/compare.ts'
import type { Certificate } from './certificate.ts'
import type { AuthorityKeyIdentifier } from './extension-values.ts'
import type { TrustStore } from './trust-store.ts'

/** A certificate that may have issued another. */
export interface Candidate {
  readonly certificate: Certificate
  /** Whether as trust anchor. */
  readonly isAnchor: boolean
}

/** What an authorityKeyIdentifier says of a possible issuer. */
export type KeyMatch = 'same' | 'unknown' | 'other'

/** Number of stages that `IssuerCandidates.stage` has. */
export const CANDIDATE_STAGES = 4

const NONE: readonly Candidate[] = []

/** More steps than any path has. */
const FAR = 1024

/**
 * The possible issuers of any certificate, among the anchors and intermediates of one request. Found when asked
 * for, and remembered.
 */
export class IssuerCandidates {
  readonly #trust: TrustStore
  readonly #intermediates: readonly Certificate[]
  readonly #presented: number
  readonly #time: number
  /** Made when the anchors alone do not answer. */
  #bySubject: Map<number, Certificate[]> | undefined
  #byNameKey: Map<string, Certificate[]> | undefined
  /** Made when there is a choice. */
  #distances: ReadonlyMap<Certificate, number> | undefined
  /** A search may come to the same certificate a thousand times. */
  readonly #known: Map<Certificate, (readonly Candidate[])[]> = new Map()

  /**
   * @param intermediates each once.
   * @param presented how many of them, from the first, are preferred.
   * @param time milliseconds since the epoch.
   */
  constructor(trust: TrustStore, intermediates: readonly Certificate[], presented: number, time: number) {
    this.#trust = trust
    this.#intermediates = intermediates
    this.#presented = presented
    this.#time = time
  }

  /**
   * Possible issuers of `certificate`: 0 anchors, 1 intermediates, 2 both with another key by their own
   * account, 3 both by a name that only matches. To be asked for in this order.
   */
  stage(certificate: Certificate, stage: number): readonly Candidate[] {
    let stages = this.#known.get(certificate)
    if (stages === undefined) this.#known.set(certificate, (stages = []))
    return (stages[stage] ??= this.#find(certificate, stage))
  }

  #find(certificate: Certificate, stage: number): readonly Candidate[] {
    const name = certificate.issuer
    switch (stage) {
      case 0:
        return this.#ranked(certificate, this.#anchors(this.#trust.withSubject(name)), false)
      case 1: {
        const sameHash = this.#intermediatesByHash().get(name.hash) ?? []
        const same = sameHash.filter(({ subject }) => subject.isSameEncoding(name))
        return this.#ranked(certificate, this.#others(same), false)
      }
      case 2: {
        const sameHash = this.#intermediatesByHash().get(name.hash) ?? []
        const same = sameHash.filter(({ subject }) => subject.isSameEncoding(name))
        const both = [...this.#anchors(this.#trust.withSubject(name)), ...this.#others(same)]
        return this.#ranked(certificate, both, true)
      }
      default: {
        const sameKey = this.#intermediatesByKey().get(name.key) ?? []
        const equivalent = sameKey.filter(({ subject }) => !subject.isSameEncoding(name))
        const both = [...this.#anchors(this.#trust.withEquivalentSubject(name)), ...this.#others(equivalent)]
        return [...this.#ranked(certificate, both, false), ...this.#ranked(certificate, both, true)]
      }
    }
  }

  #anchors(found: readonly Certificate[]): Candidate[] {
    const anchors: Candidate[] = []
    for (const certificate of found) {
      if (this.#trust.rulesOf(certificate).issuer) anchors.push({ certificate, isAnchor: true })
    }
    return anchors
  }

  /** Anchors are tried as such. */
  #others(found: readonly Certificate[]): Candidate[] {
    const others: Candidate[] = []
    for (const certificate of found) {
      if (this.#trust.has(certificate) && this.#trust.rulesOf(certificate).issuer) continue
      others.push({ certificate, isAnchor: false })
    }
    return others
  }

  /** Of these the ones that have, or have not, another key by their own account, the most promising first. */
  #ranked(certificate: Certificate, candidates: readonly Candidate[], areOthers: boolean): readonly Candidate[] {
    if (candidates.length === 0) return NONE
    const fitting = candidates.filter(
      (candidate) => (compareKeyIdentifiers(certificate, candidate.certificate) === 'other') === areOthers,
    )
    if (fitting.length < 2) return fitting
    return fitting
      .map((candidate) => ({ candidate, rank: this.#rank(certificate, candidate) }))
      .toSorted(
        (a, b) =>
          a.rank - b.rank ||
          b.candidate.certificate.notBefore - a.candidate.certificate.notBefore ||
          b.candidate.certificate.notAfter - a.candidate.certificate.notAfter,
      )
      .map(({ candidate }) => candidate)
  }

  /** The less the better. */
  #rank(certificate: Certificate, { certificate: issuer, isAnchor }: Candidate): number {
    const distance = isAnchor ? 0 : (this.#distancesToAnchor().get(issuer) ?? FAR)
    const isPresented = this.#intermediates.indexOf(issuer) < this.#presented
    return (
      (isAnchor ? 0 : 32 * FAR) +
      (compareKeyIdentifiers(certificate, issuer) === 'same' ? 0 : 16 * FAR) +
      (isNamedBySerial(certificate, issuer) ? 0 : 8 * FAR) +
      (this.#isValid(issuer) ? 0 : 4 * FAR) +
      (isPresented ? 0 : 2 * FAR) +
      (distance < FAR ? distance : FAR - 1) +
      (issuer.isSelfIssued ? 0.5 : 0)
    )
  }

  #isValid({ notBefore, notAfter }: Certificate): boolean {
    return this.#time >= notBefore && this.#time < notAfter + 1000
  }

  /**
   * How many steps there are from each intermediate to an anchor, by name and through what is valid: where
   * authorities certify one another, a search without this goes round and round. Not there: none is known.
   */
  #distancesToAnchor(): ReadonlyMap<Certificate, number> {
    if (this.#distances !== undefined) return this.#distances
    const distances = new Map<Certificate, number>()
    const valid = this.#intermediates.filter((certificate) => this.#isValid(certificate))
    const byIssuer = Map.groupBy(valid, ({ issuer }) => issuer.hash)
    let reached = valid.filter(({ issuer }) => this.#anchors(this.#trust.withSubject(issuer)).length > 0)
    for (let distance = 1; reached.length > 0; distance++) {
      const next: Certificate[] = []
      for (const certificate of reached) {
        if (distances.has(certificate)) continue
        distances.set(certificate, distance)
        for (const issued of byIssuer.get(certificate.subject.hash) ?? []) next.push(issued)
        // All of its issuer's are on their way: they need not be put there again.
        byIssuer.delete(certificate.subject.hash)
      }
      reached = next
    }
    this.#distances = distances
    return distances
  }

  #intermediatesByHash(): Map<number, Certificate[]> {
    this.#bySubject ??= Map.groupBy(this.#intermediates, ({ subject }) => subject.hash)
    return this.#bySubject
  }

  #intermediatesByKey(): Map<string, Certificate[]> {
    this.#byNameKey ??= Map.groupBy(this.#intermediates, ({ subject }) => subject.key)
    return this.#byNameKey
  }
}

/** What `certificate` says of its issuer's key, held against what `issuer` says of its own. */
export function compareKeyIdentifiers(certificate: Certificate, issuer: Certificate): KeyMatch {
  try {
    const wanted = certificate.extensions.authorityKeyIdentifier?.keyIdentifier
    const has = issuer.extensions.subjectKeyIdentifier
    if (wanted === undefined || has === undefined) return 'unknown'
    return equalBytes(wanted, has) ? 'same' : 'other'
  } catch {
    // Malformed: the judge will say so, if it comes to that.
    return 'other'
  }
}

/** True if authorityCertIssuer and authorityCertSerialNumber are those of `issuer`, or not there. */
function isNamedBySerial(certificate: Certificate, issuer: Certificate): boolean {
  const identifier = authorityOf(certificate)
  if (identifier?.authorityCertSerialNumber === undefined) return true
  if (!equalBytes(identifier.authorityCertSerialNumber, issuer.serialNumber)) return false
  return (
    identifier.authorityCertIssuer === undefined ||
    identifier.authorityCertIssuer.some((name) => name.kind === 'directory' && name.name.matches(issuer.issuer))
  )
}

function authorityOf(certificate: Certificate): AuthorityKeyIdentifier | undefined {
  try {
    return certificate.extensions.authorityKeyIdentifier
  } catch {
    return undefined
  }
}
