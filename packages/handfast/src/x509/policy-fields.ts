/** What the fields of a validation policy may hold: policies come from files and from callers without types. */

import { isOidText } from '../asn1/oid.ts'
import { quotedText } from './printable-text.ts'
import { RULE_NAMES } from './rules/rule.ts'
import type { DeepPartial, ValidationPolicy } from './validation-policy.ts'

/**
 * `from` with `changes`, every field of both checked.
 * @throws {TypeError} naming the field, what it needs, and what it has.
 */
export function readPolicyFields(from: ValidationPolicy, changes: DeepPartial<ValidationPolicy>): ValidationPolicy {
  return POLICY('policy', changes, POLICY('policy', from, undefined)) as ValidationPolicy
}

/** The value of a field, checked; of an object, on top of what it was. */
type Field = (path: string, value: unknown, before: unknown) => unknown

const SEVERITY = oneOf('refuse', 'warn', 'ignore')
const COUNT: Field = (path, value) =>
  Number.isSafeInteger(value) && (value as number) >= 0 ? value : refuse(path, 'a whole number from 0 on', value)
const FLAG: Field = (path, value) => (typeof value === 'boolean' ? value : refuse(path, 'true or false', value))
const TEXT: Field = (path, value) => (typeof value === 'string' ? value : refuse(path, 'text', value))
const DATE: Field = (path, value) => (isDate(value) ? value : refuse(path, 'a date as 2026-03-15', value))
const OID: Field = (path, value) =>
  typeof value === 'string' && isOidText(value) ? value : refuse(path, 'a dotted OID', value)
const HEX: Field = (path, value) =>
  typeof value === 'string' && /^([0-9a-f]{2})+$/.test(value) ? value : refuse(path, 'bytes in lower-case hex', value)

const POLICY = record({
  name: TEXT,
  rules: record(Object.fromEntries(RULE_NAMES.map((rule) => [rule, SEVERITY])), 'rule'),
  limits: record({
    rsaBits: COUNT,
    dsaBits: orNull(COUNT),
    keyTypes: orNull(listOf(TEXT)),
    signatureTypes: orNull(listOf(TEXT)),
    signatureEncodings: orNull(listOf(HEX)),
    sha1: record({ before: orNull(DATE), withoutPurpose: FLAG }),
    serialNumberBytes: record({ least: COUNT, most: COUNT }),
    validity: inOrderOfTime(listOf(record({ from: DATE, days: COUNT }))),
  }),
  certificatePolicies: record({
    initialPolicySet: listOf(OID),
    requireExplicitPolicy: FLAG,
    inhibitPolicyMapping: FLAG,
    inhibitAnyPolicy: FLAG,
  }),
  revocation: record({
    mode: oneOf('off', 'soft', 'hard'),
    scope: oneOf('leaf', 'path'),
    sources: listOf(oneOf('ocsp', 'crl')),
    maxAge: orNull(COUNT),
    clockSkew: COUNT,
    indirectCrls: FLAG,
    requireCrlNumber: FLAG,
  }),
  transparency: record({ required: listOf(record({ days: COUNT, timestamps: COUNT })), operators: COUNT }),
  maxIntermediates: orNull(COUNT),
})

function record(fields: Readonly<Record<string, Field>>, what = 'field'): Field {
  return (path, value, before) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return refuse(path, 'an object', value)
    const result: Record<string, unknown> = { ...(before as Record<string, unknown> | undefined) }
    for (const [key, inner] of Object.entries(value)) {
      // Left out, as where an optional option is passed on.
      if (inner === undefined) continue
      const field = Object.hasOwn(fields, key) ? fields[key] : undefined
      if (field === undefined) throw new TypeError(`${path}: has no ${what} ${quotedText(key)}`)
      result[key] = field(`${path}.${key}`, inner, result[key])
    }
    const missing = Object.keys(fields).find((key) => result[key] === undefined)
    if (missing !== undefined) throw new TypeError(`${path}.${missing}: needs a value, is missing`)
    return result
  }
}

function listOf(field: Field): Field {
  return (path, value) =>
    Array.isArray(value)
      ? Array.from(value, (item, index) => field(`${path}[${index}]`, item, undefined))
      : refuse(path, 'a list', value)
}

/** The last row that has begun counts: out of order it would be another than whoever wrote them meant. */
function inOrderOfTime(rows: Field): Field {
  return (path, value, before) => {
    const read = rows(path, value, before) as ValidationPolicy['limits']['validity']
    for (const [index, { from }] of read.entries()) {
      const last = read[index - 1]?.from
      if (last !== undefined && from <= last) refuse(`${path}[${index}].from`, `a date after ${last}`, from)
    }
    return read
  }
}

/** That the calendar has: Date.parse takes 31 February for 3 March. */
function isDate(value: unknown): value is string {
  if (typeof value !== 'string' || !/^\d{4}-\d{2}-\d{2}$/.test(value)) return false
  const time = Date.parse(value)
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(value)
}

function oneOf(...values: readonly string[]): Field {
  return (path, value) =>
    values.includes(value as string) ? value : refuse(path, `one of ${values.join(', ')}`, value)
}

function orNull(field: Field): Field {
  return (path, value, before) => (value === null ? null : field(path, value, before))
}

function refuse(path: string, needs: string, value: unknown): never {
  const has = typeof value === 'string' ? quotedText(value) : Array.isArray(value) ? 'a list' : String(value)
  throw new TypeError(`${path}: needs ${needs}, has ${has}`)
}
