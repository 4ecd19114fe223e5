/** What a connection tells its host, and what it asks. */

import type { GroupName } from '../crypto/provider.ts'
import type { TlsError } from './alert.ts'
import type { Question } from './handshake/flow.ts'
import type { Session } from './session.ts'
import type { CipherSuiteName, SignatureSchemeName, TlsVersion } from './registry.ts'

/** A question to the host; `id` names it in the answer. */
export type Task = Question & { readonly id: number }

export type ConnectionEvent =
  /** Both sides have proved themselves; data may flow. */
  | { readonly type: 'handshake-complete' }
  /** Application data. The array belongs to the host. */
  | { readonly type: 'data'; readonly data: Uint8Array }
  /**
   * Server: application data that came before the handshake was complete. Whoever sent it may have had it from someone
   * else (RFC 9846 section 8): what it asks for may be done twice.
   */
  | { readonly type: 'early-data'; readonly data: Uint8Array }
  /** Client: a session that a later connection can resume. A secret. */
  | { readonly type: 'session'; readonly session: Session }
  /** close_notify: the peer will send nothing more. */
  | { readonly type: 'peer-closed' }
  /** The transport ended without close_notify: what was received may not be all that was sent. */
  | { readonly type: 'truncated' }
  /** The end. The output may still hold an alert for the peer. */
  | { readonly type: 'failed'; readonly error: TlsError }
  /** A line for an SSLKEYLOGFILE, without its line break. A secret. */
  | { readonly type: 'key-log'; readonly line: string }
  /** With `trace`: a handshake message as it was sent or received, header included. */
  | {
      readonly type: 'message'
      readonly direction: 'sent' | 'received'
      readonly raw: Uint8Array
      /** As far as it is known: `mapFields` reads by it. */
      readonly version: TlsVersion | undefined
    }
  /** Server: the answer to `requestClientCertificate`. False: the client declined. Who it is, `peerCertificates` tells. */
  | { readonly type: 'client-answered'; readonly isAuthenticated: boolean }
  | { readonly type: 'keys-updated'; readonly direction: 'sent' | 'received' }

export type ConnectionState = 'handshaking' | 'open' | 'closed' | 'failed'

export interface Negotiated {
  readonly version: TlsVersion
  readonly cipherSuite: CipherSuiteName
  /** Undefined: a pre-shared key alone, without a key exchange. */
  readonly group: GroupName | undefined
  readonly alpnProtocol: string | undefined
  /** Client: the name asked for. Server: the server_name received. */
  readonly serverName: string | undefined
  /** Of the peer's CertificateVerify. */
  readonly peerSignatureScheme: SignatureSchemeName | undefined
  /** Of our own. */
  readonly ownSignatureScheme: SignatureSchemeName | undefined
  readonly helloRetryRequest: boolean
  readonly clientCertificateRequested: boolean
  /** Whether a session was resumed: then the peer's certificates are those of its beginning. */
  readonly resumed: boolean
  /** Identity of the key from elsewhere that both parties proved to have, in place of certificates. */
  readonly externalPsk: Uint8Array | undefined
  /** What became of early data; undefined if none was offered. */
  readonly earlyData: 'accepted' | 'rejected' | undefined
}
