/** An open connection: data, key updates, exporters, and the ways it ends. */

import { describe, expect, test } from 'vitest'
import { toHex } from '../../src/bytes/index.ts'
import type { Connection } from '../../src/tls/index.ts'
import { CLIENT, identityOf, Pair, type PairOptions } from './pair.ts'
import { expectHandshake, expectSameSecret } from './expectations.ts'

function open(options: PairOptions = {}): Pair {
  const pair = new Pair(options)
  expectHandshake(pair)
  return pair
}

function updates(pair: Pair, side: 'client' | 'server'): string[] {
  return pair[side].events.flatMap((event) => (event.type === 'keys-updated' ? [event.direction] : []))
}

describe('KeyUpdate (RFC 9846 section 4.7.3)', () => {
  test.each(['client', 'server'] as const)('%s, without a request', (side) => {
    const pair = open()
    pair[side].connection.updateKeys()
    pair.talk('after', 'after')
    expect(updates(pair, side)).toEqual(['sent'])
    expect(updates(pair, side === 'client' ? 'server' : 'client')).toEqual(['received'])
    expect([pair.client.text, pair.server.text]).toEqual(['from the serverafter', 'from the clientafter'])
  })

  test.each(['client', 'server'] as const)('%s, with a request: both directions move on', (side) => {
    const pair = open()
    pair[side].connection.updateKeys({ requestPeer: true })
    pair.run().talk('after', 'after')
    expect(updates(pair, side)).toEqual(['sent', 'received'])
    expect(updates(pair, side === 'client' ? 'server' : 'client')).toEqual(['received', 'sent'])
    expect([pair.client.text, pair.server.text]).toEqual(['from the serverafter', 'from the clientafter'])
  })

  test('requests that cross: each side moves on twice', () => {
    const pair = open()
    for (const { connection } of pair.ends) connection.updateKeys({ requestPeer: true })
    pair.run().talk('after', 'after')
    for (const side of ['client', 'server'] as const) {
      expect(updates(pair, side).toSorted()).toEqual(['received', 'received', 'sent', 'sent'])
    }
    expect([pair.client.text, pair.server.text]).toEqual(['from the serverafter', 'from the clientafter'])
  })

  test('several requests while we are silent get one answer', () => {
    const pair = open()
    pair.client.connection.updateKeys({ requestPeer: true })
    const [asked, ...again] = [pair.client.attend(pair), updateAgain(pair), updateAgain(pair)]
    for (const flight of [asked, ...again]) pair.server.connection.receive(flight as Uint8Array)
    pair.run()
    expect(updates(pair, 'server')).toEqual(['received', 'received', 'received', 'sent'])
  })

  test('no second request before the first is answered', () => {
    const pair = open({ server: { trace: true } })
    for (let i = 0; i < 3; i++) pair.client.connection.updateKeys({ requestPeer: true })
    pair.run()
    pair.client.connection.updateKeys({ requestPeer: true })
    pair.run()
    const requests = pair.server.events.flatMap((event) =>
      event.type === 'message' && event.direction === 'received' && event.raw[0] === 24 ? [event.raw[4]] : [],
    )
    expect(requests).toEqual([1, 0, 0, 1])
    expect(updates(pair, 'client')).toEqual(['sent', 'sent', 'sent', 'received', 'sent', 'received'])
  })

  test.each([1, 2, 5])('automatically after %d records', (keyUpdateAfter) => {
    const pair = open({ client: { keyUpdateAfter, maxRecordLength: 64 } })
    pair.talk('z'.repeat(64 * 20), '')
    expect(pair.server.text).toBe(`from the client${'z'.repeat(64 * 20)}`)
    const before = 'from the client'.length > 0 ? 1 : 0
    expect(updates(pair, 'client')).toHaveLength(Math.ceil((before + 20) / keyUpdateAfter) - 1)
    expect(updates(pair, 'server')).toHaveLength(updates(pair, 'client').length)
  })

  test('a hundred generations, with data in between', () => {
    const pair = open()
    for (let i = 0; i < 100; i++) {
      pair.client.connection.updateKeys({ requestPeer: i % 2 === 0 })
      pair.talk(`${i},`, `${i};`)
    }
    expect(pair.client.text).toContain('98;99;')
    expect(pair.server.text).toContain('98,99,')
    expectSameSecret(pair)
  })

  test.each(['client', 'server'] as const)('sixty requests, while only the %s has something to say', (side) => {
    const pair = open()
    for (let i = 0; i < 60; i++) {
      pair[side].connection.updateKeys({ requestPeer: true })
      pair[side].connection.write(Uint8Array.of(0x2e))
      pair.run()
    }
    expect(pair.ends.map(({ connection }) => connection.error)).toEqual([undefined, undefined])
    expect(updates(pair, side).filter((direction) => direction === 'received')).toHaveLength(60)
    pair.talk('after', 'after')
    expect(pair.client.text).toMatch(/after$/)
    expect(pair.server.text).toMatch(/after$/)
  })

  test('needs an open connection', () => {
    expect(() => new Pair().client.connection.updateKeys()).toThrow(TypeError)
    const pair = open()
    pair.client.connection.close()
    expect(() => pair.client.connection.updateKeys()).toThrow(TypeError)
  })

  function updateAgain(pair: Pair): Uint8Array | undefined {
    pair.client.connection.updateKeys()
    return pair.client.attend(pair)
  }
})

