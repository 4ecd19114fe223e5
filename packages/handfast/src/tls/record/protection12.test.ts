import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { concatBytes } from '../../bytes/index.ts'
import { nodeProvider } from '../../crypto/node.ts'
import { TlsError } from '../alert.ts'
import { MAX_PLAINTEXT_LENGTH, RecordFraming } from './framing.ts'
import { fixedIvLength, RecordOpener12, RecordSealer12 } from './protection12.ts'

const IV = Uint8Array.from({ length: 12 }, (_, i) => 0xa0 + i)

function keysFor(aead: (typeof nodeProvider.aeads)[number]): { key: Uint8Array; iv: Uint8Array } {
  return { key: new Uint8Array(aead.keyLength).fill(7), iv: IV.slice(0, fixedIvLength(aead)) }
}

function seal(sealer: RecordSealer12, type: number, content: Uint8Array): Uint8Array {
  const out = new Uint8Array(content.length + sealer.overhead)
  sealer.seal(type, content, 0, out, 0)
  return out
}

function open(opener: RecordOpener12, record: Uint8Array): ReturnType<RecordOpener12['open']> {
  const framing = new RecordFraming()
  framing.useTls12()
  framing.push(record)
  const framed = framing.next(true)
  if (framed === undefined) throw new Error('not a whole record')
  return opener.open(framed)
}

function alertOf(act: () => unknown): string | null | undefined {
  try {
    act()
  } catch (error) {
    return error instanceof TlsError ? error.alert : undefined
  }
  return 'none'
}

describe.each(nodeProvider.aeads)('with $name', (aead) => {
  const isChaCha = aead.name === 'chacha20-poly1305'

  test('a record is put together as the RFC says', () => {
    const keys = keysFor(aead)
    const sealer = new RecordSealer12(aead, keys)
    seal(sealer, 22, Uint8Array.of(1))
    const content = Uint8Array.of(1, 2, 3)
    const record = seal(sealer, 23, content)
    // The second record: sequence number 1.
    const sequence = Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 1)
    const nonce = isChaCha ? IV.map((byte, i) => (i === 11 ? byte ^ 1 : byte)) : concatBytes(IV.slice(0, 4), sequence)
    const explicit = isChaCha ? new Uint8Array(0) : sequence
    const sealed = new Uint8Array(content.length + 16)
    aead.key(keys.key).seal(nonce, concatBytes(sequence, Uint8Array.of(23, 3, 3, 0, 3)), content, sealed, 0)
    const length = explicit.length + sealed.length
    expect(record).toEqual(concatBytes(Uint8Array.of(23, 3, 3, 0, length), explicit, sealed))
  })

  test('what was sealed is opened again', () => {
    const sealer = new RecordSealer12(aead, keysFor(aead))
    const opener = new RecordOpener12(aead, keysFor(aead))
    fc.assert(
      fc.property(fc.integer({ min: 20, max: 23 }), fc.uint8Array({ maxLength: 500 }), (type, content) => {
        const record = seal(sealer, type, content)
        expect(record[0]).toBe(type)
        expect(open(opener, record)).toEqual({ type, content, length: content.length })
      }),
    )
    expect(sealer.sequence).toBe(opener.sequence)
    expect(sealer.sequence).toBeGreaterThan(50)
  })

  test('any flipped bit is noticed, that of the type too', () => {
    const record = seal(new RecordSealer12(aead, keysFor(aead)), 23, Uint8Array.of(1, 2, 3))
    for (let at = 5; at < record.length; at++) {
      for (let bit = 0; bit < 8; bit++) {
        const spoilt = record.map((byte, i) => (i === at ? byte ^ (1 << bit) : byte))
        expect(alertOf(() => open(new RecordOpener12(aead, keysFor(aead)), spoilt))).toBe('bad_record_mac')
      }
    }
    const otherType = record.map((byte, i) => (i === 0 ? 22 : byte))
    expect(alertOf(() => open(new RecordOpener12(aead, keysFor(aead)), otherType))).toBe('bad_record_mac')
  })

  test('a record that comes twice, or out of turn, does not authenticate', () => {
    const sealer = new RecordSealer12(aead, keysFor(aead))
    const [first, second] = [seal(sealer, 23, Uint8Array.of(1)), seal(sealer, 23, Uint8Array.of(2))]
    const opener = new RecordOpener12(aead, keysFor(aead))
    open(opener, first)
    expect(alertOf(() => open(opener, first))).toBe('bad_record_mac')
    expect(alertOf(() => open(new RecordOpener12(aead, keysFor(aead)), second))).toBe('bad_record_mac')
  })

  test('too short and too long', () => {
    const { overhead } = new RecordSealer12(aead, keysFor(aead))
    const short = Uint8Array.of(23, 3, 3, 0, overhead - 6, ...new Uint8Array(overhead - 6))
    expect(alertOf(() => open(new RecordOpener12(aead, keysFor(aead)), short))).toBe('bad_record_mac')
    for (const [length, alert] of [
      [MAX_PLAINTEXT_LENGTH, 'none'],
      [MAX_PLAINTEXT_LENGTH + 1, 'record_overflow'],
    ] as const) {
      const record = seal(new RecordSealer12(aead, keysFor(aead)), 23, new Uint8Array(length))
      expect(alertOf(() => open(new RecordOpener12(aead, keysFor(aead)), record))).toBe(alert)
    }
  })

  test('every record has a nonce of its own', () => {
    const sealer = new RecordSealer12(aead, keysFor(aead))
    const records = Array.from({ length: 300 }, () => seal(sealer, 23, Uint8Array.of(7)).join())
    expect(new Set(records).size).toBe(300)
  })

  test('padding is a mistake of ours', () => {
    const sealer = new RecordSealer12(aead, keysFor(aead))
    expect(() => sealer.seal(23, Uint8Array.of(1), 1, new Uint8Array(100), 0)).toThrow(TypeError)
  })
})
