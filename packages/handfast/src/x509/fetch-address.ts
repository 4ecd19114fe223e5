/**
 * Addresses that certificates ask their reader to fetch from. They are a stranger's: whoever issues a
 * certificate could have its reader knock at doors within the reader's own network. What is allowed is
 * decided here for every fetcher, before the first step and before each redirect.
 */

import { isInternalName } from './internal-name.ts'
import { readAddress } from './ip-address.ts'
import { quotedText } from './printable-text.ts'
import { isPublicAddress } from './public-address.ts'

/** Which addresses may be fetched from. */
export interface AddressRules {
  /** `public` (default): no address and no name of a machine or network of its own. `any`: whatever there is. */
  readonly addresses?: 'public' | 'any'
  /** Default: 80 for http and 443 for https. */
  readonly ports?: readonly number[] | 'any'
}

/** An address that may be fetched from: without credentials and fragment. */
export interface FetchAddress {
  readonly url: URL
  /** The address, if it has one in place of a name. */
  readonly ip: Uint8Array | null
}

/**
 * The address in `text`, if it may be fetched from.
 * @param base what a relative address, of a redirect, is relative to.
 * @throws {Error} which says why it may not.
 */
export function readFetchAddress(text: string, rules: AddressRules = {}, base?: URL): FetchAddress {
  const url = parsedUrl(text, base)
  if (url.protocol !== 'http:' && url.protocol !== 'https:') throw refusal('needs http or https', url)
  if (base?.protocol === 'https:' && url.protocol === 'http:') throw refusal('must not lead from https to http', url)
  if (url.username !== '' || url.password !== '') throw refusal('must have no user and password', url)
  const port = url.port === '' ? (url.protocol === 'https:' ? 443 : 80) : Number(url.port)
  const { addresses = 'public', ports = USUAL_PORTS } = rules
  if (ports !== 'any' && !ports.includes(port)) throw refusal(`needs port ${ports.join(' or ')}`, url)
  // Another protocol than the one that is spoken there.
  if (rules.ports === undefined && url.port !== '') throw refusal(`needs no port but that of ${url.protocol}`, url)
  url.hash = ''
  const ip = readAddress(url.hostname.replace(/^\[(.*)\]$/, '$1'))
  if (addresses === 'any') return { url, ip }
  if (ip !== null && !isPublicAddress(ip)) throw refusal('needs a public address', url)
  if (ip === null && !isPublicName(url.hostname.replace(/\.$/, ''))) throw refusal('needs a public name', url)
  return { url, ip }
}

const USUAL_PORTS: readonly number[] = [80, 443]

/** Ends of names that networks have for their own though nobody reserved them; and onion (RFC 7686), which is no DNS. */
const PRIVATE_ENDS: ReadonlySet<string> = new Set([
  'intranet',
  'lan',
  'localdomain',
  'onion',
  'private',
  'svc',
  'workgroup',
])

/** A name of several labels, none of them empty, that ends in no number and in nothing of one's own network. */
function isPublicName(name: string): boolean {
  const labels = name.split('.')
  const last = labels.at(-1) as string
  return (
    !isInternalName(name) && labels.every((label) => label !== '') && !/^\d+$/.test(last) && !PRIVATE_ENDS.has(last)
  )
}

function parsedUrl(text: string, base: URL | undefined): URL {
  try {
    return new URL(text, base)
  } catch {
    throw new Error(`the address needs to be a URL, is ${quotedText(text)}`)
  }
}

function refusal(needs: string, url: URL): Error {
  return new Error(`the address ${needs}, is ${quotedText(`${url.protocol}//${url.host}`)}`)
}
