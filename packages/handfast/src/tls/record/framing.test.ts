import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { concatBytes } from '../../bytes/index.ts'
import { TlsError } from '../alert.ts'
import { MAX_CIPHERTEXT_LENGTH, MAX_PLAINTEXT_LENGTH, RecordFraming } from './framing.ts'

function record(type: number, fragment: Uint8Array, length = fragment.length): Uint8Array {
  return concatBytes(Uint8Array.of(type, 3, 3, length >>> 8, length & 0xff), fragment)
}

/** Every record of these pieces, copied. */
function cut(pieces: readonly Uint8Array[], isProtected = true): { type: number; fragment: Uint8Array }[] {
  const framing = new RecordFraming()
  const records: { type: number; fragment: Uint8Array }[] = []
  for (const piece of pieces) {
    const borrowed = piece.slice()
    framing.push(borrowed)
    for (let next = framing.next(isProtected); next !== undefined; next = framing.next(isProtected)) {
      records.push({ type: next.type, fragment: next.fragment.slice() })
    }
    framing.retain()
    borrowed.fill(0xee)
  }
  return records
}

function alertOf(act: () => unknown): string | null | undefined {
  try {
    act()
  } catch (error) {
    return error instanceof TlsError ? error.alert : undefined
  }
  return 'none'
}

test('records come out as they went in, however they are cut', () => {
  const fragment = fc.uint8Array({ maxLength: 300 })
  const records = fc.array(fc.record({ type: fc.integer({ min: 20, max: 23 }), fragment }), { maxLength: 6 })
  fc.assert(
    fc.property(records, fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1 }), (given, sizes) => {
      const stream = concatBytes(...given.map(({ type, fragment: body }) => record(type, body)))
      const pieces: Uint8Array[] = []
      for (let at = 0, i = 0; at < stream.length; i++) {
        const size = sizes[i % sizes.length] as number
        pieces.push(stream.slice(at, at + size))
        at += size
      }
      expect(cut(pieces)).toEqual(given)
      expect(cut([stream])).toEqual(given)
    }),
  )
})

describe('what is known from the header is said at once', () => {
  test.each([
    [22, MAX_PLAINTEXT_LENGTH, false, 'none'],
    [22, MAX_PLAINTEXT_LENGTH + 1, false, 'record_overflow'],
    [23, MAX_CIPHERTEXT_LENGTH, true, 'none'],
    [23, MAX_CIPHERTEXT_LENGTH + 1, true, 'record_overflow'],
    [20, MAX_PLAINTEXT_LENGTH + 1, true, 'record_overflow'],
    [23, 1, false, 'unexpected_message'],
    [0, 1, true, 'unexpected_message'],
    [24, 1, true, 'unexpected_message'],
  ] as const)('type %d, length %d, protected %s: %s', (type, length, isProtected, alert) => {
    const header = record(type, new Uint8Array(0), length)
    expect(alertOf(() => cut([header], isProtected))).toBe(alert)
    expect(
      alertOf(() =>
        cut(
          Array.from(header, (byte) => Uint8Array.of(byte)),
          isProtected,
        ),
      ),
    ).toBe(alert)
  })

  test('a type that does not exist, from its first byte', () => {
    expect(alertOf(() => cut([Uint8Array.of(0x47)]))).toBe('unexpected_message')
  })
})

test('what is held is what was not cut', () => {
  const framing = new RecordFraming()
  framing.push(concatBytes(record(22, Uint8Array.of(1)), Uint8Array.of(22, 3)))
  expect(framing.held).toBe(8)
  expect(framing.next(false)?.fragment).toEqual(Uint8Array.of(1))
  expect(framing.next(false)).toBeUndefined()
  expect(framing.held).toBe(2)
})

test('the version in the header means nothing', () => {
  expect(cut([Uint8Array.of(22, 0xff, 0xff, 0, 1, 7)])).toEqual([{ type: 22, fragment: Uint8Array.of(7) }])
})
