/**
 * What the matrix tests: an implementation inside this process, as client and as server. handfast is the subject;
 * Node's own tls can take its place (`--subject node`), which shows whether a failure is handfast's or the matrix's.
 */
import type { Duplex } from 'node:stream'

import type { Knowledge } from './names.ts'
import type { Account, ClientSettings, ServerSettings } from './peer.ts'

/** A connection whose handshake is complete. */
export interface Session {
  /** Absent if the subject answers by itself. */
  stream?: Duplex
  /** Moves to new keys and asks the other side to do the same (RFC 9846 section 4.7.3). */
  updateKeys?(): void
  /** Server: asks the client for a certificate (RFC 9846 section 4.7.2); its refusal ends the stream with an error. */
  requestCertificate?(): void
  /** What it says of the connection. */
  account(): Account
}

export interface SubjectServer {
  port: number
  /** Ends it and every connection. */
  close(): Promise<void>
}

/** A handshake given up with a fatal alert. */
export interface Refusal {
  by: 'subject' | 'peer'
  /** Name in RFC 9846 section 6. */
  alert: string
  /** The configurations to retry with that came with `ech_required`, if there were some. */
  retryConfigs?: Uint8Array | undefined
}

export interface Subject {
  readonly name: string
  readonly knows: Knowledge
  /** True if its accounts must be complete: nothing `undefined`, except what the ending says. */
  readonly tellsAll: boolean
  /** True if its server can ask for a retry with a cookie. */
  readonly cookie: boolean
  /** True if its sessions can update their keys. */
  readonly updatesKeys: boolean
  /** True if it has ECH in both roles. */
  readonly ech: boolean
  /** True if it can show raw public keys, and take them. */
  readonly rawKeys?: boolean
  /** True if it asks after the handshake, and lets itself be asked. */
  readonly asksLate?: boolean
  /** It staples, compresses certificates, and limits records. */
  readonly extras?: boolean
  /** The same by way of its command. */
  readonly command?: Subject
  /** True for the error of a stream that ended without close_notify. */
  isTruncation(error: unknown): boolean
  /** Who gave a connection up, by which alert; undefined if the error is of another kind or doesn't tell. */
  refusalIn(error: unknown): Refusal | undefined
  /** Connects to 127.0.0.1; resolves once the handshake is complete, rejects when it failed. */
  connect(settings: ClientSettings, port: number, signal: AbortSignal): Promise<Session>
  /** Listens on 127.0.0.1, any port. */
  listen(
    settings: ServerSettings,
    onSession: (session: Session) => void,
    onFailure: (error: Error) => void,
  ): Promise<SubjectServer>
}
