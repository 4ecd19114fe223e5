/** The certificates of a request: those presented and those at hand, read, counted and each once. */

import { equalBytes } from '../bytes/compare.ts'
import { Certificate, readCertificate } from './certificate.ts'
import { CertificateError } from './certificate-error.ts'
import { readBytes } from './given-bytes.ts'
import type { VerdictReason, VerifyRequest } from './verdict.ts'

/** The certificates that a request brings, in the order by which verdicts count them. */
export class GivenCertificates {
  /** In their order, those presented first; null for what cannot be read. */
  readonly certificates: readonly (Certificate | null)[]
  /** How many of them were presented. */
  readonly presented: number
  /** What cannot be read, and why. */
  readonly problems: readonly VerdictReason[]

  constructor({ chain, intermediates = [] }: Pick<VerifyRequest, 'chain' | 'intermediates'>) {
    const certificates: (Certificate | null)[] = []
    const problems: VerdictReason[] = []
    const lists = { chain, intermediates }
    for (const name of ['chain', 'intermediates'] as const) {
      const list = lists[name]
      if (!Array.isArray(list))
        throw new TypeError(`${name}: needs a list, has ${list === null ? 'null' : typeof list}`)
      for (let i = 0; i < list.length; i++) {
        try {
          certificates.push(readGiven(list[i], name, i))
        } catch (error) {
          if (!(error instanceof CertificateError)) throw error
          problems.push({ reason: error.reason, certificate: certificates.length, message: error.message })
          certificates.push(null)
        }
      }
    }
    this.certificates = certificates
    this.presented = chain.length
    this.problems = problems
  }

  /** The first, if it can be read. */
  get leaf(): Certificate | null {
    return this.certificates[0] ?? null
  }

  /** All behind the leaf that can be read, each once, and how many of these were presented. */
  others(): { readonly certificates: readonly Certificate[]; readonly presented: number } {
    const others: Certificate[] = []
    const seen = new Map<number, Certificate[]>()
    let presented = 0
    for (let i = 1; i < this.certificates.length; i++) {
      const certificate = this.certificates[i] as Certificate | null
      if (certificate === null) continue
      const mark = markOf(certificate)
      const same = seen.get(mark)
      if (same === undefined) seen.set(mark, [certificate])
      else if (same.some(({ der }) => equalBytes(der, certificate.der))) continue
      else same.push(certificate)
      others.push(certificate)
      if (i < this.presented) presented = others.length
    }
    return { certificates: others, presented }
  }

  /** Where it stands; -1 if it was not given. */
  indexOf(certificate: Certificate): number {
    const index = this.certificates.indexOf(certificate)
    if (index >= 0) return index
    return this.certificates.findIndex((given) => given !== null && equalBytes(given.der, certificate.der))
  }
}

/** @throws {TypeError} for what is neither bytes nor read. @throws {CertificateError} for what cannot be read. */
function readGiven(given: unknown, list: string, index: number): Certificate {
  // Read leniently it has a serial number that no list would name: as bytes it is what it is.
  if (given instanceof Certificate) return given.hasPaddedSerialNumber ? readCertificate(given.der) : given
  return readCertificate(given instanceof Uint8Array ? given : readBytes(`${list}[${index}]`, given, 'a Certificate'))
}

/** Tells apart what is not the same: certificates of one name differ in their signatures. */
function markOf({ signature, der }: Certificate): number {
  let mark = der.length
  for (let i = Math.max(0, signature.length - 8); i < signature.length; i++) {
    mark = (Math.imul(mark, 31) + (signature[i] as number)) | 0
  }
  return mark
}
