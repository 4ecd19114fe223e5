import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { DecodeError } from './decode-error.ts'
import { type FieldSpan, Reader } from './reader.ts'
import { Writer } from './writer.ts'

const BYTES = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8)

function expectDecodeError(read: () => unknown, path: string, message: string): void {
  let error: unknown
  try {
    read()
  } catch (thrown) {
    error = thrown
  }
  expect(error).toBeInstanceOf(DecodeError)
  expect((error as DecodeError).path).toBe(path)
  expect((error as DecodeError).message).toBe(message)
}

describe('numbers', () => {
  test('in network byte order', () => {
    const r = new Reader(Uint8Array.of(0xff, 0xfe, 0xfd, 0xff, 0xfe, 0xfd, 0xff, 0xfe, 0xfd, 0xfc), 'x')
    expect([r.u8('a'), r.u16('b'), r.u24('c'), r.u32('d')]).toEqual([0xff, 0xfefd, 0xfffefd, 0xfffefdfc])
    expect(r.remaining).toBe(0)
  })

  test('what was written is read again', () => {
    fc.assert(
      fc.property(fc.nat(0xff), fc.nat(0xffff), fc.nat(0xffffff), fc.nat(0xffffffff), (a, b, c, d) => {
        const r = new Reader(new Writer(1).u8(a).u16(b).u24(c).u32(d).finish(), 'x')
        expect([r.u8('a'), r.u16('b'), r.u24('c'), r.u32('d')]).toEqual([a, b, c, d])
        r.end()
      }),
    )
  })
})

describe('what is not there', () => {
  test.each([
    ['u8', (r: Reader) => r.u8('field'), 8, 'm.field: needs 1 byte, has 0'],
    ['u16', (r: Reader) => r.u16('field'), 7, 'm.field: needs 2 bytes, has 1'],
    ['u24', (r: Reader) => r.u24('field'), 6, 'm.field: needs 3 bytes, has 2'],
    ['u32', (r: Reader) => r.u32('field'), 5, 'm.field: needs 4 bytes, has 3'],
    ['bytes', (r: Reader) => r.bytes(9, 'field'), 0, 'm.field: needs 9 bytes, has 8'],
  ] as const)('%s', (_, read, start, message) => {
    expectDecodeError(() => read(new Reader(BYTES, 'm', start)), 'm.field', message)
  })

  test('a reader ends where it is told to', () => {
    expectDecodeError(() => new Reader(BYTES, 'm', 0, 3).u32('field'), 'm.field', 'm.field: needs 4 bytes, has 3')
  })

  test('nothing is consumed by a read that fails', () => {
    const r = new Reader(BYTES, 'm')
    expect(() => r.bytes(9, 'field')).toThrow(DecodeError)
    expect(r.offset).toBe(0)
  })

  test('without a path the field alone is named', () => {
    expectDecodeError(() => new Reader(BYTES, '').bytes(9, 'field'), 'field', 'field: needs 9 bytes, has 8')
  })
})

describe('vectors', () => {
  test('are views of their bytes', () => {
    const bytes = Uint8Array.of(0, 2, 7, 8)
    const vector = new Reader(bytes, 'm').vector(2, 'v')
    expect(vector).toEqual(Uint8Array.of(7, 8))
    bytes[2] = 9
    expect(vector[0]).toBe(9)
  })

  test.each([
    [Uint8Array.of(1), 'm.v.length', 'm.v.length: needs 2 bytes, has 1'],
    [Uint8Array.of(0, 3, 1, 2), 'm.v', 'm.v: needs 3 bytes, has 2'],
    [Uint8Array.of(0, 1, 1), 'm.v', 'm.v: needs at least 2 bytes, has 1'],
    [Uint8Array.of(0, 5, 1, 2, 3, 4, 5), 'm.v', 'm.v: needs at most 4 bytes, has 5'],
  ])('%j', (bytes, path, message) => {
    expectDecodeError(() => new Reader(bytes, 'm').vector(2, 'v', 2, 4), path, message)
  })
})

describe('blocks', () => {
  test('must be consumed whole', () => {
    const read = (): unknown => new Reader(Uint8Array.of(2, 1, 2), 'm').block(1, 'b', (inner) => inner.u8('a'))
    expectDecodeError(read, 'm.b', 'm.b: needs nothing more, has 1 more bytes')
  })

  test('are not left by what is inside', () => {
    const read = (): unknown => new Reader(Uint8Array.of(1, 1, 2), 'm').block(1, 'b', (inner) => inner.u16('a'))
    expectDecodeError(read, 'm.b.a', 'm.b.a: needs 2 bytes, has 1')
  })

  test('lists give every item and its place', () => {
    const r = new Reader(Uint8Array.of(0, 4, 0, 1, 0, 2), 'm')
    expect(r.list(2, 'l', (inner, index) => [index, inner.u16('e')])).toEqual([
      [0, 1],
      [1, 2],
    ])
    r.end()
  })

  test('end demands that nothing is left', () => {
    expectDecodeError(() => new Reader(BYTES, 'm').end(), 'm', 'm: needs nothing more, has 8 more bytes')
  })
})

test('rest takes all that is there', () => {
  const r = new Reader(BYTES, 'm', 6)
  expect(r.rest('r')).toEqual(Uint8Array.of(7, 8))
  expect(r.rest('r')).toEqual(new Uint8Array(0))
})

test('a trace has every field with its place', () => {
  const trace: FieldSpan[] = []
  const r = new Reader(Uint8Array.of(9, 2, 5, 6), 'm', 0, 4, trace)
  r.u8('a')
  r.block(1, 'b', (inner) => inner.u16('c'))
  expect(trace).toContainEqual({ path: 'm.a', offset: 0, length: 1 })
  expect(trace).toContainEqual({ path: 'm.b.c', offset: 2, length: 2 })
})
