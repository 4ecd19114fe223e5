/**
 * CRL extensions (RFC 5280 section 5.2) and expiredCertsOnCRL (X.509, clause 9.5.2.8), read all at once with the
 * list they are in. Each `readX` reads the contents of `extnValue` and leaves nothing unread; all throw DecodeError.
 */

import { contextConstructed, contextPrimitive, DerReader, tagText } from '../../asn1/der.ts'
import { readGeneralizedTime } from '../../asn1/time.ts'
import { type Extension, readExtensionList } from '../extensions.ts'
import {
  type AccessDescription,
  type AuthorityKeyIdentifier,
  type DistributionPoint,
  readAltName,
  readAuthorityKeyIdentifier,
  readDistributionPoints,
  readInfoAccess,
} from '../extension-values.ts'
import { type GeneralName, readGeneralNames } from '../general-name.ts'
import { relativeName } from './crl-names.ts'
import type { Name } from '../name.ts'

/** All reasons of ReasonFlags (section 4.2.1.13) as a mask: bit n of the number is bit n of the BIT STRING. */
export const ALL_REASONS = 0x1fe

/** Section 5.2.5: what a CRL is about. */
export interface IssuingDistributionPoint {
  /** In DER, as it stands in the list. */
  readonly der: Uint8Array
  /** nameRelativeToCRLIssuer stands here as the whole name; undefined if there is no distributionPoint. */
  readonly distributionPoint: readonly GeneralName[] | undefined
  readonly onlyContains: 'user-certificates' | 'ca-certificates' | 'attribute-certificates' | null
  /** Mask of reasons; undefined for all. */
  readonly onlySomeReasons: number | undefined
  readonly indirectCrl: boolean
}

/** The extensions of a CRL that are understood; a field is absent if its extension is. */
export interface CrlExtensions {
  readonly authorityKeyIdentifier?: AuthorityKeyIdentifier
  readonly issuerAltName?: readonly GeneralName[]
  /** Contents of the INTEGER, which is not negative. */
  readonly crlNumber?: Uint8Array
  /** BaseCRLNumber of a delta CRL, likewise. */
  readonly deltaCrlIndicator?: Uint8Array
  readonly issuingDistributionPoint?: IssuingDistributionPoint
  readonly freshestCrl?: readonly DistributionPoint[]
  readonly authorityInfoAccess?: readonly AccessDescription[]
  /** The list keeps certificates that expired at this time or later: milliseconds since the epoch. */
  readonly expiredCertsOnCrl?: number
  /** As they stand in the list. */
  readonly all: readonly Extension[]
  /** Dotted OIDs of critical extensions that are not understood. */
  readonly unknownCritical: readonly string[]
}

const NONE: CrlExtensions = { all: [], unknownCritical: [] }

type Values = Omit<CrlExtensions, 'all' | 'unknownCritical'>

/** The extensions that are understood, by OID. */
const TYPES: Readonly<Record<string, readonly [name: string, read: (reader: DerReader, issuer: Name) => Values]>> = {
  '2.5.29.35': ['authorityKeyIdentifier', (reader) => ({ authorityKeyIdentifier: readAuthorityKeyIdentifier(reader) })],
  '2.5.29.18': ['issuerAltName', (reader) => ({ issuerAltName: readAltName(reader) })],
  '2.5.29.20': ['cRLNumber', (reader) => ({ crlNumber: readCrlNumber(reader) })],
  '2.5.29.27': ['deltaCRLIndicator', (reader) => ({ deltaCrlIndicator: readCrlNumber(reader) })],
  '2.5.29.28': [
    'issuingDistributionPoint',
    (reader, issuer) => ({ issuingDistributionPoint: readIssuingDistributionPoint(reader, issuer) }),
  ],
  '2.5.29.46': ['freshestCRL', (reader) => ({ freshestCrl: readDistributionPoints(reader) })],
  '2.5.29.60': ['expiredCertsOnCRL', (reader) => ({ expiredCertsOnCrl: readGeneralizedTime(reader, '') })],
  '1.3.6.1.5.5.7.1.1': ['authorityInfoAccess', (reader) => ({ authorityInfoAccess: readInfoAccess(reader) })],
}

/**
 * Reads the field crlExtensions, the next element if it is `[0]`.
 * @param issuer of the list.
 * @throws {DecodeError}
 */
