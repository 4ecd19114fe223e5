/**
 * Lists of transparency logs: version 3 of the JSON format that Chrome publishes (log_list.json).
 *
 * Read is what timestamps are judged by: operators, keys, states, temporal intervals. Left out: addresses of logs,
 * tree heads, e-mail addresses, and whatever a later schema adds.
 */

import { readBase64, writeBase64 } from '../../asn1/pem.ts'
import { equalBytes } from '../../bytes/compare.ts'
import { DecodeError } from '../../bytes/decode-error.ts'
import type { CryptoProvider } from '../../crypto/provider.ts'
import { CertificateError, certificateError } from '../certificate-error.ts'
import { printableText, quotedText } from '../printable-text.ts'
import { readSignerKey, type SignerKey } from '../signed-data.ts'

const LOG_STATES = ['pending', 'qualified', 'usable', 'readonly', 'retired', 'rejected'] as const

/** States of a log, by the names that log lists have for them. */
export type LogState = (typeof LOG_STATES)[number]

/** A log. Times in milliseconds since the epoch. */
export interface TransparencyLog {
  /** Base64 of the SHA-256 of its SubjectPublicKeyInfo. */
  readonly logId: string
  /** Its description; the log ID if it has none. */
  readonly name: string
  readonly operator: string
  /** Who operated it before, each until `end`, the earliest first. */
  readonly previousOperators: readonly { readonly name: string; readonly end: number }[]
  readonly key: SignerKey
  /** Null if the list does not say. */
  readonly state: { readonly name: LogState; readonly since: number } | null
  /** Certificates it takes: those whose notAfter lies from `start` to before `end`; null for any. */
  readonly interval: { readonly start: number; readonly end: number } | null
  /** False for logs that are there to be tested or watched only. */
  readonly isProduction: boolean
}

/** The transparency logs whose timestamps count. */
export interface LogList {
  /** Date of the data, milliseconds since the epoch; null if unknown. */
  readonly date: number | null
  /** Version of the data; null if unknown. */
  readonly version: string | null
  readonly logs: readonly TransparencyLog[]
  /** @param logId base64. */
  find(logId: string): TransparencyLog | undefined
}

/**
 * Reads a log list: the JSON text, or what JSON.parse made of it.
 * @param provider hashes the keys, which the log IDs must be the SHA-256 of.
 * @throws {CertificateError} `malformed`, with the path to the field: `operators[1].logs[0].log_id`.
 */
export function readLogList(json: unknown, provider: CryptoProvider): LogList {
  try {
    const root = objectAt(typeof json === 'string' ? parse(json) : json, 'logList')
    const logs: TransparencyLog[] = []
    const byId = new Map<string, TransparencyLog>()
    for (const log of readOperators(root, provider)) {
      if (byId.has(log.logId)) throw new DecodeError('operators', 'each log once', `${log.logId} for the second time`)
      byId.set(log.logId, log)
      logs.push(log)
    }
    const date = root['log_list_timestamp']
    const { version } = root
    return {
      date: date === undefined ? null : timeAt(date, 'log_list_timestamp'),
      version: version === undefined ? null : textAt(version, 'version'),
      logs,
      find: (logId) => byId.get(logId),
    }
  } catch (error) {
    throw certificateError(error)
  }
}

/** Who operated `log` at `time`: what different operators are told apart by. */
export function operatorAt(log: TransparencyLog, time: number): string {
  return log.previousOperators.find(({ end }) => time < end)?.name ?? log.operator
}

type JsonObject = Readonly<Record<string, unknown>>

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new CertificateError(
      'malformed',
      `logList: needs JSON: ${printableText((error as Error).message)}`,
      'logList',
    )
  }
}

function* readOperators(root: JsonObject, provider: CryptoProvider): Generator<TransparencyLog> {
  for (const [index, value] of listAt(root['operators'], 'operators').entries()) {
    const path = `operators[${index}]`
    const operator = objectAt(value, path)
    const name = textAt(operator['name'], `${path}.name`)
    for (const kind of ['logs', 'tiled_logs']) {
      const logs = operator[kind]
      if (logs === undefined) continue
      for (const [place, log] of listAt(logs, `${path}.${kind}`).entries()) {
        const logPath = `${path}.${kind}[${place}]`
        yield readLog(objectAt(log, logPath), logPath, name, provider)
      }
    }
  }
}

