/** What private keys may look like, byte by byte, what is refused, and that refusing one tells nothing of it. */

import { describe, expect, test } from 'vitest'
import { writeBitString, writeElement, writeSequence } from '../asn1/der-writer.ts'
import { concatBytes, fromHex, toHex } from '../bytes/index.ts'
import { readPrivateKeyInfo } from './private-key-format.ts'
import { KeyImportError } from './provider.ts'

const der = writeElement
const sequence = writeSequence
const bits = writeBitString
const integer = (hex: string): Uint8Array => der(2, fromHex(hex))
const oid = (hex: string): Uint8Array => der(6, fromHex(hex))

const NULL = fromHex('0500')
const P256 = sequence(oid('2a8648ce3d0201'), oid('2a8648ce3d030107'))
const RSA = sequence(oid('2a864886f70d010101'), NULL)
const ED25519 = sequence(oid('2b6570'))
const POINT = concatBytes(Uint8Array.of(4), new Uint8Array(64).fill(5))
const MODULUS = `00${'c1'.repeat(128)}`
const VERSION_1 = integer('00')
const VERSION_2 = integer('01')

function refusal(pkcs8: Uint8Array): KeyImportError | undefined {
  try {
    readPrivateKeyInfo(pkcs8)
    return undefined
  } catch (error) {
    if (error instanceof KeyImportError) return error
    throw error
  }
}

describe('PrivateKeyInfo', () => {
  const scalar = new Uint8Array(32).fill(7)
  const ecKey = (...rest: readonly Uint8Array[]): Uint8Array => sequence(integer('01'), der(4, scalar), ...rest)
  const seed = new Uint8Array(32).fill(3)
  const edKey = der(4, seed)

  test('EC, with and without what it may repeat', () => {
    const plain = readPrivateKeyInfo(sequence(VERSION_1, P256, der(4, ecKey())))
    expect(plain.key).toEqual({ kind: 'ec', keyType: { type: 'ec', curve: 'secp256r1' }, scalar })
    expect(plain.publicKey).toBeUndefined()
    expect(toHex(plain.algorithm)).toBe(toHex(P256))
    const full = ecKey(der(0xa0, oid('2a8648ce3d030107')), der(0xa1, bits(POINT)))
    expect(readPrivateKeyInfo(sequence(VERSION_1, P256, der(4, full))).publicKey).toEqual(POINT)
  })

  test('version 2 with a public key, attributes passed over', () => {
    const info = readPrivateKeyInfo(
      sequence(VERSION_2, ED25519, der(4, edKey), der(0xa0, NULL), der(0x81, Uint8Array.of(0), seed)),
    )
    expect(info.key).toEqual({ kind: 'edwards', keyType: { type: 'ed25519' }, seed })
    expect(info.publicKey).toEqual(seed)
  })

  test.each<[string, Uint8Array, RegExp]>([
    ['version 3', sequence(integer('02'), ED25519, der(4, edKey)), /^malformed: .*version/],
    [
      'a public key in version 1',
      sequence(VERSION_1, ED25519, der(4, edKey), der(0x81, Uint8Array.of(0), seed)),
      /^malformed/,
    ],
    ['a bare seed', sequence(VERSION_1, ED25519, der(4, seed)), /^malformed/],
    [
      'a short seed',
      sequence(VERSION_1, ED25519, der(4, der(4, seed.subarray(1)))),
      /^malformed: .*needs 32 bytes, has 31/,
    ],
    [
      'a short scalar',
      sequence(VERSION_1, P256, der(4, sequence(integer('01'), der(4, scalar.subarray(1))))),
      /^malformed: .*has 31/,
    ],
    [
      'EC version 0',
      sequence(VERSION_1, P256, der(4, sequence(integer('00'), der(4, scalar)))),
      /^malformed: .*version/,
    ],
    [
      'EC of two curves',
      sequence(VERSION_1, P256, der(4, ecKey(der(0xa0, oid('2b81040022'))))),
      /^malformed: .*secp256r1, has secp384r1/,
    ],
    ['RSA of three primes', sequence(VERSION_1, RSA, der(4, sequence(integer('01')))), /^unsupported: .*two primes/],
    [
      'RSA cut short',
      sequence(VERSION_1, RSA, der(4, sequence(integer('00'), integer(MODULUS), integer('03')))),
      /^malformed/,
    ],
    [
      'ECDH on Curve25519',
      sequence(VERSION_1, sequence(oid('2b656e')), der(4, edKey)),
      /^unsupported: .*algorithm X25519/,
    ],
    [
      'an unknown algorithm',
      sequence(VERSION_1, sequence(oid('2b0303')), der(4, edKey)),
      /^unsupported: .*another OID/,
    ],
    [
      'an unknown curve',
      sequence(VERSION_1, sequence(oid('2a8648ce3d0201'), oid('2b0303')), der(4, ecKey())),
      /^unsupported: .*curve with another OID/,
    ],
    [
      'a hybrid point',
      sequence(VERSION_1, P256, der(4, ecKey(der(0xa1, bits(concatBytes(Uint8Array.of(6), POINT.subarray(1))))))),
      /^malformed: .*uncompressed point \(4\)$/,
    ],
    ['an encrypted key', sequence(sequence(oid('2a864886f70d01050d'), sequence()), der(4, seed)), /^malformed/],
    [
      'something after',
      concatBytes(sequence(VERSION_1, ED25519, der(4, edKey)), NULL),
      /^malformed: .*nothing after it/,
    ],
  ])('refuses %s', (_, pkcs8, expected) => {
    const error = refusal(pkcs8)
    expect(`${error?.reason}: ${error?.message}`).toMatch(expected)
    expect(error?.message).not.toContain(toHex(seed.subarray(0, 2)))
  })
})

