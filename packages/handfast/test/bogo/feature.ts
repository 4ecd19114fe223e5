/**
 * A subject of the tests, such as ALPN: its flags, what they ask of the engine, and what they expect of a finished
 * handshake. A feature of the engine is added here as a file in `flags/` and its place in `features.ts`.
 */

import type { ClientConfig, Connection, Negotiated, ServerConfig, Task, TlsError } from '../../src/tls/index.ts'
import type { Flags } from './flags/flag.ts'

/** The engine's configuration, as it is put together: both roles'. */
export type EngineConfig = {
  -readonly [K in keyof (ClientConfig & ServerConfig)]?:
    | (K extends keyof ClientConfig ? ClientConfig[K] : never)
    | (K extends keyof ServerConfig ? ServerConfig[K] : never)
}

/** A handshake that is complete. */
export interface Completed {
  readonly role: 'client' | 'server'
  readonly connection: Connection
  readonly negotiated: Negotiated
  /** Handshake messages in their order: `read hs 2`. */
  readonly messages: readonly string[]
}

export interface Feature<O> {
  readonly flags: Flags<O>
  /** Adds what the flags ask for. @throws {Unimplemented} */
  configure?(options: O, config: EngineConfig, role: 'client' | 'server'): void
  /** Answers a task, if it is this feature's to answer. */
  answer?(options: O, connection: Connection, task: Task): boolean
  /** Demands what the flags expect at the end of a conversation. @throws {Mismatch} */
  checkEnd?(options: O, completed: Completed): void
  /** Demands what the flags expect of a failure. @throws {Mismatch} */
  checkFailure?(options: O, error: TlsError): void
  /** Demands what the flags expect. @throws {Mismatch} */
  check?(options: O, completed: Completed): void
}

/** What a host refuses a task with, and BoringSSL's name for it. */
export class Refusal extends Error {
  override readonly name = 'Refusal'
  readonly boringName: string

  constructor(boringName: string) {
    super('as the test wants')
    this.boringName = boringName
  }
}

/** The engine did something that the test expects otherwise. */
export class Mismatch extends Error {
  override readonly name = 'Mismatch'
}

/** @throws {Mismatch} unless both are the same; `undefined` expects nothing. */
export function expectSame(what: string, expected: unknown, found: unknown): void {
  if (expected === undefined || expected === found) return
  throw new Mismatch(`${what}: needs ${String(expected)}, has ${String(found)}`)
}
