/**
 * The engine: one TLS connection without any I/O. Bytes in, bytes out, events, and tasks for the host.
 *
 * How it is driven. The host calls a method (`receive`, `resume`, `write`, ...), and after each call
 * takes `takeOutput()` to the transport, drains `nextEvent()`, and looks at `task`. Nothing here waits,
 * sleeps, or calls back; what a peer sends never makes a method throw. A `TypeError` is the caller's
 * mistake, made before anything is on the wire.
 *
 * The handshake itself is told in `handshake/`; this file only advances it. Errors become alerts
 * here and nowhere else.
 */

import type { HandshakeReport, TransportReport } from '../report/handshake-report.ts'
import type { Verdict } from '../x509/verdict.ts'
import { ALERT_CODES, type AlertDescription, alertName, asTlsError, hostError, TlsError } from './alert.ts'
import type { ServerSettings, Settings } from './config.ts'
import type { ConnectionEvent, ConnectionState, Negotiated, Task } from './event.ts'
import { createContext } from './handshake/context.ts'
import { type Established, negotiatedOf } from './handshake/established.ts'
import { type Answers, CHANGE_CIPHER_SPEC, type Flow, type HandshakeContext, type Question } from './handshake/flow.ts'
import type { PostHandshakeContext } from './handshake/post-handshake.ts'
import { ticketStory } from './handshake/resumption.ts'
import { dataAmidAnswer, requestAuthentication } from './handshake/post-handshake-auth.ts'
import { alertNote, Journal } from './journal.ts'
import { KeyUpdates } from './key-updates.ts'
import type { HandshakeMessage } from './message/handshake.ts'
import { readHelloRequest } from './message/hello-request.ts'
import { isHelloRetryRequest } from './message/server-hello.ts'
import { type Incoming, RecordLayer } from './record/layer.ts'
import { CHANNEL_BINDING_LABEL, exportFrom } from './schedule/exporter.ts'
import { isWarning, LEVEL_WARNING } from './warning.ts'

import { Stories } from './stories.ts'

/** Makes the story of a connection. */
export type StoryTeller = (hs: HandshakeContext) => Flow<Established>

const LEVEL_FATAL = 2
export class Connection {
  readonly role: 'client' | 'server'
  readonly #settings: Settings
  readonly #layer: RecordLayer
  readonly #journal: Journal
  readonly #mayHalfRtt: boolean
  readonly #stories: Stories = new Stories((error) => this.#fail(error))
  #handshake: Flow | undefined
  #events: ConnectionEvent[] = []
  #state: ConnectionState = 'handshaking'
  #error: TlsError | undefined
  #established: Established | undefined
  readonly #keyUpdates: KeyUpdates
  #isWriteOpen = false
  #isWriteClosed = false
  #isReadClosed = false
  #isDisposed = false

