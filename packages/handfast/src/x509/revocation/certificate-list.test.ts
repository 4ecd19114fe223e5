import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  writeBitString,
  writeContext,
  writeContextPrimitive,
  writeElement,
  writeInteger,
  writeNull,
  writeOid,
  writeSequence,
  writeTime,
} from '../../asn1/index.ts'
import { concatBytes } from '../../bytes/index.ts'
import { issue, makeCa, writeAlgorithm, writeGeneralName, writeName } from '../../../test/pki.ts'
import {
  CRL_ISSUED,
  CRL_NEXT,
  type CrlOptions,
  issueCrl,
  writeEntry,
  writeRdnContents,
} from '../../../test/crl-maker.ts'
import { writeGeneralizedTime } from '../../../test/ocsp-maker.ts'
import { nodeProvider } from '../../crypto/node.ts'
import type { CryptoProvider } from '../../crypto/provider.ts'
import { readCertificate } from '../certificate.ts'
import { CertificateError } from '../certificate-error.ts'
import { generalNameText } from '../general-name.ts'
import { type CertificateList, readCertificateList } from './certificate-list.ts'
import { compareCrlNumbers } from './crl-extensions.ts'

const ca = makeCa({ subject: 'CA' })
const other = makeCa({ subject: 'Other' })
const leaf = issue(ca, { dnsNames: ['example.com'] })
const DECEMBER = Date.UTC(2025, 11, 1)

function crl(options: CrlOptions = {}): CertificateList {
  return readCertificateList(issueCrl(ca, options))
}

function failure(der: Uint8Array): CertificateError {
  try {
    readCertificateList(der)
  } catch (error) {
    if (error instanceof CertificateError) return error
    throw error
  }
  throw new Error('needs a CertificateError, has none')
}

function found(list: CertificateList, certificate: Uint8Array): ReturnType<CertificateList['find']> {
  const { serialNumber, issuer } = readCertificate(certificate)
  return list.find(serialNumber, issuer)
}

