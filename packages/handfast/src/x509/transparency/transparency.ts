/**
 * Certificate Transparency (RFC 6962): the timestamps of a leaf from all three sources, checked against a list of
 * logs, and whether they are as many as the policy demands.
 *
 * A timestamp counts if its log's signature verifies, it is not from the future (section 5.2), the log is qualified,
 * usable or read-only, and the certificate ends within the log's temporal interval. A retired log counts for
 * timestamps from before its retirement, and only for those inside the certificate: TLS and OCSP could bring
 * newer ones. At least one must be of a log that is not retired. Each log counts once, and operators are those of
 * the time of the timestamp.
 *
 * Left out: version 2 (RFC 9162), whose timestamps are recognised, reported, and not counted (timestamp-list.ts);
 * inclusion proofs and gossip, which need a network.
 */

import { writeBase64 } from '../../asn1/pem.ts'
import type { CryptoProvider } from '../../crypto/provider.ts'
import type { Certificate } from '../certificate.ts'
import { CertificateError } from '../certificate-error.ts'
import { quotedText } from '../printable-text.ts'
import { CertificateIdMatcher } from '../revocation/ocsp-certificate-id.ts'
import { OCSP_EXTENSION } from '../revocation/ocsp-extensions.ts'
import { type OcspResponse, readOcspResponse, timestampListOf } from '../revocation/ocsp-response.ts'
import type { Problem } from '../rules/rule.ts'
import { timeText } from '../time-text.ts'
import type { SignatureAlgorithmInfo } from '../signature-algorithm.ts'
import type { SignedData, SignerKey } from '../signed-data.ts'
import type { TransparencyPolicy, ValidationPolicy } from '../validation-policy.ts'
import type { TimestampFinding } from './finding.ts'
import { type LogList, operatorAt, type TransparencyLog } from './log-list.ts'
import {
  certificateEntry,
  entryBytes,
  MAX_ENTRY_LENGTH,
  precertificateEntry,
  type SignedEntry,
  TIMESTAMP_LIST_OID,
  writeSignedEntry,
} from './signed-entry.ts'
import { isSignedTimestamp, readTimestampList, type SignedTimestamp } from './timestamp-list.ts'

/** Timestamps beside those in the certificate. */
export interface TransparencySources {
  /** SignedCertificateTimestampList of the TLS extension. */
  readonly timestampList?: Uint8Array | undefined
  /** Stapled ones, and others that count: those that name the leaf and carry timestamps are used. */
  readonly ocspResponses?: readonly (OcspResponse | Uint8Array)[] | undefined
}

/** What timestamps are judged by. */
export interface TransparencyContext {
  /** Milliseconds since the epoch. */
  readonly time: number
  readonly provider: CryptoProvider
  readonly policy: Pick<ValidationPolicy, 'transparency' | 'revocation'>
  /** True if the signature is that of `signer`; false also once the budget for signature checks is spent. */
  verify(signed: SignedData, signer: SignerKey): boolean
}

/** What the timestamps of a certificate are worth. */
export interface TransparencyResult {
  /** One for each timestamp, and for each list that cannot be read; of one source as many as MAX_TIMESTAMPS, then one for the rest. */
  readonly timestamps: readonly TimestampFinding[]
  /** Null if there are as many as the policy demands. */
  readonly problem: Problem | null
}

/** Most signatures of timestamps that are checked for one certificate. Real ones have two to five. */
export const MAX_TIMESTAMP_CHECKS = 16
/** Most timestamps of one source that are looked at. */
export const MAX_TIMESTAMPS = 32
/** Most lists of OCSP responses that are read. */
const MAX_TIMESTAMP_LISTS = 4

/**
 * Judges the timestamps of the leaf of `path`. Never throws for what is in them.
 * @param path leaf first; the second is whose key signed it.
 * @param logs null or undefined: every timestamp is of an unknown log.
 */
export function checkTransparency(
  path: readonly Certificate[],
  sources: TransparencySources,
  logs: LogList | null | undefined,
  context: TransparencyContext,
): TransparencyResult {
  const [leaf] = path
  if (leaf === undefined) return { timestamps: [], problem: null }
  const issuer = path[1] ?? leaf
  const judge = new TimestampJudge(leaf, logs ?? null, context)
  judgeEmbedded(judge, leaf, issuer, context.provider)
  const entry = certificateEntry(leaf)
  if (sources.timestampList !== undefined) judge.list('tls', () => sources.timestampList as Uint8Array, entry)
  let lists = 0
  for (const read of ocspLists(sources.ocspResponses ?? [], leaf, issuer, context.provider)) {
    if (++lists > MAX_TIMESTAMP_LISTS) {
      judge.unsupported('ocsp', `And more lists, beyond the first ${MAX_TIMESTAMP_LISTS}.`)
      break
    }
    judge.list('ocsp', read, entry)
  }
  return { timestamps: judge.findings, problem: findProblem(leaf, judge, logs ?? null, context.policy.transparency) }
}

