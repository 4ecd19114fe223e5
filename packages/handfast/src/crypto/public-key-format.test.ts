/** What public keys may look like, byte by byte, and what is refused for which reason. */

import { describe, expect, test } from 'vitest'
import { writeBitString, writeElement, writeSequence } from '../asn1/der-writer.ts'
import { concatBytes, fromHex, toHex } from '../bytes/index.ts'
import { KeyImportError } from './provider.ts'
import { readPublicKeyInfo, writePublicKeyInfo } from './public-key-format.ts'

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
const rsaKey = (modulus: string, exponent: string): Uint8Array => sequence(integer(modulus), integer(exponent))
const rsaSpki = (modulus: string, exponent: string): Uint8Array => sequence(RSA, bits(rsaKey(modulus, exponent)))

const DSA = '2a8648ce380401'
interface DsaHex {
  readonly p?: string
  readonly q?: string
  readonly g?: string
  readonly y?: string
}
const dsaParts = ({ p = MODULUS, q = `00${'9f'.repeat(20)}`, g = '05', y = '07' }: DsaHex = {}): {
  readonly algorithm: Uint8Array
  readonly key: Uint8Array
} => ({ algorithm: sequence(oid(DSA), sequence(integer(p), integer(q), integer(g))), key: integer(y) })
const dsaSpki = (numbers: DsaHex = {}): Uint8Array => {
  const { algorithm, key } = dsaParts(numbers)
  return sequence(algorithm, bits(key))
}

const SHA1 = oid('2b0e03021a')
const SHA256 = oid('608648016503040201')
const MGF1 = oid('2a864886f70d010108')
const pssSpki = (...params: readonly Uint8Array[]): Uint8Array =>
  sequence(sequence(oid('2a864886f70d01010a'), ...params), bits(rsaKey(MODULUS, '010001')))

function reason(run: () => unknown): string {
  try {
    run()
  } catch (error) {
    if (error instanceof KeyImportError) return `${error.reason}: ${error.message}`
    throw error
  }
  return 'read'
}
const readPublic = (spki: Uint8Array): string => reason(() => readPublicKeyInfo(spki))

