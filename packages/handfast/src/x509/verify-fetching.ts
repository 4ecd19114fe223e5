/**
 * `verifyFetching`: `verifyChain`, and again with what it wanted, as long as a given function can get
 * it. Ends within its limits, whatever certificates ask for: each address is asked once, so a chain
 * that always points at one more can cost no more than the limits say.
 *
 * Fetching is the host's (`node/fetcher.ts`, `web/fetcher.ts`, or a function of its own), and so are
 * its time limits: there is no clock here. What could not be had, or is not what it should be, is a
 * warning of the verdict; if it mattered, the verdict says so by its own reasons.
 */

import { TAG } from '../asn1/der.ts'
import { isDer, PEM_LABELS, readPemFile, readPemOrDer } from '../asn1/pem-or-der.ts'
import { equalBytes } from '../bytes/compare.ts'
import { DecodeError } from '../bytes/decode-error.ts'
import { toHex } from '../bytes/hex.ts'
import { type Certificate, readCertificate } from './certificate.ts'
import { CertificateError } from './certificate-error.ts'
import { readCertsOnly } from './certificate-message.ts'
import { printableText, quotedText } from './printable-text.ts'
import { type CertificateList, readCertificateList } from './revocation/certificate-list.ts'
import { type OcspResponse, readOcspResponse } from './revocation/ocsp-response.ts'
import type { CertificateReason, Verdict, VerdictReason, VerifyRequest, Wanted } from './verdict.ts'
import { verifyChain } from './verify.ts'
import { addressKey } from './wanted.ts'

/** What a fetch is held to. */
export interface FetchOptions {
  /** More bytes than these are not used: a fetch that would bring more ends where it sees so. */
  readonly maxBytes: number
  /** Nobody waits any more once it is aborted. */
  readonly signal?: AbortSignal | undefined
}

/**
 * Gets what is wanted: the bytes that `wanted.url` answers with, for OCSP to a POST of `wanted.request`.
 * May give up, by an error whose message is told.
 */
export interface Fetch {
  (wanted: Wanted, options: FetchOptions): Promise<Uint8Array>
  /** Told of an answer that was of no use, so that it is not remembered. Whoever wraps a fetcher hands this on. */
  readonly forget?: (wanted: Wanted) => void
}

/**
 * How much `verifyFetching` may fetch for one verdict, whole numbers from 0 on: so much for issuers, and as much for
 * revocation lists and OCSP responses. Where issuers are to be had is a stranger's word: it must not use up what
 * tells that a certificate is revoked.
 */
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
export const DEFAULT_FETCH_LIMITS: FetchLimits = { rounds: 5, fetches: 12, bytes: 32 << 20 }

/** Certificates of one bundle that are used. */
const MAX_BUNDLE = 64
/** Fetched at once, unless that could be more bytes than are left. */
const AT_ONCE = 4
/** Issuers fetched before the chain is judged again. */
const ISSUERS_AT_ONCE = 6
/** Most bytes of one answer. */
const MOST_BYTES: Readonly<Record<Wanted['kind'], number>> = { aia: 1 << 20, ocsp: 1 << 20, crl: 15 << 20 }

/**
 * Judges a chain, fetching what is wanting.
 * @param fetch is called for several things at once.
 * @param signal ends it: what is under way is told so, and nothing else is fetched.
 * @returns the last verdict, with what could not be fetched as warnings.
 * @throws {TypeError} as `verifyChain`, and for limits that are none; the reason of `signal`, once that is aborted. Nothing
 * that is fetched, or isn't, makes it throw.
 */
export async function verifyFetching(
  request: VerifyRequest,
  fetch: Fetch,
  limits: Partial<FetchLimits> = {},
  signal?: AbortSignal,
): Promise<FetchedVerdict> {
  const allowed = { ...DEFAULT_FETCH_LIMITS, ...limits }
  for (const [name, value] of Object.entries(allowed)) {
    if (!Number.isSafeInteger(value) || value < 0)
      throw new TypeError(`limits.${name}: needs a whole number, has ${value}`)
  }
  const gathering = new Gathering(request, fetch, allowed, signal)
  let verdict = verifyChain(gathering.request)
  while (await gathering.gather(verdict.wanted)) verdict = verifyChain(gathering.request)
  gathering.conclude(verdict.wanted)
  return { ...verdict, warnings: [...verdict.warnings, ...gathering.warnings], request: gathering.request }
}

/** What is left to be spent, on issuers or on revocation data. */
interface Share {
  rounds: number
  fetches: number
  bytes: number
}

/** Something that is to be fetched, and how many bytes it may have. */
interface Errand {
  readonly wanted: Wanted
  readonly maxBytes: number
}

/** The request as it grows, and what is left to be spent on it. */
class Gathering {
  readonly #given: VerifyRequest
  readonly #fetch: Fetch
  readonly #signal: AbortSignal | undefined
  readonly #issuers: Share
  readonly #revocation: Share
  readonly #asked: Set<string> = new Set()
  readonly #intermediates: Certificate[] = []
  readonly #crls: CertificateList[] = []
  readonly #ocspResponses: OcspResponse[] = []
  readonly warnings: VerdictReason[] = []

