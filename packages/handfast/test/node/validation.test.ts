/** How a peer is judged by the options: policies, lists, what is remembered, and what is fetched. */

import { once } from 'node:events'
import { createServer as createHttpServer, type IncomingMessage, type Server as HttpServer } from 'node:http'
import { buffer } from 'node:stream/consumers'
import { describe, expect, test } from 'vitest'
import { writeContext, writeIa5String, writeOid, writePem, writeSequence } from '../../src/asn1/index.ts'
import { toHex } from '../../src/bytes/index.ts'
import { nodeProvider } from '../../src/crypto/node.ts'
import {
  connect,
  type ConnectOptions,
  createFetcher,
  type ServerOptions,
  type TlsSocket,
} from '../../src/node/index.ts'
import { createBlocklist, createKeyMemory, createKeySet, createPolicy } from '../../src/x509/index.ts'
import { issue, issueCa, makeCa, type TestCertificate, type TestExtension } from '../pki.ts'
import { freshCrl, freshOcspResponse } from '../revocation-data.ts'
import { CA, CLIENT, credentials, ending, Listening, SERVER, startPair, startServer, TRUST } from './loopback.ts'

const NOW = Date.now()
const FRESH = { thisUpdate: NOW - 3_600_000 }
const GOOD_LIST = freshCrl(CA, [], FRESH)
const HARD = createPolicy('tls', { revocation: { mode: 'hard' } })

function spki({ key }: TestCertificate): string {
  return toHex(nodeProvider.hashes.sha256.digest(key.subjectPublicKeyInfo))
}

/** How a client of ours that connects to `certificate` with these options ends: its error, or its socket. */
async function meet(certificate: TestCertificate, options: ConnectOptions): Promise<string> {
  await using listening = await startServer(credentials(certificate))
  const client = connect({ ...TRUST, port: listening.port, ...options })
  return await outcome(client)
}

async function outcome(client: TlsSocket): Promise<string> {
  const connected = once(client, 'secureConnect').then(() => 'trusted')
  const result = await Promise.race([
    connected.catch(() => 'never'),
    ending(client).then((error) => `${String(error?.['reason'])} ${String(error?.['alert'])}`),
  ])
  client.on('error', () => {}).destroy()
  return result
}

describe('options of a client', () => {
  const WEAK = issue(CA, { dnsNames: ['localhost'], keyType: 'rsa-1024' })
  const SUB = issueCa(CA, { subject: 'Loopback sub CA' })
  const BELOW = issue(SUB, { dnsNames: ['localhost'] })
  const ALONE: TestCertificate = { ...BELOW, chainPem: BELOW.pem }

  test.each<readonly [string, TestCertificate, ConnectOptions, string]>([
    ['the default policy refuses a weak key', WEAK, {}, 'weak-key bad_certificate'],
    ['a profile by its name', WEAK, { policy: 'rfc5280' }, 'trusted'],
    ['a policy of one’s own', WEAK, { policy: createPolicy('tls', { rules: { 'weak-key': 'warn' } }) }, 'trusted'],
    ['an intermediate that is left out', ALONE, {}, 'unknown-issuer unknown_ca'],
    ['one that is at hand', ALONE, { intermediates: SUB.pem }, 'trusted'],
    ['status unknown, judged hard', SERVER, { policy: HARD }, 'revocation-unknown certificate_unknown'],
    ['a list in DER', SERVER, { policy: HARD, crls: GOOD_LIST }, 'trusted'],
    ['a list in PEM', SERVER, { policy: HARD, crls: writePem('X509 CRL', GOOD_LIST) }, 'trusted'],
    [
      'a list that has it',
      SERVER,
      { crls: [GOOD_LIST, freshCrl(CA, [SERVER], { thisUpdate: NOW - 60_000 })] },
      'revoked certificate_revoked',
    ],
    [
      'an OCSP response',
      SERVER,
      { policy: HARD, ocspResponses: freshOcspResponse(CA, SERVER, 'good', FRESH) },
      'trusted',
    ],
    [
      'one that says revoked',
      SERVER,
      { ocspResponses: [freshOcspResponse(CA, SERVER, 'revoked', FRESH)] },
      'revoked certificate_revoked',
    ],
    ['a pin of the key', SERVER, { pins: ['0'.repeat(64), spki(SERVER)] }, 'trusted'],
    [
      'a pin of another',
      SERVER,
      { pins: createKeySet({ name: 'ours', hashes: [spki(CLIENT)] }) },
      'pin-mismatch bad_certificate',
    ],
    [
      'a blocked key',
      SERVER,
      { blocklist: createBlocklist({ name: 'b', entries: [{ kind: 'key', hash: spki(SERVER) }] }) },
      'blocked bad_certificate',
    ],
    [
      'an intercepting root',
      SERVER,
      { interceptionRoots: createKeySet({ name: 'i', hashes: [spki(CA)] }) },
      'interception unknown_ca',
    ],
    [
      'a key that leaked',
      SERVER,
      { weakKeys: createKeySet({ name: 'w', hashes: [spki(SERVER)] }) },
      'weak-key bad_certificate',
    ],
    ['no work allowed', SERVER, { budgets: { signatureChecks: 0 } }, 'budget-exceeded certificate_unknown'],
  ])('%s', async (_, certificate, options, expected) => {
    expect(await meet(certificate, options)).toBe(expected)
  })

  test('the report tells by what was judged', async () => {
    await using pair = await startPair({ policy: HARD, crls: GOOD_LIST })
    expect(pair.client.report.server.verdict).toMatchObject({
      policy: HARD.name,
      revocation: [{ status: 'good', source: 'crl', certificate: 'CN=localhost' }],
      timestamps: 0,
      tried: [],
    })
    await using none = await startPair({ ca: CLIENT.pem, rejectUnauthorized: false })
    const verdict = none.client.report.server.verdict
    expect(verdict?.reasons[0]).toMatchObject({ reason: 'unknown-issuer' })
    expect(verdict?.tried).toMatchObject([{ subjects: ['CN=localhost'], complete: false }])
  })
})

