/** A warm process that runs tests for the launcher: listens on the Unix socket that its argument names. */

import { createServer, type Socket } from 'node:net'

import { runTest } from './shim.ts'

const path = process.argv[2]
if (path === undefined) throw new TypeError('worker: needs the path of a socket, has none')

createServer({ allowHalfOpen: true }, (socket) => void serve(socket)).listen(path, () =>
  process.stdout.write('listening\n'),
)
// Whoever started it holds its standard input: it ends with them.
process.stdin.on('end', () => process.exit()).resume()

async function serve(socket: Socket): Promise<void> {
  const chunks: Buffer[] = []
  const cancelling = new AbortController()
  socket.on('error', () => cancelling.abort())
  socket.on('close', () => cancelling.abort())
  socket.on('data', (chunk: Buffer) => chunks.push(chunk))
  await new Promise((resolve) => socket.once('end', resolve))
  const args = Buffer.concat(chunks).toString('latin1').split('\0').slice(0, -1)
  const { code, stderr } = await runTest(args, cancelling.signal)
  socket.end(Buffer.concat([Buffer.from([code]), Buffer.from(stderr)]))
}
