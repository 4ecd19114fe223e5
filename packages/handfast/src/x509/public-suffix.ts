/**
 * Public suffixes: the names below which others register theirs (publicsuffix.org). What is asked of
 * the list stands here, and nothing else knows where the list comes from.
 *
 * The list is as old as the package that brings it, and of its two sections the one of the registries:
 * the Baseline Requirements of the CA/Browser Forum (section 3.2.2.6) send issuers to that one. Domains
 * of providers with customers below (`github.io`) are no suffixes here.
 */

import { parse } from 'tldts-icann'

/**
 * True if `name` is a registry's: `com`, `co.uk`, and any single label. `name` is in A-labels, without a
 * trailing dot, in either case.
 */
export function isPublicSuffix(name: string): boolean {
  return !name.includes('.') || parse(name.toLowerCase(), OPTIONS).domain === null
}

/** The name is one already: nothing of a URL is to be cut off, and addresses are no names. */
const OPTIONS = { extractHostname: false, validateHostname: false, detectIp: false } as const