describe('readCertificateList', () => {
  test('reads a list with everything', () => {
    const list = crl({
      revoked: [{ certificate: leaf.certificate, reason: 1, invalidSince: DECEMBER - 86_400_000 }],
      number: 2n ** 159n - 1n,
      scope: { uris: ['http://example.com/1.crl'], onlyContains: 'user-certificates', reasons: [1, 8] },
      freshest: ['http://example.com/delta.crl'],
      extensions: [
        { oid: '2.5.29.18', value: writeSequence(writeGeneralName('DNS:ca.example')) },
        { oid: '2.5.29.60', value: writeGeneralizedTime(Date.UTC(2020, 0, 1)) },
        {
          oid: '1.3.6.1.5.5.7.1.1',
          value: writeSequence(
            writeSequence(writeOid('1.3.6.1.5.5.7.48.2'), writeGeneralName('URI:http://example.com/ca.cer')),
          ),
        },
        { oid: '1.2.3.4', value: writeNull() },
      ],
    })
    expect(list.version).toBe(2)
    expect(list.issuerText).toBe('CN=CA')
    expect([list.thisUpdate, list.nextUpdate]).toEqual([CRL_ISSUED, CRL_NEXT])
    expect(list.signatureAlgorithm.text).toBe('ECDSA with SHA-256')
    expect(list.isDelta).toBe(false)
    expect(list.revoked.count).toBe(1)
    expect(list.revoked.unknownCritical).toBeNull()
    const { extensions } = list
    expect(extensions.authorityKeyIdentifier?.keyIdentifier).toEqual(ca.keyIdentifier)
    expect(extensions.crlNumber).toHaveLength(20)
    expect(extensions.issuingDistributionPoint?.distributionPoint?.map(generalNameText)).toEqual([
      'URI:http://example.com/1.crl',
    ])
    expect(extensions.issuingDistributionPoint).toMatchObject({
      onlyContains: 'user-certificates',
      onlySomeReasons: 0x102,
      indirectCrl: false,
    })
    expect(extensions.freshestCrl?.[0]?.fullName?.map(generalNameText)).toEqual(['URI:http://example.com/delta.crl'])
    expect(extensions.issuerAltName?.map(generalNameText)).toEqual(['DNS:ca.example'])
    expect(extensions.expiredCertsOnCrl).toBe(Date.UTC(2020, 0, 1))
    expect(extensions.authorityInfoAccess).toHaveLength(1)
    expect(extensions.unknownCritical).toEqual([])
    expect(found(list, leaf.certificate)).toEqual({
      serialNumber: readCertificate(leaf.certificate).serialNumber,
      revocationDate: DECEMBER,
      reason: 'keyCompromise',
      invalidityDate: DECEMBER - 86_400_000,
      certificateIssuer: null,
      unknownCritical: [],
    })
  })

  test('reads version 1, which has no version and no extensions', () => {
    const list = crl({ version: 1, revoked: [{ certificate: leaf.certificate }] })
    expect(list.version).toBe(1)
    expect(list.extensions.all).toEqual([])
    expect(found(list, leaf.certificate)?.reason).toBeNull()
  })

  test('reads a list without nextUpdate, without entries, without extensions', () => {
    const list = crl({ nextUpdate: null, number: null, keyIdentifier: null })
    expect(list.nextUpdate).toBeNull()
    expect(list.revoked.count).toBe(0)
    expect(found(list, leaf.certificate)).toBeNull()
  })

  test('reads GeneralizedTime in all three places', () => {
    const date = writeGeneralizedTime(DECEMBER)
    const list = crl({
      entries: [writeSequence(writeInteger(5), date)],
      alterTbs: (tbs) => replaced(replaced(tbs, writeTime(CRL_ISSUED), date), writeTime(CRL_NEXT), date),
    })
    expect([list.thisUpdate, list.nextUpdate]).toEqual([DECEMBER, DECEMBER])
    expect(list.find(Uint8Array.of(5), list.issuer)?.revocationDate).toBe(DECEMBER)
  })

  test('takes views of a larger array', () => {
    const der = issueCrl(ca, { revoked: [{ certificate: leaf.certificate, reason: 3 }], number: 9 })
    const list = readCertificateList(concatBytes(new Uint8Array(7), der, new Uint8Array(5)).subarray(7, 7 + der.length))
    expect(found(list, leaf.certificate)?.reason).toBe('affiliationChanged')
    expect(list.extensions.crlNumber).toEqual(Uint8Array.of(9))
  })

  test('resolves nameRelativeToCRLIssuer', () => {
    const point = crl({ scope: { relative: writeRdnContents('CRL1') } }).extensions.issuingDistributionPoint
    expect(point?.distributionPoint?.map(generalNameText)).toEqual(['DirName:CN=CRL1,CN=CA'])
  })

  test('notes critical extensions that are not understood', () => {
    const unknown = { oid: '1.2.3.4', critical: true, value: writeNull() }
    expect(crl({ extensions: [unknown] }).extensions.unknownCritical).toEqual(['1.2.3.4'])
    const list = crl({
      revoked: [{ serialNumber: Uint8Array.of(1) }, { certificate: leaf.certificate, extensions: [unknown] }],
    })
    expect(list.revoked.unknownCritical).toEqual({ index: 1, oid: '1.2.3.4' })
  })

  const unknownTag = writeElement(0x13)
  const reason = (value: Uint8Array): Uint8Array[] => [
    writeEntry({ serialNumber: Uint8Array.of(1) }),
    writeEntry({ serialNumber: Uint8Array.of(2), extensions: [{ oid: '2.5.29.21', value }] }),
  ]
  const REASON = 'tbsCertList.revokedCertificates[1].crlEntryExtensions[0].reasonCode'
  const cases: readonly (readonly [string, CrlOptions, string, string])[] = [
    ['version 1 that is written', { versionDer: writeInteger(0) }, 'tbsCertList.version', '1 (version 2)'],
    ['version 3', { versionDer: writeInteger(2) }, 'tbsCertList.version', '1 (version 2)'],
    [
      'two signature algorithms',
      { innerAlgorithm: writeAlgorithm({ kind: 'ed25519' }) },
      'tbsCertList.signature',
      'the same as signatureAlgorithm',
    ],
    ['an empty issuer', { issuerName: writeSequence() }, 'tbsCertList.issuer', 'a name'],
    ['an issuer that is none', { issuerName: writeInteger(1) }, 'tbsCertList.issuer', 'SEQUENCE'],
    ['an empty list', { entries: [] }, 'tbsCertList.revokedCertificates', 'at least one entry'],
    [
      'extensions in version 1',
      { version: 1, extensions: [{ oid: '1.2.3', value: writeNull() }] },
      'tbsCertList.crlExtensions',
      'none in version 1',
    ],
    [
      'entry extensions in version 1',
      { version: 1, revoked: [{ certificate: leaf.certificate, reason: 1 }] },
      'tbsCertList.revokedCertificates[0].crlEntryExtensions',
      'none in version 1',
    ],
    ['an entry that is none', { entries: [writeInteger(1)] }, 'tbsCertList.revokedCertificates[0]', 'SEQUENCE'],
    [
      'a serial number in a longer form',
      { entries: [writeSequence(writeElement(2, Uint8Array.of(0, 1)), writeTime(0))] },
      'tbsCertList.revokedCertificates[0].userCertificate',
      'the shortest form',
    ],
    [
      'no revocation date',
      { entries: [writeSequence(writeInteger(1))] },
      'tbsCertList.revokedCertificates[0].revocationDate',
      'UTCTime or GeneralizedTime',
    ],
    [
      'a date that is none',
      { entries: [writeSequence(writeInteger(1), writeElement(0x17, new TextEncoder().encode('250230000000Z')))] },
      'tbsCertList.revokedCertificates[0].revocationDate',
      'a time',
    ],
    [
      'more in an entry',
      { entries: [writeSequence(writeInteger(1), writeTime(0), writeSequence(unknownTag), unknownTag)] },
      'tbsCertList.revokedCertificates[0]',
      'nothing more',
    ],
    [
      'an empty list of entry extensions',
      { entries: [writeSequence(writeInteger(1), writeTime(0), writeSequence())] },
      'tbsCertList.revokedCertificates[0].crlEntryExtensions',
      'at least one',
    ],
    ['reason 7', { entries: reason(writeElement(10, Uint8Array.of(7))) }, REASON, 'a CRLReason'],
    ['reason 11', { entries: reason(writeElement(10, Uint8Array.of(11))) }, REASON, 'a CRLReason'],
    ['a long reason', { entries: reason(writeElement(10, Uint8Array.of(0, 1))) }, REASON, 'a CRLReason'],
    ['a reason of another type', { entries: reason(writeInteger(1)) }, REASON, 'ENUMERATED'],
    [
      'more than a reason',
      { entries: reason(concatBytes(writeElement(10, Uint8Array.of(1)), writeNull())) },
      REASON,
      'nothing more',
    ],
    [
      'a reason twice',
      {
        revoked: [
          {
            serialNumber: Uint8Array.of(1),
            reason: 1,
            extensions: [{ oid: '2.5.29.21', value: writeElement(10, Uint8Array.of(1)) }],
          },
        ],
      },
      'tbsCertList.revokedCertificates[0].crlEntryExtensions[1].extnID',
      'each extension once',
    ],
    [
      'a certificateIssuer without a directory name',
      { revoked: [{ serialNumber: Uint8Array.of(1), issuer: [writeGeneralName('DNS:a.example')] }] },
      'tbsCertList.revokedCertificates[0].crlEntryExtensions[0].certificateIssuer',
      'a directoryName',
    ],
    ['a negative CRL number', { number: -1 }, 'tbsCertList.crlExtensions[1].cRLNumber', 'no negative INTEGER'],
    [
      'an empty scope',
      { scope: writeSequence() },
      'tbsCertList.crlExtensions[2].issuingDistributionPoint',
      'at least one field',
    ],
    [
      'a scope of two kinds',
      { scope: writeSequence(...[1, 2].map((tag) => writeContextPrimitive(tag, Uint8Array.of(0xff)))) },
      'tbsCertList.crlExtensions[2].issuingDistributionPoint',
      'at most one of onlyContainsUserCerts',
    ],
    [
      'a scope that writes FALSE',
      { scope: writeSequence(writeContextPrimitive(4, Uint8Array.of(0))) },
      'tbsCertList.crlExtensions[2].issuingDistributionPoint.indirectCRL',
      'no FALSE',
    ],
    [
      'a distribution point with two alternatives',
      {
        scope: writeSequence(
          writeContext(0, writeContext(0, writeGeneralName('DNS:a')), writeContext(1, writeRdnContents('b'))),
        ),
      },
      'tbsCertList.crlExtensions[2].issuingDistributionPoint.distributionPoint',
      'one of its alternatives',
    ],
    [
      'a relative name that is none',
      { scope: { relative: writeNull() } },
      'tbsCertList.crlExtensions[2].issuingDistributionPoint.distributionPoint.nameRelativeToCRLIssuer',
      'a RelativeDistinguishedName',
    ],
    [
      'an extension twice',
      { extensions: [1, 2].map((number) => ({ oid: '1.2.3', value: writeInteger(number) })) },
      'tbsCertList.crlExtensions[3].extnID',
      'each extension once',
    ],
    ['more behind the extensions', { alterTbs: (tbs) => appended(tbs, writeNull()) }, 'tbsCertList', 'nothing more'],
  ]
  test.each(cases)('refuses %s', (_, options, path, needs) => {
    const error = failure(issueCrl(ca, options))
    expect(error.reason).toBe('malformed')
    expect(error.path).toBe(path)
    expect(error.message).toContain(`needs ${needs}`)
  })

  test('an algorithm with malformed parameters is told when it is asked for', () => {
    const algorithm = writeSequence(writeOid('1.2.840.10045.4.3.2'), writeNull())
    const tbs = issueCrl(ca, { innerAlgorithm: algorithm, alterTbs: (inner) => inner })
    const inner = readInner(tbs)
    const list = readCertificateList(writeSequence(inner, algorithm, writeBitString(Uint8Array.of(1))))
    expect(() => list.signatureAlgorithm).toThrow(CertificateError)
  })
})

