import { describe, expect, test } from 'vitest'
import {
  issueWithTimestamps,
  makeLog,
  signTimestamp,
  type TestLog,
  type TimestampOptions,
  writeLogList,
  writeTimestamps,
} from '../../../test/log-maker.ts'
import { makeOcspResponse } from '../../../test/ocsp-maker.ts'
import { issue, type IssueOptions, makeCa, type TestCertificate } from '../../../test/pki.ts'
import { writeInteger, writeOctetString } from '../../asn1/der-writer.ts'
import { writeBase64 } from '../../asn1/pem.ts'
import { fromHex } from '../../bytes/hex.ts'
import { nodeProvider } from '../../crypto/node.ts'
import { readCertificate } from '../certificate.ts'
import { checkSignedData } from '../signed-data.ts'
import { POLICIES, type TransparencyPolicy } from '../validation-policy.ts'
import { readLogList } from './log-list.ts'
import {
  checkTransparency,
  MAX_TIMESTAMP_CHECKS,
  MAX_TIMESTAMPS,
  type TransparencyContext,
  type TransparencyResult,
  type TransparencySources,
} from './transparency.ts'

const DAY = 86_400_000
const TIME = Date.UTC(2026, 0, 1)
const ISSUED = TIME - 10 * DAY

const ca = makeCa({ subject: 'CA' })
const [a, a2, b, c] = [
  makeLog({ name: 'A1', operator: 'A' }),
  makeLog({ name: 'A2', operator: 'A' }),
  makeLog({ name: 'B1', operator: 'B' }),
  makeLog({ name: 'C1', operator: 'C', keyType: 'rsa-2048' }),
] as const
const LOGS = [a, a2, b, c]

const POLICY: TransparencyPolicy = {
  required: [
    { days: 180, timestamps: 2 },
    { days: 400, timestamps: 3 },
  ],
  operators: 2,
}

const NINETY_DAYS: IssueOptions = { dnsNames: ['example.com'], notBefore: ISSUED, notAfter: ISSUED + 90 * DAY }

interface Options {
  readonly logs?: readonly TestLog[] | null
  readonly sources?: TransparencySources
  readonly time?: number
  readonly policy?: TransparencyPolicy
  readonly verify?: TransparencyContext['verify']
}

function check(leaf: TestCertificate, options: Options = {}): TransparencyResult & { readonly checks: number } {
  let checks = 0
  const verify: TransparencyContext['verify'] = (signed, signer) => {
    checks++
    return checkSignedData(signed, signer, nodeProvider).status === 'valid'
  }
  const context: TransparencyContext = {
    time: options.time ?? TIME,
    provider: nodeProvider,
    policy: { ...POLICIES.tls, transparency: options.policy ?? POLICY },
    verify: options.verify ?? verify,
  }
  const { logs = LOGS } = options
  const list = logs === null ? null : readLogList(writeLogList(logs), nodeProvider)
  const path = [readCertificate(leaf.certificate), readCertificate(ca.certificate)]
  return { ...checkTransparency(path, options.sources ?? {}, list, context), checks }
}

function embedded(timestamps: readonly TimestampOptions[], options: IssueOptions = {}): TestCertificate {
  return issueWithTimestamps(ca, timestamps, { ...NINETY_DAYS, ...options })
}

function statuses({ timestamps }: TransparencyResult): string[] {
  return timestamps.map(({ status }) => status)
}

/** The log with other members in its entry. */
function changed(log: TestLog, entry: Readonly<Record<string, unknown>>): TestLog {
  return { ...log, entry: { ...log.entry, ...entry } }
}

