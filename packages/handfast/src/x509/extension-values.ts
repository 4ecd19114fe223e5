/**
 * The values of certificate extensions: RFC 5280 section 4.2, the SCT list of RFC 6962 section 3.3
 * (its envelope only), TLS features of RFC 7633. Each `readX` reads the contents of `extnValue` and
 * leaves nothing unread; all throw DecodeError.
 */

import { type DerReader, contextConstructed, contextPrimitive, TAG, tagText } from '../asn1/der.ts'
import { readGeneralizedTime } from '../asn1/time.ts'
import { type AddressForm, type GeneralName, readGeneralName, readGeneralNames } from './general-name.ts'
import { prefixLength } from './ip-address.ts'

/** Section 4.2.1.1. */
export interface AuthorityKeyIdentifier {
  readonly keyIdentifier: Uint8Array | undefined
  readonly authorityCertIssuer: readonly GeneralName[] | undefined
  /** Contents of the INTEGER. */
  readonly authorityCertSerialNumber: Uint8Array | undefined
}

/** Section 4.2.1.3. */
export interface KeyUsage {
  readonly digitalSignature: boolean
  /** Also called contentCommitment. */
  readonly nonRepudiation: boolean
  readonly keyEncipherment: boolean
  readonly dataEncipherment: boolean
  readonly keyAgreement: boolean
  readonly keyCertSign: boolean
  readonly cRLSign: boolean
  readonly encipherOnly: boolean
  readonly decipherOnly: boolean
}

/** Section 4.2.1.4. Qualifiers say nothing that validation uses; they are kept as they are. */
export interface PolicyInformation {
  /** Dotted OID. */
  readonly policy: string
  readonly qualifiers: readonly { readonly oid: string; readonly qualifier: Uint8Array }[]
}

/** Section 4.2.1.5. Dotted OIDs. */
export interface PolicyMapping {
  readonly issuerDomainPolicy: string
  readonly subjectDomainPolicy: string
}

/** Section 4.2.1.9. */
export interface BasicConstraints {
  readonly isCa: boolean
  /** How many more intermediates may follow; undefined if any number. Means nothing if `isCa` is false. */
  readonly pathLength: number | undefined
}

/** Section 4.2.1.10. */
export interface NameConstraints {
  readonly permitted: readonly GeneralName[]
  readonly excluded: readonly GeneralName[]
}

/** Section 4.2.1.11. */
export interface PolicyConstraints {
  readonly requireExplicitPolicy: number | undefined
  readonly inhibitPolicyMapping: number | undefined
}

/** Section 4.2.1.13. */
export interface DistributionPoint {
  readonly fullName: readonly GeneralName[] | undefined
  /** The RDN, a SET in DER, relative to the CRL issuer's name. */
  readonly nameRelativeToCrlIssuer: Uint8Array | undefined
  /** Numbers of the bits set in ReasonFlags, 0 to 8; undefined for all reasons. */
  readonly reasons: readonly number[] | undefined
  readonly crlIssuer: readonly GeneralName[] | undefined
}

/** Sections 4.2.2.1 and 4.2.2.2. */
export interface AccessDescription {
  /** Dotted OID: `1.3.6.1.5.5.7.48.1` is OCSP, `.2` caIssuers. */
  readonly method: string
  readonly location: GeneralName
}

/** The bits of KeyUsage in their order. */
export const KEY_USAGES: readonly (keyof KeyUsage)[] = [
  'digitalSignature',
  'nonRepudiation',
  'keyEncipherment',
  'dataEncipherment',
  'keyAgreement',
  'keyCertSign',
  'cRLSign',
  'encipherOnly',
  'decipherOnly',
]

