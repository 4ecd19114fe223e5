/**
 * What a handshake's story is told with: generator functions that yield only what can really wait.
 *
 * A flow is advanced by the connection. It waits for a message of the peer or for an answer of the
 * host, and for nothing else; everything it does between two waits is plain calls on its
 * `HandshakeContext`. This is the only file with a bare `yield`: everything else says `yield*`.
 */

import type { Aead, GroupName, Hash, SignatureAlgorithm } from '../../crypto/provider.ts'
import type { EncryptedClientHelloReport, Stage } from '../../report/handshake-report.ts'
import type { Certificate } from '../../x509/certificate.ts'
import type { Verdict } from '../../x509/verdict.ts'
import { peerError } from '../alert.ts'
import type { Identity, ServerConfig } from '../config.ts'
import type { HandshakeMessage } from '../message/handshake.ts'
import type { SuiteInUse } from './negotiate.ts'
import type {
  CertificateType,
  CompressionName,
  HandshakeTypeName,
  SignatureSchemeName,
  TlsVersion,
} from '../registry.ts'
import type { WriteKeys } from '../schedule/prf12.ts'
import type { Transcript } from '../schedule/transcript.ts'

/** What one side showed of itself: certificates, its own first, or a raw public key; neither if a client declined. */
export interface ShownIdentity {
  /** DER. */
  readonly chain: readonly Uint8Array[]
  readonly rawPublicKey: Uint8Array | undefined
  /** OCSP responses (DER) that came along; undefined if none were asked for. */
  readonly stapled: readonly Uint8Array[] | undefined
  /** The SignedCertificateTimestampList that came along with its own certificate (RFC 6962). */
  readonly timestampList: Uint8Array | undefined
  /** How its Certificate was compressed (RFC 8879). */
  readonly compression: CompressionName | undefined
}

/** What a ClientHello said, for whoever chooses a configuration. */
export interface ClientHelloSummary {
  readonly serverName: string | undefined
  readonly alpnProtocols: readonly string[]
  /** Names; hex for what has none. */
  readonly versions: readonly string[]
  readonly cipherSuites: readonly string[]
  readonly groups: readonly string[]
  readonly signatureSchemes: readonly string[]
  /** The whole message with its header. */
  readonly raw: Uint8Array
}

/** Questions to the host, without the id that the connection gives them. */
export type Question =
  | {
      readonly kind: 'sign'
      readonly identity: Identity
      readonly scheme: SignatureSchemeName
      readonly algorithm: SignatureAlgorithm
      /** The message to be signed, not its hash. */
      readonly input: Uint8Array
    }
  | {
      readonly kind: 'verify-peer'
      readonly peer: 'client' | 'server'
      /** DER, the peer's own certificate first; empty if it showed a raw public key. */
      readonly chain: readonly Uint8Array[]
      /** The first of the chain, already read. */
      readonly leaf: Certificate | undefined
      /**
       * In place of a chain: the SubjectPublicKeyInfo (DER) of a bare key (RFC 7250). That the peer has its private half
       * is proved; whose key it is, nothing says but what the host knows of it.
       */
      readonly rawPublicKey: Uint8Array | undefined
      /** OCSP responses (DER) that the peer stapled: empty if it was asked and has none, undefined if it was not asked. */
      readonly stapled: readonly Uint8Array[] | undefined
      /** The SignedCertificateTimestampList of the TLS extension (RFC 6962 section 3.3.1). */
      readonly timestampList: Uint8Array | undefined
      /** The name the server must prove; undefined for a client. */
      readonly serverName: string | undefined
    }
  | {
      readonly kind: 'choose-identity'
      readonly role: 'client' | 'server'
      readonly version: TlsVersion
      /** Of a ClientHello. */
      readonly serverName: string | undefined
      readonly signatureSchemes: readonly SignatureSchemeName[]
      /** For the signatures within the chain. */
      readonly signatureSchemesCert: readonly SignatureSchemeName[]
      /** Names in DER; empty if the peer did not say. */
      readonly certificateAuthorities: readonly Uint8Array[]
      /** What the identity may be shown as, in the peer's order. */
      readonly certificateTypes: readonly CertificateType[]
      /** TLS 1.2: groups that the client knows; an ECDSA key must be on one of them (RFC 8422 section 5.1). */
      readonly curves?: readonly GroupName[]
    }
  | { readonly kind: 'choose-config'; readonly clientHello: ClientHelloSummary }
  | {
      /** Server: turns the state of a session into a ticket that only `open-ticket` can read. */
      readonly kind: 'seal-ticket'
      /** A secret. */
      readonly state: Uint8Array
    }
  | { readonly kind: 'open-ticket'; readonly ticket: Uint8Array }
  | {
      /** Server: has early data of this ClientHello been taken before, here or by another server (RFC 9846 section 8.2)? */
      readonly kind: 'claim-early-data'
      /** Of its pre-shared key: no two ClientHellos have the same. */
      readonly binder: Uint8Array
      /** Milliseconds for which it must be remembered. */
      readonly ttl: number
    }

