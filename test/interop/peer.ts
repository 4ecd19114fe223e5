/**
 * What a peer is to the matrix: an implementation we can start as a server and run as a client, told by the same
 * settings as the subject. One file per peer implements `Peer`.
 */
import type { Knowledge, GroupName, SchemeName, SuiteName } from './names.ts'
import type { EchKey, Identity } from './pki.ts'
import type { Target } from './wiretap.ts'

/** What either side may be held to. What is absent is the implementation's own choice. */
export interface Settings {
  /** The one version both sides are held to. Default: TLS 1.3 on the peer's side, the subject's own choice on ours. */
  version?: 'TLS 1.2'
  groups?: readonly GroupName[]
  /** Every scheme it accepts and signs with. */
  schemes?: readonly SchemeName[]
  suites?: readonly SuiteName[]
  /** Protocol names, most wanted first. */
  alpn?: readonly string[]
  /** Identities are shown as their raw public keys, and known by them (RFC 7250). */
  rawKeys?: boolean
  /** The server staples the OCSP response of its identity, and the client asks for it (RFC 6066 section 8). */
  staples?: boolean
  /** Longest plaintext of records that this side takes (RFC 8449). */
  recordSize?: number
  /** The client is asked for its certificate only once data flows (RFC 9846 section 4.7.2). */
  asksLate?: boolean
}

export interface ServerSettings extends Settings {
  identity: Identity
  /** Client certificates are required, and must end in the root of this identity. */
  client?: Identity
  /** Asks for a retry with a cookie, whatever was shared (RFC 9846 section 4.3.2): told to the subject only. */
  cookie?: boolean
  /** How the subject's command answers. */
  speech?: Speech
  /** Told only to who has ECH. */
  ech?: EchKey
}

export interface ClientSettings extends Settings {
  /** The server's certificate must end in the root of this identity and be for `SERVER_NAME`. */
  server: Identity
  identity?: Identity
  /** Groups it sends a key share of; default: its own choice. */
  keyShares?: readonly GroupName[]
  /** The name is hidden with its configurations. Told only to who has ECH. */
  ech?: EchKey
}

/** What one side says of a finished connection. `undefined`: it doesn't tell; `null`: it tells there was none. */
export interface Account {
  version?: string | undefined
  group?: string | undefined
  suite?: string | undefined
  /** Scheme of the server's CertificateVerify. */
  serverScheme?: string | undefined
  /** Scheme of the client's CertificateVerify. */
  clientScheme?: string | null | undefined
  alpn?: string | null | undefined
  /** Whether it saw (server) or sent (client) a client certificate. */
  clientCertificate?: boolean | undefined
  helloRetryRequest?: boolean | undefined
  /** Whether the server read what was hidden (RFC 9849). */
  echAccepted?: boolean | undefined
  /** tls-exporter channel binding (RFC 9266), hex. */
  channelBinding?: string | undefined
  /** KeyUpdates it sent and received. */
  keyUpdates?: { sent: number; received: number } | undefined
  /** Whether the server showed a raw public key. */
  rawKeys?: boolean | undefined
  /** Whether the server stapled an OCSP response. */
  stapled?: boolean | undefined
  /** By what the server's certificate was compressed. */
  compression?: string | null | undefined
  /** Whether both sides said how long records may be. */
  recordSizes?: boolean | undefined
  /** How the other side's stream ended for it. */
  ending?: 'close_notify' | 'truncated' | undefined
}

/**
 * How application data is answered: `echo` returns every byte; `reverse` returns each line with its characters
 * reversed; `http` answers a POST with its body; `mirror` answers any HTTP request with the request's own text.
 */
export type Speech = 'echo' | 'reverse' | 'http' | 'mirror'

/** Who sends close_notify first. */
export type Closer = 'client' | 'server'

/** What every run of a peer is told besides its settings. */
export interface Run {
  /** A folder of the run's own, removed after it. */
  folder: string
  /** Milliseconds every program of it may take. */
  deadline: number
  /** What the client sends. */
  payload: Buffer
  closer: Closer
  /** An HTTP client fetches / and answers what it got, instead of posting the payload. */
  fetch?: boolean
}

/** A peer's server, ready for one connection. */
export interface PeerServer {
  target: Target
  /** Ends it and tells what it saw. Never throws. */
  stop(): Promise<Account>
  /** What it printed so far, for a person. */
  output(): string
}

/** What a peer's client did: its account, and what came back for the payload. */
export interface ClientRun extends Account {
  answer: Buffer
}

export interface Peer {
  readonly name: string
  /** What it is: shown in the table. */
  readonly title: string
  /** True if every CI run must have it. */
  readonly subset: boolean
  /** Its version; throws `NotAvailable` when it can't be had. */
  version(): Promise<string>
  /** What it knows, for the version it has. */
  knows(version: string): Knowledge
  /** What it knows of TLS 1.2, if it can be held to that. */
  knows12?(version: string): Knowledge
  /** It can show raw public keys, and take them. */
  readonly rawKeys?: boolean
  /** As a client it has certificates compressed by this (RFC 8879), whatever it is told. */
  readonly compression?: 'brotli'
  /** It says how long records may be (RFC 8449). */
  readonly recordSizes?: boolean
  /** Present if it can be a server. */
  readonly server?: {
    speech: Speech
    /** Who can close first when it is the server. */
    closers: readonly Closer[]
    /** Its HelloRetryRequest always has a cookie. */
    cookie?: boolean
    /** It can staple. */
    staples?: boolean
    /** The most bytes one payload may have. */
    capacity?: number
    /** What makes it ask its client for a certificate after the handshake, and what it answers then. */
    asksLate?: { readonly say: string; readonly hear: string }
    /** What the subject meets when its certificate is refused in another way than by an alert. */
    refusal?: RegExp
    start(settings: ServerSettings, run: Run): Promise<PeerServer>
  }
  /** Present if it can be a client. */
  readonly client?: {
    speech: 'echo' | 'http'
    closers: readonly Closer[]
    /** The most bytes one payload may have. */
    capacity?: number
    /**
     * Groups of which it sends a key share: `told`, exactly those of `keyShares`; else its own choice, and a retry can
     * only be forced from the group named to another without a share.
     */
    keyShares: 'told' | GroupName
    /** It can ask for a stapled OCSP response. */
    staples?: boolean
    /** It lets itself be asked for a certificate after the handshake. */
    asksLate?: boolean
    /** It can't be told protocols for ALPN. */
    noAlpn?: boolean
    /** It may give connections up before the one it uses: to choose a certificate first, say. */
    reconnects?: boolean
    /**
     * When the server has closed, it ends the stream without a close_notify of its own, against RFC 9846 section 6.1:
     * the subject may call that a truncation.
     */
    leavesOpen?: boolean
    /** What the subject meets when its certificate is refused in another way than by an alert. */
    refusal?: RegExp
    /** It takes a retry for a cookie only together with one for another group, against RFC 9846 section 4.2.4. */
    cookieWithGroup?: boolean
    /**
     * Rejects when the connection did not come about; where ECH was rejected, with a message that has the
     * configurations to retry with in hex, or says `none`.
     */
    run(settings: ClientSettings, port: number, run: Run): Promise<ClientRun>
  }
  /** Removes what it kept between runs. */
  dispose?(): Promise<void>
}

/** A peer that isn't on this machine; the message is the reason a person reads. */
export class NotAvailable extends Error {
  override readonly name = 'NotAvailable'
}
