/** Fetching for many verdicts at once: what each may set, how many are under way, what is forgotten. */

import * as http from 'node:http'
import { createServer, type Server } from 'node:net'
import { describe, expect, test } from 'vitest'
import { writeOid, writeSequence } from '../../src/asn1/index.ts'
import { nodeProvider } from '../../src/crypto/node.ts'
import { createFetcher, type Fetcher, type FetcherOptions } from '../../src/node/index.ts'
import { createTrustStore, verifyFetching, type Wanted } from '../../src/x509/index.ts'
import { issue, issueCa, makeCa, writeGeneralName } from '../pki.ts'
import { Listening } from './loopback.ts'

function fetcher(options: FetcherOptions = {}): Fetcher {
  return createFetcher({ addresses: 'any', ports: 'any', ...options })
}

function crlAt(url: string): Wanted {
  return { kind: 'crl', url, for: 0 }
}

describe('what one who asks sets', () => {
  /** Sends until nobody listens; `sent` tells how much. */
  function endless(): { readonly server: Server; readonly sent: () => number; readonly closed: Promise<void> } {
    let sent = 0
    const chunk = Buffer.alloc(65_536)
    const { promise, resolve } = Promise.withResolvers<void>()
    const server = createServer((socket) => {
      socket.on('error', () => {}).resume()
      socket.write('HTTP/1.1 200 OK\r\n\r\n')
      const send = (): void => {
        while (!socket.destroyed && socket.write(chunk)) sent += chunk.length
      }
      socket.on('drain', send)
      socket.on('close', () => resolve())
      send()
    })
    return { server, sent: () => sent, closed: promise }
  }

  test('bytes: holds while they arrive', async () => {
    const { server, sent, closed } = endless()
    await using listening = await Listening.start(server)
    const url = `http://127.0.0.1:${listening.port}/`
    await expect(fetcher()(crlAt(url), { maxBytes: 1000 })).rejects.toThrow(/^more than 1000 bytes$/)
    await closed
    // What the sockets hold.
    expect(sent()).toBeLessThan(12 << 20)
    await expect(fetcher({ maxBytes: 500 })(crlAt(url), { maxBytes: 1000 })).rejects.toThrow(/^more than 500 bytes$/)
  })

  test('an abort ends the exchange, unless others wait for it too', async () => {
    let asked = 0
    const answers: http.ServerResponse[] = []
    const closed = Promise.withResolvers<void>()
    const { promise: arrived, resolve } = Promise.withResolvers<void>()
    const server = http.createServer((_, response) => {
      asked++
      answers.push(response)
      response.on('close', () => closed.resolve())
      resolve()
    })
    await using listening = await Listening.start(server)
    const fetch = fetcher({ cache: false })
    const wanted = crlAt(`http://127.0.0.1:${listening.port}/`)
    const [one, two] = [new AbortController(), new AbortController()]
    const first = fetch(wanted, { signal: one.signal })
    const second = fetch(wanted, { signal: two.signal })
    first.catch(() => {})
    await arrived
    one.abort()
    await expect(first).rejects.toThrow(/^it was aborted$/)
    answers[0]?.end('abc')
    expect(await second).toHaveLength(3)
    expect(asked).toBe(1)
    const third = fetch(wanted, { signal: two.signal })
    third.catch(() => {})
    while (asked < 2) await new Promise((done) => setImmediate(done))
    two.abort()
    await expect(third).rejects.toThrow(/^it was aborted$/)
    await closed.promise
    await expect(fetch(wanted, { signal: two.signal })).rejects.toThrow(/^it was aborted$/)
  })

  test('one who may have less does not cut off another', async () => {
    const server = http.createServer((_, response) => response.end('abc'))
    await using listening = await Listening.start(server)
    const fetch = fetcher()
    const wanted = crlAt(`http://127.0.0.1:${listening.port}/`)
    const [short, long] = await Promise.allSettled([fetch(wanted, { maxBytes: 2 }), fetch(wanted)])
    expect([short.status, long.status]).toEqual(['rejected', 'fulfilled'])
  })
})