/** Section 4.2.1.1. */
export function readAuthorityKeyIdentifier(reader: DerReader): AuthorityKeyIdentifier {
  const sequence = reader.sequence('')
  let keyIdentifier: Uint8Array | undefined
  let authorityCertIssuer: GeneralName[] | undefined
  let authorityCertSerialNumber: Uint8Array | undefined
  if (sequence.peek() === contextPrimitive(0))
    keyIdentifier = sequence.octetString('keyIdentifier', contextPrimitive(0))
  if (sequence.peek() === contextConstructed(1)) {
    authorityCertIssuer = readGeneralNames(sequence.sequence('authorityCertIssuer', contextConstructed(1)))
  }
  if (sequence.peek() === contextPrimitive(2)) {
    authorityCertSerialNumber = sequence.integer('authorityCertSerialNumber', contextPrimitive(2))
  }
  sequence.end()
  return { keyIdentifier, authorityCertIssuer, authorityCertSerialNumber }
}

/** Section 4.2.1.2. */
export function readSubjectKeyIdentifier(reader: DerReader): Uint8Array {
  return reader.octetString('')
}

/**
 * At least one bit must be set (section 4.2.1.3). Trailing zero bits, which DER drops, are read:
 * their meaning is beyond doubt, and certificates have them.
 */
export function readKeyUsage(reader: DerReader): KeyUsage {
  const { bytes } = reader.bitString('')
  const first = bytes[0] ?? 0
  const second = bytes[1] ?? 0
  if (first === 0 && (second & 0x80) === 0) throw reader.error('', 'at least one usage', 'none')
  return {
    digitalSignature: (first & 0x80) !== 0,
    nonRepudiation: (first & 0x40) !== 0,
    keyEncipherment: (first & 0x20) !== 0,
    dataEncipherment: (first & 0x10) !== 0,
    keyAgreement: (first & 0x08) !== 0,
    keyCertSign: (first & 0x04) !== 0,
    cRLSign: (first & 0x02) !== 0,
    encipherOnly: (first & 0x01) !== 0,
    decipherOnly: (second & 0x80) !== 0,
  }
}

/** Section 4.2.1.4: at least one policy, each once. */
export function readCertificatePolicies(reader: DerReader): PolicyInformation[] {
  const policies: PolicyInformation[] = []
  const seen = new Set<string>()
  readList(reader, 'policy', (sequence, index) => {
    const information = sequence.sequence(index)
    const policy = information.oid('policyIdentifier')
    // Section 4.2.1.4: a policy must not appear more than once.
    if (seen.has(policy)) throw information.error('policyIdentifier', 'each policy once', `${policy} twice`)
    seen.add(policy)
    const qualifiers: { oid: string; qualifier: Uint8Array }[] = []
    if (information.remaining > 0) {
      const list = information.sequence('policyQualifiers')
      if (list.remaining === 0) throw information.error('policyQualifiers', 'at least one qualifier', 'none')
      while (list.remaining > 0) {
        const qualifier = list.sequence(qualifiers.length)
        qualifiers.push({ oid: qualifier.oid('policyQualifierId'), qualifier: qualifier.element('qualifier') })
        qualifier.end()
      }
    }
    information.end()
    policies.push({ policy, qualifiers })
  })
  return policies
}

/** Section 4.2.1.5: at least one pair. */
export function readPolicyMappings(reader: DerReader): PolicyMapping[] {
  const mappings: PolicyMapping[] = []
  readList(reader, 'mapping', (sequence, index) => {
    const mapping = sequence.sequence(index)
    const issuerDomainPolicy = mapping.oid('issuerDomainPolicy')
    const subjectDomainPolicy = mapping.oid('subjectDomainPolicy')
    mapping.end()
    mappings.push({ issuerDomainPolicy, subjectDomainPolicy })
  })
  return mappings
}

/** Sections 4.2.1.6 and 4.2.1.7: subjectAltName and issuerAltName. */
export function readAltName(reader: DerReader): GeneralName[] {
  return readGeneralNames(reader.sequence(''))
}

