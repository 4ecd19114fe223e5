/**
 * Fetching for `verifyFetching`: issuers, revocation lists and OCSP responses, over http and https,
 * from addresses that a stranger wrote into a certificate. So every limit holds while bytes arrive, not
 * afterwards; names are resolved first, and what is connected to is an address that was looked at:
 * whoever answers with another address a moment later gains nothing.
 *
 * What is fetched is signed, so that plain http is as good here as https. Certificates of https servers
 * are judged by Node. OCSP is asked by POST (RFC 6960 appendix A.1).
 *
 * Left out: proxies, cookies, compressed answers, OCSP by GET.
 */

import { lookup as lookUp } from 'node:dns/promises'
import * as http from 'node:http'
import * as https from 'node:https'
import { isIP, type LookupFunction } from 'node:net'
import { toHex } from '../bytes/index.ts'
import {
  type AddressRules,
  type FetchOptions,
  isPublicAddress,
  readAddress,
  readFetchAddress,
  type Wanted,
} from '../x509/index.ts'
import { FetchedBytes, tooLong } from '../x509/fetched-bytes.ts'
import { quotedText } from '../x509/printable-text.ts'
import { FetchCache, freshnessOf } from './fetch-cache.ts'
import { FetchSlots, type Release, type SlotLimits } from './fetch-slots.ts'
import { SharedFetch } from './shared-fetch.ts'

export interface FetcherOptions extends AddressRules {
  /** Most bytes of one answer. Default 16 MiB. */
  readonly maxBytes?: number
  /** Milliseconds for one fetch from when it begins, redirects included. Default 10,000. */
  readonly timeout?: number
  /** Redirects that are followed for one fetch. Default 3. */
  readonly redirects?: number
  /**
   * Fetches under way at once, for all verdicts together: in all (16 by default), with one host (4), and the bytes that
   * they may bring (64 MiB). Others wait for their turn.
   */
  readonly concurrency?: { readonly total?: number; readonly perHost?: number; readonly bytes?: number }
  /** Ends all fetches that are under way: for a limit on a whole verdict, `AbortSignal.timeout(...)`. */
  readonly signal?: AbortSignal
  /** Most that is remembered while it is fresh: 256 answers of 32 MiB in all by default; false for nothing. */
  readonly cache?: { readonly entries?: number; readonly bytes?: number } | false
  /** Roots for servers of https, PEM. Default: Node's. */
  readonly ca?: string | readonly string[]
  /** Addresses of a name. Default: as the system resolves it. */
  readonly resolve?: (hostname: string) => Promise<readonly string[]>
}

/** Gets what a verdict wants, within limits: for `verifyFetching`. */
export interface Fetcher {
  (wanted: Wanted, options?: Partial<FetchOptions>): Promise<Uint8Array>
  /** Drops the answer if it is remembered: it was of no use. */
  readonly forget: (wanted: Wanted) => void
}

const DEFAULTS = { maxBytes: 16 << 20, timeout: 10_000, redirects: 3 } as const
const DEFAULT_CACHE = { entries: 256, bytes: 32 << 20 } as const
const DEFAULT_CONCURRENCY = { total: 16, perHost: 4, bytes: 64 << 20 } as const
/** Fetches that wait for their turn: more are refused. */
const MAX_WAITING = 1024

const MINUTE = 60_000
/** Answers that do not say how long they are fresh. */
const USUAL_FRESHNESS = 10 * MINUTE
/** Longest, whatever they say: what is revoked should not be good for longer. */
const LONGEST_FRESHNESS: Readonly<Record<Wanted['kind'], number>> = {
  aia: 24 * 60 * MINUTE,
  crl: 60 * MINUTE,
  ocsp: 60 * MINUTE,
}

/**
 * A fetcher with a memory of its own: one serves many verdicts.
 * @throws {TypeError} for a limit that is none.
 */
