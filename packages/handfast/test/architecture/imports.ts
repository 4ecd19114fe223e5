/**
 * Which file may import which: down the order of the house only; from a pure folder no Node
 * built-in and no package but the cryptography's own, and the list of public suffixes in the one file that
 * stands for it.
 */

import { builtinModules } from 'node:module'
import { folderOf, importSites, isTest, resolveImport, violation, type SourceFile, type Violation } from './source.ts'

/** From the bottom up. Folders of one row stand beside each other and never import each other. */
const ORDER: readonly (readonly string[])[] = [
  ['bytes'],
  ['asn1'],
  ['crypto'],
  ['x509'],
  ['report'],
  ['tls'],
  ['packet'],
  ['tcp'],
  ['sim'],
  ['watch'],
  ['scan'],
  ['guard'],
  ['node', 'web'],
  ['cli'],
]

/** Folders that may touch the world outside. Every other is pure. */
const IMPURE_FOLDERS: ReadonlySet<string> = new Set(['node', 'web', 'cli'])
/** Folders and the file that may use what Node brings. */
const NODE_FOLDERS: ReadonlySet<string> = new Set(['node', 'cli'])
const NODE_PROVIDER = 'crypto/node.ts'

export function isPure(path: string): boolean {
  return !IMPURE_FOLDERS.has(folderOf(path)) && path !== NODE_PROVIDER && !isTest(path)
}

/** Whether Node built-ins, `Buffer` and `process` are allowed in the file. */
export function mayUseNode(path: string): boolean {
  return NODE_FOLDERS.has(folderOf(path)) || path === NODE_PROVIDER || isTest(path)
}

export function checkImports(source: SourceFile): Violation[] {
  return importSites(source).flatMap(({ specifier, node }) => {
    const target = resolveImport(source.path, specifier)
    const message = target === null ? packageFault(source.path, specifier) : directionFault(source.path, target)
    return message === null ? [] : [violation(source, node, message)]
  })
}

function directionFault(path: string, target: string): string | null {
  const from = folderOf(path)
  const to = folderOf(target)
  const [fromRank, toRank] = [rank(from), rank(to)]
  if (from === '') return 'a file directly in src: every file lies in a folder of the house'
  if (fromRank < 0)
    return `src/${from} has no place in the order of the house: add it to ORDER in packages/handfast/test/architecture/imports.ts`
  if (toRank < 0 && isTest(path)) return null
  if (toRank < 0) return `imports ${target}, which is outside the folders of src`
  if (target === NODE_PROVIDER && isPure(path)) {
    return `a pure module imports ${NODE_PROVIDER}: take a CryptoProvider as a parameter instead`
  }
  if (from === to) return null
  if (fromRank === toRank)
    return `${from} imports ${to}: they never import each other; move what both need further down`
  if (fromRank < toRank) {
    return `${from} imports ${to}, which stands above it: imports point down only; move the shared part into ${from} or below, or pass it in`
  }
  return null
}

function packageFault(path: string, specifier: string): string | null {
  if (isTest(path)) return null
  const builtin = specifier.startsWith('node:') || builtinModules.includes(specifier)
  if (builtin) {
    return mayUseNode(path)
      ? null
      : `imports ${specifier}: Node built-ins belong in node/, cli/ and ${NODE_PROVIDER}; pass the value in`
  }
  if (!isPure(path) || (folderOf(path) === 'crypto' && specifier.startsWith('@noble/'))) return null
  if (path.endsWith('x509/public-suffix.ts') && specifier === 'tldts-icann') return null
  return `imports the package ${specifier}: a pure folder needs none (crypto/ alone has @noble); use node/, web/ or cli/`
}

function rank(folder: string): number {
  return ORDER.findIndex((row) => row.includes(folder))
}