describe('options of a server', () => {
  const wanting: ServerOptions = { requestCert: true, ca: CA.pem }

  test.each<readonly [string, ServerOptions, string | null]>([
    ['hard, and nothing at hand', { policy: HARD }, 'revocation-unknown'],
    ['hard, and a list', { policy: HARD, crls: GOOD_LIST }, null],
    ['a list that has the client', { crls: freshCrl(CA, [CLIENT], FRESH) }, 'revoked'],
    ['pins', { pins: [spki(SERVER)] }, 'pin-mismatch'],
  ])('%s', async (_, options, reason) => {
    await using listening = await startServer({ ...wanting, ...options })
    const done = Promise.race([
      once(listening.server, 'secureConnection').then(() => null),
      once(listening.server, 'tlsClientError').then(([error]) => (error as { reason?: string }).reason),
    ])
    const client = connect({ ...TRUST, ...credentials(CLIENT), port: listening.port })
    client.on('error', () => {})
    expect(await done).toBe(reason)
    client.destroy()
  })

  test('setTrust: for connections to come, and clients are told of the new authorities', async () => {
    const other = makeCa({ subject: 'Another CA' })
    const bob = issue(other, { subject: 'bob', usage: 'client' })
    await using listening = await startServer({ ...wanting, clientAuthentication: 'optional' })
    const shown = async (): Promise<string | undefined> => {
      const accepted = once(listening.server, 'secureConnection') as Promise<[TlsSocket]>
      const identities = [CLIENT, bob].map(({ chain, privateKey }) => ({ chain, key: privateKey }))
      const client = connect({ ...TRUST, identities, port: listening.port })
      const [socket] = await accepted
      const { authorized, report } = socket
      client.on('error', () => {}).destroy()
      return `${report.client.chain[0]?.subject} ${authorized}`
    }
    expect(await shown()).toBe('CN=alice true')
    listening.server.setTrust(other.pem)
    expect(await shown()).toBe('CN=bob true')
    expect(() => listening.server.setTrust('nothing')).toThrow(/^ca: /)
    expect(await shown()).toBe('CN=bob true')
  })

  test('setTrust is nothing for a server that asks for no certificate', async () => {
    await using listening = await startServer()
    expect(() => listening.server.setTrust(CA.pem)).toThrow(/^requestCert: needs true/)
  })

  test('setValidation is nothing for a server that asks for no certificate', async () => {
    await using listening = await startServer()
    expect(() => listening.server.setValidation({ policy: HARD })).toThrow(/^requestCert: needs true/)
  })

  test('setValidation replaces lists', async () => {
    await using listening = await startServer({ ...wanting, crls: GOOD_LIST })
    listening.server.setValidation({ crls: freshCrl(CA, [CLIENT], FRESH) })
    const failed = once(listening.server, 'tlsClientError')
    const client = connect({ ...TRUST, ...credentials(CLIENT), port: listening.port })
    client.on('error', () => {})
    expect((await failed)[0]).toMatchObject({ reason: 'revoked' })
    client.destroy()
    expect(() => listening.server.setValidation({ crls: 'nothing' })).toThrow(/^crls: /)
  })
})

