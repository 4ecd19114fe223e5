/** What a finished handshake leaves to the connection. */

import type { GroupName } from '../../crypto/provider.ts'
import type { SignatureSchemeName } from '../registry.ts'
import type { AuthenticatedPeer } from './authenticate.ts'
import type { SuiteInUse } from './negotiate.ts'

export interface Established {
  readonly inUse: SuiteInUse
  readonly group: GroupName
  readonly alpnProtocol: string | undefined
  /** Client: the name asked for. Server: the server_name it received. */
  readonly serverName: string | undefined
  readonly helloRetryRequest: boolean
  readonly clientCertificateRequested: boolean
  /** Undefined: a client that showed no certificate. */
  readonly peer: AuthenticatedPeer | undefined
  /** Scheme of our own CertificateVerify. */
  readonly ownScheme: SignatureSchemeName | undefined
  /** application_traffic_secret_0 of the peer. */
  readonly readSecret: Uint8Array
  /** application_traffic_secret_0 of our own. */
  readonly writeSecret: Uint8Array
  readonly exporterSecret: Uint8Array
}
