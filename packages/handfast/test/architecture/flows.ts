/**
 * The rules that make a handshake a story. A flow is a generator that waits only through other
 * flows; tsc can't see a flow that is called and never run, so it is seen here:
 *
 * - in tls/, a bare `yield` stands in flow.ts alone; everywhere else a flow says `yield*`;
 * - a flow that is called is run by `yield*`, or goes where the code says that a flow goes: returned by
 *   a function declared to return one, or given to a variable, field or parameter declared `Flow`,
 *   which is how the connection begins a story;
 * - every generator in tls/handshake declares the return type `Flow`.
 *
 * Flows are known by their declared return type, through the whole of src, and their methods by name:
 * a method's name that is a flow's anywhere is a flow's everywhere.
 */

import {
  folderOf,
  isTest,
  resolveImport,
  visits,
  violation,
  type Node,
  type SourceFile,
  type Violation,
} from './source.ts'

/** The one file where a flow really suspends. */
const FLOW_FILE = 'tls/handshake/flow.ts'
const FLOW_FOLDER = 'tls/handshake/'
const NO_NAMES: ReadonlySet<string> = new Set()

export function checkFlows(sources: readonly SourceFile[]): Violation[] {
  const code = sources.filter((source) => !isTest(source.path))
  const makers = new Set(code.flatMap(makerTypes))
  const files = new Map(code.map((source) => [source.path, readDeclarations(source, makers)]))
  const everywhere = (part: 'methods' | 'holders' | 'takers'): Set<string> =>
    new Set(Array.from(files.values(), (file) => Array.from(file[part])).flat())
  const methods = everywhere('methods')
  const places: Places = { holders: everywhere('holders'), takers: everywhere('takers') }
  return code.flatMap((source) => checkFile(source, { files, methods, places }))
}

/** Where a flow may go other than to `yield*`. */
interface Places {
  /** Names of variables and fields declared to hold a flow. */
  readonly holders: ReadonlySet<string>
  /** Names of functions, methods and classes declared to take a flow, or a function that makes one. */
  readonly takers: ReadonlySet<string>
}

interface Declarations extends Places {
  /** Names of functions, variables and parameters that are flows. */
  readonly functions: ReadonlySet<string>
  /** Names of methods and properties that are flows. */
  readonly methods: ReadonlySet<string>
}

interface Known {
  readonly files: ReadonlyMap<string, Declarations>
  readonly methods: ReadonlySet<string>
  readonly places: Places
}

function checkFile(source: SourceFile, { files, methods, places }: Known): Violation[] {
  const functions = new Set(files.get(source.path)?.functions)
  for (const { node } of visits(source.program)) {
    if (node.type !== 'ImportDeclaration') continue
    const target = resolveImport(source.path, node.source.value)
    for (const specifier of node.specifiers) {
      const name = importedName(specifier)
      if (target !== null && name !== null && isFlowOf(target, name, files)) functions.add(specifier.local.name)
    }
  }

  const violations: Violation[] = []
  for (const { node, parents } of visits(source.program)) {
    if (node.type === 'YieldExpression' && !node.delegate && isBareYieldWrong(source.path, parents)) {
      violations.push(
        violation(source, node, `a bare yield outside ${FLOW_FILE}: write yield* and a flow that waits for it`),
      )
    }
    if (isGenerator(node) && source.path.startsWith(FLOW_FOLDER) && !returnsFlow(node)) {
      violations.push(violation(source, node, 'a generator here is a flow: declare its return type, Flow<...>'))
    }
    if (node.type === 'CallExpression') {
      const name = calledFlow(node.callee, functions, methods)
      if (name !== null && !isRun(node, parents, places)) {
        violations.push(
          violation(source, node, `calls the flow ${name} without yield*, so it never runs: yield* ${name}(...)`),
        )
      }
    }
  }
  return violations
}

function importedName(specifier: Node): string | null {
  if (specifier.type !== 'ImportSpecifier') return null
  return specifier.imported.type === 'Identifier' ? specifier.imported.name : null
}

