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
import { type AddressRules, isPublicAddress, readAddress, readFetchAddress, type Wanted } from '../x509/index.ts'
import { FetchCache, freshnessOf } from './fetch-cache.ts'

export interface FetcherOptions extends AddressRules {
  /** Most bytes of one answer. Default 16 MiB. */
  readonly maxBytes?: number
  /** Milliseconds for one fetch, redirects included. Default 10,000. */
  readonly timeout?: number
  /** Redirects that are followed for one fetch. Default 3. */
  readonly redirects?: number
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
export type Fetcher = (wanted: Wanted, maxBytes?: number) => Promise<Uint8Array>

const DEFAULTS = { maxBytes: 16 << 20, timeout: 10_000, redirects: 3 } as const
const DEFAULT_CACHE = { entries: 256, bytes: 32 << 20 } as const

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
  const cacheLimits = options.cache === false ? { entries: 0, bytes: 0 } : { ...DEFAULT_CACHE, ...options.cache }
  const cache = new FetchCache(cacheLimits, Date.now)
  const underWay = new Map<string, Promise<Uint8Array>>()

  const fetchFresh = async (wanted: Wanted, key: string): Promise<Uint8Array> => {
    const { bytes, headers } = await new Exchange(wanted, options, limits).run()
    const freshness = freshnessOf(headers, Date.now(), USUAL_FRESHNESS)
    cache.set(key, bytes, Math.min(freshness, LONGEST_FRESHNESS[wanted.kind]))
    return bytes
  }

  return async (wanted, maxBytes = limits.maxBytes) => {
    const key = `${wanted.kind} ${wanted.url} ${wanted.request === undefined ? '' : toHex(wanted.request)}`
    let answer = cache.get(key) ?? underWay.get(key)
    if (answer === undefined) {
      answer = fetchFresh(wanted, key).finally(() => underWay.delete(key))
      underWay.set(key, answer)
    }
    const bytes = await answer
    if (bytes.length > maxBytes) throw tooLong(maxBytes)
    // What is remembered must not change with what is handed out.
    return bytes.slice()
  }
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
  readonly #signal: AbortSignal

  constructor(wanted: Wanted, options: FetcherOptions, limits: Limits) {
    this.#wanted = wanted
    this.#options = options
    this.#limits = limits
    const timeout = AbortSignal.timeout(limits.timeout)
    this.#signal = options.signal === undefined ? timeout : AbortSignal.any([timeout, options.signal])
  }

  async run(): Promise<Answer> {
    try {
      this.#signal.throwIfAborted()
      let { url } = readFetchAddress(this.#wanted.url, this.#options)
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
      }
    } catch (error) {
      throw this.#signal.aborted ? this.#ending() : error
    }
  }

  #ending(): Error {
    if (this.#options.signal?.aborted === true) return new Error('it was aborted', { cause: this.#signal.reason })
    return new Error(`no whole answer within ${this.#limits.timeout} ms`)
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
    const all = await this.#unlessAborted(resolve(hostname))
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
      promise.then(resolve, reject).finally(() => this.#signal.removeEventListener('abort', onAbort))
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
    const chunks: Buffer[] = []
    let length = 0
    for await (const chunk of response) {
      length += (chunk as Buffer).length
      if (length > maxBytes) throw tooLong(maxBytes)
      chunks.push(chunk as Buffer)
    }
    // To be cut off by the signal looks like the end of an answer that lasts as long as its connection.
    this.#signal.throwIfAborted()
    const bytes = new Uint8Array(length)
    let at = 0
    for (const chunk of chunks) {
      bytes.set(chunk, at)
      at += chunk.length
    }
    return bytes
  }
}

/** RFC 9110 section 15.4: with the same method, and those that make a GET of it. */
const REDIRECTS: ReadonlySet<number> = new Set([307, 308])
const GET_REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303])

function tooLong(maxBytes: number): Error {
  return new Error(`more than ${maxBytes} bytes`)
}

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
