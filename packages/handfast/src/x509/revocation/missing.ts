/**
 * Where missing revocation data is to be had: the URLs that certificates and CRLs name (RFC 5280 sections 4.2.1.13,
 * 4.2.1.15, 4.2.2.1 and 5.2.6). They come from strangers: only `http:` and `https:`, and few for each certificate.
 */

import { DecodeError } from '../../bytes/decode-error.ts'
import type { CryptoProvider } from '../../crypto/provider.ts'
import type { Certificate } from '../certificate.ts'
import { CertificateError } from '../certificate-error.ts'
import type { DistributionPoint } from '../extension-values.ts'
import type { RevocationPolicy } from '../validation-policy.ts'
import type { CrlJudgement } from './crl-status.ts'
import { ocspUrls, writeOcspRequest } from './ocsp-request.ts'

/** What would say more of a certificate's status. */
export interface WantedRevocation {
  readonly kind: 'crl' | 'ocsp'
  /** Printable ASCII without spaces. From a stranger: to be fetched within limits only. */
  readonly url: string
  readonly certificate: Certificate
  /** OCSP: the request to POST, DER. */
  readonly request?: Uint8Array
}

/** Most URLs of each kind that are wanted for one certificate. */
export const MAX_WANTED_URLS = 4
/** Longest URL that is wanted, in characters. */
const MAX_URL_LENGTH = 2048

/** What is missing of a certificate whose status is not known, in the order of the policy's sources. */
export function findMissing(
  certificate: Certificate,
  issuer: Certificate,
  { sources, indirectCrls }: RevocationPolicy,
  provider: CryptoProvider,
): WantedRevocation[] {
  return sources.flatMap((source) => {
    if (source === 'ocsp') return missingResponses(certificate, issuer, provider)
    const points = readable(() => certificate.extensions.cRLDistributionPoints)
    const usable = points.filter(({ crlIssuer }) => indirectCrls || crlIssuer === undefined)
    const deltas = readable(() => certificate.extensions.freshestCRL)
    return [...wantedLists(certificate, usable), ...wantedLists(certificate, deltas)]
  })
}

/** The delta CRLs that would be newer than what was good. */
export function findMissingDeltas(certificate: Certificate, { lists, isFreshest }: CrlJudgement): WantedRevocation[] {
  if (isFreshest) return []
  const points = [
    ...readable(() => certificate.extensions.freshestCRL),
    ...lists.flatMap(({ extensions }) => extensions.freshestCrl ?? []),
  ]
  return wantedLists(certificate, points)
}

/** What to do, in one sentence. */
export function adviceText(missing: readonly WantedRevocation[], sources: readonly ('ocsp' | 'crl')[]): string {
  const kinds = sources.map((source) => {
    const urls = missing.filter(({ kind }) => kind === source).map(({ url }) => url)
    const what = source === 'crl' ? 'a current CRL' : 'a current OCSP response'
    return urls.length === 0 ? what : `${what} (from ${urls.join(' or ')})`
  })
  if (kinds.length === 0) return 'The policy must name a source.'
  const named = missing.length === 0 ? ', of which the certificate does not say where to get it' : ''
  return `It needs ${kinds.join(' or ')}${named}.`
}

function missingResponses(certificate: Certificate, issuer: Certificate, provider: CryptoProvider): WantedRevocation[] {
  const urls = ocspUrls(certificate).filter(isFetchable).slice(0, MAX_WANTED_URLS)
  if (urls.length === 0) return []
  try {
    const request = writeOcspRequest({ certificate, issuer, provider })
    return urls.map((url) => ({ kind: 'ocsp', url, certificate, request }))
  } catch (error) {
    if (error instanceof DecodeError || error instanceof CertificateError) return []
    throw error
  }
}

function wantedLists(certificate: Certificate, points: readonly DistributionPoint[]): WantedRevocation[] {
  const urls = new Set<string>()
  for (const { fullName } of points) {
    for (const name of fullName ?? []) {
      if (urls.size < MAX_WANTED_URLS && name.kind === 'uri' && isFetchable(name.uri)) urls.add(name.uri)
    }
  }
  return [...urls].map((url) => ({ kind: 'crl', url, certificate }))
}

function isFetchable(url: string): boolean {
  return url.length <= MAX_URL_LENGTH && /^https?:\/\/[!-~]+$/i.test(url)
}

/** None for an extension that is absent or malformed. */
function readable(read: () => readonly DistributionPoint[] | undefined): readonly DistributionPoint[] {
  try {
    return read() ?? []
  } catch (error) {
    if (error instanceof CertificateError) return []
    throw error
  }
}
