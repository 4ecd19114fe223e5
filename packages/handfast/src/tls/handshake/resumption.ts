/**
 * Sessions of TLS 1.3 (RFC 9846 sections 4.7.1, 8): what a finished handshake leaves to resume it by, the tickets that
 * a server sends, the sessions that a client makes of them, and who the peer of a resumed session is.
 */

import type { CryptoProvider } from '../../crypto/provider.ts'
import { readCertificate } from '../../x509/index.ts'
import type { ServerSettings, Settings } from '../config.ts'
import { MAX_TICKET_LIFETIME, type NewSessionTicket, writeNewSessionTicket } from '../message/new-session-ticket.ts'
import { deriveTicketPsk } from '../schedule/key-schedule.ts'
import { type Session, type SessionState, writeSessionState } from '../session.ts'
import type { AuthenticatedPeer } from './authenticate.ts'
import { ask, type Flow, type HandshakeContext } from './flow.ts'
import type { SuiteInUse } from './negotiate.ts'
import type { PostHandshakeContext } from './post-handshake.ts'

/** A ticket that does not fit in a ClientHello is none. */
const MAX_TICKET_LENGTH = 0xffff

type Agreed = Pick<SessionState, 'serverName' | 'alpnProtocol'>

/** What sessions of one connection are made from. Holds its resumption_secret. */
export class Resumption {
  readonly #settings: Settings
  readonly #inUse: SuiteInUse
  readonly #secret: Uint8Array
  readonly #agreed: Agreed
  readonly #peer: AuthenticatedPeer | undefined
  /** Wall time after which the peer's certificate proves nothing. */
  readonly #end: number
  #tickets = 0

  /**
   * @param secret resumption_secret, which is taken over.
   * @param end wall time in milliseconds when a session that this one resumed ends; it does not live longer by that.
   */
  constructor(
    settings: Settings,
    inUse: SuiteInUse,
    secret: Uint8Array,
    agreed: Agreed,
    peer: AuthenticatedPeer | undefined,
    end: number | undefined,
  ) {
    this.#settings = settings
    this.#inUse = inUse
    this.#secret = secret
    this.#agreed = agreed
    this.#peer = peer
    this.#end = end ?? certificateEnd(peer)
  }

  /** The session that a ticket stands for; undefined if it is over already. */
  session(ticket: NewSessionTicket): Session | undefined {
    const state = this.#state(ticket.ticketNonce, ticket.ticketLifetime, ticket.ticketAgeAdd, ticket.maxEarlyData)
    return state === undefined ? undefined : { ...state, ticket: ticket.ticket.slice() }
  }

  /** Sends tickets, each with a state that the host seals. */
  *issueTickets(hs: PostHandshakeContext, settings: ServerSettings, count: number): Flow {
    const { provider, ticketLifetime, maxEarlyData } = settings
    for (let i = 0; i < count; i++) {
      const nonce = this.#nextNonce()
      const state = this.#state(nonce, ticketLifetime, randomU32(provider), maxEarlyData)
      if (state === undefined) return
      const ticket = yield* ask<'seal-ticket'>({ kind: 'seal-ticket', state: writeSessionState(state) })
      state.secret.fill(0)
      if (!(ticket instanceof Uint8Array) || ticket.length === 0 || ticket.length > MAX_TICKET_LENGTH) return
      hs.send(
        writeNewSessionTicket({
          ticketLifetime: state.lifetime,
          ticketAgeAdd: state.ticketAgeAdd,
          ticketNonce: nonce,
          ticket,
          maxEarlyData,
        }),
      )
    }
  }

  /** Each ticket of a connection has another nonce (section 4.7.1). */
  #nextNonce(): Uint8Array {
    const number = this.#tickets++
    return Uint8Array.of(number >>> 24, number >>> 16, number >>> 8, number)
  }

  #state(nonce: Uint8Array, seconds: number, ticketAgeAdd: number, maxEarlyData: number): SessionState | undefined {
    const issuedAt = Math.floor(this.#settings.clock.wall())
    const lifetime = Math.min(seconds, MAX_TICKET_LIFETIME, Math.floor((this.#end - issuedAt) / 1000))
    if (lifetime <= 0) return undefined
    const peer = this.#peer
    return {
      ...this.#agreed,
      version: 'TLS 1.3',
      cipherSuite: this.#inUse.suite.name,
      secret: deriveTicketPsk(this.#inUse.hash, this.#secret, nonce),
      issuedAt,
      lifetime,
      ticketAgeAdd,
      maxEarlyData,
      context: this.#settings.resumptionContext,
      isPeerTrusted: peer?.judgement.verdict?.trusted === true,
      peerChain: peer?.chain ?? [],
      peerRawPublicKey: peer?.rawPublicKey,
    }
  }

  /** Drops the secret. */
  [Symbol.dispose](): void {
    this.#secret.fill(0)
  }
}

/**
 * The story of tickets that the application wants to be sent.
 * @throws {TypeError} for a wrong number, or where there can be none.
 */
export function ticketStory(
  role: 'client' | 'server',
  resumption: Resumption | undefined,
  count: number,
): (hs: PostHandshakeContext, settings: ServerSettings) => Flow {
  if (!(Number.isInteger(count) && count >= 1 && count <= 16)) {
    throw new TypeError(`sendTickets: needs a whole number from 1 to 16, has ${count}`)
  }
  if (role !== 'server' || resumption === undefined) {
    throw new TypeError('sendTickets: needs a server with tickets and a client that can use them')
  }
  return function* (hs, settings): Flow {
    yield* resumption.issueTickets(hs, settings, count)
  }
}

/** A session does not outlive the certificate that its peer was known by. */
function certificateEnd(peer: AuthenticatedPeer | undefined): number {
  const [der] = peer?.chain ?? []
  if (peer === undefined || der === undefined) return Infinity
  return (peer.judgement.verdict?.path[0] ?? readCertificate(der)).notAfter
}

function randomU32(provider: CryptoProvider): number {
  const random = provider.random(4)
  return new DataView(random.buffer, random.byteOffset).getUint32(0)
}

/** Who the peer was when the session began: verified then, and not again. Undefined: a client without certificate. */
export function resumedPeer(state: SessionState): AuthenticatedPeer | undefined {
  const { peerChain: chain, peerRawPublicKey: rawPublicKey, isPeerTrusted } = state
  if (chain.length === 0 && rawPublicKey === undefined) return undefined
  const verdict = { trusted: true, reasons: [], warnings: [], path: [], wanted: [] }
  const judgement = isPeerTrusted ? { accepted: true, verdict } : { accepted: true }
  const shown = { chain, rawPublicKey, stapled: undefined, timestampList: undefined, compression: undefined }
  return { ...shown, scheme: undefined, judgement }
}

/** Tells the report who the peer of a resumed session is. */
export function notePeer(hs: HandshakeContext, side: 'client' | 'server', peer: AuthenticatedPeer): void {
  hs.note.certificates(side, peer)
  hs.note.judgement(side, peer.judgement)
}
