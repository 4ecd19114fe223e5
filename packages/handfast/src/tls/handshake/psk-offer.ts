/** The pre-shared keys that a client offers (RFC 9846 section 4.3.11): a session, then keys from elsewhere. */

import { equalBytes } from '../../bytes/index.ts'
import type { CryptoProvider, Hash } from '../../crypto/provider.ts'
import type { ClientSettings } from '../config.ts'
import { bindersLength, type OfferedPsks } from '../message/extension.ts'
import type { Psk } from '../psk.ts'
import type { CipherSuite } from '../registry.ts'
import { deriveBinder, deriveEarlySecret } from '../schedule/key-schedule.ts'
import type { Transcript } from '../schedule/transcript.ts'
import { expiryOf, type Session } from '../session.ts'

/** A key that was offered. */
export interface PskCandidate extends Psk {
  /** Undefined for a key from elsewhere. */
  readonly session: Session | undefined
  readonly earlySecret: Uint8Array
}

export class PskOffer {
  readonly #settings: ClientSettings
  readonly #provider: CryptoProvider
  #candidates: readonly PskCandidate[]

  constructor(settings: ClientSettings) {
    this.#settings = settings
    this.#provider = settings.provider
    this.#candidates = settings.versions.includes('TLS 1.3') ? candidates(settings) : []
  }

  get isEmpty(): boolean {
    return this.#candidates.length === 0
  }

  /** The one at this index of the offer. */
  at(index: number): PskCandidate | undefined {
    return this.#candidates[index]
  }

  /** After a HelloRetryRequest only keys for its hash are worth offering (section 4.2.2). */
  keepOnly(hash: Hash): void {
    const kept = this.#candidates.filter((candidate) => candidate.hash === hash.name)
    for (const candidate of this.#candidates) if (!kept.includes(candidate)) candidate.earlySecret.fill(0)
    this.#candidates = kept
  }

  /** What goes into the ClientHello, with binders that are still to be computed. */
  extension(): OfferedPsks {
    const now = this.#settings.clock.wall()
    return {
      identities: this.#candidates.map(({ identity, session }) => ({
        identity,
        obfuscatedTicketAge: session === undefined ? 0 : obfuscatedAge(session, now),
      })),
      binders: this.#candidates.map(({ hash }) => new Uint8Array(this.#provider.hashes[hash].length)),
    }
  }

  /** Puts the binders where they belong: at the end of the ClientHello. */
  bind(message: Uint8Array, transcript: Transcript): void {
    const { binders } = this.extension()
    const truncated = message.subarray(0, message.length - bindersLength({ identities: [], binders }))
    let at = truncated.length + 2
    for (const { hash: name, earlySecret, origin } of this.#candidates) {
      const hash = this.#provider.hashes[name]
      message.set(deriveBinder(hash, earlySecret, origin, transcript.binderDigest(hash, truncated)), at + 1)
      at += 1 + hash.length
    }
  }

  /** As the offer, with everything random in it (RFC 9849 section 6.1.2). */
  grease(): OfferedPsks {
    const { identities, binders } = this.extension()
    const { random } = this.#provider
    return {
      identities: identities.map(({ identity }) => ({
        identity: random(identity.length),
        obfuscatedTicketAge: new DataView(random(4).slice().buffer).getUint32(0),
      })),
      binders: binders.map((binder) => random(binder.length)),
    }
  }

  /** Drops the secrets made from the keys. */
  [Symbol.dispose](): void {
    for (const { earlySecret } of this.#candidates) earlySecret.fill(0)
    this.#candidates = []
  }
}

function candidates(settings: ClientSettings): readonly PskCandidate[] {
  const { provider, session, psks } = settings
  const suites = settings.cipherSuites.filter((suite) => suite.version === 'TLS 1.3')
  const own = session !== undefined && isUsable(settings, session) ? [sessionPsk(suites, session)] : []
  return [...own, ...psks.map((psk) => ({ ...psk, session: undefined }))]
    .filter((psk) => psk !== undefined)
    .filter(({ hash }) => suites.some((suite) => suite.hash === hash))
    .map((psk) => ({ ...psk, earlySecret: deriveEarlySecret(provider.hashes[psk.hash], psk.key) }))
}

function sessionPsk(suites: readonly CipherSuite[], session: Session): (Psk & { session: Session }) | undefined {
  const suite = suites.find(({ name }) => name === session.cipherSuite)
  if (suite === undefined) return undefined
  return { identity: session.ticket, key: session.secret, hash: suite.hash, origin: 'resumption', session }
}

/** Whether a session may be offered at all: it is not over, and who the server is was judged for this name by these means. */
export function isUsable(settings: ClientSettings, session: Session): boolean {
  const now = settings.clock.wall()
  return (
    session.serverName === settings.serverName &&
    equalBytes(session.context, settings.resumptionContext) &&
    now >= session.issuedAt &&
    now < expiryOf(session)
  )
}

/** Section 4.3.11.1. */
function obfuscatedAge({ issuedAt, ticketAgeAdd }: Session, now: number): number {
  return (Math.max(0, Math.floor(now - issuedAt)) + ticketAgeAdd) % 0x100000000
}