/** Through an index, or another file that re-exports, the name alone must do. */
function isFlowOf(target: string, name: string, files: ReadonlyMap<string, Declarations>): boolean {
  if (!target.endsWith('/index.ts')) return files.get(target)?.functions.has(name) ?? false
  const folder = folderOf(target)
  return [...files].some(([path, file]) => folderOf(path) === folder && file.functions.has(name))
}

function isBareYieldWrong(path: string, parents: readonly Node[]): boolean {
  if (path === FLOW_FILE) return false
  if (folderOf(path) === 'tls') return true
  const enclosing = parents.find((parent) => isGenerator(parent))
  return enclosing !== undefined && returnsFlow(enclosing)
}

function isGenerator(node: Node): boolean {
  return (node.type === 'FunctionDeclaration' || node.type === 'FunctionExpression') && node.generator
}

/** The name of the flow that a callee means, or null if it means none. */
function calledFlow(callee: Node, functions: ReadonlySet<string>, methods: ReadonlySet<string>): string | null {
  if (callee.type === 'Identifier') return functions.has(callee.name) ? callee.name : null
  const name = lastName(callee)
  return name !== null && methods.has(name) ? name : null
}

function isRun(call: Node, parents: readonly Node[], places: Places): boolean {
  let inner = call
  for (const [index, parent] of parents.entries()) {
    switch (parent.type) {
      case 'ParenthesizedExpression':
      case 'ConditionalExpression':
      case 'LogicalExpression':
      case 'TSAsExpression':
      case 'TSSatisfiesExpression':
      case 'TSNonNullExpression':
        inner = parent
        continue
      case 'YieldExpression':
        return parent.delegate
      case 'ReturnStatement':
        return enclosingReturnsFlow(parents)
      case 'ArrowFunctionExpression':
        return parent.body === inner && (returnsFlow(parent) || isTaken(parent, parents[index + 1], places))
      case 'VariableDeclarator':
        return 'typeAnnotation' in parent.id && isFlowType(parent.id.typeAnnotation)
      case 'PropertyDefinition':
        return isFlowType(parent.typeAnnotation)
      case 'AssignmentExpression':
        return parent.right === inner && places.holders.has(lastName(parent.left) ?? '')
      default:
        return isTaken(inner, parent, places)
    }
  }
  return false
}

/** `return flow()` hands the flow on, if the function says that it returns one and is no generator itself. */
function enclosingReturnsFlow(parents: readonly Node[]): boolean {
  const enclosing = parents.find((parent) => isFunction(parent))
  return enclosing !== undefined && !isGenerator(enclosing) && returnsFlow(enclosing)
}

/** Whether `argument` is one of a call to something declared to take a flow. */
function isTaken(argument: Node, call: Node | undefined, places: Places): boolean {
  if (call?.type !== 'CallExpression' && call?.type !== 'NewExpression') return false
  return call.callee !== argument && places.takers.has(lastName(call.callee) ?? '')
}

/** `b` of `b` and of `a.b`, `#b` of `a.#b`. */
function lastName(node: Node): string | null {
  switch (node.type) {
    case 'Identifier':
      return node.name
    case 'PrivateIdentifier':
      return `#${node.name}`
    case 'MemberExpression':
      return node.computed ? null : lastName(node.property)
    default:
      return null
  }
}

function isFunction(node: Node): boolean {
  return ['FunctionDeclaration', 'FunctionExpression', 'ArrowFunctionExpression'].includes(node.type)
}

function returnsFlow(node: Node): boolean {
  return 'returnType' in node && isFlowType(node.returnType)
}

/** `Flow`, `Flow<...>`, or a union with it. */
function isFlowType(annotation: Node | null | undefined): boolean {
  if (annotation === null || annotation === undefined) return false
  switch (annotation.type) {
    case 'TSTypeAnnotation':
      return isFlowType(annotation.typeAnnotation)
    case 'TSTypeReference':
      return annotation.typeName.type === 'Identifier' && annotation.typeName.name === 'Flow'
    case 'TSUnionType':
      return annotation.types.some((member) => isFlowType(member))
    default:
      return false
  }
}

