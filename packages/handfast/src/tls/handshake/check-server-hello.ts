/** What a ServerHello says about the version, before anything else of it has a meaning. */

import { peerError } from '../alert.ts'
import { type HelloRetryRequest, isDowngradeSentinel, type ServerHello } from '../message/server-hello.ts'
import { TLS13, versionName } from '../registry.ts'

/**
 * Section 4.3.1; 4.2.3 for the sentinel, by which a server of TLS 1.3 says that it was made to choose less.
 * @throws {TlsError} `protocol_version`, `illegal_parameter`
 */
export function checkVersion(hello: ServerHello | HelloRetryRequest): void {
  const version = hello.extensions.supported_versions
  if (version === undefined) {
    if (hello.kind === 'server_hello' && isDowngradeSentinel(hello.random)) {
      throw peerError(
        'illegal_parameter',
        'server_hello.random',
        'no downgrade sentinel',
        'one: someone removed TLS 1.3 from the offer',
      )
    }
    throw peerError('protocol_version', `${hello.kind}.supported_versions`, 'TLS 1.3', versionName(hello.legacyVersion))
  }
  if (version !== TLS13) {
    throw peerError('illegal_parameter', `${hello.kind}.supported_versions`, 'TLS 1.3', versionName(version))
  }
}
