import {
  appendFileSync,
  chmodSync,
  chownSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeEach, describe, expect, test, vi } from 'vitest'
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
const OTHER_PIN = `sha256/${Buffer.from(OTHER, 'hex').toString('base64')}`
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

  test('of two who meet a name at once, one alone decides', () => {
    const [one, two] = [openKnownKeys(path), openKnownKeys(path)]
    expect([one.recall('a.example'), two.recall('a.example')]).toEqual([[], []])
    expect(one.meet('a.example', KEY)).toEqual([KEY])
    expect(two.meet('a.example', OTHER)).toEqual([KEY])
    expect(openKnownKeys(path).recall('a.example')).toEqual([KEY])
  })

  test('a lock that was left behind is taken away, one that is new is waited for', () => {
    writeFileSync(`${path}.lock`, '')
    const old = new Date(Date.now() - 60_000)
    utimesSync(`${path}.lock`, old, old)
    openKnownKeys(path).remember('a.example', KEY)
    expect(openKnownKeys(path).recall('a.example')).toEqual([KEY])
    expect(statSync(`${path}.lock`, { throwIfNoEntry: false })).toBe(undefined)
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

  test('a last line that is whole counts, though nothing ends it', () => {
    write(`a.example ${PIN}`)
    const keys = openKnownKeys(path)
    expect(keys.recall('a.example')).toEqual([KEY])
    expect(keys.meet('a.example', OTHER)).toEqual([KEY])
    keys.remember('b.example', OTHER)
    expect(readFileSync(path, 'utf8')).toMatch(/^a\.example [^\n]+\nb\.example [^\n]+\n$/)
    expect([keys.size, openKnownKeys(path).size]).toEqual([2, 2])
  })

  test.each(['b.example', 'b.example sha2', `b.example ${PIN.slice(0, -3)}`, '!forget b.exam', 'whole'])(
    'with %j cut off at its end is refused until someone mends it, and nothing is added',
    (fragment) => {
      write(`a.example ${PIN}\n${fragment}`)
      const cutOff =
        /line 2: needs a whole line, has '.*', which was cut off: remove what there is of it, or complete it$/
      expect(() => openKnownKeys(path)).toThrow(cutOff)
      write(`a.example ${PIN}\n`)
      const keys = openKnownKeys(path)
      appendFileSync(path, fragment)
      expect(() => keys.recall('a.example')).toThrow(cutOff)
      expect(() => keys.recall('b.example')).toThrow(cutOff)
      expect(() => keys.remember('b.example', OTHER)).toThrow(cutOff)
      expect(readFileSync(path, 'utf8')).toBe(`a.example ${PIN}\n${fragment}`)
      write(`a.example ${PIN}\n`)
      expect(keys.recall('a.example')).toEqual([KEY])
    },
  )

  test.each([
    ['of the same length', `a.example ${OTHER_PIN}\n`, [OTHER]],
    ['that is longer', `c.example ${PIN}\nb.example ${PIN}\n`, []],
    ['that is shorter', '', []],
  ])('and edited in place, into one %s, is read anew', (_, text, expected) => {
    write(`a.example ${PIN}\n`)
    const keys = openKnownKeys(path)
    expect(keys.recall('a.example')).toEqual([KEY])
    write(text)
    expect(keys.recall('a.example')).toEqual(expected)
  })

  test('that lay still for long is read again when it changes', () => {
    write(`a.example ${PIN}\n`)
    const now = Date.now()
    const clock = vi.spyOn(Date, 'now').mockReturnValue(now + 60_000)
    try {
      const keys = openKnownKeys(path)
      expect([keys.recall('a.example'), keys.recall('a.example')]).toEqual([[KEY], [KEY]])
      // The file system's own clock has to move on.
      for (
        const { ctimeNs } = statSync(path, { bigint: true });
        statSync(path, { bigint: true }).ctimeNs === ctimeNs;
      ) {
        write(`a.example ${OTHER_PIN}\n`)
      }
      expect(keys.recall('a.example')).toEqual([OTHER])
    } finally {
      clock.mockRestore()
    }
  })

  test.each([
    ['EXAMPLE.com', 'example.com'],
    ['example.com.', 'example.com'],
    ['2001:DB8:0::1', '2001:db8::1'],
    ['uri:SIP:Example.com', 'uri:sip://example.com'],
    ['email:User@EXAMPLE.com', 'email:User@example.com'],
  ])('may have %s for %s', (written, name) => {
    write(`${written} ${PIN}\n`)
    const keys = openKnownKeys(path)
    expect([...keys.entries()]).toEqual([[name, [KEY]]])
    expect([keys.recall(written), keys.recall(name)]).toEqual([[KEY], [KEY]])
    expect(keys.meet(name, OTHER)).toEqual([KEY])
    expect(keys.forget(written)).toBe(true)
    expect(openKnownKeys(path).size).toBe(0)
  })

  test('that is another user’s is refused', ({ skip }) => {
    skip(process.getuid?.() !== 0, 'only root can give a file to another user')
    write(`a.example ${PIN}\n`)
    const keys = openKnownKeys(path)
    chownSync(path, 12_345, 12_345)
    expect(() => keys.recall('a.example')).toThrow(/needs to be the file of user 0, or of root, is that of user 12345$/)
    expect(() => openKnownKeys(path)).toThrow(TypeError)
  })

  test('that others may write is refused', ({ skip }) => {
    skip(process.platform === 'win32', 'Windows has no such modes')
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
