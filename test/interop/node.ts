/**
 * Node's own tls, in this process: a peer in both roles, and the stand-in for handfast when the matrix itself is in
 * question. The hybrids and ML-DSA come with OpenSSL 3.5, which Node has since version 24.
 */
import type { AddressInfo, Socket } from 'node:net'
import tls from 'node:tls'

import { speakAsClient, speakAsServer } from './conversation.ts'
import {
  ALL_SUITES,
  ALL_SUITES_12,
  CLASSIC_GROUPS,
  CLASSIC_SCHEMES,
  HYBRID_GROUPS,
  type Knowledge,
  MLDSA_SCHEMES,
  opensslSuite,
  PKCS1_SCHEMES,
} from './names.ts'
import type { Account, ClientSettings, Peer, ServerSettings, Settings } from './peer.ts'
import { SERVER_NAME } from './pki.ts'
import type { Subject, SubjectServer } from './subject.ts'

function knowledge(): Knowledge {
  const [major = 0, minor = 0] = (process.versions.openssl ?? '').split('.').map(Number)
  const modern = major > 3 || (major === 3 && minor >= 5)
  return {
    groups: modern ? [...HYBRID_GROUPS, ...CLASSIC_GROUPS] : CLASSIC_GROUPS,
    schemes: modern ? [...CLASSIC_SCHEMES, ...MLDSA_SCHEMES] : CLASSIC_SCHEMES,
    suites: ALL_SUITES,
    alpn: ['h2', 'http/1.1', 'handfast'],
  }
}

/** It judges a certificate after the handshake, and then only lets the connection go. */
const LETTING_GO = /the transport (ended|closed)|ECONNRESET/

export const nodePeer: Peer = {
  name: 'node',
  title: "Node's tls",
  subset: true,
  version: async () => `${process.versions.node} (OpenSSL ${process.versions.openssl})`,
  knows: knowledge,
  knows12: () => ({
    ...knowledge(),
    groups: CLASSIC_GROUPS,
    schemes: [...CLASSIC_SCHEMES, ...PKCS1_SCHEMES],
    suites: ALL_SUITES_12,
  }),
  server: {
    speech: 'echo',
    closers: ['client', 'server'],
    refusal: LETTING_GO,
    async start(settings, { payload, closer }) {
      let account: Account = {}
      const notes: string[] = []
      const note = (error: Error): unknown => notes.push(`${error.message}\n`)
      const server = await listen(
        settings,
        (socket) => {
          account = { ...account, ...accountOf(socket, 'server') }
          speakAsServer(socket, { speech: 'echo', payload, closer }).then(() => (account.ending = 'close_notify'), note)
        },
        note,
      )
      return {
        target: { port: server.port },
        stop: async () => {
          await server.close()
          return account
        },
        output: () => notes.join(''),
      }
    },
  },
  client: {
    speech: 'echo',
    closers: ['client', 'server'],
    keyShares: 'told',
    refusal: LETTING_GO,
    async run(settings, port, { payload, closer, deadline }) {
      const socket = await connect(settings, port, AbortSignal.timeout(deadline))
      const account = accountOf(socket, 'client')
      await speakAsClient(socket, { speech: 'echo', payload, closer })
      return { ...account, ending: 'close_notify', answer: payload }
    },
  },
}

export const nodeSubject: Subject = {
  name: "Node's tls",
  knows: knowledge(),
  tellsAll: false,
  cookie: false,
  updatesKeys: false,
  ech: false,
  // It doesn't tell: such a stream ends like any other.
  isTruncation: () => false,
  refusalIn: () => undefined,
  async connect(settings, port, signal) {
    const socket = await connect(settings, port, signal)
    const account = accountOf(socket, 'client')
    return { stream: socket, account: () => account }
  },
  async listen(settings, onSession, onFailure) {
    const tell = (socket: tls.TLSSocket): void => {
      // Now: it forgets all of it when it closes.
      const account = accountOf(socket, 'server')
      onSession({ stream: socket, account: () => account })
    }
    return await listen(settings, tell, onFailure)
  },
}

function secureContext(settings: Settings, keyShares: readonly string[] = []): tls.SecureContextOptions {
  const { version, groups, schemes, suites } = settings
  // The first group is the one OpenSSL sends a key share of; an asterisk marks others (OpenSSL 3.5).
  const marked = groups?.map((group) => (keyShares.includes(group) ? `*${group}` : group))
  return {
    ...(version ? { minVersion: 'TLSv1.2', maxVersion: 'TLSv1.2' } : { minVersion: 'TLSv1.3' }),
    ...(marked && { ecdhCurve: marked.join(':') }),
    ...(schemes && { sigalgs: schemes.join(':') }),
    ...(suites && { ciphers: suites.map(opensslSuite).join(':') }),
  }
}

function connect(settings: ClientSettings, port: number, signal: AbortSignal): Promise<tls.TLSSocket> {
  const { identity, server, alpn } = settings
  return new Promise((resolve, reject) => {
    const socket = tls.connect({
      host: '127.0.0.1',
      port,
      servername: SERVER_NAME,
      ca: server.root,
      ...(identity && { cert: identity.chain, key: identity.key }),
      ...(alpn && { ALPNProtocols: [...alpn] }),
      ...secureContext(settings, settings.keyShares),
    })
    const abort = (): unknown => socket.destroy(new Error("Node's client reached its deadline"))
    signal.addEventListener('abort', abort)
    socket.once('close', () => signal.removeEventListener('abort', abort))
    socket.once('error', reject)
    socket.once('secureConnect', () => resolve(socket))
  })
}

function listen(
  settings: ServerSettings,
  onSocket: (socket: tls.TLSSocket) => void,
  onFailure: (error: Error) => void,
): Promise<SubjectServer> {
  const { identity, client, alpn } = settings
  const server = tls.createServer(
    {
      cert: identity.chain,
      key: identity.key,
      ...(client && { ca: client.root, requestCert: true, rejectUnauthorized: true }),
      ...(alpn && { ALPNProtocols: [...alpn] }),
      ...secureContext(settings),
    },
    onSocket,
  )
  server.on('tlsClientError', onFailure)
  const connections = new Set<Socket>()
  server.on('connection', (connection: Socket) => {
    connections.add(connection)
    connection.once('close', () => connections.delete(connection))
  })
  const close = (): Promise<void> =>
    new Promise((resolve) => {
      server.close(() => resolve())
      for (const connection of connections) connection.destroy()
    })
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => resolve({ port: (server.address() as AddressInfo).port, close }))
  })
}

function accountOf(socket: tls.TLSSocket, role: 'client' | 'server'): Account {
  const certificate = role === 'server' ? socket.getPeerCertificate() : socket.getCertificate()
  return {
    channelBinding: socket.exportKeyingMaterial(32, 'EXPORTER-Channel-Binding', Buffer.alloc(0)).toString('hex'),
    version: socket.getProtocol() ?? undefined,
    suite: socket.getCipher().standardName,
    alpn: socket.alpnProtocol || null,
    ...(role === 'server' && { clientCertificate: socket.authorized && Object.keys(certificate ?? {}).length > 0 }),
  }
}
