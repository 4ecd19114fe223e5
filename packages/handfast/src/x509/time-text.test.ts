import { describe, expect, test } from 'vitest'
import { timeText } from './time-text.ts'

describe('moments as text', () => {
  test.each([
    [0, '1970-01-01T00:00:00Z'],
    [Date.UTC(2026, 10, 23, 9, 8, 7), '2026-11-23T09:08:07Z'],
    [Date.UTC(2026, 0, 1, 0, 0, 0, 250), '2026-01-01T00:00:00.250Z'],
    [Date.UTC(9999, 11, 31, 23, 59, 59), '9999-12-31T23:59:59Z'],
  ])('%d', (time, text) => expect(timeText(time)).toBe(text))

  test('what no Date holds has none', () => {
    expect(() => timeText(8.64e15 + 1)).toThrow(RangeError)
  })
})
