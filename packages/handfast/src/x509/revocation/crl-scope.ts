/**
 * Which CRLs are about a certificate, and for which reasons (RFC 5280 section 6.3.3 (b), (d)).
 */

import type { Certificate } from '../certificate.ts'
import type { DistributionPoint } from '../extension-values.ts'
import type { Name } from '../name.ts'
import { quotedName } from '../printable-text.ts'
import type { CertificateList } from './certificate-list.ts'
import { ALL_REASONS } from './crl-extensions.ts'
import { directoryNames, generalNameKey, relativeName } from './crl-names.ts'

/** A distribution point, as lists are compared with it. */
export interface CrlPoint {
  /** Keys of the names that a list's issuing distribution point is compared with. */
  readonly names: ReadonlySet<string>
  /** Mask of the reasons it covers. */
  readonly reasons: number
  /** Who issues its CRLs, if not the certificate's issuer. */
  readonly crlIssuers: readonly Name[] | null
}

/**
 * The distribution points that a certificate names; those that differ in their names alone as one with the names of
 * all: a list belongs to it if it belongs to one of them. There may be ten thousands, and each is held against each list.
 * @throws {CertificateError} malformed.
 */
export function distributionPoints(certificate: Certificate): CrlPoint[] {
  const joined = new Map<string, CrlPoint & { readonly names: Set<string> }>()
  for (const one of certificate.extensions.cRLDistributionPoints ?? []) {
    const point = readPoint(one, certificate)
    const key = [point.reasons, point.crlIssuers === null, ...(point.crlIssuers ?? []).map((name) => name.key)].join(
      '\u0003',
    )
    const before = joined.get(key)
    if (before === undefined) joined.set(key, point)
    else for (const name of point.names) before.names.add(name)
  }
  return [...joined.values()]
}

/**
 * The point that is assumed for CRLs of the certificate's issuer that no distribution point names (section 6.3.3,
 * last paragraph).
 * @throws {CertificateError} malformed.
 */
export function assumedPoint(certificate: Certificate): CrlPoint {
  const names = new Set([generalNameKey({ kind: 'directory', name: certificate.issuer })])
  for (const name of certificate.extensions.issuerAltName ?? []) names.add(generalNameKey(name))
  return { names, reasons: ALL_REASONS, crlIssuers: null }
}

/** True if the list is one of those `point` speaks of: by its issuer (section 6.3.3 (b) (1)). */
export function isIssuedFor(list: CertificateList, point: CrlPoint, certificate: Certificate): boolean {
  return point.crlIssuers === null
    ? list.issuer.matches(certificate.issuer)
    : point.crlIssuers.some((name) => name.matches(list.issuer))
}

/** Why a list that is issued for `point` is not about the certificate; null if it is (section 6.3.3 (b)). */
export function scopeProblem(list: CertificateList, point: CrlPoint, certificate: Certificate): string | null {
  const scope = list.extensions.issuingDistributionPoint
  if (point.crlIssuers !== null && scope?.indirectCrl !== true) {
    const issuer = quotedName(list.issuerText)
    return `it is no indirect CRL, as one by ${issuer} for a certificate of another issuer has to be`
  }
  const { pointNames } = list
  if (pointNames !== null && !intersects(pointNames, point.names)) return 'it is of another distribution point'
  switch (scope?.onlyContains) {
    case 'user-certificates':
      // Section 5.2.5: certificates of version 1 and 2, which may be of either kind, are in neither scope.
      if (certificate.version < 3) return 'it leaves out certificates of version 1 and 2'
      return certificate.isCa ? 'it is about end entities only' : null
    case 'ca-certificates':
      return certificate.isCa ? null : 'it is about CAs only'
    case 'attribute-certificates':
      return 'it is about attribute certificates only'
    default:
      return null
  }
}

/** The reasons that a list covers at a point: a mask (section 6.3.3 (d)). */
export function coveredReasons(list: CertificateList, point: CrlPoint): number {
  return (list.extensions.issuingDistributionPoint?.onlySomeReasons ?? ALL_REASONS) & point.reasons
}

function readPoint(point: DistributionPoint, certificate: Certificate): CrlPoint & { readonly names: Set<string> } {
  const crlIssuers = point.crlIssuer === undefined ? null : directoryNames(point.crlIssuer)
  const names = new Set<string>()
  if (point.nameRelativeToCrlIssuer !== undefined) {
    // Section 4.2.1.13: relative to the CRL issuer, which must then have one name.
    const base = crlIssuers === null ? certificate.issuer : crlIssuers[0]
    const name = base === undefined ? null : relativeName(base, point.nameRelativeToCrlIssuer)
    if (name !== null) names.add(generalNameKey({ kind: 'directory', name }))
  } else {
    // Section 6.3.3 (b) (2) (i): without a name of its own, the point has that of its CRL issuer.
    for (const name of point.fullName ?? point.crlIssuer ?? []) names.add(generalNameKey(name))
  }
  return { names, reasons: maskOf(point.reasons), crlIssuers }
}

function maskOf(bits: readonly number[] | undefined): number {
  if (bits === undefined) return ALL_REASONS
  let mask = 0
  for (const bit of bits) if (bit < 16) mask |= 1 << bit
  return mask & ALL_REASONS
}

function intersects(a: ReadonlySet<string>, b: ReadonlySet<string>): boolean {
  // A list and a certificate may have ten thousands each.
  if (a.size > b.size) return intersects(b, a)
  for (const key of a) if (b.has(key)) return true
  return false
}