describe('who signed it', () => {
  const signer = readCertificate(ca.certificate)

  test('is remembered, for this key and this provider', () => {
    let checks = 0
    const counting: CryptoProvider = {
      ...nodeProvider,
      verify: (...values) => {
        checks++
        return nodeProvider.verify(...values)
      },
    }
    const list = crl()
    expect([list.isSignedBy(signer, counting), list.isSignedBy(signer, counting), checks]).toEqual([true, true, 1])
    expect(list.isSignedBy(readCertificate(other.certificate), counting)).toBe(false)
    expect(list.isSignedBy(readCertificate(ca.certificate), counting)).toBe(true)
    expect(checks).toBe(2)
    expect(list.isSignedBy(signer, { ...nodeProvider, verify: () => false })).toBe(false)
  })

  test('what does not verify is not remembered, nor is it for another list', () => {
    const broken = crl({ breakSignature: true })
    expect([broken.isSignedBy(signer, nodeProvider), broken.isSignedBy(signer, nodeProvider)]).toEqual([false, false])
    expect(crl().isSignedBy(signer, nodeProvider)).toBe(true)
    expect(crl({ breakSignature: true }).isSignedBy(signer, nodeProvider)).toBe(false)
  })
})

describe('looking up', () => {
  test('an entry that is about another issuer is not found, and the issuer holds for those that follow', () => {
    const foreign = issue(other, { serialNumber: 77 })
    const own = issue(ca, { serialNumber: 77 })
    const list = crl({
      scope: { isIndirect: true },
      revoked: [
        { serialNumber: Uint8Array.of(1) },
        { serialNumber: Uint8Array.of(2), issuer: other.name },
        { serialNumber: Uint8Array.of(77), reason: 4 },
        { serialNumber: Uint8Array.of(3), issuer: ca.name },
        { serialNumber: Uint8Array.of(4) },
      ],
    })
    for (let round = 0; round < 3; round++) {
      expect(found(list, foreign.certificate)?.reason).toBe('superseded')
      expect(found(list, own.certificate)).toBeNull()
      const { issuer } = list
      expect([1, 2, 3, 4].map((serial) => list.find(Uint8Array.of(serial), issuer) !== null)).toEqual([
        true,
        false,
        true,
        true,
      ])
    }
  })

  test('of an entry listed twice, what revokes counts', () => {
    const list = crl({
      revoked: [
        { certificate: leaf.certificate, reason: 8 },
        { certificate: leaf.certificate, reason: 6 },
      ],
    })
    expect(found(list, leaf.certificate)?.reason).toBe('certificateHold')
    expect(found(list, leaf.certificate)?.reason).toBe('certificateHold')
  })

  test('serial numbers with one hash are told apart', () => {
    // Differences of 31 in neighbouring octets cancel out.
    const twins = [Uint8Array.of(1, 31), Uint8Array.of(2, 0)]
    const list = crl({ revoked: twins.map((serialNumber, index) => ({ serialNumber, reason: index + 1 })) })
    for (let round = 0; round < 3; round++) {
      expect(twins.map((serial) => list.find(serial, list.issuer)?.reason)).toEqual(['keyCompromise', 'cACompromise'])
      expect(list.find(Uint8Array.of(0, 62), list.issuer)).toBeNull()
    }
  })

  test('finds exactly what is listed, of all shapes, asked once or often', () => {
    const serial = fc
      .uint8Array({ minLength: 1, maxLength: 22 })
      .map((bytes) => concatBytes(Uint8Array.of(0x40), bytes))
    const time = fc.integer({ min: 0, max: 5_000_000_000 }).map((second) => second * 1000)
    const entry = fc.record({
      serialNumber: serial,
      revokedAt: time,
      reason: fc.option(fc.constantFrom(0, 1, 2, 3, 4, 5, 6, 9, 10), { nil: undefined }),
      invalidSince: fc.option(time, { nil: undefined }),
      extensions: fc.constantFrom([], [{ oid: '1.2.3.4', value: new Uint8Array(200) }]),
    })
    const unique = { selector: ({ serialNumber }: { serialNumber: Uint8Array }) => serialNumber.join(), minLength: 1 }
    fc.assert(
      fc.property(fc.uniqueArray(entry, unique), serial, (entries, absent) => {
        const list = readCertificateList(unsigned(entries.map((one) => writeEntry(defined(one)))))
        expect(list.revoked.count).toBe(entries.length)
        for (const { serialNumber, revokedAt, invalidSince } of entries) {
          expect(list.find(serialNumber, list.issuer)).toMatchObject({
            revocationDate: revokedAt,
            invalidityDate: invalidSince ?? null,
          })
        }
        const isListed = entries.some(({ serialNumber }) => serialNumber.join() === absent.join())
        expect(list.find(absent, list.issuer) !== null).toBe(isListed)
      }),
      { numRuns: 50 },
    )
  })
})