/** A timestamp that counts. */
interface Counted {
  readonly log: TransparencyLog
  readonly operator: string
  readonly isRetired: boolean
}

class TimestampJudge {
  readonly findings: TimestampFinding[] = []
  readonly counted: Counted[] = []
  readonly #leaf: Certificate
  readonly #logs: LogList | null
  readonly #context: TransparencyContext
  #checks = 0

  constructor(leaf: Certificate, logs: LogList | null, context: TransparencyContext) {
    this.#leaf = leaf
    this.#logs = logs
    this.#context = context
  }

  /** Judges the timestamps of one list; `read` returns it or throws CertificateError. */
  list(source: TimestampFinding['source'], read: () => Uint8Array, entry: SignedEntry): void {
    try {
      const timestamps = readTimestampList(read())
      const room = Math.max(0, MAX_TIMESTAMPS - this.findings.filter((finding) => finding.source === source).length)
      for (const timestamp of timestamps.slice(0, room)) {
        if (isSignedTimestamp(timestamp)) this.findings.push(this.#judge(source, timestamp, entry))
        else this.unsupported(source, `It is of version ${timestamp.version}; only version 1 (RFC 6962) is supported.`)
      }
      const beyond = timestamps.length - room
      if (beyond > 0) this.unsupported(source, `And ${beyond} more, beyond the first ${MAX_TIMESTAMPS}.`)
    } catch (error) {
      if (!(error instanceof CertificateError)) throw error
      this.findings.push({ ...UNREAD, source, status: 'invalid', message: `Malformed: ${error.message}.` })
    }
  }

  unsupported(source: TimestampFinding['source'], message: string): void {
    this.findings.push({ ...UNREAD, source, status: 'not-counted', message })
  }

  #judge(source: TimestampFinding['source'], timestamp: SignedTimestamp, entry: SignedEntry): TimestampFinding {
    const logId = writeBase64(timestamp.logId)
    const log = this.#logs?.find(logId)
    const finding = { source, logId, log: log?.name ?? null, timestamp: timestamp.timestamp }
    if (log === undefined) {
      const message = this.#logs === null ? 'No log list was given to check it by.' : 'Its log is not in the list.'
      return { ...finding, status: 'unknown-log', operator: null, message }
    }
    const operator = operatorAt(log, timestamp.timestamp)
    const who = `${quotedText(log.name)} (${quotedText(operator)})`
    if (this.#checks === MAX_TIMESTAMP_CHECKS) {
      const message = `It is beyond the first ${MAX_TIMESTAMP_CHECKS} that are checked.`
      return { ...finding, status: 'not-counted', operator, message }
    }
    this.#checks++
    if (!this.#isSigned(timestamp, entry, log)) {
      return { ...finding, status: 'invalid', operator, message: `Its signature is not that of ${who}.` }
    }
    const { time } = this.#context
    const reason = this.#futureProblem(timestamp) ?? logProblem(log, timestamp, source, this.#leaf, time)
    if (reason !== null)
      return { ...finding, status: 'not-counted', operator, message: `${who} signed it, but ${reason}.` }
    this.counted.push({ log, operator, isRetired: isRetired(log, time) })
    return { ...finding, status: 'valid', operator, message: `${who} signed it at ${instantText(timestamp)}.` }
  }

  #isSigned(timestamp: SignedTimestamp, entry: SignedEntry, log: TransparencyLog): boolean {
    const signatureAlgorithm = algorithmOf(timestamp)
    if (signatureAlgorithm === null || entryBytes(entry).length > MAX_ENTRY_LENGTH) return false
    const data = writeSignedEntry(timestamp, entry)
    return this.#context.verify({ signatureAlgorithm, data, signature: timestamp.signature }, log.key)
  }

  #futureProblem(timestamp: SignedTimestamp): string | null {
    const { time, policy } = this.#context
    if (timestamp.timestamp <= time + policy.revocation.clockSkew) return null
    return `its time ${instantText(timestamp)} is after ${timeText(time)}`
  }
}

const UNREAD = { logId: null, log: null, operator: null, timestamp: null } as const

/** RFC 6962 section 2.1.4: SHA-256 (4) with RSA (1) or ECDSA (3). */
function algorithmOf({ hashAlgorithm, signatureAlgorithm }: SignedTimestamp): SignatureAlgorithmInfo | null {
  if (hashAlgorithm !== 4) return null
  return signatureAlgorithm === 3 ? ECDSA : signatureAlgorithm === 1 ? RSA : null
}

const ECDSA: SignatureAlgorithmInfo = {
  oid: '1.2.840.10045.4.3.2',
  text: 'ECDSA with SHA-256',
  algorithm: { kind: 'ecdsa', hash: 'sha256' },
  weakness: null,
}

const RSA: SignatureAlgorithmInfo = {
  oid: '1.2.840.113549.1.1.11',
  text: 'RSA with SHA-256',
  algorithm: { kind: 'rsa-pkcs1', hash: 'sha256' },
  weakness: null,
}

/** RFC 9162 section 7.1: TransItems of version 2. */
const TRANSPARENCY_INFORMATION = '1.3.101.75'

