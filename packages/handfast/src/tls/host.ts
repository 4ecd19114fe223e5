/**
 * The answers that need no waiting: an engine's host may use this for every task and answer only the
 * rest itself.
 */

import type { CryptoProvider } from '../crypto/provider.ts'
import { deferFields } from '../x509/deferred-fields.ts'
import { referenceIdentity } from '../x509/identity.ts'
import type { TrustStore } from '../x509/trust-store.ts'
import type { KeySet } from '../x509/key-set.ts'
import { verifyRawPublicKey } from '../x509/raw-public-key.ts'
import type { Verdict, VerifyRequest } from '../x509/verdict.ts'
import { verifyChain } from '../x509/verify.ts'
import type { Identity } from './config.ts'
import type { Connection } from './connection.ts'
import type { Task } from './event.ts'
import type { PeerJudgement } from './handshake/flow.ts'
import { chooseIdentity } from './handshake/identity.ts'
import type { ReplayStore } from './replay.ts'
import { openTicket, sealTicket, type TicketKeyStore } from './ticket.ts'

/**
 * How a peer's chain is judged, beside whom to trust, the time and the name: as in `VerifyRequest`.
 * Lists that serve many handshakes should be read beforehand; in DER they are read for each.
 */
export type Validation = Pick<
  VerifyRequest,
  | 'policy'
  | 'intermediates'
  | 'crls'
  | 'ocspResponses'
  | 'logs'
  | 'pins'
  | 'blocklist'
  | 'weakKeys'
  | 'interceptionRoots'
  | 'knownKeys'
  | 'budgets'
> & {
  /** Raw public keys (RFC 7250) that are trusted, whatever `trust` holds. Default: none. */
  readonly trustedKeys?: KeySet
}

export interface LocalHost {
  readonly provider: CryptoProvider
  /** Tried in this order. */
  readonly identities?: readonly Identity[]
  /** Whom to trust. Absent: `verify-peer` is left to the host. */
  readonly trust?: TrustStore
  /** Milliseconds since the epoch. */
  readonly time: () => number
  /**
   * `required` (default): a peer is accepted only if the verdict is trusted. `recorded`: the verdict is
   * made and reported, and the peer accepted all the same; whoever sets this has no idea who the peer is.
   */
  readonly verification?: 'required' | 'recorded'
  /** Policy, lists and limits to judge by. Default: the policy `tls`, and no lists. */
  readonly validation?: Validation
  /** Keys for session tickets. Absent: those tasks are left to the host. */
  readonly ticketKeys?: TicketKeyStore
  /** Where early data that was taken is noted. Absent: that task is left to the host. */
  readonly replayStore?: ReplayStore
}

/**
 * Answers the connection's tasks as long as they can be answered at once: signatures with keys of the
 * provider, a choice among identities, and verdicts against the trust store. Returns the task that
 * is left for the host, if any.
 */
export function answerTasks(connection: Connection, host: LocalHost): Task | undefined {
  for (let task = connection.task; task !== undefined; task = connection.task) {
    if (!answerTask(connection, task, host)) return task
  }
  return undefined
}

function answerTask(connection: Connection, task: Task, host: LocalHost): boolean {
  switch (task.kind) {
    case 'sign': {
      const { key } = task.identity
      if (key === undefined) return false
      let signature: Uint8Array
      try {
        signature = host.provider.sign(task.algorithm, key, task.input)
      } catch (error) {
        connection.refuse(task.id, error instanceof Error ? error : new Error(String(error)))
        return true
      }
      connection.resume<'sign'>(task.id, signature)
      return true
    }
    case 'choose-identity':
      connection.resume<'choose-identity'>(task.id, chooseIdentity(host.provider, host.identities ?? [], task))
      return true
    case 'verify-peer': {
      if (host.trust === undefined) return false
      connection.resume<'verify-peer'>(task.id, judgePeer(task, host, host.trust))
      return true
    }
    case 'seal-ticket':
    case 'open-ticket':
    case 'claim-early-data': {
      const answer = answerSession(task, host)
      if (answer === undefined || isPromise(answer)) return false
      connection.resume(task.id, answer.value)
      return true
    }
    default:
      return false
  }
}

type SessionTask = Extract<Task, { kind: 'seal-ticket' | 'open-ticket' | 'claim-early-data' }>
interface SessionAnswer {
  readonly value: Uint8Array | boolean | undefined
}

