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
      return isOf(PRINTABLE, value) ? null : "letters, digits, space and '()+,-./:=? alone in a PrintableString"
    case TAG.ia5String:
      return isOf(ASCII, value) ? null : 'ASCII alone in an IA5String'
    case TAG.numericString:
      return isOf(NUMERIC, value) ? null : 'digits and spaces alone in a NumericString'
    default:
      return null
  }
}

/** X.680 section 41, by code: 1 for what belongs to the type. */
const PRINTABLE = charactersOf("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789 '()+,-./:=?")
const NUMERIC = charactersOf('0123456789 ')
const ASCII = new Uint8Array(256).fill(1, 0, 0x80)

function charactersOf(text: string): Uint8Array {
  const table = new Uint8Array(256)
  for (const character of text) table[character.charCodeAt(0)] = 1
  return table
}

/** A loop: with `every` this took a third of all warnings of an ordinary path. */
function isOf(table: Uint8Array, value: Uint8Array): boolean {
  for (let i = 0; i < value.length; i++) if (table[value[i] as number] === 0) return false
  return true
}
