import {
  appendFileSync,
  chmodSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeEach, describe, expect, test } from 'vitest'
import { openKnownKeys } from './known-keys-file.ts'

const folder = mkdtempSync(join(tmpdir(), 'handfast-known-keys-'))
afterAll(() => rmSync(folder, { recursive: true }))

let path = ''
let made = 0
beforeEach(() => {
  path = join(folder, `keys-${made++}`)
})

const KEY = '0123456789abcdef'.repeat(4)
const OTHER = 'f'.repeat(64)
const PIN = 'sha256/ASNFZ4mrze8BI0VniavN7wEjRWeJq83vASNFZ4mrze8='

function write(text: string): void {
  writeFileSync(path, text, { mode: 0o600 })
}

describe('what is remembered', () => {
  test('is there for whoever opens the file later, and for its owner alone', () => {
    const keys = openKnownKeys(path)
    expect([keys.recall('a.example'), keys.size]).toEqual([[], 0])
    keys.remember('a.example', KEY)
    keys.remember('a.example', KEY.toUpperCase())
    keys.remember('a.example', OTHER)
    keys.remember('b.example', PIN)
    expect(keys.recall('a.example')).toEqual([KEY, OTHER])
    expect([...openKnownKeys(path).entries()]).toEqual([
      ['a.example', [KEY, OTHER]],
      ['b.example', [KEY]],
    ])
    expect(readFileSync(path, 'utf8')).toMatch(
      new RegExp(`^a\\.example ${PIN.replaceAll('+', '\\+')} \\d{4}-\\d\\d-\\d\\d\\n.*\\nb\\.example .*\\n$`),
    )
    if (process.platform !== 'win32') expect(statSync(path).mode & 0o777).toBe(0o600)
  })

  test('can be forgotten, and learnt anew', () => {
    const keys = openKnownKeys(path)
    keys.remember('a.example', KEY)
    expect([keys.forget('a.example'), keys.forget('a.example'), keys.recall('a.example')]).toEqual([true, false, []])
    keys.remember('a.example', OTHER)
    expect(openKnownKeys(path).recall('a.example')).toEqual([OTHER])
  })

  test.each([
    'email:"a b"@x.example',
    'email:用户@x.example',
    '!forget',
    '!',
    '100%',
    'a#b',
    ' ',
    'a\nb',
    'a\u0000',
    '%41',
  ])('whatever the name is: %j', (name) => {
    openKnownKeys(path).remember(name, KEY)
    const keys = openKnownKeys(path)
    expect([...keys.entries()]).toEqual([[name, [KEY]]])
    expect(readFileSync(path, 'utf8').split('\n')).toHaveLength(2)
    keys.forget(name)
    expect(openKnownKeys(path).size).toBe(0)
  })

  test('is seen by others who have the file open', () => {
    const [one, two] = [openKnownKeys(path), openKnownKeys(path)]
    one.remember('a.example', KEY)
    expect(two.recall('a.example')).toEqual([KEY])
    two.remember('b.example', OTHER)
    expect(one.recall('b.example')).toEqual([OTHER])
    two.forget('a.example')
    expect(one.recall('a.example')).toEqual([])
    expect(readFileSync(path, 'utf8').split('\n')).toHaveLength(4)
  })

  test('follows the file when another takes its place, or none', () => {
    const keys = openKnownKeys(path)
    keys.remember('a.example', KEY)
    const other = openKnownKeys(`${path}-new`)
    other.remember('b.example', OTHER)
    other.remember('c.example', OTHER)
    renameSync(`${path}-new`, path)
    expect([...keys.entries()].map(([name]) => name)).toEqual(['b.example', 'c.example'])
    rmSync(path)
    expect(keys.size).toBe(0)
  })

  test('needs a name and a key', () => {
    const keys = openKnownKeys(path)
    expect(() => keys.remember('', KEY)).toThrow(/^name: needs a name/)
    expect(() => keys.remember('a.example', 'x\u001b')).toThrow(/^key: needs a SHA-256 in hex or base64, has 'x\\1B'$/)
    expect(statSync(path, { throwIfNoEntry: false })).toBe(undefined)
  })
})

describe('a file written by hand', () => {
  test('may have comments, hex, other line ends and no day', () => {
    write(`# mine\r\n\r\n a.example\t${KEY.toUpperCase()}\r\nb.example ${PIN} 2026-11-23\n`)
    expect([...openKnownKeys(path).entries()]).toEqual([
      ['a.example', [KEY]],
      ['b.example', [KEY]],
    ])
  })

  test.each([
    ['a.example', /line 2: needs a name and a key, sha256\/\.\.\., has 'a\.example'$/],
    ['a.example key', /line 2: needs a name and a key/],
    [`a.example ${PIN} 2026-11-23 more`, /line 2: needs a name and a key/],
    [`a%zz ${PIN}`, /line 2: needs a name and a key/],
    [`%61 ${PIN}`, /line 2: needs a name and a key/],
    [`!a ${PIN}`, /line 2: needs a name and a key/],
    ['!forget', /line 2: needs the name to forget/],
    ['!forget a b', /line 2: needs the name to forget/],
    ['\u001b[2J', /line 2: needs a name and a key, sha256\/\.\.\., has '\\1B\[2J'$/],
  ])('with %j is refused by its line', (line, message) => {
    write(`a.example ${PIN}\n${line}\n`)
    expect(() => openKnownKeys(path)).toThrow(message)
    expect(() => openKnownKeys(path)).toThrow(TypeError)
  })

  test('that is damaged later recalls nothing more, and says so', () => {
    const keys = openKnownKeys(path)
    keys.remember('a.example', KEY)
    appendFileSync(path, 'damage\n')
    expect(() => keys.recall('a.example')).toThrow(/line 2: needs a name and a key/)
    expect(() => keys.recall('a.example')).toThrow(/line 2: needs a name and a key/)
    expect(() => keys.remember('b.example', KEY)).toThrow(/line 2/)
  })

  test('a line that is not finished is not read, and not continued', () => {
    write(`a.example ${PIN}\nb.example sha2`)
    const keys = openKnownKeys(path)
    expect([...keys.entries()].map(([name]) => name)).toEqual(['a.example'])
    appendFileSync(path, PIN.slice(4))
    appendFileSync(path, '\n')
    expect(keys.recall('b.example')).toEqual([KEY])
    appendFileSync(path, '# torn')
    keys.remember('c.example', KEY)
    expect(openKnownKeys(path).recall('c.example')).toEqual([KEY])
  })

  test.skipIf(process.platform === 'win32')('that others may write is refused', () => {
    write(`a.example ${PIN}\n`)
    chmodSync(path, 0o644)
    expect(openKnownKeys(path).size).toBe(1)
    chmodSync(path, 0o660)
    expect(() => openKnownKeys(path)).toThrow(/needs to be writable by its owner alone, has mode 660$/)
  })

  test('that is a folder is refused', () => {
    expect(() => openKnownKeys(folder)).toThrow(/needs a file of known keys/)
  })
})
