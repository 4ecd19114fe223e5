import { describe, expect, test } from 'vitest'
import * as fc from 'fast-check'
import { escapeText } from './escape.ts'
import { PLAIN, type Terminal } from './terminal.ts'

const UTF8: Terminal = { ...PLAIN, utf8: true, boxes: true }

describe('escapeText', () => {
  test.each([
    ['a colour sequence', 'CN=\u001b[31mred', 'CN=\\u{1b}[31mred'],
    ['line breaks', 'a\r\nb', 'a\\u{d}\\u{a}b'],
    ['a C1 control', 'a\u009b2Jb', 'a\\u{9b}2Jb'],
    ['an override of direction', 'exe.\u202etxt', 'exe.\\u{202e}txt'],
    ['isolates', '\u2066x\u2069', '\\u{2066}x\\u{2069}'],
    ['a zero-width space', 'pay\u200bpal', 'pay\\u{200b}pal'],
    ['a soft hyphen', 'pay\u00adpal', 'pay\\u{ad}pal'],
    ['a space that is not one', 'a\u00a0b', 'a\\u{a0}b'],
    ['an invisible letter', 'a\u3164b', 'a\\u{3164}b'],
    ['tags', 'a\u{e0041}', 'a\\u{e0041}'],
    ['half a surrogate pair', 'a\ud800b', 'a\\u{d800}b'],
    ['private use', '\ue000', '\\u{e000}'],
    ['a mark without a letter', '\u0301a', '\\u{301}a'],
    ['a tower of marks', 'a\u0301\u0302\u0303\u0304', 'a\u0301\u0302\\u{303}\\u{304}'],
  ])('spells out %s', (_, text, shown) => {
    expect(escapeText(text, UTF8)).toBe(shown)
  })

  test('leaves honest text alone', () => {
    for (const text of ['CN=Größe, O=Example\\, Inc', '日本語', 'שלום', 'naïve', 'a{b}~']) {
      expect(escapeText(text, UTF8)).toBe(text)
    }
  })

  test('spells out everything beyond ASCII where that cannot be shown', () => {
    expect(escapeText('Größe 日', PLAIN)).toBe('Gr\\u{f6}\\u{df}e \\u{65e5}')
  })

  test('counts what is too long', () => {
    expect(escapeText('x'.repeat(1000), UTF8, 10)).toBe(`${'x'.repeat(10)}… (990 more)`)
  })

  test('nothing that is no visible character comes through, whatever it is given', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(escapeText(text, UTF8)).toMatch(/^[^\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\p{Zl}\p{Zp}\p{DI}]*$/u)
        expect(escapeText(text, PLAIN)).toMatch(/^[\x20-\x7e]*$/)
      }),
    )
  })
})
