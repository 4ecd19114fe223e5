/**
 * The extensions of a certificate (RFC 5280 section 4.2): one declared table of those that are
 * understood, read when asked for and remembered. Others are kept as they are.
 */

import { contextConstructed, DerReader, TAG } from '../asn1/der.ts'
import { oidName } from '../asn1/oid.ts'
import { CertificateError, certificateError } from './certificate-error.ts'
import * as values from './extension-values.ts'
import type { GeneralName } from './general-name.ts'

/** One extension as it stands in the certificate. */
export interface Extension {
  /** Dotted OID. */
  readonly oid: string
  readonly critical: boolean
  /** Contents of extnValue: the DER of the extension's own type. */
  readonly value: Uint8Array
  /** Its place in the list. */
  readonly index: number
}

/** The extensions that are understood, by their names in RFC 5280, RFC 7633 and, for `timestampList`, RFC 6962. */
export const EXTENSION_OIDS = {
  authorityKeyIdentifier: '2.5.29.35',
  subjectKeyIdentifier: '2.5.29.14',
  keyUsage: '2.5.29.15',
  certificatePolicies: '2.5.29.32',
  policyMappings: '2.5.29.33',
  subjectAltName: '2.5.29.17',
  issuerAltName: '2.5.29.18',
  subjectDirectoryAttributes: '2.5.29.9',
  basicConstraints: '2.5.29.19',
  nameConstraints: '2.5.29.30',
  policyConstraints: '2.5.29.36',
  extKeyUsage: '2.5.29.37',
  cRLDistributionPoints: '2.5.29.31',
  inhibitAnyPolicy: '2.5.29.54',
  freshestCRL: '2.5.29.46',
  authorityInfoAccess: '1.3.6.1.5.5.7.1.1',
  subjectInfoAccess: '1.3.6.1.5.5.7.1.11',
  tlsFeature: '1.3.6.1.5.5.7.1.24',
  timestampList: '1.3.6.1.4.1.11129.2.4.2',
  privateKeyUsagePeriod: '2.5.29.16',
} as const

/** How an extension is read. */
interface ExtensionType<T> {
  readonly oid: string
  readonly name: string
  readonly read: (reader: DerReader) => T
}

function type<T>(oid: string, read: (reader: DerReader) => T): ExtensionType<T> {
  return { oid, name: oidName(oid) ?? oid, read }
}

const TYPES = {
  authorityKeyIdentifier: type(EXTENSION_OIDS.authorityKeyIdentifier, values.readAuthorityKeyIdentifier),
  subjectKeyIdentifier: type(EXTENSION_OIDS.subjectKeyIdentifier, values.readSubjectKeyIdentifier),
  keyUsage: type(EXTENSION_OIDS.keyUsage, values.readKeyUsage),
  certificatePolicies: type(EXTENSION_OIDS.certificatePolicies, values.readCertificatePolicies),
  policyMappings: type(EXTENSION_OIDS.policyMappings, values.readPolicyMappings),
  subjectAltName: type(EXTENSION_OIDS.subjectAltName, values.readAltName),
  issuerAltName: type(EXTENSION_OIDS.issuerAltName, values.readAltName),
  subjectDirectoryAttributes: type(EXTENSION_OIDS.subjectDirectoryAttributes, values.readSubjectDirectoryAttributes),
  basicConstraints: type(EXTENSION_OIDS.basicConstraints, values.readBasicConstraints),
  nameConstraints: type(EXTENSION_OIDS.nameConstraints, values.readNameConstraints),
  policyConstraints: type(EXTENSION_OIDS.policyConstraints, values.readPolicyConstraints),
  extKeyUsage: type(EXTENSION_OIDS.extKeyUsage, values.readExtendedKeyUsage),
  cRLDistributionPoints: type(EXTENSION_OIDS.cRLDistributionPoints, values.readDistributionPoints),
  inhibitAnyPolicy: type(EXTENSION_OIDS.inhibitAnyPolicy, values.readInhibitAnyPolicy),
  freshestCRL: type(EXTENSION_OIDS.freshestCRL, values.readDistributionPoints),
  authorityInfoAccess: type(EXTENSION_OIDS.authorityInfoAccess, values.readInfoAccess),
  subjectInfoAccess: type(EXTENSION_OIDS.subjectInfoAccess, values.readInfoAccess),
  tlsFeature: type(EXTENSION_OIDS.tlsFeature, values.readTlsFeatures),
  timestampList: type(EXTENSION_OIDS.timestampList, values.readTimestampListBytes),
  privateKeyUsagePeriod: type(EXTENSION_OIDS.privateKeyUsagePeriod, values.readPrivateKeyUsagePeriod),
} as const satisfies Readonly<Record<keyof typeof EXTENSION_OIDS, ExtensionType<unknown>>>

