/**
 * Text that came from a peer, made safe to show: nothing in it can move a cursor, reorder what
 * stands beside it, hide itself, or end a line.
 */

import { toHex } from '../bytes/hex.ts'

/**
 * Controls, format characters (the bidirectional ones among them), surrogates, private use,
 * unassigned, line and paragraph separators, spaces other than U+0020, and whatever is invisible by
 * default (fillers, variation selectors).
 */
const UNPRINTABLE = /[\p{C}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]|(?! )\p{Zs}/gu

const PLAIN = /^[\x20-\x5b\x5d-\x7e]*$/

/** `text` with every unprintable character as `\XX` for each byte of its UTF-8, and `\` doubled. */
export function printableText(text: string): string {
  return PLAIN.test(text) ? text : escapeUnprintable(text.replaceAll('\\', '\\\\'))
}

/** `text` with every unprintable character as `\XX` for each byte of its UTF-8 (RFC 4514 section 2.4). */
export function escapeUnprintable(text: string): string {
  return text.replace(UNPRINTABLE, escapeCharacter)
}

/** `text` in quotation marks for a message, printable, cut to about 200 characters. */
export function quotedText(text: string): string {
  const shown = printableText(text.length > MAX_QUOTED ? text.slice(0, MAX_QUOTED) : text)
  return text.length > MAX_QUOTED ? `'${shown}...'` : `'${shown}'`
}

/** A name that is printable already, in quotation marks for a message, cut to about 200 characters. */
export function quotedName(name: string): string {
  return name.length > MAX_QUOTED ? `'${name.slice(0, MAX_QUOTED)}...'` : `'${name}'`
}

const MAX_QUOTED = 200

/** `text`, cut where someone made it longer than any message has to be. */
export function boundedMessage(text: string): string {
  return text.length > MAX_MESSAGE ? `${text.slice(0, MAX_MESSAGE)}... (${text.length} characters)` : text
}

const MAX_MESSAGE = 1000

/** `bytes` in hex for a message, cut to the first 64 bytes. */
export function shownHex(bytes: Uint8Array): string {
  const hex = toHex(bytes.subarray(0, MAX_SHOWN_BYTES))
  return bytes.length > MAX_SHOWN_BYTES ? `${hex}... (${bytes.length} bytes)` : hex
}

const MAX_SHOWN_BYTES = 64

/**
 * OIDs for a message: the first 8 of them, each cut to 64 characters.
 * @param nameOf what an OID is told as.
 */
export function oidList(oids: readonly string[], nameOf: (oid: string) => string = (oid) => oid): string {
  if (oids.length === 0) return '(none)'
  const first = oids
    .slice(0, MAX_LISTED)
    .map((oid) => {
      const name = nameOf(oid)
      return name.length > MAX_OID ? `${name.slice(0, MAX_OID)}...` : name
    })
    .join(', ')
  return oids.length > MAX_LISTED ? `${first} and ${oids.length - MAX_LISTED} more` : first
}

const MAX_LISTED = 8
const MAX_OID = 64

function escapeCharacter(character: string): string {
  let escaped = ''
  for (const octet of new TextEncoder().encode(character))
    escaped += `\\${octet.toString(16).toUpperCase().padStart(2, '0')}`
  return escaped
}
