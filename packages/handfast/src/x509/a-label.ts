/**
 * A-labels (RFC 5890 section 2.3.2.1): whether what follows `xn--` is Punycode (RFC 3492 section 6.2) of
 * something beyond ASCII.
 *
 * Left out: the tables of RFC 5892, by which a decoded label may still not be registered.
 */

import { isPunycode } from './punycode.ts'

/** True if `label` begins with `xn--`, in either case, and the rest decodes to at least one character beyond ASCII. */
export function isALabel(label: string): boolean {
  const text = label.toLowerCase()
  return text.startsWith('xn--') && text.length <= 63 && isPunycode(text.slice(4))
}