describe('trust on first use', () => {
  const RENEWED = issue(CA, { dnsNames: ['localhost'] })

  test('the first key is remembered, another is refused', async () => {
    const knownKeys = createKeyMemory()
    expect(await meet(SERVER, { knownKeys })).toBe('trusted')
    expect(knownKeys.size).toBe(1)
    expect(await meet(SERVER, { knownKeys })).toBe('trusted')
    expect(await meet(RENEWED, { knownKeys })).toBe('key-changed bad_certificate')
    expect(knownKeys.size).toBe(1)
  })

  test.each<readonly [string, ConnectOptions]>([
    ['a peer that is not trusted', { ca: CLIENT.pem, rejectUnauthorized: false }],
    ['a peer that is refused by the host', { verifyPeer: () => false }],
  ])('%s is not remembered', async (_, options) => {
    const knownKeys = createKeyMemory()
    await meet(SERVER, { knownKeys, ...options })
    expect(knownKeys.size).toBe(0)
  })
})

describe('the engine asks for digitalSignature itself', () => {
  const IGNORING = createPolicy('tls', { rules: { 'key-usage': 'ignore' } })

  test.each<readonly [string, ConnectOptions]>([
    ['by default', {}],
    ['though the policy does not', { policy: IGNORING }],
    ['though nobody is refused', { policy: IGNORING, rejectUnauthorized: false }],
  ])('of a server, %s', async (_, options) => {
    const server = issue(CA, { dnsNames: ['localhost'], keyUsage: ['keyAgreement'] })
    expect(await meet(server, options)).toBe('key-usage unsupported_certificate')
  })

  test('of a client', async () => {
    await using listening = await startServer({
      requestCert: true,
      ca: CA.pem,
      policy: IGNORING,
      rejectUnauthorized: false,
    })
    const failed = once(listening.server, 'tlsClientError')
    const alice = issue(CA, { subject: 'alice', usage: 'client', keyUsage: ['keyEncipherment'] })
    const client = connect({ ...TRUST, ...credentials(alice), port: listening.port })
    const ended = ending(client)
    expect((await failed)[0]).toMatchObject({ alert: 'unsupported_certificate', reason: 'key-usage' })
    expect(await ended).toMatchObject({ fault: 'peer-alert', alert: 'unsupported_certificate' })
  })

  test('a certificate without key usage may sign', async () => {
    expect(await meet(issue(CA, { dnsNames: ['localhost'], keyUsage: null }), {})).toBe('trusted')
  })
})

/** An HTTP server that answers each path with what is given for it, and counts what it was asked. */
async function publish(
  pages: Readonly<Record<string, (request: IncomingMessage) => Promise<Uint8Array> | Uint8Array>>,
): Promise<{ readonly listening: Listening<HttpServer>; readonly base: string; readonly asked: string[] }> {
  const asked: string[] = []
  const server = createHttpServer((request, response) => {
    const path = request.url ?? ''
    asked.push(`${request.method} ${path}`)
    const page = pages[path]
    if (page === undefined) {
      response.writeHead(404).end()
      return
    }
    void (async () => response.end(await page(request)))()
  })
  const listening = await Listening.start(server)
  return { listening, base: `http://127.0.0.1:${listening.port}`, asked }
}

/** authorityInfoAccess and cRLDistributionPoints. */
function places(places: { readonly ocsp?: string; readonly issuer?: string; readonly crl?: string }): TestExtension[] {
  const uri = (text: string): Uint8Array => writeIa5String(text, 0x86)
  const access = [
    ...(places.ocsp === undefined ? [] : [writeSequence(writeOid('1.3.6.1.5.5.7.48.1'), uri(places.ocsp))]),
    ...(places.issuer === undefined ? [] : [writeSequence(writeOid('1.3.6.1.5.5.7.48.2'), uri(places.issuer))]),
  ]
  const point = (text: string): Uint8Array => writeSequence(writeContext(0, writeContext(0, uri(text))))
  return [
    ...(access.length === 0 ? [] : [{ oid: '1.3.6.1.5.5.7.1.1', value: writeSequence(...access) }]),
    ...(places.crl === undefined ? [] : [{ oid: '2.5.29.31', value: writeSequence(point(places.crl)) }]),
  ]
}

