/**
 * Transparency logs for tests: keys, their entries in a log list, and timestamps signed by them. The encodings are
 * written here from RFC 6962, with nothing of what is tested.
 *
 *     const log = makeLog({ name: 'Log A', operator: 'A' })
 *     const leaf = issueWithTimestamps(ca, [{ log }, { log: other }], { dnsNames: ['example.com'] })
 *     writeTimestamps([signTimestamp({ log }, { certificate: leaf.certificate })])   // for TLS or OCSP
 *     writeLogList([log, other])                                                     // what readLogList reads
 */

import { readDer, writeBase64, writeOctetString } from '../src/asn1/index.ts'
import { concatBytes } from '../src/bytes/index.ts'
import { nodeProvider } from '../src/crypto/node.ts'
import { algorithmFor, issue, type IssueOptions, makeKey, type TestCertificate, type TestKey } from './pki.ts'

export interface TestLog {
  readonly name: string
  readonly operator: string
  readonly key: TestKey
  readonly logId: Uint8Array
  /** Its entry in the list. */
  readonly entry: Readonly<Record<string, unknown>>
}

export interface LogOptions {
  readonly name: string
  readonly operator?: string
  readonly keyType?: 'ecdsa-p256' | 'ecdsa-p384' | 'rsa-2048'
  /** Members of its entry, instead of the usual ones or beside them. */
  readonly entry?: Readonly<Record<string, unknown>>
}

/** A log that is usable since 2020. */
export function makeLog({ name, operator, keyType, entry }: LogOptions): TestLog {
  const key = makeKey(keyType ?? 'ecdsa-p256')
  const logId = nodeProvider.hashes.sha256.digest(key.subjectPublicKeyInfo)
  return {
    name,
    operator: operator ?? name,
    key,
    logId,
    entry: {
      description: name,
      log_id: writeBase64(logId),
      key: writeBase64(key.subjectPublicKeyInfo),
      mmd: 86400,
      url: 'https://log.example/',
      state: { usable: { timestamp: '2020-01-01T00:00:00Z' } },
      ...entry,
    },
  }
}

/** JSON text of a log list of version 3. */
export function writeLogList(logs: readonly TestLog[]): string {
  const operators = [...Map.groupBy(logs, ({ operator }) => operator)].map(([name, own]) => ({
    name,
    email: [],
    logs: own.map(({ entry }) => entry),
    tiled_logs: [],
  }))
  return JSON.stringify({ version: '1.0', log_list_timestamp: '2026-01-01T00:00:00Z', operators })
}

export interface TimestampOptions {
  readonly log: TestLog
  /** Milliseconds since the epoch; default 2025-06-01. */
  readonly time?: number | bigint
  readonly extensions?: Uint8Array
  readonly breakSignature?: boolean
  /** Numbers of HashAlgorithm and SignatureAlgorithm instead of the right ones. */
  readonly algorithm?: readonly [hash: number, signature: number]
  /** Another log's ID. */
  readonly logId?: Uint8Array
}

/** What is logged: a certificate in DER, or a TBSCertificate in DER and its issuer. */
export type TestEntry =
  | { readonly certificate: Uint8Array }
  | { readonly tbsCertificate: Uint8Array; readonly issuer: TestCertificate }

/** A SignedCertificateTimestamp of version 1. */
export function signTimestamp(options: TimestampOptions, entry: TestEntry): Uint8Array {
  const { log } = options
  const time = number(8, BigInt(options.time ?? Date.UTC(2025, 5, 1)))
  const extensions = vector(2, options.extensions ?? new Uint8Array(0))
  const logged =
    'certificate' in entry
      ? concatBytes(number(2, 0n), vector(3, entry.certificate))
      : concatBytes(
          number(2, 1n),
          nodeProvider.hashes.sha256.digest(entry.issuer.key.subjectPublicKeyInfo),
          vector(3, entry.tbsCertificate),
        )
  const data = concatBytes(Uint8Array.of(0, 0), time, logged, extensions)
  const signature = nodeProvider.sign(algorithmFor(log.key.keyType), nodeProvider.importPrivateKey(log.key.pkcs8), data)
  if (options.breakSignature === true) signature[signature.length - 1] = (signature.at(-1) as number) ^ 1
  const algorithm = options.algorithm ?? [4, log.key.keyType.startsWith('rsa') ? 1 : 3]
  const id = options.logId ?? log.logId
  return concatBytes(Uint8Array.of(0), id, time, extensions, Uint8Array.from(algorithm), vector(2, signature))
}

/** A SignedCertificateTimestampList. */
export function writeTimestamps(timestamps: readonly Uint8Array[]): Uint8Array {
  return vector(2, concatBytes(...timestamps.map((timestamp) => vector(2, timestamp))))
}

/**
 * A certificate with timestamps inside, each over what the certificate was before. Other extensions of `options` come
 * behind them.
 */
export function issueWithTimestamps(
  issuer: TestCertificate,
  timestamps: readonly TimestampOptions[],
  options: IssueOptions = {},
): TestCertificate {
  const fixed = { key: makeKey('ecdsa-p256'), serialNumber: 0x1234567890, ...options }
  const bare = issue(issuer, fixed)
  const reader = readDer(bare.certificate, 'certificate')
  const tbsCertificate = reader.element('tbsCertificate')
  const list = writeTimestamps(timestamps.map((timestamp) => signTimestamp(timestamp, { tbsCertificate, issuer })))
  const extension = { oid: '1.3.6.1.4.1.11129.2.4.2', value: writeOctetString(list) }
  return issue(issuer, { ...fixed, extensions: [extension, ...(options.extensions ?? [])] })
}

function number(length: number, value: bigint): Uint8Array {
  const bytes = new Uint8Array(length)
  for (let at = length - 1, rest = value; at >= 0; at--, rest >>= 8n) bytes[at] = Number(rest & 0xffn)
  return bytes
}

function vector(prefix: number, bytes: Uint8Array): Uint8Array {
  return concatBytes(number(prefix, BigInt(bytes.length)), bytes)
}