describe('exporters (RFC 9846 section 7.5, RFC 9266)', () => {
  const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)

  test('both ends have the same, and another for each label, context, length and connection', () => {
    const pair = open()
    const exporter = (label: string, context: string | undefined, length: number): string => {
      const [a, b] = pair.ends.map(({ connection }) =>
        toHex(connection.exportKeyingMaterial(label, context === undefined ? undefined : bytes(context), length)),
      )
      expect(a).toBe(b)
      return a as string
    }
    const values = [
      exporter('EXPERIMENTAL-a', 'x', 32),
      exporter('EXPERIMENTAL-b', 'x', 32),
      exporter('EXPERIMENTAL-a', 'y', 32),
      exporter('EXPERIMENTAL-a', 'x', 33),
      exporter('EXPERIMENTAL-a', undefined, 32),
      toHex(open().client.connection.exportKeyingMaterial('EXPERIMENTAL-a', bytes('x'), 32)),
    ]
    expect(new Set(values).size).toBe(values.length)
    expect(exporter('EXPERIMENTAL-a', '', 32)).toBe(exporter('EXPERIMENTAL-a', undefined, 32))
    expect(exporter('EXPERIMENTAL-a', 'x', 1000)).toHaveLength(2000)
  })

  test('tls-exporter channel binding is 32 bytes with the registered label', () => {
    const pair = open()
    const { connection } = pair.client
    expect(connection.channelBinding()).toHaveLength(32)
    expect(connection.channelBinding()).toEqual(
      connection.exportKeyingMaterial('EXPORTER-Channel-Binding', new Uint8Array(0), 32),
    )
  })

  test('they stay the same after key updates', () => {
    const pair = open()
    const before = pair.client.connection.channelBinding()
    pair.client.connection.updateKeys({ requestPeer: true })
    pair.talk()
    expect(pair.server.connection.channelBinding()).toEqual(before)
  })

  test.each([
    ['before the handshake is complete', 'label', 32],
    ['without a label', '', 32],
    ['with a label too long', 'x'.repeat(250), 32],
    ['with a label that is not ASCII', 'ä', 32],
    ['of no length', 'label', 0],
    ['too long', 'label', 255 * 48 + 1],
    ['of half a byte', 'label', 0.5],
  ])('%s: TypeError', (when, label, length) => {
    const { connection } = (when.startsWith('before') ? new Pair() : open()).client
    expect(() => connection.exportKeyingMaterial(label, undefined, length)).toThrow(TypeError)
  })
})

