/**
 * Trust anchors: the certificates a chain may end at (RFC 5280 section 6.1.1 (d)).
 *
 * A store is made once and used for many verdicts. Its certificates remember their imported public
 * keys, so an anchor's key is imported once per provider.
 */

import { equalBytes } from '../bytes/compare.ts'
import { type Certificate, readCertificate } from './certificate.ts'
import type { Name } from './name.ts'

export interface TrustStore {
  /** All anchors, each once. */
  readonly certificates: readonly Certificate[]
  /** The anchors whose subject is encoded as `name` is. */
  withSubject(name: Name): readonly Certificate[]
  /** The anchors whose subject matches `name` by RFC 5280 section 7.1 but is encoded otherwise. */
  withEquivalentSubject(name: Name): readonly Certificate[]
  /** The anchors whose subjectKeyIdentifier is `keyIdentifier`. */
  withKeyIdentifier(keyIdentifier: Uint8Array): readonly Certificate[]
  /** True if this very certificate is an anchor. */
  has(certificate: Certificate): boolean
}

/**
 * Makes a store of certificates in DER or read before. Any certificate may be an anchor, a CA or not.
 * @throws {CertificateError} if one is malformed.
 */
export function createTrustStore(certificates: Iterable<Uint8Array | Certificate>): TrustStore {
  const anchors: Certificate[] = []
  const bySubject = new Map<number, Certificate[]>()
  for (const given of certificates) {
    const anchor = given instanceof Uint8Array ? readCertificate(given) : given
    if (holds(bySubject, anchor)) continue
    anchors.push(anchor)
    append(bySubject, anchor.subject.hash, anchor)
  }
  return new IndexedTrustStore(anchors, bySubject)
}

const NONE: readonly Certificate[] = []

class IndexedTrustStore implements TrustStore {
  readonly certificates: readonly Certificate[]
  readonly #bySubject: ReadonlyMap<number, readonly Certificate[]>
  /** Made at the first question that needs them: few verdicts do. */
  #byNameKey: ReadonlyMap<string, readonly Certificate[]> | undefined
  #byKeyIdentifier: ReadonlyMap<string, readonly Certificate[]> | undefined

  constructor(certificates: readonly Certificate[], bySubject: ReadonlyMap<number, readonly Certificate[]>) {
    this.certificates = certificates
    this.#bySubject = bySubject
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

  withKeyIdentifier(keyIdentifier: Uint8Array): readonly Certificate[] {
    this.#byKeyIdentifier ??= indexed(this.certificates, keyIdentifierText)
    return this.#byKeyIdentifier.get(keyText(keyIdentifier) as string) ?? NONE
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
  keyOf: (certificate: Certificate) => string | undefined,
): Map<string, Certificate[]> {
  const index = new Map<string, Certificate[]>()
  for (const certificate of certificates) {
    const key = keyOf(certificate)
    if (key !== undefined) append(index, key, certificate)
  }
  return index
}

function append<K>(index: Map<K, Certificate[]>, key: K, certificate: Certificate): void {
  const list = index.get(key)
  if (list === undefined) index.set(key, [certificate])
  else list.push(certificate)
}

/** An anchor whose extension is malformed has no key identifier to be found by. */
function keyIdentifierText(anchor: Certificate): string | undefined {
  try {
    return keyText(anchor.extensions.subjectKeyIdentifier)
  } catch {
    return undefined
  }
}

function keyText(keyIdentifier: Uint8Array | undefined): string | undefined {
  return keyIdentifier?.join()
}
