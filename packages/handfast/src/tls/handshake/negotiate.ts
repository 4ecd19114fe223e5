/**
 * Choosing parameters (RFC 9846 sections 4.2.1, 4.3): pure functions from what both sides have to
 * what is used. The server's order of preference decides, except where noted.
 */

import { equalBytes } from '../../bytes/index.ts'
import {
  type Aead,
  type CryptoProvider,
  type GroupName,
  type Hash,
  type HashName,
  InvalidShareError,
  type KeyExchangeGroup,
} from '../../crypto/provider.ts'
import { peerError, TlsError } from '../alert.ts'
import type { ServerSettings, Settings } from '../config.ts'
import { protocolText } from '../config.ts'
import type { ClientHello } from '../message/client-hello.ts'
import {
  type CipherSuite,
  GROUP_CODES,
  type SignatureScheme,
  type SignatureSchemeName,
  signatureSchemeOf,
  type TlsVersion,
} from '../registry.ts'

/** A cipher suite with the provider's means to carry it out. */
export interface SuiteInUse {
  readonly suite: CipherSuite
  readonly aead: Aead
  readonly hash: Hash
}

export function suiteInUse(provider: CryptoProvider, suite: CipherSuite): SuiteInUse {
  const aead = provider.aeads.find((candidate) => candidate.name === suite.aead)
  if (aead === undefined) throw new TypeError(`provider: needs ${suite.aead}, has none`)
  return { suite, aead, hash: provider.hashes[suite.hash] }
}

/**
 * Our most preferred suite of those offered.
 * @param preferred a hash whose suites go before all others.
 * @throws {TlsError} `handshake_failure`
 */
export function selectCipherSuite(
  settings: ServerSettings,
  hello: ClientHello,
  version: TlsVersion,
  preferred?: HashName,
): CipherSuite {
  const suites = settings.cipherSuites.filter((suite) => suite.version === version)
  const common = suites.filter((candidate) => hello.cipherSuites.includes(candidate.code))
  const suite = common.find((candidate) => candidate.hash === preferred) ?? common[0]
  if (suite === undefined) {
    throw peerError(
      'handshake_failure',
      'client_hello.cipher_suites',
      `one of ${suites.map((s) => s.name).join(', ')}`,
      'none of them',
    )
  }
  return suite
}

/**
 * The group, and the client's share in it if it sent one. A post-quantum group both know is worth a
 * round trip; among the others, one with a share at hand is preferred.
 * @throws {TlsError} `handshake_failure`
 */
export function selectGroup(
  settings: ServerSettings,
  hello: ClientHello,
): { readonly group: KeyExchangeGroup; readonly share: Uint8Array | undefined } {
  const offered = hello.extensions.supported_groups ?? []
  const shares = hello.extensions.key_share ?? []
  const common = settings.groups.filter((group) => offered.includes(GROUP_CODES[group.name]))
  const [first] = common
  if (first === undefined) {
    throw peerError(
      'handshake_failure',
      'client_hello.supported_groups',
      `one of ${settings.groups.map((g) => g.name).join(', ')}`,
      'none of them',
    )
  }
  const shareOf = (group: KeyExchangeGroup): Uint8Array | undefined =>
    shares.find((share) => share.group === GROUP_CODES[group.name])?.keyExchange
  const withShare = common.find((group) => shareOf(group) !== undefined)
  const group =
    withShare === undefined || (isPostQuantum(first.name) && !isPostQuantum(withShare.name)) ? first : withShare
  return { group, share: shareOf(group) }
}

export function isPostQuantum(group: GroupName): boolean {
  return group.includes('MLKEM')
}

/** The server's choice among the client's protocols (RFC 7301 section 3.2). @throws {TlsError} `no_application_protocol` */
export function selectProtocol(settings: ServerSettings, hello: ClientHello): Uint8Array | undefined {
  const offered = hello.extensions.application_layer_protocol_negotiation
  if (offered === undefined || settings.alpnProtocols.length === 0) return undefined
  const chosen = settings.alpnProtocols.find((own) => offered.some((theirs) => equalBytes(own, theirs)))
  if (chosen === undefined) {
    throw peerError(
      'no_application_protocol',
      'client_hello.application_layer_protocol_negotiation',
      `one of ${settings.alpnProtocols.map(protocolText).join(', ')}`,
      'none of them',
    )
  }
  return chosen
}

/** The schemes among `codes` that we use too and that may sign handshakes of this version, in the peer's order. */
export function handshakeSchemes(
  settings: Settings,
  version: TlsVersion,
  codes: readonly number[],
): readonly SignatureScheme[] {
  return codes.flatMap((code) => {
    const scheme = signatureSchemeOf(code)
    return scheme?.versions.includes(version) === true && settings.signatureSchemes.includes(scheme) ? [scheme] : []
  })
}

/** The names among `codes` that this implementation knows, in the peer's order. */
export function schemeNames(codes: readonly number[]): readonly SignatureSchemeName[] {
  return codes.flatMap((code) => signatureSchemeOf(code)?.name ?? [])
}

/** An end that is ours, not the peer's: nothing we have fits what it asked for. */
export function nothingFits(path: string, needs: string): TlsError {
  return new TlsError('handshake_failure', `${path}: needs ${needs}, has none that fits`, { path })
}

/**
 * Uses the peer's key share.
 * @param path of the share itself.
 * @throws {TlsError} `illegal_parameter` if it is no valid one (section 4.3.8).
 */
export function withShare<T>(path: string, use: () => T): T {
  try {
    return use()
  } catch (error) {
    if (!(error instanceof InvalidShareError)) throw error
    throw new TlsError('illegal_parameter', `${path}: ${error.message}`, { path })
  }
}
