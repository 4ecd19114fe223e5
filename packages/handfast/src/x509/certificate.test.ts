import { describe, expect, test } from 'vitest'
import { issue, type IssueOptions, makeCa, makeKey } from '../../test/pki.ts'
import { DerReader, readDer } from '../asn1/der.ts'
import {
  writeBitString,
  writeBoolean,
  writeContext,
  writeElement,
  writeInteger,
  writeNull,
  writeOctetString,
  writeOid,
  writeSequence,
} from '../asn1/der-writer.ts'
import { concatBytes } from '../bytes/compare.ts'
import { fromHex, toHex } from '../bytes/hex.ts'
import { nodeProvider } from '../crypto/node.ts'
import { Certificate, readCertificate } from './certificate.ts'
import { CertificateError } from './certificate-error.ts'

const ca = makeCa({ subject: 'CA' })

/** The elements of a tbsCertificate, each as DER. */
function elements(tbs: Uint8Array): Uint8Array[] {
  const reader = readDer(tbs, 'tbs')
  const all: Uint8Array[] = []
  while (reader.remaining > 0) all.push(reader.element('x'))
  return all
}

/** Changes elements of tbsCertificate by their place: 0 version, 1 serial, 2 algorithm, 3 issuer, 4 validity, 5 subject, 6 key, 7 extensions. */
function withElements(change: (all: Uint8Array[]) => Uint8Array[]): IssueOptions {
  return { subject: 'x', alterTbs: (tbs) => writeSequence(...change(elements(tbs))) }
}

function replaced(index: number, ...by: Uint8Array[]): IssueOptions {
  return withElements((all) => [...all.slice(0, index), ...by, ...all.slice(index + 1)])
}

function failure(read: () => unknown): CertificateError {
  try {
    read()
  } catch (error) {
    if (error instanceof CertificateError) return error
    throw error
  }
  throw new Error('needs a CertificateError, has none')
}

