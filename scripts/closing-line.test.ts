import { expect, test } from 'vitest'
import { closingLines, countFailed, isWronglySkipped, type RunOutcome } from './closing-line.ts'

function outcome(changes: Partial<RunOutcome>): RunOutcome {
  return { passed: 2, failed: [], skipped: [], errors: 0, isComplete: true, ...changes }
}

test('a run without skipped tests closes with two numbers', () => {
  expect(closingLines(outcome({ passed: 12 }), true)).toEqual(['12 passed, 0 failed'])
})

test('skipped tests are listed by reason, each reason once with its count, a line for each file', () => {
  const skipped = [
    { file: 'a.test.ts', name: 'one', reason: 'no curl here' },
    { file: 'b.test.ts', name: 'two', reason: 'no data here' },
    { file: 'c.test.ts', name: 'three', reason: 'no curl here' },
    { file: 'a.test.ts', name: 'suite > four', reason: 'no curl here' },
  ]
  expect(closingLines(outcome({ skipped }), true)).toEqual([
    'Skipped: no curl here (3)',
    '  a.test.ts: one; suite > four',
    '  c.test.ts: three',
    '',
    'Skipped: no data here (1)',
    '  b.test.ts: two',
    '',
    '2 passed, 0 failed, 4 skipped',
  ])
})

test('failed tests are named once, behind those that were skipped', () => {
  const skipped = [{ file: 'a.test.ts', name: 'one', reason: 'no curl here' }]
  const failed = ['b > two', 'c > three']
  expect(closingLines(outcome({ skipped, failed }), false)).toEqual([
    'Skipped: no curl here (1)',
    '  a.test.ts: one',
    '',
    'Failed (2)',
    '  b > two',
    '  c > three',
    '',
    '2 passed, 2 failed, 1 skipped',
  ])
})

test('errors outside tests are told in words, and are not among the failed tests', () => {
  expect(closingLines(outcome({ failed: ['b > two'], errors: 2 }), false).slice(-3)).toEqual([
    '1 test failed, and 2 errors outside tests',
    '',
    '2 passed, 1 failed',
  ])
})

test('a run whose only errors are outside tests has failed', () => {
  expect(closingLines(outcome({ errors: 1 }), false)).toEqual([
    '0 tests failed, and 1 error outside tests, counted as 1 failed',
    '',
    '2 passed, 1 failed',
  ])
  expect(closingLines(outcome({ errors: 5 }), false).at(-1)).toBe('2 passed, 1 failed')
})

test('a run without tests, or interrupted, has failed', () => {
  expect(closingLines(outcome({ passed: 0, isComplete: false }), false)).toEqual([
    'No test was found, or the run was interrupted: counted as 1 failed',
    '',
    '0 passed, 1 failed',
  ])
  // As with -t and a name that fits none: vitest is content with that.
  expect(closingLines(outcome({ passed: 0 }), false).at(-1)).toBe('0 passed, 1 failed')
  // Vitest is not content with failed tests either: they are counted as they are.
  expect(closingLines(outcome({ failed: ['a > one'], isComplete: false }), false).at(-1)).toBe('2 passed, 1 failed')
})

test('a test skipped without a reason is named as a failure', () => {
  const skipped = [{ file: 'a.test.ts', name: 'one', reason: undefined }]
  const lines = closingLines(outcome({ skipped }), false)
  expect(lines[0]).toMatch(/^Failed, because skipped: no reason given .*\(1\)$/)
  expect(lines[1]).toBe('  a.test.ts: one')
  expect(lines.at(-1)).toBe('2 passed, 1 failed')
})

test('a missing peer is a failure in CI only', () => {
  const test = { file: 'a.test.ts', name: 'one', reason: 'missing peer: openssl' }
  const run = outcome({ skipped: [test] })
  expect([isWronglySkipped(test, true), countFailed(run, true)]).toEqual([true, 1])
  expect([isWronglySkipped(test, false), countFailed(run, false)]).toEqual([false, 0])
  expect(closingLines(run, true)[0]).toBe('Failed, because skipped: missing peer: openssl (1)')
  expect(closingLines(run, true).at(-1)).toBe('2 passed, 1 failed')
  expect(closingLines(run, false)[0]).toBe('Skipped: missing peer: openssl (1)')
  expect(closingLines(run, false).at(-1)).toBe('2 passed, 0 failed, 1 skipped')
})
