/** Every message: what was written is read again, and whatever is cut off is noticed and named. */

import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { DecodeError, fromHex } from '../../bytes/index.ts'
import { TlsError } from '../alert.ts'
import { readCertificate, writeCertificate } from './certificate.ts'
import { writeTimestampList } from './certificate-extension.ts'
import { readCompressedCertificate, writeCompressedCertificate } from './compressed-certificate.ts'
import { readCertificateRequest, writeCertificateRequest } from './certificate-request.ts'
import { readCertificateRequest12, writeCertificateRequest12 } from './certificate-request12.ts'
import { readCertificateStatus, writeCertificateStatus } from './certificate-status.ts'
import { readCertificate12, readRawPublicKey12, writeCertificate12, writeRawPublicKey12 } from './certificate12.ts'
import { readClientKeyExchange, writeClientKeyExchange } from './client-key-exchange.ts'
import { readHelloRequest } from './hello-request.ts'
import { readNewSessionTicket12, writeNewSessionTicket12 } from './new-session-ticket12.ts'
import { readServerHelloDone, writeServerHelloDone } from './server-hello-done.ts'
import { readServerHello12, writeServerHello12 } from './server-hello12.ts'
import {
  readServerKeyExchange,
  signedParameters,
  writeServerKeyExchange,
  writeServerParameters,
} from './server-key-exchange.ts'
import { readCertificateVerify, signedContent, writeCertificateVerify } from './certificate-verify.ts'
import { NULL_COMPRESSION, readClientHello, writeClientHello } from './client-hello.ts'
import { readEncryptedExtensions, writeEncryptedExtensions } from './encrypted-extensions.ts'
import { rawExtensions } from './extension.ts'
import { readFinished, writeFinished } from './finished.ts'
import { type HandshakeMessage, readBody, writeHandshake } from './handshake.ts'
import { readKeyUpdate, writeKeyUpdate } from './key-update.ts'
import { readEndOfEarlyData, writeEndOfEarlyData } from './end-of-early-data.ts'
import { readNewSessionTicket, writeNewSessionTicket } from './new-session-ticket.ts'
import { isDowngradeSentinel, readServerHello, writeHelloRetryRequest, writeServerHello } from './server-hello.ts'

const bytes = (min: number, max: number): fc.Arbitrary<Uint8Array> => fc.uint8Array({ minLength: min, maxLength: max })
const u16 = fc.nat(0xffff)
const codes = fc.uniqueArray(u16, { minLength: 1, maxLength: 20 })
const offered = new Set([0, 28, 10, 16, 43, 44, 51, 0xfe0d])
/** One ECHConfig of a version that nobody knows. */
const retryConfigs = fromHex('0006fe0c00020102')

/** One or two timestamps. */
const timestampLists = fc.array(bytes(1, 60), { minLength: 1, maxLength: 2 }).map(writeTimestampList)

interface Case {
  readonly type: HandshakeMessage['type']
  readonly value: fc.Arbitrary<unknown>
  readonly write: (value: never) => Uint8Array
  readonly read: (message: HandshakeMessage) => unknown
}

function kind<T>(
  type: HandshakeMessage['type'],
  value: fc.Arbitrary<T>,
  write: (value: T) => Uint8Array,
  read: (message: HandshakeMessage) => unknown,
): Case {
  return { type, value, write, read }
}

const hostName = fc.stringMatching(/^[a-z0-9.-]{1,255}$/)