describe('fetching for a peer', () => {
  const uri = 'http://ca.example/ca.crl'
  const made = issue(CA, { dnsNames: ['localhost'], extensions: places({ crl: uri }) })
  const revoking = async (): Promise<Uint8Array> => freshCrl(CA, [made], FRESH)

  test('what throws the second time leaves the peer refused, not judged as before', async () => {
    let isDamaged = false
    const knownKeys = {
      recall: (): string[] => {
        if (isDamaged) throw new Error('damaged')
        return []
      },
    }
    const fetch = async (): Promise<Uint8Array> => {
      isDamaged = true
      return await revoking()
    }
    expect(await meet(made, { knownKeys })).toBe('trusted')
    // The list revokes it.
    expect(await meet(made, { knownKeys, fetch })).toBe('undefined certificate_unknown')
    expect(await meet(made, { fetch: revoking })).toBe('revoked certificate_revoked')
  })

  test('a key that another handshake learnt meanwhile is not overruled', async () => {
    const knownKeys = createKeyMemory()
    const fetch = async (): Promise<Uint8Array> => {
      await Promise.resolve()
      return freshCrl(CA, [], FRESH)
    }
    const verifyPeer: ConnectOptions['verifyPeer'] = async (_, { trusted }) => {
      knownKeys.remember('localhost', spki(CLIENT))
      return trusted
    }
    expect(await meet(made, { knownKeys, fetch, verifyPeer })).toMatch(/ bad_certificate$/)
    expect(knownKeys.recall('localhost')).toEqual([spki(CLIENT)])
  })

  test.each(['the peer goes', 'the handshake takes too long'])('ends when %s', async (why) => {
    const client = issue(CA, { subject: 'alice', usage: 'client', extensions: places({ crl: uri }) })
    const isLate = why !== 'the peer goes'
    const begun = Promise.withResolvers<void>()
    const ended = Promise.withResolvers<string>()
    await using serving = await startServer({
      ...credentials(SERVER),
      requestCert: true,
      ca: CA.pem,
      handshakeTimeout: isLate ? 200 : 0,
      fetch: (_, { signal }) => {
        signal?.addEventListener('abort', () => ended.resolve('aborted'))
        begun.resolve()
        return new Promise(() => {})
      },
    })
    const socket = connect({ ...TRUST, ...credentials(client), port: serving.port })
    socket.on('error', () => {})
    await begun.promise
    if (!isLate) socket.destroy()
    expect(await ended.promise).toBe('aborted')
    socket.destroy()
  })
})

