import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { DecodeError } from '../bytes/decode-error.ts'
import { readBase64, readPem, writeBase64, writePem } from './pem.ts'

const ascii = (text: string): Uint8Array => new TextEncoder().encode(text)

describe('base64', () => {
  // RFC 4648 section 10
  test.each([
    ['', ''],
    ['f', 'Zg=='],
    ['fo', 'Zm8='],
    ['foo', 'Zm9v'],
    ['foob', 'Zm9vYg=='],
    ['fooba', 'Zm9vYmE='],
    ['foobar', 'Zm9vYmFy'],
  ])('%j is %j', (text, base64) => {
    expect(writeBase64(ascii(text))).toBe(base64)
    expect(readBase64(base64, 'x')).toEqual(ascii(text))
  })

  test.each(['Zg', 'Zg=', 'Zh==', 'Zm9=', 'Z===', 'Zm9v=', 'Zg==Zg==', 'Zm-v', 'Zmäv'])('refuses %j', (text) => {
    expect(() => readBase64(text, 'x')).toThrow(DecodeError)
  })

  test('survives', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        expect(readBase64(writeBase64(bytes), 'x')).toEqual(bytes)
      }),
    )
  })
})

describe('PEM', () => {
  test('blocks survive, with text around and between them', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 200 }), { maxLength: 4 }), (all) => {
        const text = all.map((bytes) => `subject=CN = x\r\n${writePem('CERTIFICATE', bytes)}`).join('\n')
        expect(readPem(text).map(({ bytes }) => bytes)).toEqual(all)
      }),
    )
  })

  test('lines end as they like', () => {
    const text = writePem('X', new Uint8Array(100))
    expect(readPem(text.replaceAll('\n', '\r\n'))).toEqual(readPem(text))
    expect(readPem(text.replaceAll('\n', '\r'))).toEqual(readPem(text))
    expect(readPem(`${text.trimEnd()}   `)).toEqual(readPem(text))
  })

  test('writes lines of 64', () => {
    expect(writePem('X', new Uint8Array(50)).split('\n')).toEqual([
      '-----BEGIN X-----',
      'A'.repeat(64),
      'AAA=',
      '-----END X-----',
      '',
    ])
  })

  test.each([
    ['no end', '-----BEGIN A-----\nZm9v\n', 'the end of the text'],
    ['another end', '-----BEGIN A-----\nZm9v\n-----END B-----\n', '-----END B----- in line 6'],
    ['a block within', '-----BEGIN A-----\n-----BEGIN A-----\n', '-----BEGIN A----- in line 5'],
    ['no base64', '-----BEGIN A-----\nZm9v!!!!\n-----END A-----\n', "'!' among it"],
  ])('refuses %s and names the block', (_, text, has) => {
    const good = writePem('CERTIFICATE', new Uint8Array(3))
    try {
      readPem(good + text)
      expect.unreachable()
    } catch (error) {
      expect(error).toBeInstanceOf(DecodeError)
      expect((error as DecodeError).path).toBe('A (block 2, line 4)')
      expect((error as DecodeError).has).toBe(has)
    }
  })

  test('hands on the headers of old keys', () => {
    const text =
      '-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\nZm9v\n-----END RSA PRIVATE KEY-----'
    expect(readPem(text)).toEqual([
      {
        label: 'RSA PRIVATE KEY',
        bytes: ascii('foo'),
        headers: { 'Proc-Type': '4,ENCRYPTED', 'DEK-Info': 'AES-128-CBC,00' },
      },
    ])
  })

  test('finds nothing in other text', () => {
    expect(readPem('hello\n----BEGIN X----\n')).toEqual([])
  })
})
