/** Where a client keeps sessions between connections (RFC 9846 section C.4: each ticket is used once). */

import { expiryOf, type Session } from './session.ts'

/** A client's sessions, by the server they are for. Holds secrets. */
export interface SessionCache {
  /** @param server as the client names it: host and port, say. */
  add(server: string, session: Session): void
  /** Takes out the newest session for this server that is not over. */
  take(server: string): Session | undefined
}

export interface SessionCacheOptions {
  /** Milliseconds since the epoch. */
  readonly time: () => number
  /** Servers; beyond that the one that was longest not used is forgotten. Default 256. */
  readonly servers?: number
  /** Sessions of one server; the newest are kept. Default 4. */
  readonly sessions?: number
}

/** A cache in memory. */
export function createSessionCache({ time, servers = 256, sessions = 4 }: SessionCacheOptions): SessionCache {
  /** The one used last is the last. */
  const known = new Map<string, readonly Session[]>()
  const keep = (server: string, kept: readonly Session[]): void => {
    known.delete(server)
    if (kept.length > 0) known.set(server, kept)
    const [oldest] = known.keys()
    if (known.size > servers && oldest !== undefined) known.delete(oldest)
  }
  return {
    add: (server, session) => keep(server, [...(known.get(server) ?? []), session].slice(-sessions)),
    take: (server) => {
      const now = time()
      const valid = (known.get(server) ?? []).filter((session) => expiryOf(session) > now)
      keep(server, valid.slice(0, -1))
      return valid.at(-1)
    },
  }
}
