/**
 * Names by which certificates and CRLs find each other (RFC 5280 sections 4.2.1.13, 5.2.5 and 6.3.3 (b)): names of
 * distribution points and of CRL issuers.
 *
 * Directory names match by section 7.1; all others must be encoded alike (section 5.2.5).
 */

import { contextConstructed, DerReader, TAG } from '../../asn1/der.ts'
import { writeElement } from '../../asn1/der-writer.ts'
import { DecodeError } from '../../bytes/decode-error.ts'
import { toHex } from '../../bytes/hex.ts'
import type { GeneralName } from '../general-name.ts'
import { type Name, readName } from '../name.ts'

/** Equal exactly for names that match. */
export function generalNameKey(name: GeneralName): string {
  switch (name.kind) {
    case 'directory':
      return `directory:${name.name.key}`
    case 'uri':
      return `uri:${name.uri}`
    case 'dns':
      return `dns:${name.name}`
    case 'email':
      return `email:${name.address}`
    case 'ip':
      return `ip:${toHex(name.address)}`
    case 'registered-id':
      return `oid:${name.oid}`
    case 'other':
      return `other:${name.type}:${toHex(name.value)}`
    default:
      return `${name.kind}:${toHex(name.value)}`
  }
}

/** The directory names among `names`. */
export function directoryNames(names: readonly GeneralName[]): Name[] {
  return names.flatMap((name) => (name.kind === 'directory' ? [name.name] : []))
}

/**
 * `issuer` with one more RDN: what nameRelativeToCRLIssuer means.
 * @param element the `[1] IMPLICIT RelativeDistinguishedName` in DER.
 * @returns null if it is none.
 */
export function relativeName(issuer: Name, element: Uint8Array): Name | null {
  try {
    const rdns = new DerReader(issuer.der, '').value('', TAG.sequence)
    const rdn = new DerReader(element, '').value('', contextConstructed(1))
    const der = writeElement(TAG.sequence, rdns, writeElement(TAG.set, rdn))
    return readName(new DerReader(der, ''), '')
  } catch (error) {
    if (error instanceof DecodeError) return null
    throw error
  }
}
