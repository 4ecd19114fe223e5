/**
 * The library's sources as syntax trees, for the rules of the house. TypeScript 7 has no compiler
 * API, so the rules read syntax only (oxc-parser) and know no types.
 */

import { readdirSync, readFileSync } from 'node:fs'
import { join, relative, sep } from 'node:path'
import { parseSync, visitorKeys, type Comment, type Node } from 'oxc-parser'

export type { Node } from 'oxc-parser'

/** packages/handfast/src. */
const SOURCE_FOLDER: string = join(import.meta.dirname, '../../src')

export interface SourceFile {
  /** Below src, with forward slashes: `tls/handshake/client13.ts`. */
  readonly path: string
  readonly text: string
  /** The top of the syntax tree. */
  readonly program: Node
  /** In their order. */
  readonly comments: readonly Comment[]
}

/** A rule that does not hold at a place. */
export interface Violation {
  readonly path: string
  /** From 1. */
  readonly line: number
  /** What is wrong, and what to do. */
  readonly message: string
}

/** Every TypeScript file below src, tests included, in order of path. */
export function readSources(folder: string = SOURCE_FOLDER): SourceFile[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => join(entry.parentPath, entry.name))
    .map((file) => parseSource(relative(folder, file).split(sep).join('/'), readFileSync(file, 'utf8')))
    .toSorted((a, b) => (a.path < b.path ? -1 : 1))
}

/** @throws {Error} if `text` is no TypeScript. */
export function parseSource(path: string, text: string): SourceFile {
  const parsed = parseSync(path, text, { lang: 'ts', sourceType: 'module' })
  const error = parsed.errors[0]
  if (error !== undefined) throw new Error(`${path} does not parse: ${error.message}`)
  return { path, text, program: parsed.program, comments: parsed.comments }
}

/** `tls` for `tls/handshake/client13.ts`; empty for a file directly in src. */
export function folderOf(path: string): string {
  const slash = path.indexOf('/')
  return slash < 0 ? '' : path.slice(0, slash)
}

export function isTest(path: string): boolean {
  return path.endsWith('.test.ts')
}

/** A node with those that enclose it, nearest first. */
export interface Visit {
  readonly node: Node
  readonly parents: readonly Node[]
}

/** Every node of the tree, parents before children. */
export function* visits(node: Node, parents: readonly Node[] = []): Generator<Visit> {
  yield { node, parents }
  const around = [node, ...parents]
  for (const key of visitorKeys[node.type] ?? []) {
    const value: unknown = Reflect.get(node, key)
    for (const child of Array.isArray(value) ? value : [value]) {
      if (isNode(child)) yield* visits(child, around)
    }
  }
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string'
}

export function violation(source: SourceFile, node: Node, message: string): Violation {
  return { path: source.path, line: source.text.slice(0, node.start).split('\n').length, message }
}

/** One line for each, as editors and terminals link them. */
export function describeViolations(violations: readonly Violation[]): string {
  return violations.map(({ path, line, message }) => `packages/handfast/src/${path}:${line}: ${message}`).join('\n')
}

export interface ImportSite {
  readonly specifier: string
  readonly node: Node
}

/** Everything a file imports or re-exports: values, types, `import(...)` and `import('...').Type`. */
export function importSites(source: SourceFile): ImportSite[] {
  const sites: ImportSite[] = []
  for (const { node } of visits(source.program)) {
    switch (node.type) {
      case 'ImportDeclaration':
      case 'ExportAllDeclaration':
      case 'ExportNamedDeclaration':
      case 'ImportExpression':
      case 'TSImportType': {
        const from = node.source
        if (from?.type === 'Literal' && typeof from.value === 'string') sites.push({ specifier: from.value, node })
        break
      }
      default:
    }
  }
  return sites
}

/**
 * The path below src that a specifier in `path` means, or null if it is a package's.
 * `handfast/x509` means `x509/index.ts`, as for those who use the package.
 */
export function resolveImport(path: string, specifier: string): string | null {
  if (specifier.startsWith('.')) return new URL(specifier, `file:///${path}`).pathname.slice(1)
  if (specifier === 'handfast') return 'node/index.ts'
  if (specifier.startsWith('handfast/')) return `${specifier.slice('handfast/'.length)}/index.ts`
  return null
}
