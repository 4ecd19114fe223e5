/**
 * HTTP as everybody uses it, over handfast: an http.Server behind it, an http.Agent above it, and one
 * connection for all requests.
 *
 * Certificates as in echo.ts. From a clone: npx node --import ./examples/from-source.ts examples/https.ts certs
 */

import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import {
  Agent,
  type ClientRequestArgs,
  createServer as createHttpServer,
  type IncomingMessage,
  request,
} from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { connect, type ConnectOptions, createServer, type TlsSocket } from 'handfast'

const folder = process.argv[2] ?? 'certs'
const read = (name: string): Buffer => readFileSync(join(folder, name))

const site = createHttpServer((incoming, response) => {
  const socket = incoming.socket as unknown as TlsSocket
  response.end(`You asked for ${incoming.url}, over ${socket.getProtocol()} with ${socket.negotiated?.group}.\n`)
})
const server = createServer({ cert: read('localhost.pem'), key: read('localhost.key') })
server.on('secureConnection', (socket) => site.emit('connection', socket))
server.listen(0, 'localhost')
await once(server, 'listening')
const { port } = server.address() as AddressInfo

class HandfastAgent extends Agent {
  override createConnection(options: ClientRequestArgs): TlsSocket {
    console.log('connecting')
    return connect({ ...(options as ConnectOptions), ca: read('ca.pem') })
  }
}

const agent = new HandfastAgent({ keepAlive: true })
for (const path of ['/one', '/two']) {
  const sent = request({ agent, host: 'localhost', port, path })
  sent.end()
  const [response] = (await once(sent, 'response')) as [IncomingMessage]
  for await (const data of response) process.stdout.write(String(data))
}
agent.destroy()
server.close()
