/**
 * A client whose first message looks as it is told to: suites that are only advertised beside those it has, values that
 * mean nothing (GREASE), extensions in a given order, one of them as bytes, padding. The server tells what it saw.
 *
 * Certificates as in echo.ts. From a clone: npx node --import ./examples/from-source.ts examples/client-hello.ts certs
 */

import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { connect, createServer, type HelloShape } from 'handfast'

const folder = process.argv[2] ?? 'certs'
const read = (name: string): Buffer => readFileSync(join(folder, name))

const server = createServer({ cert: read('localhost.pem'), key: read('localhost.key') }, (socket) => {
  console.log(`saw suites: ${socket.report.offered?.cipherSuites.join(' ')}`)
  console.log(`saw extensions: ${socket.report.offered?.extensions.join(' ')}`)
  socket.end()
})
server.listen(0, 'localhost')
await once(server, 'listening')

const helloShape: HelloShape = {
  // 0xc013 has CBC: it is never used, and a server that chose it would be refused.
  cipherSuites: ['GREASE', 0x1301, 0x1303, 0xc02b, 0xc013],
  extensions: [
    { code: 'GREASE', data: new Uint8Array(0) },
    'key_share',
    // session_ticket, empty.
    { code: 35, data: new Uint8Array(0) },
    'server_name',
    'supported_versions',
    'padding',
  ],
  paddedLength: 2048,
}
const { port } = server.address() as AddressInfo
const socket = connect({ host: 'localhost', port, ca: read('ca.pem'), helloShape })
await once(socket, 'secureConnect')
console.log(`agreed on: ${socket.report.negotiated.cipherSuite}`)
socket.resume().end()
server.close()
