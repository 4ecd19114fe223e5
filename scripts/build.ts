/**
 * `npm run build`: makes the package ready to publish, in packages/handfast or in the folder given
 * (`npm run build -- FOLDER`): dist/ with ESM, types and the JSON Schemas, and the documents that
 * every published package carries. The compiler's output is what ships: no bundler.
 */

import { spawnSync } from 'node:child_process'
import { chmodSync, copyFileSync, existsSync, mkdirSync, rmSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'

const ROOT = resolve(import.meta.dirname, '..')
const PACKAGE = join(ROOT, 'packages/handfast')
const DOCUMENTS = ['README.md', 'LICENSE', 'CHANGELOG.md']
const SCHEMAS = ['report/handshake-report.schema.json', 'report/verification-report.schema.json']
const COMMAND = 'cli/main.js'

/**
 * Builds into `folder`, an absolute path.
 * @throws {Error} with the compiler's output if the sources do not compile.
 */
export function build(folder: string): void {
  const dist = join(folder, 'dist')
  rmSync(dist, { recursive: true, force: true })
  compile(dist)
  for (const schema of SCHEMAS) {
    mkdirSync(dirname(join(dist, schema)), { recursive: true })
    copyFileSync(join(PACKAGE, 'src', schema), join(dist, schema))
  }
  if (existsSync(join(dist, COMMAND))) chmodSync(join(dist, COMMAND), 0o755)
  for (const name of DOCUMENTS) copyFileSync(join(ROOT, name), join(folder, name))
  const manifest = join(folder, 'package.json')
  if (!existsSync(manifest)) copyFileSync(join(PACKAGE, 'package.json'), manifest)
}

function compile(dist: string): void {
  const tsc = join(ROOT, 'node_modules/typescript/bin/tsc')
  const project = join(PACKAGE, 'tsconfig.build.json')
  const result = spawnSync(process.execPath, [tsc, '-p', project, '--outDir', dist], { encoding: 'utf8' })
  if (result.error !== undefined) throw result.error
  if (result.status !== 0) throw new Error(`The sources do not compile:\n${result.stdout}${result.stderr}`)
}

const invoked = process.argv[1]
if (invoked !== undefined && import.meta.url === pathToFileURL(invoked).href) {
  const folder = resolve(process.argv[2] ?? PACKAGE)
  try {
    build(folder)
    console.log(`built ${join(folder, 'dist')}`)
  } catch (error) {
    console.error(error instanceof Error ? error.message : error)
    process.exitCode = 1
  }
}
