/** As node:https is used: an HTTP client over `connect`, an HTTP server over `createServer`, both beside Node's own. */

import { once } from 'node:events'
import * as http from 'node:http'
import * as http2 from 'node:http2'
import * as https from 'node:https'
import type { AddressInfo, Server } from 'node:net'
import type { Duplex } from 'node:stream'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { connect, type ConnectOptions, createServer, type TlsServer, type TlsSocket } from '../../src/node/index.ts'
import { CA, CLIENT, credentials, Listening, OTHER, SERVER, TRUST, until } from './loopback.ts'

/** Answers with what it was sent, and says which connection it came by. */
function echo(request: http.IncomingMessage, response: http.ServerResponse): void {
  response.setHeader('x-port', String(request.socket.remotePort))
  response.setHeader('x-encrypted', String((request.socket as unknown as TlsSocket).encrypted))
  if (request.url === '/large') {
    response.end(Buffer.alloc(5_000_000, 'x'))
    return
  }
  request.pipe(response)
}

/** An http.Server behind our TLS. */
function secureHttp(listener: http.RequestListener = echo): TlsServer & { readonly http: http.Server } {
  const server = http.createServer(listener)
  const secure = createServer({
    ...credentials(SERVER),
    ca: CA.pem,
    requestCert: true,
    clientAuthentication: 'optional',
  })
  secure.on('secureConnection', (socket) => server.emit('connection', socket))
  return Object.assign(secure, { http: server })
}

/** Agents whose connections are ours. */
class HandfastAgent extends http.Agent {
  /** Every socket it made. */
  readonly made: TlsSocket[] = []

  override createConnection(options: http.ClientRequestArgs): Duplex {
    const socket = connect({ ...(options as ConnectOptions), ca: CA.pem })
    this.made.push(socket)
    return socket
  }
}

interface Answer {
  readonly status: number | undefined
  readonly headers: http.IncomingHttpHeaders
  readonly body: Buffer
}

async function request(options: http.RequestOptions, body?: Buffer | string): Promise<Answer> {
  const sent = http.request(options)
  sent.end(body)
  return await answerTo(sent)
}

async function answerTo(sent: http.ClientRequest): Promise<Answer> {
  const [response] = (await once(sent, 'response')) as [http.IncomingMessage]
  const chunks: Buffer[] = []
  for await (const chunk of response) chunks.push(chunk as Buffer)
  return { status: response.statusCode, headers: response.headers, body: Buffer.concat(chunks) }
}

describe('an HTTP client over connect', () => {
  let node: Listening<https.Server>
  let ours: Listening<TlsServer>
  beforeAll(async () => {
    node = await Listening.start(https.createServer(credentials(SERVER), echo))
    ours = await Listening.start(secureHttp())
  })
  afterAll(async () => {
    await node[Symbol.asyncDispose]()
    await ours[Symbol.asyncDispose]()
  })

  describe.each([
    ['node:https', () => node.port],
    ['ours', () => ours.port],
  ] as const)('with a server of %s', (_, port) => {
    test('createConnection, no agent', async () => {
      const { status, body, headers } = await request(
        {
          method: 'POST',
          createConnection: () => connect({ ...TRUST, port: port() }),
          headers: { host: 'localhost' },
        },
        'hello',
      )
      expect([status, String(body), headers['x-encrypted']]).toEqual([200, 'hello', 'true'])
    })

    test('an Agent that keeps connections alive: one for all requests', async () => {
      const agent = new HandfastAgent({ keepAlive: true, maxSockets: 1 })
      const target = { agent, host: 'localhost', port: port(), family: 4, method: 'POST' }
      const answers = [await request(target, 'one'), await request(target, 'two'), await request(target, 'three')]
      expect(answers.map(({ body }) => String(body))).toEqual(['one', 'two', 'three'])
      expect(new Set(answers.map(({ headers }) => headers['x-port'])).size).toBe(1)
      expect(agent.made).toHaveLength(1)
      expect(agent.made[0]?.authorized).toBe(true)
      agent.destroy()
      await until(() => agent.made[0]?.destroyed === true)
    })

    test('an Agent that does not, to an address: each its own, and the address is proved', async () => {
      const agent = new HandfastAgent({ keepAlive: false })
      const target = { agent, host: '127.0.0.1', port: port(), method: 'POST' }
      const answers = await Promise.all([request(target, 'one'), request(target, 'two')])
      expect(answers.map(({ body }) => String(body))).toEqual(['one', 'two'])
      expect(agent.made).toHaveLength(2)
      expect(agent.made.map((socket) => socket.servername)).toEqual(['127.0.0.1', '127.0.0.1'])
      await until(() => agent.made.every((socket) => socket.destroyed))
    })

    test('large bodies both ways', async () => {
      const agent = new HandfastAgent({ keepAlive: true })
      const target = { agent, host: 'localhost', family: 4, port: port() }
      const large = Buffer.alloc(10_000_000, 'handfast')
      const { body } = await request({ ...target, method: 'PUT' }, large)
      expect(body.equals(large)).toBe(true)
      const got = await request({ ...target, path: '/large' })
      expect(got.body).toHaveLength(5_000_000)
      expect(agent.made).toHaveLength(1)
      agent.destroy()
    })

    test('Expect: 100-continue', async () => {
      const sent = http.request({
        agent: new HandfastAgent(),
        host: 'localhost',
        family: 4,
        port: port(),
        method: 'POST',
        headers: { expect: '100-continue', 'content-length': '4' },
      })
      sent.flushHeaders()
      await once(sent, 'continue')
      sent.end('body')
      const [response] = (await once(sent, 'response')) as [http.IncomingMessage]
      expect(String((await once(response, 'data'))[0])).toBe('body')
    })
  })

  test('a server whose certificate is for another name is refused, though an Agent gives no name for an address', async () => {
    await using listening = await Listening.start(https.createServer(credentials(OTHER), echo))
    const sent = http.request({ agent: new HandfastAgent(), host: '127.0.0.1', port: listening.port })
    const error = once(sent, 'error')
    sent.end()
    expect((await error)[0]).toMatchObject({ code: 'ERR_HANDFAST_CERTIFICATE', reason: 'name-mismatch' })
  })

  test('a request times out by setTimeout of the socket', async () => {
    await using silent = await Listening.start(https.createServer(credentials(SERVER), () => {}))
    const sent = http.request({
      agent: new HandfastAgent(),
      host: 'localhost',
      family: 4,
      port: silent.port,
      timeout: 50,
    })
    sent.end()
    await once(sent, 'timeout')
    const error = once(sent, 'error')
    sent.destroy(new Error('too slow'))
    expect((await error)[0]).toMatchObject({ message: 'too slow' })
  })
})

