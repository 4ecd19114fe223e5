/**
 * Two engines over an in-memory pipe, with a simulated clock and a host for each. What is not about
 * the option under test has a default: mutual authentication is off, both trust the test CA, the
 * server shows an ECDSA P-256 certificate for server.example, and every flight arrives whole.
 */

import { concatBytes } from '../../src/bytes/index.ts'
import { nodeProvider } from '../../src/crypto/node.ts'
import type { CryptoProvider, PrivateKey } from '../../src/crypto/provider.ts'
import type { HandshakeReport } from '../../src/report/handshake-report.ts'
import {
  answerSession,
  type ClientConfig,
  chooseIdentity,
  clientConnection,
  type Connection,
  type ConnectionEvent,
  type Identity,
  judgePeer,
  type LocalHost,
  type ReplayStore,
  type ServerConfig,
  type Session,
  serverConnection,
  type Task,
  type TicketKeyStore,
  type Validation,
} from '../../src/tls/index.ts'
import { createTrustStore } from '../../src/x509/index.ts'
import { issue, makeCa, type TestCertificate } from '../pki.ts'
import { type Cut, Pipe, SimulatedClock, whole } from './wire.ts'

/** The authority that both ends trust. */
export const CA: TestCertificate = makeCa({ subject: 'Pair CA' })
export const SERVER: TestCertificate = issue(CA, { dnsNames: ['server.example'] })
export const CLIENT: TestCertificate = issue(CA, { subject: 'alice', usage: 'client' })

/** As an identity of `provider`. */
export function identityOf(certificate: TestCertificate, provider: CryptoProvider = nodeProvider): Identity {
  const key = provider === nodeProvider ? certificate.privateKey : provider.importPrivateKey(certificate.key.pkcs8)
  return { chain: certificate.chain, key }
}

/** The key of a certificate alone, as an identity of `provider`. */
export function rawIdentityOf(certificate: TestCertificate, provider: CryptoProvider = nodeProvider): Identity {
  const key = identityOf(certificate, provider).key as PrivateKey
  return { chain: [], rawPublicKey: key.subjectPublicKeyInfo, key }
}

/** Called for every task; true if it was dealt with or will be later. */
export type Decide = (task: Task, connection: Connection, pair: Pair) => boolean

export interface EndOptions {
  readonly provider?: CryptoProvider
  readonly identities?: readonly Identity[]
  /** Beside what the local host answers. */
  readonly decide?: Decide
  readonly verification?: LocalHost['verification']
  readonly ticketKeys?: TicketKeyStore
  readonly replayStore?: ReplayStore
  readonly validation?: Validation
}

export interface PairOptions {
  readonly client?: Partial<ClientConfig> & EndOptions
  readonly server?: Partial<ServerConfig> & EndOptions
  /** Made anew for each direction, since a cut may have a state. */
  readonly cut?: () => Cut
  /** Whatever is on its way arrives together. */
  readonly coalesce?: boolean
  /** Each flight takes this long. */
  readonly latency?: number
  /** Where time goes on from another pair. */
  readonly clock?: SimulatedClock
}

/** One end with all that came out of it. */
export class End {
  readonly connection: Connection
  readonly events: ConnectionEvent[] = []
  /** What it sent at once. */
  readonly flights: Uint8Array[] = []
  /** Every task it ever had. */
  readonly tasks: Task[] = []
  readonly #host: LocalHost
  readonly #decide: Decide | undefined
  #askedId = 0

  constructor(connection: Connection, host: LocalHost, decide: Decide | undefined) {
    this.connection = connection
    this.#host = host
    this.#decide = decide
  }

  /** Application data received so far. */
  get data(): Uint8Array {
    return concatBytes(...this.events.flatMap((event) => (event.type === 'data' ? [event.data] : [])))
  }

  get text(): string {
    return new TextDecoder().decode(this.data)
  }

  get sent(): Uint8Array {
    return concatBytes(...this.flights)
  }

  /** Sessions to resume, in the order in which they came. */
  get sessions(): Session[] {
    return this.events.flatMap((event) => (event.type === 'session' ? [event.session] : []))
  }

  /** Early data received. */
  get earlyText(): string {
    const early = this.events.flatMap((event) => (event.type === 'early-data' ? [event.data] : []))
    return new TextDecoder().decode(concatBytes(...early))
  }

  eventTypes(): string[] {
    return this.events.map((event) => event.type)
  }

  keyLog(): string[] {
    return this.events.flatMap((event) => (event.type === 'key-log' ? [event.line] : []))
  }