  constructor(request: VerifyRequest, fetch: Fetch, limits: FetchLimits, signal: AbortSignal | undefined) {
    this.#given = request
    this.#fetch = fetch
    this.#signal = signal
    this.#issuers = { ...limits }
    this.#revocation = { ...limits }
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

  /** Fetches what was not asked for yet, as far as the limits allow. True if anything came of it. */
  async gather(wanted: readonly Wanted[]): Promise<boolean> {
    const issuers = wanted.filter(isIssuer)
    const others = wanted.filter((one) => !isIssuer(one))
    const hasIssuers = await this.#gatherBy(this.#issuers, issuers, ISSUERS_AT_ONCE)
    return (await this.#gatherBy(this.#revocation, others, others.length)) || hasIssuers
  }

  /** What is wanted still: for want of what was fetched, which was no use then, or because nobody may fetch it. */
  conclude(wanted: readonly Wanted[]): void {
    for (const one of wanted) {
      if (this.#asked.has(keyOf(one))) this.#forget(one)
      else this.#warn(one, 'was not asked for', 'the limits of fetching are reached')
    }
  }

  async #gatherBy(share: Share, wanted: readonly Wanted[], most: number): Promise<boolean> {
    const fresh = wanted.filter((one) => !this.#asked.has(keyOf(one))).slice(0, Math.min(most, share.fetches))
    if (fresh.length === 0 || share.rounds === 0) return false
    share.rounds--
    let isMore = false
    for (let done = 0; done < fresh.length && share.bytes > 0;) {
      const errands = errandsOf(fresh.slice(done), share.bytes)
      done += errands.length
      share.fetches -= errands.length
      for (const errand of errands) this.#asked.add(keyOf(errand.wanted))
      const answers = await Promise.all(errands.map((errand) => this.#attempt(errand)))
      this.#signal?.throwIfAborted()
      // In the order of what was wanted, not of the answers: verdicts must not depend on who was faster.
      for (const [index, answer] of answers.entries()) {
        if (this.#isUsed(share, errands[index] as Errand, answer)) isMore = true
      }
    }
    return isMore
  }

  /** What came, or why nothing did. */
  async #attempt({ wanted, maxBytes }: Errand): Promise<Uint8Array | string> {
    try {
      const options = { maxBytes, ...(this.#signal === undefined ? {} : { signal: this.#signal }) }
      const bytes: unknown = await unlessAborted(this.#fetch(wanted, options), this.#signal)
      return bytes instanceof Uint8Array ? bytes : 'the fetcher gave no bytes'
    } catch (error) {
      return textOf(error)
    }
  }

  #isUsed(share: Share, { wanted, maxBytes }: Errand, answer: Uint8Array | string): boolean {
    const problem =
      typeof answer !== 'string' && answer.length > maxBytes
        ? `${answer.length} bytes are more than the ${maxBytes} that it may have`
        : answer
    if (typeof problem === 'string') {
      this.#warn(wanted, UNUSABLE, problem)
      return false
    }
    share.bytes -= problem.length
    const isUsed = this.#use(wanted, problem)
    if (!isUsed) this.#forget(wanted)
    return isUsed
  }

  #forget(wanted: Wanted): void {
    this.#fetch.forget?.(wanted)
  }

  #use(wanted: Wanted, bytes: Uint8Array): boolean {
    try {
      switch (wanted.kind) {
        case 'aia':
          return this.#useCertificates(wanted, readIssuers(bytes))
        case 'crl':
          this.#crls.push(readCertificateList(unwrappedList(bytes)))
          return true
        case 'ocsp':
          this.#ocspResponses.push(readOcspResponse(bytes))
          return true
      }
    } catch (error) {
      if (!(error instanceof CertificateError) && !(error instanceof DecodeError)) throw error
      this.#warn(wanted, UNUSABLE, `it is not one, ${error.message}`)
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
    if (problem !== null) this.#warn(wanted, UNUSABLE, problem)
    return isMore
  }

  #warn(wanted: Wanted, what: string, why: string): void {
    const message = `${WHAT[wanted.kind]} from ${quotedText(wanted.url)} ${what}: ${shortened(why)}.`
    this.warnings.push({ reason: REASONS[wanted.kind], certificate: wanted.for, message })
  }
}

function isIssuer({ kind }: Wanted): boolean {
  return kind === 'aia'
}

/** The first of `wanted` that may be fetched at once, as `bytes` are left: as many as all of them can have their most. */
function errandsOf(wanted: readonly Wanted[], bytes: number): Errand[] {
  const errands: Errand[] = []
  let left = bytes
  for (const one of wanted.slice(0, AT_ONCE)) {
    const maxBytes = Math.min(MOST_BYTES[one.kind], bytes)
    if (maxBytes > left) break
    left -= maxBytes
    errands.push({ wanted: one, maxBytes })
  }
  return errands
}

/** A function that does not hear the signal is not waited for. */
async function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return await promise
  return await new Promise<T>((resolve, reject) => {
    const onAbort = (): void => reject(new Error('aborted'))
    if (signal.aborted) onAbort()
    signal.addEventListener('abort', onAbort, { once: true })
    Promise.resolve(promise)
      .then(resolve, reject)
      .finally(() => signal.removeEventListener('abort', onAbort))
  })
}

/** What a stranger throws may be anything. */
function textOf(error: unknown): string {
  try {
    return String(error instanceof Error ? error.message : error)
  } catch {
    return 'an error that cannot be read'
  }
}

const UNUSABLE = 'could not be used'
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
  return `${kind} ${addressKey(url)} ${request === undefined ? '' : toHex(request)}`
}

function shortened(text: string): string {
  const line = printableText(text.slice(0, 300)).replace(/\.$/, '')
  return text.length > 300 ? `${line}...` : line
}

/** RFC 5280 section 4.2.2.1: a certificate in DER, or a certs-only message; PEM, which is found, of either. */
function readIssuers(bytes: Uint8Array): Uint8Array[] {
  if (!isDer(bytes)) {
    return readPemFile(bytes).flatMap((block) => {
      if (PEM_LABELS.certificate.includes(block.label)) return [block.bytes]
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
function unwrappedList(bytes: Uint8Array): Uint8Array {
  return readPemOrDer(bytes, PEM_LABELS.certificateList)[0]?.bytes ?? bytes
}
