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
import type { PostHandshakeAuth } from './post-handshake-auth.ts'

export interface Established {
  readonly version: TlsVersion
  readonly inUse: SuiteInUse
  readonly group: GroupName
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
  }
}
