/** Peers that never stop, and messages that are too long: refused at once, and little is held meanwhile. */

import { describe, expect, test } from 'vitest'
import { concatBytes } from '../../src/bytes/index.ts'
import { RogueClient } from './client.ts'
import { handshake, header, text, u16, vector, writeRecord } from './messages.ts'
import { type RoguePeer, type State, TYPE } from './peer.ts'
import { expectEnd } from './rule.ts'
import { RogueServer } from './server.ts'

const KIB = 1024
const TOTAL = 256 * KIB

const ROGUES = [
  ['server', () => new RogueServer()],
  ['client', () => new RogueClient()],
] as const

const AUTHENTICATING = [
  ['server', () => new RogueServer().through('encrypted_extensions')],
  ['client', () => new RogueClient({ clientAuthentication: 'required' }).clientHello()],
] as const

/** Again and again, until the engine has had enough; it must have after `most` times. */
function flood(peer: RoguePeer, most: number, once: (peer: RoguePeer) => unknown): number {
  let times = 0
  for (; peer.connection.state !== 'failed' && times < most; times++) once(peer)
  return times
}

describe.each(ROGUES)('floods of a %s', (_, make) => {
  test('KeyUpdate', () => {
    const peer = make().to('open')
    expect(flood(peer, 100, () => peer.keyUpdate())).toBe(33)
    expectEnd(peer, 'unexpected_message', 'handshake')
  })

  test('KeyUpdate, the first of which was asked for', () => {
    const peer = make().to('open')
    peer.connection.updateKeys({ requestPeer: true })
    peer.readAnswer()
    expect(flood(peer, 100, () => peer.keyUpdate())).toBe(34)
    expectEnd(peer, 'unexpected_message', 'handshake')
  })

  test('KeyUpdate with a request: it has no answer for each', () => {
    const peer = make().to('open')
    const before = peer.seen.length
    peer.connection.receive(peer.sealedUpdates(20))
    expect(peer.connection.error).toBeUndefined()
    peer.connection.write(Uint8Array.of(1))
    peer.readAnswer()
    expect(peer.seen.slice(before).map(({ type }) => type)).toEqual([TYPE.handshake, TYPE.application_data])
  })

  test('records without content', () => {
    const peer = make().to('open')
    expect(flood(peer, 100, () => peer.record(TYPE.application_data, new Uint8Array(0), 10))).toBe(33)
    expectEnd(peer, 'unexpected_message', 'record.content')
  })

  test.each<State>(['begun', 'keyed', 'open'])('user_canceled, %s', (state) => {
    const peer = make().to(state)
    expect(flood(peer, 100, () => peer.alert(90, 1))).toBe(33)
    expectEnd(peer, 'unexpected_message', 'alert')
  })

  test('data in between makes them harmless', () => {
    const peer = make().to('open')
    for (let i = 0; i < 200; i++) peer.keyUpdate().record(TYPE.application_data, new Uint8Array(0)).data('x')
    expect(peer.connection.error).toBeUndefined()
    expect(peer.connection.state).toBe('open')
  })

  test('data of ours in between does too', () => {
    const peer = make().to('open')
    for (let i = 0; i < 200; i++) {
      peer.keyUpdate()
      peer.connection.write(Uint8Array.of(1))
      peer.readAnswer()
    }
    expect(peer.connection.error).toBeUndefined()
  })
})

describe('a ticket is ignored whatever it holds (section 4.7.1)', () => {
  const LIFETIME = u16(0, 1, 0, 0)
  test.each([
    ['a lifetime of 30 days', concatBytes(u16(0x27, 0x8d00, 0, 0), vector(1), vector(2, text('x')), vector(2))],
    ['no lifetime', concatBytes(new Uint8Array(8), vector(1), vector(2, text('x')), vector(2))],
    ['no ticket', concatBytes(LIFETIME, vector(1), vector(2), vector(2))],
    ['early_data of two bytes', concatBytes(LIFETIME, vector(1), vector(2, text('x')), vector(2, u16(42, 2, 0)))],
    ['bytes left over', concatBytes(LIFETIME, vector(1), vector(2, text('x')), vector(2), text('x'))],
    ['half a lifetime', u16(0)],
    ['nothing', new Uint8Array(0)],
  ])('%s', (_, ticket) => {
    const server = new RogueServer().to('open').message(handshake(4, ticket)).data('and on')
    expect(server.connection.error).toBeUndefined()
    expect(server.events.map(({ type }) => type)).toEqual(['handshake-complete', 'data'])
  })
})

test('a flood of tickets', () => {
  const server = new RogueServer().to('open')
  const ticket = handshake(4, new Uint8Array([0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1, 7, 0, 0]))
  expect(flood(server, 100, () => server.message(ticket))).toBe(33)
  expectEnd(server, 'unexpected_message', 'handshake')
})

