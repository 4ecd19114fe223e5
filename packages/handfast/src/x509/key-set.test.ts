import { describe, expect, test } from 'vitest'
import { issue, issueCa, makeCa } from '../../test/pki.ts'
import { toHex } from '../bytes/index.ts'
import { nodeProvider } from '../crypto/node.ts'
import { type Certificate, readCertificate } from './certificate.ts'
import { CertificateError } from './certificate-error.ts'
import { createKeySet, type KeySet, pinText, readKeySet } from './key-set.ts'
import { PINS } from './rules/lists.ts'
import type { PathContext, Problem } from './rules/rule.ts'

const HEX = '0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef'
const BASE64 = 'ASNFZ4mrze8BI0VniavN7wEjRWeJq83vASNFZ4mrze8='
const { sha256 } = nodeProvider.hashes

describe('hashes', () => {
  test.each([
    HEX,
    HEX.toUpperCase(),
    HEX.replace(/..(?=.)/g, '$&:'),
    BASE64,
    `sha256/${BASE64}`,
    `sha256//${BASE64}`,
    `pin-sha256="${BASE64}"`,
  ])('%s', (text) => {
    expect(createKeySet({ name: 'n', hashes: [text] }).has(HEX)).toBe(true)
  })

  test.each([
    '',
    'x',
    HEX.slice(2),
    `${HEX}00`,
    `${HEX.slice(1)}g`,
    BASE64.slice(0, -1),
    `sha1/${BASE64}`,
    `sha256:${BASE64}`,
    // The last character has bits that no byte has.
    `${BASE64.slice(0, -2)}9=`,
    HEX.replace(/..(?=.)/g, '$&-'),
  ])('%j is refused by its place', (text) => {
    expect(() => createKeySet({ name: 'n', hashes: [HEX, text] })).toThrow(
      /^hashes\[1\]: needs a SHA-256 in hex or base64, has '/,
    )
  })

  test('as pins are written', () => {
    expect(pinText(HEX)).toBe(`sha256/${BASE64}`)
  })
})

describe('a list in a file', () => {
  test('one a line, with comments and empty lines, whatever ends them', () => {
    const other = HEX.replaceAll('0', 'f')
    const set = readKeySet(`# keys\r\n\r\n${HEX}\r\n  sha256/${BASE64} # the same\n${other}`, {
      name: 'keys.txt',
      date: 5,
    })
    expect(set).toMatchObject({ name: 'keys.txt', date: 5, size: 2 })
    expect([HEX, other, HEX.replaceAll('0', 'e')].map((hash) => set.has(hash))).toEqual([true, true, false])
  })

  test('an error names the line', () => {
    let error: unknown
    try {
      readKeySet(`${HEX}\n\n# x\nnonsense\u001b[2J\n`, { name: 'keys.txt' })
    } catch (thrown) {
      error = thrown
    }
    expect(error).toBeInstanceOf(CertificateError)
    expect((error as CertificateError).message).toBe(
      "keys.txt, line 4: needs a SHA-256 in hex or base64, has 'nonsense\\1B[2J'",
    )
  })

  test('nothing is an empty set', () => {
    const set = readKeySet('', { name: 'n' })
    expect([set.size, set.date, set.has(HEX)]).toEqual([0, null, false])
  })
})

test('every key of a large set is found, no other, and each counts once', () => {
  const hashOf = (n: number): string => toHex(sha256.digest(Uint8Array.of(n, n >> 8, n >> 16)))
  const hashes = Array.from({ length: 5000 }, (_, n) => hashOf(n))
  const set = createKeySet({ name: 'n', hashes: [...hashes, ...hashes.toReversed()] })
  expect(set.size).toBe(5000)
  expect(hashes.every((hash) => set.has(hash))).toBe(true)
  expect(Array.from({ length: 5000 }, (_, n) => hashOf(n + 5000)).some((hash) => set.has(hash))).toBe(false)
  expect(set.has('f'.repeat(64)) || set.has('0'.repeat(64)) || set.has('') || set.has('zz')).toBe(false)
})

describe('pins', () => {
  const ca = makeCa()
  const sub = issueCa(ca)
  const leaf = issue(sub, { dnsNames: ['a.example'] })
  const path = [leaf, sub, ca].map(({ certificate }) => readCertificate(certificate))
  const keys = path.map((certificate) => certificate.publicKeyHash(sha256))
  const pinned = (...hashes: string[]): KeySet => createKeySet({ name: 'pins', hashes })
  const judge = (pins: KeySet | undefined): Problem | null =>
    PINS.check(path, { provider: nodeProvider, request: { pins } } as unknown as PathContext)

  test('the hash is that of SubjectPublicKeyInfo', () => {
    expect(keys[0]).toBe(toHex(sha256.digest((path[0] as Certificate).subjectPublicKeyInfo)))
    expect((path[0] as Certificate).publicKeyHash(sha256)).toBe(keys[0])
    expect((path[0] as Certificate).publicKeyHash(nodeProvider.hashes.sha384)).toHaveLength(96)
  })

  test.each([0, 1, 2])('one key of the path will do: %d', (index) => {
    expect(judge(pinned(HEX, keys[index] as string))).toBe(null)
  })

  test('without pins there is nothing to say', () => {
    expect(judge(undefined)).toBe(null)
  })

  test('none of them, and an empty set, refuse', () => {
    const shown = keys.map((key) => pinText(key)).join(', ')
    expect(judge(pinned(HEX))).toEqual({
      reason: 'pin-mismatch',
      certificate: null,
      message: `One key of the path must be among the 1 of 'pins'; its keys, leaf first, are ${shown}.`,
    })
    expect(judge(pinned())?.reason).toBe('pin-mismatch')
  })
})
