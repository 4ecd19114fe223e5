import { describe, expect, test } from 'vitest'
import { isPunycode, writePunycode } from './punycode.ts'

describe('Punycode', () => {
  // RFC 3492 section 7.1, samples (B), (L) and (R), in lower case.
  test.each([
    ['他们为什么不说中文', 'ihqwcrb4cv8a8dqg056pqjye'],
    ['3年b組金八先生', '3b-ww4c5e180e575a65lsy2b'],
    ['そのスピードで', 'd9juau41awczczp'],
    ['bücher', 'bcher-kva'],
  ])('%s is %s', (label, encoded) => {
    expect(writePunycode(label)).toBe(encoded)
    expect(isPunycode(encoded)).toBe(true)
  })

  test.each(['', 'abc-', '-abc', 'bcher-kv.', '99999999'])('%j decodes to nothing', (encoded) => {
    expect(isPunycode(encoded)).toBe(false)
  })
})
