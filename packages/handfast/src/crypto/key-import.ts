/**
 * How what goes wrong while a key is read becomes a KeyImportError, and how much of the key may be
 * told: of a public key everything, of a private key nothing.
 */

import { oidName, readOidText } from '../asn1/oid.ts'
import { DecodeError, toHex } from '../bytes/index.ts'
import { KeyImportError } from './provider.ts'

/** Well-formed, but identified by an OBJECT IDENTIFIER that stands for nothing handfast has. */
export class UnknownOidError extends Error {
  override readonly name = 'UnknownOidError'
  /** What it identifies: `algorithm`. */
  readonly what: string
  /** Contents octets. */
  readonly oid: Uint8Array

  constructor(what: string, oid: Uint8Array) {
    super(`${what} of unknown OID`)
    this.what = what
    this.oid = oid
  }
}

/** A key of a kind handfast does not have; `what` quotes nothing of the key. */
export function unsupported(what: string): KeyImportError {
  return new KeyImportError('unsupported', `not supported: ${what}`)
}

/** A key that is not as its format demands; `message` quotes nothing of the key. */
export function malformed(message: string): KeyImportError {
  return new KeyImportError('malformed', message)
}

/**
 * The one place where the errors of reading a key become import errors.
 * @param half `private`: the error quotes no content of the key, wherever in it the reading went wrong.
 * @throws {KeyImportError}
 */
export function importKey<T>(half: 'public' | 'private', read: () => T): T {
  try {
    return read()
  } catch (error) {
    if (error instanceof DecodeError) throw malformed(half === 'public' ? error.message : tellSparingly(error))
    if (error instanceof UnknownOidError) throw unsupported(tellOid(half, error))
    throw error
  }
}

/** Where a key is damaged a length is content as well, so that a count of bytes needed is not told either. */
function tellSparingly({ path, needs }: DecodeError): string {
  return `${path}: needs ${/^\d+ bytes?\b/.test(needs) ? 'more bytes' : needs}`
}

function tellOid(half: 'public' | 'private', { what, oid }: UnknownOidError): string {
  if (half === 'public') return `${what} with OID ${toHex(oid, ' ')} (hex)`
  const text = readOidText(oid)
  return `${what} ${(text === null ? undefined : oidName(text)) ?? 'with another OID'}`
}
