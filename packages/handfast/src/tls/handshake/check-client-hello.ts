/**
 * What a ClientHello must satisfy before a server goes on with it (RFC 9846 sections 4.2.2, 4.3.1, 4.3.2, 4.3.8,
 * 9.2; RFC 6066 section 3; RFC 7507), and the version that it leads to. What TLS 1.2 demands is in
 * `check-client-hello12.ts`.
 */

import { equalBytes, equalSecret } from '../../bytes/index.ts'
import { peerError, type TlsError } from '../alert.ts'
import type { ServerSettings } from '../config.ts'
import type { ClientHello } from '../message/client-hello.ts'
import { extensionCode, extensionName, type ExtensionName, type KeyShareEntry } from '../message/extension.ts'
import { FALLBACK_SCSV, TLS12, type TlsVersion, VERSION_CODES, versionName } from '../registry.ts'
import { coversServerName } from './identity.ts'

/** The versions that a client says it speaks; without the extension all up to one (sections 4.2.2, 4.3.1). */
function offers(hello: ClientHello, version: TlsVersion): boolean {
  const versions = hello.extensions.supported_versions
  if (versions !== undefined) return versions.includes(VERSION_CODES[version])
  return version === 'TLS 1.2' && hello.legacyVersion >= TLS12
}

/**
 * The most recent version of ours that the client offers.
 * @throws {TlsError} `protocol_version`; `inappropriate_fallback` if the client says that it could do better.
 */
export function selectVersion({ versions }: ServerSettings, hello: ClientHello): TlsVersion {
  const version = versions.find((own) => offers(hello, own))
  if (version === undefined) throw noCommonVersion(versions, hello)
  // RFC 7507 section 3.
  if (version !== versions[0] && hello.cipherSuites.includes(FALLBACK_SCSV)) {
    throw peerError(
      'inappropriate_fallback',
      'client_hello.cipher_suites',
      `no TLS_FALLBACK_SCSV in an offer without ${versions[0]}`,
      'one: someone removed it',
    )
  }
  return version
}

function noCommonVersion(own: readonly TlsVersion[], { legacyVersion, extensions }: ClientHello): TlsError {
  const versions = extensions.supported_versions
  const path = versions === undefined && !own.includes('TLS 1.3') ? 'client_version' : 'supported_versions'
  const found = versions === undefined ? versionName(legacyVersion) : 'others only'
  return peerError('protocol_version', `client_hello.${path}`, own.join(' or '), found)
}

/** The second ClientHello must offer TLS 1.3 again. @throws {TlsError} `protocol_version` */
export function checkStillTls13(hello: ClientHello): void {
  if (!offers(hello, 'TLS 1.3')) throw noCommonVersion(['TLS 1.3'], hello)
}

/**
 * Checks that a ClientHello of TLS 1.3 says what that demands (sections 4.2.2, 9.2).
 * @throws {TlsError} `protocol_version`, `illegal_parameter`, `missing_extension`
 */
export function checkTls13ClientHello(hello: ClientHello): void {
  const { extensions } = hello
  if (hello.legacyVersion !== 0x0303) {
    throw peerError(
      'protocol_version',
      'client_hello.legacy_version',
      '0x0303',
      `0x${hello.legacyVersion.toString(16).padStart(4, '0')}`,
    )
  }
  if (hello.legacyCompressionMethods.length !== 1 || hello.legacyCompressionMethods[0] !== 0) {
    throw peerError(
      'illegal_parameter',
      'client_hello.legacy_compression_methods',
      'the single byte 0',
      `${hello.legacyCompressionMethods.length} methods`,
    )
  }
  // With a pre-shared key there may be no certificate, and no key exchange.
  const hasPsk = extensions.pre_shared_key !== undefined
  if (!hasPsk) checkIsThere(hello, 'signature_algorithms')
  if (!hasPsk || extensions.key_share !== undefined) checkIsThere(hello, 'supported_groups')
  if (!hasPsk || extensions.supported_groups !== undefined) checkIsThere(hello, 'key_share')
  checkKeyShares(extensions.key_share ?? [], extensions.supported_groups ?? [])
  // Section 4.3.9: a client that offers pre-shared keys must say how they may be used.
  if (hasPsk) checkIsThere(hello, 'psk_key_exchange_modes')
}

/** @throws {TlsError} `missing_extension` */
export function checkIsThere(hello: ClientHello, name: keyof ClientHello['extensions']): void {
  if (hello.extensions[name] !== undefined) return
  throw peerError('missing_extension', `client_hello.${name}`, 'to be there', 'no such extension')
}