describe('hostile input', () => {
  test('a long certificateIssuer is compared once, however many entries it holds for', () => {
    const names = Array.from({ length: 300 }, (_, i) => writeContext(4, writeName(`Other ${i}`)))
    const serialNumber = Uint8Array.of(7)
    const entry = writeEntry({ serialNumber })
    const entries = [
      writeEntry({ serialNumber: Uint8Array.of(1), issuer: names }),
      ...Array.from({ length: 300 }, () => entry),
    ]
    const list = readCertificateList(issueCrl(ca, { scope: { isIndirect: true }, entries }))
    let compared = 0
    const asked = new Proxy(list.issuer, {
      get: (name, property) => {
        if (property === 'key') compared++
        return Reflect.get(name, property, name) as unknown
      },
    })
    expect(list.find(serialNumber, asked)).toBeNull()
    expect(compared).toBe(300)
  })

  const whole = issueCrl(ca, {
    revoked: [
      { certificate: leaf.certificate, reason: 1, invalidSince: DECEMBER },
      { serialNumber: Uint8Array.of(9), issuer: other.name },
      { serialNumber: Uint8Array.of(0x7f), reason: 2 },
    ],
    scope: { uris: ['http://example.com/'], reasons: [1] },
    freshest: ['http://example.com/'],
  })

  test('every truncation is malformed', () => {
    for (let length = 0; length < whole.length; length++) {
      expect(failure(whole.subarray(0, length)).reason).toBe('malformed')
    }
  })

  test('every changed byte is read or malformed, and what is read answers', () => {
    for (let at = 0; at < whole.length; at++) {
      for (const change of [1, 0x80, 0xff]) {
        const altered = whole.slice()
        altered[at] = (altered[at] as number) ^ change
        try {
          const list = readCertificateList(altered)
          list.find(Uint8Array.of(9), list.issuer)
          list.find(Uint8Array.of(9), readCertificate(other.certificate).issuer)
        } catch (error) {
          expect(error).toBeInstanceOf(CertificateError)
        }
      }
    }
  })

  describe('the quick reader takes nothing that the strict one refuses', () => {
    const entry = writeEntry({ serialNumber: Uint8Array.of(0x40, 2), reason: 1, invalidSince: DECEMBER })
    const short = writeEntry({ serialNumber: Uint8Array.of(0x40), reason: 9 })

    /** Looking up reads strictly what reading may have passed over. */
    function checkStrictly(changed: Uint8Array): boolean {
      const der = unsigned([changed])
      if (!isReadable(der)) return false
      const list = readCertificateList(der)
      const serial = changed.subarray(4, 4 + (changed[3] as number))
      expect(list.find(serial, list.issuer)?.serialNumber).toEqual(serial)
      return true
    }

    // Digits and their neighbours, tags, small and long lengths.
    const values = [...Array(0x40).keys(), 0x55, 0x5a, 0x7f, 0x80, 0x81, 0x82, 0xa0, 0xff]

    test.each([entry, short])('with any one byte changed', (original) => {
      let read = 0
      for (let at = 0; at < original.length; at++) {
        for (const value of values) {
          const changed = original.slice()
          changed[at] = value
          if (checkStrictly(changed)) read++
        }
      }
      expect(read).toBeGreaterThan(100)
    })

    test('with lengths that only seem to fit', () => {
      const date = writeTime(DECEMBER)
      const utc = concatBytes(Uint8Array.of(0x30, 24, 6, 3, 0x55, 0x1d, 24, 4, 17), date)
      const header = concatBytes(writeElement(2, Uint8Array.of(0x40)), date)
      expect(checkStrictly(writeElement(0x30, header, writeElement(0x30, utc)))).toBe(false)
      expect(checkStrictly(writeElement(0x30, writeElement(2), date))).toBe(false)
      expect(checkStrictly(writeElement(0x30, header))).toBe(true)
    })

    test('with several bytes changed, removed or added', () => {
      const place = fc.nat(entry.length - 1)
      const change = fc.tuple(place, fc.constantFrom(0, 1, 2), fc.nat(255))
      fc.assert(
        fc.property(fc.array(change, { minLength: 1, maxLength: 4 }), (changes) => {
          const bytes = [...entry]
          for (const [at, kind, value] of changes) bytes.splice(at, kind === 2 ? 0 : 1, ...(kind === 0 ? [] : [value]))
          // Most get past the entry's own length only if it is right.
          bytes[1] = bytes.length - 2
          checkStrictly(Uint8Array.from(bytes))
        }),
        { numRuns: 2000 },
      )
    })
  })

  test('a length beyond the end says so', () => {
    const tbs = writeSequence(writeInteger(1), Uint8Array.of(0x30, 0x84, 0xff, 0xff, 0xff, 0xff))
    expect(failure(writeSequence(tbs, writeSequence(), writeBitString(new Uint8Array(1)))).message).toContain(
      '4294967295 bytes',
    )
  })

  test('a long list is found its way in', () => {
    const entries: Uint8Array[] = []
    for (let i = 0; i < 20_000; i++) {
      entries.push(writeSequence(writeInteger(2 ** 31 + i), writeTime(DECEMBER)))
    }
    const list = readCertificateList(unsigned(entries))
    expect(list.revoked.count).toBe(20_000)
    const serial = (i: number): Uint8Array => writeInteger(2 ** 31 + i).subarray(2)
    for (const i of [19_999, 0, 10_000]) expect(list.find(serial(i), list.issuer)?.serialNumber).toEqual(serial(i))
    expect(list.find(serial(20_000), list.issuer)).toBeNull()
  })
})

