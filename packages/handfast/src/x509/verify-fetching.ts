/**
 * `verifyFetching`: `verifyChain`, and again with what it wanted, as long as a given function can get
 * it. Ends within its limits, whatever certificates ask for: each address is asked once, so a chain
 * that always points at one more can cost no more than the limits say.
 *
 * Fetching is the host's (`node/fetcher.ts`, `web/fetcher.ts`, or a function of its own), and so are
 * its time limits: there is no clock here. What could not be had, or is not what it should be, is a
 * warning of the verdict; if it mattered, the verdict says so by its own reasons.
 */

import { readPem } from '../asn1/pem.ts'
import { TAG } from '../asn1/der.ts'
import { equalBytes } from '../bytes/compare.ts'
import { DecodeError } from '../bytes/decode-error.ts'
import { toHex } from '../bytes/hex.ts'
import { pemText } from './bundle.ts'
import { type Certificate, readCertificate } from './certificate.ts'
import { CertificateError } from './certificate-error.ts'
import { readCertsOnly } from './certificate-message.ts'
import { printableText, quotedText } from './printable-text.ts'
import { type CertificateList, readCertificateList } from './revocation/certificate-list.ts'
import { type OcspResponse, readOcspResponse } from './revocation/ocsp-response.ts'
import type { CertificateReason, Verdict, VerdictReason, VerifyRequest, Wanted } from './verdict.ts'
import { verifyChain } from './verify.ts'

/**
 * Gets what is wanted: the bytes that `wanted.url` answers with, for OCSP to a POST of `wanted.request`.
 * May give up, by an error whose message is told.
 * @param maxBytes more would not be used.
 */
export type Fetch = (wanted: Wanted, maxBytes: number) => Promise<Uint8Array>

export interface FetchLimits {
  /** How often something is fetched and the chain judged again. */
  readonly rounds: number
  /** How many things are fetched in all. */
  readonly fetches: number
  /** How many bytes are used of all that is fetched. */
  readonly bytes: number
}

/** A verdict, and the request that it is on: its indices count through the certificates of that one. */
export interface FetchedVerdict extends Verdict {
  /** As it was given, with what was fetched behind it. */
  readonly request: VerifyRequest
}

/** Enough for a path of four certificates whose issuers and revocation lists are all to be fetched. */
export const DEFAULT_FETCH_LIMITS: FetchLimits = { rounds: 5, fetches: 16, bytes: 32 << 20 }

/** Certificates of one bundle that are used. */
const MAX_BUNDLE = 64

/**
 * Judges a chain, fetching what is wanting.
 * @param fetch is called for several things at once.
 * @returns the last verdict, with what could not be fetched as warnings.
 * @throws {TypeError} as `verifyChain`, and for limits that are none. Nothing that is fetched, or isn't, makes it throw.
 */
export async function verifyFetching(
  request: VerifyRequest,
  fetch: Fetch,
  limits: Partial<FetchLimits> = {},
): Promise<FetchedVerdict> {
  const allowed = { ...DEFAULT_FETCH_LIMITS, ...limits }
  for (const [name, value] of Object.entries(allowed)) {
    if (!Number.isSafeInteger(value) || value < 0)
      throw new TypeError(`limits.${name}: needs a whole number, has ${value}`)
  }
  const gathering = new Gathering(request, fetch, allowed)
  let verdict = verifyChain(gathering.request)
  for (let round = 0; round < allowed.rounds; round++) {
    if (!(await gathering.gather(verdict.wanted))) break
    verdict = verifyChain(gathering.request)
  }
  return { ...verdict, warnings: [...verdict.warnings, ...gathering.warnings], request: gathering.request }
}

/** The request as it grows, and what is left to be spent on it. */
class Gathering {
  readonly #given: VerifyRequest
  readonly #fetch: Fetch
  #fetches: number
  #bytes: number
  readonly #asked: Set<string> = new Set()
  readonly #intermediates: Certificate[] = []
  readonly #crls: CertificateList[] = []
  readonly #ocspResponses: OcspResponse[] = []
  readonly warnings: VerdictReason[] = []

  constructor(request: VerifyRequest, fetch: Fetch, limits: FetchLimits) {
    this.#given = request
    this.#fetch = fetch
    this.#fetches = limits.fetches
    this.#bytes = limits.bytes
  }

