/** How a handshake ends whose ClientHelloInner the server could not read (RFC 9849 section 6.1.6). */

import { TlsError } from '../alert.ts'
import type { EchOffer } from '../ech/client-offer.ts'
import { readEchConfigList } from '../ech/config.ts'
import type { AuthenticatedPeer } from './authenticate.ts'

/**
 * The end of a handshake that was not with whom we wanted, and the way to begin another. Only a server that proved
 * its public name can say that.
 * @param retryConfigs as the server gave them; undefined if it gave none, as in TLS 1.2.
 */
export function echRequired(
  { publicName }: EchOffer,
  server: AuthenticatedPeer,
  retryConfigs: Uint8Array | undefined,
): TlsError {
  const isProved = server.judgement.verdict?.trusted === true
  // Configurations of other versions alone are as good as none.
  const isUsable = retryConfigs !== undefined && readEchConfigList(retryConfigs).length > 0
  const found = !isProved
    ? `a server that did not prove to be ${publicName}`
    : isUsable
      ? 'other keys; its configurations to retry with are given'
      : 'a server without ECH'
  return new TlsError('ech_required', `encrypted_client_hello: needs a server that can read it, has ${found}`, {
    fault: 'host',
    path: 'encrypted_client_hello',
    ...(isProved ? { echRejection: { publicName, retryConfigs: isUsable ? retryConfigs.slice() : undefined } } : {}),
  })
}
