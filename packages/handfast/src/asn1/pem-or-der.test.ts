import { describe, expect, test } from 'vitest'
import { isDer, PEM_LABELS, readPemOrDer } from './pem-or-der.ts'
import { writePem } from './pem.ts'

const DER = Uint8Array.of(0x30, 3, 1, 2, 3)
const LONG = new Uint8Array(4 + 300).fill(7)
LONG.set([0x30, 0x82, 1, 44])
const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text)
const pem = writePem('A KEY', DER) + writePem('X509 CERTIFICATE', DER) + writePem('CERTIFICATE', LONG)

describe('PEM or DER', () => {
  test('in PEM: all blocks with one of the labels, as text or bytes', () => {
    for (const file of [pem, bytesOf(pem), bytesOf(`0 s:CN=a\n${pem}`)]) {
      expect(readPemOrDer(file, PEM_LABELS.certificate)).toEqual([
        { bytes: DER, block: { label: 'X509 CERTIFICATE', number: 2 } },
        { bytes: LONG, block: { label: 'CERTIFICATE', number: 3 } },
      ])
    }
    expect(readPemOrDer(pem, PEM_LABELS.ocspResponse)).toEqual([])
    expect(readPemOrDer('', PEM_LABELS.certificate)).toEqual([])
  })

  test('in DER: the file', () => {
    for (const file of [DER, LONG]) {
      expect(readPemOrDer(file, PEM_LABELS.certificate)).toEqual([{ bytes: file, block: null }])
    }
  })

  test.each([
    ['whole', DER, true],
    ['whole, with PEM in a string', Uint8Array.of(0x30, 17, ...bytesOf('-----BEGIN A-----')), true],
    ['cut off', LONG.subarray(0, 100), true],
    ['with something behind it', Uint8Array.of(...DER, 10), true],
    ['text that begins with 0', bytesOf(`0${pem}`), false],
    ['text', bytesOf(pem), false],
    ['a string', '0', false],
    ['nothing', new Uint8Array(0), false],
  ])('%s', (_, file, is) => expect(isDer(file)).toBe(is))

  test('PEM that is not right is an error', () => {
    expect(() => readPemOrDer('-----BEGIN CERTIFICATE-----\n', PEM_LABELS.certificate)).toThrow(
      /^CERTIFICATE \(block 1, line 1\): needs -----END CERTIFICATE-----/,
    )
  })
})
