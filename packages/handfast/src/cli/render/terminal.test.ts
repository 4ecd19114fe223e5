import { describe, expect, test } from 'vitest'
import { detectTerminal, type TerminalFacts } from './terminal.ts'
import { paint } from './colour.ts'

function facts(environment: TerminalFacts['environment'], changes: Partial<TerminalFacts> = {}): TerminalFacts {
  return { isTTY: true, columns: 90, platform: 'linux', environment, ...changes }
}

describe('detectTerminal', () => {
  test('a terminal in a UTF-8 locale shows everything', () => {
    expect(detectTerminal(facts({ LANG: 'en_GB.UTF-8', TERM: 'xterm-256color' }))).toEqual({
      width: 90,
      colour: true,
      boxes: true,
      utf8: true,
    })
  })

  test('a pipe gets plain text, whose letters are kept', () => {
    expect(detectTerminal(facts({ LANG: 'C.utf8' }, { isTTY: false, columns: undefined }))).toEqual({
      width: 80,
      colour: false,
      boxes: false,
      utf8: true,
    })
  })

  test('NO_COLOR forbids colour, not boxes; empty it says nothing', () => {
    expect(detectTerminal(facts({ LANG: 'C.UTF-8', NO_COLOR: '1' }))).toMatchObject({ colour: false, boxes: true })
    expect(detectTerminal(facts({ LANG: 'C.UTF-8', NO_COLOR: '1', FORCE_COLOR: '1' })).colour).toBe(false)
    expect(detectTerminal(facts({ LANG: 'C.UTF-8', NO_COLOR: '' })).colour).toBe(true)
  })

  test('FORCE_COLOR makes a pipe a terminal, or takes colour away', () => {
    const pipe = { isTTY: false }
    expect(detectTerminal(facts({ LANG: 'C.UTF-8', FORCE_COLOR: '1' }, pipe))).toMatchObject({
      colour: true,
      boxes: true,
    })
    expect(detectTerminal(facts({ LANG: 'C.UTF-8', FORCE_COLOR: '' }, pipe)).colour).toBe(true)
    expect(detectTerminal(facts({ LANG: 'C.UTF-8', FORCE_COLOR: '0' })).colour).toBe(false)
    expect(detectTerminal(facts({ LANG: 'C.UTF-8', FORCE_COLOR: 'false' })).colour).toBe(false)
  })

  test('a dumb terminal has no colour', () => {
    expect(detectTerminal(facts({ LANG: 'C.UTF-8', TERM: 'dumb' })).colour).toBe(false)
  })

  test('the first locale variable that is set decides', () => {
    expect(detectTerminal(facts({ LC_ALL: 'C', LANG: 'en_GB.UTF-8' }))).toMatchObject({ utf8: false, boxes: false })
    expect(detectTerminal(facts({ LC_ALL: '', LC_CTYPE: 'de_DE.UTF-8', LANG: 'C' })).utf8).toBe(true)
    expect(detectTerminal(facts({ LANG: 'de_DE.ISO-8859-1' })).utf8).toBe(false)
    expect(detectTerminal(facts({})).utf8).toBe(true)
  })

  test('a Windows console is taken for UTF-8 only where it is known to be', () => {
    expect(detectTerminal(facts({}, { platform: 'win32' })).utf8).toBe(false)
    expect(detectTerminal(facts({ WT_SESSION: 'x' }, { platform: 'win32' })).utf8).toBe(true)
  })

  test('lines are neither too short nor too long', () => {
    expect(detectTerminal(facts({}, { columns: 20 })).width).toBe(56)
    expect(detectTerminal(facts({}, { columns: 300 })).width).toBe(100)
    expect(detectTerminal(facts({}, { columns: undefined })).width).toBe(80)
    const piped = { isTTY: false, columns: undefined }
    expect(detectTerminal(facts({ COLUMNS: '72' }, piped)).width).toBe(72)
    expect(detectTerminal(facts({ COLUMNS: '1000' }, piped)).width).toBe(100)
    expect(detectTerminal(facts({ COLUMNS: 'wide' }, piped)).width).toBe(80)
    expect(detectTerminal(facts({ COLUMNS: '72' })).width).toBe(90)
  })
})

describe('paint', () => {
  const terminal = detectTerminal(facts({ LANG: 'C.UTF-8' }))
  test('encloses text in its colour', () => {
    expect(paint(terminal, 'bad', 'no')).toBe('\u001b[31mno\u001b[39m')
    expect(paint(terminal, 'strong', paint(terminal, 'good', 'x'))).toBe('\u001b[1m\u001b[32mx\u001b[39m\u001b[22m')
  })

  test('leaves text alone without colour, and never paints nothing', () => {
    expect(paint({ ...terminal, colour: false }, 'bad', 'no')).toBe('no')
    expect(paint(terminal, 'bad', '')).toBe('')
  })
})