  /** Answers tasks, drains events, and returns what is to be sent. */
  attend(pair: Pair): Uint8Array | undefined {
    for (;;) {
      const { task } = this.connection
      if (task === undefined || task.id === this.#askedId) break
      this.#askedId = task.id
      this.tasks.push(task)
      if (this.#decide?.(task, this.connection, pair) === true) continue
      answer(this.connection, task, this.#host)
    }
    const output = this.connection.takeOutput()
    for (let event = this.connection.nextEvent(); event !== undefined; event = this.connection.nextEvent()) {
      this.events.push(event)
    }
    if (output !== undefined) this.flights.push(output)
    return output
  }
}

/** As `answerTasks` does, but this one task only, so that a test sees each. */
function answer(connection: Connection, task: Task, host: LocalHost): void {
  if (task.kind === 'sign' && task.identity.key !== undefined) {
    connection.resume<'sign'>(task.id, host.provider.sign(task.algorithm, task.identity.key, task.input))
  } else if (task.kind === 'choose-identity') {
    connection.resume<'choose-identity'>(task.id, chooseIdentity(host.provider, host.identities ?? [], task))
  } else if (task.kind === 'verify-peer' && host.trust !== undefined) {
    connection.resume<'verify-peer'>(task.id, judgePeer(task, host, host.trust))
  } else if (task.kind === 'seal-ticket' || task.kind === 'open-ticket' || task.kind === 'claim-early-data') {
    const given = answerSession(task, host)
    if (given !== undefined && !(given instanceof Promise)) connection.resume(task.id, given.value)
  }
}

export class Pair {
  readonly clock: SimulatedClock
  readonly client: End
  readonly server: End
  readonly #latency: number
  readonly #toServer: Pipe
  readonly #toClient: Pipe

  constructor(options: PairOptions = {}) {
    const clock = options.clock ?? new SimulatedClock()
    this.clock = clock
    const trust = createTrustStore([CA.certificate])
    const time = (): number => clock.wall()
    const {
      decide: decideClient,
      verification: clientVerification,
      validation: clientValidation,
      ...client
    } = options.client ?? {}
    const {
      decide: decideServer,
      verification: serverVerification,
      validation: serverValidation,
      ticketKeys,
      replayStore,
      ...server
    } = options.server ?? {}
    const clientProvider = client.provider ?? nodeProvider
    const serverProvider = server.provider ?? nodeProvider
    const identities = server.identities ?? [identityOf(SERVER, serverProvider)]
    const cut = options.cut ?? (() => whole)
    this.#latency = options.latency ?? 100
    this.#toServer = new Pipe(cut(), options.coalesce ?? false)
    this.#toClient = new Pipe(cut(), options.coalesce ?? false)
    this.client = new End(
      clientConnection({ serverName: 'server.example', ...client, provider: clientProvider, clock }),
      {
        provider: clientProvider,
        identities: client.identities ?? [],
        trust,
        time,
        ...(clientVerification === undefined ? {} : { verification: clientVerification }),
        ...(clientValidation === undefined ? {} : { validation: clientValidation }),
      },
      decideClient,
    )
    this.server = new End(
      serverConnection({ ...server, identities, provider: serverProvider, clock }),
      {
        provider: serverProvider,
        identities,
        trust,
        time,
        ...(serverVerification === undefined ? {} : { verification: serverVerification }),
        ...(ticketKeys === undefined ? {} : { ticketKeys }),
        ...(replayStore === undefined ? {} : { replayStore }),
        ...(serverValidation === undefined ? {} : { validation: serverValidation }),
      },
      decideServer,
    )
  }

  /** Carries bytes to and fro until nothing moves any more, timers included. Returns itself. */
  run(): this {
    for (let idle = false; !idle;) {
      idle = true
      for (const [end, pipe] of [
        [this.client, this.#toServer],
        [this.server, this.#toClient],
      ] as const) {
        const flight = end.attend(this)
        if (flight !== undefined) {
          this.clock.advance(this.#latency)
          pipe.send(flight)
          idle = false
        }
      }
      for (const [end, pipe] of [
        [this.server, this.#toServer],
        [this.client, this.#toClient],
      ] as const) {
        while (!pipe.isEmpty && (end.connection.wantsInput || isOver(end.connection))) {
          deliver(end.connection, pipe.take() as Uint8Array)
          idle = false
          if (end.connection.task !== undefined) break
        }
      }
      if (idle) idle = !this.clock.runNext()
    }
    return this
  }

  /** Both ends, for what holds for each. */
  get ends(): readonly [End, End] {
    return [this.client, this.server]
  }

  /** Sends text from each end and carries it over. */
  talk(fromClient = 'from the client', fromServer = 'from the server'): this {
    this.client.connection.write(new TextEncoder().encode(fromClient))
    this.server.connection.write(new TextEncoder().encode(fromServer))
    return this.run()
  }
}

/** An engine that is over wants nothing; the transport throws it away. */
function isOver(connection: Connection): boolean {
  return connection.task === undefined && !connection.wantsInput
}

/** The array is the transport's again after the call: whoever kept a view of it finds noise. */
function deliver(connection: Connection, piece: Uint8Array): void {
  const borrowed = piece.slice()
  connection.receive(borrowed)
  borrowed.fill(0xa5)
}

/** A report without what two runs never share: times. */
export function timeless(report: HandshakeReport): unknown {
  return {
    ...report,
    startedAt: '',
    duration: report.duration === null ? null : 0,
    stages: report.stages.map((stage) => ({
      ...stage,
      startedAt: stage.startedAt === null ? null : 0,
      endedAt: stage.endedAt === null ? null : 0,
    })),
    messages: report.messages.map((message) => ({ ...message, at: 0 })),
    alerts: report.alerts.map((alert) => ({ ...alert, at: 0 })),
  }
}
