/**
 * One connection of the shim: the engine over a wire, with a host that answers tasks as the flags say. What the
 * engine's events tell is kept until it is asked for.
 */

import { nodeProvider } from '../../src/crypto/node.ts'
import {
  type ClientConfig,
  clientConnection,
  type Connection,
  type ConnectionEvent,
  type ServerConfig,
  serverConnection,
  type Task,
  type TlsError,
} from '../../src/tls/index.ts'
import { type EngineConfig, Mismatch } from './feature.ts'
import { FEATURES, type Options } from './features.ts'
import { Memory } from './memory.ts'
import type { Wire } from './wire.ts'

/** The engine ended the connection. */
export class EngineFailure extends Error {
  override readonly name = 'EngineFailure'
  readonly tlsError: TlsError

  constructor(tlsError: TlsError) {
    super(tlsError.message, { cause: tlsError })
    this.tlsError = tlsError
  }
}

/** What `read` found: data, or how the peer's side ended. */
export type Heard = Uint8Array | 'closed' | 'truncated'

/** As the runner expects its data back: every bit turned. */
export function turned(data: Uint8Array): Uint8Array {
  return data.map((byte) => byte ^ 0xff)
}

export class Endpoint {
  readonly connection: Connection
  /** Handshake messages in their order: `read hs 2`. */
  readonly messages: string[] = []
  /** The key log, if there is one. */
  readonly keyLog: string[] = []
  readonly #options: Options
  readonly #wire: Wire
  readonly #memory: Memory
  #heard: Heard[] = []
  #isComplete = false
  #failure: TlsError | undefined
  /** Bytes that the engine has not been given yet. */
  #waiting: Uint8Array[] = []
  #held: Uint8Array[] | undefined

  constructor(options: Options, wire: Wire) {
    this.#options = options
    this.#wire = wire
    const role = options.isServer === true ? 'server' : 'client'
    const memory = options.memory ?? new Memory()
    memory.received = 0
    const config: EngineConfig = {
      provider: nodeProvider,
      clock: { now: () => performance.now() * 1000, wall: () => memory.time },
      trace: true,
    }
    for (const feature of FEATURES) feature.configure?.(options, config, role)
    this.connection =
      role === 'client' ? clientConnection(config as ClientConfig) : serverConnection(config as ServerConfig)
    // It is in use now, and may be used once.
    memory.session = undefined
    this.#memory = memory
  }

  /** Completes the handshake. @throws {EngineFailure} */
  async handshake(): Promise<void> {
    await this.#settle(false)
    while (!this.#isComplete) await this.#receive(false)
  }

  /** The next thing the peer says after the handshake. @throws {EngineFailure} */
  async read(): Promise<Heard> {
    for (;;) {
      const heard = this.#heard.shift()
      if (heard !== undefined) return heard
      if (this.#failure !== undefined) throw new EngineFailure(this.#failure)
      await this.#receive(true)
    }
  }

  /** Sends application data. @throws {EngineFailure} */
  async write(data: Uint8Array): Promise<void> {
    this.#demandOpen()
    this.connection.write(data)
    await this.#settle(false)
  }

  /** Moves to new keys. @throws {EngineFailure} */
  async updateKeys(): Promise<void> {
    this.#demandOpen()
    this.connection.updateKeys()
    await this.#settle(false)
  }

  /** Sends close_notify. */
  async close(): Promise<void> {
    this.connection.close()
    await this.#settle(false)
  }

  /** Output beyond its first byte stays here until `release`. */
  hold(): void {
    this.#held = []
  }

  release(): void {
    const held = this.#held ?? []
    this.#held = undefined
    for (const bytes of held) this.#wire.write(bytes)
  }

  #demandOpen(): void {
    if (this.#failure !== undefined) throw new EngineFailure(this.#failure)
  }

  async #receive(isListening: boolean): Promise<void> {
    if (this.#failure !== undefined) throw new EngineFailure(this.#failure)
    const chunk = this.#waiting.shift() ?? (await this.#wire.read())
    if (chunk === undefined) this.connection.receiveEnd()
    else this.connection.receive(this.#options.isAsync === true ? this.#split(chunk) : chunk)
    await this.#settle(isListening)
  }

  /** The first byte; the others have to wait. */
  #split(chunk: Uint8Array): Uint8Array {
    if (chunk.length > 1) this.#waiting.unshift(chunk.subarray(1))
    return chunk.subarray(0, 1)
  }

  /**
   * Answers what is asked, sends what is to be sent, and takes note of what happened. What a connection of TLS 1.3
   * owes its peer while we only listen are answers to KeyUpdates: many are owed one answer, before the next data.
   */
  async #settle(isListening: boolean): Promise<void> {
    for (let task = this.connection.task; task !== undefined; task = this.connection.task) {
      if (this.#options.isAsync === true) await new Promise((resolve) => setImmediate(resolve))
      this.#answer(task)
    }
    // Only then, so that a flight leaves whole.
    const mayWait = this.connection.state === 'open' && this.connection.negotiated?.version === 'TLS 1.3'
    if (!isListening || !mayWait) this.#send()
    for (let event = this.connection.nextEvent(); event !== undefined; event = this.connection.nextEvent()) {
      this.#note(event)
    }
  }

  #send(): void {
    const output = this.connection.takeOutput()
    if (output === undefined) return
    if (this.#held === undefined) {
      this.#wire.write(output)
    } else {
      if (this.#held.length === 0) this.#wire.write(output.subarray(0, 1))
      this.#held.push(this.#held.length === 0 ? output.subarray(1) : output)
    }
  }

  #answer(task: Task): void {
    if (!FEATURES.some((feature) => feature.answer?.(this.#options, this.connection, task) === true)) {
      throw new Mismatch(`task ${task.kind}: nobody answers it`)
    }
  }

  #note(event: ConnectionEvent): void {
    switch (event.type) {
      case 'handshake-complete':
        this.#isComplete = true
        return
      case 'data':
        this.#heard.push(event.data)
        return
      case 'early-data':
        // In half-RTT, before the client has answered.
        this.connection.write(turned(event.data))
        this.#send()
        return
      case 'session':
        this.#memory.session = event.session
        this.#memory.received++
        return
      case 'peer-closed':
        this.#heard.push('closed')
        return
      case 'truncated':
        this.#heard.push('truncated')
        return
      case 'failed':
        this.#failure = event.error
        return
      case 'message':
        this.messages.push(`${event.direction === 'received' ? 'read' : 'write'} hs ${event.raw[0] ?? ''}`)
        return
      case 'key-log':
        this.keyLog.push(event.line)
        return
      default:
    }
  }
}