const TYPE_OF_OID: ReadonlyMap<string, ExtensionType<unknown>> = new Map(
  Object.values<ExtensionType<unknown>>(TYPES).map((entry) => [entry.oid, entry]),
)

/**
 * Reads the field `extensions`, the contents of its `[3]`. Extensions themselves are not yet read.
 * @throws {DecodeError}
 */
export function readExtensions(tbsCertificate: DerReader, der: Uint8Array): Extensions {
  const explicit = tbsCertificate.sequence('extensions', contextConstructed(3))
  const list = explicit.sequence('')
  explicit.end()
  if (list.remaining === 0) throw tbsCertificate.error('extensions', 'at least one extension', 'none')
  const byOid = readExtensionList(list)
  return new Extensions([...byOid.values()], byOid, der)
}

/**
 * The envelopes of all extensions in `list`, the contents of an Extensions, by OID and in their order.
 * @throws {DecodeError} also for an extension that is there twice (section 4.2).
 */
export function readExtensionList(list: DerReader): Map<string, Extension> {
  const byOid = new Map<string, Extension>()
  for (let index = 0; list.remaining > 0; index++) {
    const entry = list.sequence(index)
    const oid = entry.oid('extnID')
    let critical = false
    if (entry.peek() === TAG.boolean) {
      critical = entry.boolean('critical')
      if (!critical) throw entry.error('critical', 'no FALSE, as it is the default', 'one')
    }
    const value = entry.octetString('extnValue')
    entry.end()
    byOid.set(oid, { oid, critical, value, index })
    if (byOid.size !== index + 1) {
      throw entry.error('extnID', 'each extension once', `${oidName(oid) ?? oid} for the second time`)
    }
  }
  return byOid
}

/**
 * Every getter is undefined if the extension is absent, and throws CertificateError (`malformed`,
 * with the path to the field) if it is there and cannot be read.
 */
export class Extensions {
  static readonly none: Extensions = new Extensions([], new Map(), new Uint8Array(0))

  /** In the order of the certificate. */
  readonly all: readonly Extension[]
  readonly #byOid: ReadonlyMap<string, Extension>
  readonly #der: Uint8Array
  readonly #read: Map<string, unknown> = new Map()

  /** @internal Use `readExtensions`. */
  constructor(all: readonly Extension[], byOid: ReadonlyMap<string, Extension>, der: Uint8Array) {
    this.all = all
    this.#byOid = byOid
    this.#der = der
  }

  /** An extension by its dotted OID. */
  get(oid: string): Extension | undefined {
    return this.#byOid.get(oid)
  }

