/**
 * GeneralName (RFC 5280 section 4.2.1.6): the forms a name takes in subjectAltName, in name
 * constraints, and where data is to be found.
 */

import { contextConstructed, contextPrimitive, DerReader, TAG, tagText } from '../asn1/der.ts'
import { DecodeError } from '../bytes/decode-error.ts'
import { toHex } from '../bytes/hex.ts'
import { addressText } from './ip-address.ts'
import { type Name, readName } from './name.ts'
import { printableText } from './printable-text.ts'

/** An otherName: dotted OID of its type, and its value, one element in DER. */
export interface OtherName {
  readonly kind: 'other'
  readonly type: string
  readonly value: Uint8Array
}

/**
 * A GeneralName (RFC 5280 section 4.2.1.6), by its form. Texts are as the certificate has them: neither checked
 * further nor safe to print (`generalNameText` is).
 */
export type GeneralName =
  | OtherName
  | { readonly kind: 'email'; readonly address: string }
  | { readonly kind: 'dns'; readonly name: string }
  /** Left as it is: no one is named by it in practice. */
  | { readonly kind: 'x400' | 'edi-party'; readonly value: Uint8Array }
  | { readonly kind: 'directory'; readonly name: Name }
  | { readonly kind: 'uri'; readonly uri: string }
  /** 4 or 16 bytes; in name constraints 8 or 32: address and mask. */
  | { readonly kind: 'ip'; readonly address: Uint8Array }
  | { readonly kind: 'registered-id'; readonly oid: string }

/** Whether an iPAddress is an address, or an address and its mask as in name constraints. */
export type AddressForm = 'address' | 'address-and-mask'

/** In bytes: some leaves have hundreds of names, and texts made byte by byte were a fifth of their time. */
const LONG_LIST = 128

/**
 * A GeneralNames: at least one.
 * @param sequence the reader of its contents.
 * @throws {DecodeError}
 */
export function readGeneralNames(sequence: DerReader): GeneralName[] {
  if (sequence.remaining === 0) throw sequence.error('', 'at least one name', 'none')
  if (sequence.remaining > LONG_LIST) sequence.prepareText()
  const names: GeneralName[] = []
  while (sequence.remaining > 0) names.push(readGeneralName(sequence, names.length))
  return names
}

/**
 * The next element, a GeneralName.
 * @throws {DecodeError}
 */
export function readGeneralName(reader: DerReader, field: string | number, form: AddressForm = 'address'): GeneralName {
  const tag = reader.peek()
  switch (tag) {
    case contextConstructed(0): {
      const other = reader.sequence(field, tag)
      const type = other.oid('type-id')
      const explicit = other.sequence('value', contextConstructed(0))
      const value = explicit.element('value')
      explicit.end()
      other.end()
      return { kind: 'other', type, value }
    }
    case contextPrimitive(1):
      return { kind: 'email', address: reader.ascii(field, tag) }
    case contextPrimitive(2):
      return { kind: 'dns', name: reader.ascii(field, tag) }
    case contextConstructed(3):
      return { kind: 'x400', value: reader.element(field) }
    case contextConstructed(4): {
      const explicit = reader.sequence(field, tag)
      const name = readName(explicit, 'directoryName')
      explicit.end()
      return { kind: 'directory', name }
    }
    case contextConstructed(5):
      return { kind: 'edi-party', value: reader.element(field) }
    case contextPrimitive(6):
      return { kind: 'uri', uri: reader.ascii(field, tag) }
    case contextPrimitive(7): {
      const address = reader.octetString(field, tag)
      const factor = form === 'address' ? 1 : 2
      if (address.length !== 4 * factor && address.length !== 16 * factor) {
        throw reader.error(field, `${4 * factor} or ${16 * factor} bytes as iPAddress`, `${address.length}`)
      }
      return { kind: 'ip', address }
    }
    case contextPrimitive(8):
      return { kind: 'registered-id', oid: reader.oid(field, tag) }
    default:
      throw reader.error(field, 'a GeneralName, [0] to [8]', tag < 0 ? 'nothing' : tagText(tag))
  }
}