describe('fetching', () => {
  const local = createFetcher({ addresses: 'any', ports: 'any' })

  test('nothing is fetched unless it is allowed', async () => {
    const { listening, base, asked } = await publish({})
    await using _ = listening
    const server = issue(CA, { dnsNames: ['localhost'], extensions: places({ crl: `${base}/ca.crl` }) })
    expect(await meet(server, { policy: HARD })).toBe('revocation-unknown certificate_unknown')
    expect(asked).toEqual([])
  })

  test('a missing intermediate', async () => {
    const sub = issueCa(CA, { subject: 'Loopback sub CA' })
    const { listening, base, asked } = await publish({ '/sub.cer': () => sub.certificate })
    await using _ = listening
    const made = issue(sub, { dnsNames: ['localhost'], extensions: places({ issuer: `${base}/sub.cer` }) })
    const server = { ...made, chainPem: made.pem }
    expect(await meet(server, {})).toBe('unknown-issuer unknown_ca')
    expect(await meet(server, { fetch: local })).toBe('trusted')
    expect(asked).toEqual(['GET /sub.cer'])
  })

  test.each([
    [[], 'trusted'],
    [[0], 'revoked certificate_revoked'],
  ])('a revocation list with %j', async (revoked, expected) => {
    let server = SERVER
    const { listening, base, asked } = await publish({
      '/ca.crl': () =>
        freshCrl(
          CA,
          revoked.map(() => server),
          FRESH,
        ),
    })
    await using _ = listening
    server = issue(CA, { dnsNames: ['localhost'], extensions: places({ crl: `${base}/ca.crl` }) })
    expect(await meet(server, { policy: HARD, fetch: local })).toBe(expected)
    expect(asked).toEqual(['GET /ca.crl'])
  })

  test.each([
    ['good', ''],
    ['revoked', 'revoked certificate_revoked'],
  ] as const)('an OCSP response that says %s, on both sides', async (status, expected) => {
    const made = new Map<string, TestCertificate>()
    const { listening, base, asked } = await publish({
      '/server': async (request) => {
        expect((await buffer(request)).length).toBeGreaterThan(50)
        return freshOcspResponse(CA, made.get('server') as TestCertificate, status, FRESH)
      },
      '/client': () => freshOcspResponse(CA, made.get('client') as TestCertificate, 'good', FRESH),
    })
    await using _ = listening
    made.set('server', issue(CA, { dnsNames: ['localhost'], extensions: places({ ocsp: `${base}/server` }) }))
    made.set('client', issue(CA, { subject: 'alice', usage: 'client', extensions: places({ ocsp: `${base}/client` }) }))
    await using serving = await startServer({
      ...credentials(made.get('server') as TestCertificate),
      requestCert: true,
      ca: CA.pem,
      policy: HARD,
      fetch: local,
    })
    const accepted = status === 'good' ? once(serving.server, 'secureConnection') : undefined
    const client = connect({
      ...TRUST,
      ...credentials(made.get('client') as TestCertificate),
      port: serving.port,
      policy: HARD,
      fetch: local,
    })
    if (accepted === undefined) expect(await outcome(client)).toBe(expected)
    else {
      const [socket] = (await accepted) as [TlsSocket]
      expect([socket.authorized, client.authorized]).toEqual([true, true])
      expect(socket.report.client.verdict?.revocation).toMatchObject([{ status: 'good', source: 'ocsp' }])
      client.on('error', () => {}).destroy()
    }
    expect(asked).toContain('POST /server')
    expect(asked.includes('POST /client')).toBe(status === 'good')
  })

  test.each<readonly [string, (request: IncomingMessage) => Promise<Uint8Array> | Uint8Array]>([
    ['nonsense', () => new TextEncoder().encode('<html>')],
    ['nothing', () => new Uint8Array(0)],
    ['no answer', () => new Promise<Uint8Array>(() => {})],
  ])('%s leaves the verdict as it was without: soft', async (_, page) => {
    const { listening, base, asked } = await publish({ '/ca.crl': page })
    await using __ = listening
    const server = issue(CA, { dnsNames: ['localhost'], extensions: places({ crl: `${base}/ca.crl` }) })
    const fetch = createFetcher({ addresses: 'any', ports: 'any', timeout: 300 })
    expect(await meet(server, { fetch })).toBe('trusted')
    expect(await meet(server, { fetch, policy: HARD })).toBe('revocation-unknown certificate_unknown')
    expect(asked.length).toBeGreaterThan(0)
  })

  test.each([
    [
      'throws',
      () => {
        throw new Error('no network')
      },
    ],
    ['rejects', () => Promise.reject(new Error('no network'))],
    ['gives no bytes', () => 'bytes'],
  ])('a fetcher that %s is no news of the peer', async (_, fetch) => {
    const server = issue(CA, { dnsNames: ['localhost'], extensions: places({ crl: 'http://crl.example/' }) })
    expect(await meet(server, { fetch: fetch as never })).toBe('trusted')
    expect(await meet(server, { fetch: fetch as never, policy: HARD })).toBe('revocation-unknown certificate_unknown')
  })

  test('addresses of this machine’s own network are not asked, unless that is allowed', async () => {
    const { listening, base, asked } = await publish({ '/ca.crl': () => GOOD_LIST })
    await using _ = listening
    const server = issue(CA, { dnsNames: ['localhost'], extensions: places({ crl: `${base}/ca.crl` }) })
    expect(await meet(server, { fetch: createFetcher(), policy: HARD })).toBe('revocation-unknown certificate_unknown')
    expect(asked).toEqual([])
  })

  test('the deadline of the handshake holds', async () => {
    const server = issue(CA, { dnsNames: ['localhost'], extensions: places({ crl: 'http://crl.example/' }) })
    await using listening = await startServer(credentials(server))
    const client = connect({
      ...TRUST,
      port: listening.port,
      fetch: () => new Promise<never>(() => {}),
      handshakeTimeout: 200,
    })
    expect(await ending(client)).toMatchObject({ code: 'ERR_HANDFAST_HANDSHAKE_TIMEOUT' })
  })
})
