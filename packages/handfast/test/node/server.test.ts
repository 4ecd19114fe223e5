/** A server over its life: new certificates, peers that misbehave, errors and who hears of them. */

import { once } from 'node:events'
import * as net from 'node:net'
import * as tls from 'node:tls'
import { describe, expect, test } from 'vitest'
import { connect, createServer, type ServerOptions, type TlsSocket } from '../../src/node/index.ts'
import { issue } from '../pki.ts'
import {
  CA,
  CLIENT,
  credentials,
  ending,
  Listening,
  readAll,
  readBytes,
  SERVER,
  startPair,
  startServer,
  TRUST,
  until,
} from './loopback.ts'

describe('setIdentities', () => {
  const RENEWED = issue(CA, { dnsNames: ['localhost'], keyType: 'ed25519' })

  test('replaces certificates for new connections and drops none', async () => {
    await using listening = await startServer({}, (socket) => socket.pipe(socket))
    const old = connect({ ...TRUST, port: listening.port })
    await once(old, 'secureConnect')
    listening.server.setIdentities([credentials(RENEWED)])
    const renewed = connect({ ...TRUST, port: listening.port })
    await once(renewed, 'secureConnect')
    expect(old.peerCertificates[0]).toEqual(SERVER.certificate)
    expect(renewed.peerCertificates[0]).toEqual(RENEWED.certificate)
    for (const socket of [old, renewed]) {
      socket.end('still here')
      expect(String(await readAll(socket))).toBe('still here')
    }
  })

  test('a handshake under way goes on with what it began with', async () => {
    let proceed: (() => void) | undefined
    await using listening = await startServer({
      chooseConfig: () => new Promise((resolve) => (proceed = () => resolve(undefined))),
    })
    const client = connect({ ...TRUST, port: listening.port })
    await until(() => proceed !== undefined)
    listening.server.setIdentities([credentials(RENEWED)])
    proceed?.()
    await once(client, 'secureConnect')
    expect(client.peerCertificates[0]).toEqual(SERVER.certificate)
    client.destroy()
  })

  test('setSecureContext is the same for one', async () => {
    await using listening = await startServer()
    listening.server.setSecureContext(credentials(RENEWED))
    const client = connect({ ...TRUST, port: listening.port })
    await once(client, 'secureConnect')
    expect(client.peerCertificates[0]).toEqual(RENEWED.certificate)
    client.destroy()
  })

  test.each([
    ['none', [], /identities: needs at least one, has none/],
    ['a key of another', [{ cert: SERVER.chainPem, key: CLIENT.key.pem }], /key: needs the private key/],
    ['no key', [{ chain: SERVER.chain }], /identities\[0\]\.key: needs a private key, or a `sign` function/],
  ])('%s is refused, and the old ones stay', async (_, identities, message) => {
    await using listening = await startServer()
    expect(() => listening.server.setIdentities(identities)).toThrow(message)
    const client = connect({ ...TRUST, port: listening.port })
    await once(client, 'secureConnect')
    expect(client.peerCertificates[0]).toEqual(SERVER.certificate)
    client.destroy()
  })

  test('several are chosen among by name', async () => {
    const other = issue(CA, { dnsNames: ['other.example'] })
    await using listening = await startServer()
    listening.server.setIdentities([credentials(RENEWED), credentials(other)])
    const client = connect({ ...TRUST, servername: 'other.example', port: listening.port })
    await once(client, 'secureConnect')
    expect(client.peerCertificates[0]).toEqual(other.certificate)
    client.destroy()
  })
})

