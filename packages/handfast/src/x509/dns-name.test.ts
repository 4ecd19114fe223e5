import { domainToASCII } from 'node:url'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { isDnsName, toAsciiName } from './dns-name.ts'

describe('A-labels', () => {
  // The names of RFC 3492 section 7.1 (A) to (E) that need no folding, and others in use.
  test.each([
    ['example.com', 'example.com'],
    ['EXAMPLE.com', 'example.com'],
    ['xn--BCHER-kva.example', 'xn--bcher-kva.example'],
    ['bücher.example', 'xn--bcher-kva.example'],
    ['BÜCHER.example', 'xn--bcher-kva.example'],
    ['bu\u0308cher.example', 'xn--bcher-kva.example'],
    ['faß.de', 'xn--fa-hia.de'],
    ['www.日本語.jp', 'www.xn--wgv71a119e.jp'],
    ['他们为什么不说中文.example', 'xn--ihqwcrb4cv8a8dqg056pqjye.example'],
    ['ليهمابتكلموشعربي؟.example', 'xn--egbpdaj6bu4bxfgehfvwxn.example'],
    ['3年B組金八先生.example', 'xn--3b-ww4c5e180e575a65lsy2b.example'],
    ['क्\u200dष.example', 'xn--11b2ezcw70k.example'],
    ['😜.example', 'xn--628h.example'],
  ])('%j is %j', (name, ascii) => {
    expect(toAsciiName(name)).toBe(ascii)
  })

  test.each([
    ['full-width letters', 'ｅxample.com'],
    ['a full-width letter beside a U-label', 'ｂücher.example'],
    ['a ligature', 'ﬁne.example'],
    ['the Kelvin sign', '\u212aelvin.example'],
    ['a soft hyphen', 'a\u00adb.example'],
    ['a soft hyphen in a U-label', 'bü\u00adcher.example'],
    ['an ideographic full stop', 'bücher。example'],
    ['a fraction that holds a slash', '\u2100.example'],
    ['a joiner without context', 'a\u200db.example'],
    ['left and right in one label', '1\u05d0.example'],
    ['a combining mark first', '\u0301a.example'],
    ['a hyphen first', '-ü.example'],
    ['a hyphen last', 'ü-.example'],
    ['the place of a prefix', 'ab--ü.example'],
    ['a port', 'bücher.example:80'],
    ['a path', 'bücher.example/'],
    ['a user', 'ü@example.com'],
    ['an escape', 'b%C3%BCcher.example'],
    ['a tab', 'bü\tcher.example'],
    ['an empty label', 'bücher..example'],
    ['a trailing dot', 'bücher.example.'],
    ['a last label that is a number', 'bücher.1'],
    ['a lone surrogate', 'bü\ud800.example'],
    ['a label too long', `${'ü'.repeat(60)}.example`],
    ['a name too long', `${'ü.'.repeat(200)}example`],
    ['nothing', ''],
    ['a wildcard', '*.bücher.example'],
  ])('%s is refused', (_, name) => {
    expect(toAsciiName(name)).toBe(null)
  })

  test('what is accepted is what the platform says, and a name', () => {
    const label = fc.string({
      unit: fc.constantFrom('a', 'z', '1', '-', 'ü', 'ñ', 'д', '中', '한', 'ö'),
      maxLength: 20,
    })
    fc.assert(
      fc.property(fc.array(label, { minLength: 1, maxLength: 3 }), (labels) => {
        const name = `${labels.join('.')}.example`
        const ascii = toAsciiName(name)
        if (ascii === null) return
        expect(ascii).toBe(domainToASCII(name))
        expect(isDnsName(ascii)).toBe(true)
        expect(toAsciiName(ascii)).toBe(ascii)
      }),
      { seed: 9525, numRuns: 2000 },
    )
  })
})
