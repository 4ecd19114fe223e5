import { describe, expect, test } from 'vitest'
import { nodeProvider } from '../crypto/node.ts'
import type { KeyType } from '../crypto/provider.ts'
import {
  CIPHER_SUITES,
  cipherSuiteName,
  cipherSuitesOf,
  CONTENT_TYPES,
  GROUP_CODES,
  groupName,
  HANDSHAKE_TYPES,
  isGrease,
  SIGNATURE_SCHEMES,
  signatureSchemeName,
  type SignatureSchemeName,
  signatureSchemesOf,
  versionName,
} from './registry.ts'

describe('numbers, as their documents have them', () => {
  test('cipher suites (RFC 9846 B.4, RFC 5289 section 3.2, RFC 7905 section 2)', () => {
    expect(CIPHER_SUITES.map(({ name, code, aead, hash }) => [name, code, aead, hash])).toEqual([
      ['TLS_AES_128_GCM_SHA256', 0x1301, 'aes-128-gcm', 'sha256'],
      ['TLS_AES_256_GCM_SHA384', 0x1302, 'aes-256-gcm', 'sha384'],
      ['TLS_CHACHA20_POLY1305_SHA256', 0x1303, 'chacha20-poly1305', 'sha256'],
      ['TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256', 0xc02b, 'aes-128-gcm', 'sha256'],
      ['TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384', 0xc02c, 'aes-256-gcm', 'sha384'],
      ['TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256', 0xcca9, 'chacha20-poly1305', 'sha256'],
      ['TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256', 0xc02f, 'aes-128-gcm', 'sha256'],
      ['TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384', 0xc030, 'aes-256-gcm', 'sha384'],
      ['TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256', 0xcca8, 'chacha20-poly1305', 'sha256'],
    ])
  })

  test('groups (RFC 9846 section 4.3.7; the hybrids: RFC 10024)', () => {
    expect(GROUP_CODES).toEqual({
      secp256r1: 23,
      secp384r1: 24,
      secp521r1: 25,
      x25519: 29,
      SecP256r1MLKEM768: 4587,
      X25519MLKEM768: 4588,
      SecP384r1MLKEM1024: 4589,
    })
  })

  test('signature schemes (RFC 9846 section 4.3.3; ML-DSA: draft-ietf-tls-mldsa)', () => {
    expect(Object.fromEntries(SIGNATURE_SCHEMES.map(({ name, code }) => [name, code]))).toEqual({
      rsa_pkcs1_sha256: 0x0401,
      rsa_pkcs1_sha384: 0x0501,
      rsa_pkcs1_sha512: 0x0601,
      ecdsa_secp256r1_sha256: 0x0403,
      ecdsa_secp384r1_sha384: 0x0503,
      ecdsa_secp521r1_sha512: 0x0603,
      rsa_pss_rsae_sha256: 0x0804,
      rsa_pss_rsae_sha384: 0x0805,
      rsa_pss_rsae_sha512: 0x0806,
      ed25519: 0x0807,
      rsa_pss_pss_sha256: 0x0809,
      rsa_pss_pss_sha384: 0x080a,
      rsa_pss_pss_sha512: 0x080b,
      mldsa44: 0x0904,
      mldsa65: 0x0905,
      mldsa87: 0x0906,
    })
  })

  test('handshake and content types (RFC 9846 sections 4, 5.1; RFC 5246 section 7.4; RFC 8879 section 4)', () => {
    expect(HANDSHAKE_TYPES).toEqual({
      hello_request: 0,
      client_hello: 1,
      server_hello: 2,
      new_session_ticket: 4,
      end_of_early_data: 5,
      encrypted_extensions: 8,
      certificate: 11,
      server_key_exchange: 12,
      certificate_request: 13,
      server_hello_done: 14,
      certificate_verify: 15,
      client_key_exchange: 16,
      finished: 20,
      certificate_status: 22,
      key_update: 24,
      compressed_certificate: 25,
      message_hash: 254,
    })
    expect(CONTENT_TYPES).toEqual({ change_cipher_spec: 20, alert: 21, handshake: 22, application_data: 23 })
  })
})