describe('closing', () => {
  test.each(['client', 'server'] as const)('%s closes, the other answers later: half-close', (side) => {
    const pair = open()
    const other = side === 'client' ? 'server' : 'client'
    pair[side].connection.close()
    pair.run()
    expect(pair[side].connection.canWrite).toBe(false)
    expect(() => pair[side].connection.write(Uint8Array.of(1))).toThrow(TypeError)
    expect([pair[side].connection.state, pair[other].connection.state]).toEqual(['open', 'open'])
    expect(pair[other].eventTypes().at(-1)).toBe('peer-closed')

    pair[other].connection.write(new TextEncoder().encode(', and more'))
    pair.run()
    expect(pair[side].text).toBe(`from the ${other}, and more`)
    pair[other].connection.close()
    pair.run()
    expect([pair[side].connection.state, pair[other].connection.state]).toEqual(['closed', 'closed'])
    for (const end of pair.ends) {
      expect(end.connection.error).toBeUndefined()
      expect(end.eventTypes().filter((type) => type === 'peer-closed')).toHaveLength(1)
    }
  })

  test('both at once, and twice', () => {
    const pair = open()
    for (const { connection } of [...pair.ends, ...pair.ends]) connection.close()
    pair.run()
    for (const { connection } of pair.ends) {
      expect(connection.state).toBe('closed')
      expect(connection.report().alerts).toMatchObject([
        { description: 'close_notify', level: 'warning', direction: 'sent' },
        { description: 'close_notify', level: 'warning', direction: 'received' },
      ])
    }
  })

  test('data after close_notify is ignored', () => {
    const pair = open()
    pair.client.connection.close()
    const closing = pair.client.attend(pair) as Uint8Array
    const before = pair.server.data.length
    pair.server.connection.receive(closing)
    pair.server.connection.receive(pair.client.sent)
    pair.run()
    expect(pair.server.connection.error).toBeUndefined()
    expect(pair.server.data).toHaveLength(before)
  })

  test.each(['client', 'server'] as const)('truncation is reported to the %s', (side) => {
    const pair = open()
    pair[side].connection.receiveEnd()
    pair.run()
    expect(pair[side].eventTypes().at(-1)).toBe('truncated')
    expect(pair[side].connection.state).toBe('open')
    expect(pair[side].connection.canWrite).toBe(true)
    pair[side].connection.close()
    expect(pair[side].connection.state).toBe('closed')
  })

  test('the end of the transport after close_notify is no truncation', () => {
    const pair = open()
    pair.client.connection.close()
    pair.run()
    pair.server.connection.receiveEnd()
    pair.run()
    expect(pair.server.eventTypes()).not.toContain('truncated')
  })

  test.each(['client', 'server'] as const)('the transport ends while the %s shakes hands', (side) => {
    const pair = new Pair()
    pair[side].connection.receiveEnd()
    pair.run()
    expect(pair[side].connection.state).toBe('failed')
    expect(pair[side].connection.error).toMatchObject({ alert: null, fault: 'transport', stage: 'establish' })
  })

  test('the transport fails', () => {
    const pair = open()
    pair.client.connection.transportFailed(new Error('connection reset'))
    expect(pair.client.connection.error).toMatchObject({
      message: 'the transport failed: connection reset',
      fault: 'transport',
    })
    expect(pair.client.connection.takeOutput()).toBeUndefined()
  })

  test.each(['client', 'server'] as const)('%s cancels a handshake: user_canceled, then close_notify', (side) => {
    const decide = (_: unknown, connection: Connection): boolean => {
      connection.cancel()
      return true
    }
    const pair = new Pair({ [side]: { decide } }).run()
    expect(pair[side].connection.state).toBe('closed')
    expect(pair[side].connection.error).toMatchObject({ alert: null, fault: 'host' })
    expect(pair[side].connection.report().alerts).toMatchObject([
      { description: 'user_canceled', level: 'warning', direction: 'sent' },
      { description: 'close_notify', level: 'warning', direction: 'sent' },
    ])
    const other = pair[side === 'client' ? 'server' : 'client'].connection
    expect([other.state, other.error?.alert]).toEqual(['failed', 'close_notify'])
    expect(other.report().alerts).toMatchObject([
      { description: 'user_canceled', direction: 'received' },
      { description: 'close_notify', direction: 'received' },
    ])
  })
})

