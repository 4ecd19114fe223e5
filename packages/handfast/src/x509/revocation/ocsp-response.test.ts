import { describe, expect, test } from 'vitest'
import {
  makeOcspError,
  makeOcspResponse,
  OCSP_TIME,
  type OcspOptions,
  type SingleOptions,
  writeGeneralizedTime,
  writeOcspEnvelope,
} from '../../../test/ocsp-maker.ts'
import { issue, makeCa } from '../../../test/pki.ts'
import {
  writeBitString,
  writeBoolean,
  writeContext,
  writeContextPrimitive,
  writeElement,
  writeInteger,
  writeNull,
  writeOctetString,
  writeOid,
  writeSequence,
} from '../../asn1/der-writer.ts'
import { fromHex } from '../../bytes/hex.ts'
import { nodeProvider } from '../../crypto/node.ts'
import { CertificateError } from '../certificate-error.ts'
import { archiveCutoffOf, readOcspResponse, timestampListOf } from './ocsp-response.ts'

const ca = makeCa({ subject: 'OCSP CA' })
const leaf = issue(ca, { dnsNames: ['example.com'], serialNumber: 0x1234 })
const DATA = 'responseBytes.response.tbsResponseData'
const NONCE = '1.3.6.1.5.5.7.48.1.2'

function made(single: Partial<SingleOptions> = {}, options: Partial<OcspOptions> = {}): Uint8Array {
  return makeOcspResponse({
    signer: ca,
    responses: [{ certificate: leaf.certificate, issuer: ca, ...single }],
    ...options,
  })
}

function basicOf(der: Uint8Array): NonNullable<ReturnType<typeof readOcspResponse>['basic']> {
  const { basic } = readOcspResponse(der)
  if (basic === null) throw new Error('an error response')
  return basic
}

/** The error of reading, which must be a CertificateError. */
function failure(der: Uint8Array): CertificateError {
  try {
    readOcspResponse(der)
  } catch (error) {
    expect(error).toBeInstanceOf(CertificateError)
    return error as CertificateError
  }
  throw new Error('it was read')
}