/** Section 4.2.1.8: attributes as their DER. */
export function readSubjectDirectoryAttributes(reader: DerReader): Uint8Array[] {
  const attributes: Uint8Array[] = []
  readList(reader, 'attribute', (sequence, index) => {
    attributes.push(sequence.element(index))
  })
  return attributes
}

/** An explicit FALSE, which DER leaves out as the default, is read: certificates have it, and it says one thing only. */
export function readBasicConstraints(reader: DerReader): BasicConstraints {
  const sequence = reader.sequence('')
  const isCa = sequence.peek() === TAG.boolean && sequence.boolean('cA')
  let pathLength: number | undefined
  if (sequence.remaining > 0) pathLength = sequence.unsigned('pathLenConstraint')
  sequence.end()
  return { isCa, pathLength }
}

/** Section 4.2.1.10: permitted or excluded subtrees, or both. */
export function readNameConstraints(reader: DerReader): NameConstraints {
  const sequence = reader.sequence('')
  if (sequence.remaining === 0) throw reader.error('', 'permittedSubtrees or excludedSubtrees', 'neither')
  let permitted: GeneralName[] = []
  let excluded: GeneralName[] = []
  if (sequence.peek() === contextConstructed(0)) permitted = readSubtrees(sequence, 'permittedSubtrees', 0)
  if (sequence.peek() === contextConstructed(1)) excluded = readSubtrees(sequence, 'excludedSubtrees', 1)
  sequence.end()
  return { permitted, excluded }
}

/** Section 4.2.1.10: `minimum` must be zero, and so is absent in DER; `maximum` must be absent. */
function readSubtrees(sequence: DerReader, field: string, tag: number): GeneralName[] {
  const subtrees = sequence.sequence(field, contextConstructed(tag))
  if (subtrees.remaining === 0) throw sequence.error(field, 'at least one subtree', 'none')
  const form: AddressForm = 'address-and-mask'
  const bases: GeneralName[] = []
  while (subtrees.remaining > 0) {
    const subtree = subtrees.sequence(bases.length)
    const base = readGeneralName(subtree, 'base', form)
    if (subtree.remaining > 0) {
      throw subtree.error('minimum', 'neither minimum nor maximum', tagText(subtree.peek()))
    }
    if (base.kind === 'ip' && prefixLength(base.address.subarray(base.address.length / 2)) === null) {
      throw subtree.error('base', 'a mask in the style of CIDR', 'one with gaps')
    }
    bases.push(base)
  }
  return bases
}

/** Section 4.2.1.11: at least one of its two fields. */
export function readPolicyConstraints(reader: DerReader): PolicyConstraints {
  const sequence = reader.sequence('')
  if (sequence.remaining === 0) throw reader.error('', 'requireExplicitPolicy or inhibitPolicyMapping', 'neither')
  let requireExplicitPolicy: number | undefined
  let inhibitPolicyMapping: number | undefined
  if (sequence.peek() === contextPrimitive(0)) {
    requireExplicitPolicy = sequence.unsigned('requireExplicitPolicy', undefined, contextPrimitive(0))
  }
  if (sequence.peek() === contextPrimitive(1)) {
    inhibitPolicyMapping = sequence.unsigned('inhibitPolicyMapping', undefined, contextPrimitive(1))
  }
  sequence.end()
  return { requireExplicitPolicy, inhibitPolicyMapping }
}

/** Section 4.2.1.12: dotted OIDs of key purposes. */
export function readExtendedKeyUsage(reader: DerReader): string[] {
  const purposes: string[] = []
  readList(reader, 'purpose', (sequence, index) => {
    purposes.push(sequence.oid(index))
  })
  return purposes
}

/** Sections 4.2.1.13 and 4.2.1.15: cRLDistributionPoints and freshestCRL. */
export function readDistributionPoints(reader: DerReader): DistributionPoint[] {
  const points: DistributionPoint[] = []
  readList(reader, 'distribution point', (sequence, index) => {
    points.push(readDistributionPoint(sequence.sequence(index)))
  })
  return points
}

