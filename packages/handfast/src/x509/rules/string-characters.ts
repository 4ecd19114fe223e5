/**
 * A rule on the characters of the strings in names: each string type has its own (X.680 section 41). Names are shown
 * and compared whatever is in them, so a breach misleads no one here: it shows that an issuer checks nothing.
 */

import { TAG } from '../../asn1/der.ts'
import { oidName } from '../../asn1/oid.ts'
import type { Certificate } from '../certificate.ts'
import type { Name, NameAttribute } from '../name.ts'
import type { Place } from './place.ts'
import { type CertificateRule, problem, type Problem } from './rule.ts'

/** RFC 5280 section 4.1.2.4: values of DirectoryString, PrintableString and IA5String are what they say they are. */
export const STRING_CHARACTERS: CertificateRule = { name: 'string-characters', on: 'held', check: checkNames }

/** A search may come to the same CA a thousand times. */
const found = new WeakMap<Certificate, string | null>()

function checkNames({ certificate }: Place): Problem | null {
  let wrong = found.get(certificate)
  if (wrong === undefined) {
    const { subject, issuer } = certificate
    wrong = findWrong(subject, 'subject') ?? (issuer.isSameEncoding(subject) ? null : findWrong(issuer, 'issuer'))
    found.set(certificate, wrong)
  }
  return wrong === null ? null : problem('nonconforming', certificate, wrong)
}

function findWrong(name: Name, field: string): string | null {
  for (const rdn of name.rdns) {
    for (const attribute of rdn) {
      const needs = findForbidden(attribute)
      if (needs !== null) return `${field}.${oidName(attribute.type) ?? attribute.type}: needs ${needs}, has others`
    }
  }
  return null
}

/** What characters the value may have, if it has others. */
function findForbidden({ tag, value }: NameAttribute): string | null {
  switch (tag) {
    case TAG.printableString:
      return value.every(isPrintable) ? null : "letters, digits, space and '()+,-./:=? alone in a PrintableString"
    case TAG.ia5String:
      return value.every(isAscii) ? null : 'ASCII alone in an IA5String'
    case TAG.numericString:
      return value.every(isNumeric) ? null : 'digits and spaces alone in a NumericString'
    default:
      return null
  }
}

/** X.680 section 41.4, by code. */
const PRINTABLE: Uint8Array = new Uint8Array(256)
for (const character of "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789 '()+,-./:=?") {
  PRINTABLE[character.charCodeAt(0)] = 1
}

function isPrintable(octet: number): boolean {
  return PRINTABLE[octet] === 1
}

function isAscii(octet: number): boolean {
  return octet < 0x80
}

function isNumeric(octet: number): boolean {
  return octet === 0x20 || (octet >= 0x30 && octet <= 0x39)
}
