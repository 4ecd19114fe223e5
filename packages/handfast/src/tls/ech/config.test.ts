/** ECHConfig by its bytes, and which of several is taken. */

import { describe, expect, test } from 'vitest'
import { concatBytes, DecodeError, fromHex, toHex, Writer } from '../../bytes/index.ts'
import { nodeProvider } from '../../crypto/node.ts'
import {
  chooseEchConfig,
  isPublicName,
  readEchConfig,
  readEchConfigList,
  writeEchConfig,
  writeEchConfigList,
} from './config.ts'
import { createEchKey, generateEchKey } from './key.ts'

/** Written by hand, field by field, as RFC 9849 section 4 has them. */
const CONFIG = fromHex(
  `fe0d 003c
   07 0020 0020 3948cfe0ad1ddb695d780e59077195da6c56506b027329794ab02bca80815c4d
   0004 0001 0001
   20
   0d 636f7665722e6578616d706c65
   0000`,
)

interface Parts {
  readonly kem?: number
  readonly publicKey?: Uint8Array
  readonly suites?: readonly number[]
  readonly publicName?: string
  readonly extensions?: readonly (readonly [type: number, data: readonly number[]])[]
}

function write({
  kem = 0x20,
  publicKey = new Uint8Array(32).fill(9),
  suites = [1, 1],
  publicName = 'cover.example',
  extensions = [],
}: Parts): Uint8Array {
  const w = new Writer()
  w.u16(0xfe0d).block(2, () => {
    w.u8(7).u16(kem).vector(2, publicKey)
    w.block(2, () => {
      for (const value of suites) w.u16(value)
    })
    w.u8(32).vector(1, new TextEncoder().encode(publicName))
    w.block(2, () => {
      for (const [type, data] of extensions) w.u16(type).vector(2, Uint8Array.from(data))
    })
  })
  return w.finish().slice()
}

const list = (...configs: readonly Uint8Array[]): Uint8Array => writeEchConfigList(configs)
const unknownVersion = fromHex('fe0c 0003 010203')

describe('reading', () => {
  test('every field', () => {
    expect(readEchConfig(CONFIG)).toEqual({
      raw: CONFIG,
      configId: 7,
      kem: 0x20,
      publicKey: fromHex('3948cfe0ad1ddb695d780e59077195da6c56506b027329794ab02bca80815c4d'),
      cipherSuites: [{ kdf: 1, aead: 1 }],
      maximumNameLength: 32,
      publicName: 'cover.example',
      hasUnknownMandatory: false,
    })
  })

  test('what was written is read again', () => {
    const { raw, hasUnknownMandatory: _, ...fields } = readEchConfig(CONFIG)
    expect(toHex(writeEchConfig(fields))).toBe(toHex(raw))
  })

  test('other versions are skipped, whatever they hold', () => {
    expect(readEchConfigList(list(unknownVersion, CONFIG, unknownVersion)).map(({ raw }) => toHex(raw))).toEqual([
      toHex(CONFIG),
    ])
    expect(readEchConfigList(list(unknownVersion))).toEqual([])
  })

  test('cut off anywhere, it is refused', () => {
    for (let length = 0; length < CONFIG.length; length++) {
      expect(() => readEchConfig(CONFIG.subarray(0, length)), `${length}`).toThrow(DecodeError)
    }
    expect(() => readEchConfig(concatBytes(CONFIG, Uint8Array.of(0)))).toThrow(DecodeError)
    expect(() => readEchConfig(unknownVersion)).toThrow(/ECHConfig\.version: needs 0xfe0d/)
  })

  test.each([
    ['an empty list', fromHex('0000')],
    ['less than its length', fromHex('0005 fe0d0000')],
    ['more than its length', concatBytes(list(CONFIG), Uint8Array.of(0))],
    ['no public key', list(write({ publicKey: new Uint8Array(0) }))],
    ['no cipher suite', list(write({ suites: [] }))],
    ['half a cipher suite', list(write({ suites: [1, 1, 1] }))],
    ['no public name', list(write({ publicName: '' }))],
    [
      'the same extension twice',
      list(
        write({
          extensions: [
            [0x1a1a, []],
            [0x1a1a, [1]],
          ],
        }),
      ),
    ],
  ])('%s is none', (_, bytes) => {
    expect(() => readEchConfigList(bytes)).toThrow(DecodeError)
  })
})

