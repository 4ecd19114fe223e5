import { describe, expect, test } from 'vitest'
import { makeLog, signTimestamp, writeTimestamps } from '../../../test/log-maker.ts'
import { concatBytes } from '../../bytes/compare.ts'
import { fromHex } from '../../bytes/hex.ts'
import { CertificateError } from '../certificate-error.ts'
import { isSignedTimestamp, readTimestampList } from './timestamp-list.ts'

const log = makeLog({ name: 'Log' })
const certificate = fromHex('3000')
const time = Date.UTC(2025, 0, 2, 3, 4, 5, 678)
const timestamp = signTimestamp({ log, time, extensions: fromHex('0102') }, { certificate })

/** The error of reading, which must be a CertificateError. */
function failure(bytes: Uint8Array): CertificateError {
  try {
    readTimestampList(bytes)
  } catch (error) {
    expect(error).toBeInstanceOf(CertificateError)
    return error as CertificateError
  }
  throw new Error('it was read')
}

describe('SignedCertificateTimestampList', () => {
  test('every field', () => {
    const [read, other] = readTimestampList(writeTimestamps([timestamp, signTimestamp({ log }, { certificate })]))
    expect(read).toMatchObject({
      version: 1,
      logId: log.logId,
      timestamp: time,
      extensions: fromHex('0102'),
      hashAlgorithm: 4,
      signatureAlgorithm: 3,
    })
    expect(other).toMatchObject({ version: 1, timestamp: Date.UTC(2025, 5, 1), extensions: new Uint8Array(0) })
  })

  test('a time beyond what a date can be is read, and kept exactly as bytes', () => {
    const [read] = readTimestampList(writeTimestamps([signTimestamp({ log, time: 2n ** 64n - 1n }, { certificate })]))
    if (read === undefined || !isSignedTimestamp(read)) throw new Error('not of version 1')
    expect(read.timestamp).toBe(2 ** 64)
    expect(read.timestampBytes).toEqual(fromHex('ffffffffffffffff'))
  })

  test('timestamps of other versions are kept as they are, between others', () => {
    const unknown = fromHex('01ff00')
    const list = readTimestampList(writeTimestamps([unknown, timestamp, fromHex('ff')]))
    expect(list).toHaveLength(3)
    expect(list[0]).toEqual({ version: 2, bytes: unknown })
    expect(list[2]).toEqual({ version: 256, bytes: fromHex('ff') })
  })

  test.each<[string, Uint8Array, RegExp]>([
    ['nothing', new Uint8Array(0), /^timestampList\.sct_list\.length: needs 2 bytes/],
    ['no timestamp', fromHex('0000'), /^timestampList\.sct_list: needs at least 1 bytes/],
    ['an empty timestamp', fromHex('00020000'), /^timestampList\.sct_list\.0: needs at least 1 bytes/],
    ['a list longer than there is', fromHex('0005000100'), /^timestampList\.sct_list: needs 5 bytes, has 3/],
    ['bytes after the list', concatBytes(writeTimestamps([timestamp]), fromHex('00')), /nothing more, has 1 more/],
    ['a cut timestamp', writeTimestamps([timestamp.subarray(0, 20)]), /sct_list\.0\.id: needs 32 bytes, has 19/],
    [
      'bytes in a timestamp after it',
      writeTimestamps([concatBytes(timestamp, fromHex('00'))]),
      /sct_list\.0: needs nothing more/,
    ],
    ['a second that is cut', writeTimestamps([timestamp, timestamp.subarray(0, 40)]), /sct_list\.1\.timestamp/],
  ])('%s is refused, and the field named', (_, bytes, message) => {
    expect(failure(bytes)).toMatchObject({ reason: 'malformed', message: expect.stringMatching(message) })
  })

  test('every cut is refused', () => {
    const list = writeTimestamps([timestamp, fromHex('01aa'), timestamp])
    for (let length = 0; length < list.length; length++)
      expect(failure(list.subarray(0, length)).reason).toBe('malformed')
  })

  test('the path can be the caller’s', () => {
    expect(() => readTimestampList(new Uint8Array(0), 'extension')).toThrow(/^extension\.sct_list/)
  })
})