describe('SubjectPublicKeyInfo', () => {
  test('EC, RSA and Ed25519 keys', () => {
    const ec = readPublicKeyInfo(sequence(P256, bits(POINT)))
    expect(ec).toEqual({ kind: 'ec', keyType: { type: 'ec', curve: 'secp256r1' }, point: POINT })
    const rsa = readPublicKeyInfo(rsaSpki(MODULUS, '010001'))
    expect(rsa.keyType).toEqual({ type: 'rsa', bits: 1024 })
    if (rsa.kind !== 'rsa') throw new Error(rsa.kind)
    expect([toHex(rsa.numbers.modulus), toHex(rsa.numbers.exponent)]).toEqual(['c1'.repeat(128), '010001'])
    const raw = new Uint8Array(32).fill(1)
    expect(readPublicKeyInfo(sequence(ED25519, bits(raw)))).toEqual({
      kind: 'edwards',
      keyType: { type: 'ed25519' },
      raw,
    })
  })

  test('RSA of 512 bits, which a policy may refuse', () => {
    expect(readPublicKeyInfo(rsaSpki(`00${'c1'.repeat(64)}`, '03')).keyType).toEqual({ type: 'rsa', bits: 512 })
  })

  test('DSA keys with parameters of their own', () => {
    const keyType = { type: 'dsa', bits: 1024, subgroupBits: 160 }
    expect(readPublicKeyInfo(dsaSpki())).toEqual({ kind: 'dsa', keyType })
    expect(readPublicKeyInfo(dsaSpki({ g: '02', y: '02' }))).toEqual({ kind: 'dsa', keyType })
    for (const bytes of [28, 32]) {
      const info = readPublicKeyInfo(dsaSpki({ q: `00${'9f'.repeat(bytes)}` }))
      expect(info.keyType).toEqual({ ...keyType, subgroupBits: 8 * bytes })
    }
  })

  test.each<[string, Parameters<typeof dsaSpki>[0], RegExp]>([
    ['p of 511 bits', { p: `7f${'ff'.repeat(63)}`, g: '02', y: '02' }, /^unsupported: .*p of 511 bits/],
    ['p of 4104 bits', { p: `00${'ff'.repeat(513)}` }, /^unsupported: .*p of 4104 bits/],
    ['q of 161 bits', { q: `01${'9f'.repeat(20)}` }, /^unsupported: .*q of 161 bits \(needs 160, 224, 256\)/],
    ['an even p', { p: `00${'c2'.repeat(128)}` }, /^malformed: DSA p: .*odd/],
    ['an even q', { q: `00${'9e'.repeat(20)}` }, /^malformed: DSA q: .*odd/],
    ['a negative q', { q: '9f'.repeat(20) }, /^malformed: .*positive/],
    ['g of 1', { g: '01' }, /^malformed: DSA g: .*above 1/],
    ['g of 0', { g: '00' }, /^malformed: .*zero/],
    ['g of p', { g: MODULUS }, /^malformed: DSA g: .*below p/],
    ['y of 1', { y: '01' }, /^malformed: DSA public key: .*above 1/],
    ['y of p', { y: MODULUS }, /^malformed: DSA public key: .*below p/],
    ['y of p and more', { y: `01${'00'.repeat(128)}` }, /^malformed: DSA public key: .*below p/],
    ['g above p', { g: `00${'c1'.repeat(127)}c3` }, /^malformed: DSA g: .*below p/],
  ])('DSA with %s is refused', (_, numbers, expected) => {
    expect(readPublic(dsaSpki(numbers))).toMatch(expected)
  })

  test('DSA without parameters, with NULL for them, and with something after y', () => {
    const y = bits(integer('02'))
    expect(readPublic(sequence(sequence(oid(DSA)), y))).toMatch(/^unsupported: .*parameters, which are its issuer's/)
    expect(readPublic(sequence(sequence(oid(DSA), NULL), y))).toMatch(/^malformed: .*needs SEQUENCE/)
    const { algorithm } = dsaParts()
    expect(readPublic(sequence(algorithm, bits(concatBytes(integer('02'), NULL))))).toMatch(
      /^malformed: .*nothing more/,
    )
  })

  test('RSASSA-PSS restrictions: none, all defaults, defaults written out, and the usual ones', () => {
    const restriction = (...params: readonly Uint8Array[]): unknown => readPublicKeyInfo(pssSpki(...params)).keyType
    const base = { type: 'rsa-pss', bits: 1024 }
    const defaults = { hash: 'sha1', mgfHash: 'sha1', saltLength: 20 }
    expect(restriction()).toEqual(base)
    expect(restriction(sequence())).toEqual({ ...base, restriction: defaults })
    const explicit = sequence(
      der(0xa0, sequence(SHA1, NULL)),
      der(0xa1, sequence(MGF1, sequence(SHA1))),
      der(0xa2, integer('14')),
      der(0xa3, integer('01')),
    )
    expect(restriction(explicit)).toEqual({ ...base, restriction: defaults })
    const usual = sequence(
      der(0xa0, sequence(SHA256)),
      der(0xa1, sequence(MGF1, sequence(SHA256, NULL))),
      der(0xa2, integer('20')),
    )
    expect(restriction(usual)).toEqual({ ...base, restriction: { hash: 'sha256', mgfHash: 'sha256', saltLength: 32 } })
  })

  test.each<[string, Uint8Array, RegExp]>([
    ['empty', new Uint8Array(0), /^malformed: .*needs SEQUENCE, has nothing/],
    ['another algorithm', sequence(sequence(oid('2a864886f70d010301')), bits(POINT)), /^unsupported: .*OID 2a 86/],
    [
      'another curve',
      sequence(sequence(oid('2a8648ce3d0201'), oid('2b8104000a')), bits(POINT)),
      /^unsupported: .*curve/,
    ],
    ['explicit curve', sequence(sequence(oid('2a8648ce3d0201'), sequence()), bits(POINT)), /^unsupported: .*explicit/],
    ['implicit curve', sequence(sequence(oid('2a8648ce3d0201'), NULL), bits(POINT)), /^malformed/],
    [
      'compressed point',
      sequence(P256, bits(concatBytes(Uint8Array.of(2), new Uint8Array(32)))),
      /^unsupported: .*compressed/,
    ],
    ['hybrid point', sequence(P256, bits(concatBytes(Uint8Array.of(6), POINT.subarray(1)))), /^malformed: .*form 6/],
    ['infinity', sequence(P256, bits(Uint8Array.of(0))), /^malformed: .*needs 65 bytes, has 1/],
    ['long point', sequence(P256, bits(concatBytes(POINT, NULL))), /^malformed: .*needs 65 bytes, has 67/],
    ['short Ed25519', sequence(ED25519, bits(new Uint8Array(31))), /^malformed: .*needs 32 bytes, has 31/],
    [
      'parameters of Ed25519',
      sequence(sequence(oid('2b6570'), NULL), bits(new Uint8Array(32))),
      /^malformed: .*nothing more/,
    ],
    ['RSA without NULL', sequence(sequence(oid('2a864886f70d010101')), bits(rsaKey(MODULUS, '03'))), /^malformed/],
    [
      'RSA NULL with content',
      sequence(sequence(oid('2a864886f70d010101'), fromHex('050100')), bits(POINT)),
      /^malformed: .*NULL/,
    ],
    ['RSA of 511 bits', rsaSpki(`7f${'ff'.repeat(63)}`, '03'), /^unsupported: .*511 bits \(needs 512 to 16384\)/],
    ['RSA of 16385 bits', rsaSpki(`01${'01'.repeat(2048)}`, '03'), /^unsupported: .*16385 bits/],
    ['even modulus', rsaSpki(`00${'c2'.repeat(128)}`, '03'), /^malformed: .*odd/],
    ['exponent 1', rsaSpki(MODULUS, '01'), /^malformed: .*3 or more/],
    ['exponent 0', rsaSpki(MODULUS, '00'), /^malformed: .*zero/],
    ['even exponent', rsaSpki(MODULUS, '010000'), /^malformed: .*odd/],
    ['exponent of 65 bits', rsaSpki(MODULUS, '010000000000000001'), /^unsupported: .*65 bits/],
    ['negative modulus', rsaSpki('c1'.repeat(128), '03'), /^malformed: .*positive/],
    ['padded modulus', rsaSpki(`0000${'c1'.repeat(128)}`, '03'), /^malformed: .*shortest/],
    [
      'a third number',
      sequence(RSA, bits(sequence(integer(MODULUS), integer('03'), integer('03')))),
      /^malformed: .*nothing more/,
    ],
    ['unused bits', sequence(P256, der(3, Uint8Array.of(1), POINT)), /^malformed: .*unused bits/],
    ['no bits at all', sequence(P256, der(3)), /^malformed: .*unused bits/],
    ['something after', concatBytes(sequence(P256, bits(POINT)), Uint8Array.of(0)), /^malformed: .*nothing after it/],
    ['something inside', sequence(P256, bits(POINT), NULL), /^malformed: .*nothing more/],
    [
      'indefinite length',
      concatBytes(fromHex('3080'), P256, bits(POINT), fromHex('0000')),
      /^malformed: .*definite length/,
    ],
    ['length not minimal', concatBytes(fromHex('308159'), P256, bits(POINT)), /^malformed: .*shortest form/],
    ['length of four bytes', concatBytes(fromHex('308400000059'), P256, bits(POINT)), /^malformed/],
    ['cut off', sequence(P256, bits(POINT)).subarray(0, 50), /^malformed/],
    [
      'PSS with MD5',
      pssSpki(sequence(der(0xa0, sequence(oid('2a864886f70d0205'), NULL)))),
      /^unsupported: .*hash function/,
    ],
    ['PSS with another mask', pssSpki(sequence(der(0xa1, sequence(SHA1, sequence(SHA1))))), /^unsupported: .*mask/],
    ['PSS with another trailer', pssSpki(sequence(der(0xa3, integer('02')))), /^unsupported: .*trailer/],
    ['PSS with a negative salt', pssSpki(sequence(der(0xa2, integer('ff')))), /^malformed/],
    ['PSS with a vast salt', pssSpki(sequence(der(0xa2, integer('7fffffffff')))), /^malformed: .*at most/],
    ['PSS fields out of order', pssSpki(sequence(der(0xa2, integer('14')), der(0xa0, sequence(SHA256)))), /^malformed/],
  ])('refuses %s', (_, spki, expected) => {
    expect(readPublic(spki)).toMatch(expected)
  })
})

test('writes the SubjectPublicKeyInfo it reads, whatever its length', () => {
  for (const spki of [
    sequence(ED25519, bits(new Uint8Array(32))),
    sequence(P256, bits(POINT)),
    rsaSpki(MODULUS, '03'),
  ]) {
    const info = readPublicKeyInfo(spki)
    const [algorithm, key] =
      info.kind === 'ec'
        ? [P256, info.point]
        : info.kind === 'edwards'
          ? [ED25519, info.raw]
          : [RSA, rsaKey(MODULUS, '03')]
    expect(toHex(writePublicKeyInfo(algorithm, key))).toBe(toHex(spki))
  }
})
