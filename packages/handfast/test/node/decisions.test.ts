/** What the host decides, at once or later: signatures, verdicts, identities, configuration. */

import { once } from 'node:events'
import { createPrivateKey, sign as signBytes } from 'node:crypto'
import * as net from 'node:net'
import { duplexPair } from 'node:stream'
import { setTimeout as wait } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import {
  connect,
  createServer,
  type Decisions,
  type ServerOptions,
  type SharedOptions,
  TlsError,
  type TlsSocket,
} from '../../src/node/index.ts'
import { webCryptoSchemes, webCryptoSigner } from '../../src/web/index.ts'
import { issue } from '../pki.ts'
import { CA, CLIENT, credentials, ending, OTHER, readBytes, SERVER, startPair, startServer, TRUST } from './loopback.ts'

const signLocally: NonNullable<Decisions['sign']> = (task) =>
  signBytes('sha256', task.input, createPrivateKey(SERVER.key.pem))

describe('a signer elsewhere', () => {
  test('answers a second later', async () => {
    let answeredAt = 0
    const sign: Decisions['sign'] = async (task) => {
      await wait(1000)
      answeredAt = performance.now()
      return signLocally(task)
    }
    await using pair = await startPair({}, { cert: SERVER.chainPem, sign })
    expect(answeredAt).toBeGreaterThan(0)
    expect(pair.client.authorized).toBe(true)
    // Early data waits meanwhile, and comes whole.
    pair.client.write('after all')
    expect(String(await readBytes(pair.server, 9))).toBe('after all')
  })

  test('is asked once, even if the transport does not stop', async () => {
    const [near, far] = duplexPair()
    let asked = 0
    const sign: Decisions['sign'] = async (task) => {
      asked++
      far.emit('data', Buffer.alloc(0))
      await wait(5)
      far.emit('data', Buffer.alloc(0))
      return signLocally(task)
    }
    createServer({ cert: SERVER.chainPem, sign }, (socket) => socket.end('once')).emit('connection', far)
    const client = connect({ ...TRUST, socket: near })
    expect(String(await readBytes(client, 4))).toBe('once')
    expect(asked).toBe(1)
    client.destroy()
  })

  test.each([
    [
      'throws',
      () => {
        throw new Error('HSM is gone')
      },
      /sign: the host refused: HSM is gone/,
    ],
    ['rejects', () => Promise.reject(new Error('HSM is gone')), /sign: the host refused: HSM is gone/],
    ['gives no bytes', () => 'signature' as never, /needs the signature as a Uint8Array, has string/],
    [
      'signs something else',
      () => signBytes('sha256', Buffer.from('else'), createPrivateKey(SERVER.key.pem)),
      /needs a signature of ecdsa_secp256r1_sha256 by the identity's key .*, has \d+ bytes that do not verify/,
    ],
    [
      'forgets about DER',
      (task: { input: Uint8Array }) =>
        signBytes('sha256', task.input, { key: SERVER.key.pem, dsaEncoding: 'ieee-p1363' }),
      /as DER, not r and s alone\), has 64 bytes/,
    ],
  ] as const)('that %s is told so here, and the peer gets internal_error', async (_, sign, message) => {
    await using listening = await startServer({
      cert: SERVER.chainPem,
      sign: sign as Decisions['sign'],
    } as ServerOptions)
    const failed = once(listening.server, 'tlsClientError')
    const client = connect({ ...TRUST, port: listening.port })
    expect(await ending(client)).toMatchObject({ fault: 'peer-alert', alert: 'internal_error' })
    const [error] = (await failed) as [Error]
    expect(error).toMatchObject({ code: 'ERR_HANDFAST_TLS', fault: 'host', alert: 'internal_error' })
    expect(error.message).toMatch(message)
  })

  test.each([
    ['ecdsa-p256', { name: 'ECDSA', namedCurve: 'P-256' }],
    ['ed25519', { name: 'Ed25519' }],
    ['rsa-2048', { name: 'RSA-PSS', hash: 'SHA-384' }],
  ] as const)('with a %s key of WebCrypto that cannot be exported, on both sides', async (keyType, algorithm) => {
    const identityOf = async (usage: 'client' | 'server'): Promise<SharedOptions> => {
      const made = issue(CA, { dnsNames: ['localhost'], usage, keyType })
      const pkcs8 = Uint8Array.from(made.key.pkcs8)
      const key = await crypto.subtle.importKey('pkcs8', pkcs8, algorithm, false, ['sign'])
      await expect(crypto.subtle.exportKey('pkcs8', key)).rejects.toThrow(/extractable/)
      const signatureSchemes = webCryptoSchemes(key)
      return { identities: [{ chain: made.chain, signatureSchemes }], sign: webCryptoSigner(key) }
    }
    await using pair = await startPair(await identityOf('client'), {
      ...(await identityOf('server')),
      ca: CA.pem,
      requestCert: true,
    })
    expect(pair.client.authorized).toBe(true)
    expect(pair.server.authorized).toBe(true)
  })
})