describe('an HTTP server over createServer', () => {
  test('with https.Agent of Node, a client certificate, several requests', async () => {
    const seen: unknown[] = []
    await using listening = await Listening.start(
      secureHttp((incoming, response) => {
        const socket = incoming.socket as unknown as TlsSocket
        seen.push(socket.authorized, socket.getPeerCertificate().subject)
        echo(incoming, response)
      }),
    )
    const agent = new https.Agent({ ...TRUST, ...credentials(CLIENT), keepAlive: true, maxSockets: 1 })
    const ports = new Set<unknown>()
    for (const text of ['one', 'two']) {
      const sent = https.request({ agent, host: '127.0.0.1', port: listening.port, method: 'POST' })
      sent.end(text)
      const { headers, body } = await answerTo(sent)
      ports.add(headers['x-port'])
      expect(String(body)).toBe(text)
    }
    expect(ports.size).toBe(1)
    expect(seen).toMatchObject([true, { CN: 'alice' }, true, { CN: 'alice' }])
    agent.destroy()
  })

  test('closing a keep-alive connection when it is idle', async () => {
    const secure = secureHttp()
    secure.http.keepAliveTimeout = 20
    await using listening = await Listening.start(secure)
    const agent = new HandfastAgent({ keepAlive: true })
    const { body } = await request({ agent, host: 'localhost', family: 4, port: listening.port, method: 'POST' }, 'x')
    expect(String(body)).toBe('x')
    await until(() => agent.made[0]?.destroyed === true && listening.connections === 0)
    agent.destroy()
  })
})

describe('HTTP/2', () => {
  async function get(session: http2.ClientHttp2Session, path: string, body?: string): Promise<string> {
    const stream = session.request({ ':path': path, ':method': body === undefined ? 'GET' : 'POST' })
    stream.end(body)
    const chunks: Buffer[] = []
    for await (const chunk of stream) chunks.push(chunk as Buffer)
    return String(Buffer.concat(chunks))
  }

  function answer(stream: http2.ServerHttp2Stream, headers: http2.IncomingHttpHeaders): void {
    stream.respond({ ':status': 200 })
    if (headers[':method'] === 'POST') stream.pipe(stream)
    else stream.end(`you asked for ${headers[':path']}`)
  }

  const secureHttp2 = (): Server => {
    const server = http2.createServer().on('stream', answer)
    const secure = createServer({ ...credentials(SERVER), ALPNProtocols: ['h2'] })
    return secure.on('secureConnection', (socket) => server.emit('connection', socket))
  }
  const nodeHttp2 = (): Server =>
    http2.createSecureServer(credentials(SERVER)).on('stream', answer) as unknown as Server

  test.each([
    ['a server of Node', nodeHttp2],
    ['a server of ours', secureHttp2],
  ] as const)('a client over connect, with %s', async (_, serve) => {
    await using listening = await Listening.start(serve())
    const session = http2.connect('https://localhost', {
      createConnection: () => connect({ ...TRUST, port: listening.port, ALPNProtocols: ['h2'] }),
    })
    const body = 'x'.repeat(300_000)
    const answers = await Promise.all([get(session, '/a'), get(session, '/b'), get(session, '/echo', body)])
    expect(answers).toEqual(['you asked for /a', 'you asked for /b', body])
    session.close()
    await once(session, 'close')
  })

  test('a server over createServer, with a client of Node', async () => {
    await using listening = await Listening.start(secureHttp2())
    const { port } = listening.server.address() as AddressInfo
    const session = http2.connect(`https://localhost:${port}`, { ...TRUST })
    expect(await get(session, '/n')).toBe('you asked for /n')
    session.close()
    await once(session, 'close')
  })
})
