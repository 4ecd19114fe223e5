/**
 * Identities that name a service beside its host: URI-ID and SRV-ID (RFC 9525 sections 6.2 to 6.5).
 *
 * Of a URI its scheme and host count, and nothing else: two services under one host that differ in
 * the path are the same here. The host of `sip:` and `sips:`, which have no authority part, is what
 * stands behind the colon (RFC 5922 section 7.1). A presented URI with user information names no
 * service. Wildcards count in DNS names only: RFC 9525 leaves them to each protocol, and RFC 5922
 * forbids them.
 */

import { equalBytes } from '../bytes/compare.ts'
import { endsInNumber, toAsciiName } from './dns-name.ts'
import { readAddress } from './ip-address.ts'

/** What counts of a URI-ID. */
export interface UriIdentity {
  /** In lower case, without the colon. */
  readonly scheme: string
  /** In lower case, A-labels. Null for an address. */
  readonly host: string | null
  /** 4 or 16 bytes. Null for a name. */
  readonly address: Uint8Array | null
}

/** What counts of a URI; null if it names no service: no host, or something that makes it doubtful. */
export function readUriIdentity(uri: string): UriIdentity | null {
  // RFC 3986 section 2: what is no character of a URI. Beyond ASCII only in references: certificates have IA5String.
  if (/[\0- "<>\\^`{|}\x7f]/.test(uri)) return null
  const [, scheme, rest] = /^([a-z][a-z0-9+.-]*):([^]*)$/i.exec(uri) ?? []
  if (scheme === undefined || rest === undefined) return null
  const hostPart = hostOf(scheme.toLowerCase(), rest)
  if (hostPart === null) return null
  const [, literal, name] = /^(?:\[([0-9a-f:.]+)\]|([^\][:@]+))(?::[0-9]*)?$/i.exec(hostPart) ?? []
  const identity = { scheme: scheme.toLowerCase(), host: null, address: null }
  if (literal !== undefined) {
    const address = literal.includes(':') ? readAddress(literal) : null
    return address === null ? null : { ...identity, address }
  }
  if (name === undefined) return null
  const address = readAddress(name)
  if (address !== null) return { ...identity, address }
  const host = toAsciiName(name.endsWith('.') ? name.slice(0, -1) : name)
  return host === null || endsInNumber(host) ? null : { ...identity, host }
}

/** Host and port, as they stand: from the authority, or where SIP has them. */
function hostOf(scheme: string, rest: string): string | null {
  const authority = /^\/\/([^/?#]*)/.exec(rest)?.[1]
  if (authority !== undefined) return authority
  return scheme === 'sip' || scheme === 'sips' ? (/^[^;?#/]*/.exec(rest)?.[0] ?? null) : null
}

/** RFC 9525 section 6.5: the scheme whatever its case; section 6.3 or 6.4: the host. */
export function isSameUriIdentity(a: UriIdentity, b: UriIdentity): boolean {
  if (a.scheme !== b.scheme) return false
  if (a.address !== null) return b.address !== null && equalBytes(a.address, b.address)
  return a.host !== null && a.host === b.host
}

/** What counts of an SRV-ID. */
export interface SrvIdentity {
  /** In lower case, without the underscore. */
  readonly service: string
  /** In lower case, A-labels. */
  readonly host: string
}

/**
 * The parts of a SRVName, `_Service.Name` (RFC 4985 section 2); null if it is none. The protocol that a
 * DNS record would have behind the service (`_tcp`) is no part of it.
 */
export function readSrvIdentity(name: string): SrvIdentity | null {
  const [, service, rest] = /^_([a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)\.([^]+)$/i.exec(name) ?? []
  if (service === undefined || rest === undefined || rest.startsWith('_')) return null
  const host = toAsciiName(rest.endsWith('.') ? rest.slice(0, -1) : rest)
  return host === null || endsInNumber(host) ? null : { service: service.toLowerCase(), host }
}