const CASES: Readonly<Record<string, Case>> = {
  client_hello: kind(
    'client_hello',
    fc.record({
      random: bytes(32, 32),
      legacySessionId: bytes(0, 32),
      cipherSuites: codes,
      extensions: fc.record(
        {
          server_name: hostName,
          supported_groups: codes,
          signature_algorithms: codes,
          application_layer_protocol_negotiation: fc.array(bytes(1, 255), { minLength: 1, maxLength: 4 }),
          supported_versions: fc.uniqueArray(u16, { minLength: 1, maxLength: 5 }),
          cookie: bytes(1, 100),
          psk_key_exchange_modes: fc.array(fc.nat(255), { minLength: 1, maxLength: 3 }),
          certificate_authorities: fc.array(bytes(1, 50), { minLength: 1, maxLength: 3 }),
          signature_algorithms_cert: codes,
          status_request: fc.constant(1),
          signed_certificate_timestamp: fc.constant(true as const),
          compress_certificate: codes,
          record_size_limit: fc.integer({ min: 64, max: 0xffff }),
          key_share: fc.array(fc.record({ group: u16, keyExchange: bytes(1, 200) }), { maxLength: 4 }),
          encrypted_client_hello: fc.oneof(
            fc.constant({ type: 'inner' as const }),
            fc.record({
              type: fc.constant('outer' as const),
              kdf: u16,
              aead: u16,
              configId: fc.nat(255),
              enc: bytes(0, 100),
              payload: bytes(1, 300),
            }),
          ),
        },
        { requiredKeys: [] },
      ),
    }),
    ({ extensions, ...hello }) =>
      writeClientHello({
        legacyVersion: 0x0303,
        legacyCompressionMethods: NULL_COMPRESSION,
        ...hello,
        extensions: rawExtensions('client_hello', extensions),
      }),
    (message) => {
      const { random, legacySessionId, cipherSuites, extensions } = readClientHello(message)
      return { random, legacySessionId, cipherSuites, extensions }
    },
  ),
  server_hello: kind(
    'server_hello',
    fc.record({
      random: bytes(32, 32),
      legacySessionIdEcho: bytes(0, 32),
      cipherSuite: u16,
      extensions: fc.record({
        supported_versions: u16,
        key_share: fc.record({ group: u16, keyExchange: bytes(1, 200) }),
      }),
    }),
    writeServerHello,
    (message) => {
      const {
        kind: _kind,
        legacyVersion: _version,
        legacyCompressionMethod: _method,
        raw: _raw,
        ...rest
      } = readServerHello(message, offered)
      return rest
    },
  ),
  hello_retry_request: kind(
    'server_hello',
    fc.record({
      legacySessionIdEcho: bytes(0, 32),
      cipherSuite: u16,
      extensions: fc.record(
        { supported_versions: u16, cookie: bytes(1, 100), key_share: u16, encrypted_client_hello: bytes(8, 8) },
        { requiredKeys: ['supported_versions'] },
      ),
    }),
    writeHelloRetryRequest,
    (message) => {
      const {
        kind: _kind,
        legacyVersion: _version,
        legacyCompressionMethod: _method,
        raw: _raw,
        ...rest
      } = readServerHello(message, offered)
      return rest
    },
  ),
  encrypted_extensions: kind(
    'encrypted_extensions',
    fc.record({
      extensions: fc.record(
        {
          server_name: fc.constant(true as const),
          supported_groups: codes,
          application_layer_protocol_negotiation: bytes(1, 255),
          encrypted_client_hello: fc.constant(retryConfigs),
          record_size_limit: fc.integer({ min: 64, max: 0xffff }),
        },
        { requiredKeys: [] },
      ),
    }),
    writeEncryptedExtensions,
    (message) => readEncryptedExtensions(message, offered),
  ),
  certificate_request: kind(
    'certificate_request',
    fc.record({
      certificateRequestContext: bytes(0, 255),
      extensions: fc.record(
        {
          signature_algorithms: codes,
          signature_algorithms_cert: codes,
          certificate_authorities: fc.array(bytes(1, 50), { minLength: 1, maxLength: 3 }),
          status_request: fc.constant(true as const),
          signed_certificate_timestamp: fc.constant(true as const),
          compress_certificate: codes,
        },
        { requiredKeys: [] },
      ),
    }),
    writeCertificateRequest,
    readCertificateRequest,
  ),
  certificate: kind(
    'certificate',
    fc.record({
      certificateRequestContext: bytes(0, 255),
      certificateList: fc.array(
        fc.record({
          data: bytes(1, 300),
          extensions: fc.record(
            { status_request: bytes(1, 100), signed_certificate_timestamp: timestampLists },
            { requiredKeys: [] },
          ),
        }),
        { maxLength: 4 },
      ),
    }),
    writeCertificate,
    (message) => readCertificate(message, new Set([5, 18])),
  ),
  compressed_certificate: kind(
    'compressed_certificate',
    fc.record({ algorithm: u16, uncompressedLength: fc.nat(0xffffff), compressed: bytes(1, 300) }),
    writeCompressedCertificate,
    readCompressedCertificate,
  ),
  certificate_verify: kind(
    'certificate_verify',
    fc.record({ algorithm: u16, signature: bytes(0, 600) }),
    writeCertificateVerify,
    readCertificateVerify,
  ),
  finished: kind('finished', bytes(48, 48), writeFinished, (message) => readFinished(message, 48)),
  key_update: kind('key_update', fc.boolean(), writeKeyUpdate, readKeyUpdate),
  new_session_ticket: kind(
    'new_session_ticket',
    fc.record({
      ticketLifetime: fc.nat(604_800),
      ticketAgeAdd: fc.nat(0xffffffff),
      ticketNonce: bytes(0, 255),
      ticket: bytes(1, 300),
      maxEarlyData: fc.nat(0xffffffff),
    }),
    writeNewSessionTicket,
    readNewSessionTicket,
  ),
  end_of_early_data: kind('end_of_early_data', fc.constant(undefined), writeEndOfEarlyData, readEndOfEarlyData),
  // TLS 1.2
  server_hello12: kind(
    'server_hello',
    fc.record({
      random: bytes(32, 32),
      sessionId: bytes(0, 32),
      cipherSuite: u16,
      extensions: fc.record(
        {
          server_name: fc.constant(true as const),
          ec_point_formats: fc.array(fc.nat(255), { minLength: 1, maxLength: 3 }),
          application_layer_protocol_negotiation: bytes(1, 255),
          extended_master_secret: fc.constant(true as const),
          session_ticket: fc.constant(true as const),
          renegotiation_info: bytes(0, 24),
        },
        { requiredKeys: ['renegotiation_info'] },
      ),
    }),
    writeServerHello12,
    (message) => {
      const { version: _version, compressionMethod: _method, ...rest } = readServerHello12(message, undefined)
      return rest
    },
  ),
  certificate12: kind('certificate', fc.array(bytes(1, 300), { maxLength: 4 }), writeCertificate12, readCertificate12),
  raw_public_key12: kind('certificate', bytes(1, 300), writeRawPublicKey12, readRawPublicKey12),
  certificate_request12: kind(
    'certificate_request',
    fc.record({
      certificateTypes: fc.array(fc.nat(255), { minLength: 1, maxLength: 4 }),
      signatureAlgorithms: codes,
      certificateAuthorities: fc.array(bytes(1, 50), { maxLength: 3 }),
    }),
    writeCertificateRequest12,
    readCertificateRequest12,
  ),
  server_key_exchange: kind(
    'server_key_exchange',
    fc.record({ group: u16, point: bytes(1, 255), algorithm: u16, signature: bytes(0, 300) }),
    ({ group, point, algorithm, signature }) =>
      writeServerKeyExchange({ parameters: writeServerParameters(group, point), algorithm, signature }),
    (message) => {
      const { parameters: _parameters, ...rest } = readServerKeyExchange(message)
      return rest
    },
  ),
  client_key_exchange: kind('client_key_exchange', bytes(1, 255), writeClientKeyExchange, readClientKeyExchange),
  certificate_status: kind('certificate_status', bytes(1, 300), writeCertificateStatus, readCertificateStatus),
  new_session_ticket12: kind(
    'new_session_ticket',
    fc.record({ ticketLifetimeHint: fc.nat(0xffffffff), ticket: bytes(0, 300) }),
    writeNewSessionTicket12,
    readNewSessionTicket12,
  ),
}

