/** What the fields of a request may hold beside bytes: requests come from callers without types as well. */

import { isOidText } from '../asn1/oid.ts'
import { quotedText } from './printable-text.ts'
import { PURPOSES, type ReferenceIdentity, type VerifyRequest } from './verdict.ts'

/**
 * Checks time, purpose and identity: anything else in them would be judged as something that nobody asked for.
 * @throws {TypeError} naming the field, what it needs, and what it has.
 */
export function checkRequest({ time, purpose, identity }: VerifyRequest): void {
  // A Date holds 8.64e15 milliseconds to either side; what is beyond has no text.
  if (typeof time !== 'number' || !(Math.abs(time) <= 8.64e15)) refuse('time', 'milliseconds since the epoch', time)
  if (typeof purpose !== 'string' || !((PURPOSES as readonly string[]).includes(purpose) || isOidText(purpose))) {
    refuse('purpose', `one of ${PURPOSES.join(', ')} or a dotted OID`, purpose)
  }
  if (identity !== undefined) checkIdentity(identity)
}

/** By kind, the field that holds the name. */
const NAME_FIELDS: Readonly<Record<ReferenceIdentity['kind'], string>> = {
  dns: 'name',
  ip: 'address',
  uri: 'uri',
  srv: 'name',
  email: 'address',
}

function checkIdentity(identity: unknown): void {
  if (typeof identity !== 'object' || identity === null) refuse('identity', 'an object, or to be left out', identity)
  const fields = identity as Readonly<Record<string, unknown>>
  const { kind } = fields
  if (typeof kind !== 'string' || !Object.hasOwn(NAME_FIELDS, kind)) {
    refuse('identity.kind', `one of ${Object.keys(NAME_FIELDS).join(', ')}`, kind)
  }
  const name = NAME_FIELDS[kind as ReferenceIdentity['kind']]
  if (typeof fields[name] !== 'string') refuse(`identity.${name}`, 'text', fields[name])
}

function refuse(field: string, needs: string, value: unknown): never {
  const has = typeof value === 'string' ? quotedText(value) : typeof value === 'object' ? kindOf(value) : String(value)
  throw new TypeError(`${field}: needs ${needs}, has ${has}`)
}

function kindOf(value: object | null): string {
  if (value === null) return 'null'
  return Array.isArray(value) ? 'a list' : 'an object'
}
