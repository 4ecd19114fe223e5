/** Rules of records, in each state and direction. */

import { describe, expect, test } from 'vitest'
import { concatBytes } from '../../src/bytes/index.ts'
import { RogueClient } from './client.ts'
import { EXTENSION, extension, handshake, text, writeRecord } from './messages.ts'
import { type RoguePeer, type State, TYPE } from './peer.ts'
import { RECORD_RULES, type RecordRule } from './record-rules.ts'
import { expectEnd } from './rule.ts'
import { RogueServer } from './server.ts'

const ROGUES = [
  ['server', () => new RogueServer()],
  ['client', () => new RogueClient()],
] as const

function casesFor(rules: readonly RecordRule[], from: 'client' | 'server'): (RecordRule & { state: State })[] {
  return rules
    .filter((rule) => rule.from === undefined || rule.from === from)
    .flatMap((rule) => rule.at.map((state) => ({ ...rule, state })))
}

describe.each(ROGUES)('from a %s', (from, make) => {
  describe.each(RECORD_RULES.filter(([, rules]) => casesFor(rules, from).length > 0))('%s', (_, rules) => {
    test.each(casesFor(rules, from))('$state: $name: $alert', ({ state, play, alert, path }) => {
      const peer = make().to(state)
      expect(peer.connection.error).toBeUndefined()
      play(peer)
      expectEnd(peer, alert, path)
    })
  })
})

describe('messages that end with a change of keys', () => {
  test('ServerHello, and more in the record', () => {
    const server = new RogueServer()
    server.tail = handshake(8, Uint8Array.of(0, 0))
    server.serverHello()
    expectEnd(server, 'unexpected_message', 'handshake')
  })

  test('ServerHello, and the beginning of more in the record', () => {
    const server = new RogueServer()
    server.tail = Uint8Array.of(8)
    server.serverHello()
    expectEnd(server, 'unexpected_message', 'handshake')
  })

  test.each(ROGUES)('Finished of a %s, and more in the record', (_, make) => {
    const peer: RoguePeer & { finished(): unknown } = make()
    if (peer instanceof RogueServer) peer.upTo('finished')
    else peer.to('keyed')
    peer.tail = handshake(24, Uint8Array.of(0))
    peer.finished()
    expectEnd(peer, 'unexpected_message', 'handshake')
  })
})

describe('messages that end a flight', () => {
  const tails = [
    ['more', handshake(8, Uint8Array.of(0, 0))],
    ['the beginning of more', Uint8Array.of(8)],
  ] as const

  test.each(tails)('HelloRetryRequest, and %s in the record', (_, tail) => {
    const server = new RogueServer()
    server.tail = tail
    server.retry()
    expectEnd(server, 'unexpected_message', 'handshake')
  })

  test.each(tails)('ClientHello that is to be sent again, and %s in the record', (_, tail) => {
    const client = new RogueClient({ cookie: 'always' })
    client.tail = tail
    client.clientHello()
    expectEnd(client, 'unexpected_message', 'handshake')
  })
})

describe('what is allowed', () => {
  test.each(ROGUES)('%s: a content of 2^14 bytes, padding up to it, and none at all', (_, make) => {
    const peer = make().to('open')
    peer.record(TYPE.application_data, new Uint8Array(0x4000))
    peer.record(TYPE.application_data, Uint8Array.of(1), 0x3fff)
    peer.record(TYPE.application_data, new Uint8Array(0), 100)
    expect(peer.connection.error).toBeUndefined()
    expect(peer.events.flatMap((event) => (event.type === 'data' ? [event.data.length] : []))).toEqual([0x4000, 1])
  })

  test.each(ROGUES)('%s: any version in the header of a record in the clear', (_, make) => {
    for (const version of [0x0300, 0x0301, 0x0304, 0xffff]) {
      const peer = make()
      peer.recordVersion = version
      peer.to('open')
      expect(peer.connection.state).toBe('open')
    }
  })

  test.each(ROGUES)('%s: change_cipher_spec up to Finished', (_, make) => {
    const peer = make()
    if (peer instanceof RogueServer) peer.changeCipherSpec()
    peer.to('keyed').changeCipherSpec().changeCipherSpec()
    if (peer instanceof RogueServer) peer.to('open')
    else peer.finished()
    expect(peer.connection.state).toBe('open')
  })

  test.each(ROGUES)('%s: a handshake message in records of one byte', (_, make) => {
    const peer = make()
    peer.recordSize = 1
    peer.to('open').data('x')
    expect(peer.connection.state).toBe('open')
    expect(peer.events.some(({ type }) => type === 'data')).toBe(true)
  })

  test('an alert in the clear, of a client that cannot read ServerHello', () => {
    const client = new RogueClient().to('keyed').plain(TYPE.alert, Uint8Array.of(2, 47))
    expect(client.connection.error).toMatchObject({ alert: 'illegal_parameter', fault: 'peer-alert' })
  })
})

describe('early data that is refused (section 4.3.10)', () => {
  const offering = (): RogueClient =>
    new RogueClient().offering((own) => [
      ...own,
      extension(EXTENSION.early_data),
      extension(EXTENSION.psk_key_exchange_modes, [1, 1]),
    ])
  const early = writeRecord(TYPE.application_data, new Uint8Array(1000).fill(7))

  test('is dropped, and the handshake goes on', () => {
    const client = offering().raw(early).raw(early)
    client.finished().data('late')
    expect(client.connection.state).toBe('open')
    expect(client.events.flatMap((event) => (event.type === 'data' ? [event.data] : []))).toEqual([text('late')])
  })

  test('is dropped between the two hellos too', () => {
    const client = new RogueClient({ cookie: 'always' }).offering((own) => [...own, extension(EXTENSION.early_data)])
    client.raw(early).raw(early).clientHello().finished().data('late')
    expect(client.connection.error).toBeUndefined()
    expect(client.events.flatMap((event) => (event.type === 'data' ? [event.data] : []))).toEqual([text('late')])
  })

  test('not without end', () => {
    const client = offering()
    while (client.connection.state === 'handshaking' && client.sentBytes < 2 ** 20) client.raw(early)
    expectEnd(client, 'unexpected_message', 'record.type')
    expect(client.sentBytes).toBeLessThan(100_000)
  })

  test('not after the first record of the handshake', () => {
    const client = offering().raw(early)
    const finished = client.sealed(TYPE.handshake, concatBytes(client.writeFinished()).slice(0, 10))
    client.raw(finished).raw(early)
    expectEnd(client, 'bad_record_mac', 'record.encrypted_record')
  })
})