export function createFetcher(options: FetcherOptions = {}): Fetcher {
  const limits = {
    maxBytes: options.maxBytes ?? DEFAULTS.maxBytes,
    timeout: options.timeout ?? DEFAULTS.timeout,
    redirects: options.redirects ?? DEFAULTS.redirects,
  }
  for (const [name, value] of Object.entries(limits)) {
    if (!Number.isSafeInteger(value) || value < 0) throw new TypeError(`${name}: needs a whole number, has ${value}`)
  }
  if (options.resolve !== undefined && typeof options.resolve !== 'function') {
    throw new TypeError(`resolve: needs a function, has ${typeof options.resolve}`)
  }
  const cacheLimits = options.cache === false ? { entries: 0, bytes: 0 } : { ...DEFAULT_CACHE, ...options.cache }
  const cache = new FetchCache(cacheLimits, Date.now)
  const slots = new FetchSlots({ ...readConcurrency(options.concurrency), waiting: MAX_WAITING })
  const underWay = new Map<string, SharedFetch>()

  const fetchFresh = async (
    wanted: Wanted,
    key: string,
    maxBytes: number,
    signal: AbortSignal,
  ): Promise<Uint8Array> => {
    const exchange = new Exchange(wanted, options, { ...limits, maxBytes }, slots)
    const { bytes, headers } = await exchange.run(signal)
    const freshness = freshnessOf(headers, Date.now(), USUAL_FRESHNESS)
    cache.set(key, bytes, Math.min(freshness, LONGEST_FRESHNESS[wanted.kind]))
    return bytes
  }

  const shareFetch = (wanted: Wanted, key: string, maxBytes: number): SharedFetch => {
    const known = underWay.get(key)
    if (known !== undefined && !known.isGivenUp && known.maxBytes >= maxBytes) return known
    const begun = new SharedFetch(maxBytes, async (signal) => {
      try {
        return await fetchFresh(wanted, key, maxBytes, signal)
      } finally {
        if (underWay.get(key) === begun) underWay.delete(key)
      }
    })
    underWay.set(key, begun)
    return begun
  }

  const get = async (wanted: Wanted, { maxBytes, signal }: Partial<FetchOptions> = {}): Promise<Uint8Array> => {
    const most = Math.min(maxBytes ?? limits.maxBytes, limits.maxBytes)
    if (signal?.aborted === true) throw new Error('it was aborted', { cause: signal.reason })
    const key = keyOf(wanted, options)
    const bytes = cache.get(key) ?? (await shareFetch(wanted, key, most).wait(signal))
    if (bytes.length > most) throw tooLong(most)
    // What is remembered must not change with what is handed out.
    return bytes.slice()
  }
  return Object.assign(get, {
    forget: (wanted: Wanted): void => {
      try {
        cache.delete(keyOf(wanted, options))
      } catch {
        // What may not be fetched from is not remembered.
      }
    },
  })
}

/** By where it leads, however that is written. @throws {Error} if it may not be fetched from. */
function keyOf({ kind, url, request }: Wanted, rules: AddressRules): string {
  return `${kind} ${readFetchAddress(url, rules).url.href} ${request === undefined ? '' : toHex(request)}`
}

function readConcurrency(given: FetcherOptions['concurrency']): Omit<SlotLimits, 'waiting'> {
  const limits = { ...DEFAULT_CONCURRENCY, ...given }
  for (const [name, value] of Object.entries(limits)) {
    if (Number.isSafeInteger(value) && value > 0) continue
    throw new TypeError(`concurrency.${name}: needs a whole number from 1 on, has ${value}`)
  }
  return limits
}

interface Limits {
  readonly maxBytes: number
  readonly timeout: number
  readonly redirects: number
}

interface Answer {
  readonly bytes: Uint8Array
  readonly headers: http.IncomingHttpHeaders
}

/** One fetch with its redirects. */
class Exchange {
  readonly #wanted: Wanted
  readonly #options: FetcherOptions
  readonly #limits: Limits
  readonly #slots: FetchSlots
  #signal: AbortSignal = NEVER

  constructor(wanted: Wanted, options: FetcherOptions, limits: Limits, slots: FetchSlots) {
    this.#wanted = wanted
    this.#options = options
    this.#limits = limits
    this.#slots = slots
  }

