/**
 * Answering the engine's tasks: by the host's own decisions, now or later, or by what the options
 * say: keys of the provider sign, the trust store judges, the identity that fits is shown.
 */

import {
  type Fetch,
  type KeyMemory,
  pinText,
  readCertificate,
  type TrustStore,
  type Verdict,
  verifyChain,
  verifyFetching,
  verifyRawPublicKey,
  type WritableKeyMemory,
} from '../x509/index.ts'
import { quotedText } from '../x509/printable-text.ts'
import type { CryptoProvider } from '../crypto/provider.ts'
import {
  ALERT_CODES,
  type AlertDescription,
  type Answers,
  chooseIdentity,
  type Connection,
  type Identity,
  judgementOf,
  type PeerJudgement,
  type Question,
  type Task,
  TlsError,
  type Validation,
  verifyPeerRequest,
} from '../tls/index.ts'

type Answer<K extends Question['kind']> = Answers[K] | PromiseLike<Answers[K]>
type TaskOf<K extends Question['kind']> = Extract<Task, { kind: K }>

/**
 * The host's own answers, now or as a promise. An error, thrown or rejected, ends the handshake; a
 * `TlsError` also says with which alert.
 */
export interface Decisions {
  /** Signs with the key of an identity that has none here. Checked before it leaves: it must verify. */
  readonly sign?: (task: TaskOf<'sign'>) => Answer<'sign'>
  /**
   * Accepts the peer or not, in the light of the trust store's verdict, or for a raw public key (`task.rawPublicKey`) that
   * of the list of trusted ones. A judgement without a verdict
   * keeps that one: the peer counts as authorized only if its verdict is trusted.
   */
  readonly verifyPeer?: (
    task: TaskOf<'verify-peer'>,
    verdict: Verdict,
  ) => PeerJudgement | boolean | PromiseLike<PeerJudgement | boolean>
  /** Which identity to show; undefined for none. */
  readonly chooseIdentity?: (task: TaskOf<'choose-identity'>) => Answer<'choose-identity'>
  /** What to change for this client; undefined for nothing. */
  readonly chooseConfig?: (task: TaskOf<'choose-config'>) => Answer<'choose-config'>
}

/** What decides where the host has no decision of its own. */
export interface Judges {
  readonly provider: CryptoProvider
  readonly identities: readonly Identity[]
  readonly trust: TrustStore
  /** How a peer's chain is judged beside that. */
  readonly validation: Validation
  /** Gets what a verdict lacks; undefined: nothing is fetched. */
  readonly fetch: Fetch | undefined
  /** False: a peer is accepted whatever its verdict (`authorized` tells). */
  readonly rejectUnauthorized: boolean
  readonly decisions: Decisions
}

/** Answers the tasks of one connection. */
export class TaskAnswers {
  readonly #connection: Connection
  readonly #judges: Judges
  readonly #onLateAnswer: () => void
  #identities: readonly Identity[]
  /** Aborted with the connection. */
  readonly #ending: AbortController = new AbortController()
  /** The task that the host was asked about last. */
  #pending: number | undefined

  /** The OCSP response that the peer stapled for its own certificate, if it did. */
  stapled: Uint8Array | undefined

  /** @param onLateAnswer called after an answer that came later, to move on. */
  constructor(connection: Connection, judges: Judges, onLateAnswer: () => void) {
    this.#connection = connection
    this.#judges = judges
    this.#identities = judges.identities
    this.#onLateAnswer = onLateAnswer
  }

  /** Answers what can be answered now. */
  answer(): void {
    for (let task = this.#connection.task; task !== undefined; task = this.#connection.task) {
      // Also while the host is being asked: it may do something to the socket that brings us here again.
      if (task.id === this.#pending) return
      this.#pending = task.id
      let answer: unknown
      try {
        answer = this.#decide(task)
      } catch (error) {
        this.#refuse(task, error)
        continue
      }
      if (isPromise(answer)) {
        this.#await(task, answer)
        return
      }
      this.#resume(task, answer)
    }
  }

  /** Nobody waits for answers any more: what is fetched for them ends. */
  end(): void {
    this.#ending.abort()
  }

  #await(task: Task, answer: PromiseLike<unknown>): void {
    answer.then(
      (value) => {
        if (this.#ending.signal.aborted) return
        this.#resume(task, value)
        this.#onLateAnswer()
      },
      (error: unknown) => {
        if (this.#ending.signal.aborted) return
        this.#refuse(task, error)
        this.#onLateAnswer()
      },
    )
  }

  #resume(task: Task, answer: unknown): void {
    // What is chosen among from here on.
    if (task.kind === 'choose-config') {
      this.#identities = (answer as Answers['choose-config'])?.identities ?? this.#identities
    }
    this.#connection.resume(task.id, answer as never)
  }

  #refuse(task: Task, cause: unknown): void {
    const error = cause instanceof Error ? cause : new Error(String(cause))
    this.#connection.refuse(task.id, error, alertOf(error))
  }

