/** What to do next when a handshake failed: one sentence, from what its report says. */

import { adviceFor, type HandshakeReport, type ReasonReport } from '../report/index.ts'
import { ALERT_OF_REASON } from '../tls/index.ts'
import type { CertificateReason, RuleName } from '../x509/index.ts'

/** Advice to whoever ran the client; empty if there is none to give. */
export function adviseClient(report: HandshakeReport): string {
  const { failure } = report
  if (failure === null) return ''
  const reason = report.server.verdict?.reasons[0]
  if (failure.fault === 'host' && reason !== undefined) return adviseRefusal(reason)
  if (failure.fault === 'peer-alert') return ALERTED[failure.alert ?? ''] ?? 'The server knows why: see its log.'
  if (failure.fault === 'transport') return 'Check that the server speaks TLS at this port.'
  if (report.negotiated.version === null) return 'Check that this port speaks TLS.'
  return ''
}

/** What this side can do about a refusal; else what the other side can, by the table that `verify` has too. */
function adviseRefusal({ reason, certificate, rule }: ReasonReport): string {
  if (!isReason(reason)) return 'The reasons stand above.'
  return (
    REFUSED[reason] ?? adviceFor({ reason, certificate, ...(rule === undefined ? {} : { rule: rule as RuleName }) })
  )
}

function isReason(reason: string): reason is CertificateReason {
  return Object.hasOwn(ALERT_OF_REASON, reason)
}

/** By the first reason of a verdict: where whoever runs the client has a choice. */
const REFUSED: Readonly<Partial<Record<CertificateReason, string>>> = {
  'unknown-issuer': 'If you trust the authority that issued it, give its certificate with --ca FILE.',
  'self-signed': 'If you trust this very certificate, give it with --ca FILE.',
  'unknown-key': 'If you know by other means that this is the key of the server, give it with --trust-key SHA256.',
  'name-mismatch': 'Check the host, or give the name that the server shall prove with --servername NAME.',
  expired: "The server's operator must renew it; if the clock of this machine is wrong, set that.",
  'not-yet-valid': "If the clock of this machine is right, the server's operator must say why.",
  revoked: 'Do not connect: its authority has withdrawn it.',
  'weak-key': "The server's operator must replace it.",
  'weak-signature-algorithm': "The server's operator must replace it.",
  'revocation-unknown':
    'Give a current list with --crl FILE, let it be fetched with --fetch, or take --revocation soft.',
  'pin-mismatch': 'If the key was changed on purpose, give the new one with --pin; if not, do not connect.',
}

/** By the alert the server sent. */
const ALERTED: Readonly<Record<string, string>> = {
  certificate_required: 'The server wants a client certificate: give one with --cert FILE and --key FILE.',
  unknown_ca: 'The server does not trust the authority of our certificate: give another with --cert and --key.',
  bad_certificate: 'The server refuses our certificate: give another with --cert and --key.',
  unsupported_certificate: 'The server cannot use our certificate: give another with --cert and --key.',
  certificate_expired: 'Our certificate has expired: renew it.',
  certificate_revoked: 'Our certificate was withdrawn: get a new one.',
  access_denied: 'The server knows who we are and does not want us.',
  protocol_version: 'The server has none of these versions: see --min-version and --max-version.',
  handshake_failure: 'Nothing both sides accept: offer more with --groups, --cipher-suites or --signature-schemes.',
  insufficient_security: 'The server wants stronger parameters: see --groups and --cipher-suites.',
  no_application_protocol: 'The server speaks none of these protocols: change --alpn.',
  unrecognized_name: 'The server does not know this name: give another with --servername.',
}
