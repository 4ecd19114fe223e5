/**
 * Text that came from a peer, made safe to show: nothing in it can move a cursor, reorder what
 * stands beside it, hide itself, or end a line.
 */

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

function escapeCharacter(character: string): string {
  let escaped = ''
  for (const octet of new TextEncoder().encode(character))
    escaped += `\\${octet.toString(16).toUpperCase().padStart(2, '0')}`
  return escaped
}