/**
 * The answer to a task about sessions, or a promise of it where a store is not at hand; undefined if there is no such store. A
 * store that fails costs the ticket or the early data, never the connection.
 */
export function answerSession(
  task: SessionTask,
  host: Pick<LocalHost, 'provider' | 'ticketKeys' | 'replayStore'>,
): SessionAnswer | Promise<SessionAnswer> | undefined {
  if (task.kind === 'claim-early-data') {
    const { replayStore } = host
    if (replayStore === undefined) return undefined
    return attempt(
      () => replayStore.claim(task.binder, task.ttl),
      (isNew) => isNew === true,
      false,
    )
  }
  const { provider, ticketKeys } = host
  if (ticketKeys === undefined) return undefined
  return attempt(
    () => ticketKeys.keys(),
    (keys) =>
      task.kind === 'open-ticket'
        ? openTicket(provider, keys, task.ticket)
        : keys[0] === undefined
          ? undefined
          : sealTicket(provider, keys[0], task.state),
    undefined,
  )
}

function attempt<T>(
  ask: () => T | PromiseLike<T>,
  use: (found: T) => SessionAnswer['value'],
  otherwise: SessionAnswer['value'],
): SessionAnswer | Promise<SessionAnswer> {
  const failed = (): SessionAnswer => ({ value: otherwise })
  try {
    const found = ask()
    return isPromise(found)
      ? Promise.resolve(found)
          .then((later) => ({ value: use(later) }))
          .catch(failed)
      : { value: use(found) }
  } catch {
    return failed()
  }
}

function isPromise<T>(value: T | PromiseLike<T>): value is PromiseLike<T> {
  return typeof (value as PromiseLike<T> | undefined | null)?.then === 'function'
}

/** The verdict of `handfast/x509` on a `verify-peer` task; a raw public key is trusted only if it is among `trustedKeys`. */
export function judgePeer(task: VerifyPeerTask, host: LocalHost, trust: TrustStore): PeerJudgement {
  if (task.rawPublicKey !== undefined) {
    return judgementOf(
      task,
      host,
      verifyRawPublicKey({ ...host.validation, key: task.rawPublicKey, provider: host.provider }),
    )
  }
  return judgementOf(task, host, verifyChain(verifyPeerRequest(task, host, trust)))
}

/** What is asked of `verifyChain` for a `verify-peer` task about a chain: for a host that asks it itself, to fetch what it wants. */
export function verifyPeerRequest(task: VerifyPeerTask, host: LocalHost, trust: TrustStore): VerifyRequest {
  const { trustedKeys: _, ...validation } = host.validation ?? {}
  return {
    ...validation,
    chain: task.leaf === undefined ? task.chain : [task.leaf, ...task.chain.slice(1)],
    trust,
    time: host.time(),
    purpose: task.peer,
    provider: host.provider,
    ...(task.stapled === undefined ? {} : { stapled: task.stapled }),
    ...(task.timestampList === undefined ? {} : { timestampList: task.timestampList }),
    ...(task.serverName === undefined ? {} : { identity: referenceIdentity(task.serverName) }),
  }
}

/** The judgement that follows from the verdict on a request of `verifyPeerRequest`, or on a raw public key. */
export function judgementOf(
  task: VerifyPeerTask,
  { verification }: Pick<LocalHost, 'verification'>,
  given: Verdict,
): PeerJudgement {
  // A list of raw public keys says for whom they are.
  const isNameless = task.peer === 'server' && task.serverName === undefined && task.rawPublicKey === undefined
  const verdict = isNameless ? nameless(given) : given
  return { accepted: verdict.trusted || verification === 'recorded', verdict }
}

type VerifyPeerTask = Extract<Task, { kind: 'verify-peer' }>

/** A server that need not prove a name may be anyone who has a certificate: that is nobody to trust. */
function nameless(verdict: Verdict): Verdict {
  const message = 'subjectAltName: needs the name that the server must prove, and none was given'
  const { reasons, warnings, path, explanation } = verdict
  // What is wanted is dear to tell, and nobody may ask.
  return deferFields<Pick<Verdict, 'wanted'>, Omit<Verdict, 'wanted'>>(
    {
      trusted: false,
      reasons: [...reasons, { reason: 'name-mismatch', certificate: 0, message }],
      warnings,
      path,
      ...(explanation !== undefined && { explanation }),
    },
    { wanted: () => verdict.wanted },
  )
}
