/** What a ServerHello says about the version, before anything else of it has a meaning; and what both versions check alike. */

import { equalBytes } from '../../bytes/index.ts'
import { peerError } from '../alert.ts'
import { type ClientSettings, protocolText } from '../config.ts'
import { type HelloRetryRequest, isDowngradeSentinel, type ServerHello } from '../message/server-hello.ts'
import { TLS12, TLS13, type TlsVersion, versionName } from '../registry.ts'

/**
 * The version that the server chose among those offered (section 4.3.1); 4.2.3 for the sentinel, by which a
 * server of TLS 1.3 says that it was made to choose less.
 * @throws {TlsError} `protocol_version`, `illegal_parameter`
 */
export function checkVersion(settings: ClientSettings, hello: ServerHello | HelloRetryRequest): TlsVersion {
  const { versions } = settings
  const selected = hello.extensions.supported_versions
  if (selected !== undefined) {
    if (selected === TLS13 && versions.includes('TLS 1.3')) return 'TLS 1.3'
    throw peerError(
      'illegal_parameter',
      `${hello.kind}.supported_versions`,
      versions.includes('TLS 1.3') ? 'TLS 1.3' : 'no such extension',
      versionName(selected),
    )
  }
  if (hello.kind === 'server_hello' && versions.includes('TLS 1.3') && isDowngradeSentinel(hello.random)) {
    throw peerError(
      'illegal_parameter',
      'server_hello.random',
      'no downgrade sentinel',
      'one: someone removed TLS 1.3 from the offer',
    )
  }
  if (hello.kind === 'server_hello' && hello.legacyVersion === TLS12 && versions.includes('TLS 1.2')) return 'TLS 1.2'
  const path = versions.includes('TLS 1.3') ? 'supported_versions' : 'server_version'
  throw peerError('protocol_version', `${hello.kind}.${path}`, versions.join(' or '), versionName(hello.legacyVersion))
}

/**
 * RFC 7301 section 3.1: the server answers with one of the protocols that were offered.
 * @param message that holds the answer.
 */
export function checkProtocol(
  settings: ClientSettings,
  message: 'encrypted_extensions' | 'server_hello',
  chosen: Uint8Array | undefined,
): string | undefined {
  if (chosen === undefined) return undefined
  if (!settings.alpnProtocols.some((offered) => equalBytes(offered, chosen))) {
    throw peerError(
      'illegal_parameter',
      `${message}.application_layer_protocol_negotiation`,
      'a protocol that was offered',
      'another',
    )
  }
  return protocolText(chosen)
}
