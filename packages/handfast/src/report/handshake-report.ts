/**
 * HandshakeReport: the single record of a handshake. The engine, and later the inspector and the
 * gate, produce it; the command, the store and the page only show it. Its JSON Schema is generated
 * from this file (`npm run schema`). It never holds secrets, keys or plaintext.
 *
 * Times inside a report are whole microseconds since the connection began, unless said otherwise.
 */

/** Schema version of the record: `major.minor`; the major number changes when a reader must change. */
export const HANDSHAKE_REPORT_VERSION = '1.2'

/** The four stages, in the order every report lists them. */
export const STAGES = ['establish', 'certificates', 'key-exchange', 'verify'] as const
/** One of the four stages. */
export type Stage = (typeof STAGES)[number]

/** `failed`: the handshake ended in this stage. `skipped`: it was not reached, or had nothing to do. */
export type StageState = 'done' | 'failed' | 'skipped'

/** A stage: how it went, when, and by which messages. */
export interface StageReport {
  stage: Stage
  state: StageState
  /** Microseconds since the connection began; null if skipped. */
  startedAt: number | null
  /** Microseconds since the connection began; null if skipped. */
  endedAt: number | null
  /** Names of the messages that served this stage, in the order they went over the wire. */
  messages: string[]
}

/** Whose side of the connection a report tells. */
export type Role = 'client' | 'server'

/** One message of the handshake. */
export interface MessageReport {
  /** Wire name: `client_hello`, `certificate_verify`, `alert`, `change_cipher_spec`, ... */
  name: string
  direction: 'sent' | 'received'
  /** Microseconds since the connection began. */
  at: number
  /** Bytes of the message with its header, before protection. */
  size: number
  /** True if it travelled in a protected record. */
  protected: boolean
  /** The stages it served. */
  stages: Stage[]
}

/** One alert. */
export interface AlertReport {
  /** Wire name: `bad_certificate`; `unknown(200)` for a code without one. */
  description: string
  level: 'warning' | 'fatal'
  direction: 'sent' | 'received'
  at: number
}

/** One certificate as a report shows it. */
export interface CertificateReport {
  /** RFC 4514 text. */
  subject: string
  issuer: string
  /** Hex, lower case. */
  serialNumber: string
  /** RFC 3339, UTC. */
  notBefore: string
  notAfter: string
  /** For people: `ECDSA P-256`, `RSA 2048`, `Ed25519`, `ML-DSA-65`. */
  publicKey: string
  signatureAlgorithm: string
  /** subjectAltName entries: `DNS:example.com`, `IP:192.0.2.1`, `URI:...`, `email:...`. */
  subjectAltNames: string[]
  isCa: boolean
  /** SHA-256 of the DER, hex. */
  fingerprint: string
  /** The DER in base64. */
  der: string
}

/** Why a chain was refused or doubted. */
export interface ReasonReport {
  /** Stable identifier: `expired`, `unknown-issuer`, `name-mismatch`, ... */
  reason: string
  /** Index in the chain as it was presented, 0 for the leaf; null if it is about none of them. */
  certificate: number | null
  /** One sentence for people, naming the field, the expectation and what was found. */
  message: string
  /** The rule that was broken, by the name under which a policy sets it; absent for what no policy can loosen. Since 1.1. */
  rule?: string
}

/** What is known of one certificate's revocation, and how fresh that is. */
export interface RevocationReport {
  /** Subject of the certificate it is about: RFC 4514 text. */
  certificate: string
  /** `unchecked`: nothing was asked for, or nothing could be. `unknown`: nothing at hand says. */
  status: 'good' | 'revoked' | 'unknown' | 'unchecked'
  /** What said so; null if nothing did. */
  source: 'crl' | 'ocsp' | 'stapled-ocsp' | null
  /** RFC 3339, UTC; null if it does not say. */
  thisUpdate: string | null
  nextUpdate: string | null
  /** RFC 3339, UTC; null unless revoked. */
  revokedAt: string | null
  /** CRLReason (RFC 5280 section 5.3.1); null unless revoked with one. */
  reason: string | null
  message: string
}

/** A path that was tried, and what stopped it. */
export interface TriedPathReport {
  /** Subjects, leaf first, as far as it came. */
  subjects: string[]
  /** True if the last of them is a trust anchor. */
  complete: boolean
  reason: ReasonReport
}

/** The judgement on a peer's chain. */
export interface VerdictReport {
  /** True if the peer proved to be who it should be. */
  trusted: boolean
  /** `not-asked`: the host went on without a judgement, or in spite of it (`--insecure`); that is not trust. */
  state: 'accepted' | 'refused' | 'not-asked'
  reasons: ReasonReport[]
  warnings: ReasonReport[]
  /** Subjects of the path found, leaf first, anchor last; empty if none was. */
  path: string[]
  /** Name of the policy it was judged by. This and what follows since 1.1; absent if the judge does not say. */
  policy?: string
  /** One for each certificate of the path but the anchor; empty if nothing was checked. */
  revocation?: RevocationReport[]
  /** How many of the certificate's timestamps (RFC 6962) count. */
  timestamps?: number
  /** Paths that were tried in vain: the first few. */
  tried?: TriedPathReport[]
  /** How many more there were. */
  triedBeyond?: number
}