  /** The request with all that was fetched. What was given keeps its place: certificates are counted. */
  get request(): VerifyRequest {
    const { intermediates = [], crls = [], ocspResponses = [] } = this.#given
    return {
      ...this.#given,
      intermediates: [...intermediates, ...this.#intermediates],
      crls: [...crls, ...this.#crls],
      ocspResponses: [...ocspResponses, ...this.#ocspResponses],
    }
  }

  /** Fetches what was not asked for yet. True if anything came of it. */
  async gather(wanted: readonly Wanted[]): Promise<boolean> {
    const fresh = wanted.filter((one) => {
      const key = keyOf(one)
      if (this.#asked.has(key) || this.#fetches === 0 || this.#bytes === 0) return false
      this.#asked.add(key)
      this.#fetches--
      return true
    })
    const answers = await Promise.all(fresh.map((one) => this.#attempt(one)))
    let isMore = false
    // In the order of what was wanted, not of the answers: verdicts must not depend on who was faster.
    for (const [index, answer] of answers.entries()) {
      const one = fresh[index] as Wanted
      if (typeof answer === 'string') this.#warn(one, answer)
      else if (this.#use(one, answer)) isMore = true
    }
    return isMore
  }

  /** What came, or why nothing did. */
  async #attempt(wanted: Wanted): Promise<Uint8Array | string> {
    try {
      const bytes: unknown = await this.#fetch(wanted, this.#bytes)
      return bytes instanceof Uint8Array ? bytes : 'the fetcher gave no bytes'
    } catch (error) {
      return error instanceof Error ? error.message : String(error)
    }
  }

  #use(wanted: Wanted, bytes: Uint8Array): boolean {
    if (bytes.length > this.#bytes) {
      this.#warn(wanted, `${bytes.length} bytes are more than the ${this.#bytes} that are left`)
      return false
    }
    this.#bytes -= bytes.length
    try {
      switch (wanted.kind) {
        case 'aia':
          return this.#useCertificates(wanted, readIssuers(bytes))
        case 'crl':
          this.#crls.push(readCertificateList(unwrapped(bytes, ['X509 CRL', 'CRL'])))
          return true
        case 'ocsp':
          this.#ocspResponses.push(readOcspResponse(bytes))
          return true
      }
    } catch (error) {
      if (!(error instanceof CertificateError) && !(error instanceof DecodeError)) throw error
      this.#warn(wanted, `it is not one, ${error.message}`)
      return false
    }
  }

  /** One that cannot be read is no reason to leave out the others. */
  #useCertificates(wanted: Wanted, ders: readonly Uint8Array[]): boolean {
    let isMore = false
    let problem: string | null = ders.length === 0 ? 'there is none in it' : null
    if (ders.length > MAX_BUNDLE) problem = `only the first ${MAX_BUNDLE} of ${ders.length} are used`
    for (const [index, der] of ders.slice(0, MAX_BUNDLE).entries()) {
      try {
        const certificate = readCertificate(der)
        if (this.#intermediates.some((known) => equalBytes(known.der, der))) continue
        this.#intermediates.push(certificate)
        isMore = true
      } catch (error) {
        if (!(error instanceof CertificateError)) throw error
        problem ??= `its certificate ${index + 1} is not one, ${error.message}`
      }
    }
    if (problem !== null) this.#warn(wanted, problem)
    return isMore
  }

  #warn(wanted: Wanted, why: string): void {
    const message = `${WHAT[wanted.kind]} from ${quotedText(wanted.url)} could not be used: ${shortened(why)}.`
    this.warnings.push({ reason: REASONS[wanted.kind], certificate: wanted.for, message })
  }
}

const WHAT: Readonly<Record<Wanted['kind'], string>> = {
  aia: 'The issuer',
  crl: 'The revocation list',
  ocsp: 'The OCSP response',
}
const REASONS: Readonly<Record<Wanted['kind'], CertificateReason>> = {
  aia: 'unknown-issuer',
  crl: 'revocation-unknown',
  ocsp: 'revocation-unknown',
}

function keyOf({ kind, url, request }: Wanted): string {
  return `${kind} ${url} ${request === undefined ? '' : toHex(request)}`
}

function shortened(text: string): string {
  const line = printableText(text.slice(0, 300)).replace(/\.$/, '')
  return text.length > 300 ? `${line}...` : line
}

/** RFC 5280 section 4.2.2.1: a certificate in DER, or a certs-only message; PEM, which is found, of either. */
function readIssuers(bytes: Uint8Array): Uint8Array[] {
  if (bytes[0] !== TAG.sequence) {
    const blocks = readPem(pemText(bytes))
    return blocks.flatMap((block) => {
      if (block.label === 'CERTIFICATE') return [block.bytes]
      return block.label === 'PKCS7' || block.label === 'CMS' ? readCertsOnly(block.bytes) : []
    })
  }
  return isMessage(bytes) ? readCertsOnly(bytes) : [bytes]
}

/** A certificate begins with a SEQUENCE, a message with an OBJECT IDENTIFIER. */
function isMessage(der: Uint8Array): boolean {
  const lengthOctets = (der[1] ?? 0) >= 0x80 ? (der[1] as number) & 0x7f : 0
  return der[2 + lengthOctets] === TAG.oid
}

/** DER, out of PEM if it is in that. */
function unwrapped(bytes: Uint8Array, labels: readonly string[]): Uint8Array {
  if (bytes[0] === TAG.sequence) return bytes
  return readPem(pemText(bytes)).find(({ label }) => labels.includes(label))?.bytes ?? bytes
}
