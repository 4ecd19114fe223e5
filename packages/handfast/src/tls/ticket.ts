/**
 * Tickets that hold the server's state (RFC 5077 section 4): sealed under the newest of several keys, opened
 * with any of them. Who has such a key can resume every session sealed under it, and forge sessions.
 *
 * A ticket is the key's name, a nonce, and the state under AES-256-GCM with the name authenticated.
 */

import { concatBytes, equalBytes } from '../bytes/index.ts'
import { AEAD_NONCE_LENGTH, AEAD_TAG_LENGTH, type AeadKey, type CryptoProvider } from '../crypto/provider.ts'

/** Length of a key's name in bytes. */
export const TICKET_KEY_NAME_LENGTH = 16
/** Length of a key's secret in bytes. */
export const TICKET_KEY_SECRET_LENGTH = 32

/** A key for tickets. */
export interface TicketKey {
  /** 16 bytes, in clear in every ticket: says which key opens it, and nothing else. */
  readonly name: Uint8Array
  /** 32 bytes. */
  readonly secret: Uint8Array
}

/**
 * Where a server has its ticket keys from. Servers that share a store accept each other's tickets. An error, thrown or
 * rejected, costs the ticket, not the connection.
 */
export interface TicketKeyStore {
  /** The newest first: it seals. The others open what was sealed before; what no key opens is no ticket. */
  keys(): readonly TicketKey[] | PromiseLike<readonly TicketKey[]>
}

export interface RotatingKeysOptions {
  readonly provider: Pick<CryptoProvider, 'random'>
  /** Milliseconds since the epoch. */
  readonly time: () => number
  /** Milliseconds after which a new key seals. Default 12 hours. */
  readonly rotateAfter?: number
  /** How many keys are kept, the newest included. Default 3: a ticket can be opened for 24 hours at least. */
  readonly keep?: number
}

const TWELVE_HOURS = 12 * 60 * 60 * 1000

/**
 * Keys in memory: the first use in a period makes a new one and drops the oldest.
 * @throws {TypeError} for options out of range.
 */
export function createTicketKeys(options: RotatingKeysOptions): TicketKeyStore {
  const { provider, time, rotateAfter = TWELVE_HOURS, keep = 3 } = options
  if (!(rotateAfter > 0)) throw new TypeError(`rotateAfter: needs milliseconds, more than 0, has ${rotateAfter}`)
  if (!Number.isInteger(keep) || keep < 1) throw new TypeError(`keep: needs a whole number from 1, has ${keep}`)
  let keys: readonly TicketKey[] = []
  let madeAt = 0
  return {
    keys: () => {
      const now = time()
      const periods = keys.length === 0 ? 1 : Math.floor((now - madeAt) / rotateAfter)
      // A clock that went back makes no new keys, and keeps none longer than it would have.
      if (periods >= 1) {
        const name = provider.random(TICKET_KEY_NAME_LENGTH)
        const secret = provider.random(TICKET_KEY_SECRET_LENGTH)
        // After a silence of several periods what is old is too old.
        const kept = Math.max(0, keep - periods)
        for (const { secret: old } of keys.slice(kept)) old.fill(0)
        keys = [{ name, secret }, ...keys.slice(0, kept)]
        madeAt = now
      }
      return keys
    },
  }
}

/** The ticket that holds `state`. @throws {TypeError} for a key of another size. */
export function sealTicket(provider: CryptoProvider, ticketKey: TicketKey, state: Uint8Array): Uint8Array {
  const nonce = provider.random(AEAD_NONCE_LENGTH)
  const head = concatBytes(ticketKey.name, nonce)
  const ticket = new Uint8Array(head.length + state.length + AEAD_TAG_LENGTH)
  ticket.set(head)
  using key = importKey(provider, ticketKey)
  key.seal(nonce, ticketKey.name, state, ticket, head.length)
  return ticket
}

/** The state in a ticket; undefined if it is none of these keys'. @throws {TypeError} for a key of another size. */
export function openTicket(
  provider: CryptoProvider,
  ticketKeys: readonly TicketKey[],
  ticket: Uint8Array,
): Uint8Array | undefined {
  const headLength = TICKET_KEY_NAME_LENGTH + AEAD_NONCE_LENGTH
  if (ticket.length < headLength + AEAD_TAG_LENGTH) return undefined
  const name = ticket.subarray(0, TICKET_KEY_NAME_LENGTH)
  const ticketKey = ticketKeys.find((candidate) => equalBytes(candidate.name, name))
  if (ticketKey === undefined) return undefined
  using key = importKey(provider, ticketKey)
  const nonce = ticket.subarray(TICKET_KEY_NAME_LENGTH, headLength)
  return key.open(nonce, name, ticket.subarray(headLength)) ?? undefined
}

function importKey(provider: CryptoProvider, { name, secret }: TicketKey): AeadKey {
  if (name.length !== TICKET_KEY_NAME_LENGTH || secret.length !== TICKET_KEY_SECRET_LENGTH) {
    throw new TypeError(
      `ticket key: needs a name of ${TICKET_KEY_NAME_LENGTH} bytes and a secret of ${TICKET_KEY_SECRET_LENGTH}, has ${name.length} and ${secret.length}`,
    )
  }
  const aead = provider.aeads.find((candidate) => candidate.name === 'aes-256-gcm')
  if (aead === undefined) throw new TypeError('provider: needs aes-256-gcm to seal tickets, has none')
  return aead.key(secret)
}
