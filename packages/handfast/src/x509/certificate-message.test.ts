import { describe, expect, test } from 'vitest'
import { issue, makeCa } from '../../test/pki.ts'
import {
  contextConstructed,
  writeContext,
  writeElement,
  writeInteger,
  writeOctetString,
  writeOid,
  writeSequence,
  writeSetOf,
} from '../asn1/index.ts'
import { readCertsOnly } from './certificate-message.ts'
import { CertificateError } from './certificate-error.ts'

const SIGNED_DATA = '1.2.840.113549.1.7.2'
const DATA = '1.2.840.113549.1.7.1'
const certificates = [issue(makeCa()).certificate, makeCa().certificate]

interface Parts {
  readonly type?: string
  readonly version?: number
  readonly dataType?: string
  readonly contents?: readonly Uint8Array[]
  readonly elements?: readonly Uint8Array[] | null
  readonly more?: readonly Uint8Array[]
  readonly signers?: Uint8Array
  readonly after?: readonly Uint8Array[]
}

function message(parts: Parts = {}): Uint8Array {
  const elements = parts.elements === undefined ? certificates : parts.elements
  return writeSequence(
    writeOid(parts.type ?? SIGNED_DATA),
    writeContext(
      0,
      writeSequence(
        writeInteger(parts.version ?? 1),
        writeSetOf(),
        writeSequence(writeOid(parts.dataType ?? DATA), ...(parts.contents ?? [])),
        ...(elements === null ? [] : [writeElement(contextConstructed(0), ...elements)]),
        ...(parts.more ?? []),
        parts.signers ?? writeSetOf(),
        ...(parts.after ?? []),
      ),
    ),
  )
}

describe('a certs-only message', () => {
  test('gives its certificates in their order', () => {
    expect(readCertsOnly(message())).toEqual(certificates)
    expect(readCertsOnly(message({ elements: null }))).toEqual([])
  })

  test('what is no certificate of X.509, and revocation lists, are passed over', () => {
    const attribute = writeContext(2, writeInteger(1))
    const crls = writeElement(contextConstructed(1), writeSequence(writeInteger(1)))
    const [first] = certificates as [Uint8Array]
    expect(readCertsOnly(message({ elements: [attribute, first], more: [crls] }))).toEqual([first])
  })

  test.each<[string, Uint8Array, RegExp]>([
    ['another type', message({ type: '1.2.840.113549.1.7.3' }), /^contentType: needs id-signedData/],
    ['another version', message({ version: 6 }), /^content\.version: needs an INTEGER of at most 5/],
    ['other contents', message({ dataType: SIGNED_DATA }), /eContentType: needs id-data/],
    [
      'contents at all',
      message({ contents: [writeContext(0, writeOctetString(Uint8Array.of(1)))] }),
      /encapContentInfo/,
    ],
    ['a signer', message({ signers: writeSetOf(writeSequence()) }), /signerInfos: needs no signer/],
    ['something behind', message({ after: [writeInteger(1)] }), /needs nothing more/],
    ['a certificate', certificates[0] as Uint8Array, /^contentType: needs OBJECT IDENTIFIER/],
    ['nothing', new Uint8Array(0), /contentInfo: needs SEQUENCE/],
  ])('%s is refused', (_, der, expected) => {
    expect(() => readCertsOnly(der)).toThrow(expected)
    expect(() => readCertsOnly(der)).toThrow(CertificateError)
  })

  test('cut anywhere it is refused, and never otherwise than so', () => {
    const whole = message()
    for (let length = 0; length < whole.length; length += 7)
      expect(() => readCertsOnly(whole.subarray(0, length))).toThrow(CertificateError)
  })
})