/** What the host answers to each kind of question. */
export interface Answers {
  /** The signature, as the scheme encodes it. */
  sign: Uint8Array
  'verify-peer': PeerJudgement
  /** Undefined: none fits. */
  'choose-identity': Identity | undefined
  /** What to change; undefined: nothing. Provider, clock, limits and key log stay as they are. */
  'choose-config': Partial<ServerConfig> | undefined
  /** Undefined: no ticket is to be had. */
  'seal-ticket': Uint8Array | undefined
  /** The state that was sealed; undefined: it is no ticket of ours, or too old. */
  'open-ticket': Uint8Array | undefined
  /** True only if it is claimed for the first time. */
  'claim-early-data': boolean
}

/** The host's decision about the peer. The handshake goes on only if `accepted` is true. */
export interface PeerJudgement {
  readonly accepted: boolean
  /** What it rests on. Absent when accepted: the host wanted no judgement, and the report says so. */
  readonly verdict?: Verdict
}

/** Parameters as they become known. */
export interface NegotiatedNote {
  version?: TlsVersion
  cipherSuite?: string
  group?: string
  alpnProtocol?: string
  helloRetryRequest?: boolean
  clientCertificateRequested?: boolean
  resumed?: boolean
  externalPsk?: boolean
  earlyData?: EarlyDataState
}

/** What became of early data. `offered` until the server has answered. */
export type EarlyDataState = 'offered' | 'accepted' | 'rejected'

/** What a flow that waits for a message may get in its place; TLS 1.2 only. */
export const CHANGE_CIPHER_SPEC = 'change_cipher_spec'

export type Wait =
  | { readonly kind: 'message'; readonly expected: readonly HandshakeTypeName[] }
  | { readonly kind: 'question'; readonly question: Question }

/** A story: yields waits, is resumed with what it waited for. */
export type Flow<T = void> = Generator<Wait, T, unknown>

