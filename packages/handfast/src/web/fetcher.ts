/**
 * Fetching for `verifyFetching` where `fetch` is: browsers, workers, Deno, Bun. Every limit holds while
 * bytes arrive.
 *
 * What `fetch` leaves out of reach: the addresses that names resolve to, so only names and addresses
 * that are local by themselves are refused here; where code runs beside an inner network, use
 * `node/fetcher.ts`. In a browser it may fetch from servers only that allow it by CORS, which few
 * authorities do, and from a page of https over https only; redirects, which it does not show, are
 * refused. There a host does better to fetch through a server of its own.
 */

import { FetchedBytes } from '../x509/fetched-bytes.ts'
import { type AddressRules, type FetchOptions, readFetchAddress, type Wanted } from '../x509/index.ts'

/** How a fetcher for browsers fetches, and what it may. */
export interface WebFetcherOptions extends AddressRules {
  /** Most bytes of one answer, unpacked. Default 16 MiB. */
  readonly maxBytes?: number
  /** Milliseconds for one fetch, redirects included. Default 10,000. */
  readonly timeout?: number
  /** Redirects that are followed for one fetch. Default 3. */
  readonly redirects?: number
  /** Ends all fetches that are under way. */
  readonly signal?: AbortSignal
  /** Default: the platform's. */
  readonly fetch?: typeof fetch
}

/** Gets what a verdict wants, within limits: for `verifyFetching`. */
export type WebFetcher = (wanted: Wanted, options?: Partial<FetchOptions>) => Promise<Uint8Array>

const DEFAULTS = { maxBytes: 16 << 20, timeout: 10_000, redirects: 3 } as const

/**
 * A fetcher over `fetch`. What it remembers is the platform's business.
 * @throws {TypeError} for a limit that is none.
 */
export function createFetcher(options: WebFetcherOptions = {}): WebFetcher {
  const maxBytes = options.maxBytes ?? DEFAULTS.maxBytes
  const timeout = options.timeout ?? DEFAULTS.timeout
  const redirects = options.redirects ?? DEFAULTS.redirects
  for (const [name, value] of Object.entries({ maxBytes, timeout, redirects })) {
    if (!Number.isSafeInteger(value) || value < 0) throw new TypeError(`${name}: needs a whole number, has ${value}`)
  }
  return async (wanted, given = {}) => {
    const most = given.maxBytes ?? maxBytes
    const times = AbortSignal.timeout(timeout)
    const aborting = [options.signal, given.signal].filter((one) => one !== undefined)
    const signal = AbortSignal.any([times, ...aborting])
    try {
      const response = await follow(wanted, options, redirects, signal)
      return await readBody(response, Math.min(most, maxBytes), signal)
    } catch (error) {
      if (aborting.some(({ aborted }) => aborted)) throw new Error('it was aborted', { cause: error })
      throw times.aborted ? new Error(`no whole answer within ${timeout} ms`) : error
    }
  }
}

async function follow(
  wanted: Wanted,
  options: WebFetcherOptions,
  redirects: number,
  signal: AbortSignal,
): Promise<Response> {
  const send = options.fetch ?? fetch
  let { url } = readFetchAddress(wanted.url, options)
  for (let followed = 0; ; followed++) {
    const response = await send(url, { ...requestOf(wanted), signal })
    const location = redirectOf(response, wanted)
    if (location === null) return response
    await response.body?.cancel()
    if (followed >= redirects) throw new Error(`more than ${redirects} redirects`)
    url = readFetchAddress(location, options, url).url
  }
}

function requestOf({ kind, request }: Wanted): RequestInit {
  const plain = { redirect: 'manual', credentials: 'omit', referrerPolicy: 'no-referrer' } as const
  if (kind !== 'ocsp') return plain
  if (request === undefined) throw new Error('OCSP needs a request')
  const headers = { 'content-type': 'application/ocsp-request', accept: 'application/ocsp-response' }
  return { ...plain, method: 'POST', headers, body: request.slice() }
}

/** Where a response sends its asker; null if it is the answer. */
function redirectOf(response: Response, { kind }: Wanted): string | null {
  if (response.status === 200) return null
  if (response.type === 'opaqueredirect') throw new Error('a redirect, whose place the platform does not tell')
  const statuses = kind === 'ocsp' ? [307, 308] : [301, 302, 303, 307, 308]
  const location = response.headers.get('location')
  if (statuses.includes(response.status) && location !== null) return location
  throw new Error(`HTTP status ${response.status}`)
}

/** The platform unpacks what is compressed; what counts is how much comes of it, as it comes. */
async function readBody(response: Response, maxBytes: number, signal: AbortSignal): Promise<Uint8Array> {
  const reader = response.body?.getReader()
  if (reader === undefined) return new Uint8Array(0)
  const answer = new FetchedBytes(maxBytes)
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) break
      answer.add(value)
    }
  } finally {
    // Whatever is still to come is not wanted; that nobody can be told so is no error of its own.
    reader.cancel().catch(() => {})
  }
  signal.throwIfAborted()
  return answer.finish()
}