export function readCrlExtensions(tbs: DerReader, der: Uint8Array, issuer: Name, version: 1 | 2): CrlExtensions {
  if (tbs.peek() !== contextConstructed(0)) return NONE
  // Section 5.1.2.7.
  if (version === 1) throw tbs.error('crlExtensions', 'none in version 1', 'some')
  const explicit = tbs.sequence('crlExtensions', contextConstructed(0))
  const list = explicit.sequence('')
  explicit.end()
  if (list.remaining === 0) throw tbs.error('crlExtensions', 'at least one extension', 'none')
  const byOid = readExtensionList(list)
  const values: Values = {}
  const unknownCritical: string[] = []
  for (const extension of byOid.values()) {
    const known = TYPES[extension.oid]
    if (known !== undefined) {
      const [name, read] = known
      const start = extension.value.byteOffset - der.byteOffset
      const path = `tbsCertList.crlExtensions[${extension.index}].${name}`
      const reader = new DerReader(der, path, start, start + extension.value.length)
      Object.assign(values, read(reader, issuer))
      reader.end()
    } else if (extension.critical) unknownCritical.push(extension.oid)
  }
  return { ...values, all: [...byOid.values()], unknownCritical }
}

/** Compares two CRL numbers: below zero if `a` is less. Neither is negative. */
export function compareCrlNumbers(a: Uint8Array, b: Uint8Array): number {
  const first = magnitude(a)
  const second = magnitude(b)
  if (first.length !== second.length) return first.length - second.length
  for (let i = 0; i < first.length; i++) {
    const difference = (first[i] as number) - (second[i] as number)
    if (difference !== 0) return difference
  }
  return 0
}

/** Without the leading zero octet that only keeps the sign. */
function magnitude(number: Uint8Array): Uint8Array {
  return number[0] === 0 ? number.subarray(1) : number
}

/** Sections 5.2.3 and 5.2.4: INTEGER (0..MAX). Issuers use at most 20 octets; longer ones are read. */
function readCrlNumber(reader: DerReader): Uint8Array {
  const number = reader.integer('')
  if ((number[0] as number) & 0x80) throw reader.error('', 'no negative INTEGER', 'a negative one')
  return number
}

/** Section 5.2.5. */
function readIssuingDistributionPoint(reader: DerReader, issuer: Name): IssuingDistributionPoint {
  const from = reader.offset
  const sequence = reader.sequence('')
  const der = reader.since(from)
  if (sequence.remaining === 0) throw reader.error('', 'at least one field', 'an empty SEQUENCE')
  let distributionPoint: GeneralName[] | undefined
  if (sequence.peek() === contextConstructed(0)) {
    distributionPoint = readPointName(sequence.sequence('distributionPoint', contextConstructed(0)), issuer)
  }
  const onlyUser = readFlag(sequence, 'onlyContainsUserCerts', 1)
  const onlyCa = readFlag(sequence, 'onlyContainsCACerts', 2)
  let onlySomeReasons: number | undefined
  if (sequence.peek() === contextPrimitive(3)) {
    const { bytes } = sequence.bitString('onlySomeReasons', contextPrimitive(3))
    onlySomeReasons = reasonsMask(bytes)
  }
  const indirectCrl = readFlag(sequence, 'indirectCRL', 4)
  const onlyAttribute = readFlag(sequence, 'onlyContainsAttributeCerts', 5)
  sequence.end()
  if (Number(onlyUser) + Number(onlyCa) + Number(onlyAttribute) > 1) {
    const needs = 'at most one of onlyContainsUserCerts, onlyContainsCACerts and onlyContainsAttributeCerts'
    throw reader.error('', needs, 'more')
  }
  const onlyContains = onlyUser
    ? 'user-certificates'
    : onlyCa
      ? 'ca-certificates'
      : onlyAttribute
        ? 'attribute-certificates'
        : null
  return { der, distributionPoint, onlyContains, onlySomeReasons, indirectCrl }
}

/** DistributionPointName (section 4.2.1.13), a CHOICE. */
function readPointName(choice: DerReader, issuer: Name): GeneralName[] {
  let names: GeneralName[]
  if (choice.peek() === contextConstructed(1)) {
    const name = relativeName(issuer, choice.element('nameRelativeToCRLIssuer'))
    if (name === null) throw choice.error('nameRelativeToCRLIssuer', 'a RelativeDistinguishedName', 'something else')
    names = [{ kind: 'directory', name }]
  } else {
    names = readGeneralNames(choice.sequence('fullName', contextConstructed(0)))
  }
  if (choice.remaining > 0) throw choice.error('', 'one of its alternatives', `${tagText(choice.peek())} as well`)
  return names
}

/** A BOOLEAN DEFAULT FALSE: in DER it is there only if TRUE. */
function readFlag(sequence: DerReader, field: string, tag: number): boolean {
  if (sequence.peek() !== contextPrimitive(tag)) return false
  const flag = sequence.boolean(field, contextPrimitive(tag))
  if (!flag) throw sequence.error(field, 'no FALSE, as it is the default', 'one')
  return true
}

/** ReasonFlags as a mask; the bit `unused` (0) and bits beyond the last have no meaning. */
function reasonsMask(bytes: Uint8Array): number {
  let mask = 0
  for (let bit = 1; bit <= 8; bit++) if (((bytes[bit >> 3] ?? 0) & (0x80 >> (bit & 7))) !== 0) mask |= 1 << bit
  return mask
}
