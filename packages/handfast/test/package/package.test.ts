/**
 * The package as those who install it get it: built, packed, installed in an empty folder, every
 * subpath of `exports` imported by the pinned Node and by the type checker, the command run.
 */

import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { publint } from 'publint'
import { formatMessage } from 'publint/utils'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { build } from '../../../../scripts/build.ts'

interface Manifest {
  exports: Record<string, unknown>
  bin: Record<string, string>
}

const ROOT = join(import.meta.dirname, '../../../..')
const PACKAGE = join(ROOT, 'packages/handfast')
const manifest = JSON.parse(readFileSync(join(PACKAGE, 'package.json'), 'utf8')) as Manifest
const subpaths = Object.keys(manifest.exports)
const modules = subpaths.filter((subpath) => !subpath.endsWith('.json'))

let folder = ''
let staged = ''
let consumer = ''
let packed: string[] = []
/** For each module its exports, or why it could not be imported. */
let imported: Record<string, { names?: string[]; error?: string }> = {}

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'handfast-package-'))
  staged = join(folder, 'staged')
  consumer = join(folder, 'consumer')
  mkdirSync(staged)
  mkdirSync(consumer)
  build(staged)
  const [pack] = JSON.parse(runNpm(staged, 'pack', '--ignore-scripts', '--json', '--pack-destination', folder)) as [
    { filename: string; files: { path: string }[] },
  ]
  packed = pack.files.map((file) => file.path)
  writeFileSync(join(consumer, 'package.json'), '{ "name": "consumer", "private": true, "type": "module" }\n')
  runNpm(consumer, 'install', '--prefer-offline', '--ignore-scripts', join(folder, pack.filename))
  imported = importAll()
}, 120_000)

afterAll(() => {
  if (folder !== '') rmSync(folder, { recursive: true, force: true })
})

describe('the package', () => {
  test('holds what it needs and nothing else', () => {
    expect(packed).toEqual(expect.arrayContaining(['package.json', 'README.md', 'LICENSE', 'CHANGELOG.md']))
    expect(packed).toContain('dist/report/handshake-report.schema.json')
    const strange = packed.filter((path) => !/^(?:dist\/.*\.(?:js|d\.ts|schema\.json)|[^/]+)$/.test(path))
    expect(strange).toEqual([])
    expect(packed.filter((path) => path.includes('.test.'))).toEqual([])
  })

  test('is as publint wants it', async () => {
    const { messages, pkg } = await publint({ pkgDir: staged, pack: false, strict: true })
    expect(messages.map((message) => formatMessage(message, pkg, { color: false }))).toEqual([])
  })

  test('exports every folder of src, but for the command', () => {
    const folders = readdirSync(join(PACKAGE, 'src'), { withFileTypes: true })
      .filter(
        (entry) =>
          entry.isDirectory() && entry.name !== 'cli' && existsSync(join(entry.parentPath, entry.name, 'index.ts')),
      )
      .map((entry) => (entry.name === 'node' ? '.' : `./${entry.name}`))
    expect(modules).toEqual(expect.arrayContaining(folders))
  })

  test.each(modules)('%s can be imported, and exports something', (subpath) => {
    expect(imported[subpath]?.error).toBeUndefined()
    expect(imported[subpath]?.names).not.toEqual([])
  })

  test('the types of every module resolve and check, and so do the examples of the README', () => {
    expect(checkTypes()).toBe('')
  })

  test.each(Object.keys(manifest.bin))('the command %s runs', (name) => {
    const command = join(consumer, 'node_modules/.bin', name)
    const path = [dirname(process.execPath), process.env['PATH'] ?? ''].join(delimiter)
    const windows = process.platform === 'win32'
    const options = { cwd: consumer, encoding: 'utf8', shell: windows, env: { ...process.env, PATH: path } } as const
    const help = spawnSync(command, ['--help'], options)
    expect({ error: help.error, status: help.status, stderr: help.stderr }).toEqual({
      error: undefined,
      status: 0,
      stderr: '',
    })
    expect(help.stdout).toContain(name)
  })
})

function runNpm(cwd: string, ...words: string[]): string {
  // npm runs best with the Node it came with; without one that started us, the shell finds npm.
  const [node, npm] = [process.env['npm_node_execpath'], process.env['npm_execpath']]
  const result =
    node === undefined || npm === undefined || !npm.endsWith('.js')
      ? spawnSync('npm', words, { cwd, encoding: 'utf8', shell: process.platform === 'win32' })
      : spawnSync(node, [npm, ...words], { cwd, encoding: 'utf8' })
  if (result.status !== 0) {
    throw new Error(
      `npm ${words[0]} failed: ${result.error?.message ?? ''}\n${result.stdout ?? ''}${result.stderr ?? ''}`,
    )
  }
  return result.stdout
}

/** Imports every module in one process of the pinned Node, and the JSON ones by reading them. */
function importAll(): typeof imported {
  writeFileSync(
    join(consumer, 'import.js'),
    `const found = {}
for (const subpath of ${JSON.stringify(modules)}) {
  try {
    const names = Object.keys(await import('handfast' + subpath.slice(1)))
    found[subpath] = { names }
  } catch (error) {
    found[subpath] = { error: String(error) }
  }
}
console.log(JSON.stringify(found))
`,
  )
  const result = spawnSync(process.execPath, ['import.js'], { cwd: consumer, encoding: 'utf8' })
  if (result.status !== 0) throw new Error(`importing failed:\n${result.stderr}`)
  return JSON.parse(result.stdout) as typeof imported
}

/** What the type checker says about a consumer who imports everything; empty if it has nothing to say. */
function checkTypes(): string {
  const lines = subpaths.map((subpath, index) => {
    const specifier = `handfast${subpath.slice(1)}`
    return subpath.endsWith('.json')
      ? `import m${index} from '${specifier}' with { type: 'json' }`
      : `import * as m${index} from '${specifier}'`
  })
  const used = subpaths.map((_, index) => `m${index}`).join(', ')
  writeFileSync(join(consumer, 'consumer.ts'), `${lines.join('\n')}\nexport const all: unknown[] = [${used}]\n`)
  const examples = Array.from(
    readFileSync(join(ROOT, 'README.md'), 'utf8').matchAll(/^```ts\n(?<code>.*?)^```/gms),
    (match) => match.groups?.['code'] ?? '',
  )
  expect(examples).not.toEqual([])
  for (const [index, code] of examples.entries()) writeFileSync(join(consumer, `example${index}.ts`), code)
  const compilerOptions = {
    target: 'es2024',
    lib: ['es2024', 'esnext.disposable'],
    module: 'nodenext',
    moduleResolution: 'nodenext',
    strict: true,
    exactOptionalPropertyTypes: true,
    noEmit: true,
    resolveJsonModule: true,
    // The declarations themselves are checked too.
    skipLibCheck: false,
    typeRoots: [join(ROOT, 'node_modules/@types')],
    types: ['node'],
  }
  writeFileSync(join(consumer, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['*.ts'] }))
  const tsc = join(ROOT, 'node_modules/typescript/bin/tsc')
  const result = spawnSync(process.execPath, [tsc, '-p', 'tsconfig.json'], { cwd: consumer, encoding: 'utf8' })
  return result.error?.message ?? result.stdout + result.stderr
}
