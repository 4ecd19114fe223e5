/**
 * A run of the matrix: its temporary folder, its certificates, the peers that are there and their cases, one after
 * another or several at a time.
 */
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { type Case, casesOf } from './cases.ts'
import { makePayload } from './conversation.ts'
import { type Encounter, type Sides, meetClient, meetServer } from './encounter.ts'
import { checkEncounter, describeEncounter } from './judgement.ts'
import { NotAvailable, type Peer, type Run } from './peer.ts'
import { Pki } from './pki.ts'
import type { Subject } from './subject.ts'

export interface Result {
  peer: string
  role: 'client' | 'server'
  name: string
  passed: boolean
  /** Why it failed: the first line says it, the rest is what was seen. */
  reason?: string
  milliseconds: number
}

/** A peer of this run, with its cases, or the reason it can't take part. */
export interface Entry {
  peer: Peer
  version?: string
  missing?: string
  cases: Case[]
}

/** Milliseconds a case may take, and each program in it. */
const DEADLINE = 12_000

/** One run of the matrix: its certificates, its temporary folder and its peers. */
export class Matrix {
  readonly subject: Subject
  #folder: string
  #pki: Pki
  #peers: readonly Peer[]
  #count = 0

  private constructor(subject: Subject, peers: readonly Peer[], folder: string) {
    this.subject = subject
    this.#folder = folder
    this.#peers = peers
    this.#pki = new Pki(join(folder, 'pki'))
  }

  static async open(subject: Subject, peers: readonly Peer[]): Promise<Matrix> {
    return new Matrix(subject, peers, await mkdtemp(join(tmpdir(), 'handfast-interop-')))
  }

  /** Asks every peer whether it is there, and draws its cases. */
  async entries(): Promise<Entry[]> {
    return Promise.all(
      this.#peers.map(async (peer): Promise<Entry> => {
        try {
          const version = await peer.version()
          const roles = ['client', 'server'] as const
          return { peer, version, cases: roles.flatMap((role) => casesOf(peer, version, role, this.subject)) }
        } catch (error) {
          const missing = error instanceof NotAvailable ? error.message : firstLine(error)
          return { peer, missing, cases: [] }
        }
      }),
    )
  }

  /** Runs one case; never rejects. */
  async run(peer: Peer, test: Case): Promise<Result> {
    const began = performance.now()
    const result = { peer: test.peer, role: test.role, name: test.name }
    const reason = await this.#failureOf(peer, test)
    const milliseconds = Math.round(performance.now() - began)
    return reason === undefined
      ? { ...result, passed: true, milliseconds }
      : { ...result, passed: false, reason, milliseconds }
  }

  /** Removes everything the run made. */
  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#peers.map((peer) => peer.dispose?.()))
    await rm(this.#folder, { recursive: true, force: true })
  }

  async #failureOf(peer: Peer, test: Case): Promise<string | undefined> {
    const folder = join(this.#folder, `case-${++this.#count}`)
    const { byCommand = false, role, size, closer } = test
    const subject = (byCommand ? this.subject.command : undefined) ?? this.subject
    const fetch = byCommand && role === 'server' && peer.client?.speech === 'http'
    const run: Run = { folder, deadline: DEADLINE, payload: makePayload(test.name, size), closer, fetch }
    let encounter: Encounter | undefined
    try {
      await mkdir(folder)
      const sides = await this.#sidesOf(test)
      encounter = await (role === 'client' ? meetServer : meetClient)(subject, peer, sides, run)
      const retryConfigs = sides.server.ech?.configs
      checkEncounter(test, subject, peer, run, encounter, retryConfigs)
      return undefined
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error)
      return [message, ...(encounter ? describeEncounter(encounter) : [])].join('\n')
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  }

  async #sidesOf(test: Case): Promise<Sides> {
    const server = await this.#pki.identity('server', test.serverIdentity)
    const client = test.clientIdentity && (await this.#pki.identity('client', test.clientIdentity))
    // The root that each side trusts: a refuser has another one of the same name.
    const serverRoot = test.refuser === 'client' ? await this.#pki.identity('server', 'impostor') : server
    const clientRoot = client && test.refuser === 'server' ? await this.#pki.identity('client', 'impostor') : client
    return {
      updatesKeys: test.updatesKeys === true,
      asksLate: test.server.asksLate === true,
      server: {
        ...test.server,
        identity: server,
        ...(clientRoot && { client: clientRoot }),
        ...(test.serverEch && { ech: await this.#pki.echKey(test.serverEch) }),
      },
      client: {
        ...test.client,
        server: serverRoot,
        ...(client && { identity: client }),
        ...(test.clientEch && { ech: await this.#pki.echKey(test.clientEch) }),
      },
    }
  }
}

function firstLine(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error)
  return text.split('\n', 1)[0] ?? ''
}
