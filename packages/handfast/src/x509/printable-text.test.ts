import { describe, expect, test } from 'vitest'
import { printableText, quotedText } from './printable-text.ts'

describe('printable text', () => {
  test.each([
    ['plain', 'plain'],
    ['a\\b', 'a\\\\b'],
    ['\u001b[2J', '\\1B[2J'],
    ['a\nb\0', 'a\\0Ab\\00'],
    ['\u202egro.elpmaxe', '\\E2\\80\\AEgro.elpmaxe'],
    ['zero\u200bwidth', 'zero\\E2\\80\\8Bwidth'],
    ['\u2028', '\\E2\\80\\A8'],
    ['no\u00a0break', 'no\\C2\\A0break'],
    ['\ufeff\ufe0f\u3164', '\\EF\\BB\\BF\\EF\\B8\\8F\\E3\\85\\A4'],
    ['\ue000', '\\EE\\80\\80'],
    ['Österreich 日本', 'Österreich 日本'],
  ])('%j is shown as %s', (text, shown) => {
    expect(printableText(text)).toBe(shown)
  })

  test('messages get a bounded piece', () => {
    expect(quotedText('a')).toBe("'a'")
    expect(quotedText('a'.repeat(500))).toBe(`'${'a'.repeat(200)}...'`)
  })
})