/** id-on-dnsSRV (RFC 4985 section 2). */
export const DNS_SRV = '1.3.6.1.5.5.7.8.7'
/** id-on-SmtpUTF8Mailbox (RFC 9598 section 3). */
export const SMTP_UTF8_MAILBOX = '1.3.6.1.5.5.7.8.9'

/** The SRVName (RFC 4985 section 2) that an otherName is, `_imaps.example.com`; null if it is another or malformed. */
export function srvNameOf(name: OtherName): string | null {
  return name.type === DNS_SRV ? stringValue(name.value, TAG.ia5String) : null
}

/**
 * The SmtpUTF8Mailbox (RFC 9598 section 3) that an otherName is, in the characters it has; null if it
 * is another or malformed. That it is a mailbox is not checked.
 */
export function mailboxOf(name: OtherName): string | null {
  return name.type === SMTP_UTF8_MAILBOX ? stringValue(name.value, TAG.utf8String) : null
}

function stringValue(der: Uint8Array, tag: number): string | null {
  try {
    const reader = new DerReader(der, '')
    const bytes = reader.value('', tag)
    reader.end()
    if (bytes.length === 0 || (tag === TAG.ia5String && bytes.some((octet) => octet >= 0x80))) return null
    // RFC 9598 section 3: no byte order mark. The decoder keeps it, and no mailbox has one.
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
    return text.startsWith('\ufeff') ? null : text
  } catch (error) {
    if (error instanceof DecodeError || error instanceof TypeError) return null
    throw error
  }
}

/**
 * A name for people: `DNS:example.com`, `IP:192.0.2.1`, `URI:...`, `email:...`, `DirName:...`,
 * `SRV:_imaps.example.com`. Safe to print.
 */
export function generalNameText(name: GeneralName): string {
  switch (name.kind) {
    case 'dns':
      return `DNS:${printableText(name.name)}`
    case 'ip':
      return `IP:${addressText(name.address)}`
    case 'email':
      return `email:${printableText(name.address)}`
    case 'uri':
      return `URI:${printableText(name.uri)}`
    case 'directory':
      return `DirName:${name.name.text}`
    case 'registered-id':
      return `OID:${name.oid}`
    case 'other':
      return otherNameText(name, Infinity)
    case 'x400':
      return `X400:${toHex(name.value)}`
    case 'edi-party':
      return `EDI:${toHex(name.value)}`
  }
}

/** As `generalNameText`, cut to about 200 characters: for messages. */
export function shortNameText(name: GeneralName): string {
  const text = name.kind === 'other' ? otherNameText(name, MAX_SHOWN + 1) : generalNameText(beginningOf(name))
  return text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}...` : text
}

const MAX_SHOWN = 200

/** As much of a name as is shown: to escape all of it costs more than to compare it. */
function beginningOf(name: GeneralName): GeneralName {
  const end = MAX_SHOWN + 1
  switch (name.kind) {
    case 'dns':
      return { ...name, name: name.name.slice(0, end) }
    case 'email':
      return { ...name, address: name.address.slice(0, end) }
    case 'uri':
      return { ...name, uri: name.uri.slice(0, end) }
    case 'x400':
    case 'edi-party':
      return { ...name, value: name.value.subarray(0, end) }
    default:
      return name
  }
}

/** @param most characters of its text, or bytes of what is none. */
function otherNameText(name: OtherName, most: number): string {
  const srv = srvNameOf(name)
  if (srv !== null) return `SRV:${printableText(srv.slice(0, most))}`
  const mailbox = mailboxOf(name)
  if (mailbox !== null) return `email:${printableText(mailbox.slice(0, most))}`
  return `other:${name.type}:${toHex(name.value.subarray(0, most))}`
}
