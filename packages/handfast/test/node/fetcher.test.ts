import * as http from 'node:http'
import * as https from 'node:https'
import { createServer, type Server, type Socket } from 'node:net'
import { gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { nodeProvider } from '../../src/crypto/node.ts'
import { createFetcher, type Fetcher, type FetcherOptions } from '../../src/node/index.ts'
import { createTrustStore, verifyFetching, type Wanted } from '../../src/x509/index.ts'
import { writeOid, writeSequence } from '../../src/asn1/index.ts'
import { issue, issueCa, makeCa, writeGeneralName } from '../pki.ts'
import { CA, credentials, Listening, SERVER } from './loopback.ts'

const LOOPBACK: FetcherOptions = { addresses: 'any', ports: 'any' }

function fetcher(options: FetcherOptions = {}): Fetcher {
  return createFetcher({ ...LOOPBACK, ...options })
}

function crlAt(url: string): Wanted {
  return { kind: 'crl', url, for: 0 }
}

/** A server that says what it is told, byte for byte, and then `after` decides. */
function raw(answer: string, after: (socket: Socket) => void = (socket) => socket.end()): Server {
  return createServer({ allowHalfOpen: true }, (socket) => {
    socket.on('error', () => {})
    socket.once('data', () => {
      socket.write(answer)
      after(socket)
    })
    socket.on('end', () => socket.end())
  })
}

async function fetchFrom(server: Server, options: FetcherOptions = {}, path = '/a'): Promise<Uint8Array> {
  await using listening = await Listening.start(server)
  return await fetcher(options)(crlAt(`http://127.0.0.1:${listening.port}${path}`))
}

const OK = 'HTTP/1.1 200 OK\r\n'

describe('an answer', () => {
  test('is asked for plainly', async () => {
    let seen: http.IncomingMessage | undefined
    const server = http.createServer((request, response) => {
      seen = request
      response.end('abc')
    })
    expect(await fetchFrom(server, {}, '/a?b=c#d')).toEqual(new TextEncoder().encode('abc'))
    expect(seen?.method).toBe('GET')
    expect(seen?.url).toBe('/a?b=c')
    const { host, ...headers } = seen?.headers ?? {}
    expect(host).toMatch(/^127\.0\.0\.1:\d+$/)
    expect(headers).toEqual({
      'user-agent': 'handfast',
      accept: '*/*',
      'accept-encoding': 'identity',
      connection: 'close',
    })
  })

  test('to OCSP is asked for by POST', async () => {
    const request = Uint8Array.of(1, 2, 3)
    const server = http.createServer(async (incoming, response) => {
      const body: Buffer[] = []
      for await (const chunk of incoming) body.push(chunk as Buffer)
      response.end(`${incoming.method} ${incoming.headers['content-type']} ${Buffer.concat(body).toString('hex')}`)
    })
    await using listening = await Listening.start(server)
    const url = `http://127.0.0.1:${listening.port}/`
    const answer = await fetcher()({ kind: 'ocsp', url, for: 0, request })
    expect(new TextDecoder().decode(answer)).toBe('POST application/ocsp-request 010203')
    await expect(fetcher()({ kind: 'ocsp', url, for: 0 })).rejects.toThrow(/^OCSP needs a request$/)
  })

  test('in chunks, and one that ends with its connection, are whole', async () => {
    const chunked = `${OK}Transfer-Encoding: chunked\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\n\r\n`
    expect(await fetchFrom(raw(chunked))).toHaveLength(3)
    expect(await fetchFrom(raw(`${OK}\r\nabc`))).toHaveLength(3)
  })

  test('over https is from a server that is who it says', async () => {
    const server = https.createServer(credentials(SERVER), (_, response) => response.end('abc'))
    await using listening = await Listening.start(server)
    const url = `https://localhost:${listening.port}/`
    expect(await fetcher({ ca: CA.pem })(crlAt(url))).toHaveLength(3)
    await expect(fetcher({ ca: makeCa().pem })(crlAt(url))).rejects.toThrow(/certificate/)
    await expect(fetcher({ ca: CA.pem })(crlAt(url.replace('localhost', '127.0.0.2')))).rejects.toThrow(/ECONNREFUSED/)
  })
})

describe('what goes wrong', () => {
  test.each([404, 500, 204, 206, 304])('status %d', async (status) => {
    const server = http.createServer((_, response) => response.writeHead(status).end())
    await expect(fetchFrom(server)).rejects.toThrow(new Error(`HTTP status ${status}`))
  })

  test.each<[string, string, RegExp]>([
    ['nothing at all', '', /socket hang up|ECONNRESET/],
    ['no HTTP', 'SSH-2.0-x\r\n', /Parse Error/],
    ['an answer cut short', `${OK}Content-Length: 9\r\n\r\nabc`, /aborted/],
    ['chunks cut short', `${OK}Transfer-Encoding: chunked\r\n\r\n9\r\nabc`, /aborted/],
    ['a header without end', `${OK}X: ${'x'.repeat(100_000)}`, /Header overflow/],
    [
      'another protocol',
      'HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n',
      /^no answer$/,
    ],
  ])('%s', async (_, answer, message) => {
    await expect(fetchFrom(raw(answer))).rejects.toThrow(message)
  })

  test('nobody there', async () => {
    const listening = await Listening.start(createServer())
    const { port } = listening
    await listening[Symbol.asyncDispose]()
    await expect(fetcher()(crlAt(`http://127.0.0.1:${port}/`))).rejects.toThrow(/ECONNREFUSED/)
  })

  test.each([
    ['silence', ''],
    ['half a header', OK],
    ['half an answer, kept open', `${OK}Content-Length: 9\r\n\r\nabc`],
  ])('%s ends with the time', async (_, answer) => {
    await expect(
      fetchFrom(
        raw(answer, () => {}),
        { timeout: 100 },
      ),
    ).rejects.toThrow(/^no whole answer within 100 ms$/)
  })

  test('an answer that drips ends with the time, though something always comes', async () => {
    let timer: NodeJS.Timeout | undefined
    const server = raw(`${OK}\r\n`, (socket) => {
      timer = setInterval(() => socket.write('x'), 5)
      socket.on('close', () => clearInterval(timer))
    })
    try {
      await expect(fetchFrom(server, { timeout: 200 })).rejects.toThrow(/^no whole answer within 200 ms$/)
    } finally {
      clearInterval(timer)
    }
  })

  test('an answer without end ends with its bytes, and with its connection', async () => {
    let sent = 0
    const chunk = Buffer.alloc(65_536)
    const server = raw(`${OK}\r\n`, (socket) => {
      const send = (): void => {
        while (!socket.destroyed && socket.write(chunk)) sent += chunk.length
      }
      socket.on('drain', send)
      send()
    })
    await expect(fetchFrom(server, { maxBytes: 100_000 })).rejects.toThrow(/^more than 100000 bytes$/)
    expect(sent).toBeLessThan(50 << 20)
  })

  test('an answer that announces too much is not read', async () => {
    const server = raw(`${OK}Content-Length: 100001\r\n\r\n`, () => {})
    await expect(fetchFrom(server, { maxBytes: 100_000 })).rejects.toThrow(/^more than 100000 bytes$/)
  })

  test('an answer just as long as is allowed is one', async () => {
    const server = http.createServer((_, response) => response.end(Buffer.alloc(100_000)))
    expect(await fetchFrom(server, { maxBytes: 100_000 })).toHaveLength(100_000)
  })

  test.each(['gzip', 'deflate', 'br', 'x, gzip'])('%s is not unpacked', async (encoding) => {
    const bomb = gzipSync(Buffer.alloc(1 << 20))
    const server = http.createServer((_, response) =>
      response.writeHead(200, { 'content-encoding': encoding }).end(bomb),
    )
    await expect(fetchFrom(server)).rejects.toThrow(/^its answer is compressed$/)
  })

  test('an abort ends what is under way, and what begins later', async () => {
    const controller = new AbortController()
    await using listening = await Listening.start(raw('', () => controller.abort()))
    const fetch = fetcher({ signal: controller.signal })
    await expect(fetch(crlAt(`http://127.0.0.1:${listening.port}/`))).rejects.toThrow(/^it was aborted$/)
    await expect(fetch(crlAt(`http://127.0.0.1:${listening.port}/`))).rejects.toThrow(/^it was aborted$/)
  })
})

describe('redirects', () => {
  const redirecting = (status: number, location: (port: number) => string): http.Server =>
    http.createServer((request, response) => {
      if (request.url === '/end') return void response.end('abc')
      const { localPort = 0 } = request.socket
      response.writeHead(status, { location: location(localPort) }).end()
    })

  test.each([301, 302, 303, 307, 308])('%d is followed', async (status) => {
    expect(await fetchFrom(redirecting(status, () => '/end'))).toHaveLength(3)
  })

  test('are followed three times, and loops no further', async () => {
    let asked = 0
    const loop = http.createServer((_, response) => {
      asked++
      response.writeHead(302, { location: '/again' }).end()
    })
    await expect(fetchFrom(loop)).rejects.toThrow(/^more than 3 redirects$/)
    expect(asked).toBe(4)
    await expect(
      fetchFrom(
        redirecting(302, () => '/end'),
        { redirects: 0 },
      ),
    ).rejects.toThrow(/^more than 0 redirects$/)
  })

  test.each<[string, (port: number) => string, RegExp]>([
    ['another scheme', () => 'file:///etc/passwd', /needs http or https/],
    ['credentials', (port) => `http://u:p@127.0.0.1:${port}/end`, /must have no user and password/],
    ['no address', () => 'http://', /needs to be a URL/],
  ])('to %s are not', async (_, location, message) => {
    await expect(fetchFrom(redirecting(302, location))).rejects.toThrow(message)
  })

  test('without a place to go, or of an OCSP request to a GET, are not', async () => {
    await expect(fetchFrom(raw('HTTP/1.1 302 Found\r\n\r\n'))).rejects.toThrow(/^HTTP status 302$/)
    await using listening = await Listening.start(redirecting(302, () => '/end'))
    const wanted: Wanted = {
      kind: 'ocsp',
      url: `http://127.0.0.1:${listening.port}/`,
      for: 0,
      request: Uint8Array.of(1),
    }
    await expect(fetcher()(wanted)).rejects.toThrow(/^HTTP status 302$/)
  })
})

describe('addresses of its own network', () => {
  /** Names of the public, wherever they lead. */
  const resolving = (...addresses: string[]): FetcherOptions => ({
    addresses: 'public',
    resolve: async () => addresses,
  })

  test.each([
    'http://127.0.0.1',
    'http://[::1]',
    'http://[::ffff:127.0.0.1]',
    'http://localhost',
    'http://0',
    'http://127.1',
  ])('%s is not connected to', async (origin) => {
    let connections = 0
    const server = createServer(() => connections++)
    await using listening = await Listening.start(server)
    const fetch = fetcher({ addresses: 'public' })
    await expect(fetch(crlAt(`${origin}:${listening.port}/`))).rejects.toThrow(/needs a public (address|name)/)
    expect(connections).toBe(0)
  })

  test.each([['127.0.0.1'], ['::1'], ['::ffff:127.0.0.1'], ['10.0.0.1', '169.254.169.254'], ['fe80::1%lo'], []])(
    'a name for %j is not connected to',
    async (...addresses) => {
      let connections = 0
      await using listening = await Listening.start(createServer(() => connections++))
      const fetch = fetcher(resolving(...addresses))
      await expect(fetch(crlAt(`http://ca.example.com:${listening.port}/`))).rejects.toThrow(
        /^its name has no public address$/,
      )
      expect(connections).toBe(0)
    },
  )

  test('a name is resolved once, and what was looked at is what is connected to', async () => {
    const answers = [['127.0.0.1'], ['127.0.0.2']]
    let asked = 0
    const server = http.createServer((request, response) =>
      response.end(`${request.socket.localAddress} ${request.headers.host}`),
    )
    await using listening = await Listening.start(server)
    const fetch = fetcher({ resolve: async () => answers[asked++] ?? [] })
    const answer = await fetch(crlAt(`http://rebinding.example.com:${listening.port}/`))
    expect(new TextDecoder().decode(answer)).toBe(`127.0.0.1 rebinding.example.com:${listening.port}`)
    expect(asked).toBe(1)
  })

  test('a name that is not resolved in time, or not at all, is an error', async () => {
    const never = fetcher({ timeout: 50, resolve: () => new Promise(() => {}) })
    await expect(never(crlAt('http://ca.example.com/'))).rejects.toThrow(/^no whole answer within 50 ms$/)
    const unknown = fetcher({ resolve: async () => await Promise.reject(new Error('getaddrinfo ENOTFOUND')) })
    await expect(unknown(crlAt('http://ca.example.com/'))).rejects.toThrow(/ENOTFOUND/)
  })

  test('other ports are not connected to', async () => {
    await expect(createFetcher()(crlAt('http://ca.example.com:8080/'))).rejects.toThrow(/needs port 80 or 443/)
  })
})

describe('memory', () => {
  test('what is fresh is asked for once, also at once, and handed out as a copy', async () => {
    let asked = 0
    const server = http.createServer((_, response) => {
      asked++
      response.writeHead(200, { 'cache-control': 'max-age=60' }).end('abc')
    })
    await using listening = await Listening.start(server)
    const fetch = fetcher()
    const wanted = crlAt(`http://127.0.0.1:${listening.port}/`)
    const [first] = await Promise.all([fetch(wanted), fetch(wanted)])
    first.fill(0)
    expect(new TextDecoder().decode(await fetch(wanted))).toBe('abc')
    expect(asked).toBe(1)
    await expect(fetch(wanted, { maxBytes: 2 })).rejects.toThrow(/^more than 2 bytes$/)
    await fetcher({ cache: false })(wanted)
    expect(asked).toBe(2)
  })

  test('what must not be stored, and what failed, is asked for again', async () => {
    let asked = 0
    const server = http.createServer((_, response) => {
      const isFirst = asked++ === 0
      response.writeHead(isFirst ? 500 : 200, { 'cache-control': 'no-store' }).end('abc')
    })
    await using listening = await Listening.start(server)
    const fetch = fetcher()
    const wanted = crlAt(`http://127.0.0.1:${listening.port}/`)
    await expect(fetch(wanted)).rejects.toThrow(/HTTP status 500/)
    await fetch(wanted)
    await fetch(wanted)
    expect(asked).toBe(3)
  })
})

test.each([
  ['undefined', undefined, /^resolve: needs a list of addresses, has undefined$/],
  ['text', '127.0.0.1', /^resolve: needs a list of addresses, has '127\.0\.0\.1'$/],
  ['null within', ['127.0.0.1', null], /^resolve: needs a list of addresses, has a list with something else in it$/],
])('a resolver that gives %s is told so', async (_, answer, message) => {
  const fetch = createFetcher({ resolve: async () => answer as never })
  await expect(fetch(crlAt('http://ca.example.com/'))).rejects.toThrow(message)
})

test.each<[FetcherOptions, RegExp]>([
  [{ concurrency: { total: 0 } }, /^concurrency\.total: needs a whole number from 1 on, has 0$/],
  [{ resolve: 'dns' as never }, /^resolve: needs a function, has string$/],
  [{ maxBytes: -1 }, /^maxBytes: needs a whole number, has -1$/],
  [{ timeout: Number.NaN }, /^timeout: needs a whole number/],
  [{ redirects: 0.5 }, /^redirects: needs a whole number/],
])('%j is a mistake', (options, message) => {
  expect(() => createFetcher(options)).toThrow(message)
})

test('a chain is completed from where its certificates say', async () => {
  const root = makeCa({ subject: 'Root' })
  const sub = issueCa(root, { subject: 'Sub' })
  const server = http.createServer((request, response) =>
    request.url === '/sub.cer' ? response.end(sub.certificate) : response.writeHead(404).end(),
  )
  await using listening = await Listening.start(server)
  const locations = ['missing.cer', 'sub.cer'].map((name) =>
    writeSequence(writeOid('1.3.6.1.5.5.7.48.2'), writeGeneralName(`URI:http://127.0.0.1:${listening.port}/${name}`)),
  )
  const extensions = [{ oid: '1.3.6.1.5.5.7.1.1', value: writeSequence(...locations) }]
  const leaf = issue(sub, { dnsNames: ['a.example'], extensions })
  const request = {
    chain: [leaf.certificate],
    trust: createTrustStore([root.certificate]),
    time: Date.UTC(2026, 0, 1),
    purpose: 'server',
    provider: nodeProvider,
  } as const
  const verdict = await verifyFetching(request, fetcher())
  expect(verdict.trusted).toBe(true)
  expect(verdict.warnings.map(({ message }) => message)).toEqual([
    expect.stringMatching(/missing\.cer' could not be used: HTTP status 404\.$/),
  ])
  const refused = await verifyFetching(request, createFetcher())
  expect(refused.trusted).toBe(false)
  expect(refused.warnings[0]?.message).toMatch(/could not be used: the address needs port 80 or 443, is 'http:/)
})
