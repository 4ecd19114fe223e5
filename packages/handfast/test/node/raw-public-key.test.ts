/** Raw public keys (RFC 7250) and post-handshake authentication (RFC 9846 section 4.7.2) on sockets. */

import { once } from 'node:events'
import { describe, expect, test } from 'vitest'
import { connect, type ConnectOptions, createServer, nodeProvider, type ServerOptions } from '../../src/node/index.ts'
import { toHex } from '../../src/bytes/index.ts'
import { issue, makeCa, type TestCertificate } from '../pki.ts'
import { CA, CLIENT, credentials, ending, OTHER, readBytes, SERVER, startPair, startServer, TRUST } from './loopback.ts'

function pinOf({ key }: TestCertificate): string {
  return toHex(nodeProvider.hashes.sha256.digest(key.subjectPublicKeyInfo))
}

/** The key alone. */
function rawKey({ key }: TestCertificate): { key: string; rawPublicKey: true } {
  return { key: key.pem, rawPublicKey: true }
}

describe('a raw public key', () => {
  test('of a server and of a client, each known to the other', async () => {
    await using pair = await startPair(
      { ...rawKey(CLIENT), trustedKeys: [pinOf(SERVER)] },
      { ...rawKey(SERVER), cert: SERVER.chainPem, trustedKeys: [pinOf(CLIENT)], requestCert: true },
    )
    for (const [socket, shown] of [
      [pair.client, SERVER],
      [pair.server, CLIENT],
    ] as const) {
      expect([socket.authorized, socket.authorizationError]).toEqual([true, null])
      expect(socket.peerRawPublicKey).toEqual(shown.key.subjectPublicKeyInfo)
      expect([socket.peerCertificates, socket.getPeerCertificate(), socket.getPeerX509Certificate()]).toEqual([
        [],
        {},
        undefined,
      ])
    }
    expect(pair.client.report.client.rawPublicKey?.fingerprint).toBe(pinOf(CLIENT))
  })

  test.each([
    ['certificates to a client that trusts no raw keys', {}, false],
    ['certificates to a client that wants nothing else', { serverCertificateTypes: ['X509'] }, false],
    ['its raw key to a client that trusts raw keys', {}, true],
  ] as const)('beside certificates: a server shows %s', async (_, options, isRaw) => {
    const trust = isRaw || 'serverCertificateTypes' in options ? { trustedKeys: [pinOf(SERVER)] } : {}
    await using pair = await startPair({ ...options, ...trust }, { ...rawKey(SERVER), cert: SERVER.chainPem })
    expect(pair.client.peerRawPublicKey !== undefined).toBe(isRaw)
    expect(pair.client.authorized).toBe(true)
  })

  async function failed(client: ConnectOptions, server: ServerOptions): Promise<unknown> {
    await using listening = await Promise.resolve(startServer(server))
    const refused = once(listening.server, 'tlsClientError') as Promise<[{ alert?: string }]>
    const socket = connect({ ...TRUST, port: listening.port, ...client })
    const error = await ending(socket)
    return [error?.['alert'], (await refused)[0].alert]
  }

  test('that is not known is refused', async () => {
    expect(await failed({ trustedKeys: [pinOf(OTHER)] }, rawKeyServer())).toEqual([
      'certificate_unknown',
      'certificate_unknown',
    ])
  })

  test('is not taken from a server unless some are trusted', async () => {
    expect(await failed({}, rawKeyServer())).toEqual(['handshake_failure', 'handshake_failure'])
  })

  test('that is not known is let in where nobody is refused, and is not authorized', async () => {
    await using pair = await startPair({ trustedKeys: [pinOf(OTHER)], rejectUnauthorized: false }, rawKeyServer())
    expect(pair.client.authorized).toBe(false)
    expect(pair.client.authorizationError).toMatchObject({ reason: 'unknown-key' })
  })

  test('is put before verifyPeer, with the verdict of the list', async () => {
    const seen: unknown[] = []
    await using pair = await startPair(
      {
        trustedKeys: [pinOf(SERVER)],
        verifyPeer: (task, verdict) => {
          seen.push([task.rawPublicKey, task.chain, verdict.trusted])
          return true
        },
      },
      rawKeyServer(),
    )
    expect(seen).toEqual([[SERVER.key.subjectPublicKeyInfo, [], true]])
    expect(pair.client.authorized).toBe(true)
  })

  test('may be signed for elsewhere', async () => {
    const { privateKey, key } = SERVER
    await using pair = await startPair(
      { trustedKeys: [pinOf(SERVER)] },
      {
        identities: [{ chain: [], rawPublicKey: key.subjectPublicKeyInfo }],
        sign: async (task) => nodeProvider.sign(task.algorithm, privateKey, task.input),
      },
    )
    expect(pair.client.peerRawPublicKey).toEqual(key.subjectPublicKeyInfo)
  })

  test.each([
    [{ rawPublicKey: true }, /^key: needs the private key of the raw public key, has none/],
    [{ identities: [], rawPublicKey: true, key: SERVER.key.pem }, /^identities: needs to stand alone/],
    [{ ...credentials(SERVER), trustedKeys: [] }, /^trustedKeys: needs at least one, has none/],
    [{ ...credentials(SERVER), trustedKeys: ['nonsense'] }, /^trustedKeys\[0\]: needs a SHA-256 in hex or base64/],
    [
      { identities: [{ chain: [], rawPublicKey: Uint8Array.of(1), key: SERVER.privateKey }] },
      /^identities\[0\]\.rawPublicKey: /,
    ],
    [{ ...credentials(SERVER), clientCertificateTypes: [] }, /^clientCertificateTypes: needs at least one name/],
  ])('and options that make no sense: %o', (options, message) => {
    expect(() => createServer(options as ServerOptions)).toThrow(message)
  })

  function rawKeyServer(): ServerOptions {
    return { identities: [{ chain: [], rawPublicKey: SERVER.key.subjectPublicKeyInfo, key: SERVER.privateKey }] }
  }
})

