import { describe, expect, test } from 'vitest'
import { makeLog, type TestLog, writeLogList } from '../../../test/log-maker.ts'
import { makeKey, type TestKeyType } from '../../../test/pki.ts'
import { writeBase64 } from '../../asn1/pem.ts'
import { nodeProvider } from '../../crypto/node.ts'
import { CertificateError } from '../certificate-error.ts'
import { operatorAt, readLogList } from './log-list.ts'

const first = makeLog({ name: 'First', operator: 'A' })
const second = makeLog({ name: 'Second', operator: 'B', keyType: 'rsa-2048' })

function read(json: unknown): ReturnType<typeof readLogList> {
  return readLogList(json, nodeProvider)
}

/** A list with one log whose entry has these members. */
function withEntry(entry: Readonly<Record<string, unknown>>): unknown {
  const log: TestLog = { ...first, entry: { ...first.entry, ...entry } }
  return JSON.parse(writeLogList([log]))
}

describe('log lists', () => {
  test('every field that is used', () => {
    const list = read(writeLogList([first, second]))
    expect(list).toMatchObject({ date: Date.UTC(2026, 0, 1), version: '1.0' })
    expect(list.logs.map(({ name, operator }) => [name, operator])).toEqual([
      ['First', 'A'],
      ['Second', 'B'],
    ])
    const log = list.find(writeBase64(second.logId))
    expect(log).toMatchObject({
      name: 'Second',
      state: { name: 'usable', since: Date.UTC(2020, 0, 1) },
      interval: null,
      previousOperators: [],
      isProduction: true,
    })
    expect(log?.key.subjectPublicKeyInfo).toEqual(second.key.subjectPublicKeyInfo)
    expect(list.find(writeBase64(new Uint8Array(32)))).toBeUndefined()
  })

  test('what may be absent, and what JSON.parse made of it', () => {
    const { description: _, state: __, ...entry } = first.entry as Record<string, unknown>
    const list = read({ operators: [{ name: 'A', logs: [entry] }, { name: 'B' }] })
    expect(list).toMatchObject({ date: null, version: null })
    expect(list.logs).toHaveLength(1)
    expect(list.logs[0]).toMatchObject({ name: writeBase64(first.logId), state: null })
  })

  test('tiled logs are logs', () => {
    const list = read({ operators: [{ name: 'A', logs: [first.entry], tiled_logs: [second.entry] }] })
    expect(list.logs.map(({ name }) => name)).toEqual(['First', 'Second'])
  })

  test('states, intervals, kinds', () => {
    for (const name of ['pending', 'qualified', 'usable', 'readonly', 'retired', 'rejected']) {
      const state = { [name]: { timestamp: '2024-05-06T07:08:09.5Z', final_tree_head: {} } }
      expect(read(withEntry({ state })).logs[0]?.state).toEqual({ name, since: Date.UTC(2024, 4, 6, 7, 8, 9, 500) })
    }
    const interval = { start_inclusive: '2025-01-01T00:00:00Z', end_exclusive: '2026-01-01T00:00:00Z' }
    expect(read(withEntry({ temporal_interval: interval })).logs[0]?.interval).toEqual({
      start: Date.UTC(2025, 0, 1),
      end: Date.UTC(2026, 0, 1),
    })
    expect(read(withEntry({ log_type: 'test' })).logs[0]?.isProduction).toBe(false)
    expect(read(withEntry({ log_type: 'prod' })).logs[0]?.isProduction).toBe(true)
  })

  test('operators change', () => {
    const previous_operators = [
      { name: 'Y', end_time: '2024-01-01T00:00:00Z' },
      { name: 'X', end_time: '2022-01-01T00:00:00Z' },
    ]
    const [log] = read(withEntry({ previous_operators })).logs
    if (log === undefined) throw new Error('no log')
    const at = [Date.UTC(2021, 0, 1), Date.UTC(2022, 0, 1), Date.UTC(2023, 0, 1), Date.UTC(2024, 0, 1)]
    expect(at.map((time) => operatorAt(log, time))).toEqual(['X', 'Y', 'Y', 'A'])
  })

  const keyAndId = (keyType: TestKeyType): Readonly<Record<string, unknown>> => {
    const { subjectPublicKeyInfo } = makeKey(keyType)
    return {
      key: writeBase64(subjectPublicKeyInfo),
      log_id: writeBase64(nodeProvider.hashes.sha256.digest(subjectPublicKeyInfo)),
    }
  }
  const junk = { key: 'AAAA', log_id: writeBase64(nodeProvider.hashes.sha256.digest(new Uint8Array(3))) }
  const LOG = 'operators[0].logs[0]'

  test.each<[string, unknown, string]>([
    ['text that is no JSON', '{', 'logList'],
    ['JSON that is no object', '[]', 'logList'],
    ['no operators', '{}', 'operators'],
    ['operators that are no array', { operators: {} }, 'operators'],
    ['an operator that is null', { operators: [null] }, 'operators[0]'],
    ['an operator without a name', { operators: [{ logs: [] }] }, 'operators[0].name'],
    ['logs that are no array', { operators: [{ name: 'A', logs: 1 }] }, 'operators[0].logs'],
    ['a log that is text', { operators: [{ name: 'A', tiled_logs: ['x'] }] }, 'operators[0].tiled_logs[0]'],
    ['a log without a key', withEntry({ key: undefined }), `${LOG}.key`],
    ['a key that is no base64', withEntry({ key: '***' }), `${LOG}.key`],
    ['a key that is no key', withEntry(junk), `${LOG}.key.subjectPublicKeyInfo`],
    ['a key on another curve', withEntry(keyAndId('ecdsa-p384')), `${LOG}.key`],
    ['a small RSA key', withEntry(keyAndId('rsa-1024')), `${LOG}.key`],
    ['a log ID of another key', withEntry({ log_id: writeBase64(second.logId) }), `${LOG}.log_id`],
    ['an unknown state', withEntry({ state: { frozen: {} } }), `${LOG}.state`],
    ['two states', withEntry({ state: { usable: {}, retired: {} } }), `${LOG}.state`],
    ['a state without a time', withEntry({ state: { usable: {} } }), `${LOG}.state.usable.timestamp`],
    [
      'a time in another zone',
      withEntry({ state: { usable: { timestamp: '2020-01-01T00:00:00+01:00' } } }),
      `${LOG}.state.usable.timestamp`,
    ],
    [
      'a day that does not exist',
      withEntry({ state: { usable: { timestamp: '2020-13-01T00:00:00Z' } } }),
      `${LOG}.state.usable.timestamp`,
    ],
    [
      'half an interval',
      withEntry({ temporal_interval: { start_inclusive: '2020-01-01T00:00:00Z' } }),
      `${LOG}.temporal_interval.end_exclusive`,
    ],
    ['a log twice', writeLogList([first, first]), 'operators'],
    ['a date that is none', { operators: [], log_list_timestamp: 'today' }, 'log_list_timestamp'],
  ])('%s is refused, and the field named', (_, json, path) => {
    const error = failure(json)
    expect(error.reason).toBe('malformed')
    expect(error.path).toBe(path)
    expect(error.message).toContain(`${path}: needs `)
  })

  function failure(json: unknown): CertificateError {
    try {
      read(json)
    } catch (error) {
      expect(error).toBeInstanceOf(CertificateError)
      return error as CertificateError
    }
    throw new Error('it was read')
  }
})
