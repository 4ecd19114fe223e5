import { describe, expect, test } from 'vitest'
import { issue, makeCa, type TestExtension } from '../../test/pki.ts'
import {
  writeBoolean,
  writeContext,
  writeContextPrimitive,
  writeElement,
  writeIa5String,
  writeInteger,
  writeNull,
  writeOctetString,
  writeOid,
  writeSequence,
  writeUtf8String,
} from '../asn1/der-writer.ts'
import { concatBytes } from '../bytes/compare.ts'
import { fromHex } from '../bytes/hex.ts'
import { readCertificate } from './certificate.ts'
import { CertificateError } from './certificate-error.ts'
import type { Extensions } from './extensions.ts'

const ca = makeCa()

/** Extensions with this one alone. */
function only(oid: string, value: Uint8Array): Extensions {
  const none = {
    isCa: null,
    keyUsage: null,
    extKeyUsage: null,
    subjectKeyIdentifier: null,
    authorityKeyIdentifier: null,
  }
  return readCertificate(issue(ca, { subject: 'x', ...none, extensions: [{ oid, value }] }).certificate).extensions
}

const dns = (name: string): Uint8Array => writeIa5String(name, 0x82)
const uri = (text: string): Uint8Array => writeIa5String(text, 0x86)

describe('values', () => {
  test('authorityKeyIdentifier', () => {
    const value = writeSequence(
      writeContextPrimitive(0, Uint8Array.of(1, 2)),
      writeContext(1, dns('a')),
      writeContextPrimitive(2, Uint8Array.of(7)),
    )
    expect(only('2.5.29.35', value).authorityKeyIdentifier).toEqual({
      keyIdentifier: Uint8Array.of(1, 2),
      authorityCertIssuer: [{ kind: 'dns', name: 'a' }],
      authorityCertSerialNumber: Uint8Array.of(7),
    })
  })

  test('keyUsage, trailing zero bits or not', () => {
    expect(only('2.5.29.15', fromHex('03020780')).keyUsage?.digitalSignature).toBe(true)
    expect(only('2.5.29.15', fromHex('03020080')).keyUsage?.digitalSignature).toBe(true)
    expect(only('2.5.29.15', fromHex('0303070080')).keyUsage?.decipherOnly).toBe(true)
    expect(only('2.5.29.15', fromHex('03020106')).keyUsage).toMatchObject({
      keyCertSign: true,
      cRLSign: true,
      digitalSignature: false,
    })
  })

  test('basicConstraints', () => {
    expect(only('2.5.29.19', writeSequence()).basicConstraints).toEqual({ isCa: false, pathLength: undefined })
    expect(only('2.5.29.19', writeSequence(writeInteger(1))).basicConstraints).toEqual({ isCa: false, pathLength: 1 })
    expect(only('2.5.29.19', writeSequence(writeBoolean(false))).basicConstraints?.isCa).toBe(false)
    expect(only('2.5.29.19', writeSequence(writeBoolean(true), writeInteger(3))).basicConstraints).toEqual({
      isCa: true,
      pathLength: 3,
    })
  })

  test('names of all forms', () => {
    const value = writeSequence(
      writeContext(0, writeOid('1.2.3'), writeContext(0, writeUtf8String('x'))),
      writeIa5String('a@example.com', 0x81),
      dns('example.com'),
      writeContext(3, writeNull()),
      writeContext(4, ca.name),
      writeContext(5, writeNull()),
      uri('https://example.com/'),
      writeContextPrimitive(7, Uint8Array.of(192, 0, 2, 1)),
      writeElement(0x88, fromHex('2a03')),
    )
    const names = only('2.5.29.17', value).subjectAltName
    expect(names?.map(({ kind }) => kind)).toEqual([
      'other',
      'email',
      'dns',
      'x400',
      'directory',
      'edi-party',
      'uri',
      'ip',
      'registered-id',
    ])
  })

  test('policies and their kin', () => {
    const qualifier = writeSequence(writeOid('1.3.6.1.5.5.7.2.1'), writeIa5String('http://example.com/cps'))
    const policies = writeSequence(
      writeSequence(writeOid('1.2.3'), writeSequence(qualifier)),
      writeSequence(writeOid('2.5.29.32.0')),
    )
    expect(only('2.5.29.32', policies).certificatePolicies?.map(({ policy }) => policy)).toEqual([
      '1.2.3',
      '2.5.29.32.0',
    ])
    const mappings = writeSequence(writeSequence(writeOid('1.2.3'), writeOid('1.2.4')))
    expect(only('2.5.29.33', mappings).policyMappings).toEqual([
      { issuerDomainPolicy: '1.2.3', subjectDomainPolicy: '1.2.4' },
    ])
    const constraints = writeSequence(
      writeContextPrimitive(0, Uint8Array.of(0)),
      writeContextPrimitive(1, Uint8Array.of(2)),
    )
    expect(only('2.5.29.36', constraints).policyConstraints).toEqual({
      requireExplicitPolicy: 0,
      inhibitPolicyMapping: 2,
    })
    expect(only('2.5.29.54', writeInteger(4)).inhibitAnyPolicy).toBe(4)
  })

  test('reasons beyond those that there are', () => {
    const point = (hex: string): Uint8Array =>
      writeSequence(writeSequence(writeContextPrimitive(1, fromHex(hex)), writeContext(2, writeContext(4, ca.name))))
    const reasonsOf = (hex: string): unknown => only('2.5.29.31', point(hex)).cRLDistributionPoints?.[0]?.reasons
    expect(reasonsOf('006080')).toEqual([1, 2, 8])
    expect(reasonsOf(`0060ff${'ff'.repeat(100)}`)).toEqual([1, 2, 8])
    expect(reasonsOf('00007f')).toEqual([])
  })

  test('where to find things', () => {
    const points = writeSequence(
      writeSequence(
        writeContext(0, writeContext(0, uri('http://example.com/crl'))),
        writeContextPrimitive(1, fromHex('0560')),
      ),
      writeSequence(writeContext(2, writeContext(4, ca.name))),
      writeSequence(writeContext(0, writeElement(0xa1, writeNull()))),
    )
    const read = only('2.5.29.31', points).cRLDistributionPoints
    expect(read?.map(({ reasons }) => reasons)).toEqual([[1, 2], undefined, undefined])
    expect(read?.[0]?.fullName).toEqual([{ kind: 'uri', uri: 'http://example.com/crl' }])
    expect(read?.[1]?.crlIssuer?.[0]?.kind).toBe('directory')
    expect(read?.[2]?.nameRelativeToCrlIssuer).toEqual(fromHex('a1020500'))
    const access = writeSequence(writeSequence(writeOid('1.3.6.1.5.5.7.48.1'), uri('http://ocsp.example.com')))
    expect(only('1.3.6.1.5.5.7.1.1', access).authorityInfoAccess).toEqual([
      { method: '1.3.6.1.5.5.7.48.1', location: { kind: 'uri', uri: 'http://ocsp.example.com' } },
    ])
  })

  test('others', () => {
    expect(only('1.3.6.1.5.5.7.1.24', writeSequence(writeInteger(5))).tlsFeature).toEqual([5])
    expect(only('1.3.6.1.4.1.11129.2.4.2', writeOctetString(Uint8Array.of(0, 0))).timestampList).toEqual(
      Uint8Array.of(0, 0),
    )
    expect(only('2.5.29.37', writeSequence(writeOid('1.3.6.1.5.5.7.3.1'))).extKeyUsage).toEqual(['1.3.6.1.5.5.7.3.1'])
    const period = writeSequence(writeElement(0x80, new TextEncoder().encode('20200101000000Z')))
    expect(only('2.5.29.16', period).privateKeyUsagePeriod).toEqual({
      notBefore: Date.UTC(2020, 0, 1),
      notAfter: undefined,
    })
    expect(only('2.5.29.9', writeSequence(writeNull())).subjectDirectoryAttributes).toEqual([fromHex('0500')])
  })

  test('nameConstraints', () => {
    const value = writeSequence(
      writeContext(
        0,
        writeSequence(dns('example.com')),
        writeSequence(writeContextPrimitive(7, fromHex('c0000200ffffff00'))),
      ),
      writeContext(1, writeSequence(writeIa5String('', 0x82))),
    )
    const constraints = only('2.5.29.30', value).nameConstraints
    expect(constraints?.permitted.map(({ kind }) => kind)).toEqual(['dns', 'ip'])
    expect(constraints?.excluded).toEqual([{ kind: 'dns', name: '' }])
  })

  test('absent ones are undefined, unknown ones raw', () => {
    const extensions = only('1.2.3', Uint8Array.of(1, 2))
    expect(extensions.basicConstraints).toBeUndefined()
    expect(extensions.get('1.2.3')).toEqual({ oid: '1.2.3', critical: false, value: Uint8Array.of(1, 2), index: 0 })
    expect(() => extensions.check()).not.toThrow()
  })
})