function readLog(log: JsonObject, path: string, operator: string, provider: CryptoProvider): TransparencyLog {
  const subjectPublicKeyInfo = bytesAt(log['key'], `${path}.key`)
  const hash = provider.hashes.sha256.digest(subjectPublicKeyInfo)
  const id = bytesAt(log['log_id'], `${path}.log_id`)
  const logId = writeBase64(id)
  if (!equalBytes(id, hash)) {
    throw new DecodeError(`${path}.log_id`, `${writeBase64(hash)}, the SHA-256 of its key`, logId)
  }
  const { description } = log
  const type = log['log_type']
  return {
    logId,
    name: description === undefined ? logId : textAt(description, `${path}.description`),
    operator,
    previousOperators: readPreviousOperators(log['previous_operators'], `${path}.previous_operators`),
    key: readLogKey(subjectPublicKeyInfo, `${path}.key`),
    state: readState(log['state'], `${path}.state`),
    interval: readInterval(log['temporal_interval'], `${path}.temporal_interval`),
    isProduction: type === undefined || textAt(type, `${path}.log_type`) === 'prod',
  }
}

/** RFC 6962 section 2.1.4: ECDSA on P-256, or RSA of at least 2048 bits. */
function readLogKey(subjectPublicKeyInfo: Uint8Array, path: string): SignerKey {
  const key = readSignerKey(subjectPublicKeyInfo)
  try {
    const { keyType, text } = key.publicKeyInfo
    const isFit =
      (keyType?.type === 'ec' && keyType.curve === 'secp256r1') || (keyType?.type === 'rsa' && keyType.bits >= 2048)
    if (!isFit) throw new DecodeError(path, 'a key of ECDSA P-256 or of RSA with at least 2048 bits', text)
    return key
  } catch (error) {
    if (!(error instanceof DecodeError) || error.path === path) throw error
    throw new DecodeError(`${path}.${error.path}`, error.needs, error.has)
  }
}

function readPreviousOperators(value: unknown, path: string): { readonly name: string; readonly end: number }[] {
  if (value === undefined) return []
  return listAt(value, path)
    .map((entry, index) => {
      const operator = objectAt(entry, `${path}[${index}]`)
      return {
        name: textAt(operator['name'], `${path}[${index}].name`),
        end: timeAt(operator['end_time'], `${path}[${index}].end_time`),
      }
    })
    .toSorted((a, b) => a.end - b.end)
}

function readState(value: unknown, path: string): TransparencyLog['state'] {
  if (value === undefined) return null
  const state = objectAt(value, path)
  const names = Object.keys(state)
  const name = LOG_STATES.find((known) => known === names[0])
  if (name === undefined || names.length !== 1) {
    throw new DecodeError(path, `one of ${LOG_STATES.join(', ')}`, names.length === 0 ? 'none' : names.join(', '))
  }
  const since = timeAt(objectAt(state[name], `${path}.${name}`)['timestamp'], `${path}.${name}.timestamp`)
  return { name, since }
}

function readInterval(value: unknown, path: string): TransparencyLog['interval'] {
  if (value === undefined) return null
  const interval = objectAt(value, path)
  return {
    start: timeAt(interval['start_inclusive'], `${path}.start_inclusive`),
    end: timeAt(interval['end_exclusive'], `${path}.end_exclusive`),
  }
}

function objectAt(value: unknown, path: string): JsonObject {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw mismatch(path, 'an object', value)
  return value as JsonObject
}

function listAt(value: unknown, path: string): readonly unknown[] {
  if (!Array.isArray(value)) throw mismatch(path, 'an array', value)
  return value
}

function textAt(value: unknown, path: string): string {
  if (typeof value !== 'string') throw mismatch(path, 'a string', value)
  return value
}

function bytesAt(value: unknown, path: string): Uint8Array {
  return readBase64(textAt(value, path), path)
}

/** A date and time of RFC 3339 in UTC. */
function timeAt(value: unknown, path: string): number {
  const text = textAt(value, path)
  const time = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/.test(text) ? Date.parse(text) : Number.NaN
  if (Number.isNaN(time)) throw new DecodeError(path, 'a time as 2026-01-01T00:00:00Z', quotedText(text))
  return time
}

function mismatch(path: string, needs: string, value: unknown): DecodeError {
  const has =
    value === undefined ? 'nothing' : value === null ? 'null' : Array.isArray(value) ? 'an array' : `a ${typeof value}`
  return new DecodeError(path, needs, has)
}
