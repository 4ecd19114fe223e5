/**
 * A child of the memory bench: reads an `IdleRequest` as JSON, opens that many connections to itself,
 * lets them rest, and writes the `Usage` of one end as JSON.
 */

import { once } from 'node:events'
import { type AddressInfo, connect as connectTcp, createServer as createTcpServer, type Server } from 'node:net'
import type { Duplex } from 'node:stream'
import { text } from 'node:stream/consumers'
import { connect as connectNode, createSecureContext, createServer as createNodeServer } from 'node:tls'
import {
  connect as connectHandfast,
  createServer as createHandfastServer,
  readCertificates,
} from '../packages/handfast/src/node/index.ts'
import { createTrustStore } from '../packages/handfast/src/x509/index.ts'
import { type Credentials, SERVER_NAME } from './credentials.ts'

export const IDLE_SUBJECTS = ['handfast', 'node:tls', 'tcp'] as const
export type IdleSubject = (typeof IDLE_SUBJECTS)[number]

export interface IdleRequest {
  readonly subject: IdleSubject
  readonly connections: number
  readonly credentials: Credentials
}

/**
 * Connections that are open before the count begins: enough that the heap has had the room it takes
 * for passing garbage, and that compiled code used only at the start is gone.
 */
const GROUND = 1250

/** Bytes of one end of a connection. */
export interface Usage {
  /** Of the process's resident set. */
  readonly resident: number
  /** V8's heap in use and the external memory it knows of. */
  readonly counted: number
}

/** How a subject makes connections. */
interface Subject {
  readonly server: Server
  /** The event of the server that says that an end stands. */
  readonly accepted: 'connection' | 'secureConnection'
  /** Opens one; `established` is its event. */
  open(port: number): Duplex
  readonly established: 'connect' | 'secureConnect'
}

if (import.meta.main) {
  const request = JSON.parse(await text(process.stdin), revive) as IdleRequest
  process.stdout.write(JSON.stringify(await measureIdle(request)))
  // The connections may fall: nobody is interested in their end.
  process.exit(0)
}

function revive(_: string, value: unknown): unknown {
  const isBytes = typeof value === 'object' && value !== null && 'base64' in value
  return isBytes ? new Uint8Array(Buffer.from(String(value.base64), 'base64')) : value
}

async function measureIdle({ subject: name, connections, credentials }: IdleRequest): Promise<Usage> {
  const subject = subjectOf(name, credentials)
  const { server } = subject
  const ends = new Set<Duplex>()
  server.on(subject.accepted, (end: Duplex) => hold(ends, end))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo

  // Code, pools and caches are there before the count begins, and what only starting took is gone.
  await openMany(subject, port, ends, GROUND)
  const before = await usage()
  await openMany(subject, port, ends, connections)
  const after = await usage()
  return {
    resident: (after.resident - before.resident) / (2 * connections),
    counted: (after.counted - before.counted) / (2 * connections),
  }
}

/** Opens connections, a few at a time, and waits until both ends of all stand. */
async function openMany(subject: Subject, port: number, ends: Set<Duplex>, count: number): Promise<void> {
  const all = ends.size + 2 * count
  for (let opened = 0; opened < count; opened += 10) {
    const batch = Array.from({ length: Math.min(10, count - opened) }, () => subject.open(port))
    await Promise.all(batch.map((end) => once(end, subject.established)))
    for (const end of batch) hold(ends, end)
  }
  for (let waited = 0; ends.size < all; waited++) {
    if (waited > 1000) throw new Error(`only ${ends.size} of ${all} ends stand`)
    await pause(10)
  }
}

function hold(ends: Set<Duplex>, end: Duplex): void {
  ends.add(end)
  end.on('error', () => {})
  end.once('close', () => ends.delete(end))
  end.resume()
}

/** After collecting all garbage, and once everything that was pending has happened. */
async function usage(): Promise<Usage> {
  const { gc } = globalThis
  if (gc === undefined) throw new Error('needs to run with --expose-gc')
  for (let i = 0; i < 6; i++) {
    await pause(50)
    gc()
  }
  const { rss, heapUsed, external } = process.memoryUsage()
  return { resident: rss, counted: heapUsed + external }
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds))
}

function subjectOf(name: IdleSubject, { rootPem, server }: Credentials): Subject {
  const identity = { cert: server.certPem, key: server.keyPem }
  const host = '127.0.0.1'
  switch (name) {
    case 'handfast': {
      const ca = createTrustStore(readCertificates('ca', rootPem))
      const options = { host, servername: SERVER_NAME, ca }
      return {
        server: createHandfastServer(identity),
        accepted: 'secureConnection',
        open: (port) => connectHandfast({ ...options, port }),
        established: 'secureConnect',
      }
    }
    case 'node:tls': {
      const secureContext = createSecureContext({ ca: rootPem, minVersion: 'TLSv1.3' })
      const options = { host, servername: SERVER_NAME, secureContext }
      return {
        server: createNodeServer({ ...identity, minVersion: 'TLSv1.3' }),
        accepted: 'secureConnection',
        open: (port) => connectNode({ ...options, port }),
        established: 'secureConnect',
      }
    }
    case 'tcp':
      return {
        server: createTcpServer(),
        accepted: 'connection',
        open: (port) => connectTcp({ host, port }),
        established: 'connect',
      }
  }
}