/** `(...) => Flow<...>`, or a name in `makers`. */
function makesFlow(annotation: Node | null | undefined, makers: ReadonlySet<string>): boolean {
  switch (annotation?.type) {
    case 'TSTypeAnnotation':
      return makesFlow(annotation.typeAnnotation, makers)
    case 'TSFunctionType':
      return isFlowType(annotation.returnType)
    case 'TSTypeReference':
      return annotation.typeName.type === 'Identifier' && makers.has(annotation.typeName.name)
    default:
      return false
  }
}

/** Names that a file gives to the types of functions that make flows. */
function makerTypes(source: SourceFile): string[] {
  return Array.from(visits(source.program), ({ node }) => node).flatMap((node) =>
    node.type === 'TSTypeAliasDeclaration' && makesFlow(node.typeAnnotation, NO_NAMES) ? [node.id.name] : [],
  )
}

function readDeclarations(source: SourceFile, makers: ReadonlySet<string>): Declarations {
  const found = {
    functions: new Set<string>(),
    methods: new Set<string>(),
    holders: new Set<string>(),
    takers: new Set<string>(),
  }
  for (const { node, parents } of visits(source.program)) {
    switch (node.type) {
      case 'FunctionDeclaration':
      case 'TSDeclareFunction':
        if (returnsFlow(node)) add(found.functions, node.id)
        if (takesFlow(node, makers)) add(found.takers, node.id)
        break
      case 'VariableDeclarator':
        if (node.init !== null && returnsFlow(node.init)) add(found.functions, node.id)
        if (node.init !== null && takesFlow(node.init, makers)) add(found.takers, node.id)
        break
      case 'Identifier':
        // A variable or parameter, by its declared type.
        if (isFlowType(node.typeAnnotation)) found.holders.add(node.name)
        if (makesFlow(node.typeAnnotation, makers)) found.functions.add(node.name)
        break
      case 'MethodDefinition':
        if (returnsFlow(node.value)) add(found.methods, node.key)
        if (takesFlow(node.value, makers))
          add(found.takers, node.kind === 'constructor' ? enclosingClassName(parents) : node.key)
        break
      case 'Property':
        if (returnsFlow(node.value)) add(found.methods, node.key)
        break
      case 'PropertyDefinition':
        if (isFlowType(node.typeAnnotation)) add(found.holders, node.key)
        if (makesFlow(node.typeAnnotation, makers) || (node.value !== null && returnsFlow(node.value))) {
          add(found.methods, node.key)
        }
        break
      case 'TSMethodSignature':
        if (returnsFlow(node)) add(found.methods, node.key)
        if (takesFlow(node, makers)) add(found.takers, node.key)
        break
      case 'TSPropertySignature':
        if (isFlowType(node.typeAnnotation)) add(found.holders, node.key)
        if (makesFlow(node.typeAnnotation, makers)) add(found.methods, node.key)
        break
      default:
    }
  }
  return found
}

function takesFlow(node: Node, makers: ReadonlySet<string>): boolean {
  if (!('params' in node) || !Array.isArray(node.params)) return false
  return node.params.some(
    (parameter) =>
      parameter.type === 'Identifier' &&
      (isFlowType(parameter.typeAnnotation) || makesFlow(parameter.typeAnnotation, makers)),
  )
}

function enclosingClassName(parents: readonly Node[]): Node | null {
  const enclosing = parents.find((parent) => parent.type === 'ClassDeclaration' || parent.type === 'ClassExpression')
  return enclosing !== undefined && 'id' in enclosing ? (enclosing.id as Node | null) : null
}

function add(names: Set<string>, node: Node | null): void {
  const name = node === null ? null : lastName(node)
  if (name !== null) names.add(name)
}