describe('who hears of an error', () => {
  const GARBAGE: readonly (readonly [string, string | Uint8Array])[] = [
    ['HTTP', 'GET / HTTP/1.1\r\nHost: x\r\n\r\n'],
    ['zeros', new Uint8Array(100_000)],
    ['a record of nothing', Uint8Array.of(22, 3, 1, 0, 0)],
    ['a record too long', Uint8Array.of(22, 3, 1, 0xff, 0xff)],
    ['a ClientHello that lies about its length', Uint8Array.of(22, 3, 1, 0, 5, 1, 0xff, 0xff, 0xff, 0)],
    ['an alert', Uint8Array.of(21, 3, 3, 0, 2, 2, 40)],
    ['nothing', ''],
  ]

  test.each(GARBAGE)('%s: tlsClientError, once, and nothing else', async (_, bytes) => {
    const connections: unknown[] = []
    await using listening = await startServer({}, (socket) => connections.push(socket))
    const errors: Error[] = []
    listening.server.on('tlsClientError', (error: Error) => errors.push(error))
    const raw = net.connect(listening.port, '127.0.0.1')
    raw.on('error', () => {})
    raw.end(bytes)
    raw.resume()
    await until(() => listening.connections === 0 && raw.destroyed)
    expect(errors).toHaveLength(1)
    expect(errors[0]).toMatchObject({ code: expect.stringMatching(/^ERR_HANDFAST_(TLS|TRANSPORT)$/) as string })
    expect(connections).toEqual([])
    // And it serves on.
    const client = connect({ ...TRUST, port: listening.port })
    await once(client, 'secureConnect')
    client.destroy()
  })

  test('nobody needs to listen to tlsClientError', async () => {
    await using listening = await startServer()
    const raw = net.connect(listening.port, '127.0.0.1')
    raw.end('garbage')
    raw.resume()
    await once(raw, 'close')
    await until(() => listening.connections === 0)
    expect(listening.server.listenerCount('tlsClientError')).toBe(0)
  })

  test('RST in the middle of a handshake is told by the system', async () => {
    await using listening = await startServer()
    const failed = once(listening.server, 'tlsClientError')
    const raw = net.connect(listening.port, '127.0.0.1')
    await once(raw, 'connect')
    await until(() => listening.connections === 1)
    raw.resetAndDestroy()
    expect((await failed)[0]).toMatchObject({ code: 'ECONNRESET' })
  })

  test('after the handshake the socket emits error, and as in node:tls need not be heard', async () => {
    await using theirs = await Listening.start(tls.createServer(credentials(SERVER)))
    const accepted = once(theirs.server, 'secureConnection')
    const client = tls.connect({ ...TRUST, port: theirs.port })
    const [server] = (await accepted) as [tls.TLSSocket]
    await using pair = await startPair()
    expect(pair.server.listenerCount('error')).toBe(server.listenerCount('error'))
    client.destroy()

    let isToldOfClient = false
    pair.listening.server.on('tlsClientError', () => (isToldOfClient = true))
    const failed = ending(pair.server)
    pair.client.resetAndDestroy()
    expect(await failed).toMatchObject({ code: 'ECONNRESET' })
    expect(isToldOfClient).toBe(false)

    await using other = await startPair()
    other.client.resetAndDestroy()
    await until(() => other.server.destroyed)
  })
})

describe('client certificates', () => {
  const asking = { requestCert: true, ca: CA.pem }

  test.each([
    ['a good one', credentials(CLIENT), {}, true],
    ['none, where it may be left out', {}, { clientAuthentication: 'optional' as const }, false],
    ['none, where all are let in', {}, { rejectUnauthorized: false }, false],
    [
      'a bad one, where all are let in',
      credentials(issue(CA, { usage: 'client', notAfter: Date.UTC(2021, 0) })),
      { rejectUnauthorized: false },
      false,
    ],
  ])('%s', async (name, own, options, isAuthorized) => {
    await using pair = await startPair(own, { ...asking, ...options })
    expect(pair.server.authorized).toBe(isAuthorized)
    const reason = name.startsWith('a bad one') ? { reason: 'expired' } : null
    if (reason === null) expect(pair.server.authorizationError).toBeNull()
    else expect(pair.server.authorizationError).toMatchObject(reason)
  })

  test.each([
    ['none', {}, 'certificate_required'],
    ['an expired one', credentials(issue(CA, { usage: 'client', notAfter: Date.UTC(2021, 0) })), 'certificate_expired'],
    ['one for servers', credentials(SERVER), 'unsupported_certificate'],
  ])('%s is refused, and both sides know why', async (_, own, alert) => {
    await using listening = await startServer(asking)
    const failed = once(listening.server, 'tlsClientError')
    const client = connect({ ...TRUST, ...own, port: listening.port })
    expect(await ending(client)).toMatchObject({ fault: 'peer-alert', alert })
    expect((await failed)[0]).toMatchObject({ alert })
  })

  test('a server that is not told whom to trust trusts nobody', async () => {
    await using listening = await startServer({ requestCert: true })
    const failed = once(listening.server, 'tlsClientError')
    const client = connect({ ...TRUST, ...credentials(CLIENT), port: listening.port })
    client.on('error', () => {})
    expect((await failed)[0]).toMatchObject({ alert: 'unknown_ca' })
  })
})

