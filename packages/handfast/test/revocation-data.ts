/** Revocation lists and OCSP responses that are fresh at some time: for tests of what uses them. */

import { issueCrl } from './crl-maker.ts'
import { makeOcspResponse } from './ocsp-maker.ts'
import type { TestCertificate } from './pki.ts'

const WEEK = 7 * 86_400_000

export interface FreshnessOptions {
  /** Milliseconds since the epoch; the next update is a week later. */
  readonly thisUpdate: number
}

/** A CRL of `issuer` that revokes these of its certificates, in DER. */
export function freshCrl(
  issuer: TestCertificate,
  revoked: readonly TestCertificate[],
  { thisUpdate }: FreshnessOptions,
): Uint8Array {
  const entries = revoked.map(({ certificate }) => ({ certificate }))
  // An empty list of entries has to be left out (RFC 5280 section 5.1.2.6).
  const listed = entries.length === 0 ? {} : { revoked: entries }
  return issueCrl(issuer, {
    ...listed,
    thisUpdate,
    nextUpdate: thisUpdate + WEEK,
    number: Math.floor(thisUpdate / 1000),
  })
}

/** An OCSP response of `issuer` itself on one of its certificates, in DER. */
export function freshOcspResponse(
  issuer: TestCertificate,
  { certificate }: TestCertificate,
  status: 'good' | 'revoked',
  { thisUpdate }: FreshnessOptions,
): Uint8Array {
  const nextUpdate = thisUpdate + WEEK
  const response = { certificate, issuer, status, thisUpdate, nextUpdate, reason: 1 }
  return makeOcspResponse({ signer: issuer, responses: [response], producedAt: thisUpdate })
}