describe('half-RTT data', () => {
  const early = (pair: Pair): boolean => {
    pair.server.connection.receive(pair.client.attend(pair) as Uint8Array)
    pair.server.attend(pair)
    return pair.server.connection.canWrite
  }

  test('is refused unless it was asked for', () => {
    const pair = new Pair()
    expect(early(pair)).toBe(false)
    expect(() => pair.server.connection.write(Uint8Array.of(1))).toThrow(TypeError)
  })

  test.each(['none', 'required'] as const)(
    'goes out with the first flight if it was: client authentication %s',
    (mode) => {
      const pair = new Pair({
        client: { identities: [identityOf(CLIENT)] },
        server: { halfRttData: true, clientAuthentication: mode },
      })
      pair.server.connection.receive(pair.client.attend(pair) as Uint8Array)
      const flight = pair.server.attend(pair) as Uint8Array
      expect(pair.server.connection.canWrite).toBe(true)
      pair.server.connection.write(new TextEncoder().encode('early '))
      const data = pair.server.attend(pair) as Uint8Array
      pair.client.connection.receive(flight)
      pair.client.connection.receive(data)
      expect(pair.client.text).toBe('')
      expectEarlyFirst(pair)
    },
  )

  test('and may move to new keys meanwhile', () => {
    const pair = new Pair({ server: { halfRttData: true, keyUpdateAfter: 1 } })
    pair.server.connection.receive(pair.client.attend(pair) as Uint8Array)
    const flight = pair.server.attend(pair) as Uint8Array
    for (const word of ['one ', 'two ', 'three ']) pair.server.connection.write(new TextEncoder().encode(word))
    pair.client.connection.receive(flight)
    pair.client.connection.receive(pair.server.attend(pair) as Uint8Array)
    pair.run().talk('a', 'b')
    expect([pair.client.text, pair.server.text]).toEqual(['one two three b', 'a'])
    expect(updates(pair, 'server')).toEqual(['sent', 'sent', 'sent'])
  })

  /** The client hands it on only once the server is verified. */
  function expectEarlyFirst(pair: Pair): void {
    pair.run()
    pair.talk('a', 'b')
    expect([pair.client.text, pair.server.text]).toEqual(['early b', 'a'])
    const types = pair.client.eventTypes()
    expect(types.indexOf('handshake-complete')).toBeLessThan(types.indexOf('data'))
  }
})

describe('disposing', () => {
  test('ends the connection without a word and drops its secrets', () => {
    const pair = open()
    const { connection } = pair.client
    connection[Symbol.dispose]()
    expect(connection.takeOutput()).toBeUndefined()
    expect(connection.state).toBe('closed')
    expect(() => connection.exportKeyingMaterial('label', undefined, 32)).toThrow(TypeError)
    expect(() => connection.channelBinding()).toThrow(TypeError)
    expect(() => connection.write(Uint8Array.of(1))).toThrow(TypeError)
    connection[Symbol.dispose]()
    pair.server.connection.write(new TextEncoder().encode('too late'))
    connection.receive(pair.server.attend(pair) as Uint8Array)
    expect(connection.nextEvent()).toBeUndefined()
  })

  test('in the middle of a handshake', () => {
    const pair = new Pair()
    pair.client.attend(pair)
    pair.client.connection[Symbol.dispose]()
    expect(pair.client.connection.state).toBe('closed')
    expect(pair.client.connection.report().outcome).toBe('failed')
    expect(pair.client.connection.takeOutput()).toBeUndefined()
  })

  test('exporters are refused after a failure too', () => {
    const pair = open()
    pair.client.connection.receive(Uint8Array.of(99))
    expect(pair.client.connection.state).toBe('failed')
    expect(() => pair.client.connection.channelBinding()).toThrow(TypeError)
  })
})

describe('writing', () => {
  test('before the handshake is complete: TypeError, and nothing is sent', () => {
    const pair = new Pair()
    expect(pair.client.connection.canWrite).toBe(false)
    expect(() => pair.client.connection.write(Uint8Array.of(1))).toThrow(/needs an open connection/)
    expectHandshake(pair)
  })

  test('nothing at all sends nothing', () => {
    const pair = open()
    pair.client.connection.write(new Uint8Array(0))
    expect(pair.client.connection.takeOutput()).toBeUndefined()
  })
})
