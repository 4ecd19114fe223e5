/** handfast in the shapes of other clients, facing servers that are not ours: they answer as they answer those. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'

import { FIREFOX, NEWER_CHROME, OLDER_CHROME } from '../../packages/handfast/test/hello-shapes.ts'
import { type ConnectOptions, connect, type TlsSocket } from '../../packages/handfast/src/node/index.ts'
import type { HelloShape } from '../../packages/handfast/src/tls/index.ts'
import { stopChildren } from './child.ts'
import { goPeer } from './go.ts'
import { gnutlsPeer } from './gnutls.ts'
import { nodePeer } from './node.ts'
import { opensslPeer } from './openssl.ts'
import type { Peer, PeerServer, ServerSettings } from './peer.ts'
import { Pki, SERVER_NAME } from './pki.ts'

const folder = await mkdtemp(join(tmpdir(), 'handfast-shapes-'))
const pki = new Pki(join(folder, 'pki'))
const identity = await pki.identity('server', 'ecdsa_secp256r1_sha256')

afterAll(async () => {
  await stopChildren()
  await goPeer.dispose?.()
  await rm(folder, { recursive: true, force: true })
})

const KNOWN = { 'an older Chrome': OLDER_CHROME, 'a newer Chrome': NEWER_CHROME, Firefox: FIREFOX }
const WANTED: Record<string, Partial<ServerSettings>> = {
  'TLS 1.3': {},
  'TLS 1.3 after a HelloRetryRequest': { groups: ['secp384r1'] },
  'TLS 1.2': { version: 'TLS 1.2' },
}

async function handshake(port: number, options: ConnectOptions): Promise<TlsSocket> {
  return await new Promise((resolve, reject) => {
    const socket = connect({
      host: '127.0.0.1',
      port,
      servername: SERVER_NAME,
      ca: identity.root,
      ...options,
    })
    socket.once('secureConnect', () => resolve(socket))
    socket.once('error', reject)
  })
}

/** Without session_ticket, which servers of TLS 1.2 answer: that ends the handshake of who only looks as if it had tickets. */
function unanswered({ extensions = [], ...shape }: HelloShape): HelloShape {
  return {
    ...shape,
    extensions: extensions.filter((one) => typeof one === 'string' || one.code !== 35),
  }
}

/** The end of the run tells why a peer is not there. */
async function whyMissing(peer: Peer): Promise<string | undefined> {
  try {
    await peer.version()
    return undefined
  } catch (error) {
    return String(error)
  }
}

describe.each([opensslPeer, gnutlsPeer, nodePeer, goPeer])('$title', (peer) => {
  describe.each(Object.entries(KNOWN))('before %s', (_, { config }) => {
    test.for(Object.entries(WANTED))('%s', async ([name, settings], { skip }) => {
      const missing = await whyMissing(peer)
      // Only the peers of the subset have to be there in CI.
      const reason = `${peer.subset ? 'missing peer: ' : ''}${peer.title}: ${missing}; test/interop/install.sh installs the peers`
      skip(missing !== undefined, reason)
      const run = { folder, deadline: 12_000, payload: Buffer.from('hello\n'), closer: 'client' } as const
      const server = (await peer.server?.start({ identity, alpn: ['h2'], ...settings }, run)) as PeerServer
      const { port } = server.target as { port: number }
      try {
        const { alpnProtocols: ALPNProtocols = [], helloShape, ...rest } = config
        const socket = await handshake(port, { ...rest, helloShape: unanswered(helloShape), ALPNProtocols })
        const { version, alpnProtocol, helloRetryRequest } = socket.report.negotiated
        expect({ version, alpnProtocol, helloRetryRequest }).toEqual({
          version: name.slice(0, 7),
          alpnProtocol: 'h2',
          helloRetryRequest: name.includes('Retry'),
        })
        socket.destroy()
      } finally {
        await server.stop()
      }
    })
  })
})
