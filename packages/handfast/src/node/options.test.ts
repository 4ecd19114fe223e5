/** Mistakes in options: each a TypeError that names the option, before anything is on the wire. */

import { generateKeyPairSync } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { issue, makeCa } from '../../test/pki.ts'
import { nodeProvider } from '../crypto/node.ts'
import { POLICIES } from '../x509/index.ts'
import { connect, type ConnectOptions } from './connect.ts'
import { createIdentity } from './identity.ts'
import { readSystemRoots } from './roots.ts'
import { createServer, type ServerOptions } from './server.ts'

const CA = makeCa()
const SERVER = issue(CA, { dnsNames: ['localhost'] })
const OTHER = issue(CA, { dnsNames: ['other.example'] })
const CREDENTIALS = { cert: SERVER.chainPem, key: SERVER.key.pem }
const TARGET = { port: 1, ca: CA.pem }

type Mistake = readonly [name: string, options: object, message: RegExp]

describe('SSL_CERT_FILE', () => {
  test.each([
    ['that is not there', 'no-such-file.pem', /^SSL_CERT_FILE: needs a readable file, has 'no-such-file\.pem'/],
    [
      'without certificates',
      new URL('../../package.json', import.meta.url).pathname,
      /^SSL_CERT_FILE: needs certificates in PEM, .* has none/,
    ],
  ])('a file %s never widens trust', (_, file, message) => {
    const before = process.env['SSL_CERT_FILE']
    process.env['SSL_CERT_FILE'] = file
    try {
      expect(() => readSystemRoots()).toThrow(message)
    } finally {
      if (before === undefined) delete process.env['SSL_CERT_FILE']
      else process.env['SSL_CERT_FILE'] = before
    }
  })
})