describe('readCertificate', () => {
  test('gives every field', () => {
    const made = issue(ca, {
      subject: [
        ['2.5.4.6', 'DE'],
        ['2.5.4.3', 'leaf'],
      ],
      dnsNames: ['example.com'],
      ips: ['192.0.2.1'],
      serialNumber: 0x0102030405,
      notBefore: Date.UTC(2021, 1, 3),
      notAfter: Date.UTC(2051, 4, 6),
    })
    const certificate = readCertificate(made.certificate)
    expect(certificate).toBeInstanceOf(Certificate)
    expect(certificate.version).toBe(3)
    expect(certificate.serialNumberHex).toBe('0102030405')
    expect(certificate.subjectText).toBe('CN=leaf,C=DE')
    expect(certificate.issuerText).toBe('CN=CA')
    expect(certificate.issuerDer).toEqual(ca.name)
    expect(certificate.subjectDer).toEqual(made.name)
    expect(certificate.notBefore).toBe(Date.UTC(2021, 1, 3))
    expect(certificate.notAfter).toBe(Date.UTC(2051, 4, 6))
    expect(certificate.publicKeyText).toBe('ECDSA P-256')
    expect(certificate.signatureAlgorithmText).toBe('ECDSA with SHA-256')
    expect(certificate.subjectAltNameTexts).toEqual(['DNS:example.com', 'IP:192.0.2.1'])
    expect(certificate.isCa).toBe(false)
    expect(certificate.isSelfIssued).toBe(false)
    expect(certificate.keyUsage?.digitalSignature).toBe(true)
    expect(certificate.subjectPublicKeyInfo).toEqual(made.key.subjectPublicKeyInfo)
    expect(certificate.fingerprint(nodeProvider.hashes.sha256)).toBe(
      toHex(nodeProvider.hashes.sha256.digest(made.certificate)),
    )
    expect(certificate.der.buffer).toBe(certificate.tbsCertificate.buffer)
    expect(
      nodeProvider.verify(
        { kind: 'ecdsa', hash: 'sha256' },
        readCertificate(ca.certificate).publicKey(nodeProvider),
        certificate.tbsCertificate,
        certificate.signature,
      ),
    ).toBe(true)
  })

  test('imports the public key once for a provider', () => {
    let imports = 0
    const counting = {
      ...nodeProvider,
      importPublicKey: (spki: Uint8Array) => {
        imports++
        return nodeProvider.importPublicKey(spki)
      },
    }
    const certificate = readCertificate(ca.certificate)
    expect(certificate.publicKey(counting)).toBe(certificate.publicKey(counting))
    expect(imports).toBe(1)
    certificate.publicKey(nodeProvider)
    expect(imports).toBe(1)
  })

  test('versions 1 and 2 have no extensions', () => {
    expect(readCertificate(issue(ca, { subject: 'x', version: 1 }).certificate).version).toBe(1)
    expect(readCertificate(issue(ca, { subject: 'x', version: 2 }).certificate).version).toBe(2)
    const extensions = [{ oid: '1.2.3', value: writeNull() }]
    for (const version of [1, 2] as const) {
      const { certificate } = issue(ca, { subject: 'x', version, extensions })
      expect(failure(() => readCertificate(certificate)).message).toMatch(/^tbsCertificate: needs nothing more/)
    }
  })

  test('unique identifiers are passed over from version 2 on', () => {
    const identifier = writeElement(0x81, Uint8Array.of(0, 1))
    const insert = (all: Uint8Array[]): Uint8Array[] => [...all.slice(0, 7), identifier, ...all.slice(7)]
    expect(readCertificate(issue(ca, withElements(insert)).certificate).extensions.all.length).toBeGreaterThan(0)
    const append = (tbs: Uint8Array): Uint8Array => writeSequence(...elements(tbs), identifier)
    expect(
      failure(() => readCertificate(issue(ca, { subject: 'x', version: 1, alterTbs: append }).certificate)).path,
    ).toBe('tbsCertificate')
  })

  test('a padded serial number is read for who asks for it, as it is', () => {
    const { certificate } = issue(ca, { subject: 'x', serialNumber: fromHex('0005') })
    expect(failure(() => readCertificate(certificate)).path).toBe('tbsCertificate.serialNumber')
    const read = readCertificate(certificate, { paddedSerialNumber: true })
    expect([read.serialNumber, read.hasPaddedSerialNumber]).toEqual([fromHex('0005'), true])
  })

  test.each([
    ['05', false],
    ['0080', false],
    ['80', false],
    ['ff7f', false],
    ['00', false],
    ['007f', true],
    ['ff80', true],
    ['0000', true],
  ])('a serial number %s is padded: %s', (hex, expected) => {
    const { certificate } = issue(ca, { subject: 'x', serialNumber: fromHex(hex) })
    expect(readCertificate(certificate, { paddedSerialNumber: true }).hasPaddedSerialNumber).toBe(expected)
    if (!expected) expect(readCertificate(certificate).hasPaddedSerialNumber).toBe(false)
    else expect(() => readCertificate(certificate)).toThrow(CertificateError)
  })

  test('algorithms that differ are told cut, however long they are', () => {
    const algorithm = (fill: number): Uint8Array =>
      writeSequence(writeOid('1.2.3.4'), writeElement(4, new Uint8Array(5000).fill(fill)))
    const { certificate } = issue(ca, { subject: 'x', innerAlgorithm: algorithm(0), outerAlgorithm: algorithm(1) })
    const { path, message } = failure(() => readCertificate(certificate))
    expect(path).toBe('tbsCertificate.signature')
    expect(message).toContain('(5013 bytes)')
    expect(message.length).toBeLessThan(500)
  })

  test('odd serial numbers are read', () => {
    for (const serialNumber of [0, -5, 2n ** 200n]) {
      expect(() => readCertificate(issue(ca, { subject: 'x', serialNumber }).certificate)).not.toThrow()
    }
  })

  test.each([
    ['version 1 in words', replaced(0, writeContext(0, writeInteger(0))), 'tbsCertificate.version'],
    ['version 4', replaced(0, writeContext(0, writeInteger(3))), 'tbsCertificate.version'],
    ['an empty serial number', replaced(1, writeElement(2)), 'tbsCertificate.serialNumber'],
    ['a padded serial number', replaced(1, fromHex('02020001')), 'tbsCertificate.serialNumber'],
    ['no validity', replaced(4), 'tbsCertificate.validity.notBefore'],
    ['an odd issuer', replaced(3, writeSequence(writeNull())), 'tbsCertificate.issuer[0]'],
    ['an odd subject', replaced(5, writeSequence(writeNull())), 'tbsCertificate.subject[0]'],
    ['no key', replaced(6), 'tbsCertificate.subjectPublicKeyInfo'],
    ['no extension', replaced(7, writeContext(3, writeSequence())), 'tbsCertificate.extensions'],
    [
      'two lists of extensions',
      replaced(7, writeContext(3, writeSequence(writeNull()), writeNull())),
      'tbsCertificate.extensions',
    ],
    ['something after the extensions', withElements((all) => [...all, writeNull()]), 'tbsCertificate'],
    [
      'another algorithm inside',
      { subject: 'x', innerAlgorithm: writeSequence(writeOid('1.2.3')) },
      'tbsCertificate.signature',
    ],
    [
      'a FALSE that is the default',
      replaced(
        7,
        writeContext(
          3,
          writeSequence(writeSequence(writeOid('1.2.3'), writeBoolean(false), writeOctetString(new Uint8Array(1)))),
        ),
      ),
      'tbsCertificate.extensions[0].critical',
    ],
    [
      'an extension without value',
      replaced(7, writeContext(3, writeSequence(writeSequence(writeOid('1.2.3'))))),
      'tbsCertificate.extensions[0].extnValue',
    ],
  ])('refuses %s', (_, options, path) => {
    const error = failure(() => readCertificate(issue(ca, options).certificate))
    expect(error.reason).toBe('malformed')
    expect(error.path).toBe(path)
  })

  test('refuses bytes behind, cuts, and what is no certificate', () => {
    const { certificate } = issue(ca, { subject: 'x' })
    expect(failure(() => readCertificate(concatBytes(certificate, Uint8Array.of(0)))).path).toBe('certificate')
    expect(failure(() => readCertificate(certificate.subarray(0, -1))).path).toBe('certificate')
    expect(failure(() => readCertificate(new Uint8Array(0))).path).toBe('certificate')
    expect(failure(() => readCertificate(writeSequence(writeNull()))).path).toBe('tbsCertificate')
  })

  test('a signature is of whole bytes', () => {
    const reader = readDer(ca.certificate, 'certificate')
    const start = [reader.element('a'), reader.element('b')]
    const odd = writeSequence(...start, writeBitString(Uint8Array.of(0x80), 7))
    expect(failure(() => readCertificate(odd)).path).toBe('signatureValue')
  })

  test('a malformed public key is an error of the field that asks for it', () => {
    const subjectPublicKeyInfo = writeSequence(
      writeSequence(writeOid('1.3.101.112'), writeNull()),
      writeBitString(new Uint8Array(32)),
    )
    const certificate = readCertificate(issue(ca, { subject: 'x', subjectPublicKeyInfo }).certificate)
    expect(failure(() => certificate.publicKeyText).path).toBe(
      'tbsCertificate.subjectPublicKeyInfo.algorithm.parameters',
    )
  })

  test('malformed parameters of a signature are an error of the field that asks for them', () => {
    const algorithm = writeSequence(writeOid('1.2.840.10045.4.3.2'), writeNull())
    const certificate = readCertificate(
      issue(ca, { subject: 'x', innerAlgorithm: algorithm, outerAlgorithm: algorithm }).certificate,
    )
    expect(failure(() => certificate.signatureAlgorithmText).path).toBe('signatureAlgorithm.parameters')
  })
})

test('a certificate in the middle of a larger array is read where it stands', () => {
  const { certificate } = issue(ca, { key: makeKey('ed25519'), dnsNames: ['a.example'] })
  const larger = concatBytes(new Uint8Array(100), certificate, new Uint8Array(7))
  const read = readCertificate(larger.subarray(100, 100 + certificate.length))
  expect(read.subjectAltNameTexts).toEqual(['DNS:a.example'])
  expect(read.der).toEqual(certificate)
  expect(new DerReader(read.subject.der, '').element('name')).toEqual(read.subjectDer)
})
