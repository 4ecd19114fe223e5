/**
 * What is kept of a connection so that a later one can resume it (RFC 9846 section 4.7.1, RFC 5077 section 4): by the
 * client as it is, by the server sealed in a ticket.
 */

import { DecodeError, Reader, Writer } from '../bytes/index.ts'
import { CIPHER_SUITES, type CipherSuiteName, type TlsVersion } from './registry.ts'

/** The state of a session. Secret: whoever has it can resume the session, and read what its early data holds. */
export interface SessionState {
  readonly version: TlsVersion
  readonly cipherSuite: CipherSuiteName
  /** TLS 1.3: the pre-shared key. TLS 1.2: the master secret, always an extended one (RFC 7627 section 5.3). */
  readonly secret: Uint8Array
  /** Wall time in milliseconds since the epoch: when the ticket was made, or came. */
  readonly issuedAt: number
  /** Seconds from then; at most seven days. */
  readonly lifetime: number
  readonly ticketAgeAdd: number
  /** Bytes of early data that may be sent with it; 0 for none. */
  readonly maxEarlyData: number
  readonly serverName: string | undefined
  readonly alpnProtocol: string | undefined
  /** What verification and identities rested on, in the host's words: `resumptionContext`. */
  readonly context: Uint8Array
  /** Whether the peer's certificates were judged to be trusted: the host may have accepted it all the same. */
  readonly isPeerTrusted: boolean
  /** The peer's certificates in DER, as they were verified when the session began. */
  readonly peerChain: readonly Uint8Array[]
  /** Its SubjectPublicKeyInfo, if it showed that in their place (RFC 7250). */
  readonly peerRawPublicKey: Uint8Array | undefined
}

/** A session as a client has it: one ticket of it, to be used once. */
export interface Session extends SessionState {
  readonly ticket: Uint8Array
}

const FORM = 1
const NONE = new Uint8Array(0)

/** The bytes of a state; its reverse is `readSessionState`. A secret. */
export function writeSessionState(state: SessionState): Uint8Array {
  const w = new Writer(1024)
  writeFields(w, state)
  return w.finish()
}

/** @throws {DecodeError} for bytes of another form. */
export function readSessionState(bytes: Uint8Array): SessionState {
  const r = new Reader(bytes, 'session')
  const state = readFields(r)
  r.end()
  return state
}

/** The bytes of a session, to be kept somewhere safe: a secret. Its reverse is `readSession`. */
export function writeSession(session: Session): Uint8Array {
  const w = new Writer(2048)
  writeFields(w, session)
  w.vector(2, session.ticket)
  return w.finish()
}

/** @throws {DecodeError} for bytes of another form. */
export function readSession(bytes: Uint8Array): Session {
  const r = new Reader(bytes, 'session')
  const state = readFields(r)
  const ticket = r.vector(2, 'ticket', 1).slice()
  r.end()
  return { ...state, ticket }
}

/** The time at which a session ends, in milliseconds since the epoch. */
export function expiryOf({ issuedAt, lifetime }: Pick<SessionState, 'issuedAt' | 'lifetime'>): number {
  return issuedAt + lifetime * 1000
}

function writeFields(w: Writer, state: SessionState): void {
  const suite = CIPHER_SUITES.find(({ name }) => name === state.cipherSuite)
  if (suite === undefined) throw new TypeError(`session: needs a cipher suite, has ${state.cipherSuite}`)
  w.u8(FORM).u16(suite.code).vector(1, state.secret)
  w.u32(Math.floor(state.issuedAt / 0x100000000)).u32(state.issuedAt % 0x100000000)
  w.u32(state.lifetime).u32(state.ticketAgeAdd).u32(state.maxEarlyData)
  writeText(w, state.serverName)
  writeText(w, state.alpnProtocol)
  w.vector(2, state.context).u8(state.isPeerTrusted ? 1 : 0)
  w.block(3, () => {
    for (const certificate of state.peerChain) w.vector(3, certificate)
  })
  w.vector(2, state.peerRawPublicKey ?? NONE)
}

function readFields(r: Reader): SessionState {
  const form = r.u8('form')
  if (form !== FORM) throw new DecodeError('session.form', `${FORM}`, `${form}`)
  const code = r.u16('cipher_suite')
  const suite = CIPHER_SUITES.find((known) => known.code === code)
  if (suite === undefined) throw new DecodeError('session.cipher_suite', 'a suite that is known', `${code}`)
  const secret = r.vector(1, 'secret', 32).slice()
  const issuedAt = r.u32('issued_at') * 0x100000000 + r.u32('issued_at')
  return {
    version: suite.version,
    cipherSuite: suite.name,
    secret,
    issuedAt,
    lifetime: r.u32('lifetime'),
    ticketAgeAdd: r.u32('ticket_age_add'),
    maxEarlyData: r.u32('max_early_data'),
    serverName: readText(r, 'server_name'),
    alpnProtocol: readText(r, 'alpn_protocol'),
    context: r.vector(2, 'context').slice(),
    isPeerTrusted: r.u8('is_peer_trusted') === 1,
    peerChain: r.list(3, 'peer_chain', (inner) => inner.vector(3, 'certificate', 1).slice()),
    peerRawPublicKey: readOptional(r, 'peer_raw_public_key'),
  }
}

/** Latin-1 behind its length; a length of 0 for none, since no name is empty. */
function writeText(w: Writer, text: string | undefined): void {
  w.vector(
    2,
    Uint8Array.from(text ?? '', (character) => character.charCodeAt(0)),
  )
}

function readOptional(r: Reader, field: string): Uint8Array | undefined {
  const bytes = r.vector(2, field)
  return bytes.length === 0 ? undefined : bytes.slice()
}

function readText(r: Reader, field: string): string | undefined {
  const bytes = r.vector(2, field)
  return bytes.length === 0 ? undefined : String.fromCharCode(...bytes)
}
