/** Every export says what it is: a doc comment stands directly above its declaration. */

import { isTest, violation, type Node, type SourceFile, type Violation } from './source.ts'

/** Folders of src, and what is below them, that are not yet held to it. */
export const UNDOCUMENTED: ReadonlySet<string> = new Set(['cli', 'node', 'tls'])

/**
 * A doc comment stands above an exported declaration, with no empty line between. Of overloads the first has
 * it. What is only exported onward is documented where it is declared.
 */
export function checkComments(source: SourceFile): Violation[] {
  if (isTest(source.path) || isUndocumented(source.path)) return []
  const ends = new Set(source.comments.filter(isDocumentation).map(({ end }) => end))
  const known = new Set<string>()
  return exportedDeclarations(source.program).flatMap(({ names, statement }) => {
    const isDocumented = ends.has(endAbove(source.text, statement.start))
    if (isDocumented) for (const name of names) known.add(name)
    if (isDocumented || names.every((name) => known.has(name))) return []
    const what = `${names.join(', ')} is exported without a doc comment: say what it is, with shapes and units, `
    return [violation(source, statement, `${what}what it throws, and the section it is from`)]
  })
}

function isUndocumented(path: string): boolean {
  return [...UNDOCUMENTED].some((folder) => path.startsWith(`${folder}/`))
}

function isDocumentation({ type, value }: SourceFile['comments'][number]): boolean {
  return type === 'Block' && value.startsWith('*') && value.slice(1).trim() !== ''
}

/** Where the text on the line above, or on the same line, ends. */
function endAbove(text: string, start: number): number {
  return start - (/\r?\n?[ \t]*$/.exec(text.slice(0, start))?.[0].length ?? 0)
}

interface ExportedDeclaration {
  readonly names: readonly string[]
  /** The whole statement, `export` included if it has one. */
  readonly statement: Node
}

function exportedDeclarations(program: Node): ExportedDeclaration[] {
  if (program.type !== 'Program') return []
  const listed = new Set(program.body.flatMap(listedNames))
  return program.body.flatMap((statement) => {
    const isExport = statement.type === 'ExportNamedDeclaration'
    const names = declaredNames(isExport ? statement.declaration : statement)
    const exported = isExport ? names : names.filter((name) => listed.has(name))
    return exported.length === 0 ? [] : [{ names: exported, statement }]
  })
}

/** `a` of `export { a }` and of `export { a as b }`. */
function listedNames(statement: Node): string[] {
  if (statement.type !== 'ExportNamedDeclaration' || statement.source !== null) return []
  return statement.specifiers.flatMap(({ local }) => (local.type === 'Identifier' ? [local.name] : []))
}

function declaredNames(declaration: Node | null): string[] {
  switch (declaration?.type) {
    case 'VariableDeclaration':
      return declaration.declarations.flatMap(({ id }) => (id.type === 'Identifier' ? [id.name] : []))
    case 'FunctionDeclaration':
    case 'TSDeclareFunction':
    case 'ClassDeclaration':
    case 'TSInterfaceDeclaration':
    case 'TSTypeAliasDeclaration':
      return declaration.id?.type === 'Identifier' ? [declaration.id.name] : []
    default:
      return []
  }
}