/** Bits of ReasonFlags (section 4.2.1.13). */
const REASON_FLAGS = 9

function readDistributionPoint(point: DerReader): DistributionPoint {
  let fullName: GeneralName[] | undefined
  let nameRelativeToCrlIssuer: Uint8Array | undefined
  let reasons: number[] | undefined
  let crlIssuer: GeneralName[] | undefined
  if (point.peek() === contextConstructed(0)) {
    const name = point.sequence('distributionPoint', contextConstructed(0))
    if (name.peek() === contextConstructed(1)) nameRelativeToCrlIssuer = name.element('nameRelativeToCRLIssuer')
    else fullName = readGeneralNames(name.sequence('fullName', contextConstructed(0)))
    name.end()
  }
  if (point.peek() === contextPrimitive(1)) {
    const { bytes, unusedBits } = point.bitString('reasons', contextPrimitive(1))
    reasons = []
    // Those beyond have no meaning, and there may be millions.
    for (let bit = 0; bit < Math.min(8 * bytes.length - unusedBits, REASON_FLAGS); bit++) {
      if ((bytes[bit >> 3] as number) & (0x80 >> (bit & 7))) reasons.push(bit)
    }
  }
  if (point.peek() === contextConstructed(2))
    crlIssuer = readGeneralNames(point.sequence('cRLIssuer', contextConstructed(2)))
  point.end()
  // Section 4.2.1.13: a point must not consist of reasons alone.
  if (fullName === undefined && nameRelativeToCrlIssuer === undefined && crlIssuer === undefined) {
    throw point.error('', 'distributionPoint or cRLIssuer', 'neither')
  }
  return { fullName, nameRelativeToCrlIssuer, reasons, crlIssuer }
}

/** Section 4.2.1.14. */
export function readInhibitAnyPolicy(reader: DerReader): number {
  return reader.unsigned('')
}

/** Sections 4.2.2.1 and 4.2.2.2: authorityInfoAccess and subjectInfoAccess. */
export function readInfoAccess(reader: DerReader): AccessDescription[] {
  const descriptions: AccessDescription[] = []
  readList(reader, 'access description', (sequence, index) => {
    const description = sequence.sequence(index)
    const method = description.oid('accessMethod')
    const location = readGeneralName(description, 'accessLocation')
    description.end()
    descriptions.push({ method, location })
  })
  return descriptions
}

/** RFC 7633 section 4: numbers of TLS extensions; 5 (status_request) is "must staple". */
export function readTlsFeatures(reader: DerReader): number[] {
  const features: number[] = []
  readList(reader, 'feature', (sequence, index) => {
    features.push(sequence.unsigned(index, 0xffff))
  })
  return features
}

/** RFC 6962 section 3.3: the SignedCertificateTimestampList in its TLS encoding. */
export function readTimestampListBytes(reader: DerReader): Uint8Array {
  return reader.octetString('')
}

/** RFC 3280 section 4.2.1.4, withdrawn since: milliseconds since the epoch. */
export function readPrivateKeyUsagePeriod(reader: DerReader): {
  readonly notBefore: number | undefined
  readonly notAfter: number | undefined
} {
  const sequence = reader.sequence('')
  let notBefore: number | undefined
  let notAfter: number | undefined
  if (sequence.peek() === contextPrimitive(0))
    notBefore = readGeneralizedTime(sequence, 'notBefore', contextPrimitive(0))
  if (sequence.peek() === contextPrimitive(1)) notAfter = readGeneralizedTime(sequence, 'notAfter', contextPrimitive(1))
  sequence.end()
  return { notBefore, notAfter }
}

/** A SEQUENCE OF with at least one element. */
function readList(reader: DerReader, what: string, readItem: (sequence: DerReader, index: number) => void): void {
  const sequence = reader.sequence('')
  if (sequence.remaining === 0) throw reader.error('', `at least one ${what}`, 'none')
  for (let index = 0; sequence.remaining > 0; index++) readItem(sequence, index)
}
