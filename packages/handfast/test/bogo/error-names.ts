/**
 * BoringSSL's names for what ends a connection, which the runner's tests look for: one table, from our alert and the
 * field that our error names. Where BoringSSL tells apart what we don't, `ErrorMap` in `config.json` says which name
 * of ours stands for several of its own.
 */

import type { TlsError } from '../../src/tls/index.ts'

interface Row {
  /** Of our error; `*` for any. */
  readonly alert: string
  /** The whole path of the field. */
  readonly path: RegExp
  readonly name: string
}

function row(alert: string, path: RegExp, name: string): Row {
  return { alert, path, name }
}

/** The first row that fits is the name. */
export const ERROR_NAMES: readonly Row[] = [
  row('decode_error', /./, 'DECODE_ERROR'),
  row('bad_record_mac', /./, 'DECRYPTION_FAILED_OR_BAD_RECORD_MAC'),
  row('*', /^$/, 'CERTIFICATE_VERIFY_FAILED'),
  row('unexpected_message', /./, 'UNEXPECTED_MESSAGE'),
]

/** SSL 3's alerts keep its name in BoringSSL. */
const OF_SSL3: ReadonlySet<string> = new Set([
  'unexpected_message',
  'bad_record_mac',
  'handshake_failure',
  'bad_certificate',
  'unsupported_certificate',
  'certificate_revoked',
  'certificate_expired',
  'certificate_unknown',
  'illegal_parameter',
  'close_notify',
])

/** Between colons, as the runner looks for it. */
export function errorName(error: TlsError): string {
  const alert = error.alert ?? ''
  if (error.fault === 'peer-alert') return `:${OF_SSL3.has(alert) ? 'SSLV3' : 'TLSV1'}_ALERT_${alert.toUpperCase()}:`
  const path = error.path ?? ''
  const found = ERROR_NAMES.find((each) => (each.alert === '*' || each.alert === alert) && each.path.test(path))
  return `:${found?.name ?? 'OTHER'}:`
}