describe('which key fits which scheme', () => {
  const KEYS: readonly (readonly [KeyType, readonly SignatureSchemeName[]])[] = [
    [{ type: 'ec', curve: 'secp256r1' }, ['ecdsa_secp256r1_sha256']],
    [{ type: 'ec', curve: 'secp384r1' }, ['ecdsa_secp384r1_sha384']],
    [{ type: 'ec', curve: 'secp521r1' }, ['ecdsa_secp521r1_sha512']],
    [{ type: 'ed25519' }, ['ed25519']],
    [{ type: 'ed448' }, []],
    [{ type: 'ml-dsa-65' }, ['mldsa65']],
    [{ type: 'rsa', bits: 2048 }, ['rsa_pss_rsae_sha256', 'rsa_pss_rsae_sha384', 'rsa_pss_rsae_sha512']],
    [{ type: 'rsa-pss', bits: 2048 }, ['rsa_pss_pss_sha256', 'rsa_pss_pss_sha384', 'rsa_pss_pss_sha512']],
    // RFC 4055 section 3.3: a key may be for one hash alone.
    [
      { type: 'rsa-pss', bits: 2048, restriction: { hash: 'sha384', mgfHash: 'sha384', saltLength: 48 } },
      ['rsa_pss_pss_sha384'],
    ],
    // EMSA-PSS needs 2 + 64 + 64 bytes for SHA-512: more than there are.
    [{ type: 'rsa', bits: 1024 }, ['rsa_pss_rsae_sha256', 'rsa_pss_rsae_sha384']],
    // Kinds and sizes that only certificates have, for a policy to judge.
    [{ type: 'rsa', bits: 1023 }, []],
    [{ type: 'rsa-pss', bits: 1023 }, []],
    [{ type: 'dsa', bits: 2048, subgroupBits: 256 }, []],
    [{ type: 'ec', curve: 'brainpoolP256r1' }, []],
  ]

  test.each(KEYS)('%j', (key, names) => {
    const fitting = SIGNATURE_SCHEMES.filter((scheme) => scheme.fits(key, 'TLS 1.3'))
    expect(fitting.map(({ name }) => name)).toEqual(names)
  })
})

test('TLS 1.2 ties ECDSA to no curve, lets PKCS #1 sign, and has no ML-DSA (RFC 9846 section 4.3.3)', () => {
  const names = (key: KeyType): readonly string[] =>
    SIGNATURE_SCHEMES.filter((scheme) => scheme.fits(key, 'TLS 1.2')).map(({ name }) => name)
  expect(names({ type: 'ec', curve: 'secp384r1' })).toEqual([
    'ecdsa_secp256r1_sha256',
    'ecdsa_secp384r1_sha384',
    'ecdsa_secp521r1_sha512',
  ])
  expect(names({ type: 'rsa', bits: 2048 }).slice(-3)).toEqual([
    'rsa_pkcs1_sha256',
    'rsa_pkcs1_sha384',
    'rsa_pkcs1_sha512',
  ])
  expect(names({ type: 'rsa-pss', bits: 2048 }).every((name) => name.startsWith('rsa_pss_pss'))).toBe(true)
  expect(names({ type: 'ed25519' })).toEqual(['ed25519'])
  expect(names({ type: 'ml-dsa-65' })).toEqual([])
  expect(names({ type: 'ec', curve: 'brainpoolP256r1' })).toEqual([])
})

test('what providers have for certificates alone is in no scheme', () => {
  const kinds = new Set(SIGNATURE_SCHEMES.map(({ algorithm }) => algorithm.kind as string))
  expect(kinds.has('dsa')).toBe(false)
  const hashes = SIGNATURE_SCHEMES.flatMap(({ algorithm }) => ('hash' in algorithm ? [algorithm.hash] : []))
  expect([...new Set(hashes)].toSorted()).toEqual(['sha256', 'sha384', 'sha512'])
  expect(signatureSchemesOf(nodeProvider)).toEqual(SIGNATURE_SCHEMES)
})

test('what a provider has not is not offered', () => {
  const [aead] = nodeProvider.aeads
  const small = {
    ...nodeProvider,
    aeads: aead === undefined ? [] : [aead],
    signatureAlgorithms: [{ kind: 'ed25519' as const }, { kind: 'ecdsa' as const, hash: 'sha384' as const }],
  }
  expect(cipherSuitesOf(small).map((suite) => suite.aead)).toEqual(Array(3).fill(aead?.name))
  expect(signatureSchemesOf(small).map(({ name }) => name)).toEqual(['ed25519', 'ecdsa_secp384r1_sha384'])
})

test('names for people', () => {
  expect([cipherSuiteName(0x1301), cipherSuiteName(0x2a2a), cipherSuiteName(0xc013)]).toEqual([
    'TLS_AES_128_GCM_SHA256',
    'GREASE',
    '0xc013',
  ])
  expect([groupName(29), groupName(0x0a0a), groupName(30)]).toEqual(['x25519', 'GREASE', '0x001e'])
  expect([signatureSchemeName(0x0807), signatureSchemeName(0x0203)]).toEqual(['ed25519', '0x0203'])
  expect([0x0304, 0x0303, 0x0302, 0x0301, 0x0300, 0x1a1a, 0x7f1c].map(versionName)).toEqual([
    'TLS 1.3',
    'TLS 1.2',
    'TLS 1.1',
    'TLS 1.0',
    'SSL 3.0',
    'GREASE',
    '0x7f1c',
  ])
})

test('GREASE is what RFC 8701 reserves, and nothing else', () => {
  const reserved = Array.from({ length: 0x10000 }, (_, code) => code).filter(isGrease)
  expect(reserved).toEqual(Array.from({ length: 16 }, (_, i) => 0x0a0a + i * 0x1010))
})