test('CRL numbers compare as numbers', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: 0n, max: 2n ** 70n }), fc.bigInt({ min: 0n, max: 2n ** 70n }), (a, b) => {
      const contents = (value: bigint): Uint8Array => writeInteger(value).subarray(2)
      expect(Math.sign(compareCrlNumbers(contents(a), contents(b)))).toBe(a < b ? -1 : a > b ? 1 : 0)
    }),
  )
  const contents = [127, 128, 255, 256, 32767, 32768].map((value) => writeInteger(value).subarray(2))
  for (let i = 1; i < contents.length; i++) {
    expect(compareCrlNumbers(contents[i - 1] as Uint8Array, contents[i] as Uint8Array)).toBeLessThan(0)
  }
})

function isReadable(der: Uint8Array): boolean {
  try {
    readCertificateList(der)
    return true
  } catch (error) {
    expect(error).toBeInstanceOf(CertificateError)
    return false
  }
}

/** A list that no one signed: quicker to make. */
function unsigned(entries: readonly Uint8Array[]): Uint8Array {
  const algorithm = writeAlgorithm({ kind: 'ed25519' })
  const contents = new Uint8Array(entries.reduce((length, entry) => length + entry.length, 0))
  let offset = 0
  for (const entry of entries) {
    contents.set(entry, offset)
    offset += entry.length
  }
  const tbs = writeSequence(writeInteger(1), algorithm, writeName('CA'), writeTime(0), writeElement(0x30, contents))
  return writeSequence(tbs, algorithm, writeBitString(new Uint8Array(64)))
}