describe('how many are under way', () => {
  test.each<[string, FetcherOptions['concurrency'], number]>([
    ['in all', { total: 3, perHost: 9 }, 3],
    ['with one host', { total: 9, perHost: 2 }, 2],
    ['by the bytes that they may bring', { total: 9, perHost: 9, bytes: 4000 }, 4],
  ])('is limited, %s', async (_, concurrency, most) => {
    let open = 0
    let seen = 0
    const server = http.createServer((_request, response) => {
      seen = Math.max(seen, ++open)
      setTimeout(() => {
        open--
        response.end('abc')
      }, 20)
    })
    await using listening = await Listening.start(server)
    const fetch = fetcher(concurrency === undefined ? {} : { concurrency })
    const urls = Array.from({ length: 9 }, (_value, i) => crlAt(`http://127.0.0.1:${listening.port}/${i}`))
    const answers = await Promise.all(urls.map((wanted) => fetch(wanted, { maxBytes: 1000 })))
    expect([answers.length, seen]).toEqual([9, most])
  })

  test('who waits can be aborted, and waiting is not counted as time', async () => {
    const responses: http.ServerResponse[] = []
    const server = http.createServer((_, response) => responses.push(response))
    await using listening = await Listening.start(server)
    const fetch = fetcher({ concurrency: { total: 1 }, timeout: 300 })
    const at = (path: string): Wanted => crlAt(`http://127.0.0.1:${listening.port}${path}`)
    const first = fetch(at('/1'))
    const controller = new AbortController()
    const second = fetch(at('/2'), { signal: controller.signal })
    const third = fetch(at('/3'))
    controller.abort()
    await expect(second).rejects.toThrow(/^it was aborted$/)
    await expect(first).rejects.toThrow(/^no whole answer within 300 ms$/)
    while (responses.length < 2) await new Promise((done) => setImmediate(done))
    responses[1]?.end('abc')
    expect(await third).toHaveLength(3)
  })
})

describe('an answer of no use', () => {
  test('is forgotten when that shows, however its address is written', async () => {
    let asked = 0
    const server = http.createServer((_, response) => {
      asked++
      response.writeHead(200, { 'cache-control': 'max-age=99999999' }).end('junk')
    })
    await using listening = await Listening.start(server)
    const fetch = fetcher()
    const url = `http://127.0.0.1:${listening.port}/a`
    await fetch(crlAt(url))
    await fetch(crlAt(`${url}#b`))
    await fetch(crlAt(url.replace('http', 'HTTP')))
    expect(asked).toBe(1)
    fetch.forget(crlAt(`${url}#c`))
    await fetch(crlAt(url))
    expect(asked).toBe(2)
  })

  test('is asked for again by the next verdict', async () => {
    const root = makeCa({ subject: 'Root' })
    const sub = issueCa(root, { subject: 'Sub' })
    let isJunk = true
    const server = http.createServer((_, response) =>
      response.writeHead(200, { 'cache-control': 'max-age=99999999' }).end(isJunk ? 'junk' : sub.certificate),
    )
    await using listening = await Listening.start(server)
    const location = writeSequence(
      writeOid('1.3.6.1.5.5.7.48.2'),
      writeGeneralName(`URI:http://127.0.0.1:${listening.port}/sub`),
    )
    const extensions = [{ oid: '1.3.6.1.5.5.7.1.1', value: writeSequence(location) }]
    const request = {
      chain: [issue(sub, { dnsNames: ['a.example'], extensions }).certificate],
      trust: createTrustStore([root.certificate]),
      time: Date.UTC(2026, 0, 1),
      purpose: 'server',
      provider: nodeProvider,
    } as const
    const fetch = fetcher()
    expect((await verifyFetching(request, fetch)).trusted).toBe(false)
    isJunk = false
    expect((await verifyFetching(request, fetch)).trusted).toBe(true)
  })
})
