/**
 * What a verdict lacks, and where certificates say that it can be had: for a host that may fetch it. The
 * addresses are a stranger's: only `http:` and `https:`, each once, and few.
 */

import type { Certificate } from './certificate.ts'
import { CertificateError } from './certificate-error.ts'
import type { GivenCertificates } from './given-certificates.ts'
import type { Wanted } from './verdict.ts'

/** Most that is wanted for one verdict, of each sort. */
export const MAX_WANTED = 16

/** What is wanted for a certificate. */
export interface WantedFor extends Omit<Wanted, 'for'> {
  readonly certificate: Certificate
}

const CA_ISSUERS = '1.3.6.1.5.5.7.48.2'

/** Where the issuers of certificates are to be had (RFC 5280 section 4.2.2.1). */
export function wantedIssuers(orphans: Iterable<Certificate>, given: GivenCertificates): readonly Wanted[] {
  const wanted: WantedFor[] = []
  for (const certificate of orphans) {
    for (const url of issuerUrls(certificate)) wanted.push({ kind: 'aia', url, certificate })
  }
  return wantedOf(wanted, given)
}

/** By index. Of what is no one's that was given nobody could ask again. */
export function wantedOf(all: Iterable<WantedFor>, given: GivenCertificates): readonly Wanted[] {
  const wanted: Wanted[] = []
  const seen = new Set<string>()
  for (const { certificate, ...rest } of all) {
    const index = given.indexOf(certificate)
    // An OCSP responder answers each request at the same address.
    const key = rest.kind === 'ocsp' ? `${index} ${rest.url}` : rest.url
    if (index < 0 || seen.has(key) || !isFetchable(rest.url)) continue
    seen.add(key)
    wanted.push({ ...rest, for: index })
    if (wanted.length === MAX_WANTED) break
  }
  return wanted
}

function issuerUrls(certificate: Certificate): string[] {
  try {
    const descriptions = certificate.extensions.authorityInfoAccess ?? []
    return descriptions.flatMap(({ method, location }) =>
      method === CA_ISSUERS && location.kind === 'uri' ? [location.uri] : [],
    )
  } catch (error) {
    if (error instanceof CertificateError) return []
    throw error
  }
}

const MAX_URL_LENGTH = 2048

function isFetchable(url: string): boolean {
  return url.length <= MAX_URL_LENGTH && /^https?:\/\/[^/\s]/i.test(url) && /^[\x21-\x7e]+$/.test(url)
}