  /** @param signal nobody waits any more. */
  async run(signal: AbortSignal): Promise<Answer> {
    const aborting = this.#options.signal === undefined ? signal : AbortSignal.any([signal, this.#options.signal])
    this.#signal = aborting
    let release: Release | undefined
    try {
      let { url } = readFetchAddress(this.#wanted.url, this.#options)
      release = await this.#slots.acquire(url.host, this.#limits.maxBytes, aborting)
      // Time runs from here: who had to wait for others is not to blame.
      this.#signal = AbortSignal.any([aborting, AbortSignal.timeout(this.#limits.timeout)])
      for (let followed = 0; ; followed++) {
        const response = await this.#send(url)
        try {
          const location = this.#redirectOf(response)
          if (location === null) return { bytes: await this.#read(response), headers: response.headers }
          if (followed >= this.#limits.redirects) throw new Error(`more than ${this.#limits.redirects} redirects`)
          url = readFetchAddress(location, this.#options, url).url
        } finally {
          response.destroy()
        }
        // Another host may be a busy one.
        release()
        release = await this.#slots.acquire(url.host, this.#limits.maxBytes, this.#signal)
      }
    } catch (error) {
      throw this.#signal.aborted ? this.#ending(aborting, error) : error
    } finally {
      release?.()
    }
  }

  #ending(aborting: AbortSignal, cause: unknown): Error {
    if (aborting.aborted) return new Error('it was aborted', { cause: aborting.reason })
    return new Error(`no whole answer within ${this.#limits.timeout} ms`, { cause })
  }

  async #send(url: URL): Promise<http.IncomingMessage> {
    const { request } = this.#wanted
    const isPost = this.#wanted.kind === 'ocsp'
    if (isPost && request === undefined) throw new Error('OCSP needs a request')
    const lookup = isIP(bareHost(url)) > 0 ? undefined : fixedLookup(await this.#addressesOf(url.hostname))
    const headers = {
      'user-agent': 'handfast',
      accept: isPost ? 'application/ocsp-response' : '*/*',
      'accept-encoding': 'identity',
      ...(isPost ? { 'content-type': 'application/ocsp-request', 'content-length': String(request?.length) } : {}),
    }
    const shared = { method: isPost ? 'POST' : 'GET', headers, agent: false, signal: this.#signal } as const
    return await new Promise((resolve, reject) => {
      const ca = this.#options.ca === undefined ? {} : { ca: [this.#options.ca].flat() }
      const sent =
        url.protocol === 'https:'
          ? https.request(url, { ...shared, ...ca, ...(lookup === undefined ? {} : { lookup }) })
          : http.request(url, { ...shared, ...(lookup === undefined ? {} : { lookup }) })
      sent.on('response', resolve)
      // Also behind the response, where it has nobody else to hear it.
      sent.on('error', reject)
      // An answer that changes the protocol (status 101) is none, and no error either.
      sent.on('close', () => reject(new Error('no answer')))
      sent.end(isPost ? request : undefined)
    })
  }

  /** Addresses that may be connected to. */
  async #addressesOf(hostname: string): Promise<readonly string[]> {
    const resolve = this.#options.resolve ?? resolveBySystem
    const all: unknown = await this.#unlessAborted(resolve(hostname))
    if (!isListOfText(all)) throw new TypeError(`resolve: needs a list of addresses, has ${describe(all)}`)
    const allowed = all.filter((text) => {
      const address = readAddress(text)
      return address !== null && (this.#options.addresses === 'any' || isPublicAddress(address))
    })
    if (allowed.length === 0) throw new Error('its name has no public address')
    return allowed
  }

  /** Names are resolved without a way to stop it; nobody waits for that. */
  async #unlessAborted<T>(promise: Promise<T>): Promise<T> {
    return await new Promise((resolve, reject) => {
      const onAbort = (): void => reject(new Error('aborted'))
      this.#signal.addEventListener('abort', onAbort, { once: true })
      Promise.resolve(promise)
        .then(resolve, reject)
        .finally(() => this.#signal.removeEventListener('abort', onAbort))
    })
  }

  /** Where a response sends its asker; null if it is the answer. */
  #redirectOf({ statusCode = 0, headers }: http.IncomingMessage): string | null {
    if (statusCode === 200) return null
    const isRedirect = REDIRECTS.has(statusCode) || (this.#wanted.kind !== 'ocsp' && GET_REDIRECTS.has(statusCode))
    if (isRedirect && headers.location !== undefined) return headers.location
    throw new Error(`HTTP status ${statusCode}`)
  }

  async #read(response: http.IncomingMessage): Promise<Uint8Array> {
    const { maxBytes } = this.#limits
    const encoding = response.headers['content-encoding'] ?? 'identity'
    // Compressed although nobody asked for that: how much it would become, only unpacking it would tell.
    if (encoding !== 'identity') throw new Error('its answer is compressed')
    if (Number(response.headers['content-length'] ?? 0) > maxBytes) throw tooLong(maxBytes)
    const answer = new FetchedBytes(maxBytes)
    for await (const piece of response) answer.add(piece as Buffer)
    // To be cut off by the signal looks like the end of an answer that lasts as long as its connection.
    this.#signal.throwIfAborted()
    return answer.finish()
  }
}

const NEVER = new AbortController().signal

function isListOfText(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((one) => typeof one === 'string')
}

function describe(value: unknown): string {
  if (typeof value === 'string') return quotedText(value)
  if (Array.isArray(value)) return 'a list with something else in it'
  return value === null ? 'null' : typeof value
}

/** RFC 9110 section 15.4: with the same method, and those that make a GET of it. */
const REDIRECTS: ReadonlySet<number> = new Set([307, 308])
const GET_REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303])

function bareHost(url: URL): string {
  return url.hostname.replace(/^\[(.*)\]$/, '$1')
}

async function resolveBySystem(hostname: string): Promise<string[]> {
  const found = await lookUp(hostname, { all: true })
  return found.map(({ address }) => address)
}

/** Whatever name is asked for, these addresses and no others: they were looked at. */
function fixedLookup(addresses: readonly string[]): LookupFunction {
  const all = addresses.map((address) => ({ address, family: isIP(address) }))
  const [first] = all as [(typeof all)[number]]
  return (_, options, callback) => {
    if (options.all === true) callback(null, all)
    else callback(null, first.address, first.family)
  }
}
