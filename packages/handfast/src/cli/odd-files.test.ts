import { createPrivateKey } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { issue, makeCa } from '../../test/pki.ts'
import { freshCrl, freshOcspResponse } from '../../test/revocation-data.ts'
import { writeBase64, writeContext, writeInteger, writeOid, writePem, writeSequence } from '../asn1/index.ts'
import { CommandError } from './command-error.ts'
import { OCSP_RESPONSES, REVOCATION_LISTS, unwrapCertificates, unwrapObjects } from './files.ts'

const CA = makeCa({ subject: 'Root' })
const LEAF = issue(CA, { dnsNames: ['a.example'] })
const RSA = issue(CA, { dnsNames: ['a.example'], keyType: 'rsa-2048' })
const CRL = freshCrl(CA, [], { thisUpdate: Date.UTC(2026, 10, 23) })
const OCSP = freshOcspResponse(CA, LEAF, 'good', { thisUpdate: Date.UTC(2026, 10, 23) })
const PKCS7 = writeSequence(writeOid('1.2.840.113549.1.7.2'), writeContext(0, writeSequence(writeInteger(1))))
const key = createPrivateKey(LEAF.key.pem)
const rsa = createPrivateKey(RSA.key.pem)
/** What is signed, the algorithm and the signature of a request are as in a certificate. */
const REQUEST = writeSequence(
  writeSequence(writeInteger(0), writeSequence(), LEAF.key.subjectPublicKeyInfo, writeContext(0)),
  writeSequence(writeOid('1.2.840.10045.4.3.2')),
  Uint8Array.of(3, 2, 0, 1),
)

function refusal(bytes: Uint8Array, kind?: typeof OCSP_RESPONSES): { code: number; message: string; advice: string } {
  try {
    if (kind === undefined) unwrapCertificates(bytes, 'x')
    else unwrapObjects(bytes, 'x', kind)
  } catch (error) {
    if (!(error instanceof CommandError)) throw error
    return { code: error.exitCode, message: error.message, advice: error.advice }
  }
  throw new Error('taken')
}

const text = (value: string): Uint8Array => new TextEncoder().encode(value)

describe('a file in place of a certificate', () => {
  test.each([
    ['PKCS#8', key.export({ type: 'pkcs8', format: 'der' }), 'a private key', /^Give the certificate that belongs/],
    ['SEC1', key.export({ type: 'sec1', format: 'der' }), 'a private key', /^Give the certificate that belongs/],
    ['PKCS#1', rsa.export({ type: 'pkcs1', format: 'der' }), 'a private key', /^Give the certificate that belongs/],
    ['SPKI', LEAF.key.subjectPublicKeyInfo, 'a public key', /^Give the certificate that belongs/],
    ['PKCS#10', REQUEST, 'a certificate request', /^Give the certificate that the authority made/],
    ['a CRL', CRL, 'a revocation list', /^Give a file with a certificate/],
    ['OCSP', OCSP, 'an OCSP response', /^Give a file with a certificate/],
    ['PKCS#7', PKCS7, 'a PKCS#7 message', /openssl pkcs7 -inform DER -print_certs -in x /],
    ['PKCS#7 in PEM', text(writePem('PKCS7', PKCS7)), 'only PKCS7', /openssl pkcs7 -print_certs -in x /],
    [
      'OpenSSL',
      text(writePem('TRUSTED CERTIFICATE', LEAF.certificate)),
      'only TRUSTED CERTIFICATE',
      /openssl x509 -in x/,
    ],
    ['UTF-16', Buffer.from(`\ufeff${LEAF.pem}`, 'utf16le'), 'text in UTF-16', /iconv -f UTF-16 -t UTF-8 x/],
    ['base64', text(writeBase64(LEAF.certificate)), 'base64 without the lines around it', /base64 -d x/],
  ])('%s', (_, bytes, noun, advice) => {
    const refused = refusal(new Uint8Array(bytes))
    expect(refused).toMatchObject({ code: 6, message: `no certificate in 'x': it holds ${noun}` })
    expect(refused.advice).toMatch(advice)
  })

  test('DER that was cut off, or has something behind it', () => {
    const der = LEAF.certificate
    const cut = refusal(der.subarray(0, 100))
    expect(cut).toMatchObject({ code: 6, message: `'x' is cut short: its DER needs ${der.length} bytes, has 100` })
    const long = refusal(Uint8Array.from([...der, 10]))
    expect(long).toMatchObject({ code: 6, message: `'x' has 1 bytes behind its DER, which ends after ${der.length}` })
  })

  test('certificates of every kind are taken', () => {
    for (const { certificate, pem } of [CA, LEAF, RSA]) {
      expect(unwrapCertificates(certificate, 'x')).toEqual([certificate])
      expect(unwrapCertificates(text(pem), 'x')).toHaveLength(1)
    }
  })
})

test('lists and responses are told from each other and from certificates', () => {
  expect(unwrapObjects(CRL, 'x', REVOCATION_LISTS)).toEqual([CRL])
  expect(unwrapObjects(OCSP, 'x', OCSP_RESPONSES)).toEqual([OCSP])
  expect(refusal(OCSP, REVOCATION_LISTS).message).toBe("no revocation list in 'x': it holds an OCSP response")
  expect(refusal(CRL, OCSP_RESPONSES).message).toBe("no OCSP response in 'x': it holds a revocation list")
  expect(refusal(LEAF.certificate, OCSP_RESPONSES).message).toBe("no OCSP response in 'x': it holds a certificate")
})