const SHARED: readonly Mistake[] = [
  ['an unknown cipher suite', { cipherSuites: ['TLS_RSA_WITH_RC4_128_MD5'] }, /^cipherSuites: needs names among TLS_/],
  ['no cipher suite', { cipherSuites: [] }, /^cipherSuites: needs at least one name, has none/],
  ['an unknown group', { groups: ['x25519', 'ffdhe2048'] }, /^groups: needs names among .*; has 'ffdhe2048'/],
  ['an unknown signature scheme', { signatureSchemes: ['rsa_pkcs1_md5'] }, /^signatureSchemes: .*has 'rsa_pkcs1_md5'/],
  ['a suite twice', { groups: ['x25519', 'x25519'] }, /^groups: needs each name once/],
  ['an ALPN name too long', { ALPNProtocols: ['x'.repeat(256)] }, /^alpnProtocols: needs names of 1 to 255 bytes/],
  [
    'records too long',
    { maxRecordLength: 16_385 },
    /^maxRecordLength: needs a whole number from 64 to 16384, has 16385/,
  ],
  ['no time', { handshakeTimeout: -1 }, /^handshakeTimeout: needs milliseconds, 0 or more, has -1/],
  ['half a millisecond', { handshakeTimeout: 0.5 }, /^handshakeTimeout: .* has 0\.5/],
  ['endless idleness', { idleTimeout: Infinity }, /^idleTimeout: .* has Infinity/],
  ['limits of nothing', { limits: { total: 0 } }, /^limits\.total: needs a whole number/],
  ['a certificate that is none', { ...CREDENTIALS, cert: 'nothing' }, /^cert: .*needs -----BEGIN CERTIFICATE-----/],
  ['a certificate cut short', { ...CREDENTIALS, cert: SERVER.certificate.subarray(0, 100) }, /^cert: /],
  ['a certificate that is a number', { ...CREDENTIALS, cert: 5 }, /^cert: needs text or bytes, has number/],
  ['no certificate in a list', { ...CREDENTIALS, cert: [] }, /^cert: needs a certificate in PEM or DER, has none/],
  [
    'a key of another certificate',
    { ...CREDENTIALS, key: OTHER.key.pem },
    /^key: needs the private key of the certificate/,
  ],
  ['a key that is none', { ...CREDENTIALS, key: SERVER.chainPem }, /^key: .*needs -----BEGIN PRIVATE KEY-----/],
  ['a key without certificate', { cert: undefined, key: SERVER.key.pem }, /^cert: needs the certificate of the key/],
  ['a certificate without key', { cert: SERVER.chainPem, key: undefined }, /^key: needs .*or a `sign` function/],
  ['a key and a signer', { ...CREDENTIALS, sign: () => Buffer.of() }, /^sign: needs a certificate without key/],
  ['identities beside cert', { ...CREDENTIALS, identities: [] }, /^identities: needs to stand alone/],
  [
    'an identity of nothing',
    { cert: undefined, key: undefined, identities: [{ chain: [] }] },
    /^identities\[0\]\.chain: needs at least one/,
  ],
  [
    'an identity nobody signs for',
    { cert: undefined, key: undefined, identities: [{ chain: SERVER.chain }] },
    /^identities\[0\]\.key: needs a private key/,
  ],
  ['roots that are none', { ca: 'nothing' }, /^ca: /],
  ['node:tls’s ciphers', { ciphers: 'HIGH' }, /^ciphers: .*use cipherSuites/],
  [
    'node:tls’s checkServerIdentity',
    { checkServerIdentity: () => undefined },
    /^checkServerIdentity: .*use verifyPeer/,
  ],
  ['node:tls’s crl', { crl: '' }, /^crl: .*use crls/],
  ['a profile there is not', { policy: 'strict' }, /^policy: needs one of rfc5280, webpki, tls, has 'strict'/],
  ['half a policy', { policy: { name: 'ours', rules: {} } }, /^policy\.[\w.]+: needs a value, is missing/],
  [
    'a rule there is not',
    { policy: { ...POLICIES.tls, rules: { ...POLICIES.tls.rules, date: 'warn' } } },
    /^policy\.rules: has no rule 'date'/,
  ],
  [
    'a rule that is missing',
    { policy: { ...POLICIES.tls, rules: { ...POLICIES.tls.rules, dates: undefined } } },
    /^policy\.rules\.dates: needs a value, is missing/,
  ],
  ['intermediates that are none', { intermediates: 'x' }, /^intermediates: needs -----BEGIN CERTIFICATE-----/],
  ['a list that is none', { crls: ['x'] }, /^crls\[0\]: needs -----BEGIN X509 CRL----- or DER, has neither/],
  ['a list that is a certificate', { crls: SERVER.certificate }, /^crls: tbsCertList/],
  ['a list that is a number', { crls: [5] }, /^crls\[0\]: needs text or bytes, has number/],
  ['an OCSP response that is none', { ocspResponses: Uint8Array.of(0x30, 0) }, /^ocspResponses: responseStatus: needs/],
  ['no pins', { pins: [] }, /^pins: needs at least one, has none/],
  ['a pin that is none', { pins: ['abc'] }, /^pins\[0\]: needs .*, has 'abc'/],
  ['pins that are a text', { pins: 'abc' }, /^pins: needs a list \(createKeySet, readKeySet\), has string/],
  ['a memory that is none', { knownKeys: {} }, /^knownKeys: needs a list \(createKeyMemory\), has object/],
  ['a blocklist that is none', { blocklist: ['x'] }, /^blocklist: needs a list/],
  ['logs that are none', { logs: '{}' }, /^logs: needs a list/],
  ['a fetcher that is none', { fetch: 'yes' }, /^fetch: needs a function \(createFetcher\), has string/],
  ['a budget that is none', { budgets: { pathSteps: -1 } }, /pathSteps: needs/],
  ['an older version', { maxVersion: 'TLSv1.1' }, /^maxVersion: needs TLSv1\.2 or TLSv1\.3, .* has TLSv1\.1/],
  ['versions that leave none', { minVersion: 'TLSv1.3', maxVersion: 'TLSv1.2' }, /^maxVersion: needs .* not below/],
  ['a version that is none', { minVersion: 'TLS 1.2' }, /^minVersion: needs one of TLSv1, .* has 'TLS 1\.2'/],
]

const CLIENT: readonly Mistake[] = [
  ['no port', { port: undefined }, /^port: needs the port to connect to, 1 to 65535, has none/],
  ['port 0', { port: 0 }, /^port: .* has 0/],
  ['a port too high', { port: 65_536 }, /^port: .* has 65536/],
  ['a port in words', { port: 'https' }, /^port: .* has https/],
  [
    'an empty servername',
    { servername: '' },
    /^servername: needs the name that the server must prove, has an empty one/,
  ],
  ['no name over a path', { path: '/nowhere' }, /^servername: needs the name that the server must prove, has none/],
  ['a servername that is none', { servername: 'not a name' }, /needs a DNS name or an IP address, has 'not a name'/],
  ['a host that is none', { host: 'a..b' }, /needs a DNS name or an IP address/],
  ['a negative timeout', { timeout: -5 }, /^timeout: needs milliseconds, 0 or more, has -5/],
  ['a stream that is none', { socket: 'tcp', servername: 'x' }, /^socket: needs a Duplex stream, has string/],
]

