/**
 * Trust anchors: the certificates a chain may end at (RFC 5280 section 6.1.1 (d)).
 *
 * A store is made once and used for many verdicts. Its certificates remember their imported public
 * keys, so an anchor's key is imported once per provider.
 */

import { equalBytes } from '../bytes/compare.ts'
import { type Certificate, readCertificate } from './certificate.ts'
import type { Name } from './name.ts'

/**
 * What an anchor that is given as a certificate is held to besides its name and key. RFC 5280 section
 * 6.1.1 (d) asks for none of it; RFC 5937 for the constraints.
 */
export interface AnchorRules {
  /** To notBefore and notAfter. */
  readonly dates: boolean
  /** To its extensions as an intermediate is: path length, usages, name constraints, policies. */
  readonly constraints: boolean
  /** To be a CA by basicConstraints (version 3 only). */
  readonly basicConstraints: boolean
  /** Whether it may be the leaf itself, which then needs no issuer. As leaf it is held to all that a leaf is. */
  readonly leaf: boolean
  /** As leaf: to have signed itself. */
  readonly selfSigned: boolean
  /** Whether it may end a path above the leaf; false for a store of leaves. */
  readonly issuer: boolean
}

/** Whoever narrowed an anchor meant it. */
export const DEFAULT_ANCHOR_RULES: AnchorRules = {
  dates: true,
  constraints: true,
  basicConstraints: true,
  leaf: true,
  selfSigned: false,
  issuer: true,
}

/** RFC 5280 section 6.1.1 (d) to the letter: of an anchor, name and key count and nothing else. */
export const BARE_ANCHOR_RULES: AnchorRules = {
  dates: false,
  constraints: false,
  basicConstraints: false,
  leaf: false,
  selfSigned: false,
  issuer: true,
}

/**
 * A set of trust anchors (RFC 5280 section 6.1.1 (d)), and how to find those that may have issued a certificate.
 * `createTrustStore` makes one; whoever has anchors elsewhere may implement it.
 */
export interface TrustStore {
  /** All anchors, each once. */
  readonly certificates: readonly Certificate[]
  /** Where the anchors are from, for people: `system roots of 2026-03-01`, `roots.pem`; empty if not told. */
  readonly name: string
  /** What this anchor is held to. */
  rulesOf(anchor: Certificate): AnchorRules
  /** The anchors whose subject is encoded as `name` is. */
  withSubject(name: Name): readonly Certificate[]
  /** The anchors whose subject matches `name` by RFC 5280 section 7.1 but is encoded otherwise. */
  withEquivalentSubject(name: Name): readonly Certificate[]
  /** True if this very certificate is an anchor. */
  has(certificate: Certificate): boolean
}

/**
 * Makes a store of certificates in DER or read before. Any certificate may be an anchor, a CA or not.
 * @param options.anchors what they are held to, where not as `DEFAULT_ANCHOR_RULES` has it.
 * @throws {CertificateError} if one is malformed.
 */
export function createTrustStore(
  certificates: Iterable<Uint8Array | Certificate>,
  options: { readonly name?: string; readonly anchors?: Partial<AnchorRules> } = {},
): TrustStore {
  const anchors: Certificate[] = []
  const bySubject = new Map<number, Certificate[]>()
  for (const given of certificates) {
    // What was read leniently as well as what is bytes: lists and paths name it by its serial number.
    const isUnread = given instanceof Uint8Array || given.hasPaddedSerialNumber
    const anchor = isUnread ? readCertificate(given instanceof Uint8Array ? given : given.der) : given
    if (holds(bySubject, anchor)) continue
    anchors.push(anchor)
    append(bySubject, anchor.subject.hash, anchor)
  }
  const rules = { ...DEFAULT_ANCHOR_RULES, ...options.anchors }
  return new IndexedTrustStore(anchors, bySubject, options.name ?? '', rules)
}

/** The store with `anchor`, one of `trust`, and no other. */
export function restrictTrust(trust: TrustStore, anchor: Certificate): TrustStore {
  const isSame = (other: Certificate): boolean => equalBytes(other.der, anchor.der)
  return {
    certificates: trust.certificates.filter(isSame),
    name: trust.name,
    rulesOf: (certificate) => trust.rulesOf(certificate),
    withSubject: (name) => trust.withSubject(name).filter(isSame),
    withEquivalentSubject: (name) => trust.withEquivalentSubject(name).filter(isSame),
    has: (certificate) => isSame(certificate) && trust.has(certificate),
  }
}

const NONE: readonly Certificate[] = []

class IndexedTrustStore implements TrustStore {
  readonly certificates: readonly Certificate[]
  readonly #bySubject: ReadonlyMap<number, readonly Certificate[]>
  /** Made at the first question that needs them: few verdicts do. */
  #byNameKey: ReadonlyMap<string, readonly Certificate[]> | undefined

  readonly name: string
  readonly #rules: AnchorRules

  constructor(
    certificates: readonly Certificate[],
    bySubject: ReadonlyMap<number, readonly Certificate[]>,
    name: string,
    rules: AnchorRules,
  ) {
    this.certificates = certificates
    this.#bySubject = bySubject
    this.name = name
    this.#rules = rules
  }

  rulesOf(): AnchorRules {
    return this.#rules
  }

  withSubject(name: Name): readonly Certificate[] {
    const sameHash = this.#bySubject.get(name.hash)
    if (sameHash === undefined) return NONE
    return sameHash.every((anchor) => anchor.subject.isSameEncoding(name))
      ? sameHash
      : sameHash.filter((anchor) => anchor.subject.isSameEncoding(name))
  }

  withEquivalentSubject(name: Name): readonly Certificate[] {
    this.#byNameKey ??= indexed(this.certificates, (anchor) => anchor.subject.key)
    const sameKey = this.#byNameKey.get(name.key) ?? NONE
    return sameKey.filter((anchor) => !anchor.subject.isSameEncoding(name))
  }

  has(certificate: Certificate): boolean {
    return holds(this.#bySubject, certificate)
  }
}

function holds(bySubject: ReadonlyMap<number, readonly Certificate[]>, certificate: Certificate): boolean {
  const sameHash = bySubject.get(certificate.subject.hash)
  return sameHash !== undefined && sameHash.some((anchor) => equalBytes(anchor.der, certificate.der))
}

function indexed(
  certificates: readonly Certificate[],
  keyOf: (certificate: Certificate) => string,
): Map<string, Certificate[]> {
  const index = new Map<string, Certificate[]>()
  for (const certificate of certificates) append(index, keyOf(certificate), certificate)
  return index
}

function append<K>(index: Map<K, Certificate[]>, key: K, certificate: Certificate): void {
  const list = index.get(key)
  if (list === undefined) index.set(key, [certificate])
  else list.push(certificate)
}
