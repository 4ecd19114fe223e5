/**
 * What a socket can be asked: node:tls's names where they mean the same, net.Socket's for the
 * transport below, and handfast's own. Nothing here moves a byte.
 *
 * Left out, each for a reason that `ABSENT_FROM_NODE_TLS` gives.
 */

import { X509Certificate } from 'node:crypto'
import type { AddressInfo, Socket } from 'node:net'
import { Duplex, type DuplexOptions } from 'node:stream'
import type { DetailedPeerCertificate, EphemeralKeyInfo, PeerCertificate } from 'node:tls'
import type { GroupName } from '../crypto/provider.ts'
import type { HandshakeReport } from '../report/handshake-report.ts'
import type { Connection, Negotiated, TlsVersion } from '../tls/index.ts'
import type { Verdict } from '../x509/index.ts'
import { handfastError } from './error.ts'

/** Public names of tls.TLSSocket, net.Socket and tls.Server that handfast does not have: why, and what to use. */
export const ABSENT_FROM_NODE_TLS: Readonly<Record<string, string>> = {
  addContext: 'setIdentities() takes several, and each is for the names in its certificate',
  bufferSize: 'deprecated in Node; writableLength says the same',
  connect: 'a socket is made connected or connecting, by connect()',
  enableTrace: 'the report tells every message; the option trace hands them out',
  getFinished: 'it served tls-unique, which binds nothing safely; channelBinding() is its successor (RFC 9266)',
  getPeerFinished: 'it served tls-unique, which binds nothing safely; channelBinding() is its successor (RFC 9266)',
  getSharedSigalgs: 'report.offered.signatureSchemes has what was offered, negotiated what was chosen',
  getTicketKeys: 'sessions are not resumed',
  getTLSTicket: 'sessions are not resumed',
  server: "the server's secureConnection event says whose socket it is",
  setKeyCert: 'SNICallback, chooseIdentity and chooseConfig choose the certificate',
  setMaxSendFragment: 'the option maxRecordLength',
  setServername: 'the option servername: the name is in the first message',
  setSession: 'sessions are not resumed',
  setTicketKeys: 'sessions are not resumed',
  ssl: "a handle of Node's own TLS",
}

/** Node's names and sizes of the groups that are not key encapsulation. */
const GROUPS: Readonly<Partial<Record<GroupName, readonly [name: string, bits: number]>>> = {
  x25519: ['X25519', 253],
  secp256r1: ['prime256v1', 256],
  secp384r1: ['secp384r1', 384],
  secp521r1: ['secp521r1', 521],
}

/** Node's names of the versions. */
const VERSIONS: Readonly<Record<TlsVersion, string>> = { 'TLS 1.3': 'TLSv1.3', 'TLS 1.2': 'TLSv1.2' }

/** The name that Node has for a cipher suite: for those of TLS 1.2 another than the registered one. */
function opensslName(name: string): string {
  if (!name.includes('_WITH_')) return name
  return name
    .replace('TLS_', '')
    .replace('_WITH_', '_')
    .replace(/AES_(\d+)/, 'AES$1')
    .replace(/(POLY1305)_SHA256$/, '$1')
    .replaceAll('_', '-')
}

export abstract class SocketSurface extends Duplex {
  readonly #connection: Connection
  readonly #transport: Duplex

  constructor(transport: Duplex, connection: Connection, options: DuplexOptions) {
    super(options)
    this.#transport = transport
    this.#connection = connection
  }

  // --- what node:tls has ---

  /** Always true, as in node:tls. */
  get encrypted(): true {
    return true
  }

  /** True once the handshake is complete and the peer's certificate was judged good. */
  get authorized(): boolean {
    return this.negotiated !== undefined && this.#connection.peerVerdict?.trusted === true
  }

  /** Why the peer is not authorized: the first reason of the verdict. Null if it is, or if nothing was judged. */
  get authorizationError(): Error | null {
    const reason = this.authorized ? undefined : this.#connection.peerVerdict?.reasons[0]
    return reason === undefined ? null : handfastError('CERTIFICATE', reason.message, { reason: reason.reason })
  }