describe('timestamps from three sources', () => {
  const bare = issue(ca, NINETY_DAYS)
  const list = writeTimestamps([signTimestamp({ log: b }, bare)])
  const ocspWith = (value: Uint8Array, certificate = bare.certificate): Uint8Array =>
    makeOcspResponse({
      signer: ca,
      responses: [{ certificate, issuer: ca, extensions: [{ oid: '1.3.6.1.4.1.11129.2.4.5', value }] }],
    })

  test('in the certificate', () => {
    const result = check(embedded([{ log: a, time: ISSUED }, { log: b }, { log: c }]))
    expect(statuses(result)).toEqual(['valid', 'valid', 'valid'])
    expect(result.problem).toBeNull()
    expect(result.timestamps[0]).toEqual({
      source: 'certificate',
      status: 'valid',
      logId: writeBase64(a.logId),
      log: 'A1',
      operator: 'A',
      timestamp: ISSUED,
      message: "'A1' ('A') signed it at 2025-12-22T00:00:00.000Z.",
    })
  })

  test('in the TLS extension', () => {
    expect(check(bare, { sources: { timestampList: list } }).timestamps).toMatchObject([
      { source: 'tls', status: 'valid', log: 'B1' },
    ])
  })

  test('in an OCSP response about the leaf', () => {
    expect(check(bare, { sources: { ocspResponses: [ocspWith(writeOctetString(list))] } }).timestamps).toMatchObject([
      { source: 'ocsp', status: 'valid', log: 'B1' },
    ])
    const sibling = issue(ca, NINETY_DAYS)
    const ocspResponses = [ocspWith(writeOctetString(list), sibling.certificate), Uint8Array.of(1)]
    expect(check(bare, { sources: { ocspResponses } }).timestamps).toEqual([])
  })

  test('from all of them, together enough', () => {
    const leaf = embedded([{ log: a }])
    expect(check(leaf).problem).not.toBeNull()
    const timestampList = writeTimestamps([signTimestamp({ log: b }, leaf)])
    const result = check(leaf, { sources: { timestampList } })
    expect(result.timestamps.map(({ source }) => source)).toEqual(['certificate', 'tls'])
    expect(result.problem).toBeNull()
  })

  test('one for the certificate is none for the precertificate, and the other way round', () => {
    const leaf = embedded([{ log: a }])
    const inside = readCertificate(leaf.certificate).extensions.timestampList as Uint8Array
    expect(check(leaf, { sources: { timestampList: inside } }).timestamps).toMatchObject([
      { source: 'certificate', status: 'valid' },
      { source: 'tls', status: 'invalid' },
    ])
    const value = writeOctetString(writeTimestamps([signTimestamp({ log: a }, bare)]))
    const outside = issue(ca, { ...NINETY_DAYS, extensions: [{ oid: '1.3.6.1.4.1.11129.2.4.2', value }] })
    expect(statuses(check(outside))).toEqual(['invalid'])
  })

  test('lists that cannot be read are told, and change nothing else', () => {
    const leaf = embedded([{ log: a }, { log: b }])
    const broken = fromHex('000400050000')
    const ocspResponses = [
      ocspWith(writeInteger(1), leaf.certificate),
      ocspWith(writeOctetString(broken), leaf.certificate),
    ]
    const result = check(leaf, { sources: { timestampList: broken, ocspResponses } })
    expect(statuses(result)).toEqual(['valid', 'valid', 'invalid', 'invalid', 'invalid'])
    expect(result.timestamps[2]).toMatchObject({ source: 'tls', logId: null, log: null, timestamp: null })
    expect(result.timestamps[2]?.message).toMatch(/^Malformed: timestampList\.sct_list\.0: needs 5 bytes/)
    expect(result.problem).toBeNull()
    const extensions = [{ oid: '1.3.6.1.4.1.11129.2.4.2', value: writeInteger(1) }]
    expect(check(issue(ca, { ...NINETY_DAYS, extensions })).timestamps).toMatchObject([
      { source: 'certificate', status: 'invalid', message: expect.stringMatching(/^Malformed: tbsCertificate\.ext/) },
    ])
  })

  test('version 2 is recognised, and not supported', () => {
    const timestampList = writeTimestamps([fromHex('0102'), signTimestamp({ log: b }, bare)])
    expect(check(bare, { sources: { timestampList } }).timestamps).toMatchObject([
      { status: 'not-counted', logId: null, message: expect.stringContaining('of version 2') },
      { status: 'valid' },
    ])
    const list2 = issue(ca, {
      ...NINETY_DAYS,
      extensions: [{ oid: '1.3.101.75', value: writeOctetString(fromHex('00')) }],
    })
    expect(check(list2).timestamps).toMatchObject([
      { source: 'certificate', status: 'not-counted', message: expect.stringContaining('RFC 9162') },
    ])
  })
})

