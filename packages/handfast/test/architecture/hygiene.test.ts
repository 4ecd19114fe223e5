import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { beforeEach, describe, expect, test } from 'vitest'
import { findForbidden, findLockFaults, findUnpinned, type Finding, type LockFile, type Manifest } from './hygiene.ts'
import { NAMELESS } from './layout.ts'

const ROOT = join(import.meta.dirname, '../../../..')

/** Every file git knows or would take in, that is still there; null where there is no git, or no clone. */
function listFiles(): string[] | null {
  try {
    const deleted = new Set(runGit('--deleted'))
    return runGit('--cached', '--others', '--exclude-standard').filter((path) => !deleted.has(path))
  } catch {
    return null
  }
}

function runGit(...flags: string[]): string[] {
  return execFileSync('git', ['ls-files', '-z', ...flags], {
    cwd: ROOT,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  })
    .split('\0')
    .filter((path) => path !== '')
}

/** Hosts of the registry npm is told to use here, as npm passes it to the scripts it runs. */
function configuredHosts(): string[] {
  const registry = process.env['npm_config_registry']
  return registry !== undefined && URL.canParse(registry) ? [new URL(registry).hostname] : []
}

function readJson(path: string): unknown {
  return JSON.parse(readFileSync(join(ROOT, path), 'utf8'))
}

function expectNone(findings: readonly Finding[]): void {
  if (findings.length > 0) {
    expect.fail(`\n${findings.map(({ path, line, message }) => `${path}:${line}: ${message}`).join('\n')}\n`)
  }
}

describe('the repository', () => {
  const listed = listFiles()
  const files = listed ?? []
  beforeEach(({ skip }) => skip(listed === null, 'this is no git clone: its files cannot be listed'))

  test('is listed whole', () => {
    expect(files).toContain('package-lock.json')
    expect(files).toContain('packages/handfast/src/bytes/reader.ts')
    expect(files.filter((path) => path.includes('node_modules/'))).toEqual([])
  })

  test('holds no path or host of a machine, and no obsolete citation', () => {
    const hosts = configuredHosts().filter((host) => host !== 'localhost')
    const texts = files.map((path) => ({ path, text: readFileSync(join(ROOT, path), 'latin1') }))
    expectNone(
      texts.filter(({ text }) => !text.includes('\0')).flatMap(({ path, text }) => findForbidden(path, text, hosts)),
    )
  })

  test('names every file after what it is about', () => {
    const nameless = files.filter((path) =>
      path.split('/').some((word) => NAMELESS.test(basename(word).split('.')[0] ?? '')),
    )
    expect(nameless).toEqual([])
  })

  test('pins every dependency, in a lock file that installs anywhere', () => {
    const manifests = files.filter((path) => basename(path) === 'package.json')
    expect(manifests).toContain('packages/handfast/package.json')
    expectNone(manifests.flatMap((path) => findUnpinned(path, readJson(path) as Manifest)))
    expectNone(findLockFaults('package-lock.json', readJson('package-lock.json') as LockFile))
  })
})

describe('the rules of hygiene catch', () => {
  const path = 'a.ts'

  test.each([
    ['machine', ['', 'work', 'main', 'x.ts'].join('/')],
    ['machine', `const a = '${['', 'root', '.npm'].join('/')}'`],
    ['machine', ['(', 'home', 'someone', 'x)'].join('/')],
    ['machine', `"${['', 'Users', 'Someone', 'x'].join('/')}"`],
    ['registry', ['https:/', 'registry.example.org'].join('/')],
    ['registry', `registry${'='}http://127.0.0.1:4873`],
    ['registry', ['registry', 'npmjs'].join('.')],
    ['registry', `//127.0.0.1/:_auth${'Token'}=abc`],
    ['9846', ['RFC', 8446].join(' ')],
  ])('%s: %s', (message, text) => {
    const found = findForbidden(path, `fine\n${text}\n`)
    expect(found.map(({ line }) => line)).toEqual([2])
    expect(found[0]?.message).toContain(message)
  })

  test('a host the machine is configured with', () => {
    expect(findForbidden(path, 'see http://cache.test/x', ['cache.test'])).toHaveLength(1)
  })

  test.each([
    '../work/',
    'https://example.com/home/about/',
    'frame/work/x',
    'RFC 8448',
    'the IANA registry. Names',
    'registry.names.get(1)',
    'const registry = read()',
    '~/work/x',
  ])('but not %s', (text) => expect(findForbidden(path, text, ['cache.test'])).toEqual([]))

  test('a version that is not exact', () => {
    expect(
      findUnpinned(path, { dependencies: { a: '^1.0.0', b: '1.2.3' }, devDependencies: { c: 'latest' } }),
    ).toHaveLength(2)
  })

  test('a lock file with hosts, or without an optional dependency', () => {
    const lock: LockFile = {
      packages: {
        '': { optionalDependencies: { b: '1.0.0', c: '1.0.0' } },
        'node_modules/a': { resolved: 'https://example.org/a.tgz' },
        'node_modules/a/node_modules/b': {},
        'node_modules/handfast': { resolved: 'packages/handfast', link: true },
      },
    }
    const messages = findLockFaults(path, lock).map(({ message }) => message)
    expect(messages).toHaveLength(2)
    expect(messages[0]).toContain('node_modules/a has "resolved"')
    expect(messages[1]).toContain('the root wants c')
  })
})
