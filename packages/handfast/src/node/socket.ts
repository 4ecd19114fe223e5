/**
 * A TLS connection over any Duplex, as a Duplex with node:tls's names.
 *
 * This file moves bytes between the engine (`tls/connection.ts`) and the transport, and ends both.
 * What can be asked of a socket is in `surface.ts`, answers to tasks in `decisions.ts`, time in
 * `deadlines.ts`; of the protocol nothing is known here.
 *
 * Back-pressure. Sending: a piece is sealed only when the transport has room, and a write is done only
 * when its last piece is taken; so what waits sealed is one piece beyond the transport's own buffer.
 * Receiving: when nobody reads, or the host thinks about a task, the transport is paused.
 */

import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { Connection, ConnectionEvent, TlsError } from '../tls/index.ts'
import { ChunkQueue } from './chunk-queue.ts'
import { type DeadlineOptions, Deadlines } from './deadlines.ts'
import { type Judges, TaskAnswers } from './decisions.ts'
import { connectionError, handfastError } from './error.ts'
import { SocketSurface } from './surface.ts'

/** What a socket needs beside its engine. */
export interface SocketOptions extends Judges, DeadlineOptions {
  readonly allowHalfOpen: boolean
}

type Done = (error?: Error | null) => void

/** How long a transport may linger after our last word, so that the peer can read it. */
const LINGER = 2000
/** Bytes of application data sealed at once: eight full records. More is no faster, and waits in memory. */
const PIECE = 0x20000
/** Application data of one record, if it is full. */
const FULL_RECORD = 0x4000
const NOTHING = Buffer.alloc(0)

export class TlsSocket extends SocketSurface {
  readonly #connection: Connection
  readonly #transport: Duplex
  readonly #answers: TaskAnswers
  readonly #deadlines: Deadlines
  /** A write that is not yet all with the transport. */
  #writing: { readonly queue: ChunkQueue; readonly length: number; readonly done: Done } | undefined
  /** Who waits for the client's answer. */
  #asking: { readonly resolve: (isAuthenticated: boolean) => void; readonly reject: (error: Error) => void } | undefined
  /** The application has written all; called when all is with the transport. */
  #finishing: Done | undefined
  /** What ends the connection once the application has read what came before. */
  #lastError: Error | undefined
  #isStarted = false
  #isSecure = false
  #wantsData = true
  /** close_notify came: what the transport does now matters no more to the reader. */
  #isPeerClosed = false
  /** An alert of ours is the last thing we sent. */
  #hasSaidLast = false
  #received = 0
  #sent = 0
  /** Milliseconds given to `setTimeout`, as in net.Socket. */
  timeout: number | undefined

