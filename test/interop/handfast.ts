/** handfast as the subject: `connect` and `createServer` over loopback TCP, and its own report as witness. */
import type { AddressInfo } from 'node:net'

import {
  type ConnectOptions,
  type HandfastError,
  type Identity as HandfastIdentity,
  type TlsSocket,
  connect,
  createIdentity,
  createRawIdentity,
  createServer,
  nodeProvider,
} from '../../packages/handfast/src/node/index.ts'
import { ALL_SUITES, GROUPS, type GroupName, SCHEMES, type SchemeName, bothKnow } from './names.ts'
import { handfastCommand } from './command.ts'
import { accountOf } from './handfast-report.ts'
import type { Settings } from './peer.ts'
import { type Identity, SERVER_NAME } from './pki.ts'
import type { Session, Subject } from './subject.ts'

export const handfast: Subject = {
  name: 'handfast',
  knows: {
    groups: bothKnow(
      Object.keys(GROUPS) as GroupName[],
      nodeProvider.groups.map(({ name }) => name),
    ),
    schemes: Object.keys(SCHEMES) as SchemeName[],
    suites: ALL_SUITES,
    alpn: ['h2', 'http/1.1', 'handfast'],
  },
  tellsAll: true,
  cookie: true,
  updatesKeys: true,
  rawKeys: true,
  asksLate: true,
  extras: true,
  ech: true,
  command: handfastCommand,
  refusalIn(error) {
    if (!isHandfastError(error) || !error.alert) return undefined
    const { alert, fault, echRejection } = error
    return { by: fault === 'peer-alert' ? 'peer' : 'subject', alert, retryConfigs: echRejection?.retryConfigs }
  },
  isTruncation: (error) => isHandfastError(error) && error.code === 'ERR_HANDFAST_TRUNCATED',
  connect(settings, port, signal) {
    const { identity, server, keyShares, ech, rawKeys, asksLate } = settings
    return new Promise((resolve, reject) => {
      const socket = connect({
        host: '127.0.0.1',
        port,
        servername: SERVER_NAME,
        ...(rawKeys ? { trustedKeys: [server.keyHash] } : { ca: server.root }),
        ...(identity && { identities: [identityOf(identity, settings)] }),
        ...(asksLate && { postHandshakeAuth: true }),
        ...(keyShares && { keyShares }),
        ...(ech && { ech: ech.configs }),
        ...optionsOf(settings),
        signal,
      })
      socket.once('error', reject)
      socket.once('secureConnect', () => resolve(sessionOf(socket)))
    })
  },
  async listen(settings, onSession, onFailure) {
    const { identity, client, cookie, ech, rawKeys, asksLate } = settings
    const stopping = new AbortController()
    const server = createServer(
      {
        identities: [identityOf(identity, settings)],
        ...(client && (rawKeys ? { trustedKeys: [client.keyHash] } : { ca: client.root })),
        ...(client && !asksLate && { requestCert: true }),
        ...(cookie && { cookie: 'always' }),
        ...(ech && { ech: ech.pem }),
        ...optionsOf(settings),
        signal: stopping.signal,
      },
      (socket) => onSession(sessionOf(socket)),
    )
    server.on('tlsClientError', onFailure)
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen(0, '127.0.0.1', resolve)
    })
    const closed = new Promise<void>((resolve) => {
      server.once('close', () => resolve())
    })
    return {
      port: (server.address() as AddressInfo).port,
      async close() {
        stopping.abort()
        await closed
      },
    }
  },
}

function identityOf({ chain, key, ocspResponse }: Identity, { rawKeys, staples }: Settings): HandfastIdentity {
  if (rawKeys) return createRawIdentity(nodeProvider, key)
  return { ...createIdentity(nodeProvider, chain, key), ...(staples && { ocspResponse }) }
}

function optionsOf({ version, groups, schemes, suites, alpn, recordSize }: Settings): ConnectOptions {
  return {
    ...(version && { maxVersion: 'TLSv1.2' }),
    ...(groups && { groups }),
    ...(schemes && { signatureSchemes: schemes }),
    ...(suites && { cipherSuites: suites }),
    ...(alpn && { ALPNProtocols: alpn }),
    ...(recordSize && { recordSizeLimit: recordSize }),
  }
}

function isHandfastError(error: unknown): error is HandfastError {
  return error instanceof Error && 'code' in error && String(error.code).startsWith('ERR_HANDFAST_')
}

function sessionOf(socket: TlsSocket): Session {
  const channelBinding = bindingOf(socket)
  const keyUpdates = { sent: 0, received: 0 }
  socket.on('keysUpdated', (direction: 'sent' | 'received') => keyUpdates[direction]++)
  return {
    stream: socket,
    requestCertificate: () => void socket.requestClientCertificate().catch((error: Error) => socket.destroy(error)),
    updateKeys: () => socket.updateKeys({ requestPeer: true }),
    // It ends without an error only at a close_notify, and the conversation waited for that.
    account: () => ({ ...accountOf(socket.report), channelBinding, keyUpdates, ending: 'close_notify' }),
  }
}

/** Now: the secrets go when it closes. A peer that gave up in the same breath leaves none. */
function bindingOf(socket: TlsSocket): string | undefined {
  try {
    return socket.channelBinding().toString('hex')
  } catch (error) {
    if (socket.report.negotiated.version === 'TLS 1.2' && /extended master secret/.test(String(error))) throw error
    return undefined
  }
}
