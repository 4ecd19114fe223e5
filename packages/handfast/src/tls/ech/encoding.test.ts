/** EncodedClientHelloInner by its bytes (RFC 9849 sections 5.1, 5.2, 6.1.3). */

import { describe, expect, test } from 'vitest'
import { toHex } from '../../bytes/index.ts'
import { type ClientHelloParts, writeClientHello } from '../message/client-hello.ts'
import type { RawExtension } from '../message/extension.ts'
import { arrangeInner, decodeInner, encodeInner, outerAad } from './encoding.ts'

const ECH = 0xfe0d
const raw = (code: number, ...data: readonly number[]): RawExtension => ({ code, data: Uint8Array.from(data) })

function hello(random: number, ...extensions: readonly RawExtension[]): ClientHelloParts {
  return {
    legacyVersion: 0x0303,
    random: new Uint8Array(32).fill(random),
    legacySessionId: new Uint8Array(32).fill(5),
    cipherSuites: [0x1301],
    legacyCompressionMethods: Uint8Array.of(0),
    extensions,
  }
}

const KEY_SHARE = raw(51, 0, 6, 0, 29, 0, 2, 8, 9)
const GROUPS = raw(10, 0, 2, 0, 29)

describe('arranging', () => {
  test('what both have alike stands together, in the order of the outer hello', () => {
    const inner = hello(1, GROUPS, raw(0, 1), raw(43, 1), KEY_SHARE, raw(ECH, 1), raw(13, 7), raw(41, 1))
    const outer = hello(2, KEY_SHARE, raw(0, 2), raw(13, 8), raw(43, 2), GROUPS)
    const arranged = arrangeInner(inner, outer)
    expect(arranged.outer).toEqual([51, 10])
    expect(arranged.inner.extensions.map(({ code }) => code)).toEqual([0, 43, ECH, 13, 51, 10, 41])
  })

  test('name, versions and keys are never left to the outer hello, even where they are alike', () => {
    const alike = [raw(0, 1), raw(43, 1), raw(ECH, 1), raw(41, 1)]
    expect(arrangeInner(hello(1, ...alike), hello(2, ...alike)).outer).toEqual([])
  })
})

describe('encoding', () => {
  const inner = hello(1, raw(0, 1), GROUPS, raw(ECH, 1), KEY_SHARE)
  const outer = hello(2, raw(0, 2), GROUPS, KEY_SHARE)
  const arranged = arrangeInner(inner, outer)

  test('the bytes', () => {
    const encoded = encodeInner(arranged, 'a.example', 9)
    const plain = `0303${'01'.repeat(32)}00 00021301 0100 0016 0000000101 fe0d000101 fd000005 04 000a 0033`
    const text = plain.replaceAll(' ', '')
    // The length of the extensions is as many bytes as follow it.
    const length = (text.length - text.indexOf('0016') - 4) / 2
    expect(toHex(encoded).startsWith(text.replace('0016', length.toString(16).padStart(4, '0')))).toBe(true)
    expect(encoded.length % 32).toBe(0)
  })

  test('padding: up to the longest name, a whole extension without one, then to a multiple of 32', () => {
    const bare = writeClientHello({ ...arranged.inner, legacySessionId: new Uint8Array(0) }).length - 4
    const unpadded = (forName: number): number => {
      const saved = GROUPS.data.length + KEY_SHARE.data.length + 8 - (4 + 1 + 4)
      return 32 * Math.ceil((bare - saved + forName) / 32)
    }
    for (const [name, longest, expected] of [
      ['a.example', 0, 0],
      ['a.example', 9, 0],
      ['a.example', 100, 91],
      [undefined, 100, 109],
      [undefined, 0, 9],
    ] as const) {
      expect(encodeInner(arranged, name, longest).length, `${name} ${longest}`).toBe(unpadded(expected))
    }
  })

  test('what was encoded is decoded, with the session id of the outer hello', () => {
    const encoded = encodeInner(arranged, 'a.example', 0)
    expect(toHex(decodeInner(encoded, writeClientHello(outer)))).toBe(toHex(writeClientHello(arranged.inner)))
  })

  test('with nothing alike there is no reference', () => {
    const alone = arrangeInner(hello(1, raw(0, 1), raw(ECH, 1)), hello(2))
    const encoded = encodeInner(alone, 'a', 0)
    expect(toHex(encoded)).not.toContain('fd00')
    expect(toHex(decodeInner(encoded, writeClientHello(hello(2))))).toBe(toHex(writeClientHello(alone.inner)))
  })
})

test('the outer hello is authenticated but for its payload', () => {
  const message = writeClientHello(hello(2, raw(0, 2), raw(ECH, 1, 2, 3, 4), GROUPS))
  const at = toHex(message).indexOf('fe0d') / 2 + 4
  const aad = outerAad(message, message.subarray(at + 1, at + 3))
  expect(toHex(aad)).toBe(toHex(message.subarray(4)).replace('fe0d000401020304', 'fe0d000401000004'))
})