describe('malformed values name their field', () => {
  const maskWithGap = writeSequence(
    writeContext(0, writeSequence(writeContextPrimitive(7, fromHex('c0000200ff00ff00')))),
  )
  test.each([
    ['2.5.29.19', fromHex('30030101ff00'), 'basicConstraints', 'nothing more'],
    [
      '2.5.29.19',
      writeSequence(writeBoolean(true), writeInteger(-1)),
      'basicConstraints.pathLenConstraint',
      'no negative INTEGER',
    ],
    ['2.5.29.15', fromHex('030100'), 'keyUsage', 'at least one usage'],
    ['2.5.29.15', fromHex('03020700'), 'keyUsage', 'at least one usage'],
    ['2.5.29.17', writeSequence(), 'subjectAltName', 'at least one name'],
    ['2.5.29.17', writeSequence(dns('a'), writeNull()), 'subjectAltName[1]', 'a GeneralName, [0] to [8]'],
    ['2.5.29.17', writeSequence(writeElement(0x82, fromHex('c3a9'))), 'subjectAltName[0]', 'ASCII characters'],
    [
      '2.5.29.17',
      writeSequence(writeContextPrimitive(7, fromHex('7f0001'))),
      'subjectAltName[0]',
      '4 or 16 bytes as iPAddress',
    ],
    ['2.5.29.30', writeSequence(), 'nameConstraints', 'permittedSubtrees or excludedSubtrees'],
    ['2.5.29.30', writeSequence(writeContext(0)), 'nameConstraints.permittedSubtrees', 'at least one subtree'],
    [
      '2.5.29.30',
      writeSequence(writeContext(1, writeSequence(dns('a'), writeContextPrimitive(0, Uint8Array.of(1))))),
      'nameConstraints.excludedSubtrees[0].minimum',
      'neither minimum nor maximum',
    ],
    ['2.5.29.30', maskWithGap, 'nameConstraints.permittedSubtrees[0].base', 'a mask in the style of CIDR'],
    ['2.5.29.37', writeSequence(), 'extKeyUsage', 'at least one purpose'],
    ['2.5.29.36', writeSequence(), 'policyConstraints', 'requireExplicitPolicy or inhibitPolicyMapping'],
    [
      '2.5.29.32',
      writeSequence(writeSequence(writeOid('1.2.3')), writeSequence(writeOid('1.2.3'))),
      'certificatePolicies[1].policyIdentifier',
      'each policy once',
    ],
    ['2.5.29.31', writeSequence(writeSequence()), 'cRLDistributionPoints[0]', 'distributionPoint or cRLIssuer'],
    ['1.3.6.1.5.5.7.1.1', writeSequence(), 'authorityInfoAccess', 'at least one access description'],
    ['2.5.29.14', concatBytes(writeOctetString(Uint8Array.of(1)), writeNull()), 'subjectKeyIdentifier', 'nothing more'],
  ])('%s %#: %s', (oid, value, path, needs) => {
    const extensions = only(oid, value)
    try {
      extensions.check()
      expect.unreachable()
    } catch (error) {
      expect(error).toBeInstanceOf(CertificateError)
      expect(error).toMatchObject({ reason: 'malformed', path: `tbsCertificate.extensions[0].${path}` })
      expect((error as CertificateError).message).toContain(`needs ${needs}`)
    }
  })
})

describe('the list', () => {
  const read = (extensions: readonly TestExtension[]): unknown =>
    readCertificate(issue(ca, { subject: 'x', extensions }).certificate)

  test('the same extension twice is refused, known or not', () => {
    const twice = (oid: string): TestExtension[] => [
      { oid, value: writeSequence() },
      { oid, value: writeSequence() },
    ]
    expect(() => read(twice('2.5.29.19'))).toThrow('basicConstraints for the second time')
    expect(() => read(twice('1.2.3.4'))).toThrow('1.2.3.4 for the second time')
  })
})
