import { describe, expect, test } from 'vitest'
import { writeTestCertificateId } from '../../../test/ocsp-maker.ts'
import { issue, makeCa, writeGeneralName } from '../../../test/pki.ts'
import {
  writeContext,
  writeInteger,
  writeNull,
  writeOctetString,
  writeOid,
  writeSequence,
} from '../../asn1/der-writer.ts'
import { readDer } from '../../asn1/der.ts'
import { nodeProvider } from '../../crypto/node.ts'
import { readCertificate } from '../certificate.ts'
import { CertificateIdMatcher, readCertificateId } from './ocsp-certificate-id.ts'
import { ocspUrls, writeOcspRequest } from './ocsp-request.ts'

const ca = makeCa({ subject: 'OCSP CA' })
const other = makeCa({ subject: 'OCSP CA' })
const leaf = issue(ca, { dnsNames: ['example.com'] })
const certificate = readCertificate(leaf.certificate)
const issuer = readCertificate(ca.certificate)
const provider = nodeProvider

describe('OCSP requests', () => {
  test('one certificate, named by SHA-1 unless told otherwise', () => {
    for (const hash of ['sha1', 'sha256', 'sha384', 'sha512'] as const) {
      const id = writeTestCertificateId(leaf.certificate, ca, hash)
      const request = writeOcspRequest({ certificate, issuer, provider, hash })
      expect(request).toEqual(writeSequence(writeSequence(writeSequence(writeSequence(id)))))
      if (hash === 'sha1') expect(writeOcspRequest({ certificate, issuer, provider })).toEqual(request)
    }
  })

  test('a nonce is an OCTET STRING in its extension', () => {
    const nonce = Uint8Array.from({ length: 32 }, (_, index) => index)
    const id = writeTestCertificateId(leaf.certificate, ca, 'sha1')
    const extension = writeSequence(writeOid('1.3.6.1.5.5.7.48.1.2'), writeOctetString(writeOctetString(nonce)))
    expect(writeOcspRequest({ certificate, issuer, provider, nonce })).toEqual(
      writeSequence(writeSequence(writeSequence(writeSequence(id)), writeContext(2, writeSequence(extension)))),
    )
  })

  test('a nonce of no bytes, or of more than 128, is a mistake', () => {
    for (const length of [0, 129]) {
      const nonce = new Uint8Array(length)
      expect(() => writeOcspRequest({ certificate, issuer, provider, nonce })).toThrow(TypeError)
    }
  })
})

describe('CertID', () => {
  const idOf = (der: Uint8Array): ReturnType<typeof readCertificateId> =>
    readCertificateId(readDer(writeSequence(der), 'list'), 'id')

  test('names its certificate, by any hash', () => {
    const matcher = new CertificateIdMatcher(certificate, issuer, provider)
    for (const hash of ['sha1', 'sha256', 'sha384', 'sha512'] as const) {
      expect(matcher.matches(idOf(writeTestCertificateId(leaf.certificate, ca, hash)))).toBe(true)
    }
  })

  test('does not name one with another serial number, or of an issuer with the same name and another key', () => {
    const id = idOf(writeTestCertificateId(leaf.certificate, ca, 'sha256'))
    const sibling = readCertificate(issue(ca, { dnsNames: ['example.com'] }).certificate)
    expect(new CertificateIdMatcher(sibling, issuer, provider).matches(id)).toBe(false)
    const impostor = readCertificate(other.certificate)
    expect(new CertificateIdMatcher(certificate, impostor, provider).matches(id)).toBe(false)
  })

  test('does not name one of an issuer with the same key and another name', () => {
    const renamed = makeCa({ subject: 'Another name', key: ca.key })
    const twin = issue(renamed, { dnsNames: ['example.com'], serialNumber: certificate.serialNumber })
    const matcher = new CertificateIdMatcher(
      readCertificate(twin.certificate),
      readCertificate(renamed.certificate),
      provider,
    )
    expect(matcher.matches(idOf(writeTestCertificateId(leaf.certificate, ca, 'sha1')))).toBe(false)
  })

  test('an unknown hash names nothing, whatever its parameters', () => {
    const id = writeSequence(
      writeSequence(writeOid('1.2.840.113549.2.5'), writeInteger(7)),
      writeOctetString(new Uint8Array(16)),
      writeOctetString(new Uint8Array(16)),
      writeInteger(certificate.serialNumber),
    )
    expect(new CertificateIdMatcher(certificate, issuer, provider).matches(idOf(id))).toBe(false)
  })

  test('parameters of a known hash are NULL or absent', () => {
    const id = (...parameters: Uint8Array[]): Uint8Array =>
      writeSequence(
        writeSequence(writeOid('1.3.14.3.2.26'), ...parameters),
        writeOctetString(new Uint8Array(20)),
        writeOctetString(new Uint8Array(20)),
        writeInteger(1),
      )
    expect(idOf(id())).toEqual(idOf(id(writeNull())))
    expect(() => idOf(id(writeInteger(1)))).toThrow(/hashAlgorithm\.parameters/)
  })
})

describe('OCSP URLs', () => {
  const withAccess = (value: Uint8Array): readonly string[] =>
    ocspUrls(readCertificate(issue(ca, { extensions: [{ oid: '1.3.6.1.5.5.7.1.1', value }] }).certificate))
  const access = (method: string, name: string): Uint8Array => writeSequence(writeOid(method), writeGeneralName(name))

  test('http and https, each once, in their order; no other schemes, methods or names', () => {
    const urls = withAccess(
      writeSequence(
        access('1.3.6.1.5.5.7.48.2', 'URI:http://ca.example/ca.cer'),
        access('1.3.6.1.5.5.7.48.1', 'URI:http://ocsp.example/b'),
        access('1.3.6.1.5.5.7.48.1', 'URI:HTTPS://ocsp.example/a'),
        access('1.3.6.1.5.5.7.48.1', 'URI:http://ocsp.example/b'),
        access('1.3.6.1.5.5.7.48.1', 'URI:ldap://ocsp.example/'),
        access('1.3.6.1.5.5.7.48.1', 'DNS:ocsp.example'),
      ),
    )
    expect(urls).toEqual(['http://ocsp.example/b', 'HTTPS://ocsp.example/a'])
  })

  test('none without the extension, and none if it is malformed', () => {
    expect(ocspUrls(certificate)).toEqual([])
    expect(withAccess(writeInteger(1))).toEqual([])
  })
})
