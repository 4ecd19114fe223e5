/** Options about sessions, keys from elsewhere and early data, for `connect` and `serve`. */

import { existsSync } from 'node:fs'
import { fromHex } from '../bytes/index.ts'
import { createReplayFolder, createTicketKeyFile, type ExternalPsk, type ServerOptions } from '../node/index.ts'
import { CommandError, usageOf } from './command-error.ts'
import { EXIT } from './exit-codes.ts'
import { readFile, writeFiles } from './files.ts'

/** Options that both ends have. */
export interface PskOptions {
  readonly pskIdentity?: string
  readonly psk?: string
}

export interface SessionServeOptions extends PskOptions {
  readonly tickets?: number
  readonly ticketKeys?: string
  readonly earlyData?: boolean
  readonly maxEarlyData?: number
  readonly replayFolder?: string
}

/** What `--early-data` takes where `--max-early-data` is not given. */
const DEFAULT_EARLY_DATA = 16_384

/** The key of `--psk-identity` and `--psk`. @throws {CommandError} */
export function readPsk({ pskIdentity, psk }: PskOptions): readonly ExternalPsk[] {
  if (pskIdentity === undefined && psk === undefined) return []
  if (pskIdentity === undefined || psk === undefined) {
    throw new CommandError(EXIT.usage, 'a pre-shared key needs both --psk-identity NAME and --psk HEX')
  }
  if (!/^([0-9a-fA-F]{2}){16,}$/.test(psk)) {
    const advice = 'Make one with: openssl rand -hex 32'
    throw new CommandError(EXIT.usage, '--psk needs at least 16 bytes in hex, 32 digits', advice)
  }
  return [{ identity: pskIdentity, key: fromHex(psk) }]
}

/** @param onEarlyData gets what comes early. @throws {CommandError} */
export function readSessions(
  options: SessionServeOptions,
  onEarlyData: NonNullable<ServerOptions['onEarlyData']>,
): Partial<ServerOptions> {
  const { tickets, ticketKeys, earlyData, maxEarlyData, replayFolder } = options
  if (maxEarlyData !== undefined && earlyData !== true) {
    throw new CommandError(EXIT.usage, '--max-early-data needs --early-data')
  }
  if (earlyData === true && tickets === 0) {
    throw new CommandError(EXIT.usage, '--early-data needs tickets to come with', 'Leave out --tickets 0.')
  }
  const psks = readPsk(options)
  try {
    return {
      ...(psks.length === 0 ? {} : { psks }),
      ...(tickets === undefined ? {} : { tickets }),
      ...(ticketKeys === undefined ? {} : { ticketKeys: createTicketKeyFile(ticketKeys) }),
      ...(replayFolder === undefined ? {} : { replayStore: createReplayFolder(replayFolder) }),
      ...(earlyData === true ? { maxEarlyData: maxEarlyData ?? DEFAULT_EARLY_DATA, onEarlyData } : {}),
    }
  } catch (error) {
    throw usageOf(error)
  }
}

/** The session in the file of `--session-file`; undefined if there is no such file yet. */
export function readSessionFile(path: string | undefined): Uint8Array | undefined {
  return path === undefined || !existsSync(path) ? undefined : readFile(path)
}

/** Keeps a session, readable by its owner alone. */
export function writeSessionFile(path: string, session: Uint8Array): void {
  writeFiles([{ path, text: session, secret: true }], true)
}
