/**
 * Keys of session tickets and the memory of early data, for servers on Node: given as bytes, in a file that several
 * processes read, or in a folder that they share.
 */

import { createHash } from 'node:crypto'
import { closeSync, mkdirSync, openSync, readdirSync, readFileSync, statSync, unlinkSync } from 'node:fs'
import { join } from 'node:path'
import { type ReplayStore, type TicketKey, type TicketKeyStore } from '../tls/index.ts'

/** Name and secret of a key together: 48 bytes, as the `ticketKeys` of node:tls. */
const TICKET_KEY_LENGTH = 48

/** @throws {TypeError} for another form. */
export function readTicketKeys(given: TicketKeyStore | Uint8Array | readonly Uint8Array[]): TicketKeyStore {
  if (!Array.isArray(given) && !(given instanceof Uint8Array)) {
    if (typeof (given as TicketKeyStore | null)?.keys === 'function') return given as TicketKeyStore
    throw new TypeError(`ticketKeys: needs a TicketKeyStore or keys of ${TICKET_KEY_LENGTH} bytes, has ${typeof given}`)
  }
  const all = given instanceof Uint8Array ? [given] : (given as readonly Uint8Array[])
  const keys = all.flatMap((bytes) => splitKeys('ticketKeys', bytes))
  if (keys.length === 0) throw new TypeError('ticketKeys: needs at least one key, has none')
  return { keys: () => keys }
}

/**
 * Keys in a file: 48 random bytes each, the newest first. The file is read again when it has changed, so whoever writes it
 * rotates the keys of all servers that read it. Put it in place by renaming, so that nobody reads half of it.
 * @throws {TypeError} if it is not there, or holds no keys.
 */
export function createTicketKeyFile(path: string): TicketKeyStore {
  let keys: readonly TicketKey[] = []
  let changed = -1
  const read = (): readonly TicketKey[] => {
    const { mtimeMs } = statSync(path)
    if (mtimeMs !== changed) {
      keys = splitKeys(path, readFileSync(path))
      changed = mtimeMs
    }
    return keys
  }
  try {
    if (read().length > 0) return { keys: read }
  } catch (error) {
    throw new TypeError(`${path}: needs to be readable, ${(error as Error).message}`, { cause: error })
  }
  throw new TypeError(`${path}: needs at least one key of ${TICKET_KEY_LENGTH} bytes, has none`)
}

function splitKeys(name: string, bytes: Uint8Array): TicketKey[] {
  if (bytes.length % TICKET_KEY_LENGTH !== 0) {
    throw new TypeError(`${name}: needs keys of ${TICKET_KEY_LENGTH} bytes, has ${bytes.length}`)
  }
  return Array.from({ length: bytes.length / TICKET_KEY_LENGTH }, (_, index) => {
    const key = Uint8Array.from(bytes.subarray(index * TICKET_KEY_LENGTH, (index + 1) * TICKET_KEY_LENGTH))
    return { name: key.subarray(0, 16), secret: key.subarray(16) }
  })
}

/**
 * Early data noted in a folder that several processes of one machine share: a file for each ClientHello, which only one of
 * them can make.
 */
export function createReplayFolder(path: string): ReplayStore {
  mkdirSync(path, { recursive: true, mode: 0o700 })
  let cleanedAt = Date.now()
  return {
    claim: (id, ttl) => {
      const now = Date.now()
      if (now - cleanedAt > ttl) {
        cleanedAt = now
        dropOld(path, now - 2 * ttl)
      }
      try {
        closeSync(openSync(join(path, createHash('sha256').update(id).digest('hex')), 'wx', 0o600))
        return true
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
        throw error
      }
    },
  }
}

/** What nobody could replay any more. */
function dropOld(path: string, before: number): void {
  for (const name of readdirSync(path)) {
    const file = join(path, name)
    try {
      if (/^[0-9a-f]{64}$/.test(name) && statSync(file).mtimeMs < before) unlinkSync(file)
    } catch {
      // Another process was first.
    }
  }
}
