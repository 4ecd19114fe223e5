/** handfast in the shape of another client, facing a server that is not ours: it answers as it answers that client. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { FIREFOX, type KnownClient, NEWER_CHROME, OLDER_CHROME } from '../../packages/handfast/test/hello-shapes.ts'
import { connect, type HandshakeReport, type HelloShape } from '../../packages/handfast/src/node/index.ts'
import type { Peer, ServerSettings } from './peer.ts'
import { Pki, SERVER_NAME } from './pki.ts'

/** How the server is told to behave, and what must come of it. */
export interface ShapeCase {
  readonly name: string
  readonly client: KnownClient
  readonly server: Partial<ServerSettings>
  readonly expects: Partial<HandshakeReport['negotiated']>
}

const CLIENTS = { 'an older Chrome': OLDER_CHROME, 'a newer Chrome': NEWER_CHROME, Firefox: FIREFOX }

export const SHAPE_CASES: readonly ShapeCase[] = Object.entries(CLIENTS).flatMap(([name, client]) => [
  { name, client, server: {}, expects: { version: 'TLS 1.3', alpnProtocol: 'h2', helloRetryRequest: false } },
  {
    name: `${name}, sent back`,
    client,
    server: { groups: ['secp384r1'] },
    expects: { version: 'TLS 1.3', group: 'secp384r1', helloRetryRequest: true },
  },
  { name: `${name}, TLS 1.2`, client, server: { version: 'TLS 1.2' }, expects: { version: 'TLS 1.2' } },
])

/** What was agreed on. Rejects if the handshake fails. */
export async function meetInShape(peer: Peer, { client, server }: ShapeCase): Promise<HandshakeReport['negotiated']> {
  const folder = await mkdtemp(join(tmpdir(), 'handfast-shapes-'))
  const identity = await new Pki(join(folder, 'pki')).identity('server', 'ecdsa_secp256r1_sha256')
  const run = { folder, deadline: 12_000, payload: Buffer.from('hello\n'), closer: 'client' } as const
  const running = await peer.server?.start({ identity, alpn: ['h2'], ...server }, run)
  if (running === undefined || !('port' in running.target))
    throw new TypeError(`${peer.title} is no server with a port`)
  const { alpnProtocols: ALPNProtocols = [], helloShape, ...rest } = client.config
  const to = { host: '127.0.0.1', port: running.target.port, servername: SERVER_NAME, ca: identity.root }
  const socket = connect({ ...to, ...rest, ALPNProtocols, helloShape: unanswered(helloShape) })
  try {
    await new Promise<void>((resolve, reject) => {
      socket.once('secureConnect', resolve)
      socket.once('error', reject)
    })
    return socket.report.negotiated
  } finally {
    socket.destroy()
    await running.stop()
    await rm(folder, { recursive: true, force: true })
  }
}

/** Without session_ticket, which servers of TLS 1.2 answer: that ends the handshake of who only looks as if it had tickets. */
function unanswered({ extensions = [], ...shape }: HelloShape): HelloShape {
  return { ...shape, extensions: extensions.filter((one) => typeof one === 'string' || one.code !== 35) }
}
