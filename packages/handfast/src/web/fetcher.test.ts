import * as http from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import type { FetchOptions, Wanted } from '../x509/index.ts'
import { createFetcher, type WebFetcherOptions } from './fetcher.ts'

const LOOPBACK: WebFetcherOptions = { addresses: 'any', ports: 'any' }

/** Fetches from a server that answers so. */
async function fetchFrom(
  listener: http.RequestListener,
  options: WebFetcherOptions = {},
  wanted: Partial<Wanted> = {},
  given: Partial<FetchOptions> = {},
): Promise<Uint8Array> {
  const server = http.createServer(listener)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  try {
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/a`
    return await createFetcher({ ...LOOPBACK, ...options })({ kind: 'crl', url, for: 0, ...wanted }, given)
  } finally {
    server.closeAllConnections()
    server.close()
  }
}

describe('an answer', () => {
  test('comes whole', async () => {
    expect(await fetchFrom((_, response) => response.end('abc'))).toEqual(new TextEncoder().encode('abc'))
    expect(await fetchFrom((_, response) => response.end())).toHaveLength(0)
  })

  test('in pieces keeps none of them', async () => {
    const piece = new Uint8Array(1)
    const pull = (controller: ReadableStreamDefaultController<Uint8Array>): void => {
      piece[0] = (piece[0] as number) + 1
      if (piece[0] < 100) controller.enqueue(piece)
      else controller.close()
    }
    const body = new ReadableStream<Uint8Array>({ pull }, { highWaterMark: 0 })
    const answer = await createFetcher({ fetch: async () => new Response(body) })({
      kind: 'crl',
      url: 'http://a.example.com/',
      for: 0,
    })
    expect(answer).toEqual(Uint8Array.from({ length: 99 }, (_, i) => i + 1))
  })

  test('to OCSP is asked for by POST', async () => {
    const answer = await fetchFrom(
      async (request, response) => {
        const body: Buffer[] = []
        for await (const chunk of request) body.push(chunk as Buffer)
        response.end(`${request.method} ${request.headers['content-type']} ${Buffer.concat(body).toString('hex')}`)
      },
      {},
      { kind: 'ocsp', request: Uint8Array.of(1, 2, 3) },
    )
    expect(new TextDecoder().decode(answer)).toBe('POST application/ocsp-request 010203')
    await expect(fetchFrom(() => {}, {}, { kind: 'ocsp' })).rejects.toThrow(/^OCSP needs a request$/)
  })
})

describe('what goes wrong', () => {
  test.each([404, 500, 206])('status %d', async (status) => {
    await expect(fetchFrom((_, response) => response.writeHead(status).end('x'))).rejects.toThrow(
      `HTTP status ${status}`,
    )
  })

  test('more bytes than are allowed, also of what was packed', async () => {
    const limits = { maxBytes: 100_000 }
    const bomb = gzipSync(Buffer.alloc(50 << 20))
    const tooLong = /^more than 100000 bytes$/
    await expect(fetchFrom((_, response) => response.end(Buffer.alloc(100_001)), limits)).rejects.toThrow(tooLong)
    await expect(
      fetchFrom((_, response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end(bomb), limits),
    ).rejects.toThrow(tooLong)
    expect(await fetchFrom((_, response) => response.end(Buffer.alloc(100_000)), limits)).toHaveLength(100_000)
    await expect(fetchFrom((_, response) => response.end('abc'), {}, {}, { maxBytes: 2 })).rejects.toThrow(
      /^more than 2 bytes$/,
    )
  })

  test('silence, and an answer that does not come to its end', async () => {
    const late = /^no whole answer within 100 ms$/
    await expect(fetchFrom(() => {}, { timeout: 100 })).rejects.toThrow(late)
    await expect(fetchFrom((_, response) => void response.write('x'), { timeout: 100 })).rejects.toThrow(late)
  })

  test('an abort', async () => {
    const controller = new AbortController()
    const fetched = fetchFrom(() => controller.abort(), { signal: controller.signal })
    await expect(fetched).rejects.toThrow(/^it was aborted$/)
    const other = new AbortController()
    const one = fetchFrom(() => other.abort(), {}, {}, { signal: other.signal })
    await expect(one).rejects.toThrow(/^it was aborted$/)
  })
})

describe('redirects', () => {
  const redirecting =
    (status: number, location: string): http.RequestListener =>
    (request, response) =>
      request.url === '/end' ? response.end('abc') : response.writeHead(status, { location }).end()

  test('are followed, a few times', async () => {
    expect(await fetchFrom(redirecting(302, '/end'))).toHaveLength(3)
    await expect(fetchFrom(redirecting(302, '/again'))).rejects.toThrow(/^more than 3 redirects$/)
    await expect(fetchFrom(redirecting(302, '/end'), { redirects: 0 })).rejects.toThrow(/^more than 0 redirects$/)
  })

  test('are under the same rules', async () => {
    await expect(fetchFrom(redirecting(302, 'ftp://a.example.com/'))).rejects.toThrow(/needs http or https/)
    const wanted = { kind: 'ocsp', request: Uint8Array.of(1) } as const
    await expect(fetchFrom(redirecting(302, '/end'), {}, wanted)).rejects.toThrow(/^HTTP status 302$/)
  })

  test('that the platform hides are refused', async () => {
    const opaque = { status: 0, type: 'opaqueredirect', headers: new Headers(), body: null } as unknown as Response
    const fetcher = createFetcher({ fetch: async () => opaque })
    await expect(fetcher({ kind: 'aia', url: 'http://ca.example.com/', for: 0 })).rejects.toThrow(/does not tell$/)
  })
})

test.each([
  'http://127.0.0.1/',
  'http://127.0.0.1../',
  'http://ca.lan/',
  'https://ca.example.com:80/',
  'http://localhost/',
  'http://printer.local/',
  'http://ca.example.com:81/',
])('%s is not asked', async (url) => {
  let asked = 0
  const fetcher = createFetcher({
    fetch: async () => {
      asked++
      return new Response()
    },
  })
  await expect(fetcher({ kind: 'crl', url, for: 0 })).rejects.toThrow(/^the address needs/)
  expect(asked).toBe(0)
})

test('a limit that is none is a mistake', () => {
  expect(() => createFetcher({ timeout: -1 })).toThrow(/^timeout: needs a whole number, has -1$/)
})