  /** The answer, or a promise of it. */
  #decide(task: Task): unknown {
    const { provider, decisions } = this.#judges
    switch (task.kind) {
      case 'sign':
        if (task.identity.key !== undefined) return provider.sign(task.algorithm, task.identity.key, task.input)
        return this.#askForSignature(task)
      case 'verify-peer':
        this.stapled = task.stapled?.[0]
        return this.#judge(task)
      case 'choose-identity':
        if (decisions.chooseIdentity !== undefined) return decisions.chooseIdentity(task)
        return chooseIdentity(provider, this.#identities, task)
      case 'choose-config':
        return decisions.chooseConfig?.(task)
      default:
        throw new Error(`nothing answers '${(task as Task).kind}' tasks`)
    }
  }

  async #askForSignature(task: TaskOf<'sign'>): Promise<Uint8Array> {
    const { provider, decisions } = this.#judges
    if (decisions.sign === undefined) throw new TypeError('sign: needs a function, for an identity without key')
    const signature: unknown = await decisions.sign(task)
    if (!(signature instanceof Uint8Array)) {
      throw new TypeError(`sign: needs the signature as a Uint8Array, has ${typeof signature}`)
    }
    // A wrong signature would only come back as the peer's decrypt_error, which says nothing to whoever runs the signer.
    const { chain, rawPublicKey } = task.identity
    const key =
      rawPublicKey === undefined
        ? readCertificate(chain[0] as Uint8Array).publicKey(provider)
        : provider.importPublicKey(rawPublicKey)
    if (provider.verify(task.algorithm, key, task.input, signature)) return signature
    const form = task.algorithm.kind === 'ecdsa' ? ' (ECDSA: as DER, not r and s alone)' : ''
    throw new TypeError(
      `sign: needs a signature of ${task.scheme} by the identity's key${form}, has ${signature.length} bytes that do not verify`,
    )
  }

  #judge(task: TaskOf<'verify-peer'>): PeerJudgement | PromiseLike<PeerJudgement> {
    const { provider, trust, validation, fetch } = this.#judges
    // The key alone: there is nothing to fetch for it, and no name to remember it by.
    if (task.rawPublicKey !== undefined)
      return this.#judgeBy(task, verifyRawPublicKey({ ...validation, key: task.rawPublicKey, provider }))
    const request = verifyPeerRequest(task, { provider, time: Date.now, validation }, trust)
    const verdict = verifyChain(request)
    if (fetch === undefined || verdict.wanted.length === 0) return this.#judgeBy(task, verdict)
    // What cannot be had is a warning of the verdict. Anything else (a memory that was damaged meanwhile, a list of the
    // host's own that throws) leaves the peer unjudged: it must not pass by what was known before.
    return verifyFetching(request, fetch, {}, this.#ending.signal).then((better) => this.#judgeBy(task, better))
  }

  #judgeBy(task: TaskOf<'verify-peer'>, found: Verdict): PeerJudgement | PromiseLike<PeerJudgement> {
    const { rejectUnauthorized, decisions } = this.#judges
    const judgement = judgementOf(task, { verification: rejectUnauthorized ? 'required' : 'recorded' }, found)
    if (decisions.verifyPeer === undefined) return this.#remember(judgement)
    const verdict = judgement.verdict as Verdict
    const decided = decisions.verifyPeer(task, verdict)
    return isPromise(decided)
      ? decided.then((value) => this.#remember(completed(value, verdict)))
      : this.#remember(completed(decided, verdict))
  }

  /** Trust on first use: the key of a peer that was met for the first time, and found to be good otherwise. */
  #remember(judgement: PeerJudgement): PeerJudgement {
    const { accepted, verdict } = judgement
    const { knownKeys } = this.#judges.validation
    const remember = verdict?.explanation?.remember
    if (accepted && verdict?.trusted === true && remember && knownKeys !== undefined && canLearn(knownKeys)) {
      const keys = meet(knownKeys, remember.name, remember.key)
      if (!keys.includes(remember.key)) throw keyChanged(remember.name, remember.key, keys)
    }
    return judgement
  }
}

function canLearn(memory: KeyMemory): memory is WritableKeyMemory {
  return typeof (memory as Partial<WritableKeyMemory>).remember === 'function'
}

/** The keys of a name once it was met: this one alone, unless another handshake came before. */
function meet(memory: WritableKeyMemory, name: string, key: string): readonly string[] {
  if (memory.meet !== undefined) return memory.meet(name, key)
  const known = memory.recall(name)
  if (known.length > 0) return known
  memory.remember(name, key)
  return [key]
}

function keyChanged(name: string, key: string, keys: readonly string[]): TlsError {
  const known = keys.map(pinText).join(' or ')
  const message = `The key of ${quotedText(name)} must be the one remembered meanwhile, ${known}; it is ${pinText(key)}.`
  return new TlsError('bad_certificate', message, { fault: 'host' })
}

/** The host's word with a verdict to go with it. */
function completed(decided: PeerJudgement | boolean, verdict: Verdict): PeerJudgement {
  // Anything but a clear yes is a no.
  if (typeof decided !== 'object' || decided === null) return { accepted: decided === true, verdict }
  return { accepted: decided.accepted, verdict: decided.verdict ?? verdict }
}

function alertOf(error: Error): AlertDescription | undefined {
  const alert = error instanceof TlsError ? error.alert : null
  return alert !== null && Object.hasOwn(ALERT_CODES, alert) ? (alert as AlertDescription) : undefined
}

function isPromise<T>(value: T | PromiseLike<T>): value is PromiseLike<T> {
  return typeof (value as PromiseLike<T> | undefined | null)?.then === 'function'
}
