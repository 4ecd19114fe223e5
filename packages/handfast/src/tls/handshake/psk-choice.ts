/** The server's choice among the pre-shared keys of a ClientHello, and whether it takes early data (RFC 9846 sections 4.3.10, 4.3.11, 8). */

import { DecodeError, equalBytes, equalSecret } from '../../bytes/index.ts'
import type { HashName } from '../../crypto/provider.ts'
import { peerError } from '../alert.ts'
import type { ServerSettings } from '../config.ts'
import type { ClientHello } from '../message/client-hello.ts'
import { bindersLength } from '../message/extension.ts'
import type { Psk } from '../psk.ts'
import { CIPHER_SUITES, type CipherSuite } from '../registry.ts'
import { deriveBinder, deriveEarlySecret } from '../schedule/key-schedule.ts'
import { expiryOf, readSessionState, type SessionState } from '../session.ts'
import { ask, type Flow, type HandshakeContext } from './flow.ts'
import type { SuiteInUse } from './negotiate.ts'

/** Identities that are looked at: to open a ticket is work, and an honest client has one or two. */
const MAX_IDENTITIES = 8

/** How far a client's idea of its ticket's age may be off, in milliseconds (section 8.3). */
const FRESHNESS = 10_000

/** The key that was chosen, and where it comes from. */
export interface ChosenPsk extends Disposable {
  /** Among those offered. */
  readonly index: number
  /** Undefined for a key from elsewhere. */
  readonly session: SessionState | undefined
  /** Name of a key from elsewhere. */
  readonly externalIdentity: Uint8Array | undefined
  /** Milliseconds since the ticket came, as the client has it. */
  readonly clientAge: number
  readonly binder: Uint8Array
  readonly earlySecret: Uint8Array
}

/**
 * The first key offered that we know and that fits; undefined if none does, or none is offered.
 * @throws {TlsError} `decrypt_error` if its binder is wrong: others are not tried.
 */
export function* choosePsk(
  hs: HandshakeContext,
  settings: ServerSettings,
  hello: ClientHello,
  { suite, hash }: SuiteInUse,
): Flow<ChosenPsk | undefined> {
  const offered = hello.extensions.pre_shared_key
  if (offered === undefined) return undefined
  for (const [index, { identity, obfuscatedTicketAge }] of offered.identities.slice(0, MAX_IDENTITIES).entries()) {
    const external = externalPsk(settings, identity, suite)
    const session = external === undefined ? yield* openSession(settings, hello, identity, suite) : undefined
    if (external === undefined && session === undefined) continue
    const key = external?.key ?? (session as SessionState).secret
    const earlySecret = deriveEarlySecret(hash, key)
    session?.secret.fill(0)
    const binder = offered.binders[index] as Uint8Array
    const truncated = hello.raw.subarray(0, hello.raw.length - bindersLength(offered))
    const transcriptHash = hs.transcript.binderDigest(hash, truncated)
    const expected = deriveBinder(hash, earlySecret, external?.origin ?? 'resumption', transcriptHash)
    if (!equalSecret(binder, expected)) {
      earlySecret.fill(0)
      throw peerError('decrypt_error', `client_hello.pre_shared_key.binders[${index}]`, 'the MAC by its key', 'another')
    }
    return {
      index,
      session,
      externalIdentity: external?.identity,
      clientAge: (obfuscatedTicketAge - (session?.ticketAgeAdd ?? 0) + 0x100000000) % 0x100000000,
      binder,
      earlySecret,
      [Symbol.dispose]: () => void earlySecret.fill(0),
    }
  }
  return undefined
}

/** A key from elsewhere by its name; it must be for the suite's hash. There is nobody to ask for a certificate with it. */
function externalPsk(settings: ServerSettings, identity: Uint8Array, suite: CipherSuite): Psk | undefined {
  if (settings.clientAuthentication === 'required') return undefined
  return settings.psks.find((psk) => psk.hash === suite.hash && equalBytes(psk.identity, identity))
}

/** The hash of the first key from elsewhere that we know: a suite with it should be chosen (section 4.3.11). */
export function knownPskHash(settings: ServerSettings, { extensions }: ClientHello): HashName | undefined {
  if (settings.psks.length === 0 || settings.clientAuthentication === 'required') return undefined
  for (const { identity } of extensions.pre_shared_key?.identities ?? []) {
    const known = settings.psks.find((psk) => equalBytes(psk.identity, identity))
    if (known !== undefined) return known.hash
  }
  return undefined
}

/** The state in a ticket of ours, if it may be resumed here and now. */
function* openSession(
  settings: ServerSettings,
  hello: ClientHello,
  ticket: Uint8Array,
  suite: CipherSuite,
): Flow<SessionState | undefined> {
  if (settings.tickets === 0) return undefined
  const state = readState(yield* ask<'open-ticket'>({ kind: 'open-ticket', ticket }))
  if (state === undefined) return undefined
  if (mayResume(settings, hello, state, suite)) return state
  state.secret.fill(0)
  return undefined
}

/** What is no state (of another release, of another program with the same key) is no session. */
function readState(bytes: Uint8Array | undefined): SessionState | undefined {
  if (!(bytes instanceof Uint8Array)) return undefined
  try {
    return readSessionState(bytes)
  } catch (error) {
    if (error instanceof DecodeError) return undefined
    throw error
  }
}

function mayResume(settings: ServerSettings, hello: ClientHello, state: SessionState, suite: CipherSuite): boolean {
  const now = settings.clock.wall()
  const hash = CIPHER_SUITES.find(({ name }) => name === state.cipherSuite)?.hash
  const mustKnow = settings.clientAuthentication === 'required'
  const mayKnow = settings.clientAuthentication !== 'none'
  return (
    state.version === 'TLS 1.3' &&
    hash === suite.hash &&
    now < expiryOf(state) &&
    // Servers that share keys have clocks of their own.
    now > state.issuedAt - FRESHNESS &&
    state.serverName === hello.extensions.server_name &&
    equalBytes(state.context, settings.resumptionContext) &&
    (state.peerChain.length > 0 || state.peerRawPublicKey !== undefined ? mayKnow : !mustKnow)
  )
}

/**
 * Whether early data is taken: with the first key, under the parameters of its session, if the ClientHello is fresh
 * and nobody has met it before.
 */
export function* takesEarlyData(
  settings: ServerSettings,
  hello: ClientHello,
  psk: ChosenPsk | undefined,
  suite: CipherSuite,
  alpnProtocol: string | undefined,
): Flow<boolean> {
  if (hello.extensions.early_data !== true || settings.maxEarlyData === 0) return false
  const session = psk?.session
  if (psk === undefined || session === undefined || psk.index !== 0 || session.maxEarlyData === 0) return false
  if (session.cipherSuite !== suite.name || session.alpnProtocol !== alpnProtocol) return false
  const age = settings.clock.wall() - session.issuedAt
  if (Math.abs(age - psk.clientAge) > FRESHNESS) return false
  // It would be fresh for that long, on either side.
  const ttl = 2 * FRESHNESS
  return (yield* ask<'claim-early-data'>({ kind: 'claim-early-data', binder: psk.binder.slice(), ttl })) === true
}