describe('an error tells nothing of the key', () => {
  const secret = (length: number, from: number): Uint8Array =>
    Uint8Array.from({ length }, (_, i) => 0x80 | ((from + 29 * i + (i >> 5)) & 0x7f))
  const number = (length: number, from: number): Uint8Array => {
    const content = secret(length, from)
    content[length - 1] = 0xb5
    return der(2, Uint8Array.of(0), content)
  }
  const rsaKey = sequence(
    integer('00'),
    number(128, 1),
    integer('010001'),
    ...[128, 64, 64, 64, 64, 64].map((length, i) => number(length, 11 * i)),
  )
  const pss = sequence(
    oid('2a864886f70d01010a'),
    sequence(
      der(0xa0, sequence(oid('608648016503040201'), NULL)),
      der(0xa1, sequence(oid('2a864886f70d010108'), sequence(oid('608648016503040201'), NULL))),
      der(0xa2, integer('20')),
    ),
  )
  const ecKey = (curve: string, length: number): Uint8Array => {
    const point = bits(concatBytes(Uint8Array.of(4), secret(2 * length, 7)))
    const key = sequence(integer('01'), der(4, secret(length, 3)), der(0xa0, oid(curve)), der(0xa1, point))
    return sequence(VERSION_1, sequence(oid('2a8648ce3d0201'), oid(curve)), der(4, key))
  }
  const rawKey = (algorithm: string, key: Uint8Array): Uint8Array =>
    sequence(VERSION_2, sequence(oid(algorithm)), der(4, key), der(0x81, Uint8Array.of(0), secret(40, 9)))
  const seed = secret(32, 5)
  const keys: readonly [string, Uint8Array][] = [
    ['P-256', ecKey('2a8648ce3d030107', 32)],
    ['P-384', ecKey('2b81040022', 48)],
    ['P-521', ecKey('2b81040023', 66)],
    ['RSA', sequence(VERSION_1, RSA, der(4, rsaKey))],
    ['RSA-PSS', sequence(VERSION_1, pss, der(4, rsaKey))],
    ['Ed25519', rawKey('2b6570', der(4, seed))],
    ['Ed448', rawKey('2b6571', der(4, secret(57, 5)))],
    ['ML-DSA-44 seed', rawKey('608648016503040311', der(0x80, seed))],
    ['ML-DSA-65 expanded', rawKey('608648016503040312', der(4, secret(4032, 2)))],
    ['ML-DSA-87 both', rawKey('608648016503040313', sequence(der(4, seed), der(4, secret(4896, 2))))],
  ]

  /** Runs of six hex digits of `bytes` that `text` has, with or without separators between its bytes. */
  function excerpts(bytes: Uint8Array, text: string): string[] {
    const hex = toHex(bytes)
    const runs = text.toLowerCase().match(/[0-9a-f]{2}(?:[ :.,-]?[0-9a-f]{2}){2,}/g) ?? []
    const digits = runs.map((run) => run.replaceAll(/[^0-9a-f]/g, ''))
    return digits.flatMap((run) =>
      Array.from({ length: run.length - 5 }, (_, i) => run.slice(i, i + 6)).filter((part) => hex.includes(part)),
    )
  }

  function* damage(key: Uint8Array): Generator<Uint8Array> {
    for (let at = 0; at < key.length; at = at < 120 ? at + 1 : at + 211) {
      yield key.subarray(0, at)
      yield concatBytes(key.subarray(0, at), key.subarray(at + 1))
      yield concatBytes(key.subarray(0, at), Uint8Array.of(0x04), key.subarray(at))
      for (const value of [0x00, 0x02, 0x04, 0x06, 0x30, 0x80, 0x84, 0xff]) {
        const damaged = key.slice()
        damaged[at] = value
        yield damaged
      }
    }
  }

  test.each(keys)('%s, damaged anywhere: neither message nor stack quotes it', (_, key) => {
    expect(refusal(key)).toBeUndefined()
    let refused = 0
    for (const damaged of damage(key)) {
      const error = refusal(damaged)
      if (error === undefined) continue
      refused++
      expect(error.cause).toBeUndefined()
      expect(excerpts(damaged, error.message)).toEqual([])
      expect(excerpts(damaged, error.stack ?? '')).toEqual([])
      // A tag, a byte, a place: how `asn1` and `bytes` say what was found.
      expect(error.message).not.toMatch(/0x|\bat byte\b|\bbefore\b|\bform \d/)
    }
    expect(refused).toBeGreaterThan(100)
  })

  test('the search for excerpts finds them', () => {
    expect(excerpts(seed, `has ${toHex(seed.subarray(4, 8))}...`)).toHaveLength(3)
    expect(excerpts(seed, `OID ${toHex(seed.subarray(4, 7), ' ')} (hex)`)).toHaveLength(1)
  })

  // A file that lacks the OCTET STRING around the seed: the seed's own first bytes are read as tag and length.
  test.each<[string, string, string]>([
    ['one byte', '0457', '87'],
    ['three bytes', '04826789', '26505'],
    ['four bytes, most of them not there', '0484', '84'],
  ])('a length read from the seed, %s, is not told', (_, start, length) => {
    const bare = concatBytes(fromHex(start), new Uint8Array(32)).subarray(0, 32)
    const error = refusal(sequence(VERSION_1, ED25519, der(4, bare)))
    expect(error?.message).toMatch(/^curve_private_key\.private_key: needs /)
    expect(error?.message).not.toContain(length)
  })
})