const SERVERS: readonly Mistake[] = [
  ['no certificate at all', { cert: undefined, key: undefined }, /^cert: needs a certificate to show, or SNICallback/],
  ['an unknown policy', { requestCert: true, clientAuthentication: 'maybe' }, /^clientAuthentication: needs one of/],
  ['an unknown cookie policy', { cookie: 'sometimes' }, /^cookie: needs one of never, with-retry, always/],
]

function errorOf(act: () => void): unknown {
  try {
    act()
  } catch (error) {
    return error
  }
  return undefined
}

describe('connect', () => {
  test.each([...SHARED, ...CLIENT])('%s', (_, options, message) => {
    const error = errorOf(() => connect({ ...TARGET, ...options } as ConnectOptions))
    expect(error).toBeInstanceOf(TypeError)
    expect((error as Error).message).toMatch(message)
  })
})

describe('createServer', () => {
  test.each([...SHARED, ...SERVERS])('%s', (_, options, message) => {
    const error = errorOf(() => createServer({ ...CREDENTIALS, ...options } as ServerOptions))
    expect(error).toBeInstanceOf(TypeError)
    expect((error as Error).message).toMatch(message)
  })

  test('what node:tls means the same is accepted', () => {
    expect(() => createServer({ ...CREDENTIALS, minVersion: 'TLSv1.2', maxVersion: 'TLSv1.3' } as never)).not.toThrow()
  })
})

describe('keys of every wrapping', () => {
  const provider = nodeProvider
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const spki = Uint8Array.from(publicKey.export({ type: 'spki', format: 'der' }))
  const { chainPem } = issue(CA, { subjectPublicKeyInfo: spki })
  const cipher = 'aes-256-cbc'
  const passphrase = 'correct horse'
  const pkcs8 = { type: 'pkcs8', cipher, passphrase } as const
  const sec1 = { type: 'sec1', cipher, passphrase } as const

  test.each([
    ['PKCS#8 PEM', privateKey.export({ type: 'pkcs8', format: 'pem' })],
    ['PKCS#8 PEM in a Buffer', Buffer.from(privateKey.export({ type: 'pkcs8', format: 'pem' }))],
    ['PKCS#8 DER', privateKey.export({ type: 'pkcs8', format: 'der' })],
    ['SEC 1 PEM', privateKey.export({ type: 'sec1', format: 'pem' })],
    ['SEC 1 DER', privateKey.export({ type: 'sec1', format: 'der' })],
    ['encrypted PKCS#8 PEM', privateKey.export({ ...pkcs8, format: 'pem' })],
    ['encrypted PKCS#8 DER', privateKey.export({ ...pkcs8, format: 'der' })],
    ['encrypted SEC 1 PEM', privateKey.export({ ...sec1, format: 'pem' })],
  ])('%s', (_, key) => {
    expect(createIdentity(provider, chainPem, key, passphrase).key?.keyType).toEqual({ type: 'ec', curve: 'secp256r1' })
  })

  test.each([
    ['no passphrase', privateKey.export({ ...pkcs8, format: 'pem' }), undefined, /needs the passphrase .* has none/],
    [
      'no passphrase, DER',
      privateKey.export({ ...pkcs8, format: 'der' }),
      undefined,
      /needs the passphrase .* has none/,
    ],
    [
      'another passphrase',
      privateKey.export({ ...pkcs8, format: 'pem' }),
      'battery staple',
      /has another, or the key is damaged/,
    ],
  ])('%s', (_, key, given, message) => {
    const error = errorOf(() => createIdentity(provider, chainPem, key, given)) as Error
    expect(error).toBeInstanceOf(TypeError)
    expect(error.message).toMatch(message)
  })

  test('a damaged key is not quoted', () => {
    const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }) as string
    const [, body = ''] = pem.split('\n')
    const error = errorOf(() => createIdentity(provider, chainPem, pem.replace(body, `${body.slice(0, 40)}!`))) as Error
    expect(error).toBeInstanceOf(TypeError)
    expect(`${error.message}${String(error.cause)}`).not.toContain(body.slice(0, 12))
  })
})
