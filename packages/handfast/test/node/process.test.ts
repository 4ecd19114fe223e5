/** What only a process of its own can show: that it ends, and that nothing crashes it. */

import { spawn } from 'node:child_process'
import { describe, expect, test } from 'vitest'
import { CA, SERVER } from './loopback.ts'

const INDEX = new URL('../../src/node/index.ts', import.meta.url).href

/** Runs a module that has connect, createServer, credentials, trust, and listen; it has to end by itself. */
async function run(code: string): Promise<{ code: number | null; output: string; errors: string }> {
  const prelude = `
    import { once } from 'node:events'
    import net from 'node:net'
    import { connect, createServer } from '${INDEX}'
    const credentials = ${JSON.stringify({ cert: SERVER.chainPem, key: SERVER.key.pem })}
    const trust = ${JSON.stringify({ host: '127.0.0.1', servername: 'localhost', ca: CA.pem })}
    const listen = async (server) => {
      server.listen(0, '127.0.0.1')
      await once(server, 'listening')
      return server.address().port
    }
  `
  return await new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ['--input-type=module', '--eval', prelude + code])
    const timer = setTimeout(() => child.kill(), 15_000)
    let [output, errors] = ['', '']
    child.stdout.on('data', (data: Buffer) => (output += String(data)))
    child.stderr.on('data', (data: Buffer) => (errors += String(data)))
    child.on('error', reject)
    child.on('close', (status) => {
      clearTimeout(timer)
      resolve({ code: status, output, errors })
    })
  })
}

const FINE = { code: 0, output: 'done\n', errors: '' }

describe('a process ends', () => {
  test('after connections in every phase were destroyed, without a word', async () => {
    expect(
      await run(`
        const server = createServer(credentials, (socket) => socket.resume())
        const silent = net.createServer((socket) => socket.on('error', () => {}).resume())
        const [port, mute] = [await listen(server), await listen(silent)]
        const closed = []
        const client = (port) => {
          const socket = connect({ ...trust, port })
          closed.push(once(socket, 'close'))
          return socket
        }
        client(port).destroy()
        client(port).once('connect', function () { this.destroy() })
        client(port).once('secureConnect', function () { this.destroy() })
        client(port).once('secureConnect', function () { this.write(Buffer.alloc(1e6)); this.destroy() })
        client(port).resume().end('in order')
        client(mute).once('connect', function () { setImmediate(() => this.destroy()) })
        await Promise.all(closed)
        server.close()
        silent.close()
        console.log('done')
      `),
    ).toEqual(FINE)
  })

  test('when its only connection is unref’d, idle, and has deadlines', async () => {
    expect(
      await run(`
        const server = createServer({ ...credentials, idleTimeout: 60_000 })
        const port = await listen(server)
        const socket = connect({ ...trust, port, idleTimeout: 60_000, timeout: 60_000 })
        const [[accepted]] = await Promise.all([once(server, 'secureConnection'), once(socket, 'secureConnect')])
        socket.unref()
        accepted.unref()
        server.unref()
        console.log('done')
      `),
    ).toEqual(FINE)
  })
})

describe('a process is not ended', () => {
  test('by what peers do to a server without error listeners', async () => {
    expect(
      await run(`
        const server = createServer(credentials, (socket) => socket.resume())
        const port = await listen(server)
        for (const bytes of ['GET / HTTP/1.0\\r\\n\\r\\n', Buffer.alloc(1000), '']) {
          const raw = net.connect(port, '127.0.0.1').on('error', () => {}).resume()
          raw.end(bytes)
          await once(raw, 'close')
        }
        const reset = net.connect(port, '127.0.0.1')
        await once(reset, 'connect')
        reset.resetAndDestroy()
        const rude = connect({ ...trust, port })
        await once(rude, 'secureConnect')
        const [accepted] = [once(rude, 'close'), rude.resetAndDestroy()]
        await accepted
        const polite = connect({ ...trust, port })
        await once(polite, 'secureConnect')
        polite.resume().end()
        await once(polite, 'close')
        server.close()
        console.log('done')
      `),
    ).toEqual(FINE)
  })

  test('but by a client’s error that nobody listens to, as with node:tls', async () => {
    const { code, errors } = await run(`
      const server = net.createServer()
      const port = await listen(server)
      server.close()
      connect({ ...trust, port })
    `)
    expect(code).toBe(1)
    expect(errors).toContain('ECONNREFUSED')
  })
})