function judgeEmbedded(judge: TimestampJudge, leaf: Certificate, issuer: Certificate, provider: CryptoProvider): void {
  if (leaf.extensions.get(TRANSPARENCY_INFORMATION) !== undefined) {
    judge.unsupported('certificate', 'Its list is of version 2 (RFC 9162); only version 1 (RFC 6962) is supported.')
  }
  if (leaf.extensions.get(TIMESTAMP_LIST_OID) === undefined) return
  const entry = precertificateEntry(leaf, issuer, provider)
  judge.list('certificate', () => leaf.extensions.timestampList as Uint8Array, entry)
}

/** The lists of all single responses that name the leaf. */
function* ocspLists(
  responses: readonly (OcspResponse | Uint8Array)[],
  leaf: Certificate,
  issuer: Certificate,
  provider: CryptoProvider,
): Generator<() => Uint8Array> {
  const matcher = new CertificateIdMatcher(leaf, issuer, provider)
  for (const given of responses) {
    for (const single of readable(given)?.basic?.responses ?? []) {
      const isCarrier = single.extensions.some(({ oid }) => oid === OCSP_EXTENSION.timestampList)
      if (isCarrier && matcher.matches(single.certificateId)) yield () => timestampListOf(single) as Uint8Array
    }
  }
}

/** Null for a malformed one: whoever judges revocation says so. */
function readable(response: OcspResponse | Uint8Array): OcspResponse | null {
  if (!(response instanceof Uint8Array)) return response
  try {
    return readOcspResponse(response)
  } catch {
    return null
  }
}

/** Why a timestamp of this log does not count, in words to follow "but"; null if it does. */
function logProblem(
  log: TransparencyLog,
  { timestamp }: SignedTimestamp,
  source: TimestampFinding['source'],
  leaf: Certificate,
  time: number,
): string | null {
  const { state, interval } = log
  if (!log.isProduction) return 'the log is for tests'
  if (state === null) return 'the list does not say whether the log is usable'
  if (state.name === 'pending' || state.name === 'rejected') return `the log is ${state.name}`
  if (isRetired(log, time)) {
    if (source !== 'certificate') return `the log is retired since ${timeText(state.since)}`
    if (timestamp >= state.since) return `the log was retired before, at ${timeText(state.since)}`
  }
  if (interval !== null && (leaf.notAfter < interval.start || leaf.notAfter >= interval.end)) {
    const range = `from ${timeText(interval.start)} to before ${timeText(interval.end)}`
    return `the log takes certificates that end ${range}, and this one ends at ${timeText(leaf.notAfter)}`
  }
  return null
}

function isRetired({ state }: TransparencyLog, time: number): boolean {
  return state?.name === 'retired' && state.since <= time
}

/** A timestamp may be beyond what a date can be. */
function instantText({ timestamp }: SignedTimestamp): string {
  return timestamp <= 8.64e15 ? new Date(timestamp).toISOString() : `${timestamp} ms`
}

const DAY = 86_400_000

/** Fewest logs for a certificate valid for `days`. Beyond the last row as in the last. */
function requiredTimestamps({ required }: TransparencyPolicy, days: number): number {
  return (required.find((row) => days <= row.days) ?? required.at(-1))?.timestamps ?? 0
}

function findProblem(
  leaf: Certificate,
  { counted, findings }: TimestampJudge,
  logs: LogList | null,
  policy: TransparencyPolicy,
): Problem | null {
  const days = (leaf.notAfter - leaf.notBefore) / DAY
  const needed = requiredTimestamps(policy, days)
  if (needed === 0 && policy.operators === 0) return null
  const logCount = new Set(counted.map(({ log }) => log.logId)).size
  const operators = new Set(counted.map(({ operator }) => operator))
  const missing: string[] = []
  if (logCount < needed) missing.push(`needs those of ${needed} logs, has ${logCount}`)
  if (operators.size < policy.operators)
    missing.push(`needs those of ${policy.operators} operators, has ${operators.size}`)
  if (counted.length > 0 && counted.every((entry) => entry.isRetired))
    missing.push('needs one of a log that is not retired')
  if (missing.length === 0) return null
  const message =
    `Signed certificate timestamps, for a certificate valid for ${Math.ceil(days)} days: ${missing.join('; ')}` +
    `${logs === null ? '; no log list was given' : refusedText(findings)}.`
  return { reason: 'transparency', certificate: leaf, message }
}

/** Most timestamps whose refusal a message tells. */
const MAX_TOLD = 3

function refusedText(findings: readonly TimestampFinding[]): string {
  const refused = findings.filter(({ status }) => status !== 'valid')
  if (refused.length === 0) return ''
  const told = refused
    .slice(0, MAX_TOLD)
    .map(({ message, logId }) => `${logId ?? 'one'}: ${message.replace(/\.$/, '')}`)
  return `; not counted: ${told.join('; ')}${refused.length > MAX_TOLD ? `; and ${refused.length - MAX_TOLD} more` : ''}`
}