describe('a verifier', () => {
  test.each([
    ['says no', () => false],
    ['says no later', async () => await wait(10, false)],
    ['says neither', () => undefined as never],
    ['judges against it', () => ({ accepted: false })],
    [
      'throws',
      () => {
        throw new Error('not on my list')
      },
    ],
    ['rejects', () => Promise.reject(new Error('not on my list'))],
  ])('that %s ends the handshake before anything of ours leaves', async (_, verifyPeer) => {
    await using listening = await startServer({ requestCert: true, ca: CA.pem })
    const failed = once(listening.server, 'tlsClientError')
    const client = connect({ ...TRUST, ...credentials(CLIENT), port: listening.port, verifyPeer })
    expect(await ending(client)).toMatchObject({ fault: 'host', alert: 'certificate_unknown', stage: 'verify' })
    const [error, socket] = (await failed) as [Error, TlsSocket]
    expect(error).toMatchObject({ fault: 'peer-alert', alert: 'certificate_unknown' })
    const received = socket.report.messages.filter(({ direction }) => direction === 'received').map(({ name }) => name)
    expect(received).not.toContain('certificate')
    expect(socket.report.client.chain).toEqual([])
  })

  test('says with which alert', async () => {
    await using listening = await startServer({
      requestCert: true,
      ca: CA.pem,
      verifyPeer: () => {
        throw new TlsError('access_denied', 'alice is on holiday')
      },
    })
    const client = connect({ ...TRUST, ...credentials(CLIENT), port: listening.port })
    expect(await ending(client)).toMatchObject({ fault: 'peer-alert', alert: 'access_denied' })
  })

  test('decides while our certificate still waits', async () => {
    const [near, far] = duplexPair()
    const sent: number[] = []
    near.on('data', () => {})
    const write = near.write.bind(near) as (chunk: Buffer) => boolean
    near.write = ((chunk: Buffer) => {
      sent.push(chunk.length)
      return write(chunk)
    }) as typeof near.write
    const listener = createServer({ ...credentials(SERVER), requestCert: true, ca: CA.pem })
    listener.emit('connection', far)
    let answer: ((accepted: boolean) => void) | undefined
    const asked = new Promise<void>((resolve) => {
      const verifyPeer: Decisions['verifyPeer'] = (task, verdict) => {
        expect(task.serverName).toBe('localhost')
        expect(verdict.trusted).toBe(true)
        resolve()
        return new Promise<boolean>((decide) => (answer = decide))
      }
      const client = connect({ ...TRUST, ...credentials(CLIENT), socket: near, verifyPeer })
      client.on('error', () => {}).once('secureConnect', () => client.end())
    })
    await asked
    await wait(20)
    // The ClientHello, and nothing since.
    expect(sent).toHaveLength(1)
    const [accepted] = (await Promise.all([
      once(listener, 'secureConnection').then(([socket]) => socket as TlsSocket),
      answer?.(true),
    ])) as [TlsSocket, unknown]
    expect(accepted.authorized).toBe(true)
    accepted.destroy()
  })

  test.each([
    ['by option', { rejectUnauthorized: false }],
    ['by a verdict alone', { verifyPeer: () => true }],
  ])('a server without a name to prove is not authorized, if it is accepted %s', async (_, options) => {
    await using listening = await startServer(credentials(OTHER))
    const client = connect({ socket: net.connect(listening.port, '127.0.0.1'), ca: CA.pem, ...options })
    await once(client, 'secureConnect')
    expect(client.authorized).toBe(false)
    expect(client.authorizationError).toMatchObject({ reason: 'name-mismatch' })
    expect(client.report.server.verdict?.state).not.toBe('accepted')
    client.destroy()
  })

  test('may accept whom the trust store does not, which is no authorization', async () => {
    const verdicts: string[] = []
    await using pair = await startPair({
      ca: CLIENT.pem,
      verifyPeer: (_task, verdict) => {
        verdicts.push(...verdict.reasons.map(({ reason }) => reason))
        return true
      },
    })
    expect(verdicts).toEqual(['unknown-issuer'])
    expect(pair.client.authorized).toBe(false)
    expect(pair.client.authorizationError).toMatchObject({ reason: 'unknown-issuer' })
  })

  test('may refuse whom it does, and may do so with a verdict of its own', async () => {
    await using listening = await startServer()
    const client = connect({
      ...TRUST,
      port: listening.port,
      verifyPeer: (_task, verdict) => ({
        accepted: false,
        verdict: {
          ...verdict,
          trusted: false,
          reasons: [{ reason: 'revoked', certificate: 0, message: 'it is on our list' }],
        },
      }),
    })
    expect(await ending(client)).toMatchObject({
      code: 'ERR_HANDFAST_CERTIFICATE',
      reason: 'revoked',
      alert: 'certificate_revoked',
    })
  })
})