function defined<T extends object>(value: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(value).filter(([, one]) => one !== undefined)) as never
}

/** `whole` with the first `part` replaced by `by`; lengths around it are made right again. */
function replaced(tbs: Uint8Array, part: Uint8Array, by: Uint8Array): Uint8Array {
  const text = tbs.join()
  const at = text.indexOf(part.join())
  if (at < 0) throw new Error('the part is not there')
  const contents = new Uint8Array(text.replace(part.join(), by.join()).split(',').map(Number))
  return writeElement(0x30, contents.subarray(tbs.length - innerLength(tbs)))
}

function appended(tbs: Uint8Array, element: Uint8Array): Uint8Array {
  return writeElement(0x30, tbs.subarray(tbs.length - innerLength(tbs)), element)
}

function innerLength(element: Uint8Array): number {
  const first = element[1] as number
  return element.length - (first < 0x80 ? 2 : 2 + (first & 0x7f))
}

/** The first element within a SEQUENCE. */
function readInner(der: Uint8Array): Uint8Array {
  const contents = der.subarray(der.length - innerLength(der))
  const first = contents[1] as number
  const header = first < 0x80 ? 2 : 2 + (first & 0x7f)
  let length = first
  if (first >= 0x80) {
    length = 0
    for (let i = 2; i < header; i++) length = length * 256 + (contents[i] as number)
  }
  return contents.subarray(0, header + length)
}
