/**
 * VerificationReport: how a certificate was judged, without a handshake: the verdict, the path, the
 * checks, every path that was tried, and all it was judged by. `handfast verify --json` prints it;
 * its JSON Schema is generated from this file (`npm run schema`). It holds text and numbers alone.
 *
 * All moments are RFC 3339 in UTC.
 */

import type { ReasonReport, RevocationReport } from './handshake-report.ts'

/** Schema version of the record: `major.minor`; the major number changes when a reader must change. */
export const VERIFICATION_REPORT_VERSION = '1.1'

/** A reason, and what whoever can do something about it may do. */
export interface AdvisedReasonReport extends ReasonReport {
  /** What to change: one or more sentences; empty if nothing can be advised. */
  advice: string
  /** Subject of the certificate it is about, as RFC 4514 text; null if it is about none, or one that cannot be read. Since 1.1. */
  subject: string | null
}

/** A certificate of a path. Null stands for what is absent or cannot be read. */
export interface ExaminedCertificateReport {
  /** Index among the certificates given, 0 for the leaf; null for a trust anchor that was not given. */
  index: number | null
  role: 'leaf' | 'intermediate' | 'anchor'
  /** RFC 4514 text. */
  subject: string
  issuer: string
  /** Hex, lower case. */
  serialNumber: string
  notBefore: string
  notAfter: string
  /** For people: `ECDSA P-256`, `RSA 2048`, `Ed25519`. */
  publicKey: string | null
  signatureAlgorithm: string | null
  /** `DNS:example.com`, `IP:192.0.2.1`, `URI:...`, `email:...`. */
  subjectAltNames: string[] | null
  isCa: boolean | null
  /** How many intermediates may follow. */
  pathLength: number | null
  /** `digitalSignature`, `keyCertSign`, ... */
  keyUsage: string[] | null
  /** `serverAuth`, ...; dotted OIDs for what has no name. */
  extendedKeyUsage: string[] | null
  /** SHA-256 of the DER, hex. */
  fingerprint: string
  /** SHA-256 of the SubjectPublicKeyInfo, hex: what a pin is. */
  keyFingerprint: string
  /** The DER in base64. */
  der: string
}

/** A certificate as it was given. */
export interface GivenCertificateReport {
  /** 0 is the leaf. */
  index: number
  /** `chain`: presented. `intermediates`: at hand beside it. */
  given: 'chain' | 'intermediates'
  /** The file or address it came from; null if not told. */
  source: string | null
  /** Null if it cannot be read; its reason stands among the reasons or warnings. */
  subject: string | null
  /** SHA-256 of the bytes, hex. */
  fingerprint: string
  /** Whether it is in the path (or, if there is none, in the one that came closest). */
  used: boolean
}

/** One rule of the policy, and what came of it. */
export interface CheckReport {
  /** Name under which a policy sets it. */
  rule: string
  severity: 'refuse' | 'warn' | 'ignore'
  /**
   * `passed`: it holds for the whole path. `refused`, `warned`: it is broken. `ignored`: the policy
   * does not care. `not-asked`: nothing was given to judge by. `unknown`: it could not be said.
   * `open`: the certificate was refused before this was clear for a whole path. If no path was found,
   * `passed` is about the one that came closest.
   */
  outcome: 'passed' | 'refused' | 'warned' | 'ignored' | 'not-asked' | 'unknown' | 'open'
}

/** A path that was tried in vain. */
export interface TriedChainReport {
  /** Leaf first, as far as it came. */
  path: { index: number | null; subject: string; fingerprint: string }[]
  /** True if its last certificate is a trust anchor. */
  complete: boolean
  reason: AdvisedReasonReport
}

/** A signed certificate timestamp of the leaf (RFC 6962). */
export interface TimestampReport {
  source: 'certificate' | 'tls' | 'ocsp'
  status: 'valid' | 'invalid' | 'unknown-log' | 'not-counted'
  /** Base64. */
  logId: string | null
  log: string | null
  operator: string | null
  timestamp: string | null
  message: string
}

/** What the judge lacked. */
export interface WantedReport {
  kind: 'aia' | 'crl' | 'ocsp'
  url: string
  /** Index of the certificate it is for. */
  for: number
}

/** What was fetched, or was not to be had. */
export interface FetchedReport {
  kind: 'aia' | 'crl' | 'ocsp'
  url: string
  /** Bytes that came; null if it failed. */
  size: number | null
  /** Why it failed; null if it did not. */
  error: string | null
}

/** A list that was given: its name for people, its date and its size, as far as they are known. */
export interface ListReport {
  name: string
  date: string | null
  size: number | null
}

/** A rule that the policy takes more lightly than the profile it was made of. */
export interface LoosenedReport {
  rule: string
  severity: 'refuse' | 'warn' | 'ignore'
  /** The profile's. */
  usual: 'refuse' | 'warn' | 'ignore'
}

/** What was judged by. */
export interface InputsReport {
  /** Time of judgement. */
  time: string
  purpose: string
  /** The name to be proved; null if none was asked for. */
  identity: { kind: 'dns' | 'ip' | 'uri' | 'srv' | 'email'; name: string } | null
  policy: string
  /** Of a policy that is no profile, and not named as one that was changed: from what every profile demands. Since 1.1. */
  loosened: LoosenedReport[]
  revocation: { mode: 'off' | 'soft' | 'hard'; scope: 'leaf' | 'path' }
  maxIntermediates: number | null
  roots: { name: string; count: number }
  /** How many of each were given. */
  chain: number
  intermediates: number
  crls: number
  ocspResponses: number
  /** Null: nothing was said of stapling. */
  stapled: number | null
  timestampList: boolean
  logs: ListReport | null
  pins: ListReport | null
  blocklist: ListReport | null
  weakKeys: ListReport | null
  interceptionRoots: ListReport | null
  /** Whether keys remembered from earlier meetings were given. */
  knownKeys: boolean
  /** Empty unless fetching was allowed. */
  fetched: FetchedReport[]
}

/** The record of one verification: what was judged, by what, and what came of it. */
export interface VerificationReport {
  /** Schema version: `VERIFICATION_REPORT_VERSION` of whoever wrote the record. */
  version: string
  trusted: boolean
  /** One sentence, or a few: it claims what was checked, and says what was not. */
  summary: string
  /** What whoever relies on the verdict has to know besides: sentences. Since 1.1. */
  notes: string[]
  /** Why not; empty exactly if `trusted`. The first is the most telling. */
  reasons: AdvisedReasonReport[]
  warnings: AdvisedReasonReport[]
  /** Leaf first, anchor last; empty if none was found. */
  path: ExaminedCertificateReport[]
  /** If no path was found: the one that came closest, as far as it came. */
  closest: ExaminedCertificateReport[]
  /** Every rule of the policy. */
  checks: CheckReport[]
  /** One for each certificate of the path but the anchor; empty if nothing was checked. */
  revocation: RevocationReport[]
  timestamps: TimestampReport[]
  /** Certificate policies valid for the whole path: dotted OIDs, `2.5.29.32.0` for any. */
  certificatePolicies: string[]
  tried: TriedChainReport[]
  /** How many more there were. */
  triedBeyond: number
  /** What would let the judge say more. */
  wanted: WantedReport[]
  given: GivenCertificateReport[]
  inputs: InputsReport
  /** The work that was done, by the names of its budgets. */
  used: Record<string, number>
  /** Trust on first use: what to remember; null if nothing. */
  remember: { name: string; key: string } | null
}
