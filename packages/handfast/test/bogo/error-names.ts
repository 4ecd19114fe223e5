/**
 * BoringSSL's names for what ends a connection, which the runner's tests look for: one table, from our alert and the
 * text of our error, which names the field. Where BoringSSL tells apart what we don't, `ErrorMap` in `config.json` says which name
 * of ours stands for several of its own.
 */

import type { TlsError } from '../../src/tls/index.ts'
import { Refusal } from './feature.ts'

interface Row {
  /** Of our error; `*` for any. */
  readonly alert: string
  /** Its text, which begins with the path of the field: `certificate_verify.signature: needs ..., has ...`. */
  readonly text: RegExp
  readonly name: string
}

function row(alert: string, text: RegExp, name: string): Row {
  return { alert, text, name }
}

const ANY = /(?:)/

/** The first row that fits is the name. */
export const ERROR_NAMES: readonly Row[] = [
  row('decode_error', /^alert:/, 'BAD_ALERT'),
  row('decode_error', /^[a-z_]+\.length:/, 'EXCESSIVE_MESSAGE_SIZE'),
  row(
    'decode_error',
    /^[a-z_]+\.extensions\.(?!key_share|signature_algorithms|cookie|supported_versions|pre_shared_key)[a-z_]+/,
    'ERROR_PARSING_EXTENSION',
  ),
  row('decode_error', /^client_hello(?!\.extensions\.)/, 'CLIENTHELLO_PARSE_FAILED'),
  row('decode_error', ANY, 'DECODE_ERROR'),
  row('decrypt_error', /^[a-z_]+\.signature:/, 'BAD_SIGNATURE'),
  row('decrypt_error', /encrypted_client_hello\.payload:/, 'DECRYPTION_FAILED'),
  row('decrypt_error', /pre_shared_key\.binders/, 'DIGEST_CHECK_FAILED'),
  row('decrypt_error', /^finished/, 'DIGEST_CHECK_FAILED'),
  row('bad_record_mac', ANY, 'DECRYPTION_FAILED_OR_BAD_RECORD_MAC'),
  row('record_overflow', /^record\.length:/, 'ENCRYPTED_LENGTH_TOO_LONG'),
  row('record_overflow', ANY, 'DATA_LENGTH_TOO_LONG'),

  row('*', /^certificate refused/, 'CERTIFICATE_VERIFY_FAILED'),
  row('*', /^certificate\.certificate_list:/, 'PEER_DID_NOT_RETURN_A_CERTIFICATE'),
  row('*', /^certificate\.certificate_list\[0\]\.keyUsage:/, 'KEY_USAGE_BIT_INCORRECT'),
  row('illegal_parameter', /^certificate\.certificate_list\[0\]\.subjectPublicKeyInfo:/, 'BAD_ECC_CERT'),
  row('*', /subject_public_key_info/, 'DECODE_ERROR'),
  row('*', /^certificate\.certificate_list\[0\]/, 'CANNOT_PARSE_LEAF_CERT'),

  row('inappropriate_fallback', ANY, 'INAPPROPRIATE_FALLBACK'),
  row('no_application_protocol', ANY, 'NO_APPLICATION_PROTOCOL'),
  row('no_renegotiation', ANY, 'NO_RENEGOTIATION'),
  row('protocol_version', /^record/, 'WRONG_VERSION_NUMBER'),
  row('protocol_version', /after early data/, 'WRONG_VERSION_ON_EARLY_DATA'),
  row('protocol_version', /^[a-z_]+\.legacy_version:/, 'DECODE_ERROR'),
  row('protocol_version', ANY, 'UNSUPPORTED_PROTOCOL'),
  row('ech_required', ANY, 'ECH_REJECTED'),
  row('unsupported_certificate', ANY, 'UNSUPPORTED_CERTIFICATE'),
  row('unsupported_extension', ANY, 'UNEXPECTED_EXTENSION'),

  row('handshake_failure', /^client_hello\.(?:cipher_suites|supported_groups):/, 'NO_SHARED_CIPHER'),
  row('handshake_failure', /^identities:/, 'NO_COMMON_SIGNATURE_ALGORITHMS'),
  row('handshake_failure', /^client_hello\.signature_algorithms:/, 'NO_COMMON_SIGNATURE_ALGORITHMS'),
  row('handshake_failure', /renegotiation_info:/, 'RENEGOTIATION_MISMATCH'),

  row('missing_extension', /key_share:/, 'MISSING_KEY_SHARE'),
  row('missing_extension', /^client_hello\.supported_groups:/, 'NO_SHARED_GROUP'),
  row('missing_extension', /^client_hello\.signature_algorithms:/, 'NO_COMMON_SIGNATURE_ALGORITHMS'),
  row('missing_extension', /^certificate_request/, 'DECODE_ERROR'),
  row('missing_extension', ANY, 'MISSING_EXTENSION'),

  row('illegal_parameter', /needs one extension of a type/, 'DUPLICATE_EXTENSION'),
  row('illegal_parameter', /needs no such extension/, 'UNEXPECTED_EXTENSION'),
  row('illegal_parameter', /^[a-z_]+\.algorithm: needs a scheme for a key of type rsa-pss/, 'UNSUPPORTED_ALGORITHM'),
  row('illegal_parameter', /^server_key_exchange\.algorithm: needs a scheme for TLS_/, 'WRONG_CERTIFICATE_TYPE'),
  row('illegal_parameter', /^(?:certificate_verify|server_key_exchange)\.algorithm:/, 'WRONG_SIGNATURE_TYPE'),
  row('illegal_parameter', /\.(?:key_exchange|point): /, 'BAD_ECPOINT'),
  row('illegal_parameter', /^server_hello\.key_share: needs to be there/, 'MISSING_KEY_SHARE'),
  row('illegal_parameter', /key_share: needs groups of supported_groups, each once/, 'DUPLICATE_KEY_SHARE'),
  row('illegal_parameter', /\.(?:key_share(?:\.group)?|named_curve):/, 'WRONG_CURVE'),
  row('illegal_parameter', /ech_outer_extensions:/, 'INVALID_OUTER_EXTENSION'),
  row('illegal_parameter', /^client_hello_inner/, 'INVALID_CLIENT_HELLO_INNER'),
  row('illegal_parameter', /legacy_compression_methods:/, 'INVALID_COMPRESSION_LIST'),
  row('illegal_parameter', /^server_hello\.compression_method:/, 'UNSUPPORTED_COMPRESSION_ALGORITHM'),
  row('illegal_parameter', /as the pre-shared key has it/, 'OLD_SESSION_PRF_HASH_MISMATCH'),
  row('illegal_parameter', /\.cipher_suite:/, 'WRONG_CIPHER_RETURNED'),
  row('illegal_parameter', /confirmation of ECH/, 'INCONSISTENT_ECH_NEGOTIATION'),
  row('illegal_parameter', /^server_hello\.random:/, 'TLS13_DOWNGRADE'),
  row('illegal_parameter', /session_id(?:_echo)?:/, 'SERVER_ECHOED_INVALID_SESSION_ID'),
  row('illegal_parameter', /^server_hello\.supported_versions:/, 'SECOND_SERVERHELLO_VERSION_MISMATCH'),
  row('illegal_parameter', /^hello_retry_request:/, 'EMPTY_HELLO_RETRY_REQUEST'),
  row('illegal_parameter', /^(?:encrypted_extensions|server_hello)\.application_layer/, 'INVALID_ALPN_PROTOCOL'),
  row('illegal_parameter', /ec_point_formats:/, 'ERROR_PARSING_EXTENSION'),
  row('illegal_parameter', /^server_hello\.pre_shared_key: needs a key/, 'PSK_IDENTITY_NOT_FOUND'),
  row('illegal_parameter', /early_data: needs the session's protocol/, 'ALPN_MISMATCH_ON_EARLY_DATA'),
  row('illegal_parameter', /early_data: .* as the session has it/, 'CIPHER_MISMATCH_ON_EARLY_DATA'),
  row('illegal_parameter', /early_data: needs the first pre-shared key/, 'UNEXPECTED_EXTENSION'),
  row('illegal_parameter', /pre_shared_key\.binders:/, 'PSK_IDENTITY_BINDER_COUNT_MISMATCH'),
  row('illegal_parameter', /pre_shared_key:/, 'PRE_SHARED_KEY_MUST_BE_LAST'),
  row('illegal_parameter', ANY, 'DECODE_ERROR'),

  row('unexpected_message', /messages to end with a record/, 'EXCESS_HANDSHAKE_DATA'),
  row('unexpected_message', /^early_data:/, 'TOO_MUCH_READ_EARLY_DATA'),
  row('unexpected_message', /^handshake: needs at most/, 'TOO_MANY_KEY_UPDATES'),
  row('unexpected_message', /^handshake: needs change_cipher_spec/, 'UNEXPECTED_RECORD'),
  row('unexpected_message', /^alert: needs at most/, 'TOO_MANY_WARNING_ALERTS'),
  row('unexpected_message', /^(?:change_cipher_spec|record\.content): needs at most/, 'TOO_MANY_EMPTY_FRAGMENTS'),
  row('unexpected_message', /^change_cipher_spec: needs the single byte/, 'BAD_CHANGE_CIPHER_SPEC'),
  row('unexpected_message', /^change_cipher_spec/, 'UNEXPECTED_RECORD'),
  row('unexpected_message', /zeros only$/, 'DECRYPTION_FAILED_OR_BAD_RECORD_MAC'),
  row('unexpected_message', /^record/, 'UNEXPECTED_RECORD'),
  row('unexpected_message', ANY, 'UNEXPECTED_MESSAGE'),
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
  if (error.cause instanceof Refusal) return `:${error.cause.boringName}:`
  const found = ERROR_NAMES.find(
    (each) => (each.alert === '*' || each.alert === alert) && each.text.test(error.message),
  )
  return `:${found?.name ?? 'OTHER'}:`
}