  get authorityKeyIdentifier(): values.AuthorityKeyIdentifier | undefined {
    return this.#value(TYPES.authorityKeyIdentifier)
  }
  get subjectKeyIdentifier(): Uint8Array | undefined {
    return this.#value(TYPES.subjectKeyIdentifier)
  }
  get keyUsage(): values.KeyUsage | undefined {
    return this.#value(TYPES.keyUsage)
  }
  get certificatePolicies(): readonly values.PolicyInformation[] | undefined {
    return this.#value(TYPES.certificatePolicies)
  }
  get policyMappings(): readonly values.PolicyMapping[] | undefined {
    return this.#value(TYPES.policyMappings)
  }
  get subjectAltName(): readonly GeneralName[] | undefined {
    return this.#value(TYPES.subjectAltName)
  }
  get issuerAltName(): readonly GeneralName[] | undefined {
    return this.#value(TYPES.issuerAltName)
  }
  /** Attributes in DER. */
  get subjectDirectoryAttributes(): readonly Uint8Array[] | undefined {
    return this.#value(TYPES.subjectDirectoryAttributes)
  }
  get basicConstraints(): values.BasicConstraints | undefined {
    return this.#value(TYPES.basicConstraints)
  }
  get nameConstraints(): values.NameConstraints | undefined {
    return this.#value(TYPES.nameConstraints)
  }
  get policyConstraints(): values.PolicyConstraints | undefined {
    return this.#value(TYPES.policyConstraints)
  }
  /** Dotted OIDs of key purposes. */
  get extKeyUsage(): readonly string[] | undefined {
    return this.#value(TYPES.extKeyUsage)
  }
  get cRLDistributionPoints(): readonly values.DistributionPoint[] | undefined {
    return this.#value(TYPES.cRLDistributionPoints)
  }
  get inhibitAnyPolicy(): number | undefined {
    return this.#value(TYPES.inhibitAnyPolicy)
  }
  get freshestCRL(): readonly values.DistributionPoint[] | undefined {
    return this.#value(TYPES.freshestCRL)
  }
  get authorityInfoAccess(): readonly values.AccessDescription[] | undefined {
    return this.#value(TYPES.authorityInfoAccess)
  }
  get subjectInfoAccess(): readonly values.AccessDescription[] | undefined {
    return this.#value(TYPES.subjectInfoAccess)
  }
  /** Numbers of TLS extensions (RFC 7633). */
  get tlsFeature(): readonly number[] | undefined {
    return this.#value(TYPES.tlsFeature)
  }
  /** The SignedCertificateTimestampList in its TLS encoding (RFC 6962 section 3.3). */
  get timestampList(): Uint8Array | undefined {
    return this.#value(TYPES.timestampList)
  }
  get privateKeyUsagePeriod():
    | { readonly notBefore: number | undefined; readonly notAfter: number | undefined }
    | undefined {
    return this.#value(TYPES.privateKeyUsagePeriod)
  }

  /**
   * Reads every extension that is understood.
   * @throws {CertificateError} for the first that is malformed.
   */
  check(): void {
    for (const extension of this.all) {
      const known = TYPE_OF_OID.get(extension.oid)
      if (known !== undefined) this.#value(known)
    }
  }

  #value<T>(known: ExtensionType<T>): T | undefined {
    const before = this.#read.get(known.oid)
    if (before instanceof CertificateError) throw before
    if (before !== undefined) return before as T
    const extension = this.#byOid.get(known.oid)
    if (extension === undefined) return undefined
    try {
      const start = extension.value.byteOffset - this.#der.byteOffset
      const path = `tbsCertificate.extensions[${extension.index}].${known.name}`
      const reader = new DerReader(this.#der, path, start, start + extension.value.length)
      const value = known.read(reader)
      reader.end()
      this.#read.set(known.oid, value)
      return value
    } catch (error) {
      // Remembered as well: a path search comes back to a certificate up to a thousand times.
      const told = certificateError(error)
      if (told instanceof CertificateError) this.#read.set(known.oid, told)
      throw told
    }
  }
}

/** Field path of an extension, for messages: `tbsCertificate.extensions[3].nameConstraints`. */
export function extensionPath(extension: Extension): string {
  return `tbsCertificate.extensions[${extension.index}].${oidName(extension.oid) ?? extension.oid}`
}