/** A public key as a report shows it. */
export interface PublicKeyReport {
  /** For people: `ECDSA P-256`, `RSA 2048`, `Ed25519`; null if it cannot be read. */
  publicKey: string | null
  /** SHA-256 of the SubjectPublicKeyInfo, hex. */
  fingerprint: string
  /** The SubjectPublicKeyInfo (DER) in base64. */
  der: string
}

/** What one side showed of itself, and what was made of it. */
export interface PeerReport {
  /** The chain as presented, leaf first; empty if none was. */
  chain: CertificateReport[]
  /** What it showed in place of a chain: a raw public key (RFC 7250). Absent if it showed none. Since 1.2. */
  rawPublicKey?: PublicKeyReport
  /** True if it was shown after the handshake, when the server asked (RFC 9846 section 4.7.2); else absent. Since 1.2. */
  afterHandshake?: boolean
  /**
   * OCSP responses that it stapled, DER in base64: empty if it was asked and stapled none, absent if it was not asked.
   * Since 1.2.
   */
  stapled?: string[]
  /** SignedCertificateTimestampList that came along with its certificate, in base64; absent if none did. Since 1.2. */
  timestampList?: string
  /** Algorithm by which its Certificate was compressed (RFC 8879); absent if it was not. Since 1.2. */
  certificateCompression?: string
  /** Signature scheme of its CertificateVerify, null if it showed none. */
  signatureScheme: string | null
  /** Null if nothing was judged (no certificate, or the handshake ended before). */
  verdict: VerdictReport | null
}

/** What the ClientHello offered, by IANA names in its order of preference. */
export interface OfferedReport {
  versions: string[]
  cipherSuites: string[]
  groups: string[]
  keyShares: string[]
  signatureSchemes: string[]
  alpnProtocols: string[]
  serverName: string | null
  /** Extension names in the order of the ClientHello. */
  extensions: string[]
}

/** Encrypted Client Hello (RFC 9849), as this side knows of it. */
export interface EncryptedClientHelloReport {
  /**
   * Client: `grease` is an offer that means nothing; `offered` has no answer yet. Server: `rejected` is whatever could
   * not be decrypted, offers that mean nothing among it.
   */
  status: 'offered' | 'accepted' | 'rejected' | 'grease'
  /** The server_name in plain sight; null if there was none. */
  outerServerName: string | null
  /** The server_name that was hidden; null if there was none, or this side could not read it. */
  innerServerName: string | null
}

/** What both sides agreed on, by IANA names; null for what they did not come to. */
export interface NegotiatedReport {
  version: string | null
  cipherSuite: string | null
  group: string | null
  alpnProtocol: string | null
  /** Record compression: always `none`. */
  compression: 'none'
  /** Longest plaintext of a record that each side takes (RFC 8449), in bytes; absent if not negotiated. Since 1.2. */
  recordSizeLimit?: { client: number; server: number }
  helloRetryRequest: boolean
  /** Whether a client certificate was asked for. */
  clientCertificateRequested: boolean
  /** Whether the session was resumed: the peer's certificates are those of its beginning. */
  resumed: boolean
  /** Whether a key from elsewhere proved both parties, in place of certificates. This and what follows since 1.2. */
  externalPsk?: boolean
  /** What became of the data that the client sent before the server had answered; null if it sent none. */
  earlyData?: 'offered' | 'accepted' | 'rejected' | null
}

/** One end of a transport; null for what it does not have. */
export interface EndpointReport {
  address: string | null
  port: number | null
}

/** What carried the connection. */
export interface TransportReport {
  /** `tcp`, `pipe`, `memory`, ... */
  kind: string
  local: EndpointReport
  remote: EndpointReport
  /** When the transport stood; null if it stood before handfast got it. */
  connectedAt: number | null
}

/** Why and where a handshake failed. */
export interface FailureReport {
  stage: Stage
  /** `peer`: the peer broke a rule; `peer-alert`: the peer gave up; `host`: our own side refused; `transport`: the stream ended or failed. */
  fault: 'peer' | 'peer-alert' | 'host' | 'transport'
  /** The alert sent or received; null if there was none. */
  alert: string | null
  /** Who sent the alert. */
  direction: 'sent' | 'received' | null
  message: string
}

/** The record of one handshake. */
export interface HandshakeReport {
  /** Schema version: `HANDSHAKE_REPORT_VERSION` of whoever wrote the record. */
  version: string
  role: Role
  /** When the connection began: RFC 3339, UTC. */
  startedAt: string
  /** Microseconds from the beginning until the handshake was complete or failed; null while it is under way. */
  duration: number | null
  outcome: 'complete' | 'failed' | 'in-progress'
  transport: TransportReport | null
  /** Always the four, in the order of `STAGES`. */
  stages: StageReport[]
  /** Of the ClientHelloInner, where one was accepted. */
  offered: OfferedReport | null
  /** Absent if the client offered none. Since 1.2. */
  encryptedClientHello?: EncryptedClientHelloReport
  negotiated: NegotiatedReport
  messages: MessageReport[]
  alerts: AlertReport[]
  client: PeerReport
  server: PeerReport
  failure: FailureReport | null
  /** Name of the cryptography provider. */
  provider: string
}
