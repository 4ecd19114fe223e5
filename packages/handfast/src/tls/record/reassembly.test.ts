import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { concatBytes } from '../../bytes/index.ts'
import { HANDSHAKE_TYPES, type HandshakeTypeName } from '../registry.ts'
import { HandshakeReassembly } from './reassembly.ts'

const LIMITS = { clientHello: 1000, certificate: 2000, message: 500 }
const NAMES = (Object.keys(HANDSHAKE_TYPES) as HandshakeTypeName[]).filter((name) => name !== 'message_hash')

function message(name: HandshakeTypeName, body: Uint8Array): Uint8Array {
  return concatBytes(Uint8Array.of(HANDSHAKE_TYPES[name], 0, body.length >>> 8, body.length & 0xff), body)
}

test('messages come out as they went in, however they were split and joined, and stay as they are', () => {
  const given = fc.array(fc.tuple(fc.constantFrom(...NAMES), fc.uint8Array({ maxLength: 400 })), { maxLength: 8 })
  fc.assert(
    fc.property(given, fc.array(fc.integer({ min: 1, max: 700 }), { minLength: 1 }), (messages, sizes) => {
      const stream = concatBytes(...messages.map(([name, body]) => message(name, body)))
      const reassembly = new HandshakeReassembly(LIMITS)
      const got: { type: string; raw: Uint8Array }[] = []
      for (let at = 0, i = 0; at < stream.length; i++) {
        const size = sizes[i % sizes.length] as number
        reassembly.push(stream.subarray(at, at + size))
        at += size
        for (let next = reassembly.next(); next !== undefined; next = reassembly.next()) got.push(next)
      }
      // Compared at the end only: what was handed out must not change by what came later.
      expect(got).toEqual(messages.map(([name, body]) => ({ type: name, raw: message(name, body) })))
      expect(reassembly.isEmpty).toBe(true)
      expect(reassembly.held).toBe(0)
    }),
  )
})

describe('limits, from the header alone', () => {
  test.each([
    ['client_hello', 1000],
    ['certificate', 2000],
    ['certificate_verify', 500],
    ['finished', 500],
  ] as const)('%s: %d bytes', (name, limit) => {
    const header = (length: number): Uint8Array =>
      Uint8Array.of(HANDSHAKE_TYPES[name], length >>> 16, length >>> 8, length & 0xff)
    const atLimit = new HandshakeReassembly(LIMITS)
    atLimit.push(header(limit))
    expect(atLimit.next()).toBeUndefined()
    for (const length of [limit + 1, 0xffffff]) {
      const beyond = new HandshakeReassembly(LIMITS)
      beyond.push(header(length))
      expect(() => beyond.next()).toThrow(`${name}.length: needs at most ${limit} bytes, has ${length}`)
    }
  })
})

test.each([3, 6, 21, 254, 255])('type %d is refused by its first byte', (type) => {
  const reassembly = new HandshakeReassembly(LIMITS)
  reassembly.push(Uint8Array.of(type))
  expect(() => reassembly.next()).toThrow(/handshake\.msg_type/)
})

test('part of a message is no message', () => {
  const reassembly = new HandshakeReassembly(LIMITS)
  reassembly.push(message('finished', new Uint8Array(32)).subarray(0, 20))
  expect(reassembly.next()).toBeUndefined()
  expect(reassembly.isEmpty).toBe(false)
  expect(reassembly.held).toBe(20)
})
