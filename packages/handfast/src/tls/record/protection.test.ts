import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { nodeProvider } from '../../crypto/node.ts'
import { RecordFraming } from './framing.ts'
import { RECORD_OVERHEAD, RecordOpener, RecordSealer } from './protection.ts'

const { sha256 } = nodeProvider.hashes
const SECRET = new Uint8Array(32).fill(5)

function seal(sealer: RecordSealer, type: number, content: Uint8Array, padding = 0): Uint8Array {
  const out = new Uint8Array(content.length + padding + RECORD_OVERHEAD)
  sealer.seal(type, content, padding, out, 0)
  return out
}

function open(opener: RecordOpener, record: Uint8Array, mayFail?: boolean): ReturnType<RecordOpener['open']> {
  const framing = new RecordFraming()
  framing.push(record)
  const framed = framing.next(true)
  if (framed === undefined) throw new Error('not a whole record')
  return opener.open(framed, mayFail)
}

describe.each(nodeProvider.aeads)('with $name', (aead) => {
  test('what was sealed is opened again, padding or not', () => {
    const sealer = new RecordSealer(aead, sha256, SECRET)
    const opener = new RecordOpener(aead, sha256, SECRET)
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 255 }),
        fc.uint8Array({ maxLength: 500 }),
        fc.nat(300),
        (type, content, padding) => {
          const record = seal(sealer, type, content, padding)
          expect(record[0]).toBe(23)
          expect(open(opener, record)).toEqual({ type, content, length: content.length + 1 + padding })
        },
      ),
    )
    expect(sealer.sequence).toBe(opener.sequence)
    expect(sealer.sequence).toBeGreaterThan(50)
  })

  test('any flipped bit is noticed', () => {
    const record = seal(new RecordSealer(aead, sha256, SECRET), 23, Uint8Array.of(1, 2, 3))
    for (let at = 5; at < record.length; at++) {
      for (let bit = 0; bit < 8; bit++) {
        const spoilt = record.map((byte, i) => (i === at ? byte ^ (1 << bit) : byte))
        expect(() => open(new RecordOpener(aead, sha256, SECRET), spoilt)).toThrow(/encrypted_record/)
      }
    }
  })

  test('every record has a nonce of its own', () => {
    const sealer = new RecordSealer(aead, sha256, SECRET)
    const records = Array.from({ length: 300 }, () => seal(sealer, 23, Uint8Array.of(7)).join())
    expect(new Set(records).size).toBe(300)
  })
})

describe('a record that may fail', () => {
  const aead = nodeProvider.aeads[0] as (typeof nodeProvider.aeads)[number]

  test('counts as never sent', () => {
    const opener = new RecordOpener(aead, sha256, SECRET)
    const record = seal(new RecordSealer(aead, sha256, SECRET), 22, Uint8Array.of(1))
    const foreign = seal(new RecordSealer(aead, sha256, new Uint8Array(32)), 23, new Uint8Array(50))
    expect(open(opener, foreign, true)).toBeUndefined()
    expect(open(opener, foreign, true)).toBeUndefined()
    expect(open(opener, record)).toEqual({ type: 22, content: Uint8Array.of(1), length: 2 })
  })

  test('may not otherwise', () => {
    const foreign = seal(new RecordSealer(aead, sha256, new Uint8Array(32)), 23, new Uint8Array(50))
    expect(() => open(new RecordOpener(aead, sha256, SECRET), foreign)).toThrow(/encrypted_record/)
  })
})