test.each<[ServerOptions]>([
  [{ clientAuthentication: 'required' }],
  [{ clientAuthentication: 'optional' }],
  [{ clientAuthentication: 'required', requestCert: false }],
  [{ requestCert: 1 as never }],
  [{ requestCert: 'yes' as never }],
  [{ requestCert: null as never }],
])('whoever means to ask clients for a certificate, and does not, is told: %j', (options) => {
  const begin = (): unknown => createServer({ ...credentials(SERVER), ca: CA.pem, ...options })
  expect(begin).toThrow(TypeError)
  expect(begin).toThrow(/^requestCert: needs true to ask clients for a certificate, has /)
})

describe('the key log', () => {
  test('is off unless asked, whoever listens', async () => {
    await using listening = await startServer()
    const lines: unknown[] = []
    listening.server.on('keylog', (line) => lines.push(line))
    listening.server.on('secureConnection', (socket: TlsSocket) => socket.on('keylog', (line) => lines.push(line)))
    const client = connect({ ...TRUST, port: listening.port })
    client.on('keylog', (line) => lines.push(line))
    await once(client, 'secureConnect')
    client.write('x')
    client.updateKeys({ requestPeer: true })
    await once(client, 'keysUpdated')
    expect(lines).toEqual([])
    client.destroy()
  })

  test('asked for, both sides say the same', async () => {
    await using listening = await startServer({ keyLog: true })
    const [ours, theirs]: [string[], string[]] = [[], []]
    listening.server.on('keylog', (line: Buffer, socket: TlsSocket) => {
      expect(socket.encrypted).toBe(true)
      theirs.push(String(line))
    })
    const client = connect({ ...TRUST, port: listening.port, keyLog: true })
    client.on('keylog', (line: Buffer) => ours.push(String(line)))
    await once(client, 'secureConnect')
    await until(() => theirs.length === 5)
    expect(ours).toHaveLength(5)
    expect(ours.toSorted()).toEqual(theirs.toSorted())
    expect(ours.every((line) => /^[A-Z_0-9]+ [0-9a-f]{64} [0-9a-f]{64,96}\n$/.test(line))).toBe(true)
    client.destroy()
  })
})

describe('many at once', () => {
  test('one connection of many does not disturb the others', async () => {
    await using listening = await startServer({}, (socket) => socket.pipe(socket))
    const clients = Array.from({ length: 30 }, () => connect({ ...TRUST, port: listening.port }))
    for (const [i, client] of clients.entries()) {
      client.on('error', () => {})
      if (i % 3 === 0) client.once('connect', () => client.destroy())
      else client.write(`client ${i}`)
    }
    const heard = await Promise.all(
      clients.map(async (client, i) => {
        const text = i % 3 === 0 ? '' : String(await readBytes(client, `client ${i}`.length))
        client.destroy()
        return text
      }),
    )
    expect(heard).toEqual(clients.map((_, i) => (i % 3 === 0 ? '' : `client ${i}`)))
    await until(() => listening.connections === 0)
  })
})