/** Extensions that were not given come back as absent, not as undefined: `toEqual` takes both for the same. */
describe.each(Object.entries(CASES))('%s', (name, { type, value, write, read }) => {
  test('what was written is read again', () => {
    fc.assert(
      fc.property(value, (given) => {
        const raw = write(given as never)
        expect(raw.length).toBe(4 + ((raw[1] as number) << 16) + ((raw[2] as number) << 8) + (raw[3] as number))
        expect(read({ type, raw })).toEqual(given)
      }),
    )
  })

  test('cut off anywhere, it is refused with the name of a field', () => {
    const [given] = fc.sample(value, { numRuns: 1, seed: 7 })
    const raw = write(given as never)
    // An older ServerHello may end before its extensions, and a ClientHello too: that is another rule's business.
    const hasExtensions = name === 'client_hello' || type === 'server_hello'
    const mayEnd = new Set(hasExtensions ? [endOfFields(raw, type)] : [])
    for (let length = 4; length < raw.length; length++) {
      if (mayEnd.has(length)) continue
      let error: unknown
      try {
        read({ type, raw: raw.slice(0, length) })
      } catch (thrown) {
        error = thrown
      }
      expect(error, `${length} of ${raw.length} bytes`).toBeInstanceOf(DecodeError)
      // Until its random is there, a HelloRetryRequest is a ServerHello.
      const known = name === 'hello_retry_request' && length >= 38 ? name : type
      expect((error as DecodeError).path).toMatch(new RegExp(`^${known}(\\.|$)`))
    }
  })

  test('one byte more is refused', () => {
    const [given] = fc.sample(value, { numRuns: 1, seed: 8 })
    const raw = write(given as never)
    const longer = new Uint8Array(raw.length + 1)
    longer.set(raw)
    expect(() => read({ type, raw: longer })).toThrow(/nothing more/)
  })

  test('whatever the bytes are, nothing else is thrown', () => {
    fc.assert(
      fc.property(bytes(0, 200), (body) => {
        const raw = new Uint8Array([0, 0, 0, 0, ...body])
        try {
          read({ type, raw })
        } catch (error) {
          expect(error instanceof DecodeError || error instanceof TlsError, String(error)).toBe(true)
        }
        expect(raw.length).toBe(body.length + 4)
      }),
    )
  })
})

