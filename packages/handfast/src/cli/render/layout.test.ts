import { describe, expect, test } from 'vitest'
import { joinLines, renderBox, renderHeading } from './box.ts'
import { formatDistance, formatDuration, formatMoment, formatSize, formatSpan, scaleFor } from './quantity.ts'
import { renderField, renderTable } from './table.ts'
import { renderTree } from './tree.ts'
import { displayWidth, padEnd, padStart, truncate, wrapText } from './width.ts'
import { paint } from './colour.ts'
import { PLAIN, type Terminal } from './terminal.ts'

const BOXES: Terminal = { ...PLAIN, boxes: true, utf8: true }
const RICH: Terminal = { ...BOXES, colour: true }

describe('width', () => {
  test.each([
    ['abc', 3],
    ['naïve', 5],
    ['e\u0301', 1],
    ['日本', 4],
    ['한', 2],
    ['😀', 2],
    ['✔ ▶ ━', 5],
  ])('%s takes %i columns', (text, width) => {
    expect(displayWidth(text)).toBe(width)
    expect(displayWidth(paint(RICH, 'bad', text))).toBe(width)
  })

  test('padding counts columns', () => {
    expect(padEnd('日', 4)).toBe('日  ')
    expect(padStart('日', 4)).toBe('  日')
    expect(padEnd('too long', 3)).toBe('too long')
  })

  test('truncating leaves room for the ellipsis and splits no wide character', () => {
    expect(truncate('abcdef', 6, BOXES)).toBe('abcdef')
    expect(truncate('abcdefg', 6, BOXES)).toBe('abcde…')
    expect(truncate('abcdefg', 6, PLAIN)).toBe('abc...')
    expect(truncate('日本語', 4, BOXES)).toBe('日…')
  })

  test('wrapping breaks at spaces, and inside words only where one is too long', () => {
    expect(wrapText('one two three', 7)).toEqual(['one two', 'three'])
    expect(wrapText('abcdefghij xy', 4)).toEqual(['abcd', 'efgh', 'ij', 'xy'])
    expect(wrapText('', 4)).toEqual([''])
    expect(wrapText('日本', 1)).toEqual(['日本'])
  })
})

describe('quantities', () => {
  test.each([
    [0, '0 us'],
    [840, '840 us'],
    [999, '999 us'],
    [1000, '1.00 ms'],
    [2414, '2.41 ms'],
    [24_140, '24.1 ms'],
    [241_400, '241 ms'],
    [999_400, '999 ms'],
    [999_600, '1.00 s'],
    [12_340_000, '12.3 s'],
    [59_600_000, '0 min 59 s'],
    [125_000_000, '2 min 5 s'],
    [12_000_000_000, '3 h 20 min'],
  ])('%i microseconds are %s', (value, text) => {
    expect(formatDuration(value, PLAIN)).toBe(text)
  })

  test('a scale tells all moments alike', () => {
    expect(scaleFor(2410).text(310)).toBe('0.31 ms')
    expect(scaleFor(900_000).text(310)).toBe('0.3 ms')
    expect(scaleFor(30_000_000).text(310_000)).toBe('0.31 s')
  })

  test.each([
    [517, '517 B'],
    [99_999, '99999 B'],
    [100_000, '97.7 KiB'],
    [3_355_443, '3.20 MiB'],
    [2 ** 31, '2.00 GiB'],
  ])('%i bytes are %s', (value, text) => {
    expect(formatSize(value)).toBe(text)
  })

  test('moments and distances', () => {
    expect(formatMoment('2026-11-23T08:36:22.120Z')).toBe('2026-11-23 08:36')
    expect(formatMoment('whenever')).toBe('whenever')
    expect(formatDistance('2027-02-21T08:36:22Z', '2026-11-23T08:36:22Z')).toBe('in 90 days')
    expect(formatDistance('2026-11-23T05:00:00Z', '2026-11-23T08:36:22Z')).toBe('3 hours ago')
    expect(formatDistance('2026-11-23T08:37:22Z', '2026-11-23T08:36:22Z')).toBe('in 1 minute')
    expect(formatDistance('never', '2026-11-23T08:36:22Z')).toBe('')
    expect(formatSpan('2026-11-23T00:00:00Z', '2036-11-22T23:59:59Z')).toBe('10 years')
    expect(formatSpan('2026-11-23T00:00:00Z', '2026-11-22T00:00:00Z')).toBe('')
  })
})

describe('trees, tables, boxes', () => {
  const roots = [
    {
      lines: ['root', 'more'],
      children: [{ lines: ['a', 'a2'], children: [{ lines: ['aa'] }] }, { lines: ['b', 'b2'] }],
    },
  ]

  test('a tree', () => {
    expect(renderTree(roots, BOXES)).toEqual(['root', '│  more', '├─ a', '│  │  a2', '│  └─ aa', '└─ b', '      b2'])
    expect(renderTree(roots, PLAIN)).toEqual(['root', '|  more', '|- a', '|  |  a2', '|  `- aa', '`- b', '      b2'])
  })

  test('a table aligns painted cells', () => {
    const rows = [
      [paint(RICH, 'good', 'x'), '1'],
      ['yy', '234'],
    ]
    const lines = renderTable([{ title: 'name' }, { title: 'n', align: 'right' }], rows, RICH)
    expect(lines.map(displayWidth)).toEqual([9, 9, 9])
    expect(lines[2]).toBe('yy    234')
    expect(renderTable([{ title: '' }, { title: '' }], rows, PLAIN)).toHaveLength(2)
  })

  test('a field wraps beside its label', () => {
    expect(renderField('names', 'one two three', 8, 16, PLAIN)).toEqual(['names   one two', '        three'])
  })

  test('a heading and a box are as wide as the page', () => {
    expect(displayWidth(renderHeading('Stages', RICH, 'right'))).toBe(78)
    const box = renderBox(['a', paint(RICH, 'bad', 'bb')], RICH)
    expect(box.map(displayWidth)).toEqual([78, 78, 78, 78])
  })

  test('lines are joined behind a margin, without spaces at their ends', () => {
    expect(joinLines(['a  ', '', 'b'])).toBe(' a\n\n b\n')
  })
})