describe('which timestamps count', () => {
  test.each<[string, Partial<TimestampOptions>]>([
    ['a broken signature', { breakSignature: true }],
    ['the ID of another log', { logId: b.logId }],
    ['another hash', { algorithm: [5, 3] }],
    ['another signature algorithm', { algorithm: [4, 1] }],
    ['an unknown signature algorithm', { algorithm: [4, 7] }],
  ])('not one with %s', (_, options) => {
    const result = check(embedded([{ log: a, ...options }]))
    expect(result.timestamps).toMatchObject([{ status: 'invalid', message: expect.stringContaining('not that of') }])
  })

  test('not one over another certificate, or of another issuer', () => {
    const timestampList = writeTimestamps([signTimestamp({ log: a }, issue(ca, NINETY_DAYS))])
    expect(statuses(check(issue(ca, NINETY_DAYS), { sources: { timestampList } }))).toEqual(['invalid'])
    const leaf = embedded([{ log: a }])
    const other = makeCa({ subject: 'CA' })
    const path = [leaf, other].map(({ certificate }) => readCertificate(certificate))
    const context: TransparencyContext = {
      time: TIME,
      provider: nodeProvider,
      policy: POLICIES.tls,
      verify: (signed, signer) => checkSignedData(signed, signer, nodeProvider).status === 'valid',
    }
    const logs = readLogList(writeLogList(LOGS), nodeProvider)
    expect(statuses(checkTransparency(path, {}, logs, context))).toEqual(['invalid'])
  })

  test('not one of a log that is not in the list', () => {
    expect(check(embedded([{ log: a }]), { logs: [b] }).timestamps).toMatchObject([
      { status: 'unknown-log', log: null, operator: null, logId: writeBase64(a.logId) },
    ])
  })

  test('not one from the future, beyond what clocks may differ', () => {
    const skew = POLICIES.tls.revocation.clockSkew
    expect(statuses(check(embedded([{ log: a, time: TIME + skew }])))).toEqual(['valid'])
    expect(check(embedded([{ log: a, time: TIME + skew + 1 }])).timestamps).toMatchObject([
      { status: 'not-counted', message: expect.stringContaining('is after 2026-01-01T00:00:00Z') },
    ])
    expect(statuses(check(embedded([{ log: a, time: 2n ** 64n - 1n }])))).toEqual(['not-counted'])
  })

  const at = (timestamp: string): { readonly timestamp: string } => ({ timestamp })
  test.each<[string, Readonly<Record<string, unknown>>, string]>([
    ['pending', { state: { pending: at('2020-01-01T00:00:00Z') } }, 'not-counted'],
    ['qualified', { state: { qualified: at('2020-01-01T00:00:00Z') } }, 'valid'],
    ['read-only', { state: { readonly: at('2020-01-01T00:00:00Z') } }, 'valid'],
    ['rejected', { state: { rejected: at('2020-01-01T00:00:00Z') } }, 'not-counted'],
    ['without a state', { state: undefined }, 'not-counted'],
    ['retired before', { state: { retired: at('2025-06-01T00:00:00Z') } }, 'not-counted'],
    ['retired afterwards', { state: { retired: at('2025-06-01T00:00:01Z') } }, 'valid'],
    ['retired in the future', { state: { retired: at('2026-06-01T00:00:00Z') } }, 'valid'],
    ['for tests', { log_type: 'test' }, 'not-counted'],
  ])('of a log that is %s', (_, entry, status) => {
    const result = check(embedded([{ log: a, time: Date.UTC(2025, 5, 1) }]), { logs: [changed(a, entry)] })
    expect(statuses(result)).toEqual([status])
  })

  test('of a retired log only inside the certificate', () => {
    const retired = changed(a, { state: { retired: at('2025-12-31T00:00:00Z') } })
    const bare = issue(ca, NINETY_DAYS)
    const timestampList = writeTimestamps([signTimestamp({ log: a }, bare)])
    expect(check(bare, { logs: [retired], sources: { timestampList } }).timestamps).toMatchObject([
      { status: 'not-counted', message: expect.stringContaining('retired since 2025-12-31T00:00:00Z') },
    ])
  })

  test('of a log whose temporal interval has the end of the certificate', () => {
    const leaf = embedded([{ log: a }])
    const notAfter = ISSUED + 90 * DAY
    const within = (start: number, end: number): string[] => {
      const interval = {
        start_inclusive: new Date(start).toISOString(),
        end_exclusive: new Date(end).toISOString(),
      }
      return statuses(check(leaf, { logs: [changed(a, { temporal_interval: interval })] }))
    }
    expect(within(notAfter, notAfter + 1000)).toEqual(['valid'])
    expect(within(notAfter - 1000, notAfter)).toEqual(['not-counted'])
    expect(within(notAfter + 1000, notAfter + 2000)).toEqual(['not-counted'])
  })
})

