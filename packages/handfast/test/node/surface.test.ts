/** What can be asked of a socket, beside what node:tls answers about the same connection. */

import { X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import * as net from 'node:net'
import * as tls from 'node:tls'
import { describe, expect, test } from 'vitest'
import { ABSENT_FROM_NODE_TLS, connect, createServer, TlsServer, TlsSocket } from '../../src/node/index.ts'
import { writeElement, writeOid, writeSequence, writeSetOf } from '../../src/asn1/index.ts'
import { selfSign } from '../pki.ts'
import { CA, CLIENT, credentials, ending, Listening, SERVER, startPair, startServer, TRUST } from './loopback.ts'

/** Public names of a class and those above it, up to and without the streams. */
function publicNames(prototype: object): string[] {
  const names = new Set<string>()
  const streams = Object.getPrototypeOf(net.Socket.prototype) as object
  for (let at = prototype; at !== streams; at = Object.getPrototypeOf(at) as object) {
    for (const name of Object.getOwnPropertyNames(at)) if (!name.startsWith('_')) names.add(name)
  }
  return [...names]
}

/** A Name whose common name is a string of this type, well-formed or not. */
function commonName(tag: number, ...bytes: readonly number[]): Uint8Array {
  return writeSequence(writeSetOf(writeSequence(writeOid('2.5.4.3'), writeElement(tag, Uint8Array.from(bytes)))))
}

/** Names that node:tls gives its sockets at birth. */
const PROPERTIES = ['alpnProtocol', 'authorized', 'authorizationError', 'connecting', 'encrypted', 'secureConnecting']
const MORE_PROPERTIES = ['autoSelectFamilyAttemptedAddresses', 'server', 'servername', 'ssl', 'timeout']

describe('names', () => {
  const names = [...publicNames(tls.TLSSocket.prototype), ...PROPERTIES, ...MORE_PROPERTIES]
  const serverNames = Object.getOwnPropertyNames(tls.Server.prototype).filter((name) => !name.startsWith('_'))
  // `timeout` is a field: it exists once there is a socket.
  const isOurs = (name: string): boolean => name in TlsSocket.prototype || name === 'timeout'

  test.each(names)('%s is there, or said to be absent', (name) => {
    expect(isOurs(name)).toBe(!Object.hasOwn(ABSENT_FROM_NODE_TLS, name))
  })

  test.each(serverNames)('%s of a server is there, or said to be absent', (name) => {
    expect(name in TlsServer.prototype).toBe(!Object.hasOwn(ABSENT_FROM_NODE_TLS, name))
  })

  test('nothing is said to be absent that node:tls does not have', () => {
    const all = new Set([...names, ...serverNames])
    expect(Object.keys(ABSENT_FROM_NODE_TLS).filter((name) => !all.has(name))).toEqual([])
  })
})

describe('answers', () => {
  const ALPN = ['h9', 'h8']
  const SUITE = 'TLS_AES_256_GCM_SHA384'

  /** What both libraries say of one connection, but for what belongs to one end. */
  function facts(socket: tls.TLSSocket | TlsSocket): object {
    return {
      authorized: socket.authorized,
      authorizationError: socket.authorizationError,
      alpnProtocol: socket.alpnProtocol,
      servername: socket.servername,
      encrypted: socket.encrypted,
      cipher: socket.getCipher(),
      protocol: socket.getProtocol(),
      ephemeral: socket.getEphemeralKeyInfo(),
      peer: socket.getPeerCertificate(),
      issuers: issuersOf(socket.getPeerCertificate(true)),
      peerX509: socket.getPeerX509Certificate()?.fingerprint256,
      own: socket.getCertificate(),
      ownX509: socket.getX509Certificate()?.fingerprint256,
      reused: socket.isSessionReused(),
      material: socket.exportKeyingMaterial(40, 'EXPERIMENTAL-test', Buffer.from('context')).toString('hex'),
      connecting: socket.connecting,
      secureConnecting: (socket as TlsSocket).secureConnecting,
      pending: socket.pending,
      readyState: socket.readyState,
      remoteFamily: socket.remoteFamily,
      remoteAddress: socket.remoteAddress,
      localAddress: socket.localAddress,
      addressKeys: Object.keys(socket.address()).toSorted(),
    }
  }

  function issuersOf(certificate: tls.DetailedPeerCertificate): string[] {
    const serials: string[] = []
    for (let at = certificate; at?.serialNumber !== undefined; at = at.issuerCertificate) {
      if (serials.includes(at.serialNumber)) return [...serials, 'itself']
      serials.push(at.serialNumber)
    }
    return serials
  }

  const serverOptions = { ...credentials(SERVER), ca: CA.pem, requestCert: true, ALPNProtocols: ALPN }
  const clientOptions = { ...TRUST, ...credentials(CLIENT), ALPNProtocols: ['h8'] }

  /** Facts from a client and a server of the given libraries. */
  async function meet(
    clientOf: { connect: (options: object) => net.Socket },
    serverOf: { createServer: (options: object) => net.Server },
    parameters: object,
  ): Promise<{ client: object; server: object }> {
    await using listening = await Listening.start(serverOf.createServer({ ...serverOptions }))
    const accepted = once(listening.server, 'secureConnection')
    const client = clientOf.connect({ ...clientOptions, port: listening.port, ...parameters })
    await once(client, 'secureConnect')
    const [server] = (await accepted) as [TlsSocket]
    const found = { client: facts(client as unknown as TlsSocket), server: facts(server) }
    client.destroy()
    return found
  }

  test.each([
    [
      'the hybrid',
      { ecdhCurve: 'X25519MLKEM768', ciphers: SUITE },
      { groups: ['X25519MLKEM768'], cipherSuites: [SUITE] },
    ],
    ['a curve', { ecdhCurve: 'P-256', ciphers: SUITE }, { groups: ['secp256r1'], cipherSuites: [SUITE] }],
  ])('are those of node:tls, with %s', async (_, theirs, ours) => {
    const node = tls as unknown as { connect: (o: object) => net.Socket; createServer: (o: object) => net.Server }
    const own = { connect, createServer } as unknown as typeof node
    const oursToTheirs = await meet(own, node, ours)
    const theirsToOurs = await meet(node, own, theirs)
    const secret = { material: expect.stringMatching(/^[0-9a-f]{80}$/) as string }
    expect(oursToTheirs.client).toEqual({ ...theirsToOurs.client, ...secret })
    expect(theirsToOurs.server).toEqual({ ...oursToTheirs.server, ...secret })
    // And both ends of one connection agree on the secret.
    expect(oursToTheirs.client).toHaveProperty('material', (oursToTheirs.server as { material: string }).material)
    expect(theirsToOurs.server).toHaveProperty('material', (theirsToOurs.client as { material: string }).material)
  })

  test.each([
    ['a BMPString of three bytes', { subject: commonName(0x1e, 0, 0, 0) }],
    ['a UTF8String that is none', { subject: commonName(0x0c, 0xff, 0xfe) }],
  ])('are empty for a certificate that OpenSSL cannot read: %s', async (_, options) => {
    const unreadable = selfSign({ ...options, usage: 'client' })
    expect(() => new X509Certificate(unreadable.certificate).toLegacyObject()).toThrow(/^error:/)
    await using pair = await startPair(
      { chooseIdentity: () => ({ chain: unreadable.chain, key: unreadable.privateKey }) },
      { requestCert: true, rejectUnauthorized: false, ca: CA.pem },
    )
    expect(pair.server.peerCertificates).toEqual(unreadable.chain)
    expect(pair.server.getPeerCertificate()).toEqual({})
    expect(pair.server.getPeerCertificate(true)).toEqual({})
    expect(pair.server.getPeerX509Certificate()).toBeUndefined()
    expect(pair.server.authorized).toBe(false)
  })

  test('without certificate of the client, and without ALPN', async () => {
    await using pair = await startPair()
    expect(pair.server.getPeerCertificate()).toEqual({})
    expect(pair.server.getPeerX509Certificate()).toBeUndefined()
    expect(pair.client.getCertificate()).toEqual({})
    expect(pair.client.getX509Certificate()).toBeUndefined()
    expect(pair.server.authorized).toBe(false)
    expect(pair.server.authorizationError).toBeNull()
    expect(pair.server.verdict).toBeUndefined()
    expect(pair.client.alpnProtocol).toBe(false)
  })

  test('a server that is accepted without being trusted', async () => {
    await using pair = await startPair({ ca: CLIENT.pem, rejectUnauthorized: false })
    expect(pair.client.authorized).toBe(false)
    expect(pair.client.authorizationError).toMatchObject({
      code: 'ERR_HANDFAST_CERTIFICATE',
      reason: 'unknown-issuer',
    })
    expect(pair.client.verdict?.trusted).toBe(false)
    expect(pair.client.report.server.verdict?.state).toBe('not-asked')
  })

  test('handfast’s own: report, verdict, negotiated, channel binding, new keys', async () => {
    await using pair = await startPair()
    expect(pair.client.report).toMatchObject({ outcome: 'complete', transport: { kind: 'tcp' } })
    expect(pair.client.verdict?.path.map((certificate) => certificate.der)).toEqual([
      SERVER.certificate,
      CA.certificate,
    ])
    expect(pair.client.negotiated).toMatchObject({ version: 'TLS 1.3', group: 'X25519MLKEM768' })
    expect(pair.client.channelBinding()).toHaveLength(32)
    expect(pair.client.channelBinding()).toEqual(pair.server.channelBinding())
    const updated = once(pair.server, 'keysUpdated')
    const answered = once(pair.client, 'keysUpdated')
    pair.client.updateKeys({ requestPeer: true })
    expect(await answered).toEqual(['sent'])
    expect(await updated).toEqual(['received'])
    pair.server.end('under new keys')
    expect(String((await once(pair.client, 'data'))[0])).toBe('under new keys')
  })

  test('before the handshake is complete', async () => {
    await using listening = await startServer()
    const client = connect({ ...TRUST, port: listening.port })
    expect(client.connecting).toBe(true)
    expect(client.secureConnecting).toBe(true)
    expect(client.readyState).toBe('opening')
    expect(client.getProtocol()).toBeNull()
    expect(client.getCipher()).toBeUndefined()
    expect(client.authorized).toBe(false)
    expect(client.getPeerCertificate()).toEqual({})
    expect(() => client.exportKeyingMaterial(32, 'EXPORTER-x')).toThrow(TypeError)
    expect(() => client.updateKeys()).toThrow(TypeError)
    await once(client, 'connect')
    expect(client.connecting).toBe(false)
    expect(client.secureConnecting).toBe(true)
    client.destroy()
    expect(await ending(client)).toBeNull()
  })

  test('bytes are those of the application', async () => {
    await using pair = await startPair()
    pair.client.write('hello')
    await once(pair.server, 'data')
    expect(pair.client.bytesWritten).toBe(5)
    expect(pair.server.bytesRead).toBe(5)
    expect(pair.client.bytesRead).toBe(0)
  })

  test('renegotiate says why not', async () => {
    await using pair = await startPair()
    const error = await new Promise((resolve) => pair.client.renegotiate({}, resolve))
    expect(error).toMatchObject({ code: 'ERR_HANDFAST_UNSUPPORTED' })
  })

  test('settings of the transport reach it', async () => {
    const calls: unknown[][] = []
    await using listening = await startServer()
    const transport = net.connect(listening.port, '127.0.0.1')
    await once(transport, 'connect')
    for (const name of ['setNoDelay', 'setKeepAlive', 'ref', 'unref'] as const) {
      transport[name] = ((...words: unknown[]) => {
        calls.push([name, ...words])
        return transport
      }) as never
    }
    const client = connect({ ...TRUST, socket: transport })
    await once(client, 'secureConnect')
    expect(client.setNoDelay(true).setKeepAlive(true, 1000).unref().ref()).toBe(client)
    expect(calls).toEqual([['setNoDelay', true], ['setKeepAlive', true, 1000], ['unref'], ['ref']])
    client.destroy()
  })
})
