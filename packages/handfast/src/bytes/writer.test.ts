import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Reader } from './reader.ts'
import { Writer } from './writer.ts'

describe('Writer', () => {
  test('grows from nothing', () => {
    const w = new Writer(0)
    for (let i = 0; i < 1000; i++) w.u8(i)
    expect(w.length).toBe(1000)
    expect(w.finish()).toEqual(Uint8Array.from({ length: 1000 }, (_, i) => i))
  })

  test.each([1, 2, 3] as const)('vectors with a prefix of %d bytes are read again', (prefix) => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 255 }), (value) => {
        const r = new Reader(new Writer(1).vector(prefix, value).finish(), 'm')
        expect(r.vector(prefix, 'v')).toEqual(value)
        r.end()
      }),
    )
  })

  test('blocks know their length, also when they are nested', () => {
    const bytes = new Writer(1).block(2, (w) => void w.u8(1).block(1, (inner) => void inner.u16(2))).finish()
    expect(bytes).toEqual(Uint8Array.of(0, 4, 1, 2, 0, 2))
  })

  test.each([
    [1, 256],
    [2, 65_536],
  ] as const)('a block that does not fit %d bytes is a mistake', (prefix, length) => {
    expect(() => new Writer().vector(prefix, new Uint8Array(length))).toThrow(
      new TypeError(`a length of ${length} does not fit ${prefix} bytes`),
    )
    expect(new Writer().vector(prefix, new Uint8Array(length - 1)).length).toBe(length - 1 + prefix)
  })
})