describe('how many are demanded', () => {
  function problemOf(leaf: TestCertificate, options: Options = {}): string | null {
    const { problem } = check(leaf, options)
    if (problem === null) return null
    expect(problem.reason).toBe('transparency')
    expect(problem.certificate?.der).toEqual(leaf.certificate)
    return problem.message
  }

  test('by the validity of the certificate; beyond the last row as in the last', () => {
    const valid = (days: number): IssueOptions => ({ notBefore: ISSUED, notAfter: ISSUED + days * DAY })
    const two = [{ log: a }, { log: b }]
    const three = [...two, { log: c }]
    expect(problemOf(embedded(two, valid(180)))).toBeNull()
    expect(problemOf(embedded(two, valid(181)))).toMatch(/valid for 181 days: needs those of 3 logs, has 2\.$/)
    expect(problemOf(embedded(three, valid(400)))).toBeNull()
    expect(problemOf(embedded(two, valid(1000)))).toMatch(/needs those of 3 logs, has 2/)
  })

  test('none, if the policy says so', () => {
    expect(problemOf(issue(ca, NINETY_DAYS), { policy: { required: [], operators: 0 } })).toBeNull()
    expect(problemOf(issue(ca, NINETY_DAYS), { policy: { required: [], operators: 0 }, logs: null })).toBeNull()
  })

  test('of different logs', () => {
    const message = problemOf(embedded([{ log: a }, { log: a, time: ISSUED }, { log: a }]))
    expect(message).toMatch(/needs those of 2 logs, has 1; needs those of 2 operators, has 1\.$/)
  })

  test('of different operators', () => {
    expect(problemOf(embedded([{ log: a }, { log: a2 }]))).toMatch(/: needs those of 2 operators, has 1\.$/)
    expect(problemOf(embedded([{ log: a }, { log: a2 }]), { policy: { ...POLICY, operators: 1 } })).toBeNull()
  })

  test('also if no number of timestamps is demanded', () => {
    const policy = { required: [], operators: 2 }
    expect(problemOf(issue(ca, NINETY_DAYS), { policy })).toMatch(/: needs those of 2 operators, has 0\.$/)
  })

  test('operators are those of the time of the timestamp', () => {
    const moved = changed(a2, { previous_operators: [{ name: 'Z', end_time: '2025-06-02T00:00:00Z' }] })
    expect(problemOf(embedded([{ log: a }, { log: a2 }]), { logs: [a, moved] })).toBeNull()
    const later = [{ log: a }, { log: a2, time: Date.UTC(2025, 5, 2) }]
    expect(problemOf(embedded(later), { logs: [a, moved] })).toMatch(/2 operators, has 1/)
  })

  test('at least one of a log that is not retired', () => {
    const state = { retired: { timestamp: '2025-12-31T00:00:00Z' } }
    const [oldA, oldB] = [changed(a, { state }), changed(b, { state })]
    const leaf = embedded([{ log: a }, { log: b }])
    expect(problemOf(leaf, { logs: [oldA, b] })).toBeNull()
    expect(problemOf(leaf, { logs: [oldA, oldB] })).toMatch(/: needs one of a log that is not retired\.$/)
  })

  test('what does not count is told, as is the absence of a list', () => {
    const leaf = embedded([{ log: a, breakSignature: true }, { log: b }])
    expect(problemOf(leaf)).toBe(
      'Signed certificate timestamps, for a certificate valid for 90 days: needs those of 2 logs, has 1; ' +
        `needs those of 2 operators, has 1; not counted: ${writeBase64(a.logId)}: Its signature is not that of 'A1' ('A').`,
    )
    expect(problemOf(leaf, { logs: null })).toMatch(/has 0; no log list was given\.$/)
    expect(check(leaf, { logs: null }).timestamps).toMatchObject([
      { status: 'unknown-log', message: 'No log list was given to check it by.' },
      { status: 'unknown-log' },
    ])
  })

  test('nothing counts once the budget for signatures is spent', () => {
    expect(problemOf(embedded([{ log: a }, { log: b }]), { verify: () => false })).toMatch(/2 logs, has 0/)
  })
})

describe('hostile timestamps', () => {
  test('a thousand cost no more than a few signatures, and a short message', () => {
    const many = Array.from({ length: 500 }, () =>
      signTimestamp({ log: a, breakSignature: true }, { certificate: fromHex('00') }),
    )
    const result = check(issue(ca, NINETY_DAYS), { sources: { timestampList: writeTimestamps(many) } })
    expect(result.timestamps).toHaveLength(MAX_TIMESTAMPS + 1)
    expect(result.timestamps.at(-1)?.message).toBe('And 468 more, beyond the first 32.')
    expect(result.checks).toBe(MAX_TIMESTAMP_CHECKS)
    expect(result.problem?.message.length).toBeLessThan(600)
    expect(result.problem?.message).toContain('and 30 more')
  })

  test('an empty path has nothing to say', () => {
    const context = { time: TIME, provider: nodeProvider, policy: POLICIES.tls, verify: () => true }
    expect(checkTransparency([], {}, null, context)).toEqual({ timestamps: [], problem: null })
  })

  test('no changed byte of a list makes it count', () => {
    const bare = issue(ca, NINETY_DAYS)
    const list = writeTimestamps([signTimestamp({ log: c }, bare)])
    for (let at = 0; at < list.length; at++) {
      const timestampList = list.slice()
      timestampList[at] = (timestampList[at] as number) ^ (1 << (at % 8))
      expect(statuses(check(bare, { sources: { timestampList } }))).not.toContain('valid')
    }
  })
})
