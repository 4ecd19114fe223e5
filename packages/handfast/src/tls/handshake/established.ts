/** What a finished handshake leaves to the connection. */

import type { GroupName } from '../../crypto/provider.ts'
import type { Negotiated } from '../event.ts'
import type { HandshakeMessage } from '../message/handshake.ts'
import type { SignatureSchemeName, TlsVersion } from '../registry.ts'
import type { Exporter } from '../schedule/exporter.ts'
import type { AuthenticatedPeer } from './authenticate.ts'
import type { Flow } from './flow.ts'
import type { SuiteInUse } from './negotiate.ts'
import type { PostHandshakeContext } from './post-handshake.ts'
import type { Resumption } from './resumption.ts'
import type { PostHandshakeAuth } from './post-handshake-auth.ts'

export interface Established {
  readonly version: TlsVersion
  readonly inUse: SuiteInUse
  /** Undefined: a pre-shared key alone. */
  readonly group: GroupName | undefined
  readonly alpnProtocol: string | undefined
  /** Client: the name asked for. Server: the server_name it received. */
  readonly serverName: string | undefined
  readonly helloRetryRequest: boolean
  readonly clientCertificateRequested: boolean
  /** Undefined: a client that showed nothing. The latest, if it is asked more than once. */
  readonly peer: AuthenticatedPeer | undefined
  /** Scheme of our own CertificateVerify. */
  readonly ownScheme: SignatureSchemeName | undefined
  /** TLS 1.3: application_traffic_secret_0 of both sides, from which KeyUpdate goes on. */
  readonly traffic: { readonly read: Uint8Array; readonly write: Uint8Array } | undefined
  readonly exporter: Exporter
  /** Whether a session was resumed. */
  readonly resumed: boolean
  /** Identity of the key from elsewhere that proved both parties, if one did. */
  readonly externalPsk: Uint8Array | undefined
  /** Undefined: none was offered. */
  readonly earlyData: 'accepted' | 'rejected' | undefined
  /** What sessions are made from; undefined if there are to be none. */
  readonly resumption: Resumption | undefined
  /** The story that follows at once, before any message. */
  readonly firstOfAll?: (hs: PostHandshakeContext) => Flow
  /** Undefined unless the client offered it, in TLS 1.3. */
  readonly postHandshakeAuth: PostHandshakeAuth | undefined
  /** The story that a message after the handshake begins. */
  readonly afterwards: (hs: PostHandshakeContext, message: HandshakeMessage) => Flow
}

/** What was agreed, for whoever uses the connection. */
export function negotiatedOf(established: Established): Negotiated {
  return {
    version: established.version,
    cipherSuite: established.inUse.suite.name,
    group: established.group,
    alpnProtocol: established.alpnProtocol,
    serverName: established.serverName,
    peerSignatureScheme: established.peer?.scheme,
    ownSignatureScheme: established.ownScheme,
    helloRetryRequest: established.helloRetryRequest,
    clientCertificateRequested: established.clientCertificateRequested,
    resumed: established.resumed,
    externalPsk: established.externalPsk,
    earlyData: established.earlyData,
  }
}