  /** The protocol agreed on, false if none; null before the handshake is complete. */
  get alpnProtocol(): string | false | null {
    const { negotiated } = this
    return negotiated === undefined ? null : (negotiated.alpnProtocol ?? false)
  }

  /** Client: the name asked for. Server: the name the client sent. False if none, null before the handshake is complete. */
  get servername(): string | false | null {
    const { negotiated } = this
    return negotiated === undefined ? null : (negotiated.serverName ?? false)
  }

  getCipher(): { name: string; standardName: string; version: string } | undefined {
    const { negotiated } = this
    if (negotiated === undefined) return undefined
    const { cipherSuite, version } = negotiated
    return { name: opensslName(cipherSuite), standardName: cipherSuite, version: VERSIONS[version] }
  }

  getProtocol(): string | null {
    return this.negotiated === undefined ? null : VERSIONS[this.negotiated.version]
  }

  /** Client: the group of the key exchange by Node's names. Server: null, as in node:tls; `negotiated.group` tells. */
  getEphemeralKeyInfo(): EphemeralKeyInfo | null {
    const { negotiated } = this
    if (negotiated === undefined) return {} as EphemeralKeyInfo
    if (this.#connection.role === 'server') return null
    const { group } = negotiated
    if (group === undefined) return {} as EphemeralKeyInfo
    const known = GROUPS[group]
    if (known === undefined) return { type: 'TLSGroup', name: group } as unknown as EphemeralKeyInfo
    return { type: 'ECDH', name: known[0], size: known[1] }
  }

  /** The peer's certificate as node:tls shows it, with its issuers if `detailed`; empty if it showed none. */
  getPeerCertificate(detailed: true): DetailedPeerCertificate
  getPeerCertificate(detailed?: boolean): PeerCertificate
  getPeerCertificate(detailed = false): PeerCertificate {
    const presented = this.#connection.peerCertificates
    if (!detailed) return legacyObject(presented[0]) ?? ({} as PeerCertificate)
    // The path that was judged has the root, which a peer seldom sends.
    const path = this.#connection.peerVerdict?.path ?? []
    const chain = path.length === 0 ? presented : path.map((certificate) => certificate.der)
    const objects = chain.flatMap((der) => (legacyObject(der) as DetailedPeerCertificate | undefined) ?? [])
    for (const [i, object] of objects.entries()) {
      const issuer = objects[i + 1] ?? (isSelfIssued(object) ? object : undefined)
      if (issuer !== undefined) object.issuerCertificate = issuer
    }
    return objects[0] ?? ({} as PeerCertificate)
  }

  getPeerX509Certificate(): X509Certificate | undefined {
    return x509(this.#connection.peerCertificates[0])
  }

  /** Our own certificate as node:tls shows it; empty if we showed none. */
  getCertificate(): PeerCertificate | object {
    return legacyObject(this.#ownCertificate) ?? {}
  }

  getX509Certificate(): X509Certificate | undefined {
    return x509(this.#ownCertificate)
  }

  get #ownCertificate(): Uint8Array | undefined {
    const shown = this.#connection.report()[this.#connection.role].chain[0]
    return shown === undefined ? undefined : Buffer.from(shown.der, 'base64')
  }

  /**
   * Keying material for another protocol (RFC 9846 section 7.5). As in node:tls: length first.
   * @throws {TypeError} before the handshake is complete, for arguments out of range, and in TLS 1.2 without the
   * extended master secret.
   */
  exportKeyingMaterial(length: number, label: string, context?: Uint8Array): Buffer {
    return Buffer.from(this.#connection.exportKeyingMaterial(label, context, length))
  }

  /** Sessions are not resumed. */
  isSessionReused(): boolean {
    return false
  }

  /** Sessions are not resumed. */
  getSession(): undefined {
    return undefined
  }

  /** There is no renegotiation in any version here: calls back with an error. */
  renegotiate(_options: unknown, callback?: (error: Error | null) => void): boolean {
    const error = handfastError('UNSUPPORTED', 'renegotiate: there is none; in TLS 1.3 use updateKeys() for new keys')
    if (callback !== undefined) queueMicrotask(() => callback(error))
    return false
  }

  /** Nothing to do: there is no renegotiation. */
  disableRenegotiation(): void {}

  // --- what handfast has beyond it ---

  /** The record of the handshake so far. */
  get report(): HandshakeReport {
    return this.#connection.report()
  }

  /** What was agreed; undefined until the handshake is complete. */
  get negotiated(): Negotiated | undefined {
    return this.#connection.negotiated
  }

  /** The judgement on what the peer showed; undefined if it showed nothing. */
  get verdict(): Verdict | undefined {
    return this.#connection.peerVerdict
  }

  /** The peer's chain in DER, its own certificate first. */
  get peerCertificates(): readonly Uint8Array[] {
    return this.#connection.peerCertificates
  }

  /** SubjectPublicKeyInfo (DER) of a peer that showed a raw public key in place of a chain (RFC 7250). */
  get peerRawPublicKey(): Uint8Array | undefined {
    return this.#connection.peerRawPublicKey
  }

  /**
   * The `tls-exporter` channel binding: 32 bytes (RFC 9266).
   * @throws {TypeError} as `exportKeyingMaterial`.
   */
  channelBinding(): Buffer {
    return Buffer.from(this.#connection.channelBinding())
  }

  // --- what net.Socket has ---

  get #socket(): Partial<Socket> {
    return this.#transport as Partial<Socket>
  }

  get remoteAddress(): string | undefined {
    return this.#socket.remoteAddress
  }

  get remotePort(): number | undefined {
    return this.#socket.remotePort
  }

  get remoteFamily(): string | undefined {
    return this.#socket.remoteFamily
  }

  get localAddress(): string | undefined {
    return this.#socket.localAddress
  }

  get localPort(): number | undefined {
    return this.#socket.localPort
  }

  get localFamily(): string | undefined {
    return this.#socket.localFamily
  }

  get autoSelectFamilyAttemptedAddresses(): string[] | undefined {
    return this.#socket.autoSelectFamilyAttemptedAddresses
  }

  /** True until the transport stands, as in node:tls; `secureConnecting` waits for the handshake. */
  get connecting(): boolean {
    return this.#socket.connecting === true
  }

  get pending(): boolean {
    return this.#socket.pending === true
  }

  /** True until the handshake is complete. */
  get secureConnecting(): boolean {
    return this.negotiated === undefined
  }

  get readyState(): 'opening' | 'open' | 'readOnly' | 'writeOnly' | 'closed' {
    if (this.connecting) return 'opening'
    if (this.readable) return this.writable ? 'open' : 'readOnly'
    return this.writable ? 'writeOnly' : 'closed'
  }

  address(): AddressInfo | Record<string, never> {
    return (this.#socket.address?.() ?? {}) as AddressInfo | Record<string, never>
  }

  setNoDelay(noDelay?: boolean): this {
    this.#socket.setNoDelay?.(noDelay)
    return this
  }

  setKeepAlive(enable?: boolean, initialDelay?: number): this {
    this.#socket.setKeepAlive?.(enable, initialDelay)
    return this
  }

  setTypeOfService(tos: number): this {
    this.#socket.setTypeOfService?.(tos)
    return this
  }

  getTypeOfService(): number | undefined {
    return this.#socket.getTypeOfService?.()
  }

  ref(): this {
    this.#socket.ref?.()
    return this
  }

  unref(): this {
    this.#socket.unref?.()
    return this
  }
}

function x509(der: Uint8Array | undefined): X509Certificate | undefined {
  if (der === undefined) return undefined
  try {
    return new X509Certificate(der)
  } catch {
    // OpenSSL reads less than we do; what a peer sent must not make an accessor throw.
    return undefined
  }
}

function legacyObject(der: Uint8Array | undefined): PeerCertificate | undefined {
  return x509(der)?.toLegacyObject() as PeerCertificate | undefined
}

function isSelfIssued({ subject, issuer }: PeerCertificate): boolean {
  return JSON.stringify(subject) === JSON.stringify(issuer)
}
