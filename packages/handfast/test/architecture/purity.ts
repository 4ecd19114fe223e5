/** What a pure module may not reach for: the clock, randomness, timers, the terminal, anything of Node's. */

import { isPure, mayUseNode } from './imports.ts'
import {
  folderOf,
  isTest,
  visits,
  violation,
  type Node,
  type SourceFile,
  type Violation,
  type Visit,
} from './source.ts'

const CLOCK = 'take the time as a parameter (a Clock)'
const TIMERS = 'a pure module does not wait: give the host a deadline or a task'

/** Globals a pure module may not name, and what to do instead. */
const IMPURE_GLOBALS: ReadonlyMap<string, string> = new Map([
  ['setTimeout', TIMERS],
  ['setInterval', TIMERS],
  ['setImmediate', TIMERS],
  ['queueMicrotask', TIMERS],
  ['console', 'return what is to be said; node/, web/ and cli/ say it'],
  ['performance', CLOCK],
  ['globalThis', 'name what is needed and take it as a parameter'],
  ['fetch', 'let the host fetch'],
])
/** Randomness. Only a provider may name it, and only crypto/ holds providers. */
const RANDOM = 'take random bytes from the CryptoProvider'
/** Globals of Node, which web/ must not name either. */
const NODE_GLOBALS: ReadonlyMap<string, string> = new Map([
  ['Buffer', 'use Uint8Array, and handfast/bytes for hex and joining'],
  ['process', 'take the value as a parameter'],
  ['require', 'use import'],
  ['__dirname', 'a module does not know where it lies'],
  ['__filename', 'a module does not know where it lies'],
])

export function checkPurity(source: SourceFile): Violation[] {
  if (isTest(source.path)) return []
  const declared = declaredNames(source)
  const violations: Violation[] = []
  for (const visit of visits(source.program)) {
    const message = impurity(source.path, visit, declared)
    if (message !== null) violations.push(violation(source, visit.node, message))
  }
  return violations
}

function impurity(path: string, visit: Visit, declared: ReadonlySet<string>): string | null {
  const { node } = visit
  if (node.type === 'Identifier' && isReference(visit)) {
    const remedy = NODE_GLOBALS.get(node.name)
    if (remedy !== undefined && !mayUseNode(path) && !declared.has(node.name)) return `uses ${node.name}: ${remedy}`
  }
  return isPure(path) ? worldFault(path, visit, declared) : null
}

function worldFault(path: string, visit: Visit, declared: ReadonlySet<string>): string | null {
  const { node } = visit
  if (node.type === 'Identifier' && isReference(visit) && !declared.has(node.name)) {
    const mayBeRandom = folderOf(path) === 'crypto'
    const [parent] = visit.parents
    if (mayBeRandom && parent !== undefined && isMember(parent, 'globalThis', 'crypto')) return null
    const remedy = IMPURE_GLOBALS.get(node.name)
    if (remedy !== undefined) return `uses ${node.name}: ${remedy}`
    if (node.name === 'crypto' && !mayBeRandom) return `uses crypto: ${RANDOM}`
  }
  if (isMember(node, 'Date', 'now')) return `reads the clock with Date.now: ${CLOCK}`
  if (isMember(node, 'Math', 'random')) return `uses Math.random: ${RANDOM}`
  if (node.type === 'NewExpression' && isNamed(node.callee, 'Date') && node.arguments.length === 0) {
    return `reads the clock with new Date(): ${CLOCK}`
  }
  if (node.type === 'CallExpression' && isNamed(node.callee, 'Date')) return `reads the clock with Date(): ${CLOCK}`
  if (node.type === 'MetaProperty' && node.meta.name === 'import')
    return 'uses import.meta: a pure module does not know where it lies'
  return null
}

function isNamed(node: Node, name: string): boolean {
  return node.type === 'Identifier' && node.name === name
}

function isMember(node: Node, object: string, property: string): boolean {
  if (node.type !== 'MemberExpression' || !isNamed(node.object, object)) return false
  if (!node.computed) return isNamed(node.property, property)
  return node.property.type === 'Literal' && node.property.value === property
}

/** Whether an identifier stands for a value or a type, rather than naming a property, a key or a parameter of a type. */
function isReference({ node, parents }: Visit): boolean {
  const [parent] = parents
  if (parent === undefined) return false
  switch (parent.type) {
    case 'MemberExpression':
      return parent.object === node || parent.computed
    case 'Property':
      return parent.value === node || parent.computed
    case 'PropertyDefinition':
    case 'MethodDefinition':
    case 'AccessorProperty':
      return parent.value === node || parent.computed
    case 'TSPropertySignature':
    case 'TSMethodSignature':
      return parent.computed && parent.key === node
    case 'TSQualifiedName':
      return parent.left === node
    case 'TSFunctionType':
    case 'TSConstructorType':
    case 'TSCallSignatureDeclaration':
    case 'TSIndexSignature':
    case 'TSNamedTupleMember':
    case 'TSEnumMember':
    case 'LabeledStatement':
    case 'BreakStatement':
    case 'ContinueStatement':
    case 'ImportSpecifier':
    case 'ExportSpecifier':
    case 'MetaProperty':
      return false
    default:
      return true
  }
}

/**
 * Names the file itself declares at its top, and the parameters and variables of its functions: these
 * are not globals. One set for the whole file: a rule that reads syntax only needs no more.
 */
function declaredNames(source: SourceFile): ReadonlySet<string> {
  const names = new Set<string>()
  for (const { node } of visits(source.program)) {
    switch (node.type) {
      case 'VariableDeclarator':
        bind(node.id, names)
        break
      case 'FunctionDeclaration':
      case 'FunctionExpression':
        if (node.id !== null) names.add(node.id.name)
        for (const parameter of node.params) bind(parameter, names)
        break
      case 'ArrowFunctionExpression':
        for (const parameter of node.params) bind(parameter, names)
        break
      case 'ImportSpecifier':
      case 'ImportNamespaceSpecifier':
      case 'ImportDefaultSpecifier':
        names.add(node.local.name)
        break
      default:
    }
  }
  return names
}

function bind(pattern: Node, names: Set<string>): void {
  switch (pattern.type) {
    case 'Identifier':
      names.add(pattern.name)
      break
    case 'AssignmentPattern':
      bind(pattern.left, names)
      break
    case 'RestElement':
      bind(pattern.argument, names)
      break
    case 'ArrayPattern':
      for (const element of pattern.elements) if (element !== null) bind(element, names)
      break
    case 'ObjectPattern':
      for (const property of pattern.properties) bind(property.type === 'Property' ? property.value : property, names)
      break
    default:
  }
}
