import { describe, expect, test } from 'vitest'
import { isALabel } from './a-label.ts'

describe('A-labels', () => {
  // RFC 3492 section 7.1: Chinese, Russian, Spanish, Japanese with ASCII in it.
  test.each([
    'xn--ihqwcrb4cv8a8dqg056pqjye',
    'xn--b1abfaaepdrnnbgefbadotcwatmq2g4l',
    'xn--PorqunopuedensimplementehablarenEspaol-fmd56a',
    'xn--de-jg4avhby1noc0d',
    'xn--bcher-kva',
    'XN--BCHER-KVA',
    'xn--n3h',
  ])('%s decodes', (label) => expect(isALabel(label)).toBe(true))

  test.each([
    ['no prefix', 'example'],
    ['another prefix', 'ab--cd'],
    ['nothing behind it', 'xn--'],
    ['ASCII only', 'xn--abc-'],
    ['a hyphen and nothing before it', 'xn---kva'],
    ['a number that ends in its midst', 'xn--bcher-kv'],
    ['what is no digit', 'xn--bcher-k_a'],
    ['a code point beyond Unicode', 'xn--99999999'],
    ['a surrogate', 'xn--ib0c'],
    ['more than 63 characters', `xn--${'a'.repeat(60)}`],
  ])('%s: none', (_, label) => expect(isALabel(label)).toBe(false))

  test('a long run of digits ends at the first overflow', () => {
    expect(isALabel(`xn--${'9'.repeat(59)}`)).toBe(false)
  })
})
