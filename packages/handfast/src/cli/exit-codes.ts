/** What `handfast` exits with. Documented in its help and in the README; a code never changes its meaning. */

export const EXIT = {
  /** All went as asked. */
  success: 0,
  /** A defect of handfast, or a demonstration that did not behave as it must. */
  internal: 1,
  /** Arguments that make no sense. */
  usage: 2,
  /** No connection: refused, no such host, no route, timed out, lost before the handshake said anything; or truncated after it. */
  transport: 3,
  /** The peer's certificate was refused by this side. */
  certificate: 4,
  /** The handshake failed for another reason. */
  handshake: 5,
  /** A file could not be read, written or understood, or would have been overwritten. */
  file: 6,
} as const

export type ExitCode = (typeof EXIT)[keyof typeof EXIT]

/** The table for the help, and the environment that is heeded. */
export const HELP_FOOTER = `
Exit codes:
  0  success
  1  internal error, or a demonstration that did not behave
  2  usage
  3  no connection: refused, unknown host, timed out; or it ended without
     close_notify: what was received is authentic, but may not be all
  4  the peer's certificate was refused
  5  the handshake failed
  6  a file could not be read, written or understood

Environment:
  NO_COLOR       no colour, if set
  FORCE_COLOR    colour and box drawing even into a pipe; 0 for none
  SSL_CERT_FILE  the roots to trust in place of the operating system's`
