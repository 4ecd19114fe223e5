import { describe, expect, test } from 'vitest'
import { ALERT_CODES, alertName, peerError, TlsError } from './alert.ts'

/** RFC 9846 section 6, as its text has it, no_renegotiation of RFC 5246 section 7.2, and RFC 9849 section 11.2. */
const OF_THE_RFC = `
  close_notify(0), unexpected_message(10), bad_record_mac(20), record_overflow(22), handshake_failure(40),
  bad_certificate(42), unsupported_certificate(43), certificate_revoked(44), certificate_expired(45),
  certificate_unknown(46), illegal_parameter(47), unknown_ca(48), access_denied(49), decode_error(50),
  decrypt_error(51), protocol_version(70), insufficient_security(71), internal_error(80),
  inappropriate_fallback(86), user_canceled(90), no_renegotiation(100), missing_extension(109), unsupported_extension(110),
  unrecognized_name(112), bad_certificate_status_response(113), unknown_psk_identity(115),
  certificate_required(116), general_error(117), no_application_protocol(120), ech_required(121)`

test('the alerts are those of the RFC', () => {
  const listed = Array.from(OF_THE_RFC.matchAll(/(\w+)\((\d+)\)/g), ([, name, code]) => [name, Number(code)])
  expect(Object.entries(ALERT_CODES)).toEqual(listed)
})

test('a code without a name keeps its number', () => {
  expect([alertName(40), alertName(0), alertName(200)]).toEqual(['handshake_failure', 'close_notify', 'unknown(200)'])
})

describe('TlsError', () => {
  test.each([
    ['peer', 'decode_error', 'sent'],
    ['host', 'internal_error', 'sent'],
    ['peer-alert', 'decode_error', 'received'],
    ['transport', null, null],
  ] as const)('fault %s, alert %s: %s', (fault, alert, direction) => {
    expect(new TlsError(alert, 'x', { fault }).direction).toBe(direction)
  })

  test('names the field, what it needs and what it has', () => {
    const error = peerError('illegal_parameter', 'server_hello.random', 'one thing', 'another')
    expect(error.message).toBe('server_hello.random: needs one thing, has another')
    expect([error.path, error.alert, error.fault]).toEqual(['server_hello.random', 'illegal_parameter', 'peer'])
  })
})
