/**
 * A client with a say of its own about the server: beyond a chain that is good, only certificates on a
 * list will do. It decides before anything of its own leaves, and may take its time.
 *
 * Certificates as in echo.ts. From a clone: npx node --import ./examples/from-source.ts examples/verifier.ts certs
 */

import { X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { connect, createServer, type Decisions, type HandfastError, TlsError } from 'handfast'

const folder = process.argv[2] ?? 'certs'
const read = (name: string): Buffer => readFileSync(join(folder, name))

const server = createServer({ cert: read('localhost.pem'), key: read('localhost.key') }, (socket) => socket.resume())
server.on('tlsClientError', (error: Error) => console.log(`server: ${error.message}`))
server.listen(0, 'localhost')
await once(server, 'listening')
const { port } = server.address() as AddressInfo

/** Asks a list, which could be a file, a database or a person. */
const fromList = (list: ReadonlySet<string>): NonNullable<Decisions['verifyPeer']> => {
  return async (task, verdict) => {
    await new Promise((resolve) => setTimeout(resolve, 10))
    if (!verdict.trusted) return false
    const { fingerprint256 } = new X509Certificate(task.chain[0] as Uint8Array)
    if (list.has(fingerprint256)) return true
    throw new TlsError('access_denied', `${fingerprint256.slice(0, 8)}... is not on the list`)
  }
}

const known = new X509Certificate(read('localhost.pem')).fingerprint256
for (const list of [new Set([known]), new Set<string>()]) {
  const socket = connect({ host: 'localhost', port, ca: read('ca.pem'), verifyPeer: fromList(list) })
  try {
    await once(socket, 'secureConnect')
    console.log(`client: accepted, authorized: ${socket.authorized}`)
    socket.end()
  } catch (error) {
    const { code, alert } = error as HandfastError
    console.log(`client: refused, ${code}, the server was sent ${alert}`)
  }
}
server.close()