/** What a flow can do with its connection. */
export interface HandshakeContext {
  readonly role: 'client' | 'server'
  readonly transcript: Transcript
  /** Says which stage the handshake is in. */
  enter(stage: Stage): void
  /** Says that a stage has what it was for. */
  complete(stage: Stage): void
  /** Adds a message to the flight and to the transcript. `name` only where it differs from its type. */
  send(type: HandshakeTypeName, message: Uint8Array, name?: string): void
  /** As `send`, for a ClientHelloOuter that has another inside, which goes into the transcript. */
  sendOuter(message: Uint8Array, inner: Uint8Array): void
  /** TLS 1.3: compatibility mode (RFC 9846 E.4). TLS 1.2: what follows is protected (RFC 5246 section 7.1). */
  sendChangeCipherSpec(): void
  /** TLS 1.2 is chosen: records follow its rules from here on. */
  useTls12(): void
  /** TLS 1.2: after the peer's change_cipher_spec, and after our own. */
  setReadKeys(aead: Aead, keys: WriteKeys): void
  setWriteKeys(aead: Aead, keys: WriteKeys): void
  setReadSecret(aead: Aead, hash: Hash, secret: Uint8Array): void
  setWriteSecret(aead: Aead, hash: Hash, secret: Uint8Array): void
  /**
   * record_size_limit is negotiated: records under keys hold at most so many bytes of plaintext (RFC 8449 section 4).
   * @param own what we take. @param peer what the peer takes.
   */
  limitRecords(own: number, peer: number): void
  /** Client: sends application data before the server has answered. */
  sendEarlyData(data: Uint8Array): void
  /** Client: what follows early data that was refused by a HelloRetryRequest goes out in clear again. */
  clearWriteKeys(): void
  /** Server: takes early data, up to so many bytes, until `endEarlyData`. */
  takeEarlyData(limit: number): void
  endEarlyData(): void
  /**
   * Unless it is taken, the client's early data is dropped as it comes (RFC 9846 section 4.3.10).
   * @param allowed bytes that this server takes from some clients.
   */
  skipEarlyData(allowed: number): void
  /** The server's flight is out: it may send now, if half-RTT data is allowed. */
  flightSent(inUse: SuiteInUse, writeSecret: Uint8Array): void
  /** What the report is told as soon as it is known. */
  readonly note: {
    certificates(side: 'client' | 'server', shown: ShownIdentity): void
    signatureScheme(side: 'client' | 'server', scheme: SignatureSchemeName): void
    judgement(side: 'client' | 'server', judgement: PeerJudgement): void
    negotiated(values: NegotiatedNote): void
    /** The ClientHello that counts is another than the one that was seen. */
    clientHello(inner: Uint8Array): void
    encryptedClientHello(note: EncryptedClientHelloReport): void
  }
  /** What a story after the handshake is told with, whose transcript goes on from the present one (RFC 9846 section 4.7.2). */
  afterHandshake(): HandshakeContext
  /** A line of the key log, if one is kept (RFC 9850). */
  logSecret(label: string, clientRandom: Uint8Array, secret: Uint8Array): void
}

/**
 * Waits for the next handshake message, which must be of one of the given types; adds it to the
 * transcript.
 * @throws {TlsError} `unexpected_message`
 */
export function* receive(hs: HandshakeContext, ...expected: readonly HandshakeTypeName[]): Flow<HandshakeMessage> {
  const message = yield* receiveUnhashed(...expected)
  hs.transcript.add(message.raw)
  return message
}

/** As `receive`, for a message that is not what goes into the transcript: the caller adds what does. */
export function* receiveUnhashed(...expected: readonly HandshakeTypeName[]): Flow<HandshakeMessage> {
  const message = (yield { kind: 'message', expected }) as HandshakeMessage | typeof CHANGE_CIPHER_SPEC
  if (message === CHANGE_CIPHER_SPEC) {
    throw peerError('unexpected_message', 'change_cipher_spec', expected.join(' or '), 'change_cipher_spec')
  }
  if (!expected.includes(message.type)) {
    throw peerError('unexpected_message', 'handshake', expected.join(' or '), message.type)
  }
  return message
}

/**
 * TLS 1.2: waits for the peer's change_cipher_spec, which is no handshake message and in no transcript.
 * @throws {TlsError} `unexpected_message`
 */
export function* receiveChangeCipherSpec(): Flow {
  const message = (yield { kind: 'message', expected: [] }) as HandshakeMessage | typeof CHANGE_CIPHER_SPEC
  if (message !== CHANGE_CIPHER_SPEC) {
    throw peerError('unexpected_message', 'handshake', 'change_cipher_spec', message.type)
  }
}

/** Puts a question to the host and waits for its answer. */
export function* ask<K extends Question['kind']>(question: Extract<Question, { kind: K }>): Flow<Answers[K]> {
  return (yield { kind: 'question', question }) as Answers[K]
}