describe('which identity', () => {
  const other = credentials(OTHER)

  function shown(socket: TlsSocket): string | undefined {
    return socket.getPeerX509Certificate()?.subjectAltName
  }

  test.each([
    ['in the same call', (answer: () => void) => answer()],
    ['later', (answer: () => void) => void setTimeout(answer, 10)],
  ])('SNICallback answers %s', async (_, when) => {
    const names: string[] = []
    await using pair = await startPair(
      { servername: 'other.example' },
      {
        SNICallback: (name, callback) => {
          names.push(name)
          when(() => callback(null, other))
        },
      },
    )
    expect(names).toEqual(['other.example'])
    expect(shown(pair.client)).toBe('DNS:other.example')
    expect(pair.server.servername).toBe('other.example')
    expect(pair.server.getX509Certificate()?.subjectAltName).toBe('DNS:other.example')
  })

  test('SNICallback may leave it to the server, and is asked without a name too', async () => {
    const names: string[] = []
    await using pair = await startPair(
      { servername: '127.0.0.1' },
      {
        SNICallback: (name, callback) => {
          names.push(name)
          callback(null)
        },
      },
    )
    expect(names).toEqual([''])
    expect(shown(pair.client)).toContain('IP Address:127.0.0.1')
  })

  test.each([
    ['an error', 'unrecognized_name', (callback: (error: Error) => void) => callback(new Error('who?'))],
    [
      'a TlsError',
      'access_denied',
      (callback: (error: Error) => void) => callback(new TlsError('access_denied', 'not here')),
    ],
    [
      'an exception',
      'internal_error',
      () => {
        throw new Error('who?')
      },
    ],
    [
      'a certificate without its key',
      'internal_error',
      (callback: (error: null, context: object) => void) =>
        callback(null, { cert: OTHER.chainPem, key: SERVER.key.pem }),
    ],
  ] as const)('%s of SNICallback becomes %s', async (_, alert, act) => {
    await using listening = await startServer({
      SNICallback: (_name, callback) => (act as (callback: unknown) => void)(callback),
    })
    const failed = once(listening.server, 'tlsClientError')
    const client = connect({ ...TRUST, port: listening.port })
    expect(await ending(client)).toMatchObject({ fault: 'peer-alert', alert })
    expect((await failed)[0]).toMatchObject({ fault: 'host', alert })
  })

  test.each([
    ['an error', new Error('no such tenant'), 'unrecognized_name', /no such tenant/],
    ['nothing', undefined, 'unrecognized_name', /undefined/],
    ['a TlsError', new TlsError('access_denied', 'not here'), 'access_denied', /not here/],
  ] as const)('an SNICallback whose promise rejects with %s', async (_, reason, alert, message) => {
    await using listening = await startServer({
      // oxlint-disable-next-line typescript/no-misused-promises -- as people write it
      SNICallback: (async () => {
        await wait(1)
        throw reason
      }) as () => void,
      handshakeTimeout: 5000,
    })
    const failed = once(listening.server, 'tlsClientError')
    const client = connect({ ...TRUST, port: listening.port })
    expect(await ending(client)).toMatchObject({ fault: 'peer-alert', alert })
    const [error] = (await failed) as [Error]
    expect(error).toMatchObject({ fault: 'host', alert })
    expect(error.message).toMatch(message)
  })

  test('chooseIdentity on a server and on a client', async () => {
    const roles: string[] = []
    const choose =
      (identity: typeof SERVER): NonNullable<Decisions['chooseIdentity']> =>
      async (task) => {
        roles.push(task.role)
        await wait(5)
        return { chain: identity.chain, key: identity.privateKey }
      }
    await using pair = await startPair(
      { chooseIdentity: choose(CLIENT), servername: 'other.example' },
      { chooseIdentity: choose(OTHER), requestCert: true, ca: CA.pem },
    )
    expect(roles).toEqual(['server', 'client'])
    expect(shown(pair.client)).toBe('DNS:other.example')
    expect(pair.server.getPeerCertificate().subject).toMatchObject({ CN: 'alice' })
  })

  test('a client that chooses none, where one is wanted', async () => {
    await using listening = await startServer({ requestCert: true, ca: CA.pem })
    const failed = once(listening.server, 'tlsClientError')
    const client = connect({
      ...TRUST,
      ...credentials(CLIENT),
      port: listening.port,
      chooseIdentity: () => undefined,
    })
    client.on('error', () => {})
    expect((await failed)[0]).toMatchObject({ alert: 'certificate_required' })
  })
})

describe('which configuration', () => {
  test('chooseConfig sees the ClientHello and changes what follows', async () => {
    const seen: unknown[] = []
    await using pair = await startPair(
      { ALPNProtocols: ['h8', 'h9'], servername: 'other.example' },
      {
        chooseConfig: async ({ clientHello }) => {
          seen.push(clientHello.serverName, clientHello.alpnProtocols)
          await wait(5)
          return {
            alpnProtocols: ['h9'],
            identities: [{ chain: OTHER.chain, key: OTHER.privateKey }],
            groups: ['secp384r1'],
          }
        },
      },
    )
    expect(seen).toEqual(['other.example', ['h8', 'h9']])
    expect(pair.client.negotiated).toMatchObject({ alpnProtocol: 'h9', group: 'secp384r1', helloRetryRequest: true })
    expect(pair.client.getPeerX509Certificate()?.subjectAltName).toBe('DNS:other.example')
  })

  test('nothing to change', async () => {
    await using pair = await startPair({}, { chooseConfig: () => undefined })
    expect(pair.client.authorized).toBe(true)
  })
})
