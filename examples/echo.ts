/**
 * A server and a client that prove to each other who they are, over TCP.
 *
 * Certificates, once, into a folder of yours:
 *     npm run handfast -- ca new --name 'Example CA' --out certs
 *     npm run handfast -- ca issue --ca certs --server localhost --out certs
 *     npm run handfast -- ca issue --ca certs --client alice --out certs
 * From a clone:             npx node --import ./examples/from-source.ts examples/echo.ts certs
 * With handfast installed:  node echo.ts certs
 */

import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { connect, createServer } from 'handfast'

const folder = process.argv[2] ?? 'certs'
const read = (name: string): Buffer => readFileSync(join(folder, name))

const server = createServer(
  { cert: read('localhost.pem'), key: read('localhost.key'), ca: read('ca.pem'), requestCert: true },
  (socket) => {
    console.log(`server: ${socket.getPeerCertificate().subject.CN} is here`)
    socket.pipe(socket)
  },
)
server.on('tlsClientError', (error: Error) => console.log(`server: refused someone: ${error.message}`))
server.listen(0, 'localhost')
await once(server, 'listening')

const socket = connect({
  host: 'localhost',
  port: (server.address() as AddressInfo).port,
  ca: read('ca.pem'),
  cert: read('alice.pem'),
  key: read('alice.key'),
})
await once(socket, 'secureConnect')
const { group, cipherSuite } = socket.report.negotiated
console.log(`client: ${socket.servername} is who it says, by ${group} and ${cipherSuite}`)

socket.end('hello\n')
for await (const data of socket) process.stdout.write(`client: the server said ${String(data)}`)
server.close()
