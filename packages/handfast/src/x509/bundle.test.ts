import { describe, expect, test } from 'vitest'
import { issue, makeCa } from '../../test/pki.ts'
import { writePem } from '../asn1/pem.ts'
import { readCertificates } from './bundle.ts'

const ca = makeCa()
const leaf = issue(ca, { dnsNames: ['example.com'] })

describe('files of certificates', () => {
  test('PEM as text or bytes, DER as bytes', () => {
    const text = `${leaf.key.pem}${leaf.pem}# root\n${ca.pem}`
    for (const file of [text, new TextEncoder().encode(text)]) {
      expect(readCertificates(file).map(({ der }) => der)).toEqual([leaf.certificate, ca.certificate])
    }
    expect(readCertificates(leaf.certificate).map(({ der }) => der)).toEqual([leaf.certificate])
  })

  test('an error names the block and the field', () => {
    expect(() => readCertificates(ca.pem + writePem('CERTIFICATE', Uint8Array.of(0x30, 0)))).toThrow(
      'CERTIFICATE (block 2): tbsCertificate: needs SEQUENCE, has nothing at byte 2',
    )
    expect(() => readCertificates('-----BEGIN CERTIFICATE-----\n')).toThrow('CERTIFICATE (block 1, line 1): needs')
  })

  test('none is an error', () => {
    expect(() => readCertificates(leaf.key.pem)).toThrow('file: needs -----BEGIN CERTIFICATE-----')
    expect(() => readCertificates('')).toThrow(expect.objectContaining({ reason: 'no-certificate' }))
  })
})