/** Where the fields that every version has end. */
function endOfFields(raw: Uint8Array, name: string): number {
  const sessionId = 4 + 2 + 32
  const after = sessionId + 1 + (raw[sessionId] as number)
  if (name === 'server_hello') return after + 3
  const suites = ((raw[after] as number) << 8) | (raw[after + 1] as number)
  return after + 2 + suites + 2
}

test('messages without a body (RFC 5246 sections 7.4.1.1, 7.4.5)', () => {
  expect(writeServerHelloDone()).toEqual(Uint8Array.of(14, 0, 0, 0))
  for (const [type, code, read] of [
    ['server_hello_done', 14, readServerHelloDone],
    ['hello_request', 0, readHelloRequest],
  ] as const) {
    expect(() => read({ type, raw: Uint8Array.of(code, 0, 0, 0) })).not.toThrow()
    expect(() => read({ type, raw: Uint8Array.of(code, 0, 0, 1, 0) })).toThrow(/nothing more/)
  }
})

test('a ServerHello of TLS 1.2 may end before its extensions (RFC 5246 section 7.4.1.3)', () => {
  const raw = writeServerHello12({
    random: new Uint8Array(32),
    sessionId: new Uint8Array(0),
    cipherSuite: 0xc02b,
    extensions: {},
  })
  expect(raw).toHaveLength(4 + 38)
  expect(readServerHello12({ type: 'server_hello', raw }, new Set()).extensions).toEqual({})
})

test('what a ServerKeyExchange signs (RFC 8422 section 5.4), and a curve without a name', () => {
  const [client, server] = [new Uint8Array(32).fill(1), new Uint8Array(32).fill(2)]
  const parameters = writeServerParameters(29, Uint8Array.of(7, 8))
  expect([...parameters]).toEqual([3, 0, 29, 2, 7, 8])
  expect(signedParameters({ client, server }, parameters)).toEqual(Uint8Array.of(...client, ...server, ...parameters))
  const raw = writeServerKeyExchange({ parameters, algorithm: 0x0403, signature: Uint8Array.of(9) })
  expect(readServerKeyExchange({ type: 'server_key_exchange', raw }).parameters).toEqual(parameters)
  raw[4] = 1
  expect(() => readServerKeyExchange({ type: 'server_key_exchange', raw })).toThrow(/curve_type/)
})

test('a stapled response of another kind', () => {
  const raw = writeCertificateStatus(Uint8Array.of(1))
  raw[4] = 2
  expect(() => readCertificateStatus({ type: 'certificate_status', raw })).toThrow(/status_type/)
})

test('the header', () => {
  expect(writeHandshake('finished', (w) => void w.u8(7))).toEqual(Uint8Array.of(20, 0, 0, 1, 7))
  expect(readBody({ type: 'finished', raw: Uint8Array.of(20, 0, 0, 1, 7) }).u8('a')).toBe(7)
})

test('what a CertificateVerify signs (RFC 9846 section 4.5.2)', () => {
  const content = signedContent('server', new Uint8Array(32).fill(1))
  expect(content).toHaveLength(64 + 33 + 1 + 32)
  expect(new TextDecoder().decode(content.subarray(0, 98))).toBe(`${' '.repeat(64)}TLS 1.3, server CertificateVerify\0`)
  expect(new TextDecoder().decode(signedContent('client', new Uint8Array(32)).subarray(64, 98))).toBe(
    'TLS 1.3, client CertificateVerify\0',
  )
})

test('the sentinels of a downgrade (RFC 9846 section 4.2.3)', () => {
  const random = (tail: string): Uint8Array => {
    const all = new Uint8Array(32)
    all.set(new TextEncoder().encode(tail), 24)
    return all
  }
  expect(isDowngradeSentinel(random('DOWNGRD\u0001'))).toBe(true)
  expect(isDowngradeSentinel(random('DOWNGRD\u0000'))).toBe(true)
  expect(isDowngradeSentinel(random('DOWNGRD\u0002'))).toBe(false)
  expect(isDowngradeSentinel(new Uint8Array(32))).toBe(false)
})

test('a ticket for more than seven days (RFC 9846 section 4.7.1)', () => {
  const raw = writeHandshake('new_session_ticket', (w) => {
    w.u32(604_801).u32(0).vector(1, new Uint8Array(0)).vector(2, Uint8Array.of(1)).u16(0)
  })
  expect(() => readNewSessionTicket({ type: 'new_session_ticket', raw })).toThrow(/ticket_lifetime/)
})