describe('OCSP responses', () => {
  test('a good response, every field', () => {
    const nonce = fromHex('00112233445566778899aabbccddeeff')
    const response = made(
      { hash: 'sha256' },
      {
        certificates: [leaf.certificate],
        extensions: [{ oid: NONCE, value: writeOctetString(nonce) }],
      },
    )
    const basic = basicOf(response)
    expect(readOcspResponse(response).status).toBe('successful')
    expect(basic.responderId).toMatchObject({ kind: 'name', name: { text: 'CN=OCSP CA' } })
    expect(basic.producedAt).toBe(OCSP_TIME)
    expect(basic.responses).toHaveLength(1)
    expect(basic.responses[0]).toMatchObject({
      status: 'good',
      revocationTime: null,
      revocationReason: null,
      thisUpdate: OCSP_TIME,
      nextUpdate: OCSP_TIME + 7 * 86_400_000,
      extensions: [],
    })
    expect(basic.responses[0]?.certificateId).toEqual({
      hashOid: '2.16.840.1.101.3.4.2.1',
      issuerNameHash: nodeProvider.hashes.sha256.digest(ca.name),
      issuerKeyHash: expect.objectContaining({ length: 32 }),
      serialNumber: Uint8Array.of(0x12, 0x34),
    })
    expect(basic.nonce).toEqual(nonce)
    expect(basic.isExtendedRevoke).toBe(false)
    expect(basic.signatureAlgorithm.text).toBe('ECDSA with SHA-256')
    expect(basic.certificates.map(({ der }) => der)).toEqual([leaf.certificate])
    const key = nodeProvider.importPublicKey(ca.key.subjectPublicKeyInfo)
    const algorithm = { kind: 'ecdsa', hash: 'sha256' } as const
    expect(nodeProvider.verify(algorithm, key, basic.tbsResponseData, basic.signature)).toBe(true)
  })

  test('revoked, with and without a reason', () => {
    const revokedAt = Date.UTC(2025, 5, 1)
    expect(basicOf(made({ status: 'revoked', revokedAt })).responses[0]).toMatchObject({
      status: 'revoked',
      revocationTime: revokedAt,
      revocationReason: null,
    })
    const reasons = [0, 1, 2, 3, 4, 5, 6, 8, 9, 10].map(
      (reason) => basicOf(made({ status: 'revoked', reason })).responses[0]?.revocationReason,
    )
    expect(reasons).toEqual([
      'unspecified',
      'keyCompromise',
      'cACompromise',
      'affiliationChanged',
      'superseded',
      'cessationOfOperation',
      'certificateHold',
      'removeFromCRL',
      'privilegeWithdrawn',
      'aACompromise',
    ])
  })

  test('unknown; no nextUpdate; a responder by key hash; version 1 said aloud; no responses at all', () => {
    const basic = basicOf(made({ status: 'unknown', nextUpdate: null }, { responderId: 'key-hash', version: 0 }))
    expect(basic.responses[0]).toMatchObject({ status: 'unknown', nextUpdate: null })
    expect(basic.responderId).toMatchObject({ kind: 'key-hash', keyHash: { length: 20 } })
    expect(basicOf(made({}, { responses: [] })).responses).toEqual([])
  })

  test.each([
    [1, 'malformedRequest'],
    [2, 'internalError'],
    [3, 'tryLater'],
    [5, 'sigRequired'],
    [6, 'unauthorized'],
  ])('the error %i is %s, and a valid reading', (number, status) => {
    const der = makeOcspError(number)
    expect(readOcspResponse(der)).toEqual({ der, status, basic: null })
  })

  test('values of extensions', () => {
    const list = fromHex('0003000100')
    const cutoff = Date.UTC(2020, 0, 1)
    const basic = basicOf(
      made(
        {
          extensions: [
            { oid: '1.3.6.1.4.1.11129.2.4.5', value: writeOctetString(list) },
            { oid: '1.3.6.1.5.5.7.48.1.6', value: writeGeneralizedTime(cutoff) },
          ],
        },
        { extensions: [{ oid: '1.3.6.1.5.5.7.48.1.9', value: writeNull() }] },
      ),
    )
    const [single] = basic.responses
    if (single === undefined) throw new Error('none')
    expect(timestampListOf(single)).toEqual(list)
    expect(archiveCutoffOf(single)).toBe(cutoff)
    expect(basic.isExtendedRevoke).toBe(true)
    expect(basic.nonce).toBeNull()
    const [bare] = basicOf(made()).responses
    if (bare === undefined) throw new Error('none')
    expect([timestampListOf(bare), archiveCutoffOf(bare)]).toEqual([null, null])
  })

  test('a nonce has 1 to 128 bytes, and is judged when asked for', () => {
    const withNonce = (value: Uint8Array): Uint8Array => made({}, { extensions: [{ oid: NONCE, value }] })
    expect(basicOf(withNonce(writeOctetString(new Uint8Array(128)))).nonce).toHaveLength(128)
    for (const value of [
      writeOctetString(new Uint8Array(0)),
      writeOctetString(new Uint8Array(129)),
      new Uint8Array(16),
    ]) {
      const basic = basicOf(withNonce(value))
      expect(() => basic.nonce).toThrow(/tbsResponseData\.responseExtensions\[0\]/)
    }
  })

  test('certificates that cannot be read are passed over', () => {
    const junk = writeSequence(writeInteger(1))
    const basic = basicOf(made({}, { certificates: [junk, leaf.certificate] }))
    expect(basic.encodedCertificates).toEqual([junk, leaf.certificate])
    expect(basic.certificates).toHaveLength(1)
  })

  const good = writeContextPrimitive(0, new Uint8Array(0))
  const revoked = (...elements: Uint8Array[]): Uint8Array => writeContext(1, ...elements)
  const time = writeGeneralizedTime(OCSP_TIME)
  const reason = (number: number): Uint8Array => writeContext(0, writeElement(0x0a, Uint8Array.of(number)))
  const extension = (...middle: Uint8Array[]): Uint8Array =>
    writeSequence(writeOid('1.2.3'), ...middle, writeOctetString(new Uint8Array(0)))
  const dataWith = (...rest: Uint8Array[]): Uint8Array =>
    made({}, { alterData: () => writeSequence(writeContext(1, ca.name), time, writeSequence(), ...rest) })

  test.each<[string, Uint8Array, string]>([
    ['nothing', new Uint8Array(0), 'ocspResponse'],
    ['other bytes', new TextEncoder().encode('invalid'), 'ocspResponse'],
    ['bytes after it', Uint8Array.of(...made(), 0), 'ocspResponse'],
    ['status 4', makeOcspError(4), 'responseStatus'],
    ['status 7', makeOcspError(7), 'responseStatus'],
    ['a negative status', makeOcspError(0x80), 'responseStatus'],
    ['an error with responseBytes', writeOcspEnvelope(3, writeOid('1.2.3')), 'responseBytes'],
    ['success without responseBytes', makeOcspError(0), 'responseBytes'],
    ['another response type', made({}, { responseType: '1.3.6.1.5.5.7.48.1.2' }), 'responseBytes.responseType'],
    [
      'bytes in the OCTET STRING after the response',
      writeOcspEnvelope(0, writeOid('1.3.6.1.5.5.7.48.1.1'), writeOctetString(fromHex('30000500'))),
      DATA,
    ],
    ['version 2', made({}, { version: 1 }), `${DATA}.version`],
    ['ResponseData that is none', made({}, { alterData: () => writeOctetString(fromHex('00')) }), DATA],
    ['no responder', made({}, { responderId: time }), `${DATA}.responderID`],
    [
      'a short key hash',
      made({}, { responderId: writeContext(2, writeOctetString(fromHex('00'))) }),
      `${DATA}.responderID.byKey`,
    ],
    ['a status [3]', made({ status: writeContextPrimitive(3, new Uint8Array(0)) }), `${DATA}.responses[0].certStatus`],
    [
      'good with contents',
      made({ status: writeContextPrimitive(0, fromHex('00')) }),
      `${DATA}.responses[0].certStatus.good`,
    ],
    ['revoked without a time', made({ status: revoked() }), `${DATA}.responses[0].certStatus.revoked.revocationTime`],
    [
      'reason 7',
      made({ status: revoked(time, reason(7)) }),
      `${DATA}.responses[0].certStatus.revoked.revocationReason`,
    ],
    [
      'reason 11',
      made({ status: revoked(time, reason(11)) }),
      `${DATA}.responses[0].certStatus.revoked.revocationReason`,
    ],
    ['more in revoked', made({ status: revoked(time, reason(1), time) }), `${DATA}.responses[0].certStatus.revoked`],
    ['a CertID that is none', made({ certificateId: good }), `${DATA}.responses[0].certID`],
    ['empty extensions', dataWith(writeContext(1, writeSequence())), `${DATA}.responseExtensions`],
    [
      'an extension twice',
      dataWith(writeContext(1, writeSequence(extension(), extension()))),
      `${DATA}.responseExtensions[1].extnID`,
    ],
    [
      'critical FALSE',
      dataWith(writeContext(1, writeSequence(extension(writeBoolean(false))))),
      `${DATA}.responseExtensions[0].critical`,
    ],
    ['more in ResponseData', dataWith(time), DATA],
    [
      'a producedAt with a fraction',
      made(
        {},
        {
          alterData: () =>
            writeSequence(
              writeContext(1, ca.name),
              writeElement(0x18, new TextEncoder().encode('20260101000000.5Z')),
              writeSequence(),
            ),
        },
      ),
      `${DATA}.producedAt`,
    ],
    [
      'a signature with unused bits',
      writeOcspEnvelope(
        0,
        writeOid('1.3.6.1.5.5.7.48.1.1'),
        writeOctetString(
          writeSequence(
            writeSequence(writeContext(1, ca.name), time, writeSequence()),
            writeSequence(writeOid('1.2.840.10045.4.3.2')),
            writeBitString(fromHex('f0'), 4),
          ),
        ),
      ),
      'responseBytes.response.signature',
    ],
  ])('%s is refused, and the field named', (_, der, path) => {
    const error = failure(der)
    expect(error.reason).toBe('malformed')
    expect(error.message).toContain(`${path}: needs `)
    if (path !== 'ocspResponse') expect(error.path).toBe(path)
  })

  test('a serial number that is not in its shortest form is kept as it is', () => {
    const id = writeSequence(
      writeSequence(writeOid('1.3.14.3.2.26')),
      writeOctetString(new Uint8Array(20)),
      writeOctetString(new Uint8Array(20)),
      writeElement(0x02, Uint8Array.of(0, 5)),
    )
    expect(basicOf(made({ certificateId: id })).responses[0]?.certificateId.serialNumber).toEqual(Uint8Array.of(0, 5))
  })

  test('every cut and every changed byte is refused with CertificateError, or read', () => {
    const der = made({ status: 'revoked', reason: 1 }, { certificates: [leaf.certificate], responderId: 'key-hash' })
    for (let length = 0; length < der.length; length++) failure(der.subarray(0, length))
    for (let at = 0; at < der.length; at++) {
      for (const flip of [0x01, 0x80, 0xff]) {
        const changed = der.slice()
        changed[at] = (changed[at] as number) ^ flip
        try {
          const { basic } = readOcspResponse(changed)
          basic?.certificates.forEach(({ subjectText }) => expect(subjectText).toBeTypeOf('string'))
        } catch (error) {
          expect(error).toBeInstanceOf(CertificateError)
        }
      }
    }
  })
})