describe('a client that is asked after the handshake', () => {
  const trusting: ServerOptions = { ca: CA.pem }

  test('shows who it is, while data flows', async () => {
    await using pair = await startPair({ ...credentials(CLIENT), postHandshakeAuth: true }, trusting)
    const { client, server } = pair
    expect(server.authorized).toBe(false)
    client.resume()
    client.write('before')
    const answered = server.requestClientCertificate()
    client.write('behind')
    expect((await readBytes(server, 12)).toString()).toBe('beforebehind')
    expect(await answered).toBe(true)
    expect(server.authorized).toBe(true)
    expect(server.peerCertificates).toEqual(CLIENT.chain)
    expect(server.getPeerCertificate().subject).toMatchObject({ CN: 'alice' })
    expect(server.report.client.afterHandshake).toBe(true)
  })

  test('declines', async () => {
    await using pair = await startPair({ postHandshakeAuth: true }, trusting)
    pair.client.resume()
    pair.server.resume()
    expect(await pair.server.requestClientCertificate()).toBe(false)
    expect(await pair.server.requestClientCertificate()).toBe(false)
    expect(pair.server.authorized).toBe(false)
  })

  test('is refused: the promise tells why', async () => {
    const stranger = issue(makeCa({ subject: 'Strangers' }), { subject: 'mallory', usage: 'client' })
    const anyone = { ...trusting, certificateAuthorities: [] }
    await using pair = await startPair({ ...credentials(stranger), postHandshakeAuth: true }, anyone)
    const end = ending(pair.client.resume())
    const own = ending(pair.server.resume())
    await expect(pair.server.requestClientCertificate()).rejects.toMatchObject({ alert: 'unknown_ca', fault: 'host' })
    expect([(await end)?.['alert'], (await own)?.['alert']]).toEqual(['unknown_ca', 'unknown_ca'])
  })

  test('and leaves: the promise is rejected', async () => {
    await using pair = await startPair({ postHandshakeAuth: true }, trusting)
    const asking = pair.server.requestClientCertificate()
    pair.server.on('error', () => {})
    pair.server.destroy()
    await expect(asking).rejects.toMatchObject({ code: 'ERR_HANDFAST_CLOSED' })
  })

  test.each([
    ['if it has not offered that', {}],
    ['in TLS 1.2', { postHandshakeAuth: true, maxVersion: 'TLSv1.2' }],
  ] as const)('is none %s', async (_, options) => {
    await using pair = await startPair(options, trusting)
    expect(() => pair.server.requestClientCertificate()).toThrow(TypeError)
  })
})
