/** One signed certificate timestamp (RFC 6962 section 3.2) and what it is worth. */

/** One timestamp, where it was found, and whether it counts. */
export interface TimestampFinding {
  /** Where it came from. */
  readonly source: 'certificate' | 'tls' | 'ocsp'
  /** `valid`: signed by a log of the list. `unknown-log`: it cannot be checked. `not-counted`: valid, but of a log or time that does not count. */
  readonly status: 'valid' | 'invalid' | 'unknown-log' | 'not-counted'
  /** Log ID, base64; null if the timestamp could not be read. */
  readonly logId: string | null
  /** Name of the log in the list; null if it is not there. */
  readonly log: string | null
  readonly operator: string | null
  /** Milliseconds since the epoch. */
  readonly timestamp: number | null
  readonly message: string
}