  /** @internal Use `connect` or `createServer`. */
  constructor(transport: Duplex, connection: Connection, options: SocketOptions) {
    super(transport, connection, { allowHalfOpen: options.allowHalfOpen, emitClose: false, autoDestroy: true })
    this.#transport = transport
    this.#connection = connection
    this.#answers = new TaskAnswers(connection, options, () => this.#pump())
    this.#deadlines = new Deadlines(options, {
      onHandshakeTimeout: (milliseconds) => this.#endHandshakeLate(milliseconds),
      onIdleTimeout: (milliseconds) => this.#endIdle(milliseconds),
      onUserTimeout: () => this.emit('timeout'),
      onAbort: (cause) => this.destroy(handfastError('ABORTED', 'the operation was aborted', { cause })),
    })
    this.#watchTransport()
  }

  /** @internal The transport stands. */
  start(): void {
    if (this.destroyed) return
    this.#isStarted = true
    if (this.#transport.destroyed) this.#connection.receiveEnd()
    this.#pump()
  }

  /** Moves to new keys for what we send; with `requestPeer` the peer is asked to do the same. */
  updateKeys(options?: { readonly requestPeer?: boolean }): void {
    this.#connection.updateKeys(options)
    this.#pump()
  }

  /**
   * Server: asks the client who it is, now (RFC 9846 section 4.7.2). Resolves with true once it has proved that and was
   * accepted: `authorized`, `peerCertificates` and the report tell who it is; with false if it declines. A client that is
   * refused ends the connection, and the promise rejects, as with any end before the answer.
   * @throws {TypeError} if the connection is not open, the last request has no answer yet, or the client did not offer it.
   */
  requestClientCertificate(): Promise<boolean> {
    this.#connection.requestClientCertificate()
    return new Promise((resolve, reject) => {
      this.#asking = { resolve, reject }
      this.#pump()
    })
  }

  /** Bytes of application data received. */
  get bytesRead(): number {
    return this.#received
  }

  /** Bytes of application data written, those that wait included. */
  get bytesWritten(): number {
    return this.#sent + this.writableLength
  }

  /**
   * Emits `timeout` after so many milliseconds without data; does not end the connection, as in net.Socket.
   * @throws {TypeError}
   */
  setTimeout(milliseconds: number, callback?: () => void): this {
    if (!(milliseconds >= 0 && milliseconds <= 0x7fffffff)) {
      throw new TypeError(`setTimeout: needs milliseconds, 0 or more, has ${milliseconds}`)
    }
    this.timeout = milliseconds
    this.#deadlines.setUserTimeout(milliseconds)
    if (callback !== undefined) {
      if (milliseconds === 0) this.removeListener('timeout', callback)
      else this.once('timeout', callback)
    }
    return this
  }

  override ref(): this {
    this.#deadlines.ref()
    return super.ref()
  }

  override unref(): this {
    this.#deadlines.unref()
    return super.unref()
  }

  /** Ends once everything written is sent. */
  destroySoon(): void {
    if (this.writable) this.end()
    if (this.writableFinished) this.destroy()
    else this.once('finish', () => this.destroy())
  }

  /** Ends a TCP connection with RST. */
  resetAndDestroy(): this {
    const transport = this.#transport as Partial<Socket>
    if (this.#isStarted) transport.resetAndDestroy?.()
    return this.destroy()
  }

  // --- the stream ---

  override _read(): void {
    if (this.#lastError !== undefined) {
      if (this.readableLength === 0) this.destroy(this.#lastError)
      // Asks to be asked again when more was read.
      else this.push(NOTHING)
      return
    }
    this.#wantsData = true
    this.#regulate()
  }

  override _write(chunk: Uint8Array, _encoding: string, done: Done): void {
    this.#write([chunk], chunk.length, done)
  }

  override _writev(items: { chunk: Uint8Array }[], done: Done): void {
    const chunks = items.map((item) => item.chunk)
    this.#write(
      chunks,
      chunks.reduce((sum, chunk) => sum + chunk.length, 0),
      done,
    )
  }

  override _final(done: Done): void {
    this.#finishing = done
    if (this.#connection.state !== 'handshaking') this.#finishWriting()
  }

  override _destroy(error: Error | null, done: Done): void {
    this.#deadlines[Symbol.dispose]()
    this.#answers.end()
    if (this.#connection.state === 'handshaking') {
      this.#connection.cancel()
      this.#hasSaidLast = true
    }
    if (this.#isStarted) this.#flush()
    this.#connection[Symbol.dispose]()
    const writing = this.#writing
    this.#writing = undefined
    writing?.done(error ?? closedError())
    this.#asking?.reject(error ?? closedError())
    this.#asking = undefined
    this.#releaseTransport()
    done(error)
    // As net.Socket does: with a word on whether there was an error.
    process.nextTick(() => this.emit('close', error !== null))
  }

  // --- sending ---

  #write(chunks: readonly Uint8Array[], length: number, done: Done): void {
    this.#writing = { queue: new ChunkQueue(chunks), length, done }
    if (this.#connection.state === 'closed' || this.#connection.state === 'failed') this.#failWrite()
    else this.#sendPieces()
  }

  /** Seals and sends as much as the transport has room for. */
  #sendPieces(): void {
    const writing = this.#writing
    if (writing === undefined || !this.#connection.canWrite) return
    if (!this.#transport.writable) {
      this.#failWrite()
      return
    }
    while (!this.#transport.writableNeedDrain) {
      const piece = writing.queue.take(PIECE)
      if (piece === undefined) {
        this.#writing = undefined
        this.#sent += writing.length
        // Small ones not at once: what the application writes in the same turn is put together then.
        if (writing.length < FULL_RECORD) process.nextTick(writing.done)
        else writing.done()
        return
      }
      this.#connection.write(piece)
      this.#flush()
      this.#deadlines.touch()
    }
  }

  #failWrite(): void {
    const writing = this.#writing
    this.#writing = undefined
    const { error } = this.#connection
    writing?.done(error === undefined ? closedError() : connectionError(error))
  }

  /** close_notify, and the end of our half of the transport. */
  #finishWriting(): void {
    this.#connection.close()
    this.#hasSaidLast = true
    if (!this.#transport.writable) {
      this.#finished()
      return
    }
    this.#flush()
    // An error of the transport is told by its own event.
    this.#transport.end((error?: Error | null) => {
      if (error === undefined || error === null) this.#finished()
    })
  }

  #finished(): void {
    const done = this.#finishing
    this.#finishing = undefined
    done?.()
  }

  #flush(): void {
    // A flight leaves whole: what is ready waits for what the host still has to decide.
    if (this.#connection.task !== undefined) return
    // A peer that makes us answer (KeyUpdate) and reads nothing must not fill our memory: the engine keeps one answer.
    if (this.#connection.state === 'open' && this.#transport.writableNeedDrain) return
    const output = this.#connection.takeOutput()
    if (output !== undefined && this.#transport.writable) this.#transport.write(output)
  }

  // --- receiving ---

  #watchTransport(): void {
    const transport = this.#transport
    // Whether our half ends with the peer's is decided here.
    transport.allowHalfOpen = true
    transport.on('data', (bytes: Uint8Array) => {
      if (this.destroyed) return
      this.#deadlines.touch()
      this.#connection.receive(bytes)
      this.#pump()
    })
    transport.on('drain', () => {
      if (this.destroyed) return
      this.#deadlines.touch()
      this.#flush()
      this.#sendPieces()
    })
    transport.on('end', () => {
      this.#connection.receiveEnd()
      this.#pump()
    })
    transport.on('error', (error: Error) => this.#onTransportError(error))
    transport.on('close', () => this.#onTransportClose())
    // Nothing is read before the handshake begins.
    transport.pause()
  }

  #onTransportError(error: Error): void {
    this.#connection.transportFailed(error)
    // Both have said all: how the transport ends is nobody's concern.
    if (this.destroyed || (this.#isPeerClosed && this.#hasSaidLast)) return
    // The system's own words, with its code.
    this.destroy(error)
  }

  #onTransportClose(): void {
    this.#connection.receiveEnd()
    this.#pump()
    if (this.destroyed) return
    this.#finished()
    if (!this.#isPeerClosed && this.#lastError === undefined) this.destroy(closedError())
  }

  /** Does whatever the engine now asks for. */
  #pump(): void {
    if (this.destroyed || !this.#isStarted) return
    this.#answers.answer()
    try {
      this.#takeEvents()
    } finally {
      // Also if a listener threw: what was agreed must leave.
      if (!this.destroyed) {
        if (this.#finishing !== undefined && this.#isSecure && !this.#hasSaidLast) this.#finishWriting()
        this.#sendPieces()
        this.#flush()
        this.#regulate()
      }
    }
  }

  /** Lets the transport flow, or holds it. */
  #regulate(): void {
    if (this.destroyed || !this.#isStarted) return
    const isWanted = this.#connection.task === undefined && (this.#wantsData || !this.#isSecure)
    // Nobody may be reading; the transport's end must be seen all the same.
    if (isWanted || this.#isPeerClosed) this.#transport.resume()
    else this.#transport.pause()
  }

  #takeEvents(): void {
    for (let event = this.#connection.nextEvent(); event !== undefined; event = this.#connection.nextEvent()) {
      this.#take(event)
      if (this.destroyed) return
    }
  }

  #take(event: ConnectionEvent): void {
    switch (event.type) {
      case 'handshake-complete':
        this.#isSecure = true
        this.#deadlines.handshakeDone()
        if (this.#answers.stapled !== undefined) this.emit('OCSPResponse', Buffer.from(this.#answers.stapled))
        this.emit('secure')
        if (this.#connection.role === 'client' && !this.destroyed) this.emit('secureConnect')
        break
      case 'data':
        this.#received += event.data.length
        if (!this.push(asBuffer(event.data))) this.#wantsData = false
        break
      case 'peer-closed':
        this.#isPeerClosed = true
        this.push(null)
        break
      case 'truncated':
        this.#endAfterReading(
          handfastError('TRUNCATED', 'the transport ended without close_notify: the data may be incomplete'),
        )
        break
      case 'failed':
        this.#fail(event.error)
        break
      case 'key-log':
        this.emit('keylog', Buffer.from(`${event.line}\n`))
        break
      case 'message':
        this.emit('message', { direction: event.direction, raw: event.raw, version: event.version })
        break
      case 'keys-updated':
        this.emit('keysUpdated', event.direction)
        break
      case 'client-answered':
        this.#asking?.resolve(event.isAuthenticated)
        this.#asking = undefined
    }
  }

  // --- endings ---

  #fail(error: TlsError): void {
    this.#hasSaidLast = error.direction === 'sent'
    this.destroy(connectionError(error))
  }

  /** What was received is authentic and wanted, though it may not be all. */
  #endAfterReading(error: Error): void {
    this.#lastError = error
    this._read()
  }

  #endHandshakeLate(milliseconds: number): void {
    const { task } = this.#connection
    const waiting = !this.#isStarted
      ? 'for the transport to connect'
      : task === undefined
        ? 'for the peer'
        : `for the answer to '${task.kind}'`
    this.#connection.cancel()
    this.#hasSaidLast = true
    this.destroy(
      handfastError(
        'HANDSHAKE_TIMEOUT',
        `the handshake was not complete after ${milliseconds} ms: waiting ${waiting}`,
        {
          stage: this.#connection.error?.stage,
        },
      ),
    )
  }

  #endIdle(milliseconds: number): void {
    // Unless something is cut off: what was sent is all there was.
    if (this.#isSecure && this.writableLength === 0) {
      this.#connection.close()
      this.#hasSaidLast = true
    }
    this.destroy(handfastError('IDLE_TIMEOUT', `nothing was sent or received for ${milliseconds} ms`))
  }

  /**
   * Lets the transport go. To close with unread input makes the kernel send RST, which can overtake our
   * last word: so after one, input is read and dropped for a moment.
   */
  #releaseTransport(): void {
    const transport = this.#transport
    if (transport.destroyed) return
    if (!this.#hasSaidLast || !this.#isStarted) {
      transport.destroy()
      return
    }
    const timer = setTimeout(() => transport.destroy(), LINGER).unref()
    transport.once('close', () => clearTimeout(timer))
    transport.once('end', () => {
      if (transport.writableFinished) transport.destroy()
    })
    transport.end(() => {
      if (transport.readableEnded) transport.destroy()
    })
    transport.resume()
  }
}

function closedError(): Error {
  return handfastError('CLOSED', 'the connection is closed')
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
