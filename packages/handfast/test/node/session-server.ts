/**
 * A server in a process of its own, for tests of what processes share:
 * `node session-server.ts CERTIFICATE KEY TICKET-KEYS REPLAY-FOLDER`. It prints its port, then what early data it got.
 */

import { readFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { createReplayFolder, createServer, createTicketKeyFile } from '../../src/node/index.ts'

const [cert, key, ticketKeys, replayFolder] = process.argv.slice(2) as [string, string, string, string]
const server = createServer(
  {
    cert: readFileSync(cert),
    key: readFileSync(key),
    ticketKeys: createTicketKeyFile(ticketKeys),
    replayStore: createReplayFolder(replayFolder),
    maxEarlyData: 1000,
    onEarlyData: (data) => process.stdout.write(`early ${data.toString()}\n`),
  },
  (socket) => {
    socket.on('error', () => {})
    socket.end('served')
  },
)
server.listen(0, '127.0.0.1', () => process.stdout.write(`port ${(server.address() as AddressInfo).port}\n`))
process.stdin.on('end', () => process.exit()).resume()