/** Section 4.3.8: each group once, all of them in supported_groups, in the same order. */
function checkKeyShares(shares: readonly KeyShareEntry[], groups: readonly number[]): void {
  let position = -1
  for (const { group } of shares) {
    const at = groups.indexOf(group, position + 1)
    if (at === -1) {
      throw peerError(
        'illegal_parameter',
        'client_hello.key_share',
        'groups of supported_groups, each once and in its order',
        `0x${group.toString(16)}`,
      )
    }
    position = at
  }
}

/** Extensions that may come, go or change after a HelloRetryRequest (section 4.2.2). */
const CHANGEABLE: ReadonlySet<ExtensionName> = new Set([
  'key_share',
  'cookie',
  'early_data',
  'pre_shared_key',
  'padding',
  'encrypted_client_hello',
])

const CHANGEABLE_CODES: ReadonlySet<number> = new Set([...CHANGEABLE].map(extensionCode))

/** Section 4.2.2: after a HelloRetryRequest only what it touches may differ. */
export function checkSameHello(first: ClientHello, second: ClientHello): void {
  const differs =
    (!equalBytes(first.random, second.random) && 'random') ||
    (!equalBytes(first.legacySessionId, second.legacySessionId) && 'legacy_session_id') ||
    (!isSame(first.cipherSuites, second.cipherSuites) && 'cipher_suites') ||
    differingExtension(first, second)
  if (differs !== undefined) {
    throw peerError('illegal_parameter', `client_hello.${differs}`, 'the same as in the first ClientHello', 'a change')
  }
}

/** The first extension that is not in both, or not the same in both. */
function differingExtension(first: ClientHello, second: ClientHello): string | undefined {
  const before = first.extensionOrder.filter(isFixed)
  const after = second.extensionOrder.filter(isFixed)
  const moved = before.find((code) => !after.includes(code)) ?? after.find((code) => !before.includes(code))
  if (moved !== undefined) return extensionName(moved)
  const names = Object.keys(first.extensions) as (keyof ClientHello['extensions'])[]
  const changed = names.find(
    (name) => !CHANGEABLE.has(name) && !isSame(first.extensions[name], second.extensions[name]),
  )
  return changed ?? changedUnread(first, second)
}

function changedUnread({ unreadExtensions: before }: ClientHello, second: ClientHello): string | undefined {
  const after = new Map(second.unreadExtensions.map(({ code, data }) => [code, data]))
  const changed = before.find(({ code, data }) => isFixed(code) && !isSame(data, after.get(code)))
  return changed === undefined ? undefined : extensionName(changed.code)
}

function isFixed(code: number): boolean {
  return !CHANGEABLE_CODES.has(code)
}

/** Equality of extension values: names, numbers, bytes, and lists of them. */
function isSame(a: unknown, b: unknown): boolean {
  if (!isList(a) || !isList(b)) return a === b
  return a.length === b.length && a.every((value, i) => isSame(value, b[i]))
}

function isList(value: unknown): value is ArrayLike<unknown> & { every: Array<unknown>['every'] } {
  return Array.isArray(value) || value instanceof Uint8Array
}

/** Section 4.3.2. */
export function checkCookie(hello: ClientHello, cookie: Uint8Array | undefined): void {
  const echoed = hello.extensions.cookie
  if (cookie === undefined) {
    if (echoed !== undefined) throw peerError('illegal_parameter', 'client_hello.cookie', 'none, none was sent', 'one')
    return
  }
  if (echoed === undefined)
    throw peerError('missing_extension', 'client_hello.cookie', 'the cookie that was sent', 'no such extension')
  if (!equalSecret(echoed, cookie))
    throw peerError('illegal_parameter', 'client_hello.cookie', 'the cookie that was sent', 'another')
}

/** RFC 6066 section 3; RFC 9846 section 9.2 for a client that names nobody. */
export function checkServerName(settings: ServerSettings, serverName: string | undefined): void {
  if (!settings.rejectUnknownServerName) return
  if (serverName === undefined) {
    throw peerError('missing_extension', 'client_hello.server_name', 'to be there', 'no such extension')
  }
  if (settings.identities.some((own) => coversServerName(settings.provider, own, serverName))) return
  throw peerError('unrecognized_name', 'client_hello.server_name', 'a name that an identity covers', 'another')
}