describe('choosing (sections 4.2, 6.1, 6.1.7)', () => {
  const chosen = (...configs: readonly Uint8Array[]): string | undefined =>
    chooseEchConfig(nodeProvider, readEchConfigList(list(...configs)))?.config.publicName

  test.each([
    ['a KEM nobody has', { kem: 0x21 }],
    ['a key of another length', { publicKey: new Uint8Array(31) }],
    ['cipher suites nobody has', { suites: [1, 0xffff, 9, 1] }],
    ['a mandatory extension', { extensions: [[0x8a8a, []]] }],
    ['a public name that is an address', { publicName: '192.0.2.1' }],
    ['a public name that is none', { publicName: '-.example' }],
  ] as const)('%s is passed over', (_, parts) => {
    expect(chosen(write(parts))).toBeUndefined()
    expect(chosen(write(parts), write({ publicName: 'second.example' }))).toBe('second.example')
  })

  test('the first that can be used, with the first cipher suite that can', () => {
    expect(chosen(write({ publicName: 'first.example' }), CONFIG)).toBe('first.example')
    const [config] = readEchConfigList(list(write({ suites: [9, 1, 1, 3, 1, 1] })))
    expect(chooseEchConfig(nodeProvider, config === undefined ? [] : [config])?.cipher).toMatchObject({
      kdf: 1,
      aead: 3,
    })
  })

  test('extensions that need not be understood are not', () => {
    expect(
      chosen(
        write({
          extensions: [
            [0x1a1a, [1, 2]],
            [0, []],
          ],
        }),
      ),
    ).toBe('cover.example')
  })

  test.each([
    ['a.example', true],
    ['a-b.xn--bcher-kva.example', true],
    ['localhost', true],
    ['.example', false],
    ['example.', false],
    ['a..example', false],
    ['a_b.example', false],
    ['-a.example', false],
    [`${'a'.repeat(64)}.example`, false],
    ['1.2.3.4', false],
    ['example.0x', false],
    ['example.0xAf', false],
    ['example.7', false],
    ['b\u00fccher.example', false],
  ])('%s as a public name: %s', (name, isOne) => {
    expect(isPublicName(name)).toBe(isOne)
  })
})

describe('keys', () => {
  test('a new one has an identifier that is not used yet', () => {
    const used = Array.from({ length: 256 }, (_, id) => id).filter((id) => id !== 77)
    for (let i = 0; i < 5; i++) {
      const { config } = generateEchKey(nodeProvider, { publicName: 'cover.example', usedConfigIds: used })
      expect(readEchConfig(config).configId).toBe(77)
    }
    expect(() =>
      generateEchKey(nodeProvider, { publicName: 'cover.example', usedConfigIds: [...used, 77] }),
    ).not.toThrow()
  })

  const { config, privateKey } = generateEchKey(nodeProvider, { publicName: 'cover.example' })
  test.each([
    ['a private key of another', config, nodeProvider.random(32), /the private key of its configuration/],
    ['a KEM nobody has', write({ kem: 0x21 }), privateKey, /needs a KEM that the provider has/],
    ['cipher suites nobody has', write({ suites: [9, 9] }), privateKey, /needs a cipher suite/],
    ['a public name that is none', write({ publicName: '192.0.2.1' }), privateKey, /needs a DNS name/],
    ['a private key of another length', config, privateKey.subarray(1), /needs 32 bytes, has 31/],
  ])('%s is refused', (_, given, key, message) => {
    expect(() => createEchKey(nodeProvider, given, key)).toThrow(message)
  })

  test.each([
    [{ publicName: '' }, /needs a DNS name/],
    [{ publicName: 'a.example', maximumNameLength: 256 }, /from 0 to 255, has 256/],
    [{ publicName: 'a.example', kem: 0x21 }, /kem: needs one that the provider has/],
  ])('%s makes none', (request, message) => {
    expect(() => generateEchKey(nodeProvider, request)).toThrow(message)
  })
})