describe('messages that are too long, from the header alone', () => {
  test.each([
    ['client_hello', 1, 64 * KIB, () => new RogueClient()],
    ['client_hello', 1, 64 * KIB, () => new RogueClient({ cookie: 'always' }).clientHello()],
    ['server_hello', 2, 16 * KIB, () => new RogueServer()],
    ['encrypted_extensions', 8, 16 * KIB, () => new RogueServer().through('server_hello')],
    ['certificate_request', 13, 16 * KIB, () => new RogueServer().through('encrypted_extensions')],
    ['certificate', 11, 128 * KIB, AUTHENTICATING[0][1]],
    ['certificate', 11, 128 * KIB, AUTHENTICATING[1][1]],
    ['certificate_verify', 15, 16 * KIB, () => AUTHENTICATING[0][1]().certificate()],
    ['certificate_verify', 15, 16 * KIB, () => AUTHENTICATING[1][1]().certificate()],
    ['finished', 20, 16 * KIB, () => new RogueServer().upTo('finished')],
    ['finished', 20, 16 * KIB, () => new RogueClient().clientHello()],
    ['new_session_ticket', 4, 16 * KIB, () => new RogueServer().to('open')],
    ['key_update', 24, 16 * KIB, () => new RogueServer().to('open')],
    ['key_update', 24, 16 * KIB, () => new RogueClient().to('open')],
  ] as const)('%s', (name, code, limit, reach) => {
    const long = reach().record(TYPE.handshake, header(code, limit + 1))
    expectEnd(long, 'decode_error', `${name}.length`)
    const longest = reach().record(TYPE.handshake, header(code, limit))
    expect(longest.connection.error).toBeUndefined()
  })

  test('as the configuration says', () => {
    const server = new RogueServer({ limits: { certificate: 2000, message: 1100 } }).through('encrypted_extensions')
    server.record(TYPE.handshake, header(11, 2001))
    expectEnd(server, 'decode_error', 'certificate.length')
    const client = new RogueClient({ limits: { clientHello: 1024 } }).record(TYPE.handshake, header(1, 1025))
    expectEnd(client, 'decode_error', 'client_hello.length')
  })

  test('all messages of a handshake together', () => {
    const limits = { total: 1500 }
    const server = new RogueServer({ limits }).through('encrypted_extensions')
    server.record(TYPE.handshake, header(11, 10_000))
    flood(server, 100, () => server.record(TYPE.handshake, new Uint8Array(100)))
    expectEnd(server, 'decode_error', 'handshake')
    const client = new RogueClient({ limits }).record(TYPE.handshake, header(1, 10_000))
    flood(client, 100, () => client.record(TYPE.handshake, new Uint8Array(100)))
    expectEnd(client, 'decode_error', 'handshake')
  })
})

describe('what is held of a handshake that never ends', () => {
  test.each(AUTHENTICATING)('%s: a certificate that does not end', (_, reach) => {
    const peer = reach().record(TYPE.handshake, header(11, 128 * KIB))
    const before = peer.sentBytes
    flood(peer, 3000, () => peer.record(TYPE.handshake, new Uint8Array(1000)))
    expect(peer.connection.state).toBe('failed')
    expect(peer.sentBytes - before).toBeLessThan(TOTAL)
  })

  test('hellos as long as they may be, twice, and a certificate', () => {
    const client = new RogueClient({ cookie: 'always', clientAuthentication: 'required' })
    for (let i = 0; i < 2; i++) {
      client.recordSize = 16 * KIB
      client.clientHello((own) => ({
        ...own,
        extensions: [{ code: 0xffce, data: new Uint8Array(60 * KIB) }, ...own.extensions],
      }))
    }
    expect(client.connection.error).toBeUndefined()
    client.record(TYPE.handshake, header(11, 128 * KIB))
    flood(client, 3000, () => client.record(TYPE.handshake, new Uint8Array(1000)))
    expect(client.connection.error).toMatchObject({ alert: 'decode_error', fault: 'peer' })
    expect(client.sentBytes).toBeLessThan(TOTAL + 20 * KIB)
  })

  test.each(ROGUES)('%s: records that do not end', (_, make) => {
    const peer = make().raw(writeRecord(TYPE.handshake, new Uint8Array(0), 0x4000))
    for (let i = 0; i < 0x3fff; i++)
      peer.connection.receive(Uint8Array.of(i === 0 ? 1 + Number(peer.role === 'server') : 0))
    expect(peer.connection.error).toBeUndefined()
    peer.raw(new Uint8Array(1000).fill(99))
    expect(peer.connection.state).toBe('failed')
  })
})

describe('what is no TLS at all', () => {
  const JUNK: readonly (readonly [string, string | readonly number[]])[] = [
    ['HTTP', 'GET / HTTP/1.1\r\nHost: server.example\r\n\r\n'],
    ['SSH', 'SSH-2.0-client\r\n'],
    ['SMTP', '220 mail.example ESMTP\r\n'],
    ['an HTTP answer', 'HTTP/1.1 400 Bad Request\r\n\r\n'],
    ['SSL 2.0', [0x80, 0x2e, 0x01, 0x03, 0x01, 0x00, 0x15, 0x00, 0x00, 0x00, 0x10]],
    ['zeros', [0, 0, 0, 0, 0, 0, 0, 0]],
    ['ones', [255, 255, 255, 255, 255, 255, 255, 255]],
    ['DTLS', [0xfe, 0xfd, 0, 0, 0, 0]],
    ['a line break', '\n'],
  ]

  describe.each(ROGUES)('from a %s', (_, make) => {
    test.each(JUNK)('%s', (_name, junk) => {
      const bytes = typeof junk === 'string' ? new TextEncoder().encode(junk) : Uint8Array.from(junk)
      const peer = make().raw(bytes)
      expectEnd(peer, 'unexpected_message', 'record.type')
    })
  })
})
