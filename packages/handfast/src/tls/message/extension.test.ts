/**
 * Which extension may be in which message: the table of RFC 9846 section 4.3, as its text has it; for the ServerHello
 * of TLS 1.2 (S12) the texts of the extensions themselves.
 */

import { describe, expect, test } from 'vitest'
import { Reader, Writer } from '../../bytes/index.ts'
import { TlsError } from '../alert.ts'
import { extensionCode, type ExtensionMessage, extensionName, type ExtensionName, readExtensions } from './extension.ts'

const MESSAGES: Readonly<Record<string, ExtensionMessage>> = {
  CH: 'client_hello',
  SH: 'server_hello',
  S12: 'server_hello12',
  HRR: 'hello_retry_request',
  EE: 'encrypted_extensions',
  CR: 'certificate_request',
  CT: 'certificate',
  NST: 'new_session_ticket',
}

/** From the text of the RFC: the extensions that this implementation knows, RFC 6962's and RFC 9849's. */
const TABLE: readonly (readonly [ExtensionName, number, string])[] = [
  ['server_name', 0, 'CH S12 EE CR'],
  ['max_fragment_length', 1, 'CH S12 EE'],
  ['status_request', 5, 'CH S12 CR CT'],
  ['supported_groups', 10, 'CH S12 EE'],
  ['ec_point_formats', 11, 'CH S12'],
  ['signature_algorithms', 13, 'CH CR'],
  ['use_srtp', 14, 'CH S12 EE'],
  ['heartbeat', 15, 'CH S12 EE'],
  ['application_layer_protocol_negotiation', 16, 'CH S12 EE'],
  ['signed_certificate_timestamp', 18, 'CH S12 CR CT'],
  ['client_certificate_type', 19, 'CH S12 EE'],
  ['server_certificate_type', 20, 'CH S12 EE'],
  ['padding', 21, 'CH'],
  ['extended_master_secret', 23, 'CH S12'],
  ['compress_certificate', 27, 'CH CR'],
  ['record_size_limit', 28, 'CH S12 EE'],
  ['session_ticket', 35, 'CH S12'],
  ['delegated_credential', 34, 'CH CR CT'],
  ['pre_shared_key', 41, 'CH SH'],
  ['early_data', 42, 'CH EE NST'],
  ['psk_key_exchange_modes', 45, 'CH'],
  ['cookie', 44, 'CH HRR'],
  ['supported_versions', 43, 'CH SH HRR'],
  ['certificate_authorities', 47, 'CH CR'],
  ['oid_filters', 48, 'CR'],
  ['post_handshake_auth', 49, 'CH'],
  ['signature_algorithms_cert', 50, 'CH CR'],
  ['key_share', 51, 'CH SH HRR'],
  ['transparency_info', 52, 'CH CR CT'],
  ['quic_transport_parameters', 57, 'CH EE'],
  ['ticket_request', 58, 'CH EE'],
  ['ech_outer_extensions', 64_768, ''],
  ['encrypted_client_hello', 65_037, 'CH HRR EE'],
  ['renegotiation_info', 65_281, 'CH S12'],
]

/** Whether an extension is let in; what is in it is another matter. */
function isPlaced(message: ExtensionMessage, code: number): boolean {
  const block = new Writer().u16(4).u16(code).u16(0).finish()
  try {
    readExtensions(new Reader(block, message), message)
  } catch (error) {
    return !(error instanceof TlsError && error.alert === 'illegal_parameter')
  }
  return true
}

describe.each(TABLE)('%s (%d)', (name, code, places) => {
  test(`is for ${places}`, () => {
    const allowed = Object.keys(MESSAGES).filter((short) => isPlaced(MESSAGES[short] as ExtensionMessage, code))
    expect(allowed).toEqual(Object.keys(MESSAGES).filter((short) => places.split(' ').includes(short)))
  })

  test('has its number and its name', () => {
    expect(extensionCode(name)).toBe(code)
    expect(extensionName(code)).toBe(name)
  })
})

test('an extension that nobody knows may be anywhere', () => {
  for (const message of Object.values(MESSAGES)) expect(isPlaced(message, 0xffce)).toBe(true)
})

test.each([
  [0x0a0a, 'GREASE'],
  [0xfafa, 'GREASE'],
  [0x0a1a, '2586'],
  [0xffce, '65486'],
])('name of %d: %s', (code, name) => {
  expect(extensionName(code)).toBe(name)
})