  /** @internal Use `clientConnection` or `serverConnection`. */
  constructor(role: 'client' | 'server', settings: Settings, beganAt: number | undefined, tell: StoryTeller) {
    this.role = role
    this.#settings = settings
    this.#mayHalfRtt = role === 'server' && (settings as ServerSettings).halfRttData
    const { clock } = settings
    const now = clock.now()
    const began = beganAt ?? now
    this.#journal = new Journal(role, () => clock.now(), began, clock.wall() - (now - began) / 1000)
    this.#layer = new RecordLayer({
      role,
      limits: settings.limits,
      maxRecordLength: settings.maxRecordLength,
      padTo: settings.padTo,
    })
    const emit = (event: ConnectionEvent): void => void this.#events.push(event)
    this.#keyUpdates = new KeyUpdates(this.#layer, emit)
    const hs = createContext(role, this.#layer, this.#journal, {
      emit,
      keyLog: settings.keyLog,
      trace: settings.trace,
      flightSent: (inUse, writeSecret) => {
        this.#keyUpdates.setWrite(inUse, writeSecret)
        this.#isWriteOpen = this.#mayHalfRtt
      },
    })
    this.#handshake = this.#tellHandshake(tell(hs))
  }

  // --- the transport's side ---

  /** Takes bytes from the peer. Never throws for what they are. They may be reused after the call. */
  receive(bytes: Uint8Array): void {
    if (!this.#isReading || bytes.length === 0) return
    this.#beginHandshake()
    this.#layer.push(bytes)
    const { total } = this.#settings.limits
    if (this.task !== undefined && this.#layer.held > total) {
      this.#fail(hostError(`input: needs at most ${total} bytes while a task is open, has more`))
      return
    }
    this.#advance()
    this.#layer.retain()
  }

  /** The transport will deliver nothing more. */
  receiveEnd(): void {
    if (!this.#isReading) return
    this.#isReadClosed = true
    if (this.#state === 'handshaking') {
      this.#fail(new TlsError(null, 'the transport ended before the handshake was complete', { fault: 'transport' }))
      return
    }
    this.#events.push({ type: 'truncated' })
    if (this.#isWriteClosed) this.#finish('closed')
  }

  /** The transport failed. */
  transportFailed(error: Error): void {
    if (this.#state === 'closed' || this.#state === 'failed') return
    this.#fail(new TlsError(null, `the transport failed: ${error.message}`, { fault: 'transport', cause: error }))
  }

  /** False: leave further input in the transport (back-pressure), or throw it away once the connection is over. */
  get wantsInput(): boolean {
    return this.#isReading && this.task === undefined
  }

  /** Everything to be sent now, in one array that belongs to the host; undefined if nothing. */
  takeOutput(): Uint8Array | undefined {
    this.#beginHandshake()
    if (this.#keyUpdates.isOwed && this.#state === 'open' && !this.#isWriteClosed) this.#keyUpdates.send(false)
    return this.#layer.takeOutput()
  }

  nextEvent(): ConnectionEvent | undefined {
    return this.#events.shift()
  }

  // --- the host's decisions ---

  /** What the host must answer before the handshake goes on; undefined if nothing. */
  get task(): Task | undefined {
    return this.#stories.task
  }

  /** Answers a task. A late or second answer is ignored. */
  resume<K extends Question['kind']>(id: number, answer: Answers[K]): void {
    if (this.#stories.takeTask(id) === undefined) return
    this.#stories.answer(answer)
    this.#advance()
    this.#layer.retain()
  }

  /** Declines a task: the handshake ends with `alert`. A late or second answer is ignored. */
  refuse(id: number, error: Error, alert?: AlertDescription): void {
    const task = this.#stories.takeTask(id)
    if (task === undefined) return
    const fallback = task.kind === 'verify-peer' ? 'certificate_unknown' : 'internal_error'
    const message = `${task.kind}: the host refused: ${error.message}`
    this.#fail(new TlsError(alert ?? fallback, message, { fault: 'host', cause: error }))
  }

  // --- the application's side ---

  get state(): ConnectionState {
    return this.#state
  }

  /** Why it ended; undefined if it has not failed. */
  get error(): TlsError | undefined {
    return this.#error
  }

  /** Whether `write` may be called. */
  get canWrite(): boolean {
    return this.#isWriteOpen && !this.#isWriteClosed && (this.#state === 'open' || this.#state === 'handshaking')
  }

  /**
   * Sends application data. `memory` is lent until `takeOutput`, which returns a view of it if the output fits.
   * @throws {TypeError} before the handshake is complete, and after `close`.
   */
  write(data: Uint8Array, memory?: Uint8Array): void {
    if (!this.canWrite) throw this.#notOpen('write')
    if (memory !== undefined) this.#layer.lend(memory)
    if (this.#keyUpdates.sendData(data, this.#settings.keyUpdateAfter)) return
    this.#fail(hostError('write: needs a key with records left, has none'))
  }

  /**
   * Sends close_notify: we will send nothing more. Reading goes on until the peer closes too. Ends a
   * handshake that is not complete.
   */
  close(): void {
    if (this.#isWriteClosed || this.#state === 'closed' || this.#state === 'failed') return
    this.#sendWarning('close_notify')
    this.#isWriteClosed = true
    if (this.#state === 'handshaking') this.#abandon('closed by the host before the handshake was complete')
    else if (this.#isReadClosed) this.#finish('closed')
  }

  /** Gives up a handshake for reasons of the application: user_canceled, then close_notify (section 6.1). */
  cancel(): void {
    if (this.#state === 'handshaking' && !this.#isWriteClosed) this.#sendWarning('user_canceled')
    this.close()
  }

  /**
   * Moves to new keys for what we send; with `requestPeer` the peer is asked to do the same.
   * @throws {TypeError} if the connection is not open, or has no such keys: TLS 1.2.
   */
  updateKeys(options: { readonly requestPeer?: boolean } = {}): void {
    if (this.#state !== 'open' || this.#isWriteClosed) throw this.#notOpen('updateKeys')
    if (this.#layer.isTls12) throw new TypeError('updateKeys: needs TLS 1.3, has TLS 1.2')
    this.#keyUpdates.send(options.requestPeer === true)
  }

  /**
   * Server: sends session tickets, as many as asked for.
   * @param count 1 to 16.
   * @throws {TypeError} if the connection is not open, or none are to be had: `tickets` is 0, or the client cannot use them.
   */
  sendTickets(count: number): void {
    if (this.#state !== 'open' || this.#isWriteClosed) throw this.#notOpen('sendTickets')
    const tell = ticketStory(this.role, this.#established?.resumption, count)
    this.#stories.beginWhenDue(() => tell(this.#postHandshakeContext, this.#settings as ServerSettings))
  }

  /**
   * Server: asks the client who it is (RFC 9846 section 4.7.2). `client-answered` tells what came of it.
   * @throws {TypeError} if the connection is not open, a request has no answer yet, or the client did not offer it.
   */
  requestClientCertificate(): void {
    if (this.#state !== 'open' || this.#isWriteClosed) throw this.#notOpen('requestClientCertificate')
    requestAuthentication(this.#established?.postHandshakeAuth)
  }

  #notOpen(method: string): TypeError {
    const state = this.#isWriteClosed ? 'closed' : this.#state
    return new TypeError(`${method}: needs an open connection, has one that is ${state}`)
  }

  /**
   * Keying material for another protocol (RFC 9846 section 7.5).
   * @param label ASCII, at most 249 characters.
   * @param length of the result in bytes, at most 255 times the hash's.
   * @throws {TypeError} before the handshake is complete, or for arguments out of range.
   */
  exportKeyingMaterial(label: string, context: Uint8Array | undefined, length: number): Uint8Array {
    const established = this.#established
    if (established === undefined || this.#state === 'failed' || this.#isDisposed) {
      throw new TypeError(`exportKeyingMaterial: needs a complete handshake, has a connection that is ${this.#state}`)
    }
    return exportFrom(established.exporter, label, context, length)
  }

  /** The `tls-exporter` channel binding: 32 bytes (RFC 9266). @throws {TypeError} as `exportKeyingMaterial`. */
  channelBinding(): Uint8Array {
    // An empty context, not none: TLS 1.2 tells one from the other.
    return this.exportKeyingMaterial(CHANNEL_BINDING_LABEL, new Uint8Array(0), 32)
  }

  /** What was agreed; undefined until the handshake is complete. */
  get negotiated(): Negotiated | undefined {
    const established = this.#established
    return established === undefined ? undefined : negotiatedOf(established)
  }

  /** The peer's chain in DER, its own certificate first; empty if it showed none or has not yet proved it. */
  get peerCertificates(): readonly Uint8Array[] {
    return this.#established?.peer?.chain ?? []
  }

  /** SubjectPublicKeyInfo (DER) of a peer that showed a bare key in place of a chain, and has proved it (RFC 7250). */
  get peerRawPublicKey(): Uint8Array | undefined {
    return this.#established?.peer?.rawPublicKey
  }

  /** What the host made of what the peer showed; undefined if it showed nothing or nothing was judged. */
  get peerVerdict(): Verdict | undefined {
    return this.#established?.peer?.judgement.verdict
  }

  /** Tells the report about the transport. */
  setTransport(facts: TransportReport): void {
    this.#journal.transport = facts
  }

  /** The record of the handshake so far. */
  report(): HandshakeReport {
    return this.#journal.report(this.#settings.provider.name, this.#settings.provider.hashes.sha256)
  }

  /** Ends the connection at once, sends nothing, and drops its secrets. */
  [Symbol.dispose](): void {
    if (this.#state === 'handshaking') this.#abandon('disposed of before the handshake was complete')
    if (this.#state === 'open') this.#finish('closed')
    this.#established?.exporter[Symbol.dispose]()
    this.#isDisposed = true
  }

  // --- advancing ---

  get #isReading(): boolean {
    return !this.#isReadClosed && (this.#state === 'handshaking' || this.#state === 'open')
  }

  /** Takes in what has come until more is needed from the peer or the host. */
  #advance(): void {
    try {
      while (this.#isReading && this.task === undefined) {
        const incoming = this.#layer.next()
        if (incoming === undefined) return
        this.#take(incoming)
      }
    } catch (error) {
      this.#fail(error)
    }
  }

  #take(incoming: Incoming): void {
    switch (incoming.kind) {
      case 'handshake':
        this.#takeMessage(incoming.message, incoming.isProtected)
        return
      case 'data': {
        if (this.#stories.isTelling && this.#state === 'open') throw dataAmidAnswer()
        const type = this.#state === 'handshaking' ? 'early-data' : 'data'
        this.#events.push({ type, data: incoming.content })
        return
      }
      case 'change_cipher_spec':
        this.#journal.message('change_cipher_spec', 'received', 1, false)
        if (incoming.isReal) this.#stories.hear(CHANGE_CIPHER_SPEC)
        return
      case 'alert':
        this.#takeAlert(incoming.level, incoming.description, incoming.isProtected)
    }
  }

  #takeMessage(message: HandshakeMessage, isProtected: boolean): void {
    const name = isHelloRetryRequest(message) ? 'hello_retry_request' : message.type
    this.#journal.message(name, 'received', message.raw.length, isProtected, message.raw)
    if (this.#settings.trace) {
      const version = this.#journal.negotiated.version ?? undefined
      this.#events.push({ type: 'message', direction: 'received', raw: message.raw, version })
    }
    const isNegotiatingTls12 = this.role === 'client' && this.#layer.isTls12 && this.#state === 'handshaking'
    // Then a client ignores it (RFC 5246 section 7.4.1.1).
    if (message.type === 'hello_request' && isNegotiatingTls12) {
      readHelloRequest(message)
      this.#layer.countIdleRecord('hello_request', 'of them')
      return
    }
    if (this.#stories.isTelling) {
      this.#stories.hear(message)
      return
    }
    // An answer that we asked for is no flood: there is one for each of our requests.
    const isAnswer = message.type === 'key_update' && this.#keyUpdates.isAwaited
    if (!isAnswer) this.#layer.countIdleRecord('handshake', 'messages without data')
    const { afterwards } = this.#established as Established
    this.#stories.begin(afterwards(this.#postHandshakeContext, message))
  }

  /**
   * Section 6: closure alerts close, everything else is an error whatever its level says. In TLS 1.2 the level says
   * it: a warning is none, whatever is fatal is one (RFC 5246 sections 7.2, 7.2.2).
   */
  #takeAlert(level: number, code: number, isProtected: boolean): void {
    const note = alertNote(level, code)
    this.#journal.alert(note.description, note.level, 'received', isProtected)
    const isUndecided = this.role === 'client' && this.#journal.negotiated.version === null
    const mayBeTls12 = isUndecided && this.#settings.versions.includes('TLS 1.2')
    const isCancel = code === ALERT_CODES.user_canceled && !(this.#layer.isTls12 && level !== LEVEL_WARNING)
    if (isCancel || isWarning(level, code, this.#layer.isTls12, mayBeTls12)) {
      this.#layer.countIdleRecord('alert', `${note.description} alerts`)
      return
    }
    if (code === ALERT_CODES.close_notify && this.#state === 'open') {
      this.#isReadClosed = true
      this.#events.push({ type: 'peer-closed' })
      if (this.#isWriteClosed) this.#finish('closed')
      return
    }
    this.#fail(
      new TlsError(alertName(code), `the peer ended the connection with ${alertName(code)}`, { fault: 'peer-alert' }),
    )
  }

  /** The handshake begins when the transport is there to carry it, so that its times are true. */
  #beginHandshake(): void {
    const handshake = this.#handshake
    this.#handshake = undefined
    if (handshake !== undefined) this.#stories.begin(handshake)
  }

  *#tellHandshake(handshake: Flow<Established>): Flow {
    const established = yield* handshake
    this.#complete(established)
    if (established.firstOfAll !== undefined) yield* established.firstOfAll(this.#postHandshakeContext)
  }

  #complete(established: Established): void {
    this.#established = established
    const { inUse, traffic } = established
    if (traffic !== undefined) {
      this.#keyUpdates.setWrite(inUse, traffic.write)
      this.#keyUpdates.setRead(traffic.read)
    }
    this.#state = 'open'
    this.#isWriteOpen = true
    this.#layer.finishHandshake()
    this.#journal.end()
    this.#events.push({ type: 'handshake-complete' })
  }

  // --- what the stories can do ---

  get #postHandshakeContext(): PostHandshakeContext {
    return {
      role: this.role,
      keyUpdates: this.#keyUpdates,
      resumption: this.#established?.resumption,
      keep: (session) => void this.#events.push({ type: 'session', session }),
      send: (message) => {
        if (!this.#isWriteClosed) this.#layer.sendHandshake(message)
      },
      auth: this.#established?.postHandshakeAuth,
      authenticated: (client) => {
        if (client !== undefined) this.#established = { ...(this.#established as Established), peer: client }
        this.#events.push({ type: 'client-answered', isAuthenticated: client !== undefined })
      },
      maySend: () => !this.#isWriteClosed,
      warn: (description) => {
        if (!this.#isWriteClosed) this.#sendWarning(description)
      },
    }
  }

  // --- endings ---

  #sendWarning(description: 'close_notify' | 'user_canceled' | 'no_renegotiation'): void {
    this.#layer.sendAlert(LEVEL_WARNING, ALERT_CODES[description])
    this.#journal.alert(description, 'warning', 'sent', this.#layer.isWriteProtected)
  }

  /** The one place where an error becomes an alert. */
  #fail(cause: unknown): void {
    if (this.#state === 'failed' || this.#state === 'closed') return
    const error = asTlsError(cause)
    if (this.#state === 'handshaking') {
      // That nothing was altered is what the last stage proves, whichever message a broken record held.
      error.stage ??= error.alert === 'bad_record_mac' ? 'verify' : this.#journal.stage
    }
    if (error.direction === 'sent' && !this.#isWriteClosed) {
      this.#layer.sendAlert(LEVEL_FATAL, ALERT_CODES[error.alert as AlertDescription])
      this.#journal.alert(error.alert as string, 'fatal', 'sent', this.#layer.isWriteProtected, error.stage)
    }
    this.#error = error
    this.#journal.end(error)
    this.#finish('failed')
    this.#events.push({ type: 'failed', error })
  }

  /** The host does not want the handshake any more: no alert but the closing ones already sent. */
  #abandon(message: string): void {
    const error = new TlsError(null, message, { fault: 'host', stage: this.#journal.stage })
    this.#error = error
    this.#journal.end(error)
    this.#finish('closed')
  }

  /** Ends the flow and drops what is secret. */
  #finish(state: 'closed' | 'failed'): void {
    this.#state = state
    this.#isReadClosed = true
    this.#isWriteClosed = true
    this.#stories.end()
    this.#layer[Symbol.dispose]()
    this.#keyUpdates[Symbol.dispose]()
    this.#established?.resumption?.[Symbol.dispose]()
    if (state === 'failed') this.#established?.exporter[Symbol.dispose]()
  }
}
