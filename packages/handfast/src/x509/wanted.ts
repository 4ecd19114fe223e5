/**
 * What a verdict lacks, and where certificates say that it can be had: for a host that may fetch it. The
 * addresses are a stranger's: only `http:` and `https:`, each once, and few.
 */

import type { Certificate } from './certificate.ts'
import { readable } from './certificate-error.ts'
import type { GivenCertificates } from './given-certificates.ts'
import type { Wanted } from './verdict.ts'

/** Most that is wanted for one verdict, of each sort. */
export const MAX_WANTED = 16
/** Places that one certificate may name for its issuer. */
const MAX_ISSUER_URLS = 2

/** What is wanted for a certificate. */
export interface WantedFor extends Omit<Wanted, 'for'> {
  readonly certificate: Certificate
}

const CA_ISSUERS = '1.3.6.1.5.5.7.48.2'

/** Where the issuers of certificates are to be had (RFC 5280 section 4.2.2.1), few for each. */
export function wantedIssuers(certificates: Iterable<Certificate>, given: GivenCertificates): readonly Wanted[] {
  const wanted: WantedFor[] = []
  for (const certificate of certificates) {
    const urls = issuerUrls(certificate).filter(isFetchable).slice(0, MAX_ISSUER_URLS)
    for (const url of urls) wanted.push({ kind: 'aia', url, certificate })
  }
  return listOf(wanted, given)
}

/**
 * By index. Of what is no one's that was given nobody could ask again. The certificates take turns: none may name so
 * many places that nothing is wanted for the one above it, which may be revoked.
 */
export function wantedOf(all: Iterable<WantedFor>, given: GivenCertificates): readonly Wanted[] {
  const turns: WantedFor[][] = []
  const met = new Map<Certificate, number>()
  for (const wanted of all) {
    const turn = met.get(wanted.certificate) ?? 0
    met.set(wanted.certificate, turn + 1)
    ;(turns[turn] ??= []).push(wanted)
  }
  return listOf(turns.flat(), given)
}

function listOf(all: Iterable<WantedFor>, given: GivenCertificates): readonly Wanted[] {
  const wanted: Wanted[] = []
  const seen = new Set<string>()
  for (const { certificate, ...rest } of all) {
    const index = given.indexOf(certificate)
    if (index < 0 || !isFetchable(rest.url)) continue
    const url = addressKey(rest.url)
    // An OCSP responder answers each request at the same address.
    const key = rest.kind === 'ocsp' ? `${index} ${url}` : `${rest.kind} ${url}`
    if (seen.has(key)) continue
    seen.add(key)
    wanted.push({ ...rest, for: index })
    if (wanted.length === MAX_WANTED) break
  }
  return wanted
}

/** The same for URLs that lead to the same place: without fragment, scheme and host in lower case. */
export function addressKey(text: string): string {
  if (!URL.canParse(text)) return text
  const url = new URL(text)
  url.hash = ''
  return url.href
}

function issuerUrls(certificate: Certificate): string[] {
  const descriptions = readable(() => certificate.extensions.authorityInfoAccess) ?? []
  return descriptions.flatMap(({ method, location }) =>
    method === CA_ISSUERS && location.kind === 'uri' ? [location.uri] : [],
  )
}

const MAX_URL_LENGTH = 2048

function isFetchable(url: string): boolean {
  return url.length <= MAX_URL_LENGTH && /^https?:\/\/[^/\s]/i.test(url) && /^[\x21-\x7e]+$/.test(url)
}
