/** What `handfast` exits with. Documented in its help and in the README; a code never changes its meaning. */

import type { CertificateReason } from '../x509/verdict.ts'

export const EXIT = {
  /** All went as asked. */
  success: 0,
  /** A defect of handfast, or a demonstration that did not behave as it must. */
  internal: 1,
  /** Arguments that make no sense. */
  usage: 2,
  /** No connection: refused, no such host, no route, timed out, lost before the handshake said anything; or truncated after it. */
  transport: 3,
  /** The peer's certificate was refused by this side; `verify`: refused for a reason without a code of its own. */
  certificate: 4,
  /** The handshake failed for another reason. */
  handshake: 5,
  /** A file could not be read, written or understood, or would have been overwritten. */
  file: 6,
  // From here on `verify` alone: why a certificate was refused.
  expired: 10,
  notYetValid: 11,
  nameMismatch: 12,
  unknownIssuer: 13,
  selfSigned: 14,
  revoked: 15,
  revocationUnknown: 16,
  badSignature: 17,
  malformed: 18,
  weak: 19,
  purpose: 20,
  constraint: 21,
  listed: 22,
  transparency: 23,
  budget: 24,
} as const

export type ExitCode = (typeof EXIT)[keyof typeof EXIT]

/** What `verify` exits with, by the first reason of the verdict. */
export const EXIT_OF_REASON: Readonly<Record<CertificateReason, ExitCode>> = {
  malformed: EXIT.malformed,
  nonconforming: EXIT.certificate,
  'no-certificate': EXIT.certificate,
  'unknown-issuer': EXIT.unknownIssuer,
  'self-signed': EXIT.selfSigned,
  'unknown-key': EXIT.listed,
  'bad-signature': EXIT.badSignature,
  'unsupported-signature-algorithm': EXIT.weak,
  'unsupported-public-key': EXIT.weak,
  'weak-key': EXIT.weak,
  'weak-signature-algorithm': EXIT.weak,
  expired: EXIT.expired,
  'not-yet-valid': EXIT.notYetValid,
  'not-a-ca': EXIT.constraint,
  'path-too-long': EXIT.constraint,
  'key-usage': EXIT.purpose,
  'extended-key-usage': EXIT.purpose,
  'unknown-critical-extension': EXIT.constraint,
  'unsupported-constraint': EXIT.constraint,
  'name-constraint': EXIT.constraint,
  'name-mismatch': EXIT.nameMismatch,
  policy: EXIT.constraint,
  revoked: EXIT.revoked,
  'revocation-unknown': EXIT.revocationUnknown,
  'must-staple': EXIT.revocationUnknown,
  transparency: EXIT.transparency,
  blocked: EXIT.listed,
  'pin-mismatch': EXIT.listed,
  'key-changed': EXIT.listed,
  interception: EXIT.listed,
  'budget-exceeded': EXIT.budget,
  'host-refused': EXIT.certificate,
}

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
  10 to 24 (verify alone): why it was refused, see handfast verify --help

Environment:
  NO_COLOR       no colour, if set
  COLUMNS        the width to lay out for when piped, 56 to 100
  FORCE_COLOR    colour and box drawing even into a pipe; 0 for none
  SSL_CERT_FILE  the roots to trust in place of the operating system's,
  SSL_CERT_DIR   a file or folders of them`

/** The table for the help of `verify`. */
export const VERIFY_EXIT_CODES = `
Exit codes, by the first reason of the verdict:
  0   trusted
  10  expired
  11  not yet valid
  12  the certificate is not for the name
  13  no path to a trusted root
  14  self-signed, and not trusted
  15  revoked
  16  revocation status unknown, where it must be known (--revocation hard),
      or the stapled response that the certificate demands is missing
  17  a signature does not verify
  18  malformed
  19  a key or signature too weak, or of a kind that is not supported
  20  not for this purpose (key usage, extended key usage)
  21  issued by whom, for what or in a way that is not permitted: not a CA,
      path length, name constraints, policies, unknown critical extension
  22  blocked, not pinned, another key than remembered, or intercepted
  23  too few signed certificate timestamps
  24  too much work: a budget was exceeded
  4   refused for another reason
  2   usage        6   a file could not be read or understood`
